/** sparseSolve, sparseMatvec: values against dense solves, every derivative and its order, batching. */
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { array, grad, hvp, jacfwd, jacrev, jvp, vjp, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { fromDense, sparseMatvec, sparsePattern, sparseSolve, todense } from "cotangent/sparse";
import type { SparsePattern } from "cotangent/sparse";
import * as ops from "../../ops/sparse-solve.ts";
import { patternOf } from "../../ops/sparse-pattern.ts";
import type { ConcreteArray } from "../../src/array/ndarray.ts";
import { setNoticeListener } from "../../src/notice.ts";
import { innerProduct, relativeGap, wave } from "../fem/fields.ts";
import {
  gridWithDiagonal,
  laplacian,
  residualOf,
  rightHandSide,
  scattered,
  shapes,
} from "../kernels/sparse/general-systems.ts";
import { differenceError } from "../laws/differences.ts";
import { denseRows, denseSolve, floats, rhsOf, solveWith, sparseCases } from "./systems.ts";
import type { SparseCase } from "./systems.ts";

const cases = sparseCases();
const named = cases.map((own) => [own.name, own] as const);

afterEach(() => setNoticeListener(null));

describe("values", () => {
  test.each(named)("%s: the solution is that of the dense matrix, for vectors, columns and the transpose", (_, own) => {
    const { pattern, values } = own;
    const dense = denseRows(pattern, floats(values));
    const transposed = dense.map((row, i) => row.map((__, j) => dense[j]![i]!));
    const b = rhsOf(own, 1, 3);
    const x = sparseSolve(values, pattern, b);
    expect(relativeGap(x, array(denseSolve(dense, b.toList() as number[][])))).toBeLessThan(1e-12);
    const y = sparseSolve(values, pattern, b, { transpose: true });
    expect(relativeGap(y, array(denseSolve(transposed, b.toList() as number[][])))).toBeLessThan(1e-12);
    const first = np.ravel(np.split(b, 3, { axis: 1 })[0]!);
    expect(floats(sparseSolve(values, pattern, first))).toEqual(floats(np.ravel(np.split(x, 3, { axis: 1 })[0]!)));
  });

  test.each(named)("%s: todense, products and fromDense agree with the meaning of the values", (_, own) => {
    const { pattern, values } = own;
    const dense = denseRows(pattern, floats(values));
    expect(relativeGap(todense(values, pattern), array(dense))).toBeLessThan(1e-15);
    const x = rhsOf(own, 2, 2);
    const transposed = np.matmul(array(dense).T, x);
    expect(relativeGap(sparseMatvec(values, pattern, x), np.matmul(array(dense), x))).toBeLessThan(1e-14);
    expect(relativeGap(sparseMatvec(values, pattern, x, { transpose: true }), transposed)).toBeLessThan(1e-14);
    const { assume, triangle } = pattern;
    const again = fromDense(array(dense), assume === "general" ? {} : { assume, triangle });
    expect(relativeGap(todense(again.values, again.pattern), array(dense))).toBeLessThan(1e-15);
  });

  test("random matrices and Laplacians are solved to a residual of 1e-12", () => {
    fc.assert(
      fc.property(shapes(40), ([n, perRow, seed]) => {
        const matrix = scattered(n, perRow, seed);
        const b = rightHandSide(n, seed);
        const x = sparseSolve(array(matrix.values), matrix.rows, matrix.columns, array(b));
        expect(residualOf(matrix, floats(x), b)).toBeLessThan(1e-12);
      }),
      { numRuns: 40 },
    );
    for (const assume of ["general", "symmetric", "positive definite"] as const) {
      const matrix = laplacian(25, 20);
      const b = rightHandSide(matrix.n, 3);
      const pattern = sparsePattern(matrix.rows, matrix.columns, { assume });
      const x = sparseSolve(array(matrix.values), pattern, array(b));
      expect(residualOf(matrix, floats(x), b)).toBeLessThan(1e-12);
      expect(pattern.report()).toMatchObject({
        solver: { general: "lu", symmetric: "ldl", "positive definite": "cholesky" }[assume],
        rightHandSides: 1,
      });
      expect(pattern.report()!.backwardError).toBeLessThan(1e-14);
    }
  });

  test.each(["general", "symmetric"] as const)(
    "a grid with 1e-9 on its diagonal, declared %s, is solved with its gradient as far as its condition of 4e9 allows",
    (assume) => {
      const matrix = gridWithDiagonal(40, 40, 1e-9);
      const b = rightHandSide(matrix.n, 3);
      const pattern = sparsePattern(matrix.rows, matrix.columns, { assume });
      const x = sparseSolve(array(matrix.values), pattern, array(b));
      expect(pattern.report()!.backwardError).toBeLessThan(1e-14);
      // d (w' A^-1 b) along A itself is -w' A^-1 b.
      const [value, slope] = jvp(
        (values: NDArray) => np.vdot(array(b), sparseSolve(values, pattern, array(b))),
        [array(matrix.values)],
        [array(matrix.values)],
      );
      expect(np.vdot(array(b), x).item()).toBe(value.item());
      expect(Math.abs(slope.item() / value.item() + 1)).toBeLessThan(1e-5);
    },
  );

  test("renaming rows and columns renames the solution", () => {
    const matrix = scattered(12, 2, 5);
    const b = rightHandSide(12, 5);
    const [rowName, columnName] = [5, 7].map((step) => Array.from({ length: 12 }, (_, k) => (k * step + 3) % 12));
    const moved = b.map((_, i) => b[rowName!.indexOf(i)]!);
    const x = floats(sparseSolve(array(matrix.values), matrix.rows, matrix.columns, array(b)));
    const y = floats(
      sparseSolve(
        array(matrix.values),
        matrix.rows.map((i) => rowName![i]!),
        matrix.columns.map((j) => columnName![j]!),
        array(moved),
      ),
    );
    expect(relativeGap(array(x.map((_, k) => y[columnName![k]!]!)), array(x))).toBeLessThan(1e-12);
  });

  test("float32 is the float64 solution of the same numbers, rounded once, and integers are solved in float64", () => {
    const { pattern, values } = cases[0]!;
    const [narrow, b] = [values.astype("float32"), rhsOf(cases[0]!, 1).astype("float32")];
    const x = sparseSolve(narrow, pattern, b);
    expect(x.dtype).toBe("float32");
    const wide = sparseSolve(narrow.astype("float64"), pattern, b.astype("float64"));
    expect([...x.toTypedArray()]).toEqual([...wide.astype("float32").toTypedArray()]);
    expect(sparseSolve(narrow, pattern, b.astype("float64")).dtype).toBe("float64");
    const integers = sparseSolve(array([2, 3], { dtype: "int32" }), [0, 1], [0, 1], array([1, 1], { dtype: "int32" }));
    expect(integers.dtype).toBe("float64");
    expect(floats(integers)).toEqual(Float64Array.of(1 / 2, 1 / 3));
  });

  test("a right-hand side of zeros gives zeros, an empty system an empty solution", () => {
    for (const own of cases) {
      const x = sparseSolve(own.values, own.pattern, np.zeros([own.pattern.shape[0]]));
      expect(floats(x).every((value) => value === 0)).toBe(true);
    }
    for (const assume of ["general", "symmetric", "positive definite"] as const)
      expect(sparseSolve(np.zeros([0]), [], [], np.zeros([0]), { assume }).shape).toEqual([0]);
    expect(sparseSolve(array([2]), [0], [0], np.zeros([1, 0])).shape).toEqual([1, 0]);
  });
});

describe("derivatives", () => {
  const choices = [
    ["values", [0]],
    ["right-hand side", [1]],
    ["both", [0, 1]],
  ] as const;
  const table = named.flatMap(([name, own]) =>
    choices.map(([what, positions]) => [name, what, own, positions] as const),
  );

  const chosen = (own: SparseCase, positions: readonly number[], phase = 0) => {
    const all = [own.values, rhsOf(own, phase)] as ConcreteArray[];
    const inputs = positions.map((k) => all[k]!);
    const f = (...given: NDArray[]): NDArray =>
      solveWith(own.pattern)(
        ...(all.map((x, k) => (positions.includes(k) ? given[positions.indexOf(k)]! : x)) as [NDArray, NDArray]),
      );
    return {
      inputs,
      f,
      directions: inputs.map((x, k) => wave(x.shape, 2 + k + phase, { amplitude: 0.3 }) as ConcreteArray),
    };
  };

  test.each(table)("%s, by %s: jvp is the limit of differences and pairs with vjp", (_, __, own, positions) => {
    const { inputs, f, directions } = chosen(own, positions);
    const [x, tangent] = jvp(f, [...inputs], [...directions]);
    expect(floats(x)).toEqual(floats(f(...inputs)));
    expect(differenceError(f, inputs, directions, tangent)).toBeLessThan(1e-6);
    const weight = wave(x.shape, 5);
    const forward = innerProduct(tangent, weight);
    const cotangents = vjp(f, ...inputs)[1](weight) as NDArray[];
    const backward = cotangents.reduce((sum, cotangent, k) => sum + innerProduct(cotangent, directions[k]!), 0);
    expect(Math.abs(forward - backward)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(forward)));
  });

  test.each(table)(
    "%s, by %s: second derivatives are differences of gradients, in both orders of modes",
    (_, __, own, positions) => {
      const { inputs, f, directions } = chosen(own, positions, 1);
      const weight = wave([own.pattern.shape[0]], 5);
      const argnums = inputs.map((___, k) => k);
      const energy = (...given: NDArray[]): NDArray => np.vdot(weight, np.square(f(...given)));
      const gradient = grad(energy, { argnums }) as (...given: NDArray[]) => NDArray[];
      const [, curvatures] = jvp(gradient, [...inputs], [...directions]);
      const along = (...given: NDArray[]): NDArray =>
        gradient(...given).reduce((sum, part, k) => np.add(sum, np.vdot(part, directions[k]!)), array(0));
      const twice = (grad(along, { argnums }) as (...given: NDArray[]) => NDArray[])(...inputs);
      curvatures.forEach((curvature, k) => {
        expect(differenceError((...given) => gradient(...given)[k]!, inputs, directions, curvature)).toBeLessThan(1e-5);
        expect(relativeGap(twice[k]!, curvature)).toBeLessThan(1e-9);
      });
    },
  );

  test("a third derivative is the difference of Hessian-vector products", () => {
    const own = cases[0]!;
    const [b, first, second] = [
      rhsOf(own),
      wave([own.pattern.count], 3, { amplitude: 0.2 }),
      wave([own.pattern.count], 4, { amplitude: 0.2 }),
    ];
    const energy = (values: NDArray): NDArray => np.sum(np.square(sparseSolve(values, own.pattern, b)));
    const product = (values: NDArray): NDArray => hvp(energy, [values], [first]);
    const [, third] = jvp(product, [own.values], [second]);
    expect(
      differenceError(
        product as (x: NDArray) => NDArray,
        [own.values as ConcreteArray],
        [second as ConcreteArray],
        third,
      ),
    ).toBeLessThan(1e-5);
  });

  test("the cotangent of the values is -lambda_i x_j at the pattern and nowhere else", () => {
    const own = cases[0]!;
    const b = rhsOf(own);
    const [x, pullback] = vjp((values: NDArray) => sparseSolve(values, own.pattern, b), own.values);
    const weight = wave(x.shape, 5);
    const lambda = floats(sparseSolve(own.values, own.pattern, weight, { transpose: true }));
    const [rows, columns] = [own.pattern.rows.toTypedArray(), own.pattern.columns.toTypedArray()];
    const expected = array(Float64Array.from(rows, (i, k) => -lambda[i]! * floats(x)[columns[k]!]!));
    expect(relativeGap(pullback(weight)[0] as NDArray, expected)).toBeLessThan(1e-14);
  });

  test("given by both triangles, (i, j) and (j, i) share the cotangent; one triangle gets it whole; symmetric steps agree", () => {
    const both = sparsePattern([0, 1, 0, 1], [0, 0, 1, 1], { assume: "positive definite" });
    const lower = sparsePattern([0, 1, 1], [0, 0, 1], { assume: "positive definite", triangle: "lower" });
    const b = array([1, 2]);
    const energy = (pattern: SparsePattern) => (values: NDArray) => np.sum(np.square(sparseSolve(values, pattern, b)));
    const shared = floats(grad(energy(both))(array([3, 1, 1, 2])));
    const whole = floats(grad(energy(lower))(array([3, 1, 2])));
    expect(shared[1]).toBe(shared[2]);
    expect(whole[1]).toBeCloseTo(2 * shared[1]!, 13);
    expect([shared[0], shared[3]]).toEqual([whole[0], whole[2]]);
    // A step that keeps the matrix symmetric, by the general solver which knows nothing of symmetry.
    const general = sparsePattern([0, 1, 0, 1], [0, 0, 1, 1]);
    const [, symmetric] = jvp(energy(general), [array([3, 1, 1, 2])], [array([0, 1, 1, 0])]);
    expect(whole[1]).toBeCloseTo(symmetric.item(), 13);
    // Values that are not symmetric mean their symmetric part.
    expect(energy(both)(array([3, 1.5, 0.5, 2])).item()).toBe(energy(both)(array([3, 1, 1, 2])).item());
  });

  test("todense, fromDense and sparseMatvec are differentiated as the linear maps that they are", () => {
    for (const own of cases) {
      const dense = jacrev((values: NDArray) => todense(values, own.pattern))(own.values);
      const forward = jacfwd((values: NDArray) => todense(values, own.pattern))(own.values);
      expect(floats(dense)).toEqual(floats(forward));
      const x = rhsOf(own, 3);
      const product = jacrev((values: NDArray) => sparseMatvec(values, own.pattern, x))(own.values);
      const expected = jacrev((values: NDArray) => np.matmul(todense(values, own.pattern), x))(own.values);
      expect(relativeGap(product, expected)).toBeLessThan(1e-14);
    }
    const pattern = sparsePattern([0, 1], [1, 0], { shape: [2, 2] });
    const picked = grad((m: NDArray) => np.vdot(fromDense(m, { pattern }).values, array([3, 5])))(np.ones([2, 2]));
    expect(picked.toList()).toEqual([
      [0, 3],
      [5, 0],
    ]);
  });

  test("float32 gradients are float32", () => {
    const own = cases[0]!;
    const gradient = grad((values: NDArray) => np.sum(sparseSolve(values, own.pattern, rhsOf(own).astype("float32"))))(
      own.values.astype("float32"),
    );
    expect(gradient.dtype).toBe("float32");
    const wide = grad((values: NDArray) => np.sum(sparseSolve(values, own.pattern, rhsOf(own))))(own.values);
    expect(relativeGap(gradient.astype("float64"), wide)).toBeLessThan(1e-5);
  });
});

