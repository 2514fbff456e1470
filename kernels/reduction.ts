/**
 * Sum, product, max, min over axes and argmax, argmin along one, in one fixed order of operations, which vectors of any
 * width can follow. Reduced elements come row-major. Those along the last reduced axis (of more than one element) are a run;
 * a float sum cuts every run into blocks of 1024, in which 16 partial sums take every 16th element from +0, in float64;
 * float32 elements join them in pieces: up to 8 are added in float32. Partial sums are added in order and block sums by
 * Neumaier's compensation; float32 rounds once more at the end. Products go in order.
 * Source: Neumaier, ZAMM 54 (1974) 39; the error is that of 64 additions (float32: of 8), for any length.
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

/** Elements of a block, whose sum joins the compensated total; back ends rely on it. */
export const sumBlock = 1024;
/** Partial sums of a block. */
export const sumLanes = 16;
/** Elements of all partial sums after which float32 pieces end. */
export const singlePiece: number = 8 * sumLanes;

/**
 * Where the elements of one result lie: `starts` gives the start of every run relative to the base,
 * and each run holds `length` elements `stride` apart. Together they are in row-major order.
 */
type Runs = { readonly starts: Int32Array; readonly stride: number; readonly length: number };

/** Sum of a block of `length` elements. */
function sumOneBlock(source: NumericArray, base: number, stride: number, length: number): number {
  let block = 0;
  const end = base + length * stride;
  const lanes = Math.min(sumLanes, length);
  const step = sumLanes * stride;
  if (length <= sumLanes) {
    for (let at = base; at !== end; at += stride) block += source[at]!;
    return block;
  }
  if (source instanceof Float32Array)
    for (let lane = 0; lane < lanes; lane += 1) {
      let partial = 0;
      for (let k = lane, at = base + lane * stride; k < length;) {
        let piece = 0;
        const pieceEnd = Math.min(length, k + singlePiece);
        for (; k < pieceEnd; k += sumLanes, at += step) piece = Math.fround(piece + source[at]!);
        partial += piece;
      }
      block += partial;
    }
  else
    for (let lane = 0; lane < lanes; lane += 1) {
      let partial = 0;
      for (let k = lane, at = base + lane * stride; k < length; k += sumLanes, at += step) partial += source[at]!;
      block += partial;
    }
  return block;
}

