/**
 * Resizing along axes: result j of n sits at c = (j + 1/2) m / n - 1/2 among m elements (half-pixel centres) and weighs those
 * around by h(|c - i| / s), divided by their sum, so that constants stay and edges need no padding. h is a triangle of radius 1
 * (linear) or Keys' cubic of radius 2; s is m / n when that exceeds 1 and antialiasing is on, else 1. "nearest" is one element.
 * Weights are computed in float64 and rounded to the element type; sums are those of kernels/axis-folds.ts, the first axis first.
 * Source: Keys, IEEE Trans. ASSP 29 (1981) 1153; jax/_src/image/scale.py.
 */
import { type WeightedTaps, weighAxis } from "./axis-folds.ts";
import { type NumericArray, type Shape, allocateLike, elementCount } from "./numeric-array.ts";

export type ResizeMethod = "nearest" | "linear" | "cubic";

/** Which array becomes which, and how. */
export type ResizeParams = {
  readonly from: Shape;
  readonly to: Shape;
  readonly method: ResizeMethod;
  readonly antialias: boolean;
  /** whether the transposed map is meant, which takes shape `to` and gives shape `from` */
  readonly isTransposed: boolean;
};

/** Radius of each method's h, in units of s. */
export const radiusOf: Readonly<Record<Exclude<ResizeMethod, "nearest">, number>> = { linear: 1, cubic: 2 };

function weightAt(method: ResizeMethod, x: number): number {
  if (method === "linear") return 1 - x;
  return x < 1 ? (1.5 * x - 2.5) * x * x + 1 : ((-0.5 * x + 2.5) * x - 4) * x + 2;
}

/**
 * The elements that each of `results` results weighs among `input`, at least one each; input >= 1. Twice the centre and
 * twice the distance s of h are whole in units of 1 / results, so each x = |c - i| / s is rounded once.
 */
export function resamplingTaps(input: number, results: number, method: ResizeMethod, antialias: boolean): WeightedTaps {
  const [first, count, starts] = [new Int32Array(results), new Int32Array(results), new Int32Array(results)];
  const weights: number[] = [];
  const spread = 2 * (antialias ? Math.max(input, results) : results);
  for (let result = 0; result < results; result += 1) {
    starts[result] = weights.length;
    const centre = (2 * result + 1) * input;
    const distance = (k: number): number => Math.abs(centre - (2 * k + 1) * results) / spread;
    if (method === "nearest") {
      first[result] = Math.floor(centre / (2 * results));
      weights.push(1);
    } else {
      const reach = radiusOf[method] * spread;
      let low = Math.max(0, Math.floor(((centre - reach) / results - 1) / 2));
      let high = Math.min(input - 1, Math.ceil(((centre + reach) / results - 1) / 2));
      while (distance(low) >= radiusOf[method]) low += 1;
      while (distance(high) >= radiusOf[method]) high -= 1;
      let total = 0;
      for (let k = low; k <= high; k += 1) {
        const weight = weightAt(method, distance(k));
        weights.push(weight);
        total += weight;
      }
      for (let k = starts[result]!; k < weights.length; k += 1) weights[k] = weights[k]! / total;
      first[result] = low;
    }
    count[result] = weights.length - starts[result]!;
  }
  return { first, count, step: 1, starts, weights: Float64Array.from(weights) };
}

/** The same weights by columns: what each of the `input` elements gives to which results. */
export function transposedTaps({ first, count, starts, weights }: WeightedTaps, input: number): WeightedTaps {
  const columns = { first: new Int32Array(input), count: new Int32Array(input), starts: new Int32Array(input) };
  const sorted = new Float64Array(weights.length);
  let filled = 0;
  // First and last elements of results only grow, hence each element meets results without gaps.
  for (let element = 0, result = 0; element < input; element += 1) {
    while (result < first.length && first[result]! + count[result]! <= element) result += 1;
    columns.starts[element] = filled;
    let last = result;
    for (; last < first.length && first[last]! <= element; last += 1, filled += 1)
      sorted[filled] = weights[starts[last]! + element - first[last]!]!;
    columns.count[element] = last - result;
    columns.first[element] = last === result ? 0 : result;
  }
  return { ...columns, step: 1, weights: sorted };
}

/** The axes along which something is to be done. */
export function resizedAxes({ from, to }: ResizeParams): number[] {
  return from.flatMap((extent, axis) => (extent === to[axis] ? [] : [axis]));
}

/**
 * Resizes along every axis whose size changes.
 * @param buffer  shape `params.from`, when transposed `params.to`
 * @param out     shape `params.to`, when transposed `params.from`
 */
export function resample(buffer: NumericArray, params: ResizeParams, out: NumericArray): void {
  const { from, to, method, antialias, isTransposed } = params;
  const extents = [...(isTransposed ? to : from)];
  let source = buffer;
  for (const axis of resizedAxes(params)) {
    const input = extents[axis]!;
    const forward = resamplingTaps(from[axis]!, to[axis]!, method, antialias);
    const taps = isTransposed ? transposedTaps(forward, from[axis]!) : forward;
    const lines = { outer: elementCount(extents.slice(0, axis)), input, inner: elementCount(extents.slice(axis + 1)) };
    extents[axis] = taps.first.length;
    const target = allocateLike(buffer, elementCount(extents));
    weighAxis(source, lines, taps, target);
    source = target;
  }
  out.set(source);
}
