/**
 * A scan run in two: a loop of what is known, which also stacks residuals, and a loop of the rest on the tape.
 * Linearization leaves tangents for the second, a split whatever depends on unknown operands. Residuals that no step
 * changes are computed once, and residuals that are rows of xs are read there; neither is stacked.
 */
import type { NDArray } from "../src/array/ndarray.ts";
import { removeDeadCode } from "../src/compile/dead-code.ts";
import { evaluateJaxpr } from "../src/ir/evaluate.ts";
import type { Atom, ClosedJaxpr, Equation, Jaxpr, Variable } from "../src/ir/jaxpr.ts";
import { constantsAsInputs } from "../src/ir/jaxpr.ts";
import { isEffectful } from "../src/ir/effects.ts";
import { isNonzero } from "../src/ir/primitive.ts";
import type { SplitContext, Tangent } from "../src/ir/primitive.ts";
import { materialize } from "../ops/arithmetic.ts";
import {
  instantiateOutputs,
  linearizeJaxpr,
  mergeOutputs,
  remember,
  splitJaxpr,
  spreadTangents,
} from "./jaxpr-transforms.ts";
import { applyParts, chosen, settleCarry, slotsOf, splitFlagged, splitOperands, withCarry } from "./scan-parts.ts";
import type { ApplyScan, ScanParams, Slot } from "./scan-parts.ts";

// --- Residuals --------------------------------------------------------------------------------

/** Where a residual of the body comes from. */
type Origin = "invariant" | "row" | "step";

interface Hoisted {
  /** Constants of the body to the variables that the loop need not compute again. */
  readonly invariants: Jaxpr;
  readonly equations: readonly Equation[];
  readonly origins: readonly Origin[];
}

/**
 * Splits off what the residuals need and no step changes. A loop without steps computes nothing, so there
 * nothing is split off.
 */
const hoist = (
  body: Jaxpr,
  constants: readonly Variable[],
  xs: readonly Variable[],
  residuals: readonly Atom[],
  length: number,
): Hoisted => {
  const changing = new Set<Atom>(body.inputs.filter((input) => !constants.includes(input)));
  // What has an effect happens in every step, whether its values change or not.
  for (const equation of body.equations)
    if (equation.inputs.some((atom) => changing.has(atom)) || isEffectful(equation))
      equation.outputs.forEach((output) => changing.add(output));
  const isInput = new Set<Atom>(body.inputs);
  const origins = residuals.map((atom): Origin => {
    if (xs.includes(atom as Variable)) return "row";
    return !changing.has(atom) && (length > 0 || isInput.has(atom)) ? "invariant" : "step";
  });
  const wanted = new Set<Atom>(residuals.filter((_, k) => origins[k] === "invariant"));
  const moved = body.equations.filter(({ outputs }) => outputs.some((output) => wanted.has(output)));
  const invariants: Jaxpr = removeDeadCode({
    constants: [],
    inputs: constants,
    equations: body.equations.filter((equation) => !isEffectful(equation)),
    outputs: moved.flatMap(({ outputs }) => outputs),
  });
  return { invariants, equations: body.equations.filter((equation) => !moved.includes(equation)), origins };
};

// --- The two loops ----------------------------------------------------------------------------

/** Operands of a loop, by what the body takes them for. */
type Operands = readonly [constants: readonly NDArray[], carry: readonly NDArray[], xs: readonly NDArray[]];

interface KnownLoop {
  /** Known constants, carry and rows to the next carry, rows of ys, and residuals. */
  readonly closed: ClosedJaxpr;
  readonly operands: Operands;
  /** Outputs before the residuals. */
  readonly total: number;
}

interface LaterLoop {
  /** Residuals, then unknown constants, carry and rows, to the next carry and rows of ys. */
  readonly closed: ClosedJaxpr;
  readonly operands: Operands;
}

interface TwoLoops {
  readonly known: readonly NDArray[];
  readonly later: readonly NDArray[];
}

