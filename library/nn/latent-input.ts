/** A trainable input: a latent vector that is drawn with the parameters and moves with them. */
import type { NDArray } from "../../src/array/ndarray.ts";
import { requireOptions } from "../../src/options.ts";
import { requireKey, splitKeys } from "../random/keys.ts";
import { normal } from "./initializers.ts";
import { parameterType, requirePositive, requireSize, requireParameter } from "./network-options.ts";
import type { NetworkOptions } from "./network-options.ts";
import type { Network } from "./network.ts";

export interface LatentInputOptions extends NetworkOptions {
  /** Size of the latent vector. */
  readonly size: number;
  /** Its standard deviation at first. Default 1. */
  readonly scale?: number;
}

export interface LatentParams<P> {
  /** Shape [size]. */
  readonly latent: NDArray;
  readonly network: P;
}

/**
 * The network with its input among the parameters: a latent vector, at first normal with mean 0, that is optimized with the
 * weights. One that stays as it was drawn is no parameter: fixedInput(network, random.normal(key, [size])).
 * @throws InvalidOption, UnknownOption, DTypeMismatch; init InvalidKey; apply ShapeMismatch, NotAnArray
 * Derivatives: by the latent vector and the parameters, as the network's.
 * @example
 * const network = nn.latentInput(nn.dense(4, 3), { size: 4 });
 * const params = network.init(random.key(0));
 * params.latent.shape // [4]
 * network.apply(params).shape // [3]
 * nn.countParameters(params) // 19
 */
export const latentInput = <P, Y>(
  network: Network<P, NDArray, Y>,
  options: LatentInputOptions,
): Network<LatentParams<P>, void, Y> => {
  const asked = "nn.latentInput";
  requireOptions(asked, options, ["size", "scale", "dtype"], true);
  const { size, scale = 1 } = options;
  requireSize(asked, "size", size);
  requirePositive(asked, "scale", scale);
  const dtype = parameterType(asked, options.dtype);
  return {
    init: (key) => {
      const [forLatent, forNetwork] = splitKeys(requireKey(asked, key), 2) as [NDArray, NDArray];
      return { latent: normal(scale)(forLatent, [size], { dtype }), network: network.init(forNetwork) };
    },
    apply: (params) => network.apply(params.network, requireParameter(asked, "latent", params.latent, [size])),
  };
};
