/** Bounds of an augmented Lagrangian: kept by every point, told to whoever asks, and no hindrance to an end. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, tree } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { adam, augmentedLagrangian, gcmma, lbfgs, mma, optimalityCriteria } from "cotangent/optim";
import type { Bound, GradientTransformation } from "cotangent/optim";
import { gapTo, numbers, run } from "./drive.ts";
import type { ConstrainedProblem } from "./drive.ts";
import { quadratics } from "./quadratic.ts";

const coded = (code: string): object => expect.objectContaining({ code });
const reals = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });

/** Plain steps of gradients. */
const descent = (rate: number): GradientTransformation => ({
  kind: "gradient transformation",
  init: () => null,
  update: (gradients, state) => [tree.map((g: NDArray) => g.mul(-rate), gradients as never) as never, state],
});

/** Nearest point to one outside of the unit cube, x + y + z <= 1.1: by hand (1, 0.1, 0), with the multiplier 0.4. */
const corner: ConstrainedProblem = {
  objective: (x) => np.sum(np.square(x.sub(array([2, 0.3, -1])))),
  constraints: (x) => np.sum(x).sub(1.1).reshape([1]),
};
const unit = { lower: 0, upper: 1 } as const;

describe("an optimum at bounds", () => {
  test.each([
    ["clipped steps of gradients", augmentedLagrangian({ ...unit, inner: descent(0.02) }), 300],
    ["clipped steps of adam", augmentedLagrangian({ ...unit, inner: adam(0.01) }), 600],
    ["lbfgs", augmentedLagrangian({ inner: lbfgs(unit) }), 60],
    [
      "gcmma, which comes close to bounds only",
      augmentedLagrangian({ inner: gcmma({ ...unit, constraints: 0 }) }),
      400,
    ],
  ] as const)("is found by %s and known to be one", (_name, method, steps) => {
    const { x, state, visits } = run(method, corner, array([0.5, 0.5, 0.5]), steps);
    const report = visits.at(-1)!.report;
    expect(report["reason"]).toBe("converged");
    expect(method.isDone!(state)).toBe(true);
    expect(report["slope"]).toBeLessThan(1e-6);
    expect(gapTo(x, [1, 0.1, 0])).toBeLessThan(2e-6);
    expect(Math.abs((report["largestMultiplier"] as number) - 0.4)).toBeLessThan(1e-4);
  });

  test("of any quadratic problem under linear constraints ends clipped steps in its solution", () => {
    fc.assert(
      fc.property(quadratics, (problem) => {
        const method = augmentedLagrangian({ ...unit, inner: descent(0.02), constraints: problem.count, penalty: 5 });
        const { x, visits } = run(method, problem, np.full(problem.size, 0.5), 1500);
        expect(visits.at(-1)!.report["reason"]).toBe("converged");
        expect(gapTo(x, problem.solution)).toBeLessThan(1e-4);
      }),
      { numRuns: 10 },
    );
  });

  test("is not claimed where a slope leads back from the bound, nor of a point that lies outside", () => {
    // From the lower bound the objective falls upwards; below it, it is flat.
    const rising: ConstrainedProblem = {
      objective: (x) => np.sum(x.maximum(0)).neg(),
      constraints: (x) => np.sum(x).sub(5).reshape([1]),
    };
    const method = augmentedLagrangian({ ...unit, inner: descent(0.1) });
    for (const start of [-1, 0]) {
      const { visits } = run(method, rising, array([start]), 40);
      expect(visits[0]!.report["reason"]).not.toBe("converged");
      expect([numbers(visits.at(-1)!.x), visits.at(-1)!.report["reason"]]).toEqual([[1], "converged"]);
    }
  });
});

