/**
 * Derivatives of a scan that are scans again. Forward: one scan of value and tangent. Transpose: the linear scan run
 * the other way, cotangents of constants being summed in the carry. Linearization is in scan-splitting.ts.
 */
import type { NDArray } from "../src/array/ndarray.ts";
import type { Aval } from "../src/ir/aval.ts";
import { evaluateJaxpr } from "../src/ir/evaluate.ts";
import { constantsAsInputs } from "../src/ir/jaxpr.ts";
import type { ClosedJaxpr, Jaxpr, Variable } from "../src/ir/jaxpr.ts";
import { isKnownInput, isLinearInput, isNonzero } from "../src/ir/primitive.ts";
import type { LinearInput, Tangent } from "../src/ir/primitive.ts";
import { add, materialize, zerosOf } from "../ops/arithmetic.ts";
import { chosen, notChosen, spreadFlags, spreadTangents } from "./flagged.ts";
import { dependents, independentEquations, jvpJaxpr, stageOnTypesOf, transposeJaxpr } from "./jaxpr-transforms.ts";
import { keyOf, remembering } from "./remember.ts";
import { applyParts, settleCarry, slotLists, splitFlagged, splitOperands, withCarry } from "./scan-parts.ts";
import type { ApplyScan, ScanParams } from "./scan-parts.ts";

// --- Forward ----------------------------------------------------------------------------------

/** The loop of primals and tangents: constants, carry and xs of both, primals first. */
export const jvpOfScan =
  (apply: ApplyScan) =>
  (
    primals: readonly NDArray[],
    tangents: readonly Tangent[],
    params: ScanParams,
  ): readonly [readonly NDArray[], readonly Tangent[]] => {
    const { jaxpr, carryCount } = params;
    const moving = tangents.map(isNonzero);
    const { carry, result } = settleCarry(splitOperands(params, moving)[1], (own) => {
      const varies = withCarry(params, moving, own);
      const body = jvpJaxpr(jaxpr, varies, own, "jvp of a scan");
      return { ...body, varies, next: body.depends };
    });
    const { closed, depends, varies } = result;
    const body = constantsAsInputs(closed.jaxpr);
    const [fixed, constants, init, xs, constTangents, initTangents, xTangents] = slotLists(body.inputs, [
      closed.constants,
      ...splitOperands(params, primals),
      ...splitFlagged(params, varies, chosen(tangents, varies).map(materialize)),
    ]);
    const total = jaxpr.outputs.length;
    const [next, nextTangents] = [body.outputs.slice(0, total), body.outputs.slice(total)];
    const moved = carry.filter(Boolean).length;
    const [lastCarry, ys] = applyParts(apply, { from: body, key: "jvp" }, params, {
      constants: [...fixed, ...constants, ...constTangents],
      carry: [...init, ...initTangents],
      xs: [...xs, ...xTangents],
      equations: body.equations,
      nextCarry: [...next.slice(0, carryCount), ...nextTangents.slice(0, moved)],
      ys: [...next.slice(carryCount), ...nextTangents.slice(moved)],
    });
    const yCount = total - carryCount;
    const outputs = [...lastCarry.slice(0, carryCount), ...ys.slice(0, yCount)];
    const outTangents = [...lastCarry.slice(carryCount), ...ys.slice(yCount)];
    return [outputs, spreadTangents(depends, outputs, outTangents)];
  };

// --- Transpose --------------------------------------------------------------------------------

/** Which operands are linear in any step: those that are at the start, and carries that come to depend on them. */
const linearOperands = (params: ScanParams, given: readonly boolean[]): readonly boolean[] => {
  const { carry } = settleCarry(splitOperands(params, given)[1], (own) => ({
    next: dependents(params.jaxpr, withCarry(params, given, own)),
  }));
  return withCarry(params, given, carry);
};

/** The values that carries without linear part have before every step, in the order of the steps' rows. */
const knownCarries = (
  apply: ApplyScan,
  params: ScanParams,
  inputs: readonly (NDArray | LinearInput)[],
  linear: readonly boolean[],
): readonly NDArray[] => {
  const { jaxpr } = params;
  const [, ofCarry] = splitOperands(params, linear);
  if (ofCarry.every(Boolean)) return [];
  const isKnown = linear.map((yes) => !yes);
  const variables = notChosen(jaxpr.inputs, linear);
  const operands = notChosen(inputs as readonly NDArray[], linear);
  const [constants, carry, xs] = slotLists(variables, splitFlagged(params, isKnown, operands));
  const [, ys] = applyParts(apply, { from: jaxpr, key: keyOf("known carries", linear) }, params, {
    constants,
    carry,
    xs,
    equations: independentEquations(jaxpr, linear),
    nextCarry: notChosen(jaxpr.outputs.slice(0, params.carryCount), ofCarry),
    ys: splitFlagged(params, isKnown, variables)[1],
  });
  return ys;
};

