/**
 * Running quantities along an axis as WebAssembly: equal to the bit with kernels/cumulative.ts. There is a small module for
 * each quantity, dtype and way through memory, so that a program builds what it needs only.
 */
import type { CumulativeKind } from "../cumulative.ts";
import type { Shape } from "../numeric-array.ts";
import { carriedBytes, exportColumns } from "./cumulative-columns.ts";
import { exportRows, wideLines } from "./cumulative-rows.ts";
import { cumulativeLanes, runningOf, statesOf } from "./cumulative-steps.ts";
import { type NumberType, isNumberType, linesAlong } from "./lines.ts";
import type { PrebuiltCall, PrebuiltModule } from "./module.ts";
import { alike, shared } from "./shares.ts";
import { smallModule } from "./small-module.ts";

/** Lines are rows, taken from either end, or columns. */
type Way = "rows" | "reversed rows" | "columns";

const names: Readonly<Record<CumulativeKind, string>> = {
  sum: "cumsum",
  product: "cumprod",
  max: "cummax",
  min: "cummin",
  logSumExp: "cumlogsumexp",
  recurrence: "recurrence",
};

/** Estimates of the nanoseconds that an element takes. */
const elementTime: Readonly<Record<CumulativeKind, number>> = {
  sum: 1,
  product: 1,
  max: 1,
  min: 1,
  logSumExp: 15,
  recurrence: 1,
};

const cumulativeModule = (kind: CumulativeKind, dtype: NumberType, way: Way): PrebuiltModule =>
  smallModule(`${names[kind]} ${dtype} ${way}`, (module) => {
    const form = { lanes: cumulativeLanes(kind, dtype), running: runningOf(module, kind, dtype) };
    if (way === "columns") exportColumns(module, form);
    else exportRows(module, { ...form, isReversed: way !== "rows" });
  });

/**
 * How to compute a running quantity in memory, equal to the bit with kernels/cumulative.ts.
 * @param dtype    of all operands
 * @param shape    of all operands, contiguous
 * @param reverse  from the end of the axis
 * @returns        null for bool
 */
export function planCumulative(
  kind: CumulativeKind,
  dtype: string,
  shape: Shape,
  { axis, reverse }: { readonly axis: number; readonly reverse: boolean },
): { readonly module: PrebuiltModule; readonly call: PrebuiltCall } | null {
  if (!isNumberType(dtype)) return null;
  const { outer, length, stride } = linesAlong(shape, axis);
  const lanes = cumulativeLanes(kind, dtype);
  const block = length * stride * lanes.item;
  const row = stride * lanes.item;
  const start = reverse ? block - row : 0;
  const isRows = stride === 1;
  const blocks = length === 0 ? 0 : outer;
  const callFor = (ownBlocks: number, columns: number): PrebuiltCall => ({
    function: "run",
    scratchBytes: isRows ? 0 : carriedBytes(lanes, statesOf(kind, dtype), columns),
    args: ({ operands, results, scratch }) => {
      const arrays = [operands[0]!, operands.at(-1)!, results[0]!].map((address) => address + start);
      return isRows
        ? [ownBlocks, block, length, ...arrays]
        : [ownBlocks, block, columns, length, reverse ? -row : row, ...arrays, scratch];
    },
  });
  const each = (bytes: number): { operands: number[]; results: number[] } => ({
    operands: [bytes, bytes],
    results: [bytes],
  });
  const time = blocks * length * stride * elementTime[kind];
  return {
    module: cumulativeModule(kind, dtype, isRows ? (reverse ? "reversed rows" : "rows") : "columns"),
    call: shared(callFor(blocks, stride), time, [
      alike({
        length: blocks,
        group: isRows ? wideLines : 1,
        first: (units) => callFor(units, stride),
        ...each(block),
      }),
      alike({ length: stride, group: 16, first: (units) => callFor(blocks, units), ...each(lanes.item) }),
    ]),
  };
}
