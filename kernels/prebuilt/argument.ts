/**
 * argmax and argmin along an axis as WebAssembly: equal with kernels/reduction.ts (the first NaN, else the first of those
 * that no other beats). There is a small module for each direction, dtype and way through memory.
 */
import type { Shape } from "../numeric-array.ts";
import { exportColumns, keptBytes } from "./argument-columns.ts";
import { isSearchType, searchLanes } from "./argument-lanes.ts";
import { exportRows, exportShortRows, leastLength } from "./argument-rows.ts";
import { linesAlong } from "./lines.ts";
import type { PrebuiltCall, PrebuiltModule } from "./module.ts";
import { smallModule } from "./small-module.ts";

/** Ways through memory. */
const write = { rows: exportRows, shortRows: exportShortRows, columns: exportColumns } as const;

/**
 * How to find the indices of extrema in memory, as `argmax` and `argmin` of kernels/reduction.ts do.
 * @param shape  of the operand, contiguous; the axis must not be empty, unless there is nothing to find
 * @returns      null for a dtype unknown
 */
export function planArgument(
  name: "argmax" | "argmin",
  dtype: string,
  shape: Shape,
  axis: number,
): { readonly module: PrebuiltModule; readonly call: PrebuiltCall } | null {
  if (!isSearchType(dtype)) return null;
  const lanes = searchLanes(dtype, name === "argmax");
  const { outer, length, stride } = linesAlong(shape, axis);
  const way = stride !== 1 ? "columns" : length < leastLength ? "shortRows" : "rows";
  const row = stride * lanes.item;
  return {
    module: smallModule(`${name} ${dtype} ${way}`, (module) => write[way](module, lanes)),
    call: {
      function: "run",
      scratchBytes: way === "columns" ? keptBytes(lanes, stride) : 0,
      args: ({ operands: [source], results: [out], scratch }) =>
        way === "columns"
          ? [outer, stride, length, row, source!, out!, scratch]
          : [outer, length, length * row, source!, out!],
    },
  };
}
