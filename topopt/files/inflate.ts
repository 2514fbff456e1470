/**
 * Decompression of deflate streams into a known number of bytes.
 * Canonical Huffman codes are looked up in one table per block, indexed by the next bits of the stream.
 * Source: RFC 1951, sections 3.2.2 to 3.2.7.
 */
import { MalformedFile, TooLarge } from "../../src/error.ts";
import { wholeFile } from "./bytes.ts";

/** No stream grows by more: a match of 258 bytes takes at least two bits. */
const largestRatio = 1032;
const longestCode = 15;

interface BitReader {
  readonly bytes: Uint8Array;
  readonly fail: (seen: string) => MalformedFile;
  at: number;
  held: number;
  heldBits: number;
}

/** Symbol * 16 + length of its code, at every index whose low bits are the code; 0 where no code fits. */
interface CodeTable {
  readonly entries: Uint16Array;
  readonly bits: number;
}

function fill(reader: BitReader, count: number): void {
  while (reader.heldBits < count && reader.at < reader.bytes.length) {
    reader.held |= reader.bytes[reader.at++]! << reader.heldBits;
    reader.heldBits += 8;
  }
}

function drop(reader: BitReader, count: number): void {
  if (reader.heldBits < count) throw reader.fail("compressed bytes that end too early");
  reader.held >>>= count;
  reader.heldBits -= count;
}

function takeBits(reader: BitReader, count: number): number {
  fill(reader, count);
  const value = reader.held & ((1 << count) - 1);
  drop(reader, count);
  return value;
}

function takeSymbol(reader: BitReader, { entries, bits }: CodeTable): number {
  fill(reader, bits);
  const entry = entries[reader.held & ((1 << bits) - 1)]!;
  if (entry === 0) throw reader.fail("a compressed code that stands for nothing");
  drop(reader, entry & 15);
  return entry >> 4;
}

function reversedBits(code: number, count: number): number {
  let reversed = 0;
  for (let bit = 0; bit < count; bit++) reversed |= ((code >> bit) & 1) << (count - 1 - bit);
  return reversed;
}

/** The table of a canonical code; codes that clash are refused, unused ones fail when they are met. */
function codeTable(lengths: readonly number[], fail: BitReader["fail"]): CodeTable {
  const bits = Math.max(1, ...lengths);
  const next: number[] = [0, 0];
  let code = 0;
  for (let length = 1; length <= bits; length++) {
    next[length] = code;
    code = (code + lengths.filter((each) => each === length).length) << 1;
    if (code > 2 << length) throw fail("compressed code lengths that clash");
  }
  const entries = new Uint16Array(1 << bits);
  lengths.forEach((length, symbol) => {
    if (length === 0) return;
    const first = reversedBits(next[length]!++, length);
    for (let at = first; at < entries.length; at += 1 << length) entries[at] = (symbol << 4) | length;
  });
  return { entries, bits };
}

/** Bases and extra bits of section 3.2.5: `perWidth` symbols share each number of extra bits. */
function rangeTable(
  first: number,
  symbols: number,
  perWidth: number,
): readonly (readonly [base: number, extra: number])[] {
  let base = first;
  return Array.from({ length: symbols }, (_, symbol) => {
    const extra = Math.max(0, Math.floor(symbol / perWidth) - 1);
    const range = [base, extra] as const;
    base += 1 << extra;
    return range;
  });
}

const lengthRanges: readonly (readonly [number, number])[] = [...rangeTable(3, 28, 4), [258, 0]];
const distanceRanges: readonly (readonly [number, number])[] = rangeTable(1, 30, 2);
/** Order in which the lengths of the code for lengths stand. */
const lengthOrder: readonly number[] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

interface BlockCodes {
  readonly literals: CodeTable;
  readonly distances: CodeTable;
}

function fixedCodes(fail: BitReader["fail"]): BlockCodes {
  const lengths = Array.from({ length: 288 }, (_, symbol) =>
    symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8,
  );
  return { literals: codeTable(lengths, fail), distances: codeTable(new Array<number>(30).fill(5), fail) };
}

