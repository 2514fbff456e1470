/** Laws of pictures of landscapes: well formed whatever is drawn, contours where their value is, a path from start to end. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array } from "cotangent";
import * as np from "cotangent/numpy";
import { landscape } from "cotangent/topopt";
import { landscapePicture } from "cotangent/topopt/render";
import { brokenNumber, parseXml, withClass } from "../render/xml-checker.ts";
import type { XmlElement } from "../render/xml-checker.ts";

const coded = (code: string): object => expect.objectContaining({ code });
const axis = (points: number, span = 1): readonly number[] =>
  Array.from({ length: points }, (_, k) => span * ((2 * k) / (points - 1) - 1));

const anyValue = fc.oneof(fc.double(), fc.double({ min: -5, max: 5 }), fc.constantFrom(0, 1, Number.NaN, Infinity));
const names = fc.string({ unit: fc.constantFrom("<", "&", '"', "a", "é") });
const planes = fc.tuple(fc.integer({ min: 2, max: 6 }), fc.integer({ min: 2, max: 6 })).chain(([n, m]) =>
  fc.record({
    alphas: fc.constant(axis(n)),
    betas: fc.constant(axis(m, 3)),
    values: fc.array(fc.array(anyValue, { minLength: m, maxLength: m }), { minLength: n, maxLength: n }),
  }),
);
const paths = fc.array(
  fc.tuple(fc.double({ min: -1e30, max: 1e30, noNaN: true }), fc.double({ min: -2, max: 2, noNaN: true })),
  {
    minLength: 1,
    maxLength: 5,
  },
);

type Point = readonly [number, number];
const pointsOf = ({ attributes }: XmlElement): readonly Point[] =>
  attributes["d"]!.split(/[MLZ]/)
    .filter((part) => part !== "")
    .map((pair) => pair.split(" ").map(Number) as unknown as Point);

describe("a picture of a plane", () => {
  test("is well formed and has no broken number, whatever values, names and path", () =>
    fc.assert(
      fc.property(planes, paths, names, fc.boolean(), (drawn, trajectory, title, logScale) => {
        const svg = landscapePicture({ landscape: drawn, trajectory, title, xLabel: title, yLabel: title, logScale });
        expect(svg).not.toMatch(brokenNumber);
        const elements = parseXml(svg);
        expect(withClass(elements, "start")).toHaveLength(2);
        expect(withClass(elements, "end")).toHaveLength(2);
        const isMissing = (value: number): boolean => !(Math.abs(value) <= 1e200 && (!logScale || value >= 1e-200));
        expect(withClass(elements, "missing")).toHaveLength(drawn.values.flat().filter(isMissing).length);
      }),
    ));

  test("has contours of a plane field where it takes their levels", () =>
    fc.assert(
      fc.property(fc.double({ min: -2, max: 2, noNaN: true }), fc.double({ min: 0.1, max: 2, noNaN: true }), (a, b) => {
        const [alphas, betas] = [axis(7), axis(5)];
        const values = alphas.map((alpha) => betas.map((beta) => a * alpha + b * beta));
        const elements = parseXml(landscapePicture({ landscape: { alphas, betas, values }, levels: [0] }));
        const [contour] = withClass(elements, "contour");
        const inside = pointsOf(contour!)
          .map(([x, y]): Point => [x / 210 - 1, 1 - y / 210])
          .filter(([alpha, beta]) => Math.max(Math.abs(alpha), Math.abs(beta)) < 0.999);
        // Crossings keep a hundredth of a cell away from samples, and coordinates have two decimals.
        const isNear = ([alpha, beta]: Point): boolean =>
          Math.abs(a * alpha + b * beta) <= 0.01 * (Math.abs(a) / 3 + b / 2) + 1e-4 * (Math.abs(a) + b);
        expect(inside.filter((point) => isNear(point) || a * point[0] + b * point[1] > 0)).toHaveLength(inside.length);
        expect(inside.some(isNear)).toBe(true);
      }),
    ));

  test("puts alphas to the right and betas up", () => {
    const drawn = {
      alphas: [0, 1],
      betas: [0, 1, 2],
      values: [
        [0, 0, 0],
        [0, 0, 9],
      ],
    };
    const [contour] = withClass(parseXml(landscapePicture({ landscape: drawn, levels: [8] })), "contour");
    for (const [x, y] of pointsOf(contour!)) expect(x > 210 && y < 210).toBe(true);
  });

  test("marks the first and the last point of the path in their places, and says how many lie outside", () => {
    const drawn = {
      alphas: axis(3),
      betas: axis(3),
      values: axis(3).map((alpha) => axis(3).map((beta) => alpha ** 2 + beta ** 2)),
    };
    const svg = landscapePicture({
      landscape: drawn,
      trajectory: [
        [-1, 1],
        [7, 0],
        [0.5, 0],
      ],
    });
    const elements = parseXml(svg);
    const start = withClass(elements, "start").at(-1)!;
    expect([start.attributes["cx"], start.attributes["cy"]]).toEqual(["0", "0"]);
    expect(withClass(elements, "end").at(-1)!.attributes["d"]).toMatch(/^M315 203l/);
    expect(svg).toContain("path: 1 of 3 points outside");
    expect(landscapePicture({ landscape: drawn })).not.toContain("path:");
  });

  test("of a landscape has a colour bar whose bands meet, from the top of the plot to its bottom", () => {
    const bowl = landscape((x) => np.sum(np.square(x)), array([0, 0]), {
      directions: [array([1, 0]), array([0, 2])],
      points: 5,
    });
    const elements = parseXml(landscapePicture({ landscape: bowl, valueLabel: "height" }));
    const bar = elements.indexOf(withClass(elements, "colour-bar")[0]!);
    const bands = elements
      .filter(({ parent }) => parent === bar)
      .map(
        ({ attributes }) => [Number(attributes["y"]), Number(attributes["y"]) + Number(attributes["height"])] as const,
      );
    expect(bands.at(-1)![0]).toBeCloseTo(78, 1);
    expect(bands[0]![1]).toBeCloseTo(498, 1);
    bands.slice(1).forEach(([, bottom], k) => expect(Math.abs(bottom - bands[k]![0])).toBeLessThan(0.021));
    expect(elements.some(({ text }) => text === "height")).toBe(true);
  });

  test("of a constant has one band, and of nothing finite only gray", () => {
    const constant = landscapePicture({
      landscape: {
        alphas: [0, 1],
        betas: [0, 1],
        values: [
          [3, 3],
          [3, 3],
        ],
      },
    });
    expect(withClass(parseXml(constant), "contour")).toHaveLength(0);
    const nothing = landscapePicture({
      landscape: {
        alphas: [0, 1],
        betas: [0, 1],
        values: [
          [NaN, NaN],
          [NaN, NaN],
        ],
      },
    });
    expect(withClass(parseXml(nothing), "missing")).toHaveLength(4);
  });
});

test("a picture of a line is a line plot of its values", () => {
  const parabola = landscape((x) => np.square(x), array(0), { directions: [array(1)], points: 5 });
  const elements = parseXml(landscapePicture({ landscape: parabola, title: "<Parabola>" }));
  expect(withClass(elements, "series")).toHaveLength(1);
  expect(elements[1]!.text).toBe("<Parabola>");
});

describe("what cannot be drawn is refused", () => {
  const plane = {
    alphas: [0, 1],
    betas: [0, 1],
    values: [
      [1, 2],
      [3, 4],
    ],
  };
  const line = { alphas: [0, 1], betas: null, values: [1, 2] };
  test.each<[string, object]>([
    ["InvalidOption", { landscape: plane, levels: [1, 1] }],
    ["InvalidOption", { landscape: plane, levels: [] }],
    ["InvalidOption", { landscape: plane, levels: [0, 1], logScale: true }],
    ["InvalidOption", { landscape: { ...plane, alphas: [1, 0] } }],
    ["InvalidOption", { landscape: plane, logScale: "yes" }],
    ["InvalidOption", { landscape: plane, title: 3 }],
    ["InvalidOption", { landscape: null }],
    ["InvalidOption", { landscape: line, levels: [1] }],
    ["InvalidOption", { landscape: line, trajectory: [[0, 0]] }],
    ["UnknownOption", { landscape: plane, scale: "log" }],
    [
      "ShapeMismatch",
      {
        landscape: {
          ...plane,
          values: [
            [1, 2, 3],
            [3, 4, 5],
          ],
        },
      },
    ],
    ["ShapeMismatch", { landscape: { ...line, values: [1, 2, 3] } }],
    ["ShapeMismatch", { landscape: plane, trajectory: [[0, 0, 0]] }],
    ["InvalidElement", { landscape: plane, trajectory: [[0, Number.NaN]] }],
  ])("%s: %j", (code, picture) => {
    expect(() => landscapePicture(picture as never)).toThrow(coded(code));
  });
});
