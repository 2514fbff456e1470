/**
 * PNG files of pixel arrays and element fields, 8 bits a channel, as bytes.
 * Each row takes the filter (none, left, up) with the smallest absolute sum; enlarged rows repeat, hence cost next to nothing.
 * Source: PNG (W3C 2003), sections 5, 9 and 11.
 */
import { crc32 } from "./checksum.ts";
import { colormaps } from "./colormaps.ts";
import type { ColormapName } from "./colormaps.ts";
import { zlibDeflate } from "./deflate.ts";

/** Pixels of a picture, row-major from the top-left corner. */
export interface PixelPicture {
  /** Columns, a positive integer. */
  readonly width: number;
  /** Rows, a positive integer. */
  readonly height: number;
  /** One byte per pixel (gray) or three (red, green, blue): shape [height, width] or [height, width, 3]. */
  readonly pixels: Uint8Array;
  /** Each pixel becomes a square of scale x scale pixels; a positive integer, 1 by default. */
  readonly scale?: number | undefined;
}

/** How an element field becomes a picture. */
export interface DensityPictureOptions {
  /** Elements in a row. */
  readonly nelx: number;
  /** Elements in a column. */
  readonly nely: number;
  /** Pixels along the edge of an element; a positive integer, 1 by default. */
  readonly scale?: number | undefined;
  /** "gray" by default: 0 is white, 1 is black. */
  readonly colormap?: ColormapName | undefined;
}

const signature: readonly number[] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const grayColourType = 0;
const rgbColourType = 2;

function requirePositiveInteger(where: string, name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1)
    throw new RangeError(`${where}: ${name} must be a positive integer, but it is ${value}`);
}

function chunk(type: string, content: Uint8Array): Uint8Array {
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
function filterRow(row: Uint8Array, above: Uint8Array, channels: number): Uint8Array {
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

function scanlines(picture: PixelPicture, channels: number, scale: number): Uint8Array {
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

function encode(where: string, picture: PixelPicture, colourType: number): Uint8Array {
  const scale = picture.scale ?? 1;
  const channels = colourType === rgbColourType ? 3 : 1;
  requirePositiveInteger(where, "width", picture.width);
  requirePositiveInteger(where, "height", picture.height);
  requirePositiveInteger(where, "scale", scale);
  const expected = picture.width * picture.height * channels;
  if (picture.pixels.length !== expected)
    throw new RangeError(
      `${where}: ${picture.width} x ${picture.height} pixels of ${channels} bytes need ${expected} bytes, but pixels has ${picture.pixels.length}`,
    );
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, picture.width * scale);
  view.setUint32(4, picture.height * scale);
  header[8] = 8;
  header[9] = colourType;
  const parts = [
    Uint8Array.from(signature),
    chunk("IHDR", header),
    chunk("IDAT", zlibDeflate(scanlines(picture, channels, scale))),
    chunk("IEND", new Uint8Array(0)),
  ];
  const file = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

/**
 * PNG file of gray pixels.
 * @param picture  pixels of shape [height, width], 0 is black and 255 is white
 * @returns        bytes of the file
 * @throws         RangeError where a size is not a positive integer or pixels has another length
 */
export function grayPng(picture: PixelPicture): Uint8Array {
  return encode("grayPng", picture, grayColourType);
}

/**
 * PNG file of coloured pixels.
 * @param picture  pixels of shape [height, width, 3]: red, green, blue
 * @returns        bytes of the file
 * @throws         RangeError where a size is not a positive integer or pixels has another length
 */
export function rgbPng(picture: PixelPicture): Uint8Array {
  return encode("rgbPng", picture, rgbColourType);
}

/**
 * PNG file of an element field such as the density: 0 is white and 1 is black unless a colour map is named.
 * @param density  shape [nely, nelx], row 0 at the top; values outside [0, 1] take the colour of the nearer end
 * @param options  sizes, pixels per element, colour map
 * @returns        bytes of the file, nelx * scale by nely * scale pixels
 * @throws         RangeError where the length is not nelx * nely or a value is not a finite number (it names the element)
 * @example
 * ```ts
 * String.fromCharCode(...densityPng([0, 0.5, 1, 1], { nelx: 2, nely: 2, scale: 8 }).subarray(1, 4)) // => "PNG"
 * ```
 */
export function densityPng(density: ArrayLike<number>, options: DensityPictureOptions): Uint8Array {
  const { nelx, nely, scale, colormap = "gray" } = options;
  requirePositiveInteger("densityPng", "nelx", nelx);
  requirePositiveInteger("densityPng", "nely", nely);
  if (density.length !== nelx * nely)
    throw new RangeError(
      `densityPng: ${nelx} x ${nely} elements need ${nelx * nely} values, but the field has ${density.length}`,
    );
  const channels = colormap === "gray" ? 1 : 3;
  const pixels = new Uint8Array(density.length * channels);
  for (let element = 0; element < density.length; element++) {
    const value = density[element]!;
    if (!Number.isFinite(value))
      throw new RangeError(
        `densityPng: every density must be a finite number, but the one at row ${Math.floor(element / nelx)}, column ${element % nelx} is ${value}`,
      );
    const colour = colormaps[colormap](Math.min(1, Math.max(0, value)));
    for (let channel = 0; channel < channels; channel++) pixels[element * channels + channel] = colour[channel]!;
  }
  const picture: PixelPicture = { width: nelx, height: nely, pixels, scale };
  return colormap === "gray" ? grayPng(picture) : rgbPng(picture);
}
