/**
 * Functions of 32-bit integers beyond arithmetic: number of ones, greatest common divisor.
 * int32 values are in two's complement; results that leave the dtype wrap where they are stored.
 */

/** Number of ones among the 32 bits. Source: Warren, Hacker's Delight, 5-1. */
export function populationCount(x: number): number {
  let bits = x - ((x >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Greatest common divisor of |x| and |y| by Euclid's algorithm; gcd(0, y) = |y|. */
export function greatestCommonDivisor(x: number, y: number): number {
  let [larger, smaller] = [Math.abs(x), Math.abs(y)];
  while (smaller !== 0) [larger, smaller] = [smaller, larger % smaller];
  return larger;
}
