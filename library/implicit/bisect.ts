/**
 * bisect: the root of a monotone function of one number. The bracket is widened until the signs differ (one that the
 * caller chose only when asked) and halved until it is small; Newton steps polish the root where they make |f| smaller.
 * A sign change at a pole or a jump is no root and is refused (crossing.ts). Derivatives come from the implicit function theorem.
 */
import { ForwardModeOfCustomVjp, InvalidOption, NotDifferentiable, RootNotBracketed } from "../../src/error.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { describeValue, showValue } from "../../src/describe.ts";
import { requireOptions } from "../../src/options.ts";
import { checked } from "../../ops/checks.ts";
import { rootNamed } from "../../transforms/custom-root.ts";
import { nameOf, requireFunction } from "../../transforms/flat.ts";
import type { AnyFunction } from "../../transforms/flat.ts";
import { jvp } from "../../transforms/jvp.ts";
import { whileLoop } from "../../transforms/while-loop.ts";
import { full, onesLike } from "../numpy/creation.ts";
import {
  abs,
  add,
  div,
  equal,
  greater,
  isfinite,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  maximum,
  minimum,
  mul,
  sign,
  sub,
} from "../numpy/elementwise.ts";
import { stack } from "../numpy/joining.ts";
import { where } from "../numpy/selection.ts";
import { faultOf, surroundings } from "./crossing.ts";
import type { Crossing } from "./crossing.ts";

export interface BisectOptions {
  /** Ends of the first bracket. Default -1 and 1. */
  readonly lower?: number;
  readonly upper?: number;
  /** Whether the bracket may grow until it holds a sign change. Default: only where neither end is given. */
  readonly expand?: boolean;
}

interface Bracket {
  readonly lower: NDArray;
  readonly atLower: NDArray;
  readonly upper: NDArray;
  readonly atUpper: NDArray;
}

type ScalarFunction = (x: NDArray) => NDArray;

/** Widenings by a factor of two, and halvings: enough for every float64. */
const mostWidenings = 1030;
const mostHalvings = 1100;
const newtonSteps = 3;

const hasSignChange = ({ atLower, atUpper }: Bracket): NDArray => lessEqual(mul(sign(atLower), sign(atUpper)), 0);

/** Twice as wide, on both sides, until signs differ; values that are not finite end it. */
const widened = (f: ScalarFunction, start: Bracket): Bracket =>
  whileLoop<readonly [Bracket, NDArray]>(
    ([bracket, count]) =>
      logicalAnd(
        logicalAnd(logicalNot(hasSignChange(bracket)), less(count, mostWidenings)),
        logicalAnd(isfinite(bracket.atLower), isfinite(bracket.atUpper)),
      ),
    ([{ lower, upper }, count]) => {
      const half = mul(sub(upper, lower), 0.5);
      const [left, right] = [sub(lower, half), add(upper, half)];
      return [{ lower: left, atLower: f(left), upper: right, atUpper: f(right) }, add(count, 1)];
    },
    [start, full([], 0, { dtype: "int32" })],
  )[0];

/** Half as wide until no number lies between. */
const halved = (f: ScalarFunction, start: Bracket): Bracket =>
  whileLoop<readonly [Bracket, NDArray]>(
    ([{ lower, upper }, count]) => {
      const middle = add(lower, mul(sub(upper, lower), 0.5));
      const isSplit = logicalAnd(greater(middle, lower), less(middle, upper));
      return logicalAnd(isSplit, less(count, mostHalvings));
    },
    ([{ lower, atLower, upper, atUpper }, count]) => {
      const middle = add(lower, mul(sub(upper, lower), 0.5));
      const value = f(middle);
      const isLeft = lessEqual(mul(sign(atLower), sign(value)), 0);
      return [
        {
          lower: where(isLeft, lower, middle),
          atLower: where(isLeft, atLower, value),
          upper: where(isLeft, middle, upper),
          atUpper: where(isLeft, value, atUpper),
        },
        add(count, 1),
      ];
    },
    [start, full([], 0, { dtype: "int32" })],
  )[0];

const nearerEnd = ({ lower, atLower, upper, atUpper }: Bracket): NDArray =>
  where(lessEqual(abs(atLower), abs(atUpper)), lower, upper);

/** The end where |f| is smaller, improved by Newton steps that lower |f|. */
const polished = (f: ScalarFunction, bracket: Bracket): NDArray => {
  let x = nearerEnd(bracket);
  for (let k = 0; k < newtonSteps; k++) {
    const [value, slope] = jvp(f, [x], [onesLike(x)]) as [NDArray, NDArray];
    const isFlat = equal(slope, 0);
    const next = sub(x, div(value, where(isFlat, 1, slope)));
    const helps = less(abs(f(next)), abs(value));
    x = where(logicalAnd(helps, logicalNot(isFlat)), next, x);
  }
  return x;
};

