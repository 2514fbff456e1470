/**
 * Plans of folds along axes (axis-passes.ts): what each pass works on, and how tables and rows between passes lie in the scratch.
 */
import { type Shape, elementCount } from "../numeric-array.ts";
import { passCount, passNames, wholePassNames } from "./axis-passes.ts";
import { entryBytes } from "./fold-rows.ts";
import type { Lanes } from "./lanes.ts";

/** An axis to fold along: its place in the shape, its results, and the distance of the elements that one combines. */
export type FoldedAxis = { readonly axis: number; readonly results: number; readonly step: number };

type Numbers<Name extends string> = Readonly<Record<Name, number>>;

/** Arguments of the passes but for `source` and `target`; those of scratch count from its beginning. */
export type PassPlan = {
  readonly whole: Numbers<Exclude<(typeof wholePassNames)[number], "source" | "target">>;
  /** one per pass of the kernel; passes that do not count are zeros */
  readonly passes: readonly Numbers<(typeof passNames)[number]>[];
  /** bytes between neighbouring elements of each axis in its pass */
  readonly units: readonly number[];
  readonly scratchBytes: number;
};

export const aligned = (bytes: number): number => Math.ceil(bytes / 16) * 16;

const idle: Numbers<(typeof passNames)[number]> = {
  slabs: 0,
  input: 0,
  results: 0,
  inner: 0,
  group: 0,
  table: 0,
  step: 0,
  scratch: 0,
};

/** @returns  null where there are more axes than the kernel has passes */
export const planPasses = ({ item, count }: Lanes, shape: Shape, axes: readonly FoldedAxis[]): PassPlan | null => {
  if (axes.length === 0 || axes.length > passCount) return null;
  const inner = axes.map(({ axis }) => elementCount(shape.slice(axis + 1)));
  const slabs = axes.map(({ axis }, k) => elementCount(shape.slice(k === 0 ? 0 : axes[k - 1]!.axis + 1, axis)));
  const last = axes.length - 1;
  const isContiguous = inner[last] === 1;
  let scratchBytes = 0;
  const take = (bytes: number): number => {
    scratchBytes += aligned(bytes);
    return scratchBytes - aligned(bytes);
  };
  const unitOf = (k: number): number => (k === last && isContiguous ? 16 : inner[k]! * item);
  const passes = axes.map(({ axis, results, step }, k) => {
    const group = k === last - 1 && isContiguous && slabs[last]! < count ? count : 1;
    return {
      slabs: slabs[k]!,
      input: shape[axis]!,
      results,
      inner: inner[k]! * item,
      group,
      table: take(results * entryBytes),
      step: step * unitOf(k),
      scratch: k === last ? 0 : take(group * inner[k]! * item),
    };
  });
  const lines = isContiguous ? take(16 * (shape[axes[last]!.axis]! + axes[last]!.results)) : 0;
  return {
    whole: { passes: axes.length, isContiguous: Number(isContiguous), lines },
    passes: [...new Array<(typeof passes)[number]>(passCount - axes.length).fill(idle), ...passes],
    units: axes.map((_, k) => unitOf(k)),
    scratchBytes,
  };
};

/** Bytes of scratch per byte of operands and results, beyond which copies would outweigh the work. */
const scratchLimit = 8;

/** Whether copies are worth their memory. */
export const isReasonable = (scratchBytes: number, elements: number, { item }: Lanes): boolean =>
  scratchBytes <= scratchLimit * elements * item + 2 ** 20;
