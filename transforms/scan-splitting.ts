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
import { chosen, mergeOutputs, notChosen, spreadTangents } from "./flagged.ts";
import { instantiateOutputs, linearizeJaxpr, splitJaxpr } from "./jaxpr-transforms.ts";
import { keyOf, remembering } from "./remember.ts";
import {
  applyParts,
  operandsOf,
  settleCarry,
  slotLists,
  slotsOf,
  splitFlagged,
  splitOperands,
  variablesOf,
  withCarry,
} from "./scan-parts.ts";
import type { ApplyScan, ScanParams } from "./scan-parts.ts";

// --- Residuals --------------------------------------------------------------------------------

/** Where a residual of the body comes from. */
type Origin = "invariant" | "row" | "step";

interface Hoisted {
  /** Constants of the body to the variables that the loop need not compute again. */
  readonly invariants: Jaxpr;
  readonly equations: readonly Equation[];
  readonly origins: readonly Origin[];
}

/** A body of a loop, and what its inputs are. */
interface Body {
  readonly jaxpr: Jaxpr;
  readonly constants: readonly Variable[];
  readonly xs: readonly Variable[];
  readonly residuals: readonly Atom[];
}

/** What is not the same in every step: what depends on the carry or a row, and what has an effect, which happens in each. */
const changingAtoms = ({ jaxpr, constants }: Body): ReadonlySet<Atom> => {
  const isConstant = new Set<Atom>(constants);
  const changing = new Set<Atom>(jaxpr.inputs.filter((input) => !isConstant.has(input)));
  for (const equation of jaxpr.equations)
    if (equation.inputs.some((atom) => changing.has(atom)) || isEffectful(equation))
      equation.outputs.forEach((output) => changing.add(output));
  return changing;
};

/**
 * Splits off what the residuals need and no step changes. A loop without steps computes nothing, so there
 * nothing is split off.
 */
const hoist = (body: Body, length: number): Hoisted => {
  const { equations } = body.jaxpr;
  const changing = changingAtoms(body);
  const [isInput, isRow] = [new Set<Atom>(body.jaxpr.inputs), new Set<Atom>(body.xs)];
  const origins = body.residuals.map((atom): Origin => {
    if (isRow.has(atom)) return "row";
    return !changing.has(atom) && (length > 0 || isInput.has(atom)) ? "invariant" : "step";
  });
  const wanted = new Set<Atom>(body.residuals.filter((_, k) => origins[k] === "invariant"));
  const isMoved = ({ outputs }: Equation): boolean => outputs.some((output) => wanted.has(output));
  const invariants: Jaxpr = removeDeadCode({
    constants: [],
    inputs: body.constants,
    equations: equations.filter((equation) => !isEffectful(equation)),
    outputs: equations.filter(isMoved).flatMap(({ outputs }) => outputs),
  });
  return { invariants, equations: equations.filter((equation) => !isMoved(equation)), origins };
};

/** Made of the body alone: as long as that is remembered, so is this. */
const rememberHoisted = remembering<Hoisted>();

// --- The two loops ----------------------------------------------------------------------------

/** Operands of a loop, by what the body takes them for. */
type Operands = readonly [constants: readonly NDArray[], carry: readonly NDArray[], xs: readonly NDArray[]];

type Loop = Pick<ScanParams, "length" | "reverse">;

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

/** What the first loop leaves to the second. */
interface Residuals {
  readonly origins: readonly Origin[];
  /** One value each: for all steps, or with a row per step. */
  readonly values: readonly NDArray[];
}

