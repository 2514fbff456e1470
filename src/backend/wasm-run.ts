/**
 * Runs as WebAssembly, in the order of kernels/reduction.ts: blocks of 1024 elements, in each 16 partial sums.
 * `writeRun` takes elements one after the other, of one result or of all lanes' results; `writeRunAcross` takes the partial
 * sums of one result as lanes, where the elements are neighbours; extrema of floats are then found by the quick instructions,
 * and once more with care where there is a NaN or the extremum is a zero.
 */
import { conditional, f32, f32x4, f64, f64x2, i32, i8x16, v128 } from "../../kernels/assembler/index.ts";
import type { Expression, FunctionBuilder, Local } from "../../kernels/assembler/index.ts";
import { singlePiece, sumBlock, sumLanes } from "../../kernels/reduction.ts";
import { isFloat } from "../array/dtype.ts";
import type { DType } from "../array/dtype.ts";
import type { ScalarExpression } from "../ir/lowering.ts";
import { accessesOf } from "../compile/kernel-ir.ts";
import type { Run, Statement, Term } from "../compile/kernel-ir.ts";
import { neutralOf } from "../compile/reduction.ts";
import type { Pointers } from "./wasm-pointers.ts";
import { strideAlong } from "./wasm-pointers.ts";
import { isVectorizable, lanesOf } from "./wasm-vector.ts";
import type { LaneValue, Vector } from "./wasm-vector.ts";

type Builder = FunctionBuilder<"none">;
type Sum = Extract<Term, { readonly combine: "sum" }>;
export type Fold = Exclude<Term, Sum>;
type Value = Expression<"i32" | "f32" | "f64" | "v128">;

const isSum = (term: Term): term is Sum => term.combine === "sum";

/** How values of a run are represented: as numbers, or as the same number of every lane's result. */
export interface RunMode {
  readonly zero: (dtype: DType) => Value;
  readonly add: (dtype: DType, x: Value, y: Value) => Value;
  /** The value as float64. */
  readonly widen: (dtype: DType, x: Value) => Value;
  /** total, correction += block, by Neumaier. */
  readonly join: (total: number, correction: number, block: Value) => void;
  readonly setTotal: (total: number, block: Value) => void;
  /** Computes the body for the element `ahead` of the pointers. */
  readonly element: (body: readonly Statement[], counter: number, ahead: number) => void;
  readonly value: (expression: ScalarExpression) => Value;
  readonly fold: (term: Fold) => void;
}

const f64Of = (x: Value): Expression<"f64"> => x as Expression<"f64">;
const v128Of = (x: Value): Vector => x as Vector;

/** Numbers: what RunMode needs beside evaluation. */
export const numberSums = (
  f: Builder,
  local: (index: number) => Local<"f64">,
): Pick<RunMode, "zero" | "add" | "widen" | "join" | "setTotal"> => ({
  zero: (dtype) => (dtype === "float64" ? f64.const(0) : f32.const(0)),
  add: (dtype, x, y) =>
    dtype === "float64" ? f64.add(f64Of(x), f64Of(y)) : f32.add(x as Expression<"f32">, y as Expression<"f32">),
  widen: (dtype, x) => (dtype === "float64" ? x : f64.promote_f32(x as Expression<"f32">)),
  setTotal: (total, block) => f.set(local(total), f64Of(block)),
  join: (total, correction, block) => {
    const [sum, lost] = [local(total), local(correction)];
    const added = f.hold(f64Of(block));
    const next = f.hold(f64.add(sum, added));
    const larger = f.hold(f64.ge(f64.abs(sum), f64.abs(added)));
    f.if(
      larger,
      () => f.set(lost, f64.add(lost, f64.add(f64.sub(sum, next), added))),
      () => f.set(lost, f64.add(lost, f64.add(f64.sub(added, next), sum))),
    );
    f.set(sum, next);
  },
});

