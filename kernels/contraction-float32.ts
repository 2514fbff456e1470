/**
 * The inner loops of a contraction in float32 arithmetic: every product and every sum is rounded to float32.
 * Sums of 256 terms each, from +0 one by one, are added in order, so the error is about (256 + depth / 256) half-ulps of
 * the largest sum. Operands are float64 arrays of float32 numbers: rounding a float64 product or sum of two such is right.
 */

/** Terms in a block. */
export const float32Block = 256;
const { fround } = Math;

/** sums[row, column] += sum over k in [start, end) of rows[row, k] panel[k, column], four rows by four columns. */
function addBlockOf4(
  rows: Float64Array,
  rowBase: number,
  depth: number,
  panel: Float64Array,
  [start, end]: readonly [number, number],
  sums: Float64Array,
  sumBase: number,
): void {
  let s00 = 0,
    s01 = 0,
    s02 = 0,
    s03 = 0;
  let s10 = 0,
    s11 = 0,
    s12 = 0,
    s13 = 0;
  let s20 = 0,
    s21 = 0,
    s22 = 0,
    s23 = 0;
  let s30 = 0,
    s31 = 0,
    s32 = 0,
    s33 = 0;
  const last = rowBase + end;
  for (let k = rowBase + start, p = 4 * start; k < last; k += 1, p += 4) {
    const b0 = panel[p]!,
      b1 = panel[p + 1]!,
      b2 = panel[p + 2]!,
      b3 = panel[p + 3]!;
    const a0 = rows[k]!,
      a1 = rows[k + depth]!,
      a2 = rows[k + 2 * depth]!,
      a3 = rows[k + 3 * depth]!;
    s00 = fround(s00 + fround(a0 * b0));
    s01 = fround(s01 + fround(a0 * b1));
    s02 = fround(s02 + fround(a0 * b2));
    s03 = fround(s03 + fround(a0 * b3));
    s10 = fround(s10 + fround(a1 * b0));
    s11 = fround(s11 + fround(a1 * b1));
    s12 = fround(s12 + fround(a1 * b2));
    s13 = fround(s13 + fround(a1 * b3));
    s20 = fround(s20 + fround(a2 * b0));
    s21 = fround(s21 + fround(a2 * b1));
    s22 = fround(s22 + fround(a2 * b2));
    s23 = fround(s23 + fround(a2 * b3));
    s30 = fround(s30 + fround(a3 * b0));
    s31 = fround(s31 + fround(a3 * b1));
    s32 = fround(s32 + fround(a3 * b2));
    s33 = fround(s33 + fround(a3 * b3));
  }
  sums[sumBase] = fround(sums[sumBase]! + s00);
  sums[sumBase + 1] = fround(sums[sumBase + 1]! + s01);
  sums[sumBase + 2] = fround(sums[sumBase + 2]! + s02);
  sums[sumBase + 3] = fround(sums[sumBase + 3]! + s03);
  sums[sumBase + 4] = fround(sums[sumBase + 4]! + s10);
  sums[sumBase + 5] = fround(sums[sumBase + 5]! + s11);
  sums[sumBase + 6] = fround(sums[sumBase + 6]! + s12);
  sums[sumBase + 7] = fround(sums[sumBase + 7]! + s13);
  sums[sumBase + 8] = fround(sums[sumBase + 8]! + s20);
  sums[sumBase + 9] = fround(sums[sumBase + 9]! + s21);
  sums[sumBase + 10] = fround(sums[sumBase + 10]! + s22);
  sums[sumBase + 11] = fround(sums[sumBase + 11]! + s23);
  sums[sumBase + 12] = fround(sums[sumBase + 12]! + s30);
  sums[sumBase + 13] = fround(sums[sumBase + 13]! + s31);
  sums[sumBase + 14] = fround(sums[sumBase + 14]! + s32);
  sums[sumBase + 15] = fround(sums[sumBase + 15]! + s33);
}

