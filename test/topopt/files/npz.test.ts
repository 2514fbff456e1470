/**
 * Laws of .npz files and of the ZIP archives and deflate streams below them; zlib is the reference.
 * The files in base64 were written by NumPy 2.4.6 with the calls beside them.
 */
import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { npz, parseNpz } from "cotangent/topopt/files";
import { inflate } from "../../../topopt/files/inflate.ts";
import { unzip } from "../../../topopt/files/unzip.ts";
import { zip } from "../../../topopt/files/zip.ts";
import { anyArray, expectFlipsTame, expectPrefixesRefused, expectSame } from "./damage.ts";

const fixture = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64"));

/** np.savez(file, x=np.array([1.0, 2]), flags=np.array([True])) */
const storedFile = fixture(
  "UEsDBC0AAAAAAAAAIQBkW6q///////////8FABQAeC5ucHkBABAAkAAAAAAAAACQAAAAAAAAAJNOVU1QWQEAdgB7J2Rlc2NyJzogJzxmOCcsICdmb3J0cmFuX29yZGVyJzogRmFsc2UsICdzaGFwZSc6ICgyLCksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAKAAAAAAAA8D8AAAAAAAAAQFBLAwQtAAAAAAAAACEAujQuc///////////CQAUAGZsYWdzLm5weQEAEACBAAAAAAAAAIEAAAAAAAAAk05VTVBZAQB2AHsnZGVzY3InOiAnfGIxJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDEsKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoBUEsBAi0DLQAAAAAAAAAhAGRbqr+QAAAAkAAAAAUAAAAAAAAAAAAAAIABAAAAAHgubnB5UEsBAi0DLQAAAAAAAAAhALo0LnOBAAAAgQAAAAkAAAAAAAAAAAAAAIABxwAAAGZsYWdzLm5weVBLBQYAAAAAAgACAGoAAACDAQAAAAA=",
);
/** np.savez_compressed(file, ramp=np.arange(300.0) % 7, f=np.asfortranarray(np.arange(6, dtype="f4").reshape(2, 3))) */
const compressedFile = fixture(
  "UEsDBC0AAAAIAAAAIQAiSY2k//////////8IABQAcmFtcC5ucHkBABAA4AkAAAAAAABvAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6TZqGuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GsYGBjqaOgq1CmQDLgYU8MEeynCAUBxQWgBKi0BpCYdRfaP6RvWN6hvVN6pvVN+ovlF92PUBAFBLAwQtAAAACAAAACEAzizg0///////////BQAUAGYubnB5AQAQAJgAAAAAAAAAVgAAAAAAAACb7BfqGxDJyFDGUK2eklqcXKRupaBuk2airqOgnpZfVFKUmBefX5SSChIPKSpNBQoXZyQWpAK5GkY6CsaaOgq1CuQDLgYwcHBgYGiwB2IHEIeBYYEDAFBLAQItAy0AAAAIAAAAIQAiSY2kbwAAAOAJAAAIAAAAAAAAAAAAAACAAQAAAAByYW1wLm5weVBLAQItAy0AAAAIAAAAIQDOLODTVgAAAJgAAAAFAAAAAAAAAAAAAACAAakAAABmLm5weVBLBQYAAAAAAgACAGkAAAA2AQAAAAA=",
);

const read = (bytes: Uint8Array): readonly NDArray[] => Object.values(parseNpz(bytes));

const names = fc.string({ unit: fc.constantFrom("a", "b", "/", ".", "é", "😀", " ", "\0"), maxLength: 5 });
const archives = fc.dictionary(fc.oneof(names, fc.constantFrom("__proto__", "toString")), anyArray, { maxKeys: 4 });

/** Text-like, noisy and constant stretches. */
const contents = fc
  .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 30 }), fc.integer({ min: 1, max: 200 })), { maxLength: 8 })
  .map((parts) => new Uint8Array(Buffer.concat(parts.flatMap(([part, times]) => Array<Uint8Array>(times).fill(part)))));

