/**
 * Layout kernels: permute, broadcast, slice, pad, concatenate, reverse, iota.
 * All but iota are one strided copy: target[t0 + i.s] = source[s0 + i.r] for every index i of a box.
 * Values are moved as bits, so NaN payloads and the sign of zero survive.
 */
import { type NumericArray, type Shape, elementCount, rowMajorStrides } from "./numeric-array.ts";

/** Where the elements of a box lie in a buffer: first element, then the stride along every axis. */
export type StridedBox = { readonly offset: number; readonly strides: readonly number[] };

type Bits = Float64Array | Int32Array | Uint8Array;

/** The same memory as one of three array types, so that inner loops stay within few types. */
function bitsOf(buffer: NumericArray): Bits {
  return buffer instanceof Float32Array || buffer instanceof Uint32Array
    ? new Int32Array(buffer.buffer, buffer.byteOffset, buffer.length)
    : buffer;
}

/** Drops axes of length 1 and joins neighbours that both sides step through without a gap. */
function mergeAxes(shape: Shape, from: readonly number[], to: readonly number[]): number[][] {
  const axes: number[][] = [];
  for (const [axis, length] of shape.entries()) {
    if (length === 1) continue;
    const outer = axes.at(-1);
    const read = from[axis]!;
    const write = to[axis]!;
    if (outer !== undefined && outer[1] === read * length && outer[2] === write * length) {
      outer[0] = outer[0]! * length;
      outer[1] = read;
      outer[2] = write;
    } else axes.push([length, read, write]);
  }
  return axes;
}

const tile = 16;

function copyPlane(
  source: Bits,
  read: number,
  target: Bits,
  write: number,
  rows: readonly number[],
  columns: readonly number[],
): void {
  const [rowCount, rowRead, rowWrite] = rows as [number, number, number];
  const [columnCount, columnRead, columnWrite] = columns as [number, number, number];
  // Tiles keep both the rows read and the rows written in cache when the copy is a transpose.
  const tileRows = columnRead === 1 || columnRead === 0 ? 1 : tile;
  const tileColumns = tileRows === 1 ? columnCount : tile;
  for (let top = 0; top < rowCount; top += tileRows) {
    const bottom = Math.min(top + tileRows, rowCount);
    for (let left = 0; left < columnCount; left += tileColumns) {
      const width = Math.min(tileColumns, columnCount - left);
      for (let row = top; row < bottom; row += 1) {
        let from = read + row * rowRead + left * columnRead;
        let to = write + row * rowWrite + left * columnWrite;
        if (width > 32 && columnWrite === 1 && columnRead === 1) {
          target.set(source.subarray(from, from + width), to);
        } else if (width > 32 && columnWrite === 1 && columnRead === 0) {
          target.fill(source[from]!, to, to + width);
        } else {
          for (let column = 0; column < width; column += 1) {
            target[to] = source[from]!;
            from += columnRead;
            to += columnWrite;
          }
        }
      }
    }
  }
}

/** The axis to pair with the innermost one: in a transpose, the one that reads neighbours. */
function rowAxis(axes: readonly (readonly number[])[], columns: readonly number[]): number {
  let best = axes.length - 1;
  if (columns[1] === 1) return best;
  for (let axis = best; axis >= 0; axis -= 1) {
    if (Math.abs(axes[axis]![1]!) < Math.abs(axes[best]![1]!) && axes[axis]![1] !== 0) best = axis;
  }
  return best;
}

/**
 * Copies a strided box of one buffer onto a strided box of another of the same element type.
 * @param shape  lengths of the box's axes; strides may be zero or negative when reading
 */
export function copyStrided(
  source: NumericArray,
  read: StridedBox,
  target: NumericArray,
  write: StridedBox,
  shape: Shape,
): void {
  if (elementCount(shape) === 0) return;
  const axes = mergeAxes(shape, read.strides, write.strides);
  const columns = axes.pop() ?? [1, 1, 1];
  const rows = axes.splice(rowAxis(axes, columns), 1)[0] ?? [1, 0, 0];
  const from = bitsOf(source);
  const to = bitsOf(target);
  const index = new Int32Array(axes.length);
  let readAt = read.offset;
  let writeAt = write.offset;
  for (;;) {
    copyPlane(from, readAt, to, writeAt, rows, columns);
    let axis = axes.length - 1;
    for (; axis >= 0; axis -= 1) {
      const [length, readStride, writeStride] = axes[axis] as [number, number, number];
      index[axis]! += 1;
      readAt += readStride;
      writeAt += writeStride;
      if (index[axis]! < length) break;
      index[axis] = 0;
      readAt -= length * readStride;
      writeAt -= length * writeStride;
    }
    if (axis < 0) return;
  }
}

/**
 * Transpose: axis k of the result is axis permutation[k] of the source.
 * @param out  shape [shape[permutation[0]], shape[permutation[1]], ..]
 */
export function permute(source: NumericArray, shape: Shape, permutation: readonly number[], out: NumericArray): void {
  const strides = rowMajorStrides(shape);
  const outShape = permutation.map((axis) => shape[axis]!);
  const read = { offset: 0, strides: permutation.map((axis) => strides[axis]!) };
  copyStrided(source, read, out, { offset: 0, strides: rowMajorStrides(outShape) }, outShape);
}

/**
 * Broadcast: axis k of the source becomes axis axes[k] of the result, repeated where its length is 1.
 * @param axes  one result axis per source axis, increasing or not, no repeats
 * @param out   shape `outShape`
 */
