/**
 * savedResiduals: what reverse mode keeps of a function between the way there and the way back.
 */
import { itemSize, isFloat } from "../src/array/dtype.ts";
import type { DType } from "../src/array/dtype.ts";
import type { Shape } from "../src/array/shape.ts";
import { sizeOf } from "../src/array/shape.ts";
import type { Atom, Jaxpr } from "../src/ir/jaxpr.ts";
import { stageFunction } from "../src/ir/trace.ts";
import { leafPaths } from "../src/tree/tree.ts";
import { flatFunction, flattenDifferentiable, nameOf, requireFunction } from "./flat.ts";
import type { AnyFunction } from "./flat.ts";
import { linearizeJaxpr } from "./jaxpr-transforms.ts";
import type { ArraysOfList, Given } from "./types.ts";

/** One array that is kept. */
export interface Residual {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly bytes: number;
  /** Where it comes from: "argument [0].w", "a closed-over value", "a constant", or the primitive that made it, with its scope. */
  readonly origin: string;
}

/** Where the values of a jaxpr come from; its first inputs are closed-over values, the others arguments with these paths. */
const originsOf = (
  { inputs, equations }: Jaxpr,
  closedOver: number,
  paths: readonly string[],
): ReadonlyMap<Atom, string> => {
  const origins = new Map<Atom, string>();
  inputs.forEach((input, k) =>
    origins.set(input, k < closedOver ? "a closed-over value" : `argument ${paths[k - closedOver]!}`),
  );
  for (const { primitive, scope, outputs } of equations) {
    const maker = scope === undefined ? primitive.name : `${primitive.name} in ${scope}`;
    outputs.forEach((output) => origins.set(output, maker));
  }
  return origins;
};

/**
 * The arrays that reverse mode through `f` keeps at these arguments: their types, bytes and origins.
 * Arguments that are kept are listed too; they cost nothing where the caller holds them anyway.
 * @returns one record per array; nothing is computed
 * @example savedResiduals((x) => np.sum(np.sin(x)), np.ones([3])) // [{ shape: [3], dtype: "float64", bytes: 24, origin: "cos" }]
 */
export const savedResiduals = <X extends readonly unknown[], A extends readonly unknown[] = ArraysOfList<X>>(
  f: (...args: A) => unknown,
  ...args: Given<X, A>
): readonly Residual[] => {
  requireFunction("savedResiduals", f);
  const asked = `savedResiduals of ${nameOf(f as AnyFunction)}`;
  const { arrays, treedef } = flattenDifferentiable(args, asked);
  const flat = flatFunction(f as AnyFunction, treedef, asked);
  const { jaxpr, constants } = stageFunction(asked, (inputs) => flat.call(inputs), arrays);
  const whole: Jaxpr = { ...jaxpr, constants: [], inputs: [...jaxpr.constants, ...jaxpr.inputs] };
  const varies = whole.inputs.map(({ aval }, k) => k >= constants.length && isFloat(aval.dtype));
  const { known } = linearizeJaxpr(whole, varies, asked);
  const origins = originsOf(known.jaxpr, constants.length, leafPaths(treedef));
  return known.jaxpr.outputs.slice(whole.outputs.length).map((atom) => {
    const { shape, dtype } = atom.aval;
    return {
      shape,
      dtype,
      bytes: sizeOf(shape) * itemSize(dtype),
      origin: origins.get(atom) ?? "a constant",
    };
  });
};
