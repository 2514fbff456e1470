/**
 * checkpoint: reverse mode that keeps the inputs of a function instead of its intermediate values, and computes
 * those again on the way back. A policy says which are kept after all.
 * The primitive holds a jaxpr. Linearized, it leaves one equation on the tape: the function that recomputes the
 * residuals from inputs and kept values, followed by the linear map; its transpose is that of a jaxpr.
 * Source: Griewank & Walther 2000 (recomputation); the policies are those of JAX.
 */
import { InvalidOption } from "../src/error.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { removeDeadCode, removeDeadCodeClosed } from "../src/compile/dead-code.ts";
import { inlineCalls } from "../src/compile/inline.ts";
import { identityOf } from "../src/identity.ts";
import type { Aval } from "../src/ir/aval.ts";
import { avalOf } from "../src/ir/aval.ts";
import { defineMultiplePrimitive } from "../src/ir/define.ts";
import type { PrimitiveFunction } from "../src/ir/define.ts";
import { withoutEffects } from "../src/ir/effects.ts";
import { evaluateClosed, evaluateJaxpr } from "../src/ir/evaluate.ts";
import { constantsAsInputs } from "../src/ir/jaxpr.ts";
import type { Atom, ClosedJaxpr, Equation, Jaxpr, Variable } from "../src/ir/jaxpr.ts";
import { isKnownInput, isLinearInput, isNonzero } from "../src/ir/primitive.ts";
import type { LinearInput, Params, SplitContext, Tangent } from "../src/ir/primitive.ts";
import { bind, stageFunction } from "../src/ir/trace.ts";
import { requireOptions } from "../src/options.ts";
import { unflatten } from "../src/tree/tree.ts";
import { barrier, named } from "../ops/checkpointing.ts";
import { batchOfCall, jvpOfCall, renamed } from "./call-rules.ts";
import type { Call, CallParams } from "./call-rules.ts";
import { chosen, mergeOutputs, notChosen, spreadCotangents, spreadTangents } from "./flagged.ts";
import { requireStatic } from "./custom-checks.ts";
import { bindStatics, flatFunction, flattenArrays, nameOf, requireArgnums, requireFunction } from "./flat.ts";
import type { AnyFunction } from "./flat.ts";
import { jitCall } from "./jit.ts";
import { linearizeJaxpr, splitJaxpr, stageOnTypesOf, transposeJaxpr } from "./jaxpr-transforms.ts";
import { keyOf, remembering } from "./remember.ts";
import type { Arrays, Liberal } from "./types.ts";

/** What a policy sees of an equation of the function. */
export interface Saveable {
  /** Name of the primitive: "dot", "sin", .. */
  readonly primitive: string;
  readonly params: Params;
  readonly outputs: readonly Aval[];
}

/** Whether the results of an equation are kept for the way back. */
export type CheckpointPolicy = (equation: Saveable) => boolean;

const contractionNames = new Set(["dot", "convolution"]);

const nameIn = (names: readonly string[], { primitive, params }: Saveable): boolean =>
  primitive === "named" && names.includes((params as { readonly name: string }).name);

/**
 * Policies of `checkpoint`: what is kept besides the inputs.
 * `nothing` is the default; `everything` keeps what grad keeps without checkpoint; `contractions` keeps matrix
 * products and convolutions; `primitives(...)` the results of those primitives; `names(...)` the values named by
 * `checkpointName`; `exceptNames(...)` all but those.
 * @example checkpointPolicies.contractions({ primitive: "dot", params: {}, outputs: [] }) // true
 */
export const checkpointPolicies: {
  readonly everything: CheckpointPolicy;
  readonly nothing: CheckpointPolicy;
  readonly contractions: CheckpointPolicy;
  readonly primitives: (...names: readonly string[]) => CheckpointPolicy;
  readonly names: (...names: readonly string[]) => CheckpointPolicy;
  readonly exceptNames: (...names: readonly string[]) => CheckpointPolicy;
} = {
  everything: () => true,
  nothing: () => false,
  contractions: ({ primitive }) => contractionNames.has(primitive),
  primitives:
    (...names) =>
    ({ primitive }) =>
      names.includes(primitive),
  names:
    (...names) =>
    (equation) =>
      nameIn(names, equation),
  exceptNames:
    (...names) =>
    (equation) =>
      !nameIn(names, equation),
};

/**
 * x itself, under a name that policies of `checkpoint` know.
 * @example checkpointName(array([1, 2]), "activations") // [1, 2]
 */
export const checkpointName = (x: NDArray, name: string): NDArray => named(x, { name });

// --- The primitive ----------------------------------------------------------------------------

interface CheckpointParams extends CallParams {
  readonly policy: CheckpointPolicy;
}

