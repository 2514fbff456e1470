/**
 * What a place of a file may hold, as a value: checks, help and JSON Schema all read these records, so that they agree.
 */

/** Bounds of a number; `least` and `most` belong to it, `above` and `below` do not. */
export interface NumberRange {
  readonly least?: number;
  readonly above?: number;
  readonly most?: number;
  readonly below?: number;
  /** A whole multiple of this. */
  readonly multipleOf?: number;
}

/**
 * The end of a text in a pattern, for all who read the schema: Python's $ stands before a last line break, too. For them
 * patterns have no classes of Unicode (\p) either.
 */
export const endOfText = "$(?!\\n)";

export interface FieldDescription {
  readonly name: string;
  readonly of: Description;
  /** A short sentence. */
  readonly note: string;
  readonly isRequired: boolean;
  /** What stands for a key that is absent. */
  readonly fallback?: unknown;
}

export interface RecordDescription {
  readonly form: "record";
  readonly fields: readonly FieldDescription[];
}

export type Description =
  | { readonly form: "number"; readonly isWhole: boolean; readonly range: NumberRange }
  | { readonly form: "text"; readonly longest: number; readonly pattern?: string; readonly what: string }
  | { readonly form: "word"; readonly words: readonly string[]; readonly what?: string }
  | { readonly form: "flag" }
  | {
      readonly form: "list";
      readonly of: Description;
      readonly least: number;
      readonly most: number;
      readonly what: string;
    }
  | { readonly form: "tuple"; readonly of: readonly Description[]; readonly what: string }
  | RecordDescription
  /** A record whose first key names which of several it is. */
  | { readonly form: "variants"; readonly key: string; readonly cases: Readonly<Record<string, RecordDescription>> }
  /** A record that has exactly one of several keys. */
  | { readonly form: "keyed"; readonly cases: Readonly<Record<string, RecordDescription | VariantsDescription>> }
  /** Values of different kinds: a number or a record. */
  | { readonly form: "kinds"; readonly of: readonly Description[] }
  /** A record with free keys. */
  | {
      readonly form: "map";
      readonly of: Description;
      readonly keys: string;
      readonly most: number;
      readonly what: string;
    }
  /** Something that has a name, and a place of its own in the help. */
  | { readonly form: "named"; readonly name: string; readonly of: () => Description }
  /** The same with a condition that no schema can say. */
  | { readonly form: "noted"; readonly of: Description; readonly note: string };

export type VariantsDescription = Extract<Description, { readonly form: "variants" }>;

const listed = (words: readonly string[]): string => words.map((word) => JSON.stringify(word)).join(", ");

/** "a number above 0 and at most 1", "a whole number from 1 to 64". */
const describeRange = (what: string, { least, above, most, below, multipleOf }: NumberRange): string => {
  const noun = multipleOf === 2 ? what.replace("a whole", "an even") : what;
  if (least !== undefined && most !== undefined) return `${noun} from ${least} to ${most}`;
  const bounds = [
    ...(least === undefined ? [] : [`from ${least}`]),
    ...(above === undefined ? [] : [`above ${above}`]),
    ...(most === undefined ? [] : [`at most ${most}`]),
    ...(below === undefined ? [] : [`below ${below}`]),
  ];
  return bounds.length === 0 ? noun : `${noun} ${bounds.join(" and ")}`;
};

/** What is allowed, in a few words: "a whole number, 1 or more". */
export const phrase = (description: Description): string => {
  switch (description.form) {
    case "number":
      return describeRange(description.isWhole ? "a whole number" : "a number", description.range);
    case "word":
      return (
        description.what ??
        (description.words.length === 1 ? listed(description.words) : `one of ${listed(description.words)}`)
      );
    case "flag":
      return "true or false";
    case "text":
    case "list":
    case "tuple":
    case "map":
      return description.what;
    case "record": {
      const { fields } = description;
      return fields.length === 0 ? "an empty record" : `a record with ${fields.map(({ name }) => name).join(", ")}`;
    }
    case "variants":
      return `a record with "${description.key}": ${Object.keys(description.cases)
        .map((name) => JSON.stringify(name))
        .join(" | ")}`;
    case "keyed":
      return `a record with one of the keys ${Object.keys(description.cases).join(", ")}`;
    case "kinds":
      return description.of.map(phrase).join(", or ");
    case "named":
      return description.name;
    case "noted":
      return description.note === "" ? phrase(description.of) : `${phrase(description.of)}, ${description.note}`;
  }
};
