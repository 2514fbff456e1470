/** associativeScan: all prefixes, for every length, axis and direction. */
import { expect, test } from "vitest";
import { array, associativeScan, grad, jit, NDArray, vmap } from "cotangent";
import * as np from "cotangent/numpy";
import { expectClose } from "./nests.ts";

const prefixSums = (values: readonly number[]): number[] => {
  let sum = 0;
  return values.map((value) => (sum += value));
};

const whole = (n: number): number[] => Array.from({ length: n }, (_, k) => (k * 7) % 5);

test("sums of every length from 0 to 40, from either end", () => {
  for (let n = 0; n <= 40; n++) {
    const values = whole(n);
    const add = (x: NDArray, y: NDArray): NDArray => x.add(y);
    expect(associativeScan(add, array(values)).toList()).toEqual(prefixSums(values));
    expect(associativeScan(add, array(values), { reverse: true }).toList()).toEqual(
      prefixSums(values.toReversed()).toReversed(),
    );
  }
});

test("an operation that does not commute keeps the order: affine maps, as trees", () => {
  type Affine = { readonly slope: NDArray; readonly shift: NDArray };
  const after = (f: Affine, g: Affine): Affine => ({
    slope: f.slope.mul(g.slope),
    shift: f.shift.mul(g.slope).add(g.shift),
  });
  for (const n of [1, 2, 3, 7, 8]) {
    const slope = np.sin(np.arange(n).add(1));
    const shift = np.cos(np.arange(n));
    let x = 0;
    const [slopes, shifts] = [slope.toTypedArray(), shift.toTypedArray()];
    const wanted = Array.from({ length: n }, (_, k) => (x = x * slopes[k]! + shifts[k]!));
    expectClose(associativeScan(after, { slope, shift }).shift, array(wanted), 1e-14, `length ${n}`);
  }
});

test("any axis, and compiled, mapped and differentiated", () => {
  const x = np.sin(np.arange(12)).reshape([3, 4]);
  const scanned = (y: NDArray): NDArray => associativeScan((a: NDArray, b: NDArray) => a.mul(b), y, { axis: -1 });
  const rows = vmap((row: NDArray) => associativeScan((a: NDArray, b: NDArray) => a.mul(b), row))(x);
  expectClose(scanned(x), rows, 1e-15, "axis -1");
  expectClose(jit(scanned)(x), rows, 1e-15, "compiled");
  const direct = (y: NDArray): NDArray => {
    const parts = [0, 1, 2, 3].map((k) => np.take(y, k, { axis: 1 }));
    return np.stack(
      parts.map((_, k) => parts.slice(0, k + 1).reduce((a, b) => a.mul(b))),
      { axis: 1 },
    );
  };
  expectClose(
    grad((y: NDArray) => np.sum(np.sin(scanned(y))))(x),
    grad((y: NDArray) => np.sum(np.sin(direct(y))))(x),
    1e-14,
    "gradient",
  );
});

test("lengths that differ, a missing axis and a function that changes shapes are refused", () => {
  const add = (x: NDArray, y: NDArray): NDArray => x.add(y);
  const code = (name: string) => expect.objectContaining({ code: name });
  expect(() =>
    associativeScan(([a]: NDArray[], [b]: NDArray[]) => [add(a!, b!), b!], [np.ones([3]), np.ones([4])]),
  ).toThrow(code("LoopLength"));
  expect(() => associativeScan(add, np.ones([3]), { axis: 1 })).toThrow(code("IndexOutOfRange"));
  expect(() => associativeScan((x: NDArray) => np.sum(x), np.ones([4]))).toThrow(code("TreeMismatch"));
  expect(() => associativeScan(add, np.ones([3]), { axes: 0 } as never)).toThrow(code("UnknownOption"));
});
