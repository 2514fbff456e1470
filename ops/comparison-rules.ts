/**
 * Algebra of comparison.ts that keeps every bit: comparisons of a value with itself (NaN is not equal to itself),
 * Boolean algebra of bits, and choices that are made already.
 */
import type { NDArray } from "../src/array/ndarray.ts";
import type { NoParams, PrimitiveFunction } from "../src/ir/define.ts";
import type { CompareName } from "../src/ir/lowering.ts";
import type { Simplification } from "../src/ir/primitive.ts";
import { allOnes, isFloatArray, isNumber, rule, symmetricRule } from "./rules.ts";
import { repeatedLike, repeatedNumber } from "./shape.ts";

type Unary = PrimitiveFunction<[NDArray], NoParams>;
type Binary = PrimitiveFunction<[NDArray, NDArray], NoParams>;
type Ternary = PrimitiveFunction<[NDArray, NDArray, NDArray], NoParams>;
type Rules = readonly Simplification[];

/** What x is to itself where no NaN is. */
const withItself: Readonly<Record<CompareName, 0 | 1>> = { eq: 1, ne: 0, lt: 0, le: 1, gt: 0, ge: 1 };

const sign: Readonly<Record<CompareName, string>> = { eq: "=", ne: "≠", lt: "<", le: "≤", gt: ">", ge: "≥" };

/** Nothing is less or greater than itself; the others hold of integers and booleans only. */
export const comparisonRules = (name: CompareName): Rules => {
  const isStrict = name === "lt" || name === "gt";
  const answer = withItself[name];
  return [
    rule(
      `x ${sign[name]} x is ${answer === 1}${isStrict ? "" : " for integers and booleans"}`,
      isStrict ? "also for NaN and zeros of either sign" : "they have no NaN",
      ([x, y]) =>
        x === y && (isStrict || !isFloatArray(x!))
          ? repeatedNumber(answer, { shape: x!.shape, dtype: "bool", weakType: false })
          : null,
    ),
  ];
};

const opposites: readonly (readonly [CompareName, CompareName])[] = [
  ["lt", "ge"],
  ["le", "gt"],
  ["gt", "le"],
  ["ge", "lt"],
];

export const notRules = (calls: () => { readonly not: Unary } & Readonly<Record<CompareName, Binary>>): Rules => [
  rule(
    "not not x = x",
    "every bit is turned twice",
    ([x], _, { madeBy }) => madeBy(x!, calls().not)?.inputs[0] ?? null,
  ),
  rule("not (x = y) is x ≠ y, and the reverse", "also for NaN, which is unequal", ([x], _, { madeBy }) => {
    if (x!.dtype !== "bool") return null;
    const { eq, ne } = calls();
    const [equal, unequal] = [madeBy(x!, eq), madeBy(x!, ne)];
    if (equal !== null) return ne(...equal.inputs);
    return unequal === null ? null : eq(...unequal.inputs);
  }),
  rule(
    "not (x < y) is x ≥ y, and the like, for integers and booleans",
    "without NaN the order is total",
    ([x], _, { madeBy }) => {
      if (x!.dtype !== "bool") return null;
      for (const [name, other] of opposites) {
        const made = madeBy(x!, calls()[name]);
        if (made !== null) return isFloatArray(made.inputs[0]) ? null : calls()[other](...made.inputs);
      }
      return null;
    },
  ),
];

/** Conjunction or disjunction: `neutral` and `absorbing` give the numbers of a dtype. */
const latticeRules = (
  name: string,
  [neutral, neutralName]: readonly [(x: NDArray) => number, string],
  [absorbing, absorbingName]: readonly [(x: NDArray) => number, string],
): Rules => [
  rule(`x ${name} x = x`, "bit by bit", ([x, y]) => (x === y ? x! : null)),
  symmetricRule(`x ${name} ${neutralName} = x`, "bit by bit", (x, y, knowledge) =>
    isNumber(y, neutral(y), knowledge) ? x : null,
  ),
  symmetricRule(`x ${name} ${absorbingName} = ${absorbingName}`, "bit by bit", (_x, y, knowledge) =>
    isNumber(y, absorbing(y), knowledge) ? y : null,
  ),
];

