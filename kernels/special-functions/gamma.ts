/**
 * gamma, its sign and its logarithm. Tables near 1 and 2 (relative to lgamma's zeros there), Stirling's series far out,
 * recurrence between, reflection below 0 (Abramowitz & Stegun 6.1). x^(x - 1/2) and e^-x have exact arguments,
 * so that their errors do not grow with x; recurrences multiply with twice the digits (Dekker 1971).
 */
import { factorials, gammaFar, gammaNear, lgammaFar, lgammaMiddle, lgammaNear } from "./coefficients.ts";
import { atPieces } from "./pieces.ts";
import { sinPi } from "./sine-pi.ts";

const splitter = 134217729;

/** The rounding error of the product x y, exactly. */
function productError(x: number, y: number, product: number): number {
  const xHead = splitter * x - (splitter * x - x);
  const yHead = splitter * y - (splitter * y - y);
  const xTail = x - xHead;
  const yTail = y - yHead;
  return xTail * yTail - (product - xHead * yHead - xTail * yHead - xHead * yTail);
}

/** value (x - 1)(x - 2) ... (x - steps), rounded about once. */
function risingProduct(value: number, x: number, steps: number): number {
  let head = value;
  let rest = 0;
  for (let k = 1; k <= steps; k += 1) {
    const product = head * (x - k);
    rest = rest * (x - k) + productError(head, x - k, product);
    head = product;
  }
  return head + rest;
}

/** value x^48, rounded about once: gamma's exponent beyond the range of one power. */
function timesPower48(value: number, x: number): number {
  let head = x;
  let rest = 0;
  // x^3, squared four times: the error of a square is that of its head and twice the tail's share.
  const square = x * x;
  head = square * x;
  rest = productError(square, x, head) + productError(x, x, square) * x;
  for (let k = 0; k < 4; k += 1) {
    const product = head * head;
    rest = 2 * head * rest + productError(head, head, product);
    head = product;
  }
  return value * head + value * rest;
}

/** gamma(x) / x^48 for 140 <= x < 200, where gamma itself may overflow. */
function stirlingLess48(x: number): number {
  return Math.pow(x, x - 48.5) * Math.exp(-x) * atPieces(gammaFar, 1 / x);
}

function gammaPositive(x: number): number {
  if (x <= 171 && Math.floor(x) === x) return factorials[x - 1]!;
  if (x < 1) return atPieces(gammaNear, 1 + x) / x;
  if (x < 3) return atPieces(gammaNear, x);
  if (x < 12) {
    const steps = Math.floor(x) - 2;
    return risingProduct(atPieces(gammaNear, x - steps), x, steps);
  }
  if (x < 140) return Math.pow(x, x - 0.5) * Math.exp(-x) * atPieces(gammaFar, 1 / x);
  return x < 171.7 ? timesPower48(stirlingLess48(x), x) : Infinity;
}

/** gamma(x) for x < 0, not whole: pi / (sin(pi x) gamma(1 - x)), subnormal down to about -177.8. */
function gammaNegative(x: number): number {
  const sine = sinPi(x);
  if (x > -1) return Math.PI / (sine * atPieces(gammaNear, 1 - x));
  if (x > -140) return Math.PI / (-x * sine * gammaPositive(-x));
  if (x < -190) return sine < 0 ? -0 : 0;
  return Math.PI / (-x * sine) / stirlingLess48(-x) / timesPower48(1, -x);
}

/** The gamma function; infinite at 0 with its sign, NaN at negative whole numbers and at -infinity. */
export function gamma(x: number): number {
  if (x > 0) return gammaPositive(x);
  if (x === 0) return 1 / x;
  return Math.floor(x) < x ? gammaNegative(x) : NaN;
}

/** gamma(x + 1) for x > 0, where x + 1 may round. */
export function factorial(x: number): number {
  return x < 1 ? gammaPositive(x + 1) : x * gammaPositive(x);
}

/** The sign of gamma(x): that of the zero at 0, NaN at negative whole numbers. */
export function gammasgn(x: number): number {
  if (x > 0) return 1;
  if (x === 0) return Object.is(x, -0) ? -1 : 1;
  const below = Math.floor(x);
  return below === x ? NaN : below % 2 === 0 ? 1 : x < 0 ? -1 : x;
}

function lgammaPositive(x: number): number {
  if (x < 0.5) return x * (x - 1) * atPieces(lgammaNear, 1 + x) - Math.log(x);
  if (x < 2.5) return (x - 1) * (x - 2) * atPieces(lgammaNear, x);
  if (x < 8.5) return (x - 1) * (x - 2) * atPieces(lgammaMiddle, x);
  return (x - 0.5) * (Math.log(x) - 1) + (x < Infinity ? atPieces(lgammaFar, 1 / x) : 0);
}

/** log |gamma(x)|; infinite at 0, at negative whole numbers and at both infinities. */
export function lgamma(x: number): number {
  if (x > 0) return lgammaPositive(x);
  if (Math.floor(x) === x) return Infinity;
  const y = -x;
  if (y < 1e-19) return -Math.log(y);
  const sine = Math.abs(sinPi(x));
  return y < 0.5
    ? Math.log(Math.PI / sine) - y * (y - 1) * atPieces(lgammaNear, 1 + y)
    : Math.log(Math.PI / (y * sine)) - lgammaPositive(y);
}
