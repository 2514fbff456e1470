/** Multipliers and a penalty bring methods without constraints to constrained optima. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, tree } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { adam, lbfgs } from "cotangent/optim";
import { augmentedLagrangian } from "../../library/optim/augmented-lagrangian.ts";
import { gcmma } from "../../library/optim/gcmma.ts";
import type { GradientTransformation } from "../../library/optim/types.ts";
import { evaluate, gapTo, numbers, run } from "./drive.ts";
import type { ConstrainedProblem } from "./drive.ts";
import { nearestPoint } from "./published.ts";
import { quadratics } from "./quadratic.ts";

const coded = (code: string): object => expect.objectContaining({ code });

/** Plain steps of gradients. */
const descent = (rate: number): GradientTransformation => ({
  kind: "gradient transformation",
  init: () => null,
  update: (gradients, state) => [tree.map((g: NDArray) => g.mul(-rate), gradients as never) as never, state],
});

const inequalities = nearestPoint;

describe("two inequalities", () => {
  test.each([
    ["steps of gradients", descent(0.01), 600],
    ["adam", adam(0.02), 800],
    ["lbfgs", lbfgs(), 100],
    ["gcmma", gcmma({ lower: 0, upper: 5, constraints: 0 }), 600],
  ] as const)("are met at the optimum by %s", (_name, inner, steps) => {
    const { x, visits } = run(
      augmentedLagrangian({ inner, constraints: 2, penalty: 1, tolerance: 1e-5 }),
      inequalities,
      inequalities.start,
      steps,
    );
    expect(gapTo(x, inequalities.solution)).toBeLessThan(2 * inequalities.within);
    const { report } = visits.at(-1)!;
    expect(report["largestViolation"]).toBeLessThan(1e-4);
    expect(Math.abs((report["largestMultiplier"] as number) - 0.75957)).toBeLessThan(1e-3);
  });
});

test("equalities are met from both sides, their multipliers having either sign", () => {
  fc.assert(
    fc.property(fc.constantFrom(-1, 1), fc.double({ min: -2, max: 2, noNaN: true }), (sign, level) => {
      // Nearest point to (1, 2) on a line: known in closed form.
      const problem: ConstrainedProblem = {
        objective: (x) => np.sum(np.square(x.sub(array([1, 2])))),
        constraints: (x) => np.sum(x).sub(level).mul(sign).reshape([1]),
      };
      const method = augmentedLagrangian({ inner: descent(0.02), equalities: [0] });
      const { x, visits } = run(method, problem, array([0, 0]), 600);
      const shift = (3 - level) / 2;
      expect(gapTo(x, [1 - shift, 2 - shift])).toBeLessThan(1e-6);
      expect(visits.at(-1)!.report["reason"]).toBe("converged");
    }),
    { numRuns: 20 },
  );
});

test("quadratic problems under linear constraints, within bounds that lbfgs keeps, end in their solution", () => {
  fc.assert(
    fc.property(quadratics, (problem) => {
      const inner = lbfgs({ lower: 0, upper: 1 });
      const method = augmentedLagrangian({ inner, constraints: problem.count, penalty: 5, innerIterations: 40 });
      const { visits } = run(method, problem, np.full(problem.size, 0.5), 800);
      // Other points are trials; where the multipliers were updated, or the end was found, it was the search's best.
      const best = visits.filter(({ report }) =>
        ["multipliers updated", "converged"].includes(report["reason"] as string),
      );
      const { x, report } = best.at(-1)!;
      expect(report["reason"]).toBe("converged");
      expect(gapTo(x, problem.solution)).toBeLessThan(1e-4);
      expect(Math.abs((report["largestMultiplier"] as number) - Math.max(...problem.multipliers))).toBeLessThan(1e-3);
    }),
    { numRuns: 10 },
  );
});

