/**
 * Folds of rows as WebAssembly, in the order of kernels/axis-folds.ts: target[k] = source[k] * source[k + step] * .. with
 * * for a sum, a weighted sum or an extremum. Up to four rows are read at once with their weights in registers.
 */
import { foldBlock } from "../axis-folds.ts";
import { f32x4, f64x2, i32, i8x16, v128 } from "../assembler/index.ts";
import type { Expression, FunctionReference, Local, Operand, Statements, WasmModule } from "../assembler/index.ts";
import { least } from "./convolution-state.ts";
import { type Integers, type Lanes, type Vector, everyLane, integers } from "./lanes.ts";

const { add, and, sub } = i32;

/** How elements are combined: the neutral one, what nothing gives, whether it is addition, and whether each has a weight. */
export type Combination = {
  readonly name: string;
  readonly neutral: number;
  readonly ofNothing: number;
  readonly isSum: boolean;
  readonly isWeighted: boolean;
  readonly combine: (lanes: Lanes, x: Vector, y: Vector) => Vector;
};

const addition = {
  isSum: true,
  neutral: -0,
  ofNothing: 0,
  combine: (lanes: Lanes, x: Vector, y: Vector) => lanes.vector.add(x, y),
};

export const combinations: Readonly<Record<"sum" | "weighted" | "max" | "min", Combination>> = {
  sum: { name: "sum", isWeighted: false, ...addition },
  weighted: { name: "weighted", isWeighted: true, ...addition },
  max: {
    name: "max",
    neutral: -Infinity,
    ofNothing: -Infinity,
    isSum: false,
    isWeighted: false,
    combine: (lanes, x, y) => lanes.vector.max(x, y),
  },
  min: {
    name: "min",
    neutral: Infinity,
    ofNothing: Infinity,
    isSum: false,
    isWeighted: false,
    combine: (lanes, x, y) => lanes.vector.min(x, y),
  },
};

/** Bytes of an entry of the table of an axis: offset of the first row, their number, address of the weights. */
export const entryBytes = 12;

/** (target, source, bytes, count, step, weights): folds `count` rows of `bytes` bytes, `step` bytes apart. */
export type FoldRows = FunctionReference<Integers<6>, "none">;

/** Vectors of a row that are folded side by side. */
const widest = 4;

/** A piece of a row: its loads from a row that begins at an address, and its store. */
type Piece = {
  readonly width: number;
  readonly load: (row: Operand<"i32">, v: number) => Vector;
  readonly store: (target: Operand<"i32">, v: number, value: Vector) => void;
};

/** Calls `body` for pieces of four vectors, of one, and of one element, with the place of each in the row. */
const overPieces = (
  f: Statements,
  { bits, item, splat }: Lanes,
  bytes: Local<"i32">,
  body: (place: Local<"i32">, piece: Piece) => void,
): void => {
  const place = f.local("i32");
  const vectors = (width: number): Piece => ({
    width,
    load: (row, v) => v128.load(row, 16 * v),
    store: (target, v, value) => f.store(target, value, 16 * v),
  });
  const single: Piece = {
    width: 1,
    load: (row) => splat(row),
    store: (target, _, value) => f.storeLane(bits, target, value, 0),
  };
  const wide = f.hold(and(bytes, -16 * widest));
  const whole = f.hold(and(bytes, -16));
  f.for(place, 0, wide, 16 * widest, () => body(place, vectors(widest)));
  f.for(place, wide, whole, 16, () => body(place, vectors(1)));
  f.for(place, whole, bytes, item, () => body(place, single));
};

/** What is folded: rows from an address on. */
export type Rows = Readonly<Record<"row" | "count" | "step" | "weights", Local<"i32">>>;

/** Where it goes: one variable per vector of the piece, and the piece's loads. */
export type Totals = { readonly totals: readonly Local<"v128">[]; readonly load: Piece["load"] };

type Factor = Expression<"v128"> | null;

/** Sets `totals` to the folds of a few rows, given where each begins and its weight. */
const foldFew = (
  f: Statements,
  lanes: Lanes,
  { combine }: Combination,
  { starts, factors }: { readonly starts: readonly Expression<"i32">[]; readonly factors: readonly Factor[] },
  { totals, load }: Totals,
): void =>
  starts.forEach((start, r) => {
    const row = f.hold(start);
    const factor = factors[r]!;
    totals.forEach((total, v) => {
      const x = factor === null ? load(row, v) : lanes.vector.mul(factor, load(row, v));
      f.set(total, r === 0 ? x : combine(lanes, total, x));
    });
  });

const startsOf = (f: Statements, rows: number, row: Local<"i32">, step: Operand<"i32">): Local<"i32">[] => {
  const starts = [row];
  for (let r = 1; r < rows; r += 1) starts.push(f.hold(add(starts[r - 1]!, step)));
  return starts;
};

const factorsOf = (
  f: Statements,
  { splat, item }: Lanes,
  { isWeighted }: Combination,
  rows: number,
  weights: Local<"i32">,
): Factor[] => Array.from({ length: rows }, (_, r) => (isWeighted ? f.hold(splat(weights, r * item)) : null));

/** A few rows at once. */
const straight = (module: WasmModule, lanes: Lanes, combination: Combination, rows: number): FoldRows =>
  module.func(`${combination.name}${rows}of${lanes.bits}`, { params: integers(6) }, (f, ...args) => {
    const [target, source, bytes, , step, weights] = args;
    const starts = startsOf(f, rows, source, step);
    const factors = factorsOf(f, lanes, combination, rows, weights);
    overPieces(f, lanes, bytes, (place, { width, load, store }) => {
      const totals = Array.from({ length: width }, () => f.local("v128"));
      const few = { starts: starts.map((start) => add(start, place)), factors };
      foldFew(f, lanes, combination, few, { totals, load });
      const to = f.hold(add(target, place));
      totals.forEach((total, v) => store(to, v, total));
    });
  });

