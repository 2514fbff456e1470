/**
 * Partial Cholesky factorization of one front, equal to the bit with kernels/sparse/front-kernels.ts: strips of four rows,
 * entry (row r, column t) of a strip at 8 (4 t + r) bytes. Tiles are four columns of a strip, 128 bytes in one piece.
 * Short functions that are called often: an engine that compiles twice then has the fast code of all of them soon.
 */
import { at, call, f64, f64x2, i32, v128 } from "../assembler/index.ts";
import type { Expression, FunctionReference, Local, WasmModule } from "../assembler/index.ts";
import { integers, zeros } from "../prebuilt/lanes.ts";
import type { Integers } from "../prebuilt/lanes.ts";

const pairs = [0, 1] as const;
const lines = [0, 1, 2, 3] as const;
const tileBytes = 128;
const columnBytes = 32;

type SubtractProduct = FunctionReference<Integers<4>, "none">;

/** (columns, left, right, target): the tile at `target` -= A B', A and B the first columns of the strips at left and right. */
const subtractProduct = (module: WasmModule): SubtractProduct =>
  module.func("subtractProduct", { params: integers(4) }, (f, columns, left, right, target) => {
    const sums = lines.map(() => pairs.map(() => f.hold(zeros)));
    const shift = f.local("i32");
    f.for(f.local("i32"), 0, columns, 1, () => {
      const [own, other] = [f.hold(i32.add(left, shift)), f.hold(i32.add(right, shift))];
      const entry = pairs.map((pair) => f.hold(v128.load(at(own, pair, 16))));
      for (const c of lines) {
        const factor = f.hold(v128.load64_splat(at(other, c, 8)));
        for (const pair of pairs) f.set(sums[c]![pair]!, f64x2.add(sums[c]![pair]!, f64x2.mul(factor, entry[pair]!)));
      }
      f.set(shift, i32.add(shift, columnBytes));
    });
    sums.forEach((column, c) =>
      column.forEach((sum, pair) => {
        const place = at(target, 2 * c + pair, 16);
        f.store(place, f64x2.sub(v128.load(place), sum));
      }),
    );
  });

/** (diagonal, tile): tile := tile L^-T, L the factored tile at `diagonal` with inverse diagonal. */
const solveTile = (module: WasmModule): FunctionReference<Integers<2>, "none"> =>
  module.func("solveTile", { params: integers(2) }, (f, diagonal, tile) => {
    const entry = (row: number, column: number): Expression<"v128"> =>
      v128.load64_splat(at(diagonal, 4 * column + row, 8));
    const solved: Local<"v128">[][] = [];
    for (const c of lines) {
      const values = pairs.map((pair) => f.hold(v128.load(at(tile, 2 * c + pair, 16))));
      for (const t of lines.slice(0, c)) {
        const factor = f.hold(entry(c, t));
        for (const pair of pairs) f.set(values[pair]!, f64x2.sub(values[pair]!, f64x2.mul(solved[t]![pair]!, factor)));
      }
      const inverse = f.hold(entry(c, c));
      for (const pair of pairs) {
        f.set(values[pair]!, f64x2.mul(values[pair]!, inverse));
        f.store(at(tile, 2 * c + pair, 16), values[pair]!);
      }
      solved.push(values);
    }
  });

/** (diagonal, thresholds): factors a tile on the diagonal; -1, or the row whose pivot is not above its threshold. */
const factorTile = (module: WasmModule): FunctionReference<Integers<2>, "i32"> =>
  module.func("factorTile", { params: integers(2), result: "i32" }, (f, tile, thresholds) => {
    const place = (row: number, column: number) => at(tile, 4 * column + row, 8);
    for (const j of lines) {
      const pivot = f.hold(f64.load(place(j, j)));
      // Written so that NaN fails.
      f.if(i32.eqz(f64.gt(pivot, f64.load(at(thresholds, j, 8)))), () => f.return(j));
      const inverse = f.hold(f64.div(1, f64.sqrt(pivot)));
      f.store(place(j, j), inverse);
      for (const r of lines.slice(j + 1)) {
        f.store(place(j, r), f64.const(0));
        const scaled = f.hold(f64.mul(f64.load(place(r, j)), inverse));
        f.store(place(r, j), scaled);
        for (const c of lines.slice(j + 1, r + 1))
          f.store(place(r, c), f64.sub(f64.load(place(r, c)), f64.mul(scaled, f64.load(place(c, j)))));
      }
    }
    return -1;
  });

