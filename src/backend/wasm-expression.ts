/**
 * Scalar expressions as WebAssembly instructions. float64 is f64, float32 is f32, the other dtypes are i32;
 * bool is 0 or 1 in one byte of memory. Conversions to integers saturate, NaN gives 0; integers wrap.
 */
import { call, conditional, f32, f32x4, f64, f64x2, i32, select } from "../../kernels/assembler/index.ts";
import type { Expression, FunctionBuilder, FunctionReference, Local } from "../../kernels/assembler/index.ts";
import { InvalidJaxpr } from "../error.ts";
import type { DType } from "../array/dtype.ts";
import { isFloat } from "../array/dtype.ts";
import type { ScalarExpression } from "../ir/lowering.ts";
import { expressionsIn, statementsIn, valuesOf } from "../compile/kernel-ir.ts";
import type { Statement } from "../compile/kernel-ir.ts";
import type { VectorFunction } from "./wasm-vector.ts";

type Scalar = "i32" | "f32" | "f64";
export type Variable = Local<Scalar>;
/** Takes float64 arguments; gives f64, or i32 where the caller wants an integer (the engine wraps it). */
export type Callee = FunctionReference<readonly "f64"[], "f64" | "i32">;
type F64 = Expression<"f64">;
type F32 = Expression<"f32">;
type I32 = Expression<"i32">;

export const wasmType = (dtype: DType): Scalar => (dtype === "float64" ? "f64" : dtype === "float32" ? "f32" : "i32");

/** An element in memory. */
export const loadAs = (dtype: DType, pointer: I32, offset: number): Expression<Scalar> => {
  if (dtype === "float64") return f64.load(pointer, offset);
  if (dtype === "float32") return f32.load(pointer, offset);
  return dtype === "bool" ? i32.load8_u(pointer, offset) : i32.load(pointer, offset);
};

const unsupported = (name: string, dtype: DType): InvalidJaxpr =>
  new InvalidJaxpr("compilation of an expression", `${name} of ${dtype}`, "Use a call of a scalar function for it");

/** bool arithmetic wraps at one byte, as its storage does. */
const inRange = (x: I32, dtype: DType): I32 => (dtype === "bool" ? i32.and(x, 255) : x);

const encodeUnary = (name: string, x: Expression<Scalar>, dtype: DType): Expression<Scalar> => {
  if (isFloat(dtype)) {
    if (name === "not") throw unsupported(name, dtype);
    const instruction = name as "neg" | "abs" | "sqrt" | "floor" | "ceil" | "trunc" | "nearest";
    return dtype === "float64" ? f64[instruction](x as F64) : f32[instruction](x as F32);
  }
  const value = x as I32;
  switch (name) {
    case "neg":
      return inRange(i32.sub(0, value), dtype);
    case "not":
      return dtype === "bool" ? i32.xor(value, 1) : i32.xor(value, -1);
    case "abs":
      // (x ^ s) - s with s = x >> 31: the smallest int32 stays itself.
      return dtype === "int32" ? i32.sub(i32.xor(value, i32.shr_s(value, 31)), i32.shr_s(value, 31)) : value;
    case "sqrt":
      throw unsupported(name, dtype);
    default:
      return value;
  }
};

/** x and y combined. */
export const encodeBinary = (
  name: string,
  x: Expression<Scalar>,
  y: Expression<Scalar>,
  dtype: DType,
): Expression<Scalar> => {
  if (isFloat(dtype)) {
    if (["and", "or", "xor", "shl", "shr"].includes(name)) throw unsupported(name, dtype);
    const instruction = name as "add" | "sub" | "mul" | "div" | "max" | "min";
    return dtype === "float64" ? f64[instruction](x as F64, y as F64) : f32[instruction](x as F32, y as F32);
  }
  const [left, right] = [x as I32, y as I32];
  switch (name) {
    case "max":
      return select(dtype === "int32" ? i32.gt_s(left, right) : i32.gt_u(left, right), left, right);
    case "min":
      return select(dtype === "int32" ? i32.lt_s(left, right) : i32.lt_u(left, right), left, right);
    case "shr":
      return dtype === "int32" ? i32.shr_s(left, right) : i32.shr_u(left, right);
    case "div":
      throw unsupported(name, dtype);
    default:
      return inRange(i32[name as "add" | "sub" | "mul" | "and" | "or" | "xor" | "shl"](left, right), dtype);
  }
};

const encodeComparison = (
  name: "eq" | "ne" | "lt" | "le" | "gt" | "ge",
  x: Expression<Scalar>,
  y: Expression<Scalar>,
  dtype: DType,
): I32 => {
  if (dtype === "float64") return f64[name](x as F64, y as F64);
  if (dtype === "float32") return f32[name](x as F32, y as F32);
  if (name === "eq" || name === "ne") return i32[name](x as I32, y as I32);
  return i32[`${name}_${dtype === "int32" ? "s" : "u"}`](x as I32, y as I32);
};

