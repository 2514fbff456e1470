/**
 * Shared parts of elementwise primitives: loops of the interpreter, type rules, jvp by operand.
 * Operands have equal shapes and dtypes here; broadcasting and promotion live in the numpy library.
 */
import { scalarOf } from "../kernels/elementary/index.ts";
import { mapOne, mapTwo } from "../kernels/elementwise.ts";
import type { BinaryLoop, UnaryLoop } from "../kernels/elementwise.ts";
import { DTypeMismatch, ShapeMismatch } from "../src/error.ts";
import { isFloat, isInteger } from "../src/array/dtype.ts";
import { allocate } from "../src/array/storage.ts";
import type { DType } from "../src/array/dtype.ts";
import { bufferOf, fromBuffer, repeated, repeatedValue } from "../src/array/ndarray.ts";
import type { ConcreteArray, NDArray } from "../src/array/ndarray.ts";
import { sameShape } from "../src/array/shape.ts";
import type { Aval } from "../src/ir/aval.ts";
import { showAval } from "../src/ir/aval.ts";
import type { NoParams } from "../src/ir/define.ts";
import { isZero, zero } from "../src/ir/primitive.ts";
import type { Domain, LawCase, Pick, Tangent, TypeOf } from "../src/ir/primitive.ts";

/** The interpreter loop of a function of one element; the result may have another dtype. */
export const mapUnary = (f: (x: number) => number, x: ConcreteArray, dtype: DType = x.dtype): ConcreteArray => {
  const value = repeatedValue(x);
  if (value !== undefined) return repeated(f(value), x.shape, dtype);
  const source = bufferOf(x);
  const out = allocate(dtype, source.length);
  mapOne(f, source, out);
  return fromBuffer(out, x.shape, dtype);
};

/** The interpreter loop of a function of two elements; the result may have another dtype. */
export const mapBinary = (
  f: (x: number, y: number) => number,
  x: ConcreteArray,
  y: ConcreteArray,
  dtype: DType = x.dtype,
): ConcreteArray => {
  const [first, second] = [repeatedValue(x), repeatedValue(y)];
  if (first !== undefined && second !== undefined) return repeated(f(first, second), x.shape, dtype);
  const left = bufferOf(x);
  const out = allocate(dtype, left.length);
  mapTwo(f, left, bufferOf(y), out);
  return fromBuffer(out, x.shape, dtype);
};

/** As `mapUnary`, by the loop of an operation on floats and integers. */
export const applyUnary = ({ scalar, loop }: UnaryLoop, x: ConcreteArray): ConcreteArray => {
  const value = repeatedValue(x);
  if (value !== undefined) return repeated(scalar(value), x.shape, x.dtype);
  const source = bufferOf(x);
  const out = allocate(x.dtype, source.length);
  loop(source, out);
  return fromBuffer(out, x.shape, x.dtype);
};

/** As `mapBinary`, by the loop of an operation on floats and integers. */
export const applyBinary = (
  { scalar, loop }: BinaryLoop,
  x: ConcreteArray,
  y: ConcreteArray,
  dtype: DType = x.dtype,
): ConcreteArray => {
  const [first, second] = [repeatedValue(x), repeatedValue(y)];
  if (first !== undefined && second !== undefined) return repeated(scalar(first, second), x.shape, dtype);
  const left = bufferOf(x);
  const out = allocate(dtype, left.length);
  loop(left, bufferOf(y), out);
  return fromBuffer(out, x.shape, dtype);
};

/** The interpreter loop of an elementary function, in the precision of its operands. */
export const mapElementary = (name: string, x: ConcreteArray, y?: ConcreteArray): ConcreteArray => {
  const f = scalarOf(name, x.dtype === "float32" ? "float32" : "float64");
  return y === undefined ? mapUnary(f, x) : mapBinary(f, x, y);
};

/** The type of a result like its operand, which must be float. @throws DTypeMismatch */
export const requireFloat = (name: string, x: Aval): TypeOf => {
  if (!isFloat(x.dtype)) throw new DTypeMismatch(name, showAval(x), "Give floats: convert with astype");
  return { shape: x.shape, dtype: x.dtype };
};

/** The type of a result like its operand, which must be float or integer. @throws DTypeMismatch */
export const requireNumber = (name: string, x: Aval): TypeOf => {
  if (!isFloat(x.dtype) && !isInteger(x.dtype))
    throw new DTypeMismatch(name, showAval(x), "Give numbers: convert booleans with astype");
  return { shape: x.shape, dtype: x.dtype };
};

/** Equal shapes and dtypes. */
export const requireEqual = (name: string, operands: readonly Aval[]): TypeOf => {
  const first = operands[0]!;
  for (const other of operands) {
    if (!sameShape(first.shape, other.shape))
      throw new ShapeMismatch(
        name,
        operands.map(showAval).join(" and "),
        "Primitives take equal shapes; the functions of cotangent/numpy broadcast",
      );
    if (first.dtype !== other.dtype)
      throw new DTypeMismatch(
        name,
        operands.map(showAval).join(" and "),
        "Primitives take equal dtypes; the functions of cotangent/numpy promote",
      );
  }
  return { shape: first.shape, dtype: first.dtype };
};

/** Equal shapes and dtypes, which must be float. @throws DTypeMismatch, ShapeMismatch */
export const requireEqualFloats = (name: string, operands: readonly Aval[]): TypeOf => {
  requireFloat(name, operands[0]!);
  return requireEqual(name, operands);
};

/** Equal shapes and dtypes, which must be float or integer. @throws DTypeMismatch, ShapeMismatch */
export const requireEqualNumbers = (name: string, operands: readonly Aval[]): TypeOf => {
  requireNumber(name, operands[0]!);
  return requireEqual(name, operands);
};

type Partial1 = (tangent: NDArray, x: NDArray, out: NDArray) => NDArray;

/** jvp of y = f(x) from its derivative times the tangent; `out` is f(x), computed once. */
export const unaryJvp =
  (call: (x: NDArray) => NDArray, partial: Partial1) =>
  ([x]: readonly NDArray[], [dx]: readonly Tangent[]): readonly [NDArray, Tangent] => {
    const out = call(x!);
    return [out, partial(dx as NDArray, x!, out)];
  };

type Partial2 = (tangent: NDArray, x: NDArray, y: NDArray, out: NDArray) => NDArray;

/** jvp of f(x, y) as the sum of the parts whose tangent is not zero. `add` adds two tangents. */
export const binaryJvp =
  (
    call: (x: NDArray, y: NDArray) => NDArray,
    add: (x: NDArray, y: NDArray) => NDArray,
    left: Partial2,
    right: Partial2,
  ) =>
  ([x, y]: readonly NDArray[], [dx, dy]: readonly Tangent[]): readonly [NDArray, Tangent] => {
    const out = call(x!, y!);
    const parts: NDArray[] = [];
    if (!isZero(dx)) parts.push(left(dx as NDArray, x!, y!, out));
    if (!isZero(dy)) parts.push(right(dy as NDArray, x!, y!, out));
    return [out, parts.length === 0 ? zero(out) : parts.reduce((sum, part) => add(sum, part))];
  };

/** Sample for elementwise laws: operands of one random shape over the given domains. */
export const sampleElementwise =
  <P>(params: (pick: Pick) => P, ...domains: readonly Domain[]) =>
  (pick: Pick): LawCase<P> => {
    const shape = pick.shape({ maxRank: 3 });
    return { inputs: domains.map((domain) => ({ shape, dtype: "float64", domain })), params: params(pick) };
  };

/** The parameters of a primitive without any, for law samples. */
export const noParameters = (): NoParams => ({});
