/**
 * Derivatives of a while loop. Forward mode carries tangents along. Its linear part runs the loop again with known values,
 * so linearize works; transposing it would need the states of all steps, whose number is not known: reverse mode
 * refuses by name.
 */
import { ReverseModeOfWhile } from "../src/error.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { removeDeadCode } from "../src/compile/dead-code.ts";
import { withoutEffects } from "../src/ir/effects.ts";
import { constantsAsInputs, variable } from "../src/ir/jaxpr.ts";
import type { Atom, Jaxpr } from "../src/ir/jaxpr.ts";
import { isNonzero } from "../src/ir/primitive.ts";
import type { SplitContext, Tangent } from "../src/ir/primitive.ts";
import { materialize } from "../ops/arithmetic.ts";
import { chosen, mergeOutputs, notChosen, spreadTangents } from "./flagged.ts";
import { dependents, independentEquations, jvpJaxpr } from "./jaxpr-transforms.ts";
import { keyOf, keyOfOthers, remembering } from "./remember.ts";
import { settleCarry } from "./scan-parts.ts";
import { applyLoop, splitInputs } from "./while-parts.ts";
import type { ApplyWhile, WhileParams } from "./while-parts.ts";

// --- Forward ----------------------------------------------------------------------------------

const rememberOrdered = remembering<Jaxpr>();

/** A body that takes [constants, state, tangents of constants, tangents of state] with all constants before the state. */
const constantsFirst = (jaxpr: Jaxpr, constants: number, state: number, moving: number): Jaxpr =>
  rememberOrdered(jaxpr, keyOf(constants, state, moving), () => {
    const { inputs } = jaxpr;
    const tangents = constants + state;
    return {
      ...jaxpr,
      inputs: [
        ...inputs.slice(0, constants),
        ...inputs.slice(tangents, tangents + moving),
        ...inputs.slice(constants, tangents),
        ...inputs.slice(tangents + moving),
      ],
    };
  });

const rememberIgnoring = remembering<Jaxpr>();

/** The condition of a state with further entries at its end, which it does not read. */
const ignoring = (condition: Jaxpr, further: readonly Atom[], carry: readonly boolean[]): Jaxpr =>
  rememberIgnoring(condition, keyOf(carry), () => ({
    ...condition,
    inputs: [...condition.inputs, ...chosen(further, carry).map(({ aval }) => variable(aval))],
  }));

type Rule = readonly [readonly NDArray[], readonly Tangent[]];

/** The loop of state and tangents; tangents of the state vary if they do after any number of steps. */
export const jvpOfWhile =
  (apply: ApplyWhile) =>
  (primals: readonly NDArray[], tangents: readonly Tangent[], params: WhileParams): Rule => {
    const [ofCondition, ofBody, state] = splitInputs(params, primals);
    const [, bodyTangents, stateTangents] = splitInputs(params, tangents);
    const moving = bodyTangents.map(isNonzero);
    const { carry, result } = settleCarry(stateTangents.map(isNonzero), (own) => {
      const { closed, depends } = jvpJaxpr(params.body, [...moving, ...own], own, "jvp of a while loop");
      return { closed, next: depends };
    });
    if (!carry.some(Boolean)) return [apply(primals, params), spreadTangents(carry, state, [])];
    const { closed } = result;
    const constants = [...closed.constants, ...ofBody];
    const constantTangents = bodyTangents.filter(isNonzero);
    const counts = [constants.length, state.length, constantTangents.length] as const;
    const results = applyLoop(
      apply,
      {
        condition: ignoring(params.condition, params.body.outputs, carry),
        ofCondition,
        body: constantsFirst(constantsAsInputs(closed.jaxpr), ...counts),
        ofBody: [...constants, ...constantTangents],
      },
      [...state, ...chosen(stateTangents, carry).map(materialize)],
    );
    const outputs = results.slice(0, state.length);
    return [outputs, spreadTangents(carry, outputs, results.slice(state.length))];
  };

/** Condition and body of the entries of the state that known values determine. */
interface Narrowed {
  readonly condition: Jaxpr;
  readonly body: Jaxpr;
}

const rememberNarrowed = remembering<Narrowed>();

/** Both parts without what depends on unknown inputs; `carry` are the entries of the state that do. */
const narrow = (params: WhileParams, unknown: readonly boolean[], carry: readonly boolean[]): Narrowed => {
  const { condition, body } = params;
  const [ofCondition, ofBody] = splitInputs(params, unknown);
  const part = (jaxpr: Jaxpr, constants: readonly boolean[], outputs: readonly Atom[]): Jaxpr => {
    const flags = [...constants, ...carry];
    const inputs = notChosen(jaxpr.inputs, flags);
    return removeDeadCode({ ...jaxpr, inputs, equations: independentEquations(jaxpr, flags), outputs });
  };
  return rememberNarrowed(condition, keyOf(keyOfOthers([condition, body]), unknown), () => ({
    condition: part(condition, ofCondition, condition.outputs),
    body: part(body, ofBody, notChosen(body.outputs, carry)),
  }));
};

/**
 * The entries of the state that known values determine, found by a loop of their own; the loop on the tape computes all
 * of the state again. Where the condition is unknown everything is.
 */
const knownLoop = (
  apply: ApplyWhile,
  inputs: readonly NDArray[],
  unknown: readonly boolean[],
  params: WhileParams,
): { readonly isLate: readonly boolean[]; readonly known: readonly NDArray[] } => {
  const [conditionUnknown, bodyUnknown, stateUnknown] = splitInputs(params, unknown);
  const { carry } = settleCarry(stateUnknown, (own) => ({
    next: dependents(params.body, [...bodyUnknown, ...own]),
  }));
  if (dependents(params.condition, [...conditionUnknown, ...carry])[0] === true)
    return { isLate: carry.map(() => true), known: [] };
  const [ofCondition, ofBody, state] = splitInputs(params, inputs);
  const operands = {
    ofCondition: notChosen(ofCondition, conditionUnknown),
    ofBody: notChosen(ofBody, bodyUnknown),
  };
  const known = applyLoop(apply, { ...narrow(params, unknown, carry), ...operands }, notChosen(state, carry));
  return { isLate: carry, known };
};

/** The loop once more, without the effects that it has had. */
const silently = (params: WhileParams): WhileParams => ({
  ...params,
  condition: withoutEffects(params.condition),
  body: withoutEffects(params.body),
});

export const linearizeWhile =
  (apply: ApplyWhile) =>
  (primals: readonly NDArray[], tangents: readonly Tangent[], params: WhileParams, { onTape }: SplitContext): Rule => {
    const outputs = apply(primals, params);
    const [, outTangents] = onTape(() => jvpOfWhile(apply)(primals, tangents, silently(params)));
    return [outputs, outTangents];
  };

export const splitWhile =
  (apply: ApplyWhile) =>
  (
    inputs: readonly NDArray[],
    unknown: readonly boolean[],
    params: WhileParams,
    { onTape }: SplitContext,
  ): readonly NDArray[] => {
    const { isLate, known } = knownLoop(apply, inputs, unknown, params);
    const results = onTape(() => apply(inputs, silently(params)));
    return mergeOutputs(isLate, known, chosen(results, isLate));
  };

export const refuseReverse = (): never => {
  throw new ReverseModeOfWhile(
    "reverse mode through whileLoop",
    "the number of steps depends on values, so the states that the way back needs have no static size",
    "Use scan, or foriLoop with bounds that are JavaScript numbers; forward mode (jvp, jacfwd); or customRoot for the fixed point of an iteration",
  );
};
