/**
 * What a function is compiled to, as text: what was traced and what is left of it, the steps in order, their loops, what
 * they cost, and where every buffer lives.
 */
import { explain as explainJaxpr } from "../src/compile/explain.ts";
import { constantsAsInputs } from "../src/ir/jaxpr.ts";
import { threadCount } from "../src/machine.ts";
import { nameOf, requireFunction } from "./flat.ts";
import type { AnyFunction } from "./flat.ts";
import { traceOn } from "./make-jaxpr.ts";
import type { ArraysOfList, Given } from "./types.ts";

/**
 * Text of the program that jit would run for `f` on arguments of these shapes and dtypes: the jaxpr as traced and as
 * simplified, then its steps. A step is a fused loop nest, a kernel, a routine of the host, or a loop or choice with its
 * bodies, followed by the named scopes it comes from after `@`. Each has an estimate of its floating-point operations
 * (1 for an operation on a scalar, 20 for a function such as exp, 2 m n k for a matrix product) and of the bytes that it
 * loads and stores; the total says how many operations there are per byte. Buffers come last, with their place in the
 * frame. For readers; the form may change between versions.
 * @param args  arrays; only shapes and dtypes matter
 * @example explain((x) => namedScope("layer", () => np.sin(x)), array([1, 2])).includes("@ layer") // true
 */
export const explain = <X extends readonly unknown[], A extends readonly unknown[] = ArraysOfList<X>>(
  f: (...args: A) => unknown,
  ...args: Given<X, A>
): string => {
  requireFunction("explain", f);
  const name = nameOf(f as AnyFunction);
  const { closed } = traceOn(`explain of ${name}`, f as AnyFunction, args);
  return `${name}\n${explainJaxpr(constantsAsInputs(closed.jaxpr), threadCount())}`;
};
