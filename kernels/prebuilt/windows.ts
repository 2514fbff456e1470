/**
 * Sums and extrema over sliding windows as WebAssembly, and the elements at the places of the extrema, equal to the bit with
 * `reduceWindows`, `takeExtrema` and `putExtrema` (kernels/window-reduction.ts, kernels/window-extrema.ts).
 * The plans are in windows-plan.ts.
 */
import { wasmModule } from "../assembler/index.ts";
import type { FunctionReference, Global, Local, WasmModule } from "../assembler/index.ts";
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
import { type Lanes, doubles, singles } from "./lanes.ts";
import { memoryLimits } from "./module.ts";
import type { PrebuiltModule } from "./module.ts";
import { newPlaces, placeNames, placesFunctions } from "./window-places.ts";
import { windowNames, windowTable } from "./window-tables.ts";

/** An exported function: sets `variables` from its arguments, writes the tables, and runs. */
const exported = (
  module: WasmModule,
  name: string,
  variables: readonly Global<"i32">[],
  functions: readonly FunctionReference<readonly [], "none">[],
): void => {
  const params = variables.map((): "i32" => "i32");
  module.func(name, { params, export: true }, (f, ...args) => {
    variables.forEach((variable, k) => f.set(variable, (args as readonly Local<"i32">[])[k]!));
    for (const each of functions) f.call(each);
  });
};

/**
 * `windowSum64`, `windowMax64`, `windowMin64`, `takeMax64`, `takeMin64`, `putMax64`, `putMin64`, and the same of 32 bits;
 * `planWindows` and `planExtrema` give their arguments.
 */
export const windows: PrebuiltModule = {
  name: "windows",
  build: (limits = memoryLimits.alone) => {
    const module = wasmModule();
    module.importMemory("env", "memory", limits);
    const passes = newPassState(module);
    const axes = passes.axes.map((pass) => ({ ...pass, ...registers(module, windowNames) }));
    const places = newPlaces(module, passes, axes);
    const tables = axes.map((axis) => windowTable(module, axis));
    const variables = [
      ...wholePassNames.map((name) => passes[name]),
      ...axes.flatMap((axis) => [...passNames, ...windowNames].map((name) => axis[name])),
    ];
    const ofPlaces = [...variables, ...placeNames.map((name) => places[name])];
    const make = (lanes: Lanes): void => {
      const copies = { interleave: interleaveFunction(module, lanes), separate: separateFunction(module, lanes) };
      for (const [name, kind] of [
        ["Sum", "sum"],
        ["Max", "max"],
        ["Min", "min"],
      ] as const) {
        const fold = passesFunction(module, lanes, combinations[kind], passes, copies);
        exported(module, `window${name}${lanes.bits}`, variables, [...tables, fold]);
        if (kind === "sum") continue;
        const { take, put } = placesFunctions(module, lanes, kind, places, copies);
        exported(module, `take${name}${lanes.bits}`, ofPlaces, [...tables, take]);
        exported(module, `put${name}${lanes.bits}`, ofPlaces, [...tables, put]);
      }
    };
    make(doubles);
    make(singles);
    return module.assemble();
  },
};
