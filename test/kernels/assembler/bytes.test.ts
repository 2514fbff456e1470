/**
 * Laws of the byte encodings: LEB128 is read back by a decoder written from the definition, and never longer than needed.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  byteWriter,
  writeByte,
  writeBytes,
  writeFloat32,
  writeFloat64,
  writeName,
  writeSigned32,
  writeSigned64,
  writeUnsigned,
  writtenBytes,
} from "../../../kernels/assembler/bytes.ts";

/** Sum of the seven-bit digits; for signed numbers bit 6 of the last one is the sign. */
function decode(bytes: Uint8Array, isSigned: boolean): bigint {
  let value = 0n;
  for (const [place, byte] of bytes.entries()) value |= BigInt(byte & 0x7f) << BigInt(7 * place);
  return isSigned ? BigInt.asIntN(7 * bytes.length, value) : value;
}

function written(write: (writer: ReturnType<typeof byteWriter>) => void): Uint8Array {
  const writer = byteWriter(1);
  write(writer);
  return writtenBytes(writer);
}

const hasOneEnd = (bytes: Uint8Array): boolean => bytes.every((byte, i) => byte >= 0x80 === i < bytes.length - 1);
const signedLength = (value: bigint): number => {
  let length = 1;
  while (BigInt.asIntN(7 * length, value) !== value) length++;
  return length;
};

describe("LEB128", () => {
  test("unsigned numbers are read back, in the fewest bytes", () =>
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 32 - 1 }), (value) => {
        const bytes = written((writer) => writeUnsigned(writer, value));
        expect(decode(bytes, false)).toBe(BigInt(value));
        expect(hasOneEnd(bytes)).toBe(true);
        expect(bytes.length).toBe(Math.max(1, Math.ceil((32 - Math.clz32(value)) / 7)));
      }),
    ));

  test("signed 32-bit numbers are read back, in the fewest bytes", () =>
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), (value) => {
        const bytes = written((writer) => writeSigned32(writer, value));
        expect(decode(bytes, true)).toBe(BigInt(value));
        expect(hasOneEnd(bytes)).toBe(true);
        expect(bytes.length).toBe(signedLength(BigInt(value)));
      }),
    ));

  test("signed 64-bit numbers are read back, in the fewest bytes", () =>
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const bytes = written((writer) => writeSigned64(writer, value));
        expect(decode(bytes, true)).toBe(value);
        expect(hasOneEnd(bytes)).toBe(true);
        expect(bytes.length).toBe(signedLength(value));
      }),
    ));

  test("the numbers where the length changes are read back", () => {
    for (let exponent = 0n; exponent <= 63n; exponent++) {
      for (const value of [2n ** exponent - 1n, 2n ** exponent, -(2n ** exponent), -(2n ** exponent) - 1n]) {
        const wrapped = BigInt.asIntN(64, value);
        expect(
          decode(
            written((writer) => writeSigned64(writer, value)),
            true,
          ),
        ).toBe(wrapped);
        const narrow = BigInt.asIntN(32, value);
        expect(
          decode(
            written((writer) => writeSigned32(writer, Number(narrow))),
            true,
          ),
        ).toBe(narrow);
        const unsigned = BigInt.asUintN(32, value);
        expect(
          decode(
            written((writer) => writeUnsigned(writer, Number(unsigned))),
            false,
          ),
        ).toBe(unsigned);
      }
    }
  });
});

describe("floats and names", () => {
  test("a binary64 number is read back to the bit", () =>
    fc.assert(
      fc.property(fc.double(), (value) => {
        const bytes = written((writer) => writeFloat64(writer, value));
        expect(new DataView(bytes.buffer).getFloat64(0, true)).toBe(value);
      }),
    ));

  test("a binary32 number is read back to the bit", () =>
    fc.assert(
      fc.property(fc.float(), (value) => {
        const bytes = written((writer) => writeFloat32(writer, value));
        expect(new DataView(bytes.buffer).getFloat32(0, true)).toBe(value);
      }),
    ));

  test("every NaN is written as the canonical one", () => {
    const negative = new Float64Array(new BigUint64Array([0xfff8000000000001n]).buffer)[0] ?? 0;
    expect([...written((writer) => writeFloat64(writer, negative))]).toEqual([0, 0, 0, 0, 0, 0, 0xf8, 0x7f]);
    expect([...written((writer) => writeFloat32(writer, negative))]).toEqual([0, 0, 0xc0, 0x7f]);
  });

  test("a name is its length in UTF-8 bytes and the bytes", () =>
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (name) => {
        const encoded = new TextEncoder().encode(name);
        const bytes = written((writer) => writeName(writer, name));
        const lengthBytes = bytes.length - encoded.length;
        expect(decode(bytes.subarray(0, lengthBytes), false)).toBe(BigInt(encoded.length));
        expect([...bytes.subarray(lengthBytes)]).toEqual([...encoded]);
      }),
    ));
});

test("a buffer that grows keeps what was written", () =>
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), (chunks) => {
      const bytes = written((writer) => {
        for (const chunk of chunks) {
          writeBytes(writer, chunk);
          writeByte(writer, chunk.length);
        }
      });
      expect([...bytes]).toEqual(chunks.flatMap((chunk) => [...chunk, chunk.length]));
    }),
  ));
