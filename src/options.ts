/**
 * Option records: unknown keys are refused by name, with the known one that was probably meant.
 */
import { describeValue } from "./describe.ts";
import { InvalidOption, UnknownOption } from "./error.ts";

/** Names that options which are records know themselves, by the option: { stop: ["iterations"] }. */
type Nested = Readonly<Record<string, readonly string[]>>;

/**
 * Refuses unknown keys by name.
 * @param nested  where else a key may belong: to an option that is a record itself
 */
export const requireOptions = (
  asked: string,
  options: object | undefined,
  known: readonly string[],
  isRequired = false,
  nested?: Nested,
): void => {
  if (options === undefined && !isRequired) return;
  const isRecord = typeof options === "object" && options !== null && !Array.isArray(options);
  if (!isRecord || Symbol.iterator in options)
    throw new InvalidOption(
      asked,
      `${describeOptions(options)} in the place of the options`,
      known.length === 0 ? "It takes no options" : `Options are an object with ${known.join(", ")}`,
    );
  for (const key of Object.keys(options))
    if (!known.includes(key)) throw new UnknownOption(asked, `option "${key}"`, remedyFor(key, known, nested));
};

const remedyFor = (key: string, known: readonly string[], nested: Nested = {}): string => {
  if (known.length === 0) return "It takes no options";
  const all = `Known: ${known.join(", ")}`;
  const owner = Object.keys(nested).find((name) => nested[name]!.includes(key));
  if (owner !== undefined) return `It belongs into ${owner}: { ${key} }. ${all}`;
  const nearest = nearestName(key, known);
  return nearest === undefined ? all : `Did you mean "${nearest}"? ${all}`;
};

const describeOptions = (options: unknown): string =>
  typeof options === "object" && options !== null && !Array.isArray(options) ? "an array" : describeValue(options);

/** Longer names are not compared: they were hardly meant to be any of ours. */
const longestName = 60;

/** The known name that another was probably meant to be; none where all of them are far from it. */
export const nearestName = (key: string, known: readonly string[]): string | undefined => {
  if (key.length > longestName) return undefined;
  const word = key.toLowerCase();
  const [best] = known
    .filter((name) => isNear(word, name.toLowerCase()))
    .sort((left, right) => distance(word, left) - distance(word, right));
  if (best === undefined || isMisspelt(word, best.toLowerCase())) return best;
  // A word with which several names begin, as those of corners with "top", is not meant to be the shortest of them.
  return known.filter((name) => name.toLowerCase().startsWith(word)).length > 1 ? undefined : best;
};

/**
 * Near: at most a third of the letters differ, half of them are a common beginning, one word is a part of the other, or one
 * abbreviates the other.
 */
const isNear = (left: string, right: string): boolean => {
  const [short, long] = left.length < right.length ? [left, right] : [right, left];
  return (
    isMisspelt(short, long) ||
    commonBeginning(short, long) >= long.length / 2 ||
    (short.length >= 3 && long.includes(short)) ||
    (short.length >= 2 && isAbbreviation(short, long))
  );
};

/** At most a third of the letters differ. */
const isMisspelt = (left: string, right: string): boolean =>
  distance(left, right) <= Math.max(left.length, right.length) / 3;

const commonBeginning = (short: string, long: string): number => {
  let length = 0;
  while (length < short.length && short[length] === long[length]) length++;
  return length;
};

/** Whether a word has the other's first letter and others of it in their order, as "lr" has of "learningRate". */
const isAbbreviation = (short: string, long: string): boolean => {
  if (short[0] !== long[0]) return false;
  let at = 0;
  for (const letter of long) if (letter === short[at]) at++;
  return at === short.length;
};

/** Letters to leave out, put in, change or swap with the next until two words are one, upper and lower case alike. */
const distance = (left: string, right: string): number => {
  const [from, to] = [left.toLowerCase(), right.toLowerCase()];
  let before: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, k) => k);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let k = 1; k <= to.length; k++) {
      const change = row[k - 1]! + (from[i - 1] === to[k - 1] ? 0 : 1);
      const isSwapped = i > 1 && k > 1 && from[i - 1] === to[k - 2] && from[i - 2] === to[k - 1];
      next.push(Math.min(row[k]! + 1, next[k - 1]! + 1, change, isSwapped ? before[k - 2]! + 1 : Infinity));
    }
    [before, row] = [row, next];
  }
  return row[to.length]!;
};