describe("every next point", () => {
  const ends = fc.tuple(reals(-2, 0), reals(0, 2));
  /** Zeros of either sign are one number. */
  const isKept = (x: NDArray, lower: NDArray, upper: NDArray): boolean =>
    np.all(np.clip(x, lower, upper).equal(x)).item() === 1;

  test("of clipped steps lies within the bounds to the last bit, whatever the start, the dtype and the step", () => {
    fc.assert(
      fc.property(
        fc.record({
          first: ends,
          second: ends,
          start: fc.array(reals(-3, 3), { minLength: 3, maxLength: 3 }),
          rate: reals(0.01, 1),
          dtype: fc.constantFrom("float64" as const, "float32" as const),
        }),
        ({ first, second, start, rate, dtype }) => {
          const lower = array([first[0], second[0], first[0]], { dtype });
          const upper = array([first[1], second[1], second[1]], { dtype });
          const method = augmentedLagrangian({ inner: descent(rate), lower, upper });
          const { x, visits } = run(method, corner, array(start, { dtype }), 8);
          for (const point of [...visits.slice(1).map((visit) => visit.x), x])
            expect(isKept(point, lower, upper)).toBe(true);
        },
      ),
      { numRuns: 40 },
    );
  });

  const starts = fc.array(reals(-3, 3), { minLength: 3, maxLength: 3 });
  const narrow = lbfgs({ lower: 0.05, upper: 0.9 });

  test("of a search lies within its own bounds", () => {
    fc.assert(
      fc.property(starts, fc.integer({ min: 1, max: 9 }), (start, innerIterations) => {
        const method = augmentedLagrangian({ ...unit, inner: narrow, innerIterations });
        const { x, visits } = run(method, corner, array(start), 20);
        for (const point of [...visits.slice(1).map((visit) => visit.x), x])
          expect(isKept(point, array(0.05), array(0.9))).toBe(true);
      }),
      { numRuns: 10, examples: [[[-1, 2, 0.5], 1]] },
    );
  });

  test("of a search is no start outside, lower as its value may be, so that it ends at the optimum", () => {
    fc.assert(
      fc.property(starts, fc.integer({ min: 5, max: 30 }), (start, innerIterations) => {
        const method = augmentedLagrangian({ ...unit, inner: narrow, innerIterations });
        const { x, visits } = run(method, corner, array(start), 100);
        expect(visits.at(-1)!.report["reason"]).toBe("converged");
        expect(gapTo(x, [0.9, 0.15, 0.05])).toBeLessThan(1e-5);
      }),
      { numRuns: 10, examples: [[[1.9, 0.3, -0.9], 5]] },
    );
  });

  test("of a tree keeps bounds that are such a tree", () => {
    const bounds = { lower: { a: array([0, -1]), b: 0.5 }, upper: { a: 0.2, b: array(0.6) } };
    const method = augmentedLagrangian({ ...bounds, inner: descent(1) });
    let params = { a: array([0.1, 0.1]), b: array(0.55) };
    let state = method.init(params);
    const constraints = array([-1]);
    for (const slope of [5, -5]) {
      const gradient = { a: array([slope, slope]), b: array(slope) };
      const constraintGradients = { a: np.zeros([1, 2]), b: array([0]) };
      [params, state] = method.update({ value: array(0), gradient, constraints, constraintGradients }, state, params);
      expect([numbers(params.a), params.b.item()]).toEqual(slope > 0 ? [[0, -1], 0.5] : [[0.2, 0.2], 0.6]);
    }
  });
});

test("infinite bounds are none for steps of gradients: the same points, and nothing is declared", () => {
  const infinite = { lower: -Infinity, upper: Infinity };
  const make = (bounds: { readonly lower: number; readonly upper: number }, m: number) =>
    augmentedLagrangian({ ...bounds, constraints: m, inner: adam(0.1) });
  const [free, bound] = [augmentedLagrangian({ inner: adam(0.1) }), make(infinite, 1)];
  const start = array([0.5, 0.5, 0.5]);
  expect(numbers(run(bound, corner, start, 30).x)).toEqual(numbers(run(free, corner, start, 30).x));
  expect("bounds" in bound).toBe(false);
  expect(make(unit, 1).bounds).toEqual(unit);
  // One of the two is enough to be bounded.
  expect(make({ lower: 0, upper: Infinity }, 1).bounds).toEqual({ lower: 0, upper: Infinity });
  expect(Math.min(...numbers(run(make({ lower: 0, upper: Infinity }, 1), corner, start, 30).x))).toBe(0);
});

