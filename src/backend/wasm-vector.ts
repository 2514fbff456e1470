/**
 * Vector code: scalar expressions on the lanes of v128. A loop has as many lanes as fit its widest dtype: two where float64
 * takes part, else four; 32-bit values then fill the lower half of a vector. A bool is a mask, all ones or all zeros in
 * lanes of 32 or 64 bits, as wide as what was compared. Every lane gets the bits that the scalar code gives.
 */
import { call, f32, f32x4, f64, f64x2, i32, i32x4, i64x2, i8x16, v128 } from "../../kernels/assembler/index.ts";
import type { Expression, FunctionReference } from "../../kernels/assembler/index.ts";
import type { DType } from "../array/dtype.ts";
import { isFloat } from "../array/dtype.ts";
import type { BinaryName, CompareName, ScalarExpression, UnaryName } from "../ir/lowering.ts";
import { statementsIn, valuesOf } from "../compile/kernel-ir.ts";
import type { Statement } from "../compile/kernel-ir.ts";

export type Vector = Expression<"v128">;
export type VectorFunction = FunctionReference<readonly "v128"[], "v128">;
type Width = 32 | 64;
export type Lanes = 2 | 4;

/** A value in all lanes; `width` of a bool says how wide its masks are. */
export interface LaneValue {
  readonly vector: Vector;
  readonly width: Width;
}

const widthOf = (dtype: DType): Width => (dtype === "float64" ? 64 : 32);

// --- What can be written ----------------------------------------------------------------------

const unaryOfFloats: readonly UnaryName[] = ["neg", "abs", "sqrt", "floor", "ceil", "trunc"];
const binaryOfFloats: readonly BinaryName[] = ["add", "sub", "mul", "div", "max", "min"];
const binaryOfIntegers: readonly BinaryName[] = ["add", "sub", "mul", "max", "min", "and", "or", "xor"];
const binaryOfBools: readonly BinaryName[] = ["and", "or", "xor", "max", "min", "mul"];

/** Whether lanes can compute the expression; the others stay scalar. */
export const isVectorizable = (expression: ScalarExpression): boolean => {
  const { dtype } = expression;
  switch (expression.op) {
    case "local":
    case "constant":
      return true;
    case "unary":
      return (
        isVectorizable(expression.x) &&
        (isFloat(dtype) ? unaryOfFloats.includes(expression.name) : dtype !== "bool" || expression.name === "not")
      );
    case "binary": {
      const names = isFloat(dtype) ? binaryOfFloats : dtype === "bool" ? binaryOfBools : binaryOfIntegers;
      const { name, x, y } = expression;
      const isShift = (name === "shl" || name === "shr") && y.op === "constant" && !isFloat(dtype) && dtype !== "bool";
      return (isShift || names.includes(name)) && isVectorizable(x) && isVectorizable(y);
    }
    case "compare":
      return isVectorizable(expression.x) && isVectorizable(expression.y);
    case "select":
      return [expression.condition, expression.x, expression.y].every(isVectorizable);
    case "convert":
      return isVectorizable(expression.x);
    case "call":
      return isFloat(dtype) && expression.args.every((x) => isFloat(x.dtype) && isVectorizable(x));
  }
};

const dtypesOf = (expression: ScalarExpression, found: Set<DType>): void => {
  found.add(expression.dtype);
  switch (expression.op) {
    case "unary":
    case "convert":
      return dtypesOf(expression.x, found);
    case "binary":
    case "compare":
      dtypesOf(expression.x, found);
      return dtypesOf(expression.y, found);
    case "select":
      dtypesOf(expression.condition, found);
      dtypesOf(expression.x, found);
      return dtypesOf(expression.y, found);
    case "call":
      return expression.args.forEach((x) => dtypesOf(x, found));
    case "local":
    case "constant":
  }
};

/** Lanes of a loop over these statements, which may hold loops and runs, and over further values. */
export const lanesOf = (body: readonly Statement[], values: readonly ScalarExpression[] = []): Lanes => {
  const found = new Set<DType>();
  for (const value of values) dtypesOf(value, found);
  for (const statement of statementsIn(body)) {
    for (const value of valuesOf(statement)) dtypesOf(value, found);
    if (statement.kind === "load" || statement.kind === "store") found.add(statement.access.dtype);
  }
  return found.has("float64") ? 2 : 4;
};

// --- Masks and constants ----------------------------------------------------------------------

const lowerHalves = [0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11];

/** The value; a mask with lanes of the width wanted. */
export const ofWidth = ({ vector, width }: LaneValue, wanted: Width): Vector => {
  if (width === wanted) return vector;
  return wanted === 64 ? i64x2.extend_low_i32x4_s(vector) : i8x16.shuffle(vector, vector, lowerHalves);
};

const repeated = (bytes: Uint8Array): number[] => Array.from({ length: 16 }, (_, k) => bytes[k % bytes.length]!);

