/**
 * Scalar instructions: i32, i64, f32, f64. Each is called by its WebAssembly name, f64.add for `f64.add`.
 * f32 and f64 (and i32 and i64) share an interface, hence one kernel text can be written for both precisions.
 * Source: WebAssembly core specification 2.0, section 4.3 (numerics).
 */
import { memoryAccess } from "./address.ts";
import { constant, node, operandOf } from "./expression.ts";
import {
  f32Conversion,
  f32Load,
  f64Conversion,
  f64Load,
  floatBinary,
  floatComparison,
  floatUnary,
  i32Conversion,
  i32Load,
  i64Conversion,
  i64Load,
  integerBinary,
  integerComparison,
  integerUnary,
  scalarBase,
} from "./opcodes.ts";
import type { AddressOperand, Expression, Operand, ValueType } from "./types.ts";

/** Instruction of one operand: from type A to type R. */
export type Unary<A extends ValueType, R extends ValueType = A> = (operand: Operand<A>) => Expression<R>;
/** Instruction of two operands of one type. */
export type Binary<A extends ValueType, R extends ValueType = A> = (
  left: Operand<A>,
  right: Operand<A>,
) => Expression<R>;
/** Read from memory at `address + offset` bytes. */
export type Load<R extends ValueType> = (address: AddressOperand, offset?: number) => Expression<R>;

/** What all scalar types have: name, size, constants, whole loads. */
export interface ScalarInstructions<T extends "i32" | "i64" | "f32" | "f64", Constant> {
  readonly type: T;
  /** Bytes of one value. */
  readonly bytes: 4 | 8;
  readonly const: (value: Constant) => Expression<T>;
  readonly load: Load<T>;
}

type Table = Readonly<Record<string, unknown>>;
type ConversionTable = Readonly<Record<string, readonly [opcode: number, operand: ValueType]>>;
type LoadTable = Readonly<Record<string, readonly [opcode: number, alignment: number]>>;
type Comparisons<T extends ValueType, Names extends Table> = { readonly [K in keyof Names]: Binary<T, "i32"> };
type Unaries<T extends ValueType, Names extends Table> = { readonly [K in keyof Names]: Unary<T> };
type Binaries<T extends ValueType, Names extends Table> = { readonly [K in keyof Names]: Binary<T> };
type Conversions<T extends ValueType, Names extends ConversionTable> = {
  readonly [K in keyof Names]: Unary<Names[K][1], T>;
};
type Loads<T extends ValueType, Names extends LoadTable> = { readonly [K in keyof Names]: Load<T> };

/** Instructions that i32 and i64 share; i64 literals are bigints. Arithmetic wraps, division by zero traps. */
export type IntegerInstructions<T extends "i32" | "i64"> = ScalarInstructions<T, T extends "i64" ? bigint : number> & {
  readonly eqz: Unary<T, "i32">;
} & Comparisons<T, typeof integerComparison> &
  Unaries<T, typeof integerUnary> &
  Binaries<T, typeof integerBinary>;

/** Instructions that f32 and f64 share; min and max propagate NaN, nearest rounds half to even. */
export type FloatInstructions<T extends "f32" | "f64"> = ScalarInstructions<T, number> &
  Comparisons<T, typeof floatComparison> &
  Unaries<T, typeof floatUnary> &
  Binaries<T, typeof floatBinary>;

/** A record with the keys of `table` and, for each, the value that `make` gives. */
export function eachOf<Names extends Table, Made>(
  table: Names,
  make: (entry: Names[keyof Names], name: string) => Made,
): { readonly [K in keyof Names]: Made } {
  const made = Object.entries(table).map(([name, entry]) => [name, make(entry as Names[keyof Names], name)]);
  return Object.fromEntries(made) as { readonly [K in keyof Names]: Made };
}

/** The instruction `mnemonic` of one operand of type A. */
export function unary<A extends ValueType, R extends ValueType>(
  mnemonic: string,
  opcode: number,
  from: A,
  to: R,
): Unary<A, R> {
  return (operand) => node(to, opcode, [operandOf(from, operand, mnemonic)]);
}

