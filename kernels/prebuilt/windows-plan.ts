/**
 * Plans of the window kernels: axes along which windows are one element are no work, all others are one pass each; and where
 * tables, rows and interleaved planes lie in the scratch.
 */
import type { FoldKind } from "../axis-folds.ts";
import { type Shape, elementCount } from "../numeric-array.ts";
import type { Extremum } from "../window-extrema.ts";
import { type AxisWindow, type WindowParams, axisWindows, isPointwise, tapsAlong, windowShape } from "../windows.ts";
import { passCount, passNames, wholePassNames } from "./axis-passes.ts";
import { type PassPlan, aligned, isReasonable, planPasses } from "./axis-passes-plan.ts";
import { type Lanes, doubles, singles } from "./lanes.ts";
import type { Addresses, PrebuiltCall } from "./module.ts";
import { type Cut, alike, shared } from "./shares.ts";
import { placeNames } from "./window-places.ts";
import { windowNames } from "./window-tables.ts";

/** An axis with work to do. */
type Worked = AxisWindow & {
  readonly axis: number;
  readonly results: number;
  readonly step: number;
  readonly most: number;
};

const greatest = (counts: Int32Array): number => counts.reduce((larger, count) => Math.max(larger, count), 0);

const workedAxes = (shape: Shape, params: WindowParams): Worked[] =>
  axisWindows(params).flatMap((window, axis) => {
    if (isPointwise(shape[axis]!, window)) return [];
    const { first, count, step } = tapsAlong(shape[axis]!, window);
    return [{ ...window, axis, results: first.length, step, most: greatest(count) }];
  });

const lanesOf = (dtype: string): Lanes | null => (dtype === "float64" ? doubles : dtype === "float32" ? singles : null);

/** Whether the kernel's integers can hold what it computes of an axis. */
const isModest = ({ window, stride, low, baseDilation, windowDilation, results }: Worked, input: number): boolean =>
  [stride * results + Math.abs(low), windowDilation * (window + baseDilation), baseDilation * input].every(
    (x) => x < 2 ** 29,
  );

const windowNumbers = (axis: Worked, unit: number): number[] => {
  const { window, stride, low, baseDilation, windowDilation, step } = axis;
  const numbers = {
    window,
    stride,
    low,
    baseDilation,
    windowDilation,
    unit,
    tapStep: (baseDilation * step) / windowDilation,
  };
  return windowNames.map((name) => numbers[name]);
};

/** The arguments of all passes, with those of their windows; addresses of scratch are moved to where it is. */
const axisArguments = ({ passes, units }: PassPlan, worked: readonly Worked[], scratch: number): number[] =>
  passes.flatMap((pass, k) => {
    const own = k - (passCount - worked.length);
    const numbers = { ...pass, table: pass.table + scratch, scratch: pass.scratch + scratch };
    const window = own < 0 ? windowNames.map(() => 1) : windowNumbers(worked[own]!, units[own]!);
    return [...passNames.map((name) => numbers[name]), ...window];
  });

const wholeArguments = ({ whole }: PassPlan, { operands, results, scratch }: Addresses): number[] => {
  const numbers = { ...whole, lines: whole.lines + scratch, source: operands[0]!, target: results[0]! };
  return wholePassNames.map((name) => numbers[name]);
};

interface Prepared {
  readonly lanes: Lanes;
  readonly worked: readonly Worked[];
  readonly results: Shape;
}

/** What a call works on, or null where the kernel in TypeScript is to be used. */
const prepared = (dtype: string, shape: Shape, params: WindowParams): Prepared | null => {
  const lanes = lanesOf(dtype);
  const results = windowShape(shape, params);
  const sizes = [elementCount(shape), elementCount(results)];
  if (lanes === null || sizes.includes(0) || sizes.some((size) => size * lanes.item >= 2 ** 30)) return null;
  const worked = workedAxes(shape, params);
  if (worked.length === 0 || worked.length > passCount) return null;
  return worked.every((axis) => isModest(axis, shape[axis.axis]!)) ? { lanes, worked, results } : null;
};

