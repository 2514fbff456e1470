/** Arithmetic on JavaScript numbers: float64 as they are, float32 by rounding every result. */
import type { Arithmetic, Precision } from "./arithmetic.ts";

type Numbers = Arithmetic<number, boolean>;

const double = new Float64Array(1);
const doubleWords = new Uint32Array(double.buffer);
const single = new Float32Array(1);
const singleWord = new Uint32Array(single.buffer);
/** Which word of a double holds sign and exponent, by the byte order of the machine. */
const upper = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 1 : 0;
const lower = 1 - upper;

/** Nearest integer, ties to the even one; keeps the sign of zero. */
export function nearest(x: number): number {
  const whole = Math.round(x);
  // Math.round takes ties upwards. No branch here depends on the sign, which engines would guess wrong half the time.
  return whole - x === 0.5 ? 2 * Math.round(0.5 * x) : whole;
}

/** 2^n at n + 1023: reading a number of which only one word was just written would wait for the write. */
const powers = Float64Array.from({ length: 2048 }, (_, k) => 2 ** (k - 1023));
/** The distance to the next number, with the sign of the number, by its upper twelve bits; 0 for infinities. */
const units = Float64Array.from({ length: 4096 }, (_, k) => {
  const exponent = k & 2047;
  const unit = exponent === 2047 ? 0 : 2 ** (Math.max(exponent, 1) - 1075);
  return k < 2048 ? unit : -unit;
});

const isNegative = (x: number): boolean => x < 0 || (x === 0 && 1 / x < 0);
const copySign = (magnitude: number, sign: number): number => {
  const size = Math.abs(magnitude);
  return isNegative(sign) ? -size : size;
};

const shared = {
  name: (x: number): number => x,
  nameMask: (mask: boolean): boolean => mask,
  neg: (x: number): number => -x,
  abs: (x: number): number => Math.abs(x),
  floor: (x: number): number => Math.floor(x),
  trunc: (x: number): number => Math.trunc(x),
  nearest,
  least: (x: number, y: number): number => (y < x ? y : x),
  copySign,
  lt: (x: number, y: number): boolean => x < y,
  le: (x: number, y: number): boolean => x <= y,
  gt: (x: number, y: number): boolean => x > y,
  ge: (x: number, y: number): boolean => x >= y,
  eq: (x: number, y: number): boolean => x === y,
  ne: (x: number, y: number): boolean => x !== y,
  and: (x: boolean, y: boolean): boolean => x && y,
  or: (x: boolean, y: boolean): boolean => x || y,
  not: (x: boolean): boolean => !x,
  select: (mask: boolean, x: number, y: number): number => (mask ? x : y),
  where: (mask, { compute }, args, value) => (mask ? compute(...args) : value),
  either: (mask, careful, usual) => (mask ? careful() : usual()),
} satisfies Partial<Numbers>;

/** float64. */
export const doubles: Numbers = {
  ...shared,
  precision: "float64",
  constant: (value) => value,
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  div: (x, y) => x / y,
  sqrt: (x) => Math.sqrt(x),
  powerOfTwo: (n) => powers[(n + 1023) & 2047]!,
  exponent: (x) => {
    double[0] = x;
    return ((doubleWords[upper]! >>> 20) & 0x7ff) - 1023;
  },
  significand: (x) => {
    double[0] = x;
    return Math.abs(x) * powers[2046 - ((doubleWords[upper]! >>> 20) & 0x7ff)]!;
  },
  high: (x) => {
    double[0] = x;
    // Adding 0 turns -0 into 0, so that x keeps its sign when nothing is taken off; a negative subnormal x may become +0.
    return x - ((doubleWords[lower]! & 0x7ffffff) * units[doubleWords[upper]! >>> 20]! + 0);
  },
};

/** float32: sums, products, quotients and roots of float32 numbers that are rounded from float64 are rounded right. */
export const singles: Numbers = {
  ...shared,
  precision: "float32",
  constant: (value) => Math.fround(value),
  add: (x, y) => Math.fround(x + y),
  sub: (x, y) => Math.fround(x - y),
  mul: (x, y) => Math.fround(x * y),
  div: (x, y) => Math.fround(x / y),
  sqrt: (x) => Math.fround(Math.sqrt(x)),
  powerOfTwo: (n) => powers[(n + 1023) & 2047]!,
  exponent: (x) => {
    single[0] = x;
    return ((singleWord[0]! >>> 23) & 0xff) - 127;
  },
  significand: (x) => {
    single[0] = x;
    singleWord[0] = (singleWord[0]! & 0x7fffff) | 0x3f800000;
    return single[0];
  },
  high: (x) => {
    single[0] = x;
    singleWord[0] = singleWord[0]! & 0xfffff000;
    return single[0];
  },
};

export const numbers: Readonly<Record<Precision, Numbers>> = { float64: doubles, float32: singles };
