/**
 * The primitives behind customVjp: the call (closures), its staged form (jaxprs with common constants),
 * and the linear map whose transpose runs the rule. Second derivatives differentiate the rule's own code.
 */
import { ClosedOverDifferentiation, ForwardModeOfCustomVjp } from "../src/error.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import type { Aval } from "../src/ir/aval.ts";
import { avalOf } from "../src/ir/aval.ts";
import type { Jaxpr } from "../src/ir/jaxpr.ts";
import { defineMultiplePrimitive } from "../src/ir/define.ts";
import type { PrimitiveFunction } from "../src/ir/define.ts";
import { isLinearInput, isZero } from "../src/ir/primitive.ts";
import type { BatchContext, BatchDim, DifferentiationContext, Tangent } from "../src/ir/primitive.ts";
import { materialize } from "../ops/arithmetic.ts";
import { moveAxis, reduceSum } from "../ops/shape.ts";
import { jaxprFunction, shareConstants, stageClosure } from "./closures.ts";
import type { ArrayFunction } from "./closures.ts";
import { refusing } from "./forward.ts";
import { batchUnderMark } from "./vmap.ts";

/** The forward rule on flat arrays: outputs, and residuals with the backward rule that takes them. */
export interface Forward {
  readonly outputs: readonly NDArray[];
  readonly residuals: readonly NDArray[];
  /** Residuals and output cotangents to input cotangents; null where an input has none. */
  readonly backward: Backward;
}

type Backward = (residuals: readonly NDArray[], cotangents: readonly NDArray[]) => readonly (NDArray | null)[];

interface CallParams {
  readonly name: string;
  readonly call: ArrayFunction;
  readonly forward: (inputs: readonly NDArray[]) => Forward;
}

interface LinearParams {
  readonly name: string;
  readonly residualCount: number;
  readonly types: readonly Aval[];
  readonly backward: Backward;
}

const forwardModeRefused = (name: string): never => {
  throw new ForwardModeOfCustomVjp(
    `forward-mode derivative of ${name}`,
    "it has a reverse rule (customVjp) only",
    "Use reverse mode: grad, vjp, jacrev; for second derivatives jacrev(jacrev(f)) instead of hessian(f)",
  );
};

/** Differentiates a call: the forward rule runs now, its backward rule waits in a linear equation. */
const linearizeCall = (
  params: CallParams,
  primals: readonly NDArray[],
  tangents: readonly Tangent[],
  { mark }: DifferentiationContext,
): [readonly NDArray[], readonly Tangent[]] => {
  const { outputs, residuals, backward } = refusing(mark, params.name, params.forward)(primals);
  const moving = tangents.map(materialize);
  const outTangents = customVjpLinear(...residuals, ...moving, {
    name: params.name,
    residualCount: residuals.length,
    types: outputs.map(avalOf),
    backward,
  });
  return [outputs, outTangents];
};

/**
 * A backward rule over a mapped axis: residuals have it at `residualDims`, output cotangents in front.
 * The cotangent of an input that is not mapped is the sum over the batch.
 */
const batchBackward =
  (
    backward: Backward,
    residualDims: readonly BatchDim[],
    inputDims: readonly BatchDim[],
    { mark, size }: BatchContext,
  ): Backward =>
  (residuals, cotangents) => {
    let present: boolean[] = [];
    const run: ArrayFunction = (own) => {
      const leaving = backward(own.slice(0, residuals.length), own.slice(residuals.length));
      present = leaving.map((cotangent) => cotangent !== null);
      return leaving.filter((cotangent): cotangent is NDArray => cotangent !== null);
    };
    const leaving = batchUnderMark(
      mark,
      size,
      run,
      [...residuals, ...cotangents],
      [...residualDims, ...cotangents.map(() => 0)],
    );
    let next = 0;
    return present.map((yes, k) => {
      if (!yes) return null;
      const cotangent = leaving[next++]!;
      const dim = inputDims[k]!;
      return dim === null ? reduceSum(cotangent, { axes: [0] }) : moveAxis(cotangent, 0, dim);
    });
  };

/** One function for both forms: rules given as closures. */
export const customVjpCall: PrimitiveFunction<NDArray[], CallParams, readonly NDArray[]> = defineMultiplePrimitive<
  NDArray[],
  CallParams
>({
  name: "customVjpCall",
  evaluate: (inputs, { call }) => call(inputs),
  abstractEval: (inputs, { name, call }) => stageClosure(name, call, inputs).jaxpr.outputs.map((output) => output.aval),
  jvp: (_primals, _tangents, { name }) => forwardModeRefused(name),
  linearize: (primals, tangents, params, context) => linearizeCall(params, primals, tangents, context),
  transpose: (_cotangents, _inputs, { name }) => forwardModeRefused(name),
  batch: (inputs, dims, params, { size, mark }) => {
    const call: ArrayFunction = (values) => batchUnderMark(mark, size, params.call, values, dims);
    const forward = (values: readonly NDArray[]): Forward => {
      let outputCount = 0;
      let inner: Backward = () => [];
      const results = batchUnderMark(
        mark,
        size,
        (own) => {
          const result = params.forward(own);
          outputCount = result.outputs.length;
          inner = result.backward;
          return [...result.outputs, ...result.residuals];
        },
        values,
        dims,
      );
      const inFront = results.slice(outputCount).map(() => 0);
      const backward = batchBackward((...parts) => inner(...parts), inFront, dims, { size, mark });
      return { outputs: results.slice(0, outputCount), residuals: results.slice(outputCount), backward };
    };
    const outputs = customVjpCall(...inputs, { name: params.name, call, forward });
    return [outputs, outputs.map(() => 0)];
  },
  guard: (params, mark) => ({
    ...params,
    call: refusing(mark, params.name, params.call),
    forward: refusing(mark, params.name, params.forward),
  }),
  stage: (inputs, params) => stageCall(inputs, params),
  lower: { kind: "routine" },
  laws: { testedIn: "test/transforms/custom-vjp.test.ts" },
});

