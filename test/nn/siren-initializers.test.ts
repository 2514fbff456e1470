/** The initializers of sine layers: uniform between the bounds of Sitzmann et al. 2020, which count the receptive field. */
import { describe, expect, test } from "vitest";
import { jit, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import { initializers } from "cotangent/nn";
import * as np from "cotangent/numpy";
import * as random from "cotangent/random";
import { expectError } from "../semantics/support.ts";
import { expectBits, key, rowOf } from "./networks-support.ts";

const shape = [3, 3, 40, 60];
const inputs = 9 * 40;

const bounds: Readonly<Record<string, readonly [initializers.Initializer, bound: number]>> = {
  sirenFirst: [initializers.sirenFirst(), 1 / inputs],
  "sirenFirst, axes in front": [initializers.sirenFirst({ inAxis: 0, outAxis: 1 }), 1 / (3 * 40 * 60)],
  sirenHidden: [initializers.sirenHidden(), Math.sqrt(6 / inputs) / 30],
  "sirenHidden of another frequency": [initializers.sirenHidden(5), Math.sqrt(6 / inputs) / 5],
};

describe.each(Object.entries(bounds))("%s", (_name, [initializer, bound]) => {
  test("is uniform between its bounds", () => {
    const weights = initializer(key, shape);
    const n = weights.size;
    expect(np.max(np.abs(weights)).item()).toBeLessThanOrEqual(bound * (1 + 2 ** -50));
    expect(np.max(np.abs(weights)).item()).toBeGreaterThan(bound * (1 - 12 / n));
    expect(Math.abs(np.mean(weights).item())).toBeLessThan((4.5 * bound) / Math.sqrt(3 * n));
    expect(Math.abs(np.mean(np.square(weights)).item() / (bound ** 2 / 3) - 1)).toBeLessThan(4.5 * Math.sqrt(0.8 / n));
    // a quarter of the numbers lies in each quarter of the interval
    for (const [low, high] of [
      [-1, -0.5],
      [-0.5, 0],
      [0, 0.5],
      [0.5, 1],
    ] as const) {
      const inside = np.logicalAnd(np.greaterEqual(weights, low * bound), np.less(weights, high * bound));
      expect(Math.abs(np.mean(inside).item() - 0.25)).toBeLessThan(4.5 * Math.sqrt(0.1875 / n));
    }
  });

  test("in float32, compiled and mapped over keys is itself", () => {
    const draw = (own: NDArray): NDArray => initializer(own, [2, 2, 4, 4], { dtype: "float32" });
    expect(draw(key).dtype).toBe("float32");
    expectBits(jit(draw)(key), draw(key));
    expectBits(rowOf(vmap(draw)(np.stack([random.key(4), key])), 1), draw(key));
  });

  test("an array without elements has none", () => {
    expect(initializer(key, [0, 3, 2, 2]).shape).toEqual([0, 3, 2, 2]);
  });
});

test.each<readonly [string, () => unknown, string]>([
  ["an omega of 0", () => initializers.sirenHidden(0), "InvalidOption"],
  ["an omega that is NaN", () => initializers.sirenHidden(NaN), "InvalidOption"],
  ["a vector", () => initializers.sirenFirst()(key, [3]), "ShapeMismatch"],
  ["a misspelt option", () => initializers.sirenFirst({ inaxis: 0 } as object), "UnknownOption"],
  ["a misspelt option of hidden layers", () => initializers.sirenHidden(30, { inaxis: 0 } as object), "UnknownOption"],
])("%s is refused", (_name, call, code) => {
  expectError(call, code);
});
