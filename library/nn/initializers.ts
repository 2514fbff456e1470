/**
 * First values of weights: each function here gives an initializer, (key, shape, { dtype }) => array. Names, scales and
 * numbers are jax.nn.initializers'. Weights are [...receptive field, inputs, outputs] unless inAxis and outAxis say otherwise.
 * Variance scaling keeps the variance of what flows through a layer: scale / inputs, outputs or their mean.
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import { normalizeAxes, normalizeAxis, requireShape, showShape, sizeOf } from "../../src/array/shape.ts";
import type { Shape } from "../../src/array/shape.ts";
import { showValue } from "../../src/describe.ts";
import { InvalidOption, ShapeMismatch } from "../../src/error.ts";
import { requireOptions } from "../../src/options.ts";
import { full as fullOf, mul, zerosOf } from "../../ops/arithmetic.ts";
import { moveAxis, reshape } from "../../ops/shape.ts";
import { padZeros } from "../../ops/slicing.ts";
import { full } from "../numpy/index.ts";
import { optionsLast } from "../numpy/options-last.ts";
import type { OptionsLast } from "../numpy/options-last.ts";
import type { Operand } from "../numpy/index.ts";
import * as random from "../random/index.ts";
import { requireDrawDType } from "../random/draw.ts";
import type { FloatType } from "../random/draw.ts";

export interface InitializerOptions {
  /** Default "float64". */
  readonly dtype?: FloatType;
}

/** Values of a shape from a key. */
export type Initializer = (key: NDArray, shape: Shape, options?: InitializerOptions) => NDArray;

const initializer =
  (asked: string, draw: (key: NDArray, shape: Shape, dtype: FloatType) => NDArray): Initializer =>
  (key, shape, options = {}) => {
    requireOptions(asked, options, ["dtype"]);
    requireShape(asked, shape);
    return draw(key, shape, requireDrawDType(asked, options.dtype ?? "float64", ["float64", "float32"]));
  };

const requireFinite = (asked: string, name: string, value: number): void => {
  if (typeof value !== "number" || !Number.isFinite(value))
    throw new InvalidOption(asked, `${name} ${showValue(value)}`, `${name} is a finite number`);
};

const scaled = (x: NDArray, factor: number): NDArray => mul(x, fullOf(factor, x.shape, x.dtype));

/**
 * The same value everywhere (or an array that broadcasts to the shape); the key is not used.
 * @example nn.initializers.constant(0.5)(random.key(0), [2]) // [0.5, 0.5]
 */
export const constant = (value: Operand): Initializer =>
  initializer("nn.initializers.constant", (_key, shape, dtype) => full(shape, value, { dtype }));

/**
 * Zeros, as biases start.
 * @example nn.initializers.zeros(random.key(0), [2]) // [0, 0]
 */
export const zeros: Initializer = initializer("nn.initializers.zeros", (_key, shape, dtype) => zerosOf(shape, dtype));

/**
 * Ones, as the scales of normalizations start.
 * @example nn.initializers.ones(random.key(0), [2]) // [1, 1]
 */
export const ones: Initializer = initializer("nn.initializers.ones", (_key, shape, dtype) => fullOf(1, shape, dtype));

/**
 * Uniform in [0, scale).
 * @throws InvalidOption; the initializer as random.uniform
 * @example nn.initializers.uniform(0.1)(random.key(0), [2]) // [0.04184571117163865, 0.02162954546055114]
 */
export const uniform = (scale = 0.01): Initializer => {
  requireFinite("nn.initializers.uniform", "scale", scale);
  return initializer("nn.initializers.uniform", (key, shape, dtype) =>
    scaled(random.uniform(key, shape, { dtype }), scale),
  );
};

/**
 * Normal with mean 0 and a standard deviation.
 * @throws InvalidOption; the initializer as random.normal
 * @example nn.initializers.normal(0.1)(random.key(0), [2]) // [-0.020584213947964343, -0.07847657764467411]
 */
export const normal = (deviation = 0.01): Initializer => {
  requireFinite("nn.initializers.normal", "deviation", deviation);
  return initializer("nn.initializers.normal", (key, shape, dtype) =>
    scaled(random.normal(key, shape, { dtype }), deviation),
  );
};

export interface TruncatedNormalOptions {
  /** Bounds before scaling; default -2 and 2. */
  readonly lower?: number;
  readonly upper?: number;
}

/**
 * A normal number between bounds, times a deviation (that of the number before it was truncated).
 * @param rest  the deviation, 0.01 by default; options
 * @throws InvalidOption; the initializer as random.truncatedNormal
 * @example nn.initializers.truncatedNormal(0.1)(random.key(0), [2]) // [-0.019635199236715077, -0.07414705651387617]
 */
