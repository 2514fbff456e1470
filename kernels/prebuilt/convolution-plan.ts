/**
 * Plans of convolutions: which tile computes them at least cost, how the copies and tables lie in the scratch, and the numbers
 * that the kernel needs of the whole and of each axis.
 */
import { float32Block } from "../contraction-float32.ts";
import { type ConvolutionParams, convolutionShape } from "../convolution.ts";
import { type Shape, elementCount, rowMajorStrides } from "../numeric-array.ts";
import { type PhasedAxis, axesOf, axisCount, mergedAxes, phasedAxis } from "./convolution-axes.ts";
import { type Tile, featuresOf, stripOf, tiles } from "./convolution-tiles.ts";
import { type Lanes, doubles, singles } from "./lanes.ts";
import type { Addresses, PrebuiltCall } from "./module.ts";
import { type Cut, alike, shared } from "./shares.ts";

/** Numbers of one axis; strides in bytes. */
export const axisNames = [
  "input",
  "lhsStride",
  "origin",
  "extent",
  "copyStride",
  "window",
  "rhsStride",
  "results",
  "outStride",
  "stride",
  "low",
  "lhsDilation",
  "rhsDilation",
  "phases",
  "tapStep",
  "reach",
  "placeStride",
] as const;

/** Numbers of the whole; addresses, and distances in bytes. */
export const wholeNames = [
  "lhs",
  "rhs",
  "out",
  "sums",
  "blocks",
  "offsets",
  "places",
  "weights",
  "copy",
  "tile",
  "blockLength",
  "isPadded",
  "isDense",
  "groups",
  "features",
  "channels",
  "images",
  "imageBlock",
  "lhsImage",
  "lhsChannel",
  "lhsGroup",
  "rhsChannel",
  "rhsBytes",
  "outImage",
  "outFeature",
  "copyImage",
  "copyChannel",
  "interleave",
  "interleaveBytes",
] as const;

/** Of these: operands and result, and parts of the scratch. */
const partNames = ["sums", "blocks", "offsets", "places", "weights", "copy"] as const;
type AddressName = "lhs" | "rhs" | "out" | (typeof partNames)[number];

type AxisNumbers = Readonly<Record<(typeof axisNames)[number], number>>;
type WholeNumbers = Readonly<Record<Exclude<(typeof wholeNames)[number], AddressName>, number>>;
type Parts = Readonly<Record<(typeof partNames)[number], number>>;

/** Arguments of the exported functions: those of the whole, then those of each axis. */
export const argumentCount: number = wholeNames.length + axisCount * axisNames.length;

/** A convolution whose results and terms are some; counts are those of one group. */
type Convolution = {
  readonly lanes: Lanes;
  readonly lhsShape: Shape;
  readonly rhsShape: Shape;
  readonly outShape: Shape;
  readonly axes: readonly PhasedAxis[];
  readonly groups: number;
  readonly images: number;
  readonly channels: number;
  readonly features: number;
  /** Elements from the inputs of one group to those of the next. */
  readonly groupStride: number;
};

const productOf = (axes: readonly PhasedAxis[], name: "input" | "window" | "results" | "taps"): number =>
  elementCount(axes.map((axis) => axis[name]));

/** Copies of images together stay below this, so that they stay in a cache; a single image may be larger. */
const copyTarget = 2 ** 20;

const largestDivisor = (count: number, limit: number): number => {
  let divisor = Math.max(1, Math.min(count, Math.floor(limit)));
  while (count % divisor !== 0) divisor -= 1;
  return divisor;
};

/** A distance that does not lead to the same few lines of a cache again and again; half the speed is lost by that. */
const spreadOverCache = (bytes: number): number => (bytes % 512 === 0 ? bytes + 64 : bytes);

/** The padded copy of the channels of a group, in bytes, for a block of images. */
type Copy = {
  readonly interleave: number;
  readonly interleaveBytes: number;
  readonly strides: readonly number[];
  readonly copyChannel: number;
  readonly copyImage: number;
  readonly imageBlock: number;
};