/** The same for one row. */
function addBlockOf1(
  rows: Float64Array,
  rowBase: number,
  panel: Float64Array,
  [start, end]: readonly [number, number],
  sums: Float64Array,
  sumBase: number,
): void {
  let s0 = 0,
    s1 = 0,
    s2 = 0,
    s3 = 0;
  for (let k = start, p = 4 * start; k < end; k += 1, p += 4) {
    const a = rows[rowBase + k]!;
    s0 = fround(s0 + fround(a * panel[p]!));
    s1 = fround(s1 + fround(a * panel[p + 1]!));
    s2 = fround(s2 + fround(a * panel[p + 2]!));
    s3 = fround(s3 + fround(a * panel[p + 3]!));
  }
  sums[sumBase] = fround(sums[sumBase]! + s0);
  sums[sumBase + 1] = fround(sums[sumBase + 1]! + s1);
  sums[sumBase + 2] = fround(sums[sumBase + 2]! + s2);
  sums[sumBase + 3] = fround(sums[sumBase + 3]! + s3);
}

/** `multiplyPanel` (contraction.ts) in float32: a row-major block times a panel of four columns; sums are overwritten. */
export function multiplyPanelFloat32(
  rows: Float64Array,
  rowBase: number,
  rowCount: number,
  depth: number,
  panel: Float64Array,
  sums: Float64Array,
): void {
  sums.fill(0, 0, rowCount * 4);
  const quads = rowCount - (rowCount % 4);
  for (let start = 0; start < depth; start += float32Block) {
    const range = [start, Math.min(depth, start + float32Block)] as const;
    let row = 0;
    for (; row < quads; row += 4) addBlockOf4(rows, rowBase + row * depth, depth, panel, range, sums, row * 4);
    for (; row < rowCount; row += 1) addBlockOf1(rows, rowBase + row * depth, panel, range, sums, row * 4);
  }
}

/** result[i] += sum over k in [start, end) of matrix[base + depth[k] + i] vector[k]: rows are contiguous along i. */
function addColumnBlock(
  matrix: Float64Array,
  base: number,
  depth: Int32Array,
  vector: Float64Array,
  [start, end]: readonly [number, number],
  sums: Float64Array,
): void {
  let k = start;
  for (; k + 2 <= end; k += 2) {
    const m0 = base + depth[k]!,
      m1 = base + depth[k + 1]!;
    const v0 = vector[k]!,
      v1 = vector[k + 1]!;
    for (let i = 0; i < sums.length; i += 1) {
      sums[i] = fround(fround(sums[i]! + fround(matrix[m0 + i]! * v0)) + fround(matrix[m1 + i]! * v1));
    }
  }
  if (k === end) return;
  const from = base + depth[k]!;
  const factor = vector[k]!;
  for (let i = 0; i < sums.length; i += 1) sums[i] = fround(sums[i]! + fround(matrix[from + i]! * factor));
}

/** result[i] = sum over k of matrix[base + depth[k] + i] vector[k]: rows are contiguous along i. */
export function addColumnsFloat32(
  matrix: Float64Array,
  base: number,
  depth: Int32Array,
  vector: Float64Array,
  result: Float64Array,
): void {
  const sums = new Float64Array(result.length);
  for (let start = 0; start < depth.length; start += float32Block) {
    sums.fill(0);
    addColumnBlock(matrix, base, depth, vector, [start, Math.min(depth.length, start + float32Block)], sums);
    for (let i = 0; i < sums.length; i += 1) result[i] = fround(result[i]! + sums[i]!);
  }
}

/** result[i] = sum over k of matrix[base + free[i] + depth[k]] vector[k], two rows at a time. */
export function multiplyRowsFloat32(
  matrix: Float64Array,
  base: number,
  free: Int32Array,
  depth: Int32Array,
  vector: Float64Array,
  result: Float64Array,
): void {
  for (let row = 0; row < result.length; row += 2) {
    const r0 = base + free[row]!,
      r1 = base + free[Math.min(row + 1, result.length - 1)]!;
    let t0 = 0,
      t1 = 0;
    for (let start = 0; start < depth.length; start += float32Block) {
      const end = Math.min(depth.length, start + float32Block);
      let s0 = 0,
        s1 = 0;
      for (let k = start; k < end; k += 1) {
        const shift = depth[k]!;
        const factor = vector[k]!;
        s0 = fround(s0 + fround(matrix[r0 + shift]! * factor));
        s1 = fround(s1 + fround(matrix[r1 + shift]! * factor));
      }
      t0 = fround(t0 + s0);
      t1 = fround(t1 + s1);
    }
    result[row] = t0;
    if (row + 1 < result.length) result[row + 1] = t1;
  }
}
