/**
 * Triangles as strips of rows, strip behind strip, and systems with them whose right-hand sides are strips of columns.
 * A strip of rows ends with the tile on the diagonal. Upper triangles are stored back to front, as lower ones.
 */
import { i32 } from "../assembler/index.ts";
import type { Expression, FunctionReference, Local, WasmModule } from "../assembler/index.ts";
import { integers } from "./lanes.ts";
import type { Integers } from "./lanes.ts";
import { atMost } from "./matmul-blocking.ts";
import { tileBytes } from "./strip-tiles.ts";
import type { DivideTile, SubtractProduct } from "./strip-tiles.ts";
import { stripLines } from "./strips.ts";
import type { CopyStrip } from "./strips.ts";

/** Strips, or tiles, that lines fill, the last one perhaps in part. */
export const stripsOf = (lines: Expression<"i32">): Expression<"i32"> => i32.shr_u(i32.add(lines, stripLines - 1), 2);

/** Where a strip of a triangle begins: the one with this index has a tile more. */
export const triangleStrip = (base: Expression<"i32">, index: Expression<"i32">): Expression<"i32"> =>
  i32.add(base, i32.mul(i32.mul(index, i32.add(index, 1)), tileBytes / 2));

/** The strip after one that begins at `strip`. */
export const nextStrip = (strip: Expression<"i32">, index: Expression<"i32">): Expression<"i32"> =>
  i32.add(strip, i32.mul(i32.add(index, 1), tileBytes));

/** Bytes of a triangle. */
export const triangleBytes = (size: number): number => {
  const strips = Math.ceil(size / stripLines);
  return (strips * (strips + 1) * tileBytes) / 2;
};

/** (size, place, rowStep, columnStep, base), distances in bytes; `place` is the corner to begin with. */
export type PackTriangle = FunctionReference<Integers<5>, "none">;

export const packTriangle = (module: WasmModule, pack: CopyStrip): PackTriangle =>
  module.func("packTriangle", { params: integers(5) }, (f, size, place, rowStep, columnStep, base) => {
    const i = f.local("i32");
    f.for(i, 0, stripsOf(size), 1, () => {
      const row = f.hold(i32.mul(i, stripLines));
      const lines = f.hold(atMost(i32.sub(size, row), stripLines));
      f.call(pack, lines, i32.add(row, lines), place, rowStep, columnStep, base);
      f.set(place, i32.add(place, i32.mul(rowStep, stripLines)));
      f.set(base, nextStrip(base, i));
    });
  });

/** (size, triangle, count, strips, distance): solves for `count` strips of columns, `distance` bytes apart, in place. */
export type SolveStrips = FunctionReference<Integers<5>, "none">;

/** Row by row of tiles, so that a strip of the triangle serves all right-hand sides. */
export const solveStrips = (module: WasmModule, subtract: SubtractProduct, divide: DivideTile): SolveStrips =>
  module.func("solveStrips", { params: integers(5) }, (f, size, triangle, count, strips, distance) => {
    const i = f.local("i32");
    f.for(i, 0, stripsOf(size), 1, () => {
      const depth = f.hold(i32.mul(i, stripLines));
      const along = f.hold(i32.mul(i, tileBytes));
      const strip: Local<"i32"> = f.hold(strips);
      f.for(f.local("i32"), 0, count, 1, () => {
        const tile = f.hold(i32.add(strip, along));
        f.call(subtract, depth, triangle, strip, tile);
        f.call(divide, i32.add(triangle, along), tile);
        f.set(strip, i32.add(strip, distance));
      });
      f.set(triangle, nextStrip(triangle, i));
    });
  });