const copyOf = (tile: Tile, { lanes: { item }, images, channels, axes }: Convolution): Copy => {
  // Row tiles read neighbours of a phase of the stride next to each other: such inputs are stored together.
  const { extent, placeStep } = axes.at(-1)!;
  const interleave = tile.along === "row" ? Math.min(placeStep, extent) : 1;
  const interleaveBytes = Math.ceil(extent / interleave) * item;
  const rowBytes = spreadOverCache(interleave * interleaveBytes);
  const strides = [axes[1]!.extent * rowBytes, rowBytes, item];
  const copyChannel = spreadOverCache(axes[0]!.extent * strides[0]!);
  const copyImage = channels * copyChannel;
  const imageBlock = largestDivisor(images, copyTarget / copyImage);
  return { interleave, interleaveBytes, strides, copyChannel, copyImage, imageBlock };
};

/** Strips of results in the largest phase of a block of images. */
const placesOf = (tile: Tile, { imageBlock }: Copy, { lanes, axes }: Convolution): number => {
  const [depth, height, width] = axes.map((axis) => axis.places) as [number, number, number];
  return imageBlock * depth * height * Math.ceil(width / stripOf(tile, lanes.count));
};

const panelsOf = (tile: Tile, { features, lanes }: Convolution): number =>
  Math.ceil(features / featuresOf(tile, lanes.count));

/** Time of a convolution in vector multiply-adds: what the tiles compute, used or not, and what storing them costs. */
const costOf = (tile: Tile, convolution: Convolution): number => {
  const { lanes, axes, channels, images } = convolution;
  const copy = copyOf(tile, convolution);
  const { pointers, vectors, columns, speed } = tile;
  const storing =
    tile.along === "row" ? 40 + pointers * columns * (4 + 2 * vectors) : 40 + 4 * pointers * vectors * lanes.count;
  const tileCount = Math.ceil(placesOf(tile, copy, convolution) / pointers) * panelsOf(tile, convolution);
  const adding = (channels * productOf(axes, "taps") * pointers * vectors * columns) / speed;
  return (images / copy.imageBlock) * tileCount * (adding + storing);
};

/** Bytes that a row tile may read past the last copied element. */
const slack = 128;
const aligned = (bytes: number): number => Math.ceil(bytes / 16) * 16;

/** Where the parts of the scratch begin, and its length. */
const scratchOf = (
  tile: Tile,
  copy: Copy,
  convolution: Convolution,
): { readonly parts: Parts; readonly total: number } => {
  const { lanes, axes, channels } = convolution;
  const taps = channels * productOf(axes, "taps");
  const bytes: Parts = {
    sums: 128,
    blocks: 4 * (Math.ceil((channels * productOf(axes, "window")) / float32Block) + 1),
    offsets: 4 * taps,
    places: 12 * (placesOf(tile, copy, convolution) + tile.pointers),
    weights: taps * panelsOf(tile, convolution) * featuresOf(tile, lanes.count) * lanes.item,
    copy: copy.imageBlock * copy.copyImage + slack,
  };
  const parts = { ...bytes };
  let total = 0;
  for (const name of partNames) {
    parts[name] = total;
    total += aligned(bytes[name]);
  }
  return { parts, total };
};

/** Whether the copy is the input as it is. */
const isDense = ({ interleave, copyChannel }: Copy, lhsChannel: number, axes: readonly PhasedAxis[]): boolean =>
  interleave === 1 &&
  copyChannel === lhsChannel &&
  axes.every(({ origin, extent, input }) => origin === 0 && extent === input);

/** One block for all terms. */
const unblocked = 2 ** 30;

