/**
 * Laws of contours: every line is closed, elements above a level and no others lie inside, and the region below one level contains the next.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array } from "cotangent";
import { regionAbove } from "../../../topopt/render/marching-squares.ts";
import { contourSvg } from "../../../topopt/render/index.ts";
import { brokenNumber, parseXml, withClass } from "./xml-checker.ts";

const fields = fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 })).chain(([nelx, nely]) =>
  fc.record({
    nelx: fc.constant(nelx),
    nely: fc.constant(nely),
    values: fc.array(fc.oneof(fc.constantFrom(0, 0.5, 1), fc.double({ min: 0, max: 1, noNaN: true })), {
      minLength: nelx * nely,
      maxLength: nelx * nely,
    }),
  }),
);

type Point = readonly [number, number];

/** Twice the area that a closed line encloses, positive clockwise on screen. */
const twiceArea = (points: readonly Point[]): number =>
  points.reduce((sum, [x, y], k) => {
    const [nextX, nextY] = points[(k + 1) % points.length]!;
    return sum + x * nextY - nextX * y;
  }, 0);

/** Whether the even-odd rule puts a point inside. */
const isInside = (loops: readonly (readonly Point[])[], [px, py]: Point): boolean =>
  loops
    .flatMap((loop) => loop.map((start, k) => [start, loop[(k + 1) % loop.length]!] as const))
    .filter(([[ax, ay], [bx, by]]) => ay > py !== by > py && px < ax + ((py - ay) / (by - ay)) * (bx - ax)).length %
    2 ===
  1;

/** The closed lines of a path without curves. */
const subpaths = (path: string): readonly (readonly Point[])[] =>
  path
    .split("M")
    .slice(1)
    .map((line) => {
      expect(line.endsWith("Z")).toBe(true);
      return line
        .slice(0, -1)
        .split("L")
        .map((pair) => pair.split(" ").map(Number) as unknown as Point);
    });

const pathsOf = (svg: string): readonly string[] =>
  withClass(parseXml(svg), "contour").map(({ attributes }) => attributes["d"] ?? "");

describe("regionAbove", () => {
  test("lines are closed, meet no point twice, and enclose as much as the polygons have", () =>
    fc.assert(
      fc.property(fields, fc.double({ min: 0, max: 1, noNaN: true }), (field, level) => {
        const { points, polygons, loops } = regionAbove(field, level);
        const place = (at: number): Point => [points[2 * at]!, points[2 * at + 1]!];
        const passed = loops.flat();
        expect(new Set(passed).size).toBe(passed.length);
        const enclosed = loops.reduce((sum, loop) => sum + twiceArea(loop.map(place)), 0);
        const covered = polygons.map((polygon) => twiceArea(polygon.map(place)));
        for (const area of covered) expect(area).toBeGreaterThan(0);
        expect(Math.abs(enclosed - covered.reduce((sum, area) => sum + area, 0))).toBeLessThan(1e-12 * (1 + enclosed));
      }),
    ));

  test("a full block is the whole domain but for its bevelled corners", () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), (nelx, nely) => {
        const { points, loops } = regionAbove({ nelx, nely, values: new Array<number>(nelx * nely).fill(1) }, 0.5);
        expect(loops).toHaveLength(1);
        const area = twiceArea(loops[0]!.map((at) => [points[2 * at]!, points[2 * at + 1]!])) / 2;
        expect(Math.abs(area - (nelx * nely - 4 * 0.00005))).toBeLessThan(1e-12 * nelx * nely);
      }),
    ));

  test("the smallest of numbers crosses zero without underflow", () => {
    const { points } = regionAbove({ nelx: 2, nely: 1, values: [5e-324, 0] }, 0);
    expect(points.every(Number.isFinite)).toBe(true);
  });

  test("huge values of both signs cross without overflow", () => {
    const { points } = regionAbove({ nelx: 2, nely: 1, values: [1.7e308, -1.7e308] }, 0);
    expect(points.every(Number.isFinite)).toBe(true);
    expect(points.filter((_, k) => k % 2 === 0)).toContain(1);
  });
});

describe("contourSvg", () => {
  test("centres of elements are inside by the even-odd rule exactly where they exceed the level", () =>
    fc.assert(
      fc.property(fields, fc.constantFrom(0.1, 0.5, 0.9), ({ nelx, nely, values }, level) => {
        const [path] = pathsOf(contourSvg(values, { nelx, nely, levels: [level], scale: 100, smooth: false }));
        const loops = subpaths(path!);
        values.forEach((value, element) => {
          // Off the lines of the grid, which touch centres in ambiguous cells only at a hundredth of an element.
          const centre: Point = [
            100 * ((element % nelx) + 0.5) + 0.003,
            100 * (Math.floor(element / nelx) + 0.5) + 0.001,
          ];
          expect(isInside(loops, centre)).toBe(value > level);
        });
      }),
    ));

  test("is well formed, in the frame, and closes every line, rounded or not", () =>
    fc.assert(
      fc.property(fields, fc.boolean(), ({ nelx, nely, values }, smooth) => {
        const svg = contourSvg(values, { nelx, nely, levels: [0.2, 0.5, 0.8], smooth, title: "T" });
        expect(svg).not.toMatch(brokenNumber);
        const paths = pathsOf(svg);
        expect(paths).toHaveLength(3);
        for (const path of paths) {
          expect(path.split("M").length).toBe(path.split("Z").length);
          const numbers = path.match(/-?[\d.]+/g)?.map(Number) ?? [];
          numbers.forEach((at, k) => expect(at >= 0 && at <= 8 * (k % 2 === 0 ? nelx : nely)).toBe(true));
        }
      }),
    ));

  test("holes are left open", () => {
    const ring = array([
      [1, 1, 1],
      [1, 0, 1],
      [1, 1, 1],
    ]);
    const svg = contourSvg(ring, { smooth: false, scale: 10 });
    const [path] = pathsOf(svg);
    expect(subpaths(path!)).toHaveLength(2);
    expect(isInside(subpaths(path!), [15, 15])).toBe(false);
    expect(withClass(parseXml(svg), "contour")[0]!.attributes["fill-rule"]).toBe("evenodd");
  });

  test("a single level is black, several rise to black", () => {
    const fills = (levels: readonly number[]): (string | undefined)[] =>
      withClass(parseXml(contourSvg([[1]], { levels })), "contour").map(({ attributes }) => attributes["fill"]);
    expect(fills([0.5])).toEqual(["rgb(0,0,0)"]);
    expect(fills([0.2, 0.6])).toEqual(["rgb(153,153,153)", "rgb(0,0,0)"]);
  });

  test.each([
    ["no level", { levels: [] }, "InvalidOption"],
    ["falling levels", { levels: [0.5, 0.4] }, "InvalidOption"],
    ["NaN as level", { levels: [NaN] }, "InvalidOption"],
    ["scale 0", { scale: 0 }, "InvalidOption"],
    ["smooth that is no truth value", { smooth: 1 }, "InvalidOption"],
    ["a title that is no text", { title: 3 }, "InvalidOption"],
    ["an unknown option", { level: 0.5 }, "UnknownOption"],
  ])("%s is refused", (_, options, code) =>
    expect(() => contourSvg([[1]], options as never)).toThrow(expect.objectContaining({ code })),
  );
});
