/**
 * What every arithmetic instruction means, written in JavaScript numbers and bigints.
 * i32 values are signed numbers, i64 values signed bigints, f32 values numbers that `Math.fround` leaves alone.
 * "trap" stands for an instruction that stops the program. Source: WebAssembly core specification 2.0, section 4.3.
 */
import type {
  f32Conversion,
  f64Conversion,
  floatBinary,
  floatComparison,
  floatUnary,
  i32Conversion,
  i64Conversion,
  integerBinary,
  integerComparison,
  integerUnary,
} from "../../../kernels/assembler/opcodes.ts";

type Rules<Table, Rule> = { readonly [K in keyof Table]: Rule };
export type Trap = "trap";

const bit = (claim: boolean): number => (claim ? 1 : 0);
const view = new DataView(new ArrayBuffer(8));

/** Round half to even. */
function nearest(x: number): number {
  if (!Number.isFinite(x) || Math.abs(x) >= 2 ** 52) return x;
  const below = Math.floor(x);
  const rounded = x - below === 0.5 ? (below % 2 === 0 ? below : below + 1) : Math.round(x);
  return rounded === 0 && (x < 0 || Object.is(x, -0)) ? -0 : rounded;
}

const isNegative = (x: number): boolean => x < 0 || Object.is(x, -0);

export const floatComparisonRules: Rules<typeof floatComparison, (a: number, b: number) => number> = {
  eq: (a, b) => bit(a === b),
  ne: (a, b) => bit(a !== b),
  lt: (a, b) => bit(a < b),
  gt: (a, b) => bit(a > b),
  le: (a, b) => bit(a <= b),
  ge: (a, b) => bit(a >= b),
};
export const floatUnaryRules: Rules<typeof floatUnary, (a: number) => number> = {
  abs: Math.abs,
  neg: (a) => -a,
  ceil: Math.ceil,
  floor: Math.floor,
  trunc: Math.trunc,
  nearest,
  sqrt: Math.sqrt,
};
export const floatBinaryRules: Rules<typeof floatBinary, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  min: (a, b) => Math.min(a, b),
  max: (a, b) => Math.max(a, b),
  copysign: (a, b) => (isNegative(b) ? -Math.abs(a) : Math.abs(a)),
};

/** Integer rules by width, on signed bigints; results are wrapped by the caller. */
const wide = {
  div: (a: bigint, b: bigint): bigint | Trap => (b === 0n ? "trap" : a / b),
  rem: (a: bigint, b: bigint): bigint | Trap => (b === 0n ? "trap" : a % b),
};

export function integerComparisonRules(
  bits: 32 | 64,
): Rules<typeof integerComparison, (a: bigint, b: bigint) => number> {
  const u = (x: bigint): bigint => BigInt.asUintN(bits, x);
  return {
    eq: (a, b) => bit(a === b),
    ne: (a, b) => bit(a !== b),
    lt_s: (a, b) => bit(a < b),
    lt_u: (a, b) => bit(u(a) < u(b)),
    gt_s: (a, b) => bit(a > b),
    gt_u: (a, b) => bit(u(a) > u(b)),
    le_s: (a, b) => bit(a <= b),
    le_u: (a, b) => bit(u(a) <= u(b)),
    ge_s: (a, b) => bit(a >= b),
    ge_u: (a, b) => bit(u(a) >= u(b)),
  };
}

export function integerUnaryRules(bits: 32 | 64): Rules<typeof integerUnary, (a: bigint) => bigint> {
  const digits = (a: bigint): string => BigInt.asUintN(bits, a).toString(2).padStart(bits, "0");
  const count = (text: string, pattern: RegExp): bigint => BigInt(pattern.exec(text)?.[0].length ?? 0);
  return {
    clz: (a) => count(digits(a), /^0*/),
    ctz: (a) => count(digits(a), /0*$/),
    popcnt: (a) => BigInt(digits(a).replaceAll("0", "").length),
  };
}

export function integerBinaryRules(
  bits: 32 | 64,
): Rules<typeof integerBinary, (a: bigint, b: bigint) => bigint | Trap> {
  const u = (x: bigint): bigint => BigInt.asUintN(bits, x);
  const s = (x: bigint | Trap): bigint | Trap => (x === "trap" ? x : BigInt.asIntN(bits, x));
  const width = BigInt(bits);
  const count = (b: bigint): bigint => u(b) % width;
  const least = -(2n ** (width - 1n));
  return {
    add: (a, b) => s(a + b),
    sub: (a, b) => s(a - b),
    mul: (a, b) => s(a * b),
    div_s: (a, b) => (a === least && b === -1n ? "trap" : wide.div(a, b)),
    div_u: (a, b) => s(wide.div(u(a), u(b))),
    rem_s: (a, b) => wide.rem(a, b),
    rem_u: (a, b) => s(wide.rem(u(a), u(b))),
    and: (a, b) => a & b,
    or: (a, b) => a | b,
    xor: (a, b) => a ^ b,
    shl: (a, b) => s(a << count(b)),
    shr_s: (a, b) => a >> count(b),
    shr_u: (a, b) => s(u(a) >> count(b)),
    rotl: (a, b) => s((u(a) << count(b)) | (u(a) >> (width - count(b)))),
    rotr: (a, b) => s((u(a) >> count(b)) | (u(a) << (width - count(b)))),
  };
}