const wholeNumbers = (index: number, copy: Copy, convolution: Convolution): WholeNumbers => {
  const { lanes, lhsShape, outShape, axes, groups, images, channels, features, groupStride } = convolution;
  const plane = (name: "input" | "window" | "results"): number => lanes.item * productOf(axes, name);
  return {
    ...copy,
    tile: index,
    blockLength: lanes.bits === 64 ? unblocked : float32Block,
    isPadded: Number(axes.some(({ origin, extent, input }) => origin < 0 || origin + extent > input)),
    isDense: Number(isDense(copy, plane("input"), axes)),
    groups,
    images,
    channels,
    features,
    lhsImage: lhsShape[1]! * plane("input"),
    lhsChannel: plane("input"),
    lhsGroup: lanes.item * groupStride,
    rhsChannel: plane("window"),
    rhsBytes: groups * features * channels * plane("window"),
    outImage: outShape[1]! * plane("results"),
    outFeature: plane("results"),
  };
};

const axisNumbers = (tile: Tile, copy: Copy, { lanes: { item }, axes }: Convolution): AxisNumbers[] => {
  const strides = (name: "input" | "window" | "results"): number[] => rowMajorStrides(axes.map((axis) => axis[name]));
  const [lhs, rhs, out] = [strides("input"), strides("window"), strides("results")];
  return axes.map((axis, k) => {
    const isStrip = tile.along === "row" && k === axisCount - 1;
    const copyStride = copy.strides[k]!;
    return {
      ...axis,
      copyStride,
      placeStride: isStrip ? item : axis.placeStep * copyStride,
      lhsStride: lhs[k]! * item,
      rhsStride: rhs[k]!,
      outStride: out[k]! * item,
    };
  });
};

/** Whether the kernel's integers can hold what it computes of an axis. */
const isModest = ({ stride, low, results, lhsDilation, rhsDilation, window, input }: PhasedAxis): boolean =>
  [stride * results + Math.abs(low), rhsDilation * (window + lhsDilation), lhsDilation * input].every(
    (x) => x < 2 ** 29,
  );

/** Bytes of scratch per byte of operands and result, beyond which padding would outweigh the terms. */
const scratchLimit = 8;

const callOf = (convolution: Convolution, index: number): PrebuiltCall | null => {
  const { lanes, lhsShape, rhsShape, outShape, axes } = convolution;
  const tile = tiles[index]!;
  const copy = copyOf(tile, convolution);
  const { parts, total } = scratchOf(tile, copy, convolution);
  const arrays = [lhsShape, rhsShape, outShape].reduce((bytes, shape) => bytes + lanes.item * elementCount(shape), 0);
  if (total > scratchLimit * arrays + 2 ** 20 || arrays + total >= 2 ** 30 || !axes.every(isModest)) return null;
  const whole = wholeNumbers(index, copy, convolution);
  const perAxis = axisNumbers(tile, copy, convolution);
  const args = ({ operands, results, scratch }: Addresses): number[] => {
    const given = { lhs: operands[0]!, rhs: operands[1]!, out: results[0]! };
    const own = Object.fromEntries(partNames.map((name) => [name, scratch + parts[name]])) as Parts;
    const numbers = { ...whole, ...given, ...own };
    return [
      ...wholeNames.map((name) => numbers[name]),
      ...perAxis.flatMap((axis) => axisNames.map((name) => axis[name])),
    ];
  };
  return { function: `convolve${lanes.bits}`, args, scratchBytes: total };
};

/** Convolutions without results or terms, and of too many axes or other numbers, are left to the interpreter. */
const prepared = (dtype: string, lhsShape: Shape, rhsShape: Shape, params: ConvolutionParams): Convolution | null => {
  if (dtype !== "float64" && dtype !== "float32") return null;
  const outShape = convolutionShape(lhsShape, rhsShape, params);
  if ([lhsShape, rhsShape, outShape].some((shape) => elementCount(shape) === 0)) return null;
  const axes = mergedAxes(axesOf(lhsShape, rhsShape, outShape, params))?.map(phasedAxis);
  if (axes === undefined || productOf(axes, "taps") === 0) return null;
  const groups = Math.max(params.featureGroups, params.batchGroups);
  const [images, channels] = [outShape[0]!, rhsShape[1]!];
  const planes = params.batchGroups > 1 ? images * lhsShape[1]! : channels;
  return {
    lanes: dtype === "float64" ? doubles : singles,
    lhsShape,
    rhsShape,
    outShape,
    axes,
    groups,
    images,
    channels,
    features: rhsShape[0]! / groups,
    groupStride: planes * productOf(axes, "input"),
  };
};

