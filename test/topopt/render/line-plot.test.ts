/**
 * Laws of line plots: well formed whatever the numbers and the names, every drawable point in the plot, nothing broken in the text.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { linePlot } from "../../../topopt/render/index.ts";
import type { LinePlotSeries } from "../../../topopt/render/index.ts";
import { brokenNumber, parseXml, withClass } from "./xml-checker.ts";

const values: fc.Arbitrary<number> = fc.oneof(
  fc.double(),
  fc.double({ min: 0, max: 300 }),
  fc.constantFrom(0, 1, Number.NaN, Infinity, -1),
);
const anySeries: fc.Arbitrary<LinePlotSeries> = fc.array(fc.tuple(values, values), { maxLength: 12 }).chain((points) =>
  fc.record({
    name: fc.string({ unit: fc.constantFrom("<", "&", '"', "a", "é") }),
    x: fc.constant(points.map(([x]) => x)),
    y: fc.constant(Float64Array.from(points, ([, y]) => y)),
    axis: fc.constantFrom("left", "right", undefined),
  }),
);
const scales = fc.constantFrom("linear", "log", undefined);
const base = { title: "t", xLabel: "iteration", yLabel: "compliance" };
const points = (path: string): readonly (readonly number[])[] =>
  path
    .split(/[ML]/)
    .slice(1)
    .map((pair) => pair.split(" ").map(Number));

describe("linePlot", () => {
  test("is well formed, holds one group per series, no broken number, and every coordinate lies in the picture", () =>
    fc.assert(
      fc.property(fc.array(anySeries, { maxLength: 4 }), scales, scales, (series, yScale, rightScale) => {
        const svg = linePlot({ ...base, series, yScale, rightScale });
        expect(svg).not.toMatch(brokenNumber);
        const elements = parseXml(svg);
        expect(withClass(elements, "series")).toHaveLength(series.length);
        for (const { name, attributes } of elements) {
          const drawn =
            name === "path"
              ? points(attributes["d"]!)
              : name === "circle"
                ? [[Number(attributes["cx"]), Number(attributes["cy"])]]
                : [];
          for (const [x, y] of drawn) expect(x! >= 0 && x! <= 720 && y! >= 0 && y! <= 420).toBe(true);
        }
      }),
    ));

  test("every drawable point is on the line or a dot of its own", () => {
    const elements = parseXml(
      linePlot({ ...base, series: [{ name: "c", x: [1, 2, 3, 4, 5, 6], y: [3, 2, Number.NaN, 1, Infinity, 2] }] }),
    );
    const path = elements.find(({ name }) => name === "path")!;
    expect(points(path.attributes["d"]!)).toHaveLength(2);
    expect(elements.filter(({ name }) => name === "circle")).toHaveLength(2);
    expect(elements.some(({ text }) => text.startsWith("2 points are not drawn"))).toBe(true);
  });

  test("a falling curve falls on the screen, on linear and log axes", () => {
    for (const yScale of ["linear", "log"] as const) {
      const svg = linePlot({ ...base, yScale, series: [{ name: "c", x: [1, 2, 3, 4], y: [265, 120, 80, 60.84] }] });
      const drawn = points(parseXml(svg).find(({ name }) => name === "path")!.attributes["d"]!);
      expect(drawn.slice(1).every(([x, y], at) => x! > drawn[at]![0]! && y! > drawn[at]![1]!)).toBe(true);
    }
  });

  test("one point, a constant series and no series at all are drawn", () => {
    const single = parseXml(linePlot({ ...base, yScale: "log", series: [{ name: "c", x: [1], y: [265.6] }] }));
    expect(single.filter(({ name }) => name === "circle")).toHaveLength(1);
    const constant = parseXml(linePlot({ ...base, series: [{ name: "c", x: [1, 2, 3], y: [0.5, 0.5, 0.5] }] }));
    const heights = new Set(points(constant.find(({ name }) => name === "path")!.attributes["d"]!).map(([, y]) => y));
    expect(heights.size).toBe(1);
    expect(parseXml(linePlot({ ...base, series: [] })).length).toBeGreaterThan(5);
  });

  test("the documented example holds", () => {
    const series = [{ name: "oc", x: [1, 2], y: [265.6, 180.1] }];
    expect(linePlot({ title: "MBB", xLabel: "iteration", yLabel: "compliance", series }).startsWith("<svg")).toBe(true);
  });

  test("markup in title, names and labels is escaped", () => {
    const markup = `</text><script>alert("1 & '2'")</script>`;
    const elements = parseXml(
      linePlot({
        title: markup,
        xLabel: markup,
        yLabel: markup,
        rightLabel: markup,
        series: [
          { name: markup, x: [1, 2], y: [1, 2] },
          { name: markup, x: [1, 2], y: [1, 2], axis: "right" },
        ],
      }),
    );
    expect(elements.some(({ name }) => name === "script")).toBe(false);
    expect(elements.find(({ name }) => name === "title")!.text).toBe(markup);
  });

  test("a legend names every series where there are several", () => {
    const series = ["oc", "mma", "adam"].map((name, at) => ({ name, x: [1, 2], y: [at, at + 1] }));
    const elements = parseXml(linePlot({ ...base, series }));
    expect(withClass(elements, "legend-entry")).toHaveLength(3);
    for (const { name } of series)
      expect(elements.some((element) => element.name === "text" && element.text === name)).toBe(true);
  });

  test("the line below the plot says why points are missing, and only that", () => {
    const textBelow = (y: readonly number[], yScale?: "log"): string | undefined =>
      parseXml(
        linePlot({ ...base, ...(yScale && { yScale }), series: [{ name: "c", x: y.map((_, k) => k), y }] }),
      ).find(({ text }) => text.includes("not drawn"))?.text;
    expect(textBelow([1e300, -1e300])).toBe("2 points are not drawn: beyond 1e200");
    expect(textBelow([1, Number.NaN, 2])).toBe("1 point is not drawn: not finite");
    expect(textBelow([1, -1, 0], "log")).toBe("2 points are not drawn: not positive on a log axis");
    expect(textBelow([1, 1e-201], "log")).toBe("1 point is not drawn: below 1e-200 on a log axis");
    expect(textBelow([Infinity, 1e201, -1, 1e-201, 1], "log")).toBe(
      "4 points are not drawn: not finite, or beyond 1e200, or not positive on a log axis, or below 1e-200 on a log axis",
    );
    expect(textBelow([1e200, -1e200])).toBeUndefined();
    expect(textBelow([1e200, 1e-200], "log")).toBeUndefined();
  });

  const curve = { name: "c", x: [1, 2], y: [1, 2] };
  test.each([
    [{ series: [{ ...curve, x: [1] }] }, "ShapeMismatch", 'series "c" has 1 abscissas but 2 ordinates'],
    [{ series: [{ ...curve, y: undefined }] }, "InvalidOption", 'series "c" with y undefined'],
    [{ series: [{ ...curve, x: 3 }] }, "InvalidOption", 'series "c" with x 3'],
    [{ series: [{ ...curve, name: 3 }] }, "InvalidOption", "series[0] with name 3"],
    [{ series: [{ ...curve, axis: "top" }] }, "InvalidOption", 'series "c" with axis "top"'],
    [{ series: [curve, null] }, "InvalidOption", "series[1] null"],
    [{ series: undefined }, "InvalidOption", "series undefined"],
    [{ title: undefined }, "InvalidOption", "title undefined"],
    [{ xLabel: 3 }, "InvalidOption", "xLabel 3"],
    [{ yScale: "sqrt" }, "InvalidOption", 'yScale "sqrt"'],
    [{ width: 0 }, "InvalidOption", "a size of 0 x 420"],
    [{ width: 100 }, "InvalidOption", "240 x 180"],
    [{ width: Number.NaN }, "InvalidOption", "240 x 180"],
    [{ height: Infinity }, "InvalidOption", "720 x Infinity"],
    [{ height: "400" }, "InvalidOption", '720 x "400"'],
    [{ heigth: 400 }, "UnknownOption", "heigth"],
  ])("%o is refused by name", (options, code, seen) => {
    const asked = (): string => linePlot({ ...base, series: [curve], ...options } as never);
    expect(asked).toThrow(expect.objectContaining({ code }));
    expect(asked).toThrow(seen);
  });
});
