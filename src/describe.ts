/**
 * Words for values of the wrong kind, for error messages.
 */

/** "a list of 3", "an object", "a string", "null", .. */
export const describeValue = (value: unknown): string => {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value === null || value === undefined) return String(value);
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
};
