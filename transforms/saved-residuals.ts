/**
 * savedResiduals: what reverse mode keeps of a function between the way there and the way back.
 */
import { itemSize, isFloat } from "../src/array/dtype.ts";
import type { DType } from "../src/array/dtype.ts";
import type { Shape } from "../src/array/shape.ts";
import { sizeOf } from "../src/array/shape.ts";
import type { Atom, Equation, Jaxpr } from "../src/ir/jaxpr.ts";
import { leafPaths } from "../src/tree/tree.ts";
import { stageClosure } from "./closures.ts";
import { flatFunction, flattenDifferentiable, nameOf, requireFunction } from "./flat.ts";
import type { AnyFunction } from "./flat.ts";
import { linearizeJaxpr } from "./jaxpr-transforms.ts";

/** One array that is kept. */
export interface Residual {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly bytes: number;
  /** Where it comes from: "argument [0].w", "a closed-over value", "a constant", or the primitive that made it, with its scope. */
  readonly origin: string;
}

const originOf = (atom: Atom, { inputs, equations }: Jaxpr, closedOver: number, paths: readonly string[]): string => {
  if (atom.kind === "literal") return "a constant";
  const position = inputs.indexOf(atom);
  if (position >= closedOver) return `argument ${paths[position - closedOver]!}`;
  if (position >= 0) return "a closed-over value";
  const maker: Equation | undefined = equations.find(({ outputs }) => outputs.includes(atom));
  if (maker === undefined) return "a constant";
  return maker.scope === undefined ? maker.primitive.name : `${maker.primitive.name} in ${maker.scope}`;
};

/**
 * The arrays that reverse mode through `f` keeps at these arguments: their types, bytes and origins.
 * Arguments that are kept are listed too; they cost nothing where the caller holds them anyway.
 * @returns one record per array; nothing is computed
 * @example savedResiduals((x) => np.sum(np.sin(x)), np.ones([3])) // [{ shape: [3], dtype: "float64", bytes: 24, origin: "cos" }]
 */
export const savedResiduals = (f: (...args: any[]) => unknown, ...args: readonly unknown[]): readonly Residual[] => {
  requireFunction("savedResiduals", f);
  const asked = `savedResiduals of ${nameOf(f as AnyFunction)}`;
  const { arrays, treedef } = flattenDifferentiable(args, asked);
  const flat = flatFunction(f as AnyFunction, treedef, asked);
  const { jaxpr, constants } = stageClosure(asked, (inputs) => flat.call(inputs), arrays);
  const whole: Jaxpr = { ...jaxpr, constants: [], inputs: [...jaxpr.constants, ...jaxpr.inputs] };
  const varies = whole.inputs.map(({ aval }, k) => k >= constants.length && isFloat(aval.dtype));
  const { known } = linearizeJaxpr(whole, varies, asked);
  const paths = leafPaths(treedef);
  return known.jaxpr.outputs.slice(whole.outputs.length).map((atom) => {
    const { shape, dtype } = atom.aval;
    return {
      shape,
      dtype,
      bytes: sizeOf(shape) * itemSize(dtype),
      origin: originOf(atom, known.jaxpr, constants.length, paths),
    };
  });
};
