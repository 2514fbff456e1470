/**
 * Pairs of neighbours along x as vectors, and loops over the rows of a grid.
 */
import { f64, f64x2, i32, i8x16, v128 } from "../assembler/index.ts";
import type { Expression, Local, Operand, Statements } from "../assembler/index.ts";
import type { Vector } from "../prebuilt/lanes.ts";

/** 0, 1, .., count - 1: what the code of a kernel is written for. */
export const range = (count: number): readonly number[] => Array.from({ length: count }, (_, k) => k);

const upperThenLower = [8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23];
const bothLower = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];
const bothUpper = [8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31];

/** (low[1], high[0]): the pair that begins one place later. */
export const shifted = (low: Vector, high: Vector): Vector => i8x16.shuffle(low, high, upperThenLower);
/** (low[0], high[0]) */
export const lowers = (low: Vector, high: Vector): Vector => i8x16.shuffle(low, high, bothLower);
/** (low[1], high[1]) */
export const uppers = (low: Vector, high: Vector): Vector => i8x16.shuffle(low, high, bothUpper);

/** Both lanes added. */
export const lanesAdded = (pair: Local<"v128">): Expression<"f64"> =>
  f64.add(f64x2.extract_lane(pair, 0), f64x2.extract_lane(pair, 1));

export const half: Vector = f64x2.splat(f64.const(0.5));

/** A vector loaded from byte `offset` behind a pointer. */
export const load = (pointer: Operand<"i32">, offset = 0): Vector => v128.load(pointer, offset);

/** Adds bytes to pointers. */
export const advance = (f: Statements, bytes: number, ...pointers: readonly Local<"i32">[]): void => {
  for (const pointer of pointers) f.set(pointer, i32.add(pointer, bytes));
};

/** Loops over all combinations of counts, the last one innermost; `step` follows every round of the loop over that axis. */
export const nestedLoops = (
  f: Statements,
  counts: readonly number[],
  body: () => void,
  step: (axis: number) => void,
  axis = 0,
): void => {
  f.for(f.local("i32"), 0, counts[axis]!, 1, () => {
    if (axis === counts.length - 1) body();
    else nestedLoops(f, counts, body, step, axis + 1);
    step(axis);
  });
};
