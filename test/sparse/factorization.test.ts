/**
 * factorize: solutions, determinants and inertia against dense matrices, their derivatives, batches, compiled programs,
 * what all of that costs, and what is refused.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { determinant, Matrix } from "ml-matrix";
import { array, counters, grad, jit, jvp, valueAndGrad, vjp, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import * as linalg from "cotangent/linalg";
import * as np from "cotangent/numpy";
import { factorize, sparsePattern, sparseSolve, todense } from "cotangent/sparse";
import type { SparsePattern } from "cotangent/sparse";
import type { ConcreteArray } from "../../src/array/ndarray.ts";
import { innerProduct, relativeGap, wave } from "../fem/fields.ts";
import { denseOf, laplacian, scattered, shapes } from "../kernels/sparse/general-systems.ts";
import { differenceError } from "../laws/differences.ts";
import { floats, sparseCases } from "./systems.ts";

const cases = sparseCases();
const named = cases.map((own) => [own.name, own] as const);

const logSize =
  (pattern: SparsePattern) =>
  (values: NDArray): NDArray =>
    factorize(values, pattern).slogdet().logabsdet;

describe("a factorization", () => {
  test.each(named)("%s: solves as sparseSolve does, to the bit, for vectors, columns and the transpose", (_, own) => {
    const { values, pattern } = own;
    const made = factorize(values, pattern);
    for (const b of [wave([pattern.shape[0]], 1), wave([pattern.shape[0], 3], 2)])
      for (const transpose of [false, true])
        expect(floats(made.solve(b, { transpose }))).toEqual(floats(sparseSolve(values, pattern, b, { transpose })));
    const again = factorize(values, pattern.rows, pattern.columns, {
      shape: pattern.shape,
      assume: pattern.assume,
      ...(pattern.assume === "general" ? {} : { triangle: pattern.triangle }),
    });
    expect(floats(again.solve(wave([pattern.shape[0]], 1)))).toEqual(floats(made.solve(wave([pattern.shape[0]], 1))));
  });

  test.each(named)("%s: has the dense matrix's determinant and signs of eigenvalues", (_, { values, pattern }) => {
    const made = factorize(values, pattern);
    const dense = todense(values, pattern);
    const [sign, logabsdet] = linalg.slogdet(dense);
    expect(made.slogdet().sign.item()).toBe(sign.item());
    expect(Math.abs(made.slogdet().logabsdet.item() - logabsdet.item())).toBeLessThan(1e-12);
    if (pattern.assume === "general") return;
    const eigenvalues = floats(linalg.eigvalsh(dense));
    const { positive, negative } = made.inertia();
    expect([positive.item(), negative.item()]).toEqual([
      eigenvalues.filter((value) => value > 0).length,
      eigenvalues.filter((value) => value < 0).length,
    ]);
    expect(positive.dtype).toBe("int32");
  });

  test("signs of determinants follow any permutation of rows and columns", () => {
    fc.assert(
      fc.property(shapes(12), ([n, perRow, seed]) => {
        const matrix = scattered(n, perRow, seed);
        const { sign, logabsdet } = factorize(array(matrix.values), matrix.rows, matrix.columns, {
          shape: [n, n],
        }).slogdet();
        const expected = determinant(new Matrix(denseOf(matrix).to2DArray()));
        expect(sign.item()).toBe(Math.sign(expected));
        // Relative errors of a determinant: n times rounding times the condition, which is below 1e4 here.
        expect(Math.abs(logabsdet.item() - Math.log(Math.abs(expected)))).toBeLessThan(1e-10);
      }),
      { numRuns: 100 },
    );
  });

  test("of a determinant beyond float64 has a finite logarithm", () => {
    const n = 400;
    const diagonal = Array.from({ length: n }, (_, k) => k);
    for (const assume of ["general", "symmetric", "positive definite"] as const) {
      const { sign, logabsdet } = factorize(np.full([n], 1e-3), diagonal, diagonal, { assume }).slogdet();
      expect(sign.item()).toBe(1);
      expect(logabsdet.item()).toBeCloseTo(n * Math.log(1e-3), 8);
    }
  });

  test("inertia of a shifted grid counts its eigenvalues below the shift", () => {
    const [n, shift] = [12, 2.7];
    const matrix = laplacian(n, n, -shift);
    const { negative } = factorize(array(matrix.values), matrix.rows, matrix.columns, {
      assume: "symmetric",
    }).inertia();
    const cosines = Array.from({ length: n }, (_, i) => 2 * Math.cos(((i + 1) * Math.PI) / (n + 1)));
    const below = cosines.flatMap((one) => cosines.filter((other) => 4 - one - other < shift)).length;
    expect(negative.item()).toBe(below);
  });

  test("of an empty matrix has determinant 1 and no eigenvalues", () => {
    const made = factorize(np.zeros([0]), [], [], { assume: "symmetric" });
    expect(made.solve(np.zeros([0])).shape).toEqual([0]);
    expect([made.slogdet().sign.item(), made.slogdet().logabsdet.item()]).toEqual([1, 0]);
    expect([made.inertia().positive.item(), made.inertia().negative.item()]).toEqual([0, 0]);
  });

  test("float32 values give float32 answers", () => {
    const made = factorize(array([2, 4]).astype("float32"), [0, 1], [0, 1]);
    expect(made.solve(array([2, 4]).astype("float32")).dtype).toBe("float32");
    expect(made.slogdet().logabsdet.dtype).toBe("float32");
  });
});

describe("derivatives", () => {
  test.each(named)(
    "%s: that of log |det| is the transposed inverse at the pattern, in every mode and order",
    (_, own) => {
      const { values, pattern } = own;
      const f = logSize(pattern);
      const dense = (given: NDArray): NDArray => linalg.slogdet(todense(given, pattern))[1];
      const direction = wave([pattern.count], 3, { amplitude: 0.3 });
      const [, tangent] = jvp(f, [values], [direction]);
      expect(differenceError(f, [values as ConcreteArray], [direction as ConcreteArray], tangent)).toBeLessThan(1e-6);
      const gradient = grad(f)(values);
      expect(Math.abs(tangent.item() - innerProduct(gradient, direction))).toBeLessThan(1e-12);
      expect(relativeGap(gradient, grad(dense)(values))).toBeLessThan(1e-11);
      const [, curvature] = jvp(grad(f), [values], [direction]);
      expect(relativeGap(curvature, jvp(grad(dense), [values], [direction])[1])).toBeLessThan(1e-9);
    },
  );

  test.each(named)("%s: those of solutions are those of sparseSolve, to the bit", (_, { values, pattern }) => {
    const b = wave([pattern.shape[0]], 1);
    const weight = wave([pattern.shape[0]], 5);
    const kept = (given: NDArray, rhs: NDArray): NDArray => factorize(given, pattern).solve(rhs);
    const plain = (given: NDArray, rhs: NDArray): NDArray => sparseSolve(given, pattern, rhs);
    const [one, other] = [kept, plain].map((f) => vjp(f, values, b)[1](weight) as NDArray[]);
    one!.forEach((cotangent, k) => expect(floats(cotangent)).toEqual(floats(other![k]!)));
  });

  test.each(named)("%s: a Hessian-vector product by values and right-hand side takes one factorization", (_, own) => {
    const { values, pattern } = own;
    const b = wave([pattern.shape[0]], 1);
    const directions = [wave([pattern.count], 3, { amplitude: 0.3 }), wave([pattern.shape[0]], 4)];
    const gradientOf = (solve: (given: NDArray, rhs: NDArray) => NDArray) =>
      grad((given: NDArray, rhs: NDArray) => np.sum(np.sin(solve(given, rhs))), { argnums: [0, 1] }) as (
        ...given: NDArray[]
      ) => NDArray[];
    const kept = gradientOf((given, rhs) => factorize(given, pattern).solve(rhs));
    const dense = gradientOf((given, rhs) => linalg.solve(todense(given, pattern), rhs));
    const before = counters().factorizations;
    const [, curvatures] = jvp(kept, [values, b], directions);
    expect(counters().factorizations - before).toBe(1);
    const [, expected] = jvp(dense, [values, b], directions);
    curvatures.forEach((curvature, k) => expect(relativeGap(curvature, expected[k]!)).toBeLessThan(1e-10));
  });

  test("signs and inertia have none", () => {
    const { values, pattern } = cases[3]!;
    const direction = wave([pattern.count], 3);
    const [, ofSign] = jvp((given: NDArray) => factorize(given, pattern).slogdet().sign, [values], [direction]);
    expect(ofSign.item()).toBe(0);
    const counted = (given: NDArray): NDArray => {
      const made = factorize(given, pattern);
      return made.slogdet().logabsdet.mul(made.inertia().negative.astype("float64"));
    };
    const count = factorize(values, pattern).inertia().negative.item();
    expect(relativeGap(grad(counted)(values), grad(logSize(pattern))(values).mul(count))).toBeLessThan(1e-14);
  });
});

describe("programs", () => {
  /** A Gaussian's log density by its precision matrix: a solve, a determinant, and a transposed solve. */
  const density =
    (pattern: SparsePattern, b: NDArray) =>
    (values: NDArray): NDArray => {
      const made = factorize(values, pattern);
      return np
        .vdot(b, made.solve(b))
        .add(made.slogdet().logabsdet)
        .add(np.sum(made.solve(b, { transpose: true })));
    };

  const spent = (run: () => unknown): readonly [analyses: number, factorizations: number] => {
    const before = counters();
    run();
    const after = counters();
    return [after.analyses - before.analyses, after.factorizations - before.factorizations];
  };

  test.each(named.map(([name], k) => [name, k] as const))(
    "%s: value and gradient take one factorization, with equal bits on every back end",
    (_, k) => {
      const { values, pattern } = sparseCases(5)[k]!;
      const f = valueAndGrad(density(pattern, wave([pattern.shape[0]], 1)));
      let expected: readonly [NDArray, NDArray] | undefined;
      expect(spent(() => (expected = f(values)))).toEqual([1, 1]);
      for (const backend of ["interpreter", "js", "wasm"] as const) {
        const compiled = jit(f, { backend });
        expect(
          spent(() => compiled(values).forEach((part, i) => expect(floats(part)).toEqual(floats(expected![i]!)))),
        ).toEqual([0, 1]);
      }
    },
  );

  test.each(named)(
    "%s: a batch of matrices takes one factorization each and equals a loop",
    (_, { values, pattern }) => {
      const all = np.stack([1, 1.1, 0.9].map((scale) => values.mul(scale)));
      const f = valueAndGrad(density(pattern, wave([pattern.shape[0]], 1)));
      const alone = [1, 1.1, 0.9].map((scale) => f(values.mul(scale)));
      const batched = { result: undefined as readonly [NDArray, NDArray] | undefined };
      expect(spent(() => (batched.result = vmap(f)(all) as readonly [NDArray, NDArray]))).toEqual([0, 3]);
      const [results, gradients] = batched.result!;
      alone.forEach(([result, gradient], k) => {
        expect(results.at(k).get().item()).toBe(result.item());
        expect(relativeGap(gradients.at(k).get(), gradient)).toBeLessThan(1e-14);
      });
      const signs = vmap((own: NDArray) => factorize(own, pattern).slogdet().sign)(all);
      expect(signs.shape).toEqual([3]);
      if (pattern.assume !== "general")
        expect(vmap((own: NDArray) => factorize(own, pattern).inertia().positive)(all).shape).toEqual([3]);
    },
  );

  test("one factorization serves solves inside and outside of a compiled function", () => {
    const { values, pattern } = cases[0]!;
    const b = wave([pattern.shape[0]], 1);
    const made = factorize(values, pattern);
    const solve = jit((rhs: NDArray) => made.solve(rhs));
    expect(spent(() => expect(floats(solve(b))).toEqual(floats(made.solve(b))))).toEqual([0, 0]);
    expect(floats(sparseSolve(values, pattern, b, { factor: made }))).toEqual(floats(made.solve(b)));
  });
});

