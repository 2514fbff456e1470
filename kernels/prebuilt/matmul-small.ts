/**
 * Products of a few numbers: the plain triple loop, one number at a time, any strides. For products too small to fill vectors.
 * Order: k one by one from +0; float32 in blocks of 256 whose sums are added.
 */
import { i32 } from "../assembler/index.ts";
import type { FunctionReference, WasmModule } from "../assembler/index.ts";
import { integers } from "./lanes.ts";
import type { Integers, Lanes } from "./lanes.ts";
import { atMost, depthBlock } from "./matmul-blocking.ts";

/** (m, n, k, a, aRow, aDepth, b, bDepth, bColumn, c), distances in bytes. */
export type SmallProduct = FunctionReference<Integers<10>, "none">;

export function smallProduct(module: WasmModule, { scalar, bits, item }: Lanes): SmallProduct {
  return module.func(`small${bits}`, { params: integers(10) }, (f, m, n, k, a, aRow, aDepth, b, bDepth, bColumn, c) => {
    const [i, j, start, step] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
    const [left, right, column, length] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
    const [sum, total] = [f.local(scalar.type), f.local(scalar.type)];
    const sumBlock = (): void =>
      f.for(step, 0, length, 1, () => {
        f.set(sum, scalar.add(sum, scalar.mul(scalar.load(left), scalar.load(right))));
        f.set(left, i32.add(left, aDepth));
        f.set(right, i32.add(right, bDepth));
      });
    f.for(i, 0, m, 1, () => {
      f.set(column, b);
      f.for(j, 0, n, 1, () => {
        f.set(left, a);
        f.set(right, column);
        f.set(total, scalar.const(0));
        f.for(start, 0, k, depthBlock, () => {
          f.set(length, atMost(i32.sub(k, start), depthBlock));
          f.set(sum, bits === 32 ? scalar.const(0) : total);
          sumBlock();
          f.set(total, bits === 32 ? scalar.add(total, sum) : sum);
        });
        f.store(c, total);
        f.set(c, i32.add(c, item));
        f.set(column, i32.add(column, bColumn));
      });
      f.set(a, i32.add(a, aRow));
    });
  });
}