const call: Call<CheckpointParams> = (params, { jaxpr, constants }, operands) =>
  bind(checkpointCall.primitive, [...constants, ...operands], { ...params, jaxpr: constantsAsInputs(jaxpr) });

const jaxprOfJit = ({ primitive, params }: Equation): Jaxpr | null =>
  primitive === jitCall.primitive ? (params as { readonly jaxpr: Jaxpr }).jaxpr : null;

interface Split {
  /** Constants and inputs to outputs and kept values. */
  readonly forward: Jaxpr;
  /** Those of constants, inputs and kept values that it needs, then tangents, to the tangents of outputs. */
  readonly linear: ClosedJaxpr;
  /** Positions of what `linear` needs among constants, inputs and kept values. */
  readonly needed: readonly number[];
}

/** Splits a linearized jaxpr by policy; `body` gives outputs and residuals. */
const split = (body: Jaxpr, total: number, linear: Jaxpr, policy: CheckpointPolicy): Split => {
  const residuals = body.outputs.slice(total);
  const alive = removeDeadCode(withoutEffects({ ...body, outputs: residuals })).equations;
  const isKept = ({ primitive, params, outputs }: Equation): boolean =>
    policy({ primitive: primitive.name, params, outputs: outputs.map(({ aval }) => aval) });
  const keeping = new Set(alive.filter(isKept));
  const candidates = [...keeping].flatMap(({ outputs }) => outputs);
  const again = removeDeadCode({
    constants: [],
    inputs: [...body.inputs, ...candidates],
    equations: alive.filter((equation) => !keeping.has(equation)),
    outputs: residuals,
  });
  const read = new Set<Atom>([...again.outputs, ...again.equations.flatMap(({ inputs }) => inputs)]);
  const kept = candidates.filter((candidate) => read.has(candidate));
  const sources: Variable[] = [...body.inputs, ...kept];
  const needed = sources.flatMap((source, k) => (read.has(source) ? [k] : []));
  const recompute: Jaxpr = { ...again, inputs: needed.map((k) => sources[k]!) };
  const tangents = linear.inputs.slice(residuals.length);
  const closed = stageOnTypesOf("the linear part of a checkpoint", [...recompute.inputs, ...tangents], (inputs) => {
    const values = evaluateJaxpr(recompute, [], inputs.slice(0, recompute.inputs.length));
    return evaluateJaxpr(linear, [], [...values, ...inputs.slice(recompute.inputs.length)]);
  });
  return {
    forward: removeDeadCode({ ...body, outputs: [...body.outputs.slice(0, total), ...kept] }),
    linear: closed,
    needed,
  };
};

const rememberSplit = remembering<Split>();

const linearizeCheckpoint = (
  primals: readonly NDArray[],
  tangents: readonly Tangent[],
  params: CheckpointParams,
  { onTape }: SplitContext,
): readonly [readonly NDArray[], readonly Tangent[]] => {
  const { jaxpr, name, policy } = params;
  const { known, linear, depends } = linearizeJaxpr(jaxpr, tangents.map(isNonzero), name);
  const total = jaxpr.outputs.length;
  const parts = rememberSplit(linear, keyOf(identityOf(policy)), () =>
    split(inlineCalls(constantsAsInputs(known.jaxpr), jaxprOfJit), total, linear, policy),
  );
  const operands = [...known.constants, ...primals];
  const results = evaluateJaxpr(parts.forward, [], operands);
  const outputs = results.slice(0, total);
  const sources = [...operands, ...results.slice(total)];
  const again = [...parts.needed.map((k) => sources[k]!), ...tangents.filter(isNonzero)];
  const outTangents = onTape(() => call(renamed("linear", params), parts.linear, again));
  return [outputs, spreadTangents(depends, outputs, outTangents)];
};

/** What is known is computed; the tape gets the whole, which computes again what it needs of that. */
const splitCheckpoint = (
  inputs: readonly NDArray[],
  unknown: readonly boolean[],
  params: CheckpointParams,
  { onTape }: SplitContext,
): readonly NDArray[] => {
  const { known, isLate } = splitJaxpr(params.jaxpr, unknown);
  const count = isLate.filter((yes) => !yes).length;
  const first = removeDeadCodeClosed({
    jaxpr: { ...known.jaxpr, outputs: known.jaxpr.outputs.slice(0, count) },
    constants: known.constants,
  });
  const outputs = evaluateClosed(first, notChosen(inputs, unknown));
  const whole = onTape(() => call(params, { jaxpr: withoutEffects(params.jaxpr), constants: [] }, inputs));
  return mergeOutputs(isLate, outputs, chosen(whole, isLate));
};