const runInTwo = (
  apply: ApplyScan,
  key: string,
  { jaxpr, length, reverse }: ScanParams,
  first: KnownLoop,
  second: LaterLoop,
  { onTape }: SplitContext,
): TwoLoops => {
  const loop = { length, reverse };
  const own = `${key} ${length > 0}`;
  const body = constantsAsInputs(first.closed.jaxpr);
  let at = 0;
  const take = (operands: readonly NDArray[]): Slot[] => {
    const slots = slotsOf(body.inputs.slice(at), operands);
    at += operands.length;
    return slots;
  };
  const constants = [...take(first.closed.constants), ...take(first.operands[0])];
  const carry = take(first.operands[1]);
  const xs = take(first.operands[2]);
  const residuals = body.outputs.slice(first.total);
  const { invariants, equations, origins } = remember(jaxpr, `scan hoisted ${own}`, () =>
    hoist(
      body,
      constants.map(([variable]) => variable),
      xs.map(([variable]) => variable),
      residuals,
      length,
    ),
  );
  const invariantSlots = slotsOf(
    invariants.outputs as readonly Variable[],
    evaluateJaxpr(
      invariants,
      [],
      constants.map(([, operand]) => operand),
    ),
  );
  const [lastCarry, ys] = applyParts(apply, [jaxpr, `known ${own}`], loop, {
    constants: [...constants, ...invariantSlots],
    carry,
    xs,
    equations,
    nextCarry: body.outputs.slice(0, carry.length),
    ys: [...body.outputs.slice(carry.length, first.total), ...residuals.filter((_, k) => origins[k] === "step")],
  });
  const yCount = first.total - carry.length;

  const rest = constantsAsInputs(second.closed.jaxpr);
  const variables = rest.inputs.slice(second.closed.constants.length);
  const values = new Map<Atom, NDArray>([...constants, ...invariantSlots, ...xs]);
  let next = yCount;
  const residualSlots = residuals.map((atom, k): Slot => {
    const value = origins[k] === "step" ? ys[next++]! : atom.kind === "literal" ? atom.value : values.get(atom)!;
    return [variables[k]!, value];
  });
  let later = residuals.length;
  const takeLater = (operands: readonly NDArray[]): Slot[] => {
    const slots = slotsOf(variables.slice(later), operands);
    later += operands.length;
    return slots;
  };
  const ofLater = second.operands.map(takeLater) as [Slot[], Slot[], Slot[]];
  const [laterCarry, laterYs] = onTape(() =>
    applyParts(apply, [jaxpr, `later ${own}`], loop, {
      constants: [
        ...slotsOf(rest.inputs, second.closed.constants),
        ...residualSlots.filter((_, k) => origins[k] === "invariant"),
        ...ofLater[0],
      ],
      carry: ofLater[1],
      xs: [...residualSlots.filter((_, k) => origins[k] !== "invariant"), ...ofLater[2]],
      equations: rest.equations,
      nextCarry: rest.outputs.slice(0, ofLater[1].length),
      ys: rest.outputs.slice(ofLater[1].length),
    }),
  );
  return { known: [...lastCarry, ...ys.slice(0, yCount)], later: [...laterCarry, ...laterYs] };
};

// --- The rules --------------------------------------------------------------------------------

export const linearizeScan = (
  apply: ApplyScan,
  primals: readonly NDArray[],
  tangents: readonly Tangent[],
  params: ScanParams,
  context: SplitContext,
): readonly [readonly NDArray[], readonly Tangent[]] => {
  const { jaxpr } = params;
  const moving = tangents.map(isNonzero);
  const { carry, result } = settleCarry(splitOperands(params, moving)[1], (own) => {
    const [varies] = withCarry(params, moving, own);
    const body = linearizeJaxpr(jaxpr, varies, "a scan");
    return { ...body, varies, next: body.depends };
  });
  const { known, linear, depends, varies } = result;
  const types = jaxpr.outputs.map(({ aval }) => aval);
  const present = depends.map((yes, k) => yes || carry[k] === true);
  const { known: outputs, later } = runInTwo(
    apply,
    `linearize ${varies.join()}`,
    params,
    { closed: known, operands: splitOperands(params, primals), total: types.length },
    {
      closed: instantiateOutputs(linear, depends, carry, types),
      operands: splitFlagged(params, varies, chosen(tangents, varies).map(materialize)),
    },
    context,
  );
  return [outputs, spreadTangents(present, outputs, later)];
};

export const splitScan = (
  apply: ApplyScan,
  inputs: readonly NDArray[],
  unknown: readonly boolean[],
  params: ScanParams,
  context: SplitContext,
): readonly NDArray[] => {
  const { jaxpr } = params;
  const { result } = settleCarry(splitOperands(params, unknown)[1], (own) => {
    const [flags] = withCarry(params, unknown, own);
    const body = splitJaxpr(jaxpr, flags, own);
    return { ...body, flags, next: body.isLate };
  });
  const { known, later, isLate, flags } = result;
  const isKnown = flags.map((yes) => !yes);
  const { known: knownResults, later: laterResults } = runInTwo(
    apply,
    `split ${flags.join()}`,
    params,
    {
      closed: known,
      operands: splitFlagged(params, isKnown, chosen(inputs, isKnown)),
      total: isLate.filter((yes) => !yes).length,
    },
    { closed: { jaxpr: later, constants: [] }, operands: splitFlagged(params, flags, chosen(inputs, flags)) },
    context,
  );
  return mergeOutputs(isLate, knownResults, laterResults);
};
