/**
 * Fault 69: a run that is asked to stop does so within one iteration, returns its state and says why.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { minimizeCompliance, problems } from "cotangent/topopt";
import { expectError } from "../semantics/support.ts";

const problem = problems.mbb({ nelx: 12, nely: 4 });
const options = { volumeFraction: 0.5, filterRadius: 1.5 };
const whole = minimizeCompliance(problem, { ...options, iterations: 12 });

test("69: an abort at any iteration ends the run there, with the state of the uninterrupted run, which can go on", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 11 }), (at) => {
      const controller = new AbortController();
      const stopped = minimizeCompliance(problem, {
        ...options,
        iterations: 12,
        signal: controller.signal,
        onIteration: ({ iteration }) => iteration === at && controller.abort(),
      });
      expect([stopped.reason, stopped.history.length]).toEqual(["aborted", at]);
      expect(stopped.history.map(({ objective }) => objective)).toEqual(
        whole.history.slice(0, at).map(({ objective }) => objective),
      );
      const rest = minimizeCompliance(problem, { ...options, iterations: 12 - at, initial: stopped.design });
      expect(rest.reason).toBe("iterations");
      expect([...rest.design.toTypedArray()]).toEqual([...whole.design.toTypedArray()]);
    }),
    { numRuns: 8 },
  );
});

test("69: a signal that fired before leaves one iteration; one that never fires changes nothing", () => {
  expect(minimizeCompliance(problem, { ...options, iterations: 12, signal: AbortSignal.abort() })).toMatchObject({
    reason: "aborted",
    history: { length: 1 },
  });
  const quiet = minimizeCompliance(problem, { ...options, iterations: 12, signal: new AbortController().signal });
  expect([quiet.reason, [...quiet.design.toTypedArray()]]).toEqual(["iterations", [...whole.design.toTypedArray()]]);
});

test("69: what is no signal is refused instead of being ignored", () => {
  for (const signal of [true, {}, new AbortController(), () => true, null])
    expectError(
      () => minimizeCompliance(problem, { ...options, iterations: 1, signal: signal as never }),
      "InvalidProblem",
      "signal",
    );
});
