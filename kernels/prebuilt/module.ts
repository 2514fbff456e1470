/**
 * Prebuilt kernels: routines too large for loop nests, written once as WebAssembly over the memory of the back end.
 * Each family has a module, a TypeScript kernel that gives equal bits, and a plan that turns shapes into one call.
 * Functions take i32 only (byte addresses, counts, strides in elements), never allocate and never grow the memory.
 */

import type { MemoryLimits } from "../assembler/index.ts";

/** A family of kernels as WebAssembly; it imports "env"."memory" and nothing else. */
export interface PrebuiltModule {
  /** Unique among the families. */
  readonly name: string;
  /** The module's bytes, for a memory with these limits; needs 128-bit vectors (`hasSimd`). */
  readonly build: (limits?: MemoryLimits) => Uint8Array<ArrayBuffer>;
}

/** Where the arrays of one call begin, in bytes. Each address is a multiple of the item size. */
export interface Addresses {
  readonly operands: readonly number[];
  readonly results: readonly number[];
  /** `scratchBytes` bytes, a multiple of 16, that hold anything before and after; overlaps no array of the call. */
  readonly scratch: number;
}

/** One call of a prebuilt function, for shapes that are known; only the addresses are open. */
export interface PrebuiltCall {
  /** Name of the exported function. */
  readonly function: string;
  /** The function's arguments. */
  readonly args: (addresses: Addresses) => number[];
  readonly scratchBytes: number;
  /**
   * Operands that must first be copied: per operand null, or the permutation of its axes to which the caller brings it,
   * contiguous (axis k of the copy is axis permutation[k]). Its address is then that of the copy. Missing: no copies.
   */
  readonly copies?: readonly (readonly number[] | null)[];
  /**
   * Whether the function has an i32 result: not 0 if it refuses these operands, whose results then hold anything. The
   * caller turns to the interpreter's kernel, which says why.
   */
  readonly refuses?: boolean;
  /** Whether the first result may lie where the first operand lies, which the others do not overlap: then nothing is copied. */
  readonly overwrites?: boolean;
  /**
   * `count` calls, of which some may have nothing to do, that together do the same and may run at the same time; or one call,
   * where that does not pay. Missing: it cannot be shared. A call that `refuses` has none, as only the caller's thread can
   * turn to the interpreter.
   */
  readonly parts?: (count: number) => readonly PrebuiltCall[];
}

/** An exported function, as JavaScript sees it. */
export type PrebuiltFunction = (...args: number[]) => number | void;

const compiled = new WeakMap<PrebuiltModule, { alone?: WebAssembly.Module; shared?: WebAssembly.Module }>();

/** Limits that a module states for a memory of one thread, and for one that threads share. */
export const memoryLimits: Readonly<Record<"alone" | "shared", MemoryLimits>> = {
  alone: { initial: 1 },
  shared: { initial: 1, maximum: 65536, shared: true },
};

/** The module compiled for a memory, once for each kind of memory. The compilation is synchronous. */
export function compiledFor(module: PrebuiltModule, memory: WebAssembly.Memory): WebAssembly.Module {
  const kind = isShared(memory) ? "shared" : "alone";
  const known = compiled.get(module) ?? {};
  compiled.set(module, known);
  return (known[kind] ??= new WebAssembly.Module(module.build(memoryLimits[kind])));
}

/** Whether threads can share the memory. */
export function isShared({ buffer }: WebAssembly.Memory): boolean {
  return typeof SharedArrayBuffer !== "undefined" && buffer instanceof SharedArrayBuffer;
}

/** The limits that a module has to state for this memory. */
export function limitsOf(memory: WebAssembly.Memory): MemoryLimits {
  return memoryLimits[isShared(memory) ? "shared" : "alone"];
}
const instances = new WeakMap<
  WebAssembly.Memory,
  WeakMap<PrebuiltModule, Readonly<Record<string, PrebuiltFunction>>>
>();

/**
 * The functions of a module on a memory, by name. One instance is made for each pair, and the module is compiled once.
 * The compilation is synchronous.
 */
export function instantiate(
  module: PrebuiltModule,
  memory: WebAssembly.Memory,
): Readonly<Record<string, PrebuiltFunction>> {
  const known = instances.get(memory) ?? new WeakMap<PrebuiltModule, Readonly<Record<string, PrebuiltFunction>>>();
  instances.set(memory, known);
  const instance = known.get(module);
  if (instance !== undefined) return instance;
  const { exports } = new WebAssembly.Instance(compiledFor(module, memory), { env: { memory } });
  const functions = exports as Readonly<Record<string, PrebuiltFunction>>;
  known.set(module, functions);
  return functions;
}
