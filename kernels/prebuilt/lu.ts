/**
 * LU factorization with partial pivoting, equal to the bit with `factorizeLu` (kernels/dense/lu.ts). The matrix stands in strips
 * of columns; the multipliers of a panel are packed in strips of rows besides, so that products read both operands in order.
 * Strip by strip: what earlier columns of the panel subtract, then the four columns themselves, then all strips right of it.
 */
import { at, call, f64, f64x2, i32, select, v128 } from "../assembler/index.ts";
import type { Expression, FunctionReference, WasmModule } from "../assembler/index.ts";
import { integers } from "./lanes.ts";
import type { Integers } from "./lanes.ts";
import { divideTile, subtractProduct, tileBytes } from "./strip-tiles.ts";
import type { DivideTile, SubtractProduct } from "./strip-tiles.ts";
import { stripsOf } from "./strip-triangle.ts";
import { copyStrip, copyStrips, eachPlace, entryBytes, stripLines, transposeSquare } from "./strips.ts";
import type { Numbers } from "./strips.ts";

const { add, sub, mul } = i32;

/** Columns of a panel. */
export const panelColumns = 64;
/** Bytes of a strip of rows of the panel. */
const panelBytes = panelColumns * entryBytes;

/** (column, k, rows): the row of the pivot of column k, the first of largest magnitude or the first NaN, from row k on. */
const findPivot = (module: WasmModule): FunctionReference<Integers<3>, "i32"> =>
  module.func("findPivot", { params: integers(3), result: "i32" }, (f, column, k, rows) => {
    const best = f.hold(k);
    const place = f.hold(add(column, mul(k, entryBytes)));
    const largest = f.hold(f64.abs(f64.load(place)));
    const i = f.local("i32");
    f.for(i, add(k, 1), rows, 1, (exit) => {
      f.brIf(exit, f64.ne(largest, largest));
      f.set(place, add(place, entryBytes));
      const size = f.hold(f64.abs(f64.load(place)));
      f.if(i32.eqz(f64.le(size, largest)), () => {
        f.set(best, i);
        f.set(largest, size);
      });
    });
    return best;
  });

/** (i, k, count, strips, distance, depth, panel): exchanges two rows of all strips, and of the multipliers packed so far. */
type SwapRows = FunctionReference<Integers<7>, "none">;

const swapRows = (module: WasmModule): SwapRows =>
  module.func("swapRows", { params: integers(7) }, (f, i, k, count, strips, distance, depth, panel) => {
    const places = [i, k].map((row) => f.hold(add(strips, mul(row, entryBytes))));
    f.for(f.local("i32"), 0, count, 1, () => {
      const entries = places.map((place) => [0, 1].map((pair) => f.hold(v128.load(at(place, pair, 16)))));
      places.forEach((place, p) => entries[1 - p]!.forEach((part, pair) => f.store(at(place, pair, 16), part)));
      for (const place of places) f.set(place, add(place, distance));
    });
    const packed = [i, k].map((row) =>
      f.hold(add(panel, add(mul(i32.shr_u(row, 2), panelBytes), mul(i32.and(row, 3), 8)))),
    );
    f.for(f.local("i32"), 0, depth, 1, () => {
      const entries = packed.map((place) => f.hold(f64.load(place)));
      packed.forEach((place, p) => {
        f.store(place, entries[1 - p]!);
        f.set(place, add(place, entryBytes));
      });
    });
  });

/**
 * (line, end): divides a column of a strip, below the row `line`, by its pivot, and subtracts its products with that row from
 * the columns right of it. A pivot of zero divides nothing.
 */
const eliminate = (module: WasmModule, column: number): FunctionReference<Integers<2>, "none"> =>
  module.func(`eliminate${column}`, { params: integers(2) }, (f, line, end) => {
    const pivot = f.hold(f64.load(line, 8 * column));
    const divisor = f.hold(select(f64.eq(pivot, 0), f64.const(1), pivot));
    const next = column + 1;
    const single = next % 2 === 1 ? f.hold(f64.load(line, 8 * next)) : null;
    const pair = next < 3 ? f.hold(v128.load(line, 16)) : null;
    eachPlace(f, add(line, entryBytes), end, entryBytes, (row) => {
      const factor = f.hold(f64.div(f64.load(row, 8 * column), divisor));
      f.store(row, factor, 8 * column);
      if (single !== null) f.store(row, f64.sub(f64.load(row, 8 * next), f64.mul(factor, single)), 8 * next);
      if (pair !== null) f.store(row, f64x2.sub(v128.load(row, 16), f64x2.mul(f64x2.splat(factor), pair)), 16);
    });
  });

/** (tile, tiles, strip, target): packs the rows from a tile on as strips of rows, four entries of each. */
const packMultipliers = (module: WasmModule): FunctionReference<Integers<4>, "none"> =>
  module.func("packMultipliers", { params: integers(4) }, (f, tile, tiles, strip, target) => {
    const source = f.hold(add(strip, mul(tile, tileBytes)));
    f.set(target, add(target, mul(tile, panelBytes)));
    f.for(tile, tile, tiles, 1, () => {
      for (const rows of [0, 1])
        for (const columns of [0, 1]) {
          const part = (row: number): Expression<"v128"> =>
            v128.load(source, entryBytes * (2 * rows + row) + 16 * columns);
          transposeSquare(f, part(0), part(1)).forEach((column, c) =>
            f.store(target, column, entryBytes * (2 * columns + c) + 16 * rows),
          );
        }
      f.set(source, add(source, tileBytes));
      f.set(target, add(target, panelBytes));
    });
  });

