/**
 * General tensor contraction (batched matrix product over any axes), as XLA's dot_general.
 * out[batch, i, j] = sum over k of a[batch, i, k] b[batch, k, j], added one by one in increasing k
 * (row-major over the contracted axes as listed) from +0, in the arithmetic of the dtype: integers modulo 2^32, bool
 * "or of ands". float32 adds blocks of 256 terms one by one, then the sums of the blocks (contraction-float32.ts).
 */
import { addColumnsFloat32, multiplyPanelFloat32, multiplyRowsFloat32 } from "./contraction-float32.ts";
import {
  type NumericArray,
  type Shape,
  asFloat64,
  asInt32,
  elementCount,
  isIntegerBuffer,
  rowMajorStrides,
  stridedOffsets,
} from "./numeric-array.ts";

/** Axes of the two operands that are summed over and that run in parallel, pair by pair. */
export type ContractionAxes = {
  readonly contract: readonly [a: readonly number[], b: readonly number[]];
  readonly batch: readonly [a: readonly number[], b: readonly number[]];
};

/** Columns that share one pass over the rows; 4 x 4 sums measured level with 3 x 4 and 4 x 2. */
export const panelWidth = 4;
const depthBlock = 256;

function multiply4Rows(
  rows: Float64Array,
  rowBase: number,
  depth: number,
  panel: Float64Array,
  panelBase: number,
  length: number,
  sums: Float64Array,
  sumBase: number,
): void {
  let s00 = sums[sumBase]!,
    s01 = sums[sumBase + 1]!,
    s02 = sums[sumBase + 2]!,
    s03 = sums[sumBase + 3]!;
  let s10 = sums[sumBase + 4]!,
    s11 = sums[sumBase + 5]!,
    s12 = sums[sumBase + 6]!,
    s13 = sums[sumBase + 7]!;
  let s20 = sums[sumBase + 8]!,
    s21 = sums[sumBase + 9]!,
    s22 = sums[sumBase + 10]!,
    s23 = sums[sumBase + 11]!;
  let s30 = sums[sumBase + 12]!,
    s31 = sums[sumBase + 13]!,
    s32 = sums[sumBase + 14]!,
    s33 = sums[sumBase + 15]!;
  let p = panelBase;
  for (let k = rowBase; k < rowBase + length; k += 1, p += 4) {
    const b0 = panel[p]!,
      b1 = panel[p + 1]!,
      b2 = panel[p + 2]!,
      b3 = panel[p + 3]!;
    const a0 = rows[k]!,
      a1 = rows[k + depth]!,
      a2 = rows[k + 2 * depth]!,
      a3 = rows[k + 3 * depth]!;
    s00 += a0 * b0;
    s01 += a0 * b1;
    s02 += a0 * b2;
    s03 += a0 * b3;
    s10 += a1 * b0;
    s11 += a1 * b1;
    s12 += a1 * b2;
    s13 += a1 * b3;
    s20 += a2 * b0;
    s21 += a2 * b1;
    s22 += a2 * b2;
    s23 += a2 * b3;
    s30 += a3 * b0;
    s31 += a3 * b1;
    s32 += a3 * b2;
    s33 += a3 * b3;
  }
  sums[sumBase] = s00;
  sums[sumBase + 1] = s01;
  sums[sumBase + 2] = s02;
  sums[sumBase + 3] = s03;
  sums[sumBase + 4] = s10;
  sums[sumBase + 5] = s11;
  sums[sumBase + 6] = s12;
  sums[sumBase + 7] = s13;
  sums[sumBase + 8] = s20;
  sums[sumBase + 9] = s21;
  sums[sumBase + 10] = s22;
  sums[sumBase + 11] = s23;
  sums[sumBase + 12] = s30;
  sums[sumBase + 13] = s31;
  sums[sumBase + 14] = s32;
  sums[sumBase + 15] = s33;
}

function multiplyRow(
  rows: Float64Array,
  rowBase: number,
  panel: Float64Array,
  panelBase: number,
  length: number,
  sums: Float64Array,
  sumBase: number,
): void {
  let s0 = sums[sumBase]!,
    s1 = sums[sumBase + 1]!,
    s2 = sums[sumBase + 2]!,
    s3 = sums[sumBase + 3]!;
  let p = panelBase;
  for (let k = rowBase; k < rowBase + length; k += 1, p += 4) {
    const a = rows[k]!;
    s0 += a * panel[p]!;
    s1 += a * panel[p + 1]!;
    s2 += a * panel[p + 2]!;
    s3 += a * panel[p + 3]!;
  }
  sums[sumBase] = s0;
  sums[sumBase + 1] = s1;
  sums[sumBase + 2] = s2;
  sums[sumBase + 3] = s3;
}

