/**
 * The cond primitive: one of several branches, chosen by an index that is in range. Every branch is a jaxpr of the
 * same operands with the same types of results.
 * Its derivatives are conds of the branches' derivatives; residuals of equal type share a place.
 * Under vmap with a mapped index every branch is run for the examples that take it: the others are given the
 * operands of one that does, so that neither errors nor NaN come out of a branch that is not taken.
 */
import type { ConcreteArray, NDArray } from "../src/array/ndarray.ts";
import { bufferOf, isConcrete } from "../src/array/ndarray.ts";
import { executeInner } from "../src/backend/index.ts";
import type { Aval } from "../src/ir/aval.ts";
import { showAval } from "../src/ir/aval.ts";
import { defineMultiplePrimitive } from "../src/ir/define.ts";
import type { PrimitiveFunction } from "../src/ir/define.ts";
import { evaluateJaxpr } from "../src/ir/evaluate.ts";
import { variable } from "../src/ir/jaxpr.ts";
import type { ClosedJaxpr, Jaxpr, Variable } from "../src/ir/jaxpr.ts";
import { routine } from "../src/ir/lowering.ts";
import { isKnownInput, isLinearInput, isNonzero } from "../src/ir/primitive.ts";
import type { BatchDim, LinearInput, SplitContext, Tangent } from "../src/ir/primitive.ts";
import { bind } from "../src/ir/trace.ts";
import { fullLike, zerosOf } from "../ops/arithmetic.ts";
import { batchToFront } from "../ops/batching.ts";
import { eq, select } from "../ops/comparison.ts";
import { asDType } from "../ops/conversion.ts";
import { reduceMax } from "../ops/extrema.ts";
import { shareConstants } from "./closures.ts";
import { firstOf, onlyTaken, spreadMask } from "./mapped-choice.ts";
import {
  batchJaxpr,
  instantiateOutputs,
  jvpJaxpr,
  linearizeJaxpr,
  mergeOutputs,
  remember,
  splitJaxpr,
  spreadTangents,
  stageOnTypesOf,
  transposeJaxpr,
} from "./jaxpr-transforms.ts";

export interface CondParams {
  readonly branches: readonly Jaxpr[];
}

/** Branches with constants of their own, which become common operands. A single branch needs no choice. */
export const choose = (
  index: NDArray,
  parts: readonly ClosedJaxpr[],
  operands: readonly NDArray[],
): readonly NDArray[] => {
  if (parts.length === 1) return evaluateJaxpr(parts[0]!.jaxpr, parts[0]!.constants, operands);
  const { constants, jaxprs } = shareConstants(parts);
  return bind(condCall.primitive, [index, ...constants, ...operands], { branches: jaxprs });
};

/** The branches that may be taken: one if the index is known. */
const possible = (index: NDArray, { branches }: CondParams): readonly Jaxpr[] =>
  isConcrete(index) ? [branches[bufferOf(index)[0]!]!] : branches;

/** Whether any of several lists has a flag. */
const anyOf = (lists: readonly (readonly boolean[])[]): boolean[] =>
  lists[0]!.map((_, k) => lists.some((flags) => flags[k]!));

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
  const results = choose(index!, parts, [...operands, ...tangents.filter(isNonzero)]);
  const outputs = results.slice(0, depends.length);
  return [outputs, spreadTangents(depends, outputs, results.slice(depends.length))];
};

/** Where a branch's residual is found outside: among the operands, or among the places that branches share. */
type Source = { readonly kind: "operand"; readonly at: number } | { readonly kind: "place"; readonly at: number };

interface Residuals {
  readonly places: readonly Aval[];
  /** Per branch, per residual. */
  readonly sources: readonly (readonly Source[])[];
}

/** Gives every residual that is no operand a place of its type, as few as the greediest branch needs. */
const placeResiduals = (parts: readonly Jaxpr[], total: number): Residuals => {
  const places: Aval[] = [];
  const sources = parts.map(({ inputs, outputs }) => {
    const taken = new Set<number>();
    return outputs.slice(total).map((atom): Source => {
      const operand = inputs.indexOf(atom as Variable);
      if (operand >= 0) return { kind: "operand", at: operand };
      const type = showAval(atom.aval);
      let at = places.findIndex((place, k) => !taken.has(k) && showAval(place) === type);
      if (at < 0) at = places.push(atom.aval) - 1;
      taken.add(at);
      return { kind: "place", at };
    });
  });
  return { places, sources };
};

