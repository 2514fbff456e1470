/**
 * The two checksums of the PNG container: CRC-32 for chunks, Adler-32 for the zlib stream.
 * CRC-32 is the reflected polynomial 0xEDB88320; Adler-32 is a pair of sums modulo 65521.
 * Source: ISO 3309 as used by PNG (W3C 2003, annex D); RFC 1950, section 8.
 */

const crcTable: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1;
  return remainder;
});

/**
 * CRC-32 of a byte string.
 * @param bytes  any length
 * @returns      unsigned 32-bit integer
 */
export function crc32(bytes: Uint8Array): number {
  let remainder = 0xffffffff;
  for (const byte of bytes) remainder = crcTable[(remainder ^ byte) & 255]! ^ (remainder >>> 8);
  return (remainder ^ 0xffffffff) >>> 0;
}

/** Largest run of bytes whose sums stay below 2^32 without a reduction (RFC 1950 calls it NMAX). */
const adlerRun = 5552;

/**
 * Adler-32 of a byte string.
 * @param bytes  any length
 * @returns      unsigned 32-bit integer
 */
export function adler32(bytes: Uint8Array): number {
  let low = 1;
  let high = 0;
  for (let start = 0; start < bytes.length; start += adlerRun) {
    const end = Math.min(start + adlerRun, bytes.length);
    for (let at = start; at < end; at++) {
      low += bytes[at]!;
      high += low;
    }
    low %= 65521;
    high %= 65521;
  }
  return ((high << 16) | low) >>> 0;
}
