/**
 * Creation and rearrangement where NumPy's answers do not look: inverse laws, exact ends, dtypes, empty arrays,
 * what functions see, and refusals by name.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, grad, jit } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { arrays, build, elementAt } from "./arbitraries.ts";

const int = (list: number[]): NDArray => array(list, { dtype: "int32", shape: [list.length] });

test("unstack and stack, and split and concatenate, are inverse along every axis", () => {
  fc.assert(
    fc.property(
      arrays({ minRank: 1, minSize: 1 }),
      fc.nat(),
      fc.array(fc.integer({ min: -4, max: 4 })),
      (x, seed, cuts) => {
        const axis = seed % x.ndim;
        expect(np.stack(np.unstack(x, { axis }), { axis }).toString()).toBe(x.toString());
        const inOrder = cuts.map((cut) => Math.abs(cut)).sort((left, right) => left - right);
        expect(np.concatenate(np.split(x, inOrder, { axis }), { axis }).toString()).toBe(x.toString());
        const sections = 1 + (seed % 4);
        const parts = np.arraySplit(x, sections, { axis });
        expect(np.concatenate(parts, { axis }).toString()).toBe(x.toString());
        const sizes = parts.map((part) => part.shape[axis]!);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      },
    ),
    { numRuns: 50 },
  );
});

test("four quarter turns, and a roll back, leave an array as it was", () => {
  fc.assert(
    fc.property(arrays({ minRank: 2 }), fc.integer({ min: -9, max: 9 }), (x, turns) => {
      expect(np.rot90(np.rot90(x, turns), -turns).toString()).toBe(x.toString());
      expect(np.roll(np.roll(x, [turns, 2], { axis: [0, 1] }), [-turns, -2], { axis: [0, 1] }).toString()).toBe(
        x.toString(),
      );
    }),
    { numRuns: 30 },
  );
});

test("moveaxis and back is the identity; rollaxis is moveaxis", () => {
  fc.assert(
    fc.property(arrays({ minRank: 1, minSize: 1 }), fc.nat(), fc.nat(), (x, from, to) => {
      const [source, target] = [from % x.ndim, to % x.ndim];
      expect(np.moveaxis(np.moveaxis(x, source, target), target, source).toString()).toBe(x.toString());
      const start = target > source ? target + 1 : target;
      expect(np.rollaxis(x, source, start).toString()).toBe(np.moveaxis(x, source, target).toString());
    }),
    { numRuns: 30 },
  );
});

test("pad keeps the array in its middle, and every border element is one of it", () => {
  const modes = ["edge", "reflect", "symmetric", "wrap", "maximum", "minimum"] as const;
  fc.assert(
    fc.property(
      arrays({ minRank: 1, maxRank: 2, minSize: 1 }),
      fc.nat({ max: 6 }),
      fc.nat({ max: 6 }),
      (x, low, high) => {
        for (const mode of modes) {
          const padded = np.pad(x, [low, high], { mode });
          expect(
            padded
              .at(...x.shape.map((extent) => np.slice(low, low + extent)))
              .get()
              .toString(),
          ).toBe(x.toString());
          expect(np.all(np.isin(padded, x)).item()).toBe(1);
        }
      },
    ),
    { numRuns: 30 },
  );
});

test("ravelMultiIndex and unravelIndex are inverse", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }), (shape) => {
      const all = np.arange(np.zeros(shape).size).astype("int32");
      const indices = np.unravelIndex(all, shape);
      expect(np.ravelMultiIndex(indices, shape).toList()).toEqual(all.toList());
      expect(np.reshape(np.stack(indices), [shape.length, ...shape]).toList()).toEqual(np.indices(shape).toList());
    }),
    { numRuns: 20 },
  );
});

test("meshgrid, ix and fromfunction are the coordinates they say", () => {
  const [u, v] = [array([1, 2, 3]), array([5, 6])];
  const [a, b] = np.meshgrid(u, v, { indexing: "ij" });
  expect(a!.toString()).toBe(build([3, 2], ([row]) => elementAt(u, [row!])).toString());
  expect(b!.toString()).toBe(build([3, 2], ([, column]) => elementAt(v, [column!])).toString());
  expect(np.meshgrid(u, v, { sparse: true }).map((each) => each.shape)).toEqual([
    [1, 3],
    [2, 1],
  ]);
  expect(np.meshgrid(2, u).map((each) => each.shape)).toEqual([
    [3, 1],
    [3, 1],
  ]);
  expect(np.meshgrid()).toEqual([]);
  const x = np.arange(12).reshape(3, 4);
  expect(
    x
      .at(...np.ix(int([2, 0]), array([false, true, false, true])))
      .get()
      .toList(),
  ).toEqual([
    [9, 11],
    [1, 3],
  ]);
  expect(np.fromfunction((i, j) => i.mul(10).add(j), [2, 2], { dtype: "int32" }).dtype).toBe("int32");
  expect(() => np.meshgrid(np.ones([2, 2]))).toThrow(/^np\.meshgrid: shape \[2,2\]/);
  expect(() => np.meshgrid(u, { indexing: "yx" } as never)).toThrow(/indexing "yx"/);
});

test("the ends of linspace and geomspace are exact, and are known while a function is traced", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 1e-9, max: 1e9, noNaN: true }),
      fc.double({ min: 1e-9, max: 1e9, noNaN: true }),
      fc.integer({ min: 2, max: 9 }),
      (start, stop, count) => {
        for (const values of [
          np.linspace(start, stop, count),
          np.geomspace(start, stop, count),
          np.geomspace(-start, -stop, count).neg(),
        ]) {
          expect(values.at(0).get().item()).toBe(start);
          expect(values.at(-1).get().item()).toBe(stop);
        }
      },
    ),
    { numRuns: 40 },
  );
  expect(jit((x: NDArray) => x.mul((np.linspace(0, 1, 3).toList() as number[])[1]!))(array(4)).item()).toBe(2);
  expect(np.linspace(0, 5, 3, { dtype: "int32" }).toList()).toEqual([0, 2, 5]);
  expect(np.linspace(array([0, 1]), 3, 2, { axis: -1 }).toList()).toEqual([
    [0, 3],
    [1, 3],
  ]);
  expect(np.linspace(1, 2, 1, { retstep: true })[1].toList()).toBe(NaN);
  expect(() => np.geomspace(0, 1)).toThrow(/^np\.geomspace: /);
  expect(() => np.geomspace(-1, 1)).toThrow(/one sign/);
  expect(() => np.linspace(0, 1, 2, { endpiont: true } as never)).toThrow(/Did you mean "endpoint"/);
  expect(() => np.linspace(0, 1, -1)).toThrow(/dimension -1/);
});

test("select takes the first condition that holds, piecewise the last", () => {
  const x = array([-1, 0.5, 2]);
  const conditions = [x.greater(0), x.greater(1)];
  expect(np.select(conditions, [10, 20], -5).toList()).toEqual([-5, 10, 10]);
  expect(np.piecewise(x, conditions, [10, 20, -5]).toList()).toEqual([-5, 10, 20]);
  expect(np.piecewise(x, conditions, [10, (v) => v.mul(v)]).toList()).toEqual([0, 10, 4]);
  expect(() => np.select([x], [])).toThrow(/1 conditions and 0 choices/);
  expect(() => np.piecewise(x, [x], [1, 2, 3])).toThrow(/1 conditions and 3 pieces/);
  expect(
    grad((own: NDArray) => np.sum(np.piecewise(own, [own.less(0)], [np.square, np.exp])))(array([-2, 0])).toList(),
  ).toEqual([-4, 1]);
});

test("where: three arguments choose, one asks where, two are refused", () => {
  expect(np.where(array([1, 0]), array([[1], [2]]), 9).toList()).toEqual([
    [1, 9],
    [2, 9],
  ]);
  expect(np.where(array([false, true]))[0]!.toList()).toEqual([1]);
  expect(np.where(array([0, 7]), { size: 2, fillValue: 5 })[0]!.toList()).toEqual([1, 5]);
  expect(() => (np.where as (...args: unknown[]) => unknown)(array([1]), 2)).toThrow(/one branch/);
  expect(() => (np.where as (...args: unknown[]) => unknown)(array([1]), array([2]))).toThrow(/one branch/);
});

describe("functions of parts", () => {
  test("applyAlongAxis puts what a function gives in the place of the axis", () => {
    const x = np.arange(24).reshape(2, 3, 4);
    const outer = np.applyAlongAxis((v) => np.outer(v, v), 1, x);
    expect(outer.shape).toEqual([2, 3, 3, 4]);
    expect(outer.at(1, null, null, 2).get().toList()).toEqual(
      np.outer(x.at(1, null, 2).get(), x.at(1, null, 2).get()).toList(),
    );
    expect(np.applyAlongAxis((v, factor) => v.sum().mul(factor as number), -1, x, 2).shape).toEqual([2, 3]);
    expect(() => np.applyAlongAxis((v) => v, 0, np.zeros([2, 0]))).toThrow(/no vector/);
  });

  test("applyOverAxes keeps the axes it reduces, whether the function does or not", () => {
    const x = np.arange(24).reshape(2, 3, 4);
    for (const keepdims of [true, false])
      expect(np.applyOverAxes((v, axis) => np.sum(v, { axis, keepdims }), x, [0, -1]).toList()).toEqual(
        np.sum(x, { axis: [0, 2], keepdims: true }).toList(),
      );
    expect(() => np.applyOverAxes((v) => np.sum(v), x, 0)).toThrow(/made \[\] of \[2,3,4\]/);
  });

  test("vectorize calls once, broadcasts the other axes, and keeps excluded arguments", () => {
    let calls = 0;
    const dot = np.vectorize(
      (a: NDArray, b: NDArray) => {
        calls += 1;
        return np.dot(a, b);
      },
      { signature: "(n),(n)->()" },
    );
    const [a, b] = [np.arange(12).reshape(2, 2, 3), np.arange(6).reshape(2, 3)];
    expect(dot(a, b).toList()).toEqual(np.sum(a.mul(b), { axis: -1 }).toList());
    expect(calls).toBe(1);
    const power = np.vectorize((x: NDArray, exponent: number) => x.pow(exponent), { excluded: [1] });
    expect(power(array([1, 2, 3]), 2).toList()).toEqual([1, 4, 9]);
    const parts = np.vectorize((x: NDArray) => [x.add(1), x.mul(2)])(array([[1, 2]]));
    expect((parts as NDArray[]).map((part) => part.toList())).toEqual([[[2, 3]], [[2, 4]]]);
    expect(
      np
        .vectorize((x: NDArray) => x.mul(3))(2)
        .item(),
    ).toBe(6);
  });

  test("vectorize refuses signatures, ranks, sizes and results that do not fit", () => {
    const f = (signature: string) => np.vectorize((x: NDArray) => x, { signature });
    expect(() => f("(n->()")).toThrow(/signature "\(n->\(\)"/);
    expect(() => f("(n)->(n)")(array(1))).toThrow(/core axes \(n\)/);
    expect(() => f("(n)->()")(array([1, 2]))).toThrow(/gave \[2\] for \(\)/);
    expect(() => f("(3)->(3)")(array([1, 2]))).toThrow(/core axis 3 of argument 0 has size 2/);
    expect(() => f("(n),(n)->(n)")(array([1, 2]))).toThrow(/1 arrays for a signature of 2/);
  });
});

test("shapes and sizes are plain numbers; copies share nothing that can change", () => {
  const x = np.zeros([2, 0, 3]);
  expect([np.ndim(x), np.size(x), np.size(x, [0, 2]), np.shape(x)]).toEqual([3, 0, 6, [2, 0, 3]]);
  expect(np.broadcastShapes([2, 1], 3, [])).toEqual([2, 3]);
  expect(() => np.broadcastShapes([2], [3])).toThrow(/^np\.broadcastShapes/);
  expect(np.copy(3).weakType).toBe(false);
  expect(np.atleast2d(1, array([1, 2])).map((each) => each.shape)).toEqual([
    [1, 1],
    [1, 2],
  ]);
  expect(np.empty(2).toList()).toEqual([0, 0]);
});

test("names of options and things that do not fit are refused", () => {
  const x = np.ones([2, 3]);
  const refusals: readonly (readonly [RegExp, () => unknown])[] = [
    [/mode "mirror"/, () => np.pad(x, 1, { mode: "mirror" } as never)],
    [/np\.pad with mode "edge": option "value"/, () => np.pad(x, 1, { mode: "edge", value: 1 })],
    [/axis 0 of \[0\] has no elements/, () => np.pad(np.zeros(0), 1, { mode: "edge" })],
    [/widths -1/, () => np.pad(x, -1)],
    [/statLength 0/, () => np.pad(x, 1, { mode: "mean", statLength: 0 })],
    [/reflectType "strange"/, () => np.pad(x, 1, { mode: "reflect", reflectType: "strange" } as never)],
    [/lists of different depth/, () => np.block([[x], x])],
    [/an empty list at blocks\[1\]/, () => np.block([[x], []])],
    [/positions \[0\.5\]/, () => np.split(x, [0.5])],
    [/0 sections/, () => np.arraySplit(x, 0)],
    [/at least 3 axes/, () => np.dsplit(x, 1)],
    [/2 shifts along 3 axes/, () => np.roll(np.ones([1, 1, 1]), [1, 2], { axis: [0, 1, 2] })],
    [/axes \[1,-1\]/, () => np.rot90(x, 1, { axes: [1, -1] })],
    [/0\.5 turns/, () => np.rot90(x, 0.5)],
    [/2 axes to 1 places/, () => np.moveaxis(x, [0, 1], [0])],
    [/axes \[0,0\] repeat/, () => np.moveaxis(x, [0, -2], [0, 1])],
    [/at least two axes/, () => np.tril(array([1]))],
    [/k 0\.5/, () => np.eye(2, 2, { k: 0.5 })],
    [/all of one size/, () => np.diagIndicesFrom(x)],
    [/more axes of equal sizes/, () => np.fillDiagonal(np.ones([2, 2, 3]), 1)],
    [/np\.vander: shape \[2,3\]/, () => np.vander(x)],
    [/1 arrays of indices for shape \[2,3\]/, () => np.ravelMultiIndex([int([0])], [2, 3])],
    [/a mask \[2\] and 1 values for shape \[2,3\]/, () => np.place(x, array([true, false]), 1)],
    [/np\.choose: no choices/, () => np.choose(int([0]), [])],
    [/option "axes"/, () => np.concatenate([x], { axes: 0 } as never)],
  ];
  for (const [message, attempt] of refusals) expect(attempt).toThrow(message);
});

describe("borders of pad", () => {
  const inf = Infinity;
  const odd = (list: number[], width: np.PadWidth, mode: "reflect" | "symmetric" = "reflect"): unknown =>
    np.pad(array(list), width, { mode, reflectType: "odd" }).toList();

  test("an odd reflection leaves the array as it is, whatever it holds", () => {
    const any = fc.oneof(fc.double(), fc.constantFrom(NaN, inf, -inf, -0));
    fc.assert(
      fc.property(
        fc.array(any, { minLength: 1, maxLength: 5 }),
        fc.nat({ max: 7 }),
        fc.nat({ max: 7 }),
        (list, low, high) => {
          for (const mode of ["reflect", "symmetric"] as const)
            expect((odd(list, [low, high], mode) as number[]).slice(low, low + list.length)).toEqual(list);
        },
      ),
    );
  });

  test("an odd reflection reads the edge it mirrors at, and no other", () => {
    expect(odd([1, 2, 3, NaN], [1, 0])).toEqual([0, 1, 2, 3, NaN]);
    expect(odd([inf, 2, 3], [0, 2])).toEqual([inf, 2, 3, 4, -inf]);
    expect(odd([1, 2, inf], [2, 0])).toEqual([-inf, 0, 1, 2, inf]);
    expect(odd([1, NaN, 3], [2, 2])).toEqual([-1, NaN, 1, NaN, 3, NaN, 5]);
    expect(odd([1, 2, inf], [3, 0], "symmetric")).toEqual([-inf, 0, 1, 1, 2, inf]);
    expect(odd([1, 2, 4], 7)).toEqual([-10, -8, -6, -5, -4, -2, 0, 1, 2, 4, 6, 7, 8, 10, 12, 13, 14]);
    expect(np.pad(int([1, 2, 4]), 3, { mode: "reflect", reflectType: "odd" }).toList()).toEqual([
      -4, -2, 0, 1, 2, 4, 6, 7, 8,
    ]);
  });

  test("gradients of an odd reflection pass a NaN by", () => {
    const first = (x: NDArray): NDArray => np.pad(x, [1, 0], { mode: "reflect", reflectType: "odd" }).at(0).get();
    expect(grad(first)(array([1, 2, NaN])).toList()).toEqual([2, -1, 0]);
  });

  test("a ramp of integers is rounded down, one of floats not", () => {
    expect(np.pad(int([-3, 1]), 2, { mode: "linearRamp" }).toList()).toEqual([0, -2, -3, 1, 0, 0]);
    expect(np.pad(array([-3, 1]), 2, { mode: "linearRamp" }).toList()).toEqual([0, -1.5, -3, 1, 0.5, 0]);
    const ramp = np.pad(int([-7]), [5, 0], { mode: "linearRamp", endValue: 2 });
    expect(ramp.toList()).toEqual([2, 0, -2, -4, -6, -7]);
  });

  test("medians of the elements next to the edge, of integers to the nearest even", () => {
    expect(np.pad(int([1, 2, 5, 9]), 2, { mode: "median" }).toList()).toEqual([4, 4, 1, 2, 5, 9, 4, 4]);
    expect(np.pad(array([1, 2, 5, 9]), 1, { mode: "median" }).toList()).toEqual([3.5, 1, 2, 5, 9, 3.5]);
    const rows = np.pad(
      array([[1, 2, 9, 5]]),
      [
        [0, 0],
        [1, 2],
      ],
      { mode: "median", statLength: 3 },
    );
    expect(rows.toList()).toEqual([[2, 1, 2, 9, 5, 5, 5]]);
    const total = (x: NDArray): NDArray => np.sum(np.pad(x, [2, 0], { mode: "median" }));
    expect(jit(grad(total))(array([5, 1, 4])).toList()).toEqual([1, 1, 3]);
  });
});

test("fullLike takes arrays and traced values as full does", () => {
  const x = int([1, 2, 3]);
  expect(np.fullLike(x, array([2.5, -1.5, 3])).toList()).toEqual([2, -1, 3]);
  expect(np.fullLike(np.zeros([2, 3]), array([[7], [8]])).toList()).toEqual([
    [7, 7, 7],
    [8, 8, 8],
  ]);
  expect(np.fullLike(x, array(1.5), { dtype: "float32" }).toString()).toBe(
    np.full(3, array(1.5), { dtype: "float32" }).toString(),
  );
  const total = (s: NDArray): NDArray => np.sum(np.fullLike(np.zeros([2, 3]), s));
  expect(jit(grad(total))(array(4)).item()).toBe(6);
  expect(() => np.fullLike(x, array([1, 2]))).toThrow(/ShapeMismatch|shape/i);
});
