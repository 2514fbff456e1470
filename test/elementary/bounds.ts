/** Largest errors allowed, in ulp, for float64 and float32. */
export const bounds: Readonly<Record<string, readonly [float64: number, float32: number]>> = {
  exp: [1, 1],
  exp2: [1, 1],
  expm1: [1.25, 1.5],
  log: [1, 1],
  log2: [1, 1],
  log10: [1, 1],
  log1p: [1, 1],
  logistic: [1.5, 1.6],
  softplus: [1.3, 1.3],
  logaddexp: [1.5, 2],
  pow: [1, 1],
  erf: [1.5, 1.5],
  erfc: [2, 2],
  erfinv: [2.5, 2.25],
  sinh: [1.25, 1],
  cosh: [1, 1],
  tanh: [1.5, 1.5],
  sin: [1, 1],
  cos: [1, 1],
  tan: [2, 2],
  asin: [1, 1],
  acos: [1, 1],
  atan: [1, 1],
  atan2: [1, 1],
  asinh: [2, 2],
  acosh: [2, 2],
  atanh: [2, 2],
  cbrt: [1, 1],
  rem: [0, 0],
};

/**
 * Magnitude below which errors count absolutely. The sum of logaddexp passes through zero where e^x + e^y = 1; its terms do
 * not, and their rounding errors remain.
 */
export const floors: Readonly<Record<string, (...x: readonly number[]) => number>> = {
  logaddexp: (x, y) => Math.abs(Math.max(x!, y!)),
};