/** Codes that a block brings along: their lengths are themselves Huffman-coded, in runs. */
function ownCodes(reader: BitReader): BlockCodes {
  const literalCount = 257 + takeBits(reader, 5);
  const distanceCount = 1 + takeBits(reader, 5);
  const lengthCount = 4 + takeBits(reader, 4);
  if (literalCount > 286 || distanceCount > 30) throw reader.fail("more compressed codes than there are symbols");
  const ofLengths = new Array<number>(19).fill(0);
  for (let k = 0; k < lengthCount; k++) ofLengths[lengthOrder[k]!] = takeBits(reader, 3);
  const table = codeTable(ofLengths, reader.fail);
  const lengths: number[] = [];
  while (lengths.length < literalCount + distanceCount) {
    const symbol = takeSymbol(reader, table);
    if (symbol <= longestCode) {
      lengths.push(symbol);
      continue;
    }
    const previous = lengths.at(-1);
    if (symbol === 16 && previous === undefined) throw reader.fail("a compressed code length that repeats none");
    const times =
      symbol === 16 ? 3 + takeBits(reader, 2) : symbol === 17 ? 3 + takeBits(reader, 3) : 11 + takeBits(reader, 7);
    for (let k = 0; k < times; k++) lengths.push(symbol === 16 ? previous! : 0);
  }
  if (lengths.length > literalCount + distanceCount) throw reader.fail("more compressed code lengths than codes");
  return {
    literals: codeTable(lengths.slice(0, literalCount), reader.fail),
    distances: codeTable(lengths.slice(literalCount), reader.fail),
  };
}

/** Writes one coded block from `at` on; returns where it ends. */
function inflateCoded(reader: BitReader, { literals, distances }: BlockCodes, out: Uint8Array, start: number): number {
  let at = start;
  for (;;) {
    const symbol = takeSymbol(reader, literals);
    if (symbol === 256) return at;
    if (symbol < 256) {
      if (at >= out.length) throw reader.fail("more bytes than were announced");
      out[at++] = symbol;
      continue;
    }
    const lengthRange = lengthRanges[symbol - 257];
    if (lengthRange === undefined) throw reader.fail("a compressed length that does not exist");
    const length = lengthRange[0] + takeBits(reader, lengthRange[1]);
    const distanceRange = distanceRanges[takeSymbol(reader, distances)];
    if (distanceRange === undefined) throw reader.fail("a compressed distance that does not exist");
    const distance = distanceRange[0] + takeBits(reader, distanceRange[1]);
    if (distance > at) throw reader.fail("a compressed distance that reaches before the beginning");
    if (at + length > out.length) throw reader.fail("more bytes than were announced");
    for (const end = at + length; at < end; at++) out[at] = out[at - distance]!;
  }
}

/** Copies one stored block, which begins at a whole byte. */
function inflateStored(reader: BitReader, out: Uint8Array, at: number): number {
  // Whole bytes that were read ahead go back.
  reader.at -= reader.heldBits >> 3;
  reader.held = 0;
  reader.heldBits = 0;
  const length = takeBits(reader, 8) | (takeBits(reader, 8) << 8);
  const complement = takeBits(reader, 8) | (takeBits(reader, 8) << 8);
  if (length !== (~complement & 0xffff)) throw reader.fail("a stored length that contradicts its complement");
  if (reader.at + length > reader.bytes.length) throw reader.fail("stored bytes that end too early");
  if (at + length > out.length) throw reader.fail("more bytes than were announced");
  out.set(reader.bytes.subarray(reader.at, reader.at + length), at);
  reader.at += length;
  return at + length;
}

/** Room for bytes that were announced; the announcement may be true and still ask for more than there is. */
function roomFor(asked: string, length: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(length);
  } catch {
    throw new TooLarge(
      asked,
      `${length} bytes when unpacked, more than this machine gives`,
      "Unpack it elsewhere, in parts",
    );
  }
}

/**
 * The bytes that a deflate stream stands for.
 * @param asked   who asks, for messages
 * @param bytes   a raw deflate stream, which must end where they end
 * @param length  how many bytes come out
 * @throws MalformedFile where the stream is none, or gives another number of bytes; nothing is allocated for a length that
 *   no stream of this size can give; TooLarge where there is no room for it
 */
export function inflate(asked: string, bytes: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const fail = (seen: string): MalformedFile => new MalformedFile(asked, seen, wholeFile);
  if (length > bytes.length * largestRatio) throw fail(`${length} bytes announced of ${bytes.length} compressed ones`);
  const out = roomFor(asked, length);
  const reader: BitReader = { bytes, fail, at: 0, held: 0, heldBits: 0 };
  let at = 0;
  for (let isLast = false; !isLast;) {
    isLast = takeBits(reader, 1) === 1;
    const kind = takeBits(reader, 2);
    if (kind === 3) throw fail("a compressed block of an unknown kind");
    at =
      kind === 0
        ? inflateStored(reader, out, at)
        : inflateCoded(reader, kind === 1 ? fixedCodes(fail) : ownCodes(reader), out, at);
  }
  if (at !== length) throw fail(`${at} bytes where ${length} were announced`);
  if (reader.at - (reader.heldBits >> 3) !== bytes.length) throw fail("bytes behind the end of the compressed ones");
  return out;
}