describe("the holder of a factorization", () => {
  const n = 64;
  const diagonal = Int32Array.from({ length: n }, (_, k) => k);
  const valuesOf = (k: number): NDArray => np.add(np.mod(np.arange(n), 7), k);
  const b = np.ones([n]);

  const factorizations = (run: () => unknown): number => {
    const before = counters().factorizations;
    run();
    return counters().factorizations - before;
  };

  const holderOf = (assume: "general" | "symmetric" | "positive definite") => {
    const pattern = sparsePattern(diagonal, diagonal, { assume });
    const held = factorize(valuesOf(1), pattern);
    const expected = { x: floats(held.solve(b)), size: held.slogdet().logabsdet.item() };
    return {
      assume,
      remade: assume === "positive definite" ? 0 : 1,
      misuse: (): void => {
        for (const values of [valuesOf(2), np.neg(valuesOf(1)), np.mul(valuesOf(1), 1 + 2 ** -52)])
          expect(() => sparseSolve(values, pattern, b, { factor: held })).toThrow(
            expect.objectContaining({ code: "InvalidOption" }),
          );
      },
      reading: (): void => expect(held.slogdet().logabsdet.item(), assume).toBe(expected.size),
      solving: (): void => expect(floats(held.solve(b)), assume).toEqual(expected.x),
    };
  };

  /** Factorizes matrices whose factors together take more than is kept, so that nothing made before is. */
  const evictor = (): (() => void) => {
    const large = Int32Array.from({ length: 2 ** 19 }, (_, k) => k);
    const others = sparsePattern(large, large);
    return () => {
      for (let k = 0; k < 6; k++) factorize(np.full([large.length], 1 + k), others);
    };
  };

  test("of every kind gets the numbers of its own values, whoever misused it, before and after the factor was dropped", () => {
    // They are dropped together: what drops them takes most of the time.
    const holders = (["general", "symmetric", "positive definite"] as const).map(holderOf);
    const evict = evictor();
    for (const { misuse } of holders) misuse();
    evict();
    for (const { assume, misuse, reading, remade } of holders) {
      misuse();
      expect(factorizations(reading), assume).toBe(remade);
    }
    evict();
    for (const { assume, misuse, reading, solving, remade } of holders) {
      misuse();
      expect(factorizations(solving), assume).toBe(remade);
      expect(
        factorizations(() => [solving(), reading(), misuse()]),
        assume,
      ).toBe(0);
    }
  });
});

