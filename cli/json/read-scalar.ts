/**
 * Texts, numbers and words of JSON, as RFC 8259 has them. Numbers that float64 cannot hold are refused: 1e999 is not Infinity,
 * and 1e-400 is not 0.
 */
import { isLeft, left, right } from "../../src/fp.ts";
import type { Either } from "../../src/fp.ts";
import { complain, complainAt, wordAt } from "./complaint.ts";
import type { Complaint, Token } from "./complaint.ts";
import { jsonLimits } from "./json-node.ts";
import type { JsonScalar } from "./json-node.ts";

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/** An escape, from its backslash. */
const readEscape = (text: string, at: number): Either<Complaint, Token<string>> => {
  const letter = text[at + 1];
  if (letter === undefined) return complain("truncated", text.length, "the file ends inside a text");
  if (Object.hasOwn(escapes, letter)) return right({ value: escapes[letter]!, end: at + 2 });
  const digits = text.slice(at + 2, at + 6);
  if (letter === "u" && /^[\da-fA-F]{4}$/.test(digits))
    return right({ value: String.fromCharCode(Number.parseInt(digits, 16)), end: at + 6 });
  if (letter === "u" && at + 6 > text.length && /^[\da-fA-F]*$/.test(digits))
    return complain("truncated", text.length, "the file ends inside a text");
  return complain(
    "malformed escape",
    at,
    letter === "u"
      ? "\\u is followed by four hexadecimal digits"
      : 'a backslash is followed by one of " \\ / b f n r t u',
  );
};

/** A text, from its opening quote. Halves of surrogate pairs pass, as in JSON.parse. */
export const readText = (text: string, at: number): Either<Complaint, Token<string>> => {
  const parts: string[] = [];
  let end = at + 1;
  let from = end;
  for (; end < text.length; end++) {
    if (end - at > jsonLimits.text)
      return complain("text too long", at, `a text of more than ${jsonLimits.text} characters`);
    const unit = text.charCodeAt(end);
    if (unit === 0x22) {
      parts.push(text.slice(from, end));
      return right({ value: parts.join(""), end: end + 1 });
    }
    if (unit < 0x20)
      return complain(
        "control character",
        end,
        unit === 0x0a || unit === 0x0d
          ? "a text ends on the line that it begins on: close its quotes, or write \\n"
          : `the control character U+${unit.toString(16).toUpperCase().padStart(4, "0")} stands in a text: write it as an escape`,
      );
    if (unit !== 0x5c) continue;
    const escape = readEscape(text, end);
    if (isLeft(escape)) return escape;
    parts.push(text.slice(from, end), escape.right.value);
    from = escape.right.end;
    end = from - 1;
  }
  return complain("truncated", text.length, "the file ends inside a text");
};

const isDigit = (text: string, at: number): boolean => {
  const unit = text.charCodeAt(at);
  return unit >= 0x30 && unit <= 0x39;
};

/** Past the digits from a position on. */
const skipDigits = (text: string, at: number): number => {
  let end = at;
  while (isDigit(text, end)) end++;
  return end;
};

/** Where a number ends, or null where the text is none: -? (0 | [1-9] digits) (. digits)? ([eE] [+-]? digits)? */
const endOfNumber = (text: string, at: number): number | null => {
  const whole = text[at] === "-" ? at + 1 : at;
  if (!isDigit(text, whole)) return null;
  let end = text[whole] === "0" ? whole + 1 : skipDigits(text, whole);
  if (text[end] === ".") {
    if (!isDigit(text, end + 1)) return null;
    end = skipDigits(text, end + 1);
  }
  if (text[end] === "e" || text[end] === "E") {
    const digits = text[end + 1] === "+" || text[end + 1] === "-" ? end + 2 : end + 1;
    if (!isDigit(text, digits)) return null;
    end = skipDigits(text, digits);
  }
  return end;
};

/** Whether a number runs into letters or further digits: "10px", "01". */
const goesOn = (text: string, end: number): boolean =>
  !", ]}\n\r\t".includes(text.charAt(end)) && wordAt(text, end) !== "";

/** A number, from its sign or first digit. */
export const readNumber = (text: string, at: number): Either<Complaint, Token<number>> => {
  const end = endOfNumber(text, at);
  if (end === null && /^-?\d*(\.|\.?\d*[eE][+-]?)?$/.test(text.slice(at)))
    return complain("truncated", text.length, "the file ends inside a number");
  if (end === null || goesOn(text, end)) return complainAt(text, at, "a number");
  const digits = text.slice(at, end);
  const value = Number(digits);
  if (!Number.isFinite(value))
    return complain(
      "number too large",
      at,
      `${wordAt(text, at)} is beyond float64, whose largest number is ${Number.MAX_VALUE}`,
    );
  if (value === 0 && end > at + 1 && /^[^eE]*[1-9]/.test(digits))
    return complain("number too small", at, `${wordAt(text, at)} is 0 in float64: write 0 if that is meant`);
  return right({ value, end });
};

type Bare = JsonScalar extends infer Node ? (Node extends unknown ? Omit<Node, "line" | "column"> : never) : never;

const namedValues: Readonly<Record<string, Bare>> = {
  true: { kind: "flag", value: true },
  false: { kind: "flag", value: false },
  null: { kind: "null", value: null },
};

/** A value that is neither record nor list. */
export const readScalar = (text: string, at: number): Either<Complaint, Token<Bare>> => {
  const first = text[at];
  if (first === '"') {
    const own = readText(text, at);
    return isLeft(own) ? own : right({ value: { kind: "text", value: own.right.value }, end: own.right.end });
  }
  if (first === "-" || isDigit(text, at)) {
    const own = readNumber(text, at);
    if (isLeft(own)) return own;
    const { value, end } = own.right;
    return right({ value: { kind: "number", value, numeral: text.slice(at, end) }, end });
  }
  const word = wordAt(text, at);
  if (Object.hasOwn(namedValues, word)) return right({ value: namedValues[word]!, end: at + word.length });
  const isCut = at + word.length === text.length && Object.keys(namedValues).some((name) => name.startsWith(word));
  if (word !== "" && isCut)
    return left({ code: "truncated", at: text.length, message: `the file ends inside the word ${word}` });
  return complainAt(text, at, "a value");
};
