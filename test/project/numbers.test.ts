/**
 * The laws and faults are counted: each has a number, and the tests that hold it start with that number. A number that no
 * test holds, or one that is not on the lists, fails here.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

const range = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, k) => first + k);

interface Named {
  readonly number: number;
  readonly isConditional: boolean;
}

/** Numbers that the names of tests and groups begin with; `isConditional` where it runs under a switch only. */
const numbersIn = (text: string): Named[] =>
  [...text.matchAll(/(\b(?:test|describe)[\w.]*(?:\(\w+\))?|\))\(\s*["`](\d+(?:(?:, | and )\d+)*): /g)].flatMap(
    ([, call, numbers]) =>
      numbers!.split(/, | and /).map((number) => ({
        number: Number(number),
        isConditional: /\.(?:runIf|skipIf|skip|todo)\b/.test(call!),
      })),
  );

const namesOf = (folder: string): Named[] =>
  readdirSync(join(root, folder))
    .filter((file) => file.endsWith(".test.ts"))
    .flatMap((file) => numbersIn(readFileSync(join(root, folder, file), "utf8")));

/** Lists of numbers that need a test, and those whose test may wait for a switch since it takes gigabytes. */
const lists: readonly (readonly [folder: string, required: readonly number[], conditional: readonly number[]])[] = [
  ["semantics", range(1, 67), []],
  ["faults", [...range(1, 36), ...range(60, 69), ...range(81, 84), 99, 100], [63]],
];

describe.each(lists)("test/%s", (folder, required, conditional) => {
  const named = namesOf(folder);

  test("holds every number of its list, by a test of every run", () => {
    const held = new Set(named.filter(({ isConditional }) => !isConditional).map(({ number }) => number));
    expect(required.filter((number) => !held.has(number) && !conditional.includes(number))).toEqual([]);
    expect(conditional.filter((number) => !named.some((each) => each.number === number))).toEqual([]);
  });

  test("names no number that is not on its list", () => {
    const known = new Set(required);
    expect([...new Set(named.map(({ number }) => number))].filter((number) => !known.has(number))).toEqual([]);
  });
});

test("numbers are found in plain, tabled, grouped and conditional names, and nowhere else", () => {
  const text = `
    test("1: a", () => {});
    test.each([["x", 2]] as const)(
      "2: %s", f);
    describe("3 and 4: b", () => {});
    describe.each(list)(\`5: c\`, f);
    test.runIf(isNightly)("6: d", f);
    test.runIf(isNightly)(
      "7, 8: e", f);
    expect("9: not a name").toBe("10: nor this");
    test("of 11: no", f);
  `;
  expect(numbersIn(text).map(({ number, isConditional }) => (isConditional ? -number : number))).toEqual([
    1, 2, 3, 4, 5, -6, -7, -8,
  ]);
});
