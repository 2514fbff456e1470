/**
 * Numbers for things that are compared by identity: functions and records in cache keys.
 */
const identities = new WeakMap<object, number>();
let next = 0;

/** A number that no other object has. */
export const identityOf = (value: object): number => {
  const known = identities.get(value);
  if (known !== undefined) return known;
  identities.set(value, next);
  return next++;
};
