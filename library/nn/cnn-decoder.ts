/**
 * The convolutional decoder: a latent vector becomes a coarse image of many channels, which grows by bilinear upsampling and
 * convolutions to a field. Sources: Hoyer, Sohl-Dickstein & Greydanus 2019; Sanu, Bessa & Aragon 2026.
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import { showValue } from "../../src/describe.ts";
import { InvalidOption } from "../../src/error.ts";
import { requireOptions } from "../../src/options.ts";
import { add, fullLike, mul } from "../../ops/arithmetic.ts";
import { reshape } from "../../ops/shape.ts";
import { sliceAxis } from "../../ops/slicing.ts";
import { broadcastArray, toDType } from "../numpy/operand.ts";
import { namedScope } from "../../transforms/named-scope.ts";
import { requireKey, splitKeys } from "../random/keys.ts";
import { tanh } from "./activations.ts";
import { conv2d } from "./conv2d.ts";
import type { Conv2dParams } from "./conv2d.ts";
import { dense } from "./dense.ts";
import type { DenseParams } from "./dense.ts";
import { glorotUniform, orthogonal, varianceScaling, zeros } from "./initializers.ts";
import type { Initializer } from "./initializers.ts";
import { latentInput } from "./latent-input.ts";
import type { LatentParams } from "./latent-input.ts";
import {
  parameterType,
  requireEntries,
  requireFunctionOption,
  requireParameter,
  requireSize,
  requireSizes,
  requireWord,
} from "./network-options.ts";
import type { NetworkOptions } from "./network-options.ts";
import type { Network } from "./network.ts";
import { globalNorm, layerNorm } from "./normalizations.ts";
import type { AffineParams } from "./normalizations.ts";
import { upsample } from "./upsample.ts";

export interface CnnDecoderOptions extends NetworkOptions {
  /** Rows of the field, 1 or more. */
  readonly height: number;
  /** Columns of the field, 1 or more. */
  readonly width: number;
  /** Size of the latent vector. Default 128. */
  readonly latent?: number;
  /** Channels of the coarse image. Default 32. */
  readonly denseChannels?: number;
  /** Channels after every stage. Default [64, 32, 16, 8, 1]. */
  readonly filters?: readonly number[];
  /** By how much every stage magnifies, one for each of the filters. Default [1, 2, 2, 2, 1]. */
  readonly resizes?: readonly number[];
  /** Rows and columns of the convolution windows. Default 5. */
  readonly kernel?: number;
  /** At the start of every stage. Default tanh. */
  readonly activation?: (x: NDArray) => NDArray;
  /** "layer" (default): over the channels of every pixel, with scale and shift. "global": over the whole image, without. */
  readonly normalization?: "layer" | "global";
  /** Factor of trained offsets, one per pixel and channel after every convolution, which begin with zeros. Default 0: no offsets. */
  readonly offsetScale?: number;
  /** Factor of the orthogonal weights from the latent vector to the coarse image. Default 1. */
  readonly gain?: number;
  /** First weights of the convolutions. Default glorotUniform(). */
  readonly kernelInitializer?: Initializer;
}

export interface CnnDecoderParams {
  /** From the latent vector to the coarse image, [latent, rows columns channels]. */
  readonly dense: DenseParams;
  /** Of every stage. */
  readonly convolutions: readonly Conv2dParams[];
  /** Of every stage; none where normalization is "global". */
  readonly normalizations: readonly AffineParams[];
  /** Of every stage, [rows, columns, channels]; none where offsetScale is 0. */
  readonly offsets: readonly NDArray[];
}

const optionNames =
  "height width latent denseChannels filters resizes kernel activation normalization offsetScale gain kernelInitializer dtype".split(
    " ",
  );

type Settings = Required<CnnDecoderOptions>;

