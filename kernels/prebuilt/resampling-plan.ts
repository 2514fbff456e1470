/**
 * Plans of the resizing kernel: one pass for every axis whose size changes, and where weights lie in the scratch.
 */
import { elementCount } from "../numeric-array.ts";
import { type ResizeParams, resamplingTaps, resizedAxes } from "../resampling.ts";
import { passCount, passNames, wholePassNames } from "./axis-passes.ts";
import { aligned, isReasonable, planPasses } from "./axis-passes-plan.ts";
import { entryBytes } from "./fold-rows.ts";
import { type Lanes, doubles, singles } from "./lanes.ts";
import type { PrebuiltCall } from "./module.ts";
import { methodNumbers, resampleNames } from "./resample-tables.ts";
import { alike, shared } from "./shares.ts";

/** Estimate of the nanoseconds that an element takes in one pass. */
const elementTime = 0.6;

/**
 * The call of the prebuilt kernel that resizes: one operand, one result.
 * @param dtype  of both
 * @returns      null where the kernel in TypeScript is to be used: integers, nothing to do, more than three axes that change
 */
export const planResize = (dtype: string, params: ResizeParams): PrebuiltCall | null => {
  const { from, to, isTransposed } = params;
  const lanes = dtype === "float64" ? doubles : dtype === "float32" ? singles : null;
  const sizes = [elementCount(from), elementCount(to)];
  if (lanes === null || sizes.includes(0) || sizes.some((size) => size * lanes.item >= 2 ** 30)) return null;
  const call = callOf(lanes, params);
  if (call === null || !isReasonable(call.scratchBytes, sizes[0]! + sizes[1]!, lanes)) return null;
  const changed = resizedAxes(params);
  // The axes before the first that changes are one.
  const [fromPlane, toPlane] = [from, to].map((shape) => shape.slice(changed[0]));
  const [source, target] = isTransposed ? [toPlane!, fromPlane!] : [fromPlane!, toPlane!];
  return shared(call, (sizes[0]! + sizes[1]!) * changed.length * elementTime, [
    alike({
      length: elementCount(from.slice(0, changed[0])),
      group: lanes.count,
      first: (planes) => callOf(lanes, { ...params, from: [planes, ...fromPlane!], to: [planes, ...toPlane!] }),
      operands: [elementCount(source) * lanes.item],
      results: [elementCount(target) * lanes.item],
    }),
  ]);
};

/** Null where there are no axes that change, or too many. */
const callOf = (lanes: Lanes, params: ResizeParams): PrebuiltCall | null => {
  const { from, to, method, antialias, isTransposed } = params;
  const [source, target] = isTransposed ? [to, from] : [from, to];
  const changed = resizedAxes(params);
  const plan = planPasses(
    lanes,
    source,
    changed.map((axis) => ({ axis, results: target[axis]!, step: 1 })),
  );
  if (plan === null) return null;
  let { scratchBytes } = plan;
  const take = (bytes: number): number => {
    scratchBytes += aligned(bytes);
    return scratchBytes - aligned(bytes);
  };
  const tables = changed.map((axis, k) => {
    const { weights } = resamplingTaps(from[axis]!, to[axis]!, method, antialias);
    return {
      from: from[axis]!,
      to: to[axis]!,
      method: methodNumbers[method],
      isAntialiased: Number(antialias),
      isTransposed: Number(isTransposed),
      unit: plan.units[k]!,
      weights: take(weights.length * lanes.item),
      entries: take(to[axis]! * entryBytes),
      doubles: take(weights.length * 8),
    };
  });
  return {
    function: `${method === "nearest" ? "nearest" : "interpolate"}${lanes.bits}`,
    args: ({ operands, results, scratch }) => {
      const whole = { ...plan.whole, lines: plan.whole.lines + scratch, source: operands[0]!, target: results[0]! };
      const axes = plan.passes.flatMap((pass, k) => {
        const numbers = { ...pass, table: pass.table + scratch, scratch: pass.scratch + scratch };
        const table = tables[k - (passCount - tables.length)];
        const own = table && {
          ...table,
          weights: table.weights + scratch,
          entries: table.entries + scratch,
          doubles: table.doubles + scratch,
        };
        return [...passNames.map((name) => numbers[name]), ...resampleNames.map((name) => own?.[name] ?? 0)];
      });
      return [...wholePassNames.map((name) => whole[name]), ...axes];
    },
    scratchBytes,
  };
};