/** The same of all lanes; float32 sums stand in the lower two lanes. */
export const laneSums = (
  f: Builder,
  local: (index: number) => Local<"v128">,
): Pick<RunMode, "zero" | "add" | "widen" | "join" | "setTotal"> => ({
  zero: () => v128.const(new Uint8Array(16)),
  add: (dtype, x, y) => (dtype === "float64" ? f64x2 : f32x4).add(v128Of(x), v128Of(y)),
  widen: (dtype, x) => (dtype === "float64" ? x : f64x2.promote_low_f32x4(v128Of(x))),
  setTotal: (total, block) => f.set(local(total), v128Of(block)),
  join: (total, correction, block) => {
    const [sum, lost] = [local(total), local(correction)];
    const added = f.hold(v128Of(block));
    const next = f.hold(f64x2.add(sum, added));
    const larger = f64x2.ge(f64x2.abs(sum), f64x2.abs(added));
    const ofSum = f64x2.add(f64x2.sub(sum, next), added);
    const ofBlock = f64x2.add(f64x2.sub(added, next), sum);
    f.set(lost, f64x2.add(lost, v128.bitselect(ofSum, ofBlock, larger)));
    f.set(sum, next);
  },
});

const joinBlocks = (sums: readonly Sum[], blocks: readonly Value[], mode: Pick<RunMode, "join" | "setTotal">): void =>
  sums.forEach(({ total, correction }, k) => {
    if (correction === null) mode.setTotal(total, blocks[k]!);
    else mode.join(total, correction, blocks[k]!);
  });

/** Calls `write` for every block: a loop over whole ones, and the rest. */
const eachBlock = (
  f: Builder,
  extent: number,
  advance: (rounds: number) => void,
  write: (length: number) => void,
): void => {
  const whole = Math.floor(extent / sumBlock);
  const rest = extent - whole * sumBlock;
  if (whole > 0)
    f.for(f.local("i32"), 0, whole, 1, () => {
      write(sumBlock);
      advance(sumBlock);
    });
  if (rest > 0) write(rest);
};

/** A variable that values are added to, in the arithmetic of the dtype. */
interface Accumulator {
  readonly variable: Local<"f64" | "f32" | "v128">;
  readonly dtype: DType;
}

// --- One after the other ----------------------------------------------------------------------

export const writeRun = (f: Builder, pointers: Pointers, run: Run, mode: RunMode): void => {
  const { counter, extent, body, terms } = run;
  const sums = terms.filter(isSum);
  const folds = terms.filter((term): term is Fold => !isSum(term));
  const cleared = (dtype: DType): Accumulator => ({ variable: f.hold(mode.zero(dtype) as Expression<"f64">), dtype });
  const addTo = ({ variable, dtype }: Accumulator, value: Value, from: DType): void => {
    const added = dtype === from ? value : mode.widen(from, value);
    f.set(variable, mode.add(dtype, variable, added) as Expression<"f64">);
  };
  /** One element joins the accumulators, each of float64 or of the dtype itself. */
  const take = (accumulators: readonly Accumulator[]): void => {
    mode.element(body, counter, 0);
    sums.forEach(({ value }, k) => addTo(accumulators[k]!, mode.value(value), value.dtype));
    folds.forEach(mode.fold);
  };
  const isSingle = ({ value }: Sum): boolean => value.dtype === "float32";

  /** One partial sum of a block: every 16th element from the lane on; float32 in pieces. */
  const takeLane = (lane: Local<"i32">, length: number, partials: readonly Accumulator[]): void => {
    pointers.moving(run, (advance) => {
      const elements = (
        from: Local<"i32">,
        to: Expression<"i32"> | number,
        accumulators: readonly Accumulator[],
      ): void =>
        f.for(f.local("i32"), from, to, sumLanes, () => {
          take(accumulators);
          advance(sumLanes);
        });
      if (!sums.some(isSingle)) return elements(lane, length, partials);
      const piece = f.local("i32");
      f.for(piece, lane, length, singlePiece, () => {
        const pieces = sums.map((sum, k) => (isSingle(sum) ? cleared("float32") : partials[k]!));
        const end = f.hold(i32.add(piece, singlePiece));
        elements(piece, conditional(i32.lt_s(end, length), end, length), pieces);
        sums.forEach((sum, k) => {
          if (isSingle(sum)) addTo(partials[k]!, pieces[k]!.variable, "float32");
        });
      });
    });
  };

  const writeBlock = (length: number): void => {
    const blocks = sums.map(() => cleared("float64"));
    if (length <= sumLanes || sums.length === 0)
      pointers.moving(run, (advance) =>
        f.for(f.local("i32"), 0, length, 1, () => {
          take(blocks);
          advance(1);
        }),
      );
    else
      pointers.moving(run, (toNext) => {
        const lane = f.local("i32");
        f.for(lane, 0, sumLanes, 1, () => {
          const partials = sums.map(() => cleared("float64"));
          takeLane(lane, length, partials);
          blocks.forEach((block, k) => addTo(block, partials[k]!.variable, "float64"));
          toNext(1);
        });
      });
    joinBlocks(
      sums,
      blocks.map(({ variable }) => variable),
      mode,
    );
  };
  pointers.moving(run, (advance) => {
    if (sums.length === 0) writeBlock(extent);
    else eachBlock(f, extent, advance, writeBlock);
  });
};

