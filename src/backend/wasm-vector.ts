/**
 * Vector code: scalar expressions on many lanes, a value as a list of vectors. A bool is a mask, all ones or all zeros in
 * lanes of 32 or 64 bits, as wide as what was compared. Every lane gets the bits of the scalar code.
 */
import { call, f32, f32x4, f64, f64x2, i32x4, i64x2, i8x16, v128 } from "../../kernels/assembler/index.ts";
import type { Expression, FunctionReference } from "../../kernels/assembler/index.ts";
import type { DType } from "../array/dtype.ts";
import type { BinaryName, CompareName, ScalarExpression, UnaryName } from "../ir/lowering.ts";
import { vectorCount, widthOf } from "./wasm-lane-count.ts";
import type { Width } from "./wasm-lane-count.ts";

export type Vector = Expression<"v128">;
export type VectorFunction = FunctionReference<readonly "v128"[], "v128">;
/** A value in all lanes; `width` of a bool says how wide its masks are. */
export interface LaneValue {
  readonly vectors: readonly Vector[];
  readonly width: Width;
}

// --- Masks and constants ----------------------------------------------------------------------

const bytesOfLanes = (bytes: number, ...lanes: readonly number[]): number[] =>
  lanes.flatMap((lane) => Array.from({ length: bytes }, (_, k) => lane * bytes + k));
const evenLanes = bytesOfLanes(4, 0, 2, 4, 6);
const lowerHalves = bytesOfLanes(8, 0, 2);
const upperHalf = bytesOfLanes(8, 1, 1);

/** Lanes 2 and 3 of 32 bits as lanes 0 and 1. */
export const upperLanes = (x: Vector): Vector => i8x16.shuffle(x, x, upperHalf);

/** Vectors of 64-bit lanes, two for each of 32-bit lanes, or one where only two lanes are in use. */
const widened = (
  vectors: readonly Vector[],
  lanes: number,
  low: (x: Vector) => Vector,
  high: (x: Vector) => Vector,
): Vector[] => vectors.flatMap((x) => (lanes === 2 ? [low(x)] : [low(x), high(x)]));

/** Vectors of 32-bit lanes, one for every two of 64-bit lanes. */
const narrowed = (
  vectors: readonly Vector[],
  lanes: number,
  join: (x: Vector, y: Vector) => Vector,
  alone: (x: Vector) => Vector,
): Vector[] =>
  lanes === 2
    ? vectors.map(alone)
    : Array.from({ length: vectors.length / 2 }, (_, k) => join(vectors[2 * k]!, vectors[2 * k + 1]!));

/** The value; a mask with lanes of the width wanted. */
export const ofWidth = ({ vectors, width }: LaneValue, wanted: Width, lanes: number): readonly Vector[] => {
  if (width === wanted) return vectors;
  return wanted === 64
    ? widened(vectors, lanes, i64x2.extend_low_i32x4_s, i64x2.extend_high_i32x4_s)
    : narrowed(
        vectors,
        lanes,
        (x, y) => i8x16.shuffle(x, y, evenLanes),
        (x) => i8x16.shuffle(x, x, evenLanes),
      );
};

const repeated = (bytes: Uint8Array): number[] => Array.from({ length: 16 }, (_, k) => bytes[k % bytes.length]!);

/** The number in all lanes of a vector. */
export const encodeConstant = (value: number, dtype: DType): Vector => {
  const bytes = new Uint8Array(dtype === "float64" ? 8 : 4);
  const view = new DataView(bytes.buffer);
  if (dtype === "float64") view.setFloat64(0, value, true);
  else if (dtype === "float32") view.setFloat32(0, value, true);
  else if (dtype === "bool") view.setInt32(0, value === 0 ? 0 : -1, true);
  else view.setInt32(0, value | 0, true);
  return v128.const(repeated(bytes));
};

export const zeros: Vector = v128.const(new Uint8Array(16));

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

type Shift = (x: Vector, count: number) => Vector;

const shiftOf = (name: BinaryName, dtype: DType): Shift =>
  name === "shl" ? i32x4.shl : dtype === "int32" ? i32x4.shr_s : i32x4.shr_u;

