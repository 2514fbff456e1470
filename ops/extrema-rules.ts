/**
 * Algebra of extrema.ts that keeps every bit: extrema are idempotent and associative, with NaN above all and 0 above -0.
 */
import type { NDArray } from "../src/array/ndarray.ts";
import type { NoParams, PrimitiveFunction } from "../src/ir/define.ts";
import type { Simplification } from "../src/ir/primitive.ts";
import type { AxesParams } from "./shape.ts";
import { reshape } from "./shape.ts";
import { nestedReduction, unitReduction } from "./shape-rules.ts";
import { isFloatArray, isNumber, rule, symmetricRule } from "./rules.ts";

type Unary = PrimitiveFunction<[NDArray], NoParams>;
type Rules = readonly Simplification[];

/** @param neutral  the number that no float loses against */
const extremumRules = (name: string, neutral: number): Rules => [
  rule(`${name}(x, x) = x`, "idempotent, NaN and zeros included", ([x, y]) => (x === y ? x! : null)),
  symmetricRule(`${name}(x, ${neutral}) = x for floats`, "NaN stays NaN", (x, y, knowledge) =>
    isFloatArray(x) && isNumber(y, neutral, knowledge) ? x : null,
  ),
];

export const maxRules: Rules = extremumRules("max", -Infinity);
export const minRules: Rules = extremumRules("min", Infinity);

interface Magnitudes {
  readonly abs: Unary;
  readonly neg: Unary;
}

export const absRules = (calls: () => Magnitudes): Rules => [
  rule("| |x| | = |x|", "idempotent; the smallest int32 stays itself", ([x], _, { madeBy }) =>
    madeBy(x!, calls().abs) === null ? null : x!,
  ),
  rule(
    "|-x| = |x| but for uint32",
    "the sign is dropped; the smallest int32 is its own negative",
    ([x], _, { madeBy }) => {
      const made = x!.dtype === "uint32" ? null : madeBy(x!, calls().neg);
      return made === null ? null : calls().abs(made.inputs[0]);
    },
  ),
];

export const signRules = (sign: () => Unary): Rules => [
  rule("sign(sign x) = sign x", "-1, -0, 0, 1 and NaN are their own signs", ([x], _, { madeBy }) =>
    madeBy(x!, sign()) === null ? null : x!,
  ),
];

/** Rules of the largest or smallest element over axes. */
export const extremeRules = (name: string, call: () => PrimitiveFunction<[NDArray], AxesParams>): Rules => [
  unitReduction(`${name} over axes of size 1 is a reshape`, "one element is its own extremum", () => reshape),
  nestedReduction(`${name} of ${name} is one`, "extrema are associative, NaN and zeros included", call),
];
