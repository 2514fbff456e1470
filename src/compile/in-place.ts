/**
 * Which buffers a nest may write over those it reads: where every element is read in the same round, before it is
 * written, and nowhere else. Then an array that nobody needs afterwards gives its place to the result.
 */
import { itemSize } from "../array/dtype.ts";
import type { Access, Nest, Statement } from "./kernel-ir.ts";

/** The accesses of one buffer in a nest. */
interface Uses {
  readonly loads: Access[];
  readonly stores: Access[];
  /** The statements among which they stand; null if they stand in several places. */
  body: readonly Statement[] | null;
}

/** Accesses by buffer. A body that is run twice (extrema look again for signs of zero) counts as two places. */
const usesOf = (nest: Nest): ReadonlyMap<number, Uses> => {
  const uses = new Map<number, Uses>();
  const pending: (readonly Statement[])[] = [nest.body];
  for (let body = pending.pop(); body !== undefined; body = pending.pop())
    for (const statement of body)
      if (statement.kind === "loop") pending.push(statement.body);
      else if (statement.kind === "run") {
        pending.push(statement.body);
        if (statement.terms.some(({ combine }) => combine === "max" || combine === "min"))
          pending.push([...statement.body]);
      } else if (statement.kind !== "set") {
        const { access } = statement;
        const known: Uses = uses.get(access.buffer) ?? { loads: [], stores: [], body };
        uses.set(access.buffer, known);
        if (known.body !== body) known.body = null;
        (statement.kind === "load" ? known.loads : known.stores).push(access);
      }
  return uses;
};

const samePlace = (left: Access, right: Access): boolean =>
  itemSize(left.dtype) === itemSize(right.dtype) &&
  left.offset === right.offset &&
  left.strides.length === right.strides.length &&
  left.strides.every(({ counter, stride }, k) => {
    const other = right.strides[k]!;
    return other.counter === counter && other.stride === stride;
  });

/** For every buffer that the nest writes, those it reads whose places the results may take. */
export const overwritable = (nest: Nest): ReadonlyMap<number, readonly number[]> => {
  const uses = usesOf(nest);
  const found = new Map<number, readonly number[]>();
  for (const [written, { stores, loads, body }] of uses) {
    const [store] = stores;
    if (store === undefined || stores.length > 1 || loads.length > 0 || body === null) continue;
    const candidates = [...uses].filter(
      ([, own]) => own.stores.length === 0 && own.body === body && own.loads.every((load) => samePlace(load, store)),
    );
    if (candidates.length > 0)
      found.set(
        written,
        candidates.map(([buffer]) => buffer),
      );
  }
  return found;
};
