/**
 * Options of optimizers: numbers with what must hold of them, all problems in one error; learning rates, which are
 * numbers, scalar arrays or functions of the step count.
 */
import { NDArray } from "../../src/array/ndarray.ts";
import { showValue } from "../../src/describe.ts";
import { InvalidOption, ShapeMismatch } from "../../src/error.ts";
import { isLeft } from "../../src/fp.ts";
import { avalOf, showAval } from "../../src/ir/aval.ts";
import { checkAll, checkNumber } from "../../src/validate-options.ts";
import { asOperand, toDType } from "../numpy/operand.ts";

/** What must hold of a number, and how a message says it. */
export interface Claim {
  readonly holds: (value: number) => boolean;
  readonly text: string;
}

export const isPositive: Claim = {
  holds: (value) => value > 0 && value < Infinity,
  text: "it is positive and finite",
};

export const isNonnegative: Claim = {
  holds: (value) => value >= 0 && value < Infinity,
  text: "it is 0 or more, and finite",
};

export const isFraction: Claim = { holds: (value) => value >= 0 && value < 1, text: "it lies in [0, 1)" };

export const isPositiveFraction: Claim = { holds: (value) => value > 0 && value < 1, text: "it lies in (0, 1)" };

export const isCount: Claim = {
  holds: (value) => Number.isSafeInteger(value) && value >= 1,
  text: "it is a whole number, 1 or more",
};

export const isFiniteNumber: Claim = { holds: Number.isFinite, text: "it is finite" };

/** Refuses numbers of which a claim does not hold, all of them at once. @throws InvalidOption */
export const requireNumbers = (
  asked: string,
  numbers: Readonly<Record<string, readonly [value: number, claim: Claim]>>,
): void => {
  const fields = Object.entries(numbers).map(
    ([name, [value, { holds, text }]]) => [name, checkNumber(name, value, holds, text)] as const,
  );
  const checked = checkAll(Object.fromEntries(fields));
  if (isLeft(checked)) throw new InvalidOption(asked, checked.left.join("; "), "Correct these options");
};

/** Refuses what is neither true, false nor left out. @throws InvalidOption */
export const requireSwitch = (asked: string, name: string, value: unknown): void => {
  if (typeof value !== "boolean")
    throw new InvalidOption(asked, `${name} ${showValue(value)}`, `${name} is true or false`);
};

/** A number for every step count: of an int32 scalar, 0 at the first step, that may be traced. */
export type Schedule = (step: NDArray) => NDArray | number;

/** A positive number, a scalar array (which may be traced), or a schedule. */
export type LearningRate = number | NDArray | Schedule;

const requireScalar = (asked: string, what: string, value: unknown): NDArray => {
  const own = asOperand(asked, value);
  if (own.shape.length > 0)
    throw new ShapeMismatch(asked, `${what} is ${showAval(avalOf(own))}`, `${what} is one number`);
  return toDType(own, "float64");
};

/** The rate as a function of the step count, a float64 scalar. @throws InvalidOption */
export const scheduleOf = (asked: string, name: string, rate: LearningRate): ((step: NDArray) => NDArray) => {
  if (typeof rate === "function") return (step) => requireScalar(asked, `the value of the schedule`, rate(step));
  if (!(rate instanceof NDArray)) requireNumbers(asked, { [name]: [rate, isNonnegative] });
  const value = requireScalar(asked, name, rate);
  return () => value;
};
