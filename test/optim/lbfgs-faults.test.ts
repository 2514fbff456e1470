/** What L-BFGS does where a function misbehaves: it says so, keeps the best point, and never asks for NaN. */
import { describe, expect, test } from "vitest";
import { array } from "cotangent";
import * as np from "cotangent/numpy";
import * as optim from "cotangent/optim";
import { expectError } from "../semantics/support.ts";
import { bestOf, isOver, objectives, run } from "./problems.ts";
import type { Objective, Seen } from "./problems.ts";

const { rosenbrock, quartic, beale } = objectives as Record<string, Objective>;

const reasonsOf = (history: readonly Seen[]): unknown[] => history.map(({ report }) => report["reason"]);

const expectFinitePoints = (history: readonly Seen[]): void =>
  history.forEach(({ next }) =>
    expect(next.toList()).toEqual((next.toList() as number[]).map((x) => (Number.isFinite(x) ? x : "finite"))),
  );

const nan = array(NaN);

describe("values that are infinite or NaN", () => {
  test("are never accepted: a barrier is approached from inside", () => {
    const barrier: Objective = (x) => np.sum(x.sub(np.log(x).mul(0.01)));
    const history = run(barrier, array([0.5, 2]), optim.lbfgs(), { evaluations: 60, until: isOver });
    expect(reasonsOf(history)).toContain("not finite, step shortened");
    expectFinitePoints(history);
    const best = bestOf(history.at(-1)!.state);
    (best.point.toList() as number[]).forEach((x) => expect(Math.abs(x - 0.01)).toBeLessThan(1e-8));
  });

  test.each([0, 1, 3, 8, 20])("from evaluation %i on end the run at the best point seen before", (first) => {
    const history = run(rosenbrock!, array([-1.2, 1]), optim.lbfgs(), {
      evaluations: 100,
      until: isOver,
      spoil: (k, value, gradient) => (k < first ? [value, gradient] : [nan, gradient]),
    });
    const last = history.at(-1)!;
    expect(last.report["reason"]).toBe("not finite");
    expectFinitePoints(history);
    if (first === 0) return expect(last.next.toList()).toEqual([-1.2, 1]);
    expect(rosenbrock!(last.next).item()).toBe(Math.min(...history.slice(0, first).map(({ value }) => value)));
  });

  test.each(["value", "gradient"])("of the %s at one evaluation only do not keep it from the minimum", (what) => {
    [1, 2, 5, 10, 21].forEach((at) => {
      const history = run(rosenbrock!, array([-1.2, 1]), optim.lbfgs(), {
        evaluations: 90,
        until: isOver,
        spoil: (k, value, gradient) =>
          k !== at ? [value, gradient] : what === "value" ? [array(-Infinity), gradient] : [value, gradient.mul(NaN)],
      });
      expect(reasonsOf(history)[at]).toBe("not finite, step shortened");
      expect(history.at(-1)!.report["value"]).toBeLessThan(1e-18);
    });
  });
});

describe("hard functions", () => {
  test.each<[string, Objective, number[], number[]]>([
    ["Beale's valley", beale!, [1, 1], [3, 0.5]],
    ["Beale's valley from its flat side", beale!, [0, 0.9], [3, 0.5]],
    ["Rosenbrock's valley", rosenbrock!, [-1.2, 1], [1, 1]],
  ])("%s: ends at the minimum to 1e-7", (_name, f, start, minimum) => {
    const history = run(f, array(start), optim.lbfgs(), { evaluations: 200, until: isOver });
    (bestOf(history.at(-1)!.state).point.toList() as number[]).forEach((x, k) =>
      expect(Math.abs(x - minimum[k]!)).toBeLessThan(1e-7),
    );
  });

  test("a quartic, whose curvature vanishes at its minimum, is followed to a value of 1e-40", () => {
    const history = run(quartic!, array([1, 2, -3]), optim.lbfgs(), { evaluations: 150, until: isOver });
    expect(history.at(-1)!.report["value"]).toBeLessThan(1e-40);
    expectFinitePoints(history);
  });

  test("a concave function in a box: pairs without curvature are counted and left out, a corner is the end", () => {
    const concave: Objective = (x) => np.sum(np.square(x)).neg();
    const history = run(concave, array([0.1, -0.2]), optim.lbfgs({ lower: -1, upper: 1 }), {
      evaluations: 30,
      until: isOver,
    });
    const { report, next } = history.at(-1)!;
    expect([report["reason"], next.toList()]).toEqual(["gradient is zero", [1, -1]]);
    expect(report["skippedPairs"]).toBeGreaterThanOrEqual(1);
  });

  test("a plane without a minimum is descended without NaN", () => {
    const history = run((x) => np.sum(x), array([0, 0]), optim.lbfgs(), { evaluations: 40 });
    expectFinitePoints(history);
    expect(history.at(-1)!.report["value"]).toBeLessThan(-1e9);
    expect(history.at(-1)!.report["skippedPairs"]).toBeGreaterThanOrEqual(1);
  });

  test("a constant is left at once", () => {
    const history = run((x) => np.sum(x.mul(0)), array([3, 4]), optim.lbfgs(), { evaluations: 3 });
    expect(reasonsOf(history)).toEqual(["gradient is zero", "gradient is zero", "gradient is zero"]);
    expect(history.at(-1)!.next.toList()).toEqual([3, 4]);
    expect(history.at(-1)!.report["evaluations"]).toBe(3);
  });
});

