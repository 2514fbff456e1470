/**
 * How a matrix product is cut: k in blocks, a block of B for the second cache, a block of A beside it, a strip of B for the
 * first cache. The lengths were chosen by measurement; that of k also belongs to the order of float32 sums.
 */
import { i32, select } from "../assembler/index.ts";
import type { Expression } from "../assembler/index.ts";
import { float32Block } from "../contraction-float32.ts";
import type { Lanes } from "./lanes.ts";

/** Terms summed before the next block of k. */
export const depthBlock: number = float32Block;
/** Vectors of columns in a strip, and rows of A side by side when packed. */
export const stripWidth = 4;
export const rowGroup = 4;
/** Rows in a block of A, a quarter of a megabyte, and columns in a block of B, one megabyte. */
export const rowBlock = ({ item }: Lanes): number => 2 ** 10 / item;
export const columnBlock = ({ item }: Lanes): number => 2 ** 12 / item;
/** Bytes of the tile that stands in for C where a strip is wider than what is left of C. */
export const edgeBytes: number = rowGroup * stripWidth * 16;
/** Most vectors that a thin product takes. */
export const mostVectors = 4;

/** The smaller of a count and a constant. */
export const atMost = (count: Expression<"i32">, most: number): Expression<"i32"> =>
  select(i32.lt_s(count, most), count, most);