// --- Partial sums as lanes --------------------------------------------------------------------

/** Whether the elements of a run are neighbours that lanes can compute. */
export const runsAcross = ({ counter, extent, body, terms }: Run): boolean =>
  extent >= sumLanes &&
  accessesOf(body).every((access) => strideAlong(access, counter) === 1) &&
  body.every(
    (statement) => statement.kind === "load" || (statement.kind === "set" && isVectorizable(statement.value)),
  ) &&
  terms.every(({ value }) => isVectorizable(value) && value.dtype !== "bool");

/** What lanes along a run need to evaluate elements. */
export interface AcrossMode extends Pick<RunMode, "join" | "setTotal"> {
  /** Prepares what all elements of a run share. */
  readonly before: (run: Run) => void;
  /** Values of the terms for as many elements as there are lanes, `ahead` of the pointers. */
  readonly elements: (run: Run, ahead: number) => readonly LaneValue[];
  readonly combine: (name: Fold["combine"], dtype: DType, x: Vector, y: Vector) => Vector;
  readonly constant: (value: number, dtype: DType) => Vector;
  /** Folds the lanes of an accumulator into the total. */
  /** Whether the total is 0, of either sign. */
  readonly isZero: (term: Fold) => Expression<"i32">;
  /** Takes the elements of a run once more, one by one: a total gains nothing by what it has seen. */
  readonly again: (run: Run) => void;
  readonly foldLanes: (term: Fold, vector: Vector, lanes: number) => void;
}

/** Longer bodies keep the machine busy by themselves; their vectors of partial sums are taken in several passes. */
const shortBody = 12;

/** Extrema of floats: NaN and the sign of zero need care. */
const isExtremum = ({ combine, value }: Term): boolean =>
  (combine === "max" || combine === "min") && isFloat(value.dtype);

/** Four times faster than max and min, but careless of NaN and of the sign of zero. */
const quickExtremum = ({ combine, value }: Term, x: Vector, y: Vector): Vector => {
  const instructions = value.dtype === "float64" ? f64x2 : f32x4;
  return combine === "max" ? instructions.pmax(x, y) : instructions.pmin(x, y);
};

const isNaN = (x: Vector, dtype: DType): Vector => {
  const instructions = dtype === "float64" ? f64x2 : f32x4;
  return instructions.ne(x, x);
};

const upperHalf = Array.from({ length: 16 }, (_, k) => (k + 8) % 16);
const encodeZero: Vector = v128.const(new Uint8Array(16));
const roundsOfPiece = singlePiece / sumLanes;

/** Lanes of which elements exist, as a mask; the others stand beyond the end. */
const maskOf = (present: number, dtype: DType): Vector => {
  const bytes = new Uint8Array(16);
  bytes.fill(255, 0, present * (dtype === "float64" ? 8 : 4));
  return v128.const(bytes);
};