/**
 * Product of a row-major block with one panel of four columns, each sum in increasing k from +0.
 * @param rows     values of shape [rowCount, depth] from `rowBase` on
 * @param panel    four columns interleaved, shape [depth, 4]; unused columns may hold anything
 * @param sums     overwritten, shape [rowCount, 4]
 */
export function multiplyPanel(
  rows: Float64Array,
  rowBase: number,
  rowCount: number,
  depth: number,
  panel: Float64Array,
  sums: Float64Array,
): void {
  sums.fill(0, 0, rowCount * panelWidth);
  const quads = rowCount - (rowCount % 4);
  for (let k = 0; k < depth; k += depthBlock) {
    const length = Math.min(depthBlock, depth - k);
    let row = 0;
    for (; row < quads; row += 4) {
      multiply4Rows(rows, rowBase + row * depth + k, depth, panel, k * 4, length, sums, row * 4);
    }
    for (; row < rowCount; row += 1) {
      multiplyRow(rows, rowBase + row * depth + k, panel, k * 4, length, sums, row * 4);
    }
  }
}

/** `multiplyPanel` modulo 2^32. */
export function multiplyPanelInt32(
  rows: Int32Array,
  rowBase: number,
  rowCount: number,
  depth: number,
  panel: Int32Array,
  sums: Int32Array,
): void {
  for (let row = 0; row < rowCount; row += 1) {
    let s0 = 0,
      s1 = 0,
      s2 = 0,
      s3 = 0;
    let at = rowBase + row * depth;
    for (let p = 0; p < depth * 4; p += 4, at += 1) {
      const a = rows[at]!;
      s0 = (s0 + Math.imul(a, panel[p]!)) | 0;
      s1 = (s1 + Math.imul(a, panel[p + 1]!)) | 0;
      s2 = (s2 + Math.imul(a, panel[p + 2]!)) | 0;
      s3 = (s3 + Math.imul(a, panel[p + 3]!)) | 0;
    }
    sums[row * 4] = s0;
    sums[row * 4 + 1] = s1;
    sums[row * 4 + 2] = s2;
    sums[row * 4 + 3] = s3;
  }
}

/** Offsets of one operand's elements along the batch, free and contracted index. */
type Layout = { readonly batch: Int32Array; readonly free: Int32Array; readonly depth: Int32Array };

function layoutOf(shape: Shape, contract: readonly number[], batch: readonly number[]): Layout {
  const strides = rowMajorStrides(shape);
  const offsets = (axes: readonly number[]): Int32Array =>
    stridedOffsets(
      axes.map((axis) => shape[axis]!),
      axes.map((axis) => strides[axis]!),
    );
  const free = freeAxes(shape, contract, batch);
  return { batch: offsets(batch), free: offsets(free), depth: offsets(contract) };
}

function freeAxes(shape: Shape, contract: readonly number[], batch: readonly number[]): number[] {
  return [...shape.keys()].filter((axis) => !contract.includes(axis) && !batch.includes(axis));
}

/** Shape of the result: batch axes as listed, then a's free axes, then b's. */
export function contractionShape(aShape: Shape, bShape: Shape, axes: ContractionAxes): number[] {
  const { contract, batch } = axes;
  return [
    ...batch[0].map((axis) => aShape[axis]!),
    ...freeAxes(aShape, contract[0], batch[0]).map((axis) => aShape[axis]!),
    ...freeAxes(bShape, contract[1], batch[1]).map((axis) => bShape[axis]!),
  ];
}

/** The constant step between consecutive offsets, or NaN where there is none. */
function stepOf(offsets: Int32Array): number {
  const step = offsets.length > 1 ? offsets[1]! : 1;
  for (let k = 1; k < offsets.length; k += 1) if (offsets[k] !== k * step) return NaN;
  return step;
}

export type Accumulators = Float64Array | Int32Array;

/**
 * Rearranges any operand into contiguous rows: target[i * depth.length + k] = source[base + ..].
 * @param free    offset of every row
 * @param depth   offset of every element within a row
 * @param target  shape [free.length, depth.length]
 */
