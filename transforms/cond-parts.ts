/**
 * What the rules of cond share: its parameters, its application, and which branches come into question.
 */
import type { NDArray } from "../src/array/ndarray.ts";
import { bufferOf, isConcrete } from "../src/array/ndarray.ts";
import { evaluateJaxpr } from "../src/ir/evaluate.ts";
import type { ClosedJaxpr, Jaxpr } from "../src/ir/jaxpr.ts";
import { shareConstants } from "./closures.ts";

export interface CondParams {
  /** Of the same operands, with the same types of results; none has constants of its own. */
  readonly branches: readonly Jaxpr[];
}

/** The cond primitive applied to [index, ...operands]. */
export type ApplyCond = (inputs: readonly NDArray[], params: CondParams) => readonly NDArray[];

/** Branches with constants of their own, which become common operands. A single branch needs no choice. */
export const choose = (
  apply: ApplyCond,
  index: NDArray,
  parts: readonly ClosedJaxpr[],
  operands: readonly NDArray[],
): readonly NDArray[] => {
  if (parts.length === 1) return evaluateJaxpr(parts[0]!.jaxpr, parts[0]!.constants, operands);
  const { constants, jaxprs } = shareConstants(parts);
  return apply([index, ...constants, ...operands], { branches: jaxprs });
};

/** The branches that may be taken: one if the index is known. */
export const possible = (index: NDArray, { branches }: CondParams): readonly Jaxpr[] =>
  isConcrete(index) ? [branches[bufferOf(index)[0]!]!] : branches;

/** Whether any of several lists has a flag. */
export const anyOf = (lists: readonly (readonly boolean[])[]): boolean[] =>
  lists[0]!.map((_, k) => lists.some((flags) => flags[k]!));
