/**
 * Laws of x.at(...): reading and writing follow NumPy's rules element by element, for any mix of numbers, slices,
 * whole axes and arrays of integers; take, takeAlongAxis.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { array, grad, jit, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { slice } from "cotangent/numpy";
import { arraysOf, build, elementAt, placesOf, shapes, sizeOf } from "./arbitraries.ts";
import type { Shape } from "./arbitraries.ts";

/** One index with the places along its axis that it selects, computed by hand. */
type Chosen =
  | { readonly kind: "number"; readonly index: number; readonly at: number }
  | { readonly kind: "range"; readonly index: np.Index; readonly at: readonly number[] }
  | { readonly kind: "array"; readonly index: NDArray; readonly at: readonly number[] };

const pythonRange = (start: number | null, stop: number | null, step: number, extent: number): number[] => {
  const inside: number[] = [];
  // walk the whole line of multiples, as slow and as plain as the definition
  const bound = (value: number): number => (value < 0 ? value + extent : value);
  const first =
    start === null
      ? step > 0
        ? 0
        : extent - 1
      : step > 0
        ? Math.max(0, bound(start))
        : Math.min(extent - 1, bound(start));
  for (
    let k = first;
    k >= 0 && k < extent && (stop === null || (step > 0 ? k < bound(stop) : k > Math.max(-1, bound(stop))));
    k += step
  )
    inside.push(k);
  return inside;
};

const choose = (extent: number, tuples: number): fc.Arbitrary<Chosen> => {
  const bound = fc.option(fc.integer({ min: -5, max: 5 }));
  const ranges = fc.tuple(bound, bound, fc.constantFrom(1, 2, -1, -2, 3)).map(([start, stop, step]): Chosen => ({
    kind: "range",
    index: slice(start, stop, step),
    at: pythonRange(start, stop, step, extent),
  }));
  const whole = fc.constant<Chosen>({ kind: "range", index: null, at: Array.from({ length: extent }, (_, k) => k) });
  if (extent === 0) return fc.oneof(ranges, whole);
  const numbers = fc
    .integer({ min: -extent, max: extent - 1 })
    .map((index): Chosen => ({ kind: "number", index, at: index < 0 ? index + extent : index }));
  const lists = fc
    .array(fc.integer({ min: -extent, max: extent - 1 }), { minLength: tuples, maxLength: tuples })
    .map((list): Chosen => ({
      kind: "array",
      index: array(list, { dtype: "int32", shape: [tuples] }),
      at: list.map((index) => (index < 0 ? index + extent : index)),
    }));
  return fc.oneof(ranges, whole, numbers, lists);
};

interface Case {
  readonly shape: Shape;
  readonly chosen: readonly Chosen[];
  readonly tuples: number;
}

const cases: fc.Arbitrary<Case> = fc
  .tuple(shapes({ minRank: 1, maxRank: 3, maxSize: 4 }), fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 }))
  .chain(([shape, tuples, given]) =>
    fc
      .tuple(...shape.slice(0, given).map((extent) => choose(extent, tuples)))
      .map((chosen) => ({ shape, chosen, tuples })),
  );

/** For every element of the result in row-major order, its place in the operand; and the result's shape. */
const selection = ({ shape, chosen, tuples }: Case): { readonly shape: Shape; readonly from: readonly number[][] } => {
  const hasArray = chosen.some(({ kind }) => kind === "array");
  const advanced = chosen.flatMap(({ kind }, k) => (kind === "array" || kind === "number" ? [k] : []));
  const areNeighbours = advanced.every((k, n) => n === 0 || k === advanced[n - 1]! + 1);
  const ranges = shape.flatMap((extent, axis) => {
    const index = chosen[axis];
    if (index !== undefined && index.kind !== "range") return [];
    return [{ axis, at: index === undefined ? Array.from({ length: extent }, (_, k) => k) : index.at }];
  });
  const before = areNeighbours && hasArray ? ranges.filter(({ axis }) => axis < advanced[0]!).length : 0;
  const out = ranges.map(({ at }) => at.length);
  if (hasArray) out.splice(before, 0, tuples);
  const from = placesOf(out).map((place) => {
    const tuple = hasArray ? place[before]! : 0;
    const others = hasArray ? place.toSpliced(before, 1) : place;
    const source = new Array<number>(shape.length);
    ranges.forEach(({ axis, at }, k) => (source[axis] = at[others[k]!]!));
    chosen.forEach((index, axis) => {
      if (index.kind === "number") source[axis] = index.at;
      if (index.kind === "array") source[axis] = index.at[tuple]!;
    });
    return source;
  });
  return { shape: out, from };
};

