/**
 * Resizing as WebAssembly, equal to the bit with `resample` (kernels/resampling.ts): weights are computed there too, then every
 * axis is one pass. The plan is in resampling-plan.ts.
 */
import { wasmModule } from "../assembler/index.ts";
import type { Local } from "../assembler/index.ts";
import {
  interleaveFunction,
  newPassState,
  passNames,
  passesFunction,
  registers,
  separateFunction,
  wholePassNames,
} from "./axis-passes.ts";
import { combinations } from "./fold-rows.ts";
import { doubles, singles } from "./lanes.ts";
import { memoryLimits } from "./module.ts";
import type { PrebuiltModule } from "./module.ts";
import { resampleNames, resampleTable } from "./resample-tables.ts";

/** `nearest64`, `interpolate64`, and the same of 32 bits; `planResize` gives their arguments. */
export const resampling: PrebuiltModule = {
  name: "resampling",
  build: (limits = memoryLimits.alone) => {
    const module = wasmModule();
    module.importMemory("env", "memory", limits);
    const passes = newPassState(module);
    const axes = passes.axes.map((pass) => ({ ...pass, ...registers(module, resampleNames) }));
    const variables = [
      ...wholePassNames.map((name) => passes[name]),
      ...axes.flatMap((axis) => [...passNames, ...resampleNames].map((name) => axis[name])),
    ];
    const params = variables.map((): "i32" => "i32");
    for (const lanes of [doubles, singles]) {
      const copies = { interleave: interleaveFunction(module, lanes), separate: separateFunction(module, lanes) };
      const tables = axes.map((axis) => resampleTable(module, lanes, axis));
      for (const [name, kind] of [
        ["nearest", "sum"],
        ["interpolate", "weighted"],
      ] as const) {
        const fold = passesFunction(module, lanes, combinations[kind], passes, copies);
        module.func(`${name}${lanes.bits}`, { params, export: true }, (f, ...args) => {
          variables.forEach((variable, k) => f.set(variable, (args as readonly Local<"i32">[])[k]!));
          for (const table of tables) f.call(table);
          f.call(fold);
        });
      }
    }
    return module.assemble();
  },
};