type Conversion = (a: never) => number | bigint | Trap;

/** Integer part as a bigint if it fits [least, greatest], else a trap, or the nearest bound where that is allowed. */
function truncate(a: number, bits: 32 | 64, isSigned: boolean, saturates: boolean): bigint | Trap {
  const width = BigInt(bits);
  const least = isSigned ? -(2n ** (width - 1n)) : 0n;
  const greatest = isSigned ? 2n ** (width - 1n) - 1n : 2n ** width - 1n;
  if (Number.isNaN(a)) return saturates ? 0n : "trap";
  if (a === Infinity) return saturates ? BigInt.asIntN(bits, greatest) : "trap";
  if (a === -Infinity) return saturates ? least : "trap";
  const whole = BigInt(Math.trunc(a));
  if (whole < least) return saturates ? least : "trap";
  if (whole > greatest) return saturates ? BigInt.asIntN(bits, greatest) : "trap";
  return BigInt.asIntN(bits, whole);
}

const toI32 =
  (isSigned: boolean, saturates: boolean) =>
  (a: number): number | Trap => {
    const whole = truncate(a, 32, isSigned, saturates);
    return whole === "trap" ? whole : Number(whole);
  };
const toI64 =
  (isSigned: boolean, saturates: boolean) =>
  (a: number): bigint | Trap =>
    truncate(a, 64, isSigned, saturates);

export const i32ConversionRules: Rules<typeof i32Conversion, Conversion> = {
  wrap_i64: (a: bigint) => Number(BigInt.asIntN(32, a)),
  trunc_f32_s: toI32(true, false),
  trunc_f32_u: toI32(false, false),
  trunc_f64_s: toI32(true, false),
  trunc_f64_u: toI32(false, false),
  trunc_sat_f32_s: toI32(true, true),
  trunc_sat_f32_u: toI32(false, true),
  trunc_sat_f64_s: toI32(true, true),
  trunc_sat_f64_u: toI32(false, true),
  reinterpret_f32: (a: number) => (view.setFloat32(0, a), view.getInt32(0)),
  extend8_s: (a: number) => (a << 24) >> 24,
  extend16_s: (a: number) => (a << 16) >> 16,
};
export const i64ConversionRules: Rules<typeof i64Conversion, Conversion> = {
  extend_i32_s: (a: number) => BigInt(a),
  extend_i32_u: (a: number) => BigInt(a >>> 0),
  trunc_f32_s: toI64(true, false),
  trunc_f32_u: toI64(false, false),
  trunc_f64_s: toI64(true, false),
  trunc_f64_u: toI64(false, false),
  trunc_sat_f32_s: toI64(true, true),
  trunc_sat_f32_u: toI64(false, true),
  trunc_sat_f64_s: toI64(true, true),
  trunc_sat_f64_u: toI64(false, true),
  reinterpret_f64: (a: number) => (view.setFloat64(0, a), view.getBigInt64(0)),
  extend8_s: (a: bigint) => BigInt.asIntN(8, a),
  extend16_s: (a: bigint) => BigInt.asIntN(16, a),
  extend32_s: (a: bigint) => BigInt.asIntN(32, a),
};

/** An integer as binary32, rounded once, half to even: sticky bits keep the detour over binary64 from rounding twice. */
function integerToFloat32(a: bigint): number {
  const size = a < 0n ? -a : a;
  const excess = BigInt(Math.max(0, size.toString(2).length - 40));
  const kept = size >> excess;
  const sticky = kept << excess === size ? kept : kept | 1n;
  return Math.fround((a < 0n ? -1 : 1) * Number(sticky) * 2 ** Number(excess));
}

export const f32ConversionRules: Rules<typeof f32Conversion, Conversion> = {
  convert_i32_s: (a: number) => Math.fround(a),
  convert_i32_u: (a: number) => Math.fround(a >>> 0),
  convert_i64_s: (a: bigint) => integerToFloat32(a),
  convert_i64_u: (a: bigint) => integerToFloat32(BigInt.asUintN(64, a)),
  demote_f64: (a: number) => Math.fround(a),
  reinterpret_i32: (a: number) => (view.setInt32(0, a), view.getFloat32(0)),
};
export const f64ConversionRules: Rules<typeof f64Conversion, Conversion> = {
  convert_i32_s: (a: number) => a,
  convert_i32_u: (a: number) => a >>> 0,
  convert_i64_s: (a: bigint) => Number(a),
  convert_i64_u: (a: bigint) => Number(BigInt.asUintN(64, a)),
  promote_f32: (a: number) => a,
  reinterpret_i64: (a: bigint) => (view.setBigInt64(0, a), view.getFloat64(0)),
};
