/**
 * Transforms of jaxprs into jaxprs, for primitives that hold one: jvp, linearize, transpose, batch.
 * Results are remembered per jaxpr (by identity, see remember.ts), so that a loop over steps transforms once.
 * Where a rule needs a derivative that is zero (the carry of a loop), it asks for it: `instantiate`.
 */
import type { NDArray } from "../src/array/ndarray.ts";
import type { Aval } from "../src/ir/aval.ts";
import { evaluateJaxpr } from "../src/ir/evaluate.ts";
import { constantsAsInputs } from "../src/ir/jaxpr.ts";
import type { Atom, ClosedJaxpr, Equation, Jaxpr, Variable } from "../src/ir/jaxpr.ts";
import { isNonzero, isZero } from "../src/ir/primitive.ts";
import type { BatchDim, Tangent } from "../src/ir/primitive.ts";
import { stageFunction } from "../src/ir/trace.ts";
import { materialize } from "../ops/arithmetic.ts";
import { batchToFront } from "../ops/batching.ts";
import { backwardPassPartly } from "./backward.ts";
import { evaluatePartly, jvpFlat, linearizeFlat } from "./forward.ts";
import { chosen, notChosen, spreadTangents } from "./flagged.ts";
import { keyOf, remembering } from "./remember.ts";
import { batchFlat } from "./vmap.ts";

/** Stages `f` on inputs of the types of these variables. */
export const stageOnTypesOf = (
  owner: string,
  variables: readonly { readonly aval: Aval }[],
  f: (inputs: readonly NDArray[]) => readonly NDArray[],
): ClosedJaxpr =>
  stageFunction(
    owner,
    f,
    variables.map(({ aval }) => aval),
  );

/** The derivatives that are not symbolic zeros, or all that are asked for. */
const present = (tangents: readonly Tangent[], instantiate: readonly boolean[]): Tangent[] =>
  tangents.map((tangent, k) => (instantiate[k] === true ? materialize(tangent) : tangent));

const withoutZeros = (tangents: readonly Tangent[]): NDArray[] => tangents.filter(isNonzero);

const avalsOf = (variables: readonly { readonly aval: Aval }[]): Aval[] => variables.map(({ aval }) => aval);

export interface JvpJaxpr {
  /** Inputs, then tangents of those that vary, to outputs, then tangents of those that depend. */
  readonly closed: ClosedJaxpr;
  readonly depends: readonly boolean[];
}

const rememberJvp = remembering<JvpJaxpr>();

export const jvpJaxpr = (
  jaxpr: Jaxpr,
  varies: readonly boolean[],
  instantiate: readonly boolean[] = [],
  owner = "jvp of a jaxpr",
): JvpJaxpr =>
  rememberJvp(jaxpr, keyOf(varies, instantiate), () => {
    let depends: readonly boolean[] = [];
    const count = jaxpr.inputs.length;
    const moving = chosen(jaxpr.inputs, varies);
    const closed = stageOnTypesOf(owner, [...jaxpr.inputs, ...moving], (inputs) => {
      const [outputs, outTangents] = jvpFlat(
        "jvp",
        (primals) => evaluateJaxpr(jaxpr, [], primals),
        inputs.slice(0, count),
        spreadTangents(varies, avalsOf(jaxpr.inputs), inputs.slice(count)),
      );
      const wanted = present(outTangents, instantiate);
      depends = wanted.map((tangent) => !isZero(tangent));
      return [...outputs, ...withoutZeros(wanted)];
    });
    return { closed, depends };
  });

export interface LinearizedJaxpr {
  /** Inputs to outputs followed by residuals. */
  readonly known: ClosedJaxpr;
  /** Residuals and varying tangents to the tangents of outputs that depend. */
  readonly linear: Jaxpr;
  readonly depends: readonly boolean[];
}

const rememberLinearized = remembering<LinearizedJaxpr>();

export const linearizeJaxpr = (jaxpr: Jaxpr, varies: readonly boolean[], name: string): LinearizedJaxpr =>
  rememberLinearized(jaxpr, keyOf(varies), () => {
    let linear: Jaxpr = jaxpr;
    let depends: readonly boolean[] = [];
    const known = stageOnTypesOf(`linearize of ${name}`, jaxpr.inputs, (inputs) => {
      const linearization = linearizeFlat(name, (primals) => evaluateJaxpr(jaxpr, [], primals), inputs, varies);
      linear = constantsAsInputs(linearization.linear.jaxpr);
      depends = linearization.depends;
      return [...linearization.outputs, ...linearization.linear.constants];
    });
    return { known, linear, depends };
  });

export interface SplitJaxpr {
  /** Known inputs to the outputs they determine, followed by residuals. */
  readonly known: ClosedJaxpr;
  /** Residuals and unknown inputs to the other outputs. */
  readonly later: Jaxpr;
  readonly isLate: readonly boolean[];
}

const rememberSplit = remembering<SplitJaxpr>();

