/**
 * Constants: variables whose elements all have one value that is known before any input is.
 * Layout operations keep a constant, elementwise operations of constants are evaluated once, on scalars.
 * What is found here needs no equation and no memory: it is written into the code that uses it.
 */
import type { ConcreteArray, NDArray } from "../array/ndarray.ts";
import { isConcrete } from "../array/ndarray.ts";
import type { Atom, Equation, Jaxpr, Variable } from "../ir/jaxpr.ts";
import { toList } from "../ir/primitive.ts";
import { withEvaluation } from "../ir/trace.ts";

/** The rank-0 array that every element of the variable equals. */
export type Constants = ReadonlyMap<Variable, ConcreteArray>;

/** @param known  inputs whose elements all have one value */
export const findConstants = (jaxpr: Jaxpr, known: Constants = new Map()): Constants => {
  const constants = new Map(known);
  const valueOf = (atom: Atom): ConcreteArray | undefined =>
    atom.kind === "literal" ? atom.value : constants.get(atom);
  for (const equation of jaxpr.equations) {
    const { kind } = equation.primitive.lower;
    if (kind !== "view" && kind !== "elementwise") continue;
    const operands: ConcreteArray[] = [];
    for (const atom of equation.inputs) {
      const value = valueOf(atom);
      if (value === undefined) break;
      operands.push(value);
    }
    if (operands.length !== equation.inputs.length || operands.length === 0) continue;
    const value = kind === "view" ? operands[0]! : evaluateOnScalars(equation, operands);
    if (value !== null) constants.set(equation.outputs[0]!, value);
  }
  return constants;
};

/** One element of an elementwise equation; null where the primitive insists on its own shapes. */
const evaluateOnScalars = (
  { primitive, params }: Equation,
  operands: readonly ConcreteArray[],
): ConcreteArray | null => {
  const [value] = withEvaluation(() => toList(primitive.evaluate(operands, params) as NDArray | readonly NDArray[]));
  return isConcrete(value) && value.shape.length === 0 ? value : null;
};
