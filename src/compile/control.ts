/**
 * Simplification of loops and choices: what is the same in every round is written into the bodies or computed before
 * them, state that no round changes is no state, rows that pass through are the operand, and a choice whose index is
 * known is the branch. Bodies are finished by all passes in turn until nothing is left to do.
 */
import type { ConcreteArray } from "../array/ndarray.ts";
import { viewAs } from "../array/ndarray.ts";
import { sameType } from "../ir/aval.ts";
import type { Aval } from "../ir/aval.ts";
import { heldNames, literal, variable } from "../ir/jaxpr.ts";
import type { Atom, Equation, Jaxpr, Variable } from "../ir/jaxpr.ts";
import { inScope, putTogether, takeApart } from "./control-parts.ts";
import type { ControlParts, Fixed } from "./control-parts.ts";
import { moveInvariants } from "./loop-invariants.ts";

/** What control flow needs of the program around it, as far as that is placed. */
export interface Surroundings {
  readonly definitions: ReadonlyMap<Variable, Equation>;
  /** Adds an equation of atoms that stand in the program; gives what stands for its outputs. */
  readonly place: (equation: Equation) => readonly Atom[];
  readonly optimize: (jaxpr: Jaxpr) => Jaxpr;
  readonly applied: (rule: string) => void;
}

/** The equation with its jaxprs finished; itself where they are. */
export const withBodies = (equation: Equation, optimize: (jaxpr: Jaxpr) => Jaxpr): Equation => {
  const { primitive, params } = equation;
  if (primitive.holds === undefined) return equation;
  const names = heldNames(primitive);
  let isSame = true;
  const finished = (jaxpr: Jaxpr): Jaxpr => {
    const result = optimize(jaxpr);
    if (result !== jaxpr) isSame = false;
    return result;
  };
  const values = params as Readonly<Record<string, Jaxpr | readonly Jaxpr[] | null>>;
  const entries = names.map((name) => {
    const value = values[name] ?? null;
    return [name, value === null ? null : "equations" in value ? finished(value) : value.map(finished)] as const;
  });
  return isSame ? equation : { ...equation, params: { ...params, ...Object.fromEntries(entries) } };
};

/** Equal where bits and weakness are concerned. */
const sameAval = (left: Aval, right: Aval): boolean => sameType(left, right) && left.weakType === right.weakType;

/** What stands for results that are no longer made. */
type Found = Map<Variable, Atom>;

// --- Bodies -----------------------------------------------------------------------------------

/** What the variables of one body become: other atoms of it, or variables that an equation in front binds. */
interface Change {
  readonly renamed: Map<Variable, Atom>;
  readonly before: Equation[];
}

/** The parts with atoms of their bodies renamed and equations put in front of them. */
const changed = (parts: ControlParts, changes: readonly Change[]): ControlParts => {
  const renameIn =
    (body: number) =>
    (atom: Atom): Atom =>
      atom.kind === "literal" ? atom : (changes[body]!.renamed.get(atom) ?? atom);
  const equations = parts.equations.map((own, body) => {
    const rename = renameIn(body);
    const { renamed, before } = changes[body]!;
    const inner = renamed.size === 0 ? own : own.map((each) => ({ ...each, inputs: each.inputs.map(rename) }));
    return before.length === 0 ? inner : [...before, ...inner];
  });
  const isWhile = parts.control.kind === "while";
  return {
    ...parts,
    equations,
    state: parts.state.map((own) => ({ ...own, next: renameIn(isWhile ? 1 : 0)(own.next) })),
    results: parts.results.map((own) => ({ ...own, atoms: own.atoms.map((atom, body) => renameIn(body)(atom)) })),
    answer: parts.answer === null ? null : renameIn(0)(parts.answer),
  };
};

const literalFor = (value: ConcreteArray, { weakType }: Aval): Atom => literal(viewAs(value, [], weakType));

// --- Operands that are the same in every round ------------------------------------------------

/** The equation that repeats a number, if one made the operand. */
const repetition = (operand: Atom, definitions: ReadonlyMap<Variable, Equation>): Equation | null => {
  const made = operand.kind === "variable" ? definitions.get(operand) : undefined;
  return made?.primitive.lower.kind === "view" && made.inputs[0]!.kind === "literal" ? made : null;
};

/** Numbers, repeated or not, are written into the bodies; what a body is given twice it is given once. */
const withoutKnownOperands = (parts: ControlParts, { definitions }: Surroundings): ControlParts | null => {
  const changes = parts.equations.map((): Change => ({ renamed: new Map(), before: [] }));
  // By the first body that takes them: either all do or one does.
  const given = parts.equations.map(() => new Map<Atom, Fixed>());
  const fixed = parts.fixed.filter((own) => {
    const { operand, inputs } = own;
    const first = given[inputs.findIndex((input) => input !== null)]!;
    const [repeats, twin] = [repetition(operand, definitions), first.get(operand)];
    const isKept = operand.kind === "variable" && repeats === null && twin === undefined;
    if (isKept) first.set(operand, own);
    else
      inputs.forEach((input, body) => {
        if (input === null) return;
        const { renamed, before } = changes[body]!;
        if (operand.kind === "literal") renamed.set(input, literalFor(operand.value, input.aval));
        else if (repeats === null) renamed.set(input, twin!.inputs[body]!);
        else {
          const { value } = repeats.inputs[0] as Extract<Atom, { kind: "literal" }>;
          before.push({ ...repeats, inputs: [literalFor(value, input.aval)], outputs: [input] });
        }
      });
    return isKept;
  });
  return fixed.length === parts.fixed.length ? null : changed({ ...parts, fixed }, changes);
};

