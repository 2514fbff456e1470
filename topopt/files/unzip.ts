/**
 * The files in a ZIP archive, read by its directory: stored or deflated, checksums verified, nothing encrypted or split.
 * Entries must not share bytes, hence what comes out is at most 1032 times as long as the archive.
 * Source: PKWARE APPNOTE 6.3.3, sections 4.3 and 4.4.
 */
import { MalformedFile } from "../../src/error.ts";
import { showValue } from "../../src/describe.ts";
import { crc32 } from "../render/checksum.ts";
import { textOf, viewOf, wholeFile } from "./bytes.ts";
import { inflate } from "./inflate.ts";
import {
  centralLength,
  centralSignature,
  deflatedMethod,
  endLength,
  endSignature,
  localLength,
  localSignature,
  storedMethod,
} from "./zip.ts";
import type { ZipEntry } from "./zip.ts";

/** The archive while it is read. */
interface Archive {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly fail: (seen: string) => MalformedFile;
}

interface DirectoryEntry {
  readonly name: string;
  readonly method: number;
  readonly checksum: number;
  readonly packedLength: number;
  readonly length: number;
  readonly offset: number;
}

interface Directory {
  readonly entries: number;
  readonly start: number;
  readonly end: number;
}

const longestComment = 0xffff;
/** Sizes and counts that stand elsewhere, in records of ZIP64. */
const elsewhere = 0xffffffff;

/** The last record of the archive: behind it stands its comment and nothing else. */
const findEnd = ({ bytes, view, fail }: Archive): number => {
  const first = Math.max(0, bytes.length - endLength - longestComment);
  for (let at = bytes.length - endLength; at >= first; at--)
    if (view.getUint32(at, true) === endSignature && at + endLength + view.getUint16(at + 20, true) === bytes.length)
      return at;
  throw fail(`${bytes.length} bytes that do not end as a ZIP archive does`);
};

const readDirectory = (archive: Archive): Directory => {
  const { view, fail } = archive;
  const end = findEnd(archive);
  const [disk, directoryDisk, here, entries] = [4, 6, 8, 10].map((at) => view.getUint16(end + at, true)) as [
    number,
    number,
    number,
    number,
  ];
  const length = view.getUint32(end + 12, true);
  const start = view.getUint32(end + 16, true);
  if (disk !== 0 || directoryDisk !== 0 || here !== entries) throw fail("a part of an archive in several parts");
  if (start === elsewhere || length === elsewhere || entries === 0xffff) throw fail("an archive with ZIP64 records");
  if (start + length !== end) throw fail("a directory that does not end where the last record begins");
  return { entries, start, end };
};

const readName = ({ bytes, fail }: Archive, start: number, length: number): string => {
  const name = textOf(bytes.subarray(start, start + length));
  if (name === null) throw fail("a name that is no UTF-8 text");
  return name;
};

/** The record of the directory at `at`, and where the next one begins. */
const readCentral = (archive: Archive, at: number, end: number): readonly [entry: DirectoryEntry, next: number] => {
  const { view, fail } = archive;
  if (at + centralLength > end || view.getUint32(at, true) !== centralSignature)
    throw fail("a directory with fewer entries than announced");
  const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true)) as [
    number,
    number,
    number,
  ];
  const next = at + centralLength + nameLength + extraLength + commentLength;
  if (next > end) throw fail("a directory entry that is cut short");
  const name = readName(archive, at + centralLength, nameLength);
  if ((view.getUint16(at + 8, true) & 1) !== 0) throw fail(`the encrypted entry ${showValue(name)}`);
  return [
    {
      name,
      method: view.getUint16(at + 10, true),
      checksum: view.getUint32(at + 16, true),
      packedLength: view.getUint32(at + 20, true),
      length: view.getUint32(at + 24, true),
      offset: view.getUint32(at + 42, true),
    },
    next,
  ];
};

/** Where the bytes of an entry begin; its own record must name the same file and method. */
const contentStart = (archive: Archive, entry: DirectoryEntry, directoryStart: number): number => {
  const { view, fail } = archive;
  const { offset, name, method, packedLength } = entry;
  const where = `the entry ${showValue(name)}`;
  if (offset + localLength > directoryStart || view.getUint32(offset, true) !== localSignature)
    throw fail(`${where} at ${offset}, where no entry begins`);
  const nameLength = view.getUint16(offset + 26, true);
  const start = offset + localLength + nameLength + view.getUint16(offset + 28, true);
  if (start + packedLength > directoryStart) throw fail(`${where}, which reaches into the directory`);
  if (readName(archive, offset + localLength, nameLength) !== name || view.getUint16(offset + 8, true) !== method)
    throw fail(`${where}, which contradicts its directory`);
  return start;
};

const readContent = ({ bytes, fail }: Archive, entry: DirectoryEntry, start: number, asked: string): Uint8Array => {
  const { name, method, packedLength, length, checksum } = entry;
  const packed = bytes.subarray(start, start + packedLength);
  if (method !== storedMethod && method !== deflatedMethod)
    throw fail(`the entry ${showValue(name)}, compressed by method ${method}: only deflate is known`);
  if (method === storedMethod && packedLength !== length)
    throw fail(`the entry ${showValue(name)} of ${packedLength} bytes, announced as ${length}`);
  const content = method === storedMethod ? packed : inflate(asked, packed, length);
  if (crc32(content) !== checksum) throw fail(`the entry ${showValue(name)} with another checksum than announced`);
  return content;
};

/** Refuses entries that share bytes, or names that stand twice. */
const requireDisjoint = (
  entries: readonly DirectoryEntry[],
  starts: readonly number[],
  fail: Archive["fail"],
): void => {
  if (new Set(entries.map(({ name }) => name)).size !== entries.length) throw fail("two entries of one name");
  const ranges = entries
    .map(({ offset, packedLength }, k) => [offset, starts[k]! + packedLength] as const)
    .sort(([left], [right]) => left - right);
  if (ranges.some(([offset], k) => k > 0 && offset < ranges[k - 1]![1])) throw fail("entries that share bytes");
};

/**
 * The entries of an archive in the order of its directory; stored ones are views of the archive.
 * @param asked  who asks, for messages
 * @throws MalformedFile where the bytes are no archive, are damaged, or hold what this reader does not know
 */
export const unzip = (asked: string, bytes: Uint8Array): readonly ZipEntry[] => {
  const archive: Archive = { bytes, view: viewOf(bytes), fail: (seen) => new MalformedFile(asked, seen, wholeFile) };
  const directory = readDirectory(archive);
  const entries: DirectoryEntry[] = [];
  let at = directory.start;
  for (let k = 0; k < directory.entries; k++) {
    const [entry, next] = readCentral(archive, at, directory.end);
    entries.push(entry);
    at = next;
  }
  if (at !== directory.end) throw archive.fail("a directory with more entries than announced");
  const starts = entries.map((entry) => contentStart(archive, entry, directory.start));
  requireDisjoint(entries, starts, archive.fail);
  return entries.map((entry, k) => ({ name: entry.name, content: readContent(archive, entry, starts[k]!, asked) }));
};
