/**
 * gather as WebAssembly: rows read at index tuples, equal with `gatherRows` (kernels/indexing.ts) after `resolveRows`. There is a
 * small module for each form of the tuples and way of moving a row.
 */
import { i32 } from "../assembler/index.ts";
import type { Local, WasmModule } from "../assembler/index.ts";
import { type IndexGeometry, type OutOfRange } from "../indexing.ts";
import { elementCount } from "../numeric-array.ts";
import { integers } from "./lanes.ts";
import type { PrebuiltCall, PrebuiltModule } from "./module.ts";
import { type IndexForm, eachPlace, isIndexType, mostDepth, nameOf } from "./places.ts";
import { type Piece, fillOf, isElementType, itemBytes, moveOf, patternOf, patternWords, pieceOf } from "./runs.ts";
import { alike, shared } from "./shares.ts";
import { smallModule } from "./small-module.ts";

const { add, mul } = i32;

/** Exports run(batch, rows, indices, source, out, bytes of a row, bytes of an element of the batch, fill low, fill high, extent*). */
function exportGather(module: WasmModule, form: IndexForm, piece: Piece): void {
  const move = moveOf(module, piece);
  const fill = form.outOfRange === "none" ? fillOf(module, piece) : null;
  module.func("run", { params: integers(9 + form.depth), export: true }, (f, ...parameters) => {
    const [batch, rows, indices, source, out, row, stride, low, high, ...extents] =
      parameters as readonly Local<"i32">[] as readonly [...NineLocals, ...Local<"i32">[]];
    const pattern = fill === null ? null : f.hold(patternOf(low, high));
    eachPlace(
      f,
      form,
      { batch, rows, indices, extents },
      {
        found: (place) => move(f, out, f.hold(add(source, mul(place, row))), row),
        missing: () => fill?.(f, out, pattern!, row),
        next: () => f.set(out, add(out, row)),
        nextBatch: () => f.set(source, add(source, stride)),
      },
    );
  });
}

/** Estimates of the nanoseconds that a tuple takes, and a byte of a row. */
const tupleTime = 0.8;
const byteTime = 0.05;

type L = Local<"i32">;
type NineLocals = [L, L, L, L, L, L, L, L, L];

/**
 * How to read rows at index tuples; operands: the array, the tuples.
 * @param dtypes      of the array, of the indices
 * @param fill        value of what is out of range
 * @returns           null for dtypes unknown, or more indices in a tuple than the kernel takes
 */
export function planGather(
  [dtype, type]: readonly [dtype: string, type: string],
  { batch, extents, rows, rest }: IndexGeometry,
  outOfRange: OutOfRange,
  fill: number,
): { readonly module: PrebuiltModule; readonly call: PrebuiltCall } | null {
  if (!isElementType(dtype) || !isIndexType(type) || extents.length > mostDepth) return null;
  const form: IndexForm = { depth: extents.length, type, outOfRange };
  const row = rest * itemBytes[dtype];
  const piece = pieceOf(row);
  const pattern = patternWords(dtype, fill);
  const callFor = (ownBatch: number, ownRows: number): PrebuiltCall => ({
    function: "run",
    scratchBytes: 0,
    args: ({ operands: [source, indices], results: [out] }) => [
      ownBatch,
      ownRows,
      indices!,
      source!,
      out!,
      row,
      elementCount(extents) * row,
      ...pattern,
      ...extents,
    ],
  });
  const tuple = extents.length * 4;
  const ofBatch = alike({
    length: batch,
    first: (units) => callFor(units, rows),
    operands: [elementCount(extents) * row, rows * tuple],
    results: [rows * row],
  });
  const ofRows = alike({
    length: rows,
    group: 16,
    first: (units) => callFor(1, units),
    operands: [0, tuple],
    results: [row],
  });
  const time = batch * rows * (tupleTime + byteTime * row);
  return {
    module: smallModule(`gather ${piece} ${nameOf(form)}`, (module) => exportGather(module, form, piece)),
    call: shared(callFor(batch, rows), time, batch === 1 ? [ofRows] : [ofBatch]),
  };
}
