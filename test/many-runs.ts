/**
 * Setup of every test file where COTANGENT_RUNS names a number: properties are tried on so many times the programs, whether they
 * are written with fast-check or with @fast-check/vitest, which vitest.config.ts has loaded through this mock.
 * A law that holds nearly always is wrong, or has a tolerance that was guessed; this finds it before a reader does. What is to
 * run once stays so: it is how @fast-check/vitest carries out a test without a property.
 */
import { vi } from "vitest";
import type fastCheck from "fast-check";

type FastCheck = typeof fastCheck;
type Run = (property: never, parameters: fastCheck.Parameters) => unknown;

vi.mock("fast-check", async (importOriginal) => {
  const { default: original } = await importOriginal<{ readonly default: FastCheck }>();
  const times = Number(process.env["COTANGENT_RUNS"]);
  const more = <F>(run: F): F =>
    ((property: never, parameters: fastCheck.Parameters = {}) => {
      const { numRuns = 100 } = parameters;
      return (run as Run)(property, { ...parameters, numRuns: numRuns === 1 ? 1 : times * numRuns });
    }) as F;
  const own = { ...original, assert: more(original.assert), check: more(original.check) };
  return { ...own, default: own };
});
