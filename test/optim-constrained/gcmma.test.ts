/** The globally convergent method: accepted points descend and stay feasible, trials that are refused come nearer. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { gcmma } from "../../library/optim/gcmma.ts";
import { evaluate, gapTo, numbers, run } from "./drive.ts";
import type { ConstrainedProblem, Visit } from "./drive.ts";
import { nearestPoint, published } from "./published.ts";
import { quadratics } from "./quadratic.ts";

const coded = (code: string): object => expect.objectContaining({ code });
const acceptedOf = (visits: readonly Visit[]): readonly Visit[] => visits.filter(({ report }) => report["isAccepted"]);

test.each(published)("%s has its published optimum after 40 evaluations", (_name, problem) => {
  const { lower, upper, start, count, solution, within, optimum, optimumWithin } = problem;
  const { visits } = run(gcmma({ lower, upper, constraints: count }), problem, start, 40);
  const last = acceptedOf(visits).at(-1)!;
  expect(gapTo(last.x, solution)).toBeLessThan(within);
  expect(Math.abs(last.value - optimum)).toBeLessThan(optimumWithin);
  expect(last.report["objective"]).toBe(last.value);
});

test("quadratic problems under linear constraints end in the solution that the optimality conditions give", () => {
  fc.assert(
    fc.property(quadratics, (problem) => {
      const { x } = run(
        gcmma({ lower: 0, upper: 1, constraints: problem.count }),
        problem,
        np.full(problem.size, 0.5),
        120,
      );
      expect(gapTo(x, problem.solution)).toBeLessThan(1e-6);
    }),
    { numRuns: 30 },
  );
});

/** minimize a sum of waves under a ball around the first point: many local optima, feasible from the start. */
const waves = fc.record({
  frequencies: fc.array(fc.double({ min: 1, max: 12, noNaN: true }), { minLength: 2, maxLength: 5 }),
  phase: fc.double({ min: 0, max: 6, noNaN: true }),
  radius: fc.double({ min: 0.2, max: 0.6, noNaN: true }),
});

test("from a feasible point on, the objective of accepted points never rises and every one of them is feasible", () => {
  const tolerance = 1e-9;
  fc.assert(
    fc.property(waves, ({ frequencies, phase, radius }) => {
      const size = frequencies.length;
      const [factors, centre] = [array(frequencies), np.full(size, 0.5)];
      const problem: ConstrainedProblem = {
        objective: (x) => np.sum(np.sin(x.mul(factors).add(phase)).add(np.square(np.sum(x)).mul(0.1))),
        constraints: (x) =>
          np
            .sum(np.square(x.sub(centre)))
            .sub(radius * radius)
            .reshape([1]),
      };
      const { visits } = run(gcmma({ lower: 0, upper: 1, tolerance }), problem, centre, 40);
      const accepted = acceptedOf(visits);
      // The subproblem's optimality conditions hold to the tolerance times the largest slope, each of its 2 (n + 1) products too.
      const bound = 2 * (size + 1) * tolerance * (Math.max(...frequencies) + size);
      accepted.slice(1).forEach(({ value }, k) => expect(value - accepted[k]!.value).toBeLessThan(bound));
      for (const { report } of accepted) expect(report["largestViolation"]).toBeLessThan(10 * bound);
      expect(accepted.length).toBeGreaterThan(5);
    }),
    { numRuns: 25 },
  );
});

describe("trials", () => {
  /** Far more curved than its slope at the start lets one think. */
  const steep: ConstrainedProblem = { objective: (x) => np.sum(np.exp(x.mul(20)).sub(x.mul(21))) };
  const { visits } = run(gcmma({ lower: -1, upper: 1, constraints: 0 }), steep, array([-0.5, 0.9]), 30);

  test("that are refused are followed by one nearer to the accepted point", () => {
    let [refusals, last] = [0, visits[0]!];
    visits.slice(1, -1).forEach((visit, k) => {
      if (visit.report["isAccepted"] === true) return void (last = visit);
      refusals++;
      const [now, next] = [visit, visits[k + 2]!].map(({ x }) => np.sum(np.square(x.sub(last.x))).item());
      expect(next!).toBeLessThan(now! * (1 + 1e-6));
    });
    expect(refusals).toBeGreaterThan(0);
  });

  test("that are refused are counted until one is accepted", () => {
    let refused = 0;
    for (const { report } of visits) {
      refused = report["isAccepted"] === true ? 0 : refused + 1;
      expect(report["innerIterations"]).toBe(refused);
    }
    expect(visits.at(-1)!.report["iteration"]).toBe(visits.filter(({ report }) => report["isAccepted"]).length);
  });

  test("are accepted after innerLimit refusals", () => {
    const impatient = run(gcmma({ lower: -1, upper: 1, constraints: 0, innerLimit: 0 }), steep, array([-0.5, 0.9]), 8);
    for (const { report } of impatient.visits) expect(report["isAccepted"]).toBe(true);
  });

  test("whose values are no numbers are refused, and the next one comes nearer until there are", () => {
    // The logarithm exists from 0.4 on only; the first approximations lead below.
    const problem: ConstrainedProblem = { objective: (x) => np.sum(x.sub(np.log(x.sub(0.4)).mul(0.02))) };
    const found = run(gcmma({ lower: 0, upper: 1, constraints: 0 }), problem, array([0.9]), 60);
    expect(found.visits.some(({ value }) => Number.isNaN(value))).toBe(true);
    for (const { value, report } of found.visits) if (Number.isNaN(value)) expect(report["isAccepted"]).toBe(false);
    for (const { value, report } of found.visits) expect(report["reason"] === "not finite").toBe(Number.isNaN(value));
    expect(gapTo(acceptedOf(found.visits).at(-1)!.x, [0.42])).toBeLessThan(1e-4);
  });
});

test("a first point whose numbers are not finite is stayed at, and is the end", () => {
  const method = gcmma({ lower: 0, upper: 5, constraints: 2 });
  const state = method.init(nearestPoint.start);
  const evaluation = { ...evaluate(nearestPoint, nearestPoint.start), value: array(NaN) };
  const [x, after] = method.update(evaluation, state, nearestPoint.start);
  expect(numbers(x)).toEqual(numbers(nearestPoint.start));
  expect(method.report!(after)).toMatchObject({ iteration: 0, reason: "not finite", isAccepted: false });
  expect([method.isDone!(state), method.isDone!(after)]).toEqual([false, true]);
});

test("a number of constraints other than announced, and options outside their domain, are refused", () => {
  const method = gcmma({ lower: 0, upper: 5 });
  const update = (): unknown =>
    method.update(evaluate(nearestPoint, nearestPoint.start), method.init(nearestPoint.start), nearestPoint.start);
  expect(update).toThrow(/2 constraints where the option constraints is 1/u);
  for (const wrong of [{ constraints: -1 }, { constraints: 1.5 }, { innerLimit: -1 }])
    expect(() => gcmma({ lower: 0, upper: 1, ...wrong })).toThrow(coded("InvalidOption"));
  expect(() => gcmma({ lower: 0, upper: 1, inner: 3 } as never)).toThrow(coded("UnknownOption"));
});

test("the first accepted point is where it was told to begin", () => {
  const start: NDArray = array([4, 3, 2]);
  const { visits } = run(gcmma({ lower: 0, upper: 5, constraints: 2 }), nearestPoint, start, 1);
  expect(visits[0]!.report).toMatchObject({ iteration: 1, isAccepted: true, objective: 29, largestViolation: 0 });
});
