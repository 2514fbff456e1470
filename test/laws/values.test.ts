/**
 * Every primitive computes what its definition says: elementwise ones their scalar reference within maxUlp,
 * the others the naive definition of references.ts, in every dtype they take.
 */
import { describe, expect, test } from "vitest";
import { abstractEvalTellsTheType, evaluatesToItsDefinition } from "../../library/testing/properties/laws/values.ts";
import { allPrimitives, sampled } from "./cases.ts";
import { references } from "./references.ts";

describe.each(sampled)("%s", (name, primitive) => {
  test("evaluates to its definition", () => {
    evaluatesToItsDefinition(primitive, { runs: 60, reference: references[name] });
  });

  test("abstractEval gives the shape and dtype of evaluate in every dtype it accepts", () => {
    abstractEvalTellsTheType(primitive, { runs: 40 });
  });
});

test("every primitive has exactly one independent definition: a scalar reference, a naive one, or a test of its own", () => {
  const counts = allPrimitives.map(({ name, laws }) => [
    name,
    ("testedIn" in laws ? 1 : 0) +
      ("reference" in laws && laws.reference !== undefined ? 1 : 0) +
      (name in references ? 1 : 0),
  ]);
  expect(counts.filter(([, count]) => count !== 1)).toEqual([]);
  expect(Object.keys(references).filter((name) => allPrimitives.every((primitive) => primitive.name !== name))).toEqual(
    [],
  );
});
