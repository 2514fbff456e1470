/**
 * Keys for caches: plain data as text, equal for equal data.
 */

/** Deeper (or cyclic) data has no key, and neither have longer lists, of which a key would cost more than it saves. */
const [deepest, longest] = [8, 64];

/** Text that is equal for equal numbers, strings, lists and plain objects of them; null for anything else. */
export const plainKey = (value: unknown, depth = 0): string | null => {
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (value === null || value === undefined || typeof value === "boolean") return String(value);
  if (typeof value !== "object" || depth === deepest) return null;
  if (Array.isArray(value)) return value.length > longest ? null : listKey(value, depth);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return null;
  return recordKey(value as Readonly<Record<string, unknown>>, depth);
};

const listKey = (list: readonly unknown[], depth: number): string | null => {
  let key = "[";
  for (const entry of list) {
    const text = plainKey(entry, depth + 1);
    if (text === null) return null;
    key += `${text},`;
  }
  return key;
};

const recordKey = (record: Readonly<Record<string, unknown>>, depth: number): string | null => {
  let key = "{";
  for (const name in record) {
    const text = plainKey(record[name], depth + 1);
    if (text === null) return null;
    key += `${JSON.stringify(name)}:${text},`;
  }
  return key;
};
