/**
 * Sum, product, max, min over axes and argmax, argmin along one, in one fixed order of operations.
 * Reduced elements come row-major; a sum adds blocks of 128 plainly from +0, in float64, and the
 * block sums by Neumaier's compensation; float32 rounds once, at the end. Products go in order.
 * Source: Neumaier, ZAMM 54 (1974) 39; the error is about 128 roundings of a block, for any length.
 */
import {
  type NumericArray,
  type Shape,
  asFloat64,
  elementCount,
  isIntegerBuffer,
  rowMajorStrides,
  stridedOffsets,
} from "./numeric-array.ts";

export type ReductionKind = "sum" | "product" | "max" | "min";

/** Elements added plainly before their sum joins the compensated total; back ends rely on it. */
export const sumBlock = 128;

/**
 * Where the elements of one result lie: `runs` gives the start of every run relative to the base,
 * and each run holds `length` elements `stride` apart. Together they are in row-major order.
 */
type Runs = { readonly starts: Int32Array; readonly stride: number; readonly length: number };

/** Up to 128 elements: the compensation is zero. */
function sumOneBlock(source: Float64Array, base: number, runs: Runs): number {
  let block = 0;
  for (let run = 0; run < runs.starts.length; run += 1) {
    let at = base + runs.starts[run]!;
    for (let k = 0; k < runs.length; k += 1, at += runs.stride) block += source[at]!;
  }
  return block;
}

function sumFloat(source: Float64Array, base: number, runs: Runs): number {
  const { starts, stride, length } = runs;
  if (starts.length * length <= sumBlock) return sumOneBlock(source, base, runs);
  let total = 0;
  let compensation = 0;
  let block = 0;
  let space = sumBlock;
  for (let run = 0; run < starts.length; run += 1) {
    let at = base + starts[run]!;
    for (let left = length; left > 0;) {
      const take = left < space ? left : space;
      for (const end = at + take * stride; at !== end; at += stride) block += source[at]!;
      left -= take;
      space -= take;
      if (space > 0) continue;
      const next = total + block;
      compensation += Math.abs(total) >= Math.abs(block) ? total - next + block : block - next + total;
      total = next;
      block = 0;
      space = sumBlock;
    }
  }
  return finishSum(total, compensation, block, space);
}

function finishSum(total: number, compensation: number, block: number, space: number): number {
  let sum = total;
  let correction = compensation;
  if (space < sumBlock) {
    sum = total + block;
    correction += Math.abs(total) >= Math.abs(block) ? total - sum + block : block - sum + total;
  }
  // Infinite and NaN totals leave NaN in the correction, which must not hide them.
  return Number.isFinite(sum) ? sum + correction : sum;
}

function sumInteger(source: Float64Array, base: number, runs: Runs): number {
  let total = 0;
  for (let run = 0; run < runs.starts.length; run += 1) {
    let at = base + runs.starts[run]!;
    for (let k = 0; k < runs.length; k += 1, at += runs.stride) total = (total + source[at]!) | 0;
  }
  return total;
}

function productFloat(source: Float64Array, base: number, runs: Runs): number {
  let product = 1;
  for (let run = 0; run < runs.starts.length; run += 1) {
    let at = base + runs.starts[run]!;
    for (let k = 0; k < runs.length; k += 1, at += runs.stride) product *= source[at]!;
  }
  return product;
}

function productInteger(source: Float64Array, base: number, runs: Runs): number {
  let product = 1;
  for (let run = 0; run < runs.starts.length; run += 1) {
    let at = base + runs.starts[run]!;
    for (let k = 0; k < runs.length; k += 1, at += runs.stride) product = Math.imul(product, source[at]!);
  }
  return product;
}

function largest(source: Float64Array, base: number, runs: Runs): number {
  let extreme = -Infinity;
  for (let run = 0; run < runs.starts.length; run += 1) {
    let at = base + runs.starts[run]!;
    for (let k = 0; k < runs.length; k += 1, at += runs.stride) extreme = Math.max(extreme, source[at]!);
  }
  return extreme;
}

function smallest(source: Float64Array, base: number, runs: Runs): number {
  let extreme = Infinity;
  for (let run = 0; run < runs.starts.length; run += 1) {
    let at = base + runs.starts[run]!;
    for (let k = 0; k < runs.length; k += 1, at += runs.stride) extreme = Math.min(extreme, source[at]!);
  }
  return extreme;
}

type Fold = (source: Float64Array, base: number, runs: Runs) => number;