/** The loop of what is known: its outputs, and residuals of which it stacks only those that a step computes. */
const runKnown = (
  apply: ApplyScan,
  loop: Loop,
  { closed, operands, total }: KnownLoop,
): { readonly outputs: readonly NDArray[]; readonly residuals: Residuals } => {
  const jaxpr = constantsAsInputs(closed.jaxpr);
  const [fixed, ofConstants, carry, xs] = slotLists(jaxpr.inputs, [closed.constants, ...operands]);
  const constants = [...fixed, ...ofConstants];
  const residuals = jaxpr.outputs.slice(total);
  const { invariants, equations, origins } = rememberHoisted(jaxpr, keyOf(loop.length > 0), () =>
    hoist({ jaxpr, constants: variablesOf(constants), xs: variablesOf(xs), residuals }, loop.length),
  );
  const hoisted = slotsOf(
    invariants.outputs as readonly Variable[],
    evaluateJaxpr(invariants, [], operandsOf(constants)),
  );
  const isStacked = origins.map((origin) => origin === "step");
  const [lastCarry, ys] = applyParts(apply, { from: jaxpr, key: keyOf("known", origins) }, loop, {
    constants: [...constants, ...hoisted],
    carry,
    xs,
    equations,
    nextCarry: jaxpr.outputs.slice(0, carry.length),
    ys: [...jaxpr.outputs.slice(carry.length, total), ...chosen(residuals, isStacked)],
  });
  const found = new Map<Atom, NDArray>([...constants, ...hoisted, ...xs]);
  let next = total - carry.length;
  const values = residuals.map((atom, k) =>
    isStacked[k]! ? ys[next++]! : atom.kind === "literal" ? atom.value : found.get(atom)!,
  );
  return { outputs: [...lastCarry, ...ys.slice(0, total - carry.length)], residuals: { origins, values } };
};

/** The loop of the rest, which takes residuals as constants or as rows. */
const runLater = (
  apply: ApplyScan,
  loop: Loop,
  { closed, operands }: LaterLoop,
  { origins, values }: Residuals,
): readonly NDArray[] => {
  const jaxpr = constantsAsInputs(closed.jaxpr);
  const [fixed, residuals, constants, carry, xs] = slotLists(jaxpr.inputs, [closed.constants, values, ...operands]);
  const isInvariant = origins.map((origin) => origin === "invariant");
  const [lastCarry, ys] = applyParts(apply, { from: jaxpr, key: keyOf("later", origins) }, loop, {
    constants: [...fixed, ...chosen(residuals, isInvariant), ...constants],
    carry,
    xs: [...notChosen(residuals, isInvariant), ...xs],
    equations: jaxpr.equations,
    nextCarry: jaxpr.outputs.slice(0, carry.length),
    ys: jaxpr.outputs.slice(carry.length),
  });
  return [...lastCarry, ...ys];
};

// --- The rules --------------------------------------------------------------------------------

export const linearizeScan =
  (apply: ApplyScan) =>
  (
    primals: readonly NDArray[],
    tangents: readonly Tangent[],
    params: ScanParams,
    { onTape }: SplitContext,
  ): readonly [readonly NDArray[], readonly Tangent[]] => {
    const { jaxpr } = params;
    const moving = tangents.map(isNonzero);
    const { carry, result } = settleCarry(splitOperands(params, moving)[1], (own) => {
      const varies = withCarry(params, moving, own);
      const body = linearizeJaxpr(jaxpr, varies, "a scan");
      return { ...body, varies, next: body.depends };
    });
    const { known, linear, depends, varies } = result;
    const types = jaxpr.outputs.map(({ aval }) => aval);
    const first = { closed: known, operands: splitOperands(params, primals), total: types.length };
    const second = {
      closed: instantiateOutputs(linear, depends, carry, types),
      operands: splitFlagged(params, varies, chosen(tangents, varies).map(materialize)),
    };
    const { outputs, residuals } = runKnown(apply, params, first);
    const later = onTape(() => runLater(apply, params, second, residuals));
    const present = depends.map((yes, k) => yes || carry[k] === true);
    return [outputs, spreadTangents(present, outputs, later)];
  };

export const splitScan =
  (apply: ApplyScan) =>
  (
    inputs: readonly NDArray[],
    unknown: readonly boolean[],
    params: ScanParams,
    { onTape }: SplitContext,
  ): readonly NDArray[] => {
    const { result } = settleCarry(splitOperands(params, unknown)[1], (own) => {
      const flags = withCarry(params, unknown, own);
      const body = splitJaxpr(params.jaxpr, flags, own);
      return { ...body, flags, next: body.isLate };
    });
    const { known, later, isLate, flags } = result;
    const isKnown = flags.map((yes) => !yes);
    const first = {
      closed: known,
      operands: splitFlagged(params, isKnown, chosen(inputs, isKnown)),
      total: isLate.filter((yes) => !yes).length,
    };
    const second = {
      closed: { jaxpr: later, constants: [] },
      operands: splitFlagged(params, flags, chosen(inputs, flags)),
    };
    const { outputs, residuals } = runKnown(apply, params, first);
    return mergeOutputs(
      isLate,
      outputs,
      onTape(() => runLater(apply, params, second, residuals)),
    );
  };
