/**
 * Effects: equations that do something besides computing their outputs, such as printing.
 * Passes neither remove nor merge nor reorder them. An equation that holds jaxprs has the effects of those.
 */
import { heldNames, innerJaxprs, variable } from "./jaxpr.ts";
import type { Equation, Jaxpr, Variable } from "./jaxpr.ts";
import type { Params } from "./primitive.ts";

const known = new WeakMap<Jaxpr, boolean>();

/** Whether running the equation can be seen from outside. */
export const isEffectful = (equation: Equation): boolean =>
  equation.primitive.isEffectful === true || innerJaxprs(equation).some(hasEffects);

const silent = new WeakMap<Jaxpr, Jaxpr>();

/** The jaxpr without its effects, for a second run of what has had them: equations without outputs go, inner jaxprs likewise. */
export const withoutEffects = (jaxpr: Jaxpr): Jaxpr => {
  if (!hasEffects(jaxpr)) return jaxpr;
  const known = silent.get(jaxpr);
  if (known !== undefined) return known;
  const equations = jaxpr.equations
    .filter(({ primitive }) => primitive.isEffectful !== true)
    .map((equation) => (isEffectful(equation) ? { ...equation, params: silentParams(equation) } : equation));
  const result: Jaxpr = { ...jaxpr, equations };
  silent.set(jaxpr, result);
  return result;
};

/** The parameters with silent jaxprs in the place of those that the equation holds. */
const silentParams = ({ primitive, params }: Equation): Params => {
  const values = params as Readonly<Record<string, Jaxpr | readonly Jaxpr[] | null>>;
  const silentOf = (value: Jaxpr | readonly Jaxpr[] | null): unknown =>
    value === null ? null : "equations" in value ? withoutEffects(value) : value.map(withoutEffects);
  const changed = heldNames(primitive).map((name) => [name, silentOf(values[name]!)] as const);
  return { ...params, ...Object.fromEntries(changed) };
};

const gatedForms = new WeakMap<Jaxpr, Jaxpr>();

/** The jaxpr with one more input in front, a truth value: its effects happen where it holds. */
export const gatedEffects = (jaxpr: Jaxpr): Jaxpr => {
  const known = gatedForms.get(jaxpr);
  if (known !== undefined) return known;
  const gate = variable({ shape: [], dtype: "bool", weakType: false });
  const result: Jaxpr = {
    ...jaxpr,
    inputs: [gate, ...jaxpr.inputs],
    equations: jaxpr.equations.map((equation) => (isEffectful(equation) ? gatedEquation(equation, gate) : equation)),
  };
  gatedForms.set(jaxpr, result);
  return result;
};

const gated = <J extends object>(jaxpr: J): J => gatedEffects(jaxpr as unknown as Jaxpr) as unknown as J;

/** The equation with the gate among its operands; as it is where its primitive has no rule for that. */
const gatedEquation = (equation: Equation, gate: Variable): Equation => {
  const rule = equation.primitive.gate?.(equation.params, gated);
  if (rule === undefined) return equation;
  const gatesBefore = (place: number): Variable[] => rule.places.filter((own) => own === place).map(() => gate);
  const inputs = equation.inputs.flatMap((input, k) => [...gatesBefore(k), input]);
  return { ...equation, params: rule.params, inputs: [...inputs, ...gatesBefore(equation.inputs.length)] };
};

/** Whether an equation of the jaxpr, or of a jaxpr inside it, has an effect. Found once per jaxpr; no recursion. */
export const hasEffects = (whole: Jaxpr): boolean => {
  const answer = known.get(whole);
  if (answer !== undefined) return answer;
  const seen = new Set([whole]);
  let found = false;
  for (const jaxpr of seen) {
    if (found) break;
    for (const equation of jaxpr.equations) {
      found ||= equation.primitive.isEffectful === true;
      innerJaxprs(equation).forEach((inner) => seen.add(inner));
    }
  }
  known.set(whole, found);
  return found;
};