/** A branch that returns its outputs and fills every place, with zeros where it has no residual. */
const fillPlaces = (branch: Jaxpr, total: number, places: readonly Aval[], sources: readonly Source[]): ClosedJaxpr =>
  stageOnTypesOf("linearize of a cond", branch.inputs, (inputs) => {
    const results = evaluateJaxpr(branch, [], inputs);
    const filled = places.map(({ shape, dtype }, at) => {
      const own = sources.findIndex((source) => source.kind === "place" && source.at === at);
      return own < 0 ? zerosOf(shape, dtype) : results[total + own]!;
    });
    return [...results.slice(0, total), ...filled];
  });

/** The later part of a branch as a function of the operands that any branch reads again, places, and what is unknown. */
const readPlaces = (
  linear: Jaxpr,
  operands: ReadonlyMap<number, Aval>,
  places: readonly Aval[],
  sources: readonly Source[],
): Jaxpr => {
  const own = (kind: Source["kind"], at: number): number =>
    sources.findIndex((source) => source.kind === kind && source.at === at);
  const inputFor = (kind: Source["kind"], type: Aval, at: number): Variable => {
    const residual = own(kind, at);
    return residual < 0 ? variable(type) : linear.inputs[residual]!;
  };
  return {
    ...linear,
    inputs: [
      ...[...operands].map(([at, type]) => inputFor("operand", type, at)),
      ...places.map((type, at) => inputFor("place", type, at)),
      ...linear.inputs.slice(sources.length),
    ],
  };
};

/** A branch in two: operands to outputs that are known and residuals; residuals and what is unknown to the rest. */
interface TwoParts {
  readonly known: ClosedJaxpr;
  readonly later: Jaxpr;
}

/** The choice made twice, with residuals of the branches between. */
const chooseInTwo = (
  index: NDArray,
  parts: readonly TwoParts[],
  total: number,
  operands: readonly NDArray[],
  unknown: readonly NDArray[],
  finish: (later: Jaxpr, branch: number) => ClosedJaxpr,
  { onTape }: SplitContext,
): { readonly known: readonly NDArray[]; readonly later: readonly NDArray[] } => {
  // Constants of the rules become operands like the others.
  const { constants, jaxprs } = shareConstants(parts.map(({ known }) => known));
  const all = [...constants, ...operands];
  const { places, sources } = placeResiduals(jaxprs, total);
  const filled = jaxprs.map((jaxpr, k) => fillPlaces(jaxpr, total, places, sources[k]!));
  const results = choose(index, filled, all);
  const again = new Map<number, NDArray>();
  for (const { kind, at } of sources.flat()) if (kind === "operand") again.set(at, all[at]!);
  const rest = parts.map(({ later }, k) => finish(readPlaces(later, again, places, sources[k]!), k));
  const later = onTape(() => choose(index, rest, [...again.values(), ...results.slice(total), ...unknown]));
  return { known: results.slice(0, total), later };
};

const linearizeCond = (
  [index, ...operands]: readonly NDArray[],
  [, ...tangents]: readonly Tangent[],
  params: CondParams,
  context: SplitContext,
): Rule => {
  const branches = possible(index!, params);
  const varies = tangents.map(isNonzero);
  const parts = branches.map((branch) => linearizeJaxpr(branch, varies, "a cond"));
  const depends = anyOf(parts.map((part) => part.depends));
  const types = branches[0]!.outputs.map(({ aval }) => aval);
  const { known: outputs, later } = chooseInTwo(
    index!,
    parts.map(({ known, linear }) => ({ known, later: linear })),
    types.length,
    operands,
    tangents.filter(isNonzero),
    (linear, k) => instantiateOutputs(linear, parts[k]!.depends, depends, types),
    context,
  );
  return [outputs, spreadTangents(depends, outputs, later)];
};

