/**
 * Comparison family: eq ne lt le gt ge, the bits not and or xor, and the choices select and keepWhere.
 * Operands have equal shapes and dtypes. Comparisons give bool and follow IEEE 754: NaN is unequal to
 * everything, -0 equals 0; they and the bits are piecewise constant. The choices are linear in their branches,
 * and the branch not taken gets an exact zero tangent and cotangent; what its own rule makes of a zero
 * cotangent (0 * infinity) is its business.
 */
import {
  choose,
  conjunction,
  disjunction,
  equality,
  exclusion,
  greater,
  greaterOrEqual,
  inequality,
  keep,
  less,
  lessOrEqual,
} from "../kernels/elementwise.ts";
import type { BinaryLoop } from "../kernels/elementwise.ts";
import { DTypeMismatch, ShapeMismatch } from "../src/error.ts";
import { isFloat } from "../src/array/dtype.ts";
import { allocate } from "../src/array/storage.ts";
import type { DType } from "../src/array/dtype.ts";
import { bufferOf, fromBuffer, repeated, repeatedValue } from "../src/array/ndarray.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { sameShape } from "../src/array/shape.ts";
import type { Aval } from "../src/ir/aval.ts";
import { showAval } from "../src/ir/aval.ts";
import { definePrimitive } from "../src/ir/define.ts";
import type { NoParams, PrimitiveFunction } from "../src/ir/define.ts";
import {
  binaryExpression,
  compareExpression,
  constantExpression,
  elementwise,
  unaryExpression,
} from "../src/ir/lowering.ts";
import type { BinaryName, CompareName, ScalarExpression } from "../src/ir/lowering.ts";
import { isLinearInput, isZero, notLinear, reals, requireKnown, zeroTangent } from "../src/ir/primitive.ts";
import type { LawCase, Pick, Primitive, Simplification, Tangent, TypeOf } from "../src/ir/primitive.ts";
import type { Binary, Unary } from "./arithmetic.ts";
import { elementwiseBatch } from "./batching.ts";
import {
  andRules,
  comparisonRules,
  keepWhereRules,
  notRules,
  orRules,
  selectRules,
  xorRules,
} from "./comparison-rules.ts";
import { applyBinary, mapBinary, mapUnary, noParameters, requireEqual } from "./elementwise.ts";
import { only } from "./shape.ts";

// --- eq ne lt le gt ge ------------------------------------------------------------------------

/** Integers meet often; floats are kept apart, since a tie is a jump. */
const sampleComparison = (pick: Pick): LawCase<NoParams> => {
  const shape = pick.shape({ maxRank: 3 });
  const dtype = pick.oneOf<DType>(["int32", "float64"]);
  const [left, right] = dtype === "int32" ? [reals(-2, 2), reals(-2, 2)] : [reals(-2, 2, [0.5]), reals(0.5, 0.501)];
  return {
    inputs: [
      { shape, dtype, domain: left },
      { shape, dtype, domain: right },
    ],
    params: {},
  };
};

const comparison = (name: CompareName, loop: BinaryLoop): Binary => {
  const call: Binary = definePrimitive<[NDArray, NDArray]>({
    name,
    evaluate: ([x, y]) => (x.dtype === "bool" ? mapBinary(loop.scalar, x, y) : applyBinary(loop, x, y, "bool")),
    abstractEval: (operands) => ({ shape: requireEqual(name, operands).shape, dtype: "bool" }),
    jvp: zeroTangent(([x, y]: [NDArray, NDArray]) => call(x, y)),
    transpose: notLinear,
    batch: elementwiseBatch(([x, y]) => call(x!, y!)),
    lower: elementwise(([x, y]) => compareExpression(name, x!, y!)),
    simplify: comparisonRules(name),
    laws: { sample: sampleComparison, reference: (x, y) => loop.scalar(x!, y!), maxUlp: 0 },
  });
  return call;
};

/** x equals y. */
export const eq: Binary = comparison("eq", equality);

/** x differs from y. */
export const ne: Binary = comparison("ne", inequality);

/** x < y. */
export const lt: Binary = comparison("lt", less);