function sumFloat(source: NumericArray, base: number, { starts, stride, length }: Runs): number {
  if (starts.length === 1 && length <= sumBlock) return sumOneBlock(source, base + starts[0]!, stride, length);
  let total = 0;
  let correction = 0;
  for (let run = 0; run < starts.length; run += 1)
    for (let first = 0; first < length; first += sumBlock) {
      const at = base + starts[run]! + first * stride;
      const block = sumOneBlock(source, at, stride, Math.min(sumBlock, length - first));
      const next = total + block;
      correction += Math.abs(total) >= Math.abs(block) ? total - next + block : block - next + total;
      total = next;
    }
  // Infinite and NaN totals leave NaN in the correction, which must not hide them.
  return Number.isFinite(total) ? total + correction : total;
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

const floatFolds: Readonly<Record<Exclude<ReductionKind, "sum">, Fold>> = {
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
  if (count === 0) return 0;
  const runs = { starts: new Int32Array(1), stride, length: count };
  if (!isIntegerBuffer(buffer)) return sumFloat(buffer, offset, runs);
  const box = new Float64Array(count);
  for (let k = 0; k < count; k += 1) box[k] = buffer[offset + k * stride]!;
  return sumInteger(box, 0, { starts: runs.starts, stride: 1, length: count });
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

const columnFolds: Readonly<Record<Exclude<ReductionKind, "sum">, ColumnFold>> = {
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

// --- Float sums -------------------------------------------------------------------------------

/** Pieces or partial sums, block sums, totals and corrections of a tile of neighbouring results. */
type Tile = {
  readonly piece: NumericArray;
  readonly partial: Float64Array;
  readonly block: Float64Array;
  readonly total: Float64Array;
  readonly correction: Float64Array;
};

const newTile = (source: NumericArray, width: number): Tile => {
  const partial = new Float64Array(width);
  return {
    piece: source instanceof Float32Array ? new Float32Array(width) : partial,
    partial,
    block: new Float64Array(width),
    total: new Float64Array(width),
    correction: new Float64Array(width),
  };
};

function addRow(target: NumericArray, source: NumericArray, row: number): void {
  for (let column = 0; column < target.length; column += 1) target[column] = target[column]! + source[row + column]!;
}

/** One block of a tile's columns; the store into a float32 piece rounds. */
function addBlock(source: NumericArray, base: number, stride: number, length: number, tile: Tile): void {
  const { piece, partial, block } = tile;
  const pieceLength = piece === partial ? length : singlePiece;
  block.fill(0);
  for (let lane = 0; lane < Math.min(sumLanes, length); lane += 1) {
    partial.fill(0);
    for (let first = lane; first < length; first += pieceLength) {
      if (piece !== partial) piece.fill(0);
      const end = Math.min(length, first + pieceLength);
      for (let k = first; k < end; k += sumLanes) addRow(piece, source, base + k * stride);
      if (piece !== partial) addRow(partial, piece, 0);
    }
    addRow(block, partial, 0);
  }
}

function joinBlock({ block, total, correction }: Tile): void {
  for (let column = 0; column < block.length; column += 1) {
    const [before, added] = [total[column]!, block[column]!];
    const next = before + added;
    correction[column]! += Math.abs(before) >= Math.abs(added) ? before - next + added : added - next + before;
    total[column] = next;
  }
}

/** Sums whose kept axis is contiguous: a tile of neighbouring results advances together, so memory is read along rows. */
function sumColumns(source: NumericArray, base: number, { starts, stride, length }: Runs, width: number): Float64Array {
  const tile = newTile(source, width);
  const { total, correction } = tile;
  for (const start of starts)
    for (let first = 0; first < length; first += sumBlock) {
      addBlock(source, base + start + first * stride, stride, Math.min(sumBlock, length - first), tile);
      joinBlock(tile);
    }
  return total.map((sum, column) => (Number.isFinite(sum) ? sum + correction[column]! : sum));
}

/** The runs of a reduction, and the axes that are kept. */
function sumRuns(shape: Shape, axes: readonly number[]): { readonly runs: Runs; readonly kept: readonly Axis[] } {
  const strides = rowMajorStrides(shape);
  const along = axes.filter((axis) => shape[axis] !== 1).sort((left, right) => left - right);
  const last = along.pop();
  const starts = stridedOffsets(
    along.map((axis) => shape[axis]!),
    along.map((axis) => strides[axis]!),
  );
  const runs = last === undefined ? { stride: 1, length: 1 } : { stride: strides[last]!, length: shape[last]! };
  return { runs: { starts, ...runs }, kept: mergedAxes(shape, axes).filter((axis) => !axis.isReduced) };
}

function sumFloats(source: NumericArray, shape: Shape, axes: readonly number[], out: NumericArray): void {
  const { runs, kept } = sumRuns(shape, axes);
  const inner = kept.at(-1);
  if (inner === undefined || inner.stride !== 1 || inner.length < 8) {
    offsetsOf(kept).forEach((base, k) => (out[k] = sumFloat(source, base, runs)));
    return;
  }
  for (const [index, base] of offsetsOf(kept.slice(0, -1)).entries())
    for (let left = 0; left < inner.length; left += columnTile)
      out.set(
        sumColumns(source, base + left, runs, Math.min(columnTile, inner.length - left)),
        index * inner.length + left,
      );
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
  if (!isInteger && kind === "sum") return sumFloats(buffer, shape, axes, out);
  const source = asFloat64(buffer);
  const merged = mergedAxes(shape, axes);
  const inner = merged.at(-1);
  if (!isInteger && kind !== "sum" && merged.length > 1 && !inner!.isReduced && inner!.length >= 8) {
    reduceColumns(source, merged, columnFolds[kind], out);
    return;
  }
  const reduced = merged.filter((axis) => axis.isReduced);
  const last = reduced.pop() ?? { length: 1, stride: 1 };
  const runs = { starts: offsetsOf(reduced), stride: last.stride, length: last.length };
  const bases = offsetsOf(merged.filter((axis) => !axis.isReduced));
  const fold = isInteger || kind === "sum" ? integerFolds[kind] : floatFolds[kind];
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
