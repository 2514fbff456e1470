/**
 * Determinants of sparse matrices from their factors: sign and logarithm of the size, which neither over- nor underflows.
 * det A = sign of the permutations * scales * pivots; scaling that is the same for rows and columns enters squared.
 */
import type { IndefiniteFactor } from "./indefinite.ts";
import { blockOf } from "./indefinite-front.ts";
import type { LuFactor } from "./lu.ts";

export interface Determinant {
  /** 1 or -1. */
  readonly sign: number;
  /** Natural logarithm of the absolute value. */
  readonly logSize: number;
}

/** 1 for an even number of exchanges, -1 for an odd one. @param order  a permutation, row k of `from` goes to row k of `to` */
function signOfPermutation(from: Int32Array, to: Int32Array): number {
  const image = new Int32Array(from.length);
  for (let k = 0; k < from.length; k++) image[from[k]!] = to[k]!;
  const isSeen = new Uint8Array(from.length);
  let sign = 1;
  for (let first = 0; first < image.length; first++) {
    for (let at = image[first]!; isSeen[first] === 0 && at !== first; at = image[at]!) {
      isSeen[at] = 1;
      sign = -sign;
    }
    isSeen[first] = 1;
  }
  return sign;
}

/** Of R^-1 A = P' L U Q'. */
export function luDeterminant({ order, pivotRow, rowScale, pivot }: LuFactor): Determinant {
  let sign = signOfPermutation(pivotRow, order);
  let logSize = 0;
  for (let k = 0; k < pivot.length; k++) {
    if (pivot[k]! < 0) sign = -sign;
    logSize += Math.log(Math.abs(pivot[k]!)) + Math.log(rowScale[k]!);
  }
  return { sign, logSize };
}

/** Of S P' L D L' P S. */
export function indefiniteDeterminant({ scale, fronts }: IndefiniteFactor): Determinant {
  let [sign, logSize] = [1, 0];
  for (const own of scale) logSize += 2 * Math.log(own);
  for (const { pivots } of fronts) {
    const { count, diagonal, coupling } = pivots;
    for (let k = 0; k < count; k++) {
      if (coupling[k] === 0) {
        if (diagonal[k]! < 0) sign = -sign;
        logSize += Math.log(Math.abs(diagonal[k]!));
        continue;
      }
      const block = blockOf(diagonal[k]!, coupling[k]!, diagonal[k + 1]!);
      if (block.determinant < 0) sign = -sign;
      logSize += Math.log(Math.abs(block.determinant)) + 2 * Math.log(block.scale);
      k++;
    }
  }
  return { sign, logSize };
}
