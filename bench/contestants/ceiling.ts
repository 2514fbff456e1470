/** As many operations as a row's job has, at the pace of bench/prebuilt/ceiling.ts: what the job would take without memory. */
import { doubles, singles } from "../../kernels/prebuilt/lanes.ts";
import { instantiate } from "../../kernels/prebuilt/module.ts";
import type { Library } from "../job.ts";
import { ceiling, flopsPerTurn } from "../prebuilt/ceiling.ts";

/** Short calls, so that the compiler's optimized version is soon in place. */
const turns = 5000;

export const library: Library = {
  version: "",
  contestant: ({ precision, flops }) => {
    const lanes = precision === "float64" ? doubles : singles;
    const compute = instantiate(ceiling, new WebAssembly.Memory({ initial: 1 }))[`ceiling${lanes.bits}`]!;
    const calls = Math.round(flops! / (turns * flopsPerTurn(lanes)));
    const run = (): void => {
      for (let call = 0; call < calls; call++) compute(turns);
    };
    return { variant: "12 sums in registers", isAsync: false, run, outputs: () => [] };
  },
};
