/**
 * A choice made twice: of what is known, with residuals, and of the rest on the tape. Residuals that are operands are
 * read there again; those of different branches that are of one type share a place.
 */
import type { NDArray } from "../src/array/ndarray.ts";
import { showAval } from "../src/ir/aval.ts";
import type { Aval } from "../src/ir/aval.ts";
import { evaluateJaxpr } from "../src/ir/evaluate.ts";
import { variable } from "../src/ir/jaxpr.ts";
import type { Atom, ClosedJaxpr, Jaxpr, Variable } from "../src/ir/jaxpr.ts";
import { isNonzero } from "../src/ir/primitive.ts";
import type { SplitContext, Tangent } from "../src/ir/primitive.ts";
import { zerosOf } from "../ops/arithmetic.ts";
import { shareConstants } from "./closures.ts";
import { anyOf, choose, possible } from "./cond-parts.ts";
import type { ApplyCond, CondParams } from "./cond-parts.ts";
import { chosen, mergeOutputs, notChosen, spreadTangents } from "./flagged.ts";
import { instantiateOutputs, linearizeJaxpr, splitJaxpr, stageOnTypesOf } from "./jaxpr-transforms.ts";
import { keyOf, keyOfOthers, remembering } from "./remember.ts";

// --- Residuals --------------------------------------------------------------------------------

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
  const placesOfType = new Map<string, number[]>();
  const sources = parts.map(({ inputs, outputs }) => {
    const positions = new Map<Atom, number>(inputs.map((input, at) => [input, at]));
    const taken = new Map<string, number>();
    return outputs.slice(total).map((atom): Source => {
      const operand = positions.get(atom);
      if (operand !== undefined) return { kind: "operand", at: operand };
      const type = showAval(atom.aval);
      const count = taken.get(type) ?? 0;
      taken.set(type, count + 1);
      const known = placesOfType.get(type) ?? [];
      placesOfType.set(type, known);
      if (count === known.length) known.push(places.push(atom.aval) - 1);
      return { kind: "place", at: known[count]! };
    });
  });
  return { places, sources };
};

/** The first residual of a branch at every operand and place. */
const residualsAt = (sources: readonly Source[]): Readonly<Record<Source["kind"], ReadonlyMap<number, number>>> => {
  const found = { operand: new Map<number, number>(), place: new Map<number, number>() };
  sources.forEach(({ kind, at }, residual) => {
    if (!found[kind].has(at)) found[kind].set(at, residual);
  });
  return found;
};

/** A branch that returns its outputs and fills every place, with zeros where it has no residual. */
const fillPlaces = (branch: Jaxpr, total: number, places: readonly Aval[], sources: readonly Source[]): ClosedJaxpr => {
  const residuals = residualsAt(sources).place;
  return stageOnTypesOf("linearize of a cond", branch.inputs, (inputs) => {
    const results = evaluateJaxpr(branch, [], inputs);
    const filled = places.map(({ shape, dtype }, at) => {
      const own = residuals.get(at);
      return own === undefined ? zerosOf(shape, dtype) : results[total + own]!;
    });
    return [...results.slice(0, total), ...filled];
  });
};

/** The later part of a branch as a function of the operands that any branch reads again, places, and what is unknown. */
const readPlaces = (
  { jaxpr, constants }: ClosedJaxpr,
  operands: ReadonlyMap<number, Aval>,
  places: readonly Aval[],
  sources: readonly Source[],
): ClosedJaxpr => {
  const residuals = residualsAt(sources);
  const inputFor = (kind: Source["kind"], at: number, type: Aval): Variable => {
    const residual = residuals[kind].get(at);
    return residual === undefined ? variable(type) : jaxpr.inputs[residual]!;
  };
  const inputs = [
    ...[...operands].map(([at, type]) => inputFor("operand", at, type)),
    ...places.map((type, at) => inputFor("place", at, type)),
    ...jaxpr.inputs.slice(sources.length),
  ];
  return { jaxpr: { ...jaxpr, inputs }, constants };
};

/** A branch in two: operands to outputs that are known and residuals; residuals and what is unknown to the rest. */
interface TwoParts {
  readonly known: ClosedJaxpr;
  readonly later: ClosedJaxpr;
}