/** The instruction `mnemonic` of two operands of type A. */
export function binary<A extends ValueType, R extends ValueType>(
  mnemonic: string,
  opcode: number,
  from: A,
  to: R,
): Binary<A, R> {
  return (left, right) => node(to, opcode, [operandOf(from, left, mnemonic), operandOf(from, right, mnemonic)]);
}

/** The load with this opcode and natural alignment of 2^alignment bytes. */
export function load<R extends ValueType>(type: R, opcode: number, alignment: number): Load<R> {
  return (address, offset = 0) => {
    const { pointer, immediate } = memoryAccess(address, offset, alignment);
    return node(type, opcode, [pointer], immediate);
  };
}

function conversions<T extends ValueType, Names extends ConversionTable>(type: T, table: Names): Conversions<T, Names> {
  const made = eachOf(table, ([opcode, from], name) => unary(`${type}.${name}`, opcode, from, type));
  return made as unknown as Conversions<T, Names>;
}

function loads<T extends ValueType, Names extends LoadTable>(type: T, table: Names): Loads<T, Names> {
  return eachOf(table, ([opcode, alignment]) => load(type, opcode, alignment));
}

function integers<T extends "i32" | "i64">(type: T): Omit<IntegerInstructions<T>, "load"> {
  const base = scalarBase[type];
  const made = {
    type,
    bytes: type === "i32" ? 4 : 8,
    const: (value: number | bigint) => constant(type, value),
    eqz: unary(`${type}.eqz`, base.eqz, type, "i32"),
    ...eachOf(integerComparison, (step, name) => binary(`${type}.${name}`, base.comparison + step, type, "i32")),
    ...eachOf(integerUnary, (step, name) => unary(`${type}.${name}`, base.unary + step, type, type)),
    ...eachOf(integerBinary, (step, name) => binary(`${type}.${name}`, base.binary + step, type, type)),
  };
  return made as unknown as Omit<IntegerInstructions<T>, "load">;
}

function floats<T extends "f32" | "f64">(type: T): Omit<FloatInstructions<T>, "load"> {
  const base = scalarBase[type];
  const made = {
    type,
    bytes: type === "f32" ? 4 : 8,
    const: (value: number) => constant(type, value),
    ...eachOf(floatComparison, (step, name) => binary(`${type}.${name}`, base.comparison + step, type, "i32")),
    ...eachOf(floatUnary, (step, name) => unary(`${type}.${name}`, base.unary + step, type, type)),
    ...eachOf(floatBinary, (step, name) => binary(`${type}.${name}`, base.binary + step, type, type)),
  };
  return made as unknown as Omit<FloatInstructions<T>, "load">;
}

/** 32-bit integers; comparisons of every type give i32, 0 or 1. */
export const i32: IntegerInstructions<"i32"> & Conversions<"i32", typeof i32Conversion> & Loads<"i32", typeof i32Load> =
  { ...integers("i32"), ...conversions("i32", i32Conversion), ...loads("i32", i32Load) };

/** 64-bit integers. */
export const i64: IntegerInstructions<"i64"> & Conversions<"i64", typeof i64Conversion> & Loads<"i64", typeof i64Load> =
  { ...integers("i64"), ...conversions("i64", i64Conversion), ...loads("i64", i64Load) };

/** IEEE binary32. */
export const f32: FloatInstructions<"f32"> & Conversions<"f32", typeof f32Conversion> & Loads<"f32", typeof f32Load> = {
  ...floats("f32"),
  ...conversions("f32", f32Conversion),
  ...loads("f32", f32Load),
};

/** IEEE binary64. */
export const f64: FloatInstructions<"f64"> & Conversions<"f64", typeof f64Conversion> & Loads<"f64", typeof f64Load> = {
  ...floats("f64"),
  ...conversions("f64", f64Conversion),
  ...loads("f64", f64Load),
};
