/**
 * Functions with derivative rules of their own, on users' trees: what customVjp and customJvp share.
 * Flattens the function and its rules and hands them to the primitive of custom-call.ts.
 */
import { InvalidOption } from "../src/error.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { avalOf } from "../src/ir/aval.ts";
import { zero } from "../src/ir/primitive.ts";
import { bind, isEvaluating } from "../src/ir/trace.ts";
import { isTracer } from "../src/ir/tracer.ts";
import { unflatten } from "../src/tree/tree.ts";
import type { Treedef } from "../src/tree/tree.ts";
import { materialize } from "../ops/arithmetic.ts";
import type { ArrayFunction } from "./closures.ts";
import { customCall } from "./custom-call.ts";
import type { CustomFunction } from "./custom-staging.ts";
import { cotangentLeaves, requirePair, requireRules, requireStatic, tangentLeaves } from "./custom-checks.ts";
import type { Backward, Pushforward } from "./custom-linear.ts";
import { rememberOutputs, requireOwnOutputs } from "./custom-outputs.ts";
import type { OutputTypes, TypedFunction } from "./custom-outputs.ts";
import { flattenArrays, nameOf, requireArgnums, requireFunction } from "./flat.ts";
import { requireOptions } from "../src/options.ts";
import type { AnyFunction } from "./flat.ts";
import type { Arrays, Liberal } from "./types.ts";

type UserFunction = (...args: unknown[]) => unknown;

/** Rules of a function; which are needed, the transforms say. */
export interface CustomRules {
  /** Arguments to [output, residuals]; residuals are any tree of arrays. */
  readonly fwd?: (...args: any[]) => readonly [unknown, unknown];
  /** Static arguments, residuals, output cotangent to a list of cotangents, one per argument that is not static; null is zero. */
  readonly bwd?: (...args: any[]) => readonly unknown[];
  /** Static arguments, list of the others, list of their tangents to [output, its tangent]; linear in the tangents; null is zero. */
  readonly jvp?: (...args: any[]) => readonly [unknown, unknown];
  /** Arguments that are not arrays: passed through, given first to `bwd` and `jvp`; -1 is the last. */
  readonly staticArgnums?: number | readonly number[];
  /** Tangents known to be zero arrive as null instead of zeros. Compiled code knows it of integers only. Default false. */
  readonly symbolicZeros?: boolean;
}

const ruleNames = ["fwd", "bwd", "jvp", "staticArgnums", "symbolicZeros"];

/** One call of a custom function: what it has to do with trees. */
interface CallTrees {
  readonly name: string;
  /** Structure of the arguments that are not static. */
  readonly treedef: Treedef;
  readonly statics: readonly unknown[];
  /** The arguments for the function and `fwd`: statics in their places. */
  readonly merge: (inputs: readonly NDArray[]) => unknown[];
  /** A rule's output, flat, where it fits the function's. */
  readonly accept: (rule: string, inputs: readonly NDArray[], out: unknown) => readonly NDArray[];
  /** Structure of the output that was seen last. */
  readonly outTree: () => Treedef;
}

/** A user's function, and what its calls have returned. */
interface UserCall {
  readonly asked: string;
  readonly f: UserFunction;
  readonly known: OutputTypes;
}

interface FlatCall {
  readonly arrays: readonly NDArray[];
  readonly call: ArrayFunction;
  readonly trees: CallTrees;
}

/** @param known  output types by signature, where those do not depend on statics */
const flatCall = ({ asked, f, known }: UserCall, args: readonly unknown[], statics: readonly number[]): FlatCall => {
  const name = nameOf(f as AnyFunction);
  const { arrays, treedef } = flattenArrays(
    args.filter((_, k) => !statics.includes(k)),
    asked,
  );
  // Output types may depend on statics, so they are not remembered beyond this call.
  const types: OutputTypes = statics.length === 0 ? known : new Map();
  let outTree: Treedef | null = null;
  const merge = (inputs: readonly NDArray[]): unknown[] => {
    const own = unflatten(treedef, inputs) as unknown[];
    let next = 0;
    return args.map((arg, k) => (statics.includes(k) ? arg : own[next++]));
  };
  const run: TypedFunction = (inputs) => {
    const flat = flattenArrays(f(...merge(inputs)), `output of ${name}`);
    return [flat.treedef, flat.arrays];
  };
  const call: ArrayFunction = (inputs) => {
    const typed = run(inputs);
    outTree = typed[0];
    if (!isEvaluating()) rememberOutputs(types, treedef, inputs, typed);
    return typed[1];
  };
  const accept: CallTrees["accept"] = (rule, inputs, out) => {
    const flat = flattenArrays(out, `output of ${rule}`);
    requireOwnOutputs(types, { asked: rule, name, f: run, args: treedef }, inputs, [flat.treedef, flat.arrays]);
    outTree = flat.treedef;
    return flat.arrays;
  };
  const staticValues = statics.map((position) => args[position]);
  return { arrays, call, trees: { name, treedef, statics: staticValues, merge, accept, outTree: () => outTree! } };
};

