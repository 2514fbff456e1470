/**
 * Scans taken apart and put together: a rule turns one scan into others, whose bodies it assembles from
 * variables, the operands they stand for, and equations. What a body does not read is left out.
 */
import type { NDArray } from "../src/array/ndarray.ts";
import { removeDeadCode } from "../src/compile/dead-code.ts";
import type { Atom, Equation, Jaxpr, Variable } from "../src/ir/jaxpr.ts";
import { remember } from "./jaxpr-transforms.ts";

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
  { constCount, carryCount }: ScanParams,
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
    ...parts.carry.map(([variable]) => variable),
    ...xs.map((k) => parts.xs[k]![0]),
  ];
  return { jaxpr: { constants: [], inputs, equations, outputs }, constants, xs };
};

/**
 * Applies a scan that a rule has built from another, whose body `source` remembers the new one under `key`.
 * @returns the last carry and the stacked ys
 */
export const applyParts = (
  apply: ApplyScan,
  [source, key]: readonly [Jaxpr, string],
  { length, reverse }: Pick<ScanParams, "length" | "reverse">,
  parts: ScanParts,
): readonly [carry: readonly NDArray[], ys: readonly NDArray[]] => {
  const { jaxpr, constants, xs } = remember(source, `scan ${key}`, () => pruned(parts));
  const carryCount = parts.carry.length;
  const outputs = apply(
    [
      ...constants.map((k) => parts.constants[k]![1]),
      ...parts.carry.map(([, operand]) => operand),
      ...xs.map((k) => parts.xs[k]![1]),
    ],
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

/** `values` where `flags` is true. */
export const chosen = <T>(values: readonly T[], flags: readonly boolean[]): T[] => values.filter((_, k) => flags[k]!);

/** Flags of all operands, with those of the carry replaced; and those of constants and xs. */
export const withCarry = (
  params: ScanParams,
  flags: readonly boolean[],
  carry: readonly boolean[],
): readonly [all: readonly boolean[], constants: readonly boolean[], xs: readonly boolean[]] => {
  const [constants, , xs] = splitOperands(params, flags);
  return [[...constants, ...carry, ...xs], constants, xs];
};

/** Entries that exist for flagged operands only, as those of constants, carry and xs. */
export const splitFlagged = <T>(
  params: ScanParams,
  flags: readonly boolean[],
  entries: readonly T[],
): readonly [readonly T[], readonly T[], readonly T[]] => {
  const [constants, carry] = splitOperands(params, flags).map((flags) => flags.filter(Boolean).length);
  return [
    entries.slice(0, constants),
    entries.slice(constants, constants! + carry!),
    entries.slice(constants! + carry!),
  ];
};
