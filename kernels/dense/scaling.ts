/**
 * Scaling by powers of two before an iteration, exact in both directions, so that squares neither overflow nor
 * vanish; and one choice of sign for vectors that are only determined up to it.
 */

/** The power of two that brings the largest magnitude into [1/2, 1]; 1 for zeros, NaN unless all are finite. */
export function powerOfTwoScale(values: Float64Array): number {
  let largest = 0;
  for (let k = 0; k < values.length; k += 1) {
    const size = Math.abs(values[k]!);
    if (!(size < Infinity)) return NaN;
    if (size > largest) largest = size;
  }
  if (largest === 0) return 1;
  let scale = 1;
  // The power itself must not overflow: the smallest subnormal numbers stay smaller than 1/2.
  while (largest * scale > 1) scale /= 2;
  while (largest * scale < 0.5 && scale < 2 ** 1022) scale *= 2;
  return scale;
}

/**
 * Whether a vector is to be turned round: its first component above half of the largest magnitude becomes positive.
 * Ties between magnitudes, common in structured matrices, are then not decided by rounding.
 */
export function isTurnedRound(vector: Float64Array): boolean {
  let largest = 0;
  for (let k = 0; k < vector.length; k += 1) largest = Math.max(largest, Math.abs(vector[k]!));
  for (let k = 0; k < vector.length; k += 1) if (Math.abs(vector[k]!) > largest / 2) return vector[k]! < 0;
  return false;
}

/** values := -values. */
export function negate(values: Float64Array): void {
  for (let k = 0; k < values.length; k += 1) values[k] = -values[k]!;
}
