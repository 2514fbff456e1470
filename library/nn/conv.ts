/**
 * Convolution with named options over ops/convolution.ts (which fixes the layout to NCHW).
 * Not mirrored, as in all of machine learning: out[x] = sum over t of in[x * stride + t * dilation - low] w[t].
 */
import { ShapeMismatch } from "../../src/error.ts";
import { resultType } from "../../src/array/dtype.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { showShape } from "../../src/array/shape.ts";
import { convolution } from "../../ops/convolution.ts";
import { transpose } from "../../ops/shape.ts";
import { requireOptions } from "../../src/options.ts";
import { asOperand, toDType } from "../numpy/operand.ts";
import { type Layout, type Padding, pairsOf, perAxis, requireLayout } from "./spatial.ts";

export interface ConvOptions {
  /** "valid" (default): no border. "same": size ceil(in / stride). Or [before, after] per spatial axis. */
  readonly padding?: Padding;
  /** Distance between neighbouring results, one for all spatial axes or a list. Default 1. */
  readonly strides?: number | readonly number[];
  /** Distance between the taps of the window. Default 1. */
  readonly dilation?: number | readonly number[];
  /** Channels and features split in this many independent groups. Default 1. */
  readonly groups?: number;
  /** "NCHW" (default): x [N, C, ...spatial], w [O, C / groups, ...window]. "NHWC": x [N, ...spatial, C], w [...window, C / groups, O]. */
  readonly layout?: Layout;
}

/** Axes from NHWC to NCHW: the first stays, the last becomes the second. Its inverse leads back. */
const channelsSecond = (rank: number): number[] => [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, k) => k + 1)];
const channelsLast = (rank: number): number[] => [0, ...Array.from({ length: rank - 2 }, (_, k) => k + 2), 1];
/** Axes from [...window, I, O] to [O, I, ...window]. */
const featuresFirst = (rank: number): number[] => [
  rank - 1,
  rank - 2,
  ...Array.from({ length: rank - 2 }, (_, k) => k),
];

/**
 * Convolution of images `x` by windows `w`, of any number of spatial axes; layouts as in the options.
 * @returns [N, O, ...spatial] or [N, ...spatial, O], size floor((in + before + after - reach) / stride) + 1
 * @throws ShapeMismatch, InvalidOption, UnknownOption
 * Derivatives: by both operands, forward and reverse, any order.
 * @example const image = array([[[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]]);
 * const window = array([[[[1, 0], [0, 1]]]]);
 * nn.conv(image, window) // [[[[6, 8], [12, 14]]]]
 * nn.conv(image, window, { padding: "same", strides: 2 }).shape // [1, 1, 2, 2]
 */
export const conv = (x: NDArray, w: NDArray, options: ConvOptions = {}): NDArray => {
  requireOptions("nn.conv", options, ["padding", "strides", "dilation", "groups", "layout"]);
  const { padding = "valid", groups = 1, layout = "NCHW" } = options;
  requireLayout("nn.conv", layout);
  const [images, windows] = [asOperand("nn.conv", x), asOperand("nn.conv", w)];
  const rank = images.ndim;
  if (rank < 2 || windows.ndim !== rank)
    throw new ShapeMismatch(
      "nn.conv",
      `shapes ${showShape(images.shape)} and ${showShape(windows.shape)}`,
      "Images and windows have one rank: two more than spatial axes",
    );
  const { dtype } = resultType([images, windows]);
  const isLast = layout === "NHWC";
  const lhs = toDType(isLast ? transpose(images, { permutation: channelsSecond(rank) }) : images, dtype);
  const rhs = toDType(isLast ? transpose(windows, { permutation: featuresFirst(rank) }) : windows, dtype);
  const spatial = rank - 2;
  const strides = perAxis("nn.conv", "strides", options.strides, spatial);
  const rhsDilation = perAxis("nn.conv", "dilation", options.dilation, spatial);
  const axes = strides.map((stride, axis) => ({
    input: lhs.shape[axis + 2]!,
    window: rhs.shape[axis + 2]!,
    stride,
    dilation: rhsDilation[axis]!,
  }));
  const out = convolution(lhs, rhs, {
    strides,
    padding: pairsOf("nn.conv", padding, axes),
    lhsDilation: new Array<number>(spatial).fill(1),
    rhsDilation,
    featureGroups: groups,
    batchGroups: 1,
  });
  return isLast ? transpose(out, { permutation: channelsLast(rank) }) : out;
};