export const writeRunAcross = (f: Builder, pointers: Pointers, run: Run, mode: AcrossMode): void => {
  const { body, terms, extent } = run;
  const lanes = lanesOf(
    body,
    terms.map(({ value }) => value),
  );
  mode.before(run);
  const vectors = sumLanes / lanes;
  const pass = body.length <= shortBody ? vectors : 2;
  const neutral = (term: Term): Vector => {
    const { dtype } = term.value;
    return mode.constant(isSum(term) ? 0 : neutralOf(term.combine, dtype), dtype);
  };
  const combine = (term: Term, x: Vector, y: Vector): Vector =>
    isExtremum(term)
      ? quickExtremum(term, x, y)
      : mode.combine(isSum(term) ? "add" : term.combine, term.value.dtype, x, y);
  /** Every vector of a round folds into its own, so that folds need not wait for each other. */
  const folded = terms.map((term) => (isSum(term) ? [] : Array.from({ length: vectors }, () => f.hold(neutral(term)))));
  const unordered = terms.map((term) => (isExtremum(term) ? f.hold(encodeZero) : null));
  const hasPieces = terms.some((term) => isSum(term) && term.value.dtype === "float32");
  /** Adds a vector of float32 pieces to the partial sums of its lanes. */
  const flush = (piece: Local<"v128">, partials: readonly Local<"v128">[]): void =>
    partials.forEach((partial, half) => {
      const lower = half === 0 ? piece : i8x16.shuffle(piece, piece, upperHalf);
      f.set(partial, f64x2.add(partial, f64x2.promote_low_f32x4(lower)));
    });

  /** Partial sums of one block, in float64: for every term the vectors of two, in order. */
  const partialsOf = (length: number): Local<"v128">[][] => {
    const [rounds, tail] = [Math.floor(length / sumLanes), length % sumLanes];
    const partials: Local<"v128">[][] = terms.map(() => []);
    for (let first = 0; first < vectors; first += pass)
      pointers.moving(run, (advance) => {
        const own = Array.from({ length: pass }, () =>
          terms.map((term) => {
            if (!isSum(term)) return [];
            const count = term.value.dtype === "float32" ? lanes / 2 : 1;
            return Array.from({ length: count }, () => f.hold(encodeZero));
          }),
        );
        own.forEach((row) => row.forEach((sums, k) => partials[k]!.push(...sums)));
        const take = (vector: number, present: number, targets: readonly (readonly Local<"v128">[])[]): void => {
          const values = mode.elements(run, (first + vector) * lanes);
          terms.forEach((term, k) => {
            const { vector: all } = values[k]!;
            const value = f.hold(
              present === lanes ? all : v128.bitselect(all, neutral(term), maskOf(present, term.value.dtype)),
            );
            const target = targets[vector]![k]!;
            f.set(target, combine(term, target, value));
            const flags = unordered[k];
            if (flags !== null && flags !== undefined) f.set(flags, v128.or(flags, isNaN(value, term.value.dtype)));
          });
        };
        /** Some whole rounds of 16, then a part of one. */
        const takeRounds = (count: number, rest: number, targets: readonly (readonly Local<"v128">[])[]): void => {
          if (count > 0)
            f.for(f.local("i32"), 0, count, 1, () => {
              for (let vector = 0; vector < pass; vector++) take(vector, lanes, targets);
              advance(sumLanes);
            });
          for (let vector = 0; vector < pass; vector++) {
            const present = Math.min(lanes, rest - (first + vector) * lanes);
            if (present > 0) take(vector, present, targets);
          }
        };
        const inPiece = (count: number, rest: number): void => {
          const targets = own.map((row, vector) =>
            terms.map((term, k) =>
              !isSum(term)
                ? folded[k]![first + vector]!
                : term.value.dtype === "float32"
                  ? f.hold(encodeZero)
                  : row[k]![0]!,
            ),
          );
          takeRounds(count, rest, targets);
          own.forEach((row, vector) =>
            terms.forEach((term, k) => {
              if (isSum(term) && term.value.dtype === "float32") flush(targets[vector]![k]!, row[k]!);
            }),
          );
        };
        const whole = hasPieces ? Math.floor(rounds / roundsOfPiece) : 0;
        if (whole > 0) f.for(f.local("i32"), 0, whole, 1, () => inPiece(roundsOfPiece, 0));
        const left = rounds - whole * roundsOfPiece;
        if (left > 0 || tail > 0) inPiece(left, tail);
      });
    return partials;
  };

  const writeBlock = (length: number): void => {
    const partials = partialsOf(length);
    terms.forEach((term, k) => {
      if (!isSum(term)) return;
      const numbers = partials[k]!.flatMap((vector) => [
        f64x2.extract_lane(vector, 0),
        f64x2.extract_lane(vector, 1),
      ]).slice(0, Math.min(sumLanes, length));
      joinBlocks([term], [numbers.reduce((sum, number) => f64.add(sum, number))], mode);
    });
  };
  pointers.moving(run, (advance) => {
    if (terms.some(isSum)) eachBlock(f, extent, advance, writeBlock);
    else partialsOf(extent);
  });
  terms.forEach((term, k) => {
    if (isSum(term)) return;
    const all = folded[k]!.reduce<Vector>((x, y) => combine(term, x, y), neutral(term));
    mode.foldLanes(term, f.hold(all), lanes);
  });
  const extrema = terms.filter((term): term is Fold => isExtremum(term));
  if (extrema.length === 0) return;
  const doubtful = extrema.map((term) => i32.or(v128.any_true(unordered[terms.indexOf(term)]!), mode.isZero(term)));
  f.if(
    doubtful.reduce((x, y) => i32.or(x, y)),
    () => mode.again({ ...run, terms: extrema }),
  );
};
