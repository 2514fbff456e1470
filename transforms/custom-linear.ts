/**
 * The linear map of a call with a reverse rule: known by its transpose, the backward rule; run forwards only
 * where the function has a forward rule too. Operands: residuals, primals (with a forward rule), tangents.
 */
import { ClosedOverDifferentiation, ForwardModeOfCustomVjp } from "../src/error.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import type { Aval } from "../src/ir/aval.ts";
import { defineMultiplePrimitive } from "../src/ir/define.ts";
import type { PrimitiveFunction } from "../src/ir/define.ts";
import { evaluateClosed } from "../src/ir/evaluate.ts";
import { isLinearInput, isNonzero, zero } from "../src/ir/primitive.ts";
import type { BatchContext, BatchDim } from "../src/ir/primitive.ts";
import { bind } from "../src/ir/trace.ts";
import { materialize } from "../ops/arithmetic.ts";
import { moveAxis, reduceSum } from "../ops/shape.ts";
import type { ArrayFunction } from "./closures.ts";
import { spreadNull, spreadTangents } from "./flagged.ts";
import { jvpFlat, linearizeFlat, refusing } from "./forward.ts";
import { batchUnderMark } from "./vmap.ts";

/** Residuals and output cotangents to input cotangents; null where an input has none. */
export type Backward = (residuals: readonly NDArray[], cotangents: readonly NDArray[]) => readonly (NDArray | null)[];

/** Primals and tangents to outputs and tangents; null is a tangent known to be zero. */
export type Pushforward = (
  primals: readonly NDArray[],
  tangents: readonly (NDArray | null)[],
) => readonly [outputs: readonly NDArray[], tangents: readonly (NDArray | null)[]];

/** Those that are not null. */
export const presentOf = (values: readonly (NDArray | null)[]): NDArray[] => values.filter((x) => x !== null);

export const forwardModeRefused = (name: string): never => {
  throw new ForwardModeOfCustomVjp(
    `forward-mode derivative of ${name}`,
    "it has a reverse rule (customVjp) only",
    "Give it a jvp rule too, or use reverse mode: grad, vjp, jacrev; for second derivatives jacrev(jacrev(f)) instead of hessian(f)",
  );
};

export const closedOverRefused = (name: string): never => {
  throw new ClosedOverDifferentiation(
    `derivative of ${name}`,
    "its rule uses a value from an enclosing scope that is being differentiated",
    "Pass that value as an argument, so that the rule sees its derivative, or wrap it in stopGradient",
  );
};

/**
 * A backward rule over a mapped axis: residuals have it at `residualDims`, output cotangents in front.
 * The cotangent of an input that is not mapped is the sum over the batch.
 */
export const batchBackward =
  (
    backward: Backward,
    residualDims: readonly BatchDim[],
    inputDims: readonly BatchDim[],
    context: BatchContext,
  ): Backward =>
  (residuals, cotangents) => {
    let present: boolean[] = [];
    const run: ArrayFunction = (own) => {
      const leaving = backward(own.slice(0, residuals.length), own.slice(residuals.length));
      present = leaving.map((cotangent) => cotangent !== null);
      return presentOf(leaving);
    };
    const leaving = batchUnderMark(
      context,
      run,
      [...residuals, ...cotangents],
      [...residualDims, ...cotangents.map(() => 0)],
    );
    return spreadNull(present, leaving).map((cotangent, k) => {
      if (cotangent === null) return null;
      const dim = inputDims[k]!;
      return dim === null ? reduceSum(cotangent, { axes: [0] }) : moveAxis(cotangent, 0, dim);
    });
  };

interface LinearParams {
  readonly name: string;
  readonly residualCount: number;
  readonly types: readonly Aval[];
  readonly backward: Backward;
  readonly pushforward: Pushforward | null;
  /** Tangents that were not zero when the map was made. */
  readonly moves: readonly boolean[];
}

/** The map run forwards, as a function of all operands. */
const runForwards =
  ({ name, residualCount, types, pushforward, moves }: LinearParams): ArrayFunction =>
  (inputs) => {
    if (pushforward === null) return forwardModeRefused(name);
    const primals = inputs.slice(residualCount, residualCount + moves.length);
    const tangents = inputs.slice(residualCount + moves.length);
    const [, moved] = pushforward(
      primals,
      tangents.map((tangent, k) => (moves[k]! ? tangent : null)),
    );
    return types.map((type, k) => moved[k] ?? materialize(zero(type)));
  };

export const customLinear: PrimitiveFunction<NDArray[], LinearParams, readonly NDArray[]> = defineMultiplePrimitive<
  NDArray[],
  LinearParams
>({
  name: "customLinear",
  evaluate: (inputs, params) => runForwards(params)(inputs),
  abstractEval: (_inputs, { types }) => types,
  jvp: (primals, tangents, params) =>
    jvpFlat(`the derivative of ${params.name}`, runForwards(params), primals, tangents),
  transpose: (cotangents, inputs, { residualCount, backward, moves }) => {
    const leaving = backward(inputs.slice(0, residualCount) as NDArray[], cotangents.map(materialize));
    const first = inputs.length - moves.length;
    return inputs.map((input, k) => (k >= first && isLinearInput(input) ? leaving[k - first]! : null));
  },
  batch: (inputs, dims, params, context) => {
    const { residualCount, types, backward, pushforward, moves } = params;
    const first = inputs.length - moves.length;
    const outputs = bind(customLinear.primitive, inputs, {
      ...params,
      types: types.map((type) => ({ ...type, shape: [context.size, ...type.shape] })),
      backward: batchBackward(backward, dims.slice(0, residualCount), dims.slice(first), context),
      pushforward: pushforward && batchTangents(params, dims, context),
    });
    return [outputs, outputs.map(() => 0)];
  },
  lower: { kind: "routine" },
  laws: { testedIn: "test/transforms/custom-vjp.test.ts" },
  linearize: (primals, tangents, params) => {
    const owner = `the derivative of ${params.name}`;
    const { outputs, linear, depends } = linearizeFlat(owner, runForwards(params), primals, tangents.map(isNonzero));
    const moved = evaluateClosed(linear, tangents.filter(isNonzero));
    return [outputs, spreadTangents(depends, outputs, moved)];
  },
  guard: (params, mark) => ({
    ...params,
    pushforward: params.pushforward && refusing(mark, params.name, params.pushforward),
  }),
});

/** The forward rule over a mapped axis, for its tangents alone. */
const batchTangents =
  (params: LinearParams, dims: readonly BatchDim[], context: BatchContext): Pushforward =>
  (primals, tangents) => {
    const { residualCount, moves } = params;
    const known = dims.slice(residualCount, residualCount + moves.length);
    const filled = tangents.map((tangent, k) => tangent ?? materialize(zero(primals[k]!)));
    const moving = tangents.map((tangent, k) =>
      tangent === null ? known[k]! : dims[residualCount + moves.length + k]!,
    );
    const run = runForwards({ ...params, residualCount: 0 });
    return [[], batchUnderMark(context, run, [...primals, ...filled], [...known, ...moving])];
  };
