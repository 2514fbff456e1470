/**
 * The blocked matrix product C = A B: blocks of k, then of columns, then of rows, so that a block of B stays in the second
 * cache, one strip of it in the first, and tiles do the work. Either operand may be packed on the way or read where it lies.
 * Order: k in blocks of 256, one by one within (see matmul-tile.ts).
 * Source: Goto & van de Geijn 2008, Anatomy of high-performance matrix multiplication.
 */
import { call, i32, select } from "../assembler/index.ts";
import type { FunctionReference, WasmModule } from "../assembler/index.ts";
import { integers } from "./lanes.ts";
import type { Integers, Lanes } from "./lanes.ts";
import { atMost, columnBlock, depthBlock, rowBlock, rowGroup, stripWidth } from "./matmul-blocking.ts";
import { pack } from "./matmul-packing.ts";
import type { CopyLine, Pack } from "./matmul-packing.ts";
import { block } from "./matmul-strip.ts";

/** (rows, depth, a, aRow, aDepth, target): groups of four rows, one behind the other. */
function packRows(module: WasmModule, { item, bits }: Lanes, group: Pack): FunctionReference<Integers<6>, "none"> {
  return module.func(`packRows${bits}`, { params: integers(6) }, (f, rows, depth, a, aRow, aDepth, target) => {
    const row = f.local("i32");
    f.for(row, 0, rows, rowGroup, () => {
      f.call(group, atMost(i32.sub(rows, row), rowGroup), depth, a, aRow, aDepth, target);
      f.set(a, i32.add(a, i32.mul(aRow, rowGroup)));
      f.set(target, i32.add(target, i32.mul(depth, rowGroup * item)));
    });
  });
}

/** (columns, depth, b, bDepth, bColumn, target, packsB): where the columns after the last whole strip stand packed. */
type PackColumns = FunctionReference<Integers<7>, "i32">;

/** Packs whole strips only if told so, but always what is left of the columns: four vectors wide, or two. */
function packColumns(module: WasmModule, { item, count, bits }: Lanes, whole: Pack, half: Pack): PackColumns {
  const wide = stripWidth * count;
  return module.func(
    `packColumns${bits}`,
    { params: integers(7), result: "i32" },
    (f, columns, depth, b, bDepth, bColumn, target, packsB) => {
      f.while(i32.ge_s(columns, wide), () => {
        f.if(packsB, () => {
          f.call(whole, wide, depth, b, bColumn, bDepth, target);
          f.set(target, i32.add(target, i32.mul(depth, wide * item)));
        });
        f.set(b, i32.add(b, i32.mul(bColumn, wide)));
        f.set(columns, i32.sub(columns, wide));
      });
      f.if(
        i32.gt_s(columns, wide / 2),
        () => f.call(whole, columns, depth, b, bColumn, bDepth, target),
        () => f.if(i32.gt_s(columns, 0), () => f.call(half, columns, depth, b, bColumn, bDepth, target)),
      );
      return target;
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
  const wide = stripWidth * count;
  const [whole, half] = [pack(module, lanes, 4, copy), pack(module, lanes, 2, copy)];
  const pieces = {
    rows: packRows(module, lanes, count * 2 === rowGroup ? half : pack(module, lanes, 1, copy)),
    columns: packColumns(module, lanes, whole, half),
    block: block(module, lanes, copy),
  };
  return module.func(
    `multiply${bits}`,
    { params: integers(14) },
    (f, m, n, k, a, aRow, aDepth, b, bDepth, bColumn, c, packedA, packedB, packsB, edge) => {
      const [k0, j0, i0] = [f.local("i32"), f.local("i32"), f.local("i32")];
      const [depth, columns, rows] = [f.local("i32"), f.local("i32"), f.local("i32")];
      const [aBlock, bBlock, rest] = [f.local("i32"), f.local("i32"), f.local("i32")];
      const cRow = f.hold(i32.mul(n, item));
      const multiplyBlock = (): void => {
        const fromA = [
          select(packedA, packedA, aBlock),
          select(packedA, i32.const(item), aRow),
          select(packedA, i32.mul(depth, rowGroup * item), i32.mul(aRow, rowGroup)),
          select(packedA, i32.const(rowGroup * item), aDepth),
        ] as const;
        const fromB = [
          select(packsB, packedB, bBlock),
          select(packsB, i32.mul(depth, wide * item), i32.const(wide * item)),
          select(packsB, i32.const(wide * item), bDepth),
          rest,
        ] as const;
        const target = i32.add(i32.add(c, i32.mul(i0, cRow)), i32.mul(j0, item));
        f.call(pieces.block, rows, columns, depth, ...fromA, ...fromB, target, cRow, i32.eqz(k0), edge);
      };
      f.for(k0, 0, k, depthBlock, () => {
        f.set(depth, atMost(i32.sub(k, k0), depthBlock));
        f.for(j0, 0, n, columnBlock(lanes), () => {
          f.set(columns, atMost(i32.sub(n, j0), columnBlock(lanes)));
          f.set(bBlock, i32.add(b, i32.mul(j0, bColumn)));
          f.set(rest, call(pieces.columns, columns, depth, bBlock, bDepth, bColumn, packedB, packsB));
          f.for(i0, 0, m, rowBlock(lanes), () => {
            f.set(rows, atMost(i32.sub(m, i0), rowBlock(lanes)));
            f.set(aBlock, i32.add(a, i32.mul(i0, aRow)));
            f.if(packedA, () => f.call(pieces.rows, rows, depth, aBlock, aRow, aDepth, packedA));
            multiplyBlock();
          });
        });
        f.set(a, i32.add(a, i32.mul(aDepth, depthBlock)));
        f.set(b, i32.add(b, i32.mul(bDepth, depthBlock)));
      });
    },
  );
}
