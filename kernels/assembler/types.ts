/**
 * The vocabulary of the assembler: value types, expressions, variables, labels, functions.
 * An expression is plain immutable data whose type parameter is the WebAssembly type of its value,
 * hence adding an f64 to an i32 does not type-check.
 * Source: WebAssembly core specification 2.0, sections 2.3 (types) and 2.4 (instructions).
 */

/** WebAssembly value types that programs here may use. */
export type ValueType = "i32" | "i64" | "f32" | "f64" | "v128";

/** Result of a function: one value, or "none". */
export type ResultType = ValueType | "none";

/** What follows an opcode: nothing, an index or constant, a 64-bit constant, encoded bytes, or the variable meant. */
export type Immediate = undefined | number | bigint | readonly number[] | Local<ValueType>;

/**
 * A computation of one value: a recipe, not a value. It is evaluated where the statement that uses it stands,
 * and once for every use; `f.hold(expression)` evaluates it now and remembers the value.
 */
export interface Expression<out T extends ValueType> {
  readonly type: T;
  /** Opcode; prefixed opcodes are `prefix << 16 | opcode`. */
  readonly opcode: number;
  readonly operands: readonly Expression<ValueType>[];
  readonly immediate: Immediate;
}

/** Literals that stand for constants of each type. */
export interface Literals {
  readonly i32: number;
  readonly i64: bigint;
  readonly f32: number;
  readonly f64: number;
  readonly v128: never;
}

/** An expression, or a JavaScript literal that stands for a constant of that type. */
export type Operand<T extends ValueType> = Expression<T> | Literals[T];

/** A local variable or parameter of one function; used as an expression it is its current value. */
export interface Local<out T extends ValueType> extends Expression<T> {
  readonly opcode: 0x20;
  readonly immediate: number;
}

/** A mutable variable of the module instance; used as an expression it is its current value. */
export interface Global<out T extends ValueType> extends Expression<T> {
  readonly opcode: 0x23;
  readonly immediate: number;
}

/** A byte address with its constant part split off: pointer + offset, offset in bytes, perhaps negative. */
export interface Address {
  readonly pointer: Expression<"i32">;
  readonly offset: number;
}

/** What loads and stores take: an address, or an i32 expression or literal in bytes. */
export type AddressOperand = Address | Operand<"i32">;

/** A block or loop that encloses the statement being written; where a branch to it goes depends on which of the two it is. */
export interface Label {
  readonly depth: number;
}

/** An imported or defined function, as `call` wants it. */
export interface FunctionReference<
  P extends readonly ValueType[] = readonly ValueType[],
  R extends ResultType = ResultType,
> {
  readonly name: string;
  readonly index: number;
  readonly params: P;
  readonly result: R;
}

/** Arguments of a call: an operand per parameter. */
export type Arguments<P extends readonly ValueType[]> = { readonly [K in keyof P]: Operand<P[K]> };

/** Parameters as the body of a function sees them. */
export type ParameterLocals<P extends readonly ValueType[]> = { readonly [K in keyof P]: Local<P[K]> };

/** Encoding of each value type. */
export const valueTypeCode: Readonly<Record<ResultType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
  none: 0x40,
};
