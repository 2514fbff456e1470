/**
 * Derivatives of a scan that are scans again. Forward: one scan of value and tangent. Transpose: the linear scan run
 * the other way, cotangents of constants being summed in the carry. Linearization is in scan-splitting.ts.
 */
import type { NDArray } from "../src/array/ndarray.ts";
import type { Aval } from "../src/ir/aval.ts";
import { evaluateJaxpr } from "../src/ir/evaluate.ts";
import { constantsAsInputs } from "../src/ir/jaxpr.ts";
import { isKnownInput, isLinearInput, isNonzero } from "../src/ir/primitive.ts";
import type { LinearInput, Tangent } from "../src/ir/primitive.ts";
import { add, materialize, zerosOf } from "../ops/arithmetic.ts";
import {
  dependents,
  independentEquations,
  jvpJaxpr,
  remember,
  spreadTangents,
  stageOnTypesOf,
  transposeJaxpr,
} from "./jaxpr-transforms.ts";
import { applyParts, chosen, settleCarry, slotsOf, splitFlagged, splitOperands, withCarry } from "./scan-parts.ts";
import type { ApplyScan, ScanParams, Slot } from "./scan-parts.ts";

type Rule = readonly [readonly NDArray[], readonly Tangent[]];

/** Tangents of outputs: carries first. */
const outputTangents = (
  depends: readonly boolean[],
  outputs: readonly NDArray[],
  carry: readonly NDArray[],
  ys: readonly NDArray[],
): Tangent[] => spreadTangents(depends, outputs, [...carry, ...ys]);

// --- Forward ----------------------------------------------------------------------------------

export const jvpOfScan = (
  apply: ApplyScan,
  primals: readonly NDArray[],
  tangents: readonly Tangent[],
  params: ScanParams,
): Rule => {
  const { jaxpr, carryCount } = params;
  const moving = tangents.map(isNonzero);
  const { carry, result } = settleCarry(splitOperands(params, moving)[1], (own) => {
    const [varies] = withCarry(params, moving, own);
    const body = jvpJaxpr(jaxpr, varies, own, "jvp of a scan");
    return { ...body, varies, next: body.depends };
  });
  const { closed, depends, varies } = result;
  const body = constantsAsInputs(closed.jaxpr);
  const count = closed.constants.length;
  const primalVariables = splitOperands(params, body.inputs.slice(count, count + primals.length));
  const primalOperands = splitOperands(params, primals);
  const tangentVariables = splitFlagged(params, varies, body.inputs.slice(count + primals.length));
  const tangentOperands = splitFlagged(params, varies, chosen(tangents, varies).map(materialize));
  const group = (k: 0 | 1 | 2): readonly [Slot[], Slot[]] => [
    slotsOf(primalVariables[k], primalOperands[k]),
    slotsOf(tangentVariables[k], tangentOperands[k]),
  ];
  const total = jaxpr.outputs.length;
  const [nextPrimal, nextTangent] = [body.outputs.slice(0, total), body.outputs.slice(total)];
  const moved = carry.filter(Boolean).length;
  const [lastCarry, ys] = applyParts(apply, [jaxpr, `jvp ${varies.join()}`], params, {
    constants: [...slotsOf(body.inputs, closed.constants), ...group(0).flat()],
    carry: group(1).flat(),
    xs: group(2).flat(),
    equations: body.equations,
    nextCarry: [...nextPrimal.slice(0, carryCount), ...nextTangent.slice(0, moved)],
    ys: [...nextPrimal.slice(carryCount), ...nextTangent.slice(moved)],
  });
  const yCount = total - carryCount;
  const outputs = [...lastCarry.slice(0, carryCount), ...ys.slice(0, yCount)];
  return [outputs, outputTangents(depends, outputs, lastCarry.slice(carryCount), ys.slice(yCount))];
};

// --- Transpose --------------------------------------------------------------------------------

/** The values that carries without linear part have before every step, in the order of the steps' rows. */
const knownCarries = (
  apply: ApplyScan,
  inputs: readonly (NDArray | LinearInput)[],
  linear: readonly boolean[],
  params: ScanParams,
): readonly NDArray[] => {
  const { jaxpr } = params;
  const isKnown = linear.map((yes) => !yes);
  const [constVariables, carryVariables, xVariables] = splitOperands(params, jaxpr.inputs);
  const [constKnown, carryKnown, xKnown] = splitOperands(params, isKnown);
  if (!carryKnown.some(Boolean)) return [];
  const [constOperands, carryOperands, xOperands] = splitOperands(params, inputs as readonly NDArray[]);
  const carries = chosen(carryVariables, carryKnown);
  const [, ys] = applyParts(apply, [jaxpr, `known carries ${linear.join()}`], params, {
    constants: slotsOf(chosen(constVariables, constKnown), chosen(constOperands, constKnown)),
    carry: slotsOf(carries, chosen(carryOperands, carryKnown)),
    xs: slotsOf(chosen(xVariables, xKnown), chosen(xOperands, xKnown)),
    equations: independentEquations(jaxpr, linear),
    nextCarry: chosen(jaxpr.outputs, carryKnown),
    ys: carries,
  });
  return ys;
};