export const truncatedNormal = (...rest: OptionsLast<number, TruncatedNormalOptions>): Initializer => {
  const [deviation = 0.01, options = {}] = optionsLast<[number?, TruncatedNormalOptions?]>(rest, 1);
  requireOptions("nn.initializers.truncatedNormal", options, ["lower", "upper"]);
  requireFinite("nn.initializers.truncatedNormal", "deviation", deviation);
  const { lower = -2, upper = 2 } = options;
  return initializer("nn.initializers.truncatedNormal", (key, shape, dtype) =>
    scaled(random.truncatedNormal(key, lower, upper, { shape, dtype }), deviation),
  );
};

// --- Variance scaling -------------------------------------------------------------------------

export interface FanOptions {
  /** Axes of the inputs; default -2. */
  readonly inAxis?: number | readonly number[];
  /** Axes of the outputs; default -1. */
  readonly outAxis?: number | readonly number[];
  /** Axes that count neither as inputs, outputs nor receptive field; default none. */
  readonly batchAxis?: number | readonly number[];
}

export type FanMode = "fanIn" | "fanOut" | "fanAvg" | "fanGeoAvg";

export type WeightDistribution = "truncatedNormal" | "normal" | "uniform";

export interface VarianceScalingOptions extends FanOptions {
  /** The variance is scale over the number of inputs ("fanIn", default), outputs, or a mean of both. */
  readonly mode?: FanMode;
  /** Default "truncatedNormal", at 2 deviations. */
  readonly distribution?: WeightDistribution;
}

const fanOptions: readonly string[] = ["inAxis", "outAxis", "batchAxis"];

/** Inputs and outputs of a weight's shape, each times the size of the receptive field. */
const fansOf = (asked: string, shape: Shape, options: FanOptions): readonly [inputs: number, outputs: number] => {
  const { inAxis = -2, outAxis = -1, batchAxis = [] } = options;
  if (inAxis === -2 && shape.length < 2)
    throw new ShapeMismatch(asked, `shape ${showShape(shape)}`, "Weights have at least two axes, or say inAxis");
  const [inputs, outputs, batch] = [inAxis, outAxis, batchAxis].map((axes) =>
    normalizeAxes(asked, axes, shape.length).reduce((product, axis) => product * shape[axis]!, 1),
  ) as [number, number, number];
  const field = sizeOf(shape) / inputs / outputs / batch;
  return [inputs * field, outputs * field];
};

const fanBy: Readonly<Record<FanMode, (inputs: number, outputs: number) => number>> = {
  fanIn: (inputs) => inputs,
  fanOut: (_inputs, outputs) => outputs,
  fanAvg: (inputs, outputs) => (inputs + outputs) / 2,
  fanGeoAvg: (inputs, outputs) => Math.sqrt(inputs * outputs),
};

/** Deviation of a normal number between -2 and 2: sqrt(1 - 4 phi(2) / (2 Phi(2) - 1)). */
const truncatedDeviation = 0.8796256610342398;

const drawScaled: Readonly<
  Record<WeightDistribution, (key: NDArray, shape: Shape, dtype: FloatType, variance: number) => NDArray>
> = {
  truncatedNormal: (key, shape, dtype, variance) =>
    scaled(random.truncatedNormal(key, -2, 2, { shape, dtype }), Math.sqrt(variance) / truncatedDeviation),
  normal: (key, shape, dtype, variance) => scaled(random.normal(key, shape, { dtype }), Math.sqrt(variance)),
  uniform: (key, shape, dtype, variance) =>
    scaled(random.uniform(key, shape, { dtype, minval: -1 }), Math.sqrt(3 * variance)),
};

const scaling = (
  asked: string,
  scale: number,
  mode: FanMode,
  distribution: WeightDistribution,
  fan: FanOptions,
): Initializer =>
  initializer(asked, (key, shape, dtype) => {
    if (sizeOf(shape) === 0) return zerosOf(shape, dtype);
    return drawScaled[distribution](key, shape, dtype, scale / fanBy[mode](...fansOf(asked, shape, fan)));
  });

/**
 * Mean 0 and variance scale / n, n the number of inputs, outputs, or a mean of the two, of the weight's shape.
 * @throws InvalidOption, UnknownOption; the initializer ShapeMismatch, IndexOutOfRange
 * @example nn.initializers.varianceScaling(2, { mode: "fanOut", distribution: "normal" })(random.key(0), [3, 4]).shape // [3, 4]
 */
