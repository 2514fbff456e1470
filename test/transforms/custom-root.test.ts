/** customRoot: derivatives by the implicit function theorem, whatever code found the root. */
import { afterEach, describe, expect, test } from "vitest";
import { array, configure, customRoot, grad, hessian, jacfwd, jit, jvp, NDArray, vmap } from "cotangent";
import * as np from "cotangent/numpy";
import { expectError } from "../semantics/support.ts";

const newton = (f: (x: NDArray) => NDArray, guess: NDArray): NDArray => {
  let x = guess;
  for (let k = 0; k < 40; k++) {
    const [value, slope] = jvp(f, [x], [np.onesLike(x)]) as [NDArray, NDArray];
    x = x.sub(value.div(slope));
  }
  return x;
};

const divide = (g: (y: NDArray) => NDArray, b: NDArray): NDArray => b.div(g(np.onesLike(b)));

/** The cube root of p as a root of x^3 - p. */
const cubeRoot = (p: NDArray): NDArray => customRoot((x: NDArray) => x.pow(3).sub(p), array(1), newton, divide);
const ps = array([1, 2, 8]);
const expected = (n: number): number[] => {
  const slope = [1, 1 / 3, -2 / 9][n]!;
  return [1, 2, 8].map((p) => slope * p ** (1 / 3 - n));
};
const expectClose = (x: NDArray, y: readonly number[]): void =>
  Array.from(x.toTypedArray()).forEach((value, k) => expect(value).toBeCloseTo(y[k]!, 12));

test("value, first and second derivative are those of p^(1/3), in every nest", () => {
  expectClose(vmap(cubeRoot)(ps), expected(0));
  for (const f of [grad(cubeRoot), jit(grad(cubeRoot)), grad(jit(cubeRoot)), jacfwd(cubeRoot)])
    expectClose(vmap(f as (p: NDArray) => NDArray)(ps), expected(1));
  for (const f of [
    grad(grad(cubeRoot)),
    hessian(cubeRoot),
    grad(jit(grad(jit(cubeRoot)))),
    jit(jacfwd(grad(cubeRoot))),
  ])
    expectClose(vmap(f as (p: NDArray) => NDArray)(ps), expected(2));
});

test("jvp equals grad", () => {
  const [, tangent] = jvp(cubeRoot, [array(8)], [array(1)]);
  expect(tangent.item()).toBeCloseTo(1 / 12, 14);
});

test("the argument order of the residual does not matter: the published swapped-argument fault stays away", () => {
  // root in eta of mean(exp(eta) (1 + x^2)) - 2; eta = log(2 / mean(1 + x^2)), a function that is not symmetric in (eta, x)
  const x0 = array([0.3, 0.7, -0.2]);
  const eta = (x: NDArray): NDArray =>
    customRoot((e: NDArray) => np.mean(np.mul(np.exp(e), np.add(np.square(x), 1))).sub(2), array(0), newton, divide);
  const gradient = grad(eta)(x0);
  const closed = grad((x: NDArray) => np.log(np.div(2, np.mean(np.add(np.square(x), 1)))))(x0);
  expectClose(gradient, Array.from(closed.toTypedArray()));
  // differences published with the fault: (-0.1657, -0.3867, 0.1105)
  [-0.1657, -0.3867, 0.1105].forEach((value, k) => expect(gradient.toTypedArray()[k]).toBeCloseTo(value, 4));
});

test("systems: the root of a tree, with a linear solve for the tangents", () => {
  // x + y = p, x - y = p^2
  type Pair = { x: NDArray; y: NDArray };
  const solveExactly = (f: (v: Pair) => Pair, guess: Pair): Pair => {
    const r = f(guess);
    return { x: guess.x.sub(r.x.add(r.y).div(2)), y: guess.y.sub(r.x.sub(r.y).div(2)) };
  };
  const tangent = (_: (v: Pair) => Pair, b: Pair): Pair => ({ x: b.x.add(b.y).div(2), y: b.x.sub(b.y).div(2) });
  const root = (p: NDArray): Pair =>
    customRoot<Pair>(
      ({ x, y }) => ({ x: x.add(y).sub(p), y: x.sub(y).sub(p.mul(p)) }),
      { x: array(0), y: array(0) },
      solveExactly,
      tangent,
    );
  expect(grad((p: NDArray) => root(p).x)(3).item()).toBeCloseTo(0.5 + 3, 14);
  expect(jit(grad((p: NDArray) => root(p).y))(3).item()).toBeCloseTo(0.5 - 3, 14);
});

test("a value that does not enter the residual has a zero derivative", () => {
  const f = (p: NDArray, q: NDArray): NDArray => customRoot((x: NDArray) => x.sub(p), q, newton, divide);
  expect(grad(f, { argnums: 1 })(array(2), array(5)).item()).toBe(0);
});

describe("in debug mode the answer must be a root", () => {
  afterEach(() => configure({ debug: false }));
  const steps =
    (count: number) =>
    (f: (x: NDArray) => NDArray, guess: NDArray): NDArray => {
      let x = guess;
      for (let k = 0; k < count; k++) x = x.sub(f(x).div(jvp(f, [x], [np.onesLike(x)])[1]));
      return x;
    };
  const rootOf =
    (solve: (f: (x: NDArray) => NDArray, x: NDArray) => NDArray) =>
    (p: NDArray): NDArray =>
      customRoot((x: NDArray) => x.mul(x).sub(p), array(1), solve, divide);

  test("a solver that stops early, or gives NaN or infinity, is refused: the message says how far it is", () => {
    const bad = [steps(1), steps(2), (_: unknown, x: NDArray) => x.mul(NaN), (_: unknown, x: NDArray) => x.div(0)];
    for (const solve of bad) {
      configure({ debug: false });
      expect(() => grad(rootOf(solve))(2)).not.toThrow();
      configure({ debug: true });
      expectError(() => rootOf(solve)(array(2)), "NotARoot", "customRoot", "away from a root");
      expectError(() => grad(rootOf(solve))(2), "NotARoot");
      expectError(() => jit(rootOf(solve), { backend: "interpreter" })(array(2)), "NotARoot");
    }
  });

  test("a converged one passes, at any scale and mapped", () => {
    configure({ debug: true });
    for (const scale of [1e-8, 1e-4, 1, 1e6, 1e12])
      expect(grad(rootOf(steps(80)))(scale).item()).toBeCloseTo(0.5 / Math.sqrt(scale), 6);
    expectClose(vmap(rootOf(steps(60)))(array([1, 4, 9])), [1, 2, 3]);
  });
});