export const transposeScan = (
  apply: ApplyScan,
  cotangents: readonly Tangent[],
  inputs: readonly (NDArray | LinearInput)[],
  params: ScanParams,
): readonly (Tangent | null)[] => {
  const { jaxpr, carryCount, length, reverse } = params;
  const given = inputs.map(isLinearInput);
  const { result: linearity } = settleCarry(splitOperands(params, given)[1], (own) => {
    const [linear] = withCarry(params, given, own);
    return { linear, next: dependents(jaxpr, linear) };
  });
  const { linear } = linearity;
  const [, carryLinear] = splitOperands(params, linear);
  const carryStacks = knownCarries(apply, inputs, linear, params);

  // Which cotangents of the carry are there, whichever step is asked.
  const arriving = cotangents.map((cotangent, k) => isNonzero(cotangent) && (k >= carryCount || carryLinear[k]!));
  const places = linear.flatMap((yes, k) => (yes ? [k] : []));
  const carryPlace = (k: number): number => places.indexOf(params.constCount + k);
  const { carry, result } = settleCarry(arriving.slice(0, carryCount), (own) => {
    const seeds = [...own, ...arriving.slice(carryCount)];
    const instantiate = places.map((place) => own[place - params.constCount] === true);
    const body = transposeJaxpr(jaxpr, linear, seeds, instantiate);
    return { ...body, next: own.map((_, k) => carryLinear[k]! && body.leaving[carryPlace(k)]!) };
  });
  const leaving = spreadFlags(linear, result.leaving);
  const [constLeaving, , xLeaving] = splitOperands(params, leaving);

  // One step back: cotangents of the carry, sums for the constants, cotangents of the rows.
  const { constants: closedConstants, jaxpr: closedJaxpr } = result.closed;
  const step = constantsAsInputs(closedJaxpr);
  const key = `${linear.join()} ${arriving.join()} ${carry.join()}`;
  const accumulators = chosen(splitOperands(params, jaxpr.inputs)[0], constLeaving);
  const sums = remember(jaxpr, `scan sums ${key}`, () =>
    stageOnTypesOf("transpose of a scan", [...step.inputs, ...accumulators], (values) => {
      const results = spreadTangents(
        leaving,
        jaxpr.inputs.map(({ aval }) => aval),
        evaluateJaxpr(step, [], values.slice(0, step.inputs.length)),
      );
      const [constResults, carryResults, xResults] = splitOperands(params, results);
      const summed = chosen(constResults, constLeaving).map((part, k) =>
        add(values[step.inputs.length + k]!, part as NDArray),
      );
      return [...chosen(carryResults, carry), ...summed, ...chosen(xResults, xLeaving)] as NDArray[];
    }),
  );
  const body = constantsAsInputs(sums.jaxpr);
  const variables = body.inputs.slice(sums.constants.length);
  const [constOperands, , xOperands] = splitOperands(params, inputs);
  let at = 0;
  const take = (operands: readonly NDArray[]): Slot[] => {
    const slots = slotsOf(variables.slice(at), operands);
    at += operands.length;
    return slots;
  };
  const constants = [
    ...slotsOf(body.inputs, sums.constants),
    ...take(closedConstants),
    ...take(constOperands.filter(isKnownInput)),
  ];
  const knownRows = [...take(carryStacks), ...take(xOperands.filter(isKnownInput))];
  const carrySlots = take(chosen(cotangents.slice(0, carryCount), carry).map(materialize));
  const rowCotangents = take(cotangents.slice(carryCount).filter(isNonzero));
  const zeros = accumulators.map(({ aval }) => zerosOf(aval.shape, aval.dtype));
  const carryTotal = carrySlots.length + zeros.length;
  const [lastCarry, ys] = applyParts(
    apply,
    [jaxpr, `transpose ${key}`],
    { length, reverse: !reverse },
    {
      constants,
      carry: [...carrySlots, ...take(zeros)],
      xs: [...knownRows, ...rowCotangents],
      equations: body.equations,
      nextCarry: body.outputs.slice(0, carryTotal),
      ys: body.outputs.slice(carryTotal),
    },
  );
  const [constTypes, carryTypes, xTypes] = splitOperands(params, inputs.map(typeOf));
  return [
    ...spreadTangents(constLeaving, constTypes, lastCarry.slice(carrySlots.length)),
    ...spreadTangents(carry, carryTypes, lastCarry.slice(0, carrySlots.length)),
    ...spreadTangents(xLeaving, xTypes, ys),
  ].map((cotangent, k) => (given[k]! ? cotangent : null));
};

const typeOf = (input: NDArray | LinearInput): Aval => (isLinearInput(input) ? input.aval : input);

/** Flags of linear inputs among all inputs. */
const spreadFlags = (linear: readonly boolean[], flags: readonly boolean[]): boolean[] => {
  let next = 0;
  return linear.map((yes) => yes && flags[next++]!);
};
