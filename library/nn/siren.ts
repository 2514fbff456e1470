/** The sine network: dense layers with y = sin(omega (x W + b)), and a linear one behind them. */
import type { NDArray } from "../../src/array/ndarray.ts";
import { requireOptions } from "../../src/options.ts";
import { fullLike, mul } from "../../ops/arithmetic.ts";
import { sin } from "../../ops/trigonometric.ts";
import { namedScope } from "../../transforms/named-scope.ts";
import { uniform } from "../random/continuous.ts";
import { requireKey, splitKeys } from "../random/keys.ts";
import { sirenFirst, sirenHidden } from "./initializers.ts";
import type { Initializer } from "./initializers.ts";
import { dense } from "./dense.ts";
import type { DenseParams } from "./dense.ts";
import { parameterType, requireEntries, requirePositive, requireSize, requireWord } from "./network-options.ts";
import type { NetworkOptions } from "./network-options.ts";
import type { Network } from "./network.ts";

export interface SirenOptions extends NetworkOptions {
  /** Size of the last axis of the input. Default 2. */
  readonly inputs?: number;
  /** Units of every sine layer. Default 256. */
  readonly width?: number;
  /** Number of sine layers, the first included; a linear layer follows. Default 3. */
  readonly depth?: number;
  /** Size of the last axis of the result. Default 1. */
  readonly outputs?: number;
  /** Frequency factor of every sine layer. Default 30. */
  readonly omega?: number;
  /**
   * How biases begin. "zeros" (default): as in Keras, and in neural topology optimization. "uniform": between
   * -1 / sqrt(inputs) and 1 / sqrt(inputs) of the layer, as PyTorch's linear layers and thereby the code of Sitzmann et al.
   */
  readonly biases?: "zeros" | "uniform";
}

/** Uniform between -1 / sqrt(inputs) and 1 / sqrt(inputs), for a bias [outputs]. */
const besideInputs =
  (inputs: number): Initializer =>
  (key, shape, options) => {
    const bound = 1 / Math.sqrt(inputs);
    return uniform(key, shape, { ...options, minval: -bound, maxval: bound });
  };

/**
 * SIREN: x = sin(omega (x W + b)) `depth` times, then x W + b. First weights lie uniformly between -1 / inputs and 1 / inputs,
 * all later ones, the linear layer's too, between -sqrt(6 / width) / omega and as much above 0; every layer draws from a key of
 * its own. Source: Sitzmann et al. 2020; biases begin with zeros unless asked otherwise.
 * @returns  a network from [..., inputs] to [..., outputs]
 * @throws InvalidOption, UnknownOption, DTypeMismatch; init InvalidKey; apply ShapeMismatch, TreeMismatch, NotAnArray
 * Derivatives: by parameters and input, any order; the field has all derivatives. Cost: 2 operations per weight and point, a
 * sine per unit and point.
 * @example
 * const network = nn.siren();
 * const params = network.init(random.key(0));
 * network.apply(params, nn.coordinates([4, 6])).shape // [4, 6, 1]
 * nn.countParameters(params) // 132609
 */
export const siren = (options: SirenOptions = {}): Network<readonly DenseParams[]> => {
  const asked = "nn.siren";
  requireOptions(asked, options, ["inputs", "width", "depth", "outputs", "omega", "biases", "dtype"]);
  const { inputs = 2, width = 256, depth = 3, outputs = 1, omega = 30, biases = "zeros" } = options;
  for (const [name, size] of Object.entries({ inputs, width, depth, outputs })) requireSize(asked, name, size);
  requirePositive(asked, "omega", omega);
  requireWord(asked, "biases", biases, ["zeros", "uniform"]);
  const dtype = parameterType(asked, options.dtype);
  const layers = Array.from({ length: depth + 1 }, (_, k) => {
    const own = k === 0 ? inputs : width;
    return dense(own, k === depth ? outputs : width, {
      initializer: k === 0 ? sirenFirst() : sirenHidden(omega),
      bias: biases === "zeros" ? true : besideInputs(own),
      dtype,
    });
  });
  const bend = (x: NDArray): NDArray => sin(mul(fullLike(omega, x), x));
  return {
    init: (key) => {
      const keys = splitKeys(requireKey(asked, key), layers.length);
      return layers.map((layer, k) => layer.init(keys[k]!));
    },
    apply: (params, x) => {
      requireEntries(asked, "layers", params, layers.length);
      const applied = (layer: NDArray, k: number): NDArray => {
        const linear = layers[k]!.apply(params[k]!, layer);
        return k === depth ? linear : bend(linear);
      };
      return layers.reduce((layer, _, k) => namedScope(`layer ${k}`, applied, layer, k), x);
    },
  };
};
