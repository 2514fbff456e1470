/**
 * Cholesky factorization, equal to the bit with `factorizeCholesky` (kernels/dense/cholesky.ts) of the symmetric part. The lower
 * triangle stands in strips of rows, and a factored strip is either operand of the products to come as it lies.
 * Blocks of columns: within a block tile by tile, then the block's products are subtracted from all that is left.
 */
import { at, call, f64, f64x2, i32, v128 } from "../assembler/index.ts";
import type { FunctionReference, WasmModule } from "../assembler/index.ts";
import { integers } from "./lanes.ts";
import type { Integers } from "./lanes.ts";
import { atMost } from "./matmul-blocking.ts";
import { divideTile, subtractProduct, tileBytes } from "./strip-tiles.ts";
import type { DivideTile, SubtractProduct } from "./strip-tiles.ts";
import { nextStrip, stripsOf, triangleStrip } from "./strip-triangle.ts";
import { copyStrip, entryBytes, stripLines } from "./strips.ts";
import type { CopyStrip, Numbers } from "./strips.ts";

/** Strips of a block of columns. */
const blockStrips = 16;
const diagonalStep = entryBytes + 8;

/** (count, tile): factors the first `count` columns of a tile on the diagonal; 1 if a pivot is not positive, else 0. */
type FactorTile = FunctionReference<Integers<2>, "i32">;

const factorTile = (module: WasmModule): FactorTile =>
  module.func("factorTile", { params: integers(2), result: "i32" }, (f, count, tile) => {
    for (let s = 0; s < stripLines; s += 1) {
      f.if(i32.le_s(count, s), () => f.return(0));
      const square = f.hold(f64.load(tile, s * diagonalStep));
      f.if(f64.le(square, 0), () => f.return(1));
      const pivot = f.hold(f64.sqrt(square));
      const column = [0, 1].map((pair) => f.hold(f64x2.div(v128.load(at(tile, 2 * s + pair, 16)), f64x2.splat(pivot))));
      column.forEach((part, pair) => f.store(at(tile, 2 * s + pair, 16), part));
      f.store(tile, pivot, s * diagonalStep);
      for (let t = s + 1; t < stripLines; t += 1) {
        const factor = f.hold(v128.load64_splat(at(tile, stripLines * s + t, 8)));
        column.forEach((part, pair) => {
          const place = at(tile, 2 * t + pair, 16);
          f.store(place, f64x2.sub(v128.load(place), f64x2.mul(factor, part)));
        });
      }
    }
    return 0;
  });

/** (from, to, strips, base): subtracts all products of the columns of tiles from..to-1 from what is below and right of them. */
const subtractBlock = (module: WasmModule, subtract: SubtractProduct): FunctionReference<Integers<4>, "none"> =>
  module.func("subtractBlock", { params: integers(4) }, (f, from, to, strips, base) => {
    const [i, j] = [f.local("i32"), f.local("i32")];
    const depth = f.hold(i32.mul(i32.sub(to, from), stripLines));
    const start = f.hold(i32.mul(from, tileBytes));
    const first = f.hold(triangleStrip(base, to));
    const own = f.hold(first);
    f.for(i, to, strips, 1, () => {
      const other = f.hold(first);
      const tile = f.hold(i32.add(own, i32.mul(to, tileBytes)));
      f.for(j, to, i32.add(i, 1), 1, () => {
        f.call(subtract, depth, i32.add(other, start), i32.add(own, start), tile);
        f.set(tile, i32.add(tile, tileBytes));
        f.set(other, nextStrip(other, j));
      });
      f.set(own, nextStrip(own, i));
    });
  });

/** (size, base): factors a triangle in place; 1 if a pivot is not positive, else 0. */
type FactorTriangle = FunctionReference<Integers<2>, "i32">;

const factorTriangle = (module: WasmModule, subtract: SubtractProduct, divide: DivideTile): FactorTriangle => {
  const factorOne = factorTile(module);
  const subtractAll = subtractBlock(module, subtract);
  return module.func("factorTriangle", { params: integers(2), result: "i32" }, (f, size, base) => {
    const [from, i, j] = [f.local("i32"), f.local("i32"), f.local("i32")];
    const strips = f.hold(stripsOf(size));
    f.for(from, 0, strips, blockStrips, () => {
      const to = f.hold(i32.add(from, atMost(i32.sub(strips, from), blockStrips)));
      const start = f.hold(i32.mul(from, tileBytes));
      const row = f.hold(triangleStrip(base, from));
      f.for(j, from, to, 1, () => {
        const column = f.hold(i32.mul(j, tileBytes));
        const diagonal = f.hold(i32.add(row, column));
        const factors = f.hold(i32.add(row, start));
        const depth = f.hold(i32.mul(i32.sub(j, from), stripLines));
        f.call(subtract, depth, factors, factors, diagonal);
        f.if(call(factorOne, i32.sub(size, i32.mul(j, stripLines)), diagonal), () => f.return(1));
        f.set(row, nextStrip(row, j));
        const below = f.hold(row);
        f.for(i, i32.add(j, 1), strips, 1, () => {
          const tile = f.hold(i32.add(below, column));
          f.call(subtract, depth, factors, i32.add(below, start), tile);
          f.call(divide, diagonal, tile);
          f.set(below, nextStrip(below, i));
        });
      });
      f.call(subtractAll, from, to, strips, base);
    });
    return 0;
  });
};