/** With an unknown index all is unknown; else every branch is split in the same way. */
const splitCond = (
  inputs: readonly NDArray[],
  [indexUnknown, ...unknown]: readonly boolean[],
  params: CondParams,
  context: SplitContext,
): readonly NDArray[] => {
  if (indexUnknown === true) return context.onTape(() => bind(condCall.primitive, inputs, params));
  const [index, ...operands] = inputs;
  const branches = possible(index!, params);
  const isLate = anyOf(branches.map((branch) => splitJaxpr(branch, unknown).isLate));
  const { known, later } = chooseInTwo(
    index!,
    branches.map((branch) => splitJaxpr(branch, unknown, isLate)),
    isLate.filter((yes) => !yes).length,
    operands.filter((_, k) => !unknown[k]!),
    operands.filter((_, k) => unknown[k]!),
    (jaxpr) => ({ jaxpr, constants: [] }),
    context,
  );
  return mergeOutputs(isLate, known, later);
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
  const results = choose(index as NDArray, parts, [...operands.filter(isKnownInput), ...cotangents.filter(isNonzero)]);
  const linearTypes = operands.filter(isLinearInput).map(({ aval }) => aval);
  const given = spreadTangents(leaving, linearTypes, results);
  let next = 0;
  return [null, ...linear.map((yes) => (yes ? given[next++]! : null))];
};

// --- Batching ---------------------------------------------------------------------------------

const batchCond = (
  [index, ...operands]: readonly NDArray[],
  [indexDim, ...dims]: readonly BatchDim[],
  params: CondParams,
  size: number,
): readonly [readonly NDArray[], readonly BatchDim[]] => {
  if (indexDim !== null && size > 0) return batchByIndex(index!, operands, dims, params, size);
  const branches = indexDim === null ? possible(index!, params) : [params.branches[0]!];
  const mapped = anyOf(branches.map((branch) => batchJaxpr(branch, dims, size).dims.map((dim) => dim !== null)));
  const parts = branches.map((branch) => batchJaxpr(branch, dims, size, mapped).closed);
  return [choose(index!, parts, operands), mapped.map((yes) => (yes ? 0 : null))];
};

/** Every branch for the examples that take it, if any does. */
const batchByIndex = (
  index: NDArray,
  operands: readonly NDArray[],
  dims: readonly BatchDim[],
  { branches }: CondParams,
  size: number,
): readonly [readonly NDArray[], readonly BatchDim[]] => {
  const fronted = operands.map((operand, k) => (dims[k] === null ? operand : batchToFront(operand, dims[k]!, size)));
  const inFront = dims.map((dim): BatchDim => (dim === null ? null : 0));
  let results: readonly NDArray[] = [];
  branches.forEach((branch, k) => {
    const mask = eq(index, fullLike(k, index));
    const taken = asDType(mask, "int32");
    const first = firstOf(taken);
    const safe = fronted.map((operand, i) => (dims[i] === null ? operand : onlyTaken(operand, mask, first)));
    const all = branch.outputs.map(() => true);
    const mapped = batchJaxpr(branch, inFront, size, all).closed;
    const skipped = remember(branch, `zeros ${size} ${inFront.join()}`, () =>
      stageOnTypesOf("a branch that no example takes", mapped.jaxpr.inputs, () =>
        mapped.jaxpr.outputs.map(({ aval }) => zerosOf(aval.shape, aval.dtype)),
      ),
    );
    const own = choose(reduceMax(taken, { axes: [0] }), [skipped, mapped], safe);
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
  linearize: (primals, tangents, params, context) => linearizeCond(primals, tangents, params, context),
  split: (inputs, unknown, params, context) => splitCond(inputs, unknown, params, context),
  transpose: (cotangents, inputs, params) => transposeCond(cotangents, inputs, params),
  batch: (inputs, dims, params, { size }) => batchCond(inputs, dims, params, size),
  lower: routine,
  weakType: (_inputs, { branches }) => branches[0]!.outputs.map(({ aval }) => aval.weakType),
  workspace: ({ branches }, bytesOf) => Math.max(...branches.map(bytesOf)),
  laws: { testedIn: "test/transforms/cond.test.ts" },
});