/** Estimate of the nanoseconds that an element under a window takes. */
const tapTime = 0.8;

interface Planes {
  readonly planes: number;
  /** Shape of one, and the elements of it and of its results. */
  readonly plane: Shape;
  readonly planeElements: number;
  readonly planeResults: number;
  /** The planes are axis 0. */
  readonly worked: readonly Worked[];
}

/** What a call works on, with the axes before the first that has windows as one. */
const planesOf = ({ worked, results }: Prepared, shape: Shape): Planes => {
  const first = worked[0]!.axis;
  const plane = shape.slice(first);
  return {
    planes: elementCount(shape.slice(0, first)),
    plane,
    worked: worked.map((axis) => ({ ...axis, axis: axis.axis - first + 1 })),
    planeElements: elementCount(plane),
    planeResults: elementCount(results.slice(first)),
  };
};

/** The results of a single plane along the first axis: later ones are those of windows that begin later. */
const resultsCut = (
  lanes: Lanes,
  planeResults: number,
  [first, ...others]: readonly Worked[],
  callFor: (worked: readonly Worked[]) => PrebuiltCall,
): Cut => {
  const { results, stride, low } = first!;
  const row = (planeResults / results) * lanes.item;
  return {
    length: results,
    range: (from, to) => {
      const { args, ...call } = callFor([{ ...first!, low: low - from * stride, results: to - from }, ...others]);
      return { ...call, args: (addresses) => args({ ...addresses, results: [addresses.results[0]! + from * row] }) };
    },
  };
};

const functionNames = { sum: "windowSum", max: "windowMax", min: "windowMin" } as const;

/**
 * The call of the prebuilt kernel for a sum or an extremum over windows: one operand, one result.
 * @param dtype  of both
 * @param shape  of the operand
 * @returns      null where the kernel in TypeScript is to be used: integers, nothing to do, windows along more than three axes
 */
export const planWindows = (dtype: string, shape: Shape, params: WindowParams, kind: FoldKind): PrebuiltCall | null => {
  const problem = prepared(dtype, shape, params);
  if (problem === null) return null;
  const { lanes, results } = problem;
  const { planes, plane, worked, planeElements, planeResults } = planesOf(problem, shape);
  const callFor = (count: number, own: readonly Worked[]): PrebuiltCall => {
    const plan = planPasses(lanes, [count, ...plane], own)!;
    return {
      function: `${functionNames[kind]}${lanes.bits}`,
      args: (addresses) => [...wholeArguments(plan, addresses), ...axisArguments(plan, own, addresses.scratch)],
      scratchBytes: plan.scratchBytes,
    };
  };
  const call = callFor(planes, worked);
  if (!isReasonable(call.scratchBytes, elementCount(shape) + elementCount(results), lanes)) return null;
  const taps = worked.reduce((sum, { most }) => sum + most, 0);
  return shared(call, planes * (planeElements + planeResults * taps) * tapTime, [
    alike({
      length: planes,
      group: lanes.count,
      first: (count) => callFor(count, worked),
      operands: [planeElements * lanes.item],
      results: [planeResults * lanes.item],
    }),
    ...(planes === 1 ? [resultsCut(lanes, planeResults, worked, (own) => callFor(1, own))] : []),
  ]);
};

/** The passes as the search for places sees them: all elements of the axes lie as in x, or as in an interleaved plane of it. */
const placePlan = (
  plan: PassPlan,
  lanes: Lanes,
  shape: Shape,
  worked: readonly Worked[],
  isInterleaved: boolean,
): PassPlan => {
  const units = worked.map(({ axis }) => elementCount(shape.slice(axis + 1)) * (isInterleaved ? 16 : lanes.item));
  const passes = plan.passes.map((pass, k) => {
    const own = k - (passCount - worked.length);
    if (own < 0) return pass;
    const slabs = own === 0 && isInterleaved ? 1 : pass.slabs;
    return { ...pass, slabs, step: worked[own]!.step * units[own]! };
  });
  return { ...plan, passes, units };
};

