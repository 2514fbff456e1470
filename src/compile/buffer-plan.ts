/**
 * Buffer plan: static byte offsets in a frame for every buffer that loop nests read or write.
 * Buffers alive at the same time never overlap; the space of a dead one is used again (first fit over a
 * sorted list of holes), or taken over by a result that may be written in its place. A buffer lives from the step that writes it to the last that reads it.
 */
import { itemSize } from "../array/dtype.ts";
import { sizeOf } from "../array/shape.ts";
import type { Buffer } from "./fusion.ts";

/** First and last step that touch each buffer; -1 for inputs' start, `steps` for outputs' end. */
export interface Lifetimes {
  readonly first: Int32Array;
  readonly last: Int32Array;
  /** Whether a nest touches it, so that it needs a place in the frame. */
  readonly inNest: Uint8Array;
  /** Buffers whose places a buffer may take over at its first step, if they end there. */
  readonly overwrites: ReadonlyMap<number, readonly number[]>;
}

export interface BufferPlan {
  /** Byte offset of every buffer; -1 for those that have no place in the frame. */
  readonly offsets: readonly number[];
  /** Buffers of a body, wherever they lie: the number of the pointer at the head of the frame; -1 for all others. */
  readonly slots: readonly number[];
  /** Size of the frame. */
  readonly bytes: number;
}

/** Offsets are multiples of this, which suits every dtype and vectors of 16 bytes. */
const alignment = 16;

export const bytesOf = (buffer: Buffer): number => sizeOf(buffer.shape) * itemSize(buffer.dtype);

const roundUp = (bytes: number): number => Math.ceil(bytes / alignment) * alignment;

interface Hole {
  offset: number;
  bytes: number;
}

/** A hole of at least `bytes`, or the end of the frame. */
const take = (holes: Hole[], bytes: number, end: number): number => {
  const index = holes.findIndex((hole) => hole.bytes >= bytes);
  if (index < 0) return end;
  const hole = holes[index]!;
  const { offset } = hole;
  if (hole.bytes === bytes) holes.splice(index, 1);
  else {
    hole.offset += bytes;
    hole.bytes -= bytes;
  }
  return offset;
};

/** Returns a range to the sorted list and joins it with its neighbours. */
const giveBack = (holes: Hole[], offset: number, bytes: number): void => {
  let low = 0;
  for (let high = holes.length; low < high;) {
    const middle = (low + high) >>> 1;
    if (holes[middle]!.offset < offset) low = middle + 1;
    else high = middle;
  }
  const previous = holes[low - 1];
  const next = holes[low];
  const joinsPrevious = previous !== undefined && previous.offset + previous.bytes === offset;
  const joinsNext = next !== undefined && offset + bytes === next.offset;
  if (joinsPrevious) previous.bytes += bytes + (joinsNext ? next.bytes : 0);
  if (joinsPrevious && joinsNext) holes.splice(low, 1);
  else if (!joinsPrevious && joinsNext) {
    next.offset = offset;
    next.bytes += bytes;
  } else if (!joinsPrevious) holes.splice(low, 0, { offset, bytes });
};

/** Buffers of nests by the step they start at, and by the step after which they end. */
const bySteps = (
  buffers: readonly Buffer[],
  { first, last, inNest }: Lifetimes,
  steps: number,
): readonly [number[][], number[][]] => {
  const starting: number[][] = Array.from({ length: steps + 1 }, () => []);
  const ending: number[][] = Array.from({ length: steps + 1 }, () => []);
  buffers.forEach((buffer, k) => {
    if (inNest[k] === 0 || bytesOf(buffer) === 0) return;
    starting[first[k]! + 1]!.push(k);
    if (last[k]! < steps) ending[last[k]! + 1]!.push(k);
  });
  return [starting, ending];
};

/** Bytes of a pointer at the head of a frame. */
export const pointerBytes = 4;

/** @param elsewhere  buffers that the caller keeps, each behind a pointer at the head of the frame */
export const planBuffers = (
  buffers: readonly Buffer[],
  lifetimes: Lifetimes,
  steps: number,
  elsewhere: readonly number[] = [],
): BufferPlan => {
  const [starting, ending] = bySteps(buffers, lifetimes, steps);
  const offsets = new Array<number>(buffers.length).fill(-1);
  const slots = new Array<number>(buffers.length).fill(-1);
  elsewhere.forEach((buffer, slot) => (slots[buffer] = slot));
  const holes: Hole[] = [];
  let end = roundUp(pointerBytes * elsewhere.length);
  const inherited = new Set<number>();
  for (let slot = 0; slot <= steps; slot++) {
    const heir = (k: number): number | undefined =>
      lifetimes.overwrites
        .get(k)
        ?.find((old) => lifetimes.last[old] === slot - 1 && offsets[old]! >= 0 && !inherited.has(old));
    for (const k of starting[slot]!) {
      const old = heir(k);
      if (old === undefined) {
        const bytes = roundUp(bytesOf(buffers[k]!));
        offsets[k] = take(holes, bytes, end);
        end = Math.max(end, offsets[k]! + bytes);
      } else {
        inherited.add(old);
        offsets[k] = offsets[old]!;
      }
    }
    for (const k of ending[slot]!) if (!inherited.has(k)) giveBack(holes, offsets[k]!, roundUp(bytesOf(buffers[k]!)));
  }
  return { offsets, slots, bytes: end };
};
