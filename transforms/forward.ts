/**
 * Forward differentiation on flat lists: the trace behind jvp and linearize.
 * A tracer pairs a primal with a tangent that is not zero; values without one pass through unwrapped.
 * jvp runs each rule under the parent trace; linearize sends what depends on tangents to a tape.
 */
import { ClosedOverDifferentiation } from "../src/error.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { removeDeadCodeClosed } from "../src/compile/dead-code.ts";
import type { Aval } from "../src/ir/aval.ts";
import type { ClosedJaxpr } from "../src/ir/jaxpr.ts";
import { isNonzero, isZero, toList, zero } from "../src/ir/primitive.ts";
import type { Primitive, SplitContext, Tangent } from "../src/ir/primitive.ts";
import { currentTrace, processUnder, stagingTrace, withMark, withTrace } from "../src/ir/trace.ts";
import type { StagingTrace, Trace } from "../src/ir/trace.ts";
import type { Mark } from "../src/ir/tracer.ts";
import { isTracer, leakOf, newMark, Tracer } from "../src/ir/tracer.ts";
import { chosen, notChosen } from "./flagged.ts";

export interface Dual {
  readonly primal: NDArray;
  readonly tangent: NDArray;
}

const isOwn = (x: NDArray, mark: Mark): x is Tracer<Dual> => isTracer(x) && x.mark === mark;

/** Primal and tangent of a value as seen by the trace with this mark. */
export const dualOf = (x: NDArray, mark: Mark): readonly [NDArray, Tangent] =>
  isOwn(x, mark) ? [x.payload.primal, x.payload.tangent] : [x, zero(x)];

const wrap = (mark: Mark, primal: NDArray, tangent: Tangent): NDArray =>
  isZero(tangent) ? primal : new Tracer<Dual>(mark, primal, { primal, tangent });

// --- Functions that close over differentiated values ------------------------------------------

/** Like `parent`, but tracers of the differentiation with this mark are replaced first. */
const guardedTrace = (mark: Mark, parent: Trace, replace: (x: NDArray) => NDArray): Trace => ({
  mark: parent.mark,
  process: (primitive, inputs, params) =>
    processUnder(
      parent,
      primitive,
      inputs.map((input) => (isOwn(input, mark) ? replace(input) : input)),
      params,
    ),
});

const refuse =
  (mark: Mark, name: string) =>
  (x: NDArray): never => {
    throw new ClosedOverDifferentiation(
      `derivative of ${name}`,
      `its rule uses ${x.toString()}, a value that ${mark.owner} is differentiating, from an enclosing scope`,
      "Pass that value as an argument, so that the rule returns its cotangent, or wrap it in stopGradient",
    );
  };

/**
 * A rule's code; meeting a value that is being differentiated, other than its arguments, is an error by name,
 * also where the differentiation is over, as it is for a backward rule.
 */
export const refusing =
  <A extends readonly unknown[], R>(mark: Mark, name: string, f: (...args: A) => R) =>
  (...args: A): R => {
    try {
      return withTrace(guardedTrace(mark, currentTrace(), refuse(mark, name)), () => f(...args));
    } catch (error) {
      const leak = leakOf(error, mark);
      if (leak !== undefined) return refuse(mark, name)(leak);
      throw error;
    }
  };

/** A solver's code, for which values that are being differentiated are constants. */
export const detached =
  <A extends readonly unknown[], R>(mark: Mark, f: (...args: A) => R) =>
  (...args: A): R =>
    withTrace(
      guardedTrace(mark, currentTrace(), (x) => dualOf(x, mark)[0]),
      () => f(...args),
    );

// --- The trace --------------------------------------------------------------------------------

/** The trace: `parent` evaluates what has no tangent, `rules` runs the derivative rules. */
const differentiationTrace = (mark: Mark, parent: Trace, rules: PartialTrace | null): Trace => ({
  mark,
  process: (primitive, inputs, params) => {
    if (!inputs.some((input) => isOwn(input, mark)))
      return processUnder(parent, primitive, inputs, primitive.guard?.(params, mark) ?? params);
    const primals = inputs.map((input) => (isOwn(input, mark) ? input.payload.primal : input));
    const tangents = inputs.map((input) => (isOwn(input, mark) ? input.payload.tangent : zero(input)));
    const [outputs, outTangents] =
      rules === null
        ? withTrace(parent, () => primitive.jvp(primals, tangents, params, { mark }))
        : withTrace(rules, () =>
            (primitive.linearize ?? primitive.jvp)(primals, tangents, params, { mark, onTape: rules.onTape }),
          );
    const tangentList = toList(outTangents);
    return toList(outputs).map((output, k) => {
      const tangent = tangentList[k]!;
      // A part of a linear map that nothing flows into is zero, whatever array a rule gives for it.
      return rules === null || rules.isUnknown(tangent) ? wrap(mark, output, tangent) : output;
    });
  },
});

