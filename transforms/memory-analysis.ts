/**
 * memoryAnalysis: the memory that a compiled function needs, from its plan, before anything is computed.
 */
import { presentBackend } from "../src/backend/index.ts";
import { bytesOf } from "../src/compile/buffer-plan.ts";
import { memoryOf } from "../src/compile/memory-plan.ts";
import type { Atom } from "../src/ir/jaxpr.ts";
import { constantsAsInputs } from "../src/ir/jaxpr.ts";
import { nameOf, requireFunction } from "./flat.ts";
import type { AnyFunction } from "./flat.ts";
import { traceOn } from "./make-jaxpr.ts";
import type { ArraysOfList, Given } from "./types.ts";

/** Bytes of one call of a compiled function. */
export interface MemoryAnalysis {
  /** Arguments, and arrays that the function closes over. */
  readonly argumentBytes: number;
  /** Results, those that are arguments unchanged left out. */
  readonly outputBytes: number;
  /** What is held on the way besides both, at the worst moment. */
  readonly temporaryBytes: number;
  /** Sum of the three: most bytes alive at one time. */
  readonly peakBytes: number;
}

/**
 * Memory of jit(f) at these arguments, from the buffer plan: `memoryAnalysis(grad(loss), params)` tells what training needs.
 * @param args  arrays, of which only shapes and dtypes matter
 * @returns     bytes of arguments, results and temporaries, and their peak; nothing is computed
 * Loops count the body once and their stacked results in full. The scratch of kernels that run in compiled code is counted;
 * what a routine that the host runs (a kernel that has no plan for the shapes, every one under "js") allocates for itself
 * beyond its results is not seen.
 * @example memoryAnalysis((x) => np.sum(np.sin(x)), np.ones([1000])).argumentBytes // 8000
 */
export const memoryAnalysis = <X extends readonly unknown[], A extends readonly unknown[] = ArraysOfList<X>>(
  f: (...args: A) => unknown,
  ...args: Given<X, A>
): MemoryAnalysis => {
  requireFunction("memoryAnalysis", f);
  const { closed } = traceOn(`memoryAnalysis of ${nameOf(f as AnyFunction)}`, f as AnyFunction, args);
  const jaxpr = constantsAsInputs(closed.jaxpr);
  const keeping = presentBackend("auto") === "wasm" ? "frame" : "arrays";
  const { argumentBytes, heldBytes } = memoryOf(jaxpr, keeping);
  const isArgument = new Set<Atom>(jaxpr.inputs);
  const outputBytes = [...new Set(jaxpr.outputs)]
    .filter((output) => !isArgument.has(output))
    .reduce((sum, { aval }) => sum + bytesOf(aval), 0);
  return {
    argumentBytes,
    outputBytes,
    temporaryBytes: Math.max(0, heldBytes - outputBytes),
    peakBytes: argumentBytes + Math.max(heldBytes, outputBytes),
  };
};
