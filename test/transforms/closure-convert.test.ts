/** closureConvert: a function with what it closes over as arguments, so that custom rules can answer for it (semantics 9, 10). */
import { expect, test } from "vitest";
import { array, closureConvert, customVjp, grad, hessian, jit, jvp, NDArray, vjp, vmap } from "cotangent";
import * as np from "cotangent/numpy";
import { expectError, values } from "../semantics/support.ts";

type Scalar = (x: NDArray) => NDArray;

const one = array(1);
const xs = array([1, 2, 3]);

/** f(x) with a rule that differentiates f by everything it takes, times ten. */
const tenfold = customVjp((f: (...all: NDArray[]) => NDArray, ...all: NDArray[]) => f(...all), {
  staticArgnums: 0,
  fwd: (f: (...all: NDArray[]) => NDArray, ...all: NDArray[]) => [f(...all), all],
  bwd: (f: (...all: NDArray[]) => NDArray, all: NDArray[], g: NDArray) =>
    (vjp(f, ...all)[1](g) as NDArray[]).map((cotangent) => np.mul(cotangent, 10)),
});

/** sin(x) y through the rule. */
const product = (x: NDArray, y: NDArray): NDArray => {
  const [pure, captured] = closureConvert((z: NDArray) => np.mul(np.sin(z), y), x);
  return tenfold(pure, x, ...captured);
};

test("10: a rule around the converted function gives derivatives of what was closed over", () => {
  const naive = (y: NDArray): NDArray => tenfold((z) => np.mul(np.sin(z!), y), one);
  expectError(() => grad((y: NDArray) => np.add(naive(y), y))(one), "ClosedOverDifferentiation");
  for (const transform of [(f: Scalar) => grad(f), (f: Scalar) => jit(grad(f)), (f: Scalar) => grad(jit(f))])
    expect(transform((y) => product(one, y))(array(3)).item()).toBe(10 * Math.sin(1));
  const [dx, dy] = grad(product, { argnums: [0, 1] })(one, array(3));
  expect([dx.item(), dy.item()]).toEqual([10 * (3 * Math.cos(1)), 10 * Math.sin(1)]);
  expect(values(vmap(grad((y: NDArray) => product(one, y)))(xs))).toEqual(new Array(3).fill(10 * Math.sin(1)));
});

test("the converted function is the function, and its value does not depend on where it is traced", () => {
  expect(product(array(0.5), array(2)).item()).toBe(2 * Math.sin(0.5));
  expect(values(vmap(product)(xs, xs))).toEqual(values(np.mul(np.sin(xs), xs)));
  expect(values(jit(vmap(product))(xs, xs))).toEqual(values(np.mul(np.sin(xs), xs)));
});

test("nothing is captured where nothing traced is closed over; arrays and integers stay inside", () => {
  const [pure, captured] = closureConvert((x: NDArray) => np.mul(x, xs), one);
  expect(captured).toEqual([]);
  expect(values(pure(array(2)))).toEqual([2, 4, 6]);
  const count = (n: NDArray): number => closureConvert((x: NDArray) => np.mul(np.mul(x, n), xs), one)[1].length;
  let seen = [-1, -1];
  jit((n: NDArray, y: NDArray) => ((seen = [count(n), count(y)]), y))(array(2, { dtype: "int32" }), one);
  expect(seen).toEqual([0, 1]);
});

test("each value is captured once, in the order of its first use, across levels of derivatives", () => {
  const f = (a: NDArray, b: NDArray): NDArray => {
    const [pure, captured] = closureConvert((x: NDArray) => np.add(np.mul(np.mul(b, x), a), b), one);
    expect(captured).toHaveLength(2);
    expect(captured[0]).toBe(b);
    return pure(one, ...captured);
  };
  const [da, db] = grad(f, { argnums: [0, 1] })(array(5), array(7));
  expect([da.item(), db.item()]).toEqual([7, 6]);
  const cubic = (y: NDArray): NDArray => {
    const [pure, captured] = closureConvert((x: NDArray) => np.mul(x, np.pow(y, 3)), one);
    return pure(array(2), ...captured);
  };
  expect(hessian(cubic)(array(2)).item()).toBe(24);
  expect(jvp(grad(cubic), [array(2)], [one])[1].item()).toBe(24);
});

test("trees go in and out; other arguments and captured values are refused with what they should be", () => {
  grad((y: NDArray) => {
    const [pure, captured] = closureConvert(
      (p: { a: NDArray; b: NDArray[] }) => ({ c: np.mul(p.a, np.mul(y, p.b[0]!)) }),
      {
        a: one,
        b: [xs],
      },
    );
    expect(Object.keys(pure({ a: one, b: [xs] }, ...captured))).toEqual(["c"]);
    expectError(() => pure({ a: one, b: [one] }, ...captured), "ShapeMismatch", ".b[0]", "float64[]", "float64[3]");
    expectError(() => pure({ a: one }, ...captured), "TreeMismatch");
    expectError(() => pure({ a: one, b: [xs] }), "ShapeMismatch", "0 captured values", "float64[]");
    expectError(() => pure({ a: one, b: [xs] }, xs), "ShapeMismatch", "float64[3]");
    return y;
  })(one);
  expectError(() => closureConvert(3 as never), "InvalidOption", "closureConvert");
});