/** Splits a jaxpr by which inputs are unknown; outputs in `instantiate` are taken for unknown in any case. */
export const splitJaxpr = (
  jaxpr: Jaxpr,
  unknown: readonly boolean[],
  instantiate: readonly boolean[] = [],
): SplitJaxpr =>
  rememberSplit(jaxpr, keyOf(unknown, instantiate), () => {
    let later: Jaxpr = jaxpr;
    let isLate: readonly boolean[] = [];
    const known = stageOnTypesOf("the known part of a jaxpr", notChosen(jaxpr.inputs, unknown), (inputs) => {
      let next = 0;
      const parts = evaluatePartly(
        "the unknown part of a jaxpr",
        (values) => evaluateJaxpr(jaxpr, [], values),
        jaxpr.inputs.map(({ aval }, k) => (unknown[k]! ? { unknown: aval } : inputs[next++]!)),
        instantiate,
      );
      later = constantsAsInputs(parts.later.jaxpr);
      isLate = parts.isLate;
      return [...parts.known, ...parts.later.constants];
    });
    return { known, later, isLate };
  });

/** What depends on the inputs that are flagged. */
const dependentAtoms = ({ inputs, equations }: Jaxpr, flags: readonly boolean[]): ReadonlySet<Atom> => {
  const dependent = new Set<Atom>(chosen(inputs, flags));
  for (const equation of equations)
    if (equation.inputs.some((atom) => dependent.has(atom)))
      equation.outputs.forEach((output) => dependent.add(output));
  return dependent;
};

/** Which outputs of a jaxpr depend on the inputs that are flagged. */
export const dependents = (jaxpr: Jaxpr, flags: readonly boolean[]): readonly boolean[] => {
  const dependent = dependentAtoms(jaxpr, flags);
  return jaxpr.outputs.map((output) => dependent.has(output));
};

/** The equations that do not depend on the inputs that are flagged. */
export const independentEquations = (jaxpr: Jaxpr, flags: readonly boolean[]): readonly Equation[] => {
  const dependent = dependentAtoms(jaxpr, flags);
  return jaxpr.equations.filter(({ inputs }) => !inputs.some((atom) => dependent.has(atom)));
};

const rememberInstantiated = remembering<ClosedJaxpr>();

/**
 * A linear jaxpr with zeros among its outputs, where `instantiate` asks for one that does not depend.
 * @param depends  which of all outputs the jaxpr has; @param types  of all outputs
 */
export const instantiateOutputs = (
  linear: Jaxpr,
  depends: readonly boolean[],
  instantiate: readonly boolean[],
  types: readonly Aval[],
): ClosedJaxpr =>
  rememberInstantiated(linear, keyOf(depends, instantiate), () =>
    depends.every((yes, k) => yes || instantiate[k] !== true)
      ? { jaxpr: linear, constants: [] }
      : stageOnTypesOf("a linear map", linear.inputs, (inputs) =>
          withoutZeros(present(spreadTangents(depends, types, evaluateJaxpr(linear, [], inputs)), instantiate)),
        ),
  );

export interface TransposedJaxpr {
  /** Known inputs, then arriving cotangents, to the cotangents of linear inputs that are not zero. */
  readonly closed: ClosedJaxpr;
  /** Which cotangents of the linear inputs are there. */
  readonly leaving: readonly boolean[];
}

const rememberTransposed = remembering<TransposedJaxpr>();

export const transposeJaxpr = (
  jaxpr: Jaxpr,
  linear: readonly boolean[],
  arriving: readonly boolean[],
  instantiate: readonly boolean[] = [],
): TransposedJaxpr =>
  rememberTransposed(jaxpr, keyOf(linear, arriving, instantiate), () => {
    const knownInputs = notChosen(jaxpr.inputs, linear);
    const linearInputs = chosen(jaxpr.inputs, linear);
    const seeds = chosen(jaxpr.outputs, arriving);
    let leaving: boolean[] = [];
    const closed = stageOnTypesOf("transpose of a jaxpr", [...knownInputs, ...seeds], (inputs) => {
      const known = new Map<Variable, NDArray>(knownInputs.map((v, k) => [v, inputs[k]!]));
      const cotangents = spreadTangents(arriving, avalsOf(jaxpr.outputs), inputs.slice(knownInputs.length));
      const results = present(backwardPassPartly({ ...jaxpr, inputs: linearInputs }, known, cotangents), instantiate);
      leaving = results.map((result) => !isZero(result));
      return withoutZeros(results);
    });
    return { closed, leaving };
  });

export interface BatchedJaxpr {
  /** Inputs with their mapped axes to outputs with theirs. */
  readonly closed: ClosedJaxpr;
  readonly dims: readonly BatchDim[];
}

const rememberBatched = remembering<BatchedJaxpr>();

/** @param inFront  outputs that get the mapped axis in front, whether they vary or not */
export const batchJaxpr = (
  jaxpr: Jaxpr,
  dims: readonly BatchDim[],
  size: number,
  inFront: readonly boolean[] = [],
): BatchedJaxpr =>
  rememberBatched(jaxpr, keyOf(size, dims, inFront), () => {
    let outDims: readonly BatchDim[] = [];
    const types = jaxpr.inputs.map(({ aval: { shape, ...type } }, k) => {
      const dim = dims[k]!;
      return { aval: { ...type, shape: dim === null ? shape : shape.toSpliced(dim, 0, size) } };
    });
    const closed = stageOnTypesOf("vmap of a jaxpr", types, (inputs) => {
      const [outputs, found] = batchFlat("vmap", (values) => evaluateJaxpr(jaxpr, [], values), { inputs, dims, size });
      outDims = found.map((dim, k) => (inFront[k] === true ? 0 : dim));
      return outputs.map((output, k) => (inFront[k] === true ? batchToFront(output, found[k]!, size) : output));
    });
    return { closed, dims: outDims };
  });
