/** Parts of gradient transformations: limits hold, chains compose, nothing else changes. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { array, NDArray } from "cotangent";
import * as optim from "cotangent/optim";
import type { GradientTransformation } from "cotangent/optim";

const vectors = fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 1, maxLength: 6 });

const once = ({ init, update }: GradientTransformation, g: number[], p = g.map(() => 0)): number[] => {
  const params = { w: array(p) };
  return update({ w: array(g) }, init(params), params)[0].w.toList() as number[];
};

const normOf = (x: readonly number[]): number => Math.hypot(...x);

test("clipByGlobalNorm leaves short gradients alone and shortens long ones to the limit, in their direction", () => {
  fc.assert(
    fc.property(vectors, fc.double({ min: 1e-3, max: 1e3, noNaN: true }), (g, limit) => {
      const seen = once(optim.clipByGlobalNorm(limit), g);
      const factor = Math.min(1, limit / normOf(g));
      seen.forEach((value, k) =>
        expect(Math.abs(value - factor * g[k]!)).toBeLessThanOrEqual(1e-15 * (Math.abs(g[k]!) + 1)),
      );
    }),
  );
});

test("clipByGlobalNorm counts all arrays of the tree together, whatever their dtypes", () => {
  const { init, update } = optim.clipByGlobalNorm(1);
  const g = { a: array([3], { dtype: "float32" }), b: array(4) };
  const [{ a, b }] = update(g, init(g), g);
  expect([a.dtype, b.dtype]).toEqual(["float32", "float64"]);
  expect(Math.abs(a.item() - 0.6)).toBeLessThan(1e-7);
  expect(b.item()).toBe(0.8);
});

test("zero gradients stay zero, and a gradient that is infinite or NaN makes all NaN, as in Keras", () => {
  expect(once(optim.clipByGlobalNorm(1), [0, 0])).toEqual([0, 0]);
  expect(once(optim.clipByGlobalNorm(1), [1, Infinity])).toEqual([NaN, NaN]);
  expect(once(optim.clipByGlobalNorm(1), [1, NaN])).toEqual([NaN, NaN]);
});

test("clip moves every element to the nearest of its interval", () => {
  fc.assert(
    fc.property(vectors, fc.double({ min: 1e-3, max: 1e3, noNaN: true }), (g, limit) => {
      expect(once(optim.clip(limit), g)).toEqual(g.map((value) => Math.min(Math.max(value, -limit), limit)));
    }),
  );
});

test("a chain is the composition of its parts, and identity is its neutral element", () => {
  fc.assert(
    fc.property(vectors, (g) => {
      const [first, second] = [optim.scale(0.3), optim.clip(2)];
      const composed = once(second, once(first, g));
      expect(once(optim.chain(first, second), g)).toEqual(composed);
      expect(once(optim.chain(optim.identity(), optim.chain(first, second)), g)).toEqual(composed);
      expect(once(optim.chain(), g)).toEqual(g);
    }),
  );
});

test("decayed weights before gradient descent are the gradient of a quadratic penalty", () => {
  fc.assert(
    fc.property(vectors, (p) => {
      const g = p.map((value) => Math.sin(value));
      const seen = once(optim.chain(optim.addDecayedWeights(0.5), optim.scale(-1)), g, p);
      expect(seen).toEqual(p.map((value, k) => -(g[k]! + value * 0.5)));
    }),
  );
});

test("scaleBySchedule counts its own steps, so a chain may hold two", () => {
  const { init, update } = optim.chain(
    optim.scaleBySchedule((k) => k.add(1)),
    optim.scaleBySchedule((k) => k.mul(10)),
  );
  let state = init(array(1));
  const seen = [0, 1, 2].map(() => {
    const [step, next] = update(array(1), state, array(1));
    state = next;
    return (step as NDArray).item();
  });
  expect(seen).toEqual([0, 20, 60]);
});