describe("npz and parseNpz", () => {
  test("every record of arrays comes back to the bit, in order, compressed or not", () =>
    fc.assert(
      fc.property(archives, fc.boolean(), (arrays, compress) => {
        const seen = parseNpz(npz(arrays, { compress }));
        expect(Object.keys(seen)).toEqual(Object.keys(arrays));
        for (const [name, x] of Object.entries(arrays)) expectSame(seen[name]!, x);
      }),
    ));

  test("what NumPy stored and compressed reads as what it is", () => {
    const stored = parseNpz(storedFile);
    expectSame(stored["x"]!, array([1, 2]));
    expectSame(stored["flags"]!, array([true]));
    const compressed = parseNpz(compressedFile);
    expectSame(compressed["ramp"]!, np.mod(np.arange(300), 7));
    expectSame(compressed["f"]!, array([0, 1, 2, 3, 4, 5], { dtype: "float32", shape: [2, 3] }));
  });

  test("repetitive arrays shrink, and equal arrays give equal bytes", () => {
    const arrays = { x: np.zeros([100, 100]) };
    expect(npz(arrays, { compress: true }).length).toBeLessThan(npz(arrays).length / 50);
    expect(npz(arrays, { compress: true })).toEqual(npz(arrays, { compress: true }));
  });

  test.each([
    ["half a surrogate pair", () => npz({ "\ud800": array(1) }), "InvalidOption"],
    ["compress 1", () => npz({ x: array(1) }, { compress: 1 as never }), "InvalidOption"],
    ["a list", () => npz([array(1)] as never), "InvalidOption"],
    ["an unknown option", () => npz({}, { level: 9 } as never), "UnknownOption"],
  ])("%s is refused", (_, f, code) => expect(f).toThrow(expect.objectContaining({ code })));
});

describe("damaged .npz files", () => {
  test("every beginning is refused", () => {
    for (const file of [storedFile, compressedFile, npz({ x: array([1, 2]) })]) expectPrefixesRefused(file, read);
  });

  test("every flipped bit is a coded error or leaves as many elements", () => {
    for (const file of [storedFile, compressedFile]) expectFlipsTame(file, read);
  });

  test("every flipped bit of an element is noticed", () => {
    const content = Uint8Array.from({ length: 64 }, (_, k) => k);
    for (const isCompressed of [false, true]) {
      const file = zip("test", [{ name: "a", content }], isCompressed);
      const length = new DataView(file.buffer).getUint32(18, true);
      for (let bit = 8 * 31; bit < 8 * (31 + length); bit++) {
        const damaged = file.slice();
        damaged[bit >> 3]! ^= 1 << (bit & 7);
        expect(() => unzip("test", damaged)).toThrow(expect.objectContaining({ code: "MalformedFile" }));
      }
    }
  });

  /** An archive with another directory: records of the same length as those that it holds. */
  const withDirectory = (records: Uint8Array, directory: readonly Uint8Array[]): Uint8Array => {
    const end = zip("test", [], false);
    const view = new DataView(end.buffer);
    view.setUint16(8, directory.length, true);
    view.setUint16(10, directory.length, true);
    view.setUint32(
      12,
      directory.reduce((sum, { length }) => sum + length, 0),
      true,
    );
    view.setUint32(16, records.length, true);
    return new Uint8Array(Buffer.concat([records, ...directory, end]));
  };
  const recordsOf = (file: Uint8Array): readonly [records: Uint8Array, directory: Uint8Array] => {
    const start = new DataView(file.buffer).getUint32(file.length - 6, true);
    return [file.slice(0, start), file.slice(start, -22)];
  };

  test("an entry inside of another is refused, as one that stands twice", () => {
    const [inner, innerDirectory] = recordsOf(zip("test", [{ name: "b", content: new Uint8Array(9) }], false));
    const [outer, outerDirectory] = recordsOf(zip("test", [{ name: "a", content: inner }], false));
    expect(unzip("test", withDirectory(outer, [outerDirectory]))).toHaveLength(1);
    new DataView(innerDirectory.buffer).setUint32(42, 31, true);
    expect(() => unzip("test", withDirectory(outer, [outerDirectory, innerDirectory]))).toThrow(
      "entries that share bytes",
    );
    expect(() => unzip("test", withDirectory(outer, [outerDirectory, outerDirectory]))).toThrow(
      "two entries of one name",
    );
  });

  test.each([
    ["a directory of another length", 12, "a directory that does not end where the last record begins"],
    ["a directory elsewhere", 16, "a directory that does not end where the last record begins"],
    ["more entries than there are", 10, "a part of an archive in several parts"],
  ])("%s is refused", (_, offset, message) => {
    const file = npz({ a: array([1, 2]) });
    file[file.length - 22 + offset]! += 1;
    expect(() => parseNpz(file)).toThrow(message);
  });

  test("an entry that reaches into the directory is refused", () => {
    const file = zip("test", [{ name: "a", content: new Uint8Array(9) }], false);
    const directory = new DataView(file.buffer).getUint32(file.length - 6, true);
    file[directory + 20] = 10;
    expect(() => unzip("test", file)).toThrow("which reaches into the directory");
  });

  test("another file among the arrays is refused by name", () => {
    const file = zip("test", [{ name: "x.txt", content: new Uint8Array(3) }], false);
    expect(() => parseNpz(file)).toThrow('"x.txt", which is no .npy file');
  });
});

