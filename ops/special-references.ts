/**
 * Second definitions of the special functions, which their laws are compared with: series and recurrences straight
 * from the textbook, slow and good for moderate arguments only. Nothing is shared with kernels/special-functions.
 */

/** 2 / sqrt(pi) e^(-x^2) sum of 2^n x^(2n+1) / (2n+1)!!: all terms of one sign. */
export const erfSeries = (x: number): number => {
  let term = x;
  let sum = x;
  for (let n = 1; n < 200; n++) sum += term *= (2 * x * x) / (2 * n + 1);
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
};

/** e^(x^2) erfc(x) for x > 0 by the continued fraction 1 / (x + (1/2) / (x + 1 / (x + (3/2) / ...))). */
export const erfcxFraction = (x: number): number => {
  let denominator = x;
  for (let n = 400; n > 0; n--) denominator = x + n / 2 / denominator;
  return 1 / (Math.sqrt(Math.PI) * denominator);
};

/** The x at which an increasing function takes a value, by bisection to the last bit. */
export const inverseOf = (f: (x: number) => number, value: number, low: number, high: number): number => {
  let [left, right] = [low, high];
  for (let k = 0; k < 200; k++) {
    const middle = (left + right) / 2;
    if (f(middle) < value) left = middle;
    else right = middle;
  }
  return right;
};

/** log gamma(x) for x > 0: Stirling's series at x + 20 less the logarithm of what lies between. */
export const lgammaSeries = (x: number): number => {
  const w = x + 20;
  let product = 1;
  for (let k = 0; k < 20; k++) product *= x + k;
  const tail = 1 / (12 * w) - 1 / (360 * w ** 3) + 1 / (1260 * w ** 5) - 1 / (1680 * w ** 7);
  return (w - 0.5) * Math.log(w) - w + Math.log(2 * Math.PI) / 2 + tail - Math.log(product);
};

/** The sum of (q + k)^-s over k >= 0: 40 terms, then half a term, the integral and three corrections. */
export const zetaSeries = (s: number, q: number): number => {
  let sum = 0;
  for (let k = 0; k < 40; k++) sum += (q + k) ** -s;
  const w = q + 40;
  const cubic = s * (s + 1) * (s + 2);
  const corrections = s / (12 * w) - cubic / (720 * w ** 3) + (cubic * (s + 3) * (s + 4)) / (30240 * w ** 5);
  return sum + w ** -s * (w / (s - 1) + 0.5 + corrections);
};

/** digamma(x) for x > 0: its asymptotic series at x + 20 less the reciprocals of what lies between. */
export const digammaSeries = (x: number): number => {
  const w = x + 20;
  let sum = 0;
  for (let k = 0; k < 20; k++) sum += 1 / (x + k);
  return (
    Math.log(w) - 1 / (2 * w) - 1 / (12 * w ** 2) + 1 / (120 * w ** 4) - 1 / (252 * w ** 6) + 1 / (240 * w ** 8) - sum
  );
};

const gaussNodes = [0.1834346424956498, 0.525532409916329, 0.7966664774136267, 0.9602898564975363];
const gaussWeights = [0.362683783378362, 0.3137066458778873, 0.2223810344533745, 0.1012285362903763];

/** The integral of f from low to high by Gauss's rule of eight points on 64 pieces. */
export const integral = (f: (t: number) => number, low: number, high: number): number => {
  const half = (high - low) / 128;
  let sum = 0;
  for (let piece = 0; piece < 64; piece++) {
    const middle = low + (2 * piece + 1) * half;
    gaussNodes.forEach((node, k) => (sum += gaussWeights[k]! * (f(middle - node * half) + f(middle + node * half))));
  }
  return sum * half;
};

/** Ei(x) = gamma + log |x| + sum of x^k / (k k!). */
export const expiSeries = (x: number): number => {
  let power = 1;
  let sum = 0.5772156649015329 + Math.log(Math.abs(x));
  for (let k = 1; k < 120; k++) sum += (power *= x / k) / k;
  return sum;
};