/** x <= y. */
export const le: Binary = comparison("le", lessOrEqual);

/** x > y. */
export const gt: Binary = comparison("gt", greater);

/** x >= y. */
export const ge: Binary = comparison("ge", greaterOrEqual);

// --- not and or xor ---------------------------------------------------------------------------

const requireBits = (name: string, operands: readonly Aval[]): TypeOf => {
  const type = requireEqual(name, operands);
  if (isFloat(type.dtype))
    throw new DTypeMismatch(
      name,
      operands.map(showAval).join(" and "),
      "Give booleans or integers: compare floats, or convert with astype",
    );
  return type;
};

const sampleBits =
  (count: number) =>
  (pick: Pick): LawCase<NoParams> => {
    const shape = pick.shape({ maxRank: 3 });
    const dtype = pick.oneOf<DType>(["bool", "int32", "uint32"]);
    const domain = reals(0, dtype === "bool" ? 1 : 7);
    return { inputs: Array.from({ length: count }, () => ({ shape, dtype, domain })), params: {} };
  };

/** Truth turned on bool, every bit turned on integers. */
export const not: Unary = definePrimitive<[NDArray]>({
  name: "not",
  evaluate: ([x]) => mapUnary(x.dtype === "bool" ? (value) => value ^ 1 : (value) => ~value, x),
  abstractEval: (operands) => requireBits("not", operands),
  jvp: zeroTangent(([x]: [NDArray]) => not(x)),
  transpose: notLinear,
  batch: elementwiseBatch(([x]) => not(x!)),
  lower: elementwise(([x]) => unaryExpression("not", x!)),
  simplify: notRules(() => ({ not, eq, ne, lt, le, gt, ge })),
  laws: { sample: sampleBits(1) },
});

const bitwise = (name: BinaryName, loop: BinaryLoop, rules: readonly Simplification[]): Binary => {
  const call: Binary = definePrimitive<[NDArray, NDArray]>({
    name,
    evaluate: ([x, y]) => applyBinary(loop, x, y),
    abstractEval: (operands) => requireBits(name, operands),
    jvp: zeroTangent(([x, y]: [NDArray, NDArray]) => call(x, y)),
    transpose: notLinear,
    batch: elementwiseBatch(([x, y]) => call(x!, y!)),
    lower: elementwise(([x, y]) => binaryExpression(name, x!, y!)),
    simplify: rules,
    laws: { sample: sampleBits(2), reference: (x, y) => loop.scalar(x!, y!), maxUlp: 0 },
  });
  return call;
};

/** Both: logical on bool, bit by bit on integers. */
export const and: Binary = bitwise("and", conjunction, andRules);

/** Either or both: logical on bool, bit by bit on integers. */
export const or: Binary = bitwise("or", disjunction, orRules);

/** Exactly one: logical on bool, bit by bit on integers. */
export const xor: Binary = bitwise(
  "xor",
  exclusion,
  xorRules(() => not),
);

// --- select and keepWhere ---------------------------------------------------------------------

const requireCondition = (name: string, condition: Aval, chosen: Aval): void => {
  if (condition.dtype !== "bool")
    throw new DTypeMismatch(name, `the condition is ${showAval(condition)}`, "Give booleans: compare numbers first");
  if (!sameShape(condition.shape, chosen.shape))
    throw new ShapeMismatch(
      name,
      `${showAval(condition)} chooses from ${showAval(chosen)}`,
      "Primitives take equal shapes; where of cotangent/numpy broadcasts",
    );
};

/** A condition and as many values, for law samples. */
const sampleChoice =
  (values: number) =>
  (pick: Pick): LawCase<NoParams> => {
    const shape = pick.shape({ maxRank: 3 });
    const value = { shape, dtype: "float64", domain: reals(-2, 2) } as const;
    return {
      inputs: [{ shape, dtype: "bool", domain: reals(0, 1) }, ...new Array<typeof value>(values).fill(value)],
      params: noParameters(),
    };
  };

/**
 * x where the condition (bool) holds, an exact zero elsewhere: select with a zero branch that nobody has to
 * store. Linear in x and its own transpose; what remains of a select in a derivative.
 */
