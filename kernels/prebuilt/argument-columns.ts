/**
 * Where the extrema of columns stand: the best of every column so far and its index are kept in scratch for a tile of
 * columns, and a few rows at a time pass by, so that memory is read as it lies.
 */
import { i32, v128 } from "../assembler/index.ts";
import type { FunctionReference, Local, Statements, WasmModule } from "../assembler/index.ts";
import type { SearchLanes } from "./argument-lanes.ts";
import { type Integers, integers, zeros } from "./lanes.ts";
import { columnTile, tilePlaces } from "./lines.ts";
import { atMost } from "./matmul-blocking.ts";

const { add, sub, mul } = i32;

/** Rows that pass together. */
const rowsTogether = 4;

/** (columns, distance, index, source, kept): `index` is that of the first row. */
type Pass = FunctionReference<Integers<5>, "none">;

/** The body for every vector of columns, then for every single one that is left; `width` is the number of columns. */
function overColumns(
  f: Statements,
  lanes: SearchLanes,
  columns: Local<"i32">,
  body: (load: SearchLanes["load"], width: number) => void,
): void {
  const rest = f.hold(i32.rem_u(columns, lanes.count));
  const round = f.local("i32");
  f.for(round, 0, sub(columns, rest), lanes.count, () => body(lanes.load, lanes.count));
  f.for(round, 0, rest, 1, () => body(lanes.loadOne, 1));
}

function pass(module: WasmModule, lanes: SearchLanes, rows: number, isFirst: boolean): Pass {
  const { item, replaces, indices } = lanes;
  return module.func(`pass${rows}`, { params: integers(5) }, (f, columns, distance, index, source, kept) => {
    const pointers: Local<"i32">[] = [source];
    for (let r = 1; r < rows; r += 1) pointers.push(f.hold(add(pointers[r - 1]!, distance)));
    const numbers = pointers.map((_, r) => f.hold(indices(add(index, r))));
    overColumns(f, lanes, columns, (load, width) => {
      const best = f.hold(isFirst ? zeros : v128.load(kept));
      const found = f.hold(isFirst ? zeros : v128.load(kept, 16));
      pointers.forEach((pointer, r) => {
        const x = f.hold(load(pointer));
        const mask = f.hold(replaces(x, best));
        f.set(best, isFirst ? x : v128.bitselect(x, best, mask));
        if (!isFirst) f.set(found, v128.bitselect(numbers[r]!, found, mask));
        f.set(pointer, add(pointer, width * item));
      });
      f.store(kept, best);
      f.store(kept, found, 16);
      f.set(kept, add(kept, 32));
    });
  });
}

/** (columns, length, distance, source, out, kept): a tile of columns. */
function tile(module: WasmModule, lanes: SearchLanes): FunctionReference<Integers<6>, "none"> {
  const [first, several, one] = [
    pass(module, lanes, 1, true),
    pass(module, lanes, rowsTogether, false),
    pass(module, lanes, 1, false),
  ];
  return module.func("tile", { params: integers(6) }, (f, columns, length, distance, source, out, kept) => {
    const index = f.local("i32");
    const sweep = (reference: Pass, rows: number): void => {
      f.call(reference, columns, distance, index, source, kept);
      f.set(source, add(source, mul(distance, rows)));
      f.set(index, add(index, rows));
    };
    sweep(first, 1);
    f.while(i32.ge_s(sub(length, index), rowsTogether), () => sweep(several, rowsTogether));
    f.while(i32.lt_s(index, length), () => sweep(one, 1));
    overColumns(f, lanes, columns, (_, width) => {
      if (width === 1) f.storeLane(32, out, v128.load(kept, 16), 0);
      else lanes.storeIndices(f, out, f.hold(v128.load(kept, 16)));
      f.set(kept, add(kept, 32));
      f.set(out, add(out, 4 * width));
    });
  });
}

/** Bytes of scratch for blocks of so many columns. */
export const keptBytes = ({ count }: SearchLanes, columns: number): number => 32 * tilePlaces(columns, count);

/**
 * Exports run(outer, columns, length, distance, source, out, outDistance, kept) for blocks that lie one behind the other;
 * bytes from row to row, and from the indices of a block to those of the next.
 */
export function exportColumns(module: WasmModule, lanes: SearchLanes): void {
  const { item } = lanes;
  const sweepTile = tile(module, lanes);
  module.func(
    "run",
    { params: integers(8), export: true },
    (f, outer, columns, length, distance, source, out, outDistance, kept) => {
      const [k, left] = [f.local("i32"), f.local("i32")];
      f.for(k, 0, outer, 1, () => {
        f.for(left, 0, columns, columnTile, () =>
          f.call(
            sweepTile,
            atMost(sub(columns, left), columnTile),
            length,
            distance,
            add(source, mul(left, item)),
            add(out, mul(left, 4)),
            kept,
          ),
        );
        f.set(source, add(source, mul(distance, length)));
        f.set(out, add(out, outDistance));
      });
    },
  );
}
