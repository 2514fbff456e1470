/**
 * The cond primitive: one of several branches, chosen by an index that is in range. Every branch is a jaxpr of the
 * same operands with the same types of results.
 * Its derivatives are conds of the branches' derivatives; linearization is in cond-splitting.ts.
 * Under vmap with a mapped index every branch is run for the examples that take it: the others are given the
 * operands of one that does, so that neither errors nor NaN come out of a branch that is not taken.
 */
import type { ConcreteArray, NDArray } from "../src/array/ndarray.ts";
import { bufferOf } from "../src/array/ndarray.ts";
import { executeInner } from "../src/backend/index.ts";
import { defineMultiplePrimitive } from "../src/ir/define.ts";
import type { PrimitiveFunction } from "../src/ir/define.ts";
import { gatedEffects, hasEffects } from "../src/ir/effects.ts";
import type { ClosedJaxpr, Jaxpr } from "../src/ir/jaxpr.ts";
import type { Control } from "../src/ir/lowering.ts";
import { isKnownInput, isLinearInput, isNonzero } from "../src/ir/primitive.ts";
import type { BatchDim, LinearInput, Tangent } from "../src/ir/primitive.ts";
import { bind } from "../src/ir/trace.ts";
import { fullLike, zerosOf } from "../ops/arithmetic.ts";
import { batchToFront } from "../ops/batching.ts";
import { eq, select } from "../ops/comparison.ts";
import { asDType } from "../ops/conversion.ts";
import { reduceMax } from "../ops/extrema.ts";
import { anyOf, choose, possible } from "./cond-parts.ts";
import type { ApplyCond, CondParams } from "./cond-parts.ts";
import { linearizeCond, splitCond } from "./cond-splitting.ts";
import { spreadCotangents, spreadTangents } from "./flagged.ts";
import { batchJaxpr, jvpJaxpr, stageOnTypesOf, transposeJaxpr } from "./jaxpr-transforms.ts";
import { firstOf, onlyTaken, spreadMask } from "./mapped-choice.ts";
import { remembering } from "./remember.ts";
import type { MappedArrays } from "./vmap.ts";

const applyCond: ApplyCond = (inputs, params) => bind(condCall.primitive, inputs, params);

/** The branch that the index says, of several with constants of their own. */
export const chooseBranch = (
  index: NDArray,
  parts: readonly ClosedJaxpr[],
  operands: readonly NDArray[],
): readonly NDArray[] => choose(applyCond, index, parts, operands);

// --- Derivatives ------------------------------------------------------------------------------

type Rule = readonly [readonly NDArray[], readonly Tangent[]];

const jvpOfCond = (
  [index, ...operands]: readonly NDArray[],
  [, ...tangents]: readonly Tangent[],
  params: CondParams,
): Rule => {
  const branches = possible(index!, params);
  const varies = tangents.map(isNonzero);
  const depends = anyOf(branches.map((branch) => jvpJaxpr(branch, varies).depends));
  const parts = branches.map((branch) => jvpJaxpr(branch, varies, depends).closed);
  const results = chooseBranch(index!, parts, [...operands, ...tangents.filter(isNonzero)]);
  const outputs = results.slice(0, depends.length);
  return [outputs, spreadTangents(depends, outputs, results.slice(depends.length))];
};

const transposeCond = (
  cotangents: readonly Tangent[],
  [index, ...operands]: readonly (NDArray | LinearInput)[],
  params: CondParams,
): readonly (Tangent | null)[] => {
  const branches = possible(index as NDArray, params);
  const linear = operands.map(isLinearInput);
  const arriving = cotangents.map(isNonzero);
  const leaving = anyOf(branches.map((branch) => transposeJaxpr(branch, linear, arriving).leaving));
  const parts = branches.map((branch) => transposeJaxpr(branch, linear, arriving, leaving).closed);
  const results = chooseBranch(index as NDArray, parts, [
    ...operands.filter(isKnownInput),
    ...cotangents.filter(isNonzero),
  ]);
  return [null, ...spreadCotangents(operands, leaving, results)];
};

// --- Batching ---------------------------------------------------------------------------------

