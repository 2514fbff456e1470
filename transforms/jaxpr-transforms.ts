/**
 * Transforms of jaxprs into jaxprs, for primitives that hold one: linearize and transpose.
 * Results are remembered per jaxpr (by identity), so that a loop over steps transforms once.
 */
import type { NDArray } from "../src/array/ndarray.ts";
import type { Aval } from "../src/ir/aval.ts";
import { evaluateJaxpr } from "../src/ir/evaluate.ts";
import { constantsAsInputs } from "../src/ir/jaxpr.ts";
import type { ClosedJaxpr, Jaxpr, Variable } from "../src/ir/jaxpr.ts";
import { isZero, zero } from "../src/ir/primitive.ts";
import type { Tangent } from "../src/ir/primitive.ts";
import { stageFunction } from "../src/ir/trace.ts";
import { backwardPassPartly } from "./backward.ts";
import { linearizeFlat } from "./forward.ts";

const memory = new WeakMap<Jaxpr, Map<string, unknown>>();

/** Results kept per jaxpr; the least recently used goes first. */
const resultsKept = 64;

/** The result of `compute` for this jaxpr and key, computed once. */
export const remember = <T>(jaxpr: Jaxpr, key: string, compute: () => T): T => {
  let entries = memory.get(jaxpr);
  if (entries === undefined) memory.set(jaxpr, (entries = new Map()));
  const result = entries.has(key) ? entries.get(key) : compute();
  entries.delete(key);
  entries.set(key, result);
  if (entries.size > resultsKept) entries.delete(entries.keys().next().value!);
  return result as T;
};

/** Stages `f` on inputs of the types of these variables. */
export const stageOnTypesOf = (
  owner: string,
  variables: readonly { readonly aval: Aval }[],
  f: (inputs: readonly NDArray[]) => readonly NDArray[],
): ClosedJaxpr =>
  stageFunction(
    owner,
    (...inputs) => f(inputs),
    variables.map(({ aval }) => aval),
  );

export interface LinearizedJaxpr {
  /** Inputs to outputs followed by residuals. */
  readonly known: ClosedJaxpr;
  /** Residuals and varying tangents to the tangents of outputs that depend. */
  readonly linear: Jaxpr;
  readonly depends: readonly boolean[];
}

export const linearizeJaxpr = (jaxpr: Jaxpr, varies: readonly boolean[], name: string): LinearizedJaxpr =>
  remember(jaxpr, `linearize ${varies.join()}`, () => {
    let linear: Jaxpr = jaxpr;
    let depends: readonly boolean[] = [];
    const known = stageOnTypesOf(`linearize of ${name}`, jaxpr.inputs, (inputs) => {
      const linearization = linearizeFlat(name, (primals) => evaluateJaxpr(jaxpr, [], primals), inputs, varies);
      linear = constantsAsInputs(linearization.linear.jaxpr);
      depends = linearization.depends;
      return [...linearization.outputs, ...linearization.linear.constants];
    });
    return { known, linear, depends };
  });

/** Known inputs and arriving cotangents to the cotangents of linear inputs; `extra` says which are not zero. */
export const transposeJaxpr = (
  jaxpr: Jaxpr,
  linear: readonly boolean[],
  arriving: readonly boolean[],
): { readonly closed: ClosedJaxpr; readonly extra: readonly boolean[] } =>
  remember(jaxpr, `transpose ${linear.join()} ${arriving.join()}`, () => {
    const knownInputs = jaxpr.inputs.filter((_, k) => !linear[k]!);
    const linearInputs = jaxpr.inputs.filter((_, k) => linear[k]!);
    const seeds = jaxpr.outputs.filter((_, k) => arriving[k]!);
    let leaving: boolean[] = [];
    const closed = stageOnTypesOf("transpose of a jitted function", [...knownInputs, ...seeds], (inputs) => {
      const known = new Map<Variable, NDArray>(knownInputs.map((v, k) => [v, inputs[k]!]));
      let next = knownInputs.length;
      const cotangents = jaxpr.outputs.map((output, k): Tangent =>
        arriving[k]! ? inputs[next++]! : zero(output.aval),
      );
      const results = backwardPassPartly(linearInputs, jaxpr.equations, jaxpr.outputs, known, cotangents);
      leaving = results.map((result) => !isZero(result));
      return results.filter((result): result is NDArray => !isZero(result));
    });
    return { closed, extra: leaving };
  });
