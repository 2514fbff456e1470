/**
 * Results kept as long as what they were made from: found again by its identity and a key that says the rest, so that
 * a loop over steps or calls transforms a jaxpr once. Every kind of result has a memory of its own, so keys of
 * different kinds never meet. A result made from another hangs on that one: it is forgotten where that is made anew.
 */
import { identityOf } from "../src/identity.ts";
import { recent } from "../src/recent.ts";
import type { Recent } from "../src/recent.ts";

/** The result of `compute` for this source and key, computed once. */
export type Remember<T> = (source: object, key: string, compute: () => T) => T;

/** Results kept per source; the least recently used goes first. */
const resultsKept = 64;

/** A memory for results of one kind. */
export const remembering = <T extends object>(): Remember<T> => {
  const memory = new WeakMap<object, Recent<string, T>>();
  return (source, key, compute) => {
    let entries = memory.get(source);
    if (entries === undefined) memory.set(source, (entries = recent(resultsKept)));
    const found = entries.get(key);
    if (found !== undefined) return found;
    const result = compute();
    entries.set(key, result);
    return result;
  };
};

type KeyPart = string | number | boolean | null;

/** A key that says all of these: flags, mapped axes, lengths. */
export const keyOf = (...parts: readonly (KeyPart | readonly KeyPart[])[]): string => parts.join(" ");

/** A key for what is made from several sources together, the first of which remembers it. */
export const keyOfOthers = (sources: readonly object[]): string => sources.slice(1).map(identityOf).join();