interface StagedParams {
  readonly name: string;
  /** Leading inputs that the functions closed over: they have no cotangent. */
  readonly closedOver: number;
  readonly primal: Jaxpr;
  readonly forward: Jaxpr;
  readonly backward: Jaxpr;
  /** Which input cotangents the backward jaxpr returns. */
  readonly returned: readonly boolean[];
}

/** Traces the function and both rules, and records one equation that holds them. */
const stageCall = (inputs: readonly NDArray[], { name, call, forward }: CallParams): readonly NDArray[] => {
  const primal = stageClosure(name, call, inputs);
  const waiting = { backward: (() => []) as Backward, residualTypes: [] as Aval[] };
  const runForward: ArrayFunction = (values) => {
    const { outputs, residuals, backward } = forward(values);
    waiting.backward = backward;
    waiting.residualTypes = residuals.map(avalOf);
    return [...outputs, ...residuals];
  };
  const forwardJaxpr = stageClosure(`the forward rule of ${name}`, runForward, inputs);
  let returned: boolean[] = [];
  const cotangentTypes = primal.jaxpr.outputs.map(({ aval }) => ({ ...aval, weakType: false as const }));
  const backwardJaxpr = stageClosure(
    `the backward rule of ${name}`,
    (values) => {
      const leaving = waiting.backward(
        values.slice(0, waiting.residualTypes.length),
        values.slice(waiting.residualTypes.length),
      );
      returned = leaving.map((cotangent) => cotangent !== null);
      return leaving.filter((cotangent): cotangent is NDArray => cotangent !== null);
    },
    [...waiting.residualTypes, ...cotangentTypes],
  );
  const { constants, jaxprs } = shareConstants([primal, forwardJaxpr, backwardJaxpr]);
  return customVjpStaged(...constants, ...inputs, {
    name,
    closedOver: constants.length,
    primal: jaxprs[0]!,
    forward: jaxprs[1]!,
    backward: jaxprs[2]!,
    returned,
  });
};

/** The staged form seen as closures again: its closed-over inputs are inputs without a cotangent. */
const closuresOf = ({ name, closedOver, primal, forward, backward, returned }: StagedParams): CallParams => ({
  name,
  call: jaxprFunction(primal),
  forward: (inputs) => {
    const leading = inputs.slice(0, closedOver);
    const results = jaxprFunction(forward)(inputs);
    return {
      outputs: results.slice(0, primal.outputs.length),
      residuals: [...leading, ...results.slice(primal.outputs.length)],
      backward: (residuals, cotangents) => {
        const leaving = jaxprFunction(backward)([...residuals, ...cotangents]);
        let next = 0;
        return [...leading.map(() => null), ...returned.map((yes) => (yes ? leaving[next++]! : null))];
      },
    };
  },
});

export const customVjpStaged: PrimitiveFunction<NDArray[], StagedParams, readonly NDArray[]> = defineMultiplePrimitive<
  NDArray[],
  StagedParams
>({
  name: "customVjp",
  evaluate: (inputs, params) => closuresOf(params).call(inputs),
  abstractEval: (_inputs, { primal }) => primal.outputs.map((output) => output.aval),
  jvp: (_primals, _tangents, { name }) => forwardModeRefused(name),
  linearize: (primals, tangents, params, context) => {
    if (tangents.slice(0, params.closedOver).some((tangent) => !isZero(tangent)))
      throw new ClosedOverDifferentiation(
        `derivative of ${params.name}`,
        "its rule uses a value from an enclosing scope that is being differentiated",
        "Pass that value as an argument, so that the rule returns its cotangent, or wrap it in stopGradient",
      );
    return linearizeCall(closuresOf(params), primals, tangents, context);
  },
  transpose: (_cotangents, _inputs, { name }) => forwardModeRefused(name),
  batch: (inputs, dims, params, context) => customVjpCall.primitive.batch(inputs, dims, closuresOf(params), context),
  lower: { kind: "inline", jaxpr: "primal" },
  weakType: (_inputs, { primal }) => primal.outputs.map((output) => output.aval.weakType),
  laws: { testedIn: "test/transforms/custom-vjp.test.ts" },
});

/** The tangent map of a call: known only by its transpose, the backward rule. */
export const customVjpLinear: PrimitiveFunction<NDArray[], LinearParams, readonly NDArray[]> = defineMultiplePrimitive<
  NDArray[],
  LinearParams
>({
  name: "customVjpLinear",
  evaluate: (_inputs, { name }) => forwardModeRefused(name),
  abstractEval: (_inputs, { types }) => types,
  jvp: (_primals, _tangents, { name }) => forwardModeRefused(name),
  transpose: (cotangents, inputs, { residualCount, backward }) => {
    const leaving = backward(inputs.slice(0, residualCount) as NDArray[], cotangents.map(materialize));
    return [
      ...new Array<null>(residualCount).fill(null),
      ...leaving.map((cotangent, k) => (isLinearInput(inputs[residualCount + k]!) ? cotangent : null)),
    ];
  },
  batch: (inputs, dims, params, { size, mark }) => {
    const split = params.residualCount;
    const backward = batchBackward(params.backward, dims.slice(0, split), dims.slice(split), { size, mark });
    const types = params.types.map((type) => ({ ...type, shape: [size, ...type.shape] }));
    const outputs = customVjpLinear(...inputs, { ...params, types, backward });
    return [outputs, outputs.map(() => 0)];
  },
  lower: { kind: "routine" },
  laws: { testedIn: "test/transforms/custom-vjp.test.ts" },
});
