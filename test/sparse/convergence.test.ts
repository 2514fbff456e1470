/**
 * cg, bicgstab, gmres: convergence to the direct solution, derivatives through the equation, compiled and batched
 * loops, and every way to fail; requireConverged, by which a loop's failure is thrown.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, grad, hessian, hvp, jit, jvp, NotConverged, vjp, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { bicgstab, cg, gmres, sparseMatvec, sparsePattern, sparseSolve, stopReasons } from "cotangent/sparse";
import type { KrylovOptions, KrylovResult, PatternOptions, SparsePattern } from "cotangent/sparse";
import { checked } from "../../ops/checks.ts";
import { requireConverged } from "../../ops/convergence.ts";
import { relativeGap, wave } from "../fem/fields.ts";
import { gram, laplacian, rightHandSide, scattered, shapes } from "../kernels/sparse/general-systems.ts";
import type { Entries } from "../kernels/sparse/general-systems.ts";
import { floats } from "./systems.ts";

type Solver = <T>(operator: (x: T) => T, b: T, options?: KrylovOptions<T>) => KrylovResult<T>;

interface System {
  readonly pattern: SparsePattern;
  readonly values: NDArray;
  readonly b: NDArray;
}

const systemOf = (matrix: Entries, seed = 1, options: PatternOptions = {}): System => ({
  pattern: sparsePattern(matrix.rows, matrix.columns, { shape: [matrix.n, matrix.n], ...options }),
  values: array(matrix.values),
  b: array(rightHandSide(matrix.n, seed)),
});

/** Diffusion with a wind that makes it unsymmetric. */
const convection = (nx: number, ny: number): Entries => {
  const matrix = laplacian(nx, ny, 1);
  return { ...matrix, values: matrix.values.map((v, k) => (matrix.rows[k]! > matrix.columns[k]! ? 1.4 * v : v)) };
};

const definite = systemOf(gram(6, 1, 3), 1, { assume: "positive definite" });
const general = systemOf(convection(3, 2));

const methods: readonly (readonly [name: string, solver: Solver, system: System])[] = [
  ["cg", cg, definite],
  ["bicgstab", bicgstab, general],
  ["gmres", gmres, general],
];

const tight = { rtol: 1e-14, atol: 1e-14 };

/** x by the method, as a function of values and right-hand side. */
const solveBy =
  (solver: Solver, pattern: SparsePattern, options: KrylovOptions<NDArray> = tight) =>
  (values: NDArray, b: NDArray): NDArray =>
    solver((x: NDArray) => sparseMatvec(values, pattern, x), b, options).x;

const reasonOf = (run: () => unknown): NotConverged["stop"] | null => {
  try {
    run();
    return null;
  } catch (error) {
    if (error instanceof NotConverged) return error.stop;
    throw error;
  }
};

