/** The sigmoid that preserves a volume: it is met to 1e-12, with the gradient of the written formula, saturated fields included. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, configure, grad, hessian, jacrev, jit, valueAndGrad, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { checkGrads } from "cotangent/testing";
import { volumePreservingProjection, volumePreservingSigmoid } from "cotangent/topopt";
import { floats, relativeGap, wave } from "../fem/fields.ts";

const coded = (code: string): object => expect.objectContaining({ code });
const backends = ["interpreter", "js", "wasm"] as const;

const fractions = fc.double({ min: 1e-3, max: 1 - 1e-3, noNaN: true });
const sizes = fc.integer({ min: 1, max: 40 });
const phases = fc.double({ min: 0, max: 6, noNaN: true });

const meanOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe("the sigmoid that preserves a volume", () => {
  const logitsOf = (size: number, scale: number, phase: number): NDArray => wave([size], phase, { amplitude: scale });
  const scales = fc.oneof(fc.constantFrom(0, 1, 36, 100, 700), fc.double({ min: 0, max: 700, noNaN: true }));

  test("its mean is the volume fraction to 1e-12, for logits of any size and equal ones", () => {
    fc.assert(
      fc.property(sizes, scales, phases, fractions, (size, scale, phase, volumeFraction) => {
        const density = floats(volumePreservingSigmoid(logitsOf(size, scale, phase), { volumeFraction }));
        expect(Math.abs(meanOf(density) - volumeFraction)).toBeLessThanOrEqual(1e-12);
        for (const value of density) expect(value >= 0 && value <= 1).toBe(true);
      }),
      { numRuns: 30 },
    );
    for (const logit of [0, -700, 700, 1e9, -1e300])
      for (const volumeFraction of [1e-9, 0.3, 0.5, 1 - 1e-9]) {
        const density = volumePreservingSigmoid(np.full([3, 5], logit), { volumeFraction });
        expect(Math.abs(meanOf(floats(density)) - volumeFraction)).toBeLessThanOrEqual(1e-12);
      }
  });

  test("logits at both ends meet any volume, between their own too", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(-700, 700), { minLength: 1, maxLength: 20 }),
        fractions,
        (values, volumeFraction) => {
          const density = floats(volumePreservingSigmoid(array(values), { volumeFraction }));
          expect(Math.abs(meanOf(density) - volumeFraction)).toBeLessThanOrEqual(1e-12);
        },
      ),
      { numRuns: 30 },
    );
  });

  test("a larger logit never has the smaller density", () => {
    fc.assert(
      fc.property(sizes, scales, phases, fractions, (size, scale, phase, volumeFraction) => {
        const logits = logitsOf(size, scale, phase);
        const density = floats(volumePreservingSigmoid(logits, { volumeFraction }));
        const order = [...floats(logits).keys()].toSorted((a, b) => floats(logits)[a]! - floats(logits)[b]!);
        order.forEach((e, k) => expect(k === 0 || density[e]! >= density[order[k - 1]!]!).toBe(true));
      }),
      { numRuns: 30 },
    );
  });

  test("a constant added to all logits changes nothing", () => {
    fc.assert(
      fc.property(
        sizes,
        phases,
        fractions,
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        (size, phase, v, constant) => {
          const logits = logitsOf(size, 5, phase);
          const [before, after] = [logits, logits.add(constant)].map((x) =>
            floats(volumePreservingSigmoid(x, { volumeFraction: v })),
          ) as [Float64Array, Float64Array];
          // What rounding moves logits by moves densities by a fourth at most, and the shift by as much.
          const bound = 1e-14 + 2 ** -52 * (Math.abs(constant) + 5);
          before.forEach((value, e) => expect(Math.abs(value - after[e]!)).toBeLessThanOrEqual(bound));
        },
      ),
      { numRuns: 30 },
    );
  });

  test("its Jacobian is the written one: rows s_i (1[i = j] - s_j / sum s)", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), phases, fractions, (size, phase, volumeFraction) => {
        const f = (x: NDArray): NDArray => volumePreservingSigmoid(x, { volumeFraction });
        const logits = logitsOf(size, 4, phase);
        const slopes = floats(f(logits)).map((value) => value * (1 - value));
        const total = slopes.reduce((sum, slope) => sum + slope, 0);
        floats(jacrev(f)(logits)).forEach((entry, k) => {
          const [i, j] = [Math.floor(k / size), k % size];
          const expected = slopes[i]! * ((i === j ? 1 : 0) - slopes[j]! / total);
          expect(Math.abs(entry - expected)).toBeLessThanOrEqual(1e-14);
        });
      }),
      { numRuns: 30 },
    );
  });

  test("its derivatives by logits and volume fraction are those by differences, to the second order", () => {
    const weights = wave([9], 2);
    const f = (logits: NDArray, volumeFraction: NDArray): NDArray =>
      np.sum(volumePreservingSigmoid(logits, { volumeFraction }).mul(weights));
    for (const scale of [0.5, 4]) checkGrads(f, [logitsOf(9, scale, 1), array(0.37)], { order: 2 });
  });

  test("the gradient of anything by the logits sums to 0, and the mean has none", () => {
    fc.assert(
      fc.property(sizes, scales, phases, fractions, (size, scale, phase, volumeFraction) => {
        const weights = wave([size], phase + 1);
        const f = (x: NDArray): NDArray => np.vdot(weights, volumePreservingSigmoid(x, { volumeFraction }));
        const gradient = floats(grad(f)(logitsOf(size, scale, phase)));
        expect(Math.abs(gradient.reduce((sum, own) => sum + own, 0))).toBeLessThanOrEqual(1e-14 * size);
        const still = (x: NDArray): NDArray => np.mean(volumePreservingSigmoid(x, { volumeFraction }));
        for (const own of floats(grad(still)(logitsOf(size, scale, phase)))) expect(Math.abs(own)).toBeLessThan(1e-15);
      }),
      { numRuns: 30 },
    );
  });

  test("where everything is saturated the gradient by the logits is 0, to the second order, and that by the volume is finite", () => {
    const f = (x: NDArray, volumeFraction: NDArray): NDArray =>
      np.vdot(array([1, 2, 3, 4]), volumePreservingSigmoid(x, { volumeFraction }));
    const half = array(0.5);
    for (const size of [100, 700, 1e4]) {
      const logits = array([size, size, -size, -size]);
      const density = floats(volumePreservingSigmoid(logits, { volumeFraction: half }));
      density.forEach((value, e) => expect(Math.abs(value - (e < 2 ? 1 : 0))).toBeLessThanOrEqual(1e-15));
      const [byLogits, byVolume] = grad(f, { argnums: [0, 1] })(logits, half) as [NDArray, NDArray];
      for (const own of floats(byLogits)) expect(Math.abs(own)).toBeLessThanOrEqual(1e-15);
      // n times a weighted mean of 1 to 4: some element takes up what is added.
      expect(byVolume.item() >= 4 && byVolume.item() <= 16).toBe(true);
      const curvature = floats(hessian((x: NDArray) => f(x, half))(logits));
      for (const own of curvature) expect(Math.abs(own)).toBeLessThanOrEqual(1e-14);
    }
  });

  test("a volume fraction of 1e-200 is met, and has derivatives that are 0 instead of NaN", () => {
    const f = (x: NDArray, volumeFraction: NDArray): NDArray =>
      np.sum(volumePreservingSigmoid(x, { volumeFraction }).mul(wave([3], 0)));
    const least = array(1e-200);
    expect(np.mean(volumePreservingSigmoid(array([0, 0, 0]), { volumeFraction: least })).item()).toBeCloseTo(0, 100);
    const both = grad(f, { argnums: [0, 1] })(array([0, 0, 0]), least) as [NDArray, NDArray];
    for (const own of both.flatMap((x) => [...floats(x)])) expect(Math.abs(own)).toBeLessThanOrEqual(1e-99);
  });

  test("compiled it gives the same bits as eagerly, on every back end, and its gradient too", () => {
    const logits = wave([7, 11], 0, { amplitude: 9 });
    const weights = wave([7, 11], 1);
    const value = (x: NDArray, volumeFraction: NDArray): NDArray => volumePreservingSigmoid(x, { volumeFraction });
    const both = valueAndGrad((x: NDArray, v: NDArray) => np.vdot(weights, value(x, v)));
    const expected = floats(value(logits, array(0.3)));
    const [, gradient] = both(logits, array(0.3));
    for (const backend of backends) {
      expect(floats(jit(value, { backend })(logits, array(0.3)))).toEqual(expected);
      expect(relativeGap(jit(both, { backend })(logits, array(0.3))[1], gradient)).toBeLessThan(1e-13);
    }
  });

  test("vmap over logits and volume fractions is a loop", () => {
    const logits = wave([4, 3, 5], 0, { amplitude: 20 });
    const volumes = array([0.1, 0.4, 0.5, 0.9]);
    const one = (x: NDArray, volumeFraction: NDArray): NDArray => volumePreservingSigmoid(x, { volumeFraction });
    const batched = vmap(one)(logits, volumes);
    const looped = np.stack([0, 1, 2, 3].map((k) => one(logits.at(k).get(), volumes.at(k).get())));
    expect(floats(batched)).toEqual(floats(looped));
  });

  test("elements outside `where` are 0, take no part in the mean and have no gradient, whatever their logits are", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 20 }),
        phases,
        fractions,
        fc.constantFrom(3, 1e300, NaN),
        (size, phase, v, odd) => {
          const flags = Float64Array.from({ length: size }, (_, e) => (e % 3 === 1 ? 0 : 1));
          const logits = floats(logitsOf(size, 3, phase)).map((logit, e) => (flags[e] === 1 ? logit : odd));
          const options = { volumeFraction: v, where: array(flags) };
          const density = floats(volumePreservingSigmoid(array(logits), options));
          const inside = floats(
            volumePreservingSigmoid(array(logits.filter((_, e) => flags[e] === 1)), { volumeFraction: v }),
          );
          expect(density.filter((_, e) => flags[e] === 0).every((value) => value === 0)).toBe(true);
          density
            .filter((_, e) => flags[e] === 1)
            .forEach((value, k) => expect(Math.abs(value - inside[k]!)).toBeLessThanOrEqual(1e-14));
          const gradient = floats(
            grad((x: NDArray) => np.vdot(wave([size], 1), volumePreservingSigmoid(x, options)))(array(logits)),
          );
          gradient.forEach((own, e) => expect(flags[e] === 1 ? Number.isFinite(own) : own === 0).toBe(true));
        },
      ),
      { numRuns: 30 },
    );
  });

  test("float32 logits give a float64 density whose mean is exact, and a float32 gradient", () => {
    const logits = wave([50], 0, { amplitude: 30 }).astype("float32");
    const density = volumePreservingSigmoid(logits, { volumeFraction: 0.3 });
    expect(density.dtype).toBe("float64");
    expect(Math.abs(meanOf(floats(density)) - 0.3)).toBeLessThanOrEqual(1e-12);
    const f = (x: NDArray): NDArray => np.vdot(wave([50], 1), volumePreservingSigmoid(x, { volumeFraction: 0.3 }));
    expect(grad(f)(logits).dtype).toBe("float32");
  });

  test("volume fractions that no sigmoid has are refused, traced ones when they are known; so are logits that are no numbers", () => {
    const logits = wave([5], 0);
    for (const volumeFraction of [0, 1, -0.1, 1.1, NaN, Infinity, "0.5" as never]) {
      expect(() => volumePreservingSigmoid(logits, { volumeFraction })).toThrow(coded("InvalidOption"));
      if (typeof volumeFraction !== "number") continue;
      expect(() => volumePreservingSigmoid(logits, { volumeFraction: array(volumeFraction) })).toThrow(
        coded("InvalidOption"),
      );
      for (const backend of backends)
        expect(() =>
          jit((v: NDArray) => volumePreservingSigmoid(logits, { volumeFraction: v }), { backend })(
            array(volumeFraction),
          ),
        ).toThrow(coded("InvalidOption"));
    }
    for (const wrong of [NaN, Infinity, -Infinity])
      expect(() => volumePreservingSigmoid(array([0, wrong]), { volumeFraction: 0.5 })).toThrow(
        coded("RootNotBracketed"),
      );
    expect(() => volumePreservingSigmoid(logits, { volumeFraction: array([0.1, 0.2]) })).toThrow(
      coded("ShapeMismatch"),
    );
    expect(() => volumePreservingSigmoid(logits, { volumeFraction: 0.5, where: np.ones([4]) })).toThrow(
      coded("ShapeMismatch"),
    );
    expect(() => volumePreservingSigmoid(logits, { volumeFraction: 0.5, where: np.full([5], 0.5) })).toThrow(
      coded("InvalidOption"),
    );
    expect(() => volumePreservingSigmoid(logits, { volumeFraction: 0.5, where: np.zeros([5]) })).toThrow(
      coded("InvalidOption"),
    );
    expect(() => volumePreservingSigmoid(logits, { volumefraction: 0.5 } as never)).toThrow(/"volumeFraction"/u);
  });

  test("logits so far apart that no number is the shift are refused, not answered with another volume", () => {
    // Two equal logits can only have equal densities, and the third stays where it is at any shift that float64 has.
    const f = (): NDArray => volumePreservingSigmoid(array([1e20, -1e20, -1e20]), { volumeFraction: 0.5 });
    expect(f).toThrow(coded("RootNotBracketed"));
  });

  test("debug mode accepts its roots", () => {
    configure({ debug: true });
    try {
      for (const scale of [0, 1, 700]) volumePreservingSigmoid(logitsOf(12, scale, 0), { volumeFraction: 0.3 });
      for (const beta of [0, 1e-6, 1, 64]) volumePreservingProjection(np.linspace(0, 1, 9), { beta });
    } finally {
      configure({ debug: false });
    }
  });

  test("with a volume of one's own meets that, with its derivatives, and refuses one that no shift has", () => {
    const weights = array([3, 1, 0, 0.5, 2]);
    const volume = (density: NDArray): NDArray => np.sum(density.square().mul(weights)).div(5).add(0.1);
    const f = (logits: NDArray, volumeFraction: NDArray): NDArray =>
      volumePreservingSigmoid(logits, { volumeFraction, volume });
    const logits = array([-3, 0.5, 4, 1, -0.2]);
    expect(Math.abs(volume(f(logits, array(0.6))).item() - 0.6)).toBeLessThan(1e-12);
    expect(checkGrads(f, [logits, array(0.6)], { order: 1 }).comparisons).toBeGreaterThan(0);
    expect(() => f(logits, array(0.05))).toThrow(coded("RootNotBracketed"));
    expect(() => volumePreservingSigmoid(logits, { volumeFraction: 0.4, volume: 3 as never })).toThrow(/volume 3/u);
  });
});
