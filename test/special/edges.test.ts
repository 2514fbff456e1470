/** Special functions where tables do not reach: infinities, NaN, signed zeros, poles, whole numbers; dtypes and refusals. */
import { expect, test } from "vitest";
import { array, grad, jit } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import * as special from "cotangent/special";

const { inf, nan } = np;
const { PI } = Math;

type Row = readonly [name: string, f: (x: NDArray) => NDArray, points: readonly number[], values: readonly number[]];

const rows: readonly Row[] = [
  ["erf", special.erf, [-inf, -0, 0, 5e-324, inf, nan], [-1, -0, 0, 5e-324, 1, nan]],
  ["erfc", special.erfc, [-inf, 0, 28, inf, nan], [2, 1, 0, 0, nan]],
  ["erfcx", special.erfcx, [-inf, -30, 0, inf, nan], [inf, inf, 1, 0, nan]],
  ["erfinv", special.erfinv, [-1, -0, 1, 1.1, -inf, nan], [-inf, -0, inf, nan, nan, nan]],
  ["erfcinv", special.erfcinv, [0, 1, 2, -1, 3, nan], [inf, 0, -inf, nan, nan, nan]],
  ["ndtr", special.ndtr, [-inf, 0, inf, nan], [0, 0.5, 1, nan]],
  ["ndtri", special.ndtri, [0, 0.5, 1, 2, nan], [-inf, -0, inf, nan, nan]],
  ["logNdtr", special.logNdtr, [-inf, -1e200, 40, inf, nan], [-inf, -inf, -0, -0, nan]],
  ["gamma", special.gamma, [0, -0, -1, -3, 172, inf, -inf, -200.5, nan], [inf, -inf, nan, nan, inf, inf, nan, -0, nan]],
  ["gammaln", special.gammaln, [0, -0, -2, 1, 2, inf, -inf, 1e306, nan], [inf, inf, inf, 0, 0, inf, inf, inf, nan]],
  ["loggamma", special.loggamma, [0, -0.5, 1], [inf, nan, 0]],
  ["gammasgn", special.gammasgn, [3, 0, -0, -0.5, -1, -1.5, -inf, nan], [1, 1, -1, -1, nan, 1, nan, nan]],
  ["digamma", special.digamma, [0, -0, -1, inf, -inf, nan], [-inf, inf, nan, inf, nan, nan]],
  ["trigamma", (x) => special.polygamma(1, x), [0, -1, inf, -inf, nan], [inf, inf, 0, nan, nan]],
  ["zeta", (x) => special.zeta(x), [1, 0.5, inf, nan], [inf, nan, 1, nan]],
  ["i0", special.i0, [-inf, -0, inf, nan], [inf, 1, inf, nan]],
  ["i0e", special.i0e, [-inf, 0, inf, nan], [0, 1, 0, nan]],
  ["i1", special.i1, [-inf, 0, inf, nan], [-inf, 0, inf, nan]],
  ["i1e", special.i1e, [0, inf, nan], [0, 0, nan]],
  ["expi", special.expi, [-inf, 0, -0, inf, nan], [-0, -inf, -inf, inf, nan]],
  ["exp1", special.exp1, [0, -1, inf, nan], [inf, nan, 0, nan]],
  ["expn of order 0", (x) => special.expn(0, x), [0, inf, -1], [inf, 0, nan]],
  ["expn of order 3", (x) => special.expn(3, x), [0, inf, nan], [0.5, 0, nan]],
  ["si", (x) => special.sici(x)[0], [-inf, 0, inf, nan], [-PI / 2, 0, PI / 2, nan]],
  ["ci", (x) => special.sici(x)[1], [0, -1, inf, nan], [-inf, nan, 0, nan]],
  ["fresnel s", (x) => special.fresnel(x)[0], [-inf, 0, inf, 1e200, nan], [-0.5, 0, 0.5, 0.5, nan]],
  ["fresnel c", (x) => special.fresnel(x)[1], [-inf, 0, inf, 1e200, nan], [-0.5, 0, 0.5, 0.5, nan]],
  ["dawsn", special.dawsn, [-inf, -0, inf, nan], [-0, -0, 0, nan]],
  ["spence", special.spence, [0, 1, inf, -1, nan], [(PI * PI) / 6, 0, -inf, nan, nan]],
  ["entr", special.entr, [0, 1, -1, inf, nan], [-0, -0, -inf, -inf, nan]],
  ["logit", special.logit, [0, 0.5, 1, -1, 2, nan], [-inf, 0, inf, nan, nan, nan]],
  ["expit", special.expit, [-inf, -1000, 0, 1000, inf, nan], [0, 0, 0.5, 1, 1, nan]],
  ["exprel", special.exprel, [-inf, 0, inf, nan], [0, 1, inf, nan]],
  ["factorial", special.factorial, [0, 1, 5, 170, 171, -1, nan], [1, 1, 120, 7.257415615307999e306, inf, 0, nan]],
];