function transposePack<T extends Accumulators>(
  source: T,
  base: number,
  free: Int32Array,
  depth: Int32Array,
  target: T,
): void {
  const length = depth.length;
  // The loop over the index with the shorter source step goes inside.
  const isRowwise = length < 2 || free.length < 2 || Math.abs(depth[1]!) <= Math.abs(free[1]!);
  if (isRowwise) {
    for (let row = 0, to = 0; row < free.length; row += 1) {
      const from = base + free[row]!;
      for (let k = 0; k < length; k += 1, to += 1) target[to] = source[from + depth[k]!]!;
    }
    return;
  }
  for (let k = 0; k < length; k += 1) {
    const from = base + depth[k]!;
    for (let row = 0, to = k; row < free.length; row += 1, to += length) {
      target[to] = source[from + free[row]!]!;
    }
  }
}

/** Interleaves four columns of b; columns beyond the last repeat it and are never stored. */
function packPanel(source: Accumulators, base: number, layout: Layout, first: number, panel: Accumulators): void {
  const { free, depth } = layout;
  const last = free.length - 1;
  const c0 = base + free[first]!;
  const c1 = base + free[Math.min(first + 1, last)]!;
  const c2 = base + free[Math.min(first + 2, last)]!;
  const c3 = base + free[Math.min(first + 3, last)]!;
  for (let k = 0, to = 0; k < depth.length; k += 1, to += panelWidth) {
    const shift = depth[k]!;
    panel[to] = source[c0 + shift]!;
    panel[to + 1] = source[c1 + shift]!;
    panel[to + 2] = source[c2 + shift]!;
    panel[to + 3] = source[c3 + shift]!;
  }
}

function storePanel(
  sums: Accumulators,
  rowCount: number,
  out: NumericArray,
  base: number,
  stride: number,
  width: number,
): void {
  const isBool = out instanceof Uint8Array;
  for (let row = 0; row < rowCount; row += 1) {
    for (let column = 0; column < width; column += 1) {
      const sum = sums[row * panelWidth + column]!;
      out[base + row * stride + column] = isBool && sum !== 0 ? 1 : sum;
    }
  }
}

/** result[i] += sum over k of matrix[base + depth[k] + i] vector[k]: rows are contiguous along i. */
function addColumns(
  matrix: Float64Array,
  base: number,
  depth: Int32Array,
  vector: Float64Array,
  result: Float64Array,
): void {
  let k = 0;
  for (; k + 4 <= depth.length; k += 4) {
    const m0 = base + depth[k]!,
      m1 = base + depth[k + 1]!,
      m2 = base + depth[k + 2]!,
      m3 = base + depth[k + 3]!;
    const v0 = vector[k]!,
      v1 = vector[k + 1]!,
      v2 = vector[k + 2]!,
      v3 = vector[k + 3]!;
    for (let i = 0; i < result.length; i += 1) {
      result[i] =
        result[i]! + matrix[m0 + i]! * v0 + matrix[m1 + i]! * v1 + matrix[m2 + i]! * v2 + matrix[m3 + i]! * v3;
    }
  }
  for (; k < depth.length; k += 1) {
    const from = base + depth[k]!;
    const factor = vector[k]!;
    for (let i = 0; i < result.length; i += 1) result[i]! += matrix[from + i]! * factor;
  }
}

/** result[i] = sum over k of matrix[base + free[i] + depth[k]] vector[k], four rows at a time. */
function multiplyRows(
  matrix: Float64Array,
  base: number,
  free: Int32Array,
  depth: Int32Array,
  vector: Float64Array,
  result: Float64Array,
): void {
  let row = 0;
  for (; row + 4 <= result.length; row += 4) {
    const r0 = base + free[row]!,
      r1 = base + free[row + 1]!,
      r2 = base + free[row + 2]!,
      r3 = base + free[row + 3]!;
    let s0 = 0,
      s1 = 0,
      s2 = 0,
      s3 = 0;
    for (let k = 0; k < vector.length; k += 1) {
      const shift = depth[k]!;
      const factor = vector[k]!;
      s0 += matrix[r0 + shift]! * factor;
      s1 += matrix[r1 + shift]! * factor;
      s2 += matrix[r2 + shift]! * factor;
      s3 += matrix[r3 + shift]! * factor;
    }
    result[row] = s0;
    result[row + 1] = s1;
    result[row + 2] = s2;
    result[row + 3] = s3;
  }
  for (; row < result.length; row += 1) {
    const from = base + free[row]!;
    let sum = 0;
    for (let k = 0; k < vector.length; k += 1) sum += matrix[from + depth[k]!]! * vector[k]!;
    result[row] = sum;
  }
}