const ones = [({ dtype }: NDArray) => allOnes(dtype), "ones"] as const;
const zeros = [() => 0, "0"] as const;

export const andRules: Rules = latticeRules("and", ones, zeros);
export const orRules: Rules = latticeRules("or", zeros, ones);

export const xorRules = (not: () => Unary): Rules => [
  symmetricRule("x xor 0 = x", "bit by bit", (x, y, knowledge) => (isNumber(y, 0, knowledge) ? x : null)),
  rule("x xor x = 0", "bit by bit", ([x, y]) => (x === y ? repeatedLike(0, x!) : null)),
  symmetricRule("x xor ones = not x", "bit by bit", (x, y, knowledge) =>
    isNumber(y, allOnes(y.dtype), knowledge) ? not()(x) : null,
  ),
];

interface Choices {
  readonly not: Unary;
  readonly select: Ternary;
  readonly keepWhere: Binary;
}

export const selectRules = (calls: () => Choices): Rules => [
  rule(
    "select(true, x, y) = x, select(false, x, y) = y",
    "elements are copied",
    ([condition, x, y], _, { constant }) => {
      const value = constant(condition!);
      return value === null ? null : value !== 0 ? x! : y!;
    },
  ),
  rule("select(c, x, x) = x", "elements are copied", ([, x, y]) => (x === y ? x! : null)),
  rule("select(not c, x, y) = select(c, y, x)", "elements are copied", ([condition, x, y], _, { madeBy }) => {
    const own = madeBy(condition!, calls().not);
    return own === null ? null : calls().select(own.inputs[0], y!, x!);
  }),
  rule(
    "select(c, select(c, x, y), z) = select(c, x, z), and the like",
    "elements are copied",
    (inputs, _, { madeBy }) => {
      const [condition, x, y] = inputs as [NDArray, NDArray, NDArray];
      const { select } = calls();
      const [left, right] = [madeBy(x, select), madeBy(y, select)];
      if (left?.inputs[0] === condition) return select(condition, left.inputs[1], y);
      return right?.inputs[0] === condition ? select(condition, x, right.inputs[2]) : null;
    },
  ),
  rule("select(c, x, 0) = keepWhere(c, x)", "the same by definition; no zeros are stored", (inputs, _, knowledge) => {
    const [condition, x, y] = inputs as [NDArray, NDArray, NDArray];
    return isNumber(y, 0, knowledge) ? calls().keepWhere(condition, x) : null;
  }),
];

export const keepWhereRules = (calls: () => Choices): Rules => [
  rule("keepWhere(true, x) = x, keepWhere(false, x) = 0", "elements are copied", ([condition, x], _, { constant }) => {
    const value = constant(condition!);
    return value === null ? null : value !== 0 ? x! : repeatedLike(0, x!);
  }),
  rule("keepWhere(c, 0) = 0", "elements are copied; -0 is not 0", ([, x], _, knowledge) =>
    isNumber(x!, 0, knowledge) ? x! : null,
  ),
  rule("keepWhere(c, keepWhere(c, x)) = keepWhere(c, x)", "elements are copied", ([condition, x], _, { madeBy }) =>
    madeBy(x!, calls().keepWhere)?.inputs[0] === condition ? x! : null,
  ),
  rule("keepWhere(c, select(c, x, y)) = keepWhere(c, x)", "elements are copied", ([condition, x], _, { madeBy }) => {
    const made = madeBy(x!, calls().select);
    return made !== null && made.inputs[0] === condition ? calls().keepWhere(condition!, made.inputs[1]) : null;
  }),
];
