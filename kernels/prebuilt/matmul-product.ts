/**
 * The blocked matrix product C = A B: blocks of k, then of columns, then of rows, so that a block of B stays in the second
 * cache, one strip of it in the first, and tiles do the work. Either operand may be packed on the way or read where it lies.
 * Order: k in blocks of 256, one by one within (see matmul-tile.ts).
 * Source: Goto & van de Geijn 2008, Anatomy of high-performance matrix multiplication.
 */
import { call, i32, select } from "../assembler/index.ts";
import type { Expression, FunctionReference, WasmModule } from "../assembler/index.ts";
import { integers } from "./lanes.ts";
import type { Integers, Lanes } from "./lanes.ts";
import { pack } from "./matmul-packing.ts";
import type { CopyLine } from "./matmul-packing.ts";
import { tile } from "./matmul-tile.ts";

type Integer = Expression<"i32">;

/** Terms summed before the next block of k; in float32 also the length of the sums that are then added. */
export const depthBlock = 256;
/** Vectors of columns in a strip, and rows of A side by side when packed. */
export const stripWidth = 4;
export const rowGroup = 4;
/** A block of A takes a quarter of a megabyte, a block of B one megabyte. */
export const rowBlock = ({ item }: Lanes): number => 2 ** 10 / item;
export const columnBlock = ({ item }: Lanes): number => 2 ** 12 / item;
/** Bytes of the tile that stands in for C where a strip is wider than what is left of C. */
export const edgeBytes: number = rowGroup * stripWidth * 16;

const minimum = (x: Integer, y: number): Integer => select(i32.lt_s(x, y), x, y);

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
        const left = f.hold(minimum(i32.sub(rows, row), rowGroup));
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
        const count = f.hold(minimum(i32.sub(rows, row), rowGroup));
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
type Block = FunctionReference<Integers<15>, "none">;

/** All strips of one block; what is left of the columns stands packed at `bRest`, two or four vectors wide. */
function block(module: WasmModule, lanes: Lanes, copy: CopyLine): Block {
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

/** (m, n, k, a, aRow, aDepth, b, bDepth, bColumn, c, packedA, packedB, packsB, edge), distances in bytes. */
export type Product = FunctionReference<Integers<14>, "none">;

/**
 * One product. `packedA` is where blocks of A are packed, or 0: A is read where it lies. Blocks of B are packed at
 * `packedB` if `packsB` is not 0, else only the columns after the last whole strip; the others are read where they lie,
 * which needs columns side by side.
 */
export function product(module: WasmModule, lanes: Lanes, copy: CopyLine): Product {
  const { item, count, bits } = lanes;
  const packStrip = pack(module, lanes, 4, copy);
  const packHalf = pack(module, lanes, 2, copy);
  const packGroup = pack(module, lanes, (rowGroup / count) as 1 | 2, copy);
  const blockOf = block(module, lanes, copy);
  const wide = stripWidth * count;

  const packRows = module.func(
    `packRows${bits}`,
    { params: integers(6) },
    (f, rows, depth, a, aRow, aDepth, target) => {
      const row = f.local("i32");
      f.for(row, 0, rows, rowGroup, () => {
        f.call(packGroup, minimum(i32.sub(rows, row), rowGroup), depth, a, aRow, aDepth, target);
        f.set(a, i32.add(a, i32.mul(aRow, rowGroup)));
        f.set(target, i32.add(target, i32.mul(depth, rowGroup * item)));
      });
    },
  );

  /** Its result is where the rest stands. */
  const packColumns = module.func(
    `packColumns${bits}`,
    { params: integers(7), result: "i32" },
    (f, columns, depth, b, bDepth, bColumn, target, packsB) => {
      const left = f.hold(columns);
      f.while(i32.ge_s(left, wide), () => {
        f.if(packsB, () => {
          f.call(packStrip, wide, depth, b, bColumn, bDepth, target);
          f.set(target, i32.add(target, i32.mul(depth, wide * item)));
        });
        f.set(b, i32.add(b, i32.mul(bColumn, wide)));
        f.set(left, i32.sub(left, wide));
      });
      f.if(
        i32.gt_s(left, 2 * count),
        () => f.call(packStrip, left, depth, b, bColumn, bDepth, target),
        () => f.if(i32.gt_s(left, 0), () => f.call(packHalf, left, depth, b, bColumn, bDepth, target)),
      );
      return target;
    },
  );

  return module.func(
    `multiply${bits}`,
    { params: integers(14) },
    (f, m, n, k, a, aRow, aDepth, b, bDepth, bColumn, c, packedA, packedB, packsB, edge) => {
      const [k0, j0, i0] = [f.local("i32"), f.local("i32"), f.local("i32")];
      const [depth, columns, rows] = [f.local("i32"), f.local("i32"), f.local("i32")];
      const [aBlock, bBlock, rest] = [f.local("i32"), f.local("i32"), f.local("i32")];
      const cRow = f.hold(i32.mul(n, item));
      f.for(k0, 0, k, depthBlock, () => {
        f.set(depth, minimum(i32.sub(k, k0), depthBlock));
        f.for(j0, 0, n, columnBlock(lanes), () => {
          f.set(columns, minimum(i32.sub(n, j0), columnBlock(lanes)));
          f.set(bBlock, i32.add(b, i32.mul(j0, bColumn)));
          f.set(rest, call(packColumns, columns, depth, bBlock, bDepth, bColumn, packedB, packsB));
          f.for(i0, 0, m, rowBlock(lanes), () => {
            f.set(rows, minimum(i32.sub(m, i0), rowBlock(lanes)));
            f.set(aBlock, i32.add(a, i32.mul(i0, aRow)));
            f.if(packedA, () => f.call(packRows, rows, depth, aBlock, aRow, aDepth, packedA));
            f.call(
              blockOf,
              rows,
              columns,
              depth,
              select(packedA, packedA, aBlock),
              select(packedA, i32.const(item), aRow),
              select(packedA, i32.mul(depth, rowGroup * item), i32.mul(aRow, rowGroup)),
              select(packedA, i32.const(rowGroup * item), aDepth),
              select(packsB, packedB, bBlock),
              select(packsB, i32.mul(depth, wide * item), i32.const(wide * item)),
              select(packsB, i32.const(wide * item), bDepth),
              rest,
              i32.add(i32.add(c, i32.mul(i0, cRow)), i32.mul(j0, item)),
              cRow,
              i32.eqz(k0),
              edge,
            );
          });
        });
        f.set(a, i32.add(a, i32.mul(aDepth, depthBlock)));
        f.set(b, i32.add(b, i32.mul(bDepth, depthBlock)));
      });
    },
  );
}
