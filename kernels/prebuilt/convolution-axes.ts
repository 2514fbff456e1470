/**
 * The spatial axes of a convolution by phases: results of equal phase meet equal taps, so each phase is a convolution without
 * input dilation. Result x and tap t meet input (x stride + t rhsDilation - low) / lhsDilation where that is whole. The phase
 * of x is x mod phases; its taps are first, first + tapStep, ..; neighbours in it read inputs placeStep apart, and neighbouring
 * taps inputs `reach` apart.
 */
import type { ConvolutionParams } from "../convolution.ts";
import type { Shape } from "../numeric-array.ts";

/** The kernel has this many spatial axes; missing ones are of length 1. */
export const axisCount = 3;

/** One spatial axis as given. */
export type Axis = {
  readonly input: number;
  readonly window: number;
  readonly results: number;
  readonly stride: number;
  readonly low: number;
  readonly high: number;
  readonly lhsDilation: number;
  readonly rhsDilation: number;
};

const trivialAxis: Axis = {
  input: 1,
  window: 1,
  results: 1,
  stride: 1,
  low: 0,
  high: 0,
  lhsDilation: 1,
  rhsDilation: 1,
};

export const axesOf = (lhsShape: Shape, rhsShape: Shape, outShape: Shape, params: ConvolutionParams): Axis[] =>
  params.strides.map((stride, axis) => ({
    input: lhsShape[axis + 2]!,
    window: rhsShape[axis + 2]!,
    results: outShape[axis + 2]!,
    stride,
    low: params.padding[axis]![0],
    high: params.padding[axis]![1],
    lhsDilation: params.lhsDilation[axis]!,
    rhsDilation: params.rhsDilation[axis]!,
  }));

/** Whether every result reads the one input at its place. */
const isPointwise = ({ input, window, results, stride, low, lhsDilation }: Axis): boolean =>
  window === 1 && stride === 1 && low === 0 && lhsDilation === 1 && results === input;

/** Neighbouring pointwise axes count as one; exactly `axisCount` axes, or null if there are more. */
export const mergedAxes = (axes: readonly Axis[]): Axis[] | null => {
  const merged: Axis[] = [];
  for (const axis of axes) {
    const last = merged.at(-1);
    if (last !== undefined && isPointwise(last) && isPointwise(axis)) {
      const length = last.input * axis.input;
      merged.splice(-1, 1, { ...trivialAxis, input: length, results: length });
    } else merged.push(axis);
  }
  if (merged.length > axisCount) return null;
  return [...new Array<Axis>(axisCount - merged.length).fill(trivialAxis), ...merged];
};

const greatestCommonDivisor = (a: number, b: number): number => {
  let [large, small] = [a, b];
  while (small !== 0) [large, small] = [small, large % small];
  return large;
};

/** An axis by phases: the steps within them, and the inputs that any of them reads. */
export type PhasedAxis = Axis & {
  readonly phases: number;
  readonly placeStep: number;
  readonly tapStep: number;
  readonly reach: number;
  /** first input read, perhaps before the first there is */
  readonly origin: number;
  /** inputs from the first read to the last */
  readonly extent: number;
  /** most results of a phase */
  readonly places: number;
  /** most taps of a phase; 0 if no result meets any */
  readonly taps: number;
};

export const phasedAxis = (axis: Axis): PhasedAxis => {
  const { stride, low, lhsDilation, rhsDilation, window, results } = axis;
  const phases = lhsDilation / greatestCommonDivisor(lhsDilation, stride);
  const placeStep = stride / greatestCommonDivisor(lhsDilation, stride);
  const tapStep = lhsDilation / greatestCommonDivisor(lhsDilation, rhsDilation);
  const reach = rhsDilation / greatestCommonDivisor(lhsDilation, rhsDilation);
  let [first, last, most] = [Infinity, -Infinity, 0];
  for (let phase = 0; phase < Math.min(phases, results); phase += 1) {
    const start = phase * stride - low;
    let tap = 0;
    while (tap < tapStep && (start + tap * rhsDilation) % lhsDilation !== 0) tap += 1;
    if (tap === tapStep || tap >= window) continue;
    const taps = Math.floor((window - 1 - tap) / tapStep) + 1;
    const places = Math.ceil((results - phase) / phases);
    const position = (start + tap * rhsDilation) / lhsDilation;
    first = Math.min(first, position);
    last = Math.max(last, position + (places - 1) * placeStep + (taps - 1) * reach);
    most = Math.max(most, taps);
  }
  const places = Math.ceil(results / phases);
  return { ...axis, phases, placeStep, tapStep, reach, origin: first, extent: last - first + 1, places, taps: most };
};
