/**
 * Runs an elementwise program on arrays of any length by a program for arrays of one length, block by block: operands are
 * copied into the frame, results out of it into their places. A block stays in the nearest caches, so the copies are
 * cheap, no array has to fit into the memory as a whole, and one program serves all lengths.
 */
import { allocate } from "../array/storage.ts";
import type { TypedArray } from "../array/dtype.ts";
import { bufferOf, repeatedValue } from "../array/ndarray.ts";
import type { ConcreteArray } from "../array/ndarray.ts";
import { sizeOf } from "../array/shape.ts";
import { blockLength } from "../compile/blocks.ts";
import type { BlockProgram, Program } from "../compile/steps.ts";
import { blockAt, releaseFrame, sharedArena, takeFrame } from "./arena.ts";
import type { Arena } from "./arena.ts";
import { hold, release } from "./memory.ts";
import { collectOutputs } from "./routine.ts";
import type { Executable } from "./run-javascript.ts";
import { encodeProgram } from "./wasm.ts";

/** Elements of the results, by buffer, for long operands of `length` elements, at least a block; fresh storage. */
type BlockRunner = (operands: readonly ConcreteArray[], length: number) => ReadonlyMap<number, TypedArray>;

/** An operand in the frame: its block, and what goes there in every round. */
interface Source {
  readonly block: TypedArray;
  readonly values: TypedArray | null;
  readonly repeated: number;
}

const mainOf = (program: Program, { memory }: Arena): ((base: number) => void) => {
  const { bytes, functions } = encodeProgram(program);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    env: { memory, host: () => {} },
    math: functions,
    kernels: {},
  });
  return instance.exports["main"] as (base: number) => void;
};

/**
 * The program has one nest over a block of elements.
 * @param isLong  whether the buffer goes through it block by block; the others are whole, and never written to
 */
const runnerOf = (program: Program, block: number, isLong: (buffer: number) => boolean): BlockRunner => {
  const { steps, buffers, plan, inputCount } = program;
  const [step] = steps;
  const results = step?.kind === "nest" ? step.writes : [];
  const arena = sharedArena();
  const main = mainOf(program, arena);
  const viewOf = (buffer: number, base: number): TypedArray => {
    const { dtype, shape } = buffers[buffer]!;
    return blockAt(arena, dtype, base + plan.offsets[buffer]!, sizeOf(shape));
  };
  const entering = Array.from({ length: inputCount }, (_, k) => k).filter((k) => plan.offsets[k]! >= 0);

  return (operands, length) => {
    const outs = new Map(results.map((buffer) => [buffer, allocate(buffers[buffer]!.dtype, length)] as const));
    let bytes = plan.bytes;
    for (const out of outs.values()) bytes += out.byteLength;
    hold(bytes);
    const base = takeFrame(arena, plan.bytes);
    try {
      const sources: Source[] = [];
      for (const k of entering) {
        const repeated = repeatedValue(operands[k]!);
        const values = repeated === undefined ? bufferOf(operands[k]!) : null;
        const source = { block: viewOf(k, base), values, repeated: repeated ?? 0 };
        if (isLong(k)) sources.push(source);
        else if (values === null) source.block.fill(source.repeated);
        else source.block.set(values);
      }
      const targets = results.map((buffer) => ({ block: viewOf(buffer, base), out: outs.get(buffer)! }));
      for (let start = 0; start < length; start += block) {
        // The last block overlaps the one before, whose elements are computed twice, equally.
        const first = Math.min(start, length - block);
        for (const source of sources)
          if (source.values === null) source.block.fill(source.repeated);
          else source.block.set(source.values.subarray(first, first + block));
        main(base);
        for (const target of targets) target.out.set(target.block, first);
      }
    } finally {
      releaseFrame(arena, base);
      release(bytes);
    }
    return outs;
  };
};

/** Elements of the result of long operands of `length` elements, at least a block; fresh storage. */
export type OperationRunner = (operands: readonly ConcreteArray[], length: number) => TypedArray;

/** The program is that of one elementwise equation; null if nothing is left to compute. */
export const prepareBlocks = (program: Program): OperationRunner | null => {
  const { steps, buffers, outputs, inputCount } = program;
  const [output] = outputs;
  if (steps.length !== 1 || steps[0]!.kind !== "nest" || output?.kind !== "buffer" || output.buffer < inputCount)
    return null;
  const { buffer } = output;
  const run = runnerOf(program, sizeOf(buffers[buffer]!.shape), () => true);
  return (operands, length) => run(operands, length).get(buffer)!;
};

/** A program whose long arrays go through it block by block. */
export const prepareStream = (whole: Program, { program, length }: BlockProgram): Executable => {
  const isLong = (buffer: number): boolean => sizeOf(whole.buffers[buffer]!.shape) === length;
  const run = runnerOf(program, blockLength, isLong);
  return (inputs) => {
    const results = run(inputs, length);
    return collectOutputs(whole, inputs, (buffer) => results.get(buffer) ?? bufferOf(inputs[buffer]!));
  };
};
