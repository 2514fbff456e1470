/**
 * Naive definitions of windows: the places under one are found by trying every element of the array against every tap.
 */
import type { Shape } from "../../src/array/shape.ts";
import { indicesOf, movement, read, sums } from "./tables.ts";
import type { Index, Reference, Table } from "./tables.ts";

interface Windows {
  readonly window: Shape;
  readonly strides: Shape;
  readonly padding: readonly (readonly [number, number])[];
  readonly baseDilation: Shape;
  readonly windowDilation: Shape;
}

/** Counts the starts at which the dilated window lies within the padded, dilated axis. */
const resultsOf = (shape: Shape, { window, strides, padding, baseDilation, windowDilation }: Windows): Shape =>
  shape.map((extent, axis) => {
    const [low, high] = padding[axis]!;
    const length = low + high + (extent === 0 ? 0 : (extent - 1) * baseDilation[axis]! + 1);
    let starts = 0;
    for (let start = 0; start + (window[axis]! - 1) * windowDilation[axis]! < length; start += strides[axis]!) starts++;
    return starts;
  });

/** The places under a window, row-major. */
const placesUnder = (shape: Shape, params: Windows, result: Index): Index[] =>
  indicesOf(shape).filter((place) =>
    place.every((k, axis) => {
      const at = k * params.baseDilation[axis]! + params.padding[axis]![0] - result[axis]! * params.strides[axis]!;
      return Array.from({ length: params.window[axis]! }, (_, tap) => tap * params.windowDilation[axis]!).includes(at);
    }),
  );

/** The places in the order of the taps, which is that of the elements; the first that no other beats. */
const placeOfExtremum = (x: Table, params: Windows & { extremum: string }, result: Index): Index | undefined => {
  const places = placesUnder(x.shape, params, result);
  const sign = params.extremum === "max" ? 1 : -1;
  return places.find((place) => places.every((other) => sign * read(x, other) <= sign * read(x, place)));
};

const over =
  (fold: (elements: readonly number[]) => number): Reference["define"] =>
  ([x], params) => ({
    shape: resultsOf(x!.shape, params),
    dtype: x!.dtype,
    at: (index) => fold(placesUnder(x!.shape, params, index).map((place) => read(x!, place))),
  });

export const windowReferences: Readonly<Record<string, Reference>> = {
  windowSum: sums(over((elements) => elements.reduce((sum, x) => sum + x, 0))),
  windowMax: movement(over((elements) => Math.max(...elements))),
  windowMin: movement(over((elements) => Math.min(...elements))),
  takeExtrema: movement(([x, values], params) => ({
    shape: resultsOf(x!.shape, params),
    dtype: x!.dtype,
    at: (index) => {
      const place = placeOfExtremum(x!, params, index);
      return place === undefined ? 0 : read(values!, place);
    },
  })),
  putExtrema: sums(([x, values], params) => ({
    shape: x!.shape,
    dtype: x!.dtype,
    at: (index) =>
      indicesOf(values!.shape)
        .filter((result) => placeOfExtremum(x!, params, result)?.every((k, axis) => k === index[axis]) === true)
        .reduce((sum, result) => sum + read(values!, result), 0),
  })),
};
