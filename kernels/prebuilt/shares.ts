/**
 * Shares of a kernel's work that threads may do at the same time. A kernel whose work is many independent units (lines,
 * images, matrices of a stack) computes a range of them as it would among all others, so the number of shares changes
 * nothing but the time.
 */
import type { Addresses, PrebuiltCall } from "./module.ts";

/** Estimated nanoseconds of work below which threads cost more than they save. */
const usualLeastTime = 50_000;
let leastTime = usualLeastTime;

/** For tests: without an argument the usual number comes back. */
export const setLeastSharedTime = (nanoseconds: number = usualLeastTime): void => {
  leastTime = nanoseconds;
};

/** A way to divide a call: so many independent units. */
export interface Cut {
  readonly length: number;
  /** Shares begin at multiples of so many units, where there are enough: whole vectors or tiles. */
  readonly group?: number;
  /** The call for some or none of the units, which writes nothing that another reads or writes; null if it cannot be had. */
  readonly range: (from: number, to: number) => PrebuiltCall | null;
}

/** Units that are alike: any range of them is the first ones with other addresses. */
interface AlikeUnits extends Pick<Cut, "length" | "group"> {
  readonly first: (units: number) => PrebuiltCall | null;
  /** Bytes by which each operand and each result goes on from unit to unit. */
  readonly operands: readonly number[];
  readonly results: readonly number[];
}

const movedOn = (addresses: readonly number[], perUnit: readonly number[], units: number): number[] =>
  addresses.map((address, k) => address + units * perUnit[k]!);

/** The cut into units that are alike. */
export const alike = ({ first, operands, results, ...units }: AlikeUnits): Cut => ({
  ...units,
  range: (from, to) => {
    const call = first(to - from);
    if (call === null) return null;
    const moved = (addresses: Addresses): Addresses => ({
      operands: movedOn(addresses.operands, operands, from),
      results: movedOn(addresses.results, results, from),
      scratch: addresses.scratch,
    });
    return { ...call, args: (addresses) => call.args(moved(addresses)) };
  },
});

/** Where `count` shares of the units begin, and the end. The last ones are empty if there are fewer units. */
const shareStarts = ({ length, group = 1 }: Cut, count: number): readonly number[] => {
  if (length < count) return Array.from({ length: count + 1 }, (_, k) => Math.min(k, length));
  const unit = length >= count * group ? group : 1;
  return Array.from({ length: count + 1 }, (_, k) =>
    k === count ? length : unit * Math.round((length * k) / (count * unit)),
  );
};

interface Division {
  readonly cut: Cut;
  readonly starts: readonly number[];
  /** The largest share as a part of the whole. */
  readonly largest: number;
}

const divided = (cut: Cut, count: number): Division => {
  const starts = shareStarts(cut, count);
  const lengths = starts.slice(1).map((end, k) => end - starts[k]!);
  return { cut, starts, largest: Math.max(...lengths) / cut.length };
};

/**
 * The call with `parts`: as many calls as are asked for, of which some may have nothing to do, or it alone where its work is
 * little or cannot be divided.
 * @param time  of the call, in nanoseconds, as an estimate
 * @param cuts  ways to divide it; the one with the smallest largest share is taken, of equal ones the first
 */
export function shared(call: PrebuiltCall, time: number, cuts: readonly Cut[]): PrebuiltCall {
  const parts = (count: number): readonly PrebuiltCall[] => {
    if (time < leastTime) return [call];
    const divisions = cuts
      .filter(({ length }) => length > 1)
      .map((cut) => divided(cut, count))
      .toSorted((a, b) => a.largest - b.largest);
    for (const { cut, starts } of divisions) {
      const calls = starts.slice(1).map((end, k) => cut.range(starts[k]!, end));
      if (calls.every((own) => own !== null)) return calls;
    }
    return [call];
  };
  return { ...call, parts };
}

/** A call on a stack of `count` problems, with `parts`; each takes so many nanoseconds. */
export const stacked = (
  count: number,
  time: number,
  units: Omit<AlikeUnits, "length" | "first"> & { readonly first: (problems: number) => PrebuiltCall },
): PrebuiltCall => shared(units.first(count), count * time, [alike({ ...units, length: count })]);