interface TiledCall {
  readonly tile: number;
  readonly call: PrebuiltCall;
}

/** The calls with each of the `tiles` that can be had, the cheapest first. */
const callsOf = (convolution: Convolution): TiledCall[] => {
  const costs = tiles.map((tile) => costOf(tile, convolution));
  const cheapestFirst = [...tiles.keys()].toSorted((a, b) => costs[a]! - costs[b]!);
  return cheapestFirst.flatMap((tile) => {
    const call = callOf(convolution, tile);
    return call === null ? [] : [{ tile, call }];
  });
};

/**
 * The calls with each of the `tiles`, the cheapest first, or none where the kernel in TypeScript is to be used.
 * Arguments as those of `planConvolution`.
 */
export const convolutionCalls = (
  dtype: string,
  lhsShape: Shape,
  rhsShape: Shape,
  params: ConvolutionParams,
): TiledCall[] => {
  const convolution = prepared(dtype, lhsShape, rhsShape, params);
  return convolution === null ? [] : callsOf(convolution);
};

/** Estimate of the nanoseconds that a multiply-add of vectors takes. */
const vectorTime = 0.3;

/**
 * Groups, images of every group, and features where there is one group. Every share of images packs all weights, and every
 * share of features copies all inputs: the smaller of both comes first.
 */
const cutsOf = (convolution: Convolution): Cut[] => {
  const { lanes, lhsShape, outShape, axes, groups, images, channels, features, groupStride } = convolution;
  const first = (own: Partial<Convolution>): PrebuiltCall | null =>
    callsOf({ ...convolution, ...own })[0]?.call ?? null;
  const [input, window, results] = [productOf(axes, "input"), productOf(axes, "window"), productOf(axes, "results")];
  const bytes = (elements: readonly number[]): number[] => elements.map((count) => count * lanes.item);
  const ofImages = alike({
    length: images,
    first: (units) => first({ images: units }),
    operands: bytes([lhsShape[1]! * input, 0]),
    results: bytes([outShape[1]! * results]),
  });
  if (groups > 1)
    return [
      alike({
        length: groups,
        first: (units) => first({ groups: units }),
        operands: bytes([groupStride, features * channels * window]),
        results: bytes([features * results]),
      }),
      ofImages,
    ];
  const ofFeatures = alike({
    length: features,
    group: 4,
    first: (units) => first({ features: units }),
    operands: bytes([0, channels * window]),
    results: bytes([results]),
  });
  return features * window < images * input ? [ofImages, ofFeatures] : [ofFeatures, ofImages];
};

/**
 * The call of the prebuilt kernel for a convolution: operands lhs and rhs, one result. Any strides, dilations, paddings and
 * groups are computed there, at a similar speed.
 * @param dtype     of the operands and the result
 * @param lhsShape  [N, C, ...spatial]
 * @param rhsShape  [O, C / featureGroups, ...window]
 * @returns         null where the kernel in TypeScript is to be used: integers, nothing to add up, more than three spatial
 *                  axes (pointwise neighbours count as one), or so much padding that its copy would outweigh the operands
 */
export const planConvolution = (
  dtype: string,
  lhsShape: Shape,
  rhsShape: Shape,
  params: ConvolutionParams,
): PrebuiltCall | null => {
  const convolution = prepared(dtype, lhsShape, rhsShape, params);
  const [cheapest] = convolution === null ? [] : callsOf(convolution);
  if (convolution === null || cheapest === undefined) return null;
  const time = convolution.groups * costOf(tiles[cheapest.tile]!, convolution) * vectorTime;
  return shared(cheapest.call, time, cutsOf(convolution));
};
