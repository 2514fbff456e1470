import fc from "fast-check";
import { expect, test } from "vitest";
import { q4Heat, q4PlaneStress } from "../../../kernels/sparse/quadrilateral.ts";

/** Closed form and 2x2 Gauss quadrature in an independent numpy code, agreeing to 1.7e-16; unit square, E = 1, nu = 0.3. */
const goldenPlaneStress = [
  0.4945054945054945, 0.17857142857142858, -0.30219780219780223, -0.013736263736263748, -0.24725274725274726,
  -0.17857142857142858, 0.05494505494505494, 0.013736263736263748, 0.17857142857142858, 0.4945054945054945,
  0.013736263736263748, 0.05494505494505494, -0.17857142857142858, -0.24725274725274726, -0.013736263736263748,
  -0.30219780219780223, -0.30219780219780223, 0.013736263736263748, 0.4945054945054945, -0.17857142857142858,
  0.05494505494505494, -0.013736263736263748, -0.24725274725274726, 0.17857142857142858, -0.013736263736263748,
  0.05494505494505494, -0.17857142857142858, 0.4945054945054945, 0.013736263736263748, -0.30219780219780223,
  0.17857142857142858, -0.24725274725274726, -0.24725274725274726, -0.17857142857142858, 0.05494505494505494,
  0.013736263736263748, 0.4945054945054945, 0.17857142857142858, -0.30219780219780223, -0.013736263736263748,
  -0.17857142857142858, -0.24725274725274726, -0.013736263736263748, -0.30219780219780223, 0.17857142857142858,
  0.4945054945054945, 0.013736263736263748, 0.05494505494505494, 0.05494505494505494, -0.013736263736263748,
  -0.24725274725274726, 0.17857142857142858, -0.30219780219780223, 0.013736263736263748, 0.4945054945054945,
  -0.17857142857142858, 0.013736263736263748, -0.30219780219780223, 0.17857142857142858, -0.24725274725274726,
  -0.013736263736263748, 0.05494505494505494, -0.17857142857142858, 0.4945054945054945,
];

/** Same source; unit square, conductivity 1. */
const goldenHeat = [
  0.6666666666666666, -0.16666666666666666, -0.3333333333333333, -0.16666666666666666, -0.16666666666666666,
  0.6666666666666666, -0.16666666666666666, -0.3333333333333333, -0.3333333333333333, -0.16666666666666666,
  0.6666666666666666, -0.16666666666666666, -0.16666666666666666, -0.3333333333333333, -0.16666666666666666,
  0.6666666666666666,
];

const sides = fc.double({ min: 0.1, max: 10, noNaN: true });
const ratios = fc.double({ min: -0.9, max: 0.5, noNaN: true });

/** Corners lower-left, lower-right, upper-right, upper-left of a width x height rectangle. */
const corners = (width: number, height: number): [number, number][] => [
  [0, 0],
  [width, 0],
  [width, height],
  [0, height],
];

const multiply = (matrix: Float64Array, v: readonly number[]): number[] =>
  v.map((_, i) => v.reduce((sum, value, j) => sum + matrix[i * v.length + j]! * value, 0));

test("plane stress on the unit square equals the golden matrix", () => {
  q4PlaneStress(0.3).forEach((value, k) => expect(Math.abs(value - goldenPlaneStress[k]!)).toBeLessThanOrEqual(1e-15));
});

test("heat conduction on the unit square equals the golden matrix", () => {
  q4Heat().forEach((value, k) => expect(Math.abs(value - goldenHeat[k]!)).toBeLessThanOrEqual(1e-15));
});

test("element matrices are symmetric to the bit", () => {
  fc.assert(
    fc.property(ratios, sides, sides, (poisson, width, height) => {
      for (const [matrix, n] of [
        [q4PlaneStress(poisson, width, height), 8],
        [q4Heat(width, height), 4],
      ] as const) {
        expect(matrix).toEqual(matrix.map((_, k) => matrix[(k % n) * n + Math.floor(k / n)]!));
      }
    }),
  );
});

test("translations and rotations of a rectangle need no force", () => {
  fc.assert(
    fc.property(ratios, sides, sides, (poisson, width, height) => {
      const matrix = q4PlaneStress(poisson, width, height);
      const scale = (Math.max(width / height, height / width) * (width + height)) / (1 - poisson * poisson);
      const modes = [
        corners(width, height).flatMap(() => [1, 0]),
        corners(width, height).flatMap(() => [0, 1]),
        corners(width, height).flatMap(([x, y]) => [-y, x]),
      ];
      for (const mode of modes)
        for (const force of multiply(matrix, mode)) expect(Math.abs(force / scale)).toBeLessThan(1e-14);
    }),
  );
});

test("a linear displacement has the energy of its constant stress times the area", () => {
  fc.assert(
    fc.property(ratios, sides, sides, (poisson, width, height) => {
      const [strainX, strainY, shear] = [1, -0.4, 0.7];
      const u = corners(width, height).flatMap(([x, y]) => [strainX * x + shear * y, strainY * y]);
      const energy = multiply(q4PlaneStress(poisson, width, height), u).reduce((sum, f, k) => sum + f * u[k]!, 0);
      const density =
        (strainX ** 2 + strainY ** 2 + 2 * poisson * strainX * strainY) / (1 - poisson ** 2) +
        shear ** 2 / (2 * (1 + poisson));
      expect(energy / (density * width * height)).toBeCloseTo(1, 10);
    }),
  );
});
