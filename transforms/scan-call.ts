/**
 * The scan primitive: a loop of known length whose body is a jaxpr.
 *   (carry, y_t) = body(constants, carry, x_t);  outputs: the last carry and all y stacked.
 * Here: evaluation, types and batching; its derivatives are in scan-derivatives.ts.
 */
import { allocate } from "../src/array/storage.ts";
import type { ConcreteArray, NDArray } from "../src/array/ndarray.ts";
import { bufferOf, fromBuffer } from "../src/array/ndarray.ts";
import { sizeOf } from "../src/array/shape.ts";
import { executeInner, executeLoop, holding } from "../src/backend/index.ts";
import { bytesOf } from "../src/compile/buffer-plan.ts";
import { defineMultiplePrimitive } from "../src/ir/define.ts";
import type { PrimitiveFunction } from "../src/ir/define.ts";
import { constantsAsInputs } from "../src/ir/jaxpr.ts";
import type { Jaxpr } from "../src/ir/jaxpr.ts";
import type { Control } from "../src/ir/lowering.ts";
import type { BatchDim, TypeOf } from "../src/ir/primitive.ts";
import { bind } from "../src/ir/trace.ts";
import { batchToFront } from "../ops/batching.ts";
import { moveAxis } from "../ops/shape.ts";
import { batchJaxpr } from "./jaxpr-transforms.ts";
import { jvpOfScan, transposeScan } from "./scan-derivatives.ts";
import { linearizeScan, splitScan } from "./scan-splitting.ts";
import { applyParts, settleCarry, slotLists, splitOperands } from "./scan-parts.ts";
import type { ApplyScan, ScanParams } from "./scan-parts.ts";

const applyScan: ApplyScan = (operands, params) => bind(scanCall.primitive, operands, params);

/** Row `at` of the leading axis; shares the buffer. */
const rowOf = (x: ConcreteArray, at: number): ConcreteArray => {
  const shape = x.shape.slice(1);
  const count = sizeOf(shape);
  return fromBuffer(bufferOf(x).subarray(at * count, (at + 1) * count), shape, x.dtype, x.weakType);
};

/** Bytes of the carry that one step hands to the next, and of the stacks that all steps fill. */
const bytesOfState = ({
  jaxpr,
  length,
  carryCount,
}: ScanParams): { readonly carry: number; readonly stacks: number } => {
  const bytes = jaxpr.outputs.map(({ aval }) => bytesOf(aval));
  const sum = (part: readonly number[]): number => part.reduce((total, own) => total + own, 0);
  return { carry: length > 1 ? sum(bytes.slice(0, carryCount)) : 0, stacks: length * sum(bytes.slice(carryCount)) };
};

const runScan = (inputs: readonly ConcreteArray[], params: ScanParams): readonly ConcreteArray[] => {
  const { jaxpr, length, reverse, carryCount } = params;
  const [constants, init, xs] = splitOperands(params, inputs);
  let carry = init;
  const rows = jaxpr.outputs
    .slice(carryCount)
    .map(({ aval: { shape, dtype } }) => ({ shape, dtype, count: sizeOf(shape) }));
  const stacks = rows.map(({ dtype, count }) => allocate(dtype, length * count));
  const bytes = bytesOfState(params);
  for (let step = 0; step < length; step++) {
    const at = reverse ? length - 1 - step : step;
    const outputs = holding(bytes.stacks + (step === 0 ? 0 : bytes.carry), () =>
      executeInner(jaxpr, [...constants, ...carry, ...xs.map((x) => rowOf(x, at))], length),
    );
    carry = outputs.slice(0, carryCount);
    stacks.forEach((stack, k) => stack.set(bufferOf(outputs[carryCount + k]!), at * rows[k]!.count));
  }
  return [...carry, ...stacks.map((stack, k) => fromBuffer(stack, [length, ...rows[k]!.shape], rows[k]!.dtype))];
};

