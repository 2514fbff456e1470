/**
 * Merging of nests: those whose outermost loops go round equally often become one nest, each round of which does the work of
 * all, so that what one writes and the next reads is still in the cache. Allowed where no round needs what another round
 * writes; worth it where rounds meet the same elements. Loops inside merge by the same rule.
 */
import { sumLanes } from "../../kernels/reduction.ts";
import { isClosest, leavesOf } from "./closeness.ts";
import {
  accessesOf,
  changed,
  extentsOf,
  localsRead,
  localsSet,
  onlyLoop,
  renumbered,
  spanOf,
  statementsIn,
  strideAlong,
  valuesOf,
} from "./kernel-ir.ts";
import type { Access, Loop, Nest, Statement } from "./kernel-ir.ts";
import { workOf } from "./parts.ts";

/** A nest that does the work of some of the given ones, by their positions. */
export interface MergedNest {
  readonly nest: Nest;
  readonly from: readonly number[];
}

/** Statements of one function: engines slow down on long ones. */
const mostStatements = 300;

const writtenIn = (body: readonly Statement[]): Set<number> =>
  new Set(statementsIn(body).flatMap((statement) => (statement.kind === "store" ? [statement.access.buffer] : [])));

const readIn = (body: readonly Statement[]): number[] => statementsIn(body).flatMap(valuesOf).flatMap(localsRead);

/** The counters of the loop that is looked at and of those around it, and the extents of all. */
interface Place {
  readonly enclosing: readonly number[];
  readonly counter: number;
  readonly extents: ReadonlyMap<number, number>;
}

/** Whether different rounds of the loop meet different elements of a buffer, whatever accesses they use. */
const staysInRound = (accesses: readonly Access[], { enclosing, counter, extents }: Place): boolean => {
  const [first] = accesses;
  const outer = [...enclosing, counter];
  if (accesses.some((access) => outer.some((c) => strideAlong(access, c) !== strideAlong(first!, c)))) return false;
  const spans = accesses.map((access) => spanOf(access, outer, extents));
  const low = Math.min(...spans.map((span) => span.low));
  const high = Math.max(...spans.map((span) => span.high));
  return high - low < Math.abs(strideAlong(first!, counter));
};

const byBuffer = (accesses: readonly Access[]): ReadonlyMap<number, readonly Access[]> => {
  const found = new Map<number, Access[]>();
  for (const access of accesses) {
    const known = found.get(access.buffer);
    if (known === undefined) found.set(access.buffer, [access]);
    else known.push(access);
  }
  return found;
};

/** Whether round k of the second loop may run right after round k of the first. */
const mayAlternate = (first: Loop, second: Loop, place: Place): boolean => {
  const set = localsSet(first.body);
  if (readIn(second.body).some((local) => set.has(local))) return false;
  const before = byBuffer(accessesOf(first.body));
  const [written, alsoWritten] = [writtenIn(first.body), writtenIn(second.body)];
  return [...byBuffer(accessesOf(second.body))].every(([buffer, accesses]) => {
    const earlier = before.get(buffer);
    if (earlier === undefined || !(written.has(buffer) || alsoWritten.has(buffer))) return true;
    return staysInRound([...earlier, ...accesses], place);
  });
};

/** Whether rounds meet elements of one buffer at the same distances. */
const meet = (first: Loop, second: Loop, counter: number): boolean => {
  const before = byBuffer(accessesOf(first.body));
  return accessesOf(second.body).some((access) => {
    const stride = strideAlong(access, counter);
    return stride !== 0 && before.get(access.buffer)?.some((own) => strideAlong(own, counter) === stride) === true;
  });
};

/** How many times the work of a loop without loops in it that of its partner must be: lanes take no more of its rounds at once. */
const muchMore = 8;

