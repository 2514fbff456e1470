/**
 * Dead code: equations whose outputs nobody reads are removed, and constants nobody uses with them.
 * Equations with an effect stay, and what they read; so this changes neither a value nor what is printed.
 */
import type { NDArray } from "../array/ndarray.ts";
import { isEffectful } from "../ir/effects.ts";
import type { ClosedJaxpr, Equation, Jaxpr, Variable } from "../ir/jaxpr.ts";

/** Inputs and outputs stay as they are. */
export const removeDeadCode = (jaxpr: Jaxpr): Jaxpr => {
  const live = new Set<Variable>();
  for (const atom of jaxpr.outputs) if (atom.kind === "variable") live.add(atom);
  const kept: Equation[] = [];
  for (let k = jaxpr.equations.length - 1; k >= 0; k--) {
    const equation = jaxpr.equations[k]!;
    if (!equation.outputs.some((output) => live.has(output)) && !isEffectful(equation)) continue;
    kept.push(equation);
    for (const atom of equation.inputs) if (atom.kind === "variable") live.add(atom);
  }
  const constants = jaxpr.constants.filter((constant) => live.has(constant));
  if (kept.length === jaxpr.equations.length && constants.length === jaxpr.constants.length) return jaxpr;
  return { ...jaxpr, constants, equations: kept.reverse() };
};

/** The same, with the values of unused constants dropped. */
export const removeDeadCodeClosed = (closed: ClosedJaxpr): ClosedJaxpr => {
  const jaxpr = removeDeadCode(closed.jaxpr);
  if (jaxpr === closed.jaxpr) return closed;
  const values = new Map<Variable, NDArray>(
    closed.jaxpr.constants.map((constant, k) => [constant, closed.constants[k]!]),
  );
  return { jaxpr, constants: jaxpr.constants.map((constant) => values.get(constant)!) };
};
