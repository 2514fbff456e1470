/**
 * What all samplers share: checks of key, shape, dtype and parameters, and uniform numbers between two bounds.
 * Parameters are broadcast to the shape of the draw; without a shape, to their common shape.
 */
import { weakScalar } from "../../src/array/create.ts";
import { isDType, isFloat } from "../../src/array/dtype.ts";
import type { DType } from "../../src/array/dtype.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { broadcastShapes, sameShape, showShape } from "../../src/array/shape.ts";
import type { Shape } from "../../src/array/shape.ts";
import { showValue } from "../../src/describe.ts";
import { DTypeMismatch, InvalidOption, ShapeMismatch } from "../../src/error.ts";
import { requireOptions } from "../../src/options.ts";
import { add, full, mul, sub } from "../../ops/arithmetic.ts";
import { max } from "../../ops/extrema.ts";
import { randomUnit } from "../../ops/random-bits.ts";
import { asOperand, broadcastArray, toDType } from "../numpy/operand.ts";
import type { Operand } from "../numpy/operand.ts";
import { optionsLast } from "../numpy/options-last.ts";
import type { OptionsLast } from "../numpy/options-last.ts";
import { requireKey, shapeOf } from "./keys.ts";

/** dtypes that continuous distributions are drawn in. */
export type FloatType = "float64" | "float32";

export interface DrawOptions {
  /** Default "float64". */
  readonly dtype?: FloatType;
}

export interface ParameterDrawOptions extends DrawOptions {
  /** Shape of the draw, to which all parameters broadcast; default their common shape. */
  readonly shape?: number | Shape;
}

export interface CountOptions {
  /** Default "int32"; counts beyond it saturate. */
  readonly dtype?: DType;
  /** Shape of the draw, to which all parameters broadcast; default their common shape. */
  readonly shape?: number | Shape;
}

/** A draw whose arguments have passed the checks. */
export interface Draw {
  readonly key: NDArray;
  readonly shape: Shape;
  readonly dtype: FloatType;
}

/** Refuses dtypes that a sampler does not give. */
export const requireDrawDType = <T extends DType>(asked: string, dtype: T, allowed: readonly DType[]): T => {
  if (!isDType(dtype) || !allowed.includes(dtype))
    throw new DTypeMismatch(asked, `dtype ${showValue(dtype)}`, `It draws ${allowed.join(", ")}`);
  return dtype;
};

const floatTypes: readonly DType[] = ["float64", "float32"];

/** The shape of a draw, [] by default, and options. */
export type ShapeAndOptions<Options> = OptionsLast<number | Shape, Options>;

/** The same with the options behind the shape. */
export const shapeAndOptions = <Options extends object>(
  rest: ShapeAndOptions<Options>,
): readonly [shape: number | Shape, options: Partial<Options>] => {
  const [shape = [], options = {}] = optionsLast<[(number | Shape)?, Partial<Options>?]>(rest, 1);
  return [shape, options];
};

/** A draw without parameters. */
export const planDraw = (
  asked: string,
  key: NDArray,
  rest: ShapeAndOptions<DrawOptions>,
  others: readonly string[] = [],
): Draw => {
  const [shape, options] = shapeAndOptions(rest);
  requireOptions(asked, options, ["dtype", ...others]);
  return {
    key: requireKey(asked, key),
    shape: shapeOf(asked, shape),
    dtype: requireDrawDType(asked, options.dtype ?? "float64", floatTypes),
  };
};

/** The shape of a draw from the option, or the common one of its parameters. @throws ShapeMismatch */
export const parameterShape = (
  asked: string,
  shape: number | Shape | undefined,
  parameterShapes: readonly Shape[],
): Shape => {
  if (shape === undefined) return broadcastShapes(asked, ...parameterShapes);
  const own = shapeOf(asked, shape);
  if (!sameShape(broadcastShapes(asked, own, ...parameterShapes), own))
    throw new ShapeMismatch(
      asked,
      `parameters of shape ${parameterShapes.map(showShape).join(", ")} for a draw of shape ${showShape(own)}`,
      "Parameters broadcast to the shape of the draw, not beyond it",
    );
  return own;
};

