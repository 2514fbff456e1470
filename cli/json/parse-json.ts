/**
 * A strict reader of JSON (RFC 8259) that keeps the place of every value. Stricter than JSON.parse in what follows from limits
 * (see jsonLimits), and in three things that hide mistakes: keys given twice, and numbers that overflow or vanish in float64.
 * It keeps its own stack, so that no nesting exhausts the engine's.
 */
import { isLeft, left, right } from "../../src/fp.ts";
import type { Either } from "../../src/fp.ts";
import { complain, complainAt, skipBlanks } from "./complaint.ts";
import type { Complaint } from "./complaint.ts";
import { jsonLimits } from "./json-node.ts";
import type { JsonEntry, JsonFault, JsonNode, JsonPath, JsonPlace } from "./json-node.ts";
import { readScalar, readText } from "./read-scalar.ts";

interface OpenRecord {
  readonly kind: "record";
  readonly at: number;
  readonly entries: Map<string, JsonEntry>;
  /** Of the entry that is being read; between entries there is none. */
  key: { readonly name: string; readonly at: number } | null;
}

interface OpenList {
  readonly kind: "list";
  readonly at: number;
  readonly items: JsonNode[];
}

/** The state of one reading; it changes from character to character. */
interface Reading {
  readonly text: string;
  readonly placeOf: (at: number) => JsonPlace;
  readonly open: (OpenRecord | OpenList)[];
  at: number;
  keys: number;
}

/** Lines and columns of positions; a line ends with \n, \r or both. */
const placesOf = (text: string): ((at: number) => JsonPlace) => {
  const starts = [0, ...[...text.matchAll(/\r\n|\n|\r/g)].map((end) => end.index + end[0].length)];
  return (at) => {
    let [low, high] = [0, starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (starts[middle]! <= at) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: at - starts[low]! + 1 };
  };
};

const showPlace = ({ line, column }: JsonPlace): string => `line ${line}, column ${column}`;

/** Keys and indices of what is open, the value that is read included. */
const pathOf = (open: Reading["open"]): JsonPath =>
  open.flatMap((own): JsonPath => {
    if (own.kind === "list") return [own.items.length];
    return own.key === null ? [] : [own.key.name];
  });

type Step<T> = Either<Complaint, T>;
const done: Step<null> = right(null);

/** A key with its colon; the reading stands at the key. */
const readKey = (reading: Reading, record: OpenRecord): Step<null> => {
  const { text, at } = reading;
  if (text[at] !== '"') return complainAt(text, at, "a key in double quotes");
  const key = readText(text, at);
  if (isLeft(key)) return key;
  const { value: name, end } = key.right;
  record.key = { name, at };
  const before = record.entries.get(name);
  if (before !== undefined)
    return complain("duplicate key", at, `this key is given twice: first at ${showPlace(before)}, then here`);
  if (++reading.keys > jsonLimits.keys)
    return complain("too many keys", at, `more than ${jsonLimits.keys} keys in one file`);
  const colon = skipBlanks(text, end);
  if (text[colon] !== ":") return complainAt(text, colon, "a colon");
  reading.at = skipBlanks(text, colon + 1);
  return done;
};

/** Opens a record or list up to its first value; true where it is empty. */
const openContainer = (reading: Reading): Step<boolean> => {
  const { text, at, open } = reading;
  if (open.length === jsonLimits.depth)
    return complain("too deep", at, `records and lists are nested more than ${jsonLimits.depth} deep`);
  const isRecord = text[at] === "{";
  const own: OpenRecord | OpenList = isRecord
    ? { kind: "record", at, entries: new Map(), key: null }
    : { kind: "list", at, items: [] };
  open.push(own);
  reading.at = skipBlanks(text, at + 1);
  if (text[reading.at] === (isRecord ? "}" : "]")) return right(true);
  if (own.kind === "list") return right(false);
  const key = readKey(reading, own);
  return isLeft(key) ? key : right(false);
};

/** The record or list that ends here, as a value. */
const closeContainer = (reading: Reading): JsonNode => {
  const own = reading.open.pop()!;
  reading.at++;
  const place = reading.placeOf(own.at);
  return own.kind === "record"
    ? { kind: "record", entries: own.entries, ...place }
    : { kind: "list", items: own.items, ...place };
};

