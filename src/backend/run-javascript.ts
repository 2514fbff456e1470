/**
 * Runs a program on ordinary typed arrays: inputs are used in place, every other buffer is a fresh array that
 * is dropped after its last use. Programs without nests run here under every back end, since they need no code.
 */
import { allocate } from "../array/storage.ts";
import type { TypedArray } from "../array/dtype.ts";
import { bufferOf } from "../array/ndarray.ts";
import type { ConcreteArray } from "../array/ndarray.ts";
import { sizeOf } from "../array/shape.ts";
import type { NestStep, Program } from "../compile/steps.ts";
import { compileNests } from "./javascript.ts";
import { hold, release } from "./memory.ts";
import { collectOutputs, runRoutine } from "./routine.ts";

/** A compiled jaxpr: concrete arrays in, concrete arrays out. */
export type Executable = (inputs: readonly ConcreteArray[]) => readonly ConcreteArray[];

const released: TypedArray = new Uint8Array(0);

export const prepareJavaScript = (program: Program): Executable => {
  const { steps, buffers, inputCount } = program;
  const nests = steps.filter((step): step is NestStep => step.kind === "nest");
  const functions = compileNests(nests.map(({ nest, reads, writes }) => ({ nest, buffers: [...reads, ...writes] })));
  const sizes = buffers.map(({ shape }) => sizeOf(shape));
  return (inputs) => {
    const held = new Array<TypedArray>(buffers.length).fill(released);
    for (let k = 0; k < inputs.length; k++) held[k] = bufferOf(inputs[k]!);
    let bytes = 0;
    const keep = (buffer: number, values: TypedArray): void => {
      held[buffer] = values;
      bytes += values.byteLength;
      hold(values.byteLength);
    };
    const drop = (buffer: number): void => {
      if (buffer >= inputCount) {
        bytes -= held[buffer]!.byteLength;
        release(held[buffer]!.byteLength);
      }
      held[buffer] = released;
    };
    const read = (buffer: number): TypedArray => {
      if (sizes[buffer] === 0 && held[buffer] === released) held[buffer] = allocate(buffers[buffer]!.dtype, 0);
      return held[buffer]!;
    };
    let next = 0;
    try {
      for (const step of steps) {
        if (step.kind === "nest") {
          for (const buffer of step.writes) keep(buffer, allocate(buffers[buffer]!.dtype, sizes[buffer]!));
          functions[next++]!(held);
        } else if (step.kind === "routine") runRoutine(step, read, keep);
        for (const buffer of step.releases) drop(buffer);
      }
      return collectOutputs(program, inputs, read);
    } finally {
      release(bytes);
    }
  };
};
