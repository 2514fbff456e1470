/**
 * Transposition of a linear jaxpr: walks its equations backwards and applies each transpose rule once.
 * Equations that do not depend on the linear inputs are evaluated forwards first.
 * Cotangents that are zero stay symbolic: nothing is allocated or computed for a dead branch.
 */
import type { NDArray } from "../src/array/ndarray.ts";
import type { Atom, ClosedJaxpr, Equation, Jaxpr, Variable } from "../src/ir/jaxpr.ts";
import { isZero, zero } from "../src/ir/primitive.ts";
import type { LinearInput, Tangent } from "../src/ir/primitive.ts";
import { withTransposedOrigin } from "../src/ir/origin.ts";
import { bindEquation } from "../src/ir/trace.ts";
import { add } from "../ops/arithmetic.ts";

/** Cotangents of the jaxpr's inputs, given one cotangent per output. */
export const backwardPass = ({ jaxpr, constants }: ClosedJaxpr, cotangents: readonly Tangent[]): Tangent[] =>
  backwardPassPartly(jaxpr, new Map(jaxpr.constants.map((constant, k) => [constant, constants[k]!])), cotangents);

/** The same, linear only in `inputs`; `known` holds the values of all other free variables. */
export const backwardPassPartly = (
  { inputs, equations, outputs }: Pick<Jaxpr, "inputs" | "equations" | "outputs">,
  known: Map<Variable, NDArray>,
  cotangents: readonly Tangent[],
): Tangent[] => {
  const valueOf = (atom: Atom): NDArray | undefined => (atom.kind === "literal" ? atom.value : known.get(atom));
  const linear: Equation[] = [];
  const dependent = new Set<Variable>(inputs);
  const isDependent = (atom: Atom): atom is Variable => atom.kind === "variable" && dependent.has(atom);
  for (const equation of equations) {
    if (equation.inputs.some(isDependent)) {
      linear.push(equation);
      for (const output of equation.outputs) dependent.add(output);
      continue;
    }
    const results = bindEquation(
      equation,
      equation.inputs.map((atom) => valueOf(atom)!),
    );
    equation.outputs.forEach((output, k) => known.set(output, results[k]!));
  }

  const pending = new Map<Variable, NDArray>();
  const accumulate = (atom: Atom, cotangent: Tangent | null): void => {
    if (cotangent === null || isZero(cotangent) || !isDependent(atom)) return;
    const earlier = pending.get(atom);
    pending.set(atom, earlier === undefined ? cotangent : add(earlier, cotangent));
  };
  outputs.forEach((atom, k) => accumulate(atom, cotangents[k]!));

  for (let k = linear.length - 1; k >= 0; k--) {
    const { primitive, inputs: operands, params, outputs: results } = linear[k]!;
    const arriving: Tangent[] = [];
    for (const result of results) {
      const cotangent = pending.get(result);
      arriving.push(cotangent ?? zero(result.aval));
      if (cotangent !== undefined) pending.delete(result);
    }
    if (arriving.every(isZero)) continue;
    const seen = operands.map((atom): NDArray | LinearInput =>
      isDependent(atom) ? { kind: "linear", aval: atom.aval } : valueOf(atom)!,
    );
    const leaving = withTransposedOrigin(linear[k]!, () => primitive.transpose(arriving, seen, params));
    operands.forEach((atom, i) => accumulate(atom, leaving[i] ?? null));
  }
  return inputs.map((input): Tangent => pending.get(input) ?? zero(input.aval));
};