/** `f` with its rules. @param needed  rules that must be there; the reverse rule needs both of its halves */
export const customFunction = <Args extends readonly any[], R>(
  transform: string,
  f: (...args: Args) => R,
  rules: CustomRules,
  needed: readonly string[],
): ((...args: Liberal<Args>) => Arrays<R>) => {
  requireFunction(transform, f);
  requireOptions(transform, rules, ruleNames);
  if (rules?.symbolicZeros === true && rules.jvp === undefined)
    throw new InvalidOption(
      transform,
      "symbolicZeros without a jvp rule",
      "It is about the tangents that `jvp` receives",
    );
  const name = nameOf(f as unknown as AnyFunction);
  const asked = `${transform} of ${name}`;
  const types: OutputTypes = new Map();
  const custom = (...args: unknown[]): unknown => {
    requireRules(asked, { ...rules }, needed, ["fwd", "bwd"]);
    const statics = requireArgnums(asked, rules.staticArgnums ?? [], args.length);
    requireStatic(asked, args, statics);
    const { arrays, call, trees } = flatCall({ asked, f: f as unknown as UserFunction, known: types }, args, statics);
    const outputs =
      isEvaluating() && !arrays.some(isTracer)
        ? call(arrays)
        : bind(customCall.primitive, arrays, {
            name,
            identity: [rules, trees.treedef.text, ...trees.statics],
            call,
            forward: reverseRule(rules, trees),
            pushforward: forwardRule(rules, trees),
          });
    return unflatten(trees.outTree(), outputs);
  };
  Object.defineProperty(custom, "name", { value: name });
  return custom as (...args: readonly unknown[]) => Arrays<R>;
};

/** fwd and bwd on flat arrays; null where there are none. */
const reverseRule = (
  { fwd, bwd }: CustomRules,
  { name, treedef, statics, merge, accept, outTree }: CallTrees,
): CustomFunction["forward"] => {
  if (fwd === undefined || bwd === undefined) return null;
  return (inputs) => {
    const [out, rest] = requirePair(`fwd of ${name}`, fwd(...merge(inputs)), "[output, residuals]");
    const outputs = accept(`fwd of ${name}`, inputs, out);
    const residuals = flattenArrays(rest, `residuals of ${name}`);
    const types = inputs.map(avalOf);
    const backward: Backward = (own, cotangents) => {
      const returned = bwd(...statics, unflatten(residuals.treedef, own), unflatten(outTree(), cotangents));
      return cotangentLeaves(`bwd of ${name}`, returned, treedef, types);
    };
    return { outputs, residuals: residuals.arrays, backward };
  };
};

/** jvp on flat arrays; null where there is none. */
const forwardRule = (
  { jvp, symbolicZeros }: CustomRules,
  { name, treedef, statics, accept, outTree }: CallTrees,
): Pushforward | null => {
  if (jvp === undefined) return null;
  const rule = `jvp of ${name}`;
  return (primals, tangents) => {
    const given =
      symbolicZeros === true ? tangents : tangents.map((tangent, k) => tangent ?? materialize(zero(primals[k]!)));
    const returned = jvp(...statics, unflatten(treedef, primals), unflatten(treedef, given));
    const [out, moved] = requirePair(rule, returned, "[output, tangent of the output]");
    const outputs = accept(rule, primals, out);
    return [outputs, tangentLeaves(rule, moved, [outTree(), outputs])];
  };
};
