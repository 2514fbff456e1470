/**
 * The arithmetic there is: x += x y in independent vectors of WebAssembly, what no product can surpass without fused
 * operations. Twelve sums hide the latency of an addition and still fit in registers.
 */
import { v128, wasmModule } from "../../kernels/assembler/index.ts";
import { doubles, singles } from "../../kernels/prebuilt/lanes.ts";
import type { Lanes } from "../../kernels/prebuilt/lanes.ts";
import type { PrebuiltModule } from "../../kernels/prebuilt/module.ts";

const sumsInRegisters = 12;

/** Floating-point operations of one turn. */
export const flopsPerTurn = ({ count }: Lanes): number => 2 * sumsInRegisters * count;

/** Functions "ceiling64" and "ceiling32" of the number of turns. */
export const ceiling: PrebuiltModule = {
  name: "ceiling",
  build: () => {
    const module = wasmModule();
    module.importMemory("env", "memory", { initial: 1 });
    for (const { bits, vector } of [doubles, singles])
      module.func(`ceiling${bits}`, { params: ["i32"], export: true }, (f, times) => {
        const sums = Array.from({ length: sumsInRegisters }, () => f.local("v128"));
        const factor = f.hold(v128.load(0));
        const k = f.local("i32");
        f.for(k, 0, times, 1, () => {
          for (const sum of sums) f.set(sum, vector.add(sum, vector.mul(sum, factor)));
        });
        sums.forEach((sum, s) => f.store(16 * s, sum));
      });
    return module.assemble();
  },
};
