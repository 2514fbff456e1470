/**
 * What dense factorizations do on tiles of four entries of a strip, 128 bytes in one piece: subtract a product of two strips,
 * and divide by a triangle. A tile holds entries s = 0..3 of four lines; the other operand gives four numbers an entry, one
 * for each s, for they are the lines of its own strip.
 * Order: every number of the tile loses its products one by one in the order of the entries, then is divided.
 */
import { at, f64x2, i32, v128 } from "../assembler/index.ts";
import type { Expression, FunctionReference, Local, Statements, WasmModule } from "../assembler/index.ts";
import { integers } from "./lanes.ts";
import type { Integers, Vector } from "./lanes.ts";
import { entryBytes, stripLines } from "./strips.ts";

export const tileBytes: number = stripLines * entryBytes;
const pairs = [0, 1] as const;
const lines = [0, 1, 2, 3] as const;

/** The tile in registers, [s][pair of lines]. */
const loadTile = (f: Statements, tile: Expression<"i32">): Local<"v128">[][] =>
  lines.map((s) => pairs.map((pair) => f.hold(v128.load(at(tile, 2 * s + pair, 16)))));

const storeTile = (f: Statements, tile: Expression<"i32">, values: readonly (readonly Vector[])[]): void =>
  values.forEach((row, s) => row.forEach((value, pair) => f.store(at(tile, 2 * s + pair, 16), value)));

/** (depth, factors, entries, tile): addresses in bytes. */
export type SubtractProduct = FunctionReference<Integers<4>, "none">;

/** tile[s, line] -= sum over k < depth of factors[k, s] entries[k, line]. */
export const subtractProduct = (module: WasmModule): SubtractProduct =>
  module.func("subtractProduct", { params: integers(4) }, (f, depth, factors, entries, tile) => {
    const values = loadTile(f, tile);
    const shift = f.local("i32");
    f.for(f.local("i32"), 0, depth, 1, () => {
      // Addresses in variables of their own: pointers that move, or sums within the loads, cost a tenth of the speed.
      const [own, other] = [f.hold(i32.add(entries, shift)), f.hold(i32.add(factors, shift))];
      const entry = pairs.map((pair) => f.hold(v128.load(at(own, pair, 16))));
      for (const s of lines) {
        const factor = f.hold(v128.load64_splat(at(other, s, 8)));
        for (const pair of pairs) {
          const value = values[s]![pair]!;
          f.set(value, f64x2.sub(value, f64x2.mul(factor, entry[pair]!)));
        }
      }
      f.set(shift, i32.add(shift, entryBytes));
    });
    storeTile(f, tile, values);
  });

/** (triangle, tile) */
export type DivideTile = FunctionReference<Integers<2>, "none">;

/**
 * tile := its solution x of x[s] L[s, s] + sum over t < s of L[s, t] x[t] = tile[s], for each line. L is a tile too, its entries
 * columns and its lines rows; the ones on a unit diagonal are not read, nor is anything above the diagonal.
 */
export const divideTile = (module: WasmModule, isUnit: boolean): DivideTile =>
  module.func(isUnit ? "divideTileByUnit" : "divideTile", { params: integers(2) }, (f, triangle, tile) => {
    const values = loadTile(f, tile);
    const factorAt = (s: number, t: number): Local<"v128"> =>
      f.hold(v128.load64_splat(at(triangle, stripLines * t + s, 8)));
    for (const s of lines) {
      for (const t of lines.slice(0, s)) {
        const factor = factorAt(s, t);
        for (const pair of pairs)
          f.set(values[s]![pair]!, f64x2.sub(values[s]![pair]!, f64x2.mul(factor, values[t]![pair]!)));
      }
      if (isUnit) continue;
      const pivot = factorAt(s, s);
      for (const pair of pairs) f.set(values[s]![pair]!, f64x2.div(values[s]![pair]!, pivot));
    }
    storeTile(f, tile, values);
  });
