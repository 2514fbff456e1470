/**
 * What all binary formats here share: bytes of arrays in little-endian order and back, joining, and reading within bounds.
 * Values travel as bytes, never as numbers, so every bit survives: -0, and the payload of a NaN.
 */
import { MalformedFile } from "../../src/error.ts";
import { describeValue } from "../../src/describe.ts";
import type { DType, TypedArray } from "../../src/array/dtype.ts";
import { itemSize } from "../../src/array/dtype.ts";
import { fromBuffer } from "../../src/array/ndarray.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import type { Shape } from "../../src/array/shape.ts";
import { requireShape } from "../../src/array/shape.ts";
import { allocate } from "../../src/array/storage.ts";

/** What to do about a file that cannot be read. */
export const wholeFile = "Give the whole file as it was written";

/** Refuses whatever is not a byte string. */
export const requireBytes = (asked: string, bytes: unknown): void => {
  if (!(bytes instanceof Uint8Array))
    throw new MalformedFile(
      asked,
      `${describeValue(bytes)} in the place of the bytes`,
      "Give a Uint8Array: readFileSync returns one, new Uint8Array(buffer) makes one",
    );
};

/** A view for the numbers of headers. */
export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The parts one behind the other. */
export const concatenate = (parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

/** Whether the typed arrays of this machine hold the lowest byte of a number first. */
const isLittleEndian: boolean = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

const swapInPlace = (bytes: Uint8Array, width: number): void => {
  for (let start = 0; start < bytes.length; start += width) bytes.subarray(start, start + width).reverse();
};

/** A copy of the bytes of numbers, lowest byte first. */
export const littleEndianBytes = (values: TypedArray): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();
  if (!isLittleEndian) swapInPlace(bytes, values.BYTES_PER_ELEMENT);
  return bytes;
};

/**
 * An array from its bytes, which are copied; truth values other than 0 read as true.
 * `bytes` has the length that shape and dtype demand.
 * @throws TooLarge
 */
export const arrayFromBytes = (
  asked: string,
  bytes: Uint8Array,
  {
    dtype,
    shape,
    isBigEndian = false,
  }: { readonly dtype: DType; readonly shape: Shape; readonly isBigEndian?: boolean },
): NDArray => {
  const buffer = allocate(dtype, requireShape(asked, shape));
  const target = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  target.set(bytes);
  if (isBigEndian === isLittleEndian) swapInPlace(target, itemSize(dtype));
  if (dtype === "bool") for (let k = 0; k < buffer.length; k++) if (buffer[k] !== 0) buffer[k] = 1;
  return fromBuffer(buffer, [...shape], dtype);
};

/** UTF-8 text; null where the bytes are none. */
export const textOf = (bytes: Uint8Array): string | null => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
};

/** Whether UTF-8 can hold the text: halves of surrogate pairs have no place in it. */
export const isEncodable = (text: string): boolean => !/\p{Surrogate}/u.test(text);