test.each(rows)("%s at its edges", (_name, f, points, values) => {
  const seen = f(array([...points])).toTypedArray();
  seen.forEach((value, k) => {
    // A zero without a sign in the table may have either.
    const isZero = value === 0 && values[k] === 0 && !Object.is(values[k], -0);
    if (!isZero) expect(value, `at ${points[k]}`).toBe(values[k]);
  });
});

type PairRow = readonly [
  name: string,
  f: (x: NDArray, y: NDArray) => NDArray,
  points: readonly (readonly [x: number, y: number, value: number])[],
];

const pairRows: readonly PairRow[] = [
  [
    "xlogy",
    special.xlogy,
    [
      [0, 0, 0],
      [0, inf, 0],
      [0, nan, nan],
      [2, 0, -inf],
      [-1, 0, inf],
      [1, -1, nan],
    ],
  ],
  [
    "xlog1py",
    special.xlog1py,
    [
      [0, -1, 0],
      [0, -2, 0],
      [0, nan, nan],
      [1, -1, -inf],
    ],
  ],
  [
    "relEntr",
    special.relEntr,
    [
      [0, 0, 0],
      [0, 1, 0],
      [1, 0, inf],
      [-1, 1, inf],
      [0, -1, inf],
      [nan, 1, nan],
      [1, nan, nan],
      [2, 2, 0],
    ],
  ],
  [
    "klDiv",
    special.klDiv,
    [
      [0, 0, 0],
      [0, 3, 3],
      [1, 0, inf],
      [-1, 1, inf],
      [2, 2, 0],
      [nan, 1, nan],
      [1, inf, inf],
    ],
  ],
  [
    "gammainc",
    special.gammainc,
    [
      [1, 0, 0],
      [1, inf, 1],
      [0, 1, 1],
      [0, 0, nan],
      [-1, 1, nan],
      [1, -1, nan],
      [inf, 1, 0],
      [inf, inf, nan],
      [nan, 1, nan],
    ],
  ],
  [
    "gammaincc",
    special.gammaincc,
    [
      [1, 0, 1],
      [1, inf, 0],
      [0, 1, 0],
      [0, 0, nan],
      [-1, 1, nan],
      [inf, 1, 1],
    ],
  ],
  [
    "betaln",
    special.betaln,
    [
      [0, 1, inf],
      [1, 1, 0],
      [inf, 1, -inf],
      [nan, 1, nan],
    ],
  ],
  [
    "poch",
    special.poch,
    [
      [3, 0, 1],
      [-2, 3, -0],
      [0.5, 2, 0.75],
      [nan, 1, nan],
      [1, nan, nan],
    ],
  ],
  [
    "comb",
    (n, k) => special.comb(n, k),
    [
      [5, 0, 1],
      [5, 5, 1],
      [5, 6, 0],
      [5, -1, 0],
      [-1, 0, 0],
      [50, 25, 126410606437752],
      [60, 30, 118264581564861424],
      [nan, 1, nan],
    ],
  ],
  [
    "comb with repetition",
    (n, k) => special.comb(n, k, { repetition: true }),
    [
      [5, 2, 15],
      [1, 9, 1],
      [0, 0, 1],
      [0, 2, 0],
      [3, 0, 1],
    ],
  ],
  [
    "boxcox",
    special.boxcox,
    [
      [0, 0, -inf],
      [0, 2, -0.5],
      [1, 3, 0],
      [4, 0, Math.log(4)],
      [4, 0.5, 2],
      [-1, 1, nan],
    ],
  ],
];

test.each(pairRows)("%s at its edges", (_name, f, points) => {
  const seen = f(array(points.map(([x]) => x)), array(points.map(([, y]) => y))).toTypedArray();
  points.forEach(([x, y, value], k) => {
    if (seen[k] !== 0 || value !== 0) expect(seen[k], `at ${x}, ${y}`).toBe(value);
  });
});

