/**
 * Norms by their definitions, along every choice of axes; no overflow, no vanishing, no NaN at the origin; products,
 * diagonals, chains and tensor systems by what defines them.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  array,
  grad,
  hessian,
  InvalidOption,
  IndexOutOfRange,
  jit,
  ShapeMismatch,
  UnknownOption,
  vmap,
} from "cotangent";
import type { NDArray } from "cotangent";
import * as linalg from "cotangent/linalg";
import * as np from "cotangent/numpy";
import { expectClose, randomArray } from "./matrices.ts";

const orders = [2, 1, 3, 0.5, -1, -2, 0, Infinity, -Infinity] as const;

const plainNorm = (values: readonly number[], ord: number): number => {
  const sizes = values.map(Math.abs);
  if (ord === Infinity) return Math.max(...sizes);
  if (ord === -Infinity) return Math.min(...sizes);
  if (ord === 0) return sizes.filter((value) => value !== 0).length;
  return sizes.reduce((sum, value) => sum + value ** ord, 0) ** (1 / ord);
};

test.each(orders)("vectorNorm of order %d is its definition along every axis, kept or not", (ord) => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }), (seed, rows, columns) => {
      const x = randomArray(seed, [rows, columns]);
      const lists = x.toList() as number[][];
      const byRow = lists.map((row) => plainNorm(row, ord));
      expectClose(linalg.vectorNorm(x, { ord, axis: -1 }), array(byRow), 1e-14);
      expectClose(linalg.norm(x, { ord, axis: 1 }), array(byRow), 1e-14);
      expectClose(linalg.vectorNorm(x, { ord, axis: 1, keepdims: true }), array(byRow.map((value) => [value])), 1e-14);
      expectClose(linalg.vectorNorm(x, { ord }), array(plainNorm(lists.flat(), ord)), 1e-14);
    }),
    { numRuns: 30 },
  );
});

test("the Euclidean norm is exact where the sum of squares is, at every scale", () => {
  for (const scale of [1, 2 ** 1000, 2 ** -1030, 3])
    expect(linalg.norm(array([3 * scale, 4 * scale])).item()).toBe(5 * scale);
  expect(linalg.norm(array([1e308, 1e308])).item()).toBeCloseTo(Math.SQRT2 * 1e308, -300);
  expect(linalg.norm(array([1, Infinity])).item()).toBe(Infinity);
  expect(linalg.norm(array([NaN, Infinity])).item()).toBe(NaN);
  expect(linalg.norm(np.zeros([0])).item()).toBe(0);
});

test("norms of high and of negative order tend to the largest and the smallest magnitude", () => {
  const x = array([0.3, -0.4, 1e-3]);
  expect(linalg.vectorNorm(x, { ord: 3000 }).item()).toBeCloseTo(0.4, 14);
  expect(linalg.vectorNorm(x, { ord: -3000 }).item()).toBeCloseTo(1e-3, 14);
  expect(linalg.vectorNorm(array([0, 2]), { ord: -1 }).item()).toBe(0);
  const gradient = grad((y: NDArray) => linalg.vectorNorm(y, { ord: 3000 }))(x) as NDArray;
  expectClose(gradient, array([0, -1, 0]), 1e-14);
});

test("the gradient by an element that is 0 is 0 for orders from 1, and NaN below, as an infinite slope times sign(0)", () => {
  const gradients = (ord: number): readonly ((x: NDArray) => NDArray)[] => {
    const own = grad((x: NDArray) => linalg.vectorNorm(x, { ord })) as (x: NDArray) => NDArray;
    return [own, jit(own), (x) => vmap(own)(x.reshape([1, x.size])).reshape([x.size])];
  };
  fc.assert(
    fc.property(fc.double({ min: 1, max: 4, noNaN: true }), fc.double({ min: 0.1, max: 9, noNaN: true }), (ord, u) => {
      const x = array([0, u, -0, -1]);
      const size = plainNorm([u, 1], ord);
      const wanted = [0, (u / size) ** (ord - 1), 0, -((1 / size) ** (ord - 1))];
      for (const gradient of gradients(ord)) {
        const seen = gradient(x).toList() as number[];
        expect([Math.abs(seen[0]!), Math.abs(seen[2]!)]).toEqual([0, 0]);
        seen.forEach((value, k) => expect(value).toBeCloseTo(wanted[k]!, 12));
      }
    }),
    { numRuns: 30 },
  );
  for (const ord of [0.5, 0.99, -1])
    for (const gradient of gradients(ord)) {
      const [first, second] = gradient(array([0, 3])).toList() as number[];
      expect(first, String(ord)).toBeNaN();
      expect(Math.abs(second!), String(ord)).toBe(ord > 0 ? 1 : 0);
    }
});

test("gradients at the origin are 0 for every norm that has a subgradient there, and never NaN", () => {
  for (const ord of [1, 1.5, 2, 3, Infinity]) {
    const at = grad((x: NDArray) => linalg.vectorNorm(x, { ord }))(np.zeros([3])) as NDArray;
    expect(at.toList()).toEqual([0, 0, 0]);
  }
  expect((grad((x: NDArray) => linalg.norm(x))(np.zeros([2, 2])) as NDArray).toList()).toEqual([
    [0, 0],
    [0, 0],
  ]);
  expect(np.any(np.isnan(hessian((x: NDArray) => linalg.norm(x))(np.zeros([2])) as NDArray)).item()).toBe(0);
});

test("the gradient of the Euclidean norm is x / |x| at every scale", () => {
  for (const scale of [1e-300, 1e-200, 1, 1e200, 4e307])
    expectClose(
      grad((x: NDArray) => linalg.norm(x))(array([3 * scale, -4 * scale])) as NDArray,
      array([0.6, -0.8]),
      1e-15,
    );
});

const matrixOrders = ["fro", "nuc", 1, -1, 2, -2, Infinity, -Infinity] as const;

test.each(matrixOrders)("matrixNorm of order %s is norm over two axes, in either order of the axes", (ord) => {
  const x = randomArray(3, [2, 3, 4]);
  const seen = linalg.matrixNorm(x, { ord });
  expect(seen.shape).toEqual([2]);
  expectClose(linalg.norm(x, { ord, axis: [-2, -1] }), seen, 0);
  expectClose(linalg.norm(x, { ord, axis: [1, 2], keepdims: true }), np.reshape(seen, [2, 1, 1]), 0);
  expectClose(linalg.norm(x, { ord, axis: [2, 1] }), linalg.matrixNorm(np.swapaxes(x, 1, 2), { ord }), 1e-15);
  expectClose(linalg.norm(x, { ord, axis: [0, 2] }), linalg.matrixNorm(np.moveaxis(x, 1, 0), { ord }), 1e-15);
  expectClose(linalg.norm(x.at(1).get(), { ord }), seen.at(1).get(), 0);
});

test("matrix norms are what singular values, rows and columns say", () => {
  const x = array([
    [1, -2],
    [3, 4],
  ]);
  const s = linalg.svdvals(x);
  expectClose(linalg.matrixNorm(x, { ord: "nuc" }), np.sum(s), 0);
  expectClose(linalg.matrixNorm(x, { ord: 2 }), s.at(0).get(), 0);
  expectClose(linalg.matrixNorm(x, { ord: -2 }), s.at(1).get(), 0);
  expectClose(linalg.matrixNorm(x), np.sqrt(np.sum(np.square(x))), 1e-15);
  expect(([1, -1, Infinity, -Infinity] as const).map((ord) => linalg.norm(x, { ord }).item())).toEqual([6, 4, 7, 3]);
});

test("cond is the ratio of singular values, Infinity for singular matrices, and a product of norms otherwise", () => {
  const x = array([
    [4, 0],
    [0, 0.5],
  ]);
  expect(linalg.cond(x).item()).toBe(8);
  expect(linalg.cond(x, { p: -2 }).item()).toBe(0.125);
  expect(linalg.cond(x, { p: 1 }).item()).toBe(8);
  expect(linalg.cond(x, { p: "nuc" }).item()).toBe(4.5 * 2.25);
  expect(linalg.cond(np.diag(array([1, 0]))).item()).toBe(Infinity);
  expect(linalg.cond(np.zeros([2, 2])).item()).toBe(Infinity);
  expect(
    linalg
      .cond(
        array([
          [NaN, 0],
          [0, 1],
        ]),
      )
      .item(),
  ).toBe(NaN);
  expect(linalg.cond(randomArray(1, [5, 3])).item()).toBeGreaterThan(1);
});

describe("bad options are refused", () => {
  const x = np.eye(2);
  const refusals: readonly (readonly [name: string, call: () => unknown, error: unknown])[] = [
    ["an order that is a word", () => linalg.norm(x, { ord: "max" as never }), InvalidOption],
    ["a matrix norm of order 3", () => linalg.norm(x, { ord: 3 }), InvalidOption],
    ["a matrix order of vectors", () => linalg.norm(x, { ord: "fro", axis: 0 }), InvalidOption],
    ["a matrix order of three axes", () => linalg.norm(np.ones([2, 2, 2]), { ord: 2 }), ShapeMismatch],
    ["an axis that does not exist", () => linalg.norm(x, { axis: 2 }), IndexOutOfRange],
    ["a misspelt option", () => linalg.norm(x, { axes: 1 } as never), UnknownOption],
    ["a matrix order of vectorNorm", () => linalg.vectorNorm(x, { ord: "fro" as never }), InvalidOption],
    ["an order that is NaN", () => linalg.vectorNorm(x, { ord: NaN }), InvalidOption],
    ["a negative tolerance", () => linalg.pinv(x, { rtol: -1 }), InvalidOption],
    ["a number for fullMatrices", () => linalg.svd(x, { fullMatrices: 1 as never }), InvalidOption],
    ["an unknown mode", () => linalg.qr(x, { mode: "full" as never }), InvalidOption],
    ["a fractional exponent", () => linalg.matrixPower(x, 0.5), InvalidOption],
    ["a fractional diagonal", () => linalg.diagonal(x, { offset: 0.5 }), InvalidOption],
    ["an empty chain", () => linalg.multiDot([]), InvalidOption],
    ["a vector within a chain", () => linalg.multiDot([x, np.ones(2), x]), ShapeMismatch],
    ["no axes of rows", () => linalg.tensorinv(x, { ind: 0 }), IndexOutOfRange],
    ["sizes that do not split evenly", () => linalg.tensorinv(np.ones([2, 3, 4]), { ind: 1 }), ShapeMismatch],
    ["a tensor that is no system", () => linalg.tensorsolve(np.ones([2, 3]), np.ones([2])), ShapeMismatch],
    ["factors that are no list", () => linalg.luSolve(x as never, np.ones(2)), InvalidOption],
  ];
  test.each(refusals)("%s", (_name, call, error) => {
    expect(call).toThrow(error as typeof InvalidOption);
  });
});

test("multiDot is the product from the left, whatever the sizes, and multiplies in the cheapest order", () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 6 }),
      (seed, sizes) => {
        const chain = sizes.slice(1).map((columns, k) => randomArray(seed + k, [sizes[k]!, columns]));
        expectClose(
          linalg.multiDot(chain),
          chain.reduce((product, x) => np.matmul(product, x)),
          1e-13,
        );
        const [first, last] = [randomArray(seed, [sizes[0]!]), randomArray(seed, [sizes.at(-1)!])];
        expectClose(
          linalg.multiDot([first, ...chain, last]),
          np.matmul(
            np.matmul(
              first,
              chain.reduce((product, x) => np.matmul(product, x)),
            ),
            last,
          ),
          1e-13,
        );
      },
    ),
  );
});

test("tensorsolve and tensorinv invert tensordot", () => {
  const a = np.add(randomArray(1, [2, 3, 6]), np.reshape(np.mul(np.eye(6), 3), [2, 3, 6]));
  const b = randomArray(2, [2, 3]);
  expectClose(np.tensordot(a, linalg.tensorsolve(a, b), 1), b, 1e-14);
  expectClose(np.tensordot(linalg.tensorinv(a), b, 2), linalg.tensorsolve(a, b), 1e-14);
  const moved = np.moveaxis(a, 2, 0);
  expectClose(linalg.tensorsolve(moved, b, { axes: [0] }), linalg.tensorsolve(a, b), 0);
});

test("diagonals of the last two axes are those of np.diagonal with these axes", () => {
  for (const shape of [
    [3, 3],
    [2, 3, 4],
    [4, 2],
    [0, 2, 2],
  ])
    for (let k = -4; k <= 4; k++) {
      const x = randomArray(1, shape);
      expectClose(linalg.diagonal(x, { offset: k }), np.diagonal(x, { offset: k, axis1: -2, axis2: -1 }), 0);
      expectClose(linalg.trace(x, { offset: k }), np.trace(x, { offset: k, axis1: -2, axis2: -1 }), 0);
    }
  expect(
    linalg
      .trace(
        array([
          [true, false],
          [false, true],
        ]),
      )
      .item(),
  ).toBe(2);
});