describe("solutions", () => {
  test.each(methods)("%s meets its tolerance on random systems, and its report tells the truth", (_, solver) => {
    fc.assert(
      fc.property(shapes(25), fc.constantFrom(1e-4, 1e-8, 1e-12), ([n, perRow, seed], rtol) => {
        const { pattern, values, b } = systemOf(
          solver === cg ? gram(n, perRow, seed) : scattered(n, perRow, seed),
          seed,
        );
        // BiCGStab may break down for good; what counts is that it says so.
        const found = solver((x: NDArray) => sparseMatvec(values, pattern, x), b, {
          rtol,
          throwOnFailure: solver !== bicgstab,
        });
        const rest = np.sub(b, sparseMatvec(values, pattern, found.x));
        const residual = Math.hypot(...floats(rest)) / Math.hypot(...floats(b));
        expect(Math.abs(found.residual.item() - residual)).toBeLessThanOrEqual(1e-14 * Math.max(1, residual));
        expect(found.converged.item()).toBe(found.residual.item() <= rtol ? 1 : 0);
        expect(found.reason.item() === 0).toBe(found.converged.item() === 1);
        if (solver !== bicgstab) expect(residual).toBeLessThanOrEqual(rtol * (1 + 1e-9));
      }),
      { numRuns: 15 },
    );
  });

  test("all three solve a Laplacian as the direct solver does, bicgstab and gmres one with convection too", () => {
    for (const [, solver] of methods) {
      for (const own of solver === cg ? [laplacian(12, 10)] : [laplacian(12, 10), convection(12, 10)]) {
        const { pattern, values, b } = systemOf(own);
        const direct = sparseSolve(values, pattern, b);
        expect(relativeGap(solveBy(solver, pattern, { rtol: 1e-12 })(values, b), direct)).toBeLessThan(1e-10);
      }
    }
  });

  test("cg ends after as many steps as there are distinct eigenvalues", () => {
    const diagonal = array([1, 1, 2, 2, 5, 5, 5, 5]);
    const { iterations, x } = cg((v: NDArray) => np.mul(diagonal, v), np.ones([8]), { rtol: 1e-12 });
    expect(iterations.item()).toBe(3);
    expect(relativeGap(x, np.div(1, diagonal))).toBeLessThan(1e-13);
  });

  test("gmres without restart ends after at most n steps, and its residual never grows from step to step", () => {
    const { pattern, values, b } = systemOf(scattered(12, 2, 9));
    const operator = (x: NDArray): NDArray => sparseMatvec(values, pattern, x);
    const residuals = Array.from({ length: 13 }, (_, steps) =>
      gmres(operator, b, { maxIterations: steps, rtol: 1e-13, throwOnFailure: false }).residual.item(),
    );
    residuals.slice(1).forEach((residual, k) => expect(residual).toBeLessThanOrEqual(residuals[k]! + 1e-15));
    expect(residuals[0]).toBe(1);
    expect(residuals[12]).toBeLessThan(1e-13);
    const wind = systemOf(convection(6, 5));
    const along = (x: NDArray): NDArray => sparseMatvec(wind.values, wind.pattern, x);
    expect(gmres(along, wind.b, { restart: 4 }).iterations.item()).toBeGreaterThan(
      gmres(along, wind.b).iterations.item(),
    );
  });

  test.each(methods)("%s takes trees and returns their structure, shapes and dtypes", (_, solver) => {
    const b = {
      u: array([
        [1, 2],
        [3, 4],
      ]),
      p: [array(5), array([6, 7]).astype("float32")],
    };
    type Fields = typeof b;
    const operator = ({ u, p }: Fields): Fields => ({
      u: u.mul(3).add(u.T),
      p: [p[0]!.mul(2), p[1]!.mul(array([4, 5]).astype("float32"))],
    });
    const { x } = solver(operator, b);
    expect(np.allclose(x.u.mul(3).add(x.u.T), b.u).item()).toBe(1);
    expect(x.p[0]!.shape).toEqual([]);
    expect(x.p[0]!.item()).toBeCloseTo(2.5, 7);
    expect(x.p[1]!.dtype).toBe("float32");
    expect(np.allclose(x.p[1]!, array([1.5, 1.4])).item()).toBe(1);
  });

  test.each(methods)("%s in float32 stays float32 and meets 1e-5 by default", (_, solver, { pattern, values, b }) => {
    const narrow = values.astype("float32");
    const { x } = solver((v: NDArray) => sparseMatvec(narrow, pattern, v), b.astype("float32"));
    expect(x.dtype).toBe("float32");
    expect(relativeGap(x.astype("float64"), sparseSolve(values, pattern, b))).toBeLessThan(1e-3);
  });

  test.each(methods)(
    "%s: a start does not change the solution; the solution itself takes no step; zeros give zeros",
    (_, solver, { pattern, values, b }) => {
      const operator = (x: NDArray): NDArray => sparseMatvec(values, pattern, x);
      const direct = sparseSolve(values, pattern, b);
      const far = solver(operator, b, { rtol: 1e-11, x0: wave(b.shape, 3, { amplitude: 100 }) });
      expect(relativeGap(far.x, direct)).toBeLessThan(1e-9);
      const near = solver(operator, b, { x0: direct });
      expect(near.iterations.item()).toBe(0);
      expect(floats(near.x)).toEqual(floats(direct));
      for (const x0 of [np.zeros(b.shape), b]) {
        const none = solver(operator, np.zeros(b.shape), { x0 });
        expect(floats(none.x).every((value) => value === 0)).toBe(true);
        expect([none.iterations.item(), none.residual.item(), none.reason.item()]).toEqual([0, 0, 0]);
      }
    },
  );

  test("a preconditioner lowers the number of steps, the exact inverse to one", () => {
    const scale = Float64Array.from({ length: 40 }, (_, k) => 10 ** (k / 10));
    const matrix = laplacian(8, 5);
    const own = {
      ...matrix,
      values: matrix.values.map((v, k) => v * Math.sqrt(scale[matrix.rows[k]!]! * scale[matrix.columns[k]!]!)),
    };
    const { pattern, values, b } = systemOf(own);
    const operator = (x: NDArray): NDArray => sparseMatvec(values, pattern, x);
    for (const solver of [cg, bicgstab, gmres] as Solver[]) {
      const plain = solver(operator, b, { maxIterations: 2000 });
      const scaled = solver(operator, b, { preconditioner: (r) => np.div(r, array(scale)) });
      const exact = solver(operator, b, { preconditioner: (r) => sparseSolve(values, pattern, r) });
      expect(scaled.iterations.item()).toBeLessThan(plain.iterations.item());
      expect(exact.iterations.item()).toBe(1);
      expect(relativeGap(scaled.x, exact.x)).toBeLessThan(1e-5);
    }
  });
});