test("betainc is 0 and 1 at its ends and NaN outside its domain", () => {
  const a = array([2, 2, 2, 2, 0, -1, nan]);
  const x = array([0, 1, 1.5, -0.5, 0.5, 0.5, 0.5]);
  expect(special.betainc(a, 3, x).toList()).toEqual([0, 1, nan, nan, nan, nan, nan]);
});

test("zeta below zero sums what lies on both sides of the pole, for whole exponents only", () => {
  const direct = [...Array(200_000).keys()].reduce((sum, k) => sum + (-2.75 + k) ** -3, 0);
  expect(special.zeta(3, -2.75).item()).toBeCloseTo(direct, 9);
  expect(special.zeta(2.5, -2.75).item()).toBeNaN();
  expect(special.zeta(2, -3).item()).toBe(inf);
});

test("gamma of whole numbers is the factorial, correctly rounded", () => {
  let factorial = 1n;
  for (let n = 1n; n <= 171n; n++) {
    expect(special.gamma(Number(n)).item()).toBe(Number(factorial));
    factorial *= n;
  }
});

test("binomial coefficients below 2^53 are exact: Pascal's triangle", () => {
  let row = [1n];
  for (let n = 0; n <= 56; n++) {
    const k = array(row.map((_, index) => index));
    expect(special.comb(n, k).toList()).toEqual(row.map(Number));
    row = [1n, ...row.slice(1).map((value, index) => value + row[index]!), 1n];
  }
});

test("float32 results are those of float64, rounded once, eager and on every back end", () => {
  const x = array([-3.7, -0.3, 0.2, 1.4, 5, 30], { dtype: "float32" });
  const functions = [special.gamma, special.gammaln, special.digamma, special.i0e, special.ndtr, special.dawsn];
  for (const f of functions) {
    const wanted = [...f(array(x.toTypedArray(), { dtype: "float64" })).toTypedArray()].map(Math.fround);
    expect([...f(x).toTypedArray()]).toEqual(wanted);
    for (const backend of ["js", "wasm", "interpreter"] as const)
      expect([...jit(f as (v: NDArray) => NDArray, { backend })(x).toTypedArray()]).toEqual(wanted);
  }
});

test("float32 error functions are within 2 units of the float64 value, and equal on every back end", () => {
  const x = array([-3.7, -0.3, 0.2, 1.4, 5], { dtype: "float32" });
  for (const f of [special.erf, special.erfc]) {
    const exact = f(array(x.toTypedArray(), { dtype: "float64" })).toTypedArray();
    const seen = f(x).toTypedArray();
    seen.forEach((value: number, k: number) => expect(Math.abs(value / exact[k]! - 1)).toBeLessThan(2 * 2 ** -23));
    for (const backend of ["js", "wasm", "interpreter"] as const)
      expect([...jit(f as (v: NDArray) => NDArray, { backend })(x).toTypedArray()]).toEqual([...seen]);
  }
});

test("integers and numbers are taken as floats, and operands broadcast", () => {
  expect(special.erf(array([0, 1], { dtype: "int32" })).dtype).toBe("float64");
  expect(special.gammainc(array([[1], [2]]), array([0, 1, 2])).shape).toEqual([2, 3]);
  expect(special.betainc(array([1, 2]), 3, array([[0.5]])).shape).toEqual([1, 2]);
});

test("what has no derivative is refused by name", () => {
  const refused: readonly (() => unknown)[] = [
    () => grad((s: NDArray) => special.zeta(s, 2))(3),
    () => grad((a: NDArray) => special.betainc(a, 2, 0.5))(1),
    () => grad((b: NDArray) => special.betainc(2, b, 0.5))(1),
  ];
  for (const attempt of refused) expect(attempt).toThrow(expect.objectContaining({ code: "NotDifferentiable" }));
});

test("orders are whole numbers known before tracing, and options are checked", () => {
  const refused: readonly (readonly [code: string, attempt: () => unknown])[] = [
    ["InvalidOption", () => special.polygamma(-1, 2)],
    ["InvalidOption", () => special.polygamma(1.5, 2)],
    ["InvalidOption", () => special.polygamma(array(1) as unknown as number, 2)],
    ["InvalidOption", () => special.expn(-1, 2)],
    ["InvalidOption", () => special.multigammaln(3, 0)],
    ["UnknownOption", () => special.comb(3, 2, { exact: true } as object)],
    ["NotAnArray", () => special.erf([1] as unknown as number)],
  ];
  for (const [code, attempt] of refused) expect(attempt).toThrow(expect.objectContaining({ code }));
});
