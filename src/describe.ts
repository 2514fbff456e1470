/**
 * Words for values of the wrong kind, for error messages.
 */

/** "a list of 3", "an object", "a string", "null", .. */
export const describeValue = (value: unknown): string => {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value === null || value === undefined) return String(value);
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
};

/** What is longer, or nested deeper, is described instead of written out. */
const longest = { text: 80, entries: 8, depth: 3 } as const;

/**
 * A value as a message quotes it: numbers and truth values as they are, text in quotes, lists and plain objects entry by
 * entry, arrays by their type, and whatever else by its kind.
 */
export const showValue = (value: unknown, depth: number = longest.depth): string => {
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (typeof value === "boolean") return String(value);
  if (typeof value === "string" && value.length <= longest.text) return JSON.stringify(value);
  if (typeof value !== "object" || value === null || depth === 0) return describeValue(value);
  if (Array.isArray(value))
    return value.length > longest.entries
      ? describeValue(value)
      : `[${value.map((entry) => showValue(entry, depth - 1)).join(", ")}]`;
  const { dtype, shape } = value as { readonly dtype?: unknown; readonly shape?: unknown };
  if (typeof dtype === "string" && Array.isArray(shape)) return `an array ${dtype}[${shape.join(",")}]`;
  const prototype: unknown = Object.getPrototypeOf(value);
  const entries = Object.entries(value);
  if ((prototype !== Object.prototype && prototype !== null) || entries.length > longest.entries)
    return describeValue(value);
  return entries.length === 0
    ? "{}"
    : `{ ${entries.map(([key, entry]) => `${key}: ${showValue(entry, depth - 1)}`).join(", ")} }`;
};
