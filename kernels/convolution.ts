/**
 * Convolution of any spatial rank with strides, dilations, padding and groups, as XLA defines it:
 * out[n, o, x] = sum over i, t of lhs[n, i, (x*stride + t*rhsDilation - low) / lhsDilation] rhs[o, i, t].
 * Taps that fall on padding or between dilated elements are not visited: results with equal sets of
 * taps form one matrix product. Source: XLA operation semantics, ConvWithGeneralPadding.
 * Order of summation, from +0: terms run over i, then over t row-major. float64 adds them one by one. float32 computes in
 * float32 and adds blocks: taps whose number i * (taps of t) + t has the same quotient by 256 are added one by one, then the blocks.
 */
import { multiplyPanel, multiplyPanelInt32, panelWidth } from "./contraction.ts";
import { float32Block } from "./contraction-float32.ts";
import { directPanelByBlocks, multiplyPanelByBlocks } from "./convolution-panel.ts";
import {
  type NumericArray,
  type Shape,
  allocateLike,
  asFloat64,
  asInt32,
  elementCount,
  isIntegerBuffer,
  rowMajorStrides,
  stridedOffsets,
} from "./numeric-array.ts";

/** How the kernel moves over the input; every list has one entry per spatial axis. */
export type ConvolutionParams = {
  /** distance between neighbouring results, in padded dilated input elements; >= 1 */
  readonly strides: readonly number[];
  /** elements added before and after the dilated input; negative crops */
  readonly padding: readonly (readonly [low: number, high: number])[];
  /** distance between input elements once dilated; 1 leaves the input as it is */
  readonly lhsDilation: readonly number[];
  /** distance between kernel elements once dilated */
  readonly rhsDilation: readonly number[];
  /** input channels and kernels split in this many independent groups */
  readonly featureGroups: number;
  /** batch and kernels split in this many groups; at most one of the two counts exceeds 1 */
  readonly batchGroups: number;
};

/** Length of an axis with `dilation - 1` gaps between neighbours. */
export function dilatedLength(length: number, dilation: number): number {
  return length === 0 ? 0 : 1 + dilation * (length - 1);
}

/**
 * Shape of the result, [N / batchGroups, O, ...spatial].
 * @param lhsShape  [N, C, ...spatial]
 * @param rhsShape  [O, C / featureGroups, ...window]
 */
export function convolutionShape(lhsShape: Shape, rhsShape: Shape, params: ConvolutionParams): number[] {
  const spatial = params.strides.map((stride, axis) => {
    const [low, high] = params.padding[axis]!;
    const room =
      low +
      high +
      dilatedLength(lhsShape[axis + 2]!, params.lhsDilation[axis]!) -
      dilatedLength(rhsShape[axis + 2]!, params.rhsDilation[axis]!);
    return room < 0 ? 0 : Math.floor(room / stride) + 1;
  });
  return [lhsShape[0]! / params.batchGroups, rhsShape[0]!, ...spatial];
}

/** Result indices along one axis that meet the same taps first, first + tapStep, .. (count of them). */
type TapClass = {
  readonly first: number;
  readonly count: number;
  readonly results: number[];
  /** input index under the first tap, per result */
  readonly inputs: number[];
};

type AxisTaps = { readonly classes: readonly TapClass[]; readonly tapStep: number; readonly inputStep: number };

function greatestCommonDivisor(a: number, b: number): number {
  let large = a;
  let small = b;
  while (small !== 0) [large, small] = [small, large % small];
  return large;
}

function tapsAlong(input: number, window: number, results: number, axis: number, params: ConvolutionParams): AxisTaps {
  const stride = params.strides[axis]!;
  const low = params.padding[axis]![0];
  const lhsDilation = params.lhsDilation[axis]!;
  const rhsDilation = params.rhsDilation[axis]!;
  const common = greatestCommonDivisor(lhsDilation, rhsDilation);
  const tapStep = lhsDilation / common;
  const inputStep = rhsDilation / common;
  const classes = new Map<string, TapClass>();
  for (let result = 0; result < results; result += 1) {
    const start = result * stride - low;
    let first = Math.max(0, Math.ceil(-start / rhsDilation));
    // At most tapStep tries: the remainders repeat with that period.
    for (let tries = 1; tries < tapStep && (start + first * rhsDilation) % lhsDilation !== 0; tries += 1) first += 1;
    const position = start + first * rhsDilation;
    const last = Math.min(window - 1, Math.floor(((input - 1) * lhsDilation - start) / rhsDilation));
    const isHit = position % lhsDilation === 0 && first <= last;
    const count = isHit ? Math.floor((last - first) / tapStep) + 1 : 0;
    if (count === 0) first = 0;
    const key = `${first} ${count}`;
    const known = classes.get(key) ?? { first, count, results: [], inputs: [] };
    classes.set(key, known);
    known.results.push(result);
    known.inputs.push(count === 0 ? 0 : position / lhsDilation);
  }
  return { classes: [...classes.values()], tapStep, inputStep };
}

