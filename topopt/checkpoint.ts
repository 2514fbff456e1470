/**
 * Checkpoints: plain values and arrays as one block of bytes that says when it is not whole.
 *   8 bytes  "COTANGCK"
 *   4 bytes  CRC-32 of everything that follows
 *   4 bytes  version of the format
 *   4 bytes  length of everything, 4 bytes length of the header
 *   header   JSON in UTF-8, arrays by their place
 *   arrays   one after the other, little-endian, each at a multiple of 8 bytes from the first
 */
import { isDType, itemSize } from "../src/array/dtype.ts";
import type { DType, TypedArray } from "../src/array/dtype.ts";
import { fromBuffer, NDArray } from "../src/array/ndarray.ts";
import { allocate } from "../src/array/storage.ts";
import { sizeOf } from "../src/array/shape.ts";
import { CorruptCheckpoint, InvalidElement, InvalidOption } from "../src/error.ts";
import { describeValue } from "../src/describe.ts";
import { crc32 } from "./render/checksum.ts";

/** What a checkpoint can hold: trees of arrays, numbers of any kind, text, booleans and null. */
export type Saved = null | boolean | number | string | NDArray | readonly Saved[] | { readonly [name: string]: Saved };

const magic = "COTANGCK";
/** Raised with every change of what is written; a reader takes its own version only. */
const version = 1;
/** Where things are; see the header of this file. */
const place = { checksum: 8, version: 12, length: 16, headerLength: 20, header: 24 } as const;
/** Arrays begin at a multiple of this, so that they can be read in place. */
const alignment = 8;

const aligned = (length: number): number => Math.ceil(length / alignment) * alignment;

/** Numbers that JSON has no words for. */
const oddNumbers: Readonly<Record<string, number>> = { NaN: Number.NaN, Infinity, "-Infinity": -Infinity, "-0": -0 };

const nameOfOdd = (value: number): string | undefined =>
  Object.keys(oddNumbers).find((name) => Object.is(oddNumbers[name], value));

/** A value as JSON, arrays and odd numbers as records with one key that no other record has: those are wrapped. */
const encoded = (value: unknown, arrays: NDArray[], path: string): unknown => {
  if (value instanceof NDArray) {
    arrays.push(value);
    const { shape, dtype, weakType } = value;
    return { $array: { shape, dtype, weakType } };
  }
  if (typeof value === "number") {
    const name = nameOfOdd(value);
    return name === undefined ? value : { $number: name };
  }
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (Array.isArray(value)) return value.map((own, k) => encoded(own, arrays, `${path}[${k}]`));
  if (typeof value === "object" && [Object.prototype, null].includes(Object.getPrototypeOf(value)))
    return {
      $record: Object.entries(value as object)
        .filter(([, own]) => own !== undefined)
        .map(([name, own]) => [name, encoded(own, arrays, `${path}.${name}`)]),
    };
  throw new InvalidElement(
    "encodeCheckpoint",
    `${describeValue(value)} at ${path}`,
    "A checkpoint holds arrays, numbers, text, booleans, null, and lists and plain records of them",
  );
};

/**
 * A value as bytes: any tree of arrays and plain values (Saved), as the state of an experiment is.
 * @throws InvalidElement for what is neither array nor plain
 * Cost: one copy of the arrays.
 * @example decodeCheckpoint(encodeCheckpoint({ step: 3, params: [array([1, 2])] })) // { step: 3, params: [[1, 2]] }
 */
export const encodeCheckpoint = (value: unknown): Uint8Array<ArrayBuffer> => {
  const arrays: NDArray[] = [];
  const header = new TextEncoder().encode(JSON.stringify(encoded(value, arrays, "value")));
  const values = arrays.map((x) => x.toTypedArray());
  const first = aligned(place.header + header.length);
  const length = values.reduce((end, own) => end + aligned(own.byteLength), first);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(magic));
  view.setUint32(place.version, version, true);
  view.setUint32(place.length, length, true);
  view.setUint32(place.headerLength, header.length, true);
  bytes.set(header, place.header);
  let at = first;
  for (const own of values) {
    bytes.set(new Uint8Array(own.buffer, own.byteOffset, own.byteLength), at);
    at += aligned(own.byteLength);
  }
  view.setUint32(place.checksum, crc32(bytes.subarray(place.version)), true);
  return bytes;
};

