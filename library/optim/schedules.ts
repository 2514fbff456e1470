/**
 * Schedules: numbers, mostly learning rates, as pure functions of the step count k = 0, 1, .., which may be traced.
 * Formulas are Keras 3's (keras.optimizers.schedules), joinSchedules and linear optax's. All in float64.
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import { InvalidOption } from "../../src/error.ts";
import { requireOptions } from "../../src/options.ts";
import { full } from "../numpy/creation.ts";
import { add, cos, div, floor, less, lessEqual, maximum, minimum, mul, pow, sub } from "../numpy/elementwise.ts";
import { asOperand, requireCallable, requireList, toDType } from "../numpy/operand.ts";
import type { Operand } from "../numpy/operand.ts";
import { where } from "../numpy/selection.ts";
import type { Schedule } from "./options.ts";
import { isCount, isFiniteNumber, isNonnegative, isPositive, requireNumbers, requireSwitch } from "./options.ts";

/** A schedule that takes plain numbers too, and always gives a float64 scalar. */
export type ArraySchedule = (step: Operand) => NDArray;

const ofFloat =
  (asked: string, f: (step: NDArray) => NDArray): ArraySchedule =>
  (step) =>
    f(toDType(asOperand(asked, step), "float64"));

/** Part of `steps` that has passed, in [0, 1]. */
const progress = (step: NDArray, steps: number): NDArray => minimum(div(maximum(step, 0), steps), 1);

/**
 * The same number always.
 * @throws InvalidOption
 * @example optim.constant(0.1)(7) // 0.1
 */
export const constant = (value: number): ArraySchedule => {
  requireNumbers("optim.constant", { value: [value, isFiniteNumber] });
  return ofFloat("optim.constant", () => full([], value));
};

/**
 * From one number to another in equal steps, then constant: from + (to - from) min(k / steps, 1).
 * @throws InvalidOption
 * @example const f = optim.linear(1, 3, 4); [f(0), f(1), f(9)] // [1, 1.5, 3]
 */
export const linear = (from: number, to: number, steps: number): ArraySchedule => {
  const asked = "optim.linear";
  requireNumbers(asked, { from: [from, isFiniteNumber], to: [to, isFiniteNumber], steps: [steps, isCount] });
  return ofFloat(asked, (step) => add(from, mul(to - from, progress(step, steps))));
};

export interface PolynomialDecayOptions {
  /** Where it ends; default 1e-4. */
  readonly end?: number;
  /** Positive; default 1: a straight line. */
  readonly power?: number;
}

/**
 * Down (or up) to `end` as a power: (initial - end)(1 - min(k / steps, 1))^power + end.
 * @throws InvalidOption, UnknownOption
 * @example const f = optim.polynomialDecay(1, 4, { end: 0, power: 2 }); [f(0), f(2), f(9)] // [1, 0.25, 0]
 */
export const polynomialDecay = (
  initial: number,
  steps: number,
  options: PolynomialDecayOptions = {},
): ArraySchedule => {
  const asked = "optim.polynomialDecay";
  requireOptions(asked, options, ["end", "power"]);
  const { end = 1e-4, power = 1 } = options;
  requireNumbers(asked, {
    initial: [initial, isFiniteNumber],
    steps: [steps, isCount],
    end: [end, isFiniteNumber],
    power: [power, isPositive],
  });
  return ofFloat(asked, (step) => add(mul(initial - end, pow(sub(1, progress(step, steps)), power)), end));
};

export interface ExponentialDecayOptions {
  /** Stays the same for `steps` steps at a time; default false. */
  readonly staircase?: boolean;
}

/**
 * Times `rate` every `steps` steps: initial rate^(k / steps), with staircase the exponent rounded down.
 * @param rate  positive
 * @throws InvalidOption, UnknownOption
 * @example const f = optim.exponentialDecay(1, 2, 0.25); [f(0), f(1), f(2)] // [1, 0.5, 0.25]
 */
export const exponentialDecay = (
  initial: number,
  steps: number,
  rate: number,
  options: ExponentialDecayOptions = {},
): ArraySchedule => {
  const asked = "optim.exponentialDecay";
  requireOptions(asked, options, ["staircase"]);
  const { staircase = false } = options;
  requireNumbers(asked, { initial: [initial, isFiniteNumber], steps: [steps, isCount], rate: [rate, isPositive] });
  requireSwitch(asked, "staircase", staircase);
  return ofFloat(asked, (step) => {
    const periods = div(step, steps);
    return mul(initial, pow(rate, staircase ? floor(periods) : periods));
  });
};

export interface CosineDecayOptions {
  /** Part of the highest value at which it ends; default 0. */
  readonly alpha?: number;
}

const cosine = (step: NDArray, highest: number, steps: number, alpha: number): NDArray => {
  const decayed = mul(0.5, add(1, cos(mul(Math.PI, progress(step, steps)))));
  return mul(highest, add(mul(1 - alpha, decayed), alpha));
};