const floatFolds: Readonly<Record<ReductionKind, Fold>> = {
  sum: sumFloat,
  product: productFloat,
  max: largest,
  min: smallest,
};
const integerFolds: Readonly<Record<ReductionKind, Fold>> = {
  sum: sumInteger,
  product: productInteger,
  max: largest,
  min: smallest,
};

/**
 * Sum of `count` elements from `offset` on, `stride` apart, in the order of the header.
 * @returns  float64 sum of a float buffer (float32: not yet rounded); int32 sum modulo 2^32 else
 */
export function sumStrided(buffer: NumericArray, offset: number, stride: number, count: number): number {
  const runs = { starts: new Int32Array(1), stride, length: count };
  if (buffer instanceof Float64Array) return sumFloat(buffer, offset, runs);
  const box = new Float64Array(count);
  for (let k = 0; k < count; k += 1) box[k] = buffer[offset + k * stride]!;
  const fold = isIntegerBuffer(buffer) ? sumInteger : sumFloat;
  return fold(box, 0, { starts: runs.starts, stride: 1, length: count });
}

type Axis = { length: number; readonly stride: number; readonly isReduced: boolean };

/** Joins neighbouring axes that are both kept or both reduced; axes of length 1 vanish. */
function mergedAxes(shape: Shape, axes: readonly number[]): Axis[] {
  const strides = rowMajorStrides(shape);
  const merged: Axis[] = [];
  for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
    const length = shape[axis]!;
    if (length === 1) continue;
    const isReduced = axes.includes(axis);
    const inner = merged[0];
    if (inner !== undefined && inner.isReduced === isReduced) inner.length *= length;
    else merged.unshift({ length, stride: strides[axis]!, isReduced });
  }
  return merged;
}

function offsetsOf(axes: readonly Axis[]): Int32Array {
  return stridedOffsets(
    axes.map((axis) => axis.length),
    axes.map((axis) => axis.stride),
  );
}

const columnTile = 512;

/**
 * Folds whose kept axis is contiguous: a tile of neighbouring results advances together, so memory
 * is read along rows; every single result sees the same operations as in the folds above.
 * @param rows  offset of the tile's first column in every reduced row, in row-major order
 * @param out   the tile's results
 */
type ColumnFold = (source: Float64Array, base: number, rows: Int32Array, out: Float64Array) => void;

/** Adds rows first .. end - 1 onto `sums`, four at a time but each sum in the order of the rows. */
function addRows(
  source: Float64Array,
  base: number,
  rows: Int32Array,
  first: number,
  end: number,
  sums: Float64Array,
): void {
  let row = first;
  for (; row + 4 <= end; row += 4) {
    const r0 = base + rows[row]!;
    const r1 = base + rows[row + 1]!;
    const r2 = base + rows[row + 2]!;
    const r3 = base + rows[row + 3]!;
    for (let k = 0; k < sums.length; k += 1) {
      sums[k] = sums[k]! + source[r0 + k]! + source[r1 + k]! + source[r2 + k]! + source[r3 + k]!;
    }
  }
  for (; row < end; row += 1) {
    const start = base + rows[row]!;
    for (let k = 0; k < sums.length; k += 1) sums[k]! += source[start + k]!;
  }
}

const sumColumns: ColumnFold = (source, base, rows, out) => {
  const width = out.length;
  const total = new Float64Array(width);
  const correction = new Float64Array(width);
  const block = new Float64Array(width);
  for (let row = 0; row < rows.length; row += sumBlock) {
    block.fill(0);
    addRows(source, base, rows, row, Math.min(row + sumBlock, rows.length), block);
    for (let k = 0; k < width; k += 1) {
      const before = total[k]!;
      const added = block[k]!;
      const next = before + added;
      correction[k]! += Math.abs(before) >= Math.abs(added) ? before - next + added : added - next + before;
      total[k] = next;
    }
  }
  for (let k = 0; k < width; k += 1) out[k] = finishSum(total[k]!, correction[k]!, 0, sumBlock);
};

const multiplyColumns: ColumnFold = (source, base, rows, out) => {
  out.fill(1);
  for (let row = 0; row < rows.length; row += 1) {
    const start = base + rows[row]!;
    for (let k = 0; k < out.length; k += 1) out[k]! *= source[start + k]!;
  }
};

const largestColumns: ColumnFold = (source, base, rows, out) => {
  out.fill(-Infinity);
  for (let row = 0; row < rows.length; row += 1) {
    const start = base + rows[row]!;
    for (let k = 0; k < out.length; k += 1) out[k] = Math.max(out[k]!, source[start + k]!);
  }
};

