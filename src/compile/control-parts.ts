/**
 * Control flow taken apart and put together: what every operand of a loop or choice is to its bodies, and what every
 * result is made of. Passes change these lists; bodies, counts and operands follow.
 */
import { variable } from "../ir/jaxpr.ts";
import type { Atom, Equation, Jaxpr, Variable } from "../ir/jaxpr.ts";
import type { Control } from "../ir/lowering.ts";
import { joinScopes } from "../ir/origin.ts";

/** An operand that is the same in every round, and its variable in each body; null in bodies that do not take it. */
export interface Fixed {
  readonly operand: Atom;
  readonly inputs: readonly (Variable | null)[];
}

/** A part of the state of a loop: its first value, its variable in each body, what a round makes of it, the last value. */
export interface StatePart {
  readonly operand: Atom;
  readonly inputs: readonly Variable[];
  readonly next: Atom;
  readonly result: Variable;
}

/** An operand of a scan of which every round takes a row. */
export interface Row {
  readonly operand: Atom;
  readonly input: Variable;
}

/** A result besides the state: the rows of a scan, or what each branch gives. */
export interface Result {
  readonly atoms: readonly Atom[];
  readonly result: Variable;
}

export interface ControlParts {
  readonly equation: Equation;
  readonly control: Control<Jaxpr>;
  /** Which branch is taken. */
  readonly index: Atom | null;
  readonly fixed: readonly Fixed[];
  readonly state: readonly StatePart[];
  readonly rows: readonly Row[];
  readonly results: readonly Result[];
  /** Of every body: of a scan one, of a while loop the condition's and the body's, of a choice every branch's. */
  readonly equations: readonly (readonly Equation[])[];
  /** What the condition of a while loop gives. */
  readonly answer: Atom | null;
}

const scanParts = (equation: Equation, control: Extract<Control<Jaxpr>, { kind: "scan" }>): ControlParts => {
  const { body, constCount, carryCount } = control;
  const { inputs, outputs } = equation;
  const rowsFrom = constCount + carryCount;
  return {
    equation,
    control,
    index: null,
    fixed: inputs.slice(0, constCount).map((operand, k) => ({ operand, inputs: [body.inputs[k]!] })),
    state: inputs.slice(constCount, rowsFrom).map((operand, k) => ({
      operand,
      inputs: [body.inputs[constCount + k]!],
      next: body.outputs[k]!,
      result: outputs[k]!,
    })),
    rows: inputs.slice(rowsFrom).map((operand, k) => ({ operand, input: body.inputs[rowsFrom + k]! })),
    results: outputs.slice(carryCount).map((result, k) => ({ atoms: [body.outputs[carryCount + k]!], result })),
    equations: [body.equations],
    answer: null,
  };
};

const whileParts = (equation: Equation, control: Extract<Control<Jaxpr>, { kind: "while" }>): ControlParts => {
  const { condition, body, conditionConstants, bodyConstants } = control;
  const { inputs, outputs } = equation;
  const fixed = conditionConstants + bodyConstants;
  return {
    equation,
    control,
    index: null,
    fixed: inputs.slice(0, fixed).map((operand, k) => ({
      operand,
      inputs: k < conditionConstants ? [condition.inputs[k]!, null] : [null, body.inputs[k - conditionConstants]!],
    })),
    state: inputs.slice(fixed).map((operand, k) => ({
      operand,
      inputs: [condition.inputs[conditionConstants + k]!, body.inputs[bodyConstants + k]!],
      next: body.outputs[k]!,
      result: outputs[k]!,
    })),
    rows: [],
    results: [],
    equations: [condition.equations, body.equations],
    answer: condition.outputs[0]!,
  };
};

const condParts = (equation: Equation, control: Extract<Control<Jaxpr>, { kind: "cond" }>): ControlParts => {
  const { branches } = control;
  const [index, ...operands] = equation.inputs;
  return {
    equation,
    control,
    index: index!,
    fixed: operands.map((operand, k) => ({ operand, inputs: branches.map(({ inputs }) => inputs[k]!) })),
    state: [],
    rows: [],
    results: equation.outputs.map((result, k) => ({ atoms: branches.map(({ outputs }) => outputs[k]!), result })),
    equations: branches.map(({ equations }) => equations),
    answer: null,
  };
};

/** The parts of an equation whose primitive is lowered as control flow; null for others. */
export const takeApart = (equation: Equation): ControlParts | null => {
  const { lower } = equation.primitive;
  if (lower.kind !== "control") return null;
  const control = lower.control(equation.params) as Control<Jaxpr>;
  if (control.kind === "scan") return scanParts(equation, control);
  return control.kind === "while" ? whileParts(equation, control) : condParts(equation, control);
};

/** One body as a jaxpr. */
export const bodyOf = (parts: ControlParts, body: number): Jaxpr => {
  const { control, fixed, state, rows, results, equations, answer } = parts;
  const isChoice = control.kind === "cond";
  const own = fixed.flatMap(({ operand, inputs }): Variable[] => {
    const input = inputs[body]!;
    return input === null ? (isChoice ? [variable(operand.aval)] : []) : [input];
  });
  return {
    constants: [],
    inputs: [...own, ...state.map(({ inputs }) => inputs[body]!), ...rows.map(({ input }) => input)],
    equations: equations[body]!,
    outputs:
      answer !== null && body === 0
        ? [answer]
        : [...state.map(({ next }) => next), ...results.map(({ atoms }) => atoms[isChoice ? body : 0]!)],
  };
};

const isTaken =
  (body: number) =>
  ({ inputs }: Fixed): boolean =>
    inputs[body] !== null;

const controlOf = (parts: ControlParts, bodies: readonly Jaxpr[]): Control<Jaxpr> => {
  const { control, fixed, state } = parts;
  if (control.kind === "cond") return { kind: "cond", branches: bodies };
  if (control.kind === "scan")
    return { ...control, body: bodies[0]!, constCount: fixed.length, carryCount: state.length };
  return {
    kind: "while",
    condition: bodies[0]!,
    body: bodies[1]!,
    conditionConstants: fixed.filter(isTaken(0)).length,
    bodyConstants: fixed.filter(isTaken(1)).length,
  };
};

const operandsOf = ({ control, index, fixed, state, rows }: ControlParts): Atom[] => {
  const constants = control.kind === "while" ? [0, 1].flatMap((body) => fixed.filter(isTaken(body))) : fixed;
  return [...(index === null ? [] : [index]), ...[...constants, ...state, ...rows].map(({ operand }) => operand)];
};

/**
 * The equation that the parts make.
 * @param finish  what is to be done with every body
 */
export const putTogether = (parts: ControlParts, finish: (body: Jaxpr) => Jaxpr = (body) => body): Equation => {
  const { equation, state, results } = parts;
  const { primitive, params } = equation;
  if (primitive.lower.kind !== "control") return equation;
  const bodies = parts.equations.map((_, body) => finish(bodyOf(parts, body)));
  return {
    ...equation,
    params: primitive.lower.parameters(controlOf(parts, bodies), params),
    inputs: operandsOf(parts),
    outputs: [...state, ...results].map(({ result }) => result),
  };
};

/** An equation of a body, placed where the loop or choice stands. */
export const inScope = (outer: string | undefined, equation: Equation): Equation => {
  const scope = joinScopes(outer, equation.scope);
  return scope === undefined ? equation : { ...equation, scope };
};
