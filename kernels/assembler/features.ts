/**
 * What the WebAssembly engine at hand can do, asked by validating tiny modules.
 * Nothing is remembered between calls, and every question is answered "no" where WebAssembly is missing or forbidden.
 */
import { wasmModule, type WasmModule } from "./module.ts";
import { f64x2 } from "./vector.ts";

/** Whether a module filled by `fill` is valid on this engine. */
function accepts(fill: (module: WasmModule) => void): boolean {
  if (typeof WebAssembly === "undefined" || typeof WebAssembly.validate !== "function") return false;
  const module = wasmModule();
  fill(module);
  return WebAssembly.validate(module.assemble());
}

/**
 * Whether WebAssembly modules can be compiled. A content security policy may forbid it although the engine is there,
 * hence an empty module is compiled and not only validated.
 */
export function hasWasm(): boolean {
  try {
    return accepts(() => {}) && new WebAssembly.Module(wasmModule().assemble()) instanceof WebAssembly.Module;
  } catch {
    return false;
  }
}

/** Whether modules with 128-bit vectors can be compiled. */
export function hasSimd(): boolean {
  if (!hasWasm()) return false;
  return accepts((module) => module.func("probe", { params: ["v128"], result: "v128" }, (_, x) => f64x2.add(x, x)));
}

/** Whether relaxed vector instructions (fused or unfused multiply-add) are supported. */
export function hasRelaxedSimd(): boolean {
  return accepts((module) =>
    module.func("probe", { params: ["v128"], result: "v128" }, (_, x) => f64x2.relaxed_madd(x, x, x)),
  );
}

/** Whether memories can be shared between threads; browsers allow it on cross-origin isolated pages only. */
export function hasThreads(): boolean {
  if (typeof SharedArrayBuffer === "undefined") return false;
  return accepts((module) => module.exportMemory("memory", { initial: 1, maximum: 1, shared: true }));
}