// --- State and results ------------------------------------------------------------------------

/** State that every round hands on as it was is an operand like others. */
const withoutUnchangedState = (parts: ControlParts, found: Found): ControlParts | null => {
  const body = parts.control.kind === "while" ? 1 : 0;
  const isUnchanged = parts.state.map(
    ({ operand, inputs, next, result }) => next === inputs[body] && sameAval(operand.aval, result.aval),
  );
  if (!isUnchanged.includes(true)) return null;
  const fixed = parts.state.filter((_, k) => isUnchanged[k]);
  for (const { operand, result } of fixed) found.set(result, operand);
  return {
    ...parts,
    fixed: [...parts.fixed, ...fixed.map(({ operand, inputs }) => ({ operand, inputs }))],
    state: parts.state.filter((_, k) => !isUnchanged[k]),
  };
};

/** Operands by the variable that the first body has for a row of them, or for them where every branch has one. */
const passing = ({ control, rows, fixed }: ControlParts): ReadonlyMap<Atom, Fixed> =>
  new Map(
    control.kind === "scan"
      ? rows.map(({ operand, input }) => [input, { operand, inputs: [input] }])
      : fixed.map((own) => [own.inputs[0]!, own]),
  );

/** A result equals an operand if its rows are the operand's, or if every branch gives the operand. */
const withoutPassing = (parts: ControlParts, found: Found): ControlParts | null => {
  if (parts.control.kind === "while") return null;
  const sources = passing(parts);
  const results = parts.results.filter(({ atoms, result }) => {
    const source = sources.get(atoms[0]!);
    const passes = source !== undefined && atoms.every((atom, body) => atom === source.inputs[body]);
    if (!passes || !sameAval(source.operand.aval, result.aval)) return true;
    found.set(result, source.operand);
    return false;
  });
  return results.length === parts.results.length ? null : { ...parts, results };
};

// --- Choices ----------------------------------------------------------------------------------

/** The equations of the branch that a known index takes, placed where the choice stood. */
const takenBranch = (parts: ControlParts, { place }: Surroundings): Found | null => {
  const { index, fixed, results, equations } = parts;
  if (index?.kind !== "literal") return null;
  const branch = index.value.item();
  const names: Found = new Map(
    fixed.flatMap(({ operand, inputs }) => {
      const input = inputs[branch]!;
      return input === null ? [] : [[input, operand] as const];
    }),
  );
  const rename = (atom: Atom): Atom => (atom.kind === "literal" ? atom : (names.get(atom) ?? atom));
  for (const equation of equations[branch]!) {
    const outputs = equation.outputs.map(({ aval }) => variable(aval));
    const atoms = place(inScope(parts.equation.scope, { ...equation, inputs: equation.inputs.map(rename), outputs }));
    equation.outputs.forEach((output, k) => names.set(output, atoms[k]!));
  }
  return new Map(results.map(({ atoms, result }) => [result, rename(atoms[branch]!)]));
};

// --- All of it --------------------------------------------------------------------------------

type Step = readonly [
  rule: string,
  step: (parts: ControlParts, around: Surroundings, found: Found) => ControlParts | null,
];

const steps: readonly Step[] = [
  ["known operands of control flow are written into it", withoutKnownOperands],
  ["state that no round changes is an operand", (parts, _, found) => withoutUnchangedState(parts, found)],
  ["results that pass through are the operand", (parts, _, found) => withoutPassing(parts, found)],
  ["what no round changes is computed before the loop", (parts, { place }) => moveInvariants(parts, place)],
];

/** What stands for the results of an equation with bodies that are finished; null where there is nothing to do. */
export const simplifyControl = (equation: Equation, around: Surroundings): readonly Atom[] | null => {
  const found: Found = new Map();
  let own = equation;
  for (;;) {
    const parts = takeApart(own);
    if (parts === null) return null;
    const branch = takenBranch(parts, around);
    if (branch !== null) {
      around.applied("a choice whose index is known is the branch");
      return equation.outputs.map((output) => found.get(output) ?? branch.get(output)!);
    }
    let next: ControlParts | null = null;
    for (const [rule, step] of steps) {
      next = step(parts, around, found);
      if (next === null) continue;
      around.applied(rule);
      break;
    }
    if (next === null) break;
    own = putTogether(next, around.optimize);
  }
  if (own === equation) return null;
  const atoms = around.place(own);
  const results = new Map(own.outputs.map((output, k) => [output, atoms[k]!]));
  return equation.outputs.map((output) => found.get(output) ?? results.get(output)!);
};