export const keepWhere: Binary = definePrimitive<[NDArray, NDArray]>({
  name: "keepWhere",
  evaluate: ([condition, x]) => {
    const holds = repeatedValue(condition);
    if (holds !== undefined) return holds === 0 ? repeated(0, x.shape, x.dtype) : x;
    const source = bufferOf(x);
    const out = allocate(x.dtype, source.length);
    keep(bufferOf(condition), source, out);
    return fromBuffer(out, x.shape, x.dtype);
  },
  abstractEval: ([condition, x]) => {
    requireCondition("keepWhere", condition, x);
    return { shape: x.shape, dtype: x.dtype };
  },
  jvp: ([condition, x], [, dx]) => [keepWhere(condition, x), keepWhere(condition, dx as NDArray)],
  transpose: (cotangents, [condition]) => [null, keepWhere(requireKnown(condition), only(cotangents))],
  batch: elementwiseBatch(([condition, x]) => keepWhere(condition!, x!)),
  lower: elementwise(([condition, x]) => selectExpression(condition!, x!, constantExpression(0, x!.dtype))),
  weakType: ([, x]) => x.weakType,
  simplify: keepWhereRules(() => ({ not, select, keepWhere })),
  laws: {
    sample: sampleChoice(1),
    reference: (condition, x) => (condition !== 0 ? x! : 0),
    maxUlp: 0,
  },
});

/** onTrue where the condition (bool) holds, onFalse elsewhere; all of one shape. */
export const select: PrimitiveFunction<[NDArray, NDArray, NDArray], NoParams> = definePrimitive<
  [NDArray, NDArray, NDArray]
>({
  name: "select",
  evaluate: ([condition, onTrue, onFalse]) => {
    const holds = repeatedValue(condition);
    if (holds !== undefined) return holds === 0 ? onFalse : onTrue;
    const left = bufferOf(onTrue);
    const out = allocate(onTrue.dtype, left.length);
    choose(bufferOf(condition), left, bufferOf(onFalse), out);
    return fromBuffer(out, onTrue.shape, onTrue.dtype);
  },
  abstractEval: ([condition, onTrue, onFalse]) => {
    requireCondition("select", condition, onTrue);
    return requireEqual("select", [onTrue, onFalse]);
  },
  jvp: ([condition, onTrue, onFalse], [, dTrue, dFalse]) => [
    select(condition, onTrue, onFalse),
    chosenTangent(condition, dTrue, dFalse),
  ],
  transpose: (cotangents, [condition, onTrue, onFalse]) => {
    const cotangent = only(cotangents);
    const known = requireKnown(condition);
    return [
      null,
      isLinearInput(onTrue) ? keepWhere(known, cotangent) : null,
      isLinearInput(onFalse) ? keepWhere(not(known), cotangent) : null,
    ];
  },
  batch: elementwiseBatch(([condition, onTrue, onFalse]) => select(condition!, onTrue!, onFalse!)),
  lower: elementwise(([condition, x, y]) => selectExpression(condition!, x!, y!)),
  weakType: ([, onTrue, onFalse]) => (onTrue.weakType !== false && onFalse.weakType !== false ? "float" : false),
  simplify: selectRules(() => ({ not, select, keepWhere })),
  laws: {
    sample: sampleChoice(2),
    reference: (condition, x, y) => (condition !== 0 ? x! : y!),
    maxUlp: 0,
  },
});

const chosenTangent = (condition: NDArray, dTrue: Tangent, dFalse: Tangent): NDArray => {
  if (isZero(dFalse)) return keepWhere(condition, dTrue as NDArray);
  return isZero(dTrue) ? keepWhere(not(condition), dFalse) : select(condition, dTrue, dFalse);
};

const selectExpression = (condition: ScalarExpression, x: ScalarExpression, y: ScalarExpression): ScalarExpression => ({
  op: "select",
  condition,
  x,
  y,
  dtype: x.dtype,
});

/** Every primitive of this file. */
export const family: readonly Primitive[] = [eq, ne, lt, le, gt, ge, not, and, or, xor, select, keepWhere].map(
  (call) => call.primitive,
);
