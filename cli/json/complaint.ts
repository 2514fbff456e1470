/**
 * What is wrong at a place of a JSON text, in words: most of it is JSON of another dialect.
 */
import { left } from "../../src/fp.ts";
import type { Either } from "../../src/fp.ts";
import type { JsonFaultCode } from "./json-node.ts";

/** A fault before its line, column and path are known. */
export interface Complaint {
  readonly code: JsonFaultCode;
  /** UTF-16 units from the start of the text. */
  readonly at: number;
  readonly message: string;
}

/** What was read, and where the text goes on. */
export interface Token<T> {
  readonly value: T;
  readonly end: number;
}

export const complain = (code: JsonFaultCode, at: number, message: string): Either<Complaint, never> =>
  left({ code, at, message });

/** The first position from `at` that is no blank of JSON. */
export const skipBlanks = (text: string, at: number): number => {
  let end = at;
  for (; end < text.length; end++) {
    const unit = text.charCodeAt(end);
    if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) break;
  }
  return end;
};

const longestWord = 40;

/** Letters, digits and signs from a position on, cut where they are too long to quote. */
export const wordAt = (text: string, at: number): string => {
  const piece = text.slice(at, at + longestWord + 1);
  const word = /^[\p{L}\p{N}_$+.-]*/u.exec(piece)![0];
  return word.length > longestWord ? `${word.slice(0, longestWord)}...` : word;
};

/** A character that cannot be quoted as it is. */
const codePoint = (text: string, at: number): string =>
  `U+${text.codePointAt(at)!.toString(16).toUpperCase().padStart(4, "0")}`;

const words: Readonly<Record<string, string>> = {
  True: "true",
  False: "false",
  None: "null",
  undefined: "null",
  nil: "null",
  yes: "true",
  no: "false",
};

const complainOfWord = (word: string, at: number, expected: string): Either<Complaint, never> => {
  if (/^[+-]?(nan|inf|infinity)$/i.test(word))
    return complain("not finite", at, `JSON has no ${word}: numbers are finite`);
  if (/^[+.\d-]/.test(word))
    return expected === "a value" || expected === "a number"
      ? complain("malformed number", at, `${word} is no number of JSON`)
      : complain("unexpected character", at, `${word} stands where ${expected} is expected`);
  const meant = Object.hasOwn(words, word) ? `: write ${words[word]}` : ", text stands in double quotes";
  return complain("bare word", at, `${word} stands where ${expected} is expected${meant}`);
};

/** What is wrong with the character at a position, where `expected` should stand. */
export const complainAt = (text: string, at: number, expected: string): Either<Complaint, never> => {
  if (at >= text.length) return complain("truncated", text.length, `the file ends where ${expected} is expected`);
  const character = text[at]!;
  if (character === "/" || character === "#") return complain("comment", at, "JSON has no comments: leave them out");
  if (character === "'" || character === "`" || character === "\u2018" || character === "\u201c")
    return complain("single quotes", at, `text stands in double quotes ("), not in ${character}`);
  const word = wordAt(text, at);
  if (word !== "") return complainOfWord(word, at, expected);
  if (character === "\ufeff")
    return complain(
      "byte order mark",
      at,
      "a byte order mark (U+FEFF) is no part of JSON: save the file as UTF-8 without it",
    );
  if (/\s/.test(character))
    return complain(
      "unknown blank",
      at,
      `the blank ${codePoint(text, at)} is none of JSON: use spaces, tabs and new lines`,
    );
  const isPrintable = character >= " " && character <= "~";
  const shown = isPrintable ? JSON.stringify(character) : codePoint(text, at);
  return complain("unexpected character", at, `${shown} stands where ${expected} is expected`);
};
