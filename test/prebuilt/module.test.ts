/**
 * Laws of instantiation: one instance for each memory and module, compiled once.
 */
import { expect, test, vi } from "vitest";
import { i32, wasmModule } from "../../kernels/assembler/index.ts";
import { type PrebuiltModule, instantiate } from "../../kernels/prebuilt/module.ts";

const counter = (name: string): PrebuiltModule & { readonly build: ReturnType<typeof vi.fn> } => ({
  name,
  build: vi.fn<PrebuiltModule["build"]>(() => {
    const module = wasmModule();
    module.importMemory("env", "memory", { initial: 1 });
    module.func("increment", { params: ["i32"], export: true }, (f, address) =>
      f.store(address, i32.add(i32.load(address), 1)),
    );
    return module.assemble();
  }),
});

test("a module is compiled once, and has one instance on each memory", () => {
  const module = counter("counter");
  const [first, second] = [new WebAssembly.Memory({ initial: 1 }), new WebAssembly.Memory({ initial: 1 })];
  const functions = instantiate(module, first);
  expect(instantiate(module, first)).toBe(functions);
  expect(instantiate(module, second)).not.toBe(functions);
  expect(instantiate(counter("other"), first)).not.toBe(functions);
  expect(module.build).toHaveBeenCalledTimes(1);
  functions["increment"]!(16);
  instantiate(module, first)["increment"]!(16);
  expect(new Int32Array(first.buffer)[4]).toBe(2);
  expect(new Int32Array(second.buffer)[4]).toBe(0);
});

test("functions see a memory that has grown", () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const functions = instantiate(counter("growing"), memory);
  memory.grow(1);
  functions["increment"]!(2 ** 16 + 8);
  expect(new Int32Array(memory.buffer)[2 ** 14 + 2]).toBe(1);
});
