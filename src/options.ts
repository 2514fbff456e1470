/**
 * Option records: unknown keys are refused by name, with the nearest known one.
 */
import { describeValue } from "./describe.ts";
import { InvalidOption, UnknownOption } from "./error.ts";

/** Refuses unknown keys by name and suggests the nearest known one. */
export const requireOptions = (
  asked: string,
  options: object | undefined,
  known: readonly string[],
  isRequired = false,
): void => {
  if (options === undefined && !isRequired) return;
  const isRecord = typeof options === "object" && options !== null && !Array.isArray(options);
  if (!isRecord || Symbol.iterator in options)
    throw new InvalidOption(
      asked,
      `${describeOptions(options)} in the place of the options`,
      known.length === 0 ? "It takes no options" : `Options are an object with ${known.join(", ")}`,
    );
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const nearest = [...known].sort((left, right) => distance(key, left) - distance(key, right))[0];
    throw new UnknownOption(
      asked,
      `option "${key}"`,
      nearest === undefined ? "It takes no options" : `Did you mean "${nearest}"? Known: ${known.join(", ")}`,
    );
  }
};

const describeOptions = (options: unknown): string =>
  typeof options === "object" && options !== null && !Array.isArray(options) ? "an array" : describeValue(options);

/** Edit distance of two words. */
const distance = (left: string, right: string): number => {
  let row = Array.from({ length: right.length + 1 }, (_, k) => k);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let k = 1; k <= right.length; k++)
      next.push(
        Math.min(
          row[k]! + 1,
          next[k - 1]! + 1,
          row[k - 1]! + (left[i - 1]!.toLowerCase() === right[k - 1]!.toLowerCase() ? 0 : 1),
        ),
      );
    row = next;
  }
  return row[right.length]!;
};