const batchCond = (
  [index, ...operands]: readonly NDArray[],
  [indexDim, ...dims]: readonly BatchDim[],
  params: CondParams,
  size: number,
): readonly [readonly NDArray[], readonly BatchDim[]] => {
  if (indexDim !== null && size > 0) return batchByIndex(index!, { inputs: operands, dims, size }, params);
  const branches = indexDim === null ? possible(index!, params) : [params.branches[0]!];
  const mapped = anyOf(branches.map((branch) => batchJaxpr(branch, dims, size).dims.map((dim) => dim !== null)));
  const parts = branches.map((branch) => batchJaxpr(branch, dims, size, mapped).closed);
  return [chooseBranch(index!, parts, operands), mapped.map((yes) => (yes ? 0 : null))];
};

const rememberSkipped = remembering<ClosedJaxpr>();

/** Zeros in the place of the results of a branch that no example takes. */
const skipping = ({ jaxpr }: ClosedJaxpr): ClosedJaxpr =>
  rememberSkipped(jaxpr, "", () =>
    stageOnTypesOf("a branch that no example takes", jaxpr.inputs, () =>
      jaxpr.outputs.map(({ aval }) => zerosOf(aval.shape, aval.dtype)),
    ),
  );

/** Every branch for the examples that take it, if any does. */
const batchByIndex = (
  index: NDArray,
  { inputs, dims, size }: MappedArrays,
  { branches }: CondParams,
): readonly [readonly NDArray[], readonly BatchDim[]] => {
  const fronted = inputs.map((operand, k) => (dims[k] === null ? operand : batchToFront(operand, dims[k]!, size)));
  const inFront = dims.map((dim): BatchDim => (dim === null ? null : 0));
  let results: readonly NDArray[] = [];
  branches.forEach((branch, k) => {
    const mask = eq(index, fullLike(k, index));
    const taken = asDType(mask, "int32");
    const first = firstOf(taken);
    const safe = fronted.map((operand, i) => (dims[i] === null ? operand : onlyTaken(operand, mask, first)));
    const all = branch.outputs.map(() => true);
    const isGated = hasEffects(branch);
    const mapped = isGated
      ? batchJaxpr(gatedEffects(branch), [0, ...inFront], size, all).closed
      : batchJaxpr(branch, inFront, size, all).closed;
    const operands = isGated ? [mask, ...safe] : safe;
    const own = chooseBranch(reduceMax(taken, { axes: [0] }), [skipping(mapped), mapped], operands);
    results = k === 0 ? own : own.map((result, i) => select(spreadMask(mask, result.shape), result, results[i]!));
  });
  return [results, results.map(() => 0)];
};

// --- The primitive ----------------------------------------------------------------------------

export const condCall: PrimitiveFunction<NDArray[], CondParams, readonly NDArray[]> = defineMultiplePrimitive<
  NDArray[],
  CondParams
>({
  name: "cond",
  evaluate: ([index, ...operands], { branches }) =>
    executeInner(branches[bufferOf(index as ConcreteArray)[0]!]!, operands as ConcreteArray[], 1),
  abstractEval: (_inputs, { branches }) => branches[0]!.outputs.map(({ aval: { shape, dtype } }) => ({ shape, dtype })),
  jvp: (primals, tangents, params) => jvpOfCond(primals, tangents, params),
  linearize: linearizeCond(applyCond),
  split: splitCond(applyCond),
  transpose: (cotangents, inputs, params) => transposeCond(cotangents, inputs, params),
  batch: (inputs, dims, params, { size }) => batchCond(inputs, dims, params, size),
  lower: {
    kind: "control",
    control: ({ branches }) => ({ kind: "cond", branches }),
    parameters: (control) => ({ branches: (control as Extract<Control<Jaxpr>, { kind: "cond" }>).branches }),
  },
  holds: ["branches"],
  gate: (params, gated) => ({ params: { branches: params.branches.map(gated) }, places: [1] }),
  weakType: (_inputs, { branches }) => branches[0]!.outputs.map(({ aval }) => aval.weakType),
  workspace: ({ branches }, bytesOf) => Math.max(...branches.map(bytesOf)),
  laws: { testedIn: "test/transforms/cond.test.ts" },
});
