/**
 * Golden cases: one call of cotangent/numpy as text, the answer it must give and how close. Calls are run eagerly, or
 * with their arrays as traced arguments.
 */
import { readFileSync } from "node:fs";
import { array, jit } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";

/** Nested lists; NaN and infinities as text. */
type Nested = number | string | readonly Nested[];

/** A tolerance of 0 demands the same bits; others bound the error relative to max(1, |answer|). */
type Case = readonly [call: string, answer: Nested, tolerance: number, isDynamic?: number];

/** The cases of a file beside this one, a JSON list a line. */
export const readCases = (name: string): readonly Case[] =>
  readFileSync(new URL(name, import.meta.url), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Case);

/** Cases by the function they begin with. */
export const byFunction = (cases: readonly Case[]): readonly (readonly [name: string, own: readonly Case[]])[] => {
  const nameOf = ([call]: Case): string => /^np\.(\w+)/.exec(call)![1]!;
  return [...new Set(cases.map(nameOf))].map((name) => [name, cases.filter((each) => nameOf(each) === name)]);
};

const words: Readonly<Record<string, number>> = { nan: NaN, inf: Infinity, "-inf": -Infinity };

const decoded = (answer: Nested): Nested =>
  typeof answer === "string" ? words[answer]! : typeof answer === "number" ? answer : answer.map(decoded);

type Result = NDArray | readonly Result[];

/** The elements, booleans as 0 and 1. */
export const numbersOf = (result: Result): Nested => {
  if (!(result instanceof np.NDArray)) return result.map(numbersOf);
  return result.dtype === "bool" ? (result.astype("int32").toList() as Nested) : (result.toList() as Nested);
};

/** The largest relative error (floor 1); infinite where shapes, NaN or infinities differ. */
const distance = (seen: Nested, wanted: Nested, isExact: boolean): number => {
  if (typeof seen === "number" && typeof wanted === "number") {
    if (Object.is(seen, wanted) || (!isExact && seen === wanted)) return 0;
    const error = Math.abs(seen - wanted) / Math.max(1, Math.abs(wanted));
    return Number.isNaN(error) || (isExact && error === 0) ? Infinity : error;
  }
  if (typeof seen === "number" || typeof wanted === "number" || seen.length !== wanted.length) return Infinity;
  return [...seen].reduce<number>(
    (largest, part, k) => Math.max(largest, distance(part as Nested, wanted[k] as Nested, isExact)),
    0,
  );
};

/** How far a result is from the answer of its case, in tolerances; 0 or less than 1 is right. */
export const errorOf = (result: Result, [, answer, tolerance]: Case): number => {
  const error = distance(numbersOf(result), decoded(answer), tolerance === 0);
  return tolerance === 0 ? error : error / tolerance;
};

// oxlint-disable-next-line typescript/no-implied-eval
export const evaluate = (call: string): Result => new Function("np", "array", `return ${call}`)(np, array) as Result;

/** The call with all its arrays as traced arguments. */
export const compiled = (call: string): Result => {
  const inputs: NDArray[] = [];
  const traced = (data: never, options: never): NDArray => {
    inputs.push(array(data, options));
    return inputs.at(-1)!;
  };
  // oxlint-disable-next-line typescript/no-implied-eval
  const f = new Function("np", "array", `return ${call}`) as (module: typeof np, make: unknown) => Result;
  f(np, traced);
  return jit((...own: NDArray[]) => {
    let next = 0;
    return f(np, () => own[next++]!) as NDArray;
  })(...inputs);
};
