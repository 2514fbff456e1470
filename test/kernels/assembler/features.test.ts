/**
 * Laws of the capability probes: they agree with the engine, and answer "no" where there is none.
 */
import { afterEach, describe, expect, test, vi } from "vitest";
import { hasRelaxedSimd, hasSimd, hasThreads, hasWasm, f64x2, wasmModule } from "../../../kernels/assembler/index.ts";
import { disassemble } from "./disassemble.ts";

const probes = { hasWasm, hasSimd, hasRelaxedSimd, hasThreads };
afterEach(() => vi.unstubAllGlobals());

describe("probes", () => {
  test("Node compiles WebAssembly with vectors and shared memory", () =>
    expect([hasWasm(), hasSimd(), hasThreads()]).toEqual([true, true, true]));

  test("relaxed vectors are offered only where a function of them compiles", () => {
    const module = wasmModule();
    module.func("f", { params: ["v128"], result: "v128" }, (_, x) => f64x2.relaxed_madd(x, x, x));
    const bytes = module.assemble();
    expect(disassemble(bytes)).toContain("f64x2.relaxed_madd");
    if (hasRelaxedSimd()) expect(() => new WebAssembly.Module(bytes)).not.toThrow();
    else expect(() => new WebAssembly.Module(bytes)).toThrow(WebAssembly.CompileError);
  });

  test.each(Object.entries(probes))("%s is false without WebAssembly", (_, probe) => {
    vi.stubGlobal("WebAssembly", undefined);
    expect(probe()).toBe(false);
  });

  test("hasWasm and hasSimd are false where a policy forbids compilation", () => {
    const { validate } = WebAssembly;
    vi.stubGlobal("WebAssembly", {
      validate,
      Module: function refuse() {
        throw new EvalError("blocked by policy");
      },
    });
    expect([hasWasm(), hasSimd()]).toEqual([false, false]);
  });

  test("hasThreads is false without shared buffers", () => {
    vi.stubGlobal("SharedArrayBuffer", undefined);
    expect(hasThreads()).toBe(false);
  });
});
