/**
 * Dense kernels on one front: strips of four rows, element (row r, column t) of a strip at 4 t + r.
 * Row by row: strip := strip - (earlier columns), then a 4x4 triangular solve; diagonals keep 1 / L_jj.
 * Source: Golub & Van Loan, 4.2 (block Cholesky), arranged so that both operands of the 4x4 product are contiguous.
 */

/** target block -= A B', where A and B are strips of `columns` columns at `a` and `b` of `panel`. */
function subtractProduct(
  panel: Float64Array,
  a: number,
  b: number,
  columns: number,
  target: Float64Array,
  at: number,
): void {
  let s00 = 0,
    s10 = 0,
    s20 = 0,
    s30 = 0;
  let s01 = 0,
    s11 = 0,
    s21 = 0,
    s31 = 0;
  let s02 = 0,
    s12 = 0,
    s22 = 0,
    s32 = 0;
  let s03 = 0,
    s13 = 0,
    s23 = 0,
    s33 = 0;
  // `| 0` keeps the places int32 without overflow checks.
  const end = (a + 4 * columns) | 0;
  for (let p = a | 0, q = b | 0; p < end; p = (p + 4) | 0, q = (q + 4) | 0) {
    const a0 = panel[p]!;
    const a1 = panel[(p + 1) | 0]!;
    const a2 = panel[(p + 2) | 0]!;
    const a3 = panel[(p + 3) | 0]!;
    const b0 = panel[q]!;
    s00 += a0 * b0;
    s10 += a1 * b0;
    s20 += a2 * b0;
    s30 += a3 * b0;
    const b1 = panel[(q + 1) | 0]!;
    s01 += a0 * b1;
    s11 += a1 * b1;
    s21 += a2 * b1;
    s31 += a3 * b1;
    const b2 = panel[(q + 2) | 0]!;
    s02 += a0 * b2;
    s12 += a1 * b2;
    s22 += a2 * b2;
    s32 += a3 * b2;
    const b3 = panel[(q + 3) | 0]!;
    s03 += a0 * b3;
    s13 += a1 * b3;
    s23 += a2 * b3;
    s33 += a3 * b3;
  }
  target[at] = target[at]! - s00;
  target[at + 1] = target[at + 1]! - s10;
  target[at + 2] = target[at + 2]! - s20;
  target[at + 3] = target[at + 3]! - s30;
  target[at + 4] = target[at + 4]! - s01;
  target[at + 5] = target[at + 5]! - s11;
  target[at + 6] = target[at + 6]! - s21;
  target[at + 7] = target[at + 7]! - s31;
  target[at + 8] = target[at + 8]! - s02;
  target[at + 9] = target[at + 9]! - s12;
  target[at + 10] = target[at + 10]! - s22;
  target[at + 11] = target[at + 11]! - s32;
  target[at + 12] = target[at + 12]! - s03;
  target[at + 13] = target[at + 13]! - s13;
  target[at + 14] = target[at + 14]! - s23;
  target[at + 15] = target[at + 15]! - s33;
}

/** Replaces the 4x4 block X at `x` by X L^-T, L the factored diagonal block at `d` with inverse diagonal. */
function solveBlock(panel: Float64Array, d: number, x: number): void {
  const i0 = panel[d]!,
    l10 = panel[d + 1]!,
    l20 = panel[d + 2]!,
    l30 = panel[d + 3]!;
  const i1 = panel[d + 5]!,
    l21 = panel[d + 6]!,
    l31 = panel[d + 7]!;
  const i2 = panel[d + 10]!,
    l32 = panel[d + 11]!;
  const i3 = panel[d + 15]!;
  for (let r = x; r < x + 4; r++) {
    const x0 = panel[r]! * i0;
    const x1 = (panel[r + 4]! - x0 * l10) * i1;
    const x2 = (panel[r + 8]! - x0 * l20 - x1 * l21) * i2;
    const x3 = (panel[r + 12]! - x0 * l30 - x1 * l31 - x2 * l32) * i3;
    panel[r] = x0;
    panel[r + 4] = x1;
    panel[r + 8] = x2;
    panel[r + 12] = x3;
  }
}

/**
 * Cholesky factor of the 4x4 diagonal block at `d`, in place, with reciprocal diagonal and a clean upper half.
 * @returns  -1, or the row whose pivot is not above threshold[position + row]; the pivot is left in its place
 */
