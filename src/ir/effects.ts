/**
 * Effects: equations that do something besides computing their outputs, such as printing.
 * Passes neither remove nor merge nor reorder them. An equation that holds jaxprs has the effects of those.
 */
import type { Equation, Jaxpr } from "./jaxpr.ts";
import { innerJaxprs, isJaxpr } from "./validate.ts";

const known = new WeakMap<Jaxpr, boolean>();

/** Whether running the equation can be seen from outside. */
export const isEffectful = ({ primitive, params }: Equation): boolean =>
  primitive.isEffectful === true || innerJaxprs(params).some(hasEffects);

const silent = new WeakMap<Jaxpr, Jaxpr>();

/** The jaxpr without its effects, for a second run of what has had them: equations without outputs go, inner jaxprs likewise. */
export const withoutEffects = (jaxpr: Jaxpr): Jaxpr => {
  if (!hasEffects(jaxpr)) return jaxpr;
  const known = silent.get(jaxpr);
  if (known !== undefined) return known;
  const quiet = (value: unknown): unknown =>
    isJaxpr(value) ? withoutEffects(value) : Array.isArray(value) ? value.map(quiet) : value;
  const equations = jaxpr.equations
    .filter(({ primitive }) => primitive.isEffectful !== true)
    .map((equation): Equation =>
      isEffectful(equation)
        ? {
            ...equation,
            params: Object.fromEntries(Object.entries(equation.params).map(([key, value]) => [key, quiet(value)])),
          }
        : equation,
    );
  const result: Jaxpr = { ...jaxpr, equations };
  silent.set(jaxpr, result);
  return result;
};

/** Whether an equation of the jaxpr, or of a jaxpr inside it, has an effect. Found once per jaxpr; no recursion. */
export const hasEffects = (whole: Jaxpr): boolean => {
  const answer = known.get(whole);
  if (answer !== undefined) return answer;
  const seen = new Set([whole]);
  let found = false;
  for (const jaxpr of seen) {
    if (found) break;
    for (const { primitive, params } of jaxpr.equations) {
      found ||= primitive.isEffectful === true;
      innerJaxprs(params).forEach((inner) => seen.add(inner));
    }
  }
  known.set(whole, found);
  return found;
};
