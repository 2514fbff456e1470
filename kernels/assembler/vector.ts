/**
 * Vector instructions on v128: bitwise (v128), and by lanes (f64x2, f32x4, i32x4, i64x2), plus byte shuffles (i8x16).
 * Each is called by its WebAssembly name. Comparisons give masks: lanes of all ones or all zeros, for v128.bitselect.
 * f64x2 and f32x4 share an interface, hence one kernel text can be written for both precisions.
 * Source: WebAssembly core specification 2.0, section 4.3.5; relaxed SIMD proposal for relaxed_madd.
 */
import { memoryAccess } from "./address.ts";
import { AssemblyError } from "./error.ts";
import { node, operandOf } from "./expression.ts";
import {
  core,
  f32x4Binary,
  f32x4Conversion,
  f32x4Ternary,
  f32x4Unary,
  f64x2Binary,
  f64x2Conversion,
  f64x2Ternary,
  f64x2Unary,
  i32x4Binary,
  i32x4Shift,
  i32x4Test,
  i32x4Unary,
  i64x2Binary,
  i64x2Shift,
  i64x2Test,
  i64x2Unary,
  i8x16Binary,
  laneAccess,
  v128Binary,
  v128Load,
  v128LoadLane,
  v128Ternary,
  v128Test,
  v128Unary,
} from "./opcodes.ts";
import { type Binary, type Load, type Unary, binary, eachOf, load, unary } from "./scalar.ts";
import type { AddressOperand, Expression, Operand } from "./types.ts";

type Vector = Expression<"v128">;
type Table = Readonly<Record<string, number>>;
type All<Names extends object, Instruction> = { readonly [K in keyof Names]: Instruction };
/** Instruction of three vectors. */
export type Ternary = (first: Vector, second: Vector, third: Vector) => Vector;
/** Shift of every lane by one count, modulo the lane width. */
export type Shift = (vector: Vector, count: Operand<"i32">) => Vector;
/** Reads one lane of `vector` anew from memory and keeps the others. */
export type LoadLane = (address: AddressOperand, vector: Vector, lane: number, offset?: number) => Vector;

/** Access to the lanes of a vector shape with lanes of type T; lane 0 lies lowest in memory. */
export interface LaneInstructions<T extends "i32" | "i64" | "f32" | "f64"> {
  readonly laneType: T;
  readonly lanes: 2 | 4;
  readonly splat: (value: Operand<T>) => Vector;
  readonly extract_lane: (vector: Vector, lane: number) => Expression<T>;
  readonly replace_lane: (vector: Vector, lane: number, value: Operand<T>) => Vector;
}

/** Instructions that f64x2 and f32x4 share. pmin(a, b) is b < a ? b : a and pmax(a, b) is a < b ? b : a: faster, careless of NaN. */
export type FloatVectorInstructions<T extends "f32" | "f64"> = LaneInstructions<T> &
  All<typeof f64x2Unary, Unary<"v128">> &
  All<typeof f64x2Binary, Binary<"v128">> &
  All<typeof f64x2Ternary, Ternary>;

type IntegerVectorInstructions<T extends "i32" | "i64", One extends Table, Two extends Table> = LaneInstructions<T> &
  All<One, Unary<"v128">> &
  All<Two, Binary<"v128">> &
  All<typeof i32x4Shift, Shift> &
  All<typeof i32x4Test, Unary<"v128", "i32">>;

function unaries<Names extends Table>(shape: string, table: Names): All<Names, Unary<"v128">> {
  return eachOf(table, (opcode, name) => unary(`${shape}.${name}`, opcode, "v128", "v128"));
}

function binaries<Names extends Table>(shape: string, table: Names): All<Names, Binary<"v128">> {
  return eachOf(table, (opcode, name) => binary(`${shape}.${name}`, opcode, "v128", "v128"));
}

function tests<Names extends Table>(shape: string, table: Names): All<Names, Unary<"v128", "i32">> {
  return eachOf(table, (opcode, name) => unary(`${shape}.${name}`, opcode, "v128", "i32"));
}

function ternaries<Names extends Table>(shape: string, table: Names): All<Names, Ternary> {
  return eachOf(
    table,
    (opcode, name): Ternary =>
      (first, second, third) =>
        node(
          "v128",
          opcode,
          [first, second, third].map((operand) => operandOf("v128", operand, `${shape}.${name}`)),
        ),
  );
}

function shifts<Names extends Table>(shape: string, table: Names): All<Names, Shift> {
  return eachOf(table, (opcode, name): Shift => (vector, count) => {
    const place = `${shape}.${name}`;
    return node("v128", opcode, [operandOf("v128", vector, place), operandOf("i32", count, place)]);
  });
}

function laneIndex(lane: number, lanes: number, place: string): number {
  if (Number.isInteger(lane) && lane >= 0 && lane < lanes) return lane;
  throw new AssemblyError(`${place} was asked for lane ${lane}; lanes are the integers 0 to ${lanes - 1}.`);
}