export function broadcastTo(
  source: NumericArray,
  shape: Shape,
  axes: readonly number[],
  outShape: Shape,
  out: NumericArray,
): void {
  const strides = rowMajorStrides(shape);
  const readStrides: number[] = new Array(outShape.length).fill(0);
  for (const [axis, outAxis] of axes.entries()) {
    if (shape[axis] !== 1) readStrides[outAxis] = strides[axis]!;
  }
  const write = { offset: 0, strides: rowMajorStrides(outShape) };
  copyStrided(source, { offset: 0, strides: readStrides }, out, write, outShape);
}

/** Per axis: first index, end (excluded) and positive step of a slice. */
export type SliceBounds = {
  readonly start: readonly number[];
  readonly limit: readonly number[];
  readonly stride: readonly number[];
};

/** Shape of a slice: ceil((limit - start) / stride) along every axis. */
export function sliceShape(bounds: SliceBounds): number[] {
  return bounds.start.map((first, axis) =>
    Math.max(0, Math.ceil((bounds.limit[axis]! - first) / bounds.stride[axis]!)),
  );
}

/**
 * Elements start, start + stride, .. below limit along every axis; 0 <= start <= limit <= length.
 * @param out  shape `sliceShape(bounds)`
 */
export function sliceStrided(source: NumericArray, shape: Shape, bounds: SliceBounds, out: NumericArray): void {
  const strides = rowMajorStrides(shape);
  const outShape = sliceShape(bounds);
  const offset = bounds.start.reduce((sum, first, axis) => sum + first * strides[axis]!, 0);
  const read = { offset, strides: strides.map((stride, axis) => stride * bounds.stride[axis]!) };
  copyStrided(source, read, out, { offset: 0, strides: rowMajorStrides(outShape) }, outShape);
}

/** Padding of one axis: elements before, after (negative crops) and between neighbours (>= 0). */
export type AxisPadding = readonly [low: number, high: number, interior: number];

/** Shape after `padInterior`; a negative length means the caller must refuse. */
export function padShape(shape: Shape, padding: readonly AxisPadding[]): number[] {
  return shape.map((length, axis) => {
    const [low, high, interior] = padding[axis]!;
    return low + high + length + Math.max(0, length - 1) * interior;
  });
}

/**
 * XLA's pad: `interior` copies of `value` between neighbours, then `low` and `high` at the ends.
 * @param value  scalar written wherever no source element lands
 * @param out    shape `padShape(shape, padding)`
 */
export function padInterior(
  source: NumericArray,
  shape: Shape,
  value: number,
  padding: readonly AxisPadding[],
  out: NumericArray,
): void {
  out.fill(value);
  const outShape = padShape(shape, padding);
  const sourceStrides = rowMajorStrides(shape);
  const outStrides = rowMajorStrides(outShape);
  const lengths: number[] = [];
  const write: number[] = [];
  let readOffset = 0;
  let writeOffset = 0;
  for (const [axis, length] of shape.entries()) {
    const [low, , interior] = padding[axis]!;
    const step = interior + 1;
    // Source indices whose place low + index * step falls inside the result.
    const first = low < 0 ? Math.ceil(-low / step) : 0;
    const last = Math.min(length - 1, Math.floor((outShape[axis]! - 1 - low) / step));
    lengths.push(Math.max(0, last - first + 1));
    write.push(outStrides[axis]! * step);
    readOffset += first * sourceStrides[axis]!;
    writeOffset += (low + first * step) * outStrides[axis]!;
  }
  const read = { offset: readOffset, strides: sourceStrides };
  copyStrided(source, read, out, { offset: writeOffset, strides: write }, lengths);
}

/**
 * Joins arrays along one axis; the other axes agree.
 * @param out  shape of the parts with the sum of their lengths along `axis`
 */
export function concatenate(
  parts: readonly NumericArray[],
  shapes: readonly Shape[],
  axis: number,
  out: NumericArray,
): void {
  const outShape = [...(shapes[0] ?? [])];
  outShape[axis] = shapes.reduce((sum, shape) => sum + shape[axis]!, 0);
  const strides = rowMajorStrides(outShape);
  let offset = 0;
  for (const [index, part] of parts.entries()) {
    const shape = shapes[index]!;
    copyStrided(part, { offset: 0, strides: rowMajorStrides(shape) }, out, { offset, strides }, shape);
    offset += shape[axis]! * strides[axis]!;
  }
}

/** Flips the listed axes; `out` has the source's shape. */
export function reverse(source: NumericArray, shape: Shape, axes: readonly number[], out: NumericArray): void {
  const strides = rowMajorStrides(shape);
  const readStrides = [...strides];
  let offset = 0;
  for (const axis of axes) {
    offset += (shape[axis]! - 1) * strides[axis]!;
    readStrides[axis] = -strides[axis]!;
  }
  copyStrided(source, { offset, strides: readStrides }, out, { offset: 0, strides }, shape);
}

/** The index along `axis` at every element; `out` has shape `shape`. */
export function iota(shape: Shape, axis: number, out: NumericArray): void {
  const run = rowMajorStrides(shape)[axis]!;
  const length = shape[axis]!;
  for (let start = 0, index = 0; start < out.length; start += run, index += 1) {
    if (index === length) index = 0;
    out.fill(index, start, start + run);
  }
}
