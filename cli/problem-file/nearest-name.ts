/**
 * The known name that a wrong one was probably meant to be.
 */

/** Longer names are not compared: they were hardly meant to be any of ours. */
const longest = 40;

/** Edit distance of two words, upper and lower case alike (Wagner & Fischer 1974, two rows). */
const distance = (left: string, right: string): number => {
  let row = Array.from({ length: right.length + 1 }, (_, k) => k);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let k = 1; k <= right.length; k++)
      next.push(Math.min(row[k]! + 1, next[k - 1]! + 1, row[k - 1]! + (left[i - 1] === right[k - 1] ? 0 : 1)));
    row = next;
  }
  return row[right.length]!;
};

/** The nearest of some names, where at most half of its letters differ. */
export const nearestName = (name: string, known: readonly string[]): string | undefined => {
  if (name.length > longest) return undefined;
  const ranked = known
    .map((own) => ({ own, apart: distance(name.toLowerCase(), own.toLowerCase()) }))
    .filter(({ own, apart }) => apart <= own.length / 2)
    .sort((one, other) => one.apart - other.apart);
  return ranked[0]?.own;
};

/** "; did you mean "x"?" where there is such a name, else nothing. */
export const suggestion = (name: string, known: readonly string[]): string => {
  const nearest = nearestName(name, known);
  return nearest === undefined ? "" : `; did you mean "${nearest}"?`;
};
