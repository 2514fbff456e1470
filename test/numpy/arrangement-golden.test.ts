/**
 * Answers of NumPy itself (arrangement-golden.jsonl, written by scripts/tables/numpy-arrangement-golden.py): creation,
 * rearrangement, indexing, order, sets, interpolation and einsum give NumPy's numbers in NumPy's shape, and give
 * them compiled too, unless their shape depends on values; then they say so.
 */
import { describe, expect, test } from "vitest";
import { byFunction, compiled, errorOf, evaluate, numbersOf, readCases } from "./golden-cases.ts";

const cases = byFunction(readCases("arrangement-golden.jsonl"));

test("there are answers for many functions", () => {
  expect(cases.length).toBeGreaterThan(70);
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

  const [fixed, dynamic] = [own.filter((each) => each[3] === 0), own.filter((each) => each[3] === 1)];

  test.runIf(fixed.length > 0)("gives them compiled too", () => {
    for (const each of fixed.slice(0, 12)) expect(errorOf(compiled(each[0]), each), each[0]).toBeLessThanOrEqual(1);
  });

  const isCounted = dynamic.length > 0 && !/^np\.(insert|delete)/.test(dynamic[0]![0]);
  test.runIf(isCounted)("says that it needs a size when compiled", () => {
    for (const [call] of dynamic.slice(0, 3)) expect(() => compiled(call), call).toThrow(/^np\.\w+: .*\{ size \}/);
  });
});