describe("batching", () => {
  test.each(named)("%s: a batch over values, right-hand sides, or both equals a loop to the bit", (_, own) => {
    const [values, b] = [
      np.stack([1, 1.1, 0.9].map((scale) => own.values.mul(scale))),
      np.stack([0, 1, 2].map((phase) => rhsOf(own, phase))),
    ];
    const solve = solveWith(own.pattern);
    const rows = (x: NDArray): NDArray[] => np.split(x, 3).map((row) => np.ravel(row));
    for (const inAxes of [
      [0, null],
      [null, 0],
      [0, 0],
    ] as const) {
      const batched = vmap(solve, { inAxes: [...inAxes] })(
        inAxes[0] === 0 ? values : own.values,
        inAxes[1] === 0 ? b : rhsOf(own),
      );
      rows(batched).forEach((x, k) =>
        expect(floats(x)).toEqual(
          floats(solve(inAxes[0] === 0 ? rows(values)[k]! : own.values, inAxes[1] === 0 ? rows(b)[k]! : rhsOf(own))),
        ),
      );
    }
    const energy = (given: NDArray, rhs: NDArray): NDArray => np.sum(np.square(solve(given, rhs)));
    const gradients = vmap(grad(energy))(values, b);
    rows(gradients).forEach((gradient, k) =>
      expect(floats(gradient)).toEqual(floats(grad(energy)(rows(values)[k]!, rows(b)[k]!))),
    );
    const total = grad((all: NDArray) => np.sum(vmap(energy, { inAxes: [0, null] })(all, rhsOf(own))))(values);
    expect(floats(total)).toEqual(floats(vmap(grad(energy), { inAxes: [0, null] })(values, rhsOf(own))));
  });

  test("batches nest: matrices outside, right-hand sides inside, and the other way round", () => {
    const own = cases[0]!;
    const values = np.stack([own.values, own.values.mul(2)]);
    const b = np.stack([0, 1, 2].map((phase) => rhsOf(own, phase)));
    const solve = solveWith(own.pattern);
    const outer = vmap((v: NDArray) => vmap((r: NDArray) => solve(v, r))(b))(values);
    const inner = vmap((r: NDArray) => vmap((v: NDArray) => solve(v, r))(values), { outAxes: 1 })(b);
    expect(floats(outer)).toEqual(floats(inner));
  });
});