describe("multipliers", () => {
  const method = augmentedLagrangian({
    inner: descent(0.01),
    constraints: 2,
    penalty: 1,
    innerIterations: 7,
    tolerance: 1e-12,
  });
  const { visits } = run(method, inequalities, inequalities.start, 70);

  test("are updated after innerIterations evaluations", () => {
    const updated = visits.flatMap(({ report }, k) => (report["reason"] === "multipliers updated" ? [k + 1] : []));
    // Before the first of them 7 evaluations, and 7 after each.
    expect(updated).toEqual([7, 14, 21, 28, 35, 42, 49, 56, 63, 70]);
    expect(visits.at(-1)!.report["iteration"]).toBe(10);
  });

  test("of inequalities are never negative, and the penalty never falls nor exceeds its limit", () => {
    const options = { constraints: 2, penalty: 0.01, growth: 3, penaltyLimit: 0.1, innerIterations: 100 } as const;
    const found = run(augmentedLagrangian({ inner: descent(0.02), ...options }), inequalities, inequalities.start, 900);
    let last = 0.01;
    for (const { report } of found.visits) {
      expect(report["penalty"]).toBeGreaterThanOrEqual(last);
      expect(report["penalty"]).toBeLessThanOrEqual(0.1);
      last = report["penalty"] as number;
    }
    expect(last).toBe(0.1);
    const { multipliers } = found.state as { readonly multipliers: NDArray };
    for (const multiplier of numbers(multipliers)) expect(multiplier).toBeGreaterThanOrEqual(0);
  });
});

test("an inequality that holds by itself gets no multiplier and changes no step", () => {
  const free: ConstrainedProblem = {
    objective: (x) => np.sum(np.square(x.sub(1))),
    constraints: (x) => np.sum(x).sub(100).reshape([1]),
  };
  const bound = run(augmentedLagrangian({ inner: descent(0.1) }), free, array([0, 3]), 30);
  let x: NDArray = array([0, 3]);
  for (let k = 0; k < 30; k++) x = x.sub(x.sub(1).mul(2).mul(0.1));
  expect(gapTo(bound.x, numbers(x))).toBeLessThan(1e-14);
  expect(bound.visits.at(-1)!.report["largestMultiplier"]).toBe(0);
});

test("a converged point is stayed at, and stays converged", () => {
  const method = augmentedLagrangian({ inner: lbfgs(), constraints: 2, penalty: 1, tolerance: 1e-5 });
  const { visits } = run(method, inequalities, inequalities.start, 100);
  const first = visits.findIndex(({ report }) => report["reason"] === "converged");
  expect(first).toBeGreaterThan(0);
  for (const visit of visits.slice(first)) {
    expect(numbers(visit.x)).toEqual(numbers(visits[first]!.x));
    expect(visit.report).toEqual(visits[first]!.report);
  }
});

test("numbers that are not finite leave the point as it is", () => {
  const method = augmentedLagrangian({ inner: descent(0.01), constraints: 2 });
  const before = run(method, inequalities, inequalities.start, 5);
  const evaluation = { ...evaluate(inequalities, before.x), value: array(NaN) };
  const [x, state] = method.update(evaluation, before.state, before.x);
  expect(numbers(x)).toEqual(numbers(before.x));
  expect(method.report!(state)["reason"]).toBe("not finite");
});

test("options outside their domain, and other numbers of constraints, are refused", () => {
  const inner = descent(0.1);
  for (const wrong of [
    { inner: null },
    { inner, constraints: 0 },
    { inner, equalities: [1] },
    { inner, penalty: 0 },
    { inner, growth: 0.5 },
    { inner, innerIterations: 0 },
  ])
    expect(() => augmentedLagrangian(wrong as never)).toThrow(coded("InvalidOption"));
  expect(() => augmentedLagrangian({ inner, multipliers: 1 } as never)).toThrow(coded("UnknownOption"));
  const method = augmentedLagrangian({ inner });
  const update = (): unknown =>
    method.update(evaluate(inequalities, inequalities.start), method.init(inequalities.start), inequalities.start);
  expect(update).toThrow(/2 constraints where the option constraints is 1/u);
});
