/**
 * Runs whose elements are taken as lanes: the 16 partial sums of kernels/reduction.ts are the lanes of some vectors, and folds
 * take as many elements at once. Extrema of floats are found by the quick instructions, and once more with care where there
 * is a NaN or the extremum is a zero.
 */
import { f32, f64, f64x2, i32, i32x4, select, v128 } from "../../kernels/assembler/index.ts";
import type { Expression, Local } from "../../kernels/assembler/index.ts";
import { singlePiece, sumBlock, sumLanes } from "../../kernels/reduction.ts";
import type { DType } from "../array/dtype.ts";
import type { Run, Term } from "../compile/kernel-ir.ts";
import { neutralOf } from "../compile/reduction.ts";
import { callCount, encodeBinary as combineNumbers, vectorsOfCalls } from "./wasm-expression.ts";
import { anyTrue, isExtremum, isNaN, onceMore, outerLocals, quickExtremum, scopeOf, writeLanes } from "./wasm-lanes.ts";
import type { LaneLocals, Writing } from "./wasm-lanes.ts";
import { isSum, joinBlock, laneSums, numberSums } from "./wasm-run.ts";
import type { Fold } from "./wasm-run.ts";
import { isVectorizable, lanesOf, vectorCount, widthOf } from "./wasm-lane-count.ts";
import { encodeBinary, encodeConstant, encodeLanes, laneOf, ofWidth, zeros } from "./wasm-vector.ts";
import type { LaneValue, Vector } from "./wasm-vector.ts";

/** Whether lanes can take the elements of a run. */
export const runsAcross = ({ extent, body, terms }: Run): boolean =>
  extent >= sumLanes &&
  body.every(
    (statement) =>
      statement.kind === "load" ||
      ((statement.kind === "set" || statement.kind === "store") && isVectorizable(statement.value)),
  ) &&
  terms.every(({ combine, value }) => isVectorizable(value) && !(combine === "add" && value.dtype === "bool"));

/** Longer bodies keep the machine busy with fewer vectors at a time; their partial sums are taken in several passes. */
const shortBody = 12;

/** Lanes of a pass: all 16 partial sums, or some of them. */
const passLanes = ({ body, terms }: Run): number => {
  const values = terms.map(({ value }) => value);
  const lanes = lanesOf(body, values);
  const calls = callCount(body, values);
  if (calls > 0) return Math.min(sumLanes, lanes * vectorsOfCalls(calls));
  return body.length <= shortBody ? sumLanes : 2 * lanes;
};

/** Lanes of which elements exist, as a mask; the others stand beyond the end. */
const maskOf = (present: number, dtype: DType): Vector => {
  const bytes = new Uint8Array(16);
  bytes.fill(255, 0, Math.max(0, present) * (widthOf(dtype) / 8));
  return v128.const(bytes);
};

type Integer = number | Expression<"i32">;
type Variables = readonly Local<"v128">[];

const neutral = (term: Term): Vector => {
  const { dtype } = term.value;
  return encodeConstant(isSum(term) ? 0 : neutralOf(term.combine, dtype), dtype);
};

const combined = (term: Term, x: Vector, y: Vector, isCareful: boolean): Vector =>
  isExtremum(term) && !isCareful
    ? quickExtremum(term, x, y)
    : encodeBinary(isSum(term) ? "add" : term.combine, x, y, term.value.dtype);

const isSingle = (term: Term): boolean => isSum(term) && term.value.dtype === "float32";

/** Vectors in which a term gathers what elements give: sums of float32 in pieces, bools as masks of 32 bits. */
const gathering = ({ f }: Writing, term: Term, lanes: number): Variables =>
  Array.from({ length: vectorCount(widthOf(term.value.dtype), lanes) }, () => f.hold(neutral(term)));

/** A total gains what the lanes of a vector hold. */
const foldLanes = ({ f, numbers }: Writing, { combine, value, total }: Fold, vector: Vector): void => {
  const { dtype } = value;
  const variable = numbers[total]!;
  const gain = (x: Expression<"i32" | "f32" | "f64">): void =>
    f.set(variable, combineNumbers(combine, variable, x, dtype));
  if (dtype === "bool") return gain(combine === "max" ? v128.any_true(vector) : i32x4.all_true(vector));
  const own: LaneValue = { vectors: [f.hold(vector)], width: widthOf(dtype) };
  for (let lane = 0; lane < 128 / own.width; lane++) gain(laneOf(own, lane, dtype));
};