describe("declared bounds", () => {
  const lower = array([0, 0.5]);
  test.each([
    ["mma", mma(unit).bounds, unit],
    ["gcmma", gcmma({ lower, upper: 1 }).bounds, { lower, upper: 1 }],
    ["optimalityCriteria", optimalityCriteria({ upper: 2 }).bounds, { lower: 0, upper: 2 }],
    ["lbfgs", lbfgs({ upper: 2 }).bounds, { lower: -Infinity, upper: 2 }],
    ["lbfgs with none", lbfgs().bounds, undefined],
    ["an augmented Lagrangian", augmentedLagrangian({ ...unit, inner: lbfgs({ lower: 0.1, upper: 1 }) }).bounds, unit],
    ["one that was given none", augmentedLagrangian({ inner: mma(unit) }).bounds, unit],
    ["one with none at all", augmentedLagrangian({ inner: lbfgs() }).bounds, undefined],
  ] as const)("of %s are those that it was given", (_name, bounds, wanted) => {
    expect(bounds?.lower).toBe(wanted?.lower);
    expect(bounds?.upper).toBe(wanted?.upper);
  });
});

describe("an inner optimizer", () => {
  const made = (inner: { lower?: Bound; upper?: Bound }, given: { lower?: Bound; upper?: Bound }) => () =>
    augmentedLagrangian({ inner: lbfgs(inner), ...given });
  const [zeros, halves] = [
    { a: array([0, 0]), b: array(0) },
    { a: array([0.5, 0]), b: array(0.5) },
  ];

  test.each([
    ["without bounds", {}, unit, /lbfgs\(\{ lower: 0, upper: 1 \}\)/u],
    ["bounded on one side", { lower: 0 }, unit, /bounds 0 to Infinity where lower: 0, upper: 1/u],
    ["with a wider bound", { lower: -0.5, upper: 1 }, { lower: 0 }, /lbfgs\(\{ lower: 0 \}\)/u],
    ["with a wider bound of one number", { lower: array([0.5, -1]) }, { lower: 0 }, /bounds of a tree to Infinity/u],
    ["with a wider tree", { lower: zeros }, { lower: halves }, /lbfgs\(\{ lower \}\)/u],
    ["with a number where a tree is given", { lower: 0.2 }, { lower: halves }, /lbfgs\(\{ lower \}\)/u],
  ] as const)("%s is refused with the bounds to be written", (_name, inner, given, words) => {
    expect(made(inner, given)).toThrow(coded("InvalidOption"));
    expect(made(inner, given)).toThrow(words);
  });

  test("with bounds within those given, rounded to their dtype, or beside infinite ones, is taken", () => {
    for (const [inner, given] of [
      [unit, unit],
      [{ lower: 0.1, upper: 0.9 }, unit],
      [{}, { lower: -Infinity, upper: Infinity }],
      [{ upper: array([0.1], { dtype: "float32" }) }, { upper: 0.1 }],
      [{ upper: array([0.1], { dtype: "float32" }) }, { upper: array([0.1]) }],
      [{ lower: halves }, { lower: zeros }],
      [{ lower: 0.5 }, { lower: halves }],
    ] as const)
      expect(made(inner, given)).not.toThrow();
  });

  test("has trees of the structure that the given ones have", () => {
    expect(made({ lower: { a: 0 } as never }, { lower: zeros })).toThrow(coded("TreeMismatch"));
  });
});

test("bounds that hold NaN, are crossed or do not fit the parameters are refused", () => {
  const inner = descent(0.1);
  expect(() => augmentedLagrangian({ inner, lower: NaN })).toThrow(coded("InvalidOption"));
  expect(() => augmentedLagrangian({ inner, lower: 1, upper: 0 })).toThrow(coded("InvalidOption"));
  const start = array([0.5, 0.5, 0.5]);
  const wrong = augmentedLagrangian({ inner, lower: array([0, 0]) });
  expect(() => run(wrong, corner, start, 1)).toThrow(coded("ShapeMismatch"));
});
