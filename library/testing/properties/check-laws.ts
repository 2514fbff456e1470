/**
 * The laws of a primitive as one check: value against definition, jvp against differences, transpose against jvp,
 * vmap against a loop, jit on every back end against eager evaluation. The library's own primitives obey the same functions.
 */
import { InvalidOption, NotDifferentiable } from "../../../src/error.ts";
import type { Backend } from "../../../src/backend/index.ts";
import { isFloat } from "../../../src/array/dtype.ts";
import type { Primitive } from "../../../src/ir/primitive.ts";
import { notLinear, zero } from "../../../src/ir/primitive.ts";
import { newMark } from "../../../src/ir/tracer.ts";
import { requireOptions } from "../../../src/options.ts";
import { requireBackends } from "../require-backends.ts";
import { forAllApplications, hasSample } from "./cases.ts";
import type { Reference } from "./definition.ts";
import { vmapEqualsALoop, vmapOfGradientEqualsALoop } from "./laws/batching.ts";
import {
  discreteOutputsHaveZeroTangents,
  jvpIsTheLimitOfDifferences,
  mapsFloats,
  secondDerivativeIsTheDifferenceOfGradients,
  singlePrecisionDerivativesAreRounded,
  transposePairsWithJvp,
} from "./laws/derivatives.ts";
import {
  jitIsEagerEvaluation,
  jitKeepsSpecialValues,
  jitOfDerivativesIsEagerDifferentiation,
  stagedJaxprsAreValid,
} from "./laws/execution.ts";
import { compiledBackends } from "./laws/law.ts";
import type { Law } from "./laws/law.ts";
import {
  jointTransposePairs,
  jvpGivesATangentPerOutput,
  transposeAnswersInTypes,
  withoutTransposeRefuses,
} from "./laws/rules.ts";
import { abstractEvalTellsTheType, evaluatesToItsDefinition } from "./laws/values.ts";

/** What a primitive must have for a law to say something about it; the text tells why it is left out. */
type Need = (facts: Facts) => string | null;

interface Facts {
  readonly hasReference: boolean;
  readonly isDifferentiable: boolean;
  readonly isDifferentiableInSinglePrecision: boolean;
  readonly hasTranspose: boolean;
  readonly isRoutine: boolean;
}

interface Entry {
  readonly law: Law;
  readonly runs: number;
  readonly needs?: Need;
}

const differentiable: Need = ({ isDifferentiable }) =>
  isDifferentiable ? null : "no application maps floats to floats, or the jvp always refuses";

const entries: Readonly<Record<string, Entry>> = {
  "evaluates to its definition": {
    law: evaluatesToItsDefinition,
    runs: 60,
    needs: ({ hasReference }) =>
      hasReference ? null : "it has no independent definition: give laws.reference or the option",
  },
  "abstractEval gives the shape and dtype of evaluate": { law: abstractEvalTellsTheType, runs: 40 },
  "jvp is the limit of differences": { law: jvpIsTheLimitOfDifferences, runs: 20, needs: differentiable },
  "transpose pairs with jvp": { law: transposePairsWithJvp, runs: 20, needs: differentiable },
  "second derivative is the difference of gradients": {
    law: secondDerivativeIsTheDifferenceOfGradients,
    runs: 20,
    needs: differentiable,
  },
  "float32 derivatives are those of float64": {
    law: singlePrecisionDerivativesAreRounded,
    runs: 20,
    needs: ({ isDifferentiableInSinglePrecision }) =>
      isDifferentiableInSinglePrecision ? null : "no application maps float32 to float32, or the jvp always refuses",
  },
  "discrete outputs have zero tangents": { law: discreteOutputsHaveZeroTangents, runs: 20 },
  "jvp gives a tangent per output": { law: jvpGivesATangentPerOutput, runs: 15 },
  "without a transpose it refuses": {
    law: withoutTransposeRefuses,
    runs: 5,
    needs: ({ hasTranspose }) => (hasTranspose ? "it has a transpose" : null),
  },
  "transpose answers in the types of its inputs": {
    law: transposeAnswersInTypes,
    runs: 150,
    needs: ({ hasTranspose }) => (hasTranspose ? null : "it is not linear"),
  },
  "joint transpose pairs": {
    law: jointTransposePairs,
    runs: 25,
    needs: ({ hasTranspose }) => (hasTranspose ? null : "it is not linear"),
  },
  "vmap equals a loop": { law: vmapEqualsALoop, runs: 40 },
  "vmap of the gradient equals a loop": { law: vmapOfGradientEqualsALoop, runs: 25, needs: differentiable },
  "jit is eager evaluation": { law: jitIsEagerEvaluation, runs: 15 },
  "jit keeps special values": {
    law: jitKeepsSpecialValues,
    runs: 15,
    needs: ({ isRoutine }) => (isRoutine ? "its lowering calls evaluate" : null),
  },
  "jit of derivatives is eager differentiation": {
    law: jitOfDerivativesIsEagerDifferentiation,
    runs: 8,
    needs: differentiable,
  },
  "staged jaxprs are valid": { law: stagedJaxprsAreValid, runs: 10 },
};