/** Every lane shifted by its own count modulo 32: by powers of two, where the count has that bit. */
const shiftByLanes = (shift: Shift, x: Vector, count: Vector, hold: (value: Vector) => Vector): Vector => {
  const counts = hold(count);
  let shifted = x;
  for (let bit = 0; bit < 5; bit++) {
    const before = hold(shifted);
    const hasBit = i32x4.shr_s(i32x4.shl(counts, 31 - bit), 31);
    shifted = v128.bitselect(shift(before, 2 ** bit), before, hasBit);
  }
  return shifted;
};

const encodeComparison = (name: CompareName, x: Vector, y: Vector, dtype: DType): Vector => {
  if (dtype === "float64") return f64x2[name](x, y);
  if (dtype === "float32") return f32x4[name](x, y);
  if (name === "eq" || name === "ne") return i32x4[name](x, y);
  // As numbers masks are 0 and -1, hence compared without sign.
  return i32x4[`${name}_${dtype === "int32" ? "s" : "u"}`](x, y);
};

const toFloat64 = (x: Vector, from: DType): Vector =>
  from === "float32"
    ? f64x2.promote_low_f32x4(x)
    : from === "int32"
      ? f64x2.convert_low_i32x4_s(x)
      : f64x2.convert_low_i32x4_u(x);

/** Two lanes of float64 as the lower two of 32 bits. */
const fromFloat64 = (x: Vector, to: DType): Vector =>
  to === "float32"
    ? f32x4.demote_f64x2_zero(x)
    : to === "int32"
      ? i32x4.trunc_sat_f64x2_s_zero(x)
      : i32x4.trunc_sat_f64x2_u_zero(x);

/** Between 32-bit numbers. */
const between = (x: Vector, from: DType, to: DType): Vector => {
  if (to === "float32") return from === "int32" ? f32x4.convert_i32x4_s(x) : f32x4.convert_i32x4_u(x);
  if (from !== "float32") return x;
  return to === "int32" ? i32x4.trunc_sat_f32x4_s(x) : i32x4.trunc_sat_f32x4_u(x);
};

/** What expressions of one loop refer to. */
export interface VectorScope {
  readonly lanes: number;
  /** Locals by number. */
  readonly local: (index: number) => LaneValue;
  /** An elementary function of vectors; undefined for what only the host has. */
  readonly elementary: (name: string, dtype: DType) => ((args: readonly Vector[]) => Vector) | undefined;
  /** A host function of float64 numbers. */
  readonly host: (name: string, arity: number, dtype: DType) => FunctionReference<readonly "f64"[], "f64" | "i32">;
  /** Keeps a value that is read more than once. */
  readonly hold: (value: Vector) => Vector;
}

const encodeConversion = (x: LaneValue, from: DType, to: DType, { lanes, hold }: VectorScope): LaneValue => {
  if (from === to) return x;
  const width = widthOf(to);
  if (from === "bool") {
    const one = encodeConstant(1, to);
    return { vectors: ofWidth(x, width, lanes).map((mask) => v128.and(mask, one)), width };
  }
  if (to === "bool")
    return { vectors: x.vectors.map((vector) => encodeComparison("ne", vector, zeros, from)), width: x.width };
  if (to === "float64") {
    const held = lanes === 2 ? x.vectors : x.vectors.map(hold);
    const high = (vector: Vector): Vector => toFloat64(upperLanes(vector), from);
    return { vectors: widened(held, lanes, (vector) => toFloat64(vector, from), high), width };
  }
  if (from !== "float64") return { vectors: x.vectors.map((vector) => between(vector, from, to)), width };
  const join = (low: Vector, high: Vector): Vector =>
    i8x16.shuffle(fromFloat64(low, to), fromFloat64(high, to), lowerHalves);
  return { vectors: narrowed(x.vectors, lanes, join, (vector) => fromFloat64(vector, to)), width };
};

/** A lane as a number of the dtype. */
export const laneOf = ({ vectors }: LaneValue, lane: number, dtype: DType): Expression<"i32" | "f32" | "f64"> => {
  const perVector = dtype === "float64" ? 2 : 4;
  const [vector, own] = [vectors[Math.floor(lane / perVector)]!, lane % perVector];
  if (dtype === "float64") return f64x2.extract_lane(vector, own);
  return dtype === "float32" ? f32x4.extract_lane(vector, own) : i32x4.extract_lane(vector, own);
};