export const varianceScaling = (scale: number, options: VarianceScalingOptions = {}): Initializer => {
  const asked = "nn.initializers.varianceScaling";
  requireOptions(asked, options, ["mode", "distribution", ...fanOptions]);
  const { mode = "fanIn", distribution = "truncatedNormal", ...fan } = options;
  if (typeof scale !== "number" || !(scale > 0 && scale < Infinity))
    throw new InvalidOption(asked, `scale ${showValue(scale)}`, "The scale is a finite number above 0");
  if (!Object.hasOwn(fanBy, mode))
    throw new InvalidOption(asked, `mode ${showValue(mode)}`, `Use ${Object.keys(fanBy).join(", ")}`);
  if (!Object.hasOwn(drawScaled, distribution))
    throw new InvalidOption(
      asked,
      `distribution ${showValue(distribution)}`,
      `Use ${Object.keys(drawScaled).join(", ")}`,
    );
  return scaling(asked, scale, mode, distribution, fan);
};

const preset =
  (name: string, scale: number, mode: FanMode, distribution: WeightDistribution) =>
  (options: FanOptions = {}): Initializer => {
    requireOptions(`nn.initializers.${name}`, options, fanOptions);
    return scaling(`nn.initializers.${name}`, scale, mode, distribution, options);
  };

/**
 * Uniform with variance 2 / (inputs + outputs), for tanh and linear layers. Source: Glorot & Bengio 2010.
 * @example nn.initializers.glorotUniform()(random.key(0), [1, 2]) // [[-0.2306381170515209, -0.8024376316075585]]
 */
export const glorotUniform: (options?: FanOptions) => Initializer = preset("glorotUniform", 1, "fanAvg", "uniform");

/**
 * Truncated normal with variance 2 / (inputs + outputs), for tanh and linear layers. Source: Glorot & Bengio 2010.
 * @example nn.initializers.glorotNormal()(random.key(0), [1, 2]) // [[-0.18226017899207808, -0.6882566165504145]]
 */
export const glorotNormal: (options?: FanOptions) => Initializer = preset(
  "glorotNormal",
  1,
  "fanAvg",
  "truncatedNormal",
);

/**
 * Uniform with variance 2 / inputs, for relu layers. Source: He et al. 2015.
 * @example nn.initializers.heUniform()(random.key(0), [1, 2]) // [[-0.399476936895252, -1.3898627478495287]]
 */
export const heUniform: (options?: FanOptions) => Initializer = preset("heUniform", 2, "fanIn", "uniform");

/**
 * Truncated normal with variance 2 / inputs, for relu layers. Source: He et al. 2015.
 * @example nn.initializers.heNormal()(random.key(0), [1, 2]) // [[-0.315683890210877, -1.1920954285107686]]
 */
export const heNormal: (options?: FanOptions) => Initializer = preset("heNormal", 2, "fanIn", "truncatedNormal");

/**
 * Uniform with variance 1 / inputs, for selu layers. Source: LeCun et al. 1998.
 * @example nn.initializers.lecunUniform()(random.key(0), [1, 2]) // [[-0.2824728510062632, -0.9827813739229705]]
 */
export const lecunUniform: (options?: FanOptions) => Initializer = preset("lecunUniform", 1, "fanIn", "uniform");

/**
 * Truncated normal with variance 1 / inputs, for selu layers. Source: LeCun et al. 1998.
 * @example nn.initializers.lecunNormal()(random.key(0), [1, 2]) // [[-0.2232222194794607, -0.8429387613214476]]
 */
export const lecunNormal: (options?: FanOptions) => Initializer = preset("lecunNormal", 1, "fanIn", "truncatedNormal");

export {
  glorotNormal as xavierNormal,
  glorotUniform as xavierUniform,
  heNormal as kaimingNormal,
  heUniform as kaimingUniform,
};

// --- Orthogonal -------------------------------------------------------------------------------

export interface OrthogonalInitializerOptions {
  /** Axis of the columns that are orthogonal; default -1. */
  readonly columnAxis?: number;
}

const drawOrthogonal = (
  asked: string,
  key: NDArray,
  shape: Shape,
  dtype: FloatType,
  scale: number,
  columnAxis: number,
): NDArray => {
  if (shape.length < 2)
    throw new ShapeMismatch(asked, `shape ${showShape(shape)}`, "Orthogonal weights have at least two axes");
  if (sizeOf(shape) === 0) return zerosOf(shape, dtype);
  const axis = normalizeAxis(asked, columnAxis, shape.length);
  const columns = shape[axis]!;
  const q = random.orthogonal(key, sizeOf(shape) / columns, { m: columns, dtype });
  const folded = reshape(q, { shape: [...shape.toSpliced(axis, 1), columns] });
  return scaled(moveAxis(folded, shape.length - 1, axis), scale);
};