/** Functions without a forward derivative are left at what halving has found, which is the last bit already. */
const refined = (f: ScalarFunction, bracket: Bracket): NDArray => {
  try {
    return polished(f, bracket);
  } catch (error) {
    if (error instanceof ForwardModeOfCustomVjp || error instanceof NotDifferentiable) return nearerEnd(bracket);
    throw error;
  }
};

/** The last bracket with its surroundings, inside the first. */
const surrounded = (f: ScalarFunction, first: Bracket, last: Bracket): Bracket => {
  const margin = mul(sub(last.upper, last.lower), surroundings / 2);
  const lower = maximum(first.lower, sub(last.lower, margin));
  const upper = minimum(first.upper, add(last.upper, margin));
  return { lower, atLower: f(lower), upper, atUpper: f(upper) };
};

const numbersOf = ({ lower, atLower, upper, atUpper }: Bracket): NDArray[] =>
  [lower, atLower, upper, atUpper].map((end) => end.astype("float64"));

const crossingOf = (numbers: readonly number[], k: number): Crossing => {
  const [lower, atLower, upper, atUpper] = numbers.slice(4 * k, 4 * k + 4) as [number, number, number, number];
  return { lower, atLower, upper, atUpper };
};

/** x, if the first bracket holds a sign change and the last one a root. */
const requireRoot = (asked: string, x: NDArray, brackets: readonly Bracket[], isWidened: boolean): NDArray =>
  checked(x, stack(brackets.flatMap(numbersOf)), {
    width: 12,
    verify: (numbers) => {
      const [first, wide, last] = [0, 1, 2].map((k) => crossingOf(numbers, k)) as [Crossing, Crossing, Crossing];
      if (!(Math.sign(first.atLower) * Math.sign(first.atUpper) <= 0))
        throw new RootNotBracketed(
          asked,
          `the values are ${first.atLower} at ${first.lower} and ${first.atUpper} at ${first.upper}`,
          isWidened
            ? "The function needs a sign change: give { lower, upper } around the root, or check that it is monotone"
            : "The ends must lie on both sides of the root: move them, or let them move with { expand: true }",
        );
      const fault = faultOf(first, wide, last);
      if (fault !== null)
        throw new RootNotBracketed(
          asked,
          fault,
          "The function must be continuous: give { lower, upper } around a root, or solve for a continuous function",
        );
    },
  });

/**
 * The root of a continuous, monotone function of one number, to the last bit that halving can reach.
 * @param f        scalar to scalar, increasing or decreasing; derivatives flow into what it closes over
 * @param options  lower and upper: a bracket that must hold a sign change, unless expand: then it is widened until it does.
 *                 Without ends the bracket is -1 to 1 and is widened, unless expand is false
 * @returns        x with f(x) = 0, a float64 scalar
 * @throws RootNotBracketed with both ends and values, also from compiled code, where no sign changes, or one changes
 *         at a pole or a jump; InvalidOption
 * @throws ShapeMismatch, TreeMismatch where f gives anything but one number
 * Derivatives: forward and reverse, any order, by the implicit function theorem; infinite where f has slope 0.
 * Cost: about 60 evaluations of f; one derivative of f per derivative.
 * @example bisect((x) => x.pow(3).sub(27)) // 3
 */
export const bisect = (f: (x: NDArray) => NDArray, options: BisectOptions = {}): NDArray => {
  requireFunction("bisect", f);
  requireOptions("bisect", options, ["lower", "upper", "expand"]);
  const asked = `bisect of ${nameOf(f as AnyFunction)}`;
  const { lower = -1, upper = 1, expand = options.lower === undefined && options.upper === undefined } = options;
  if (typeof lower !== "number" || typeof upper !== "number")
    throw new InvalidOption(
      asked,
      `${describeValue(typeof lower === "number" ? upper : lower)} as an end of the bracket`,
      "Give JavaScript numbers",
    );
  if (!(Number.isFinite(lower) && Number.isFinite(upper) && lower < upper))
    throw new InvalidOption(
      asked,
      `lower ${showValue(lower)} and upper ${showValue(upper)}`,
      "Give finite numbers, lower < upper",
    );
  const search = (g: ScalarFunction, middle: NDArray): NDArray => {
    const ends = [lower, upper].map((end) => full([], end, { dtype: middle.dtype }));
    const start: Bracket = { lower: ends[0]!, atLower: g(ends[0]!), upper: ends[1]!, atUpper: g(ends[1]!) };
    const bracket = expand ? widened(g, start) : start;
    const last = halved(g, bracket);
    return requireRoot(asked, refined(g, last), [bracket, surrounded(g, bracket, last), last], expand);
  };
  return rootNamed(asked, {
    f,
    initialGuess: full([], lower / 2 + upper / 2),
    solve: search,
    tangentSolve: (g, b) => div(b, g(onesLike(b))),
  });
};
