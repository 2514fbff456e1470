/**
 * PNG files of pixel arrays and element fields, 8 bits a channel, as bytes.
 * Source: PNG (W3C 2003), sections 5, 9 and 11.
 */
import { fieldPixels } from "./colormaps.ts";
import type { ColormapName } from "./colormaps.ts";
import { zlibDeflate } from "./deflate.ts";
import { chunk, headerChunk, pngFile, scanlines } from "./png-chunks.ts";

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

function requirePositiveInteger(where: string, name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1)
    throw new RangeError(`${where}: ${name} must be a positive integer, but it is ${value}`);
}

function encode(where: string, picture: PixelPicture, channels: number): Uint8Array {
  const scale = picture.scale ?? 1;
  requirePositiveInteger(where, "width", picture.width);
  requirePositiveInteger(where, "height", picture.height);
  requirePositiveInteger(where, "scale", scale);
  const expected = picture.width * picture.height * channels;
  if (picture.pixels.length !== expected)
    throw new RangeError(
      `${where}: ${picture.width} x ${picture.height} pixels of ${channels} bytes need ${expected} bytes, but pixels has ${picture.pixels.length}`,
    );
  const header = headerChunk(picture.width * scale, picture.height * scale, channels);
  return pngFile([header, chunk("IDAT", zlibDeflate(scanlines(picture, channels, scale))), chunk("IEND")]);
}

/**
 * PNG file of gray pixels.
 * @param picture  pixels of shape [height, width], 0 is black and 255 is white
 * @returns        bytes of the file
 * @throws         RangeError where a size is not a positive integer or pixels has another length
 * @example grayPng({ width: 2, height: 1, pixels: Uint8Array.of(0, 255), scale: 8 }).subarray(1, 4) // [80, 78, 71]
 */
export function grayPng(picture: PixelPicture): Uint8Array {
  return encode("grayPng", picture, 1);
}

/**
 * PNG file of coloured pixels.
 * @param picture  pixels of shape [height, width, 3]: red, green, blue
 * @returns        bytes of the file
 * @throws         RangeError where a size is not a positive integer or pixels has another length
 * @example rgbPng({ width: 1, height: 1, pixels: Uint8Array.of(255, 128, 0) }).subarray(1, 4) // [80, 78, 71]
 */
export function rgbPng(picture: PixelPicture): Uint8Array {
  return encode("rgbPng", picture, 3);
}

/**
 * PNG file of an element field such as the density: 0 is white and 1 is black unless a colour map is named.
 * @param density  shape [nely, nelx], row 0 at the top; values outside [0, 1] take the colour of the nearer end
 * @param options  sizes, pixels per element, colour map
 * @returns        bytes of the file, nelx * scale by nely * scale pixels
 * @throws         RangeError where the length is not nelx * nely or a value is not a finite number (it names the element)
 * @example densityPng([0, 0.5, 1, 1], { nelx: 2, nely: 2, scale: 8 }).subarray(1, 4) // [80, 78, 71]
 */
export function densityPng(density: ArrayLike<number>, options: DensityPictureOptions): Uint8Array {
  const { nelx, nely, scale, colormap = "gray" } = options;
  requirePositiveInteger("densityPng", "nelx", nelx);
  requirePositiveInteger("densityPng", "nely", nely);
  if (density.length !== nelx * nely)
    throw new RangeError(
      `densityPng: ${nelx} x ${nely} elements need ${nelx * nely} values, but the field has ${density.length}`,
    );
  for (let element = 0; element < density.length; element++)
    if (!Number.isFinite(density[element]))
      throw new RangeError(
        `densityPng: every density must be a finite number, but the one at row ${Math.floor(element / nelx)}, column ${element % nelx} is ${density[element]}`,
      );
  const picture: PixelPicture = { width: nelx, height: nely, pixels: fieldPixels(density, colormap), scale };
  return colormap === "gray" ? grayPng(picture) : rgbPng(picture);
}
