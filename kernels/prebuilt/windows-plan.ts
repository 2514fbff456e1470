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

/** What a call works on, or null where the kernel in TypeScript is to be used. */
const prepared = (
  dtype: string,
  shape: Shape,
  params: WindowParams,
): { readonly lanes: Lanes; readonly worked: readonly Worked[]; readonly results: Shape } | null => {
  const lanes = lanesOf(dtype);
  const results = windowShape(shape, params);
  const sizes = [elementCount(shape), elementCount(results)];
  if (lanes === null || sizes.includes(0) || sizes.some((size) => size * lanes.item >= 2 ** 30)) return null;
  const worked = workedAxes(shape, params);
  if (worked.length === 0 || worked.length > passCount) return null;
  return worked.every((axis) => isModest(axis, shape[axis.axis]!)) ? { lanes, worked, results } : null;
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
  const { lanes, worked, results } = problem;
  const plan = planPasses(lanes, shape, worked)!;
  if (!isReasonable(plan.scratchBytes, elementCount(shape) + elementCount(results), lanes)) return null;
  return {
    function: `${functionNames[kind]}${lanes.bits}`,
    args: (addresses) => [...wholeArguments(plan, addresses), ...axisArguments(plan, worked, addresses.scratch)],
    scratchBytes: plan.scratchBytes,
  };
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
  const { lanes, worked, results } = problem;
  const first = worked[0]!.axis;
  const rows = elementCount(shape.slice(worked.at(-1)!.axis + 1));
  const planes = elementCount(shape.slice(0, first));
  // A single plane would leave all lanes but one empty.
  const isInterleaved = rows === 1 && planes > 1;
  const plan = placePlan(planPasses(lanes, shape, worked)!, lanes, shape, worked, isInterleaved);
  const [planeElements, planeResults] = [elementCount(shape.slice(first)), elementCount(results.slice(first))];
  let scratchBytes = plan.scratchBytes;
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
  if (!isReasonable(scratchBytes, planes * (2 * planeElements + planeResults), lanes)) return null;
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
  return { function: `${direction}${extremum === "max" ? "Max" : "Min"}${lanes.bits}`, args, scratchBytes };
};