export interface CheckLawsOptions {
  /** Independent definition of the first output, for a primitive that is not elementwise. */
  readonly reference?: Reference;
  /** Back ends compared with eager evaluation. Default js, wasm and interpreter. */
  readonly backends?: readonly Backend[];
  /** Random cases per law; by default each law's own number, between 5 and 150. */
  readonly runs?: number;
  /** Names of the laws to try. Default all. */
  readonly only?: readonly string[];
  /** Seed of the cases; by default another one each time, and printed by a failure. */
  readonly seed?: number;
}

/** What was tried. */
export interface LawReport {
  /** Names of the laws that hold. */
  readonly held: readonly string[];
  /** Laws that say nothing about this primitive, with the reason. */
  readonly leftOut: Readonly<Record<string, string>>;
  /** Largest relative error of a jvp against differences; null where none was compared. */
  readonly worstDerivativeError: number | null;
}

/** Whether the jvp answers at all: a rule that says notDifferentiable never does. */
const answersDerivatives = (primitive: Primitive): boolean => {
  let answered = false;
  forAllApplications(primitive, { runs: 20 }, ({ inputs, params }) => {
    if (answered) return;
    const tangents = inputs.map((x) => (isFloat(x.dtype) ? x : zero(x)));
    try {
      primitive.jvp(inputs, tangents, params, { mark: newMark("a law") });
      answered = true;
    } catch (error) {
      // Any other mistake is for the laws to tell.
      answered = !(error instanceof NotDifferentiable);
    }
  });
  return answered;
};

const factsOf = (primitive: Primitive, reference: Reference | undefined): Facts => {
  const { laws } = primitive;
  const answers = answersDerivatives(primitive);
  return {
    hasReference: reference !== undefined || ("reference" in laws && laws.reference !== undefined),
    isDifferentiable: answers && mapsFloats(primitive, "float64"),
    isDifferentiableInSinglePrecision: answers && mapsFloats(primitive, "float32"),
    hasTranspose: primitive.transpose !== notLinear,
    isRoutine: primitive.lower.kind === "routine",
  };
};

const requireRecord = (subject: unknown): Primitive => {
  const record = (typeof subject === "function" ? (subject as { primitive?: unknown }).primitive : subject) as
    | Primitive
    | undefined;
  if (typeof record !== "object" || record === null || typeof record.evaluate !== "function" || !hasSample(record))
    throw new InvalidOption(
      "checkLaws",
      record?.laws === undefined ? "no primitive" : `${record.name}, whose laws have no sample`,
      "Give what definePrimitive returned, or its record, with laws.sample",
    );
  return record;
};

const requireNames = (only: readonly string[]): void => {
  for (const name of only)
    if (!Object.hasOwn(entries, name))
      throw new InvalidOption("checkLaws", `law "${name}"`, `Known: ${Object.keys(entries).join(", ")}`);
};

/**
 * Tries every law on random applications of a primitive, drawn from its `laws.sample`: values and types, jvp against
 * differences (1e-6), transpose against jvp (1e-12), second derivatives (1e-5), float32 (2e-3), vmap against a loop,
 * jit on every back end to the bit.
 * @param primitive  what definePrimitive returned, or the record itself
 * @param options    reference, backends, runs, only, seed
 * @returns the names of the laws that held, those that say nothing about this primitive, and the worst derivative error
 * @throws LawViolation with the seed and the smallest failing case; InvalidOption, UnknownOption
 * @example
 * testing.checkLaws(ops.trigonometric.sin, { only: ["vmap equals a loop"], runs: 5 }).held // ["vmap equals a loop"]
 */
export const checkLaws = (primitive: unknown, options: CheckLawsOptions = {}): LawReport => {
  requireOptions("checkLaws", options, ["reference", "backends", "runs", "only", "seed"]);
  const { reference, backends = compiledBackends, runs, only = Object.keys(entries), seed } = options;
  const record = requireRecord(primitive);
  requireNames(only);
  requireBackends("checkLaws", backends);
  if (runs !== undefined && !(Number.isInteger(runs) && runs > 0))
    throw new InvalidOption("checkLaws", `runs ${runs}`, "Give a positive whole number");
  const facts = factsOf(record, reference);
  const held: string[] = [];
  const leftOut: Record<string, string> = {};
  let worst: number | null = null;
  const onError = (error: number): void => void (worst = Math.max(worst ?? 0, error));
  for (const name of only) {
    const { law, runs: usual, needs } = entries[name]!;
    const reason = needs?.(facts) ?? null;
    if (reason !== null) leftOut[name] = reason;
    else {
      law(record, { runs: runs ?? usual, seed, reference, backends, onError });
      held.push(name);
    }
  }
  return { held, leftOut, worstDerivativeError: worst };
};
