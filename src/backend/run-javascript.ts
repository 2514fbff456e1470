/**
 * Runs a program on ordinary typed arrays: inputs are used in place, every other buffer is a fresh array that
 * is dropped after its last use. Programs without nests run here under every back end, since they need no code.
 */
import { allocate } from "../array/dtype.ts";
import type { TypedArray } from "../array/dtype.ts";
import { bufferOf } from "../array/ndarray.ts";
import type { ConcreteArray } from "../array/ndarray.ts";
import { sizeOf } from "../array/shape.ts";
import type { NestStep, Program } from "../compile/program.ts";
import { compileNests } from "./javascript.ts";
import { collectOutputs, runRoutine } from "./routine.ts";

/** A compiled jaxpr: concrete arrays in, concrete arrays out. */
export type Executable = (inputs: readonly ConcreteArray[]) => readonly ConcreteArray[];

const released: TypedArray = new Uint8Array(0);

export const prepareJavaScript = (program: Program): Executable => {
  const { steps, buffers } = program;
  const nests = steps.filter((step): step is NestStep => step.kind === "nest");
  const functions = compileNests(nests.map(({ nest, reads, writes }) => ({ nest, buffers: [...reads, ...writes] })));
  const sizes = buffers.map(({ shape }) => sizeOf(shape));
  return (inputs) => {
    const held = new Array<TypedArray>(buffers.length).fill(released);
    for (let k = 0; k < inputs.length; k++) held[k] = bufferOf(inputs[k]!);
    const read = (buffer: number): TypedArray => {
      if (sizes[buffer] === 0 && held[buffer] === released) held[buffer] = allocate(buffers[buffer]!.dtype, 0);
      return held[buffer]!;
    };
    let next = 0;
    for (const step of steps) {
      if (step.kind === "nest") {
        for (const buffer of step.writes) held[buffer] = allocate(buffers[buffer]!.dtype, sizes[buffer]!);
        functions[next++]!(held);
      } else runRoutine(step, read, (buffer, values) => (held[buffer] = values));
      for (const buffer of step.releases) held[buffer] = released;
    }
    return collectOutputs(program, inputs, read);
  };
};
