/**
 * Constants: variables whose elements all have one value that is known before any input is.
 * Layout operations keep a constant, elementwise operations of constants are evaluated once, on scalars, small
 * reductions on an array of it. What is found here needs no memory: it is written into the code that uses it.
 */
import { allocate } from "../array/storage.ts";
import type { ConcreteArray, NDArray } from "../array/ndarray.ts";
import { bufferOf, fromBuffer, isConcrete, scalar } from "../array/ndarray.ts";
import { sizeOf } from "../array/shape.ts";
import type { Atom, Equation, Jaxpr, Variable } from "../ir/jaxpr.ts";
import { toList } from "../ir/primitive.ts";
import { withEvaluation } from "../ir/trace.ts";

/** The rank-0 array that every element of the variable equals. */
export type Constants = ReadonlyMap<Variable, ConcreteArray>;

/** Elements of an array that is reduced while compiling. */
const largestReduced = 1024;

/** @param known  inputs whose elements all have one value */
export const findConstants = (jaxpr: Jaxpr, known: Constants = new Map()): Constants => {
  const constants = new Map(known);
  for (const equation of jaxpr.equations) {
    const value = constantOf(equation, constants);
    if (value !== null) constants.set(equation.outputs[0]!, value);
  }
  return constants;
};

/** The value of all elements of the equation's output, if its operands determine that; else null. */
export const constantOf = (equation: Equation, constants: Constants): ConcreteArray | null => {
  const { inputs, primitive } = equation;
  const { kind } = primitive.lower;
  if ((kind !== "view" && kind !== "elementwise" && kind !== "reduction") || inputs.length === 0) return null;
  if (inputs.some((atom) => valueOf(atom, constants) === undefined)) return null;
  const operands = inputs.map((atom) => valueOf(atom, constants)!);
  if (kind === "view") return operands[0]!;
  return kind === "elementwise" ? evaluateOnScalars(equation, operands) : reduceConstant(equation, operands[0]!);
};

const valueOf = (atom: Atom, constants: Constants): ConcreteArray | undefined =>
  atom.kind === "literal" ? atom.value : constants.get(atom);

const evaluate = ({ primitive, params }: Equation, operands: readonly ConcreteArray[]): NDArray | undefined =>
  withEvaluation(() => toList(primitive.evaluate(operands, params) as NDArray | readonly NDArray[]))[0];

/** One element of an elementwise equation; null where the primitive insists on its own shapes. */
const evaluateOnScalars = (equation: Equation, operands: readonly ConcreteArray[]): ConcreteArray | null => {
  const value = evaluate(equation, operands);
  return isConcrete(value) && value.shape.length === 0 ? value : null;
};

/** One element of the reduction of a repeated number: all elements go through the same operations. */
const reduceConstant = (equation: Equation, value: ConcreteArray): ConcreteArray | null => {
  const { shape, dtype } = equation.inputs[0]!.aval;
  const size = sizeOf(shape);
  if (size > largestReduced || sizeOf(equation.outputs[0]!.aval.shape) === 0) return null;
  const repeated = fromBuffer(allocate(dtype, size).fill(value.item()), shape, dtype);
  const result = evaluate(equation, [repeated]);
  return isConcrete(result) ? scalar(bufferOf(result)[0]!, result.dtype) : null;
};