/** Outputs of `f` and their tangents along the given tangents of its inputs. */
export const jvpFlat = (
  owner: string,
  f: (inputs: readonly NDArray[], mark: Mark) => readonly NDArray[],
  primals: readonly NDArray[],
  tangents: readonly Tangent[],
): readonly [NDArray[], Tangent[]] => {
  const mark = newMark(owner);
  const parent = currentTrace();
  const outputs = withMark(differentiationTrace(mark, parent, null), () =>
    f(
      primals.map((primal, k) => wrap(mark, primal, tangents[k]!)),
      mark,
    ),
  );
  const duals = outputs.map((output) => dualOf(output, mark));
  return [duals.map(([primal]) => primal), duals.map(([, tangent]) => tangent)];
};

/** A function at a point: its outputs, and its tangent map as a jaxpr with explicit residuals. */
export interface Linearization {
  readonly outputs: readonly NDArray[];
  /** One input per primal with `varies`; one output per output that `depends`. Constants are residuals. */
  readonly linear: ClosedJaxpr;
  readonly depends: readonly boolean[];
}

interface PartialTrace extends Trace, SplitContext {
  readonly isUnknown: (x: Tangent) => boolean;
}

const isOn = (tape: StagingTrace, x: NDArray): boolean => isTracer(x) && x.mark === tape.mark;

/** Operations on unknown values (tangents) are taped, all others are done by the parent at once. */
const partialTrace = (parent: Trace, tape: StagingTrace): PartialTrace => {
  const onTape = <T>(body: () => T): T => withTrace(tape, body);
  const trace: PartialTrace = {
    mark: parent.mark,
    onTape,
    isUnknown: (x) => !isZero(x) && isOn(tape, x),
    process: (primitive: Primitive, inputs, params) => {
      if (!inputs.some((input) => isOn(tape, input))) return processUnder(parent, primitive, inputs, params);
      const { split } = primitive;
      if (split === undefined) return processUnder(tape, primitive, inputs, params);
      const unknown = inputs.map((input) => isOn(tape, input));
      if (unknown.every(Boolean)) return processUnder(tape, primitive, inputs, params);
      return withTrace(trace, () => toList(split(inputs, unknown, params, { onTape })));
    },
  };
  return trace;
};

/** In the place of an input whose value is not known. */
export interface UnknownInput {
  readonly unknown: Aval;
}

/** What a function gives when only some of its inputs are known. */
export interface PartialEvaluation {
  /** Outputs that the known inputs determine. */
  readonly known: readonly NDArray[];
  /** Unknown inputs to the other outputs. Constants are what it needs of the known part. */
  readonly later: ClosedJaxpr;
  readonly isLate: readonly boolean[];
}

/**
 * Evaluates what does not depend on unknown inputs at once, and tapes the rest.
 * @param inputs      arrays, and the types of those that are unknown
 * @param instantiate outputs that are taken for unknown in any case
 */
export const evaluatePartly = (
  owner: string,
  f: (inputs: readonly NDArray[]) => readonly NDArray[],
  inputs: readonly (NDArray | UnknownInput)[],
  instantiate: readonly boolean[],
): PartialEvaluation => {
  const tape = stagingTrace(owner);
  const values = inputs.map((input) => ("unknown" in input ? tape.input(input.unknown) : input));
  try {
    const outputs = withTrace(partialTrace(currentTrace(), tape), () => f(values));
    const isLate = outputs.map((output, k) => instantiate[k] === true || isOn(tape, output));
    return {
      known: notChosen(outputs, isLate),
      later: removeDeadCodeClosed(tape.finish(chosen(outputs, isLate))),
      isLate,
    };
  } finally {
    tape.mark.alive = false;
  }
};

const tangentTypeOf = ({ shape, dtype }: Aval): Aval => ({ shape, dtype, weakType: false });

/** Evaluates `f` once at `primals`; only inputs with `varies` get a tangent. */
export const linearizeFlat = (
  owner: string,
  f: (inputs: readonly NDArray[], mark: Mark) => readonly NDArray[],
  primals: readonly NDArray[],
  varies: readonly boolean[],
): Linearization => {
  const parent = currentTrace();
  const mark = newMark(owner);
  const tape = stagingTrace(`the linear part of ${owner}`);
  const inputs = primals.map((primal, k) =>
    varies[k]! ? wrap(mark, primal, tape.input(tangentTypeOf(primal))) : primal,
  );
  try {
    const outputs = withMark(differentiationTrace(mark, parent, partialTrace(parent, tape)), () => f(inputs, mark));
    const duals = outputs.map((output) => dualOf(output, mark));
    const tangents = duals.map(([, tangent]) => tangent);
    return {
      outputs: duals.map(([primal]) => primal),
      linear: removeDeadCodeClosed(tape.finish(tangents.filter(isNonzero))),
      depends: tangents.map(isNonzero),
    };
  } finally {
    tape.mark.alive = false;
  }
};
