/**
 * Lines along an axis as lanes of vectors, for kernels that walk along several lines at once. Lines whose elements are
 * neighbours are "rows": a block of a few elements of as many lines is read by whole vectors and turned, so that every
 * vector holds one element of each line. Other lines stand side by side as "columns" and are read as they lie.
 * float32 becomes float64 on the way in and is rounded on the way out.
 */
import { f32x4, f64x2, i8x16, v128 } from "../assembler/index.ts";
import type { AddressOperand, Statements } from "../assembler/index.ts";
import { type Shape, elementCount } from "../numeric-array.ts";
import { type Lanes, type Vector, doubles, interleave, singles } from "./lanes.ts";

export type NumberType = "float64" | "float32" | "int32" | "uint32";

export const isNumberType = (dtype: string): dtype is NumberType =>
  dtype === "float64" || dtype === "float32" || dtype === "int32" || dtype === "uint32";

/** A contiguous array seen along one axis: `outer` blocks of `length` rows of `stride` elements. */
export interface Lines {
  readonly outer: number;
  readonly length: number;
  /** Elements from one of a line to the next; 1 if lines are rows. */
  readonly stride: number;
}

export const linesAlong = (shape: Shape, axis: number): Lines => ({
  outer: elementCount(shape.slice(0, axis)),
  length: shape[axis]!,
  stride: elementCount(shape.slice(axis + 1)),
});

/** Columns that pass by together: few enough that what is kept of them stays in the first cache. */
export const columnTile = 512;

/** Most vectors that keep something of the columns of a tile: one for `count` columns, and one for each that is left. */
export const tilePlaces = (columns: number, count: number): number =>
  Math.floor(Math.min(columns, columnTile) / count) + count - 1;

/** How elements of one dtype come from memory into lanes, one lane a line, and back. */
export interface LineLanes {
  /** Bytes of an element. */
  readonly item: 8 | 4;
  /** Lines in a vector. */
  readonly count: 2 | 4;
  /** Elements of every line in a block. */
  readonly steps: 2 | 4;
  /** Neighbours of `count` lines side by side. */
  readonly load: (address: AddressOperand) => Vector;
  readonly store: (f: Statements, address: AddressOperand, elements: Vector) => void;
  /** A single line, in lane 0. */
  readonly loadOne: (address: AddressOperand) => Vector;
  readonly storeOne: (f: Statements, address: AddressOperand, elements: Vector) => void;
  /** One element of every line, at these addresses. */
  readonly gather: (addresses: readonly AddressOperand[]) => Vector;
  readonly scatter: (f: Statements, addresses: readonly AddressOperand[], elements: Vector) => void;
  /** A block: from every address on `steps` neighbours; one vector for each step. */
  readonly loadBlock: (f: Statements, addresses: readonly AddressOperand[]) => readonly Vector[];
  readonly storeBlock: (f: Statements, addresses: readonly AddressOperand[], elements: readonly Vector[]) => void;
}

type Form = Pick<LineLanes, "count" | "load" | "store"> & {
  readonly widen: (elements: Vector) => Vector;
  readonly narrow: (elements: Vector) => Vector;
  /** Between one vector a line and one vector a step, elements as they are in memory. */
  readonly stepsOf: (f: Statements, lines: readonly Vector[]) => readonly Vector[];
  readonly linesOf: (f: Statements, steps: readonly Vector[]) => readonly Vector[];
};

const lineLanes = ({ item, bits, loadLane }: Lanes, form: Form): LineLanes => {
  const { widen, narrow, stepsOf, linesOf } = form;
  const loadZero = bits === 64 ? v128.load64_zero : v128.load32_zero;
  return {
    item,
    steps: item === 8 ? 2 : 4,
    ...form,
    loadOne: (address) => widen(loadZero(address)),
    storeOne: (f, address, elements) => f.storeLane(bits, address, narrow(elements), 0),
    gather: ([first, ...others]) =>
      widen(others.reduce<Vector>((vector, address, k) => loadLane(address, vector, k + 1), loadZero(first!))),
    scatter: (f, addresses, elements) => {
      const stored = f.hold(narrow(elements));
      addresses.forEach((address, lane) => f.storeLane(bits, address, stored, lane));
    },
    loadBlock: (f, addresses) =>
      stepsOf(
        f,
        addresses.map((address) => v128.load(address)),
      ).map(widen),
    storeBlock: (f, addresses, elements) =>
      linesOf(f, elements.map(narrow)).forEach((line, k) => f.store(addresses[k]!, line)),
  };
};

const same = (elements: Vector): Vector => elements;
const whole = {
  load: v128.load,
  store: (f: Statements, address: AddressOperand, x: Vector): void => f.store(address, x),
};

const numbers64 = lineLanes(doubles, {
  ...whole,
  count: 2,
  widen: same,
  narrow: same,
  stepsOf: doubles.transpose,
  linesOf: doubles.transpose,
});

const integers32 = lineLanes(singles, {
  ...whole,
  count: 4,
  widen: same,
  narrow: same,
  stepsOf: singles.transpose,
  linesOf: singles.transpose,
});

const upperHalf = (x: Vector): Vector => i8x16.shuffle(x, x, [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7]);

/** Two lines, four steps; a step is the lower half of a vector. */
const numbers32 = lineLanes(singles, {
  count: 2,
  load: (address) => f64x2.promote_low_f32x4(v128.load64_zero(address)),
  store: (f, address, x) => f.storeLane(64, address, f32x4.demote_f64x2_zero(x), 0),
  widen: f64x2.promote_low_f32x4,
  narrow: f32x4.demote_f64x2_zero,
  stepsOf: (f, [x, y]) => interleave(f, 4, x!, y!).flatMap((pair) => [pair, upperHalf(pair)]),
  linesOf: (f, [a, b, c, d]) => {
    const [even] = interleave(f, 4, a!, c!);
    const [odd] = interleave(f, 4, b!, d!);
    return interleave(f, 4, even!, odd!);
  },
});

export const lineLanesOf: Readonly<Record<NumberType, LineLanes>> = {
  float64: numbers64,
  float32: numbers32,
  int32: integers32,
  uint32: integers32,
};
