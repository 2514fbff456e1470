/** The method of moving asymptotes finds published and exactly known optima, and says what it did. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { mma } from "../../library/optim/mma.ts";
import { evaluate, gapTo, numbers, run } from "./drive.ts";
import type { ConstrainedProblem } from "./drive.ts";
import { cantilever, nearestPoint, published } from "./published.ts";
import { quadratics } from "./quadratic.ts";

const coded = (code: string): object => expect.objectContaining({ code });

test.each(published)("%s has its published optimum after 20 steps", (_name, problem) => {
  const { lower, upper, start, solution, within, optimum, optimumWithin } = problem;
  const { x, visits } = run(mma({ lower, upper }), problem, start, 20);
  expect(gapTo(x, solution)).toBeLessThan(within);
  const last = visits.at(-1)!;
  expect(Math.abs(last.value - optimum)).toBeLessThan(optimumWithin);
  expect(last.report).toMatchObject({ iteration: 20, reason: "solved" });
  expect(last.report["kktResidual"]).toBeLessThan(1e-6);
  expect(last.report["largestViolation"]).toBeLessThan(1e-8);
});

test("the cantilever's beams are as their optimality condition gives them: widths go with the fourth roots of their shares", () => {
  const roots = [61, 37, 19, 7, 1].map((share) => share ** 0.25);
  const factor = Math.cbrt(roots.reduce((sum, root) => sum + root, 0));
  const { x } = run(mma({ lower: 1, upper: 10 }), cantilever, cantilever.start, 20);
  expect(
    gapTo(
      x,
      roots.map((root) => root * factor),
    ),
  ).toBeLessThan(1e-6);
});

test("quadratic problems under linear constraints end in the solution that the optimality conditions give, multiplier included", () => {
  fc.assert(
    fc.property(quadratics, (problem) => {
      const { x, visits } = run(mma({ lower: 0, upper: 1 }), problem, np.full(problem.size, 0.5), 120);
      expect(gapTo(x, problem.solution)).toBeLessThan(1e-6);
      const { largestMultiplier } = visits.at(-1)!.report;
      expect(Math.abs((largestMultiplier as number) - Math.max(...problem.multipliers))).toBeLessThan(1e-5);
    }),
    { numRuns: 30 },
  );
});

describe("units do not matter", () => {
  const { objective, constraints, start } = nearestPoint;
  const plain = run(mma({ lower: 0, upper: 5 }), nearestPoint, start, 6);

  test.each([1e-9, 1e-3, 1e6, 1e12])("of the objective: factor %d", (factor) => {
    const scaled: ConstrainedProblem = { ...nearestPoint, objective: (x) => objective(x).mul(factor) };
    expect(gapTo(run(mma({ lower: 0, upper: 5 }), scaled, start, 6).x, numbers(plain.x))).toBeLessThan(1e-8);
  });

  test.each([1e-9, 1e-3, 1e6, 1e12])("of a constraint: factor %d", (factor) => {
    const factors = array([factor, 1]);
    const scaled: ConstrainedProblem = { ...nearestPoint, constraints: (x) => constraints!(x).mul(factors) };
    expect(gapTo(run(mma({ lower: 0, upper: 5 }), scaled, start, 6).x, numbers(plain.x))).toBeLessThan(1e-8);
  });

  test.each([1e-9, 1e3, 1e9])("of a variable: factor %d", (factor) => {
    const factors = array([1, factor, 1]);
    const scaled: ConstrainedProblem = {
      objective: (x) => objective(x.div(factors)),
      constraints: (x) => constraints!(x.div(factors)),
    };
    const { x } = run(mma({ lower: 0, upper: array([5, 5 * factor, 5]) }), scaled, start.mul(factors), 6);
    expect(gapTo(x.div(factors), numbers(plain.x))).toBeLessThan(1e-8);
  });
});

describe("constraints", () => {
  test("that cannot be met together are told, and the sum of violations is the least", () => {
    // x >= 0.8 and x <= 0.2: every point between them is violated by 0.6 in all; the objective, smaller than both, decides.
    const problem: ConstrainedProblem = {
      objective: (x) => np.sum(np.square(x.sub(0.4))),
      constraints: (x) => np.concatenate([array([0.8]).sub(x), x.sub(0.2)]),
    };
    const { x, visits } = run(mma({ lower: 0, upper: 1 }), problem, array([0.9]), 60);
    const { report } = visits.at(-1)!;
    expect(report["reason"]).toBe("infeasible");
    expect(report["largestViolation"]).toBeGreaterThan(0.29);
    expect(report["largestViolation"]).toBeLessThan(0.6 + 1e-6);
    expect(numbers(x)[0]!).toBeGreaterThan(0.2 - 1e-6);
    expect(numbers(x)[0]!).toBeLessThan(0.8 + 1e-6);
  });

  test("that move limits keep from being met at once are told until they are", () => {
    const problem: ConstrainedProblem = {
      objective: (x) => np.sum(x),
      constraints: (x) => array([0.9]).sub(x),
    };
    const { visits } = run(mma({ lower: 0, upper: 1, move: 0.1 }), problem, array([0.2]), 12);
    const reasons = visits.map(({ report }) => report["reason"]);
    expect(reasons.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => "infeasible"));
    expect(reasons.at(-1)).toBe("solved");
    visits.slice(1).forEach(({ x }, k) => {
      const change = numbers(x)[0]! - numbers(visits[k]!.x)[0]!;
      expect(Math.abs(change)).toBeLessThan(0.1 + 1e-12);
    });
    expect(Math.abs(numbers(visits.at(-1)!.x)[0]! - 0.9)).toBeLessThan(1e-7);
  });

  test("whose multiplier exceeds the penalty are given up for the objective", () => {
    const problem: ConstrainedProblem = {
      objective: (x) => np.sum(np.square(x)),
      constraints: (x) => array([1]).sub(np.sum(x)),
    };
    const options = { lower: 0, upper: 2 } as const;
    const kept = run(mma(options), problem, array([1, 1]), 30).visits.at(-1)!.report;
    expect([kept["reason"], (kept["largestViolation"] as number) < 1e-6]).toEqual(["solved", true]);
    const given = run(mma({ ...options, penalty: 1e-3 }), problem, array([1, 1]), 30).visits.at(-1)!.report;
    expect([given["reason"], (given["largestViolation"] as number) > 0.1]).toEqual(["infeasible", true]);
  });

  test("none at all are no constraints: it minimizes within the bounds", () => {
    const { x, visits } = run(
      mma({ lower: 0, upper: 1 }),
      { objective: (v) => np.sum(v.mul(array([1, -2, 3]))) },
      np.full(3, 0.5),
      8,
    );
    expect(gapTo(x, [0, 1, 0])).toBeLessThan(1e-8);
    expect(visits.at(-1)!.report).toMatchObject({ reason: "solved", largestViolation: 0 });
  });

  test("many of them, more than variables, are met together", () => {
    // A polygon of 24 sides around the unit disk: its point farthest in direction (1, 0).
    const angles = Float64Array.from({ length: 24 }, (_, k) => ((k + 0.5) * Math.PI) / 12);
    const normals = np.stack([array(angles.map(Math.cos)), array(angles.map(Math.sin))], { axis: 1 });
    const problem: ConstrainedProblem = {
      objective: (x) => x.at(0).get().neg(),
      constraints: (x) => np.matmul(normals, x).sub(1),
    };
    const { x, visits } = run(mma({ lower: -2, upper: 2 }), problem, array([0.1, 0.3]), 15);
    expect(gapTo(x, [1 / Math.cos(Math.PI / 24), 0])).toBeLessThan(1e-6);
    expect(visits.at(-1)!.report["largestViolation"]).toBeLessThan(1e-8);
  });
});

describe("bounds", () => {
  test("that are equal keep their variable to the bit, whatever its slopes", () => {
    const lower = array([0.1, 0, 1.5]);
    const upper = array([0.1, 5, 1.5]);
    const { visits, x } = run(mma({ lower, upper }), nearestPoint, array([0.1, 3, 1.5]), 12);
    for (const point of [...visits.map((visit) => visit.x), x])
      expect([numbers(point)[0], numbers(point)[2]]).toEqual([0.1, 1.5]);
    expect(visits.at(-1)!.report["reason"]).not.toBe("not settled");
  });

  test("hold at every point asked for", () => {
    fc.assert(
      fc.property(quadratics, (problem) => {
        const { visits } = run(mma({ lower: 0, upper: 1 }), problem, np.full(problem.size, 0.5), 10);
        for (const { x } of visits) for (const value of numbers(x)) expect(value >= 0 && value <= 1).toBe(true);
      }),
      { numRuns: 10 },
    );
  });

  test("beyond which the first point lies draw it in", () => {
    const { x } = run(mma({ lower: 0, upper: 5 }), nearestPoint, array([9, -3, 2]), 30);
    expect(gapTo(x, nearestPoint.solution)).toBeLessThan(nearestPoint.within);
  });
});

test("numbers that are not finite leave the point, and what was known of it, as they are", () => {
  const method = mma({ lower: 0, upper: 5 });
  const before = run(method, nearestPoint, nearestPoint.start, 5);
  const evaluation = evaluate(nearestPoint, before.x);
  const wrong: readonly object[] = [
    { value: array(NaN) },
    { gradient: array([1, Infinity, 0]) },
    { constraints: array([NaN, 0]) },
    { constraintGradients: np.full([2, 3], NaN) },
  ];
  for (const part of wrong) {
    const [x, state] = method.update({ ...evaluation, ...part }, before.state, before.x);
    expect(numbers(x)).toEqual(numbers(before.x));
    expect(method.report!(state)).toEqual({ ...method.report!(before.state), reason: "not finite" });
    const [again] = method.update(evaluation, state, x);
    const [plain] = method.update(evaluation, before.state, before.x);
    expect(numbers(again)).toEqual(numbers(plain));
  }
});

describe("refusals", () => {
  const asked =
    (options: object): (() => unknown) =>
    () =>
      mma(options as never);

  test("options outside their domain and unknown ones, by name", () => {
    for (const wrong of [
      { move: 0 },
      { move: 2 },
      { penalty: -1 },
      { tolerance: 0 },
      { subproblemLimit: 1.5 },
      { asymptoteIncrease: 0.5 },
    ])
      expect(asked({ lower: 0, upper: 1, ...wrong })).toThrow(
        expect.objectContaining({ code: "InvalidOption", message: expect.stringContaining(Object.keys(wrong)[0]!) }),
      );
    expect(asked({ lower: 0, upper: 1, moves: 0.1 })).toThrow(coded("UnknownOption"));
    expect(asked({ lower: 0 })).toThrow(coded("InvalidOption"));
    expect(asked({ lower: 1, upper: 0 })).toThrow(/lower 1 above upper 0/u);
    expect(asked({ lower: -Infinity, upper: 0 })).toThrow(coded("InvalidOption"));
  });

  const init =
    (lower: unknown, params: unknown): (() => unknown) =>
    () =>
      mma({ lower: lower as never, upper: 5 }).init(params);

  test("bounds of another tree or shape, or out of order; parameters that are no floats", () => {
    expect(init({ a: 0 }, array([1, 2]))).toThrow(coded("TreeMismatch"));
    expect(init(array([0, 0, 0]), array([1, 2]))).toThrow(coded("ShapeMismatch"));
    expect(init(array([0, 6]), array([1, 2]))).toThrow(/variable 1 between 6 and 5/u);
    expect(init(0, array([1, 2], { dtype: "int32" }))).toThrow(coded("DTypeMismatch"));
    expect(init(0, [])).toThrow(coded("InvalidOption"));
  });

  test("evaluations of other shapes", () => {
    const method = mma({ lower: 0, upper: 5 });
    const evaluation = evaluate(nearestPoint, nearestPoint.start);
    const update = (part: object): (() => unknown) => {
      const given = { ...evaluation, ...part } as { value: NDArray; gradient: NDArray };
      return () => method.update(given, method.init(nearestPoint.start), nearestPoint.start);
    };
    expect(update({ value: array([1]) })).toThrow(coded("ShapeMismatch"));
    expect(update({ gradient: array([1, 2]) })).toThrow(coded("ShapeMismatch"));
    expect(update({ gradient: { x: array([1, 2, 3]) } })).toThrow(coded("TreeMismatch"));
    expect(update({ constraints: array(1) })).toThrow(coded("ShapeMismatch"));
    expect(update({ constraintGradients: undefined })).toThrow(coded("ShapeMismatch"));
    expect(update({ constraintGradients: array([[1, 2, 3]]) })).toThrow(coded("ShapeMismatch"));
  });
});
