/**
 * The buffers every kernel reads and writes, and the arithmetic of their row-major shapes.
 * Element (i, j, ..) of shape [m, n, ..] sits at i*n*.. + j*.. + ..: the last axis is contiguous.
 */

/** Buffers of the dtypes float64, float32, int32, uint32 and bool (0 or 1), in this order. */
export type NumericArray = Float64Array | Float32Array | Int32Array | Uint32Array | Uint8Array;

/** Lengths of the axes, outermost first; [] is a scalar. */
export type Shape = readonly number[];

/** Number of elements of a shape: the product of its axes, 1 for a scalar. */
export function elementCount(shape: Shape): number {
  let count = 1;
  for (const length of shape) count *= length;
  return count;
}

/** Distance in elements between neighbours along every axis of a contiguous row-major array. */
export function rowMajorStrides(shape: Shape): number[] {
  const strides: number[] = new Array(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis -= 1) {
    strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  }
  return strides;
}

/** A zeroed buffer of the same element type as `model`. */
export function allocateLike(model: NumericArray, length: number): NumericArray {
  if (model instanceof Float64Array) return new Float64Array(length);
  if (model instanceof Float32Array) return new Float32Array(length);
  if (model instanceof Int32Array) return new Int32Array(length);
  if (model instanceof Uint32Array) return new Uint32Array(length);
  return new Uint8Array(length);
}

/** True where arithmetic on the buffer wraps modulo 2^32 instead of rounding. */
export function isIntegerBuffer(buffer: NumericArray): boolean {
  return !(buffer instanceof Float64Array || buffer instanceof Float32Array);
}

/**
 * The values as float64, exact for all five element types; a float64 buffer is returned as it is.
 * Inner loops then see one array type only, which keeps them fast in every engine.
 */
export function asFloat64(buffer: NumericArray): Float64Array {
  return buffer instanceof Float64Array ? buffer : new Float64Array(buffer);
}

/** The values of an integer buffer modulo 2^32 as int32; 32-bit buffers are viewed, not copied. */
export function asInt32(buffer: NumericArray): Int32Array {
  if (buffer instanceof Int32Array) return buffer;
  if (buffer instanceof Uint32Array) {
    return new Int32Array(buffer.buffer, buffer.byteOffset, buffer.length);
  }
  return new Int32Array(buffer);
}

/**
 * Offsets of all elements of a strided box in row-major order.
 * @param lengths  lengths of the box's axes
 * @param strides  distance in elements along each of them
 * @returns        offsets, shape [product of lengths]; [0] when there are no axes
 */
export function stridedOffsets(lengths: readonly number[], strides: readonly number[]): Int32Array {
  const offsets = new Int32Array(elementCount(lengths));
  if (offsets.length === 0) return offsets;
  let filled = 1;
  for (let axis = lengths.length - 1; axis >= 0; axis -= 1) {
    const length = lengths[axis]!;
    const stride = strides[axis]!;
    for (let index = 1; index < length; index += 1) {
      const shift = index * stride;
      for (let k = 0; k < filled; k += 1) offsets[index * filled + k] = offsets[k]! + shift;
    }
    filled *= length;
  }
  return offsets;
}