/** One step back, which is the same for all steps: which cotangents the carry and the operands have, and the map. */
interface StepBack {
  readonly carry: readonly boolean[];
  /** Of all operands. */
  readonly leaving: readonly boolean[];
  /** Known operands, then cotangents of the carry and of ys, to those of the linear operands. */
  readonly closed: ClosedJaxpr;
}

/** @param arriving  which outputs of the scan have a cotangent */
const stepBackOf = (params: ScanParams, linear: readonly boolean[], arriving: readonly boolean[]): StepBack => {
  const { jaxpr, carryCount } = params;
  const [, carryLinear] = splitOperands(params, linear);
  const none = linear.map(() => false);
  const start = carryLinear.map((yes, k) => yes && arriving[k]!);
  const { carry, result } = settleCarry(start, (own) => {
    const seeds = [...own, ...arriving.slice(carryCount)];
    const instantiate = chosen(withCarry(params, none, own), linear);
    const { closed, leaving } = transposeJaxpr(jaxpr, linear, seeds, instantiate);
    const all = spreadFlags(linear, leaving);
    return { closed, leaving: all, next: splitOperands(params, all)[1] };
  });
  return { carry, leaving: result.leaving, closed: result.closed };
};

interface Sums {
  /** Operands of the step back, then sums so far, to cotangents of the carry, sums, and cotangents of the rows. */
  readonly closed: ClosedJaxpr;
  /** The constants whose cotangents are summed. */
  readonly summed: readonly Variable[];
}

const rememberSums = remembering<Sums>();

/** The step back with cotangents of constants added up. */
const summing = (params: ScanParams, { carry, leaving, closed }: StepBack): Sums => {
  const step: Jaxpr = constantsAsInputs(closed.jaxpr);
  return rememberSums(step, keyOf(carry), () => {
    const { inputs } = params.jaxpr;
    const [constLeaving, , xLeaving] = splitOperands(params, leaving);
    const summed = chosen(splitOperands(params, inputs)[0], constLeaving);
    const types = inputs.map(({ aval }) => aval);
    const count = step.inputs.length;
    const stage = (values: readonly NDArray[]): readonly NDArray[] => {
      const results = spreadTangents(leaving, types, evaluateJaxpr(step, [], values.slice(0, count)));
      const [ofConstants, ofCarry, ofXs] = splitOperands(params, results as readonly NDArray[]);
      const sums = chosen(ofConstants, constLeaving).map((part, k) => add(values[count + k]!, part));
      return [...chosen(ofCarry, carry), ...sums, ...chosen(ofXs, xLeaving)];
    };
    return { closed: stageOnTypesOf("transpose of a scan", [...step.inputs, ...summed], stage), summed };
  });
};

const typeOf = (input: NDArray | LinearInput): Aval => (isLinearInput(input) ? input.aval : input);

export const transposeScan =
  (apply: ApplyScan) =>
  (
    cotangents: readonly Tangent[],
    inputs: readonly (NDArray | LinearInput)[],
    params: ScanParams,
  ): readonly (Tangent | null)[] => {
    const { length, reverse, carryCount } = params;
    const given = inputs.map(isLinearInput);
    const linear = linearOperands(params, given);
    const stacks = knownCarries(apply, params, inputs, linear);
    const step = stepBackOf(params, linear, cotangents.map(isNonzero));
    const { closed, summed } = summing(params, step);
    const body = constantsAsInputs(closed.jaxpr);
    const [ofConstants, , ofXs] = splitOperands(params, inputs);
    const [fixed, stepFixed, constants, carryRows, rows, carry, yRows, sums] = slotLists(body.inputs, [
      closed.constants,
      step.closed.constants,
      ofConstants.filter(isKnownInput),
      stacks,
      ofXs.filter(isKnownInput),
      chosen(cotangents.slice(0, carryCount), step.carry).map(materialize),
      cotangents.slice(carryCount).filter(isNonzero),
      summed.map(({ aval }) => zerosOf(aval.shape, aval.dtype)),
    ]);
    const nextCount = carry.length + sums.length;
    const backwards = { length, reverse: !reverse };
    const [first, leavingRows] = applyParts(apply, { from: body, key: "transpose" }, backwards, {
      constants: [...fixed, ...stepFixed, ...constants],
      carry: [...carry, ...sums],
      xs: [...carryRows, ...rows, ...yRows],
      equations: body.equations,
      nextCarry: body.outputs.slice(0, nextCount),
      ys: body.outputs.slice(nextCount),
    });
    const leaving = withCarry(params, step.leaving, step.carry);
    const results = [...first.slice(carry.length), ...first.slice(0, carry.length), ...leavingRows];
    return spreadTangents(leaving, inputs.map(typeOf), results).map((result, k) => (given[k]! ? result : null));
  };