const indicesOf = ({ chosen }: Case): np.Index[] => chosen.map(({ index }) => index);

const withArray = cases.chain((each) => arraysOf(each.shape).map((x) => ({ each, x })));

test("get reads what the indices select, eagerly and compiled", () => {
  fc.assert(
    fc.property(withArray, ({ each, x }) => {
      const { shape, from } = selection(each);
      const wanted = array(
        from.map((place) => elementAt(x, place)),
        { shape },
      );
      expect(
        x
          .at(...indicesOf(each))
          .get()
          .toString(),
      ).toBe(wanted.toString());
      expect(x.at(...indicesOf(each)).get().shape).toEqual(shape);
      expect(jit((v: NDArray) => v.at(...indicesOf(each)).get())(x).toString()).toBe(wanted.toString());
    }),
    { numRuns: 300 },
  );
});

test.each(["set", "add", "mul"] as const)("%s writes element by element in row-major order", (write) => {
  const combine = {
    set: (_: number, v: number) => v,
    add: (old: number, v: number) => old + v,
    mul: (old: number, v: number) => old * v,
  }[write];
  fc.assert(
    fc.property(
      withArray.chain(({ each, x }) => arraysOf(selection(each).shape).map((v) => ({ each, x, v }))),
      ({ each, x, v }) => {
        const flat = [...x.toTypedArray()];
        const given = v.toTypedArray();
        selection(each).from.forEach((place, k) => {
          const at = place.reduce((sum, index, axis) => sum * each.shape[axis]! + index, 0);
          flat[at] = combine(flat[at]!, given[k]!);
        });
        const wanted = array(flat, { shape: each.shape }).toString();
        expect(
          x
            .at(...indicesOf(each))
            [write](v)
            .toString(),
        ).toBe(wanted);
        expect(
          jit((operand: NDArray, values: NDArray) => operand.at(...indicesOf(each))[write](values))(x, v).toString(),
        ).toBe(wanted);
      },
    ),
    { numRuns: 200 },
  );
});

test("values broadcast to what is selected, and writing what was read changes nothing", () => {
  fc.assert(
    fc.property(withArray, ({ each, x }) => {
      const view = x.at(...indicesOf(each));
      expect(view.set(view.get()).toString()).toBe(x.toString());
      expect(view.set(3).toString()).toBe(view.set(np.full(selection(each).shape, 3)).toString());
      expect(view.add(-0).toString()).toBe(x.toString());
    }),
  );
});

test("elements that are not written keep the sign of their zero", () => {
  const x = array([-0, 0, 1]);
  expect(x.at(2).add(1).toList()).toEqual([-0, 0, 2]);
  expect(jit((v: NDArray) => v.at(2).add(1))(x).toList()).toEqual([-0, 0, 2]);
  expect(x.at(slice(2)).mul(2).toList()).toEqual([-0, 0, 2]);
});

test("the gradient of a read adds up where elements were read", () => {
  fc.assert(
    fc.property(
      withArray.chain(({ each, x }) => arraysOf(selection(each).shape).map((v) => ({ each, x, v }))),
      ({ each, x, v }) => {
        const gradient = grad((operand: NDArray) =>
          np.sum(
            operand
              .at(...indicesOf(each))
              .get()
              .mul(v),
          ),
        )(x);
        expect(
          np
            .arrayEqual(
              gradient,
              np
                .zeros(each.shape)
                .at(...indicesOf(each))
                .add(v),
            )
            .item(),
        ).toBe(1);
      },
    ),
  );
});