/** What the front's factorization calls. */
export interface Elimination {
  /** (panel, pivots, thresholds): -1, or the local place of the first pivot refused. */
  readonly factorPivots: FunctionReference<Integers<3>, "i32">;
  /** (panel, pivots, updates, update matrix) */
  readonly factorUpdates: FunctionReference<Integers<4>, "none">;
}

/** Strips whose products are made together: about a quarter of a megabyte of them stays in the second cache. */
const cachedBytes = 2 ** 18;

export function elimination(module: WasmModule): Elimination {
  const subtract = subtractProduct(module);
  const solve = solveTile(module);
  const factor = factorTile(module);
  /** (panel, strip, bytes of a strip, tiles): eliminates the pivots of earlier diagonal tiles from one strip. */
  const reduceStrip = module.func("reduceStrip", { params: integers(4) }, (f, panel, strip, stripBytes, tiles) => {
    const [j, columns] = [f.local("i32"), f.local("i32")];
    const [row, diagonal, tile] = [f.hold(panel), f.hold(panel), f.hold(strip)];
    f.for(j, 0, tiles, 1, () => {
      f.if(columns, () => f.call(subtract, columns, strip, row, tile));
      f.call(solve, diagonal, tile);
      f.set(row, i32.add(row, stripBytes));
      f.set(diagonal, i32.add(diagonal, i32.add(stripBytes, tileBytes)));
      f.set(tile, i32.add(tile, tileBytes));
      f.set(columns, i32.add(columns, 4));
    });
  });
  const factorPivots = module.func(
    "factorPivots",
    { params: integers(3), result: "i32" },
    (f, panel, pivots, thresholds) => {
      const i = f.local("i32");
      const stripBytes = f.hold(i32.mul(pivots, columnBytes));
      const [strip, place] = [f.hold(panel), f.hold(thresholds)];
      f.for(i, 0, i32.shr_u(pivots, 2), 1, () => {
        const tile = f.hold(i32.add(strip, i32.mul(i, tileBytes)));
        f.if(i, () => {
          f.call(reduceStrip, panel, strip, stripBytes, i);
          f.call(subtract, i32.mul(i, 4), strip, strip, tile);
        });
        const refused = f.hold(call(factor, tile, place));
        f.if(i32.ge_s(refused, 0), () => f.return(i32.add(i32.mul(i, 4), refused)));
        f.set(strip, i32.add(strip, stripBytes));
        f.set(place, i32.add(place, columnBytes));
      });
      return -1;
    },
  );
  /** (pivots, own strip, first other strip, how many, bytes of a strip, target): one row of tiles of the update matrix. */
  const subtractRow = module.func(
    "subtractRow",
    { params: integers(6) },
    (f, pivots, strip, other, count, stripBytes, target) =>
      f.for(f.local("i32"), 0, count, 1, () => {
        f.call(subtract, pivots, strip, other, target);
        f.set(other, i32.add(other, stripBytes));
        f.set(target, i32.add(target, tileBytes));
      }),
  );
  const factorUpdates = module.func("factorUpdates", { params: integers(4) }, (f, panel, pivots, updates, update) => {
    const [i, from] = [f.local("i32"), f.local("i32")];
    const stripBytes = f.hold(i32.mul(pivots, columnBytes));
    const first = f.hold(i32.add(panel, i32.mul(i32.mul(pivots, pivots), 8)));
    const count = f.hold(i32.shr_u(updates, 2));
    const strip = f.hold(first);
    f.for(i, 0, count, 1, () => {
      f.call(reduceStrip, panel, strip, stripBytes, i32.shr_u(pivots, 2));
      f.set(strip, i32.add(strip, stripBytes));
    });
    const group = f.hold(i32.add(i32.div_u(cachedBytes, stripBytes), 4));
    const others = f.hold(first);
    f.while(i32.lt_s(from, count), () => {
      f.set(strip, others);
      f.for(i, from, count, 1, () => {
        const wanted = f.hold(i32.sub(i32.add(i, 1), from));
        // Rows of tiles lie one after the other: row i begins after i (i + 1) / 2 of them.
        const before = i32.add(i32.mul(i32.mul(i, i32.add(i, 1)), tileBytes / 2), i32.mul(from, tileBytes));
        const target = f.hold(i32.add(update, before));
        f.if(i32.gt_s(wanted, group), () => f.set(wanted, group));
        f.call(subtractRow, pivots, strip, others, wanted, stripBytes, target);
        f.set(strip, i32.add(strip, stripBytes));
      });
      f.set(from, i32.add(from, group));
      f.set(others, i32.add(others, i32.mul(group, stripBytes)));
    });
  });
  return { factorPivots, factorUpdates };
}
