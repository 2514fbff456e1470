/** Bodies of loops and choices: which operands each of them takes, and which of those are the same in every round. */
import type { Jaxpr } from "../ir/jaxpr.ts";
import type { Control } from "../ir/lowering.ts";

/** The parts of a loop's state that a body changes: `count` of its inputs from `first` on, and its first outputs. */
export interface StatePlace {
  readonly first: number;
  readonly count: number;
}

export const noState: StatePlace = { first: 0, count: 0 };

/** A body of a loop or choice. */
export interface BodySource {
  readonly body: Jaxpr;
  /** The operands that its first inputs are. */
  readonly operands: readonly [from: number, to?: number];
  readonly state: StatePlace;
}

/** The bodies in the order of the step's programs. */
export const bodiesOf = (control: Control<Jaxpr>): readonly BodySource[] => {
  if (control.kind === "cond") return control.branches.map((body) => ({ body, operands: [1], state: noState }));
  if (control.kind === "scan") {
    const { body, constCount, carryCount } = control;
    return [{ body, operands: [0, constCount], state: { first: constCount, count: carryCount } }];
  }
  const { condition, body, conditionConstants, bodyConstants } = control;
  return [
    { body: condition, operands: [0, conditionConstants], state: noState },
    {
      body,
      operands: [conditionConstants, conditionConstants + bodyConstants],
      state: { first: bodyConstants, count: body.outputs.length },
    },
  ];
};

/** Whether operand k is the same in every round. */
export const fixedOperands = (control: Control<Jaxpr>): ((k: number) => boolean) => {
  const bodies = bodiesOf(control);
  return (k) => bodies.some(({ operands: [from, to = Infinity] }) => k >= from && k < to);
};