function contractVector(
  matrix: Float64Array,
  matrixLayout: Layout,
  vector: Float64Array,
  vectorLayout: Layout,
  out: NumericArray,
): void {
  const { depth, batch } = vectorLayout;
  const packed = new Float64Array(depth.length);
  const result = new Float64Array(matrixLayout.free.length);
  const isColumnwise = result.length >= 8 && stepOf(matrixLayout.free) === 1;
  const isSingle = out instanceof Float32Array;
  const add = isSingle ? addColumnsFloat32 : addColumns;
  const multiply = isSingle ? multiplyRowsFloat32 : multiplyRows;
  for (let index = 0; index < batch.length; index += 1) {
    const from = batch[index]!;
    for (let k = 0; k < depth.length; k += 1) packed[k] = vector[from + depth[k]!]!;
    const base = matrixLayout.batch[index]!;
    if (isColumnwise) add(matrix, base, matrixLayout.depth, packed, result.fill(0));
    else multiply(matrix, base, matrixLayout.free, matrixLayout.depth, packed, result);
    out.set(result, index * result.length);
  }
}

/**
 * Contraction of two arrays over paired axes.
 * @param a, aShape  left operand
 * @param b, bShape  right operand, same element type; paired axes have equal lengths
 * @param axes       contracted and batch axes of both operands, pair by pair
 * @param out        shape `contractionShape(aShape, bShape, axes)`; zeros where nothing is summed
 * Cost: one multiply-add per (batch, i, j, k); copies of one operand and of a panel of the other.
 */
export function dotGeneral(
  a: NumericArray,
  aShape: Shape,
  b: NumericArray,
  bShape: Shape,
  axes: ContractionAxes,
  out: NumericArray,
): void {
  if (out.length === 0) return;
  if (elementCount(aShape) === 0 || elementCount(bShape) === 0) {
    out.fill(0);
    return;
  }
  const aLayout = layoutOf(aShape, axes.contract[0], axes.batch[0]);
  const bLayout = layoutOf(bShape, axes.contract[1], axes.batch[1]);
  const isInteger = isIntegerBuffer(out);
  if (!isInteger && bLayout.free.length === 1) {
    contractVector(asFloat64(a), aLayout, asFloat64(b), bLayout, out);
  } else if (!isInteger && aLayout.free.length === 1) {
    contractVector(asFloat64(b), bLayout, asFloat64(a), aLayout, out);
  } else if (isInteger) {
    contractMatrix(asInt32(a), aLayout, asInt32(b), bLayout, out);
  } else contractMatrix(asFloat64(a), aLayout, asFloat64(b), bLayout, out);
}

function contractMatrix<T extends Accumulators>(a: T, aLayout: Layout, b: T, bLayout: Layout, out: NumericArray): void {
  const rowCount = aLayout.free.length;
  const columnCount = bLayout.free.length;
  const depth = aLayout.depth.length;
  const allocate = (length: number): T =>
    (a instanceof Int32Array ? new Int32Array(length) : new Float64Array(length)) as T;
  const isPacked = stepOf(aLayout.depth) === 1 && (rowCount === 1 || stepOf(aLayout.free) === depth);
  const rows = isPacked ? a : allocate(rowCount * depth);
  const panel = allocate(depth * panelWidth);
  const sums = allocate(rowCount * panelWidth);
  const multiply = out instanceof Float32Array ? multiplyPanelFloat32 : multiplyPanel;
  for (let index = 0; index < aLayout.batch.length; index += 1) {
    const from = aLayout.batch[index]!;
    if (!isPacked) transposePack(a, from, aLayout.free, aLayout.depth, rows);
    const rowBase = isPacked ? from : 0;
    for (let first = 0; first < columnCount; first += panelWidth) {
      packPanel(b, bLayout.batch[index]!, bLayout, first, panel);
      if (rows instanceof Float64Array) {
        multiply(rows, rowBase, rowCount, depth, panel as Float64Array, sums as Float64Array);
      } else multiplyPanelInt32(rows, rowBase, rowCount, depth, panel as Int32Array, sums as Int32Array);
      const width = Math.min(panelWidth, columnCount - first);
      storePanel(sums, rowCount, out, index * rowCount * columnCount + first, columnCount, width);
    }
  }
}
