/**
 * What nobody reads of loops and choices: state that only feeds itself, rows and results without a reader, operands
 * that no body takes. A part of the state lives if its last value is read, or if something that lives is made of it.
 */
import { isEffectful } from "../ir/effects.ts";
import type { Atom, Equation, Jaxpr, Variable } from "../ir/jaxpr.ts";
import { putTogether, takeApart } from "./control-parts.ts";
import type { ControlParts } from "./control-parts.ts";

/** What is reached backwards from atoms of the bodies. */
interface Reached {
  readonly variables: ReadonlySet<Atom>;
  readonly equations: ReadonlySet<Equation>;
}

const makersOf = (equations: readonly (readonly Equation[])[]): Map<Atom, Equation> => {
  const makers = new Map<Atom, Equation>();
  for (const own of equations)
    for (const equation of own) for (const output of equation.outputs) makers.set(output, equation);
  return makers;
};

/** Walks from what is wanted to what it is made of, in this round and in those before. */
const reach = (parts: ControlParts, isRead: (result: Variable) => boolean): Reached => {
  const makers = makersOf(parts.equations);
  const nextOf = new Map<Atom, Atom>(parts.state.flatMap(({ inputs, next }) => inputs.map((input) => [input, next])));
  const variables = new Set<Atom>();
  const equations = new Set<Equation>();
  const pending: Atom[] = parts.answer === null ? [] : [parts.answer];
  for (const { next, result } of parts.state) if (isRead(result)) pending.push(next);
  for (const { atoms, result } of parts.results) if (isRead(result)) for (const atom of atoms) pending.push(atom);
  const want = (equation: Equation): void => {
    if (equations.has(equation)) return;
    equations.add(equation);
    for (const atom of equation.inputs) pending.push(atom);
  };
  for (const own of parts.equations) own.filter(isEffectful).forEach(want);
  for (let atom = pending.pop(); atom !== undefined; atom = pending.pop()) {
    if (variables.has(atom)) continue;
    variables.add(atom);
    const [maker, next] = [makers.get(atom), nextOf.get(atom)];
    if (maker !== undefined) want(maker);
    if (next !== undefined) pending.push(next);
  }
  return { variables, equations };
};

/**
 * The equation without what is not read; itself where there is nothing of that.
 * @param isRead  whether an output has a reader
 * @param finish  removes dead code from a body
 */
export const withoutUnread = (
  equation: Equation,
  isRead: (output: Variable) => boolean,
  finish: (body: Jaxpr) => Jaxpr,
): Equation => {
  let own = equation;
  for (;;) {
    const parts = takeApart(own);
    if (parts === null) return own;
    const { variables, equations } = reach(parts, isRead);
    const left: ControlParts = {
      ...parts,
      fixed: parts.fixed.filter(({ inputs }) => inputs.some((input) => input !== null && variables.has(input))),
      state: parts.state.filter(({ inputs, result }) => isRead(result) || inputs.some((input) => variables.has(input))),
      rows: parts.rows.filter(({ input }) => variables.has(input)),
      results: parts.results.filter(({ result }) => isRead(result)),
      equations: parts.equations.map((each) => each.filter((inner) => equations.has(inner))),
    };
    const isSame =
      left.equations.every((each, body) => each.length === parts.equations[body]!.length) &&
      (["fixed", "state", "rows", "results"] as const).every((name) => left[name].length === parts[name].length);
    if (isSame) return own;
    own = putTogether(left, finish);
  }
};
