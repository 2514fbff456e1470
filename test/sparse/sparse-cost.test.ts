/** Sparse solves counted: analyses, factorizations, kept factors, tickets and what they refuse. */
import { afterEach, describe, expect, test } from "vitest";
import { array, counters, grad, hvp, jit, jvp, valueAndGrad, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { sparseFactor, sparsePattern, sparseSolve } from "cotangent/sparse";
import type { SparsePattern } from "cotangent/sparse";
import * as ops from "../../ops/sparse-solve.ts";
import { patternOf } from "../../ops/sparse-pattern.ts";
import { ticketFor } from "../../ops/sparse-factors.ts";
import { ticketStore } from "../../ops/ticket-store.ts";
import { setNoticeListener } from "../../src/notice.ts";
import { relativeGap, wave } from "../fem/fields.ts";
import { scattered } from "../kernels/sparse/general-systems.ts";
import { denseRows, denseSolve, floats, rhsOf, sparseCases } from "./systems.ts";

const cases = sparseCases();
const named = cases.map((own) => [own.name, own] as const);

afterEach(() => setNoticeListener(null));

describe("what it costs", () => {
  const spent = (run: () => unknown): readonly [analyses: number, factorizations: number, solves: number] => {
    const before = counters();
    run();
    const after = counters();
    return [
      after.analyses - before.analyses,
      after.factorizations - before.factorizations,
      after.solves - before.solves,
    ];
  };
  const energyOf =
    (pattern: SparsePattern) =>
    (values: NDArray, b: NDArray): NDArray =>
      np.sum(np.square(sparseSolve(values, pattern, b)));

  test.each(named.map(([name], k) => [name, k] as const))(
    "%s: value and gradient take one factorization, eager and compiled on every back end",
    (_, k) => {
      const own = sparseCases(7)[k]!;
      const energy = energyOf(own.pattern);
      const b = rhsOf(own);
      expect(spent(() => valueAndGrad(energy)(own.values, b))).toEqual([1, 1, 2]);
      expect(spent(() => valueAndGrad(energy, { argnums: [0, 1] })(own.values, b))).toEqual([0, 1, 2]);
      const expected = floats(grad(energy)(own.values, b));
      for (const backend of ["interpreter", "js", "wasm"] as const) {
        const compiled = jit(valueAndGrad(energy), { backend });
        for (let call = 0; call < 3; call++)
          expect(spent(() => expect(floats(compiled(own.values, b)[1])).toEqual(expected))).toEqual([0, 1, 2]);
      }
    },
  );

  test.each(named)("%s: right-hand sides share one factorization, matrices one analysis", (_, own) => {
    const energy = energyOf(own.pattern);
    const b = np.stack(Array.from({ length: 8 }, (__, phase) => rhsOf(own, phase)));
    const values = np.stack([own.values, own.values.mul(1.5), own.values.mul(2)]);
    // The first solve of a pattern analyzes it; its values are met in no other solve here.
    sparseSolve(own.values.mul(3), own.pattern, rhsOf(own));
    expect(spent(() => vmap(valueAndGrad(energy), { inAxes: [null, 0] })(own.values, b))).toEqual([0, 1, 16]);
    expect(spent(() => jit(vmap(valueAndGrad(energy), { inAxes: [null, 0] }))(own.values, b))).toEqual([0, 1, 16]);
    expect(spent(() => vmap(valueAndGrad(energy), { inAxes: [0, null] })(values, rhsOf(own)))).toEqual([0, 3, 6]);
  });

  test("tangents and Hessian-vector products take one factorization, and a factor made once serves any number of solves", () => {
    for (const own of cases) {
      const direction = wave([own.pattern.count], 3);
      const objective = (values: NDArray): NDArray => energyOf(own.pattern)(values, rhsOf(own));
      expect(spent(() => jvp(objective, [own.values], [direction]))[1]).toBe(1);
      expect(spent(() => hvp(objective, [own.values], [direction]))[1]).toBe(1);
      const factor = sparseFactor(own.values, own.pattern);
      const again = (phase: number): NDArray => sparseSolve(own.values, own.pattern, rhsOf(own, phase), { factor });
      expect(spent(() => [0, 1, 2].map(again))).toEqual([0, 0, 3]);
      expect(floats(again(1))).toEqual(floats(sparseSolve(own.values, own.pattern, rhsOf(own, 1))));
      const held = grad((values: NDArray) =>
        np.sum(np.square(sparseSolve(values, own.pattern, rhsOf(own), { factor }))),
      );
      expect(floats(held(own.values))).toEqual(floats(grad(objective)(own.values)));
    }
  });

  test("patterns given as lists are recognized by their contents", () => {
    const matrix = scattered(9, 2, 99);
    const solve = (values: NDArray): NDArray =>
      sparseSolve(values, [...matrix.rows], [...matrix.columns], np.ones([9]));
    expect(spent(() => solve(array(matrix.values)))).toEqual([1, 1, 1]);
    expect(spent(() => solve(array(matrix.values).mul(2)))).toEqual([0, 1, 1]);
    const columns = [...matrix.columns];
    columns[0] = (columns[0]! + 1) % 9;
    expect(
      spent(() => {
        try {
          sparseSolve(array(matrix.values), [...matrix.rows], columns, np.ones([9]));
        } catch {
          // Whether the other pattern is singular does not matter here.
        }
      })[0],
    ).toBe(1);
  });

  test("LU keeps order and pivots while values allow it, and chooses anew where they do not", () => {
    const pattern = sparsePattern([0, 0, 1, 1], [0, 1, 0, 1]);
    const reused = (values: readonly number[]): readonly [number, number] => {
      const x = sparseSolve(array(values), pattern, array([1, 2]));
      expect(relativeGap(x, array(denseSolve(denseRows(pattern, values), [[1], [2]]).flat()))).toBeLessThan(1e-14);
      const { factorizations, refactorizations } = pattern.report()!;
      return [factorizations, refactorizations];
    };
    expect(reused([4, 1, 1, 3])).toEqual([1, 0]);
    expect(reused([5, -1, 2, 7])).toEqual([2, 1]);
    // With the diagonal as pivot the entries would grow by 1e9.
    expect(reused([1e-9, 1, 1, 1e-9])).toEqual([3, 1]);
    expect(reused([2e-9, 1, 1, 3e-9])).toEqual([4, 2]);
    expect(reused([4, 1, 1, 3])).toEqual([5, 2]);
  });

  test("an LU factor that is no longer kept is made again once, with the same bits", () => {
    const own = cases[0]!;
    const pattern = patternOf({
      rows: own.pattern.rows.toTypedArray() as Int32Array,
      columns: own.pattern.columns.toTypedArray() as Int32Array,
      shape: own.pattern.shape,
      assume: "general",
      triangle: "both",
    });
    // The ticket of these values before anybody factorized them: the store has nothing for it.
    const gone = array([ticketFor(pattern, floats(own.values))]);
    const solve = (factor: NDArray): NDArray =>
      ops.sparseSolve(factor, own.values, rhsOf(own), { pattern, isTransposed: false });
    const expected = floats(sparseSolve(own.values, own.pattern, rhsOf(own)));
    expect(spent(() => expect(floats(solve(gone))).toEqual(expected))).toEqual([1, 1, 1]);
    expect(spent(() => expect(floats(solve(gone))).toEqual(expected))).toEqual([0, 0, 1]);
    expect(floats(ops.sparseFactor(own.values, { pattern }))).toEqual(floats(gone));
  });

  test("a ticket store forgets what was used least recently, never the newest, and only when it is full", () => {
    const store = ticketStore<string>(10);
    const [a, b, c, d] = ["first", "second", "third", "fourth"] as const;
    store.put(a, "a", 4);
    store.put(b, "b", 4);
    expect(store.get(a)).toBe("a");
    store.put(c, "c", 4);
    expect([store.get(a), store.get(b), store.get(c)]).toEqual(["a", undefined, "c"]);
    store.put(a, "smaller", 1);
    store.put(b, "b", 5);
    expect([store.get(a), store.get(b), store.get(c)]).toEqual(["smaller", "b", "c"]);
    store.put(d, "large", 100);
    expect([a, b, c, d].map(store.get)).toEqual([undefined, undefined, undefined, "large"]);
  });

  test("earlier values do not change the bits of later solves", () => {
    const own = sparseCases(11)[0]!;
    const fresh = sparseCases(11)[0]!;
    const b = rhsOf(own);
    for (const scale of [3, -0.2, 1e5]) sparseSolve(own.values.add(wave(own.values.shape, scale)), own.pattern, b);
    expect(floats(sparseSolve(own.values, own.pattern, b))).toEqual(
      floats(sparseSolve(fresh.values, fresh.pattern, b)),
    );
  });
});
