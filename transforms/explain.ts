/**
 * What a function is compiled to, as text: the steps in order, their loops, and where every buffer lives.
 */
import { explain as explainJaxpr } from "../src/compile/explain.ts";
import { constantsAsInputs } from "../src/ir/jaxpr.ts";
import { nameOf, requireFunction } from "./flat.ts";
import type { AnyFunction } from "./flat.ts";
import { makeJaxpr } from "./make-jaxpr.ts";
import type { ArraysOfList, Given } from "./types.ts";

/**
 * Text of the program that jit would run for `f` on arguments of these shapes and dtypes.
 * A step is a fused loop nest or a routine of the host, followed by the named scopes it comes from after `@`;
 * buffers come last, with their place in the frame. For readers; the form may change between versions.
 * @param args  arrays; only shapes and dtypes matter
 * @example explain((x) => namedScope("layer", () => np.sin(x)), array([1, 2])).includes("@ layer") // true
 */
export const explain = <X extends readonly unknown[], A extends readonly unknown[] = ArraysOfList<X>>(
  f: (...args: A) => unknown,
  ...args: Given<X, A>
): string => {
  requireFunction("explain", f);
  const { jaxpr } = makeJaxpr(f as (...all: any[]) => unknown)(...args);
  return `${nameOf(f as AnyFunction)}\n${explainJaxpr(constantsAsInputs(jaxpr))}`;
};
