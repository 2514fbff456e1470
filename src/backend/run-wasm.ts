/**
 * Runs a program as WebAssembly on a frame of the arena: inputs are copied in, results out to fresh arrays.
 * Buffers that only routines touch never enter the frame. The frame is released in `finally`; a routine that
 * calls another compiled function gets a frame on top of this one.
 */
import { allocate } from "../array/dtype.ts";
import type { TypedArray } from "../array/dtype.ts";
import { bufferOf } from "../array/ndarray.ts";
import { sizeOf } from "../array/shape.ts";
import type { Program } from "../compile/program.ts";
import { copyIn, copyOut, releaseFrame, sharedArena, takeFrame } from "./arena.ts";
import { collectOutputs, runRoutine } from "./routine.ts";
import { prepareJavaScript } from "./run-javascript.ts";
import type { Executable } from "./run-javascript.ts";
import { scalarFunction } from "./scalar-functions.ts";
import { encodeProgram } from "./wasm.ts";

/** One call in progress. */
interface Call {
  readonly base: number;
  /** Buffers that exist as arrays of their own. */
  readonly held: (TypedArray | undefined)[];
}

export const prepareWasm = (program: Program): Executable => {
  const { steps, buffers, plan, inputCount } = program;
  if (!steps.some((step) => step.kind === "nest")) return prepareJavaScript(program);
  const arena = sharedArena();
  const sizes = buffers.map(({ shape }) => sizeOf(shape));
  const enters = Array.from({ length: inputCount }, (_, k) => k).filter((k) => plan.offsets[k]! >= 0);
  let current: Call | null = null;

  const read = (buffer: number): TypedArray => {
    const { held, base } = current!;
    const { dtype } = buffers[buffer]!;
    return (held[buffer] ??=
      sizes[buffer] === 0 ? allocate(dtype, 0) : copyOut(arena, dtype, base + plan.offsets[buffer]!, sizes[buffer]!));
  };
  const write = (buffer: number, values: TypedArray): void => {
    const { held, base } = current!;
    held[buffer] = values;
    if (plan.offsets[buffer]! >= 0) copyIn(arena, values, buffers[buffer]!.dtype, base + plan.offsets[buffer]!);
  };
  const host = (index: number): void => {
    const step = steps[index]!;
    if (step.kind !== "routine") return;
    runRoutine(step, read, write);
    for (const buffer of step.releases) current!.held[buffer] = undefined;
  };

  const { bytes, functions } = encodeProgram(program);
  const math = Object.fromEntries(functions.map((name) => [name, scalarFunction(name)]));
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    env: { memory: arena.memory, host },
    math,
  });
  const main = instance.exports["main"] as (base: number) => void;

  return (inputs) => {
    const outer = current;
    const base = takeFrame(arena, plan.bytes);
    try {
      const held = new Array<TypedArray | undefined>(buffers.length).fill(undefined);
      for (let k = 0; k < inputCount; k++) held[k] = bufferOf(inputs[k]!);
      for (const k of enters) copyIn(arena, held[k]!, buffers[k]!.dtype, base + plan.offsets[k]!);
      current = { base, held };
      main(base);
      return collectOutputs(program, inputs, read);
    } finally {
      current = outer;
      releaseFrame(arena, base);
    }
  };
};
