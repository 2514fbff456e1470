/**
 * Callback family: callback runs a host function on concrete arrays from inside traced code.
 * The function is pure and declares the types of its results, which are checked on every call.
 * It has no derivative of its own; customVjp, customJvp or customLinearSolve around it gives one.
 * hostEffect runs one for what it does (printing) instead of what it returns, each time and in order; gates say for
 * which examples of a vmap.
 */
import { DTypeMismatch, ShapeMismatch, TreeMismatch } from "../src/error.ts";
import type { ConcreteArray, NDArray } from "../src/array/ndarray.ts";
import { bufferOf, fromBuffer, isConcrete } from "../src/array/ndarray.ts";
import { sameShape, showShape } from "../src/array/shape.ts";
import type { Shape } from "../src/array/shape.ts";
import { defineMultiplePrimitive } from "../src/ir/define.ts";
import type { PrimitiveFunction } from "../src/ir/define.ts";
import { routine } from "../src/ir/lowering.ts";
import { notDifferentiable, notLinear } from "../src/ir/primitive.ts";
import type { BatchDim, Primitive, TypeOf } from "../src/ir/primitive.ts";
import { bind, withEvaluation } from "../src/ir/trace.ts";
import { zerosOf } from "./arithmetic.ts";
import { batchToFront } from "./batching.ts";
import { and } from "./comparison.ts";
import { reduceMax } from "./extrema.ts";
import { gather } from "./indexing.ts";
import { join, sliceAxis } from "./slicing.ts";
import { broadcast, moveAxis, reshape } from "./shape.ts";

/** A function of the host: concrete arrays in, the declared number of concrete arrays out. */
export type HostFunction = (inputs: readonly ConcreteArray[]) => readonly NDArray[];

export interface CallbackParams {
  readonly call: HostFunction;
  /** Shape and dtype of every result. */
  readonly outputs: readonly TypeOf[];
  /**
   * What vmap does: "sequential" calls the function once per example; "batched" calls it once with
   * the mapped axis in front of every input and expects it in front of every result.
   */
  readonly vectorized: "sequential" | "batched";
}

const asked = "pureCallback";

const describe = (value: unknown): string => {
  if (value === null || value === undefined) return String(value);
  return typeof value === "object" ? `a ${value.constructor?.name ?? "bare object"}` : `a ${typeof value}`;
};

const requireOutputs = (results: unknown, outputs: readonly TypeOf[]): readonly ConcreteArray[] => {
  if (!Array.isArray(results) || results.length !== outputs.length) {
    const seen = Array.isArray(results) ? `${results.length} results` : describe(results);
    throw new TreeMismatch(
      asked,
      `the function returned ${seen} where a list of ${outputs.length} arrays is declared`,
      "Return one array for every declared output, at once and not as a promise",
    );
  }
  return results.map((result: unknown, k) => {
    const { shape, dtype } = outputs[k]!;
    const declared = `${dtype}${showShape(shape)} is declared`;
    if (!isConcrete(result))
      throw new TreeMismatch(asked, `output ${k} is ${describe(result)} where ${declared}`, "Return arrays");
    if (!sameShape(result.shape, shape))
      throw new ShapeMismatch(
        asked,
        `output ${k} has shape ${showShape(result.shape)} where ${declared}`,
        "Return what is declared",
      );
    if (result.dtype !== dtype)
      throw new DTypeMismatch(
        asked,
        `output ${k} is ${result.dtype} where ${declared}`,
        "Return what is declared; array(data, { dtype }) sets the type",
      );
    return result;
  });
};

const run = (
  call: HostFunction,
  inputs: readonly ConcreteArray[],
  outputs: readonly TypeOf[],
): readonly ConcreteArray[] => withEvaluation(() => requireOutputs(call(inputs), outputs));

/** Results of a host function of the inputs. */
export const callback: PrimitiveFunction<readonly NDArray[], CallbackParams, readonly NDArray[]> =
  defineMultiplePrimitive<readonly NDArray[], CallbackParams>({
    name: "callback",
    evaluate: (inputs, { call, outputs }) => run(call, inputs, outputs),
    abstractEval: (_inputs, { outputs }) => outputs,
    jvp: notDifferentiable(asked, "Wrap it in customJvp, customVjp or customLinearSolve"),
    transpose: notLinear,
    batch: (inputs, dims, params, { size }) => {
      const batched = batchedOutputs(params.outputs, size);
      if (params.vectorized === "batched")
        return [
          bind(
            callback.primitive,
            inputs.map((x, k) => batchToFront(x, dims[k]!, size)),
            { ...params, outputs: batched },
          ),
          batched.map(() => 0),
        ];
      const fronted = inputs.map((x, k) => (dims[k] === null ? x : moveAxis(x, dims[k]!, 0)));
      return [
        bind(callback.primitive, fronted, { ...params, call: oneByOne(params, dims, size), outputs: batched }),
        batched.map(() => 0),
      ];
    },
    lower: routine,
    weakType: () => false,
    laws: { testedIn: "test/ops/callback.test.ts" },
  });

const batchedOutputs = (outputs: readonly TypeOf[], size: number): TypeOf[] =>
  outputs.map(({ shape, dtype }) => ({ shape: [size, ...shape], dtype }));

