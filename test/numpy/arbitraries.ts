/**
 * Random shapes and arrays for the laws of cotangent/numpy, and naive loops to compare with.
 * Elements are quarters of small whole numbers: sums and products of a few are exact, so laws can demand equality.
 */
import fc from "fast-check";
import { array } from "cotangent";
import type { DType, NDArray } from "cotangent";

export type Shape = readonly number[];

export const sizeOf = (shape: Shape): number => shape.reduce((size, extent) => size * extent, 1);

export const shapes = ({ minRank = 0, maxRank = 3, minSize = 0, maxSize = 3 } = {}): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: minSize, max: maxSize }), { minLength: minRank, maxLength: maxRank });

const elements = (dtype: DType): fc.Arbitrary<number> => {
  if (dtype === "bool") return fc.integer({ min: 0, max: 1 });
  if (dtype === "uint32") return fc.integer({ min: 0, max: 9 });
  return dtype === "int32"
    ? fc.integer({ min: -9, max: 9 })
    : fc.integer({ min: -12, max: 12 }).map((quarter) => quarter / 4);
};

export const arraysOf = (shape: Shape, dtype: DType = "float64"): fc.Arbitrary<NDArray> =>
  fc
    .array(elements(dtype), { minLength: sizeOf(shape), maxLength: sizeOf(shape) })
    .map((data) => array(data, { shape, dtype }));

export const arrays = (options?: Parameters<typeof shapes>[0], dtype: DType = "float64"): fc.Arbitrary<NDArray> =>
  shapes(options).chain((shape) => arraysOf(shape, dtype));

/** All multi-indices of a shape in row-major order. */
export const placesOf = (shape: Shape): number[][] => {
  let places: number[][] = [[]];
  for (const extent of shape)
    places = places.flatMap((place) => Array.from({ length: extent }, (_, k) => [...place, k]));
  return places;
};

/** Element of an array at a multi-index; leading axes beyond its rank and axes of size 1 do not count. */
export const elementAt = (x: NDArray, place: readonly number[]): number => {
  const own = place.slice(place.length - x.ndim);
  let flat = 0;
  x.shape.forEach((extent, axis) => {
    flat = flat * extent + (extent === 1 ? 0 : own[axis]!);
  });
  return elementsOf(x)[flat]!;
};

const known = new WeakMap<NDArray, ArrayLike<number>>();

const elementsOf = (x: NDArray): ArrayLike<number> => {
  let list = known.get(x);
  if (list === undefined) known.set(x, (list = x.toTypedArray()));
  return list;
};

/** The array whose element at every place is given by a function. */
export const build = (shape: Shape, element: (place: number[]) => number, dtype: DType = "float64"): NDArray =>
  array(placesOf(shape).map(element), { shape, dtype });

/** Shapes that broadcast to one common shape. */
export const broadcastable = (
  count: number,
): fc.Arbitrary<{ readonly common: number[]; readonly shapes: number[][] }> =>
  shapes().chain((common) => {
    const own = fc
      .tuple(
        fc.integer({ min: 0, max: common.length }),
        fc.array(fc.boolean(), { minLength: common.length, maxLength: common.length }),
      )
      .map(([dropped, stretched]) => common.map((extent, axis) => (stretched[axis]! ? 1 : extent)).slice(dropped));
    return fc.array(own, { minLength: count, maxLength: count }).map((list) => ({
      shapes: list,
      common: common
        .map((extent, axis) => {
          const seen = list.flatMap((shape) =>
            axis - common.length + shape.length >= 0 ? [shape[axis - common.length + shape.length]!] : [],
          );
          return seen.some((size) => size !== 1) ? extent : 1;
        })
        .slice(common.length - Math.max(...list.map((shape) => shape.length))),
    }));
  });
