/**
 * Laws of tick values and of their labels.
 * Source: what a reader of an axis relies on.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { axisScale, isDrawable } from "../../../topopt/render/axis-scale.ts";
import { linearTicks, logTicks, minorLogTicks, readableNumber, tickLabels } from "../../../topopt/render/ticks.ts";
import { brokenNumber } from "./xml-checker.ts";

const within = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });
const finite: fc.Arbitrary<number> = fc.oneof(
  within(-1e200, 1e200),
  within(-1000, 1000),
  fc.integer({ min: -50, max: 50 }),
);
const positive: fc.Arbitrary<number> = fc.oneof(
  within(1e-200, 1e200),
  within(-199, 199).map((power) => 10 ** power),
  within(1, 100),
);
const sorted = (one: number, other: number): readonly [number, number] => [Math.min(one, other), Math.max(one, other)];
const increasing = (values: readonly number[]): boolean => values.slice(1).every((value, at) => value > values[at]!);
const counts: fc.Arbitrary<number> = fc.integer({ min: 4, max: 12 });

/** The number that a label says. */
function labelValue(label: string): number {
  const [, sign, mantissa, power] = /^(−?)([\d.,]*?)(?:×?10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?$/.exec(label)!;
  const digit = (character: string): string => (character === "⁻" ? "-" : String("⁰¹²³⁴⁵⁶⁷⁸⁹".indexOf(character)));
  const exponent = power === undefined ? "0" : [...power].map(digit).join("");
  return Number(`${sign === "" ? "" : "-"}${mantissa === "" ? "1" : mantissa!.replaceAll(",", "")}e${exponent}`);
}

describe("linearTicks", () => {
  test("increase, cover the range, are at least two and at most a few more than asked for", () =>
    fc.assert(
      fc.property(finite, finite, counts, (one, other, count) => {
        const [low, high] = sorted(one, other);
        const ticks = linearTicks(low, high, count);
        expect(increasing(ticks)).toBe(true);
        expect(ticks[0]!).toBeLessThanOrEqual(low);
        expect(ticks.at(-1)!).toBeGreaterThanOrEqual(high);
        expect(ticks.length).toBeGreaterThanOrEqual(2);
        expect(ticks.length).toBeLessThanOrEqual(count + 3);
      }),
      { numRuns: 1000 },
    ));

  test("are multiples of 1, 2 or 5 times a power of ten, to the last digit", () => {
    expect(linearTicks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(linearTicks(0.49, 0.61, 6)).toEqual([0.48, 0.5, 0.52, 0.54, 0.56, 0.58, 0.6, 0.62]);
    expect(linearTicks(-3, 117, 6)).toEqual([-20, 0, 20, 40, 60, 80, 100, 120]);
    expect(linearTicks(5, 5, 5)).toEqual([2, 3, 4, 5, 6, 7, 8]);
  });
});

describe("logTicks", () => {
  test("increase, are positive and cover the range", () =>
    fc.assert(
      fc.property(positive, positive, counts, (one, other, count) => {
        const [low, high] = sorted(one, other);
        const ticks = logTicks(low, high, count);
        expect(increasing(ticks)).toBe(true);
        expect(ticks[0]!).toBeGreaterThan(0);
        expect(ticks[0]!).toBeLessThanOrEqual(low);
        expect(ticks.at(-1)!).toBeGreaterThanOrEqual(high);
        expect(ticks.length).toBeGreaterThanOrEqual(2);
        expect(ticks.length).toBeLessThanOrEqual(Math.max(3 * count + 8, 24));
      }),
      { numRuns: 1000 },
    ));

  test("cover values one rounding away from a decade, whose logarithm rounds to the decade's", () => {
    for (let decade = -190; decade <= 150; decade++) {
      const below = Number(`1e${decade}`) * (1 - 2 ** -52);
      const above = Number(`1e${decade + 30}`) * (1 + 2 ** -52);
      const ticks = logTicks(below, above, 6);
      expect(ticks[0]!).toBeLessThanOrEqual(below);
      expect(ticks.at(-1)!).toBeGreaterThanOrEqual(above);
    }
  });

  test("are decades over long ranges and 1-2-5 or finer over short ones", () => {
    expect(logTicks(1e-4, 1, 6)).toEqual([1e-4, 1e-3, 1e-2, 1e-1, 1]);
    expect(logTicks(1e-12, 1, 6)).toEqual([1e-12, 1e-10, 1e-8, 1e-6, 1e-4, 1e-2, 1]);
    expect(logTicks(58, 900, 6)).toEqual([50, 100, 200, 500, 1000]);
    expect(logTicks(60.84, 62, 6).length).toBeGreaterThan(3);
  });

  test("minor values stand between consecutive decades only", () => {
    expect(minorLogTicks([1, 10])).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
    expect(minorLogTicks([1, 100])).toEqual([]);
    expect(minorLogTicks([50, 100, 200])).toEqual([]);
  });
});

describe("tickLabels", () => {
  test.each([
    ["linear", linearTicks, finite],
    ["log", logTicks, positive],
  ] as const)("labels of %s ticks are all different and say their tick", (_, ticksOf, values) =>
    fc.assert(
      fc.property(values, values, counts, (one, other, count) => {
        const ticks = ticksOf(...sorted(one, other), count);
        const labels = tickLabels(ticks);
        expect(new Set(labels).size).toBe(ticks.length);
        const gap = Math.min(...ticks.slice(1).map((tick, at) => tick - ticks[at]!));
        labels.forEach((label, at) => {
          const tolerance = gap * 1e-6 + Math.abs(ticks[at]!) * 1e-14;
          expect(Math.abs(labelValue(label) - ticks[at]!)).toBeLessThanOrEqual(tolerance);
        });
      }),
      { numRuns: 1000 },
    ),
  );

  test("share one notation and as many digits as they need", () => {
    expect(tickLabels([0, 0.5, 1])).toEqual(["0.0", "0.5", "1.0"]);
    expect(tickLabels([-20, 0, 20])).toEqual(["−20", "0", "20"]);
    expect(tickLabels([0, 50_000, 100_000])).toEqual(["0", "50,000", "100,000"]);
    expect(tickLabels([0, 5e6, 1e7])).toEqual(["0", "0.5×10⁷", "1.0×10⁷"]);
    expect(tickLabels([0.01, 0.1, 1, 10])).toEqual(["0.01", "0.1", "1", "10"]);
    expect(tickLabels([1e-6, 1e-4, 1e-2])).toEqual(["10⁻⁶", "10⁻⁴", "10⁻²"]);
    expect(tickLabels([3])).toEqual(["3"]);
    expect(tickLabels([])).toEqual([]);
  });
});

test("readableNumber keeps the significant digits and never writes a broken number", () =>
  fc.assert(
    fc.property(fc.double({ min: -1e300, max: 1e300, noNaN: true }), (value) => {
      const text = readableNumber(value);
      expect(text).not.toMatch(brokenNumber);
      expect(Math.abs(labelValue(text) - value)).toBeLessThanOrEqual(Math.abs(value) * 5.01e-4 + 1e-300);
    }),
  ));

describe("axisScale", () => {
  test.each(["linear", "log"] as const)(
    "places every drawable value of a %s axis in [0, 1], in order, whatever else is in the list",
    (kind) =>
      fc.assert(
        fc.property(
          fc.array(fc.oneof(fc.double(), finite, positive), { maxLength: 12 }),
          fc.boolean(),
          (values, covers) => {
            const scale = axisScale(values, { kind, count: 6, covers });
            const drawable = values.filter((value) => isDrawable(value, kind)).toSorted((one, other) => one - other);
            const places = drawable.map(scale.place);
            for (const place of [...places, ...scale.ticks.map(scale.place)]) {
              expect(place).toBeGreaterThanOrEqual(-1e-9);
              expect(place).toBeLessThanOrEqual(1 + 1e-9);
            }
            expect(places.slice(1).every((place, at) => place >= places[at]!)).toBe(true);
            expect(scale.ticks.length).toBeGreaterThan(0);
            expect(scale.labels).toHaveLength(scale.ticks.length);
          },
        ),
        { numRuns: 1000 },
      ),
  );
});