describe("zip and unzip", () => {
  test("entries come back, and a reader of its own finds the same in them", () =>
    fc.assert(
      fc.property(fc.dictionary(names, contents, { maxKeys: 4 }), fc.boolean(), (files, isCompressed) => {
        const entries = Object.entries(files).map(([name, content]) => ({ name, content }));
        const file = zip("test", entries, isCompressed);
        expect(unzip("test", file).map(({ name }) => name)).toEqual(entries.map(({ name }) => name));
        unzip("test", file).forEach(({ content }, k) => expect(Buffer.compare(content, entries[k]!.content)).toBe(0));
        const view = new DataView(file.buffer);
        let at = 0;
        for (const { content } of entries) {
          expect(view.getUint32(at, true)).toBe(0x04034b50);
          const [method, length] = [view.getUint16(at + 8, true), view.getUint32(at + 18, true)];
          const start = at + 30 + view.getUint16(at + 26, true);
          const packed = file.subarray(start, start + length);
          expect(Buffer.compare(method === 8 ? inflateRawSync(packed) : packed, content)).toBe(0);
          at = start + length;
        }
      }),
    ));
});

describe("inflate", () => {
  test("gives back what zlib packed at every level, with every strategy", () =>
    fc.assert(
      fc.property(
        contents,
        fc.integer({ min: 0, max: 9 }),
        fc.constantFrom(constants.Z_DEFAULT_STRATEGY, constants.Z_HUFFMAN_ONLY, constants.Z_RLE, constants.Z_FIXED),
        (bytes, level, strategy) => {
          const packed = new Uint8Array(deflateRawSync(bytes, { level, strategy }));
          expect(Buffer.compare(inflate("test", packed, bytes.length), bytes)).toBe(0);
        },
      ),
    ));

  test("codes of all lengths, stored blocks in a row and distances up to the window survive", () => {
    const skewed = Uint8Array.from({ length: 200_000 }, (_, k) => Math.clz32((Math.imul(k + 1, 0x9e3779b1) >>> 0) | 1));
    const noise = Uint8Array.from({ length: 100_000 }, (_, k) => Math.imul(k + 1, 0x9e3779b1) >>> 24);
    const far = new Uint8Array(Buffer.concat([noise.subarray(0, 32768), noise.subarray(0, 32768)]));
    for (const bytes of [skewed, noise, far])
      for (const level of [0, 1, 9])
        expect(
          Buffer.compare(inflate("test", new Uint8Array(deflateRawSync(bytes, { level })), bytes.length), bytes),
        ).toBe(0);
  });

  /** Bytes of bits in the order in which a stream is read. */
  const packedBits = (bits: string): Uint8Array => {
    const plain = bits.replaceAll(" ", "");
    return Uint8Array.from({ length: Math.ceil(plain.length / 8) }, (_, k) =>
      Number.parseInt([...plain.slice(8 * k, 8 * k + 8).padEnd(8, "0")].reverse().join(""), 2),
    );
  };

  /** Canonical codes of symbols by their lengths, as they stand in a stream. */
  const codesOf = (lengths: readonly number[]): ReadonlyMap<number, string> => {
    let code = 0;
    let previous = 0;
    const inOrder = [...lengths.keys()]
      .filter((symbol) => lengths[symbol]! > 0)
      .sort((left, right) => lengths[left]! - lengths[right]! || left - right);
    return new Map(
      inOrder.map((symbol) => {
        const length = lengths[symbol]!;
        code <<= length - previous;
        previous = length;
        return [symbol, (code++).toString(2).padStart(length, "0")];
      }),
    );
  };

  /** A number of so many bits, the lowest first. */
  const number = (value: number, bits: number): string => [...value.toString(2).padStart(bits, "0")].reverse().join("");

  test("a stored block begins at the next whole byte, however far was read ahead in codes of fourteen bits", () => {
    // "a" takes one bit, the end two, twelve others three to fourteen; lengths are written one by one with a code of 4 and 5 bits.
    const lengths = Array.from({ length: 258 }, (_, symbol) =>
      symbol === 97 ? 1 : symbol === 256 ? 2 : symbol > 97 && symbol < 110 ? symbol - 95 : symbol === 110 ? 14 : 0,
    );
    const lengthsOfLengths = Array.from({ length: 19 }, (_, symbol) => (symbol < 13 ? 4 : 5));
    const order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
    const [literals, lengthCodes] = [codesOf(lengths.slice(0, 257)), codesOf(lengthsOfLengths)];
    const header = `0 01 ${number(0, 5)} ${number(0, 5)} ${number(15, 4)} ${order.map((symbol) => number(lengthsOfLengths[symbol]!, 3)).join("")}`;
    const table = [...lengths.slice(0, 257), 1].map((length) => lengthCodes.get(length)!).join("");
    for (let times = 0; times < 16; times++) {
      const coded = `${header} ${table} ${literals.get(97)!.repeat(times)} ${literals.get(256)} 1 00`.replaceAll(
        " ",
        "",
      );
      const aligned = coded.padEnd(8 * Math.ceil(coded.length / 8), "0");
      const packed = packedBits(
        `${aligned} ${number(3, 16)} ${number(0xfffc, 16)} ${[1, 2, 3].map((byte) => number(byte, 8)).join("")}`,
      );
      const bytes = inflateRawSync(packed);
      expect([...bytes]).toEqual([...new Array<number>(times).fill(97), 1, 2, 3]);
      expect(Buffer.compare(inflate("test", packed, bytes.length), bytes)).toBe(0);
    }
  });

  test.each([
    ["a distance before the beginning", "1 10 0000001 00000 0000000", 3, "reaches before the beginning"],
    [
      "a distance that does not exist",
      "1 10 00110000 0000001 11110 0000000",
      4,
      "a compressed code that stands for nothing",
    ],
    ["a length that does not exist", "1 10 11000110 00000 0000000", 3, "a compressed length that does not exist"],
    ["an unknown kind of block", "1 11 00000", 0, "a compressed block of an unknown kind"],
    ["three codes of one bit", "1 01 00000 00000 0000 100 100 100 000", 0, "code lengths that clash"],
    ["a repetition of nothing", "1 01 00000 00000 0000 100 000 000 100 1 00", 0, "repeats none"],
    ["more literals than there are", "1 01 11111 00000 0000", 0, "more compressed codes than there are symbols"],
    ["a literal too many", "1 10 00110000 00110000 0000000", 1, "more bytes than were announced"],
    ["a match too long", "1 10 00110000 0000001 00000 0000000", 3, "more bytes than were announced"],
    ["an end too early", "1 10 00110000 0000000", 2, "1 bytes where 2 were announced"],
    ["bytes behind the end", "1 10 0000000 000000 00000000", 0, "bytes behind the end"],
    [
      "a stored length without its complement",
      "1 00 00000 10000000 00000000 11111111 11111111 00000000",
      1,
      "contradicts its complement",
    ],
    [
      "stored bytes that are missing",
      "1 00 00000 01000000 00000000 10111111 11111111 00000000",
      2,
      "stored bytes that end too early",
    ],
    ["no end", "1 10", 0, "compressed bytes that end too early"],
  ])("%s is refused", (_, bits, length, message) => {
    const bytes = packedBits(bits);
    expect(() => inflate("test", bytes, length)).toThrow(message);
    // zlib knows of no length, and leaves alone what stands behind the end.
    if (!/announced|behind/.test(message))
      expect(() => inflateRawSync(bytes)).toThrow(/invalid|unexpected|incorrect|too many/);
  });

  test("random bytes are refused, or stand for as many bytes as zlib says", () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(300), (bytes, length) => {
        let seen: Uint8Array;
        try {
          seen = inflate("test", bytes, length);
        } catch (error) {
          expect(error).toMatchObject({ code: "MalformedFile" });
          return;
        }
        expect(Buffer.compare(seen, inflateRawSync(bytes))).toBe(0);
      }),
    ));

  test("a length beyond the machine is a coded error, whether or not there is room for it", () => {
    for (const length of [2 ** 33 + 1, 9e9])
      expect(() => inflate("test", new Uint8Array(9e6), length)).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^(TooLarge|MalformedFile)$/) }),
      );
  });

  test("a length that no stream can give is refused before it is allocated", () =>
    expect(() => inflate("test", new Uint8Array(10), 2 ** 40)).toThrow("1099511627776 bytes announced"));
});
