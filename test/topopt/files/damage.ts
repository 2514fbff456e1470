/**
 * What readers of files are held to when a file is damaged: a coded error, or as many values as before; nothing else.
 */
import fc from "fast-check";
import { expect } from "vitest";
import { array, CotangentError } from "cotangent";
import type { DType, NDArray } from "cotangent";

/** Element types of arrays. */
const dtypes: readonly DType[] = ["float64", "float32", "int32", "uint32", "bool"];

/** Arrays of every dtype, of up to four axes, also without elements; the values are any bits. */
export const anyArray: fc.Arbitrary<NDArray> = fc
  .tuple(fc.constantFrom(...dtypes), fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }))
  .chain(([dtype, shape]) => {
    const size = shape.reduce((product, extent) => product * extent, 1);
    const sized = { minLength: size, maxLength: size };
    const values: Readonly<Record<DType, fc.Arbitrary<ArrayLike<number>>>> = {
      float64: fc.float64Array(sized),
      float32: fc.float32Array(sized),
      int32: fc.int32Array(sized),
      uint32: fc.uint32Array(sized),
      bool: fc.uint8Array({ ...sized, max: 1 }),
    };
    return values[dtype].map((elements) => array(elements as Float64Array, { dtype, shape }));
  });

/** Same shape, dtype and values to the bit, but for the payload of NaN. */
export const expectSame = (seen: NDArray, wanted: NDArray): void => {
  expect([seen.dtype, seen.shape]).toEqual([wanted.dtype, wanted.shape]);
  expect(seen.toTypedArray()).toEqual(wanted.toTypedArray());
};

/** What a reader makes of bytes: how many elements, or the code of its error. Any other error goes on. */
export const outcome = (read: () => readonly NDArray[]): number | string => {
  try {
    return read().reduce((sum, x) => sum + x.size, 0);
  } catch (error) {
    if (error instanceof CotangentError) return error.code;
    throw error;
  }
};

/** Every beginning of a file is refused. */
export const expectPrefixesRefused = (file: Uint8Array, read: (bytes: Uint8Array) => readonly NDArray[]): void => {
  for (let length = 0; length < file.length; length++)
    expect(
      outcome(() => read(file.slice(0, length))),
      `${length} of ${file.length} bytes`,
    ).toBe("MalformedFile");
};

/** Every single bit of the first bytes turned over gives a coded error or as many elements as before. */
export const expectFlipsTame = (
  file: Uint8Array,
  read: (bytes: Uint8Array) => readonly NDArray[],
  length: number = file.length,
): void => {
  const intact = outcome(() => read(file));
  for (let bit = 0; bit < 8 * length; bit++) {
    const damaged = file.slice();
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    const seen = outcome(() => read(damaged));
    if (typeof seen === "number") expect(seen, `bit ${bit}`).toBe(intact);
  }
};
