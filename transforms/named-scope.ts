/**
 * namedScope: names for parts of a program. Equations traced inside carry the path of the scopes around them.
 * The path stands in printed jaxprs, explanations and errors, and goes through every transform; pullbacks
 * carry `transpose(path)`. Values never depend on it, and without scopes nothing is stored.
 */
import { showValue } from "../src/describe.ts";
import { InvalidOption } from "../src/error.ts";
import { withScope } from "../src/ir/origin.ts";
import { requireFunction } from "./flat.ts";

/** Runs a function in a scope, or makes a function that always runs in it. */
export interface NamedScope {
  <A extends readonly unknown[], R>(name: string, f: (...args: A) => R, ...args: A): R;
  (name: string): <A extends readonly unknown[], R>(f: (...args: A) => R) => (...args: A) => R;
}

/**
 * Runs f(...args) with every operation inside named: namedScope("layer1", () => ...), nested to a path. Without
 * a function it gives one that wraps: namedScope("layer1")(f) is `f`, always in that scope.
 * @param name  text without line breaks; "/" joins nested names
 * @returns     what `f` returns
 * @throws InvalidOption for another name
 * Derivatives, batching and compilation are those of `f`. Cost: none at run time.
 * @example
 * const model = (x) => namedScope("model", () => namedScope("square", () => x.mul(x)).add(1));
 * String(makeJaxpr(model)(array(2))) // { lambda ; a:float64[] . let b:float64[] = mul a a @ model/square c:float64[] = add b 1 @ model in (c) }
 */
export const namedScope: NamedScope = ((
  name: unknown,
  f?: (...args: readonly unknown[]) => unknown,
  ...args: readonly unknown[]
): unknown => {
  if (typeof name !== "string" || !/^[^\r\n]+$/.test(name))
    throw new InvalidOption("namedScope", `the name ${showValue(name)}`, "Give a text of one line, not empty");
  if (f === undefined)
    return (inner: (...own: readonly unknown[]) => unknown) => {
      requireFunction(`namedScope ${name}`, inner);
      return (...own: readonly unknown[]): unknown => withScope(name, () => inner(...own));
    };
  requireFunction(`namedScope ${name}`, f);
  return withScope(name, () => f(...args));
}) as never;
