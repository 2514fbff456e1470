/** Schedules have Keras's values, of plain, concrete and traced counts alike. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, jit, NDArray, vmap } from "cotangent";
import * as optim from "cotangent/optim";
import type { ArraySchedule } from "cotangent/optim";
import { expectError } from "../semantics/support.ts";

type Arguments = Readonly<Record<string, any>>;

const { source, schedules } = JSON.parse(
  readFileSync(new URL("../reference/optimizer-trajectories.json", import.meta.url), "utf8"),
) as { source: string; schedules: { schedule: string; arguments: Arguments; steps: number[]; values: number[] }[] };

/** Ours for the names and arguments of Keras. */
const ours: Readonly<Record<string, (args: Arguments) => ArraySchedule>> = {
  PolynomialDecay: ({ initial_learning_rate: initial, decay_steps: steps, end_learning_rate: end, power }) =>
    optim.polynomialDecay(initial, steps, { end, power }),
  ExponentialDecay: ({ initial_learning_rate: initial, decay_steps: steps, decay_rate: rate, staircase = false }) =>
    optim.exponentialDecay(initial, steps, rate, { staircase }),
  CosineDecay: ({ initial_learning_rate: initial, decay_steps: steps, alpha, warmup_target: target, warmup_steps }) =>
    target === undefined
      ? optim.cosineDecay(initial, steps, { alpha })
      : optim.warmupCosineDecay(initial, { target, warmupSteps: warmup_steps, decaySteps: steps, alpha }),
  PiecewiseConstantDecay: ({ boundaries, values }) => optim.piecewiseConstant(boundaries, values),
};

describe.each(schedules.map((own) => [own.schedule, JSON.stringify(own.arguments), own] as const))(
  "%s %s",
  (name, _text, { arguments: args, steps, values }) => {
    const schedule = ours[name]!(args);
    const counts = array(steps, { dtype: "int32" });

    test.each<[string, () => number[]]>([
      ["numbers", () => steps.map((step) => schedule(step).item())],
      ["counts compiled", () => steps.map((step) => jit(schedule)(array(step, { dtype: "int32" })).item())],
      ["a vector of counts", () => vmap((k: NDArray) => schedule(k))(counts).toList() as number[]],
    ])(`of %s it has the values of ${source.split(",")[0]}`, (_what, seen) => {
      seen().forEach((value, k) => expect(Math.abs(value - values[k]!)).toBeLessThanOrEqual(1e-15));
    });
  },
);

test("linear goes from its first number to its last in equal steps", () => {
  fc.assert(
    fc.property(
      fc.double({ min: -1, max: 1, noNaN: true }),
      fc.double({ min: -1, max: 1, noNaN: true }),
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 0, max: 100 }),
      (from, to, steps, k) => {
        const wanted = from + (to - from) * Math.min(k / steps, 1);
        expect(Math.abs(optim.linear(from, to, steps)(k).item() - wanted)).toBeLessThanOrEqual(1e-15);
      },
    ),
  );
});

test("joined schedules begin anew at their boundaries", () => {
  const joined = optim.joinSchedules([optim.linear(0, 1, 4), (k) => k.mul(2), optim.constant(7)], [3, 5]);
  expect([0, 2, 3, 4, 5, 99].map((k) => joined(k).item())).toEqual([0, 0.5, 0, 2, 7, 7]);
  expect(jit(joined)(array(4, { dtype: "int32" })).item()).toBe(2);
});

describe("wrong arguments are refused by name", () => {
  test.each<[string, () => unknown, string]>([
    ["steps that are no count", () => optim.linear(0, 1, 2.5), "steps is 2.5"],
    ["a decay rate of 0", () => optim.exponentialDecay(1, 5, 0), "rate is 0"],
    ["boundaries that fall", () => optim.piecewiseConstant([5, 2], [1, 2, 3]), "boundaries 5, 2"],
    ["too few values", () => optim.piecewiseConstant([2, 5], [1, 2]), "2 pieces and 2 boundaries"],
    [
      "no boundary between two schedules",
      () => optim.joinSchedules([optim.constant(1), optim.constant(2)], []),
      "2 pieces",
    ],
    ["a number for a schedule", () => optim.joinSchedules([1 as never], []), "schedule 0"],
    ["NaN", () => optim.constant(NaN), "value is NaN"],
  ])("%s", (_what, call, part) => {
    expectError(call, "InvalidOption", part);
  });
});
