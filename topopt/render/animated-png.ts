/**
 * Animated PNG files of element fields, such as a design from iteration to iteration.
 * A frame holds only the rectangle in which it differs from the one before; equal frames become one that stays longer.
 * Programs that know no animation show the first frame.
 * Source: APNG in PNG, third edition (W3C 2025), section 11.3.
 */
import { InvalidOption } from "../../src/error.ts";
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

export interface AnimatedPngOptions extends FieldSize {
  /** Pixels along the edge of an element; a positive integer, 1 by default. */
  readonly scale?: number | undefined;
  /** "gray" by default: 0 is white, 1 is black. */
  readonly colormap?: ColormapName | undefined;
  /** Milliseconds that a frame stays, 100 by default: a whole number up to 65535. */
  readonly delay?: number | undefined;
  /** How often the animation runs; 0, the default, is without end. */
  readonly loops?: number | undefined;
}

/** A frame and how long it stays. */
interface Step {
  readonly pixels: Uint8Array;
  milliseconds: number;
}

/** Pixels of a part of the picture. */
interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Sizes that all frames share. */
interface Canvas {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly scale: number;
}

/** Times are 16-bit numbers of milliseconds. */
const longestDelay = 0xffff;
const millisecondsPerSecond = 1000;
const mostLoops = 0x7fffffff;

const areEqual = (left: Uint8Array, right: Uint8Array): boolean => left.every((byte, at) => byte === right[at]);

/** Frames one after another; one that equals the frame before makes that one stay longer. */
const stepsOf = (frames: readonly Uint8Array[], delay: number): readonly Step[] => {
  const steps: Step[] = [];
  for (const pixels of frames) {
    const last = steps.at(-1);
    if (last !== undefined && last.milliseconds + delay <= longestDelay && areEqual(last.pixels, pixels))
      last.milliseconds += delay;
    else steps.push({ pixels, milliseconds: delay });
  }
  return steps;
};

/** The smallest rectangle outside of which two frames agree, at least one pixel. */
const changed = (before: Uint8Array, after: Uint8Array, { width, height, channels }: Canvas): Rectangle => {
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let at = 0; at < after.length; at++) {
    if (before[at] === after[at]) continue;
    const pixel = Math.floor(at / channels);
    const [row, column] = [Math.floor(pixel / width), pixel % width];
    left = Math.min(left, column);
    right = Math.max(right, column + 1);
    top = Math.min(top, row);
    bottom = Math.max(bottom, row + 1);
  }
  if (right === 0) return { left: 0, top: 0, width: 1, height: 1 };
  return { left, top, width: right - left, height: bottom - top };
};

const crop = (pixels: Uint8Array, { left, top, width, height }: Rectangle, canvas: Canvas): Uint8Array<ArrayBuffer> => {
  const part = new Uint8Array(width * height * canvas.channels);
  for (let row = 0; row < height; row++) {
    const start = ((top + row) * canvas.width + left) * canvas.channels;
    part.set(pixels.subarray(start, start + width * canvas.channels), row * width * canvas.channels);
  }
  return part;
};

const animationControl = (frames: number, loops: number): Uint8Array<ArrayBuffer> => {
  const content = new Uint8Array(8);
  const view = new DataView(content.buffer);
  view.setUint32(0, frames);
  view.setUint32(4, loops);
  return chunk("acTL", content);
};

/** Where and how long a frame stands; it stays when the next one comes, and replaces what was there. */
const frameControl = (
  sequence: number,
  rectangle: Rectangle,
  milliseconds: number,
  scale: number,
): Uint8Array<ArrayBuffer> => {
  const content = new Uint8Array(26);
  const view = new DataView(content.buffer);
  const { left, top, width, height } = rectangle;
  view.setUint32(0, sequence);
  [width, height, left, top].forEach((length, k) => view.setUint32(4 + 4 * k, length * scale));
  view.setUint16(20, milliseconds);
  view.setUint16(22, millisecondsPerSecond);
  return chunk("fcTL", content);
};

const frameData = (sequence: number, compressed: Uint8Array): Uint8Array<ArrayBuffer> => {
  const content = new Uint8Array(4 + compressed.length);
  new DataView(content.buffer).setUint32(0, sequence);
  content.set(compressed, 4);
  return chunk("fdAT", content);
};

