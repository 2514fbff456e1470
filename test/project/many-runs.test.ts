/** COTANGENT_RUNS multiplies the runs of every property, however it is written; without it they are as many as it says. */
import fastCheck, { assert, check, nat, property } from "fast-check";
import { fc, it, test as propertyTest } from "@fast-check/vitest";
import { afterAll, expect, test } from "vitest";

const times = Number(process.env["COTANGENT_RUNS"] ?? 1);

const counts: Record<string, number> = {};

const count = (way: string): void => {
  counts[way] = (counts[way] ?? 0) + 1;
};

test("assert and check, by name, of the default export and of @fast-check/vitest", () => {
  assert(
    property(nat(), () => count("assert by name")),
    { numRuns: 7 },
  );
  fastCheck.assert(
    fastCheck.property(nat(), () => count("assert of the default")),
    { numRuns: 7 },
  );
  fastCheck.assert(fastCheck.property(nat(), () => count("assert without a number")));
  fc.assert(
    fc.property(nat(), () => count("assert of @fast-check/vitest")),
    { numRuns: 7 },
  );
  check(
    property(nat(), () => count("check")),
    { numRuns: 7 },
  );
  expect(counts).toEqual({
    "assert by name": 7 * times,
    "assert of the default": 7 * times,
    "assert without a number": 100 * times,
    "assert of @fast-check/vitest": 7 * times,
    check: 7 * times,
  });
});

propertyTest("test of @fast-check/vitest without a property runs once", () => count("no property"));
propertyTest.prop([nat()], { numRuns: 7 })("test.prop of a list", () => count("list"));
propertyTest.prop({ value: nat() }, { numRuns: 7 })("test.prop of a record", () => count("record"));
it.prop([nat()])("it.prop without a number", () => count("no number"));

afterAll(() => {
  expect(counts).toMatchObject({ list: 7 * times, record: 7 * times, "no number": 100 * times, "no property": 1 });
});