/** Whether the loops want the same of their rounds: to be taken side by side, or one after the other. */
const agree = (first: Loop, second: Loop): boolean => {
  const [before, after] = [first, second].map(({ body }) => leavesOf(body).length > 0);
  if (before && after) return isClosest(first) === isClosest(second);
  if (before === after) return true;
  const [flat, deep] = before ? [second, first] : [first, second];
  return isClosest(deep) || workOf(deep.body) >= muchMore * workOf(flat.body);
};

/** One loop for both, or null; they count with the same counter. */
const joinLoops = (first: Loop, second: Loop, place: Place): Loop | null => {
  if (first.extent !== second.extent) return null;
  if (!meet(first, second, place.counter) || !agree(first, second) || !mayAlternate(first, second, place)) return null;
  return { ...first, body: loadedOnce(joinInside([...first.body, ...second.body], place)) };
};

/** The statement counting with another counter. */
const recounted = (statement: Loop, counter: number): Loop =>
  renumbered([statement], {
    counter: (own) => (own === statement.counter ? counter : own),
    local: (own) => own,
  })[0] as Loop;

const placeOf = ({ buffer, offset, strides }: Access): string =>
  `${buffer} ${offset} ${strides.map(({ counter, stride }) => `${counter}:${stride}`).join(" ")}`;

/** The statements, each element loaded once and before anything is stored, as far as nothing here writes its buffer. */
const loadedOnce = (body: readonly Statement[]): readonly Statement[] => {
  const written = writtenIn(body);
  const known = new Map<string, Extract<Statement, { readonly kind: "load" }>>();
  const loads: Statement[] = [];
  const others = body.flatMap((statement): readonly Statement[] => {
    if (statement.kind !== "load" || written.has(statement.access.buffer)) return [statement];
    const key = placeOf(statement.access);
    const same = known.get(key);
    if (same !== undefined) {
      const value = { op: "local", index: same.local, dtype: same.access.dtype } as const;
      return [{ kind: "set", local: statement.local, value }];
    }
    known.set(key, statement);
    loads.push(statement);
    return [];
  });
  return [...loads, ...others];
};

/** Whether a statement that stands after a loop may as well stand before it. */
const mayPass = (statement: Statement, loop: Loop): boolean => {
  if (statement.kind === "load") return !writtenIn(loop.body).has(statement.access.buffer);
  if (statement.kind !== "set") return false;
  const set = localsSet(loop.body);
  return localsRead(statement.value).every((local) => !set.has(local)) && !readIn([loop]).includes(statement.local);
};

/** Statements with neighbouring loops joined; what stands between two of them moves out of the way if it can. */
const joinInside = (body: readonly Statement[], { enclosing, counter, extents }: Place): readonly Statement[] => {
  const joined: Statement[] = [];
  for (const statement of body) {
    const last = joined.at(-1);
    if (last?.kind === "loop" && statement.kind === "loop") {
      const place = { enclosing: [...enclosing, counter], counter: last.counter, extents };
      const loop = joinLoops(last, recounted(statement, last.counter), place);
      if (loop !== null) {
        joined[joined.length - 1] = loop;
        continue;
      }
    }
    if (last?.kind === "loop" && mayPass(statement, last)) joined.splice(-1, 0, statement);
    else joined.push(statement);
  }
  return joined;
};

/** The nest with its outermost loop as two, the outer one of this extent. */
const split = (nest: Nest, extent: number): Nest => {
  const { counter, extent: whole, body } = onlyLoop(nest)!;
  const inner = nest.counters;
  const size = whole / extent;
  const apart = (access: Access): Access => ({
    ...access,
    strides: access.strides.flatMap((term) =>
      term.counter === counter
        ? [
            { counter, stride: term.stride * size },
            { counter: inner, stride: term.stride },
          ]
        : [term],
    ),
  });
  const inside = changed(body, (statement) =>
    statement.kind === "load" || statement.kind === "store"
      ? [{ ...statement, access: apart(statement.access) }]
      : [statement],
  );
  const loop: Loop = {
    kind: "loop",
    counter,
    extent,
    body: [{ kind: "loop", counter: inner, extent: size, body: inside }],
  };
  return { ...nest, counters: nest.counters + 1, body: [...nest.body.slice(0, -1), loop] };
};