/**
 * Orthonormal columns (rows, where there are more columns), times a scale. Source: Saxe et al. 2013.
 * @param rest  the scale, 1 by default; options
 * @throws InvalidOption; the initializer ShapeMismatch, IndexOutOfRange
 * @example
 * const w = nn.initializers.orthogonal()(random.key(0), [4, 2]);
 * np.allclose(np.matmul(w.T, w), np.eye(2)).item() // 1
 */
export const orthogonal = (...rest: OptionsLast<number, OrthogonalInitializerOptions>): Initializer => {
  const [scale = 1, options = {}] = optionsLast<[number?, OrthogonalInitializerOptions?]>(rest, 1);
  const asked = "nn.initializers.orthogonal";
  requireOptions(asked, options, ["columnAxis"]);
  requireFinite(asked, "scale", scale);
  return initializer(asked, (key, shape, dtype) =>
    drawOrthogonal(asked, key, shape, dtype, scale, options.columnAxis ?? -1),
  );
};

/**
 * Convolution weights [...field, inputs, outputs] that are orthogonal in the middle of the field and zero elsewhere.
 * Source: Xiao et al. 2018.
 * @param rest  the scale, 1 by default; options
 * @throws InvalidOption; the initializer ShapeMismatch where outputs are fewer than inputs
 * @example nn.initializers.deltaOrthogonal()(random.key(0), [3, 1, 1]).abs() // [[[0]], [[1]], [[0]]]
 */
export const deltaOrthogonal = (...rest: OptionsLast<number, OrthogonalInitializerOptions>): Initializer => {
  const [scale = 1, options = {}] = optionsLast<[number?, OrthogonalInitializerOptions?]>(rest, 1);
  const asked = "nn.initializers.deltaOrthogonal";
  requireOptions(asked, options, ["columnAxis"]);
  requireFinite(asked, "scale", scale);
  return initializer(asked, (key, shape, dtype) => {
    const field = shape.slice(0, -2);
    if (field.length < 1 || field.length > 3 || shape.at(-1)! < shape.at(-2)!)
      throw new ShapeMismatch(
        asked,
        `shape ${showShape(shape)}`,
        "Weights are [...field, inputs, outputs], 1 to 3 axes of field, no fewer outputs than inputs",
      );
    if (sizeOf(shape) === 0) return zerosOf(shape, dtype);
    const matrix = drawOrthogonal(asked, key, shape.slice(-2), dtype, scale, options.columnAxis ?? -1);
    const middle = reshape(matrix, { shape: [...field.map(() => 1), ...shape.slice(-2)] });
    const around = field.map((extent) => [Math.floor((extent - 1) / 2), Math.ceil((extent - 1) / 2), 0] as const);
    return padZeros(middle, [...around, [0, 0, 0], [0, 0, 0]]);
  });
};

// --- Sine layers ------------------------------------------------------------------------------

const requireFrequency = (asked: string, omega: number): void => {
  if (typeof omega !== "number" || !(omega > 0 && omega < Infinity))
    throw new InvalidOption(asked, `omega ${showValue(omega)}`, "omega is a finite number above 0");
};

/**
 * Uniform between -1 / inputs and 1 / inputs, for the first layer of sines: sin(omega (x W + b)) then has up to omega / 2 pi
 * periods per unit of x. Source: Sitzmann et al. 2020.
 * @example nn.initializers.sirenFirst()(random.key(0), [1, 2]) // [[-0.1630857..., -0.5674090...]]
 */
export const sirenFirst = (options: FanOptions = {}): Initializer => {
  const asked = "nn.initializers.sirenFirst";
  requireOptions(asked, options, fanOptions);
  return initializer(asked, (key, shape, dtype) => {
    if (sizeOf(shape) === 0) return zerosOf(shape, dtype);
    const [inputs] = fansOf(asked, shape, options);
    return scaled(random.uniform(key, shape, { dtype, minval: -1 }), 1 / inputs);
  });
};

/**
 * Uniform between -sqrt(6 / inputs) / omega and as much above 0, for the further layers of sin(omega (x W + b)): what enters
 * each sine is then normal with variance 1, whatever the depth. Source: Sitzmann et al. 2020.
 * @param rest  omega, 30 by default; options
 * @throws InvalidOption; the initializer ShapeMismatch, IndexOutOfRange
 * @example nn.initializers.sirenHidden(30)(random.key(0), [1, 2]) // [[-0.01331589..., -0.04632875...]]
 */
export const sirenHidden = (...rest: OptionsLast<number, FanOptions>): Initializer => {
  const [omega = 30, options = {}] = optionsLast<[number?, FanOptions?]>(rest, 1);
  const asked = "nn.initializers.sirenHidden";
  requireFrequency(asked, omega);
  requireOptions(asked, options, fanOptions);
  return scaling(asked, 2 / omega ** 2, "fanIn", "uniform", options);
};