/** Sum of one strided offset per axis for all combinations of indices, row-major. */
function combinedOffsets(indices: readonly (readonly number[])[], strides: readonly number[]): Int32Array {
  let offsets: Int32Array = new Int32Array(1);
  for (const [axis, along] of indices.entries()) {
    const next = new Int32Array(offsets.length * along.length);
    let at = 0;
    for (const offset of offsets) for (const index of along) next[at++] = offset + index * strides[axis]!;
    offsets = next;
  }
  return offsets;
}

/** What sums are computed from, and in. */
type Terms = Float64Array | Float32Array | Int32Array;

/** Offsets, within one channel, of a class's taps in input and kernel and of its results. */
type Pattern = {
  readonly inputTaps: Int32Array;
  readonly kernelTaps: Int32Array;
  /** offset of the first tap, to be added to `kernelTaps` */
  readonly kernelStart: number;
  readonly inputs: Int32Array;
  readonly results: Int32Array;
};

function patternOf(
  axes: readonly AxisTaps[],
  classes: readonly TapClass[],
  lhs: number[],
  rhs: number[],
  out: number[],
): Pattern {
  const counts = classes.map((tapClass) => tapClass.count);
  return {
    inputTaps: stridedOffsets(
      counts,
      lhs.map((stride, axis) => stride * axes[axis]!.inputStep),
    ),
    kernelTaps: stridedOffsets(
      counts,
      rhs.map((stride, axis) => stride * axes[axis]!.tapStep),
    ),
    kernelStart: classes.reduce((sum, tapClass, axis) => sum + tapClass.first * rhs[axis]!, 0),
    inputs: combinedOffsets(
      classes.map((tapClass) => tapClass.inputs),
      lhs,
    ),
    results: combinedOffsets(
      classes.map((tapClass) => tapClass.results),
      out,
    ),
  };
}

function* combinations(axes: readonly AxisTaps[]): Generator<TapClass[]> {
  const sizes = axes.map((axis) => axis.classes.length);
  for (let code = 0; code < elementCount(sizes); code += 1) {
    let rest = code;
    const chosen: TapClass[] = [];
    for (let axis = axes.length - 1; axis >= 0; axis -= 1) {
      chosen.unshift(axes[axis]!.classes[rest % sizes[axis]!]!);
      rest = Math.floor(rest / sizes[axis]!);
    }
    yield chosen;
  }
}

/** Sizes of one group: images, results and input channels, and elements per channel on each side. */
type GroupSizes = {
  readonly images: number;
  readonly features: number;
  readonly channels: number;
  readonly lhsPlane: number;
  readonly rhsPlane: number;
  readonly outPlane: number;
};

type Offsets = {
  readonly lhs: number;
  readonly lhsImage: number;
  readonly rhs: number;
  readonly out: number;
  readonly outImage: number;
};

function gatherRows(rhs: Terms, base: number, rowCount: number, plane: number, taps: Int32Array, rows: Terms): void {
  let to = 0;
  for (let row = 0, from = base; row < rowCount; row += 1, from += plane) {
    for (let t = 0; t < taps.length; t += 1, to += 1) rows[to] = rhs[from + taps[t]!]!;
  }
}

function gatherPanel(
  lhs: Terms,
  columns: Int32Array,
  width: number,
  channels: number,
  plane: number,
  taps: Int32Array,
  panel: Terms,
): void {
  for (let column = 0; column < width; column += 1) {
    let from = columns[column]!;
    let to = column;
    for (let channel = 0; channel < channels; channel += 1, from += plane) {
      for (let t = 0; t < taps.length; t += 1, to += panelWidth) panel[to] = lhs[from + taps[t]!]!;
    }
  }
}

/**
 * Few kernels: four results at once straight from the input, since a gathered panel would cost as
 * much as its use. Unused columns repeat the first and are not stored.
 */
