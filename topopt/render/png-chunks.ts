/**
 * The parts of PNG files: chunks with their checksums, and the filtered rows of a picture.
 * Each row takes the filter (none, left, up) with the smallest absolute sum; enlarged rows repeat, hence cost next to nothing.
 * Source: PNG (W3C 2003), sections 5, 9 and 11.
 */
import { TooLarge } from "../../src/error.ts";
import { maxElements } from "../../src/array/storage.ts";
import { crc32 } from "./checksum.ts";

const signature: readonly number[] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const grayColourType = 0;
const rgbColourType = 2;

/**
 * One chunk: its length, type, content and checksum.
 * @param type     four ASCII letters
 * @param content  none by default
 */
export function chunk(type: string, content: Uint8Array = new Uint8Array(0)): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(content.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.length);
  for (let letter = 0; letter < 4; letter++) bytes[4 + letter] = type.charCodeAt(letter);
  bytes.set(content, 8);
  view.setUint32(content.length + 8, crc32(bytes.subarray(4, content.length + 8)));
  return bytes;
}

/** Every pixel of one source row, `scale` times. */
function enlargeRow(row: Uint8Array, channels: number, scale: number): Uint8Array {
  if (scale === 1) return row;
  const wide = new Uint8Array(row.length * scale);
  for (let at = 0; at < wide.length; at++) {
    const pixel = Math.floor(at / (channels * scale));
    wide[at] = row[pixel * channels + (at % channels)]!;
  }
  return wide;
}

function absoluteSum(filtered: Uint8Array): number {
  let sum = 0;
  for (const byte of filtered) sum += byte < 128 ? byte : 256 - byte;
  return sum;
}

/** The filter type byte followed by the filtered row. */
function filterRow(row: Uint8Array, above: Uint8Array, channels: number): Uint8Array<ArrayBuffer> {
  const candidates = [
    row,
    row.map((byte, at) => byte - (at >= channels ? row[at - channels]! : 0)),
    row.map((byte, at) => byte - above[at]!),
  ];
  const sums = candidates.map(absoluteSum);
  const filter = sums.indexOf(Math.min(...sums));
  const line = new Uint8Array(row.length + 1);
  line[0] = filter;
  line.set(candidates[filter]!, 1);
  return line;
}

/**
 * Filtered rows of a picture, ready to be compressed.
 * @param picture   as many pixels as it says
 * @param channels  bytes per pixel
 * @param scale     every pixel becomes a square of so many
 */
export function scanlines(
  picture: { readonly width: number; readonly height: number; readonly pixels: Uint8Array },
  channels: number,
  scale: number,
): Uint8Array<ArrayBuffer> {
  const stride = picture.width * scale * channels;
  const lines = new Uint8Array((stride + 1) * picture.height * scale);
  const repeated = new Uint8Array(stride + 1);
  repeated[0] = 2; // filter "up" over an equal row: all zeros
  let above = new Uint8Array(stride);
  for (let row = 0; row < picture.height; row++) {
    const start = row * picture.width * channels;
    const wide = enlargeRow(picture.pixels.subarray(start, start + picture.width * channels), channels, scale);
    for (let copy = 0; copy < scale; copy++)
      lines.set(copy === 0 ? filterRow(wide, above, channels) : repeated, (row * scale + copy) * (stride + 1));
    above = new Uint8Array(wide);
  }
  return lines;
}

/** Refuses pictures of more bytes than an array may have, before they are made. */
export const requireRoom = (
  asked: string,
  { width, height }: { readonly width: number; readonly height: number },
  channels: number,
  scale: number,
): void => {
  const bytes = (width * scale * channels + 1) * height * scale;
  if (bytes > maxElements())
    throw new TooLarge(
      asked,
      `scale ${scale} of ${width} x ${height} makes a picture of ${bytes.toExponential(1)} bytes, the limit is ${maxElements()}`,
      "Use a smaller scale, or raise the limit with configure({ maxElements })",
    );
};

/** The chunk that says how large a picture of 8 bits a channel is: gray for one channel, red, green and blue for three. */
export function headerChunk(width: number, height: number, channels: number): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header[8] = 8;
  header[9] = channels === 3 ? rgbColourType : grayColourType;
  return chunk("IHDR", header);
}

/** The file made of chunks. */
export function pngFile(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const parts = [Uint8Array.from(signature), ...chunks];
  const file = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}