function laneInstructions<T extends "i32" | "i64" | "f32" | "f64">(
  shape: keyof typeof laneAccess,
  type: T,
): LaneInstructions<T> {
  const [splat, extract, replace, lanes] = laneAccess[shape];
  const extracting = `${shape}.extract_lane`;
  const replacing = `${shape}.replace_lane`;
  return {
    laneType: type,
    lanes,
    splat: unary(`${shape}.splat`, splat, type, "v128"),
    extract_lane: (vector, lane) =>
      node(type, extract, [operandOf("v128", vector, extracting)], laneIndex(lane, lanes, extracting)),
    replace_lane: (vector, lane, value) => {
      const operands = [operandOf("v128", vector, replacing), operandOf(type, value, replacing)];
      return node("v128", replace, operands, laneIndex(lane, lanes, replacing));
    },
  };
}

/** Two lanes of f64. */
export const f64x2: FloatVectorInstructions<"f64"> & All<typeof f64x2Conversion, Unary<"v128">> = {
  ...laneInstructions("f64x2", "f64"),
  ...unaries("f64x2", f64x2Unary),
  ...binaries("f64x2", f64x2Binary),
  ...ternaries("f64x2", f64x2Ternary),
  ...unaries("f64x2", f64x2Conversion),
};

/** Four lanes of f32. */
export const f32x4: FloatVectorInstructions<"f32"> & All<typeof f32x4Conversion, Unary<"v128">> = {
  ...laneInstructions("f32x4", "f32"),
  ...unaries("f32x4", f32x4Unary),
  ...binaries("f32x4", f32x4Binary),
  ...ternaries("f32x4", f32x4Ternary),
  ...unaries("f32x4", f32x4Conversion),
};

/** Four lanes of i32. */
export const i32x4: IntegerVectorInstructions<"i32", typeof i32x4Unary, typeof i32x4Binary> = {
  ...laneInstructions("i32x4", "i32"),
  ...unaries("i32x4", i32x4Unary),
  ...binaries("i32x4", i32x4Binary),
  ...shifts("i32x4", i32x4Shift),
  ...tests("i32x4", i32x4Test),
};

/** Two lanes of i64. */
export const i64x2: IntegerVectorInstructions<"i64", typeof i64x2Unary, typeof i64x2Binary> = {
  ...laneInstructions("i64x2", "i64"),
  ...unaries("i64x2", i64x2Unary),
  ...binaries("i64x2", i64x2Binary),
  ...shifts("i64x2", i64x2Shift),
  ...tests("i64x2", i64x2Test),
};

/** All 128 bits: loads of every width, constants, bitwise logic. */
export interface BitInstructions {
  /** The sixteen bytes given, the first lowest in memory. */
  readonly const: (bytes: ArrayLike<number>) => Vector;
}

function bytesOf(values: ArrayLike<number>, below: number, place: string): number[] {
  const bytes = Array.from(values);
  if (bytes.length === 16 && bytes.every((byte) => Number.isInteger(byte) && byte >= 0 && byte < below)) return bytes;
  throw new AssemblyError(`${place} wants 16 integers from 0 to ${below - 1} but was given [${bytes.join(", ")}].`);
}

export const v128: BitInstructions &
  All<typeof v128Load, Load<"v128">> &
  All<typeof v128LoadLane, LoadLane> &
  All<typeof v128Unary, Unary<"v128">> &
  All<typeof v128Binary, Binary<"v128">> &
  All<typeof v128Ternary, Ternary> &
  All<typeof v128Test, Unary<"v128", "i32">> = {
  const: (bytes) => node("v128", core.v128_const, [], bytesOf(bytes, 256, "v128.const")),
  ...eachOf(v128Load, ([opcode, alignment]) => load("v128", opcode, alignment)),
  ...eachOf(v128LoadLane, ([opcode, alignment], name): LoadLane => (address, vector, lane, offset = 0) => {
    const place = `v128.${name}`;
    const { pointer, immediate } = memoryAccess(address, offset, alignment, laneIndex(lane, 16 >> alignment, place));
    return node("v128", opcode, [pointer, operandOf("v128", vector, place)], immediate);
  }),
  ...unaries("v128", v128Unary),
  ...binaries("v128", v128Binary),
  ...ternaries("v128", v128Ternary),
  ...tests("v128", v128Test),
};

/** Byte-wise rearrangement. */
export interface ByteInstructions {
  /** Byte i of the result is byte order[i] of the 32 bytes `low` then `high`. */
  readonly shuffle: (low: Vector, high: Vector, order: ArrayLike<number>) => Vector;
  /** Byte i of the result is byte order[i] of `bytes`, or 0 where order[i] > 15. */
  readonly swizzle: Binary<"v128">;
}

export const i8x16: ByteInstructions = {
  shuffle: (low, high, order) => {
    const operands = [operandOf("v128", low, "i8x16.shuffle"), operandOf("v128", high, "i8x16.shuffle")];
    return node("v128", core.i8x16_shuffle, operands, bytesOf(order, 32, "i8x16.shuffle"));
  },
  ...binaries("i8x16", i8x16Binary),
};
