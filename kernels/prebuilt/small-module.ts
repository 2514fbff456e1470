/**
 * Small prebuilt modules, one for each function that a program may want, so that a program builds what it calls only.
 */
import { wasmModule } from "../assembler/index.ts";
import type { WasmModule } from "../assembler/index.ts";
import { memoryLimits } from "./module.ts";
import type { PrebuiltModule } from "./module.ts";

const known = new Map<string, PrebuiltModule>();

/**
 * The module of a name, which tells all there is to tell of it: the first call of a name makes the module.
 * @param write  writes its functions
 */
export function smallModule(name: string, write: (module: WasmModule) => void): PrebuiltModule {
  const found = known.get(name);
  if (found !== undefined) return found;
  const build = (limits = memoryLimits.alone): Uint8Array<ArrayBuffer> => {
    const module = wasmModule();
    module.importMemory("env", "memory", limits);
    write(module);
    return module.assemble();
  };
  const made = { name, build };
  known.set(name, made);
  return made;
}
