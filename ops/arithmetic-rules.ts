/**
 * Algebra of arithmetic.ts that keeps every bit. Floats: rounding is symmetric in sign, so signs move through products
 * and quotients; 0 and -0 are neutral where the result keeps the sign of a zero; nothing is reassociated, and x - x is
 * NaN for infinities. Integers are a ring modulo 2^32.
 */
import type { NDArray } from "../src/array/ndarray.ts";
import type { NoParams, PrimitiveFunction } from "../src/ir/define.ts";
import type { Knowledge, Simplification } from "../src/ir/primitive.ts";
import { isFloatArray, isNumber, rule, symmetricRule } from "./rules.ts";
import { repeatedLike } from "./shape.ts";

type Unary = PrimitiveFunction<[NDArray], NoParams>;
type Binary = PrimitiveFunction<[NDArray, NDArray], NoParams>;

interface Calls {
  readonly neg: Unary;
  readonly add: Binary;
  readonly sub: Binary;
  readonly mul: Binary;
  readonly div: Binary;
}

type Rules = readonly Simplification[];

const smallestNormal: Readonly<Record<string, number>> = { float64: 2 ** -1022, float32: 2 ** -126 };

/** 1 / c where c is a power of two and neither is subnormal; else null. */
const exactReciprocal = (c: number, dtype: string): number | null => {
  const reciprocal = 1 / c;
  const least = smallestNormal[dtype];
  if (least === undefined || !(Math.abs(c) >= least && Math.abs(reciprocal) >= least)) return null;
  return Math.abs(c) === 2 ** Math.round(Math.log2(Math.abs(c))) ? reciprocal : null;
};

/** The operand that -x was made of. */
const negated = (x: NDArray, { neg }: Calls, { madeBy }: Knowledge): NDArray | null =>
  madeBy(x, neg)?.inputs[0] ?? null;

const opposite = (value: number, x: NDArray): NDArray => repeatedLike(-value, x);

const negRules = (calls: () => Calls): Rules => [
  rule("-(-x) = x", "the sign is turned twice; integers wrap back", ([x], _, knowledge) =>
    negated(x!, calls(), knowledge),
  ),
  rule("-(x c) = x (-c)", "floats round alike on both sides of zero", ([product], _, { madeBy, constant }) => {
    const { mul } = calls();
    const made = isFloatArray(product!) ? madeBy(product!, mul) : null;
    if (made === null) return null;
    const [x, y] = made.inputs;
    const [left, right] = [constant(x), constant(y)];
    if (right !== null) return mul(x, opposite(right, y));
    return left === null ? null : mul(opposite(left, x), y);
  }),
];

const addRules = (calls: () => Calls): Rules => [
  symmetricRule("x + (-0) = x", "-0 + -0 = -0, and every other x absorbs a zero", (x, y, knowledge) =>
    isNumber(y, isFloatArray(y) ? -0 : 0, knowledge) ? x : null,
  ),
  symmetricRule("x + (-y) = x - y", "IEEE 754 defines the difference so; integers are a ring", (x, y, knowledge) => {
    const own = negated(y, calls(), knowledge);
    return own === null ? null : calls().sub(x, own);
  }),
];

const subRules = (calls: () => Calls): Rules => [
  rule("x - 0 = x", "-0 - 0 = -0, and every other x absorbs a zero", ([x, y], _, knowledge) =>
    isNumber(y!, 0, knowledge) ? x! : null,
  ),
  rule("x - (-y) = x + y", "IEEE 754 defines the difference so; integers are a ring", ([x, y], _, knowledge) => {
    const own = negated(y!, calls(), knowledge);
    return own === null ? null : calls().add(x!, own);
  }),
  rule("x - x = 0 for integers", "integers are a ring; for floats x may be infinite", ([x, y]) =>
    x === y && !isFloatArray(x!) ? repeatedLike(0, x!) : null,
  ),
];

const mulRules = (calls: () => Calls): Rules => [
  symmetricRule("x 1 = x", "exact, zeros and NaN included", (x, y, knowledge) =>
    isNumber(y, 1, knowledge) ? x : null,
  ),
  symmetricRule("x (-1) = -x", "exact but for the sign, which is turned", (x, y, knowledge) =>
    isNumber(y, -1, knowledge) ? calls().neg(x) : null,
  ),
  symmetricRule(
    "x 0 = 0 for integers and booleans",
    "integers are a ring; for floats x may be infinite, NaN or negative",
    (x, y, knowledge) => (!isFloatArray(x) && isNumber(y, 0, knowledge) ? repeatedLike(0, x) : null),
  ),
  rule("(-x)(-y) = x y", "signs multiply, magnitudes round alike; integers are a ring", ([x, y], _, knowledge) => {
    const [left, right] = [negated(x!, calls(), knowledge), negated(y!, calls(), knowledge)];
    return left === null || right === null ? null : calls().mul(left, right);
  }),
  symmetricRule("(-x) c = x (-c)", "floats round alike on both sides of zero", (x, c, knowledge) => {
    const [own, value] = [negated(x, calls(), knowledge), knowledge.constant(c)];
    return own === null || value === null || !isFloatArray(x) ? null : calls().mul(own, opposite(value, c));
  }),
];

const divRules = (calls: () => Calls): Rules => [
  rule("x / 1 = x", "exact, zeros and NaN included", ([x, y], _, knowledge) =>
    isNumber(y!, 1, knowledge) ? x! : null,
  ),
  rule("x / 2^k = x 2^-k", "both sides round the same real number once", ([x, y], _, { constant }) => {
    const value = constant(y!);
    const factor = value === null ? null : exactReciprocal(value, x!.dtype);
    return factor === null ? null : calls().mul(x!, repeatedLike(factor, y!));
  }),
  rule("(-x) / (-y) = x / y", "signs divide, magnitudes round alike", ([x, y], _, knowledge) => {
    const [left, right] = [negated(x!, calls(), knowledge), negated(y!, calls(), knowledge)];
    return left === null || right === null || !isFloatArray(x!) ? null : calls().div(left, right);
  }),
  rule("(-x) / c = x / (-c)", "floats round alike on both sides of zero", ([x, c], _, knowledge) => {
    const [own, value] = [negated(x!, calls(), knowledge), knowledge.constant(c!)];
    return own === null || value === null || !isFloatArray(x!) ? null : calls().div(own, opposite(value, c!));
  }),
];

const integerPowerRules = (calls: () => Calls): Rules => [
  rule("x^0 = 1", "by definition, for NaN too", ([x], { exponent }) => (exponent === 0 ? repeatedLike(1, x!) : null)),
  rule("x^2 = x x", "one product; a square of a float32 is exact in float64 and rounds once", ([x], { exponent }) =>
    exponent === 2 ? calls().mul(x!, x!) : null,
  ),
  rule("x^-1 = 1 / x for floats", "one quotient, rounded once in either dtype", ([x], { exponent }) =>
    exponent === -1 && isFloatArray(x!) ? calls().div(repeatedLike(1, x!), x!) : null,
  ),
];

/** Rules by primitive; the primitives are asked for once rules are applied. */
export const arithmeticRules = (
  calls: () => Calls,
): Readonly<Record<"neg" | "add" | "sub" | "mul" | "div" | "integerPower", Rules>> => ({
  neg: negRules(calls),
  add: addRules(calls),
  sub: subRules(calls),
  mul: mulRules(calls),
  div: divRules(calls),
  integerPower: integerPowerRules(calls),
});
