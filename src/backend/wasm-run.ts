/**
 * Runs as WebAssembly, one element after the other, in the order of kernels/reduction.ts: blocks of 1024 elements, in each
 * 16 partial sums, float32 in pieces. A value is one number, or the vectors that hold it for every lane's own result.
 */
import { conditional, f32, f32x4, f64, f64x2, i32, v128 } from "../../kernels/assembler/index.ts";
import type { Expression, FunctionBuilder, Local } from "../../kernels/assembler/index.ts";
import { singlePiece, sumBlock, sumLanes } from "../../kernels/reduction.ts";
import type { DType } from "../array/dtype.ts";
import type { ScalarExpression } from "../ir/lowering.ts";
import type { Run, Statement, Term } from "../compile/kernel-ir.ts";
import type { Pointers } from "./wasm-pointers.ts";
import { vectorCount, widthOf } from "./wasm-lane-count.ts";
import { upperLanes, zeros } from "./wasm-vector.ts";
import type { Vector } from "./wasm-vector.ts";

type Builder = FunctionBuilder<"none">;
export type Sum = Extract<Term, { readonly combine: "sum" }>;
export type Fold = Exclude<Term, Sum>;
type Part = Expression<"i32" | "f32" | "f64" | "v128">;
/** A number, or the vectors of all lanes. */
export type Value = readonly Part[];
type Variables = readonly Local<"i32" | "f32" | "f64" | "v128">[];

export const isSum = (term: Term): term is Sum => term.combine === "sum";

/** How values of a run are represented, and what float sums need. */
export interface SumMode {
  readonly zero: (dtype: DType) => Value;
  readonly add: (dtype: DType, x: Value, y: Value) => Value;
  /** The float32 value as float64. */
  readonly widen: (x: Value) => Value;
  /** total, correction += block, by Neumaier. */
  readonly join: (total: number, correction: number, block: Value) => void;
  readonly setTotal: (total: number, block: Value) => void;
}

export interface RunMode extends SumMode {
  /** Computes the body for the element at the pointers. */
  readonly element: (body: readonly Statement[]) => void;
  readonly value: (expression: ScalarExpression) => Value;
  readonly fold: (term: Fold) => void;
}

const number = ([x]: Value): Expression<"f64"> => x as Expression<"f64">;

/** One result, as a number. */
export const numberSums = (f: Builder, local: (index: number) => Local<"f64">): SumMode => ({
  zero: (dtype) => [dtype === "float64" ? f64.const(0) : f32.const(0)],
  add: (dtype, [x], [y]) => [
    dtype === "float64"
      ? f64.add(x as Expression<"f64">, y as Expression<"f64">)
      : f32.add(x as Expression<"f32">, y as Expression<"f32">),
  ],
  widen: ([x]) => [f64.promote_f32(x as Expression<"f32">)],
  setTotal: (total, block) => f.set(local(total), number(block)),
  join: (total, correction, block) => {
    const [sum, lost] = [local(total), local(correction)];
    const added = f.hold(number(block));
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

/** A result in every lane. */
export const laneSums = (f: Builder, lanes: number, local: (index: number) => readonly Local<"v128">[]): SumMode => ({
  zero: (dtype) => new Array<Vector>(vectorCount(widthOf(dtype), lanes)).fill(zeros),
  add: (dtype, x, y) => x.map((part, k) => (dtype === "float64" ? f64x2 : f32x4).add(part as Vector, y[k] as Vector)),
  widen: (x) =>
    x.flatMap((part) => {
      const low = f64x2.promote_low_f32x4(part as Vector);
      return lanes === 2 ? [low] : [low, f64x2.promote_low_f32x4(upperLanes(part as Vector))];
    }),
  setTotal: (total, block) => local(total).forEach((variable, k) => f.set(variable, block[k] as Vector)),
  join: (total, correction, block) =>
    local(total).forEach((sum, k) => {
      const lost = local(correction)[k]!;
      const added = f.hold(block[k] as Vector);
      const next = f.hold(f64x2.add(sum, added));
      const larger = f64x2.ge(f64x2.abs(sum), f64x2.abs(added));
      const ofSum = f64x2.add(f64x2.sub(sum, next), added);
      const ofBlock = f64x2.add(f64x2.sub(added, next), sum);
      f.set(lost, f64x2.add(lost, v128.bitselect(ofSum, ofBlock, larger)));
      f.set(sum, next);
    }),
});

/** The sum of a block joins its total. */
export const joinBlock = ({ total, correction }: Sum, block: Value, mode: Pick<SumMode, "join" | "setTotal">): void => {
  if (correction === null) mode.setTotal(total, block);
  else mode.join(total, correction, block);
};

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

/** Variables that values are added to, in the arithmetic of the dtype. */
interface Accumulator {
  readonly variables: Variables;
  readonly dtype: DType;
}

export const writeRun = (f: Builder, pointers: Pointers, run: Run, mode: RunMode): void => {
  const { extent, body, terms } = run;
  const sums = terms.filter(isSum);
  const folds = terms.filter((term): term is Fold => !isSum(term));
  const cleared = (dtype: DType): Accumulator => ({ variables: mode.zero(dtype).map((part) => f.hold(part)), dtype });
  const addTo = ({ variables, dtype }: Accumulator, value: Value, from: DType): void => {
    const held = from === dtype || variables.length === 1 ? value : value.map((part) => f.hold(part));
    const next = mode.add(dtype, variables, from === dtype ? held : mode.widen(held));
    variables.forEach((variable, k) => f.set(variable, next[k]!));
  };
  /** One element joins the accumulators, each of float64 or of the dtype itself. */
  const take = (accumulators: readonly Accumulator[]): void => {
    mode.element(body);
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
          if (isSingle(sum)) addTo(partials[k]!, pieces[k]!.variables, "float32");
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
          blocks.forEach((block, k) => addTo(block, partials[k]!.variables, "float64"));
          toNext(1);
        });
      });
    sums.forEach((sum, k) => joinBlock(sum, blocks[k]!.variables, mode));
  };
  pointers.moving(run, (advance) => {
    if (sums.length === 0) writeBlock(extent);
    else eachBlock(f, extent, advance, writeBlock);
  });
};