/**
 * Half a cosine from `initial` to alpha initial: initial ((1 - alpha)(1 + cos(pi min(k / steps, 1))) / 2 + alpha).
 * @throws InvalidOption, UnknownOption
 * @example const f = optim.cosineDecay(1, 4); [f(0), f(2), f(9)] // [1, 0.5, 0]
 */
export const cosineDecay = (initial: number, steps: number, options: CosineDecayOptions = {}): ArraySchedule => {
  const asked = "optim.cosineDecay";
  requireOptions(asked, options, ["alpha"]);
  const { alpha = 0 } = options;
  requireNumbers(asked, {
    initial: [initial, isFiniteNumber],
    steps: [steps, isCount],
    alpha: [alpha, isNonnegative],
  });
  return ofFloat(asked, (step) => cosine(step, initial, steps, alpha));
};

export interface WarmupCosineDecayOptions extends CosineDecayOptions {
  /** Value that the warmup reaches and the decay starts from. */
  readonly target: number;
  readonly warmupSteps: number;
  /** Steps of the decay, after the warmup. */
  readonly decaySteps: number;
}

/**
 * A straight line from `initial` to `target` in warmupSteps, then cosineDecay(target, decaySteps, { alpha }).
 * @throws InvalidOption, UnknownOption
 * @example const f = optim.warmupCosineDecay(0, { target: 1, warmupSteps: 2, decaySteps: 4 }); [f(0), f(1), f(2), f(4), f(9)] // [0, 0.5, 1, 0.5, 0]
 */
export const warmupCosineDecay = (initial: number, options: WarmupCosineDecayOptions): ArraySchedule => {
  const asked = "optim.warmupCosineDecay";
  requireOptions(asked, options, ["target", "warmupSteps", "decaySteps", "alpha"], true);
  const { target, warmupSteps, decaySteps, alpha = 0 } = options;
  requireNumbers(asked, {
    initial: [initial, isFiniteNumber],
    target: [target, isFiniteNumber],
    warmupSteps: [warmupSteps, isCount],
    decaySteps: [decaySteps, isCount],
    alpha: [alpha, isNonnegative],
  });
  return ofFloat(asked, (step) =>
    where(
      less(step, warmupSteps),
      add(initial, mul(target - initial, progress(step, warmupSteps))),
      cosine(sub(step, warmupSteps), target, decaySteps, alpha),
    ),
  );
};

const requireBoundaries = (asked: string, boundaries: readonly number[], pieces: number): void => {
  requireList(asked, "boundaries", boundaries);
  const rises = boundaries.every((step, k) => Number.isSafeInteger(step) && (k === 0 || step > boundaries[k - 1]!));
  if (!rises) throw new InvalidOption(asked, `boundaries ${boundaries.join(", ")}`, "Give whole numbers that rise");
  if (pieces !== boundaries.length + 1)
    throw new InvalidOption(asked, `${pieces} pieces and ${boundaries.length} boundaries`, "Give one piece more");
};

/**
 * values[0] up to step boundaries[0] inclusive, then values[1] up to boundaries[1], and so on.
 * @param boundaries  whole numbers that rise
 * @param values      one more than boundaries
 * @throws InvalidOption
 * @example const f = optim.piecewiseConstant([2, 5], [1, 0.5, 0.1]); [f(2), f(3), f(6)] // [1, 0.5, 0.1]
 */
export const piecewiseConstant = (boundaries: readonly number[], values: readonly number[]): ArraySchedule => {
  const asked = "optim.piecewiseConstant";
  requireList(asked, "values", values);
  requireBoundaries(asked, boundaries, values.length);
  requireNumbers(asked, Object.fromEntries(values.map((value, k) => [`value ${k}`, [value, isFiniteNumber] as const])));
  return ofFloat(asked, (step) =>
    boundaries.reduceRight((later, end, k) => where(lessEqual(step, end), values[k]!, later), full([], values.at(-1)!)),
  );
};

/**
 * One schedule after the other: the next one begins, at its step 0, when step boundaries[i] is reached.
 * @param boundaries  whole numbers that rise, one fewer than schedules
 * @throws InvalidOption
 * @example const f = optim.joinSchedules([optim.linear(0, 1, 2), optim.constant(5)], [2]); [f(0), f(1), f(2)] // [0, 0.5, 5]
 */
export const joinSchedules = (schedules: readonly Schedule[], boundaries: readonly number[]): ArraySchedule => {
  const asked = "optim.joinSchedules";
  requireList(asked, "schedules", schedules);
  schedules.forEach((schedule, k) => requireCallable(asked, `schedule ${k}`, schedule));
  requireBoundaries(asked, boundaries, schedules.length);
  return (given) => {
    const step = asOperand(asked, given);
    const value = (k: number): NDArray => {
      const own = schedules[k]!(k === 0 ? step : sub(step, boundaries[k - 1]!));
      return toDType(asOperand(asked, own), "float64");
    };
    return boundaries.reduceRight(
      (later, end, k) => where(less(step, end), value(k), later),
      value(schedules.length - 1),
    );
  };
};