function directPanel(
  lhs: Float64Array,
  columns: Int32Array,
  channels: number,
  plane: number,
  taps: Int32Array,
  rows: Float64Array,
  rowBase: number,
  sums: Float64Array,
  row: number,
): void {
  let s0 = 0,
    s1 = 0,
    s2 = 0,
    s3 = 0;
  let weight = rowBase;
  for (let channel = 0; channel < channels; channel += 1) {
    const shift = channel * plane;
    const c0 = columns[0]! + shift,
      c1 = columns[1]! + shift,
      c2 = columns[2]! + shift,
      c3 = columns[3]! + shift;
    for (let t = 0; t < taps.length; t += 1, weight += 1) {
      const tap = taps[t]!;
      const factor = rows[weight]!;
      s0 += factor * lhs[c0 + tap]!;
      s1 += factor * lhs[c1 + tap]!;
      s2 += factor * lhs[c2 + tap]!;
      s3 += factor * lhs[c3 + tap]!;
    }
  }
  sums[row * 4] = s0;
  sums[row * 4 + 1] = s1;
  sums[row * 4 + 2] = s2;
  sums[row * 4 + 3] = s3;
}

/** Where the terms of each block end, in the order of a pattern's channels and taps. */
function blockEnds({ kernelTaps, kernelStart }: Pattern, channels: number, rhsPlane: number): number[] {
  const ends: number[] = [];
  const blockOf = (channel: number, tap: number): number =>
    Math.floor((channel * rhsPlane + kernelStart + kernelTaps[tap]!) / float32Block);
  const depth = channels * kernelTaps.length;
  let block = 0;
  for (let channel = 0, k = 0; channel < channels; channel += 1) {
    for (let tap = 0; tap < kernelTaps.length; tap += 1, k += 1) {
      const next = blockOf(channel, tap);
      if (next !== block) ends.push(k);
      block = next;
    }
  }
  return [...ends, depth];
}

/** What the sums of four columns are computed from, and the sums, shape [features, 4]. */
type Work<T extends Terms> = {
  readonly lhs: T;
  readonly rows: T;
  readonly rowBase: number;
  /** four columns of inputs interleaved; empty where they are read directly */
  readonly panel: T;
  readonly columns: Int32Array;
  readonly blocks: readonly number[];
  readonly sums: T;
};

function addDirectly(work: Work<Terms>, taps: Int32Array, { features, channels, lhsPlane }: GroupSizes): void {
  const { lhs, rows, rowBase, columns, blocks, sums } = work;
  const depth = channels * taps.length;
  for (let row = 0; row < features; row += 1) {
    const base = rowBase + row * depth;
    if (rows instanceof Float64Array) {
      directPanel(lhs as Float64Array, columns, channels, lhsPlane, taps, rows, base, sums as Float64Array, row);
    } else if (rows instanceof Float32Array) {
      const [inputs, totals] = [lhs as Float32Array, sums as Float32Array];
      directPanelByBlocks(inputs, columns, lhsPlane, taps, rows, base, blocks, totals, row);
    }
  }
}

function addPanel({ rows, rowBase, panel, blocks, sums }: Work<Terms>, features: number, depth: number): void {
  if (rows instanceof Float64Array) {
    multiplyPanel(rows, rowBase, features, depth, panel as Float64Array, sums as Float64Array);
  } else if (rows instanceof Float32Array) {
    multiplyPanelByBlocks(rows, rowBase, features, blocks, panel as Float32Array, sums as Float32Array);
  } else multiplyPanelInt32(rows, rowBase, features, depth, panel as Int32Array, sums as Int32Array);
}

