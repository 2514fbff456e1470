/**
 * Setup of every test file where COTANGENT_RUNS names a number: properties are tried on so many times the programs.
 * A law that holds nearly always is wrong, or has a tolerance that was guessed; this finds it before a reader does.
 */
import { vi } from "vitest";
import type fastCheck from "fast-check";

type FastCheck = typeof fastCheck;

vi.mock("fast-check", async (importOriginal) => {
  const { default: original } = await importOriginal<{ readonly default: FastCheck }>();
  const times = Number(process.env["COTANGENT_RUNS"]);
  const assert = ((property: never, parameters: fastCheck.Parameters = {}) =>
    original.assert(property, { ...parameters, numRuns: times * (parameters.numRuns ?? 100) })) as FastCheck["assert"];
  return { ...original, default: { ...original, assert }, assert };
});
