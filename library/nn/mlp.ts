/** The multilayer perceptron: dense layers with an activation, and a normalization if wanted, between them. */
import type { NDArray } from "../../src/array/ndarray.ts";
import { requireOptions } from "../../src/options.ts";
import { namedScope } from "../../transforms/named-scope.ts";
import { requireKey, splitKeys } from "../random/keys.ts";
import { normalizeBatch } from "./batch-norm.ts";
import { dense } from "./dense.ts";
import type { DenseParams } from "./dense.ts";
import { glorotUniform } from "./initializers.ts";
import type { Initializer } from "./initializers.ts";
import {
  parameterType,
  requireEntries,
  requireFunctionOption,
  requireSize,
  requireSizes,
  requireWord,
} from "./network-options.ts";
import type { NetworkOptions } from "./network-options.ts";
import type { Network } from "./network.ts";
import { affineParts, frozenBatchNorm, layerNorm } from "./normalizations.ts";
import type { AffineParams, NormalizationOptions } from "./normalizations.ts";
import { leakyRelu } from "./piecewise-activations.ts";

/**
 * "none"; "layer": every point by its own features; "batch": every feature by its mean and variance over the points of this call,
 * which in coordinate networks are always the whole field; "frozenBatch": scale and shift alone, as Keras's batch
 * normalization that was never trained.
 */
export type MlpNormalization = "none" | "layer" | "batch" | "frozenBatch";

export interface MlpOptions extends NetworkOptions {
  /** Size of the last axis of the input. Default 2. */
  readonly inputs?: number;
  /** Units of the hidden layers. Default [20, 20, 20, 20, 20]. */
  readonly hidden?: readonly number[];
  /** Size of the last axis of the result. Default 1. */
  readonly outputs?: number;
  /** After every hidden layer. Default leakyRelu with slope 0.3 below 0, Keras's. */
  readonly activation?: (x: NDArray) => NDArray;
  /** After every activation. Default "none". */
  readonly normalization?: MlpNormalization;
  /** First weights. Default glorotUniform(). Biases begin with zeros. */
  readonly initializer?: Initializer;
}

export interface MlpParams {
  /** The hidden layers and the linear one behind them. */
  readonly layers: readonly DenseParams[];
  /** Scale and shift of every hidden layer; none without normalization. */
  readonly normalizations: readonly AffineParams[];
}

/** Keras's LeakyReLU. */
const leaky = (x: NDArray): NDArray => leakyRelu(x, { negativeSlope: 0.3 });

/** Every feature by its mean and variance over all points of the call: no state, since there are no other points. */
const wholeBatchNorm = (features: number, options: NormalizationOptions): Network<AffineParams> => ({
  init: layerNorm(features, options).init,
  apply: (params, x) =>
    normalizeBatch("nn.mlp", affineParts("nn.mlp", params, x, features), options.epsilon ?? 1e-3)[0],
});

const normalizers: Readonly<
  Record<Exclude<MlpNormalization, "none">, (features: number, options: NormalizationOptions) => Network<AffineParams>>
> = { layer: layerNorm, batch: wholeBatchNorm, frozenBatch: frozenBatchNorm };

const optionNames = ["inputs", "hidden", "outputs", "activation", "normalization", "initializer", "dtype"];

/**
 * The multilayer perceptron: x = normalize(activation(x W + b)) for every hidden layer, then a linear layer.
 * The network of Sanu, Bessa & Aragon 2026 is mlp({ normalization: "frozenBatch" }): there, batch normalization runs with the
 * statistics that it starts with, so that all it adds is a factor 1 / sqrt(1.001) per layer and a scale and a shift that are
 * trained. The default leaves it out; "batch" is what such layers do in training.
 * @returns  a network from [..., inputs] to [..., outputs]
 * @throws InvalidOption, UnknownOption, DTypeMismatch; init InvalidKey; apply ShapeMismatch, TreeMismatch, NotAnArray
 * Derivatives: by parameters and input, any order (with the default activation, away from its kink). Cost: 2 operations
 * per weight and point.
 * @example
 * const network = nn.mlp();
 * const params = network.init(random.key(0));
 * network.apply(params, nn.coordinates([4, 6])).shape // [4, 6, 1]
 * nn.countParameters(params) // 1761
 * @example nn.countParameters(nn.mlp({ normalization: "frozenBatch" }).init(random.key(0))) // 1961
 */
export const mlp = (options: MlpOptions = {}): Network<MlpParams> => {
  const asked = "nn.mlp";
  requireOptions(asked, options, optionNames);
  const {
    inputs = 2,
    hidden = [20, 20, 20, 20, 20],
    outputs = 1,
    activation = leaky,
    normalization = "none",
  } = options;
  requireSizes(asked, "hidden", hidden);
  requireSize(asked, "inputs", inputs);
  requireSize(asked, "outputs", outputs);
  requireFunctionOption(asked, "activation", activation);
  requireWord(asked, "normalization", normalization, ["none", ...Object.keys(normalizers)]);
  const dtype = parameterType(asked, options.dtype);
  const { initializer = glorotUniform() } = options;
  const sizes = [inputs, ...hidden, outputs];
  const layers = sizes.slice(1).map((size, k) => dense(sizes[k]!, size, { initializer, dtype }));
  const between = normalization === "none" ? [] : hidden.map((size) => normalizers[normalization](size, { dtype }));
  return {
    init: (key) => {
      const keys = splitKeys(requireKey(asked, key), layers.length);
      return {
        layers: layers.map((layer, k) => layer.init(keys[k]!)),
        normalizations: between.map((layer, k) => layer.init(keys[k]!)),
      };
    },
    apply: (params, x) => {
      requireEntries(asked, "layers", params.layers, layers.length);
      requireEntries(asked, "normalizations", params.normalizations, between.length);
      const applied = (layer: NDArray, k: number): NDArray => {
        const linear = layers[k]!.apply(params.layers[k]!, layer);
        if (k === hidden.length) return linear;
        const bent = activation(linear);
        return between.length === 0 ? bent : between[k]!.apply(params.normalizations[k]!, bent);
      };
      return layers.reduce((layer, _, k) => namedScope(`layer ${k}`, applied, layer, k), x);
    },
  };
};
