/**
 * Whoever computes an elementary function gets the same bits: closures over numbers, JavaScript written from the text, and
 * WebAssembly vectors, at the edges of the number formats, at the points of the tables and at random bit patterns.
 */
import { describe, expect, test } from "vitest";
import type { BinaryText, Precision } from "../../kernels/elementary/arithmetic.ts";
import { elementary } from "../../kernels/elementary/index.ts";
import { numbers } from "../../kernels/elementary/numbers.ts";
import { compiledText } from "../../kernels/elementary/sources.ts";
import { assembled } from "./modules.ts";
import type { Numbers } from "./modules.ts";
import { arrayOf, pairsOf, randomBits, randomNumbers, specials, tableColumns, tablesOf } from "./points.ts";

const random = 50_000;
/** How many of them closures compute, which are slow. */
const closures = 15_000;

const columnsFor = (name: string, arity: 1 | 2, precision: Precision): readonly (readonly Numbers[])[] => {
  const tables = tablesOf(name).map((table) => tableColumns(table, precision));
  if (arity === 1) {
    const ordinary = randomNumbers(precision, random / 10, -12, 12);
    return [[arrayOf[precision].from(specials(precision))], randomBits(precision, random), ordinary, ...tables].map(
      (columns) => (Array.isArray(columns) ? columns : [columns as Numbers]),
    );
  }
  return [
    pairsOf(specials(precision), precision),
    [randomBits(precision, random), randomBits(precision, random, 7)],
    [randomNumbers(precision, random / 10, -12, 12), randomNumbers(precision, random / 10, -12, 12, 8)],
    ...tables,
  ];
};

const firstDifference = (seen: Numbers, other: Numbers, columns: readonly Numbers[]): string => {
  const k = seen.findIndex((value, place) => !Object.is(value, other[place]));
  return k < 0 ? "" : `at ${columns.map((column) => column[k]).join(", ")}: ${seen[k]} and ${other[k]}`;
};

describe.each(["float64", "float32"] as const)("%s", (precision) => {
  test.each(Object.entries(elementary))(
    "%s has the same bits in closures, in written JavaScript and in WebAssembly vectors",
    (name, entry) => {
      const closure = (entry[precision] as BinaryText)(numbers[precision]);
      const written = compiledText(entry[precision], entry.arity, precision);
      const { apply } = assembled(entry, precision);
      for (const columns of columnsFor(name, entry.arity, precision)) {
        const [x, y = x] = columns as readonly [Numbers, Numbers?];
        const byVectors = apply(...columns);
        const some = x.subarray(0, closures);
        const byClosure = some.map((value, k) => closure(value, y[k]!));
        const byWritten = x.map((value, k) => written(value, y[k]!));
        expect(firstDifference(byClosure, byVectors, columns)).toBe("");
        expect(firstDifference(byWritten, byVectors, columns)).toBe("");
      }
    },
  );
});
