/**
 * Batch normalization: what comes out in training has mean 0 and variance 1 per feature, the state moves as Keras's and
 * settles at the statistics of the data, and without training the state alone decides.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { array, grad, jit, scan, vjp, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import * as nn from "cotangent/nn";
import * as np from "cotangent/numpy";
import { checkGrads } from "cotangent/testing";
import { backends, drawn, expectBits, expectClose, inFloat64, key, shaken, testRefusals } from "./networks-support.ts";

const layer = nn.batchNorm(3, { dtype: "float64" });
const { params, state } = layer.init(key);
const training = { isTraining: true };
const inference = { isTraining: false };
const axis = [0, 1];

test("in training every feature has mean 0 and variance v / (v + epsilon) over all other axes", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 99 }), fc.constantFrom(1, 1e-3, 1e3), (seed, size) => {
      const x = np.mul(drawn([4, 5, 3], seed), size);
      const [y] = layer.apply(params, state, x, training);
      const variance = np.var(x, { axis });
      expectClose(np.mean(y, { axis }), np.zeros(3), 1e-13);
      expectClose(np.var(y, { axis }), np.div(variance, np.add(variance, 1e-3)), 1e-12);
    }),
  );
});

test("scale and shift come last", () => {
  const own = shaken(params);
  const x = drawn([4, 5, 3]);
  for (const use of [training, inference]) {
    const [plain] = layer.apply(params, state, x, use);
    const [seen] = layer.apply(own, state, x, use);
    expectClose(seen, np.add(np.mul(plain, own.scale), own.shift), 1e-14);
  }
});

test("the state moves by 1 - momentum towards mean and variance of the batch, and only in training", () => {
  const x = drawn([4, 5, 3]);
  const [, next] = layer.apply(params, state, x, training);
  expectClose(next.mean, np.mul(np.mean(x, { axis }), 0.01), 1e-15);
  expectClose(next.variance, np.add(0.99, np.mul(np.var(x, { axis }), 0.01)), 1e-15);
  const [, kept] = layer.apply(params, next, x, inference);
  expectBits(kept, next);
});

test("over many steps on one batch, inside scan, the state settles at the batch's statistics", () => {
  const x = drawn([4, 5, 3], 2);
  const step = (own: typeof state): [typeof state, null] => [layer.apply(params, own, x, training)[1], null];
  const [end] = scan(step, state, null, { length: 4000 });
  // 0.99^4000 is below 1e-17; what is left are 4000 roundings, of which 100 count
  expectClose(end.mean, np.mean(x, { axis }), 1e-14);
  expectClose(end.variance, np.var(x, { axis }), 1e-14);
  const [trained] = layer.apply(params, state, x, training);
  expectClose(layer.apply(params, end, x, inference)[0], trained, 1e-12);
});

test("without training y = (x - mean) scale / sqrt(variance + epsilon) + shift of the state; first ones are 0 and 1", () => {
  const own = shaken(params);
  const x = drawn([4, 3]);
  const frozen = nn.frozenBatchNorm(3, { dtype: "float64" });
  expectClose(layer.apply(own, state, x, inference)[0], frozen.apply(own, x), 1e-15);
  const other = { mean: array([1, 2, 3]), variance: array([4, 1, 0.25]) };
  const wanted = np.div(np.sub(x, other.mean), np.sqrt(np.add(other.variance, 1e-3)));
  expectClose(layer.apply(params, other, x, inference)[0], wanted, 1e-15);
});

test("a point without training does not see the others; in training it does", () => {
  const x = drawn([4, 3]);
  const [all] = layer.apply(params, state, x, inference);
  expectClose(
    vmap((row: NDArray) => layer.apply(params, state, row.reshape([1, 3]), inference)[0])(x).reshape([4, 3]),
    all,
    1e-15,
  );
  const slopes = grad((own: NDArray) => layer.apply(params, state, own, training)[0].at(0, 0).get())(x);
  expect(Math.abs(slopes.at(2, 0).get().item())).toBeGreaterThan(1e-3);
});

test("derivatives go through the batch's statistics: they are those of differences, and 0 along a common shift", () => {
  const x = drawn([5, 3]);
  for (const use of [training, inference])
    checkGrads((p: typeof params, own: NDArray) => layer.apply(p, state, own, use)[0], [shaken(params), x] as never);
  const slopes = grad((own: NDArray) => np.sum(np.sin(layer.apply(params, state, own, training)[0])))(x);
  expectClose(np.sum(slopes, { axis: 0 }), np.zeros(3), 1e-14);
});

test("the state carries no derivative of the batch", () => {
  const x = drawn([5, 3]);
  const [next, pullback] = vjp((own: NDArray) => layer.apply(params, state, own, training)[1], x);
  expectBits(pullback(next)[0], np.zeros([5, 3]));
});

test("compiled on every back end it has the bits of eager evaluation, in float32 too", () => {
  for (const dtype of ["float32", "float64"] as const) {
    const own = nn.batchNorm(3, { dtype });
    const first = own.init(key);
    const x = drawn([7, 3]).astype(dtype);
    for (const use of [training, inference]) {
      const apply = (p: typeof params, s: typeof state): readonly [NDArray, typeof state] => own.apply(p, s, x, use);
      const wanted = apply(first.params, first.state);
      expect(wanted[0].dtype).toBe(dtype);
      expect(wanted[1].mean.dtype).toBe(dtype);
      for (const backend of backends) expectBits(jit(apply, { backend })(first.params, first.state), wanted);
    }
  }
});

test("the dtype of the parameters decides, also where state and input have another", () => {
  const single = nn.batchNorm(3);
  const first = single.init(key);
  const x = drawn([4, 3]);
  const [y, next] = single.apply(inFloat64(first.params), first.state, x.astype("float32"), training);
  expect([y.dtype, next.mean.dtype, next.variance.dtype]).toEqual(["float64", "float64", "float64"]);
});

testRefusals([
  ["a momentum above 1", () => nn.batchNorm(3, { momentum: 1.5 }), "InvalidOption", "momentum 1.5"],
  ["no features", () => nn.batchNorm(0), "InvalidOption", "features 0"],
  ["a misspelt option", () => nn.batchNorm(3, { eps: 1 } as never), "UnknownOption", "epsilon"],
  ["use without a word", () => layer.apply(params, state, drawn([2, 3]), undefined as never), "InvalidOption"],
  [
    "training that is an array",
    () => layer.apply(params, state, drawn([2, 3]), { isTraining: array(1) } as never),
    "InvalidOption",
    "isTraining",
  ],
  ["a batch without points", () => layer.apply(params, state, np.zeros([0, 3]), training), "ShapeMismatch", "no mean"],
  [
    "the state of another layer",
    () => layer.apply(params, nn.batchNorm(4).init(key).state, drawn([2, 3]), inference),
    "ShapeMismatch",
    "mean",
  ],
]);