/** (size, a, base, mirror): the strips of the symmetric part; a strip of mirror images is made at `mirror`. */
type LoadSymmetric = FunctionReference<Integers<4>, "none">;

/** Half of each element plus half of its mirror image; the diagonal as it is. */
const loadSymmetric = (module: WasmModule, { item, load }: Numbers, pack: CopyStrip): LoadSymmetric =>
  module.func("loadSymmetric", { params: integers(4) }, (f, size, a, base, mirror) => {
    const row = f.hold(i32.mul(size, item));
    const half = f.hold(f64x2.splat(0.5));
    const i = f.local("i32");
    f.for(i, 0, stripsOf(size), 1, () => {
      const first = f.hold(i32.mul(i, stripLines));
      const lines = f.hold(atMost(i32.sub(size, first), stripLines));
      const count = f.hold(i32.add(first, lines));
      const line = f.hold(i32.add(a, i32.mul(first, row)));
      f.call(pack, lines, count, line, row, item, base);
      f.call(pack, lines, count, i32.add(a, i32.mul(first, item)), item, row, mirror);
      const [own, other] = [f.hold(base), f.hold(mirror)];
      f.for(f.local("i32"), 0, count, 1, () => {
        for (const pair of [0, 1]) {
          const halved = [own, other].map((strip) => f64x2.mul(v128.load(at(strip, pair, 16)), half));
          f.store(at(own, pair, 16), f64x2.add(halved[0]!, halved[1]!));
        }
        f.set(own, i32.add(own, entryBytes));
        f.set(other, i32.add(other, entryBytes));
      });
      const place = f.hold(i32.add(line, i32.mul(first, item)));
      const target = f.hold(i32.add(base, i32.mul(first, entryBytes)));
      f.for(f.local("i32"), 0, lines, 1, () => {
        f.store(target, load(place));
        f.set(place, i32.add(place, i32.add(row, item)));
        f.set(target, i32.add(target, diagonalStep));
      });
      f.set(base, nextStrip(base, i));
    });
  });

/** (size, base, result): the triangle as an array, zeros above the diagonal. */
const storeTriangle = (
  module: WasmModule,
  { item }: Numbers,
  unpack: CopyStrip,
): FunctionReference<Integers<3>, "none"> =>
  module.func("storeTriangle", { params: integers(3) }, (f, size, base, result) => {
    const row = f.hold(i32.mul(size, item));
    const i = f.local("i32");
    f.memoryFill(result, 0, i32.mul(size, row));
    f.for(i, 0, stripsOf(size), 1, () => {
      const first = f.hold(i32.mul(i, stripLines));
      const lines = f.hold(atMost(i32.sub(size, first), stripLines));
      const tile = f.hold(i32.add(base, i32.mul(first, entryBytes)));
      for (let s = 1; s < stripLines; s += 1)
        for (let line = 0; line < s; line += 1) f.store(at(tile, stripLines * s + line, 8), f64.const(0));
      f.call(unpack, lines, i32.add(first, lines), result, row, item, base);
      f.set(result, i32.add(result, i32.mul(row, stripLines)));
      f.set(base, nextStrip(base, i));
    });
  });

/** Exports `run(count, size, a, result, mirror, base)` for stacks of matrices: 1 if one was refused, else 0. */
export function exportCholesky(module: WasmModule, numbers: Numbers): void {
  const load = loadSymmetric(module, numbers, copyStrip(module, numbers, "pack"));
  const store = storeTriangle(module, numbers, copyStrip(module, numbers, "unpack"));
  const factor = factorTriangle(module, subtractProduct(module), divideTile(module, false));
  module.func(
    "run",
    { params: integers(6), result: "i32", export: true },
    (f, count, size, a, result, mirror, base) => {
      const bytes = f.hold(i32.mul(i32.mul(size, size), numbers.item));
      f.for(f.local("i32"), 0, count, 1, () => {
        f.call(load, size, a, base, mirror);
        f.if(call(factor, size, base), () => f.return(1));
        f.call(store, size, base, result);
        f.set(a, i32.add(a, bytes));
        f.set(result, i32.add(result, bytes));
      });
      return 0;
    },
  );
}