const isZero = ({ numbers }: Writing, { total, value }: Fold): Expression<"i32"> => {
  const variable = numbers[total]!;
  return value.dtype === "float64" ? f64.eq(variable as Local<"f64">, 0) : f32.eq(variable as Local<"f32">, 0);
};

/** What stays the same while the elements of one run are taken. */
interface Taking {
  readonly run: Run;
  readonly lanes: number;
  readonly outer: LaneLocals;
  /** By term: vectors of folds. */
  readonly folded: readonly Variables[];
  /** By term: lanes that have seen a NaN; null where nobody asks. */
  readonly unordered: readonly (Local<"v128"> | null)[];
  readonly isCareful: boolean;
}

/** Elements at the pointers join the vectors of their terms; beyond those present nothing does. */
const takeElements = (w: Writing, taking: Taking, targets: readonly Variables[], present: number): void => {
  const { f } = w;
  const { run, lanes, outer, unordered, isCareful } = taking;
  const locals: LaneLocals = new Map(outer);
  writeLanes(w, run.body, { counter: run.counter, lanes, present }, locals);
  const scope = scopeOf(w, { lanes, present }, locals);
  run.terms.forEach((term, k) => {
    const { dtype } = term.value;
    const perVector = 128 / widthOf(dtype);
    const values = ofWidth(encodeLanes(term.value, scope), widthOf(dtype), lanes);
    targets[k]!.forEach((target, v) => {
      const there = present - v * perVector;
      const all = values[v]!;
      const isWhole = present === lanes || there >= perVector;
      const value = f.hold(isWhole ? all : v128.bitselect(all, neutral(term), maskOf(there, dtype)));
      f.set(target, combined(term, target, value, isCareful));
      const flags = unordered[k]!;
      if (flags !== null) f.set(flags, v128.or(flags, isNaN(value, dtype)));
    });
  });
};

/** The smaller of a number of elements that is left, and a constant. */
const atMost = ({ f }: Writing, limit: number, left: Integer): Integer => {
  if (typeof left === "number") return Math.min(limit, left);
  const held = f.hold(left);
  return f.hold(select(i32.lt_s(held, limit), held, limit));
};

/** Calls `write` for every stretch of at most `most` elements, or of all, with its length. */
const eachStretch = (w: Writing, extent: Integer, most: number | null, write: (length: Integer) => void): void => {
  if (most === null || (typeof extent === "number" && extent <= most)) return write(extent);
  const first = w.f.local("i32");
  w.f.for(first, 0, extent, most, () => {
    const isWhole = typeof extent === "number" && extent % most === 0;
    write(isWhole ? most : atMost(w, most, i32.sub(extent, first)));
  });
};

/**
 * Takes elements whose number is `length`: in each round of 16 those that stand at the partial sums of the pass.
 * Only the last stretch of a run is no multiple of 16 long; the tail is the same in all.
 */
const takeRounds = (
  w: Writing,
  taking: Taking,
  targets: readonly Variables[],
  length: Integer,
  pass: Integer,
  advance: (rounds: number) => void,
): void => {
  const { f } = w;
  const { lanes, run } = taking;
  const tail = run.extent % sumLanes;
  const [whole, part] = [Math.floor(tail / lanes), tail % lanes];
  const rounds = (): void => {
    takeElements(w, taking, targets, lanes);
    advance(sumLanes);
  };
  if (typeof length === "number" && lanes === sumLanes) {
    const count = Math.floor(length / sumLanes);
    if (count > 0) f.for(f.local("i32"), 0, count, 1, rounds);
    if (length % sumLanes > 0) takeElements(w, taking, targets, part);
    return;
  }
  // In the tail, passes before `whole` have one more round, and that pass has a part of one.
  const hasTail = i32.ne(i32.and(length, sumLanes - 1), 0);
  const full = i32.shr_u(length, 4);
  f.for(f.local("i32"), 0, whole === 0 ? full : i32.add(full, i32.and(hasTail, i32.lt_s(pass, whole))), 1, rounds);
  if (part > 0) f.if(i32.and(hasTail, i32.eq(pass, whole)), () => takeElements(w, taking, targets, part));
};