/** Totals of blocks of sums: in float64, so that those of float32 take two vectors each. */
type Running = { readonly join: (sum: Vector) => void; readonly finish: () => Vector };

/** Byte orders that bring the upper half of a vector down, and two lower halves together. */
const upperHalf = Array.from({ length: 16 }, (_, k) => 8 + (k % 8));
const lowerHalves = Array.from({ length: 16 }, (_, k) => (k < 8 ? k : 8 + k));

const runningTotal = (f: Statements, lanes: Lanes, { neutral, isSum, combine }: Combination): Running => {
  const isWide = isSum && lanes.bits === 32;
  const start = everyLane(isWide ? 64 : lanes.bits, neutral);
  const [low, high] = [f.hold(start), f.hold(start)];
  if (!isWide) return { join: (sum) => f.set(low, combine(lanes, low, sum)), finish: () => low };
  return {
    join: (sum) => {
      f.set(low, f64x2.add(low, f64x2.promote_low_f32x4(sum)));
      f.set(high, f64x2.add(high, f64x2.promote_low_f32x4(i8x16.shuffle(sum, sum, upperHalf))));
    },
    finish: () => i8x16.shuffle(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), lowerHalves),
  };
};

/** Sets `totals` to the folds of any number of rows, one piece wide; `row`, `count` and `weights` are used up. */
const foldMany = (
  f: Statements,
  lanes: Lanes,
  combination: Combination,
  { row, count, step, weights }: Rows,
  { totals, load }: Totals,
): void => {
  const { neutral, isWeighted, combine } = combination;
  const sums = totals.map(() => f.local("v128"));
  const inBlock = f.local("i32");
  const running = totals.map(() => runningTotal(f, lanes, combination));
  f.while(count, () => {
    f.set(inBlock, least(count, foldBlock));
    f.set(count, sub(count, inBlock));
    for (const sum of sums) f.set(sum, everyLane(lanes.bits, neutral));
    f.loop((again) => {
      const factor = isWeighted ? f.hold(lanes.splat(weights)) : null;
      sums.forEach((sum, v) => {
        const x = load(row, v);
        f.set(sum, combine(lanes, sum, factor === null ? x : lanes.vector.mul(factor, x)));
      });
      f.set(row, add(row, step));
      if (isWeighted) f.set(weights, add(weights, lanes.item));
      f.set(inBlock, sub(inBlock, 1));
      f.brIf(again, inBlock);
    });
    running.forEach(({ join }, v) => join(sums[v]!));
  });
  totals.forEach((total, v) => f.set(total, running[v]!.finish()));
};

/** The fold of any number of single vectors, as the statements of the function that calls; `rows` are used up. */
export const foldVectors = (f: Statements, lanes: Lanes, combination: Combination, rows: Rows): Local<"v128"> => {
  const total = f.hold(everyLane(lanes.bits, combination.ofNothing));
  const totals = { totals: [total], load: (row: Operand<"i32">) => v128.load(row) };
  f.block((done) => {
    f.brIf(done, i32.eqz(rows.count));
    for (const few of [2, 1, 4, 3])
      f.if(i32.eq(rows.count, few), () => {
        const starts = startsOf(f, few, rows.row, rows.step);
        foldFew(
          f,
          lanes,
          combination,
          { starts, factors: factorsOf(f, lanes, combination, few, rows.weights) },
          totals,
        );
        f.br(done);
      });
    foldMany(f, lanes, combination, rows, totals);
  });
  return total;
};

/** Any number of rows. */
const several = (module: WasmModule, lanes: Lanes, combination: Combination): FoldRows =>
  module.func(`${combination.name}of${lanes.bits}`, { params: integers(6) }, (f, ...args) => {
    const [target, source, bytes, count, step, weights] = args;
    overPieces(f, lanes, bytes, (place, { width, load, store }) => {
      const totals = Array.from({ length: width }, () => f.local("v128"));
      const rows = { row: f.hold(add(source, place)), count: f.hold(count), step, weights: f.hold(weights) };
      foldMany(f, lanes, combination, rows, { totals, load });
      const to = f.hold(add(target, place));
      totals.forEach((total, v) => store(to, v, total));
    });
  });

/** No rows. */
const none = (module: WasmModule, lanes: Lanes, { name, ofNothing }: Combination): FoldRows =>
  module.func(`${name}0of${lanes.bits}`, { params: integers(6) }, (f, target, _, bytes) => {
    const value = everyLane(lanes.bits, ofNothing);
    overPieces(f, lanes, bytes, (place, { width, store }) => {
      const to = f.hold(add(target, place));
      for (let v = 0; v < width; v += 1) store(to, v, value);
    });
  });

/** The fold of any number of rows. */
export const foldRows = (module: WasmModule, lanes: Lanes, combination: Combination): FoldRows => {
  const few = [
    none(module, lanes, combination),
    ...[1, 2, 3, 4].map((rows) => straight(module, lanes, combination, rows)),
  ];
  const any = several(module, lanes, combination);
  return module.func(`${combination.name}Rows${lanes.bits}`, { params: integers(6) }, (f, ...args) => {
    const count = args[3];
    few.forEach((rows, k) =>
      f.if(i32.eq(count, k), () => {
        f.call(rows, ...args);
        f.return();
      }),
    );
    f.call(any, ...args);
  });
};