describe("derivatives", () => {
  test.each(methods)(
    "%s: derivatives of every mode and order are those of the direct solve",
    (_, solver, { pattern, values, b }) => {
      const direct = (v: NDArray, r: NDArray): NDArray => sparseSolve(v, pattern, r);
      const energy =
        (solve: typeof direct) =>
        (v: NDArray, r: NDArray): NDArray =>
          np.sum(np.pow(solve(v, r), 3));
      const [mine, theirs] = [energy(solveBy(solver, pattern)), energy(direct)];
      const along: [NDArray, NDArray] = [wave(values.shape, 2, { amplitude: 0.3 }), wave(b.shape, 3)];
      const compare = (transform: (f: typeof mine) => NDArray, tolerance = 1e-9): void =>
        expect(relativeGap(transform(mine), transform(theirs))).toBeLessThan(tolerance);
      compare((f) => grad(f)(values, b));
      compare((f) => grad(f, { argnums: 1 })(values, b));
      compare((f) => jvp(f, [values, b], along)[1]);
      compare((f) => hvp((v: NDArray) => f(v, b), [values], [along[0]!]), 1e-8);
      compare((f) => hessian((r: NDArray) => f(values, r))(b), 1e-8);
      compare((f) => grad((v: NDArray) => np.sum(grad(f)(v, b).mul(along[0]!)))(values), 1e-8);
      compare((f) => jit((v: NDArray, r: NDArray): NDArray => grad(f)(v, r))(values, b));
      compare((f) => grad(jit(f) as typeof f)(values, b));
      compare((f) => vmap((v: NDArray) => grad(f)(v, b))(np.stack([values, values.mul(1.5)])));
    },
  );

  test.each(methods)("%s: vjp pairs with jvp to 1e-12", (_, solver, { pattern, values, b }) => {
    const solve = solveBy(solver, pattern);
    const along = [wave(values.shape, 2, { amplitude: 0.3 }), wave(b.shape, 3)] as [NDArray, NDArray];
    const weight = wave(b.shape, 5);
    const forward = np.vdot(jvp(solve, [values, b], along)[1], weight).item();
    const back = vjp(solve, values, b)[1](weight);
    const backward = np.vdot(back[0], along[0]).item() + np.vdot(back[1], along[1]).item();
    expect(Math.abs(forward - backward)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(forward)));
  });

  test("nothing flows through start, preconditioner and report", () => {
    const { pattern, values, b } = general;
    const through = (scale: NDArray): NDArray => {
      const { x, iterations, residual } = gmres((v: NDArray) => sparseMatvec(values, pattern, v), b, {
        x0: b.mul(scale),
        preconditioner: (r) => r.mul(scale),
        ...tight,
      });
      return np.sum(x).add(residual).add(iterations);
    };
    expect(Math.abs(grad(through)(1.5).item())).toBeLessThan(1e-12);
    const report = (v: NDArray): NDArray => gmres((x: NDArray) => sparseMatvec(v, pattern, x), b).residual;
    expect(floats(grad(report)(values)).every((value) => value === 0)).toBe(true);
  });

  test("an unsymmetric preconditioner is transposed for the adjoint", () => {
    const { pattern, values, b } = general;
    const near = values.mul(wave(values.shape, 1, { middle: 1, amplitude: 0.02 }));
    for (const solver of [bicgstab, gmres] as Solver[]) {
      const solve = (v: NDArray): NDArray =>
        solver((x: NDArray) => sparseMatvec(v, pattern, x), b, {
          ...tight,
          preconditioner: (r) => sparseSolve(near, pattern, r),
        }).x;
      const energy = (v: NDArray): NDArray => np.sum(np.square(solve(v)));
      const direct = grad((v: NDArray) => np.sum(np.square(sparseSolve(v, pattern, b))))(values);
      expect(relativeGap(grad(energy)(values), direct)).toBeLessThan(1e-11);
    }
  });
});

