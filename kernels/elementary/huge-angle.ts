/**
 * Quarter turns of huge angles: x 2 / pi modulo 4 from those digits of 2 / pi alone that reach below 4 and above what counts.
 * x = m 2^q with a whole m of three digits to base 2^24, so every column of the product is exact; exact for any finite x.
 * Source: Payne & Hanek 1983, Radian reduction for trigonometric functions.
 */
import { doubles } from "./numbers.ts";
import { turnDigits } from "./trigonometric-coefficients.ts";

/** x = quarter pi / 2 + r - c modulo a full turn: |r| up to pi / 4, c what r lacks, quarter from -2 to 2. */
export interface Angle<V> {
  readonly quarter: V;
  readonly r: V;
  readonly c: V;
}

const base = 2 ** 24;
/** Columns of the product: after an angle next to a quarter turn took 62 bits away, more than 100 are left. */
const columns = 9;

/** Digits before the point, of which angles below 2^54 need some, are zeros. */
const padding = 3;
const digits: Float64Array = Float64Array.from([0, 0, 0, ...turnDigits]);

const view: DataView = new DataView(new ArrayBuffer(8));
const product: Float64Array = new Float64Array(columns);

/** The upper 26 bits. */
const upperHalf = (x: number): number => {
  const spread = x * 134217729;
  return spread - (spread - x);
};

const quarterTurn = 1.5707963267948966;
const quarterTurnRest = 6.123233995736766e-17;
const quarterTurnHigh: number = upperHalf(quarterTurn);
const quarterTurnLow: number = quarterTurn - quarterTurnHigh;

/** (fraction + rest) pi / 2. */
function turned(quarter: number, fraction: number, rest: number): Angle<number> {
  const r = fraction * quarterTurn;
  const high = upperHalf(fraction);
  const low = fraction - high;
  const error = high * quarterTurnHigh - r + high * quarterTurnLow + low * quarterTurnHigh + low * quarterTurnLow;
  return { quarter, r, c: -(error + (fraction * quarterTurnRest + rest * quarterTurn)) };
}

/** Digits of x 2 / pi to base 2^24 into `product`, the first times 2^weight; multiples of 4 may lack. Returns the weight. */
function multiply(x: number): number {
  view.setFloat64(0, x);
  const upper = view.getUint32(0);
  const lower = view.getUint32(4);
  const exponent = (upper >>> 20) - 1075;
  const first = (upper & 0xfffff) + 0x100000;
  const m0 = first >>> 16;
  const m1 = ((first & 0xffff) << 8) + (lower >>> 24);
  const m2 = lower & 0xffffff;
  const start = Math.floor((exponent - 2) / 24);
  const offset = start + padding;
  let carry = 0;
  for (let column = columns - 1; column >= 0; column -= 1) {
    const k = offset + column;
    const sum = m0 * digits[k + 2]! + m1 * digits[k + 1]! + m2 * digits[k]! + carry;
    carry = Math.floor(sum / base);
    product[column] = sum - carry * base;
  }
  return exponent - 24 * (start + 1);
}

/** The angle of |x| above 1; NaN for infinities and NaN. */
export function hugeAngle(x: number): Angle<number> {
  if (!Number.isFinite(x)) return { quarter: NaN, r: NaN, c: NaN };
  let unit = doubles.powerOfTwo(multiply(Math.abs(x)));
  const full = product[0]! * unit * 0.25;
  const whole = 4 * (full - Math.floor(full));
  const turns = Math.round(whole + product[1]! * (unit / base));
  let fraction = whole - turns;
  let rest = 0;
  for (let column = 1; column < columns; column += 1) {
    unit *= 1 / base;
    const term = product[column]! * unit;
    const sum = fraction + term;
    const added = sum - fraction;
    rest += fraction - (sum - added) + (term - added);
    fraction = sum;
  }
  const quarter = turns > 2 ? turns - 4 : turns;
  return x < 0 ? turned(-quarter, -fraction, -rest) : turned(quarter, fraction, rest);
}
