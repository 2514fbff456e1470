/**
 * Tables of the convolution module for one phase: where in the copy each tap reads, relative to a place; the places.
 */
import { i32 } from "../assembler/index.ts";
import type { Expression, FunctionReference, Local, Statements, WasmModule } from "../assembler/index.ts";
import { type Axis, type State, least, nest, total } from "./convolution-state.ts";

const { add, sub, mul, div_s: div, rem_s: rem } = i32;

/** Sets the phase of an axis and what follows from it. */
export const writePhase = (f: Statements, axis: Axis, phase: Local<"i32">): void => {
  const tap = f.local("i32");
  const start = f.hold(sub(mul(phase, axis.stride), axis.low));
  const position = f.hold(start);
  f.set(axis.phase, phase);
  f.set(axis.placeCount, div(sub(add(sub(axis.results, phase), axis.phases), 1), axis.phases));
  f.set(axis.taps, 0);
  f.for(tap, 0, least(axis.tapStep, axis.window), 1, (exit) => {
    f.if(i32.eqz(rem(position, axis.lhsDilation)), () => {
      f.set(axis.firstTap, tap);
      f.set(axis.taps, add(div(sub(sub(axis.window, 1), tap), axis.tapStep), 1));
      f.set(axis.position, sub(div(position, axis.lhsDilation), axis.origin));
      f.br(exit);
    });
    f.set(position, add(position, axis.rhsDilation));
  });
};

/** Offset in the copy of every tap, and the end of every block of taps: those whose number within the kernel is in a block. */
export const offsetsFunction = (module: WasmModule, state: State): FunctionReference<readonly [], "none"> =>
  module.func("writeOffsets", { params: [] }, (f) => {
    const { axes, channels, copyChannel, interleave, interleaveBytes, blockLength } = state;
    const last = axes.at(-1)!;
    const next = f.hold(state.offsets);
    const block = f.hold(state.blocks);
    const boundary = f.hold(blockLength);
    const rhsCount = f.hold(mul(axes[0]!.window, axes[0]!.rhsStride));
    const zero = i32.const(0);
    const outer = axes.slice(0, -1);
    const starts = [
      total(outer.map((axis) => mul(axis.position, axis.copyStride))),
      total(axes.map((axis) => mul(axis.firstTap, axis.rhsStride))),
      last.position,
    ];
    const levels = [
      { count: channels, steps: [copyChannel, rhsCount, zero] },
      ...axes.map((axis) => {
        const isLast = axis === last;
        const inCopy = isLast ? zero : mul(axis.reach, axis.copyStride);
        return { count: axis.taps, steps: [inCopy, mul(axis.tapStep, axis.rhsStride), isLast ? axis.reach : zero] };
      }),
    ];
    nest(f, starts, levels, ([offset, number, inRow]) => {
      f.if(i32.ge_s(number!, boundary), () => {
        f.store(block, next);
        f.set(block, add(block, 4));
        f.set(boundary, mul(add(div(number!, blockLength), 1), blockLength));
      });
      const along = add(mul(rem(inRow!, interleave), interleaveBytes), mul(div(inRow!, interleave), last.copyStride));
      f.store(next, add(offset!, along));
      f.set(next, add(next, 4));
    });
    f.store(block, next);
    f.set(state.blocksEnd, add(block, 4));
    f.set(state.taps, i32.shr_u(sub(next, state.offsets), 2));
  });

/** Bytes of an entry of the table of places: in the copy, in the result, and how many results of the row. */
export const entryBytes = 12;

/** The places of a block of images: every strip of results of the present phase. The last repeats, without results. */
export const placesFunction = (module: WasmModule, state: State): FunctionReference<readonly ["i32", "i32"], "none"> =>
  module.func("writePlaces", { params: ["i32", "i32"] }, (f, strip, pointers) => {
    const { axes, imageBlock, copyImage, outImage } = state;
    const last = axes.at(-1)!;
    const next = f.hold(state.places);
    const zero = i32.const(0);
    const starts = [zero, total(axes.map((axis) => mul(axis.phase, axis.outStride))), last.placeCount];
    const levels = [
      { count: imageBlock, steps: [copyImage, outImage, zero] },
      ...axes.map((axis) => {
        const isLast = axis === last;
        const count = isLast ? div(sub(add(axis.placeCount, strip), 1), strip) : axis.placeCount;
        const steps = [axis.placeStride, mul(axis.phases, axis.outStride)];
        return isLast
          ? { count, steps: [...steps.map((step) => mul(step, strip)), sub(zero, strip)] }
          : { count, steps: [...steps, zero] };
      }),
    ];
    const write = (values: readonly Expression<"i32">[]): void => {
      values.forEach((value, k) => f.store(next, value, 4 * k));
      f.set(next, add(next, entryBytes));
    };
    nest(f, starts, levels, ([inCopy, inOut, left]) => write([inCopy!, inOut!, least(left!, strip)]));
    f.set(state.placesEnd, next);
    f.for(f.local("i32"), 1, pointers, 1, () => write([i32.load(sub(next, entryBytes)), zero, zero]));
  });