const encodeConversion = (x: Expression<Scalar>, from: DType, to: DType): Expression<Scalar> => {
  const isUnsigned = from === "uint32" || from === "bool";
  switch (to) {
    case "bool":
      return from === "float64" ? f64.ne(x as F64, 0) : from === "float32" ? f32.ne(x as F32, 0) : i32.ne(x as I32, 0);
    case "float64":
      if (isFloat(from)) return from === "float64" ? x : f64.promote_f32(x as F32);
      return isUnsigned ? f64.convert_i32_u(x as I32) : f64.convert_i32_s(x as I32);
    case "float32":
      if (isFloat(from)) return from === "float32" ? x : f32.demote_f64(x as F64);
      return isUnsigned ? f32.convert_i32_u(x as I32) : f32.convert_i32_s(x as I32);
    case "int32":
      if (!isFloat(from)) return x;
      return from === "float64" ? i32.trunc_sat_f64_s(x as F64) : i32.trunc_sat_f32_s(x as F32);
    case "uint32":
      if (!isFloat(from)) return x;
      return from === "float64" ? i32.trunc_sat_f64_u(x as F64) : i32.trunc_sat_f32_u(x as F32);
  }
};

const encodeConstant = (value: number, dtype: DType): Expression<Scalar> =>
  dtype === "float64"
    ? f64.const(value)
    : dtype === "float32"
      ? f32.const(value)
      : i32.const(dtype === "uint32" ? value >>> 0 : value | 0);

/** Calls in statements and values. */
export const callsIn = (
  body: readonly Statement[],
  values: readonly ScalarExpression[] = [],
): Extract<ScalarExpression, { readonly op: "call" }>[] =>
  [...statementsIn(body).flatMap(valuesOf), ...values]
    .flatMap(expressionsIn)
    .filter((expression) => expression.op === "call");

/** Number of calls in statements and values. */
export const callCount = (body: readonly Statement[], values: readonly ScalarExpression[] = []): number =>
  callsIn(body, values).length;

/** Calls of one loop whose instructions are written out; more of them would make functions long. */
export const mostCalls = 12;

/** How many vectors may compute so many calls side by side, which shares the constants of their functions: 1, 2 or 4. */
export const vectorsOfCalls = (calls: number): 1 | 2 | 4 =>
  4 * calls <= mostCalls ? 4 : 2 * calls <= mostCalls ? 2 : 1;

/** Functions that expressions call, as references of the module. */
export interface Callees {
  /** Takes float64 numbers; gives f64, or i32 where an integer is wanted (the engine wraps it). */
  readonly host: (name: string, arity: number, dtype: DType) => Callee;
  /** All lanes at once, of the dtype's own precision; undefined for what only the host has. */
  readonly elementary: (name: string, dtype: DType) => VectorFunction | undefined;
  /** The same, its instructions written into the function that needs the value. */
  readonly inline: (
    f: FunctionBuilder<"none">,
    name: string,
    dtype: DType,
    args: readonly Expression<"v128">[],
  ) => Expression<"v128">;
}

/** Lane 0 of an elementary function: the very instructions of the vector code, hence its bits. */
const encodeElementary = (
  callee: VectorFunction,
  args: readonly Expression<Scalar>[],
  dtype: DType,
): Expression<Scalar> =>
  dtype === "float64"
    ? f64x2.extract_lane(call(callee, ...args.map((x) => f64x2.splat(x as F64))), 0)
    : f32x4.extract_lane(call(callee, ...args.map((x) => f32x4.splat(x as F32))), 0);

const isAtom = ({ op }: ScalarExpression): boolean => op === "local" || op === "constant";

/** The expression as instructions. Expressions of one primitive are a few levels deep, so recursion is safe. */
export const encode = (
  expression: ScalarExpression,
  locals: readonly Variable[],
  callees: Callees,
): Expression<Scalar> => {
  const inner = (x: ScalarExpression): Expression<Scalar> => encode(x, locals, callees);
  const { dtype } = expression;
  switch (expression.op) {
    case "local":
      return locals[expression.index]!;
    case "constant":
      return encodeConstant(expression.value, dtype);
    case "unary":
      return encodeUnary(expression.name, inner(expression.x), dtype);
    case "binary":
      return encodeBinary(expression.name, inner(expression.x), inner(expression.y), dtype);
    case "compare":
      return encodeComparison(expression.name, inner(expression.x), inner(expression.y), expression.x.dtype);
    case "select": {
      // Both branches are evaluated by `select`, which is cheaper where there is nothing to evaluate.
      const choose = isAtom(expression.x) && isAtom(expression.y) ? select : conditional;
      return choose(inner(expression.condition) as I32, inner(expression.x), inner(expression.y));
    }
    case "convert":
      return encodeConversion(inner(expression.x), expression.x.dtype, dtype);
    case "call": {
      const known = callees.elementary(expression.function, dtype);
      if (known !== undefined) return encodeElementary(known, expression.args.map(inner), dtype);
      const args = expression.args.map((x) => encodeConversion(inner(x), x.dtype, "float64") as F64);
      const result = call(callees.host(expression.function, args.length, dtype), ...args) as Expression<Scalar>;
      return dtype === "float32"
        ? f32.demote_f64(result as F64)
        : dtype === "bool"
          ? i32.and(result as I32, 255)
          : result;
    }
  }
};
