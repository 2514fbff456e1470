/**
 * PNG files of pixel arrays and element fields, 8 bits a channel, as bytes.
 * Source: PNG (W3C 2003), sections 5, 9 and 11.
 */
import { InvalidOption, ShapeMismatch } from "../../src/error.ts";
import { showValue } from "../../src/describe.ts";
import { requireOptions } from "../../src/options.ts";
import type { ArrayData } from "../../library/numpy/creation.ts";
import { fieldPixels } from "./colormaps.ts";
import type { ColormapName } from "./colormaps.ts";
import { zlibDeflate } from "./deflate.ts";
import type { SampledField } from "./marching-squares.ts";
import { planeField, requireColormap, requirePositiveInteger } from "./plane-field.ts";
import type { FieldSize } from "./plane-field.ts";
import { chunk, headerChunk, pngFile, requireRoom, scanlines } from "./png-chunks.ts";

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
export interface DensityPictureOptions extends FieldSize {
  /** Pixels along the edge of an element; a positive integer, 1 by default. */
  readonly scale?: number | undefined;
  /** "gray" by default: 0 is white, 1 is black. */
  readonly colormap?: ColormapName | undefined;
}

function encode(where: string, picture: PixelPicture, channels: number): Uint8Array<ArrayBuffer> {
  requireOptions(where, picture, ["width", "height", "pixels", "scale"], true);
  const scale = picture.scale ?? 1;
  requirePositiveInteger(where, "width", picture.width);
  requirePositiveInteger(where, "height", picture.height);
  requirePositiveInteger(where, "scale", scale);
  if (!(picture.pixels instanceof Uint8Array))
    throw new InvalidOption(where, `pixels ${showValue(picture.pixels)}`, "Give the bytes as a Uint8Array");
  const expected = picture.width * picture.height * channels;
  if (picture.pixels.length !== expected)
    throw new ShapeMismatch(
      where,
      `${picture.pixels.length} bytes of pixels`,
      `${picture.width} x ${picture.height} pixels of ${channels} bytes need ${expected}`,
    );
  requireRoom(where, picture, channels, scale);
  const header = headerChunk(picture.width * scale, picture.height * scale, channels);
  return pngFile([header, chunk("IDAT", zlibDeflate(scanlines(picture, channels, scale))), chunk("IEND")]);
}

/**
 * PNG file of gray pixels.
 * @param picture  pixels of shape [height, width], 0 is black and 255 is white
 * @returns        bytes of the file
 * @throws InvalidOption where a size is not a positive integer or pixels are no bytes, ShapeMismatch where pixels has another
 *   length, TooLarge, UnknownOption
 * @example grayPng({ width: 2, height: 1, pixels: Uint8Array.of(0, 255), scale: 8 }).subarray(1, 4) // [80, 78, 71]
 */
export function grayPng(picture: PixelPicture): Uint8Array<ArrayBuffer> {
  return encode("grayPng", picture, 1);
}

/**
 * PNG file of coloured pixels.
 * @param picture  pixels of shape [height, width, 3]: red, green, blue
 * @returns        bytes of the file
 * @throws InvalidOption where a size is not a positive integer or pixels are no bytes, ShapeMismatch where pixels has another
 *   length, TooLarge, UnknownOption
 * @example rgbPng({ width: 1, height: 1, pixels: Uint8Array.of(255, 128, 0) }).subarray(1, 4) // [80, 78, 71]
 */
export function rgbPng(picture: PixelPicture): Uint8Array<ArrayBuffer> {
  return encode("rgbPng", picture, 3);
}

/** PNG file of a field that has been checked, in a colour map that exists; TooLarge in the name of who asked. */
export function fieldPng(
  asked: string,
  { nelx, nely, values }: SampledField,
  { scale, colormap = "gray" }: Pick<DensityPictureOptions, "scale" | "colormap">,
): Uint8Array<ArrayBuffer> {
  requireRoom(asked, { width: nelx, height: nely }, colormap === "gray" ? 1 : 3, scale ?? 1);
  const picture: PixelPicture = { width: nelx, height: nely, pixels: fieldPixels(values, colormap), scale };
  return colormap === "gray" ? grayPng(picture) : rgbPng(picture);
}

/**
 * PNG file of an element field such as the density: 0 is white and 1 is black unless a colour map is named.
 * @param density  element field: an array of shape [nely, nelx], row 0 at the top, or values row by row, with nelx and nely among
 *   the options; finite, values outside [0, 1] take the colour of the nearer end
 * @param options  scale, colormap; nelx, nely
 * @returns        bytes of the file, nelx * scale by nely * scale pixels
 * @throws ShapeMismatch, also for a field in space, InvalidElement for a value that is not finite (it names the element),
 *   InvalidOption, UnknownOption, TooLarge before anything is made, TracerConversion
 * Cost: linear in the pixels.
 * @example densityPng(elementField(mesh, 0.5), { scale: 8 }).subarray(1, 4) // [80, 78, 71]
 * @example densityPng([0, 0.5, 1, 1], { nelx: 2, nely: 2, scale: 8 }).subarray(1, 4) // [80, 78, 71]
 */
export function densityPng(density: ArrayData, options: DensityPictureOptions = {}): Uint8Array<ArrayBuffer> {
  requireOptions("densityPng", options, ["nelx", "nely", "scale", "colormap"]);
  const { scale = 1, colormap = "gray" } = options;
  requirePositiveInteger("densityPng", "scale", scale);
  requireColormap("densityPng", colormap);
  return fieldPng("densityPng", planeField("densityPng", density, options), { scale, colormap });
}
