/** The optimality criteria update under one constraint; what it does beyond topology optimization. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { array } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { optimalityCriteria } from "../../library/optim/optimality-criteria.ts";
import { gapTo, numbers, run } from "./drive.ts";
import type { ConstrainedProblem } from "./drive.ts";

const coded = (code: string): object => expect.objectContaining({ code });

/** Compliance of bars in a row, sum f_e / x_e, under a volume w . x = v: the optimum is x_e = sqrt(f_e / w_e) times a factor. */
const bars = fc
  .array(
    fc.record({
      force: fc.double({ min: 0.5, max: 2, noNaN: true }),
      weight: fc.double({ min: 0.5, max: 2, noNaN: true }),
    }),
    { minLength: 2, maxLength: 8 },
  )
  .map((entries) => {
    const [forces, weights] = [entries.map(({ force }) => force), entries.map(({ weight }) => weight)];
    const shares = entries.map(({ force, weight }) => Math.sqrt(force / weight));
    const used = weights.reduce((sum, weight, e) => sum + weight * shares[e]!, 0);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    // Shares differ by a factor of 4 at most: none meets a bound.
    const volume = 0.2 * total;
    const problem: ConstrainedProblem = {
      objective: (x) => np.sum(array(forces).div(x)),
      constraints: (x) => np.sum(array(weights).mul(x)).div(volume).sub(1).reshape([1]),
    };
    return { problem, start: np.full(entries.length, 0.2), solution: shares.map((share) => (share * volume) / used) };
  });

test("bars in a row get the square roots of their loads per weight", () => {
  fc.assert(
    fc.property(bars, ({ problem, start, solution }) => {
      const { x, visits } = run(optimalityCriteria({ lower: 1e-3 }), problem, start, 12);
      expect(gapTo(x, solution)).toBeLessThan(1e-7);
      expect(visits.at(-1)!.report).toMatchObject({ iteration: 12, reason: "solved" });
    }),
    { numRuns: 50 },
  );
});

test("a smaller damping takes smaller steps to the same end", () => {
  fc.assert(
    fc.property(bars, ({ problem, start, solution }) => {
      const steps = [0.5, 0.25].map((damping) =>
        run(optimalityCriteria({ lower: 1e-3, move: 1, damping }), problem, start, 60),
      );
      for (const { x } of steps) expect(gapTo(x, solution)).toBeLessThan(1e-5);
      const [whole, half] = steps.map(({ visits }) => np.max(np.abs(visits[1]!.x.sub(start))).item());
      expect(half!).toBeLessThanOrEqual(whole! + 1e-12);
    }),
    { numRuns: 20 },
  );
});

test("a linear constraint holds after one update, to the tolerance", () => {
  fc.assert(
    fc.property(bars, fc.double({ min: 0.15, max: 0.3, noNaN: true }), ({ problem, start }, level) => {
      const { visits } = run(optimalityCriteria({ lower: 1e-3 }), problem, np.full(start.size, level), 2);
      expect(visits[0]!.report["reason"]).toBe("solved");
      expect(visits[1]!.report["largestViolation"]).toBeLessThan(2e-9);
    }),
    { numRuns: 30 },
  );
});

const update = (part: object, options: object = {}): readonly [number[], Readonly<Record<string, unknown>>] => {
  const method = optimalityCriteria(options);
  const x = array([0.5, 0.5, 0.5]);
  const evaluation = {
    value: array(1),
    gradient: array([-1, -1, -1]),
    constraints: array([0]),
    constraintGradients: array([[1, 1, 1]]),
    ...part,
  };
  const [next, state] = method.update(evaluation, method.init(x), x);
  return [numbers(next as NDArray), method.report!(state)];
};

test("a constraint that holds wherever the variables go has no multiplier, and they rise as they may", () => {
  const [x, report] = update({ constraints: array([-10]) });
  expect(x).toEqual([0.7, 0.7, 0.7]);
  expect(report).toMatchObject({ reason: "solved", multiplier: 0 });
});

test("a constraint that the move limit does not allow to hold is told, and the closest is taken", () => {
  const [x, report] = update({ constraints: array([10]) });
  x.forEach((value) => expect(Math.abs(value - 0.3)).toBeLessThan(1e-15));
  expect(report).toMatchObject({ reason: "out of reach", largestViolation: 10 });
});

test("a variable whose rise hurts falls, one that the constraint does not see rises", () => {
  const [x] = update({ gradient: array([1, -1, -1]), constraintGradients: array([[1, 1, 0]]) });
  expect(x[0]).toBe(0.3);
  expect(x[2]).toBe(0.7);
  expect(Math.abs(x[0]! + x[1]! - 1)).toBeLessThan(1e-9);
});

test("bounds may be arrays, equal ones keep their variable", () => {
  const [x] = update({ constraints: array([-1]) }, { lower: array([0, 0.5, 0]), upper: array([0.6, 0.5, 1]) });
  expect(x).toEqual([0.6, 0.5, 0.7]);
});

test("numbers that are not finite leave the point as it is", () => {
  for (const part of [{ value: array(NaN) }, { gradient: array([NaN, -1, -1]) }, { constraints: array([Infinity]) }]) {
    const [x, report] = update(part);
    expect(x).toEqual([0.5, 0.5, 0.5]);
    expect(report).toMatchObject({ reason: "not finite", iteration: 0 });
  }
});

test("any number of constraints but one, bounds below 0 and unknown options are refused", () => {
  expect(() =>
    update({
      constraints: array([0, 0]),
      constraintGradients: array([
        [1, 1, 1],
        [1, 1, 1],
      ]),
    }),
  ).toThrow(/2 constraints.*exactly one/su);
  expect(() => update({ constraints: undefined, constraintGradients: undefined })).toThrow(coded("ShapeMismatch"));
  expect(() => update({}, { lower: -1 })).toThrow(/below 0/u);
  expect(() => optimalityCriteria({ damping: 0 })).toThrow(coded("InvalidOption"));
  expect(() => optimalityCriteria({ volumeFraction: 0.5 } as never)).toThrow(coded("UnknownOption"));
});