describe("compiled and batched", () => {
  test.each(methods)(
    "%s: compiled on every back end it has the bits of the eager call",
    (_, solver, { pattern, values, b }) => {
      const run = (v: NDArray, r: NDArray): readonly NDArray[] => {
        const { x, iterations, residual } = solver((y: NDArray) => sparseMatvec(v, pattern, y), r);
        return [x, iterations, residual];
      };
      const eager = run(values, b).map((x) => [...x.toTypedArray()]);
      for (const backend of ["interpreter", "js", "wasm"] as const)
        expect(jit(run, { backend })(values, b).map((x) => [...x.toTypedArray()])).toEqual(eager);
    },
  );

  test.each(methods)(
    "%s: examples of a batch stop on their own, each with the bits it has alone",
    (_, solver, { pattern, values, b }) => {
      const run = (v: NDArray, r: NDArray): readonly NDArray[] => {
        const { x, iterations } = solver((y: NDArray) => sparseMatvec(v, pattern, y), r);
        return [x, iterations.astype("float64").reshape([1])];
      };
      const rhs = [b, b.mul(0), wave(b.shape, 8), np.ones(b.shape)];
      const scaled = [values, values.mul(3), values.mul(0.1), values];
      const [x, iterations] = vmap(run)(np.stack(scaled), np.stack(rhs)) as unknown as NDArray[];
      rhs.forEach((r, k) => {
        const alone = run(scaled[k]!, r);
        expect(relativeGap(np.split(x!, 4)[k]!.ravel(), alone[0]!)).toBeLessThan(1e-14);
        expect(np.split(iterations!, 4)[k]!.item()).toBe(alone[1]!.item());
      });
      expect(floats(iterations!)[1]).toBe(0);
    },
  );
});

