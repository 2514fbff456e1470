/** The fully connected layer: y = x W + b over the last axis. */
import type { NDArray } from "../../src/array/ndarray.ts";
import { requireOptions } from "../../src/options.ts";
import { add } from "../../ops/arithmetic.ts";
import { dot } from "../../ops/contraction.ts";
import { broadcastArray, toDType } from "../numpy/operand.ts";
import { requireKey, splitKeys } from "../random/keys.ts";
import { glorotUniform, zeros } from "./initializers.ts";
import type { Initializer } from "./initializers.ts";
import {
  biasInitializer,
  parameterType,
  requireFeatures,
  requireFunctionOption,
  requireParameter,
  requireSize,
} from "./network-options.ts";
import type { NetworkOptions } from "./network-options.ts";
import type { Network } from "./network.ts";

export interface DenseParams<B extends NDArray | null = NDArray> {
  /** Shape [inputs, outputs]. */
  readonly weights: NDArray;
  /** Shape [outputs]; null in a layer without. */
  readonly bias: B;
}

export interface DenseOptions<B extends boolean | Initializer = true | Initializer> extends NetworkOptions {
  /** First weights. Default glorotUniform(). */
  readonly initializer?: Initializer;
  /** Whether there is one, or how it begins. Default true: zeros. */
  readonly bias?: B;
}

/** A layer; the type of its parameters says whether it has a bias. */
export interface Dense {
  (
    inputs: number,
    outputs: number,
    options: DenseOptions<false> & { readonly bias: false },
  ): Network<DenseParams<null>>;
  (inputs: number, outputs: number, options?: DenseOptions): Network<DenseParams>;
}

/**
 * The fully connected layer y = x W + b, as Keras's Dense: weights Glorot uniform, bias zero unless asked otherwise.
 * @param inputs   size of the last axis of x; x is [..., inputs]
 * @param outputs  size of the last axis of the result, [..., outputs]
 * @throws InvalidOption, UnknownOption, DTypeMismatch; init InvalidKey; apply ShapeMismatch, NotAnArray
 * Derivatives: by parameters and input, any order. Cost: 2 inputs outputs operations per point, one matrix product.
 * @example
 * const layer = nn.dense(3, 2);
 * const params = layer.init(random.key(0));
 * params.bias // [0, 0]
 * layer.apply(params, np.ones([4, 5, 3])).shape // [4, 5, 2]
 * @example nn.dense(3, 2, { bias: false }).init(random.key(0)).bias // null
 */
export const dense: Dense = ((
  inputs: number,
  outputs: number,
  options: DenseOptions<boolean | Initializer> = {},
): Network<DenseParams<NDArray | null>> => {
  requireSize("nn.dense", "inputs", inputs);
  requireSize("nn.dense", "outputs", outputs);
  const asked = `nn.dense(${inputs}, ${outputs})`;
  requireOptions(asked, options, ["initializer", "bias", "dtype"]);
  const { initializer = glorotUniform() } = options;
  requireFunctionOption(asked, "initializer", initializer);
  const dtype = parameterType(asked, options.dtype);
  const biasOf = biasInitializer(asked, options.bias, zeros);
  return {
    init: (key) => {
      const [forWeights, forBias] = splitKeys(requireKey(asked, key), 2) as [NDArray, NDArray];
      return {
        weights: initializer(forWeights, [inputs, outputs], { dtype }),
        bias: biasOf === null ? null : biasOf(forBias, [outputs], { dtype }),
      };
    },
    apply: (params, x) => {
      const weights = requireParameter(asked, "weights", params.weights, [inputs, outputs]);
      const own = requireFeatures(asked, x, inputs, weights.dtype);
      const product = dot(own, weights, { contract: [[own.ndim - 1], [0]], batch: [[], []] });
      if (biasOf === null) return product;
      const bias = toDType(requireParameter(asked, "bias", params.bias, [outputs]), weights.dtype);
      return add(product, broadcastArray(bias, product.shape));
    },
  };
}) as Dense;
