/**
 * The prebuilt kernel of a primitive beside its `evaluate`, on a memory that ends with the operands: reading on would trap, and
 * what else the call must not touch is compared afterwards. Scratch and results hold noise before.
 */
import { expect } from "vitest";
import type { NumericArray } from "../../kernels/numeric-array.ts";
import { instantiate } from "../../kernels/prebuilt/module.ts";
import { itemSize } from "../../src/array/dtype.ts";
import { allocate } from "../../src/array/storage.ts";
import { bufferOf } from "../../src/array/ndarray.ts";
import type { ConcreteArray } from "../../src/array/ndarray.ts";
import { sizeOf } from "../../src/array/shape.ts";
import type { Params, Primitive } from "../../src/ir/primitive.ts";
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

const expectNoise = (from: number, to: number): void =>
  expect(bytes.subarray(from, to).every((byte) => byte === noise)).toBe(true);

/** What the kernel gives: its results, or null if it refuses. */
const runKernel = (
  primitive: Primitive,
  operands: readonly ConcreteArray[],
  params: Params,
): readonly NumericArray[] | null => {
  const { lower } = primitive;
  const planned = lower.kind === "routine" ? lower.prebuilt?.(operands, params) : undefined;
  if (planned === undefined || planned === null) throw new Error(`${primitive.name} has no kernel for these operands`);
  const { module, call } = planned;
  const types = toList(primitive.abstractEval(operands, params));
  const lengths = types.map(({ shape, dtype }) => sizeOf(shape) * itemSize(dtype));
  const inputs = operands.map((operand) => bufferOf(operand) as NumericArray);
  const sources = placesBefore(
    bytes.length,
    inputs.map(({ byteLength }) => byteLength),
  );
  const [scratch, ...targets] = placesBefore(Math.min(bytes.length, ...sources) - gap, [call.scratchBytes, ...lengths]);
  expect(scratch).toBeGreaterThanOrEqual(gap);
  bytes.fill(noise, scratch! - gap);
  inputs.forEach((input, k) => bytes.set(bytesOf(input), sources[k]));
  const args = call.args({ operands: sources, results: targets, scratch: scratch! });
  const refused = instantiate(module, memory)[call.function]!(...args);
  expectNoise(scratch! - gap, scratch!);
  [scratch!, ...targets].forEach((place, k) => {
    const end = place + [call.scratchBytes, ...lengths][k]!;
    expectNoise(end, end + gap);
  });
  inputs.forEach((input, k) =>
    expect(Buffer.compare(bytes.subarray(sources[k], sources[k]! + input.byteLength), bytesOf(input))).toBe(0),
  );
  expect(refused === undefined).toBe(call.refuses !== true);
  if (refused !== undefined && refused !== 0) return null;
  return types.map(({ shape, dtype }, k) => {
    const out = allocate(dtype, sizeOf(shape)) as NumericArray;
    bytesOf(out).set(bytes.subarray(targets[k], targets[k]! + lengths[k]!));
    return out;
  });
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
