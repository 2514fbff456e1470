/**
 * Evaluates a jaxpr by applying its primitives under the current trace: the interpreter, and also how a
 * transform walks a jaxpr. A flat loop over numbered slots; values are dropped after their last use.
 */
import { InvalidJaxpr } from "../error.ts";
import type { NDArray } from "../array/ndarray.ts";
import type { Atom, ClosedJaxpr, Jaxpr, Variable } from "./jaxpr.ts";
import { bindEquation } from "./trace.ts";

/** Where every variable of a jaxpr lives while it runs, and which slots end with each equation. */
interface SlotPlan {
  readonly count: number;
  readonly constants: readonly number[];
  readonly inputs: readonly number[];
  /** Slot of each operand, or the literal itself. */
  readonly operands: readonly (readonly (number | NDArray)[])[];
  readonly results: readonly (readonly number[])[];
  readonly released: readonly (readonly number[])[];
  readonly outputs: readonly (number | NDArray)[];
}

const plans = new WeakMap<Jaxpr, SlotPlan>();

const slotPlan = (jaxpr: Jaxpr): SlotPlan => {
  const known = plans.get(jaxpr);
  if (known !== undefined) return known;
  const slots = new Map<Variable, number>();
  const define = (bound: Variable): number => {
    slots.set(bound, slots.size);
    return slots.size - 1;
  };
  const read = (atom: Atom): number | NDArray => {
    if (atom.kind === "literal") return atom.value;
    const slot = slots.get(atom);
    if (slot === undefined)
      throw new InvalidJaxpr(
        "evaluation of a jaxpr",
        "a variable is used before it is bound",
        "Report this: a rule or pass built an invalid jaxpr",
      );
    return slot;
  };
  const constants = jaxpr.constants.map(define);
  const inputs = jaxpr.inputs.map(define);
  const operands: (readonly (number | NDArray)[])[] = [];
  const results: (readonly number[])[] = [];
  for (const equation of jaxpr.equations) {
    operands.push(equation.inputs.map(read));
    results.push(equation.outputs.map(define));
  }
  const outputs = jaxpr.outputs.map(read);
  const plan: SlotPlan = {
    count: slots.size,
    constants,
    inputs,
    operands,
    results,
    released: releases(slots.size, operands, results, outputs),
    outputs,
  };
  plans.set(jaxpr, plan);
  return plan;
};

/** Slots whose last reader is equation k (or which nobody reads after it is bound there). */
const releases = (
  count: number,
  operands: SlotPlan["operands"],
  results: SlotPlan["results"],
  outputs: SlotPlan["outputs"],
): number[][] => {
  const kept = new Uint8Array(count);
  for (const output of outputs) if (typeof output === "number") kept[output] = 1;
  const released: number[][] = new Array<number[]>(operands.length);
  for (let k = operands.length - 1; k >= 0; k--) {
    const ending: number[] = [];
    const end = (slot: number | NDArray): void => {
      if (typeof slot !== "number" || kept[slot] === 1) return;
      kept[slot] = 1;
      ending.push(slot);
    };
    operands[k]!.forEach(end);
    results[k]!.forEach(end);
    released[k] = ending;
  }
  return released;
};

/** Outputs of `jaxpr` for the given constants and inputs, computed by whatever trace is current. */
export const evaluateJaxpr = (
  jaxpr: Jaxpr,
  constants: readonly NDArray[],
  inputs: readonly NDArray[],
): readonly NDArray[] => {
  const plan = slotPlan(jaxpr);
  if (inputs.length !== plan.inputs.length || constants.length !== plan.constants.length)
    throw new InvalidJaxpr(
      "evaluation of a jaxpr",
      `${constants.length} constants and ${inputs.length} inputs for ${plan.constants.length} and ${plan.inputs.length}`,
      "Report this: a rule called a jaxpr with the wrong number of arguments",
    );
  const values = new Array<NDArray | undefined>(plan.count);
  plan.constants.forEach((slot, k) => (values[slot] = constants[k]));
  plan.inputs.forEach((slot, k) => (values[slot] = inputs[k]));
  const { equations } = jaxpr;
  for (let k = 0; k < equations.length; k++) {
    const operands = plan.operands[k]!;
    const arguments_ = new Array<NDArray>(operands.length);
    for (let i = 0; i < operands.length; i++) {
      const operand = operands[i]!;
      arguments_[i] = typeof operand === "number" ? values[operand]! : operand;
    }
    const outputs = bindEquation(equations[k]!, arguments_);
    const results = plan.results[k]!;
    for (let i = 0; i < results.length; i++) values[results[i]!] = outputs[i];
    for (const slot of plan.released[k]!) values[slot] = undefined;
  }
  return plan.outputs.map((output) => (typeof output === "number" ? values[output]! : output));
};

export const evaluateClosed = ({ jaxpr, constants }: ClosedJaxpr, inputs: readonly NDArray[]): readonly NDArray[] =>
  evaluateJaxpr(jaxpr, constants, inputs);
