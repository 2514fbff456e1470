/** customLinearSolve: derivatives come from A x = b, not from the solver's code. */
import { expect, test } from "vitest";
import {
  array,
  customLinearSolve,
  grad,
  hessian,
  jacfwd,
  jacrev,
  jit,
  jvp,
  NDArray,
  pureCallback,
  vmap,
} from "cotangent";
import * as np from "cotangent/numpy";

/** Host Gauss elimination of a dense matrix: the foreign solver. */
const eliminate = (matrix: number[][], rhs: number[]): number[] => {
  const rows = matrix.map((row, k) => [...row, rhs[k]!]);
  const n = rhs.length;
  for (let k = 0; k < n; k++) {
    for (let i = k + 1; i < n; i++) {
      const factor = rows[i]![k]! / rows[k]![k]!;
      for (let j = k; j <= n; j++) rows[i]![j]! -= factor * rows[k]![j]!;
    }
  }
  const x = new Array<number>(n).fill(0);
  for (let k = n - 1; k >= 0; k--) {
    let sum = rows[k]![n]!;
    for (let j = k + 1; j < n; j++) sum -= rows[k]![j]! * x[j]!;
    x[k] = sum / rows[k]![k]!;
  }
  return x;
};

const hostSolve = (a: NDArray, b: NDArray): NDArray =>
  pureCallback(
    (m: NDArray, r: NDArray) => Float64Array.from(eliminate(m.toList() as number[][], r.toList() as number[])),
    { shape: b.shape },
    [a, b],
  );

/** x = A^-1 b by the host, differentiated through the equation. */
const solve = (a: NDArray, b: NDArray): NDArray =>
  customLinearSolve(
    (x) => np.matmul(a, x),
    b,
    (_, r) => hostSolve(a, r),
    { transposeSolve: (_, r) => hostSolve(a.T, r) },
  );

/** The same by Cramer's rule in array operations: an independent definition for 2 x 2. */
const cramer = (a: NDArray, b: NDArray): NDArray => {
  const [[p, q], [r, s]] = np
    .split(a.ravel(), 4)
    .reduce(
      (rows, x, k) =>
        k % 2 === 0 ? [...rows, [x.reshape([])]] : [...rows.slice(0, -1), [...rows.at(-1)!, x.reshape([])]],
      [] as NDArray[][],
    ) as [[NDArray, NDArray], [NDArray, NDArray]];
  const [u, v] = np.split(b, 2).map((x) => x.reshape([])) as [NDArray, NDArray];
  const det = p.mul(s).sub(q.mul(r));
  return np.stack([s.mul(u).sub(q.mul(v)).div(det), p.mul(v).sub(r.mul(u)).div(det)]);
};

const a = array([
  [3, 1],
  [-2, 4],
]);
const b = array([1, 2]);
const loss =
  (solver: typeof solve) =>
  (m: NDArray, r: NDArray): NDArray =>
    np.sum(np.pow(solver(m, r), 3));
const flat = (x: unknown): number[] => [x].flat(9).flatMap((leaf) => Array.from((leaf as NDArray).toTypedArray()));

const expectClose = (left: unknown, right: unknown): void => {
  const [x, y] = [flat(left), flat(right)];
  expect(x.length).toBe(y.length);
  x.forEach((value, k) => expect(value).toBeCloseTo(y[k]!, 12));
};

test.each<[string, (f: (m: NDArray, r: NDArray) => NDArray) => unknown]>([
  ["value", (f) => f(a, b)],
  ["gradient by both", (f) => grad(f, { argnums: [0, 1] })(a, b)],
  ["jitted gradient", (f) => jit(grad(f, { argnums: [0, 1] }))(a, b)],
  ["gradient of the jitted function", (f) => grad(jit(f), { argnums: [0, 1] })(a, b)],
  ["jvp", (f) => jvp(f, [a, b], [a, b])],
  ["jvp of jit", (f) => jvp(jit(f), [a, b], [a, b])],
  ["forward Jacobian", (f) => jacfwd(f)(a, b)],
  ["Hessian by b", (f) => hessian(f, { argnums: 1 })(a, b)],
  ["Hessian by A", (f) => hessian(f)(a, b)],
  ["reverse over reverse", (f) => jacrev(jacrev(f))(a, b)],
  ["vmap of the gradient over b", (f) => vmap(grad(f), { inAxes: [null, 0] })(a, np.stack([b, b.mul(2)]))],
  ["vmap of the gradient over A", (f) => vmap(grad(f), { inAxes: [0, null] })(np.stack([a, a.mul(2)]), b)],
  [
    "jit of vmap of grad of jit over both",
    (f) => jit(vmap(grad(jit(f))))(np.stack([a, a.mul(2)]), np.stack([b, b.mul(3)])),
  ],
])("%s equals Cramer's rule", (_, transform) => {
  expectClose(transform(loss(solve)), transform(loss(cramer)));
});

test("without transposeSolve forward mode works and reverse mode says what is missing", () => {
  const oneWay = (m: NDArray, r: NDArray): NDArray =>
    customLinearSolve(
      (x) => np.matmul(m, x),
      r,
      (_, own) => hostSolve(m, own),
    );
  expectClose(jvp(loss(oneWay), [a, b], [a, b]), jvp(loss(cramer), [a, b], [a, b]));
  expect(() => grad(loss(oneWay))(a, b)).toThrow(/transposeSolve/);
});

test("symmetric reuses the solver for the transpose", () => {
  const m = array([
    [3, 1],
    [1, 4],
  ]);
  const symmetric = (k: NDArray, r: NDArray): NDArray =>
    customLinearSolve(
      (x) => np.matmul(k, x),
      r,
      (_, own) => hostSolve(k, own),
      { symmetric: true },
    );
  expectClose(grad(loss(symmetric), { argnums: [0, 1] })(m, b), grad(loss(cramer), { argnums: [0, 1] })(m, b));
});

test("the solver receives the operator: a matrix-free iteration needs nothing else", () => {
  const d = array([2, 4]);
  const richardson = (matvec: (x: NDArray) => NDArray, rhs: NDArray): NDArray => {
    let x = np.zerosLike(rhs);
    for (let k = 0; k < 200; k++) x = x.add(rhs.sub(matvec(x)).mul(0.25));
    return x;
  };
  const f = (diagonal: NDArray): NDArray =>
    np.sum(customLinearSolve((x) => np.mul(diagonal, x), b, richardson, { symmetric: true }));
  expectClose(grad(f)(d), array([-1 / 4, -2 / 16]));
});

test("a wrong tree from the solver is named", () => {
  expect(() =>
    customLinearSolve(
      (x: NDArray) => x,
      b,
      (_, r) => [r] as never,
    ),
  ).toThrow(/customLinearSolve/);
});
