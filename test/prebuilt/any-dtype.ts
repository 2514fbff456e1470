/**
 * Arrays of every dtype for prebuilt kernels, and calls on a memory that ends with the operands: reading on would trap, and
 * whatever else the call must not touch is compared afterwards.
 */
import fc from "fast-check";
import { expect } from "vitest";
import { type NumericArray, elementCount } from "../../kernels/numeric-array.ts";
import { type PrebuiltCall, type PrebuiltModule, instantiate } from "../../kernels/prebuilt/module.ts";
import { randomStream } from "../kernels/arrays.ts";

export const arrayOf = {
  float64: Float64Array,
  float32: Float32Array,
  int32: Int32Array,
  uint32: Uint32Array,
  bool: Uint8Array,
} as const;
export type AnyType = keyof typeof arrayOf;
export const numberTypes: readonly AnyType[] = ["float64", "float32", "int32", "uint32"];
export const allTypes: readonly AnyType[] = [...numberTypes, "bool"];

const special = [NaN, Infinity, -Infinity, 0, -0, 5e-324, 1e-42, -1e300, 1e300, 3e38, 1, -1];

/** How values are drawn: one in `rarity` of floats is special (0: none); `kinds` different others (0: any). */
export interface Draw {
  readonly seed: number;
  readonly rarity: number;
  readonly kinds: number;
}

export const draws: fc.Arbitrary<Draw> = fc.record({
  seed: fc.integer(),
  rarity: fc.constantFrom(0, 0, 1, 4, 60),
  kinds: fc.constantFrom(0, 0, 2, 5),
});

export function drawn(dtype: AnyType, length: number, { seed, rarity, kinds }: Draw): NumericArray {
  const next = randomStream(seed);
  const isFloat = dtype === "float64" || dtype === "float32";
  const below = (count: number): number => Math.floor(((next() + 1) / 2) * count);
  const values = Float64Array.from({ length }, () => {
    if (dtype === "bool") return below(2);
    if (isFloat && rarity > 0 && below(rarity) === 0) return special[below(special.length)]!;
    if (kinds > 0) return below(kinds) - 1;
    return isFloat ? next() * 10 ** below(4) : below(2 ** 32);
  });
  // By way of int32, so that integers wrap as the buffer's own store does.
  return isFloat ? arrayOf[dtype].from(values) : new arrayOf[dtype](Float64Array.from(values, (x) => x | 0));
}

const memory = new WebAssembly.Memory({ initial: 64 });
const bytes = new Uint8Array(memory.buffer);
const untouched = 0xa5;
const gap = 64;

const bytesOf = ({ buffer, byteOffset, byteLength }: NumericArray): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** The result of a call, of another dtype than its operands if one is given. */
export function run(
  { module, call }: { readonly module: PrebuiltModule; readonly call: PrebuiltCall },
  operands: readonly NumericArray[],
  dtype: AnyType,
  shape: readonly number[],
): NumericArray {
  const out = new arrayOf[dtype](elementCount(shape));
  const places: number[] = [];
  let start = bytes.length;
  for (const operand of [...operands].reverse()) {
    start -= operand.byteLength;
    start -= start % 8;
    places.unshift(start);
  }
  const below = (address: number, length: number): number => {
    const place = address - gap - length;
    return place - (((place % 16) + 16) % 16);
  };
  const result = below(start, out.byteLength);
  const scratch = below(result, call.scratchBytes);
  expect(scratch).toBeGreaterThanOrEqual(gap);
  bytes.fill(untouched, scratch - gap);
  operands.forEach((operand, k) => bytes.set(bytesOf(operand), places[k]));
  instantiate(module, memory)[call.function]!(...call.args({ operands: places, results: [result], scratch }));
  const isUntouched = (from: number, to: number): boolean => bytes.subarray(from, to).every((x) => x === untouched);
  expect(isUntouched(scratch - gap, scratch)).toBe(true);
  expect(isUntouched(scratch + call.scratchBytes, result)).toBe(true);
  expect(isUntouched(result + out.byteLength, start)).toBe(true);
  operands.forEach((operand, k) =>
    expect(Buffer.compare(bytes.subarray(places[k], places[k]! + operand.byteLength), bytesOf(operand))).toBe(0),
  );
  bytesOf(out).set(bytes.subarray(result, result + out.byteLength));
  return out;
}

/** The first place where two arrays differ; NaNs count as equal, zeros of different sign do not. */
export function differenceOf(seen: NumericArray, wanted: NumericArray): string {
  if (seen.length !== wanted.length) return `${seen.length} elements for ${wanted.length}`;
  const place = wanted.findIndex((value, k) => !Object.is(value, seen[k]));
  return place < 0 ? "" : `element ${place}: ${seen[place]} for ${wanted[place]}`;
}

/** An array shape and one of its axes, of few elements or with one long axis. */
export const shapesWithAxis = (minSize: number): fc.Arbitrary<{ shape: readonly number[]; axis: number }> =>
  fc
    .oneof(
      fc.array(fc.integer({ min: minSize, max: 9 }), { minLength: 1, maxLength: 4 }),
      fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 })),
      fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 1200 }), fc.integer({ min: 1, max: 2 })),
      fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 1100 })),
    )
    .chain((shape) => fc.record({ shape: fc.constant(shape), axis: fc.integer({ min: 0, max: shape.length - 1 }) }));
