/**
 * Calls of prebuilt kernels on a memory that notices when they touch what is not theirs.
 */
import { expect } from "vitest";
import type { PrebuiltCall, PrebuiltFunction } from "../../kernels/prebuilt/module.ts";

export type FloatType = "float64" | "float32";
export type Floats = Float64Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
export const arrayOf = { float64: Float64Array, float32: Float32Array } as const;

/** Numbers with bits of their own, and ties. */
export const specialNumbers: readonly number[] = [
  NaN,
  Infinity,
  -Infinity,
  0,
  -0,
  5e-324,
  1e-45,
  1e300,
  3e38,
  1,
  -1,
  1,
];

/** Expects equal bits, every NaN being the same. */
export const expectSame = (seen: Floats, wanted: Floats, name: string): void => {
  expect(seen.length, name).toBe(wanted.length);
  const different = seen.findIndex((x, k) => !Object.is(x, wanted[k]));
  if (different >= 0) expect([different, seen[different]], name).toEqual([different, wanted[different]]);
};

const guard = 64;

/**
 * The result of a call, of the element type of its operands. Operands lie end to end and the result after them, between
 * guards that must keep their bytes, as must the operands; scratch and result begin as noise. The scratch ends with the
 * memory, so that access past it traps.
 */
export const runGuarded = (
  memory: WebAssembly.Memory,
  functions: Readonly<Record<string, PrebuiltFunction>>,
  call: PrebuiltCall,
  operands: readonly Floats[],
  length: number,
): Floats => {
  const [first] = operands as [Floats];
  const view = (at: number, count: number): Floats =>
    first instanceof Float64Array
      ? new Float64Array(memory.buffer as ArrayBuffer, at, count)
      : new Float32Array(memory.buffer as ArrayBuffer, at, count);
  const places: number[] = [];
  let target = guard;
  for (const { byteLength } of operands) {
    places.push(target);
    target += byteLength;
  }
  const bytes = new Uint8Array(memory.buffer);
  const scratch = bytes.length - Math.ceil(call.scratchBytes / 16) * 16;
  const end = target + length * first.BYTES_PER_ELEMENT;
  expect(end + guard).toBeLessThan(scratch - guard);
  bytes.fill(0xa5, 0, end + guard);
  bytes.fill(0xa5, scratch - guard);
  operands.forEach((operand, k) => view(places[k]!, operand.length).set(operand as never));
  functions[call.function]!(...call.args({ operands: places, results: [target], scratch }));
  const isNoise = (from: number): boolean => bytes.subarray(from, from + guard).every((byte) => byte === 0xa5);
  expect([0, end, scratch - guard].every(isNoise)).toBe(true);
  operands.forEach((operand, k) => expectSame(view(places[k]!, operand.length), operand, `operand ${k}`));
  return view(target, length).slice();
};
