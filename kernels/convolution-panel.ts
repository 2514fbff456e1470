/**
 * The inner loops of a float32 convolution: rows of weights times four columns of inputs, in float32 arithmetic. Blocks of
 * terms are added up one by one, then the blocks, so that the error grows with their number and not that of the terms.
 */
import { panelWidth } from "./contraction.ts";

const { fround } = Math;

/** Adds to four sums what the terms first .. end - 1 of one row add up to. */
function addBlock(
  rows: Float32Array,
  rowBase: number,
  panel: Float32Array,
  [first, end]: readonly [number, number],
  sums: Float32Array,
  sumBase: number,
): void {
  let s0 = 0,
    s1 = 0,
    s2 = 0,
    s3 = 0;
  for (let k = first, p = first * panelWidth; k < end; k += 1, p += panelWidth) {
    const a = rows[rowBase + k]!;
    s0 = fround(s0 + fround(a * panel[p]!));
    s1 = fround(s1 + fround(a * panel[p + 1]!));
    s2 = fround(s2 + fround(a * panel[p + 2]!));
    s3 = fround(s3 + fround(a * panel[p + 3]!));
  }
  sums[sumBase]! += s0;
  sums[sumBase + 1]! += s1;
  sums[sumBase + 2]! += s2;
  sums[sumBase + 3]! += s3;
}

/**
 * Product of a row-major block with one panel of four columns, the terms of each row in blocks.
 * @param rows       values of shape [rowCount, depth] from `rowBase` on
 * @param blockEnds  where every block ends, increasing up to depth
 * @param panel      four columns interleaved, shape [depth, 4]; unused columns may hold anything
 * @param sums       overwritten, shape [rowCount, 4]
 */
export function multiplyPanelByBlocks(
  rows: Float32Array,
  rowBase: number,
  rowCount: number,
  blockEnds: readonly number[],
  panel: Float32Array,
  sums: Float32Array,
): void {
  const depth = blockEnds.at(-1) ?? 0;
  sums.fill(0, 0, rowCount * panelWidth);
  let first = 0;
  for (const end of blockEnds) {
    for (let row = 0; row < rowCount; row += 1) {
      addBlock(rows, rowBase + row * depth, panel, [first, end], sums, row * panelWidth);
    }
    first = end;
  }
}

/** One row of weights times four columns, each read from the input at columns[..] + channel * plane + taps[..]. */
export function directPanelByBlocks(
  lhs: Float32Array,
  columns: Int32Array,
  plane: number,
  taps: Int32Array,
  rows: Float32Array,
  rowBase: number,
  blockEnds: readonly number[],
  sums: Float32Array,
  row: number,
): void {
  let [k, tap, shift] = [0, 0, 0];
  sums.fill(0, row * panelWidth, (row + 1) * panelWidth);
  for (const end of blockEnds) {
    let s0 = 0,
      s1 = 0,
      s2 = 0,
      s3 = 0;
    while (k < end) {
      const c0 = columns[0]! + shift,
        c1 = columns[1]! + shift,
        c2 = columns[2]! + shift,
        c3 = columns[3]! + shift;
      const stop = Math.min(end, k + taps.length - tap);
      for (; k < stop; k += 1, tap += 1) {
        const at = taps[tap]!;
        const factor = rows[rowBase + k]!;
        s0 = fround(s0 + fround(factor * lhs[c0 + at]!));
        s1 = fround(s1 + fround(factor * lhs[c1 + at]!));
        s2 = fround(s2 + fround(factor * lhs[c2 + at]!));
        s3 = fround(s3 + fround(factor * lhs[c3 + at]!));
      }
      if (tap < taps.length) continue;
      tap = 0;
      shift += plane;
    }
    sums[row * panelWidth]! += s0;
    sums[row * panelWidth + 1]! += s1;
    sums[row * panelWidth + 2]! += s2;
    sums[row * panelWidth + 3]! += s3;
  }
}