/** Both nests with outermost loops of one extent: the longer is split if whole lanes are left for its inner part; else null. */
const aligned = (first: Nest, second: Nest): readonly [Nest, Nest] | null => {
  const [before, after] = [onlyLoop(first), onlyLoop(second)];
  if (before === null || after === null) return null;
  const extent = Math.min(before.extent, after.extent);
  const size = Math.max(before.extent, after.extent) / extent;
  if (size === 1) return [first, second];
  if (!Number.isInteger(size) || size < sumLanes) return null;
  return before.extent > extent ? [split(first, extent), second] : [first, split(second, extent)];
};

/** Both nests as one, or null. */
const joinNests = (before: Nest, after: Nest): Nest | null => {
  const pair = aligned(before, after);
  if (pair === null) return null;
  const [first, second] = pair;
  const [loop, outer] = [onlyLoop(first)!, onlyLoop(second)!];
  const body = renumbered(second.body, {
    counter: (own) => (own === outer.counter ? loop.counter : own + first.counters),
    local: (own) => own + first.locals.length,
  });
  const prologue = body.slice(0, -1);
  if (!prologue.every((statement) => mayPass(statement, loop))) return null;
  const extents = new Map([...extentsOf([loop]), ...extentsOf(body)]);
  const joined = joinLoops(loop, body.at(-1) as Loop, { enclosing: [], counter: loop.counter, extents });
  if (joined === null || statementsIn([joined]).length > mostStatements) return null;
  return {
    name: `${first.name}+${second.name}`,
    locals: [...first.locals, ...second.locals],
    counters: first.counters + second.counters,
    body: [...first.body.slice(0, -1), ...prologue, joined],
  };
};

/** What deciding about a nest takes. */
interface Summary {
  readonly statements: number;
  readonly written: ReadonlySet<number>;
  readonly touched: ReadonlySet<number>;
}

const summaries = new WeakMap<Nest, Summary>();

const summaryOf = (nest: Nest): Summary => {
  let summary = summaries.get(nest);
  if (summary === undefined) {
    const touched = new Set(accessesOf(nest.body).map(({ buffer }) => buffer));
    summary = { statements: statementsIn(nest.body).length, written: writtenIn(nest.body), touched };
    summaries.set(nest, summary);
  }
  return summary;
};

const areApart = (left: ReadonlySet<number>, right: ReadonlySet<number>): boolean => {
  for (const buffer of left) if (right.has(buffer)) return false;
  return true;
};

/** Whether two nests may change places. */
const mayOvertake = (nest: Nest, other: Nest): boolean => {
  const [own, others] = [summaryOf(nest), summaryOf(other)];
  return areApart(others.written, own.touched) && areApart(own.written, others.touched);
};

/** How many nests back a partner is looked for: long programs must not compare everything with everything. */
const window = 8;

/** The latest of the merged nests with which the nest makes one, and that one; it must be able to overtake all after it. */
const partnerOf = (merged: readonly MergedNest[], nest: Nest): { place: number; joined: Nest } | null => {
  for (let place = merged.length - 1; place >= Math.max(0, merged.length - window); place--) {
    const other = merged[place]!.nest;
    const isShort = summaryOf(other).statements + summaryOf(nest).statements <= mostStatements;
    const joined = isShort ? joinNests(other, nest) : null;
    if (joined !== null) return { place, joined };
    if (!mayOvertake(nest, other)) return null;
  }
  return null;
};

/** Nests in an order of execution, merged; the result is in an order of execution too. */
export const mergeNests = (nests: readonly Nest[]): readonly MergedNest[] => {
  const merged: MergedNest[] = [];
  for (const [k, nest] of nests.entries()) {
    const partner = partnerOf(merged, nest);
    if (partner === null) merged.push({ nest, from: [k] });
    else merged[partner.place] = { nest: partner.joined, from: [...merged[partner.place]!.from, k] };
  }
  return merged;
};
