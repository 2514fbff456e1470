/**
 * The elementary functions by name, each as two texts over arithmetic: one for float64, one for float32.
 * Compilers write them into loops by `vectors`; on JavaScript numbers they run by `scalarOf`, with equal bits.
 */
import type { Precision } from "./arithmetic.ts";
import { errorFunctions } from "./error-function.ts";
import { exponentials } from "./exponential.ts";
import { hyperbolics } from "./hyperbolic.ts";
import { inverseErrorFunctions } from "./inverse-error-function.ts";
import { logarithms } from "./logarithm.ts";
import { logistics } from "./logistic.ts";
import { powers } from "./power.ts";
import type { Elementary } from "./registry.ts";
import { remainders } from "./remainder.ts";
import { scalarText } from "./sources.ts";
import { trigonometric } from "./trigonometric.ts";

export type { Elementary } from "./registry.ts";

export const elementary: Readonly<Record<string, Elementary>> = {
  ...exponentials,
  ...logarithms,
  ...powers,
  ...hyperbolics,
  ...logistics,
  ...errorFunctions,
  ...inverseErrorFunctions,
  ...trigonometric,
  ...remainders,
};

type Scalar = (...x: number[]) => number;
const made: Record<Precision, Map<string, Scalar>> = { float64: new Map(), float32: new Map() };

/** The function on numbers of the precision; made at the first call, in the fastest way that the environment allows. */
export function scalarOf(name: string, precision: Precision): Scalar {
  const known = made[precision].get(name);
  if (known !== undefined) return known;
  const { arity, [precision]: text } = elementary[name]!;
  const scalar = scalarText(text, arity, precision);
  made[precision].set(name, scalar);
  return scalar;
}
