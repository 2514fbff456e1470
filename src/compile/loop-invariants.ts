/**
 * Loop invariants: equations of a body that depend on nothing but what is the same in every round are computed once,
 * before the loop. Only those that cannot fail and have no effect, and whose result is not much larger than what they
 * read: an array that is kept costs memory, and reading it in every round may cost more than computing it. Layout
 * operations cost nothing: they are repeated on both sides.
 */
import { isEffectful } from "../ir/effects.ts";
import { variable } from "../ir/jaxpr.ts";
import type { Atom, Equation, Variable } from "../ir/jaxpr.ts";
import { bytesOf } from "./buffer-plan.ts";
import { inScope } from "./control-parts.ts";
import type { ControlParts, Fixed } from "./control-parts.ts";

/** Bytes of a result by bytes that are read for it. */
const largestGrowth = 2;

/** Whether the equation has a result for all operands. */
const isTotal = (equation: Equation): boolean => {
  const { primitive, inputs, params } = equation;
  const { lower } = primitive;
  if (lower.kind === "elementwise" || lower.kind === "view" || lower.kind === "reduction") return true;
  if (lower.kind !== "routine" || isEffectful(equation)) return false;
  const kernel = lower.prebuilt?.(
    inputs.map(({ aval }) => aval),
    params,
  );
  return kernel !== undefined && kernel !== null && kernel.call.refuses !== true;
};

/** What is known before the first round: the variables that the body is given, and what is computed of those. */
interface Invariants {
  /** Bytes that are read to have the value: those of what a view shows. */
  readonly bytes: Map<Variable, number>;
  /** Equations that are moved or, if they are views, repeated. */
  readonly equations: Set<Equation>;
}

const readBytes = (equation: Equation, bytes: ReadonlyMap<Variable, number>): number =>
  [...new Set(equation.inputs)].reduce((sum, atom) => sum + (atom.kind === "literal" ? 0 : bytes.get(atom)!), 0);

const findInvariants = (equations: readonly Equation[], inputs: readonly Variable[]): Invariants => {
  const bytes = new Map(inputs.map((input) => [input, bytesOf(input.aval)]));
  const found: Invariants = { bytes, equations: new Set() };
  for (const equation of equations) {
    const isFixed = equation.inputs.every((atom) => atom.kind === "literal" || bytes.has(atom));
    const dependsOnInputs = equation.inputs.some((atom) => atom.kind === "variable" && bytes.get(atom)! > 0);
    const isView = equation.primitive.lower.kind === "view";
    if (!isFixed || !isTotal(equation) || (!dependsOnInputs && !isView)) continue;
    const read = readBytes(equation, bytes);
    const written = equation.outputs.reduce((sum, { aval }) => sum + bytesOf(aval), 0);
    if (!isView && written > largestGrowth * read) continue;
    for (const output of equation.outputs) bytes.set(output, isView ? Math.min(read, written) : bytesOf(output.aval));
    found.equations.add(equation);
  }
  return found;
};

const isMoved = (equation: Equation, { equations }: Invariants): boolean =>
  equations.has(equation) && equation.primitive.lower.kind !== "view";

/** Variables that the rest of the body reads. */
const readLater = (parts: ControlParts, body: number, rest: readonly Equation[]): ReadonlySet<Atom> => {
  const read = new Set<Atom>(parts.state.map(({ next }) => next));
  for (const { atoms } of parts.results) read.add(atoms[0]!);
  if (parts.answer !== null && body === 0) read.add(parts.answer);
  for (const { inputs } of rest) for (const atom of inputs) read.add(atom);
  return read;
};

/** The equations with all that they are made of, in order. */
const withSources = (equations: readonly Equation[], wanted: (equation: Equation) => boolean): Equation[] => {
  const needed = new Set<Atom>();
  const kept: Equation[] = [];
  for (const equation of equations.toReversed()) {
    if (!wanted(equation) && !equation.outputs.some((output) => needed.has(output))) continue;
    for (const atom of equation.inputs) needed.add(atom);
    kept.push(equation);
  }
  return kept.reverse();
};

const moveFrom = (
  parts: ControlParts,
  body: number,
  place: (equation: Equation) => readonly Atom[],
): ControlParts | null => {
  const given = parts.fixed.filter(({ inputs }) => inputs[body] !== null);
  const found = findInvariants(
    parts.equations[body]!,
    given.map(({ inputs }) => inputs[body]!),
  );
  const rest = parts.equations[body]!.filter((equation) => !isMoved(equation, found));
  if (rest.length === parts.equations[body]!.length) return null;
  const names = new Map<Atom, Atom>(given.map(({ operand, inputs }) => [inputs[body]!, operand]));
  const moved = withSources(
    parts.equations[body]!.filter((equation) => found.equations.has(equation)),
    (equation) => isMoved(equation, found),
  );
  const read = readLater(parts, body, rest);
  const fixed: Fixed[] = [];
  for (const equation of moved) {
    const outputs = equation.outputs.map(({ aval }) => variable(aval));
    const inputs = equation.inputs.map((atom) => names.get(atom) ?? atom);
    const atoms = place(inScope(parts.equation.scope, { ...equation, inputs, outputs }));
    equation.outputs.forEach((output, k) => {
      names.set(output, atoms[k]!);
      if (!isMoved(equation, found) || !read.has(output)) return;
      fixed.push({ operand: atoms[k]!, inputs: parts.equations.map((_, own) => (own === body ? output : null)) });
    });
  }
  return {
    ...parts,
    fixed: [...parts.fixed, ...fixed],
    equations: parts.equations.map((own, k) => (k === body ? rest : own)),
  };
};

/** The parts of a loop whose bodies no longer compute what is the same in every round; null where they do not. */
export const moveInvariants = (
  parts: ControlParts,
  place: (equation: Equation) => readonly Atom[],
): ControlParts | null => {
  const { control } = parts;
  if (control.kind === "cond" || (control.kind === "scan" && control.length === 0)) return null;
  for (let body = 0; body < parts.equations.length; body++) {
    const moved = moveFrom(parts, body, place);
    if (moved !== null) return moved;
  }
  return null;
};
