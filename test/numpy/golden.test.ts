/**
 * Answers of NumPy itself (golden.jsonl, written by scripts/tables/numpy-golden.py): every call gives NumPy's numbers
 * in NumPy's shape, eager and compiled, with NaN, infinities and signs of zeros where the tolerance is 0.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { array, jit } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";

type Nested = number | string | readonly Nested[];
type Case = readonly [call: string, answer: Nested, tolerance: number];

const lines = readFileSync(new URL("golden.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n");
const cases = lines.map((line) => JSON.parse(line) as Case);

const words: Readonly<Record<string, number>> = { nan: NaN, inf: Infinity, "-inf": -Infinity };

const decoded = (answer: Nested): Nested =>
  typeof answer === "string" ? words[answer]! : typeof answer === "number" ? answer : answer.map(decoded);

type Result = NDArray | readonly Result[];

const numbersOf = (result: Result): Nested => {
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

// oxlint-disable-next-line typescript/no-implied-eval
const evaluate = (call: string): Result => new Function("np", "array", `return ${call}`)(np, array) as Result;

/** The call with its arrays of floats as traced arguments. */
const compiled = (call: string): Result => {
  const inputs: NDArray[] = [];
  const traced = (data: never, options: never): NDArray => {
    inputs.push(array(data, options));
    return inputs.at(-1)!;
  };
  // oxlint-disable-next-line typescript/no-implied-eval
  const f = new Function("np", "array", `return ${call}`) as (module: typeof np, make: unknown) => Result;
  f(np, traced);
  let next = 0;
  return jit((...own: NDArray[]) => f(np, () => own[next++]!) as NDArray)(...inputs);
};

const nameOf = ([call]: Case): string => /^np\.(\w+)/.exec(call)![1]!;
const names = [...new Set(cases.map(nameOf))];
const byFunction = names.map((name) => [name, cases.filter((each) => nameOf(each) === name)] as const);

test("there are answers for many functions", () => {
  expect(names.length).toBeGreaterThan(90);
});

describe.each(byFunction)("%s", (_name, own) => {
  test("gives NumPy's answers", () => {
    for (const [call, answer, tolerance] of own) {
      const seen = numbersOf(evaluate(call));
      const error = distance(seen, decoded(answer), tolerance === 0);
      expect(error, `${call} is ${JSON.stringify(seen)}, NumPy says ${JSON.stringify(answer)}`).toBeLessThanOrEqual(
        tolerance,
      );
    }
  });

  test("gives them compiled too", () => {
    for (const [call, answer, tolerance] of own.slice(0, 12)) {
      if (call.startsWith("np.bincount")) continue; // its length would depend on traced values
      const error = distance(numbersOf(compiled(call)), decoded(answer), tolerance === 0);
      expect(error, call).toBeLessThanOrEqual(tolerance);
    }
  });
});