/** The host function applied to one example after the other; mapped inputs have the mapped axis in front. */
const oneByOne =
  ({ call, outputs }: CallbackParams, dims: readonly BatchDim[], size: number): HostFunction =>
  (inputs) => {
    const rows: (readonly ConcreteArray[])[] = [];
    for (let example = 0; example < size; example++) {
      const own = inputs.map((x, k) =>
        dims[k] === null
          ? x
          : (reshape(sliceAxis(x, 0, example, example + 1), { shape: x.shape.slice(1) }) as ConcreteArray),
      );
      rows.push(run(call, own, outputs));
    }
    return outputs.map(({ shape, dtype }, k) =>
      stack(
        rows.map((row) => row[k]!),
        shape,
        dtype,
      ),
    );
  };

const stack = (parts: readonly NDArray[], shape: Shape, dtype: TypeOf["dtype"]): NDArray =>
  parts.length === 0
    ? zerosOf([0, ...shape], dtype)
    : join(
        parts.map((part) => reshape(part, { shape: [1, ...shape] })),
        0,
      );

// --- Effects ----------------------------------------------------------------------------------

export interface HostEffectParams {
  readonly call: (inputs: readonly ConcreteArray[]) => void;
  readonly vectorized: CallbackParams["vectorized"];
  /** Leading operands that must all hold, else nothing happens; none without it. Batched, they hold row by row. */
  readonly gates?: number;
}

/** Where all gates hold. Leading axes are those of the outer maps, which all gates have. */
const allHold = (gates: readonly NDArray[]): NDArray => {
  const { shape } = gates.reduce((deepest, gate) => (gate.shape.length > deepest.shape.length ? gate : deepest));
  return gates
    .map((gate) => broadcast(gate, { shape, axes: gate.shape.map((_, axis) => axis) }))
    .reduce((all, gate) => and(all, gate));
};

/** Rows of arrays with the mapped axis in front, those in the mask. */
const rowsWhere = (mask: ConcreteArray, arrays: readonly ConcreteArray[]): readonly ConcreteArray[] => {
  const holds = bufferOf(mask);
  const places = Int32Array.from(holds.keys()).filter((row) => holds[row] !== 0);
  if (places.length === holds.length) return arrays;
  const indices = fromBuffer(places, [places.length, 1], "int32");
  return arrays.map((x) => gather(x, indices, { mode: "clip", batchDims: 0 }) as ConcreteArray);
};

const runEffect = ({ call, gates = 0 }: HostEffectParams, inputs: readonly ConcreteArray[]): void => {
  if (gates === 0) return call(inputs);
  const open = allHold(inputs.slice(0, gates));
  const axes = open.shape.slice(1).map((_, axis) => axis + 1);
  // Of an example mapped more than once it is enough that one of its own examples is there.
  const rows = (axes.length === 0 ? open : reduceMax(open, { axes })) as ConcreteArray;
  const values = inputs.slice(gates);
  if (!bufferOf(rows).includes(1)) return;
  call(rows.shape.length === 0 ? values : rowsWhere(rows, values));
};

/** What is the same for all examples is seen once, if one of them is there. */
const batchGates = (
  inputs: readonly NDArray[],
  dims: readonly BatchDim[],
  params: HostEffectParams & { readonly gates: number },
  size: number,
): void => {
  const fronted = inputs.slice(0, params.gates).map((gate, k) => batchToFront(gate, dims[k]!, size));
  if (size === 0) return;
  const open = reduceMax(allHold(fronted), { axes: [0] });
  bind(hostEffect.primitive, [open, ...inputs.slice(params.gates)], { ...params, gates: 1 });
};

/**
 * Runs a host function for its effect; no outputs. Derivatives pass by it: it sees primals, once.
 * Operands that are tangents are seen where tangents are computed, so never in reverse mode.
 */
export const hostEffect: PrimitiveFunction<readonly NDArray[], HostEffectParams, readonly NDArray[]> =
  defineMultiplePrimitive<readonly NDArray[], HostEffectParams>({
    name: "hostEffect",
    evaluate: (inputs, params) => withEvaluation(() => (runEffect(params, inputs), [])),
    abstractEval: () => [],
    jvp: (primals, _tangents, params) => [bind(hostEffect.primitive, primals, params), []],
    transpose: (_cotangents, inputs) => inputs.map(() => null),
    batch: (inputs, dims, params, { size }) => {
      if (params.vectorized === "batched") {
        bind(
          hostEffect.primitive,
          inputs.map((x, k) => batchToFront(x, dims[k]!, size)),
          params,
        );
        return [[], []];
      }
      const { gates = 0, vectorized } = params;
      if (dims.slice(gates).every((dim) => dim === null)) {
        batchGates(inputs, dims, { ...params, gates }, size);
        return [[], []];
      }
      const fronted = inputs.map((x, k) => (dims[k] === null ? x : moveAxis(x, dims[k]!, 0)));
      const call: HostFunction = (own) => (runEffect(params, own), []);
      bind(hostEffect.primitive, fronted, {
        vectorized,
        call: oneByOne({ vectorized, call, outputs: [] }, dims, size),
      });
      return [[], []];
    },
    lower: routine,
    weakType: () => [],
    laws: { testedIn: "test/transforms/debug.test.ts" },
    gate: (params) => ({ params: { ...params, gates: (params.gates ?? 0) + 1 }, places: [0] }),
    isEffectful: true,
  });

/** Every primitive of this file. */
export const family: readonly Primitive[] = [callback.primitive, hostEffect.primitive];
