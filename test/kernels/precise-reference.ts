/**
 * Elementary functions in fixed-point BigInt with 300 fractional bits: a reference for ulp errors.
 * exp, sin, cos and atan by Taylor series after argument reduction; the others follow from them.
 */
const bits = 300n;
export const one: bigint = 1n << bits;

/** Exact value of a finite double (bits below 2^-300 are cut off). */
export function fixed(x: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  const raw = view.getBigUint64(0);
  const exponent = Number((raw >> 52n) & 0x7ffn);
  const fraction = raw & 0xfffffffffffffn;
  const mantissa = exponent === 0 ? fraction : fraction | (1n << 52n);
  const shift = BigInt(Math.max(exponent, 1) - 1075) + bits;
  const magnitude = shift >= 0n ? mantissa << shift : mantissa >> -shift;
  return x < 0 ? -magnitude : magnitude;
}

export const times = (a: bigint, b: bigint): bigint => (a * b) >> bits;
export const divided = (a: bigint, b: bigint): bigint => (a << bits) / b;
const absolute = (a: bigint): bigint => (a < 0n ? -a : a);

export function squareRoot(a: bigint): bigint {
  if (a <= 0n) return 0n;
  const target = a << bits;
  let root = 1n << BigInt(Math.ceil(target.toString(2).length / 2));
  for (;;) {
    const next = (root + target / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** sum of x^k / k! (x > 0 or < 0, |x| < 1) over k = first, first + step, .. with alternating or equal signs. */
function exponentialSeries(x: bigint, first: number, step: number, isAlternating: boolean): bigint {
  let power = one;
  let sum = 0n;
  for (let k = 0; power !== 0n; k += 1) {
    if (k >= first && (k - first) % step === 0) sum += isAlternating && ((k - first) / step) % 2 === 1 ? -power : power;
    power = times(power, x) / BigInt(k + 1);
    if (power === -1n) power = 0n;
  }
  return sum;
}

/** e^x with halved argument; the guard factor 2^20 bounds the loss of the squarings. */
export function exponential(x: bigint): bigint {
  if (x < 0n) return divided(one, exponential(-x));
  const halvings = BigInt(Math.max(0, x.toString(2).length - Number(bits) + 8));
  let power = exponentialSeries(x >> halvings, 0, 1, false);
  for (let k = 0n; k < halvings; k += 1n) power = times(power, power);
  return power;
}

/** log x by Newton's iteration on e^y = x from the double's logarithm. */
export function logarithm(x: bigint, start: number): bigint {
  let y = fixed(start);
  for (let k = 0; k < 3; k += 1) {
    const e = exponential(y);
    y += 2n * divided(x - e, x + e);
  }
  return y;
}

/** atan x by halving the angle, atan x = 2 atan(x / (1 + sqrt(1 + x^2))), then the series. */
export function arcTangent(x: bigint): bigint {
  if (x < 0n) return -arcTangent(-x);
  let reduced = x;
  for (let k = 0; k < 8; k += 1) reduced = divided(reduced, one + squareRoot(one + times(reduced, reduced)));
  const square = times(reduced, reduced);
  let power = reduced;
  let sum = 0n;
  for (let k = 1n; power !== 0n; k += 2n) {
    sum += (k % 4n === 1n ? power : -power) / k;
    power = times(power, square);
  }
  return sum << 8n;
}

export const pi: bigint = 4n * arcTangent(one);

/** [sin x, cos x], the argument reduced by multiples of pi / 2. */
export function sineCosine(x: bigint): [sine: bigint, cosine: bigint] {
  const quarter = pi >> 1n;
  const turns = (2n * x + quarter) / (2n * quarter) - (2n * x + quarter < 0n ? 1n : 0n);
  const rest = x - turns * quarter;
  const sine = exponentialSeries(rest, 1, 2, true);
  const cosine = exponentialSeries(rest, 0, 2, true);
  const quadrant = Number(((turns % 4n) + 4n) % 4n);
  return [
    [sine, cosine],
    [cosine, -sine],
    [-sine, -cosine],
    [-cosine, sine],
  ][quadrant] as [bigint, bigint];
}

/** Distance of a double from the exact value, in units of the double's last place. */
export function ulpError(actual: number, exact: bigint): number {
  // A zero counts as right where the exact value vanishes to the last few of the 300 bits.
  if (actual === 0) return absolute(exact) < 1n << 20n ? 0 : Infinity;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, Math.abs(actual));
  const exponent = Math.max(1, Number(view.getBigUint64(0) >> 52n));
  const unit = fixed(2 ** (exponent - 1075));
  return Number((absolute(fixed(actual) - exact) * 10_000n) / unit) / 10_000;
}
