/**
 * What layers and networks share: checks of sizes, dtypes, inputs and parameters. Not exported to users.
 */
import { NDArray } from "../../src/array/ndarray.ts";
import { sameShape, showShape } from "../../src/array/shape.ts";
import type { Shape } from "../../src/array/shape.ts";
import { showValue } from "../../src/describe.ts";
import { InvalidOption, NotAnArray, ShapeMismatch, TreeMismatch } from "../../src/error.ts";
import { asOperand, toDType } from "../numpy/operand.ts";
import { requireDrawDType } from "../random/draw.ts";
import type { FloatType } from "../random/draw.ts";
import type { Initializer } from "./initializers.ts";

export interface NetworkOptions {
  /** Of the first parameters: "float32" (default) or "float64". */
  readonly dtype?: FloatType;
}

/** The dtype of first parameters: float32 where nothing is asked. */
export const parameterType = (asked: string, dtype: FloatType = "float32"): FloatType =>
  requireDrawDType(asked, dtype, ["float64", "float32"]);

/** A whole number from `least`. */
export const requireSize = (asked: string, name: string, value: unknown, least = 1): void => {
  if (!Number.isSafeInteger(value) || (value as number) < least)
    throw new InvalidOption(asked, `${name} ${showValue(value)}`, `Give a whole number from ${least}`);
};

/** A list of whole numbers from 1. */
export const requireSizes = (asked: string, name: string, value: unknown, count: number | null = null): void => {
  if (!Array.isArray(value) || (count !== null && value.length !== count))
    throw new InvalidOption(
      asked,
      `${name} ${showValue(value)}`,
      `Give a list of ${count === null ? "" : `${count} `}whole numbers from 1`,
    );
  for (const size of value) requireSize(asked, `an entry of ${name}`, size);
};

/** A finite number above 0. */
export const requirePositive = (asked: string, name: string, value: unknown): void => {
  if (typeof value !== "number" || !(value > 0 && value < Infinity))
    throw new InvalidOption(asked, `${name} ${showValue(value)}`, "Give a finite number above 0");
};

/** One of a few words. */
export const requireWord = (asked: string, name: string, value: unknown, words: readonly string[]): void => {
  if (!words.includes(value as string))
    throw new InvalidOption(asked, `${name} ${showValue(value)}`, `Use ${words.map((word) => `"${word}"`).join(", ")}`);
};

export const requireFunctionOption = (asked: string, name: string, value: unknown): void => {
  if (typeof value !== "function") throw new InvalidOption(asked, `${name} ${showValue(value)}`, "Give a function");
};

/** A parameter of the shape that the layer gave it. */
export const requireParameter = (asked: string, name: string, value: unknown, shape: Shape): NDArray => {
  if (!(value instanceof NDArray))
    throw new NotAnArray(
      asked,
      `${name} is ${value === null ? "null" : Array.isArray(value) ? "a list" : `of type ${typeof value}`}`,
      "Give what init of this network returned, or a tree of its structure",
    );
  if (!sameShape(value.shape, shape))
    throw new ShapeMismatch(
      asked,
      `${name} of shape ${showShape(value.shape)} where it is ${showShape(shape)}`,
      "Give what init of this network returned; over a stack of parameters map apply with vmap",
    );
  return value;
};

/** The input in the dtype of the parameters, its last axis of the size that the layer takes. */
export const requireFeatures = (
  asked: string,
  x: unknown,
  features: number,
  dtype: NDArray["dtype"],
  least = 1,
): NDArray => {
  const own = asOperand(asked, x);
  if (own.ndim < least || own.shape.at(-1) !== features)
    throw new ShapeMismatch(
      asked,
      `an input of shape ${showShape(own.shape)}`,
      least === 1 ? `Inputs are [..., ${features}]` : `Inputs are [..., height, width, ${features}]`,
    );
  return toDType(own, dtype);
};

/** How biases begin: null where there are none. */
export const biasInitializer = (
  asked: string,
  bias: boolean | Initializer | undefined,
  zeros: Initializer,
): Initializer | null => {
  if (bias === false) return null;
  if (bias === true || bias === undefined) return zeros;
  if (typeof bias !== "function")
    throw new InvalidOption(asked, `bias ${showValue(bias)}`, "Give true, false or an initializer");
  return bias;
};

/** A list of parameters with an entry per layer. */
export const requireEntries = (asked: string, name: string, value: unknown, count: number): void => {
  if (!Array.isArray(value) || value.length !== count)
    throw new TreeMismatch(
      asked,
      `parameters with ${Array.isArray(value) ? `${value.length} ${name}` : `no list of ${name}`}, where there are ${count}`,
      "Give what init of this network returned, or a tree of its structure",
    );
};
