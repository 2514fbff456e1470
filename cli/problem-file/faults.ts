/**
 * What is wrong with a file: a path, a place and a sentence; and the words for values and paths in such sentences.
 */
import { getApplicativeValidation, getSemigroup, left } from "../../src/fp.ts";
import type { Either, ReadonlyNonEmptyArray } from "../../src/fp.ts";
import { showValue } from "../../src/describe.ts";
import type { JsonNode, JsonPath, JsonPlace } from "../json/index.ts";

export interface FileFault extends JsonPlace {
  /** As constraints.volume.bound or problem.loads[0].force; empty for the whole file. */
  readonly path: string;
  readonly message: string;
}

/** A value, or all that is wrong with the part of the file that it was read from. */
export type Decoded<T> = Either<ReadonlyNonEmptyArray<FileFault>, T>;

/** Joins parts of a file so that the faults of all of them are kept, in their order. */
export const validation: ReturnType<typeof getApplicativeValidation<ReadonlyNonEmptyArray<FileFault>>> =
  getApplicativeValidation(getSemigroup<FileFault>());

const longestShown = 60;

const cut = (text: string): string => (text.length > longestShown ? `${text.slice(0, longestShown)}...` : text);

/** A piece of the file as a message quotes it. */
export const quote = (text: string): string => JSON.stringify(cut(text));

/** As loads[0].force; keys that are no plain words stand in brackets, long ones are cut. */
export const showPath = (path: JsonPath): string =>
  path
    .map((key, k) => {
      if (typeof key === "number") return `[${key}]`;
      if (!/^[\w$-]{1,60}$/.test(key)) return `[${quote(key)}]`;
      return k === 0 ? key : `.${key}`;
    })
    .join("");

export const faultAt = ({ line, column }: JsonPlace, path: JsonPath, message: string): FileFault => ({
  path: showPath(path),
  line,
  column,
  message,
});

/** One fault in the place of a value. */
export const refuse = (place: JsonPlace, path: JsonPath, message: string): Decoded<never> =>
  left([faultAt(place, path, message)]);

/** All of these faults, or what is right where there are none. */
export const faultsOr = <T>(faults: readonly FileFault[], otherwise: () => Decoded<T>): Decoded<T> => {
  const [first, ...others] = faults;
  return first === undefined ? otherwise() : left([first, ...others]);
};

/** A value of the file as a message shows it. */
export const showNode = (node: JsonNode): string => {
  if (node.kind === "record") return "a record";
  if (node.kind === "list") return `a list of ${node.items.length}`;
  if (node.kind === "number") return cut(node.numeral);
  return node.kind === "text" ? quote(node.value) : showValue(node.value);
};

/** The value at a path, or the innermost one around where it would be; of a key the place of its value. */
export const nodeAt = (root: JsonNode, path: JsonPath): JsonNode => {
  let node = root;
  for (const key of path) {
    const next =
      node.kind === "record"
        ? node.entries.get(String(key))?.value
        : node.kind === "list"
          ? node.items[Number(key)]
          : undefined;
    if (next === undefined) return node;
    node = next;
  }
  return node;
};
