/** What the tests of layers and networks share: comparisons to the bit and by tolerance, drawn inputs. */
import { expect, test } from "vitest";
import { array, jit, tree } from "cotangent";
import type { NDArray } from "cotangent";
import type { Network } from "cotangent/nn";
import * as np from "cotangent/numpy";
import * as random from "cotangent/random";
import { expectError } from "../semantics/support.ts";

export const backends = ["interpreter", "js", "wasm"] as const;

export const key: NDArray = random.key(7);

/** The leaves as bits that can be compared: -0 and NaN count. */
export const bitsOf = (params: unknown): readonly unknown[] =>
  (tree.leaves(params) as NDArray[]).map((leaf) => [leaf.dtype, leaf.shape, ...leaf.toTypedArray()]);

export const expectBits = (seen: unknown, wanted: unknown): void => expect(bitsOf(seen)).toEqual(bitsOf(wanted));

/** Largest difference, in units of 1 + |wanted|. */
export const differenceOf = (seen: NDArray, wanted: NDArray): number => {
  expect(seen.shape).toEqual(wanted.shape);
  const scale = np.add(1, np.abs(wanted.astype("float64")));
  return np.max(np.div(np.abs(np.sub(seen.astype("float64"), wanted.astype("float64"))), scale)).item();
};

export const expectClose = (seen: NDArray, wanted: NDArray, tolerance: number): void =>
  expect(differenceOf(seen, wanted)).toBeLessThanOrEqual(tolerance);

/** Smooth values without pattern, of any shape. */
export const drawn = (shape: readonly number[], seed = 0): NDArray =>
  array(
    Float64Array.from({ length: shape.reduce((p, n) => p * n, 1) }, (_, k) => Math.sin(1.7 * k + seed) + 0.1 * seed),
    { shape },
  );

export const inFloat64 = <P>(params: P): P => tree.map((leaf: NDArray) => leaf.astype("float64"), params as never) as P;

/** Every parameter moved off its first value, so that scales are not 1 and biases not 0. */
export const shaken = <P>(params: P): P =>
  tree.map((leaf: NDArray) => np.add(leaf, drawn(leaf.shape, 3).mul(0.05)).astype(leaf.dtype), params as never) as P;

/** Values compiled on every back end are those of eager evaluation, to the bit, for first and moved parameters. */
export const expectSameBits = <P, X>(network: Network<P, X>, x: X): void => {
  for (const params of [network.init(key), shaken(network.init(key))]) {
    const wanted = network.apply(params, x);
    for (const backend of backends)
      expectBits(jit((p: P) => network.apply(p, x), { backend })(params as never), wanted);
  }
};

/** The k-th of a stack of trees, along the first axis of every leaf. */
export const rowOf = <P>(stacked: P, k: number): P =>
  tree.map((leaf: NDArray) => leaf.at(k).get(), stacked as never) as P;

/** What is tried, the call, the code of its error, and a part of the message. */
export type Refusal = readonly [what: string, call: () => unknown, code: string, part?: string];

/** A test per call that must be refused. */
export const testRefusals = (refusals: readonly Refusal[]): void => {
  for (const [what, call, code, part = ""] of refusals) test(`${what} is refused`, () => expectError(call, code, part));
};