/** One pass over a block; gives its partial sums of every term in float64, two a vector; none of folds. */
const takePass = (w: Writing, taking: Taking, length: Integer, pass: Integer): readonly Variables[] => {
  const { f, pointers } = w;
  const { run, lanes, folded } = taking;
  const { add, widen } = laneSums(f, lanes, () => []);
  const partials = run.terms.map((term) =>
    isSum(term) ? Array.from({ length: vectorCount(64, lanes) }, () => f.hold(zeros)) : [],
  );
  pointers.moving(run, (advance) => {
    eachStretch(w, length, run.terms.some(isSingle) ? singlePiece : null, (stretch) => {
      const targets = run.terms.map((term, k) =>
        isSingle(term) ? gathering(w, term, lanes) : isSum(term) ? partials[k]! : folded[k]!,
      );
      takeRounds(w, taking, targets, stretch, pass, advance);
      run.terms.forEach((term, k) => {
        if (!isSingle(term)) return;
        const next = add("float64", partials[k]!, widen(targets[k]!));
        partials[k]!.forEach((partial, v) => f.set(partial, next[v] as Vector));
      });
    });
  });
  return partials;
};

const takeBlock = (w: Writing, taking: Taking, length: Integer): void => {
  const { f, pointers, numbers } = w;
  const { run, lanes } = taking;
  const blocks = run.terms.map((term) => (isSum(term) ? f.hold(f64.const(0)) : null));
  const writePass = (pass: Integer): void =>
    takePass(w, taking, length, pass).forEach((partials, k) => {
      const block = blocks[k];
      if (block === null || block === undefined) return;
      const ordered = partials.flatMap((vector) => [f64x2.extract_lane(vector, 0), f64x2.extract_lane(vector, 1)]);
      f.set(
        block,
        ordered.reduce<Expression<"f64">>((sum, x) => f64.add(sum, x), block),
      );
    });
  if (lanes === sumLanes) writePass(0);
  else
    pointers.moving(run, (advance) => {
      const pass = f.local("i32");
      f.for(pass, 0, sumLanes / lanes, 1, () => {
        writePass(pass);
        advance(lanes);
      });
    });
  const sums = numberSums(f, (index) => numbers[index]! as Local<"f64">);
  run.terms.forEach((term, k) => {
    if (isSum(term)) joinBlock(term, [blocks[k]!], sums);
  });
};

export const writeRunAcross = (w: Writing, run: Run, isCareful = false): void => {
  const { f, pointers } = w;
  const { body, terms, extent } = run;
  const lanes = passLanes(run);
  const outer = outerLocals(
    w,
    body,
    terms.map(({ value }) => value),
    lanes,
  );
  const unordered = terms.map((term) => (isExtremum(term) && !isCareful ? f.hold(zeros) : null));
  const folded = terms.map((term) => (isSum(term) ? [] : gathering(w, term, lanes)));
  const taking: Taking = { run, lanes, outer, folded, unordered, isCareful };
  pointers.moving(run, (advance) =>
    eachStretch(w, extent, terms.some(isSum) ? sumBlock : null, (length) => {
      takeBlock(w, taking, length);
      if (extent > sumBlock) advance(sumBlock);
    }),
  );
  terms.forEach((term, k) => {
    if (isSum(term)) return;
    foldLanes(
      w,
      term,
      folded[k]!.reduce<Vector>((x, y) => combined(term, x, y, isCareful), neutral(term)),
    );
  });
  const extrema = terms.filter(isExtremum);
  if (isCareful || extrema.length === 0) return;
  const flags = unordered.filter((own) => own !== null);
  const isDoubtful = extrema.reduce<Expression<"i32">>((x, term) => i32.or(x, isZero(w, term)), anyTrue(flags));
  f.if(isDoubtful, () => writeRunAcross(w, onceMore(run, extrema), true));
};