/** A parameter in the dtype and shape of a draw. */
export const asParameter = (x: NDArray, shape: Shape, dtype: DType): NDArray =>
  broadcastArray(toDType(x, dtype), shape);

/** Parameters as arrays, and the shape of a draw with them. */
const drawnOver = (
  asked: string,
  parameters: readonly Operand[],
  wanted: number | Shape | undefined,
): { readonly arrays: readonly NDArray[]; readonly shape: Shape } => {
  const arrays = parameters.map((x) => asOperand(asked, x));
  const shapes = arrays.map((x) => x.shape);
  return { arrays, shape: parameterShape(asked, wanted, shapes) };
};

/** A draw with parameters, and the parameters in its dtype and shape. */
export const planParameterDraw = (
  asked: string,
  key: NDArray,
  parameters: readonly Operand[],
  options: ParameterDrawOptions,
  others: readonly string[] = [],
): Draw & { readonly parameters: readonly NDArray[] } => {
  requireOptions(asked, options, ["dtype", "shape", ...others]);
  const { arrays, shape } = drawnOver(asked, parameters, options.shape);
  const dtype = requireDrawDType(asked, options.dtype ?? "float64", floatTypes);
  return {
    key: requireKey(asked, key),
    shape,
    dtype,
    parameters: arrays.map((x) => asParameter(x, shape, dtype)),
  };
};

/** A draw of counts: the dtype asked for, and the parameters as floats that hold them (float32 stays). */
export const planCounts = (
  asked: string,
  key: NDArray,
  parameters: readonly Operand[],
  options: CountOptions,
): { readonly key: NDArray; readonly shape: Shape; readonly dtype: DType; readonly parameters: readonly NDArray[] } => {
  requireOptions(asked, options, ["dtype", "shape"]);
  const { arrays, shape } = drawnOver(asked, parameters, options.shape);
  return {
    key: requireKey(asked, key),
    shape,
    dtype: requireDrawDType(asked, options.dtype ?? "int32", ["int32", "uint32", "float64", "float32"]),
    parameters: arrays.map((x) => asParameter(x, shape, "float64")),
  };
};

/** Refuses a JavaScript number outside a domain; elements of arrays are not looked at. */
export const requireNumberWhere = (
  asked: string,
  name: string,
  value: Operand,
  isAllowed: (value: number) => boolean,
  domain: string,
): void => {
  if (typeof value === "number" && !isAllowed(value))
    throw new InvalidOption(asked, `${name} ${value}`, `${name} is ${domain}`);
};

/** One number in the shape and dtype of a draw. */
export const constantOf = ({ shape, dtype }: Draw, value: number): NDArray => full(value, shape, dtype);

/** Uniform numbers in [0, 1). */
export const drawUnit = ({ key, shape, dtype }: Draw): NDArray => randomUnit(key, { shape, dtype });

/** max(low, u (high - low) + low) for bounds in the shape and dtype of the draw, rounded in its dtype. */
export const drawBetweenArrays = (draw: Draw, low: NDArray, high: NDArray): NDArray =>
  max(low, add(mul(drawUnit(draw), sub(high, low)), low));

/** The same between two numbers. */
export const drawBetween = (draw: Draw, low: number, high: number): NDArray =>
  drawBetweenArrays(draw, constantOf(draw, low), constantOf(draw, high));

/** Constants of the float dtypes: distance from 1 to the next number above, and the least normal number. */
export const floatLimits: Readonly<Record<FloatType, { readonly epsilon: number; readonly tiny: number }>> = {
  float64: { epsilon: 2 ** -52, tiny: 2 ** -1022 },
  float32: { epsilon: 2 ** -23, tiny: 2 ** -126 },
};

/** An operand as floats of its own precision: float32 stays, everything else becomes float64. */
export const asFloats = (asked: string, x: Operand): NDArray => {
  const own = typeof x === "number" ? weakScalar(x) : asOperand(asked, x);
  return isFloat(own.dtype) ? toDType(own, own.dtype) : toDType(own, "float64");
};
