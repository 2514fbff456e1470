/**
 * The primitives behind customVjp and customJvp: a call that holds a function and its rules, as closures while
 * evaluating (customCall), as jaxprs with common constants once staged (customRule). Forward mode runs the
 * forward rule, reverse mode the backward rule where there is one, else it transposes the forward rule.
 * Higher derivatives differentiate the rules' own code.
 */
import { isDebugging } from "../src/configure.ts";
import { TracerConversion } from "../src/error.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { avalOf } from "../src/ir/aval.ts";
import { evaluateClosed } from "../src/ir/evaluate.ts";
import { defineMultiplePrimitive } from "../src/ir/define.ts";
import type { PrimitiveFunction } from "../src/ir/define.ts";
import { isKnownInput, isLinearInput, isNonzero, isZero, notLinear, zero } from "../src/ir/primitive.ts";
import type { BatchContext, BatchDim, DifferentiationContext, Tangent } from "../src/ir/primitive.ts";
import { bind, isComputing, stageFunction } from "../src/ir/trace.ts";
import { isTracer } from "../src/ir/tracer.ts";
import { materialize } from "../ops/arithmetic.ts";
import type { ArrayFunction } from "./closures.ts";
import { batchBackward, closedOverRefused, customLinear, forwardModeRefused, presentOf } from "./custom-linear.ts";
import type { Backward, Pushforward } from "./custom-linear.ts";
import { closuresOf, stageRules } from "./custom-staging.ts";
import type { CustomFunction, StagedRules } from "./custom-staging.ts";
import { chosen, spreadCotangents, spreadNull } from "./flagged.ts";
import { refusing } from "./forward.ts";
import { transposeJaxpr } from "./jaxpr-transforms.ts";
import { requireLinearRule } from "./linear-rule.ts";
import { batchUnderMark } from "./vmap.ts";

type Derivative = [readonly NDArray[], readonly Tangent[]];

/** The same, refusing to use values that the differentiation with this mark is after, or to return them. */
const guarded = (
  { name, identity, call, forward, pushforward }: CustomFunction,
  mark: DifferentiationContext["mark"],
): CustomFunction => {
  const without = <T extends readonly (NDArray | null)[]>(values: T): T =>
    values.some((x) => isTracer(x) && x.mark === mark) ? closedOverRefused(name) : values;
  return {
    name,
    identity,
    call: (inputs) => without(refusing(mark, name, call)(inputs)),
    forward:
      forward &&
      ((inputs) => {
        const result = refusing(mark, name, forward)(inputs);
        without([...result.outputs, ...result.residuals]);
        const backward: Backward = (...parts) => without(refusing(mark, name, result.backward)(...parts));
        return { ...result, backward };
      }),
    pushforward:
      pushforward &&
      ((primals, tangents) => {
        const [outputs, moved] = refusing(mark, name, pushforward)(primals, tangents);
        return [without(outputs), without(moved)];
      }),
  };
};

/** Runs the forward rule. */
const pushCall = (
  { name, pushforward }: CustomFunction,
  primals: readonly NDArray[],
  tangents: readonly Tangent[],
): Derivative => {
  if (pushforward === null) return forwardModeRefused(name);
  if (isDebugging() && isComputing()) requireLinearRule(name, pushforward, primals, tangents.map(isNonzero));
  const [outputs, moved] = pushforward(
    primals,
    tangents.map((tangent) => (isZero(tangent) ? null : tangent)),
  );
  return [outputs, outputs.map((output, k): Tangent => moved[k] ?? zero(output))];
};

/** Runs the first half of the reverse rule; the second waits in a linear equation, with the forward rule if there is one. */
const linearizeCall = (
  custom: CustomFunction,
  primals: readonly NDArray[],
  tangents: readonly Tangent[],
): Derivative => {
  const { name, forward, pushforward } = custom;
  if (forward === null) return pushCall(custom, primals, tangents);
  const { outputs, residuals, backward } = forward(primals);
  const known = pushforward === null ? [] : primals;
  const outTangents = bind(customLinear.primitive, [...residuals, ...known, ...tangents.map(materialize)], {
    name,
    residualCount: residuals.length,
    types: outputs.map(avalOf),
    backward,
    pushforward,
    moves: tangents.map(isNonzero),
  });
  return [outputs, outTangents];
};

/** A forward rule over a mapped axis; tangents have it where their primals have it, results in front. */
const batchPushforward =
  (pushforward: Pushforward, dims: readonly BatchDim[], context: BatchContext): Pushforward =>
  (primals, tangents) => {
    const moves = tangents.map((tangent) => tangent !== null);
    let outputCount = 0;
    let given: boolean[] = [];
    const run: ArrayFunction = (own) => {
      const [outputs, moved] = pushforward(own.slice(0, primals.length), spreadNull(moves, own.slice(primals.length)));
      outputCount = outputs.length;
      given = moved.map((tangent) => tangent !== null);
      return [...outputs, ...presentOf(moved)];
    };
    const operands = [...primals, ...presentOf(tangents)];
    const results = batchUnderMark(context, run, operands, [...dims, ...chosen(dims, moves)]);
    return [results.slice(0, outputCount), spreadNull(given, results.slice(outputCount))];
  };

