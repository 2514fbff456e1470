/**
 * A growing byte buffer and the number encodings of the WebAssembly binary format.
 * LEB128: seven bits a byte, lowest first, the top bit says "more follows"; signed numbers stop
 * once the remaining bits all equal the sign bit just written.
 * Source: WebAssembly core specification 2.0, section 5.2 (values).
 */

/** Bytes written so far: the first `length` entries of `bytes`. Grows by doubling. */
export interface ByteWriter {
  bytes: Uint8Array<ArrayBuffer>;
  length: number;
}

const float64Cell: Float64Array = new Float64Array(1);
const float64Octets: Uint8Array = new Uint8Array(float64Cell.buffer);
const float32Cell: Float32Array = new Float32Array(1);
const float32Octets: Uint8Array = new Uint8Array(float32Cell.buffer);
const canonicalNaN64: readonly number[] = [0, 0, 0, 0, 0, 0, 0xf8, 0x7f];
const canonicalNaN32: readonly number[] = [0, 0, 0xc0, 0x7f];
/** WebAssembly stores floats little-endian; a big-endian host copies its own octets in reverse. */
const hostIsBigEndian: boolean = new Uint8Array(new Uint16Array([1]).buffer)[0] === 0;

/** An empty writer with room for `capacity` bytes before it first grows. */
export function byteWriter(capacity = 256): ByteWriter {
  return { bytes: new Uint8Array(capacity), length: 0 };
}

function reserve(writer: ByteWriter, count: number): void {
  const needed = writer.length + count;
  if (needed <= writer.bytes.length) return;
  const grown = new Uint8Array(Math.max(needed, 2 * writer.bytes.length));
  grown.set(writer.bytes.subarray(0, writer.length));
  writer.bytes = grown;
}

/** Appends the low eight bits of `value`. */
export function writeByte(writer: ByteWriter, value: number): void {
  if (writer.length === writer.bytes.length) reserve(writer, 1);
  writer.bytes[writer.length++] = value;
}

/** Appends bytes unchanged. */
export function writeBytes(writer: ByteWriter, values: ArrayLike<number>): void {
  reserve(writer, values.length);
  writer.bytes.set(values, writer.length);
  writer.length += values.length;
}

/** Appends an unsigned integer below 2^32 as LEB128: one to five bytes. */
export function writeUnsigned(writer: ByteWriter, value: number): void {
  let rest = value >>> 0;
  while (rest >= 0x80) {
    writeByte(writer, (rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  writeByte(writer, rest);
}

/** Appends a signed 32-bit integer as LEB128: one to five bytes. */
export function writeSigned32(writer: ByteWriter, value: number): void {
  let rest = value | 0;
  while (rest < -64 || rest > 63) {
    writeByte(writer, (rest & 0x7f) | 0x80);
    rest >>= 7;
  }
  writeByte(writer, rest & 0x7f);
}

/** Appends a signed 64-bit integer as LEB128: one to ten bytes. */
export function writeSigned64(writer: ByteWriter, value: bigint): void {
  let rest = BigInt.asIntN(64, value);
  while (rest < -64n || rest > 63n) {
    writeByte(writer, Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  writeByte(writer, Number(rest & 0x7fn));
}

function writeOctets(writer: ByteWriter, octets: Uint8Array): void {
  reserve(writer, octets.length);
  const last = octets.length - 1;
  for (let i = 0; i <= last; i++) writer.bytes[writer.length++] = octets[hostIsBigEndian ? last - i : i] ?? 0;
}

/** Appends a binary64 number, little-endian. Every NaN becomes the canonical one, so equal programs have equal bytes. */
export function writeFloat64(writer: ByteWriter, value: number): void {
  if (Number.isNaN(value)) return writeBytes(writer, canonicalNaN64);
  float64Cell[0] = value;
  writeOctets(writer, float64Octets);
}

/** Appends a number rounded to binary32, little-endian. Every NaN becomes the canonical one. */
export function writeFloat32(writer: ByteWriter, value: number): void {
  if (Number.isNaN(value)) return writeBytes(writer, canonicalNaN32);
  float32Cell[0] = value;
  writeOctets(writer, float32Octets);
}

/** Appends a name: its length in UTF-8 bytes, then the bytes. */
export function writeName(writer: ByteWriter, name: string): void {
  // Plain characters are their own UTF-8; an encoder object costs more than a short name.
  const start = writer.length;
  writeUnsigned(writer, name.length);
  for (let i = 0; i < name.length; i++) {
    const character = name.charCodeAt(i);
    if (character >= 0x80) {
      writer.length = start;
      const encoded = new TextEncoder().encode(name);
      writeUnsigned(writer, encoded.length);
      return writeBytes(writer, encoded);
    }
    writeByte(writer, character);
  }
}

/** A copy of what was written, exactly as long as it is. */
export function writtenBytes(writer: ByteWriter): Uint8Array<ArrayBuffer> {
  return writer.bytes.slice(0, writer.length);
}
