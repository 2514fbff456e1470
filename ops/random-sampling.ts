/**
 * Random sampling family: randomGamma, randomWald, randomPoisson, randomBinomial, one number for every element of the
 * parameters. Samplers accept or reject, so the derivative of a number by its parameter is taken at a fixed
 * probability (implicitly): dx = -(dF/da) / (dF/dx) da for the distribution function F. Counts jump: their tangent
 * is zero. Source: Figurnov, Mohamed & Mnih 2018.
 */
import { sampleBinomial, sampleGamma, samplePoisson, sampleWald } from "../kernels/random-sampling.ts";
import type { Stream } from "../kernels/random-sampling.ts";
import { threefry2x32 } from "../kernels/threefry.ts";
import { ShapeMismatch } from "../src/error.ts";
import { allocate } from "../src/array/storage.ts";
import { bufferOf, fromBuffer } from "../src/array/ndarray.ts";
import type { ConcreteArray, NDArray } from "../src/array/ndarray.ts";
import { sameShape } from "../src/array/shape.ts";
import type { Aval } from "../src/ir/aval.ts";
import { showAval } from "../src/ir/aval.ts";
import { definePrimitive } from "../src/ir/define.ts";
import type { NoParams, PrimitiveFunction } from "../src/ir/define.ts";
import { routine } from "../src/ir/lowering.ts";
import { isZero, notLinear, zero, zeroTangent } from "../src/ir/primitive.ts";
import type { BatchContext, BatchDim, Primitive, TypeOf } from "../src/ir/primitive.ts";
import { add, div, fullLike, mul } from "./arithmetic.ts";
import { batchToFront } from "./batching.ts";
import { gt, keepWhere, select } from "./comparison.ts";
import { requireEqual, requireFloat } from "./elementwise.ts";
import { log, sqrt } from "./exponential.ts";
import { gammaShapeDerivative } from "./gamma-shape.ts";
import { requireWordPairs } from "./random-bits.ts";
import { erfcx } from "./special.ts";

const testedIn = "test/random/random-sampling.test.ts";

// --- Elements and their streams ---------------------------------------------------------------

/** Keys [...keys, 2] and float parameters of one shape [...keys, ...shape]; the numbers have the parameters' type. */
const samplerType = (name: string, [key, ...parameters]: readonly Aval[]): TypeOf => {
  const lead = requireWordPairs(name, key!);
  const type = requireEqual(name, parameters);
  if (!sameShape(type.shape.slice(0, lead.length), lead))
    throw new ShapeMismatch(
      name,
      `keys ${showAval(key!)} and parameters ${showAval(parameters[0]!)}`,
      "The leading axes of the parameters are those of the keys",
    );
  return requireFloat(name, parameters[0]!);
};

/** Calls `draw` with the key of the lane, the place in the lane and in the whole array of every element. */
const drawElements = (
  name: string,
  [key, ...parameters]: readonly ConcreteArray[],
  draw: (stream: Stream, index: number, at: number) => number,
): ConcreteArray => {
  const { shape, dtype } = samplerType(name, [key!, ...parameters]);
  const keys = bufferOf(key!);
  const out = allocate(dtype, parameters[0]!.size);
  const stream: Stream = { key: new Uint32Array(2), isSingle: dtype === "float32" };
  const count = out.length / (keys.length / 2);
  for (let at = 0; at < out.length; at++) {
    const lane = Math.floor(at / count);
    stream.key[0] = keys[2 * lane]!;
    stream.key[1] = keys[2 * lane + 1]!;
    out[at] = draw(stream, at - lane * count, at);
  }
  return fromBuffer(out, shape, dtype);
};

const samplerBatch =
  <P>(call: (inputs: readonly NDArray[], params: P) => NDArray) =>
  (
    inputs: readonly NDArray[],
    dims: readonly BatchDim[],
    params: P,
    { size }: BatchContext,
  ): readonly [NDArray, BatchDim] => [
    call(
      inputs.map((x, k) => batchToFront(x, dims[k]!, size)),
      params,
    ),
    0,
  ];

// --- Gamma ------------------------------------------------------------------------------------

export interface RandomGammaParams {
  /** The logarithms of the numbers: for small shapes, where numbers underflow. */
  readonly logarithm: boolean;
}

/** x Q_1 at x; nothing where x underflowed to 0. */
const gammaSlope = (shape: NDArray, x: NDArray): NDArray => {
  const isThere = gt(x, fullLike(0, x));
  const safe = select(isThere, x, fullLike(1, x));
  return keepWhere(isThere, mul(safe, gammaShapeDerivative(shape, log(safe), { order: 1 })));
};

/** Gamma numbers of scale 1 and the given shapes [...keys, ...shape] from keys [...keys, 2]. */
export const randomGamma: PrimitiveFunction<[NDArray, NDArray], RandomGammaParams> = definePrimitive<
  [NDArray, NDArray],
  RandomGammaParams
