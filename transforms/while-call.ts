/**
 * The while primitive: state = body(state) as long as condition(state), both jaxprs.
 * Forward mode carries tangents along. Its linear part runs the loop again with known values, so linearize works;
 * transposing it would need the states of all steps, whose number is not known: reverse mode refuses by name.
 * Under vmap the loop runs until every example is done; a finished one is kept as it is.
 */
import { ReverseModeOfWhile } from "../src/error.ts";
import type { ConcreteArray, NDArray } from "../src/array/ndarray.ts";
import { bufferOf } from "../src/array/ndarray.ts";
import { executeInner, holding } from "../src/backend/index.ts";
import { removeDeadCode } from "../src/compile/dead-code.ts";
import { bytesOfType } from "../src/compile/memory-plan.ts";
import { withoutEffects } from "../src/ir/effects.ts";
import type { Atom, ClosedJaxpr, Jaxpr } from "../src/ir/jaxpr.ts";
import { constantsAsInputs } from "../src/ir/jaxpr.ts";
import { defineMultiplePrimitive } from "../src/ir/define.ts";
import type { PrimitiveFunction } from "../src/ir/define.ts";
import { evaluateJaxpr } from "../src/ir/evaluate.ts";
import { routine } from "../src/ir/lowering.ts";
import { isNonzero } from "../src/ir/primitive.ts";
import type { BatchDim, Tangent } from "../src/ir/primitive.ts";
import { bind } from "../src/ir/trace.ts";
import { materialize, zerosOf } from "../ops/arithmetic.ts";
import { batchToFront } from "../ops/batching.ts";
import { ne, select } from "../ops/comparison.ts";
import { asDType } from "../ops/conversion.ts";
import { reduceMax } from "../ops/extrema.ts";
import {
  batchJaxpr,
  dependents,
  independentEquations,
  jvpJaxpr,
  mergeOutputs,
  remember,
  spreadTangents,
  stageOnTypesOf,
} from "./jaxpr-transforms.ts";
import { firstOf, onlyTaken, spreadMask } from "./mapped-choice.ts";
import { settleCarry } from "./scan-parts.ts";

export interface WhileParams {
  /** Its constants, then the state, to one bool. */
  readonly condition: Jaxpr;
  /** Its constants, then the state, to the next state. */
  readonly body: Jaxpr;
  readonly conditionConstants: number;
  readonly bodyConstants: number;
}

const split = <T>(
  { conditionConstants, bodyConstants }: WhileParams,
  operands: readonly T[],
): readonly [condition: readonly T[], body: readonly T[], state: readonly T[]] => [
  operands.slice(0, conditionConstants),
  operands.slice(conditionConstants, conditionConstants + bodyConstants),
  operands.slice(conditionConstants + bodyConstants),
];

const bytesOfState = ({ outputs }: Jaxpr): number => outputs.reduce((sum, { aval }) => sum + bytesOfType(aval), 0);

const runWhile = (inputs: readonly ConcreteArray[], params: WhileParams): readonly ConcreteArray[] => {
  const [ofCondition, ofBody, init] = split(params, inputs);
  const stateBytes = bytesOfState(params.body);
  let state = init;
  for (let step = 1; ; step++) {
    const next = holding(step === 1 ? 0 : stateBytes, () => {
      const [isOn] = executeInner(params.condition, [...ofCondition, ...state], step);
      return bufferOf(isOn!)[0] === 0 ? null : executeInner(params.body, [...ofBody, ...state], step);
    });
    if (next === null) return state;
    state = next;
  }
};

// --- Derivatives ------------------------------------------------------------------------------

/** The loop of state and tangents; tangents of the state vary if they do after any number of steps. */
const jvpOfWhile = (
  primals: readonly NDArray[],
  tangents: readonly Tangent[],
  params: WhileParams,
): readonly [readonly NDArray[], readonly Tangent[]] => {
  const [ofCondition, ofBody, state] = split(params, primals);
  const [, bodyTangents, stateTangents] = split(params, tangents);
  const moving = bodyTangents.map(isNonzero);
  const { carry, result } = settleCarry(stateTangents.map(isNonzero), (own) => {
    const body = jvpJaxpr(params.body, [...moving, ...own], own, "jvp of a while loop");
    return { ...body, next: body.depends };
  });
  if (!carry.some(Boolean)) return [bind(whileCall.primitive, primals, params), spreadTangents(carry, state, [])];
  const { closed } = result;
  const count = closed.constants.length;
  const own = ofBody.length;
  const moved = moving.filter(Boolean).length;
  // The body takes [constants, state, tangents of constants, tangents of state]: tangents of constants go forward.
  const body = remember(params.body, `while jvp ${moving.join()} ${carry.join()}`, () => {
    const jaxpr = constantsAsInputs(closed.jaxpr);
    const at = count + own + state.length;
    return {
      ...jaxpr,
      inputs: [
        ...jaxpr.inputs.slice(0, count + own),
        ...jaxpr.inputs.slice(at, at + moved),
        ...jaxpr.inputs.slice(count + own, at),
        ...jaxpr.inputs.slice(at + moved),
      ],
    };
  });
  const condition = remember(params.condition, `while ignoring ${carry.join()}`, () =>
    ignoring(
      params.condition,
      state.filter((_, k) => carry[k]!),
    ),
  );
  const results = bind(
    whileCall.primitive,
    [
      ...ofCondition,
      ...closed.constants,
      ...ofBody,
      ...bodyTangents.filter(isNonzero),
      ...state,
      ...stateTangents.filter((_, k) => carry[k]!).map(materialize),
    ],
    { condition, body, conditionConstants: ofCondition.length, bodyConstants: count + own + moved },
  );
  const outputs = results.slice(0, state.length);
  return [outputs, spreadTangents(carry, outputs, results.slice(state.length))];
};