const refuse = (seen: string): never => {
  throw new CorruptCheckpoint("decodeCheckpoint", seen, "Go back to an earlier checkpoint, or begin the run anew");
};

/** Reads arrays one after the other. */
const arrayReader = (bytes: Uint8Array, first: number) => {
  let at = first;
  return ({ shape, dtype, weakType }: { shape: number[]; dtype: DType; weakType: NDArray["weakType"] }): NDArray => {
    const isShape = Array.isArray(shape) && shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0);
    if (!isShape || !isDType(dtype)) return refuse("an array of no known kind");
    const byteLength = sizeOf(shape) * itemSize(dtype);
    if (!(at + byteLength <= bytes.length)) return refuse("an array that goes beyond the end");
    const values: TypedArray = allocate(dtype, sizeOf(shape));
    new Uint8Array(values.buffer, values.byteOffset, values.byteLength).set(bytes.subarray(at, at + byteLength));
    at += aligned(byteLength);
    return fromBuffer(values, shape, dtype, weakType);
  };
};

const decoded = (value: unknown, readArray: ReturnType<typeof arrayReader>): Saved => {
  if (typeof value !== "object" || value === null) return value as Saved;
  if (Array.isArray(value)) return value.map((own) => decoded(own, readArray));
  const own = value as { $array?: never; $number?: string; $record?: [string, unknown][] };
  if (own.$array !== undefined) return readArray(own.$array);
  if (own.$number !== undefined) return oddNumbers[own.$number] ?? refuse("a number of no known kind");
  if (!Array.isArray(own.$record)) return refuse("a record of no known kind");
  // fromEntries makes own properties even of names such as __proto__.
  return Object.fromEntries(own.$record.map(([name, entry]) => [name, decoded(entry, readArray)]));
};

const requireBytes = (bytes: unknown): void => {
  if (bytes instanceof Uint8Array) return;
  const isBuffer =
    bytes instanceof ArrayBuffer || (typeof SharedArrayBuffer !== "undefined" && bytes instanceof SharedArrayBuffer);
  throw new InvalidOption(
    "decodeCheckpoint",
    `${describeValue(bytes)} in the place of the bytes`,
    isBuffer ? "Wrap the buffer: new Uint8Array(buffer)" : "Give what encodeCheckpoint made, a Uint8Array",
  );
};

/**
 * The value that bytes hold, all of it or none. Its type is the caller's word: bytes say nothing of types.
 * @throws InvalidOption for what is no Uint8Array; CorruptCheckpoint for bytes that are no checkpoint, not whole, changed, or of another version of the format
 * @example decodeCheckpoint(encodeCheckpoint([1, "two", null])) // [1, "two", null]
 */
export const decodeCheckpoint = <T = Saved>(bytes: Uint8Array): T => {
  requireBytes(bytes);
  if (bytes.length < place.header) return refuse(`${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = new TextDecoder();
  if (text.decode(bytes.subarray(0, magic.length)) !== magic)
    return refuse("bytes that do not begin as a checkpoint does");
  const seen = view.getUint32(place.version, true);
  const length = view.getUint32(place.length, true);
  const headerEnd = place.header + view.getUint32(place.headerLength, true);
  // Version and lengths are part of what the checksum covers: which of them is told does not matter for safety.
  const isWhole = view.getUint32(place.checksum, true) === crc32(bytes.subarray(place.version));
  if (isWhole && seen !== version) return refuse(`version ${seen} of the format, where this program reads ${version}`);
  if (length !== bytes.length) return refuse(`${bytes.length} bytes of ${length}`);
  if (!isWhole || headerEnd > bytes.length) return refuse("bytes that have changed since they were written");
  const header: unknown = JSON.parse(text.decode(bytes.subarray(place.header, headerEnd)));
  return decoded(header, arrayReader(bytes, aligned(headerEnd))) as T;
};
