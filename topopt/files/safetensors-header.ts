/**
 * The JSON header of a safetensors file: for every tensor its dtype, shape and place; and free texts.
 * Places must fill the data without gaps or overlaps, so a file cannot say one thing to one reader and another to the next.
 * Source: the safetensors format, github.com/huggingface/safetensors, README and safetensors/src/tensor.rs.
 */
import { DTypeMismatch, MalformedFile } from "../../src/error.ts";
import type { DType } from "../../src/array/dtype.ts";
import { dtypes, itemSize } from "../../src/array/dtype.ts";
import type { Shape } from "../../src/array/shape.ts";
import { showShape, sizeOf } from "../../src/array/shape.ts";
import { showValue } from "../../src/describe.ts";
import { textOf, viewOf, wholeFile } from "./bytes.ts";

/** Name under which the free texts stand. */
export const metadataKey = "__metadata__";
/** Bytes of the number in front of the header. */
export const lengthBytes = 8;
/** Readers refuse longer headers. */
export const longestHeader = 100_000_000;

/** Names of our dtypes in the format. */
export const formatNames: Readonly<Record<DType, string>> = {
  float64: "F64",
  float32: "F32",
  int32: "I32",
  uint32: "U32",
  bool: "BOOL",
};

const dtypesByName: ReadonlyMap<unknown, DType> = new Map(dtypes.map((dtype) => [formatNames[dtype], dtype]));

/** A tensor of a file: bytes `start` to `end` of the data. */
export interface TensorPlace {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
  readonly start: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly tensors: readonly TensorPlace[];
  readonly metadata: Readonly<Record<string, string>>;
  /** Where the data begins in the file. */
  readonly dataStart: number;
}

type Fail = (seen: string) => MalformedFile;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const [quote, backslash, colon] = [0x22, 0x5c, 0x3a];

/** Keys of all records in a JSON text, repeated ones too, which parsing would drop: the colons outside of texts. */
const countKeys = (text: string): number => {
  let keys = 0;
  let isInside = false;
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === quote) isInside = !isInside;
    else if (isInside && character === backslash) at++;
    else if (!isInside && character === colon) keys++;
  }
  return keys;
};

const countParsedKeys = (header: Readonly<Record<string, unknown>>): number =>
  Object.values(header).reduce<number>((sum, entry) => sum + 1 + (isRecord(entry) ? Object.keys(entry).length : 0), 0);

const parseJson = (text: string, fail: Fail): Readonly<Record<string, unknown>> => {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch {
    throw fail("a header that is no JSON");
  }
  if (!isRecord(header)) throw fail("a header that is no JSON object");
  if (countKeys(text) !== countParsedKeys(header))
    throw fail("a header that names something twice, or nests too deeply");
  return header;
};

const readMetadata = (entry: unknown, fail: Fail): Readonly<Record<string, string>> => {
  if (entry === undefined) return {};
  if (!isRecord(entry) || Object.values(entry).some((value) => typeof value !== "string"))
    throw fail(`${metadataKey} that are not texts by name`);
  return entry as Readonly<Record<string, string>>;
};

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const isCounts = (value: unknown): value is readonly number[] => Array.isArray(value) && value.every(isCount);

const readPlace = (asked: string, name: string, entry: unknown, fail: Fail): TensorPlace => {
  if (!isRecord(entry) || Object.keys(entry).sort().join() !== "data_offsets,dtype,shape")
    throw fail(`${showValue(name)} without exactly dtype, shape and data_offsets`);
  const { dtype: formatName, shape, data_offsets: offsets } = entry;
  if (!isCounts(shape)) throw fail(`${showValue(name)} of shape ${showValue(shape)}`);
  if (!isCounts(offsets) || offsets.length !== 2) throw fail(`${showValue(name)} at ${showValue(offsets)}`);
  if (typeof formatName !== "string") throw fail(`${showValue(name)} with the dtype ${showValue(formatName)}`);
  const dtype = dtypesByName.get(formatName);
  if (dtype === undefined)
    throw new DTypeMismatch(
      asked,
      `${showValue(name)} has elements of type ${showValue(formatName)}`,
      "Arrays here are F64, F32, I32, U32 or BOOL: convert before saving",
    );
  const [start, end] = offsets as readonly [number, number];
  if (end - start !== sizeOf(shape) * itemSize(dtype))
    throw fail(`${showValue(name)}: bytes ${start} to ${end} do not hold ${dtype}${showShape(shape)}`);
  return { name, dtype, shape, start, end };
};

/** Refuses gaps, overlaps, and data that ends before or behind the last tensor. */
const requireFilled = (tensors: readonly TensorPlace[], length: number, fail: Fail): void => {
  const inOrder = [...tensors].sort((left, right) => left.start - right.start || left.end - right.end);
  let at = 0;
  for (const { name, start, end } of inOrder) {
    if (start !== at) throw fail(`${showValue(name)} begins at byte ${start} of the data, where ${at} is next`);
    at = end;
  }
  if (at !== length) throw fail(`${length} bytes of data where the tensors have ${at}`);
};

/**
 * The header of a file, checked against the length of the file; nothing else was looked at.
 * @throws MalformedFile, and DTypeMismatch for elements that no array here has
 */
export const readHeader = (asked: string, bytes: Uint8Array): SafetensorsHeader => {
  const fail: Fail = (seen) => new MalformedFile(asked, seen, wholeFile);
  if (bytes.length < lengthBytes) throw fail(`${bytes.length} bytes, less than the length of a header`);
  const length = Number(viewOf(bytes).getBigUint64(0, true));
  const dataStart = lengthBytes + length;
  if (length > longestHeader || dataStart > bytes.length)
    throw fail(`a header of ${length} bytes in a file of ${bytes.length}`);
  const text = textOf(bytes.subarray(lengthBytes, dataStart));
  if (text === null || !text.startsWith("{")) throw fail("a header that is no JSON object");
  const { [metadataKey]: metadata, ...entries } = parseJson(text, fail);
  const tensors = Object.entries(entries).map(([name, entry]) => readPlace(asked, name, entry, fail));
  requireFilled(tensors, bytes.length - dataStart, fail);
  return { tensors, metadata: readMetadata(metadata, fail), dataStart };
};
