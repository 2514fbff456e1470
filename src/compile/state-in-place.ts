/**
 * State of a loop that rounds change where it lies: kernels that write some elements of an array (scatters, updates of slices)
 * take the array over, so a round costs what it writes and not what there is. Other state goes to and fro between two places.
 */
import { takenOver } from "./in-place.ts";
import type { UnreleasedStep } from "./steps.ts";
import { readsOf, writesOf } from "./steps.ts";

/** A part of the state in the program of a body: the buffer that a round finds, and the one that it leaves. */
export type StateBuffers = readonly [found: number, left: number];

/** The step that writes a buffer; -1 if there is none, or several. */
const writerOf = (steps: readonly UnreleasedStep[], buffer: number): number => {
  const writers = steps.flatMap((step, k) => (writesOf(step).includes(buffer) ? [k] : []));
  return writers.length === 1 ? writers[0]! : -1;
};

/** Buffers between the two, each of which the next may take over; null if something else needs one. */
const chainBetween = (
  steps: readonly UnreleasedStep[],
  [found, left]: StateBuffers,
  isKept: (buffer: number) => boolean,
): readonly number[] | null => {
  const chain: number[] = [];
  for (let next = left; next !== found;) {
    const writer = writerOf(steps, next);
    const old = writer < 0 ? undefined : takenOver(steps[writer]!).get(next);
    if (old === undefined || steps.slice(writer + 1).some((step) => readsOf(step).includes(old))) return null;
    if (old !== found) {
      if (isKept(old)) return null;
      chain.push(old);
    }
    next = old;
  }
  return chain;
};

/**
 * Buffers of a body that lie where a part of the state lies, each with the one that a round leaves there. A part whose rounds change it
 * in place has at least its own.
 * @param kept  buffers that the caller of the body sees
 */
export const stateInPlace = (
  steps: readonly UnreleasedStep[],
  state: readonly StateBuffers[],
  kept: ReadonlyMap<number, unknown>,
): ReadonlyMap<number, number> => {
  const places = new Map<number, number>();
  for (const part of state) {
    const [found, left] = part;
    const chain = chainBetween(steps, part, (buffer) => kept.has(buffer));
    for (const buffer of chain === null ? [] : [found, ...chain]) places.set(buffer, left);
  }
  return places;
};