describe("failures", () => {
  const skew = (x: NDArray): NDArray =>
    np.matmul(
      array([
        [0, 1],
        [-1, 0],
      ]),
      x,
    );
  const swap = (x: NDArray): NDArray =>
    np.matmul(
      array([
        [0, 1],
        [1, 0],
      ]),
      x,
    );
  const singular = (x: NDArray): NDArray => np.mul(array([1, 0]), x);
  const first = array([1, 0]);

  test.each<[string, number, () => unknown]>([
    [
      "cg stops at its limit",
      1,
      () => cg((x: NDArray) => np.mul(array([1, 2, 3]), x), np.ones([3]), { maxIterations: 2 }),
    ],
    [
      "gmres stops at its limit within a cycle",
      1,
      () => gmres((x: NDArray) => np.mul(array([1, 2, 3]), x), np.ones([3]), { maxIterations: 2 }),
    ],
    ["no iteration is allowed", 1, () => bicgstab(skew, first, { maxIterations: 0 })],
    ["bicgstab breaks down on a skew matrix", 2, () => bicgstab(skew, first)],
    ["gmres meets a right-hand side outside of the range", 2, () => gmres(singular, array([0, 1]))],
    ["cg meets an indefinite matrix", 3, () => cg((x: NDArray) => np.mul(array([1, -1]), x), np.ones([2]))],
    ["cg meets a singular matrix", 3, () => cg(singular, array([0, 1]))],
    [
      "cg meets a negative preconditioner",
      3,
      () => cg((x: NDArray) => x.mul(2), first, { preconditioner: (r) => r.neg() }),
    ],
    ["gmres stagnates when its space is too small", 4, () => gmres(swap, first, { restart: 1 })],
    [
      "cg is asked for more than rounding allows",
      4,
      () =>
        cg((x: NDArray) => np.mul(wave([30], 1, { middle: 100, amplitude: 99.9 }), x), wave([30], 2), {
          rtol: 0,
          maxIterations: 5000,
        }),
    ],
    ["an operator gives NaN", 5, () => cg((x: NDArray) => x.mul(NaN), first)],
    ["an operator gives infinity", 5, () => bicgstab((x: NDArray) => x.mul(1e200).mul(1e200), first)],
    ["a right-hand side is NaN", 5, () => gmres((x: NDArray) => x, array([1, NaN]))],
  ])("%s: reason %i", (_, reason, run) => {
    expect(reasonOf(run)?.reason).toBe(stopReasons[reason]);
  });

  test("without throwing, the same is reported, with the last iterate", () => {
    const stopped = cg((x: NDArray) => np.mul(array([1, 2, 3]), x), np.ones([3]), {
      maxIterations: 2,
      throwOnFailure: false,
    });
    expect([stopped.reason.item(), stopped.iterations.item(), stopped.converged.item()]).toEqual([1, 2, 0]);
    expect(stopped.residual.item()).toBeGreaterThan(0);
    expect(stopped.residual.item()).toBeLessThan(1);
    const error = reasonOf(() => cg((x: NDArray) => np.mul(array([1, 2, 3]), x), np.ones([3]), { maxIterations: 2 }));
    expect(error).toEqual({ reason: stopReasons[1], iterations: 2, residual: stopped.residual.item() });
    const skewed = bicgstab(skew, first, { throwOnFailure: false });
    expect([skewed.reason.item(), floats(skewed.x).every(Number.isFinite)]).toEqual([2, true]);
  });

  test("compiled, batched and differentiated programs throw too, and leave nothing behind", () => {
    const run = (b: NDArray): NDArray =>
      np.sum(cg((x: NDArray) => np.mul(array([1, 2, 3]), x), b, { maxIterations: 2 }).x);
    const [good, bad] = [array([1, 0, 0]), np.ones([3])];
    for (const backend of ["interpreter", "js", "wasm"] as const) {
      const compiled = jit(run, { backend });
      expect(() => compiled(bad)).toThrow(NotConverged);
      expect(compiled(good).item()).toBe(1);
    }
    expect(() => vmap(run)(np.stack([good, bad]))).toThrow(NotConverged);
    expect(floats(vmap(run)(np.stack([good, good])))).toEqual(Float64Array.of(1, 1));
    expect(() => grad(run)(bad)).toThrow(NotConverged);
  });

  test("an adjoint solve that fails where the solve itself did not is named, also when failures are only reported", () => {
    // b is an eigenvector and takes one step; the cotangent is none.
    for (const throwOnFailure of [true, false]) {
      for (const solver of [cg, bicgstab, gmres] as Solver[]) {
        const run = (b: NDArray): NDArray =>
          np.vdot(
            array([1, 2, 3]),
            solver((x: NDArray) => np.mul(array([1, 2, 3]), x), b, { maxIterations: 1, throwOnFailure }).x,
          );
        expect(run(array([1, 0, 0])).item()).toBe(1);
        expect(() => grad(run)(array([1, 0, 0]))).toThrow(/adjoint solve.*iteration limit/);
      }
    }
  });

  test.each<[string, string, () => unknown]>([
    ["a matrix instead of an operator", "InvalidOption", () => cg(array([[1]]) as never, first)],
    ["a misspelt option", "UnknownOption", () => cg(swap, first, { tol: 1e-3 } as object)],
    ["restart given to cg", "UnknownOption", () => cg(swap, first, { restart: 3 } as object)],
    ["a negative tolerance", "InvalidOption", () => cg(swap, first, { rtol: -1 })],
    ["NaN as tolerance", "InvalidOption", () => cg(swap, first, { atol: NaN })],
    ["a fractional limit", "InvalidOption", () => cg(swap, first, { maxIterations: 1.5 })],
    ["a flag that is no boolean", "InvalidOption", () => cg(swap, first, { throwOnFailure: 0 as unknown as boolean })],
    ["restart zero", "InvalidOption", () => gmres(swap, first, { restart: 0 })],
    ["a preconditioner that is no function", "InvalidOption", () => cg(swap, first, { preconditioner: 2 as never })],
    ["an operator that changes the shape", "ShapeMismatch", () => cg((x: NDArray) => np.sum(x), first)],
    ["an operator that changes the tree", "TreeMismatch", () => cg((x: any) => [x, x] as never, first)],
    ["a start of another shape", "ShapeMismatch", () => cg((x: NDArray) => x, first, { x0: np.zeros([3]) })],
    ["a start of another tree", "TreeMismatch", () => cg((x: any) => x, first as any, { x0: [first] })],
    [
      "a preconditioner that changes the shape",
      "ShapeMismatch",
      () => gmres(swap, first, { preconditioner: (r) => np.sum(r) }),
    ],
  ])("%s is refused: %s", (_, code, run) => {
    expect(run).toThrow(expect.objectContaining({ code }));
  });
});

