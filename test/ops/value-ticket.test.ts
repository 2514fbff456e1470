/** Tickets of values: they tell bits apart, and are exact numbers. */
import fc from "fast-check";
import { expect, test } from "vitest";

import { ticketOfBits } from "../../ops/value-ticket.ts";

const numbers = fc.float64Array({ minLength: 1, maxLength: 40 });

/** The array with one of its bits the other way round. */
const flipped = (values: Float64Array, ...bits: readonly number[]): Float64Array => {
  const copy = values.slice();
  const words = new Int32Array(copy.buffer);
  for (const bit of bits) words[bit >> 5] = words[bit >> 5]! ^ (1 << (bit & 31));
  return copy;
};

test("equal bits have equal tickets, wherever they lie", () => {
  fc.assert(
    fc.property(numbers, fc.nat(5), (values, shift) => {
      const elsewhere = new Float64Array(values.length + shift).subarray(shift);
      elsewhere.set(values);
      expect(ticketOfBits(elsewhere)).toBe(ticketOfBits(values));
    }),
  );
});

test("a ticket is a multiple of 2^-52 below one, also of NaN, infinities and nothing", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.float64Array(), fc.constant(Float64Array.of(Number.NaN, Infinity, -Infinity))),
      (values) => {
        const ticket = ticketOfBits(values);
        expect(Number.isInteger(ticket * 2 ** 52)).toBe(true);
        expect(ticket).toBeGreaterThanOrEqual(0);
        expect(ticket).toBeLessThan(1);
      },
    ),
  );
});

test("0 and -0 have different tickets", () => {
  expect(ticketOfBits(Float64Array.of(0))).not.toBe(ticketOfBits(Float64Array.of(-0)));
});

test("every change of a single bit changes the ticket", () => {
  fc.assert(
    fc.property(numbers, (values) => {
      const ticket = ticketOfBits(values);
      for (let bit = 0; bit < 64 * values.length; bit++) expect(ticketOfBits(flipped(values, bit))).not.toBe(ticket);
    }),
    { numRuns: 20 },
  );
});

test("two changed bits do not cancel: all pairs of an array have tickets of their own", () => {
  const values = Float64Array.of(1, -2.5, 1e300, 0);
  const seen = new Set<number>();
  const count = 64 * values.length;
  for (let first = 0; first < count; first++)
    for (let second = first + 1; second < count; second++) seen.add(ticketOfBits(flipped(values, first, second)));
  expect(seen.size).toBe((count * (count - 1)) / 2);
});

test("all permutations of an array have tickets of their own", () => {
  const arrange = (rest: readonly number[]): number[][] =>
    rest.length === 0
      ? [[]]
      : rest.flatMap((first, k) => arrange(rest.filter((_, other) => other !== k)).map((tail) => [first, ...tail]));
  const all = arrange([1, 2, 3, 4, 5, 0.1, -1]);
  expect(new Set(all.map((values) => ticketOfBits(Float64Array.from(values)))).size).toBe(all.length);
});

test("length matters: zeros of every length have tickets of their own", () => {
  const lengths = Array.from({ length: 2000 }, (_, k) => k);
  expect(new Set(lengths.map((length) => ticketOfBits(new Float64Array(length)))).size).toBe(lengths.length);
});

test("the negative of an array has another ticket", () => {
  fc.assert(
    fc.property(numbers, (values) => {
      // NaN may carry any sign.
      fc.pre(values.every((value) => !Number.isNaN(value)));
      expect(ticketOfBits(values.map((value) => -value))).not.toBe(ticketOfBits(values));
    }),
  );
});
