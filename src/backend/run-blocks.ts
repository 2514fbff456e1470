/**
 * Runs an elementwise operation on arrays of any length by a program for arrays of one length, block by block: operands are
 * copied into the frame, the result out of it into its place. A block stays in the nearest caches, so the copies are
 * cheap, no array has to fit into the memory as a whole, and one program serves all lengths.
 */
import { allocate } from "../array/dtype.ts";
import type { TypedArray } from "../array/dtype.ts";
import { bufferOf, repeatedValue } from "../array/ndarray.ts";
import type { ConcreteArray } from "../array/ndarray.ts";
import { sizeOf } from "../array/shape.ts";
import type { Program } from "../compile/program.ts";
import { blockAt, releaseFrame, sharedArena, takeFrame } from "./arena.ts";
import { holding } from "./memory.ts";
import { encodeProgram } from "./wasm.ts";

/** Elements of the result of as many operands, each of at least a block of elements; fresh storage. */
export type BlockRunner = (operands: readonly ConcreteArray[], length: number) => TypedArray;

/** The place of a block that ends the array: it overlaps the one before, whose elements are computed twice, equally. */
const lastStart = (length: number, block: number): number => length - block;

/** The program is that of one elementwise equation; null if nothing is left to compute. */
export const prepareBlocks = (program: Program): BlockRunner | null => {
  const { steps, buffers, plan, outputs, inputCount } = program;
  const [output] = outputs;
  if (steps.length !== 1 || steps[0]!.kind !== "nest" || output?.kind !== "buffer" || output.buffer < inputCount)
    return null;
  const arena = sharedArena();
  const result = output.buffer;
  const block = sizeOf(buffers[result]!.shape);
  const { bytes, functions } = encodeProgram(program);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    env: { memory: arena.memory, host: () => {} },
    math: functions,
    kernels: {},
  });
  const main = instance.exports["main"] as (base: number) => void;

  return (operands, length) => {
    const out = allocate(buffers[result]!.dtype, length);
    const values = operands.map(repeatedValue);
    const sources = operands.map((operand, k) => (values[k] === undefined ? bufferOf(operand) : null));
    const base = takeFrame(arena, plan.bytes);
    try {
      const views = [...operands.keys(), result].map((buffer) =>
        plan.offsets[buffer]! < 0 ? null : blockAt(arena, buffers[buffer]!.dtype, base + plan.offsets[buffer]!, block),
      );
      const target = views[operands.length]!;
      holding(plan.bytes, () => {
        for (let start = 0; start < length; start += block) {
          const first = Math.min(start, lastStart(length, block));
          for (let k = 0; k < operands.length; k++) {
            const source = sources[k]!;
            if (source === null) views[k]?.fill(values[k]!);
            else views[k]?.set(source.subarray(first, first + block));
          }
          main(base);
          out.set(target, first);
        }
      });
    } finally {
      releaseFrame(arena, base);
    }
    return out;
  };
};
