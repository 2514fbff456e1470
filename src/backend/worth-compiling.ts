/**
 * Whether compiling pays for a loop outside of compiled programs, whose jaxprs live for one call: its equations, evaluated
 * one by one as often as it runs, against one compilation. Counted in evaluations of a small equation, as measured.
 */
import { sizeOf } from "../array/shape.ts";
import type { Jaxpr } from "../ir/jaxpr.ts";
import { innerJaxprs } from "../ir/jaxpr.ts";

/** Small equations evaluated in the time of a compilation. */
const compilation = 700;

/** Elements computed in the time that a small equation takes besides. */
const elementsOfEquation = 512;

/** Fewer runs are never compiled: large operations run compiled one by one as well. */
const fewestRuns = 8;

const weights = new WeakMap<Jaxpr, number>();

/** Time of one evaluation, in small equations; jaxprs that equations hold count once. */
const weightOf = (jaxpr: Jaxpr): number => {
  const known = weights.get(jaxpr);
  if (known !== undefined) return known;
  let weight = 1;
  const pending = [jaxpr];
  for (let next = pending.pop(); next !== undefined; next = pending.pop())
    for (const equation of next.equations) {
      const largest = Math.max(0, ...[...equation.inputs, ...equation.outputs].map(({ aval }) => sizeOf(aval.shape)));
      weight += 1 + largest / elementsOfEquation;
      pending.push(...innerJaxprs(equation));
    }
  weights.set(jaxpr, weight);
  return weight;
};

/** Whether jaxprs that run so often are worth compiling. */
export const isWorthCompiling = (jaxprs: readonly Jaxpr[], runs: number): boolean =>
  runs >= fewestRuns && runs * jaxprs.reduce((sum, jaxpr) => sum + weightOf(jaxpr), 0) >= compilation;
