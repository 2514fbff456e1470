/**
 * Strips: a few vectors of columns of B, passed down all rows of a block of A, tile by tile. Where a strip is wider than
 * what is left of C, its tiles work on a copy of C's edge.
 */
import { i32 } from "../assembler/index.ts";
import type { FunctionReference, WasmModule } from "../assembler/index.ts";
import { integers } from "./lanes.ts";
import type { Integers, Lanes } from "./lanes.ts";
import { atMost, rowGroup, stripWidth } from "./matmul-blocking.ts";
import type { CopyLine } from "./matmul-packing.ts";
import { tile } from "./matmul-tile.ts";

/** (rows, depth, a, aRow, aGroup, aDepth, b, bDepth, c, cRow, isFirst): a strip of whole vectors of columns. */
type Strip = FunctionReference<Integers<11>, "none">;

/** Tiles down a strip; `aGroup` bytes lie between groups of four rows. */
function strip(module: WasmModule, lanes: Lanes, width: 2 | 4): Strip {
  const tall = width === 4 ? 2 : 4;
  const tallTile = tile(module, lanes, tall, width);
  const flatTile = tile(module, lanes, 1, width);
  return module.func(
    `strip${width}of${lanes.bits}`,
    { params: integers(11) },
    (f, rows, depth, a, aRow, aGroup, aDepth, b, bDepth, c, cRow, isFirst) => {
      const row = f.local("i32");
      const source = f.local("i32");
      const next = (count: number): void => {
        f.set(c, i32.add(c, i32.mul(cRow, count)));
        f.set(source, i32.add(source, i32.mul(aRow, count)));
      };
      f.for(row, 0, rows, rowGroup, () => {
        f.set(source, a);
        const left = f.hold(atMost(i32.sub(rows, row), rowGroup));
        f.while(i32.ge_s(left, tall), () => {
          f.call(tallTile, depth, source, aRow, aDepth, b, bDepth, c, cRow, isFirst);
          next(tall);
          f.set(left, i32.sub(left, tall));
        });
        f.while(i32.gt_s(left, 0), () => {
          f.call(flatTile, depth, source, aRow, aDepth, b, bDepth, c, cRow, isFirst);
          next(1);
          f.set(left, i32.sub(left, 1));
        });
        f.set(a, i32.add(a, aGroup));
      });
    },
  );
}

/** `Strip`, then (columns, edge). */
type Edge = FunctionReference<Integers<13>, "none">;

/** A strip of which only some columns exist: its tiles go by way of `edge`. */
function edgeStrip(module: WasmModule, { item, bits }: Lanes, width: 2 | 4, whole: Strip, copy: CopyLine): Edge {
  return module.func(
    `edge${width}of${bits}`,
    { params: integers(13) },
    (f, rows, depth, a, aRow, aGroup, aDepth, b, bDepth, c, cRow, isFirst, columns, edge) => {
      const row = f.local("i32");
      const r = f.local("i32");
      f.for(row, 0, rows, rowGroup, () => {
        const count = f.hold(atMost(i32.sub(rows, row), rowGroup));
        f.if(i32.eqz(isFirst), () =>
          f.for(r, 0, count, 1, () =>
            f.call(copy, columns, i32.add(c, i32.mul(r, cRow)), item, i32.add(edge, i32.mul(r, 16 * width)), item),
          ),
        );
        f.call(whole, count, depth, a, aRow, aGroup, aDepth, b, bDepth, edge, 16 * width, isFirst);
        f.for(r, 0, count, 1, () =>
          f.call(copy, columns, i32.add(edge, i32.mul(r, 16 * width)), item, i32.add(c, i32.mul(r, cRow)), item),
        );
        f.set(a, i32.add(a, aGroup));
        f.set(c, i32.add(c, i32.mul(cRow, rowGroup)));
      });
    },
  );
}

/** (rows, columns, depth, a, aRow, aGroup, aDepth, b, bStrip, bDepth, bRest, c, cRow, isFirst, edge) */
export type Block = FunctionReference<Integers<15>, "none">;

/** All strips of one block; what is left of the columns stands packed at `bRest`, two or four vectors wide. */
export function block(module: WasmModule, lanes: Lanes, copy: CopyLine): Block {
  const { item, count, bits } = lanes;
  const strips = { 2: strip(module, lanes, 2), 4: strip(module, lanes, 4) };
  const edges = {
    2: edgeStrip(module, lanes, 2, strips[2], copy),
    4: edgeStrip(module, lanes, 4, strips[4], copy),
  };
  const wide = stripWidth * count;
  return module.func(
    `block${bits}`,
    { params: integers(15) },
    (f, rows, columns, depth, a, aRow, aGroup, aDepth, b, bStrip, bDepth, bRest, c, cRow, isFirst, edge) => {
      f.while(i32.ge_s(columns, wide), () => {
        f.call(strips[4], rows, depth, a, aRow, aGroup, aDepth, b, bDepth, c, cRow, isFirst);
        f.set(b, i32.add(b, bStrip));
        f.set(c, i32.add(c, wide * item));
        f.set(columns, i32.sub(columns, wide));
      });
      const rest = (width: 2 | 4): void =>
        f.if(
          i32.eq(columns, width * count),
          () => f.call(strips[width], rows, depth, a, aRow, aGroup, aDepth, bRest, 16 * width, c, cRow, isFirst),
          () =>
            f.call(
              edges[width],
              rows,
              depth,
              a,
              aRow,
              aGroup,
              aDepth,
              bRest,
              16 * width,
              c,
              cRow,
              isFirst,
              columns,
              edge,
            ),
        );
      f.if(
        i32.gt_s(columns, 2 * count),
        () => rest(4),
        () => f.if(i32.gt_s(columns, 0), () => rest(2)),
      );
    },
  );
}