/** The number in all lanes. */
export const encodeConstant = (value: number, dtype: DType): Vector => {
  const bytes = new Uint8Array(dtype === "float64" ? 8 : 4);
  const view = new DataView(bytes.buffer);
  if (dtype === "float64") view.setFloat64(0, value, true);
  else if (dtype === "float32") view.setFloat32(0, value, true);
  else if (dtype === "bool") view.setInt32(0, value === 0 ? 0 : -1, true);
  else view.setInt32(0, value | 0, true);
  return v128.const(repeated(bytes));
};

const zeros: Vector = v128.const(new Uint8Array(16));

// --- Expressions ------------------------------------------------------------------------------

const encodeUnary = (name: UnaryName, x: Vector, dtype: DType): Vector => {
  if (name === "not") return v128.not(x);
  if (dtype === "float64") return f64x2[name](x);
  if (dtype === "float32") return f32x4[name](x);
  if (name === "neg") return i32x4.neg(x);
  return name === "abs" && dtype === "int32" ? i32x4.abs(x) : x;
};

/** x and y combined lane by lane. */
export const encodeBinary = (name: BinaryName, x: Vector, y: Vector, dtype: DType): Vector => {
  if (dtype === "float64" || dtype === "float32") {
    const instruction = name as "add" | "sub" | "mul" | "div" | "max" | "min";
    return dtype === "float64" ? f64x2[instruction](x, y) : f32x4[instruction](x, y);
  }
  const isSigned = dtype === "int32";
  switch (name) {
    case "max":
      return dtype === "bool" ? v128.or(x, y) : isSigned ? i32x4.max_s(x, y) : i32x4.max_u(x, y);
    case "min":
      return dtype === "bool" ? v128.and(x, y) : isSigned ? i32x4.min_s(x, y) : i32x4.min_u(x, y);
    case "mul":
      return dtype === "bool" ? v128.and(x, y) : i32x4.mul(x, y);
    case "and":
      return v128.and(x, y);
    case "or":
      return v128.or(x, y);
    case "xor":
      return v128.xor(x, y);
    default:
      return i32x4[name as "add" | "sub"](x, y);
  }
};

const encodeShift = (name: BinaryName, x: Vector, count: number, dtype: DType): Vector =>
  name === "shl" ? i32x4.shl(x, count) : dtype === "int32" ? i32x4.shr_s(x, count) : i32x4.shr_u(x, count);

const encodeComparison = (name: CompareName, x: Vector, y: Vector, dtype: DType): Vector => {
  if (dtype === "float64") return f64x2[name](x, y);
  if (dtype === "float32") return f32x4[name](x, y);
  if (name === "eq" || name === "ne") return i32x4[name](x, y);
  // As numbers masks are 0 and -1, hence compared without sign.
  return i32x4[`${name}_${dtype === "int32" ? "s" : "u"}`](x, y);
};

/** A bool as 0 and 1 of the dtype. */
const numberOf = (x: LaneValue, to: DType): Vector => v128.and(ofWidth(x, widthOf(to)), encodeConstant(1, to));

const toFloat64 = (x: Vector, from: DType): Vector =>
  from === "float32"
    ? f64x2.promote_low_f32x4(x)
    : from === "int32"
      ? f64x2.convert_low_i32x4_s(x)
      : f64x2.convert_low_i32x4_u(x);

const toFloat32 = (x: Vector, from: DType): Vector =>
  from === "float64"
    ? f32x4.demote_f64x2_zero(x)
    : from === "int32"
      ? f32x4.convert_i32x4_s(x)
      : f32x4.convert_i32x4_u(x);

const toInteger = (x: Vector, from: DType, isSigned: boolean): Vector => {
  if (from === "float64") return isSigned ? i32x4.trunc_sat_f64x2_s_zero(x) : i32x4.trunc_sat_f64x2_u_zero(x);
  if (from === "float32") return isSigned ? i32x4.trunc_sat_f32x4_s(x) : i32x4.trunc_sat_f32x4_u(x);
  return x;
};

const encodeConversion = (x: LaneValue, from: DType, to: DType): LaneValue => {
  if (from === to) return x;
  const { vector } = x;
  if (from === "bool") return { vector: numberOf(x, to), width: widthOf(to) };
  switch (to) {
    case "bool":
      return { vector: encodeComparison("ne", vector, zeros, from), width: widthOf(from) };
    case "float64":
      return { vector: toFloat64(vector, from), width: 64 };
    case "float32":
      return { vector: toFloat32(vector, from), width: 32 };
    case "int32":
    case "uint32":
      return { vector: toInteger(vector, from, to === "int32"), width: 32 };
  }
};

/** What expressions of one loop refer to. */
export interface VectorScope {
  readonly lanes: Lanes;
  /** Locals by number. */
  readonly local: (index: number) => LaneValue;
  /** The function that computes all lanes of an elementary function. */
  readonly elementary: (name: string, dtype: DType) => VectorFunction | undefined;
  /** A host function of float64 numbers. */
  readonly host: (name: string, arity: number, dtype: DType) => FunctionReference<readonly "f64"[], "f64" | "i32">;
  /** Keeps a value that is read more than once. */
  readonly hold: (value: Vector) => Vector;
}

