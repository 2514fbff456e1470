/**
 * Scans taken apart and put together: a rule turns one scan into others, whose bodies it assembles from
 * variables, the operands they stand for, and equations. What a body does not read is left out.
 */
import type { NDArray } from "../src/array/ndarray.ts";
import { removeDeadCode } from "../src/compile/dead-code.ts";
import type { Atom, Equation, Jaxpr, Variable } from "../src/ir/jaxpr.ts";
import { keyOf, remembering } from "./remember.ts";

export interface ScanParams {
  /** Constants, carry and one row of every xs to the next carry and one row of every ys. No constants of its own. */
  readonly jaxpr: Jaxpr;
  readonly length: number;
  /** Whether rows are visited from last to first. */
  readonly reverse: boolean;
  readonly constCount: number;
  readonly carryCount: number;
}

/** The scan primitive applied to [...constants, ...carry, ...xs]. */
export type ApplyScan = (operands: readonly NDArray[], params: ScanParams) => readonly NDArray[];

/** Operands (or anything that goes with them) as constants, carry and xs. */
export const splitOperands = <T>(
  { constCount, carryCount }: Pick<ScanParams, "constCount" | "carryCount">,
  operands: readonly T[],
): readonly [constants: readonly T[], carry: readonly T[], xs: readonly T[]] => [
  operands.slice(0, constCount),
  operands.slice(constCount, constCount + carryCount),
  operands.slice(constCount + carryCount),
];

/** A variable of the body and the operand that it stands for. */
export type Slot = readonly [variable: Variable, operand: NDArray];

export const slotsOf = (variables: readonly Variable[], operands: readonly NDArray[]): Slot[] =>
  operands.map((operand, k) => [variables[k]!, operand]);

export const variablesOf = (slots: readonly Slot[]): Variable[] => slots.map(([variable]) => variable);

export const operandsOf = (slots: readonly Slot[]): NDArray[] => slots.map(([, operand]) => operand);

/** Slots of several lists of operands, for which the variables stand one list after the other. */
export const slotLists = <const L extends readonly (readonly NDArray[])[]>(
  variables: readonly Variable[],
  lists: L,
): { readonly [K in keyof L]: readonly Slot[] } => {
  let at = 0;
  const slots = lists.map((operands) => slotsOf(variables.slice(at, (at += operands.length)), operands));
  return slots as unknown as { readonly [K in keyof L]: readonly Slot[] };
};

export interface ScanParts {
  readonly constants: readonly Slot[];
  readonly carry: readonly Slot[];
  readonly xs: readonly Slot[];
  readonly equations: readonly Equation[];
  readonly nextCarry: readonly Atom[];
  readonly ys: readonly Atom[];
}

interface Pruned {
  readonly jaxpr: Jaxpr;
  readonly constants: readonly number[];
  readonly xs: readonly number[];
}

/** The body without dead equations, and the positions of the constants and rows that it reads. */
const pruned = (parts: ScanParts): Pruned => {
  const outputs = [...parts.nextCarry, ...parts.ys];
  const { equations } = removeDeadCode({ constants: [], inputs: [], equations: parts.equations, outputs });
  const read = new Set<Atom>(outputs);
  for (const { inputs } of equations) for (const atom of inputs) read.add(atom);
  const positions = (slots: readonly Slot[]): number[] =>
    slots.flatMap(([variable], k) => (read.has(variable) ? [k] : []));
  const [constants, xs] = [positions(parts.constants), positions(parts.xs)];
  const inputs = [
    ...constants.map((k) => parts.constants[k]![0]),
    ...variablesOf(parts.carry),
    ...xs.map((k) => parts.xs[k]![0]),
  ];
  return { jaxpr: { constants: [], inputs, equations, outputs }, constants, xs };
};

const rememberPruned = remembering<Pruned>();

/** What the parts of a body, operands apart, were made from: that remembers the body that they make. */
export interface Making {
  readonly from: Jaxpr;
  readonly key: string;
}

/**
 * Applies a scan that a rule has built from another.
 * @returns the last carry and the stacked ys
 */
export const applyParts = (
  apply: ApplyScan,
  { from, key }: Making,
  { length, reverse }: Pick<ScanParams, "length" | "reverse">,
  parts: ScanParts,
): readonly [carry: readonly NDArray[], ys: readonly NDArray[]] => {
  const carryCount = parts.carry.length;
  const shape = keyOf(key, parts.constants.length, carryCount);
  const { jaxpr, constants, xs } = rememberPruned(from, shape, () => pruned(parts));
  const outputs = apply(
    [...constants.map((k) => parts.constants[k]![1]), ...operandsOf(parts.carry), ...xs.map((k) => parts.xs[k]![1])],
    { jaxpr, length, reverse, constCount: constants.length, carryCount },
  );
  return [outputs.slice(0, carryCount), outputs.slice(carryCount)];
};

/**
 * Which entries of the carry have a property (vary, are mapped, receive a cotangent) that steps pass on:
 * the least set that holds at the start and is closed under one step.
 * @param step  what one step makes of such a set, with whatever else it computes
 */
export const settleCarry = <T extends { readonly next: readonly boolean[] }>(
  start: readonly boolean[],
  step: (carry: readonly boolean[]) => T,
): { readonly carry: readonly boolean[]; readonly result: T } => {
  let carry = start;
  for (;;) {
    const result = step(carry);
    const grown = carry.map((yes, k) => yes || result.next[k]!);
    if (grown.every((yes, k) => yes === carry[k])) return { carry, result };
    carry = grown;
  }
};

/** Flags of all operands, with those of the carry replaced. */
export const withCarry = (
  params: ScanParams,
  flags: readonly boolean[],
  carry: readonly boolean[],
): readonly boolean[] => {
  const [constants, , xs] = splitOperands(params, flags);
  return [...constants, ...carry, ...xs];
};

/** Entries that exist for flagged operands only, as those of constants, carry and xs. */
export const splitFlagged = <T>(
  params: ScanParams,
  flags: readonly boolean[],
  entries: readonly T[],
): readonly [readonly T[], readonly T[], readonly T[]] => {
  const [constCount, carryCount] = splitOperands(params, flags).map((own) => own.filter(Boolean).length);
  return splitOperands({ constCount: constCount!, carryCount: carryCount! }, entries);
};
