/**
 * Buffers that only one nest needs. Where a single element of one is written and read in the same round, it becomes a local;
 * where all that a round reads it has written itself, the buffer shrinks to what one round needs, and stays in the cache.
 */
import { sumLanes } from "../../kernels/reduction.ts";
import type { Buffer } from "./groups.ts";
import { isClosest } from "./closeness.ts";
import { accessesOf, changed, extentsOf, spanOf, statementsIn, strideAlong } from "./kernel-ir.ts";
import type { Access, Loop, Nest, Statement } from "./kernel-ir.ts";

const samePlace = (left: Access, right: Access): boolean =>
  left.buffer === right.buffer &&
  left.offset === right.offset &&
  left.strides.length === right.strides.length &&
  left.strides.every(({ counter, stride }) => strideAlong(right, counter) === stride);

// --- Single elements as locals ----------------------------------------------------------------

/** Buffers that the nest stores once and loads only from that place, in statements around which the same loops go. */
const forwardable = (nest: Nest): ReadonlyMap<number, Access> => {
  const found = new Map<number, Access>();
  const stores = statementsIn(nest.body).filter((statement) => statement.kind === "store");
  const accesses = new Map<number, Access[]>();
  for (const access of accessesOf(nest.body)) {
    const known = accesses.get(access.buffer);
    if (known === undefined) accesses.set(access.buffer, [access]);
    else known.push(access);
  }
  for (const { access } of stores) {
    const own = accesses.get(access.buffer)!;
    if (own.length > 1 && own.every((other) => samePlace(other, access)) && followsIn(nest.body, access))
      found.set(access.buffer, access);
  }
  return found;
};

/** Whether all loads of the buffer stand after its store: beside it, or inside statements that stand beside it. */
const followsIn = (body: readonly Statement[], { buffer }: Access): boolean => {
  const touches = (statement: Statement): boolean => accessesOf([statement]).some((access) => access.buffer === buffer);
  const holders = body.filter(touches);
  const [first] = holders;
  if (first === undefined) return false;
  if (first.kind === "store") return holders.slice(1).every((holder) => holder.kind !== "store");
  return holders.length === 1 && first.kind === "loop" && followsIn(first.body, { buffer } as Access);
};

const forwarded = (nest: Nest, isOwn: (buffer: number) => boolean): Nest => {
  const places = forwardable(nest);
  if (places.size === 0) return nest;
  const locals = [...nest.locals];
  const values = new Map<number, number>();
  for (const [buffer, { dtype }] of places) values.set(buffer, locals.push(dtype) - 1);
  const body = changed(nest.body, (statement) => {
    if (statement.kind !== "load" && statement.kind !== "store") return [statement];
    const { access } = statement;
    const index = values.get(access.buffer);
    if (index === undefined) return [statement];
    const value = { op: "local", index, dtype: access.dtype } as const;
    if (statement.kind === "load") return [{ kind: "set", local: statement.local, value }];
    const kept: Statement = { kind: "set", local: index, value: statement.value };
    return isOwn(access.buffer) ? [kept] : [kept, { ...statement, value }];
  });
  return { ...nest, locals, body };
};

// --- Buffers of one round ---------------------------------------------------------------------

/** The elements of a buffer that a round of some loops around all its accesses needs. */
interface RoundBuffer {
  /** Counters of those loops. */
  readonly counters: readonly number[];
  /** First element that a round of all of them reaches, were the counters zero. */
  readonly low: number;
  readonly size: number;
}

/** The loops that hold all accesses of the buffer, from outside in. */
const loopsAround = (nest: Nest, buffer: number): Loop[] => {
  const around: Loop[] = [];
  let { body } = nest;
  for (;;) {
    const holders = body.filter((statement) => accessesOf([statement]).some((access) => access.buffer === buffer));
    const [loop] = holders;
    if (holders.length !== 1 || loop?.kind !== "loop") return around;
    around.push(loop);
    ({ body } = loop);
  }
};

/** What one round needs of a buffer, as far inside as rounds do not share elements; null if that is all of it. */
const roundBufferOf = (nest: Nest, buffer: number): RoundBuffer | null => {
  const accesses = accessesOf(nest.body).filter((access) => access.buffer === buffer);
  const extents = extentsOf(nest.body);
  const counters: number[] = [];
  let found: RoundBuffer | null = null;
  for (const loop of loopsAround(nest, buffer)) {
    const { counter } = loop;
    // Rounds that are taken side by side need elements of their own.
    if (isClosest(loop)) break;
    const stride = strideAlong(accesses[0]!, counter);
    if (accesses.some((access) => strideAlong(access, counter) !== stride)) break;
    counters.push(counter);
    const spans = accesses.map((access) => spanOf(access, counters, extents));
    const low = Math.min(...spans.map((span) => span.low));
    const size = Math.max(...spans.map((span) => span.high)) - low + 1;
    if (size > Math.abs(stride) || size < sumLanes) break;
    found = { counters: [...counters], low, size };
  }
  return found;
};

/**
 * The nest with its own buffers as small as its rounds allow, and the buffers, of which the changed ones have one axis.
 * @param copies  how many rounds may run at the same time
 */
export const keepInRounds = (
  nest: Nest,
  buffers: readonly Buffer[],
  isOwn: (buffer: number) => boolean,
  copies = 1,
): { readonly nest: Nest; readonly buffers: readonly Buffer[] } => {
  const next = forwarded(nest, isOwn);
  const touched = new Set(accessesOf(next.body).map(({ buffer }) => buffer));
  const rounds = new Map<number, RoundBuffer>();
  for (const buffer of touched) {
    const found = isOwn(buffer) ? roundBufferOf(next, buffer) : null;
    if (found !== null) rounds.set(buffer, found);
  }
  if (rounds.size === 0) return { nest: next, buffers };
  const moved = (access: Access): Access => {
    const round = rounds.get(access.buffer);
    if (round === undefined) return access;
    const strides = access.strides.filter(({ counter }) => !round.counters.includes(counter));
    return { ...access, offset: access.offset - round.low, strides };
  };
  const body = changed(next.body, (statement) =>
    statement.kind === "load" || statement.kind === "store"
      ? [{ ...statement, access: moved(statement.access) }]
      : [statement],
  );
  const refilled = new Map([...rounds].map(([buffer, { size }]) => [buffer, Math.ceil(size / sumLanes) * sumLanes]));
  return {
    nest: { ...next, body, refilled },
    buffers: buffers.map((buffer, k) => {
      const size = refilled.get(k);
      return size === undefined ? buffer : { ...buffer, shape: [copies * size] };
    }),
  };
};