/** What is known waits for the first cotangent, so that nothing is computed again before the way back. */
const transposeCheckpoint = (
  cotangents: readonly Tangent[],
  inputs: readonly (NDArray | LinearInput)[],
  params: CheckpointParams,
): readonly (Tangent | null)[] => {
  const { closed, leaving } = transposeJaxpr(params.jaxpr, inputs.map(isLinearInput), cotangents.map(isNonzero));
  const arriving = cotangents.filter(isNonzero);
  const waiting = inputs.filter(isKnownInput).map((x) => barrier(x, arriving[0]!));
  return spreadCotangents(inputs, leaving, call(renamed("transpose", params), closed, [...waiting, ...arriving]));
};

/** A call of a jaxpr without constants, of which reverse mode keeps the inputs and what the policy says. */
export const checkpointCall: PrimitiveFunction<NDArray[], CheckpointParams, readonly NDArray[]> =
  defineMultiplePrimitive<NDArray[], CheckpointParams>({
    name: "checkpoint",
    evaluate: (inputs, { jaxpr }) => evaluateJaxpr(jaxpr, [], inputs),
    abstractEval: (_inputs, { jaxpr }) => jaxpr.outputs.map(({ aval: { shape, dtype } }) => ({ shape, dtype })),
    jvp: jvpOfCall(call),
    linearize: (primals, tangents, params, context) => linearizeCheckpoint(primals, tangents, params, context),
    split: (inputs, unknown, params, context) => splitCheckpoint(inputs, unknown, params, context),
    transpose: (cotangents, inputs, params) => transposeCheckpoint(cotangents, inputs, params),
    batch: batchOfCall(call),
    lower: { kind: "inline", jaxpr: "jaxpr" },
    gate: (params, gated) => ({ params: { ...params, jaxpr: gated(params.jaxpr) }, places: [0] }),
    weakType: (_inputs, { jaxpr }) => jaxpr.outputs.map(({ aval }) => aval.weakType),
    laws: { testedIn: "test/transforms/checkpoint.test.ts" },
  });

// --- The transform ----------------------------------------------------------------------------

export interface CheckpointOptions {
  /** What is kept for the way back besides the inputs: `checkpointPolicies.nothing` without it. */
  readonly policy?: CheckpointPolicy;
  /** Arguments that `f` gets as they are, such as flags and functions; -1 is the last. */
  readonly staticArgnums?: number | readonly number[];
}

/**
 * `f` with less memory in reverse mode: its intermediate values are computed again on the way back.
 * @param options  policy: which intermediate values are kept (see `checkpointPolicies`); staticArgnums: arguments that
 *   are no arrays and reach `f` as they are
 * @returns        a function with the values and derivatives of `f`
 * @throws InvalidOption for a policy that is no function, InvalidArgnums, NotStatic for a traced value, UnknownOption
 * Derivatives: forward and reverse, any order. Cost: one more evaluation of `f` per pullback.
 * @example grad(checkpoint((x) => np.sin(np.sin(x))))(array(0)) // 1
 * @example grad(checkpoint((x, how) => (how === "sin" ? np.sin(x) : x), { staticArgnums: 1 }))(0, "sin") // 1
 */
export const checkpoint = <Args extends readonly any[], R>(
  f: (...args: Args) => R,
  options: CheckpointOptions = {},
): ((...args: Liberal<Args>) => Arrays<R>) => {
  requireFunction("checkpoint", f);
  requireOptions("checkpoint", options, ["policy", "staticArgnums"]);
  const policy = options.policy ?? checkpointPolicies.nothing;
  if (typeof policy !== "function")
    throw new InvalidOption(
      "checkpoint",
      `policy is a ${typeof policy}`,
      "Take one of checkpointPolicies or a function",
    );
  const name = nameOf(f as unknown as AnyFunction);
  const asked = `checkpoint of ${name}`;
  const checkpointed = (...args: unknown[]): unknown => {
    const statics = requireArgnums(asked, options.staticArgnums ?? [], args.length);
    requireStatic(asked, args, statics);
    const { arrays, treedef } = flattenArrays(
      args.filter((_, k) => !statics.includes(k)),
      asked,
    );
    const flat = flatFunction(bindStatics(f as unknown as AnyFunction, statics, args), treedef, asked);
    const { jaxpr, constants } = stageFunction(asked, (inputs) => flat.call(inputs), arrays.map(avalOf));
    const outputs = bind(checkpointCall.primitive, [...constants, ...arrays], {
      jaxpr: constantsAsInputs(jaxpr),
      name,
      policy,
    });
    return unflatten(flat.outTree(), outputs);
  };
  Object.defineProperty(checkpointed, "name", { value: name });
  return checkpointed as (...args: readonly unknown[]) => Arrays<R>;
};
