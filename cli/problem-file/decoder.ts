/**
 * Decoders: what a place of a file may hold, as a description and as the check that reads it. Small ones are put together to
 * larger ones; every one reports all of its faults.
 */
import { isLeft, right } from "../../src/fp.ts";
import type { JsonNode, JsonPath } from "../json/index.ts";
import { phrase } from "./description.ts";
import type { Description, NumberRange } from "./description.ts";
import { faultAt, faultsOr, quote, refuse, showNode } from "./faults.ts";
import type { Decoded } from "./faults.ts";
import { suggestion } from "./suggestion.ts";

export interface Decoder<out T> {
  readonly description: Description;
  readonly decode: (node: JsonNode, path: JsonPath) => Decoded<T>;
}

/** Says of a value that it is not what may stand there. */
export const notAllowed = (node: JsonNode, path: JsonPath, description: Description): Decoded<never> =>
  refuse(node, path, `${showNode(node)} is not ${phrase(description)}`);

const isInside = (value: number, { least, above, most, below, multipleOf }: NumberRange): boolean =>
  (least === undefined || value >= least) &&
  (above === undefined || value > above) &&
  (most === undefined || value <= most) &&
  (below === undefined || value < below) &&
  (multipleOf === undefined || value % multipleOf === 0);

const numberWhere = (isWhole: boolean, range: NumberRange): Decoder<number> => {
  const description: Description = { form: "number", isWhole, range };
  return {
    description,
    decode: (node, path) => {
      if (node.kind !== "number" || !isInside(node.value, range)) return notAllowed(node, path, description);
      // Adding 0 turns -0 into 0.
      if (!isWhole || Number.isSafeInteger(node.value)) return right(node.value + 0);
      if (!Number.isInteger(node.value)) return notAllowed(node, path, description);
      const most = Number.MAX_SAFE_INTEGER;
      return refuse(node, path, `${showNode(node)} is beyond ${most}, up to which float64 tells whole numbers apart`);
    },
  };
};

/** A number in a range; -0 is 0. */
export const number = (range: NumberRange = {}): Decoder<number> => numberWhere(false, range);

/** A whole number, of those that float64 tells apart from their neighbours. */
export const whole = (range: NumberRange = {}): Decoder<number> => numberWhere(true, range);

/** Text of so many characters (not UTF-16 units) at most, and a pattern, which `what` puts in words. */
export const text = (longest: number, what: string, pattern?: string): Decoder<string> => {
  const description: Description = { form: "text", longest, what, ...(pattern === undefined ? {} : { pattern }) };
  const shape = pattern === undefined ? undefined : new RegExp(pattern, "u");
  return {
    description,
    decode: (node, path) =>
      node.kind === "text" && [...node.value].length <= longest && (shape === undefined || shape.test(node.value))
        ? right(node.value)
        : notAllowed(node, path, description),
  };
};

/** One of a few words; `what` stands for them in messages where they are many. */
export const word = <const T extends string>(words: readonly T[], what?: string): Decoder<T> => {
  const description: Description = { form: "word", words, ...(what === undefined ? {} : { what }) };
  return {
    description,
    decode: (node, path) => {
      if (node.kind === "text" && (words as readonly string[]).includes(node.value)) return right(node.value as T);
      const meant = node.kind === "text" ? suggestion(node.value, words) : "";
      return refuse(node, path, `${showNode(node)} is not ${phrase(description)}${meant}`);
    },
  };
};

export const flag: Decoder<boolean> = {
  description: { form: "flag" },
  decode: (node, path) => (node.kind === "flag" ? right(node.value) : notAllowed(node, path, { form: "flag" })),
};

/** Results side by side as one, with the faults of all: the applicative's sequence in one pass, since lists may be long. */
export const together = <T>(parts: readonly Decoded<T>[]): Decoded<readonly T[]> =>
  faultsOr(
    parts.flatMap((part) => (isLeft(part) ? part.left : [])),
    () => right(parts.flatMap((part) => (isLeft(part) ? [] : [part.right]))),
  );

/** A list whose length lies between `least` and `most`. */
export const list = <T>(of: Decoder<T>, least: number, most: number): Decoder<readonly T[]> => {
  const count = least === most ? `${least}` : `${least} to ${most}`;
  const description: Description = {
    form: "list",
    of: of.description,
    least,
    most,
    what: `a list of ${count}, each ${phrase(of.description)}`,
  };
  return {
    description,
    decode: (node, path) => {
      if (node.kind !== "list") return notAllowed(node, path, description);
      const { length } = node.items;
      if (length < least || length > most)
        return refuse(node, path, `${showNode(node)} is too ${length < least ? "short" : "long"}: give ${count}`);
      return together(node.items.map((item, k) => of.decode(item, [...path, k])));
    },
  };
};

type Tuple = readonly unknown[];

/** A list with an entry for every decoder. */
export const tuple = <T extends Tuple>(
  what: string,
  ...parts: { readonly [K in keyof T]: Decoder<T[K]> }
): Decoder<T> => {
  const description: Description = { form: "tuple", of: parts.map((part) => part.description), what };
  return {
    description,
    decode: (node, path) => {
      if (node.kind !== "list" || node.items.length !== parts.length) return notAllowed(node, path, description);
      return together(parts.map((part, k) => part.decode(node.items[k]!, [...path, k]))) as unknown as Decoded<T>;
    },
  };
};

/** A list of words, each of them once; entries that are no such words hide none that is given twice. */
export const distinctWords = <const T extends string>(words: readonly T[]): Decoder<readonly T[]> => {
  const all = list(word(words), 0, words.length);
  const description: Description = { form: "noted", of: all.description, note: "each once" };
  return {
    description,
    decode: (node, path) => {
      const own = all.decode(node, path);
      if (node.kind !== "list") return own;
      const seen = node.items.map((item) => (item.kind === "text" ? item.value : ""));
      const repeated = node.items.flatMap((item, k) =>
        seen.indexOf(seen[k]!) < k && (words as readonly string[]).includes(seen[k]!)
          ? [faultAt(item, [...path, k], `${quote(seen[k]!)} is given twice`)]
          : [],
      );
      return faultsOr([...(isLeft(own) ? own.left : []), ...repeated], () => own);
    },
  };
};

/** A further condition on what was read: it returns what is wrong, or null; `note` says it beforehand. */
export const refine = <T>(of: Decoder<T>, note: string, fault: (value: T) => string | null): Decoder<T> => ({
  description: { form: "noted", of: of.description, note },
  decode: (node, path) => {
    const own = of.decode(node, path);
    if (isLeft(own)) return own;
    const wrong = fault(own.right);
    return wrong === null ? own : refuse(node, path, wrong);
  },
});

/** A decoder with a name in help and schema, which may refer to itself. */
export const named = <T>(name: string, make: () => Decoder<T>): Decoder<T> => {
  let made: Decoder<T> | undefined;
  const of = (): Decoder<T> => (made ??= make());
  return {
    description: { form: "named", name, of: () => of().description },
    decode: (node, path) => of().decode(node, path),
  };
};

/** Values of different kinds of JSON: the decoder of the kind that is seen reads it. */
export const byKind = <T>(
  cases: Partial<Readonly<Record<"number" | "text" | "flag" | "list" | "record", Decoder<T>>>>,
): Decoder<T> => {
  const description: Description = { form: "kinds", of: Object.values(cases).map((own) => own.description) };
  return {
    description,
    decode: (node, path) => {
      const own = node.kind === "null" ? undefined : cases[node.kind];
      return own === undefined ? notAllowed(node, path, description) : own.decode(node, path);
    },
  };
};
