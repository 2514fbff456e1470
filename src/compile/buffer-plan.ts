/**
 * Buffer plan: static byte offsets in a frame for every buffer that steps on the frame read or write.
 * Buffers alive at the same time never overlap; the space of a dead one is used again, or taken over by a result that may be
 * written in its place. The largest are placed first, where they are few; else first fit in time. A buffer lives from the step that writes it to the last that reads it.
 */
import { itemSize } from "../array/dtype.ts";
import { sizeOf } from "../array/shape.ts";
import type { Buffer } from "./groups.ts";

/** First and last step that touch each buffer; -1 for inputs' start, `steps` for outputs' end. */
export interface Lifetimes {
  readonly first: Int32Array;
  readonly last: Int32Array;
  /** Whether a step that works on the frame touches it, so that it needs a place there. */
  readonly inFrame: Uint8Array;
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

/** Bytes of the elements of an array of this type. */
export const bytesOf = ({ shape, dtype }: Buffer): number => sizeOf(shape) * itemSize(dtype);

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

/** Buffers that follow each other in one place, and the time from the first step of the first to the last of the last. */
interface Place {
  readonly buffers: number[];
  readonly bytes: number;
  readonly first: number;
  last: number;
  offset: number;
}

/** Places in the order of their first steps; a result that may be written over an operand that ends there takes its place over. */
const placesOf = (buffers: readonly Buffer[], { first, last, inFrame, overwrites }: Lifetimes): Place[] => {
  const places: Place[] = [];
  const placeOf = new Map<number, Place>();
  const order = [...buffers.keys()].filter((k) => inFrame[k] === 1 && bytesOf(buffers[k]!) > 0);
  order.sort((left, right) => first[left]! - first[right]! || left - right);
  for (const k of order) {
    const own = overwrites.get(k)?.find((old) => last[old] === first[k] && placeOf.get(old)?.buffers.at(-1) === old);
    let place = own === undefined ? undefined : placeOf.get(own);
    if (place === undefined) {
      place = { buffers: [], bytes: roundUp(bytesOf(buffers[k]!)), first: first[k]!, last: last[k]!, offset: 0 };
      places.push(place);
    }
    place.buffers.push(k);
    place.last = last[k]!;
    placeOf.set(k, place);
  }
  return places;
};

/** Places up to which every one is compared with every other. */
const fewPlaces = 2000;

/** Largest first, each at the lowest offset that is free all its time. Returns the end of the frame. */
const placeBySize = (places: readonly Place[], start: number): number => {
  const placed: Place[] = [];
  let end = start;
  for (const place of [...places].sort((left, right) => right.bytes - left.bytes)) {
    let offset = start;
    // In the order of offsets.
    for (const other of placed) {
      if (other.last < place.first || other.first > place.last) continue;
      if (other.offset >= offset + place.bytes) break;
      offset = Math.max(offset, other.offset + other.bytes);
    }
    place.offset = offset;
    end = Math.max(end, offset + place.bytes);
    const next = placed.findIndex((other) => other.offset > offset);
    placed.splice(next < 0 ? placed.length : next, 0, place);
  }
  return end;
};

/** First fit in the order of time, for many places. Returns the end of the frame. */
const placeByTime = (places: readonly Place[], steps: number, start: number): number => {
  const starting: Place[][] = Array.from({ length: steps + 1 }, () => []);
  const ending: Place[][] = Array.from({ length: steps + 1 }, () => []);
  for (const place of places) {
    starting[place.first + 1]!.push(place);
    if (place.last < steps) ending[place.last + 1]!.push(place);
  }
  const holes: Hole[] = [];
  let end = start;
  for (let slot = 0; slot <= steps; slot++) {
    for (const place of starting[slot]!) {
      place.offset = take(holes, place.bytes, end);
      end = Math.max(end, place.offset + place.bytes);
    }
    for (const { offset, bytes } of ending[slot]!) giveBack(holes, offset, bytes);
  }
  return end;
};

/** Bytes of a pointer at the head of a frame. */
export const pointerBytes = 4;

/** Buffers that the caller keeps, each behind a pointer at the head of the frame, whose number this is. */
export type Pointers = ReadonlyMap<number, number>;

export const planBuffers = (
  buffers: readonly Buffer[],
  lifetimes: Lifetimes,
  steps: number,
  pointers: Pointers = new Map(),
): BufferPlan => {
  const offsets = new Array<number>(buffers.length).fill(-1);
  const slots = new Array<number>(buffers.length).fill(-1);
  let count = 0;
  for (const [buffer, slot] of pointers) {
    slots[buffer] = slot;
    count = Math.max(count, slot + 1);
  }
  const places = placesOf(buffers, lifetimes);
  const start = roundUp(pointerBytes * count);
  const end = places.length <= fewPlaces ? placeBySize(places, start) : placeByTime(places, steps, start);
  for (const { buffers: own, offset } of places) for (const k of own) offsets[k] = offset;
  return { offsets, slots, bytes: end };
};