function factorBlock(panel: Float64Array, d: number, threshold: Float64Array, position: number): number {
  for (let j = 0; j < 4; j++) {
    const pivot = panel[d + 5 * j]!;
    // Written so that NaN fails.
    if (!(pivot > threshold[position + j]!)) return j;
    const inverse = 1 / Math.sqrt(pivot);
    panel[d + 5 * j] = inverse;
    for (let r = j + 1; r < 4; r++) {
      panel[d + 4 * r + j] = 0;
      const scaled = panel[d + 4 * j + r]! * inverse;
      panel[d + 4 * j + r] = scaled;
      for (let c = j + 1; c <= r; c++) {
        panel[d + 4 * c + r] = panel[d + 4 * c + r]! - scaled * panel[d + 4 * j + c]!;
      }
    }
  }
  return -1;
}

/** Eliminates the pivots of earlier diagonal blocks from one strip, block by block. */
function reduceStrip(factor: Float64Array, panel: number, strip: number, stripLength: number, blocks: number): void {
  let diagonal = panel;
  for (let j = 0; j < blocks; j++) {
    if (j > 0) subtractProduct(factor, strip, panel + j * stripLength, 4 * j, factor, strip + 16 * j);
    solveBlock(factor, diagonal, strip + 16 * j);
    diagonal += stripLength + 16;
  }
}

/**
 * Factors the pivot rows of a front.
 * @param factor     holds the assembled panel at `panel`; overwritten by its factor
 * @param pivots     number of pivots, a multiple of four
 * @param threshold  smallest accepted pivot per position
 * @param position   position of the first pivot
 * @returns          -1, or the local place of the first pivot refused
 */
export function factorPivots(
  factor: Float64Array,
  panel: number,
  pivots: number,
  threshold: Float64Array,
  position: number,
): number {
  const stripLength = 4 * pivots;
  for (let i = 0; 4 * i < pivots; i++) {
    const strip = panel + i * stripLength;
    reduceStrip(factor, panel, strip, stripLength, i);
    if (i > 0) subtractProduct(factor, strip, strip, 4 * i, factor, strip + 16 * i);
    const refused = factorBlock(factor, strip + 16 * i, threshold, position + 4 * i);
    if (refused !== -1) return 4 * i + refused;
  }
  return -1;
}

/**
 * Factors the update rows of a front and subtracts their products from its update matrix.
 * @param updates  number of update rows, a multiple of four
 * @param stack    holds the update matrix at `update`: lower triangle of 4x4 blocks, row of blocks by row
 */
export function factorUpdates(
  factor: Float64Array,
  panel: number,
  pivots: number,
  updates: number,
  stack: Float64Array,
  update: number,
): void {
  const stripLength = 4 * pivots;
  const firstStrip = panel + pivots * pivots;
  let target = update;
  for (let i = 0; 4 * i < updates; i++) {
    const strip = firstStrip + i * stripLength;
    reduceStrip(factor, panel, strip, stripLength, pivots >> 2);
    for (let j = 0; j <= i; j++) {
      subtractProduct(factor, strip, firstStrip + j * stripLength, pivots, stack, target);
      target += 16;
    }
  }
}

/**
 * Adds the update matrix of a child into its parent's front.
 * @param local        parent's local place of each child row, at `map` .. `map + count`
 * @param parentPanel  place of the parent's panel in `factor`, `pivots` columns
 * @param parentUpdate place of the parent's update matrix in `stack`
 */
export function extendAdd(
  stack: Float64Array,
  child: number,
  local: Int32Array,
  map: number,
  count: number,
  factor: Float64Array,
  parentPanel: number,
  pivots: number,
  parentUpdate: number,
): void {
  let pivotRows = 0;
  while (pivotRows < count && local[map + pivotRows]! < pivots) pivotRows++;
  for (let i = 0; i < count; i++) {
    const block = i >> 2;
    const source = child + 8 * block * (block + 1) + (i & 3);
    const row = local[map + i]!;
    const panelRow = parentPanel + (row >> 2) * 4 * pivots + (row & 3);
    addRow(stack, source, local, map, 0, Math.min(i + 1, pivotRows), factor, panelRow);
    if (i < pivotRows) continue;
    const updateBlock = (row - pivots) >> 2;
    const updateRow = parentUpdate + 8 * updateBlock * (updateBlock + 1) + (row & 3) - 4 * pivots;
    addRow(stack, source, local, map, pivotRows, i + 1, stack, updateRow);
  }
}

/** target[row + 4 * local[j]] += stack[source + 4 j] for j in [from, to). */
function addRow(
  stack: Float64Array,
  source: number,
  local: Int32Array,
  map: number,
  from: number,
  to: number,
  target: Float64Array,
  row: number,
): void {
  for (let j = from; j < to; j++) {
    const at = row + 4 * local[map + j]!;
    target[at] = target[at]! + stack[source + 4 * j]!;
  }
}
