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
import { alike, shared } from "./shares.ts";
import { smallModule } from "./small-module.ts";

/** Estimate of the nanoseconds that a vector takes. */
const vectorTime = 1.6;

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
  const callFor = (blocks: number, columns: number): PrebuiltCall => ({
    function: "run",
    scratchBytes: way === "columns" ? keptBytes(lanes, columns) : 0,
    args: ({ operands: [source], results: [out], scratch }) =>
      way === "columns"
        ? [blocks, columns, length, row, source!, out!, stride * 4, scratch]
        : [blocks, length, length * row, source!, out!],
  });
  return {
    module: smallModule(`${name} ${dtype} ${way}`, (module) => write[way](module, lanes)),
    call: shared(callFor(outer, stride), (outer * length * stride * vectorTime) / lanes.count, [
      alike({
        length: outer,
        group: way === "shortRows" ? lanes.count : 1,
        first: (units) => callFor(units, stride),
        operands: [length * row],
        results: [stride * 4],
      }),
      alike({
        length: stride,
        group: 16,
        first: (units) => callFor(outer, units),
        operands: [lanes.item],
        results: [4],
      }),
    ]),
  };
}
