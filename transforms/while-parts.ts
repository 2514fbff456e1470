/**
 * While loops taken apart and put together: a rule turns one loop into another of the same kind.
 */
import type { NDArray } from "../src/array/ndarray.ts";
import type { Jaxpr } from "../src/ir/jaxpr.ts";

export interface WhileParams {
  /** Its constants, then the state, to one bool. */
  readonly condition: Jaxpr;
  /** Its constants, then the state, to the next state. */
  readonly body: Jaxpr;
  readonly conditionConstants: number;
  readonly bodyConstants: number;
}

/** Operands (or anything that goes with them) as those of the condition, of the body, and the state. */
export const splitInputs = <T>(
  { conditionConstants, bodyConstants }: WhileParams,
  operands: readonly T[],
): readonly [condition: readonly T[], body: readonly T[], state: readonly T[]] => [
  operands.slice(0, conditionConstants),
  operands.slice(conditionConstants, conditionConstants + bodyConstants),
  operands.slice(conditionConstants + bodyConstants),
];

/** The while primitive applied to [...of the condition, ...of the body, ...state]. */
export type ApplyWhile = (operands: readonly NDArray[], params: WhileParams) => readonly NDArray[];

/** A loop taken apart: both parts with the operands that they take before the state. */
export interface WhileParts {
  readonly condition: Jaxpr;
  readonly ofCondition: readonly NDArray[];
  readonly body: Jaxpr;
  readonly ofBody: readonly NDArray[];
}

/** The state after the loop. */
export const applyLoop = (
  apply: ApplyWhile,
  { condition, ofCondition, body, ofBody }: WhileParts,
  state: readonly NDArray[],
): readonly NDArray[] =>
  apply([...ofCondition, ...ofBody, ...state], {
    condition,
    body,
    conditionConstants: ofCondition.length,
    bodyConstants: ofBody.length,
  });