const outputTypes = ({ jaxpr, length, carryCount }: ScanParams): readonly TypeOf[] =>
  jaxpr.outputs.map(({ aval: { shape, dtype } }, k) => ({ shape: k < carryCount ? shape : [length, ...shape], dtype }));

/** The mapped axis of a stacked operand goes behind the axis of steps, so that it is in front in every row. */
const behindSteps = (x: NDArray, dim: BatchDim): NDArray => (dim === null ? x : moveAxis(x, dim, 1));

const batchScan = (
  inputs: readonly NDArray[],
  dims: readonly BatchDim[],
  params: ScanParams,
  size: number,
): readonly [readonly NDArray[], readonly BatchDim[]] => {
  const { jaxpr, carryCount } = params;
  const [constDims, carryDims, xDims] = splitOperands(params, dims);
  const inFront = (flags: readonly boolean[]): BatchDim[] => flags.map((yes) => (yes ? 0 : null));
  const rowDims = inFront(xDims.map((dim) => dim !== null));
  const { carry, result } = settleCarry(
    carryDims.map((dim) => dim !== null),
    (own) => {
      const body = batchJaxpr(jaxpr, [...constDims, ...inFront(own), ...rowDims], size, own);
      return { ...body, next: body.dims.map((dim) => dim !== null) };
    },
  );
  const { closed, dims: outDims } = result;
  const body = constantsAsInputs(closed.jaxpr);
  const [ofConstants, ofCarry, ofXs] = splitOperands(params, inputs);
  const [fixed, constants, init, xs] = slotLists(body.inputs, [
    closed.constants,
    ofConstants,
    ofCarry.map((x, k) => (carry[k]! ? batchToFront(x, carryDims[k]!, size) : x)),
    ofXs.map((x, k) => behindSteps(x, xDims[k]!)),
  ]);
  const [lastCarry, ys] = applyParts(applyScan, { from: body, key: "batch" }, params, {
    constants: [...fixed, ...constants],
    carry: init,
    xs,
    equations: body.equations,
    nextCarry: body.outputs.slice(0, carryCount),
    ys: body.outputs.slice(carryCount),
  });
  const yDims = outDims.slice(carryCount).map((dim) => (dim === null ? null : dim + 1));
  return [
    [...lastCarry, ...ys],
    [...inFront(carry), ...yDims],
  ];
};

export const scanCall: PrimitiveFunction<NDArray[], ScanParams, readonly NDArray[]> = defineMultiplePrimitive<
  NDArray[],
  ScanParams
>({
  name: "scan",
  evaluate: (inputs, params) =>
    executeLoop(scanCall.primitive, inputs, params, params.length) ?? runScan(inputs, params),
  abstractEval: (_inputs, params) => outputTypes(params),
  jvp: jvpOfScan(applyScan),
  linearize: linearizeScan(applyScan),
  split: splitScan(applyScan),
  transpose: transposeScan(applyScan),
  batch: (inputs, dims, params, { size }) => batchScan(inputs, dims, params, size),
  lower: {
    kind: "control",
    control: ({ jaxpr, length, reverse, constCount, carryCount }) => ({
      kind: "scan",
      body: jaxpr,
      length,
      reverse,
      constCount,
      carryCount,
    }),
    parameters: (control) => {
      const { body, length, reverse, constCount, carryCount } = control as Extract<Control<Jaxpr>, { kind: "scan" }>;
      return { jaxpr: body, length, reverse, constCount, carryCount };
    },
  },
  holds: ["jaxpr"],
  gate: (params, gated) => ({
    params: { ...params, jaxpr: gated(params.jaxpr), constCount: params.constCount + 1 },
    places: [0],
  }),
  weakType: (_inputs, { jaxpr }) => jaxpr.outputs.map(({ aval }) => aval.weakType),
  workspace: (params, bytesOf) => {
    const { carry, stacks } = bytesOfState(params);
    return params.length === 0 ? 0 : carry + stacks + bytesOf(params.jaxpr);
  },
  laws: { testedIn: "test/transforms/scan.test.ts" },
});