/** (from, to, tiles, panel, strip): subtracts from a strip what columns from..to-1 of the panel ask for. */
const subtractPanel = (
  module: WasmModule,
  subtract: SubtractProduct,
  divide: DivideTile,
): FunctionReference<Integers<5>, "none"> =>
  module.func("subtractPanel", { params: integers(5) }, (f, from, to, tiles, panel, strip) => {
    f.if(i32.eq(from, to), () => f.return());
    const i = f.local("i32");
    const first = i32.shr_u(from, 2);
    const factors = f.hold(add(panel, mul(first, panelBytes)));
    const start = f.hold(add(strip, mul(from, entryBytes)));
    const tile = f.hold(start);
    const whole = f.hold(sub(to, from));
    const depth = f.hold(i32.const(0));
    f.for(i, first, tiles, 1, () => {
      f.call(subtract, depth, factors, start, tile);
      f.if(i32.lt_s(depth, whole), () => {
        f.call(divide, add(factors, mul(depth, entryBytes)), tile);
        f.set(depth, add(depth, stripLines));
      });
      f.set(factors, add(factors, panelBytes));
      f.set(tile, add(tile, tileBytes));
    });
  });

/** (rows, columns, strips, distance, panel, pivots): factors a matrix in strips of columns, in place. */
type FactorLu = FunctionReference<Integers<6>, "none">;

const factorLu = (module: WasmModule, subtract: SubtractProduct, divideByUnit: DivideTile): FactorLu => {
  const find = findPivot(module);
  const swap = swapRows(module);
  const eliminations = [0, 1, 2, 3].map((column) => eliminate(module, column));
  const pack = packMultipliers(module);
  const subtractAll = subtractPanel(module, subtract, divideByUnit);
  /** (k, last, rows, strip, count, strips, distance, depth, panel, pivots): columns k..last-1, at most four, of one strip. */
  const factorStrip = module.func(
    "factorStrip",
    { params: integers(10) },
    (f, k, last, rows, strip, count, strips, distance, depth, panel, pivots) => {
      const end = f.hold(add(strip, mul(rows, entryBytes)));
      eliminations.forEach((eliminateColumn, c) =>
        f.if(i32.lt_s(k, last), () => {
          const chosen = f.hold(call(find, add(strip, 8 * c), k, rows));
          f.store(add(pivots, mul(k, 4)), chosen);
          f.if(i32.ne(chosen, k), () => f.call(swap, chosen, k, count, strips, distance, depth, panel));
          f.call(eliminateColumn, add(strip, mul(k, entryBytes)), end);
          f.set(k, add(k, 1));
        }),
      );
    },
  );
  return module.func("factorLu", { params: integers(6) }, (f, rows, columns, strips, distance, panel, pivots) => {
    const rank = f.hold(select(i32.lt_s(rows, columns), rows, columns));
    const [tiles, count] = [f.hold(stripsOf(rows)), f.hold(stripsOf(columns))];
    const [from, j, s] = [f.local("i32"), f.local("i32"), f.local("i32")];
    const strip = f.hold(strips);
    f.for(from, 0, rank, panelColumns, () => {
      const to = f.hold(add(from, panelColumns));
      f.if(i32.gt_s(to, rank), () => f.set(to, rank));
      f.for(j, from, to, stripLines, () => {
        const depth = f.hold(sub(j, from));
        const last = f.hold(add(j, stripLines));
        f.if(i32.gt_s(last, to), () => f.set(last, to));
        f.call(subtractAll, from, j, tiles, panel, strip);
        f.call(factorStrip, j, last, rows, strip, count, strips, distance, depth, panel, pivots);
        f.call(pack, i32.shr_u(j, 2), tiles, strip, add(panel, mul(depth, entryBytes)));
        f.set(strip, add(strip, distance));
      });
      const right = f.hold(strip);
      f.for(s, stripsOf(to), count, 1, () => {
        f.call(subtractAll, from, mul(stripsOf(to), stripLines), tiles, panel, right);
        f.set(right, add(right, distance));
      });
    });
  });
};

/** Exports `run(count, rows, columns, a, packed, pivots, strips, distance, panel)` for stacks of matrices. */
export function exportLu(module: WasmModule, numbers: Numbers): void {
  const pack = copyStrips(module, numbers, "pack", copyStrip(module, numbers, "pack"));
  const unpack = copyStrips(module, numbers, "unpack", copyStrip(module, numbers, "unpack"));
  const factor = factorLu(module, subtractProduct(module), divideTile(module, true));
  module.func(
    "run",
    { params: integers(9), export: true },
    (f, count, rows, columns, a, packed, pivots, strips, distance, panel) => {
      const row = f.hold(mul(columns, numbers.item));
      const bytes = f.hold(mul(rows, row));
      const rank = f.hold(select(i32.lt_s(rows, columns), rows, columns));
      f.for(f.local("i32"), 0, count, 1, () => {
        f.call(pack, columns, rows, a, row, strips, distance);
        f.call(factor, rows, columns, strips, distance, panel, pivots);
        f.call(unpack, columns, rows, packed, row, strips, distance);
        f.set(a, add(a, bytes));
        f.set(packed, add(packed, bytes));
        f.set(pivots, add(pivots, mul(rank, 4)));
      });
    },
  );
}