/** The first half of a reverse rule over a mapped axis; outputs and residuals have it in front. */
const batchForward =
  (
    forward: NonNullable<CustomFunction["forward"]>,
    dims: readonly BatchDim[],
    context: BatchContext,
  ): CustomFunction["forward"] =>
  (values) => {
    let outputCount = 0;
    let inner: Backward = () => [];
    const run: ArrayFunction = (own) => {
      const result = forward(own);
      outputCount = result.outputs.length;
      inner = result.backward;
      return [...result.outputs, ...result.residuals];
    };
    const results = batchUnderMark(context, run, values, dims);
    const residuals = results.slice(outputCount);
    const inFront = residuals.map(() => 0);
    const backward = batchBackward((...parts) => inner(...parts), inFront, dims, context);
    return { outputs: results.slice(0, outputCount), residuals, backward };
  };

const batchCall = (
  inputs: readonly NDArray[],
  dims: readonly BatchDim[],
  { name, identity, call, forward, pushforward }: CustomFunction,
  context: BatchContext,
): readonly [readonly NDArray[], readonly BatchDim[]] => {
  const outputs = bind(customCall.primitive, inputs, {
    name,
    identity: [...identity, `vmap ${context.size} ${dims.map(String).join()}`],
    call: (values) => batchUnderMark(context, call, values, dims),
    forward: forward && batchForward(forward, dims, context),
    pushforward: pushforward && batchPushforward(pushforward, dims, context),
  });
  return [outputs, outputs.map(() => 0)];
};

/** The staged form, or null where a rule looks at values, which some of its arguments may have even here. */
const stagedOrNull = (inputs: readonly NDArray[], custom: CustomFunction): ReturnType<typeof stageRules> | null => {
  try {
    return stageRules(inputs, custom);
  } catch (error) {
    if (error instanceof TracerConversion) return null;
    throw error;
  }
};

export const customCall: PrimitiveFunction<NDArray[], CustomFunction, readonly NDArray[]> = defineMultiplePrimitive<
  NDArray[],
  CustomFunction
>({
  name: "customCall",
  evaluate: (inputs, { call }) => call(inputs),
  abstractEval: (inputs, { name, call }) =>
    stageFunction(name, call, inputs).jaxpr.outputs.map((output) => output.aval),
  jvp: (primals, tangents, params, { mark }) => pushCall(guarded(params, mark), primals, tangents),
  linearize: (primals, tangents, params, { mark }) => {
    const own = guarded(params, mark);
    // The linear map may outlive the trace around it, so it should not hold closures over that trace's values.
    const rules = params.forward === null || isComputing() ? null : stagedOrNull(primals, own);
    if (rules === null) return linearizeCall(own, primals, tangents);
    const fixed = rules.constants.map(zero);
    return linearizeCall(closuresOf(rules.staged), [...rules.constants, ...primals], [...fixed, ...tangents]);
  },
  transpose: notLinear,
  batch: (inputs, dims, params, context) => batchCall(inputs, dims, params, context),
  guard: guarded,
  stage: (inputs, params) => {
    const { constants, staged } = stageRules(inputs, params);
    return bind(customRule.primitive, [...constants, ...inputs], staged);
  },
  lower: { kind: "routine" },
  laws: { testedIn: "test/transforms/custom-vjp.test.ts" },
});

const requireFixedConstants = ({ name, closedOver }: StagedRules, tangents: readonly Tangent[]): void => {
  if (tangents.slice(0, closedOver).some(isNonzero)) closedOverRefused(name);
};

export const customRule: PrimitiveFunction<NDArray[], StagedRules, readonly NDArray[]> = defineMultiplePrimitive<
  NDArray[],
  StagedRules
>({
  name: "customRule",
  evaluate: (inputs, params) => closuresOf(params).call(inputs),
  abstractEval: (_inputs, { primal }) => primal.outputs.map((output) => output.aval),
  jvp: (primals, tangents, params) => {
    const own = closuresOf(params);
    if (own.pushforward !== null) requireFixedConstants(params, tangents);
    return pushCall(own, primals, tangents);
  },
  linearize: (primals, tangents, params) => {
    requireFixedConstants(params, tangents);
    return linearizeCall(closuresOf(params), primals, tangents);
  },
  transpose: (cotangents, inputs, { primal }) => {
    // A linear function needs no rule: its own code is transposed.
    const { closed, leaving } = transposeJaxpr(primal, inputs.map(isLinearInput), cotangents.map(isNonzero));
    const operands = [...inputs.filter(isKnownInput), ...cotangents.filter(isNonzero)];
    return spreadCotangents(inputs, leaving, evaluateClosed(closed, operands));
  },
  batch: (inputs, dims, params, context) => batchCall(inputs, dims, closuresOf(params), context),
  lower: { kind: "inline", jaxpr: "primal" },
  holds: ["forward", "backward", "pushforward"],
  gate: (params, gated) => ({
    params: {
      ...params,
      closedOver: params.closedOver + 1,
      primal: gated(params.primal),
      forward: params.forward && gated(params.forward),
      backward: params.backward && gated(params.backward),
      pushforward: params.pushforward && gated(params.pushforward),
    },
    places: [0],
  }),
  weakType: (_inputs, { primal }) => primal.outputs.map((output) => output.aval.weakType),
  laws: { testedIn: "test/transforms/custom-vjp.test.ts" },
});