/** The condition of a state with further arrays at its end, which it does not read. */
const ignoring = (condition: Jaxpr, further: readonly NDArray[]): Jaxpr =>
  stageOnTypesOf(
    "the condition of a while loop",
    [...condition.inputs, ...further.map((aval) => ({ aval }))],
    (inputs) => evaluateJaxpr(condition, [], inputs.slice(0, condition.inputs.length)),
  ).jaxpr;

/**
 * The entries of the state that known values determine, found by a loop of their own; the loop on the tape computes all
 * of the state again. Where the condition is unknown everything is.
 */
const knownLoop = (
  inputs: readonly NDArray[],
  unknown: readonly boolean[],
  params: WhileParams,
): { readonly isLate: readonly boolean[]; readonly known: readonly NDArray[] } => {
  const [conditionUnknown, bodyUnknown, stateUnknown] = split(params, unknown);
  const { carry } = settleCarry(stateUnknown, (own) => ({
    next: dependents(params.body, [...bodyUnknown, ...own]),
  }));
  if (dependents(params.condition, [...conditionUnknown, ...carry])[0] === true)
    return { isLate: carry.map(() => true), known: [] };
  const [ofCondition, ofBody, state] = split(params, inputs);
  const keep = <T>(values: readonly T[], flags: readonly boolean[]): T[] => values.filter((_, k) => !flags[k]!);
  const narrowed = remember(params.body, `while known ${unknown.join()}`, () => {
    const narrow = (jaxpr: Jaxpr, constants: readonly boolean[], outputs: readonly Atom[]): Jaxpr => {
      const flags = [...constants, ...carry];
      const equations = independentEquations(jaxpr, flags);
      return removeDeadCode({ ...jaxpr, inputs: keep(jaxpr.inputs, flags), equations, outputs });
    };
    return {
      condition: narrow(params.condition, conditionUnknown, params.condition.outputs),
      body: narrow(params.body, bodyUnknown, keep(params.body.outputs, carry)),
    };
  });
  const [conditionConstants, bodyConstants] = [keep(ofCondition, conditionUnknown), keep(ofBody, bodyUnknown)];
  const known = bind(whileCall.primitive, [...conditionConstants, ...bodyConstants, ...keep(state, carry)], {
    ...narrowed,
    conditionConstants: conditionConstants.length,
    bodyConstants: bodyConstants.length,
  });
  return { isLate: carry, known };
};

/** The loop once more, without the effects that it has had. */
const silently = (params: WhileParams): WhileParams => ({
  ...params,
  condition: withoutEffects(params.condition),
  body: withoutEffects(params.body),
});

const refuseReverse = (): never => {
  throw new ReverseModeOfWhile(
    "reverse mode through whileLoop",
    "the number of steps depends on values, so the states that the way back needs have no static size",
    "Use scan, or foriLoop with bounds that are JavaScript numbers; forward mode (jvp, jacfwd); or customRoot for the fixed point of an iteration",
  );
};

// --- Batching ---------------------------------------------------------------------------------

