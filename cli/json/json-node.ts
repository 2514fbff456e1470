/**
 * JSON values that know where they stand, so that whoever finds fault with one can point at it.
 * Records are maps: no key of a file, whatever its name, ever becomes a property of an object.
 */

/** Line and column of a character, both from 1; columns count UTF-16 units, as editors do. */
export interface JsonPlace {
  readonly line: number;
  readonly column: number;
}

/** Keys and indices that lead from the whole file to a value. */
export type JsonPath = readonly (string | number)[];

/** An entry of a record; its place is that of the key. */
export interface JsonEntry extends JsonPlace {
  readonly value: JsonNode;
}

/** Entries in the order of the file; its place is that of the opening brace. */
export interface JsonRecord extends JsonPlace {
  readonly kind: "record";
  readonly entries: ReadonlyMap<string, JsonEntry>;
}

export interface JsonList extends JsonPlace {
  readonly kind: "list";
  readonly items: readonly JsonNode[];
}

export interface JsonNumber extends JsonPlace {
  readonly kind: "number";
  /** Finite, -0 included. */
  readonly value: number;
  /** As it stands in the file, which may have more digits than float64. */
  readonly numeral: string;
}

export interface JsonText extends JsonPlace {
  readonly kind: "text";
  readonly value: string;
}

export interface JsonFlag extends JsonPlace {
  readonly kind: "flag";
  readonly value: boolean;
}

export interface JsonNull extends JsonPlace {
  readonly kind: "null";
  readonly value: null;
}

export type JsonScalar = JsonNumber | JsonText | JsonFlag | JsonNull;
export type JsonNode = JsonScalar | JsonRecord | JsonList;

/** What JSON can be refused for. */
export type JsonFaultCode =
  | "too long"
  | "too deep"
  | "too many keys"
  | "text too long"
  | "byte order mark"
  | "truncated"
  | "trailing text"
  | "trailing comma"
  | "duplicate key"
  | "comment"
  | "single quotes"
  | "not finite"
  | "number too large"
  | "number too small"
  | "malformed number"
  | "bare word"
  | "control character"
  | "malformed escape"
  | "unknown blank"
  | "unexpected character";

export interface JsonFault extends JsonPlace {
  readonly code: JsonFaultCode;
  /** A sentence without the place. */
  readonly message: string;
  /** Of the value, or of the record or list that holds what is wrong. */
  readonly path: JsonPath;
}

/** What a file may have; the first is checked before anything is read. */
export interface JsonLimits {
  /** UTF-16 units of the whole file. */
  readonly characters: number;
  /** Records and lists inside each other. */
  readonly depth: number;
  /** Keys of all records together. */
  readonly keys: number;
  /** UTF-16 units of one key or text, as it stands in the file. */
  readonly text: number;
}

export const jsonLimits: JsonLimits = { characters: 2 ** 20, depth: 64, keys: 10_000, text: 10_000 };