describe("primitives", () => {
  const pattern = patternOf({
    rows: Int32Array.of(0, 1),
    columns: Int32Array.of(0, 1),
    shape: [2, 2],
    assume: "general",
    triangle: "both",
  });
  const other = patternOf({
    rows: Int32Array.of(0, 1),
    columns: Int32Array.of(0, 1),
    shape: [2, 2],
    assume: "general",
    triangle: "both",
  });
  const side = { pattern, isTransposed: false };

  test("a factor of another pattern or of other values is noticed", () => {
    const factor = ops.sparseFactor(array([1, 2]), { pattern });
    expect(() =>
      ops.sparseSolve(factor, array([1, 2]), array([1, 1]), { pattern: other, isTransposed: false }),
    ).toThrow(expect.objectContaining({ code: "InvalidOption" }));
    expect(() => ops.sparseSolve(factor, array([5, 7]), array([1, 1]), side)).toThrow(
      expect.objectContaining({ code: "InvalidOption" }),
    );
    const numbers = floats(factor);
    for (const forged of [NaN, -1, numbers[0]! + 1, 2 ** 60])
      expect(() => ops.sparseSolve(array([forged]), array([1, 2]), array([1, 1]), side)).toThrow(
        expect.objectContaining({ code: "InvalidOption" }),
      );
  });

  test("a factor has the tangent zero, and is not linear in the values", () => {
    const [, tangent] = jvp(
      (values: NDArray) => ops.sparseFactor(values, { pattern }),
      [array([1, 2])],
      [array([1, 1])],
    );
    expect(floats(tangent)).toEqual(Float64Array.of(0));
    expect(() =>
      ops.sparseSolve.primitive.transpose(
        [array([1, 1])],
        [{ kind: "linear", aval: { shape: [1], dtype: "float64", weakType: false } }, array([1, 2]), array([1, 1])],
        side,
      ),
    ).toThrow(expect.objectContaining({ code: "NotLinear" }));
  });

  test.each<[string, () => unknown]>([
    ["values of another length", () => ops.sparseMatvec(array([1]), array([1, 2]), side)],
    ["a vector of another length", () => ops.sparseMatvec(array([1, 2]), array([1, 2, 3]), side)],
    ["leading axes that disagree", () => ops.sparseMatvec(np.ones([3, 2]), np.ones([2, 2]), side)],
    ["a factor of another shape", () => ops.sparseSolve(array([1, 2, 3]), array([1, 2]), array([1, 2]), side)],
    ["outer vectors whose axes disagree", () => ops.sparseOuter(np.ones([3, 2]), np.ones([2]), { pattern })],
  ])("%s are refused with their shapes", (_, run) => {
    expect(run).toThrow(expect.objectContaining({ code: "ShapeMismatch" }));
  });

  test("float32 is refused by the primitives, which the library converts for", () => {
    expect(() => ops.sparseMatvec(array([1, 2]).astype("float32"), array([1, 2]), side)).toThrow(
      expect.objectContaining({ code: "DTypeMismatch" }),
    );
  });
});
