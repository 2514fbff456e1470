/**
 * dot, matmul, tensordot, inner, outer, vdot equal their sums written out, for any shapes that fit.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { jit } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { arraysOf, broadcastable, build, elementAt, shapes, sizeOf } from "./arbitraries.ts";

const sumOver = (count: number, term: (k: number) => number): number =>
  Array.from({ length: count }, (_, k) => term(k)).reduce((sum, value) => sum + value, 0);

const operands = (left: readonly number[], right: readonly number[]): fc.Arbitrary<readonly [NDArray, NDArray]> =>
  fc.tuple(arraysOf(left), arraysOf(right));

test("matmul multiplies stacks of matrices and broadcasts their leading axes", () => {
  const sizes = fc.tuple(
    fc.integer({ min: 0, max: 3 }),
    fc.integer({ min: 0, max: 3 }),
    fc.integer({ min: 0, max: 3 }),
  );
  const stacks = fc.tuple(broadcastable(2), sizes).chain(
    ([
      {
        common,
        shapes: [left, right],
      },
      [rows, inner, columns],
    ]) =>
      operands([...left!, rows, inner], [...right!, inner, columns]).map(([x, y]) => ({
        x,
        y,
        inner,
        shape: [...common, rows, columns],
      })),
  );
  fc.assert(
    fc.property(stacks, ({ x, y, inner, shape }) => {
      const wanted = build(shape, (place) => {
        const [lead, row, column] = [place.slice(0, -2), place.at(-2)!, place.at(-1)!];
        return sumOver(inner, (k) => stackedElement(x, lead, row, k) * stackedElement(y, lead, k, column));
      });
      expect(np.matmul(x, y).toString()).toBe(wanted.toString());
      expect(jit((a: NDArray, b: NDArray) => np.matmul(a, b))(x, y).toString()).toBe(wanted.toString());
    }),
    { numRuns: 150 },
  );
});

/** Element of a stack of matrices whose leading axes broadcast; the last two do not. */
const stackedElement = (x: NDArray, lead: readonly number[], row: number, column: number): number => {
  const own = x.shape.slice(0, -2);
  const at = lead.slice(lead.length - own.length).map((k, axis) => (own[axis] === 1 ? 0 : k));
  return elementAt(x, [...at, row, column]);
};

test("vectors are rows on the left of matmul and columns on the right", () => {
  const sizes = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 0, max: 3 }), shapes({ maxRank: 2 }));
  fc.assert(
    fc.property(
      sizes.chain(([n, m, lead]) => fc.tuple(arraysOf([n]), arraysOf([...lead, n, m]), arraysOf([...lead, m, n]))),
      ([v, matrix, other]) => {
        const [n] = v.shape as [number];
        const fromLeft = build(matrix.shape.toSpliced(-2, 1), (place) =>
          sumOver(n, (k) => elementAt(v, [k]) * elementAt(matrix, place.toSpliced(-1, 0, k))),
        );
        expect(np.matmul(v, matrix).toString()).toBe(fromLeft.toString());
        const fromRight = build(other.shape.slice(0, -1), (place) =>
          sumOver(n, (k) => elementAt(other, [...place, k]) * elementAt(v, [k])),
        );
        expect(np.matmul(other, v).toString()).toBe(fromRight.toString());
        expect(np.dot(other, v).toString()).toBe(fromRight.toString());
      },
    ),
  );
});

test("tensordot sums over paired axes", () => {
  const cases = fc
    .tuple(shapes({ maxRank: 3 }), shapes({ maxRank: 2 }), fc.integer({ min: 0, max: 2 }))
    .chain(([left, right, pairs]) =>
      fc
        .tuple(
          fc.shuffledSubarray(
            left.map((_, axis) => axis),
            { minLength: Math.min(pairs, left.length), maxLength: Math.min(pairs, left.length) },
          ),
          fc.array(fc.nat(2), { minLength: 2, maxLength: 2 }),
        )
        .chain(([own, places]) => {
          const other: number[] = [];
          const shape = [...right];
          own.forEach((axis, k) => {
            const at = Math.min(places[k]!, shape.length);
            shape.splice(at, 0, left[axis]!);
            other.forEach((earlier, n) => (other[n] = earlier >= at ? earlier + 1 : earlier));
            other.push(at);
          });
          return operands(left, shape).map(([x, y]) => ({ x, y, own, other }));
        }),
    );
  fc.assert(
    fc.property(cases, ({ x, y, own, other }) => {
      const free = (z: NDArray, axes: readonly number[]): number[] =>
        z.shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]));
      const [ofX, ofY] = [free(x, own), free(y, other)];
      const extents = own.map((axis) => x.shape[axis]!);
      const wanted = build([...ofX.map((axis) => x.shape[axis]!), ...ofY.map((axis) => y.shape[axis]!)], (place) =>
        sumOver(sizeOf(extents), (flat) => {
          const [left, right] = [new Array<number>(x.ndim), new Array<number>(y.ndim)];
          ofX.forEach((axis, k) => (left[axis] = place[k]!));
          ofY.forEach((axis, k) => (right[axis] = place[ofX.length + k]!));
          let rest = flat;
          own.forEach((axis, k) => {
            left[axis] = rest % extents[k]!;
            right[other[k]!] = left[axis]!;
            rest = Math.floor(rest / extents[k]!);
          });
          return elementAt(x, left) * elementAt(y, right);
        }),
      );
      expect(np.tensordot(x, y, [own, other]).toString()).toBe(wanted.toString());
    }),
    { numRuns: 150 },
  );
});

test("tensordot refuses more axes than there are, and axes named twice", () => {
  expect(() => np.tensordot(np.ones(2), np.ones([2, 2]), 2)).toThrow(
    /^np\.tensordot: 2 axes of shapes \[2\] and \[2,2\]/,
  );
  expect(() =>
    np.tensordot(np.ones([2, 2]), np.ones([2, 2]), [
      [0, 0],
      [0, 1],
    ]),
  ).toThrow(/repeat/);
});

test("inner, outer and vdot are contractions of the last axes, of none and of all", () => {
  fc.assert(
    fc.property(
      shapes({ maxRank: 2 }).chain((lead) => fc.integer({ min: 1, max: 3 }).chain((n) => operands([...lead, n], [n]))),
      ([x, y]) => {
        expect(np.inner(x, y).toString()).toBe(np.tensordot(x, y, [[-1], [-1]]).toString());
        expect(np.arrayEqual(np.outer(x, y), np.tensordot(np.ravel(x), y, 0)).item()).toBe(1);
        expect(np.vdot(x, x).item()).toBe(np.sum(x.mul(x)).item());
      },
    ),
  );
});