const settingsOf = (asked: string, options: CnnDecoderOptions): Settings => {
  requireOptions(asked, options, optionNames, true);
  const settings: Settings = {
    latent: 128,
    denseChannels: 32,
    filters: [64, 32, 16, 8, 1],
    resizes: [1, 2, 2, 2, 1],
    kernel: 5,
    activation: tanh,
    normalization: "layer",
    offsetScale: 0,
    gain: 1,
    kernelInitializer: glorotUniform(),
    dtype: "float32",
    ...options,
  };
  for (const name of ["height", "width", "latent", "denseChannels", "kernel"] as const)
    requireSize(asked, name, settings[name]);
  requireSizes(asked, "filters", settings.filters);
  requireSizes(asked, "resizes", settings.resizes, settings.filters.length);
  if (settings.filters.length === 0) throw new InvalidOption(asked, "filters []", "Give one stage or more");
  requireFunctionOption(asked, "activation", settings.activation);
  requireFunctionOption(asked, "kernelInitializer", settings.kernelInitializer);
  requireWord(asked, "normalization", settings.normalization, ["layer", "global"]);
  for (const name of ["offsetScale", "gain"] as const)
    if (!Number.isFinite(settings[name]))
      throw new InvalidOption(asked, `${name} ${showValue(settings[name])}`, "Give a finite number");
  return { ...settings, dtype: parameterType(asked, settings.dtype) };
};

/** Sizes of the images: the coarse one, then the one after every stage, and the whole before it is cropped. */
const sizesOf = ({ height, width, resizes }: Settings): readonly (readonly [rows: number, columns: number])[] => {
  const total = resizes.reduce((product, factor) => product * factor, 1);
  const sizes: [number, number][] = [[Math.ceil(height / total), Math.ceil(width / total)]];
  for (const factor of resizes) sizes.push(sizes.at(-1)!.map((size) => size * factor) as [number, number]);
  return sizes;
};

/** The middle of an axis. */
const cropped = (x: NDArray, axis: number, size: number): NDArray => {
  const start = Math.floor((x.shape[axis]! - size) / 2);
  return x.shape[axis] === size ? x : sliceAxis(x, axis, start, start + size);
};

/** The layers of a decoder, before there are parameters. */
interface Parts {
  readonly settings: Settings;
  readonly sizes: ReturnType<typeof sizesOf>;
  readonly dense: Network<DenseParams>;
  readonly convolutions: readonly Network<Conv2dParams>[];
  readonly normalizations: readonly Network<AffineParams>[];
}

const partsOf = (settings: Settings): Parts => {
  const { latent, denseChannels, filters, kernel, gain, kernelInitializer, dtype } = settings;
  const sizes = sizesOf(settings);
  const [rows, columns] = sizes[0]!;
  const channels = [denseChannels, ...filters];
  return {
    settings,
    sizes,
    dense: dense(latent, rows * columns * denseChannels, { initializer: orthogonal(gain), dtype }),
    convolutions: filters.map((count, k) =>
      conv2d(channels[k]!, count, { kernel, initializer: kernelInitializer, dtype }),
    ),
    normalizations: settings.normalization === "layer" ? filters.map((_, k) => layerNorm(channels[k]!, { dtype })) : [],
  };
};

const initialParams = ({ settings, sizes, ...layers }: Parts, key: NDArray): CnnDecoderParams => {
  const { filters, offsetScale, dtype } = settings;
  const [forDense, ...keys] = splitKeys(key, filters.length + 1) as [NDArray, ...NDArray[]];
  return {
    dense: layers.dense.init(forDense),
    convolutions: layers.convolutions.map((layer, k) => layer.init(keys[k]!)),
    normalizations: layers.normalizations.map((layer, k) => layer.init(keys[k]!)),
    offsets: offsetScale === 0 ? [] : filters.map((count, k) => zeros(keys[k]!, [...sizes[k + 1]!, count], { dtype })),
  };
};

const requireParts = (asked: string, { settings, ...layers }: Parts, params: CnnDecoderParams): void => {
  const stages = layers.convolutions.length;
  requireEntries(asked, "convolutions", params.convolutions, stages);
  requireEntries(asked, "normalizations", params.normalizations, layers.normalizations.length);
  requireEntries(asked, "offsets", params.offsets, settings.offsetScale === 0 ? 0 : stages);
};

/** One stage: activation, upsampling, normalization, convolution, offset. */
const stageOf = (asked: string, parts: Parts, params: CnnDecoderParams, k: number, image: NDArray): NDArray => {
  const { settings, sizes } = parts;
  const bent = settings.activation(image);
  const grown = settings.resizes[k] === 1 ? bent : upsample({ size: sizes[k + 1]! }).apply(null, bent);
  const normal =
    settings.normalization === "global"
      ? globalNorm().apply(null, grown)
      : parts.normalizations[k]!.apply(params.normalizations[k]!, grown);
  const out = parts.convolutions[k]!.apply(params.convolutions[k]!, normal);
  if (settings.offsetScale === 0) return out;
  const offsets = requireParameter(asked, "offsets", params.offsets[k], [...sizes[k + 1]!, settings.filters[k]!]);
  const own = toDType(offsets, out.dtype);
  return add(out, broadcastArray(mul(own, fullLike(settings.offsetScale, own)), out.shape));
};

