/**
 * Fourier features: points mapped to cosines and sines of random frequencies, so that a network on top of them sees fine detail.
 * [cos(2 pi x B), sin(2 pi x B)], B [inputs, features] normal with deviation `scale`. Source: Tancik et al. 2020.
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import { requireOptions } from "../../src/options.ts";
import { isFloat } from "../../src/array/dtype.ts";
import { dot } from "../../ops/contraction.ts";
import { join } from "../../ops/slicing.ts";
import { cos, sin } from "../../ops/trigonometric.ts";
import { asOperand, toDType } from "../numpy/operand.ts";
import { normal } from "../random/continuous.ts";
import { key as keyOf, requireKey } from "../random/keys.ts";
import { mlp } from "./mlp.ts";
import type { MlpOptions, MlpParams } from "./mlp.ts";
import { requireEntries, requireFeatures, requirePositive, requireSize } from "./network-options.ts";
import type { Network } from "./network.ts";

export interface FourierFeaturesOptions {
  /** Size of the last axis of the input. Default 2. */
  readonly inputs?: number;
  /** Number of random frequencies; each gives a cosine and a sine. Default 256. */
  readonly features?: number;
  /** Standard deviation of a frequency along an axis, in periods per unit of the input. Default 1. */
  readonly scale?: number;
  /** Where the frequencies are drawn from. Default random.key(0). */
  readonly key?: NDArray;
}

const optionNames = ["inputs", "features", "scale", "key"];
const mlpOptionNames = ["hidden", "outputs", "activation", "normalization", "initializer", "dtype"];

/** 2 pi B in float64, [inputs, features]. */
const frequenciesOf = (asked: string, options: FourierFeaturesOptions): NDArray => {
  const { inputs = 2, features = 256, scale = 1, key } = options;
  requireSize(asked, "inputs", inputs);
  requireSize(asked, "features", features);
  requirePositive(asked, "scale", scale);
  const drawn = normal(key === undefined ? keyOf(0) : requireKey(asked, key), [inputs, features]);
  return drawn.mul(2 * Math.PI * scale);
};

/**
 * Points [..., inputs] to [..., 2 features]: cosines, then sines, of 2 pi x B with normal frequencies B. These are fixed and
 * no parameters: they follow from the option `key` alone, so that optimizers and counts leave them out.
 * @returns  a network without parameters, in the dtype of its input
 * @throws InvalidOption, UnknownOption, InvalidKey; apply ShapeMismatch
 * Derivatives: by the input, any order. Cost: 2 inputs operations, a cosine and a sine per feature and point.
 * @example nn.fourierFeatures({ features: 3 }).apply(null, array([[0, 0]])) // [[1, 1, 1, 0, 0, 0]]
 */
export const fourierFeatures = (options: FourierFeaturesOptions = {}): Network<null> => {
  const asked = "nn.fourierFeatures";
  requireOptions(asked, options, optionNames);
  const frequencies = frequenciesOf(asked, options);
  const [inputs] = frequencies.shape as [number, number];
  return {
    init: () => null,
    apply: (_params, x) => {
      const { dtype } = asOperand(asked, x);
      const own = requireFeatures(asked, x, inputs, isFloat(dtype) ? dtype : "float64");
      const angles = dot(own, toDType(frequencies, own.dtype), { contract: [[own.ndim - 1], [0]], batch: [[], []] });
      return join([cos(angles), sin(angles)], angles.ndim - 1);
    },
  };
};

/** Options of the features and of the perceptron on top of them; `inputs` are those of the features. */
export interface FourierMlpOptions extends FourierFeaturesOptions, Omit<MlpOptions, "inputs"> {}

/**
 * A multilayer perceptron on Fourier features: mlp of [cos(2 pi x B), sin(2 pi x B)], with the options of both. Large scales
 * give fine detail, small ones smooth fields; with leaky units the field has kinks, with sines or tanh it has none.
 * @returns  a network from [..., inputs] to [..., outputs], whose parameters are the perceptron's
 * @throws InvalidOption, UnknownOption, InvalidKey, DTypeMismatch; apply ShapeMismatch, TreeMismatch, NotAnArray
 * Derivatives: by parameters and input, as mlp. Cost: that of both.
 * @example
 * const network = nn.fourierMlp({ features: 16, scale: 2, hidden: [20] });
 * const params = network.init(random.key(0));
 * params.layers[0].weights.shape // [32, 20]
 * network.apply(params, nn.coordinates([4, 6])).shape // [4, 6, 1]
 */
export const fourierMlp = (options: FourierMlpOptions = {}): Network<MlpParams> => {
  const asked = "nn.fourierMlp";
  requireOptions(asked, options, [...optionNames, ...mlpOptionNames]);
  const { inputs, features = 256, scale, key, ...rest } = options;
  const map = fourierFeatures({
    features,
    ...(inputs === undefined ? {} : { inputs }),
    ...(scale === undefined ? {} : { scale }),
    ...(key === undefined ? {} : { key }),
  });
  const network = mlp({ ...rest, inputs: 2 * features });
  return {
    init: network.init,
    apply: (params, x) => {
      requireEntries(asked, "layers", params.layers, (rest.hidden?.length ?? 5) + 1);
      const own = toDType(asOperand(asked, x), params.layers[0]!.weights.dtype);
      return network.apply(params, map.apply(null, own));
    },
  };
};