describe("requireConverged", () => {
  const good = array([3, 1e-9, 0]);
  const bad = array([7, 0.5, 4]);
  const check = (x: NDArray, report: NDArray): NDArray => requireConverged(x, report, "the test");

  test("is the identity with the identity's derivatives when the report is good, and throws its numbers when not", () => {
    expect(check(array([1, 2]), good).toList()).toEqual([1, 2]);
    expect(grad((x: NDArray) => np.sum(check(x, good).mul(x)))(array([1, 2])).toList()).toEqual([2, 4]);
    expect(jvp((x: NDArray) => check(x, good), [array([1, 2])], [array([3, 4])])[1].toList()).toEqual([3, 4]);
    expect(reasonOf(() => check(array([1]), bad))).toEqual({ reason: stopReasons[4], iterations: 7, residual: 0.5 });
    expect(() => check(array([1]), array([1, 2]))).toThrow(expect.objectContaining({ code: "ShapeMismatch" }));
  });

  test("one bad report in a batch is enough, on whatever axis", () => {
    const reports = np.stack([good, good, bad]);
    const x = array([1, 2, 3]);
    expect(vmap(check)(x, np.stack([good, good, good])).toList()).toEqual([1, 2, 3]);
    expect(() => vmap(check)(x, reports)).toThrow(NotConverged);
    expect(() => vmap(check, { inAxes: [null, 1] })(x, reports.T)).toThrow(NotConverged);
    expect(() => jit(check)(x, bad)).toThrow(NotConverged);
  });

  test("it is not removed as dead code while its result is used, nor is it linear in the report", () => {
    const compiled = jit((x: NDArray, report: NDArray) => check(x, report).mul(0));
    expect(() => compiled(array([1]), bad)).toThrow(NotConverged);
    expect(() =>
      checked.primitive.transpose(
        [array([1])],
        [array([1]), { kind: "linear", aval: { shape: [3], dtype: "float64", weakType: false } }],
        { width: 3, verify: () => {} },
      ),
    ).toThrow(expect.objectContaining({ code: "NotLinear" }));
  });
});
