/**
 * ZIP archives of named byte strings, deflated where that is shorter.
 * All times are the format's first day, 1 January 1980, so equal content gives equal bytes.
 * Source: PKWARE APPNOTE 6.3.3, sections 4.3 and 4.4.
 */
import { TooLarge } from "../../src/error.ts";
import { crc32 } from "../render/checksum.ts";
import { zlibDeflate } from "../render/deflate.ts";
import { concatenate, viewOf } from "./bytes.ts";

/** One file of an archive. */
export interface ZipEntry {
  readonly name: string;
  readonly content: Uint8Array;
}

export const localSignature = 0x04034b50;
export const centralSignature = 0x02014b50;
export const endSignature = 0x06054b50;
/** Lengths of the records without names and comments. */
export const localLength = 30;
export const centralLength = 46;
export const endLength = 22;
export const storedMethod = 0;
export const deflatedMethod = 8;
/** Bit 11: names are UTF-8. */
const utf8Flag = 0x800;
const firstDay = 0x0021;
/** Version 2.0: directories and deflate. */
const versionNeeded = 20;
const mostEntries = 0xffff;
const mostBytes = 0xffffffff;

/** What both records of an entry say, from the version on. */
interface Packed {
  readonly name: Uint8Array;
  readonly bytes: Uint8Array;
  readonly method: number;
  readonly checksum: number;
  readonly length: number;
}

const pack = ({ name, content }: ZipEntry, isCompressed: boolean): Packed => {
  // A zlib stream is two bytes of header, the deflate stream, and four bytes of checksum.
  const deflated = isCompressed ? zlibDeflate(content).slice(2, -4) : content;
  const isShorter = deflated.length < content.length;
  return {
    name: new TextEncoder().encode(name),
    bytes: isShorter ? deflated : content,
    method: isShorter ? deflatedMethod : storedMethod,
    checksum: crc32(content),
    length: content.length,
  };
};

/** The 26 bytes that both records have in common. */
const writeCommon = (view: DataView, at: number, { name, bytes, method, checksum, length }: Packed): void => {
  [versionNeeded, utf8Flag, method, 0, firstDay].forEach((value, k) => view.setUint16(at + 2 * k, value, true));
  [checksum, bytes.length, length].forEach((value, k) => view.setUint32(at + 10 + 4 * k, value, true));
  view.setUint16(at + 22, name.length, true);
};

const localRecord = (packed: Packed): Uint8Array<ArrayBuffer> => {
  const record = new Uint8Array(localLength + packed.name.length);
  const view = viewOf(record);
  view.setUint32(0, localSignature, true);
  writeCommon(view, 4, packed);
  record.set(packed.name, localLength);
  return record;
};

const centralRecord = (packed: Packed, offset: number): Uint8Array<ArrayBuffer> => {
  const record = new Uint8Array(centralLength + packed.name.length);
  const view = viewOf(record);
  view.setUint32(0, centralSignature, true);
  view.setUint16(4, versionNeeded, true);
  writeCommon(view, 6, packed);
  view.setUint32(42, offset, true);
  record.set(packed.name, centralLength);
  return record;
};

const endRecord = (entries: number, directoryLength: number, offset: number): Uint8Array<ArrayBuffer> => {
  const record = new Uint8Array(endLength);
  const view = viewOf(record);
  view.setUint32(0, endSignature, true);
  view.setUint16(8, entries, true);
  view.setUint16(10, entries, true);
  view.setUint32(12, directoryLength, true);
  view.setUint32(16, offset, true);
  return record;
};

/**
 * Bytes of an archive.
 * @param asked         who asks, for messages
 * @param entries       names without halves of surrogate pairs, each once
 * @param isCompressed  whether to deflate what becomes shorter by it
 * @throws TooLarge for more than 65535 entries or 4 GiB
 */
export const zip = (asked: string, entries: readonly ZipEntry[], isCompressed: boolean): Uint8Array<ArrayBuffer> => {
  const local: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const entry of entries) {
    const packed = pack(entry, isCompressed);
    const record = localRecord(packed);
    directory.push(centralRecord(packed, offset));
    local.push(record, packed.bytes);
    offset += record.length + packed.bytes.length;
  }
  const records = concatenate(directory);
  if (entries.length > mostEntries || offset + records.length > mostBytes)
    throw new TooLarge(
      asked,
      `${entries.length} entries of ${offset} bytes together`,
      "An archive holds 65535 entries and 4 GiB: write several",
    );
  return concatenate([...local, records, endRecord(entries.length, records.length, offset)]);
};
