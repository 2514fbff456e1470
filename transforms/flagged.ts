/**
 * Lists of what is there and flags that say where: rules take the flagged entries of all operands, work on those,
 * and spread the results over all places again.
 */
import type { NDArray } from "../src/array/ndarray.ts";
import type { Aval } from "../src/ir/aval.ts";
import { isLinearInput, zero } from "../src/ir/primitive.ts";
import type { LinearInput, Tangent } from "../src/ir/primitive.ts";

/** `values` where `flags` is true. */
export const chosen = <T>(values: readonly T[], flags: readonly boolean[]): T[] => values.filter((_, k) => flags[k]!);

/** `values` where `flags` is false. */
export const notChosen = <T>(values: readonly T[], flags: readonly boolean[]): T[] =>
  values.filter((_, k) => !flags[k]!);

/** The next of `values` where the flag is true, `otherwise` of its position elsewhere. */
const spread = <T, U>(flags: readonly boolean[], values: readonly T[], otherwise: (k: number) => U): (T | U)[] => {
  let next = 0;
  return flags.map((yes, k) => (yes ? values[next++]! : otherwise(k)));
};

/** The next of `values` where the flag is true, null elsewhere. */
export const spreadNull = (flags: readonly boolean[], values: readonly NDArray[]): (NDArray | null)[] =>
  spread(flags, values, () => null);

/** The next of `values` where the flag is true, a symbolic zero of its type elsewhere. */
export const spreadTangents = (
  flags: readonly boolean[],
  types: readonly Aval[],
  values: readonly Tangent[],
): Tangent[] => spread(flags, values, (k) => zero(types[k]!));

/** Flags of the flagged entries as flags of all. */
export const spreadFlags = (flags: readonly boolean[], own: readonly boolean[]): boolean[] =>
  spread(flags, own, () => false);

/** Outputs of two parts in the order of the whole. */
export const mergeOutputs = (
  isLate: readonly boolean[],
  known: readonly NDArray[],
  later: readonly NDArray[],
): NDArray[] => {
  let next = 0;
  return spread(isLate, later, () => known[next++]!);
};

/** Cotangents of all inputs, of which `leaving` says for the linear ones whether theirs is there. */
export const spreadCotangents = (
  inputs: readonly (NDArray | LinearInput)[],
  leaving: readonly boolean[],
  cotangents: readonly NDArray[],
): (NDArray | null)[] => spreadNull(spreadFlags(inputs.map(isLinearInput), leaving), cotangents);
