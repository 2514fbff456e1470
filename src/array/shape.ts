/**
 * Shapes: validation, broadcasting, axes. Row-major everywhere.
 * Broadcasting is NumPy's: align at the right, 1 stretches, 0 is a size like any other.
 */
import { showValue } from "../describe.ts";
import { InvalidShape, IndexOutOfRange, ShapeMismatch, TooLarge } from "../error.ts";
import { maxElements } from "./storage.ts";

export type Shape = readonly number[];

export const sizeOf = (shape: Shape): number => {
  let size = 1;
  for (let axis = 0; axis < shape.length; axis++) size *= shape[axis]!;
  return size;
};

export const sameShape = (left: Shape, right: Shape): boolean => {
  if (left === right) return true;
  if (left.length !== right.length) return false;
  for (let axis = 0; axis < left.length; axis++) if (left[axis] !== right[axis]) return false;
  return true;
};

export const showShape = (shape: Shape): string => `[${shape.join(",")}]`;

/** Throws InvalidShape or TooLarge before anything is allocated; returns the number of elements. */
export const requireShape = (asked: string, shape: Shape): number => {
  if (!Array.isArray(shape))
    throw new InvalidShape(asked, `shape ${showValue(shape)}`, "A shape is a list of whole numbers, zero or more");
  for (const extent of shape) {
    if (!Number.isSafeInteger(extent) || extent < 0)
      throw new InvalidShape(
        asked,
        `shape [${shape.map((each) => showValue(each)).join(",")}] has the dimension ${showValue(extent)}`,
        "Dimensions are whole numbers, zero or more",
      );
  }
  const size = sizeOf(shape);
  if (size > maxElements())
    throw new TooLarge(
      asked,
      `shape ${showShape(shape)} has ${size} elements, the limit is ${maxElements()}`,
      "Work in parts, or raise the limit with configure({ maxElements })",
    );
  return size;
};

/** Row-major strides, in elements. */
export const stridesOf = (shape: Shape): number[] => {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
};

/** NumPy's broadcast of several shapes; the error names all of them. */
export const broadcastShapes = (asked: string, ...shapes: readonly Shape[]): Shape => {
  let rank = 0;
  for (const shape of shapes) rank = Math.max(rank, shape.length);
  const out = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    for (let axis = 0; axis < shape.length; axis++) {
      const extent = shape[axis]!;
      const at = rank - shape.length + axis;
      if (extent === 1 || extent === out[at]) continue;
      if (out[at] !== 1)
        throw new ShapeMismatch(
          asked,
          `shapes ${shapes.map(showShape).join(" and ")} do not broadcast (axis ${at - rank}: ${out[at]} against ${extent})`,
          "Sizes must be equal or 1 when aligned at the last axis; reshape or expand one of them",
        );
      out[at] = extent;
    }
  }
  return out;
};

/** Axis in [0, rank); negative axes count from the end, once. */
export const normalizeAxis = (asked: string, axis: number, rank: number): number => {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank)
    throw new IndexOutOfRange(
      asked,
      `axis ${showValue(axis)} of an array of rank ${rank}`,
      rank === 0 ? "A scalar has no axes" : `Use -${rank} to ${rank - 1}`,
    );
  return axis < 0 ? axis + rank : axis;
};

/** Distinct axes in ascending order; `null` means all. */
export const normalizeAxes = (
  asked: string,
  axes: number | readonly number[] | null | undefined,
  rank: number,
): number[] => {
  if (axes === null || axes === undefined) return Array.from({ length: rank }, (_, axis) => axis);
  const list = (Array.isArray(axes) ? (axes as readonly number[]) : [axes as number]).map((axis) =>
    normalizeAxis(asked, axis, rank),
  );
  const distinct = [...new Set(list)].sort((left, right) => left - right);
  if (distinct.length !== list.length)
    throw new IndexOutOfRange(asked, `axes [${list.join(",")}] repeat`, "Name every axis once");
  return distinct;
};

/** Shape without the given (sorted) axes. */
export const dropAxes = (shape: Shape, axes: readonly number[]): number[] =>
  shape.filter((_, axis) => !axes.includes(axis));
