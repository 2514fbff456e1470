/**
 * Inlining: equations that hold an inner jaxpr (calls of compiled functions, custom rules) are replaced by
 * its equations. Inner variables are renamed, since one jaxpr may be called several times.
 * An explicit stack of calls: depth of nesting is no limit.
 */
import { InvalidJaxpr } from "../error.ts";
import type { Atom, Equation, Jaxpr, Variable } from "../ir/jaxpr.ts";
import { variable } from "../ir/jaxpr.ts";
import { joinScopes } from "../ir/origin.ts";

/** A jaxpr being copied out: where it stands, and what its variables are called outside. */
interface Call {
  readonly jaxpr: Jaxpr;
  /** Null for the outermost jaxpr, whose variables keep their identity. */
  readonly names: Map<Variable, Atom> | null;
  /** Variables of the caller that stand for the outputs. */
  readonly results: readonly Variable[];
  /** Named scopes around the call. */
  readonly scope: string | undefined;
  next: number;
}

/** The jaxpr that the equation stands for, or null. */
const inlinedJaxpr = ({ primitive, params }: Equation): Jaxpr | null => {
  const { lower } = primitive;
  return lower.kind === "inline" ? ((params as Readonly<Record<string, unknown>>)[lower.jaxpr] as Jaxpr) : null;
};

/**
 * The same function without calls; the jaxpr itself where there are none.
 * @param innerOf  the jaxpr that an equation is replaced by, null for one that stays
 */
export const inlineCalls = (jaxpr: Jaxpr, innerOf: (equation: Equation) => Jaxpr | null = inlinedJaxpr): Jaxpr => {
  if (!jaxpr.equations.some((equation) => innerOf(equation) !== null)) return jaxpr;
  const equations: Equation[] = [];
  // Results of calls, by the variable that the outermost jaxpr knows them by.
  const outermost = new Map<Variable, Atom>();
  const stack: Call[] = [{ jaxpr, names: null, results: [], scope: undefined, next: 0 }];
  const nameIn = (names: Call["names"], atom: Atom): Atom =>
    atom.kind === "literal" ? atom : ((names ?? outermost).get(atom) ?? atom);
  while (stack.length > 0) {
    const call = stack[stack.length - 1]!;
    const { names } = call;
    if (call.next === call.jaxpr.equations.length) {
      stack.pop();
      const caller = stack[stack.length - 1];
      if (caller === undefined) break;
      call.results.forEach((result, k) =>
        (caller.names ?? outermost).set(result, nameIn(names, call.jaxpr.outputs[k]!)),
      );
      continue;
    }
    const equation = call.jaxpr.equations[call.next++]!;
    const inputs = equation.inputs.map((atom) => nameIn(names, atom));
    const inner = innerOf(equation);
    const scope = joinScopes(call.scope, equation.scope);
    if (inner !== null) {
      requireMatching(equation, inner);
      stack.push({
        jaxpr: inner,
        names: new Map(inner.inputs.map((bound, k) => [bound, inputs[k]!])),
        results: equation.outputs,
        scope,
        next: 0,
      });
      continue;
    }
    const outputs = names === null ? equation.outputs : equation.outputs.map((output) => variable(output.aval));
    if (names !== null) equation.outputs.forEach((output, k) => names.set(output, outputs[k]!));
    equations.push({ ...equation, inputs, outputs, ...(scope === undefined ? {} : { scope }) });
  }
  return { ...jaxpr, equations, outputs: jaxpr.outputs.map((atom) => nameIn(null, atom)) };
};

const requireMatching = ({ primitive, inputs }: Equation, inner: Jaxpr): void => {
  if (inner.constants.length > 0 || inner.inputs.length !== inputs.length)
    throw new InvalidJaxpr(
      `inlining ${primitive.name}`,
      `${inputs.length} operands for ${inner.inputs.length} inputs and ${inner.constants.length} constants`,
      "Inner jaxprs take everything as inputs",
    );
};
