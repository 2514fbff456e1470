/**
 * sort and argsort along an axis as WebAssembly, equal with kernels/sorting.ts. There is a small module for each dtype and
 * result. Scratch holds the tables of digits and one or two lines of records; sorted elements that lie together are
 * distributed to and fro between scratch and the result.
 */
import { i32, select } from "../assembler/index.ts";
import type { Shape } from "../numeric-array.ts";
import type { WasmModule } from "../assembler/index.ts";
import { isSearchType } from "./argument-lanes.ts";
import { integers } from "./lanes.ts";
import { linesAlong } from "./lines.ts";
import type { PrebuiltCall, PrebuiltModule } from "./module.ts";
import { alike, shared } from "./shares.ts";
import { smallModule } from "./small-module.ts";
import { type LineForm, sortLine, tablesBytes } from "./sort-line.ts";
import { keysOf, recordsOf } from "./sort-records.ts";

const { add, mul } = i32;

/** Exports run(outer, inner, columns, count, source, out, flip, inPlace, tables, first, second): the first columns of blocks. */
function exportLines(module: WasmModule, form: LineForm): void {
  const { item } = form.keys;
  const outItem = form.isOrder ? 4 : item;
  const line = sortLine(module, form);
  module.func(
    "run",
    { params: integers(11), export: true },
    (f, outer, inner, columns, count, source, out, flip, inPlace, tables, first, second) => {
      const [x, y] = [f.local("i32"), f.local("i32")];
      const [stride, outStride] = [f.hold(mul(inner, item)), f.hold(mul(inner, outItem))];
      f.for(x, 0, outer, 1, () => {
        f.for(y, 0, columns, 1, () => {
          const other = select(inPlace, out, second);
          f.call(line, count, source, stride, out, outStride, flip, first, other, tables);
          f.set(source, add(source, item));
          f.set(out, add(out, outItem));
        });
        // From behind the last column to the first of the next block.
        f.set(source, add(source, i32.sub(mul(count, stride), mul(columns, item))));
        f.set(out, add(out, i32.sub(mul(count, outStride), mul(columns, outItem))));
      });
    },
  );
}

/** Estimate of the nanoseconds that an element takes. */
const elementTime = 20;

const aligned = (bytes: number): number => Math.ceil(bytes / 16) * 16;

/**
 * How to sort in memory, as kernels/sorting.ts does.
 * @param name   the elements, or the indices (int32) that sort them
 * @param shape  of the operand, contiguous
 * @returns      null for a dtype unknown
 */
export function planSort(
  name: "sort" | "argsort",
  dtype: string,
  shape: Shape,
  { axis, descending }: { readonly axis: number; readonly descending: boolean },
): { readonly module: PrebuiltModule; readonly call: PrebuiltCall } | null {
  if (!isSearchType(dtype)) return null;
  const isOrder = name === "argsort";
  const keys = keysOf[dtype];
  const records = recordsOf(keys, isOrder);
  const { outer, length, stride } = linesAlong(shape, axis);
  const inPlace = stride === 1 && !isOrder && records.bytes === keys.item;
  const tables = tablesBytes(records);
  const line = aligned(length * records.bytes);
  const outItem = isOrder ? 4 : keys.item;
  const blocks = length === 0 ? 0 : outer;
  const callFor = (ownBlocks: number, columns: number): PrebuiltCall => ({
    function: "run",
    scratchBytes: tables + line * (inPlace ? 1 : 2),
    args: ({ operands: [source], results: [out], scratch }) => [
      ownBlocks,
      stride,
      columns,
      length,
      source!,
      out!,
      descending ? -1 : 0,
      inPlace ? 1 : 0,
      scratch,
      scratch + tables,
      scratch + tables + line,
    ],
  });
  const block = length * stride;
  return {
    module: smallModule(`${name} ${dtype}`, (module) => exportLines(module, { keys, records, isOrder })),
    call: shared(callFor(blocks, stride), blocks * block * elementTime, [
      alike({
        length: blocks,
        first: (units) => callFor(units, stride),
        operands: [block * keys.item],
        results: [block * outItem],
      }),
      alike({
        length: stride,
        group: 16,
        first: (units) => callFor(blocks, units),
        operands: [keys.item],
        results: [outItem],
      }),
    ]),
  };
}