const asFloat64 = (x: Expression<"i32" | "f32" | "f64">, dtype: DType): Expression<"f64"> => {
  if (dtype === "float64") return x as Expression<"f64">;
  if (dtype === "float32") return f64.promote_f32(x as Expression<"f32">);
  return dtype === "int32" ? f64.convert_i32_s(x as Expression<"i32">) : f64.convert_i32_u(x as Expression<"i32">);
};

type Call = Extract<ScalarExpression, { readonly op: "call" }>;

/** Lane by lane, by the host. */
const encodeHostCall = ({ function: name, args, dtype }: Call, values: readonly LaneValue[], scope: VectorScope) => {
  const callee = scope.host(name, args.length, dtype);
  const held = values.map(({ vectors, width }) => ({ vectors: vectors.map(scope.hold), width }));
  const width = widthOf(dtype);
  const count = vectorCount(width, scope.lanes);
  const perVector = scope.lanes / count;
  const vectors = Array.from({ length: count }, (_, k) => {
    let result = zeros;
    for (let own = 0; own < perVector; own++) {
      const numbers = held.map((value, a) => {
        const from = args[a]!.dtype;
        return asFloat64(laneOf(value, k * perVector + own, from), from);
      });
      const value = call(callee, ...numbers) as Expression<"f64" | "i32">;
      if (dtype === "float64") result = f64x2.replace_lane(result, own, value as Expression<"f64">);
      else if (dtype === "float32")
        result = f32x4.replace_lane(result, own, f32.demote_f64(value as Expression<"f64">));
      else result = i32x4.replace_lane(result, own, value as Expression<"i32">);
    }
    return result;
  });
  return { vectors, width };
};

const encodeCall = (expression: Call, args: readonly LaneValue[], scope: VectorScope): LaneValue => {
  const { dtype } = expression;
  const known = scope.elementary(expression.function, dtype);
  if (known === undefined) return encodeHostCall(expression, args, scope);
  const vectors = args[0]!.vectors.map((_, k) => known(args.map((x) => x.vectors[k]!)));
  return { vectors, width: widthOf(dtype) };
};

/** The expression in all lanes; it must be vectorizable. */
export const encodeLanes = (expression: ScalarExpression, scope: VectorScope): LaneValue => {
  const inner = (x: ScalarExpression): LaneValue => encodeLanes(x, scope);
  const { lanes } = scope;
  const { dtype } = expression;
  const width = widthOf(dtype);
  /** Values of one width, vector by vector. */
  const zipped = (
    values: readonly LaneValue[],
    common: Width,
    f: (...vectors: [Vector, Vector, Vector]) => Vector,
  ): LaneValue => {
    const lists = values.map((value) => ofWidth(value, common, lanes));
    return {
      vectors: lists[0]!.map((_, k) => f(...(lists.map((list) => list[k]!) as [Vector, Vector, Vector]))),
      width: common,
    };
  };
  switch (expression.op) {
    case "local":
      return scope.local(expression.index);
    case "constant":
      return {
        vectors: new Array<Vector>(vectorCount(width, lanes)).fill(encodeConstant(expression.value, dtype)),
        width,
      };
    case "unary": {
      const x = inner(expression.x);
      return zipped([x], x.width, (vector) => encodeUnary(expression.name, vector, dtype));
    }
    case "binary": {
      const { name, y } = expression;
      const x = inner(expression.x);
      if (name === "shl" || name === "shr") {
        const shift = shiftOf(name, dtype);
        return y.op === "constant"
          ? zipped([x], width, (vector) => shift(vector, y.value))
          : zipped([x, inner(y)], width, (vector, count) => shiftByLanes(shift, vector, count, scope.hold));
      }
      const right = inner(y);
      const common = dtype === "bool" && (x.width === 32 || right.width === 32) ? 32 : x.width;
      return zipped([x, right], common, (a, b) => encodeBinary(name, a, b, dtype));
    }
    case "compare": {
      const from = expression.x.dtype;
      const common = from === "bool" ? 32 : widthOf(from);
      return zipped([inner(expression.x), inner(expression.y)], common, (x, y) =>
        encodeComparison(expression.name, x, y, from),
      );
    }
    case "select": {
      const values = [inner(expression.x), inner(expression.y), inner(expression.condition)];
      return zipped(values, dtype === "bool" ? 32 : width, v128.bitselect);
    }
    case "convert":
      return encodeConversion(inner(expression.x), expression.x.dtype, dtype, scope);
    case "call":
      return encodeCall(expression, expression.args.map(inner), scope);
  }
};
