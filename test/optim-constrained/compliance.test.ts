/** Constrained methods on the half MBB beam of 60x20 elements, volume fraction 0.5, through the public functions of topopt. */
import { describe, expect, test } from "vitest";
import { jit, valueAndGrad } from "cotangent";
import type { NDArray } from "cotangent";
import { elementField } from "cotangent/fem";
import type { ElementField } from "cotangent/fem";
import * as np from "cotangent/numpy";
import { densityFilter, designObjective, minimizeCompliance, problems } from "cotangent/topopt";
import { gcmma } from "../../library/optim/gcmma.ts";
import { mma } from "../../library/optim/mma.ts";
import { optimalityCriteria } from "../../library/optim/optimality-criteria.ts";
import type { ArrayTree, Optimizer } from "../../library/optim/types.ts";
import { numbers } from "./drive.ts";

const problem = problems.mbb({ nelx: 60, nely: 20 });
const filterRadius = 1.5;
const volumeFraction = 0.5;
const filter = densityFilter(problem.mesh, { radius: filterRadius });
const objective = designObjective(problem, { filterRadius });

/** Filtered volume over what is allowed, less 1. */
const excess = (design: ElementField): NDArray => np.mean(filter(design)).div(volumeFraction).sub(1);

interface Step {
  readonly value: number;
  readonly report: Readonly<Record<string, number | string | boolean>>;
}

/** Compliances as evaluated, and the design that would be next. */
const runOf = (
  method: Optimizer,
  iterations: number,
): { readonly steps: readonly Step[]; readonly last: ElementField } => {
  const step = jit(function step(design: ElementField, state: ArrayTree) {
    const [[value], gradient] = valueAndGrad(objective, { hasAux: true })(design);
    const [used, slope] = valueAndGrad(excess)(design);
    const constraints = {
      constraints: used.reshape([1]),
      constraintGradients: slope.reshape([1, ...design.shape]) as never,
    };
    const [next, after] = method.update({ value, gradient, ...constraints }, state, design);
    return [next, after, value] as const;
  } as never) as unknown as (design: ElementField, state: ArrayTree) => readonly [ElementField, ArrayTree, NDArray];
  const steps: Step[] = [];
  let design = elementField(problem.mesh, volumeFraction);
  let state = method.init(design);
  for (let k = 0; k < iterations; k++) {
    const [next, after, value] = step(design, state);
    steps.push({ value: value.item(), report: method.report!(after) });
    [design, state] = [next, after];
  }
  return { steps, last: design };
};

test("optimalityCriteria takes the steps of minimizeCompliance, to rounding", () => {
  const own = runOf(optimalityCriteria({ tolerance: 1e-15 }), 20);
  const { history, design } = minimizeCompliance(problem, {
    volumeFraction,
    filterRadius,
    iterations: 20,
    volumeTolerance: 1e-15,
  });
  // Both bisect to the last bit of lambda, in units that differ by the volume fraction.
  own.steps.forEach(({ value }, k) => expect(Math.abs(value / history[k]!.objective - 1)).toBeLessThan(1e-11));
  expect(np.max(np.abs(own.last.sub(design))).item()).toBeLessThan(1e-10);
});

describe("compliance", () => {
  const reference = minimizeCompliance(problem, { volumeFraction, filterRadius, iterations: 200 }).history.at(
    -1,
  )!.objective;

  test("by mma is within 0.5 % of optimality criteria after 100 iterations, and the volume is kept", () => {
    const { steps, last } = runOf(mma({ lower: 0, upper: 1, move: 0.2 }), 100);
    expect(steps.at(-1)!.value / reference).toBeLessThan(1.005);
    expect(excess(last).item()).toBeLessThan(1e-6);
    for (const value of numbers(last)) expect(value >= 0 && value <= 1).toBe(true);
    expect(steps.at(-1)!.report["reason"]).toBe("solved");
  });

  test("by gcmma falls from accepted point to accepted point, and below optimality criteria after 100 evaluations", () => {
    const { steps } = runOf(gcmma({ lower: 0, upper: 1, move: 0.2 }), 100);
    const accepted = steps.filter(({ report }) => report["isAccepted"]);
    // The first point has the volume exactly, so that all are feasible.
    accepted.slice(1).forEach(({ value }, k) => expect(value / accepted[k]!.value).toBeLessThan(1 + 1e-9));
    for (const { report } of accepted) expect(report["largestViolation"]).toBeLessThan(1e-7);
    expect(accepted.at(-1)!.value / reference).toBeLessThan(1);
  });
});
