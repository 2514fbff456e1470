/**
 * Closure conversion: what a function closes over and may be differentiated by becomes arguments of it, so that
 * a custom rule around the function can return derivatives for those values too.
 */
import { ShapeMismatch } from "../src/error.ts";
import { isFloat } from "../src/array/dtype.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { avalOf, sameType, showAval } from "../src/ir/aval.ts";
import { evaluateJaxpr } from "../src/ir/evaluate.ts";
import { stageFunction } from "../src/ir/trace.ts";
import { isTracer } from "../src/ir/tracer.ts";
import { leafPaths, requireSameTree, unflatten } from "../src/tree/tree.ts";
import { asDType } from "../ops/conversion.ts";
import { flatFunction, flattenArrays, nameOf, requireFunction } from "./flat.ts";
import type { AnyFunction } from "./flat.ts";
import type { Arrays, ArraysOfList, Given } from "./types.ts";

/** A traced float may carry a derivative of some transform outside; everything else is a constant to all of them. */
const mayBeDifferentiated = (x: NDArray): boolean => isTracer(x) && isFloat(x.dtype);

/**
 * `f` with the traced floats that it closes over as arguments: [pure, captured] with pure(...args, ...captured) = f(...args).
 * @param exampleArgs  arguments of the shapes and dtypes that `pure` will be called with; values do not matter
 * @returns [pure, captured]; `captured` is empty where nothing is traced. Other closed-over values stay inside `pure`.
 * @throws TracerConversion where `f` looks at values; `pure` throws TreeMismatch, ShapeMismatch for other arguments
 * `f` runs once, here; `pure` is differentiable by everything it takes, to any order.
 * @example
 * const solve = customVjp((f, x, ...captured) => f(x, ...captured), { staticArgnums: 0,
 *   fwd: (f, x, ...captured) => [f(x, ...captured), [x, captured]],
 *   bwd: (f, [x, captured], g) => vjp(f, x, ...captured)[1](g) });
 * grad((y) => { const [pure, captured] = closureConvert((x) => x.mul(y), 2); return solve(pure, 2, ...captured); })(3) // 2
 */
export const closureConvert = <X extends readonly unknown[], R, A extends readonly unknown[] = ArraysOfList<X>>(
  f: (...args: A) => R,
  ...exampleArgs: Given<X, A>
): [pure: (...all: any[]) => Arrays<R>, captured: NDArray[]] => {
  requireFunction("closureConvert", f);
  const asked = `closureConvert of ${nameOf(f as AnyFunction)}`;
  const { arrays, treedef } = flattenArrays(exampleArgs, asked);
  const types = arrays.map(avalOf);
  const flat = flatFunction(f as AnyFunction, treedef, asked);
  const { jaxpr, constants } = stageFunction(asked, (inputs) => flat.call(inputs), arrays);
  const captured = constants.filter(mayBeDifferentiated);
  const count = (exampleArgs as readonly unknown[]).length;
  const pure = (...all: unknown[]): unknown => {
    const given = flattenArrays(all.slice(0, count), asked);
    requireSameTree(asked, treedef, given.treedef);
    const inputs = given.arrays.map((x, k) => {
      const type = types[k]!;
      const settled = x.weakType === false ? x : asDType(x, type.dtype);
      if (!sameType(settled, type))
        throw new ShapeMismatch(
          asked,
          `argument ${leafPaths(treedef)[k]!} is ${showAval(settled)} where the example was ${showAval(type)}`,
          "Convert again for arguments of other shapes or dtypes",
        );
      return settled;
    });
    const rest = flattenArrays(all.slice(count), asked).arrays;
    if (rest.length !== captured.length || rest.some((x, k) => !sameType(x, captured[k]!)))
      throw new ShapeMismatch(
        asked,
        `${rest.length} captured values [${rest.map(showAval).join(", ")}] where [${captured.map(showAval).join(", ")}] are needed`,
        "Pass the captured list, or values like it, after the arguments",
      );
    let next = 0;
    const values = constants.map((constant) => (mayBeDifferentiated(constant) ? rest[next++]! : constant));
    return unflatten(flat.outTree(), evaluateJaxpr(jaxpr, values, inputs));
  };
  return [pure as (...all: any[]) => Arrays<R>, captured];
};