const batchWhile = (
  inputs: readonly NDArray[],
  dims: readonly BatchDim[],
  params: WhileParams,
  size: number,
): readonly [readonly NDArray[], readonly BatchDim[]] => {
  const fronted = inputs.map((x, k) => (dims[k] === null ? x : batchToFront(x, dims[k]!, size)));
  const [ofCondition, ofBody, state] = split(params, fronted);
  const [conditionDims, bodyDims, stateDims] = split(
    params,
    dims.map((dim): BatchDim => (dim === null ? null : 0)),
  );
  const inFront = (flags: readonly boolean[]): BatchDim[] => flags.map((yes) => (yes ? 0 : null));
  const all = state.map(() => true);
  const settled = settleCarry(
    stateDims.map((dim) => dim !== null),
    (own) => {
      const test = batchJaxpr(params.condition, [...conditionDims, ...inFront(own)], size);
      const isMapped = test.dims[0] !== null;
      // A mapped condition stops every example on its own, so the whole state becomes mapped.
      const step = batchJaxpr(params.body, [...bodyDims, ...inFront(own)], size, isMapped ? all : own);
      return { test, step, isMapped, next: isMapped ? all : step.dims.map((dim) => dim !== null) };
    },
  );
  const { carry } = settled;
  const { test, step, isMapped } = settled.result;
  const key = `while batch ${size} ${dims.map(String).join()}`;
  const loop = isMapped ? stopOneByOne(params, key, test.closed, step.closed, bodyDims, state.length) : null;
  const condition = loop?.condition ?? test.closed;
  const body = loop?.body ?? step.closed;
  const bodyOperands = [
    ...(loop === null ? [] : [...test.closed.constants, ...ofCondition]),
    ...step.closed.constants,
    ...ofBody,
  ];
  const results = bind(
    whileCall.primitive,
    [
      ...condition.constants,
      ...(loop === null ? [] : test.closed.constants),
      ...ofCondition,
      ...(loop === null ? [] : body.constants),
      ...bodyOperands,
      ...state.map((x, k) => (carry[k]! && stateDims[k] === null ? batchToFront(x, null, size) : x)),
    ],
    {
      condition: constantsAsInputs(condition.jaxpr),
      body: constantsAsInputs(body.jaxpr),
      conditionConstants:
        condition.constants.length + (loop === null ? 0 : test.closed.constants.length) + ofCondition.length,
      bodyConstants: (loop === null ? 0 : body.constants.length) + bodyOperands.length,
    },
  );
  return [results, inFront(carry)];
};

/**
 * A loop over examples: it goes on while any example does, and changes only those. The body sees states (and mapped
 * constants) of examples that go on, so that what it would make of finished ones - an error, a NaN - never comes up.
 */
const stopOneByOne = (
  params: WhileParams,
  key: string,
  test: ClosedJaxpr,
  step: ClosedJaxpr,
  bodyDims: readonly BatchDim[],
  stateCount: number,
): { readonly condition: ClosedJaxpr; readonly body: ClosedJaxpr } =>
  remember(params.body, key, () => {
    const testJaxpr = constantsAsInputs(test.jaxpr);
    const stepJaxpr = constantsAsInputs(step.jaxpr);
    const condition = stageOnTypesOf("the condition of a while loop", testJaxpr.inputs, (inputs) => {
      const [holds] = evaluateJaxpr(testJaxpr, [], inputs);
      const running = asDType(holds!, "int32");
      const any = running.size === 0 ? zerosOf([], "int32") : reduceMax(running, { axes: [0] });
      return [ne(any, zerosOf([], "int32"))];
    });
    const testCount = testJaxpr.inputs.length - stateCount;
    const body = stageOnTypesOf(
      "the body of a while loop",
      [...testJaxpr.inputs.slice(0, testCount), ...stepJaxpr.inputs],
      (inputs) => {
        const state = inputs.slice(inputs.length - stateCount);
        const [holds] = evaluateJaxpr(testJaxpr, [], [...inputs.slice(0, testCount), ...state]);
        if (holds!.size === 0) return state;
        const first = firstOf(asDType(holds!, "int32"));
        const isMapped = [
          ...step.constants.map(() => false),
          ...bodyDims.map((dim) => dim !== null),
          ...state.map(() => true),
        ];
        const own = inputs.slice(testCount).map((x, k) => (isMapped[k]! ? onlyTaken(x, holds!, first) : x));
        const next = evaluateJaxpr(stepJaxpr, [], own);
        return next.map((x, k) => select(spreadMask(holds!, x.shape), x, state[k]!));
      },
    );
    return { condition, body };
  });

// --- The primitive ----------------------------------------------------------------------------

export const whileCall: PrimitiveFunction<NDArray[], WhileParams, readonly NDArray[]> = defineMultiplePrimitive<
  NDArray[],
  WhileParams
>({
  name: "while",
  evaluate: (inputs, params) => runWhile(inputs, params),
  abstractEval: (_inputs, { body }) => body.outputs.map(({ aval: { shape, dtype } }) => ({ shape, dtype })),
  jvp: (primals, tangents, params) => jvpOfWhile(primals, tangents, params),
  linearize: (primals, tangents, params, { onTape }) => {
    const outputs = bind(whileCall.primitive, primals, params);
    const [, outTangents] = onTape(() => jvpOfWhile(primals, tangents, silently(params)));
    return [outputs, outTangents];
  },
  split: (inputs, unknown, params, { onTape }) => {
    const { isLate, known } = knownLoop(inputs, unknown, params);
    const results = onTape(() => bind(whileCall.primitive, inputs, silently(params)));
    return mergeOutputs(
      isLate,
      known,
      results.filter((_, k) => isLate[k]!),
    );
  },
  transpose: refuseReverse,
  batch: (inputs, dims, params, { size }) => batchWhile(inputs, dims, params, size),
  lower: routine,
  weakType: (_inputs, { body }) => body.outputs.map(({ aval }) => aval.weakType),
  workspace: ({ condition, body }, bytesOf) => bytesOfState(body) + Math.max(bytesOf(condition), bytesOf(body)),
  laws: { testedIn: "test/transforms/while-loop.test.ts" },
});
