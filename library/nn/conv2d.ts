/** The convolution layer of images [..., height, width, channels]: y = conv(x, W) + b. */
import type { NDArray } from "../../src/array/ndarray.ts";
import { showValue } from "../../src/describe.ts";
import { InvalidOption } from "../../src/error.ts";
import { requireOptions } from "../../src/options.ts";
import { add } from "../../ops/arithmetic.ts";
import { reshape } from "../../ops/shape.ts";
import { broadcastArray, toDType } from "../numpy/operand.ts";
import { requireKey, splitKeys } from "../random/keys.ts";
import { conv } from "./conv.ts";
import type { ConvOptions } from "./conv.ts";
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
import { perAxis } from "./spatial.ts";

export interface Conv2dParams<B extends NDArray | null = NDArray> {
  /** Shape [rows, columns, inputs, outputs]. */
  readonly weights: NDArray;
  /** Shape [outputs]; null in a layer without. */
  readonly bias: B;
}

export interface Conv2dOptions<B extends boolean | Initializer = true | Initializer>
  extends NetworkOptions, Pick<ConvOptions, "strides" | "dilation" | "padding"> {
  /** Size of the window, one for both axes or [rows, columns]. Default 3. */
  readonly kernel?: number | readonly [rows: number, columns: number];
  /** First weights. Default glorotUniform(), which counts the window. */
  readonly initializer?: Initializer;
  /** Whether there is one, or how it begins. Default true: zeros. */
  readonly bias?: B;
}

/** A layer; the type of its parameters says whether it has a bias. */
export interface Conv2d {
  (
    inputs: number,
    outputs: number,
    options: Conv2dOptions<false> & { readonly bias: false },
  ): Network<Conv2dParams<null>>;
  (inputs: number, outputs: number, options?: Conv2dOptions): Network<Conv2dParams>;
}

const windowOf = (asked: string, kernel: number | readonly [number, number]): readonly [number, number] => {
  const window = typeof kernel === "number" ? [kernel, kernel] : kernel;
  if (!Array.isArray(window) || window.length !== 2)
    throw new InvalidOption(asked, `kernel ${showValue(kernel)}`, "Give a whole number from 1, or [rows, columns]");
  for (const extent of window) requireSize(asked, "kernel", extent);
  return window as readonly number[] as readonly [number, number];
};

/**
 * The convolution layer y = conv(x, W) + b of images [..., height, width, inputs], as Keras's Conv2D with padding "same":
 * weights Glorot uniform, bias zero unless asked otherwise. Leading axes, of which there may be none, count images.
 * @param inputs   channels of x
 * @param outputs  channels of the result
 * @throws InvalidOption, UnknownOption, DTypeMismatch; init InvalidKey; apply ShapeMismatch, NotAnArray
 * Derivatives: by parameters and input, any order. Cost: 2 inputs outputs operations per pixel and entry of the window.
 * @example
 * const layer = nn.conv2d(3, 8, { kernel: 5 });
 * const params = layer.init(random.key(0));
 * params.weights.shape // [5, 5, 3, 8]
 * layer.apply(params, np.ones([6, 4, 3])).shape // [6, 4, 8]
 */
export const conv2d: Conv2d = ((
  inputs: number,
  outputs: number,
  options: Conv2dOptions<boolean | Initializer> = {},
): Network<Conv2dParams<NDArray | null>> => {
  requireSize("nn.conv2d", "inputs", inputs);
  requireSize("nn.conv2d", "outputs", outputs);
  const asked = `nn.conv2d(${inputs}, ${outputs})`;
  requireOptions(asked, options, ["kernel", "strides", "dilation", "padding", "initializer", "bias", "dtype"]);
  const { kernel = 3, initializer = glorotUniform(), bias, dtype: asDType, padding = "same", ...sliding } = options;
  requireFunctionOption(asked, "initializer", initializer);
  for (const name of ["strides", "dilation"] as const) perAxis(asked, name, sliding[name], 2);
  const shape = [...windowOf(asked, kernel), inputs, outputs];
  const dtype = parameterType(asked, asDType);
  const biasOf = biasInitializer(asked, bias, zeros);
  return {
    init: (key) => {
      const [forWeights, forBias] = splitKeys(requireKey(asked, key), 2) as [NDArray, NDArray];
      return {
        weights: initializer(forWeights, shape, { dtype }),
        bias: biasOf === null ? null : biasOf(forBias, [outputs], { dtype }),
      };
    },
    apply: (params, x) => {
      const weights = requireParameter(asked, "weights", params.weights, shape);
      const own = requireFeatures(asked, x, inputs, weights.dtype, 3);
      const lead = own.shape.slice(0, -3);
      const images = reshape(own, { shape: [lead.reduce((p, n) => p * n, 1), ...own.shape.slice(-3)] });
      const folded = conv(images, weights, { ...sliding, padding, layout: "NHWC" });
      const out = reshape(folded, { shape: [...lead, ...folded.shape.slice(-3)] });
      if (biasOf === null) return out;
      const shift = toDType(requireParameter(asked, "bias", params.bias, [outputs]), weights.dtype);
      return add(out, broadcastArray(shift, out.shape));
    },
  };
}) as Conv2d;