/** A value up to its end, or null where a record or list begins that has values of its own. */
const readValue = (reading: Reading): Step<JsonNode | null> => {
  const { text, at } = reading;
  if (text[at] === "{" || text[at] === "[") {
    const opened = openContainer(reading);
    if (isLeft(opened)) return opened;
    return right(opened.right ? closeContainer(reading) : null);
  }
  const scalar = readScalar(text, at);
  if (isLeft(scalar)) return scalar;
  reading.at = scalar.right.end;
  return right({ ...scalar.right.value, ...reading.placeOf(at) });
};

/** Puts a value where it belongs. */
const attach = ({ open, placeOf }: Reading, value: JsonNode): void => {
  const parent = open.at(-1)!;
  if (parent.kind === "list") parent.items.push(value);
  else {
    const { name, at } = parent.key!;
    parent.entries.set(name, { value, ...placeOf(at) });
    parent.key = null;
  }
};

/** After a value: true where the record or list around it ends, false after a comma and up to the next value. */
const readSeparator = (reading: Reading): Step<boolean> => {
  const { text, open } = reading;
  const parent = open.at(-1)!;
  const closing = parent.kind === "record" ? "}" : "]";
  const at = (reading.at = skipBlanks(text, reading.at));
  if (text[at] === closing) return right(true);
  if (text[at] !== ",") {
    const wrong = complainAt(text, at, `a comma or ${closing}`);
    if (isLeft(wrong) && wrong.left.code === "truncated")
      return complain(
        "truncated",
        at,
        `the file ends inside the ${parent.kind} that begins at ${showPlace(reading.placeOf(parent.at))}`,
      );
    return wrong;
  }
  reading.at = skipBlanks(text, at + 1);
  if (text[reading.at] === closing)
    return complain("trailing comma", at, `a comma before ${closing}: JSON has none after the last entry`);
  if (parent.kind === "list") return right(false);
  const key = readKey(reading, parent);
  return isLeft(key) ? key : right(false);
};

/** Closes what ends after a value; the whole where nothing is open any more, else null: another value follows. */
const finish = (reading: Reading, first: JsonNode): Step<JsonNode | null> => {
  let value = first;
  while (reading.open.length > 0) {
    attach(reading, value);
    const ends = readSeparator(reading);
    if (isLeft(ends)) return ends;
    if (!ends.right) return right(null);
    value = closeContainer(reading);
  }
  return right(value);
};

const readWhole = (reading: Reading): Step<JsonNode> => {
  const { text } = reading;
  reading.at = skipBlanks(text, 0);
  for (;;) {
    const value = readValue(reading);
    if (isLeft(value)) return value;
    if (value.right === null) continue;
    const whole = finish(reading, value.right);
    if (isLeft(whole)) return whole;
    if (whole.right === null) continue;
    const end = skipBlanks(text, reading.at);
    if (end === text.length) return right(whole.right);
    const wrong = complainAt(text, end, "the end of the file");
    return isLeft(wrong) && wrong.left.code === "comment"
      ? wrong
      : complain("trailing text", end, "there is more after the value: a file holds one");
  }
};

/**
 * A JSON text with the place of every value.
 * @returns  the value, or the first fault with its line, column (from 1) and path
 * Cost: linear in the text; nothing is read of a text beyond the limit of characters.
 * @example parseJson('{ "a": [1, 2] }') // right({ kind: "record", line: 1, column: 1, entries: Map { "a" => ... } })
 * @example parseJson("[1,]") // left({ code: "trailing comma", line: 1, column: 3, ... })
 */
export const parseJson = (text: string): Either<JsonFault, JsonNode> => {
  if (text.length > jsonLimits.characters)
    return left({
      code: "too long",
      message: `the file has ${text.length} characters, the limit is ${jsonLimits.characters}`,
      path: [],
      line: 1,
      column: 1,
    });
  const reading: Reading = { text, placeOf: placesOf(text), open: [], at: 0, keys: 0 };
  const whole = readWhole(reading);
  if (!isLeft(whole)) return whole;
  const { code, at, message } = whole.left;
  return left({ code, message, path: pathOf(reading.open), ...reading.placeOf(at) });
};