>({
  name: "randomGamma",
  evaluate: ([key, shape], { logarithm }) => {
    const shapes = bufferOf(shape);
    return drawElements("randomGamma", [key, shape], (stream, index, at) => {
      const own = stream.key;
      threefry2x32(own[0]!, own[1]!, Math.floor(index / 2 ** 32), index, own, 0);
      return sampleGamma(stream, shapes[at]!, logarithm);
    });
  },
  abstractEval: (inputs) => samplerType("randomGamma", inputs),
  jvp: ([key, shape], [, dShape], params) => {
    const out = randomGamma(key, shape, params);
    if (isZero(dShape)) return [out, zero(out)];
    const slope = params.logarithm ? gammaShapeDerivative(shape, out, { order: 1 }) : gammaSlope(shape, out);
    return [out, mul(dShape, slope)];
  },
  transpose: notLinear,
  batch: samplerBatch(([key, shape], params: RandomGammaParams) => randomGamma(key!, shape!, params)),
  lower: routine,
  weakType: () => false,
  laws: { testedIn },
});

// --- Wald -------------------------------------------------------------------------------------

/** -(dF/dm) / (dF/dx) = 2 m^-2 x^(3/2) sqrt(pi / 2) erfcx(b / sqrt 2), b = (x / m + 1) / sqrt x, F of shape 1. */
const waldSlope = (mean: NDArray, x: NDArray): NDArray => {
  const root = sqrt(x);
  const b = div(add(div(x, mean), fullLike(1, x)), root);
  const ratio = mul(fullLike(Math.sqrt(2 * Math.PI), x), erfcx(mul(fullLike(Math.SQRT1_2, x), b)));
  return div(mul(mul(x, root), ratio), mul(mean, mean));
};

/** Wald (inverse Gaussian) numbers of shape 1 and the given means [...keys, ...shape] from keys [...keys, 2]. */
export const randomWald: PrimitiveFunction<[NDArray, NDArray], NoParams> = definePrimitive<[NDArray, NDArray]>({
  name: "randomWald",
  evaluate: ([key, mean]) => {
    const means = bufferOf(mean);
    return drawElements("randomWald", [key, mean], (stream, index, at) => sampleWald(stream, index, means[at]!));
  },
  abstractEval: (inputs) => samplerType("randomWald", inputs),
  jvp: ([key, mean], [, dMean]) => {
    const out = randomWald(key, mean);
    return [out, isZero(dMean) ? zero(out) : mul(dMean, waldSlope(mean, out))];
  },
  transpose: notLinear,
  batch: samplerBatch(([key, mean]) => randomWald(key!, mean!)),
  lower: routine,
  weakType: () => false,
  laws: { testedIn },
});

// --- Counts -----------------------------------------------------------------------------------

/** Poisson numbers of the given rates [...keys, ...shape], as floats; NaN for rates that are none. */
export const randomPoisson: PrimitiveFunction<[NDArray, NDArray], NoParams> = definePrimitive<[NDArray, NDArray]>({
  name: "randomPoisson",
  evaluate: ([key, rate]) => {
    const rates = bufferOf(rate);
    return drawElements("randomPoisson", [key, rate], (stream, index, at) =>
      samplePoisson(stream.key, index, rates[at]!),
    );
  },
  abstractEval: (inputs) => samplerType("randomPoisson", inputs),
  jvp: zeroTangent(([key, rate]: [NDArray, NDArray]) => randomPoisson(key, rate)),
  transpose: notLinear,
  batch: samplerBatch(([key, rate]) => randomPoisson(key!, rate!)),
  lower: routine,
  weakType: () => false,
  laws: { testedIn },
});

/** Successes in the given counts of trials of the given probabilities, as floats; NaN where either is none. */
export const randomBinomial: PrimitiveFunction<[NDArray, NDArray, NDArray], NoParams> = definePrimitive<
  [NDArray, NDArray, NDArray]
>({
  name: "randomBinomial",
  evaluate: ([key, count, probability]) => {
    const [counts, probabilities] = [bufferOf(count), bufferOf(probability)];
    return drawElements("randomBinomial", [key, count, probability], (stream, index, at) =>
      sampleBinomial(stream, index, counts[at]!, probabilities[at]!),
    );
  },
  abstractEval: (inputs) => samplerType("randomBinomial", inputs),
  jvp: zeroTangent(([key, count, probability]: [NDArray, NDArray, NDArray]) => randomBinomial(key, count, probability)),
  transpose: notLinear,
  batch: samplerBatch(([key, count, probability]) => randomBinomial(key!, count!, probability!)),
  lower: routine,
  weakType: () => false,
  laws: { testedIn },
});

/** Every primitive of this file. */
export const family: readonly Primitive[] = [randomGamma, randomWald, randomPoisson, randomBinomial].map(
  (call) => call.primitive as Primitive,
);
