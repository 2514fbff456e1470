/** What an augmented Lagrangian does with values that are no numbers: a line search inside it recovers, others stop. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, tree } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { adam, augmentedLagrangian, gcmma, lbfgs, mma } from "cotangent/optim";
import { evaluate, gapTo, numbers, run } from "./drive.ts";
import type { ConstrainedProblem, Visit } from "./drive.ts";

/** -log x - 2 log y where x + y <= 1: by hand (1/3, 2/3), with the multiplier 3. No number where a variable is negative. */
const logarithms: ConstrainedProblem = {
  objective: (x) => np.sum(np.log(x).mul(array([-1, -2]))),
  constraints: (x) => np.sum(x).sub(1).reshape([1]),
};

const lost = (visits: readonly Visit[]): number[] => visits.flatMap(({ value }, k) => (Number.isNaN(value) ? [k] : []));

describe("a line search inside", () => {
  test("finds the optimum from anywhere, however far into values that are no numbers its first steps go", () => {
    let met = 0;
    const reals = fc.double({ min: 0.05, max: 4, noNaN: true });
    fc.assert(
      fc.property(fc.tuple(reals, reals), fc.double({ min: 1, max: 1000, noNaN: true }), (start, initialStep) => {
        const method = augmentedLagrangian({ inner: lbfgs({ initialStep }) });
        const { x, state, visits } = run(method, logarithms, array([...start]), 400);
        expect([visits.at(-1)!.report["reason"], method.isDone!(state)]).toEqual(["converged", true]);
        expect(gapTo(x, [1 / 3, 2 / 3])).toBeLessThan(1e-5);
        met += lost(visits).length;
      }),
      { numRuns: 20 },
    );
    expect(met).toBeGreaterThan(20);
  });

  test("is told of them: it comes nearer, while multipliers, penalty and what was known last stay", () => {
    const method = augmentedLagrangian({ inner: lbfgs({ initialStep: 100 }) });
    const { visits } = run(method, logarithms, array([0.05, 3]), 60);
    const met = lost(visits);
    expect(met.length).toBeGreaterThan(3);
    for (const k of met) {
      const [before, own] = [visits[k - 1]!.report, visits[k]!.report];
      expect(own).toEqual({ ...before, reason: "not finite, search goes on" });
      expect(numbers(visits[k + 1]!.x)).not.toEqual(numbers(visits[k]!.x));
    }
  });

  test("recovers at an active bound too", () => {
    const method = augmentedLagrangian({ inner: lbfgs({ lower: -1, upper: 0.6 }) });
    const { x, visits } = run(method, logarithms, array([0.05, 3]), 120);
    expect(lost(visits).length).toBeGreaterThan(0);
    expect(visits.at(-1)!.report["reason"]).toBe("converged");
    expect(gapTo(x, [0.4, 0.6])).toBeLessThan(1e-5);
  });

  test("gives up, and says so, where there was never a number; a number sets it going again", () => {
    const method = augmentedLagrangian({ inner: lbfgs() });
    const start = array([-1, 3]);
    const { x, state, visits } = run(method, logarithms, start, 2);
    expect(visits.map(({ report }) => report["reason"])).toEqual(["not finite", "not finite"]);
    expect([numbers(x), method.isDone!(state)]).toEqual([numbers(start), true]);
    let [point, own] = [array([1, 1]), state];
    for (let k = 0; k < 150; k++) [point, own] = method.update(evaluate(logarithms, point), own, point);
    expect(method.report!(own)["reason"]).toBe("converged");
  });

  test("that gave up is begun anew from the best point, and is not at its end before", () => {
    const method = augmentedLagrangian({ inner: lbfgs() });
    let [x, state] = [array([0.5, 2]), method.init(array([0.5, 2]))];
    const seen = new Set<string>();
    const reasons: unknown[] = [];
    for (let k = 0; k < 240; k++) {
      // For 80 evaluations there is no number but where there was one before.
      const isKnown = seen.has(String(numbers(x)));
      const evaluation = evaluate(logarithms, x);
      const isSpoilt = k >= 3 && k < 83 && !isKnown;
      if (!isSpoilt && !Number.isNaN(evaluation.value.item())) seen.add(String(numbers(x)));
      [x, state] = method.update(isSpoilt ? { ...evaluation, value: array(NaN) } : evaluation, state, x);
      const reason = method.report!(state)["reason"];
      reasons.push(reason);
      expect(method.isDone!(state)).toBe(reason === "converged");
    }
    expect(reasons.filter((own) => own === "not finite, search goes on").length).toBeGreaterThan(40);
    expect(reasons).not.toContain("not finite");
    expect(reasons.at(-1)).toBe("converged");
  });

  test.each(["value", "gradient", "constraints", "constraintGradients"] as const)(
    "recovers where only the %s is no number",
    (what) => {
      const method = augmentedLagrangian({ inner: lbfgs() });
      let [x, state] = [array([0.5, 2]), method.init(array([0.5, 2]))];
      const reasons: unknown[] = [];
      for (let k = 0; k < 120; k++) {
        const evaluation = evaluate(logarithms, x);
        const spoilt = k === 2 || k === 5 ? { ...evaluation, [what]: evaluation[what]!.mul(NaN) } : evaluation;
        [x, state] = method.update(spoilt, state, x);
        reasons.push(method.report!(state)["reason"]);
      }
      expect([reasons[2], reasons[5]]).toEqual(["not finite, search goes on", "not finite, search goes on"]);
      expect(reasons.at(-1)).toBe("converged");
    },
  );
});

test("whether it recovers is what the inner method says; one that does not leaves the point and the state", () => {
  expect(lbfgs().recovers).toBe(true);
  for (const inner of [lbfgs(), gcmma({ lower: 0.01, upper: 3, constraints: 0 })])
    expect(augmentedLagrangian({ inner }).recovers).toBe(true);
  for (const inner of [adam(0.1), mma({ lower: 0.01, upper: 3 })]) {
    const method = augmentedLagrangian({ inner });
    expect(method.recovers).toBe(false);
    const start = array([0.5, 0.5]);
    const before = run(method, logarithms, start, 3);
    const [x, state] = method.update({ ...evaluate(logarithms, before.x), value: array(NaN) }, before.state, before.x);
    expect(numbers(x)).toEqual(numbers(before.x));
    expect([method.report!(state)["reason"], method.isDone!(state)]).toEqual(["not finite", false]);
    const innerOf = (own: unknown): unknown =>
      tree.leaves((own as { readonly inner: never }).inner).map((leaf) => numbers(leaf as NDArray));
    expect(innerOf(state)).toEqual(innerOf(before.state));
  }
});