/** The two choices that the parts of all branches make. */
interface TwoChoices {
  /** Constants of the known parts, which become operands like the others. */
  readonly constants: readonly NDArray[];
  /** Constants and operands to known outputs and places. */
  readonly known: readonly ClosedJaxpr[];
  /** Operands that are read again, places and what is unknown to the rest. */
  readonly later: readonly ClosedJaxpr[];
  /** Positions of the operands that are read again. */
  readonly again: readonly number[];
}

const rememberTwoChoices = remembering<TwoChoices>();

const twoChoices = (parts: readonly TwoParts[], total: number): TwoChoices => {
  const from = parts.flatMap(({ known, later }) => [known, later.jaxpr]);
  return rememberTwoChoices(from[0]!, keyOf(keyOfOthers(from), total), () => {
    const { constants, jaxprs } = shareConstants(parts.map(({ known }) => known));
    const { places, sources } = placeResiduals(jaxprs, total);
    const again = new Map<number, Aval>();
    for (const { kind, at } of sources.flat()) if (kind === "operand") again.set(at, jaxprs[0]!.inputs[at]!.aval);
    return {
      constants,
      known: jaxprs.map((jaxpr, k) => fillPlaces(jaxpr, total, places, sources[k]!)),
      later: parts.map(({ later }, k) => readPlaces(later, again, places, sources[k]!)),
      again: [...again.keys()],
    };
  });
};

interface ChoiceInTwo {
  readonly index: NDArray;
  readonly parts: readonly TwoParts[];
  /** Known outputs. */
  readonly total: number;
  /** Operands of the known parts. */
  readonly operands: readonly NDArray[];
  readonly unknown: readonly NDArray[];
}

/** The choice made twice, with residuals of the branches between. */
const chooseInTwo = (
  apply: ApplyCond,
  { index, parts, total, operands, unknown }: ChoiceInTwo,
  { onTape }: SplitContext,
): { readonly known: readonly NDArray[]; readonly later: readonly NDArray[] } => {
  const { constants, known, later, again } = twoChoices(parts, total);
  const all = [...constants, ...operands];
  const results = choose(apply, index, known, all);
  const rest = [...again.map((at) => all[at]!), ...results.slice(total), ...unknown];
  return { known: results.slice(0, total), later: onTape(() => choose(apply, index, later, rest)) };
};

// --- The rules --------------------------------------------------------------------------------

export const linearizeCond =
  (apply: ApplyCond) =>
  (
    [index, ...operands]: readonly NDArray[],
    [, ...tangents]: readonly Tangent[],
    params: CondParams,
    context: SplitContext,
  ): readonly [readonly NDArray[], readonly Tangent[]] => {
    const branches = possible(index!, params);
    const varies = tangents.map(isNonzero);
    const parts = branches.map((branch) => linearizeJaxpr(branch, varies, "a cond"));
    const depends = anyOf(parts.map((part) => part.depends));
    const types = branches[0]!.outputs.map(({ aval }) => aval);
    const choice = {
      index: index!,
      parts: parts.map(({ known, linear, depends: own }) => ({
        known,
        later: instantiateOutputs(linear, own, depends, types),
      })),
      total: types.length,
      operands,
      unknown: tangents.filter(isNonzero),
    };
    const { known: outputs, later } = chooseInTwo(apply, choice, context);
    return [outputs, spreadTangents(depends, outputs, later)];
  };

/** With an unknown index all is unknown; else every branch is split in the same way. */
export const splitCond =
  (apply: ApplyCond) =>
  (
    inputs: readonly NDArray[],
    [indexUnknown, ...unknown]: readonly boolean[],
    params: CondParams,
    context: SplitContext,
  ): readonly NDArray[] => {
    if (indexUnknown === true) return context.onTape(() => apply(inputs, params));
    const [index, ...operands] = inputs;
    const branches = possible(index!, params);
    const isLate = anyOf(branches.map((branch) => splitJaxpr(branch, unknown).isLate));
    const choice = {
      index: index!,
      parts: branches.map((branch) => {
        const { known, later } = splitJaxpr(branch, unknown, isLate);
        return { known, later: { jaxpr: later, constants: [] } };
      }),
      total: isLate.filter((yes) => !yes).length,
      operands: notChosen(operands, unknown),
      unknown: chosen(operands, unknown),
    };
    const { known, later } = chooseInTwo(apply, choice, context);
    return mergeOutputs(isLate, known, later);
  };
