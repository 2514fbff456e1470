/** SIMP and RAMP: end values, monotony, slopes against differences, and what is refused. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { grad, jvp } from "cotangent";
import { elementField, gridMesh } from "cotangent/fem";
import type { ElementField } from "cotangent/fem";
import * as np from "cotangent/numpy";
import { ramp, simp } from "cotangent/topopt";
import { derivativesAtZero, floats, relativeGap, wave } from "../fem/fields.ts";

const mesh = gridMesh({ nelx: 7, nely: 5 });
const coded = (code: string): object => expect.objectContaining({ code });

const exponents = fc.double({ min: 1, max: 6, noNaN: true });
const bounds = fc.record({
  eMin: fc.double({ min: 1e-9, max: 1e-2, noNaN: true }),
  e0: fc.double({ min: 0.5, max: 3, noNaN: true }),
});

describe.each([
  [
    "simp",
    (density: ElementField, shape: number, own: { eMin: number; e0: number }) =>
      simp(density, { penal: shape, ...own }),
  ],
  [
    "ramp",
    (density: ElementField, shape: number, own: { eMin: number; e0: number }) => ramp(density, { q: shape, ...own }),
  ],
] as const)("%s", (_name, interpolate) => {
  test("density 0 has modulus eMin, density 1 has e0", () => {
    fc.assert(
      fc.property(exponents, bounds, (shape, own) => {
        floats(interpolate(elementField(mesh, 0), shape, own)).forEach((value) => expect(value).toBe(own.eMin));
        floats(interpolate(elementField(mesh, 1), shape, own)).forEach((value) =>
          expect(Math.abs(value - own.e0)).toBeLessThan(1e-15 * 4),
        );
      }),
    );
  });

  test("the modulus rises with the density and never above the straight line", () => {
    fc.assert(
      fc.property(exponents, bounds, (shape, own) => {
        const densities = Float64Array.from({ length: 35 }, (_, k) => k / 34);
        const values = floats(interpolate(elementField(mesh, np.array(densities, { shape: [5, 7] })), shape, own));
        values.forEach((value, k) => {
          if (k > 0) expect(value).toBeGreaterThanOrEqual(values[k - 1]!);
          expect(value).toBeLessThanOrEqual((own.eMin + densities[k]! * (own.e0 - own.eMin)) * (1 + 1e-14));
        });
      }),
    );
  });

  test("its slope is that of differences, to 1e-8", () => {
    fc.assert(
      fc.property(exponents, bounds, fc.double({ min: 0, max: 6, noNaN: true }), (shape, own, phase) => {
        const density = elementField(mesh, wave([5, 7], phase, { middle: 0.5, amplitude: 0.45 }));
        const direction = elementField(mesh, wave([5, 7], phase + 1));
        const [, tangent] = jvp((rho: ElementField) => interpolate(rho, shape, own), [density], [direction]);
        expect(
          relativeGap(
            tangent,
            derivativesAtZero((h) => interpolate(density.add(direction.mul(h)), shape, own), 4e-3),
          ),
        ).toBeLessThan(1e-8);
      }),
      { numRuns: 40 },
    );
  });
});

test("the slope of SIMP is finite at both ends and 0 at density 0, that of RAMP there is (e0 - eMin) / (1 + q)", () => {
  for (const penal of [1.5, 2, 3, 4.5]) {
    const slope = (rho: number): number =>
      grad((density: ElementField) => np.mean(simp(density, { penal })))(elementField(mesh, rho)).toTypedArray()[0]! *
      35;
    expect(slope(0)).toBe(0);
    expect(slope(1)).toBeCloseTo(penal * (1 - 1e-9), 12);
  }
  const [slope] = grad((density: ElementField) => np.sum(ramp(density, { q: 8 })))(
    elementField(mesh, 0),
  ).toTypedArray();
  expect(slope).toBeCloseTo((1 - 1e-9) / 9, 14);
});

test("penal 1 and q 0 are the straight line", () => {
  const density = elementField(mesh, wave([5, 7], 0, { middle: 0.5, amplitude: 0.5 }));
  const line = density.mul(0.75).add(0.25);
  expect(relativeGap(simp(density, { penal: 1, eMin: 0.25 }), line)).toBeLessThan(1e-15);
  expect(relativeGap(ramp(density, { q: 0, eMin: 0.25 }), line)).toBeLessThan(1e-15);
});

test("exponents below 1, moduli out of order and misspelt options are refused", () => {
  const density = elementField(mesh, 0.5);
  for (const penal of [0.5, NaN, Infinity]) expect(() => simp(density, { penal })).toThrow(coded("InvalidOption"));
  for (const q of [-1, NaN, Infinity]) expect(() => ramp(density, { q })).toThrow(coded("InvalidOption"));
  for (const own of [{ eMin: 0 }, { eMin: -1 }, { eMin: 2 }, { e0: NaN }, { e0: Infinity }]) {
    expect(() => simp(density, own)).toThrow(coded("InvalidOption"));
    expect(() => ramp(density, own)).toThrow(coded("InvalidOption"));
  }
  expect(() => simp(density, { penalty: 3 } as never)).toThrow(/"penal"/u);
  expect(() => ramp(density, { penal: 3 } as never)).toThrow(coded("UnknownOption"));
});
