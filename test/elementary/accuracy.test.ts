/**
 * Errors of elementary functions stay within their bounds: float64 against exact values (tables made with mpmath), float32
 * against the float64 function, whose own error is 2^-29 of what is measured here.
 */
import { describe, expect, test } from "vitest";
import type { Precision } from "../../kernels/elementary/arithmetic.ts";
import { elementary } from "../../kernels/elementary/index.ts";
import type { Elementary } from "../../kernels/elementary/index.ts";
import { readTable, ulpError } from "../special/tables.ts";
import { bounds, floors } from "./bounds.ts";
import { assembled } from "./modules.ts";
import type { Numbers } from "./modules.ts";
import { randomBits, randomNumbers, tableColumns, tablesOf } from "./points.ts";

interface Worst {
  readonly error: number;
  readonly text: string;
}

/** The largest of errors by index. */
const worstOf = (count: number, errorAt: (k: number) => number, describe: (k: number) => string): Worst => {
  let worst = { error: 0, k: 0 };
  for (let k = 0; k < count; k++) {
    const error = errorAt(k);
    if (!(error <= worst.error)) worst = { error, k };
  }
  return { error: worst.error, text: `${worst.error} ulp at ${describe(worst.k)}` };
};

/** Magnitude below which errors count absolutely. */
const floorAt = (name: string, columns: readonly Numbers[], k: number): number =>
  floors[name]?.(...columns.map((column) => column[k]!)) ?? 0;

const against = (name: string, entry: Elementary, table: string): Worst => {
  const { arguments: columns, values, remainders } = readTable(table);
  const seen = assembled(entry, "float64").apply(...columns);
  return worstOf(
    values.length,
    (k) => ulpError(seen[k]!, values[k]!, remainders[k]!, floorAt(name, columns, k)),
    (k) => `${name}(${columns.map((column) => column[k]).join(", ")}): ${seen[k]} for ${values[k]}`,
  );
};

/** The distance of a float32 of this magnitude to the next. */
const ulpOfSingle = (x: number): number => 2 ** (Math.max(Math.floor(Math.log2(Math.abs(x))), -126) - 23);

/** Infinity stands one ulp beyond the largest number. */
const capped = (x: number): number => Math.max(-(2 ** 128), Math.min(2 ** 128, x));

/** |seen - exact| in ulp of float32; infinite for a wrong NaN or sign of zero. */
const singleError = (seen: number, exact: number, floor: number): number => {
  if (Object.is(seen, exact)) return 0;
  if (Number.isNaN(seen) || Number.isNaN(exact) || (seen === 0 && exact === 0)) return Infinity;
  const magnitude = Math.max(floor, Math.min(Math.abs(exact), 2 ** 127));
  return Math.abs(capped(seen) - capped(exact)) / ulpOfSingle(magnitude);
};

const singles = (name: string, entry: Elementary, columns: readonly Numbers[]): Worst => {
  const seen = assembled(entry, "float32").apply(...columns);
  const exact = assembled(entry, "float64").apply(...columns.map((column) => Float64Array.from(column)));
  return worstOf(
    seen.length,
    (k) => singleError(seen[k]!, exact[k]!, floorAt(name, columns, k)),
    (k) => `${name}(${columns.map((column) => column[k]).join(", ")}): ${seen[k]} for ${exact[k]}`,
  );
};

const singleColumns = (name: string, arity: 1 | 2): readonly (readonly Numbers[])[] => {
  const draws = [
    (seed: number) => randomBits("float32", 20_000, seed),
    (seed: number) => randomNumbers("float32", 20_000, -8, 8, seed),
    (seed: number) => randomNumbers("float32", 20_000, -1, 1, seed),
  ];
  const random = draws.map((draw) => (arity === 1 ? [draw(11)] : [draw(11), draw(12)]));
  return [...random, ...tablesOf(name).map((table) => tableColumns(table, "float32"))];
};

const report = (precision: Precision, name: string, worst: readonly Worst[]): Worst => {
  const largest = worst.reduce((one, other) => (other.error <= one.error ? one : other));
  if (process.env["SHOW"]) console.log(precision, name, largest.text);
  return largest;
};

test("every elementary function has bounds and exact values", () => {
  expect(Object.keys(bounds).sort()).toEqual(Object.keys(elementary).sort());
  expect(Object.keys(elementary).filter((name) => tablesOf(name).length === 0)).toEqual([]);
});

describe.each(Object.entries(elementary))("%s", (name, entry) => {
  const [float64, float32] = bounds[name] ?? [NaN, NaN];

  test(`float64 is within ${float64} ulp of exact values`, () => {
    const { error, text } = report(
      "float64",
      name,
      tablesOf(name).map((table) => against(name, entry, table)),
    );
    expect(error, text).toBeLessThanOrEqual(float64);
  });

  test(`float32 is within ${float32} ulp of the float64 function`, () => {
    const { error, text } = report(
      "float32",
      name,
      singleColumns(name, entry.arity).map((columns) => singles(name, entry, columns)),
    );
    expect(error, text).toBeLessThanOrEqual(float32);
  });
});