test("the gradient of a write is the rest of the operand and what is read of the values", () => {
  fc.assert(
    fc.property(
      withArray.chain(({ each, x }) =>
        fc.tuple(arraysOf(each.shape), arraysOf(selection(each).shape)).map(([w, v]) => ({ each, x, v, w })),
      ),
      ({ each, x, v, w }) => {
        const hasRepeats = new Set(selection(each).from.map(String)).size < sizeOf(selection(each).shape);
        const [ofOperand, ofValues] = grad(
          (operand: NDArray, values: NDArray) =>
            np.sum(
              operand
                .at(...indicesOf(each))
                .set(values)
                .mul(w),
            ),
          { argnums: [0, 1] },
        )(x, v);
        expect(np.arrayEqual(ofOperand, w.at(...indicesOf(each)).set(0)).item()).toBe(1);
        if (!hasRepeats) expect(np.arrayEqual(ofValues, w.at(...indicesOf(each)).get()).item()).toBe(1);
      },
    ),
  );
});

test("vmap over rows of operands and of indices equals a loop", () => {
  const x = array([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  const places = array(
    [
      [0, 2],
      [1, -1],
    ],
    { dtype: "int32" },
  );
  const wanted = [
    [1, 3],
    [5, 6],
  ];
  expect(vmap((row: NDArray, at: NDArray) => row.at(at).get())(x, places).toList()).toEqual(wanted);
  expect(vmap((row: NDArray, at: NDArray) => row.at(at).mul(2))(x, places).toList()).toEqual([
    [2, 2, 6],
    [4, 10, 12],
  ]);
  expect(vmap((at: NDArray) => x.at(0, at).get())(places).toList()).toEqual([
    [1, 3],
    [2, 3],
  ]);
});

test("arrays of indices broadcast together", () => {
  const x = array([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  const [rows, columns] = [array([[0], [1]], { dtype: "int32" }), array([2, 0], { dtype: "uint32" })];
  expect(x.at(rows, columns).get().toList()).toEqual([
    [3, 1],
    [6, 4],
  ]);
  expect(x.at(0, columns).get().toList()).toEqual([3, 1]);
  expect(
    x
      .at(array(1, { dtype: "int32" }))
      .get()
      .toList(),
  ).toEqual([4, 5, 6]);
});

test("take replaces its axis by the shape of the indices", () => {
  fc.assert(
    fc.property(
      shapes({ minRank: 1, minSize: 1 }).chain((shape) =>
        fc.tuple(
          arraysOf(shape),
          fc.integer({ min: 0, max: shape.length - 1 }),
          shapes({ maxRank: 2 }).chain((own) => arraysOf(own, "int32")),
        ),
      ),
      ([x, axis, indices]) => {
        const extent = x.shape[axis]!;
        const shape = x.shape.toSpliced(axis, 1, ...indices.shape);
        const wanted = build(shape, (place) => {
          const index = elementAt(indices, place.slice(axis, axis + indices.ndim));
          const wrapped = index < 0 ? index + extent : index;
          return elementAt(x, place.toSpliced(axis, indices.ndim, Math.max(0, Math.min(extent - 1, wrapped))));
        });
        expect(np.take(x, indices, { axis }).toString()).toBe(wanted.toString());
        expect(x.take(indices, { axis: axis - x.ndim }).toString()).toBe(wanted.toString());
      },
    ),
  );
});

test("takeAlongAxis reads in step along the other axes", () => {
  const x = array([
    [10, 30, 20],
    [60, 50, 40],
  ]);
  expect(np.takeAlongAxis(x, np.argsort(x)).toList()).toEqual([
    [10, 20, 30],
    [40, 50, 60],
  ]);
  expect(np.takeAlongAxis(x, np.expandDims(np.argmax(x, { axis: 0 }), 0), { axis: 0 }).toList()).toEqual([
    [60, 50, 40],
  ]);
  expect(np.takeAlongAxis(x, array([[7]], { dtype: "int32" }), { mode: "fill" }).toList()).toEqual([[NaN], [NaN]]);
});
