/**
 * Tiles of a matrix product: R rows times V vectors of columns, all sums in registers while k runs.
 * Measured with V8: 2 x 4 and 4 x 2 reach 90 % of the arithmetic there is; 6 x 2 and 4 x 3 need more registers than there are.
 * Order: float64 continues the sums that stand in C; float32 starts at +0 and adds the sums of its block to C.
 */
import { at, i32, v128 } from "../assembler/index.ts";
import type { Expression, FunctionReference, WasmModule } from "../assembler/index.ts";
import { integers } from "./lanes.ts";
import type { Integers, Lanes } from "./lanes.ts";

/** (depth, a, aRow, aDepth, b, bDepth, c, cRow, isFirst): addresses and distances in bytes. */
export type Tile = FunctionReference<Integers<9>, "none">;

/** c[r, :] = or += sum over k of a[r, k] b[k, :] for `rows` rows and `width` vectors; a may lie anyhow, b by rows. */
export function tile(
  module: WasmModule,
  { vector, multiplyAdd, splat, bits }: Lanes,
  rows: number,
  width: number,
): Tile {
  const name = `tile${rows}x${width}of${bits}`;
  return module.func(name, { params: integers(9) }, (f, depth, a, aRow, aDepth, b, bDepth, c, cRow, isFirst) => {
    const isBlocked = bits === 32;
    const rowStarts = [a];
    const targets = [c];
    for (let r = 1; r < rows; r++) {
      rowStarts.push(f.hold(i32.add(rowStarts[r - 1]!, aRow)));
      targets.push(f.hold(i32.add(targets[r - 1]!, cRow)));
    }
    const sums = targets.map(() => Array.from({ length: width }, () => f.local("v128")));
    const place = (r: number, v: number): ReturnType<typeof at> => at(targets[r]!, v, 16);
    const each = (visit: (r: number, v: number) => void): void =>
      sums.forEach((row, r) => row.forEach((_, v) => visit(r, v)));
    if (!isBlocked) f.if(i32.eqz(isFirst), () => each((r, v) => f.set(sums[r]![v]!, v128.load(place(r, v)))));

    const k = f.local("i32");
    const aShift = f.local("i32");
    const bShift = f.local("i32");
    f.for(k, 0, depth, 1, () => {
      // Sums of addresses in variables of their own save an instruction for every load.
      const sources = rowStarts.map((start) => f.hold(i32.add(start, aShift)));
      const row = f.hold(i32.add(b, bShift));
      const columns = Array.from({ length: width }, (_, v) => f.hold(v128.load(at(row, v, 16))));
      sources.forEach((source, r) => {
        const factor = f.hold(splat(source));
        columns.forEach((column, v) => f.set(sums[r]![v]!, multiplyAdd(factor, column, sums[r]![v]!)));
      });
      f.set(aShift, i32.add(aShift, aDepth));
      f.set(bShift, i32.add(bShift, bDepth));
    });

    if (isBlocked)
      f.if(i32.eqz(isFirst), () =>
        each((r, v) => f.set(sums[r]![v]!, vector.add(v128.load(place(r, v)), sums[r]![v]!))),
      );
    each((r, v) => f.store(place(r, v), sums[r]![v]! as Expression<"v128">));
  });
}