/** Arguments and scratch of a call that takes or puts. */
const extremaArguments = (
  direction: "take" | "put",
  lanes: Lanes,
  { planes, plane, worked, planeElements, planeResults }: Planes,
): Pick<PrebuiltCall, "args" | "scratchBytes"> => {
  const shape = [planes, ...plane];
  const rows = elementCount(shape.slice(worked.at(-1)!.axis + 1));
  // A single plane would leave all lanes but one empty.
  const isInterleaved = rows === 1 && planes > 1;
  const plan = placePlan(planPasses(lanes, shape, worked)!, lanes, shape, worked, isInterleaved);
  let { scratchBytes } = plan;
  const take = (bytes: number): number => {
    scratchBytes += aligned(bytes);
    return scratchBytes - aligned(bytes);
  };
  const copy = (elements: number): number => take(isInterleaved ? 16 * elements : 0);
  const parts = {
    taps: take(4 * elementCount(worked.map(({ most }) => most))),
    keys: copy(planeElements),
    others: copy(direction === "take" ? planeElements : planeResults),
    made: copy(direction === "take" ? planeResults : planeElements),
  };
  const args = (addresses: Addresses): number[] => {
    const numbers = {
      second: addresses.operands[1]!,
      rowBytes: isInterleaved ? 16 : rows * lanes.item,
      taps: addresses.scratch + parts.taps,
      isInterleaved: Number(isInterleaved),
      planes,
      planeElements,
      planeResults,
      keys: addresses.scratch + parts.keys,
      others: addresses.scratch + parts.others,
      made: addresses.scratch + parts.made,
    };
    return [
      ...wholeArguments(plan, addresses),
      ...axisArguments(plan, worked, addresses.scratch),
      ...placeNames.map((name) => numbers[name]),
    ];
  };
  return { args, scratchBytes };
};

/**
 * The call of the prebuilt kernel that takes or puts elements at the places of window extrema: operands x and values, one
 * result.
 * @param dtype  of all three
 * @param shape  of x
 * @returns      null as for `planWindows`
 */
export const planExtrema = (
  direction: "take" | "put",
  dtype: string,
  shape: Shape,
  params: WindowParams,
  extremum: Extremum,
): PrebuiltCall | null => {
  const problem = prepared(dtype, shape, params);
  if (problem === null) return null;
  const { lanes } = problem;
  const { planes, plane, worked, planeElements, planeResults } = planesOf(problem, shape);
  const callFor = (count: number, own: readonly Worked[]): PrebuiltCall => {
    const { args, scratchBytes } = extremaArguments(direction, lanes, {
      planes: count,
      plane,
      worked: own,
      planeElements,
      planeResults,
    });
    return { function: `${direction}${extremum === "max" ? "Max" : "Min"}${lanes.bits}`, args, scratchBytes };
  };
  const call = callFor(planes, worked);
  if (!isReasonable(call.scratchBytes, planes * (2 * planeElements + planeResults), lanes)) return null;
  const taps = elementCount(worked.map(({ most }) => most));
  const [elementBytes, resultBytes] = [planeElements * lanes.item, planeResults * lanes.item];
  const isTaking = direction === "take";
  return shared(call, planes * (planeElements + planeResults * taps) * tapTime, [
    alike({
      length: planes,
      group: lanes.count,
      first: (count) => callFor(count, worked),
      operands: [elementBytes, isTaking ? elementBytes : resultBytes],
      results: [isTaking ? resultBytes : elementBytes],
    }),
    ...(planes === 1 && isTaking ? [resultsCut(lanes, planeResults, worked, (own) => callFor(1, own))] : []),
  ]);
};