/** Lane by lane, by the host. */
const encodeHostCall = (
  expression: Extract<ScalarExpression, { readonly op: "call" }>,
  args: readonly Vector[],
  scope: VectorScope,
): Vector => {
  const { dtype } = expression;
  const callee = scope.host(expression.function, args.length, dtype);
  const held = args.map(scope.hold);
  const numbers = (lane: number): Expression<"f64">[] =>
    held.map((vector, k) =>
      expression.args[k]!.dtype === "float64"
        ? f64x2.extract_lane(vector, lane)
        : f64.promote_f32(f32x4.extract_lane(vector, lane)),
    );
  let result = zeros;
  for (let lane = 0; lane < scope.lanes; lane++) {
    const value = call(callee, ...numbers(lane)) as Expression<"f64">;
    result =
      dtype === "float64"
        ? f64x2.replace_lane(result, lane, value)
        : f32x4.replace_lane(result, lane, f32.demote_f64(value));
  }
  return result;
};

/** The expression in all lanes; it must be vectorizable. */
export const encodeLanes = (expression: ScalarExpression, scope: VectorScope): LaneValue => {
  const inner = (x: ScalarExpression): LaneValue => encodeLanes(x, scope);
  const { dtype } = expression;
  const width = widthOf(dtype);
  switch (expression.op) {
    case "local":
      return scope.local(expression.index);
    case "constant":
      return { vector: encodeConstant(expression.value, dtype), width };
    case "unary": {
      const x = inner(expression.x);
      return { vector: encodeUnary(expression.name, x.vector, dtype), width: x.width };
    }
    case "binary": {
      const { name, y } = expression;
      const x = inner(expression.x);
      if ((name === "shl" || name === "shr") && y.op === "constant")
        return { vector: encodeShift(name, x.vector, y.value, dtype), width };
      const right = inner(y);
      const common = dtype === "bool" && (x.width === 32 || right.width === 32) ? 32 : x.width;
      return { vector: encodeBinary(name, ofWidth(x, common), ofWidth(right, common), dtype), width: common };
    }
    case "compare": {
      const [x, y] = [inner(expression.x), inner(expression.y)];
      const from = expression.x.dtype;
      const common = from === "bool" ? 32 : widthOf(from);
      return { vector: encodeComparison(expression.name, ofWidth(x, common), ofWidth(y, common), from), width: common };
    }
    case "select": {
      const [condition, x, y] = [inner(expression.condition), inner(expression.x), inner(expression.y)];
      const common = dtype === "bool" ? 32 : width;
      const vector = v128.bitselect(ofWidth(x, common), ofWidth(y, common), ofWidth(condition, common));
      return { vector, width: common };
    }
    case "convert":
      return encodeConversion(inner(expression.x), expression.x.dtype, dtype);
    case "call": {
      const args = expression.args.map((x) => inner(x).vector);
      const known = scope.elementary(expression.function, dtype);
      return { vector: known === undefined ? encodeHostCall(expression, args, scope) : call(known, ...args), width };
    }
  }
};

// --- Memory -----------------------------------------------------------------------------------

const absent = 16;
/** Bytes 0..3 to the lowest byte of each 32-bit lane. */
const spreadBytes = [0, 1, 2, 3].flatMap((k) => [k, absent, absent, absent]);
const gatherBytes = [0, 4, 8, 12, ...Array.from({ length: 12 }, () => absent)];

/** Neighbouring elements, one for each lane. */
export const loadLanes = (dtype: DType, pointer: Expression<"i32">, offset: number, lanes: Lanes): LaneValue => {
  if (dtype === "bool") {
    const bytes = lanes === 4 ? i32.load(pointer, offset) : i32.load16_u(pointer, offset);
    return { vector: i32x4.ne(i8x16.shuffle(i32x4.splat(bytes), zeros, spreadBytes), zeros), width: 32 };
  }
  const isHalf = lanes === 2 && dtype !== "float64";
  return { vector: isHalf ? v128.load64_zero(pointer, offset) : v128.load(pointer, offset), width: widthOf(dtype) };
};

/** One element in all lanes. */
export const splatLanes = (dtype: DType, value: Expression<"i32" | "f32" | "f64">): LaneValue => {
  if (dtype === "float64") return { vector: f64x2.splat(value as Expression<"f64">), width: 64 };
  if (dtype === "float32") return { vector: f32x4.splat(value as Expression<"f32">), width: 32 };
  const splat = i32x4.splat(value as Expression<"i32">);
  return { vector: dtype === "bool" ? i32x4.ne(splat, zeros) : splat, width: 32 };
};

export interface StoreStatements {
  readonly store: (address: Expression<"i32">, value: Vector, offset?: number) => void;
  readonly storeLane: (bits: 16 | 32 | 64, address: Expression<"i32">, vector: Vector, lane: number) => void;
}

/** What `loadLanes` reads back. */
export const bytesOfBools = (x: LaneValue): Vector =>
  i8x16.shuffle(v128.and(ofWidth(x, 32), encodeConstant(1, "int32")), zeros, gatherBytes);
