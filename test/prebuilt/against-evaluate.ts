/**
 * The prebuilt kernel of a primitive beside its `evaluate`, on a memory that ends with the operands: reading on would trap, and
 * what else the call must not touch is compared afterwards. Scratch and results hold noise before.
 */
import { expect } from "vitest";
import type { NumericArray } from "../../kernels/numeric-array.ts";
import { instantiate } from "../../kernels/prebuilt/module.ts";
import type { PrebuiltCall } from "../../kernels/prebuilt/module.ts";
import { itemSize } from "../../src/array/dtype.ts";
import { allocate } from "../../src/array/storage.ts";
import { bufferOf } from "../../src/array/ndarray.ts";
import type { ConcreteArray } from "../../src/array/ndarray.ts";
import { sizeOf } from "../../src/array/shape.ts";
import type { PrebuiltRoutine } from "../../src/ir/lowering.ts";
import type { Params, Primitive, TypeOf } from "../../src/ir/primitive.ts";
import { toList } from "../../src/ir/primitive.ts";
import { withEvaluation } from "../../src/ir/trace.ts";
import { differenceOf } from "./any-dtype.ts";

const memory = new WebAssembly.Memory({ initial: 256 });
const bytes = new Uint8Array(memory.buffer);
const noise = 0xa5;
const gap = 64;

const bytesOf = (values: NumericArray): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

/** Places of arrays of these lengths, one before the other, the last ending at `end`, with gaps between them. */
const placesBefore = (end: number, lengths: readonly number[]): number[] => {
  let start = end;
  return [...lengths]
    .reverse()
    .map((length) => {
      start -= length + (start < end ? gap : 0);
      return (start -= start % 16);
    })
    .reverse();
};

const expectAll = (byte: number, from: number, to: number): void =>
  expect(bytes.subarray(from, to).every((seen) => seen === byte)).toBe(true);

interface Planned extends PrebuiltRoutine {
  readonly inputs: readonly NumericArray[];
  readonly types: readonly TypeOf[];
}

const plan = (primitive: Primitive, operands: readonly ConcreteArray[], params: Params): Planned => {
  const { lower } = primitive;
  const planned = lower.kind === "routine" ? lower.prebuilt?.(operands, params) : undefined;
  if (planned === undefined || planned === null) throw new Error(`${primitive.name} has no kernel for these operands`);
  return {
    ...planned,
    inputs: operands.map((operand) => bufferOf(operand) as NumericArray),
    types: toList(primitive.abstractEval(operands, params)),
  };
};

/** The bytes of the results after a call; null if it refuses. */
const runCall = (
  { module, inputs, types }: Omit<Planned, "call">,
  call: PrebuiltCall,
  filling: number,
): readonly Uint8Array[] | null => {
  const lengths = types.map(({ shape, dtype }) => sizeOf(shape) * itemSize(dtype));
  const sources = placesBefore(
    bytes.length,
    inputs.map(({ byteLength }) => byteLength),
  );
  const [scratch, ...targets] = placesBefore(Math.min(bytes.length, ...sources) - gap, [call.scratchBytes, ...lengths]);
  expect(scratch).toBeGreaterThanOrEqual(gap);
  bytes.fill(filling, scratch! - gap);
  inputs.forEach((input, k) => bytes.set(bytesOf(input), sources[k]));
  const args = call.args({ operands: sources, results: targets, scratch: scratch! });
  const refused = instantiate(module, memory)[call.function]!(...args);
  expectAll(filling, scratch! - gap, scratch!);
  [scratch!, ...targets].forEach((place, k) => {
    const end = place + [call.scratchBytes, ...lengths][k]!;
    expectAll(filling, end, end + gap);
  });
  inputs.forEach((input, k) =>
    expect(Buffer.compare(bytes.subarray(sources[k], sources[k]! + input.byteLength), bytesOf(input))).toBe(0),
  );
  expect(refused === undefined).toBe(call.refuses !== true);
  if (refused !== undefined && refused !== 0) return null;
  return lengths.map((length, k) => bytes.slice(targets[k], targets[k]! + length));
};

/** What the kernel gives: its results, or null if it refuses. */
const runKernel = (
  primitive: Primitive,
  operands: readonly ConcreteArray[],
  params: Params,
): readonly NumericArray[] | null => {
  const planned = plan(primitive, operands, params);
  const results = runCall(planned, planned.call, noise);
  return (
    results?.map((result, k) => {
      const { shape, dtype } = planned.types[k]!;
      const out = allocate(dtype, sizeOf(shape)) as NumericArray;
      bytesOf(out).set(result);
      return out;
    }) ?? null
  );
};

const evaluateOrNull = (
  primitive: Primitive,
  operands: readonly ConcreteArray[],
  params: Params,
): readonly NumericArray[] | null => {
  try {
    const outputs = withEvaluation(() => toList(primitive.evaluate(operands, params)));
    return outputs.map((output) => bufferOf(output as ConcreteArray) as NumericArray);
  } catch {
    return null;
  }
};

/** In what kernel and `evaluate` differ: "" if in nothing, and "refused" if both refuse. */
export const kernelDifference = (
  primitive: Primitive,
  operands: readonly ConcreteArray[],
  params: Params = {},
): string => {
  const [seen, wanted] = [runKernel(primitive, operands, params), evaluateOrNull(primitive, operands, params)];
  if (seen === null || wanted === null)
    return seen === wanted ? "refused" : `only the ${seen === null ? "kernel" : "interpreter"} refuses`;
  return wanted
    .map((values, k) => differenceOf(seen[k]!, values))
    .map((text, k) => (text === "" ? "" : `result ${k}, ${text}`))
    .join("");
};

/**
 * What is wrong with the kernel's call in `count` parts, "" if nothing, or null if it is not shared. Each part runs alone, on
 * results that hold noise: together they have to write every byte of what the one call gives, and no two of them the same.
 */
export const partsDifference = (
  primitive: Primitive,
  operands: readonly ConcreteArray[],
  params: Params,
  count: number,
): string | null => {
  const planned = plan(primitive, operands, params);
  const parts = planned.call.parts?.(count) ?? [planned.call];
  if (parts.length === 1) return null;
  if (parts.length !== count || planned.call.refuses === true) return `${parts.length} parts for ${count} threads`;
  const wanted = runCall(planned, planned.call, noise)!;
  const writers = wanted.map((result) => new Int8Array(result.length).fill(-1));
  for (const [part, call] of parts.entries()) {
    // What a part writes may be the noise it is written over, but not for two kinds of noise.
    const fillings = [noise, noise ^ 0xff];
    const runs = fillings.map((filling) => runCall(planned, call, filling)!);
    for (const [k, writer] of writers.entries())
      for (const at of writer.keys()) {
        if (runs.every((results, run) => results[k]![at] === fillings[run])) continue;
        if (writer[at]! >= 0) return `parts ${writer[at]} and ${part} both write byte ${at} of result ${k}`;
        writer[at] = part;
        if (runs.some((results) => results[k]![at] !== wanted[k]![at]))
          return `part ${part} writes another byte ${at} of result ${k}`;
      }
  }
  const missing = writers.findIndex((writer) => writer.includes(-1));
  return missing < 0 ? "" : `no part writes byte ${writers[missing]!.indexOf(-1)} of result ${missing}`;
};
