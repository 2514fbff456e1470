/**
 * A while loop over a mapped axis runs until every example is done; a finished one is kept as it is, and sees none of
 * the steps that others take.
 */
import type { NDArray } from "../src/array/ndarray.ts";
import { gatedEffects, hasEffects } from "../src/ir/effects.ts";
import { evaluateJaxpr } from "../src/ir/evaluate.ts";
import { constantsAsInputs, variable } from "../src/ir/jaxpr.ts";
import type { ClosedJaxpr, Jaxpr } from "../src/ir/jaxpr.ts";
import type { BatchContext, BatchDim } from "../src/ir/primitive.ts";
import { full } from "../ops/arithmetic.ts";
import { batchToFront } from "../ops/batching.ts";
import { and, select } from "../ops/comparison.ts";
import { asDType } from "../ops/conversion.ts";
import { reduceMax } from "../ops/extrema.ts";
import { batchJaxpr, stageOnTypesOf } from "./jaxpr-transforms.ts";
import { firstOf, onlyTaken, spreadMask } from "./mapped-choice.ts";
import { keyOf, keyOfOthers, remembering } from "./remember.ts";
import { settleCarry } from "./scan-parts.ts";
import { applyLoop, splitInputs } from "./while-parts.ts";
import type { ApplyWhile, WhileParams, WhileParts } from "./while-parts.ts";

const inFront = (flags: readonly boolean[]): BatchDim[] => flags.map((yes) => (yes ? 0 : null));

/** Both parts over a mapped axis, and which entries of the state have it. */
interface MappedLoop {
  readonly carry: readonly boolean[];
  /** Whether every example stops on its own: then both parts take first which examples they are for. */
  readonly isTestMapped: boolean;
  readonly test: ClosedJaxpr;
  readonly step: ClosedJaxpr;
}

const mapLoop = (params: WhileParams, isMapped: readonly boolean[], size: number): MappedLoop => {
  const [ofCondition, ofBody, state] = splitInputs(params, isMapped);
  const all = state.map(() => true);
  const { carry, result } = settleCarry(state, (own) => {
    const { closed, dims } = batchJaxpr(params.condition, inFront([...ofCondition, ...own]), size);
    if (dims[0] === null) {
      const step = batchJaxpr(params.body, inFront([...ofBody, ...own]), size, own);
      return { isTestMapped: false, test: closed, step: step.closed, next: step.dims.map((dim) => dim !== null) };
    }
    // A mapped condition stops every example on its own, so the whole state becomes mapped.
    const test = forSome(params.condition, [...ofCondition, ...all], size);
    return { isTestMapped: true, test, step: forSome(params.body, [...ofBody, ...all], size), next: all };
  });
  return { ...result, carry };
};

const rememberForSome = remembering<ClosedJaxpr>();

/** A part of the loop that takes first which examples it is for: those alone have its effects. */
const forSome = (part: Jaxpr, isMapped: readonly boolean[], size: number): ClosedJaxpr => {
  const all = part.outputs.map(() => true);
  if (hasEffects(part)) return batchJaxpr(gatedEffects(part), inFront([true, ...isMapped]), size, all).closed;
  const { closed } = batchJaxpr(part, inFront(isMapped), size, all);
  return rememberForSome(closed.jaxpr, "", () => {
    const unread = variable({ shape: [size], dtype: "bool", weakType: false });
    return { ...closed, jaxpr: { ...closed.jaxpr, inputs: [unread, ...closed.jaxpr.inputs] } };
  });
};

