/**
 * A bounded cache: it keeps what was used last, and forgets the rest.
 */

/** Values by key, at most so many: the one that has not been asked for longest goes first. */
export interface Recent<K, V> {
  readonly get: (key: K) => V | undefined;
  readonly set: (key: K, value: V) => void;
  readonly size: () => number;
}

/** An empty cache for `limit` values. */
export const recent = <K, V>(limit: number): Recent<K, V> => {
  // A Map iterates in the order of insertion: the first entry is the oldest.
  const entries = new Map<K, V>();
  let last: K | undefined;
  return {
    get: (key) => {
      const value = entries.get(key);
      if (value === undefined || key === last) return value;
      entries.delete(key);
      entries.set(key, value);
      last = key;
      return value;
    },
    set: (key, value) => {
      entries.delete(key);
      entries.set(key, value);
      last = key;
      if (entries.size > limit) entries.delete(entries.keys().next().value!);
    },
    size: () => entries.size,
  };
};
