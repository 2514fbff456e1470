/**
 * NumPy's .npy files: one array with its shape and element type.
 * Written are the bytes that np.save writes for the same array; read are formats 1.0 to 3.0, both byte orders, both axis orders.
 * Source: NumPy Enhancement Proposal 1; numpy/lib/format.py.
 */
import { MalformedFile } from "../../src/error.ts";
import { itemSize } from "../../src/array/dtype.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { showShape, sizeOf } from "../../src/array/shape.ts";
import { array } from "../../library/numpy/creation.ts";
import type { ArrayData } from "../../library/numpy/creation.ts";
import { transpose } from "../../library/numpy/manipulation.ts";
import { arrayFromBytes, concatenate, littleEndianBytes, requireBytes, viewOf, wholeFile } from "./bytes.ts";
import { headerText, parseHeaderText } from "./npy-header.ts";
import type { NpyHeader } from "./npy-header.ts";

/** 0x93 and "NUMPY". */
const magic: readonly number[] = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** Magic, version and length of the header in format 1.0. */
const prefixLength = 10;
/** No header of an array is longer: 64 axes of 20 digits. */
const longestHeader = 8192;
/** Data begins at a multiple of this many bytes. */
const alignment = 64;

/**
 * Bytes of an .npy file, the same as NumPy's `np.save` writes.
 * @param values  an array, or data of one, of any shape: float64, float32, int32, uint32 or bool
 * @returns       format 1.0, C order, little-endian; 128 bytes and the elements, a little more for many axes
 * @throws TracerConversion for a traced array, and what `array` throws
 * Cost: one copy. Not differentiable.
 * @example npy(array([1, 2])).length // 144
 */
export const npy = (values: ArrayData): Uint8Array<ArrayBuffer> => {
  const x = array(values);
  const elements = littleEndianBytes(x.toTypedArray());
  const text = headerText(x.dtype, x.shape);
  const padding = alignment - ((prefixLength + text.length + 1) % alignment);
  const header = new TextEncoder().encode(`${text}${" ".repeat(padding)}\n`);
  const prefix = Uint8Array.from([...magic, 1, 0, header.length & 255, header.length >> 8]);
  return concatenate([prefix, header, elements]);
};

/** Where the header begins and ends. */
const headerRange = (asked: string, bytes: Uint8Array): readonly [start: number, end: number] => {
  if (bytes.length < prefixLength || !magic.every((byte, k) => bytes[k] === byte))
    throw new MalformedFile(asked, `${bytes.length} bytes that do not begin as an .npy file does`, wholeFile);
  const version = bytes[6]!;
  if (version < 1 || version > 3 || bytes[7] !== 0)
    throw new MalformedFile(asked, `format ${version}.${bytes[7]}`, "Formats 1.0, 2.0 and 3.0 are known");
  if (version > 1 && bytes.length < prefixLength + 2)
    throw new MalformedFile(asked, `${bytes.length} bytes, less than the header`, wholeFile);
  const [start, length] =
    version === 1
      ? [prefixLength, viewOf(bytes).getUint16(8, true)]
      : [prefixLength + 2, viewOf(bytes).getUint32(8, true)];
  if (start + length > bytes.length)
    throw new MalformedFile(asked, `a header of ${length} bytes in a file of ${bytes.length}`, wholeFile);
  return [start, start + length];
};

/** The array in C order: an array whose first axis runs fastest is the transpose of one whose last axis does. */
const arrayOf = (asked: string, header: NpyHeader, bytes: Uint8Array): NDArray => {
  const { shape, isFortran } = header;
  if (!isFortran || shape.length < 2) return arrayFromBytes(asked, bytes, header);
  return transpose(arrayFromBytes(asked, bytes, { ...header, shape: [...shape].reverse() }));
};

/** What `parseNpy` does, under the name of who asked. */
export const readNpy = (asked: string, bytes: Uint8Array): NDArray => {
  requireBytes(asked, bytes);
  const [start, end] = headerRange(asked, bytes);
  const header = parseHeaderText(
    asked,
    String.fromCharCode(...bytes.subarray(start, Math.min(end, start + longestHeader))),
  );
  const expected = sizeOf(header.shape) * itemSize(header.dtype);
  if (bytes.length - end !== expected)
    throw new MalformedFile(
      asked,
      `${bytes.length - end} bytes of elements where ${header.dtype}${showShape(header.shape)} has ${expected}`,
      wholeFile,
    );
  return arrayOf(asked, header, bytes.subarray(end));
};

/**
 * The array in an .npy file.
 * @param bytes  the whole file: format 1.0, 2.0 or 3.0, of either byte order and either order of axes
 * @returns      an array of the file's shape and dtype, to the bit
 * @throws MalformedFile where the bytes are no such file, are cut short or go on behind it; DTypeMismatch for elements that are not
 *   float64, float32, int32, uint32 or bool (NumPy's integers are int64 unless told otherwise); TooLarge
 * Cost: one copy, two where the first axis runs fastest. Nothing is allocated for sizes that the file does not have.
 * @example parseNpy(npy(array([[1, 2], [3, 4]]))).toList() // [[1, 2], [3, 4]]
 */
export const parseNpy = (bytes: Uint8Array): NDArray => readNpy("parseNpy", bytes);