export const batchWhile =
  (apply: ApplyWhile) =>
  (
    inputs: readonly NDArray[],
    dims: readonly BatchDim[],
    params: WhileParams,
    { size }: BatchContext,
  ): readonly [readonly NDArray[], readonly BatchDim[]] => {
    const isMapped = dims.map((dim) => dim !== null);
    const fronted = inputs.map((x, k) => (isMapped[k]! ? batchToFront(x, dims[k]!, size) : x));
    const [ofCondition, ofBody, init] = splitInputs(params, fronted);
    const [, bodyMapped, initMapped] = splitInputs(params, isMapped);
    const { carry, isTestMapped, test, step } = mapLoop(params, isMapped, size);
    const state = init.map((x, k) => (carry[k]! && !initMapped[k]! ? batchToFront(x, null, size) : x));
    if (isTestMapped && size === 0) return [state, inFront(carry)];
    if (!isTestMapped)
      return [
        applyLoop(
          apply,
          {
            condition: constantsAsInputs(test.jaxpr),
            ofCondition: [...test.constants, ...ofCondition],
            body: constantsAsInputs(step.jaxpr),
            ofBody: [...step.constants, ...ofBody],
          },
          state,
        ),
        inFront(carry),
      ];
    const everyone = full(1, [size], "bool");
    const [running] = evaluateJaxpr(test.jaxpr, test.constants, [everyone, ...ofCondition, ...state]);
    const own = [...test.constants, ...ofCondition, ...step.constants, ...ofBody];
    const results = applyLoop(apply, stopOneByOne(test.jaxpr, step.jaxpr, bodyMapped, own), [running!, ...state]);
    return [results.slice(1), inFront(carry)];
  };

/**
 * A loop over examples: it goes on while any does, and changes only those. Which do is the first entry of its state, so
 * that the test is made once a step.
 */
const stopOneByOne = (
  test: Jaxpr,
  step: Jaxpr,
  bodyMapped: readonly boolean[],
  operands: readonly NDArray[],
): WhileParts => {
  const condition = whileAny(test, step.outputs);
  const body = ofRunning(test, step, bodyMapped);
  return {
    condition: constantsAsInputs(condition.jaxpr),
    ofCondition: condition.constants,
    body: constantsAsInputs(body.jaxpr),
    ofBody: [...body.constants, ...operands],
  };
};

const rememberAny = remembering<ClosedJaxpr>();

/** Whether any example goes on, from which do and their states. */
const whileAny = (test: Jaxpr, state: Jaxpr["outputs"]): ClosedJaxpr =>
  rememberAny(test, keyOf(state.length), () =>
    stageOnTypesOf("the condition of a while loop", [test.outputs[0]!, ...state], ([running]) => [
      reduceMax(running!, { axes: [0] }),
    ]),
  );

const rememberRunning = remembering<ClosedJaxpr>();

/**
 * A step of the examples that go on. It sees states (and mapped constants) of those only, so that what it would make
 * of finished ones - an error, a NaN - never comes up.
 * @param bodyMapped  which operands of the step before the state are mapped; the state is
 * @returns           from constants and operands of the test, those of the step, which examples go on, and the state
 */
const ofRunning = (test: Jaxpr, step: Jaxpr, bodyMapped: readonly boolean[]): ClosedJaxpr =>
  rememberRunning(test, keyOf(keyOfOthers([test, step]), bodyMapped), () => {
    const [mask, ...stepInputs] = step.inputs;
    const state = stepInputs.slice(bodyMapped.length);
    const ofTest = [test.constants, test.inputs.slice(1, test.inputs.length - state.length)] as const;
    const ofStep = [step.constants, stepInputs.slice(0, bodyMapped.length)] as const;
    return stageOnTypesOf("the body of a while loop", [...ofTest, ...ofStep, [mask!], state].flat(), (inputs) => {
      let at = 0;
      const take = ({ length }: readonly unknown[]): readonly NDArray[] => inputs.slice(at, (at += length));
      const [testConstants, testOperands] = ofTest.map(take);
      const [stepConstants, stepOperands] = ofStep.map(take);
      const [running, ...own] = inputs.slice(at);
      const first = firstOf(asDType(running!, "int32"));
      const seen = [...stepOperands!, ...own].map((x, k) =>
        bodyMapped[k] === false ? x : onlyTaken(x, running!, first),
      );
      const stepped = evaluateJaxpr(step, stepConstants!, [running!, ...seen]);
      const next = stepped.map((x, k) => select(spreadMask(running!, x.shape), x, own[k]!));
      const [holds] = evaluateJaxpr(test, testConstants!, [running!, ...testOperands!, ...next]);
      return [and(running!, holds!), ...next];
    });
  });
