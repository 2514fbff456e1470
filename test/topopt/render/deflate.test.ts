/**
 * Laws of the checksums and of the zlib stream: Node's own zlib is the reference.
 * Source: check values of the CRC catalogue and RFC 1950.
 */
import { crc32 as referenceCrc32, inflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { adler32, crc32 } from "../../../topopt/render/checksum.ts";
import { zlibDeflate } from "../../../topopt/render/deflate.ts";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Bytes that repeat themselves: pieces of a few small alphabets, near and far copies. */
const repetitiveBytes: fc.Arbitrary<Uint8Array> = fc
  .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 12 }), fc.integer({ min: 1, max: 400 })), { maxLength: 12 })
  .map((pieces) =>
    Uint8Array.from(pieces.flatMap(([piece, times]) => Array.from({ length: times }, () => [...piece]).flat())),
  );

const inflates = (bytes: Uint8Array): void => {
  expect(Buffer.compare(inflateSync(zlibDeflate(bytes)), bytes)).toBe(0);
};

describe("checksums", () => {
  test("CRC-32 has its check value and agrees with zlib", () => {
    expect(crc32(ascii("123456789"))).toBe(0xcbf43926);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => crc32(bytes) === referenceCrc32(bytes)));
  });

  test("Adler-32 has its check value and stays exact over long runs of 255", () => {
    expect(adler32(ascii("Wikipedia"))).toBe(0x11e60398);
    const bytes = new Uint8Array(100_000).fill(255);
    let [low, high] = [1, 0];
    for (const byte of bytes) {
      low = (low + byte) % 65521;
      high = (high + low) % 65521;
    }
    expect(adler32(bytes)).toBe(high * 65536 + low);
  });
});

describe("zlibDeflate", () => {
  test("inflates to the same bytes", () => fc.assert(fc.property(fc.uint8Array({ maxLength: 2000 }), inflates)));

  test("inflates to the same bytes where they repeat", () => fc.assert(fc.property(repetitiveBytes, inflates)));

  test("every match length and distances up to the whole window survive", () => {
    const parts: number[] = [];
    for (let length = 3; length <= 258; length++)
      parts.push(...Array.from({ length }, (_, at) => (at * 7 + length) & 255), length & 255);
    inflates(Uint8Array.from([...parts, ...parts]));
    let state = 1;
    const noise = Uint8Array.from({ length: 32768 }, () => (state = Math.imul(state, 1664525) + 1013904223) >>> 24);
    for (const gap of [0, 1, 2, 3, 4095, 16384]) {
      const padding = noise.subarray(0, gap).map((byte) => byte ^ 0x5a);
      inflates(Uint8Array.from([...noise, ...padding, ...noise]));
    }
  });

  test("no input grows by more than the stored-block overhead", () => {
    let state = 7;
    for (const length of [0, 1, 100, 65535, 65536, 200_000]) {
      const noise = Uint8Array.from({ length }, () => (state = Math.imul(state, 1664525) + 1013904223) >>> 24);
      inflates(noise);
      expect(zlibDeflate(noise).length).toBeLessThanOrEqual(length + 6 + 5 * Math.max(1, Math.ceil(length / 65535)));
    }
  });

  test("a constant run shrinks more than a hundredfold", () =>
    expect(zlibDeflate(new Uint8Array(100_000)).length).toBeLessThan(1000));
});