const frameChunks = (steps: readonly Step[], canvas: Canvas): readonly Uint8Array[] => {
  let sequence = 0;
  return steps.flatMap(({ pixels, milliseconds }, k) => {
    const whole: Rectangle = { left: 0, top: 0, width: canvas.width, height: canvas.height };
    const rectangle = k === 0 ? whole : changed(steps[k - 1]!.pixels, pixels, canvas);
    const picture = { width: rectangle.width, height: rectangle.height, pixels: crop(pixels, rectangle, canvas) };
    const compressed = zlibDeflate(scanlines(picture, canvas.channels, canvas.scale));
    const control = frameControl(sequence++, rectangle, milliseconds, canvas.scale);
    return [control, k === 0 ? chunk("IDAT", compressed) : frameData(sequence++, compressed)];
  });
};

const requireTimes = (delay: unknown, loops: unknown): void => {
  if (!Number.isInteger(delay) || (delay as number) < 1 || (delay as number) > longestDelay)
    throw new InvalidOption("animatedPng", `delay ${showValue(delay)}`, "Give whole milliseconds from 1 to 65535");
  if (!Number.isInteger(loops) || (loops as number) < 0 || (loops as number) > mostLoops)
    throw new InvalidOption("animatedPng", `loops ${showValue(loops)}`, "Give a whole number; 0 repeats without end");
};

const requireFrames = (frames: readonly ArrayData[], options: AnimatedPngOptions): readonly SampledField[] => {
  if (!Array.isArray(frames) || frames.length === 0)
    throw new InvalidOption("animatedPng", `frames ${showValue(frames)}`, "Give a list of one frame or more");
  const fields = frames.map((frame: ArrayData, k) => planeField(`animatedPng, frame ${k}`, frame, options));
  const { nelx, nely } = fields[0]!;
  const other = fields.findIndex((field) => field.nelx !== nelx || field.nely !== nely);
  if (other >= 0)
    throw new InvalidOption(
      "animatedPng",
      `frame ${other} of ${fields[other]!.nelx} x ${fields[other]!.nely} elements after ${nelx} x ${nely}`,
      "All frames have the size of the first",
    );
  return fields;
};

/**
 * An animated PNG file of element fields.
 * @param frames   fields of one size: arrays of shape [nely, nelx], or values row by row, with nelx and nely among the options; those outside
 *   [0, 1] take the colour of the nearer end
 * @param options  nelx, nely, scale, colormap, delay, loops
 * @returns        bytes of the file; equal frames in a row are one frame that stays as long as all of them
 * @throws ShapeMismatch, InvalidElement for a value that is not finite, InvalidOption, UnknownOption, TooLarge for frames of more
 *   bytes than an array may have, TracerConversion
 * Cost: linear in the elements of all frames.
 * @example animatedPng([[[0, 1]], [[1, 1]]], { scale: 8, delay: 200 }).subarray(1, 4) // [80, 78, 71]
 */
export const animatedPng = (
  frames: readonly ArrayData[],
  options: AnimatedPngOptions = {},
): Uint8Array<ArrayBuffer> => {
  requireOptions("animatedPng", options, ["nelx", "nely", "scale", "colormap", "delay", "loops"]);
  const { scale = 1, colormap = "gray", delay = 100, loops = 0 } = options;
  requirePositiveInteger("animatedPng", "scale", scale);
  requireColormap("animatedPng", colormap);
  requireTimes(delay, loops);
  const fields = requireFrames(frames, options);
  const { nelx, nely } = fields[0]!;
  const canvas: Canvas = { width: nelx, height: nely, channels: colormap === "gray" ? 1 : 3, scale };
  requireRoom("animatedPng", canvas, canvas.channels, scale);
  const steps = stepsOf(
    fields.map(({ values }) => fieldPixels(values, colormap)),
    delay,
  );
  const header = headerChunk(nelx * scale, nely * scale, canvas.channels);
  return pngFile([header, animationControl(steps.length, loops), ...frameChunks(steps, canvas), chunk("IEND")]);
};
