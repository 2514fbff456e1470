/**
 * Initializers have the variance they promise, bounds and orthogonality hold for every key, and the receptive field
 * counts. Their numbers are compared with JAX's in test/random/jax.test.ts.
 */
import { describe, expect, test } from "vitest";
import { array, jit, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import { initializers } from "cotangent/nn";
import type { NDArray as Weights } from "cotangent/numpy";
import * as np from "cotangent/numpy";
import * as random from "cotangent/random";
import { expectError } from "../semantics/support.ts";

const key = random.key(3);
const field = [3, 3, 40, 60];
const [inputs, outputs] = [9 * 40, 9 * 60];

const variances: Readonly<Record<string, readonly [initializers.Initializer, variance: number]>> = {
  glorotUniform: [initializers.glorotUniform(), 2 / (inputs + outputs)],
  glorotNormal: [initializers.glorotNormal(), 2 / (inputs + outputs)],
  heUniform: [initializers.heUniform(), 2 / inputs],
  heNormal: [initializers.heNormal(), 2 / inputs],
  lecunUniform: [initializers.lecunUniform(), 1 / inputs],
  lecunNormal: [initializers.lecunNormal(), 1 / inputs],
  "fanOut, normal": [initializers.varianceScaling(3, { mode: "fanOut", distribution: "normal" }), 3 / outputs],
  "fanGeoAvg, uniform": [
    initializers.varianceScaling(2, { mode: "fanGeoAvg", distribution: "uniform" }),
    2 / Math.sqrt(inputs * outputs),
  ],
  "axes in front": [initializers.heNormal({ inAxis: 0, outAxis: 1 }), 2 / (3 * 40 * 60)],
  "several input axes": [initializers.lecunNormal({ inAxis: [0, 1, 2] }), 1 / inputs],
  "a batch axis": [initializers.lecunNormal({ batchAxis: 0 }), 1 / (inputs / 3)],
  normal: [initializers.normal(0.2), 0.04],
  uniform: [initializers.uniform(0.6), 0.03],
};

describe.each(Object.entries(variances))("%s", (name, [initializer, variance]) => {
  test("has the variance it promises, and the mean of its distribution", () => {
    const weights = initializer(key, field);
    expect(weights.shape).toEqual(field);
    // 21600 numbers: the relative deviation of the variance is below sqrt(2 / 21600) = 0.0096.
    expect(Math.abs(np.var(weights).item() / variance - 1)).toBeLessThan(0.04);
    const middle = name === "uniform" ? 0.3 : 0;
    expect(Math.abs(np.mean(weights).item() - middle)).toBeLessThan(4 * Math.sqrt(variance / 21600));
  });

  test("in float32, compiled and mapped over keys is itself", () => {
    const single = initializer(key, [2, 2, 4, 4], { dtype: "float32" });
    expect(single.dtype).toBe("float32");
    const draw = (own: NDArray): Weights => initializer(own, [2, 2, 4, 4], { dtype: "float32" });
    expect(jit(draw)(key).toList()).toEqual(single.toList());
    expect(
      vmap(draw)(np.stack([key, random.key(4)]))
        .at(0)
        .get()
        .toList(),
    ).toEqual(single.toList());
  });
});

test("truncated numbers stay within 2 deviations, or the bounds given", () => {
  const limit = (2 * Math.sqrt(2 / inputs)) / 0.8796256610342398;
  expect(np.max(np.abs(initializers.heNormal()(key, field))).item()).toBeLessThan(limit);
  const bounded = initializers.truncatedNormal(0.5, { lower: 0, upper: 1 })(key, [1000]);
  expect(np.min(bounded).item()).toBeGreaterThan(0);
  expect(np.max(bounded).item()).toBeLessThan(0.5);
});

test("the presets have second names", () => {
  expect(initializers.xavierNormal).toBe(initializers.glorotNormal);
  expect(initializers.xavierUniform).toBe(initializers.glorotUniform);
  expect(initializers.kaimingNormal).toBe(initializers.heNormal);
  expect(initializers.kaimingUniform).toBe(initializers.heUniform);
});

const isIdentity = (product: NDArray, scale: number): boolean =>
  np.allclose(product, np.eye(product.shape[0]!).mul(scale), { rtol: 0, atol: 1e-13 }).item() === 1;

test("orthogonal weights have orthonormal columns along the column axis, whatever is folded into rows", () => {
  const tall = np.reshape(initializers.orthogonal(3)(key, [3, 2, 4]), [6, 4]);
  expect(isIdentity(np.matmul(tall.T, tall), 9)).toBe(true);
  const wide = initializers.orthogonal()(key, [2, 5]);
  expect(isIdentity(np.matmul(wide, wide.T), 1)).toBe(true);
  const first = np.reshape(initializers.orthogonal(1, { columnAxis: 0 })(key, [4, 3, 2]), [4, 6]);
  expect(isIdentity(np.matmul(first, first.T), 1)).toBe(true);
});

test("delta-orthogonal weights are orthogonal in the middle of the field and zero elsewhere", () => {
  for (const extents of [[3], [4], [3, 4], [2, 3, 5]]) {
    const weights = initializers.deltaOrthogonal()(key, [...extents, 2, 3]);
    const middle = weights.at(...extents.map((extent) => Math.floor((extent - 1) / 2))).get();
    expect(isIdentity(np.matmul(middle, middle.T), 1)).toBe(true);
    expect(Math.abs(np.sum(np.square(weights)).item() - 2)).toBeLessThan(1e-13);
  }
});

test("constants do not depend on the key", () => {
  expect(initializers.zeros(key, [2]).toList()).toEqual([0, 0]);
  expect(initializers.ones(key, [2], { dtype: "float32" }).dtype).toBe("float32");
  expect(initializers.constant(array([1, 2]))(key, [2, 2]).toList()).toEqual([[1, 2], [1, 2]]); // prettier-ignore
});

test.each<readonly [string, () => unknown, string]>([
  ["a vector without inAxis", () => initializers.heNormal()(key, [3]), "ShapeMismatch"],
  ["a vector of orthogonal columns", () => initializers.orthogonal()(key, [3]), "ShapeMismatch"],
  ["fewer outputs than inputs", () => initializers.deltaOrthogonal()(key, [3, 4, 2]), "ShapeMismatch"],
  ["no receptive field", () => initializers.deltaOrthogonal()(key, [4, 4]), "ShapeMismatch"],
  ["an axis that is none", () => initializers.heNormal({ inAxis: 5 })(key, [3, 3]), "IndexOutOfRange"],
  ["an unknown mode", () => initializers.varianceScaling(1, { mode: "fan_in" as "fanIn" }), "InvalidOption"],
  [
    "an unknown distribution",
    () => initializers.varianceScaling(1, { distribution: "cauchy" as "normal" }),
    "InvalidOption",
  ],
  ["a scale of zero", () => initializers.varianceScaling(0), "InvalidOption"],
  ["a scale that is NaN", () => initializers.uniform(NaN), "InvalidOption"],
  [
    "zeros of a dtype that is none",
    () => initializers.zeros(key, [2], { dtype: "int8" as "float32" }),
    "DTypeMismatch",
  ],
  ["a misspelt option", () => initializers.heNormal({ inaxis: 0 } as object), "UnknownOption"],
  ["a misspelt dtype option", () => initializers.zeros(key, [2], { dtyp: "float32" } as object), "UnknownOption"],
  ["a seed in the place of a key", () => initializers.normal()(0 as unknown as NDArray, [2]), "InvalidKey"],
])("%s is refused", (_name, call, code) => {
  expectError(call, code);
});
