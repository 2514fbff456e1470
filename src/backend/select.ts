/**
 * Selection: which back end runs where. "auto" is wasm, else js, else interpreter, by what the host allows;
 * a back end that is asked for and missing falls back the same way. Results are the same, so a notice says it.
 */
import { hasWasm } from "../../kernels/assembler/index.ts";
import { notify } from "../notice.ts";
import { hasFunctionConstructor } from "./javascript.ts";

export type Backend = "auto" | "wasm" | "js" | "interpreter";
export type PresentBackend = Exclude<Backend, "auto">;

export const backends: readonly Backend[] = ["auto", "wasm", "js", "interpreter"];

// --- Capabilities -----------------------------------------------------------------------------

interface Capabilities {
  readonly wasm: boolean;
  readonly js: boolean;
}

let known: Capabilities | null = null;

const capabilities = (): Capabilities => (known ??= { wasm: hasWasm(), js: hasFunctionConstructor() });

/** Asks the host again at the next call. For tests that take something away. */
export const forgetCapabilities = (): void => {
  known = null;
};

/** Whether WebAssembly works here; asks nobody to notice where it does not. */
export const canRunWasm = (): boolean => capabilities().wasm;

const reasons: Readonly<Record<"wasm" | "js", string>> = {
  wasm: "WebAssembly is missing here, or the content security policy forbids it ('wasm-unsafe-eval')",
  js: "the content security policy forbids compiling JavaScript ('unsafe-eval')",
};

/** The back end that will run what was asked for. */
export const presentBackend = (asked: Backend): PresentBackend => {
  if (asked === "interpreter") return asked;
  const can = capabilities();
  const order: readonly ("wasm" | "js")[] = asked === "js" ? ["js", "wasm"] : ["wasm", "js"];
  for (const candidate of order) {
    if (can[candidate]) return candidate;
    notify("BackendMissing", candidate, `${reasons[candidate]}; programs run another way, with the same results.`);
  }
  return "interpreter";
};
