/**
 * Dead code: equations whose outputs nobody reads are removed, and constants nobody uses with them.
 * Equations with an effect stay, and what they read; so this changes neither a value nor what is printed.
 */
import type { NDArray } from "../array/ndarray.ts";
import { isEffectful } from "../ir/effects.ts";
import type { ClosedJaxpr, Equation, Jaxpr, Variable } from "../ir/jaxpr.ts";
import { withoutUnread } from "./unread.ts";

/** What stays of an equation of which something is read. */
type Shrink = (equation: Equation, isRead: (output: Variable) => boolean) => Equation;

const asItIs: Shrink = (equation) => equation;

/** Loops and choices lose what nobody reads of them, and so do those in their bodies. */
const shrinkControl: Shrink = (equation, isRead) =>
  equation.primitive.lower.kind === "control" ? withoutUnread(equation, isRead, removeUnread) : equation;

/** Inputs and outputs stay as they are. */
export const removeDeadCode = (jaxpr: Jaxpr, shrink: Shrink = asItIs): Jaxpr => {
  const live = new Set<Variable>();
  const isLive = (output: Variable): boolean => live.has(output);
  for (const atom of jaxpr.outputs) if (atom.kind === "variable") live.add(atom);
  const kept: Equation[] = [];
  let isSame = true;
  for (let k = jaxpr.equations.length - 1; k >= 0; k--) {
    const equation = jaxpr.equations[k]!;
    if (!equation.outputs.some(isLive) && !isEffectful(equation)) continue;
    const own = shrink(equation, isLive);
    if (own !== equation) isSame = false;
    kept.push(own);
    for (const atom of own.inputs) if (atom.kind === "variable") live.add(atom);
  }
  const constants = jaxpr.constants.filter((constant) => live.has(constant));
  if (isSame && kept.length === jaxpr.equations.length && constants.length === jaxpr.constants.length) return jaxpr;
  return { ...jaxpr, constants, equations: kept.reverse() };
};

/** The same, through control flow. */
export const removeUnread = (jaxpr: Jaxpr): Jaxpr => removeDeadCode(jaxpr, shrinkControl);

/** The same, with the values of unused constants dropped. */
export const removeDeadCodeClosed = (closed: ClosedJaxpr): ClosedJaxpr => {
  const jaxpr = removeDeadCode(closed.jaxpr);
  if (jaxpr === closed.jaxpr) return closed;
  const values = new Map<Variable, NDArray>(
    closed.jaxpr.constants.map((constant, k) => [constant, closed.constants[k]!]),
  );
  return { jaxpr, constants: jaxpr.constants.map((constant) => values.get(constant)!) };
};
