/**
 * zlib compression that runs in Node and browsers alike, synchronously and without a dependency.
 * LZ77 over hash chains, coded in one block with the fixed Huffman tables; stored blocks where that would not be smaller.
 * Source: RFC 1951, sections 3.2.4 to 3.2.6; RFC 1950 for the frame.
 */
import { adler32 } from "./checksum.ts";

const shortestMatch = 3;
const longestMatch = 258;
const windowSize = 32768;
/** Candidates looked at per position: more finds longer matches and takes longer. */
const chainLimit = 48;
const hashSize = 1 << 15;
const largestStoredBlock = 65535;
/** Symbol that ends a block. */
const endOfBlock = 256;

interface LengthTable {
  readonly base: readonly number[];
  readonly extraBits: readonly number[];
}

/** Bases and extra bits of RFC 1951 section 3.2.5: `perWidth` symbols share each number of extra bits. */
function lengthTable(first: number, symbols: number, perWidth: number): LengthTable {
  const base: number[] = [];
  const extraBits: number[] = [];
  let next = first;
  for (let symbol = 0; symbol < symbols; symbol++) {
    const width = Math.max(0, Math.floor(symbol / perWidth) - 1);
    base.push(next);
    extraBits.push(width);
    next += 1 << width;
  }
  return { base, extraBits };
}

const matchLengths: LengthTable = lengthTable(shortestMatch, 28, 4);
const matchDistances: LengthTable = lengthTable(1, 30, 2);

interface BitWriter {
  bytes: Uint8Array<ArrayBuffer>;
  length: number;
  pending: number;
  pendingBits: number;
}

function writeBits(writer: BitWriter, value: number, count: number): void {
  writer.pending |= value << writer.pendingBits;
  writer.pendingBits += count;
  while (writer.pendingBits >= 8) {
    if (writer.length === writer.bytes.length) {
      const grown = new Uint8Array(writer.bytes.length * 2);
      grown.set(writer.bytes);
      writer.bytes = grown;
    }
    writer.bytes[writer.length++] = writer.pending & 255;
    writer.pending >>>= 8;
    writer.pendingBits -= 8;
  }
}

/** Huffman codes enter the stream from their most significant bit. */
function writeCode(writer: BitWriter, code: number, count: number): void {
  let reversed = 0;
  for (let bit = 0; bit < count; bit++) reversed |= ((code >> bit) & 1) << (count - 1 - bit);
  writeBits(writer, reversed, count);
}

/** Fixed literal and length code of RFC 1951 section 3.2.6. */
function writeSymbol(writer: BitWriter, symbol: number): void {
  if (symbol < 144) writeCode(writer, 0x30 + symbol, 8);
  else if (symbol < 256) writeCode(writer, 0x190 + symbol - 144, 9);
  else if (symbol < 280) writeCode(writer, symbol - 256, 7);
  else writeCode(writer, 0xc0 + symbol - 280, 8);
}

/** Last entry of `base` that does not exceed the value. */
function bucket(base: readonly number[], value: number): number {
  let low = 0;
  let high = base.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (base[middle]! <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

function writeMatch(writer: BitWriter, length: number, distance: number): void {
  if (length === longestMatch) writeSymbol(writer, 285);
  else {
    const symbol = bucket(matchLengths.base, length);
    writeSymbol(writer, 257 + symbol);
    writeBits(writer, length - matchLengths.base[symbol]!, matchLengths.extraBits[symbol]!);
  }
  const symbol = bucket(matchDistances.base, distance);
  writeCode(writer, symbol, 5);
  writeBits(writer, distance - matchDistances.base[symbol]!, matchDistances.extraBits[symbol]!);
}

function matchLengthAt(bytes: Uint8Array, earlier: number, at: number): number {
  const limit = Math.min(longestMatch, bytes.length - at);
  let length = 0;
  while (length < limit && bytes[earlier + length] === bytes[at + length]) length++;
  return length;
}

function fixedHuffman(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const writer: BitWriter = {
    bytes: new Uint8Array(Math.max(64, bytes.length >> 2)),
    length: 0,
    pending: 0,
    pendingBits: 0,
  };
  const newest = new Int32Array(hashSize).fill(-1);
  const older = new Int32Array(windowSize).fill(-1);
  const remember = (at: number): void => {
    if (at + shortestMatch > bytes.length) return;
    const hash = hashAt(bytes, at);
    older[at % windowSize] = newest[hash]!;
    newest[hash] = at;
  };
  writeBits(writer, 0b011, 3);
  let at = 0;
  while (at < bytes.length) {
    const match = longestAt(bytes, at, newest, older);
    if (match.length >= shortestMatch) writeMatch(writer, match.length, match.distance);
    else writeSymbol(writer, bytes[at]!);
    const end = at + Math.max(1, match.length);
    for (; at < end; at++) remember(at);
  }
  writeSymbol(writer, endOfBlock);
  writeBits(writer, 0, 7);
  return writer.bytes.subarray(0, writer.length);
}

function hashAt(bytes: Uint8Array, at: number): number {
  const three = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
  return (Math.imul(three, 0x9e3779b1) >>> 17) & (hashSize - 1);
}

function longestAt(
  bytes: Uint8Array,
  at: number,
  newest: Int32Array,
  older: Int32Array,
): { readonly length: number; readonly distance: number } {
  let length = 0;
  let distance = 0;
  if (at + shortestMatch > bytes.length) return { length, distance };
  let candidate = newest[hashAt(bytes, at)]!;
  for (let looked = 0; looked < chainLimit && candidate >= 0 && at - candidate < windowSize; looked++) {
    const found = matchLengthAt(bytes, candidate, at);
    if (found > length) {
      length = found;
      distance = at - candidate;
      if (length === longestMatch) break;
    }
    candidate = older[candidate % windowSize]!;
  }
  return length >= shortestMatch ? { length, distance } : { length: 0, distance: 0 };
}

function stored(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const blocks = Math.max(1, Math.ceil(bytes.length / largestStoredBlock));
  const out = new Uint8Array(bytes.length + 5 * blocks);
  for (let block = 0; block < blocks; block++) {
    const start = block * largestStoredBlock;
    const part = bytes.subarray(start, start + largestStoredBlock);
    const header = start + 5 * block;
    const view = new DataView(out.buffer, header);
    view.setUint8(0, block === blocks - 1 ? 1 : 0);
    view.setUint16(1, part.length, true);
    view.setUint16(3, ~part.length & 0xffff, true);
    out.set(part, header + 5);
  }
  return out;
}

/**
 * A zlib stream that inflates to the given bytes.
 * @param bytes  any length, also zero
 * @returns      header, deflate blocks, Adler-32; never longer than the bytes + 6 + 5 per 65535 bytes begun
 * Cost: linear in the bytes, at most 48 candidates per position.
 */
export function zlibDeflate(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const coded = fixedHuffman(bytes);
  const storedSize = bytes.length + 5 * Math.max(1, Math.ceil(bytes.length / largestStoredBlock));
  const body = coded.length < storedSize ? coded : stored(bytes);
  const out = new Uint8Array(body.length + 6);
  out[0] = 0x78;
  out[1] = 0x01;
  out.set(body, 2);
  new DataView(out.buffer).setUint32(body.length + 2, adler32(bytes));
  return out;
}
