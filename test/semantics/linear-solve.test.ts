/**
 * Semantics 65: a linear solve with the caller's own solver is differentiated through its equation.
 */
import { expect, test } from "vitest";
import { array, customLinearSolve, grad, hessian, jacrev, jit, jvp, linearTranspose, NDArray, vmap } from "cotangent";
import * as linalg from "cotangent/linalg";
import * as np from "cotangent/numpy";
import { expectError, values } from "./support.ts";

const a = array([
  [4, 1],
  [1, 3],
]);
const b = array([1, 2]);

interface Solver {
  readonly solve: (m: NDArray, r: NDArray) => NDArray;
  readonly calls: () => number;
}

/** A^-1 b by a solver that counts how often it was asked. */
const solverWith = (options: "one way" | "symmetric"): Solver => {
  let calls = 0;
  return {
    solve: (m, r) =>
      customLinearSolve(
        (x) => np.matmul(m, x),
        r,
        (_, own) => {
          calls++;
          return linalg.solve(m, own) as NDArray;
        },
        options === "symmetric" ? { symmetric: true } : {},
      ),
    calls: () => calls,
  };
};

const inverse = (m: NDArray, r: NDArray): NDArray => linalg.solve(m, r) as NDArray;
const cubes =
  (solve: Solver["solve"]) =>
  (m: NDArray, r: NDArray): NDArray =>
    np.sum(np.pow(solve(m, r), 3));

const expectClose = (seen: unknown, wanted: unknown): void => {
  const [x, y] = [seen, wanted].map((each) => [each].flat(3).flatMap((part) => [...(part as NDArray).toTypedArray()]));
  expect(x!.length).toBe(y!.length);
  x!.forEach((value, k) => expect(value).toBeCloseTo(y![k]!, 13));
};

test("65: without transposeSolve forward mode is right, eager and jitted, and reverse mode names what is missing", () => {
  const f = cubes(solverWith("one way").solve);
  for (const way of [f, jit(f)]) {
    expectClose(jvp(way, [a, b], [a, b]), jvp(cubes(inverse), [a, b], [a, b]));
    for (const argnums of [0, 1])
      expectError(() => grad(way, { argnums })(a, b), "MissingRule", "transposeSolve", "symmetric");
  }
  expectError(() => jit(grad(f))(a, b), "MissingRule", "transposeSolve");
  expectError(() => vmap(grad(f), { inAxes: [null, 0] })(a, np.stack([b, b])), "MissingRule", "transposeSolve");
});

test("65: a symmetric operator's own solver serves the way back: two calls for a value and a gradient", () => {
  const { solve, calls } = solverWith("symmetric");
  const seen = grad(cubes(solve), { argnums: [0, 1] })(a, b);
  expect(calls()).toBe(2);
  expectClose(seen, grad(cubes(inverse), { argnums: [0, 1] })(a, b));
  expectClose(jit(grad(cubes(solve), { argnums: [0, 1] }))(a, b), seen);
});

test("65: the solution is linear in the right-hand side, and transposes to the solve of the transpose", () => {
  const { solve } = solverWith("symmetric");
  const [p, q] = [array([3, -1]), array([0.5, 8])];
  expectClose(solve(a, p.mul(2).add(q)), solve(a, p).mul(2).add(solve(a, q)));
  const [back] = linearTranspose((r: NDArray) => solve(a, r), b)(p);
  expectClose(back, inverse(a, p));
  expect(values(jvp((r: NDArray) => solve(a, r), [p], [q])[1])).toEqual(values(solve(a, q)));
});

test("65: second derivatives by the operator and by the right-hand side are right in every nest of the modes", () => {
  // Every operator along the way must be symmetric, so it is made so.
  const ofSymmetric =
    (solve: Solver["solve"]) =>
    (m: NDArray, r: NDArray): NDArray =>
      cubes(solve)(m.add(m.T), r);
  for (const solve of [solverWith("symmetric").solve, jit(solverWith("symmetric").solve)])
    for (const argnums of [0, 1]) {
      const f = ofSymmetric(solve);
      const wanted = hessian(ofSymmetric(inverse), { argnums })(a, b);
      expectClose(hessian(f, { argnums })(a, b), wanted);
      expectClose(jacrev(jacrev(f, { argnums }), { argnums })(a, b), wanted);
    }
});
