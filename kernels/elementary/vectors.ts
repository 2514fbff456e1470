/**
 * Arithmetic that writes WebAssembly: every operation on all lanes of a v128, two of float64 or four of float32.
 * Masks are lanes of all ones or all zeros. Values that are named become local variables of the function being written.
 */
import { call, f32x4, f64x2, i32, i32x4, i64x2, v128 } from "../assembler/index.ts";
import type {
  Expression,
  FloatVectorInstructions,
  FunctionBuilder,
  FunctionReference,
  ResultType,
} from "../assembler/index.ts";
import type { Arithmetic, Precision, RareFunction } from "./arithmetic.ts";

export type Vector = Expression<"v128">;
export type Vectors = Arithmetic<Vector, Vector>;

/** The import of a rare function: takes and gives f64, or f32. */
export type RareReference = FunctionReference<readonly ("f64" | "f32")[], "f64" | "f32">;

/** One vector of a 64-bit or 32-bit pattern in every lane. */
const pattern64 = (bits: bigint): Vector => {
  const bytes = new Uint8Array(16);
  new BigUint64Array(bytes.buffer).fill(bits);
  return v128.const(littleEndian(bytes, 8));
};
const pattern32 = (bits: number): Vector => {
  const bytes = new Uint8Array(16);
  new Uint32Array(bytes.buffer).fill(bits);
  return v128.const(littleEndian(bytes, 4));
};
const isBigEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 0;
const littleEndian = (bytes: Uint8Array, width: number): Uint8Array => {
  if (isBigEndian) for (let k = 0; k < 16; k += width) bytes.subarray(k, k + width).reverse();
  return bytes;
};

const constant64 = (value: number): Vector => pattern64(new BigUint64Array(Float64Array.of(value).buffer)[0]!);
const constant32 = (value: number): Vector => pattern32(new Uint32Array(Float32Array.of(value).buffer)[0]!);

type Bits = Pick<Vectors, "constant" | "powerOfTwo" | "exponent" | "significand" | "high" | "copySign">;

const bits64: Bits = {
  constant: constant64,
  copySign: (magnitude, sign) => v128.bitselect(sign, magnitude, pattern64(0x8000000000000000n)),
  // n + 1023 + 2^52 has n + 1023 in its lowest bits.
  powerOfTwo: (n) => i64x2.shl(f64x2.add(n, constant64(2 ** 52 + 1023)), 52),
  exponent: (x) => {
    const field = i64x2.shr_u(i64x2.shl(x, 1), 53);
    return f64x2.sub(v128.or(field, constant64(2 ** 52)), constant64(2 ** 52 + 1023));
  },
  significand: (x) => v128.or(v128.and(x, pattern64(0xfffffffffffffn)), pattern64(0x3ff0000000000000n)),
  high: (x) => v128.and(x, pattern64(0xfffffffff8000000n)),
};

const bits32: Bits = {
  constant: constant32,
  copySign: (magnitude, sign) => v128.bitselect(sign, magnitude, pattern32(0x80000000)),
  powerOfTwo: (n) => i32x4.shl(f32x4.add(n, constant32(2 ** 23 + 127)), 23),
  exponent: (x) => {
    const field = i32x4.shr_u(i32x4.shl(x, 1), 24);
    return f32x4.sub(v128.or(field, constant32(2 ** 23)), constant32(2 ** 23 + 127));
  },
  significand: (x) => v128.or(v128.and(x, pattern32(0x7fffff)), pattern32(0x3f800000)),
  high: (x) => v128.and(x, pattern32(0xfffff000)),
};

/**
 * The arithmetic of one function being written.
 * @param rare  the reference of an imported rare function
 */
export const vectors = (
  precision: Precision,
  f: Pick<FunctionBuilder<ResultType>, "hold" | "set" | "if" | "local">,
  rare: (wanted: RareFunction) => RareReference,
): Vectors => {
  const lanes = (precision === "float64" ? f64x2 : f32x4) as FloatVectorInstructions<"f64">;
  const bits = precision === "float64" ? bits64 : bits32;
  const bitmask = precision === "float64" ? i64x2.bitmask : i32x4.bitmask;
  const zero = bits.constant(0);
  return {
    ...bits,
    precision,
    constant: (value) => (Object.is(value, 0) ? zero : bits.constant(value)),
    name: (value) => f.hold(value),
    nameMask: (mask) => f.hold(mask),
    add: lanes.add,
    sub: lanes.sub,
    mul: lanes.mul,
    div: lanes.div,
    neg: lanes.neg,
    abs: lanes.abs,
    sqrt: lanes.sqrt,
    floor: lanes.floor,
    trunc: lanes.trunc,
    nearest: lanes.nearest,
    least: lanes.pmin,
    lt: lanes.lt,
    le: lanes.le,
    gt: lanes.gt,
    ge: lanes.ge,
    eq: lanes.eq,
    ne: lanes.ne,
    and: v128.and,
    or: v128.or,
    not: v128.not,
    select: (mask, x, y) => {
      if (y === zero) return v128.and(x, mask);
      return x === zero ? v128.andnot(y, mask) : v128.bitselect(x, y, mask);
    },
    where: (mask, wanted, args, value) => {
      const asked = f.hold(mask);
      const result = f.hold(value);
      const operands = args.map((argument) => f.hold(argument));
      f.if(v128.any_true(asked), () => {
        for (let lane = 0; lane < lanes.lanes; lane++)
          f.if(i32.and(bitmask(asked), 1 << lane), () => {
            const numbers = operands.map((operand) => lanes.extract_lane(operand, lane));
            f.set(result, lanes.replace_lane(result, lane, call(rare(wanted), ...numbers) as Expression<"f64">));
          });
      });
      return result;
    },
    either: (mask, careful, usual) => {
      const result = f.local("v128");
      f.if(
        v128.any_true(mask),
        () => f.set(result, careful()),
        () => f.set(result, usual()),
      );
      return result;
    },
  };
};