/**
 * The convolutional decoder from a latent vector to a field. A dense layer (orthogonal weights) makes a coarse image; then, stage
 * by stage, activation, bilinear upsampling, normalization, convolution with bias (padding "same"). Where height or width
 * are no multiple of the product of `resizes`, the image is as much larger as need be and its middle is taken.
 * The latent vector is the input: fixedInput keeps one, latentInput trains it.
 * @returns  a network from [..., latent] to [..., height, width]; with channels behind them where the last of `filters` is not 1
 * @throws InvalidOption, UnknownOption, DTypeMismatch; init InvalidKey; apply ShapeMismatch, TreeMismatch, NotAnArray
 * Derivatives: by parameters and input, any order. Cost: 2 operations per weight and pixel, most in the last stages.
 * Sources: the defaults are those of Sanu, Bessa & Aragon 2026; hoyerDecoder has those of Hoyer et al. 2019.
 * @example
 * const decoder = nn.cnnDecoder({ height: 60, width: 20 });
 * const field = nn.fixedInput(decoder, random.normal(random.key(1), [128]));
 * const params = field.init(random.key(0));
 * field.apply(params).shape // [60, 20]
 * nn.countParameters(params) // 218097
 */
export const cnnDecoder = (options: CnnDecoderOptions): Network<CnnDecoderParams> => {
  const asked = "nn.cnnDecoder";
  const parts = partsOf(settingsOf(asked, options));
  const { height, width, denseChannels, filters } = parts.settings;
  const [rows, columns] = parts.sizes[0]!;
  return {
    init: (key) => initialParams(parts, requireKey(asked, key)),
    apply: (params, x) => {
      requireParts(asked, parts, params);
      const flat = namedScope("dense", parts.dense.apply, params.dense, x);
      const lead = flat.shape.slice(0, -1);
      let image = reshape(flat, { shape: [...lead, rows, columns, denseChannels] });
      for (let k = 0; k < filters.length; k++)
        image = namedScope(`stage ${k}`, stageOf, asked, parts, params, k, image);
      const field = cropped(cropped(image, lead.length, height), lead.length + 1, width);
      return filters.at(-1) === 1 ? reshape(field, { shape: [...lead, height, width] }) : field;
    },
  };
};

export interface HoyerDecoderOptions extends NetworkOptions {
  /** Rows of the field, 1 or more. */
  readonly height: number;
  /** Columns of the field, 1 or more. */
  readonly width: number;
  /** Size of the latent vector. Default 128. */
  readonly latent?: number;
  /** Standard deviation of the latent vector at first. Default 1. */
  readonly latentScale?: number;
}

/**
 * The decoder of Hoyer, Sohl-Dickstein & Greydanus 2019, with its latent vector among the parameters: cnnDecoder with filters
 * [128, 64, 32, 16, 1], global normalization, offsets of scale 10, orthogonal weights of gain sqrt(max(units / latent, 1)) and
 * convolutions of variance 1 / inputs (truncated normal).
 * @returns  a network without input, to [height, width]
 * @throws as cnnDecoder
 * @example
 * const network = nn.hoyerDecoder({ height: 16, width: 24 });
 * network.apply(network.init(random.key(0))).shape // [16, 24]
 */
export const hoyerDecoder = (options: HoyerDecoderOptions): Network<LatentParams<CnnDecoderParams>, void> => {
  const asked = "nn.hoyerDecoder";
  requireOptions(asked, options, ["height", "width", "latent", "latentScale", "dtype"], true);
  const { latent = 128, latentScale = 1, ...rest } = options;
  const settings = settingsOf(asked, { ...rest, latent });
  const [rows, columns] = sizesOf(settings)[0]!;
  const decoder = cnnDecoder({
    ...rest,
    latent,
    filters: [128, 64, 32, 16, 1],
    normalization: "global",
    offsetScale: 10,
    gain: Math.sqrt(Math.max((rows * columns * settings.denseChannels) / latent, 1)),
    kernelInitializer: varianceScaling(1),
  });
  return latentInput(decoder, { size: latent, scale: latentScale, dtype: settings.dtype });
};