describe("refusals", () => {
  const pattern = sparsePattern([0, 1], [0, 1]);
  const twin = sparsePattern([0, 1], [0, 1]);
  const ones = np.ones([2]);

  test.each<[string, string, () => unknown]>([
    ["another pattern", "InvalidOption", () => sparseSolve(ones, twin, ones, { factor: factorize(ones, pattern) })],
    [
      "other values",
      "InvalidOption",
      () => sparseSolve(array([5, 7]), pattern, ones, { factor: factorize(ones, pattern) }),
    ],
    ["inertia of a general matrix", "InvalidOption", () => factorize(ones, pattern).inertia()],
    [
      "inertia of a general matrix in a compiled function",
      "InvalidOption",
      () => jit((values: NDArray) => factorize(values, pattern).inertia().positive)(ones),
    ],
    ["a rectangular matrix", "ShapeMismatch", () => factorize(np.ones([1]), [0], [1])],
    ["values of another length", "ShapeMismatch", () => factorize(np.ones([3]), pattern)],
    ["an index out of range", "IndexOutOfRange", () => factorize(ones, [0, 2], [0, 1], { shape: [2, 2] })],
    ["a misspelt option", "UnknownOption", () => factorize(ones, [0, 1], [0, 1], { assumes: "symmetric" } as object)],
    [
      "options beside a pattern",
      "UnknownOption",
      () => (factorize as (...given: unknown[]) => unknown)(ones, pattern, { assume: "symmetric" }),
    ],
    [
      "a misspelt option of a solve",
      "UnknownOption",
      () => factorize(ones, pattern).solve(ones, { transposed: true } as object),
    ],
    ["values that are NaN", "NotFinite", () => factorize(array([1, NaN]), pattern)],
    ["a singular matrix", "Singular", () => factorize(array([1, 0]), pattern)],
    [
      "an indefinite matrix as positive definite",
      "NotPositiveDefinite",
      () => factorize(array([1, -1]), [0, 1], [0, 1], { assume: "positive definite" }),
    ],
  ])("%s: %s", (_, code, run) => {
    expect(run).toThrow(expect.objectContaining({ code }));
  });
});
