/**
 * Array functions of two operands handed to transforms as they are, np.add in the place of (x, y) => np.add(x, y): the
 * call with one operand, meant for pipe, never comes in between.
 */
import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { array, associativeScan, grad, hessian, jacfwd, jit, jvp, tree, valueAndGrad, vjp, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";

const differentiable = {
  add: np.add,
  sub: np.sub,
  mul: np.mul,
  div: np.div,
  pow: np.pow,
  maximum: np.maximum,
  minimum: np.minimum,
  arctan2: np.arctan2,
  hypot: np.hypot,
  fmax: np.fmax,
};
const products = { dot: np.dot, inner: np.inner, outer: np.outer, vdot: np.vdot, kron: np.kron };
const functions = { ...differentiable, ...products, less: np.less };

const names = fc.constantFrom(...(Object.keys(functions) as (keyof typeof functions)[]));
const rows = fc
  .array(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 4 })
  .map((own) => array(own).div(8));

/** The function with both operands written out. */
const written =
  (f: np.BinaryFunction | np.ProductFunction) =>
  (x: NDArray, y: NDArray): NDArray =>
    f(x, y);

describe("a function of two operands handed over as it is", () => {
  test.prop([names, rows])("is mapped over both as over each pair of rows", (name, x) => {
    const f = functions[name];
    const y = np.flip(x);
    const pairs = x.toList() as number[][];
    const others = y.toList() as number[][];
    const wanted = pairs.map((row, k) => f(array(row), array(others[k]!)).toList());
    expect(vmap(f)(x, y).toList()).toEqual(wanted);
  });

  test.prop([names, rows])("is mapped over the first alone where the second is shared", (name, x) => {
    const f = functions[name];
    const shared = array([0.5, 2, 1.25]);
    const wanted = (x.toList() as number[][]).map((row) => f(array(row), shared).toList());
    expect(vmap(f, { inAxes: [0, null] })(x, shared).toList()).toEqual(wanted);
  });

  test.prop([names, rows])("is compiled to the bit of the call", (name, x) => {
    const f = functions[name];
    const [left, right] = [x.ravel(), np.flip(x).ravel()];
    const wanted = f(left, right).toList();
    for (const backend of ["interpreter", "js", "wasm"] as const)
      expect(jit(f, { backend })(left, right).toList(), backend).toEqual(wanted);
  });

  test.prop([fc.constantFrom(...(Object.keys(differentiable) as (keyof typeof differentiable)[])), rows])(
    "has the derivatives of the function with both operands written out",
    (name, x) => {
      const f = differentiable[name];
      const y = array([0.5, 2, 1.25]);
      expect(jacfwd(f)(x, y).toList()).toEqual(jacfwd(written(f))(x, y).toList());
      expect(vjp(f, x, y)[1](np.ones(x.shape))[1].toList()).toEqual(
        vjp(written(f), x, y)[1](np.ones(x.shape))[1].toList(),
      );
    },
  );
});

test("gradients by either operand, at numbers too", () => {
  expect(grad(np.maximum)(1, 2).item()).toBe(0);
  expect(grad(np.maximum, { argnums: 1 })(1, 2).item()).toBe(1);
  expect(grad(np.mul, { argnums: [0, 1] })(3, 5).map((slope) => slope.item())).toEqual([5, 3]);
  expect(hessian(np.pow)(2, 3).item()).toBe(12);
  const [value, slope] = valueAndGrad(np.dot)(array([1, 2]), array([3, 4]));
  expect([value.item(), slope.toList()]).toEqual([11, [3, 4]]);
  expect(jit(grad(np.dot))(array([1, 2]), array([3, 4])).toList()).toEqual([3, 4]);
  expect(jvp(np.mul, [2, 3], [1, 10]).map((own) => own.item())).toEqual([6, 23]);
});

test("prefixes of sums, maxima and matrix products", () => {
  expect(associativeScan(np.add, array([1, 2, 3, 4])).toList()).toEqual([1, 3, 6, 10]);
  expect(associativeScan(np.maximum, array([1, 3, 2, 4]), { reverse: true }).toList()).toEqual([4, 4, 4, 4]);
  const shears = np.stack(
    [1, 2, 3].map((k) =>
      array([
        [1, k],
        [0, 1],
      ]),
    ),
  );
  expect(associativeScan(np.matmul, shears).at(null, 0, 1).get().toList()).toEqual([1, 3, 6]);
});

test("trees added, and folded, leaf by leaf", () => {
  const sums = tree.map(np.add, { a: array(1), b: [array([2, 3])] }, { a: array(10), b: [array([20, 30])] });
  expect(sums.a.item()).toBe(11);
  expect(sums.b[0]!.toList()).toEqual([22, 33]);
  expect(tree.map(np.pow, [2, 3], [3, 2]).map((power) => power.item())).toEqual([8, 9]);
  expect(tree.reduce(np.add, { a: array(1), b: [array(2), array(3)] }, array(0)).item()).toBe(6);
  expect([array(2), array(5), array(3)].reduce(np.maximum).item()).toBe(5);
});

test("where, chosen row by row with a shared alternative", () => {
  const conditions = array([
    [1, 0],
    [0, 1],
  ]);
  const x = array([
    [1, 2],
    [3, 4],
  ]);
  expect(vmap(np.where, { inAxes: [0, 0, null] })(conditions, x, -1).toList()).toEqual([
    [1, -1],
    [-1, 4],
  ]);
});
