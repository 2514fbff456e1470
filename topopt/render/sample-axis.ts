/**
 * Where the values of elements lie when a surface is sought among them, along one axis.
 * Values belong to the centres of elements. They go on unchanged to a hair's breadth before the ends of the axis, where void begins:
 * material that reaches an end stops there with a flat face, and edges are bevelled by that hair's breadth instead of half an element.
 */

/** Samples along an axis, in elements from its beginning. */
export interface SampleAxis {
  /** Place of every sample; the first and the last are void and stand at the ends. */
  readonly places: readonly number[];
  /** Element of every sample; -1 where it is void. */
  readonly elements: readonly number[];
}

/** How far before the ends the last values stand, and how near a crossing may come to a sample, in elements. */
const bevel = 0.01;

/** The samples of so many elements. */
export const sampleAxis = (count: number): SampleAxis => ({
  places: [0, bevel, ...Array.from({ length: count }, (_, k) => k + 0.5), count - bevel, count],
  elements: [-1, 0, ...Array.from({ length: count }, (_, k) => k), count - 1, -1],
});

/**
 * Where the field passes through a level between two neighbouring samples, one above and one not.
 * Kept off the samples themselves, so that no two crossings coincide and no triangle vanishes.
 */
export const crossing = (axis: SampleAxis, k: number, values: readonly [number, number], level: number): number => {
  const [start, end] = [axis.places[k]!, axis.places[k + 1]!];
  if (axis.elements[k] === -1) return start;
  if (axis.elements[k + 1] === -1) return end;
  const difference = values[1] - values[0];
  // Halves do not overflow where the difference would, and need not be taken where they could vanish.
  const share = Number.isFinite(difference)
    ? (level - values[0]) / difference
    : (level / 2 - values[0] / 2) / (values[1] / 2 - values[0] / 2);
  return start + (end - start) * Math.max(bevel, Math.min(1 - bevel, share));
};