const smallestColumns: ColumnFold = (source, base, rows, out) => {
  out.fill(Infinity);
  for (let row = 0; row < rows.length; row += 1) {
    const start = base + rows[row]!;
    for (let k = 0; k < out.length; k += 1) out[k] = Math.min(out[k]!, source[start + k]!);
  }
};

const columnFolds: Readonly<Record<ReductionKind, ColumnFold>> = {
  sum: sumColumns,
  product: multiplyColumns,
  max: largestColumns,
  min: smallestColumns,
};

function reduceColumns(source: Float64Array, axes: readonly Axis[], fold: ColumnFold, out: NumericArray): void {
  const rows = offsetsOf(axes.filter((axis) => axis.isReduced));
  const outer = offsetsOf(axes.slice(0, -1).filter((axis) => !axis.isReduced));
  const width = axes.at(-1)!.length;
  const results = new Float64Array(Math.min(width, columnTile));
  for (const [index, start] of outer.entries()) {
    for (let left = 0; left < width; left += columnTile) {
      const tile = results.subarray(0, Math.min(columnTile, width - left));
      fold(source, start + left, rows, tile);
      out.set(tile, index * width + left);
    }
  }
}

/**
 * Reduces the listed axes; the others keep their order.
 * @param buffer  shape `shape`
 * @param axes    distinct axes to reduce; [] copies (a sum turns -0 into +0)
 * @param kind    "max" and "min" give NaN if any element is NaN and put +0 above -0;
 *                on bool they are any and all. Empty: sum 0, product 1; max, min -inf, +inf
 * @param out     shape of the kept axes; the store converts (float32 rounds, int32 wraps)
 */
export function reduce(
  buffer: NumericArray,
  shape: Shape,
  axes: readonly number[],
  kind: ReductionKind,
  out: NumericArray,
): void {
  if (out.length === 0) return;
  if (elementCount(shape) === 0) {
    out.fill(kind === "sum" ? 0 : kind === "product" ? 1 : kind === "max" ? -Infinity : Infinity);
    return;
  }
  const isInteger = isIntegerBuffer(buffer);
  const source = asFloat64(buffer);
  const merged = mergedAxes(shape, axes);
  const inner = merged.at(-1);
  if (!isInteger && merged.length > 1 && !inner!.isReduced && inner!.length >= 8) {
    reduceColumns(source, merged, columnFolds[kind], out);
    return;
  }
  const reduced = merged.filter((axis) => axis.isReduced);
  const last = reduced.pop() ?? { length: 1, stride: 1 };
  const runs = { starts: offsetsOf(reduced), stride: last.stride, length: last.length };
  const bases = offsetsOf(merged.filter((axis) => !axis.isReduced));
  const fold = (isInteger ? integerFolds : floatFolds)[kind];
  for (let k = 0; k < bases.length; k += 1) out[k] = fold(source, bases[k]!, runs);
}

/** Position of the first NaN, else of the first element no other beats (-0 and +0 tie). */
function extremeIndex(source: Float64Array, base: number, stride: number, length: number, direction: number): number {
  let best = 0;
  let extreme = source[base]! * direction;
  for (let k = 0; k < length; k += 1) {
    const candidate = source[base + k * stride]! * direction;
    if (candidate > extreme) {
      extreme = candidate;
      best = k;
    } else if (candidate !== candidate) return k;
  }
  return best;
}

function argExtreme(buffer: NumericArray, shape: Shape, axis: number, out: NumericArray, direction: number): void {
  const source = asFloat64(buffer);
  const length = shape[axis]!;
  const stride = rowMajorStrides(shape)[axis]!;
  for (let k = 0; k < out.length; k += 1) {
    const column = k % stride;
    out[k] = extremeIndex(source, (k - column) * length + column, stride, length, direction);
  }
}

/**
 * Index along `axis` of the first NaN, else of the first maximum.
 * @param out  shape of `shape` without `axis`, whose length must not be 0
 */
export function argmax(buffer: NumericArray, shape: Shape, axis: number, out: NumericArray): void {
  argExtreme(buffer, shape, axis, out, 1);
}

/**
 * Index along `axis` of the first NaN, else of the first minimum.
 * @param out  shape of `shape` without `axis`, whose length must not be 0
 */
export function argmin(buffer: NumericArray, shape: Shape, axis: number, out: NumericArray): void {
  argExtreme(buffer, shape, axis, out, -1);
}
