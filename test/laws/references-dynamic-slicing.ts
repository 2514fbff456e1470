/**
 * Naive definitions of the dynamic slicing family: the box is found by trying every start at which it fits.
 */
import type { Shape } from "../../src/array/shape.ts";
import { isInside, movement, read } from "./tables.ts";
import type { Reference, Table } from "./tables.ts";

/** Of all starts at which the box fits, the one nearest to the start asked for. */
const nearestStart = (starts: Table, axis: number, extent: number, size: number): number => {
  const asked = starts.values[axis]!;
  return Array.from({ length: extent - size + 1 }, (_, start) => start).reduce((best, start) =>
    Math.abs(start - asked) < Math.abs(best - asked) ? start : best,
  );
};

const startsOf = (starts: Table, extents: Shape, sizes: Shape): number[] =>
  extents.map((extent, axis) => nearestStart(starts, axis, extent, sizes[axis]!));

export const dynamicSlicingReferences: Readonly<Record<string, Reference>> = {
  dynamicSlice: movement(([x, starts], { sizes }) => ({
    shape: sizes,
    dtype: x!.dtype,
    at: (index) => {
      const first = startsOf(starts!, x!.shape, sizes);
      return read(
        x!,
        index.map((k, axis) => first[axis]! + k),
      );
    },
  })),
  dynamicUpdateSlice: movement(([x, update, starts]) => ({
    shape: x!.shape,
    dtype: x!.dtype,
    at: (index) => {
      const first = startsOf(starts!, x!.shape, update!.shape);
      const inside = index.map((k, axis) => k - first[axis]!);
      return isInside(update!.shape, inside) ? read(update!, inside) : read(x!, index);
    },
  })),
};
