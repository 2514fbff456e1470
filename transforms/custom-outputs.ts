/**
 * Output types of a function with rules of its own, for comparing what the rules return: taken from a run of the
 * function where there was one, else found by tracing it once per signature.
 */
import { TracerConversion } from "../src/error.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import type { Aval } from "../src/ir/aval.ts";
import { avalOf, showAval } from "../src/ir/aval.ts";
import { stageFunction } from "../src/ir/trace.ts";
import type { Treedef } from "../src/tree/tree.ts";
import { areSameOutputs, requireSameOutputs } from "./custom-checks.ts";
import type { TypedTree } from "./custom-checks.ts";

/** A function on flat arrays that also says how its output is built. */
export type TypedFunction = (inputs: readonly NDArray[]) => readonly [tree: Treedef, outputs: readonly NDArray[]];

/** Types by signature; one memory per function, or per call where statics take part in the types. */
export type OutputTypes = Map<string, TypedTree>;

/** Signatures remembered per function. */
const signaturesKept = 64;

const signature = (tree: Treedef, inputs: readonly Aval[]): string => `${tree.text} ${inputs.map(showAval).join()}`;

/** Notes what the function returned for inputs of these types. */
export const rememberOutputs = (
  types: OutputTypes,
  args: Treedef,
  inputs: readonly Aval[],
  [tree, outputs]: TypedTree,
): void => {
  types.set(signature(args, inputs), [tree, outputs.map(avalOf)]);
  if (types.size > signaturesKept) types.delete(types.keys().next().value!);
};

/** The output types of `f`, or null where it cannot be traced since it looks at values. */
const traceOutputs = (name: string, f: TypedFunction, inputs: readonly Aval[]): TypedTree | null => {
  let found: TypedTree | null = null;
  try {
    stageFunction(
      name,
      (values) => {
        found = f(values);
        return [];
      },
      inputs,
    );
  } catch (error) {
    if (error instanceof TracerConversion) return null;
    throw error;
  }
  return found;
};

/** Refuses outputs of a rule unlike the function's. A remembered type that differs is found again: closures change. */
export const requireOwnOutputs = (
  types: OutputTypes,
  rule: { readonly asked: string; readonly name: string; readonly f: TypedFunction; readonly args: Treedef },
  inputs: readonly Aval[],
  seen: TypedTree,
): void => {
  const before = types.get(signature(rule.args, inputs));
  if (before !== undefined && areSameOutputs(before, seen)) return;
  const own = traceOutputs(rule.name, rule.f, inputs.map(avalOf));
  if (own === null) return;
  rememberOutputs(types, rule.args, inputs, own);
  requireSameOutputs(rule.asked, rule.name, own, seen);
};