describe("a gradient that points the wrong way", () => {
  test("from the start: one line search, then the start is kept", () => {
    const history = run(rosenbrock!, array([-1.2, 1]), optim.lbfgs(), {
      evaluations: 60,
      until: isOver,
      spoil: (_k, value, gradient) => [value, gradient.neg()],
    });
    expect(history.at(-1)!.report["reason"]).toBe("no further decrease");
    expect(history.at(-1)!.next.toList()).toEqual([-1.2, 1]);
    expect(history.length).toBeLessThanOrEqual(1 + 20);
  });

  test("from some evaluation on: one restart from steepest descent, then the best point is kept", () => {
    const history = run(rosenbrock!, array([-1.2, 1]), optim.lbfgs(), {
      evaluations: 90,
      until: isOver,
      spoil: (k, value, gradient) => [value, k < 7 ? gradient : gradient.neg()],
    });
    const reasons = reasonsOf(history);
    expect(reasons.filter((reason) => reason === "restarted from steepest descent")).toHaveLength(1);
    expect(reasons.at(-1)).toBe("no further decrease");
    expect(rosenbrock!(history.at(-1)!.next).item()).toBe(
      Math.min(...history.map(({ report }) => report["value"] as number)),
    );
  });
});

test("a start outside the bounds is moved to the nearest point before anything is accepted", () => {
  const history = run(rosenbrock!, array([5, -7]), optim.lbfgs({ lower: -2, upper: 2 }), {
    evaluations: 80,
    until: isOver,
  });
  expect(history[0]!.report["reason"]).toBe("moved within the bounds");
  expect(history[1]!.point.toList()).toEqual([2, -2]);
  expect(history[1]!.report["reason"]).toBe("step accepted");
  expect(history.at(-1)!.report["value"]).toBeLessThan(1e-15);
});

test("where both bounds are equal a variable stays, and the others reach their minimum", () => {
  const history = run(rosenbrock!, array([0.5, 0]), optim.lbfgs({ lower: array([0.5, -1]), upper: array([0.5, 1]) }), {
    evaluations: 40,
    until: isOver,
  });
  expect(history.at(-1)!.next.at(0).get().item()).toBe(0.5);
  expect(Math.abs(history.at(-1)!.next.at(1).get().item() - 0.25)).toBeLessThan(1e-9);
});

describe("wrong arguments are refused by name", () => {
  const x = array([1, 2]);
  const { init, update } = optim.lbfgs({ upper: { a: 1 } });
  const g = { value: array(1), gradient: x };
  const free = optim.lbfgs();
  test.each<[string, () => unknown, string, string]>([
    ["no memory", () => optim.lbfgs({ memory: 0 }), "InvalidOption", "memory is 0"],
    ["c1 above c2", () => optim.lbfgs({ c1: 0.5, c2: 0.4 }), "InvalidOption", "c1 0.5 and c2 0.4"],
    ["three bad numbers at once", () => optim.lbfgs({ c1: 0, c2: 1, initialStep: -1 }), "InvalidOption", "c2 is 1"],
    ["a misspelt option", () => optim.lbfgs({ maxLinesearch: 3 } as never), "UnknownOption", "maxLineSearch"],
    ["exchanged bounds", () => optim.lbfgs({ lower: 1, upper: 0 }), "InvalidOption", "lower 1 above upper 0"],
    ["NaN as a bound", () => optim.lbfgs({ lower: array([NaN, 0]) }), "InvalidOption", "NaN"],
    ["bounds of another tree", () => update(g, init(x), x), "TreeMismatch", "upper"],
    [
      "bounds of another shape",
      () => run(rosenbrock!, x, optim.lbfgs({ lower: array([1]) }), { evaluations: 1 }),
      "ShapeMismatch",
      "bound",
    ],
    [
      "crossing bounds in trees",
      () => optim.lbfgs({ lower: array([1, 3]), upper: array([2, 2]) }).update(g, free.init(x), x),
      "InvalidOption",
      "above",
    ],
    ["no parameters", () => free.init({}), "InvalidShape", "without a number"],
    ["integers", () => free.init(array([1], { dtype: "int32" })), "DTypeMismatch", "int32"],
    ["a vector as value", () => free.update({ value: x, gradient: x }, free.init(x), x), "ShapeMismatch", "scalar"],
    [
      "a gradient of another shape",
      () => free.update({ value: array(1), gradient: array([1]) }, free.init(x), x),
      "ShapeMismatch",
      "[1]",
    ],
    [
      "constraints",
      () => free.update({ ...g, constraints: array([0]) }, free.init(x), x),
      "InvalidOption",
      "constraints",
    ],
  ])("%s", (_what, call, code, part) => {
    expectError(call, code, part);
  });
});
