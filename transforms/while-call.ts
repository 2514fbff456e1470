/**
 * The while primitive: state = body(state) as long as condition(state), both jaxprs.
 * Here: evaluation and types; its rules are in while-derivatives.ts and while-batching.ts.
 */
import type { ConcreteArray, NDArray } from "../src/array/ndarray.ts";
import { bufferOf } from "../src/array/ndarray.ts";
import { executeInner, executeLoop, holding } from "../src/backend/index.ts";
import { bytesOf } from "../src/compile/buffer-plan.ts";
import { defineMultiplePrimitive } from "../src/ir/define.ts";
import type { PrimitiveFunction } from "../src/ir/define.ts";
import type { Jaxpr } from "../src/ir/jaxpr.ts";
import type { Control } from "../src/ir/lowering.ts";
import { bind } from "../src/ir/trace.ts";
import { batchWhile } from "./while-batching.ts";
import { jvpOfWhile, linearizeWhile, refuseReverse, splitWhile } from "./while-derivatives.ts";
import { splitInputs } from "./while-parts.ts";
import type { ApplyWhile, WhileParams } from "./while-parts.ts";

const applyWhile: ApplyWhile = (operands, params) => bind(whileCall.primitive, operands, params);

const bytesOfState = ({ outputs }: Jaxpr): number => outputs.reduce((sum, { aval }) => sum + bytesOf(aval), 0);

const runWhile = (inputs: readonly ConcreteArray[], params: WhileParams): readonly ConcreteArray[] => {
  const [ofCondition, ofBody, init] = splitInputs(params, inputs);
  const stateBytes = bytesOfState(params.body);
  let state = init;
  for (let step = 1; ; step++) {
    // What has run so often may run as often again.
    const rest = executeLoop(whileCall.primitive, [...ofCondition, ...ofBody, ...state], params, step);
    if (rest !== null) return rest;
    const next = holding(step === 1 ? 0 : stateBytes, () => {
      const [isOn] = executeInner(params.condition, [...ofCondition, ...state], step);
      return bufferOf(isOn!)[0] === 0 ? null : executeInner(params.body, [...ofBody, ...state], step);
    });
    if (next === null) return state;
    state = next;
  }
};

export const whileCall: PrimitiveFunction<NDArray[], WhileParams, readonly NDArray[]> = defineMultiplePrimitive<
  NDArray[],
  WhileParams
>({
  name: "while",
  evaluate: (inputs, params) => runWhile(inputs, params),
  abstractEval: (_inputs, { body }) => body.outputs.map(({ aval: { shape, dtype } }) => ({ shape, dtype })),
  jvp: jvpOfWhile(applyWhile),
  linearize: linearizeWhile(applyWhile),
  split: splitWhile(applyWhile),
  transpose: refuseReverse,
  batch: batchWhile(applyWhile),
  lower: {
    kind: "control",
    control: (params) => ({ kind: "while", ...params }),
    parameters: (control) => {
      const { kind: _kind, ...params } = control as Extract<Control<Jaxpr>, { kind: "while" }>;
      return params;
    },
  },
  holds: ["condition", "body"],
  gate: (params, gated) => ({
    params: {
      condition: gated(params.condition),
      body: gated(params.body),
      conditionConstants: params.conditionConstants + 1,
      bodyConstants: params.bodyConstants + 1,
    },
    places: [0, params.conditionConstants],
  }),
  weakType: (_inputs, { body }) => body.outputs.map(({ aval }) => aval.weakType),
  workspace: ({ condition, body }, bytesOf) => bytesOfState(body) + Math.max(bytesOf(condition), bytesOf(body)),
  laws: { testedIn: "test/transforms/while-loop.test.ts" },
});