function convolvePattern<T extends Terms>(
  lhs: T,
  rhs: T,
  out: NumericArray,
  pattern: Pattern,
  sizes: GroupSizes,
  offsets: Offsets,
): void {
  const { inputTaps, kernelTaps, kernelStart, inputs, results } = pattern;
  const { images, features, channels, lhsPlane, rhsPlane, outPlane } = sizes;
  const depth = channels * inputTaps.length;
  const allocate = (length: number): T => allocateLike(lhs, length) as T;
  const isWhole = kernelTaps.length === rhsPlane;
  const rows = isWhole ? rhs : allocate(features * depth);
  const rowBase = isWhole ? offsets.rhs : 0;
  if (!isWhole) gatherRows(rhs, offsets.rhs + kernelStart, features * channels, rhsPlane, kernelTaps, rows);
  const isDirect = features < panelWidth && !(rows instanceof Int32Array);
  const panel = allocate(isDirect ? 0 : depth * panelWidth);
  const sums = allocate(features * panelWidth);
  const columns = new Int32Array(panelWidth);
  const targets = new Int32Array(panelWidth);
  const blocks = rows instanceof Float32Array ? blockEnds(pattern, channels, rhsPlane) : [];
  const work = { lhs, rows, rowBase, panel, columns, blocks, sums };
  const columnCount = images * inputs.length;
  for (let first = 0; first < columnCount; first += panelWidth) {
    const width = Math.min(panelWidth, columnCount - first);
    for (let column = 0; column < width; column += 1) {
      const image = Math.floor((first + column) / inputs.length);
      const place = first + column - image * inputs.length;
      columns[column] = offsets.lhs + image * offsets.lhsImage + inputs[place]!;
      targets[column] = offsets.out + image * offsets.outImage + results[place]!;
    }
    columns.fill(columns[0]!, width);
    if (isDirect) addDirectly(work, inputTaps, sizes);
    else {
      gatherPanel(lhs, columns, width, channels, lhsPlane, inputTaps, panel);
      addPanel(work, features, depth);
    }
    for (let column = 0; column < width; column += 1) {
      let to = targets[column]!;
      for (let k = column; k < features * panelWidth; k += panelWidth, to += outPlane) out[to] = sums[k]!;
    }
  }
}

function convolveGroups<T extends Terms>(
  lhs: T,
  lhsShape: Shape,
  rhs: T,
  rhsShape: Shape,
  params: ConvolutionParams,
  out: NumericArray,
): void {
  const outShape = convolutionShape(lhsShape, rhsShape, params);
  const [lhsSpatial, rhsSpatial, outSpatial] = [lhsShape.slice(2), rhsShape.slice(2), outShape.slice(2)];
  const axes = outSpatial.map((results, axis) =>
    tapsAlong(lhsSpatial[axis]!, rhsSpatial[axis]!, results, axis, params),
  );
  const groups = Math.max(params.featureGroups, params.batchGroups);
  const sizes = {
    images: outShape[0]!,
    features: rhsShape[0]! / groups,
    channels: rhsShape[1]!,
    lhsPlane: elementCount(lhsSpatial),
    rhsPlane: elementCount(rhsSpatial),
    outPlane: elementCount(outSpatial),
  };
  const lhsImage = lhsShape[1]! * sizes.lhsPlane;
  const lhsGroup = params.batchGroups > 1 ? sizes.images * lhsImage : sizes.channels * sizes.lhsPlane;
  for (const classes of combinations(axes)) {
    const pattern = patternOf(
      axes,
      classes,
      rowMajorStrides(lhsSpatial),
      rowMajorStrides(rhsSpatial),
      rowMajorStrides(outSpatial),
    );
    for (let group = 0; group < groups; group += 1) {
      convolvePattern(lhs, rhs, out, pattern, sizes, {
        lhs: group * lhsGroup,
        lhsImage,
        rhs: group * sizes.features * sizes.channels * sizes.rhsPlane,
        out: group * sizes.features * sizes.outPlane,
        outImage: outShape[1]! * sizes.outPlane,
      });
    }
  }
}

/**
 * The convolution of the header, in the arithmetic of the element type, in its order of summation (integers wrap).
 * Padding contributes nothing, even against NaN.
 * @param lhs  shape [N, C, ...spatial], not bool
 * @param rhs  shape [O, C / featureGroups, ...window], same element type
 * @param out  shape `convolutionShape(lhsShape, rhsShape, params)`
 * Cost: one multiply-add per result, channel and tap that meets the input.
 */
export function convolve(
  lhs: NumericArray,
  lhsShape: Shape,
  rhs: NumericArray,
  rhsShape: Shape,
  params: ConvolutionParams,
  out: NumericArray,
): void {
  if (isIntegerBuffer(out)) convolveGroups(asInt32(lhs), lhsShape, asInt32(rhs), rhsShape, params, out);
  else if (lhs instanceof Float32Array && rhs instanceof Float32Array)
    convolveGroups(lhs, lhsShape, rhs, rhsShape, params, out);
  else convolveGroups(asFloat64(lhs), lhsShape, asFloat64(rhs), rhsShape, params, out);
}
