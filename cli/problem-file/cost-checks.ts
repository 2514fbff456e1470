/** Checks of what a run would cost, against the limits. */
import { check } from "./check.ts";
import type { Check } from "./check.ts";
import { costLimits, dofsOf, filterCostOf, networkCostOf, pixelsOf } from "./cost.ts";
import { countSelectors } from "./geometry-checks.ts";
import { factsOf } from "./problem-section.ts";
import type { RunProblem } from "./types.ts";

const gridOf = (problem: RunProblem): string => factsOf(problem).counts.join(" x ");
const round = (value: number): string => value.toPrecision(3);

/** Nodes times selectors: each looks at every node. */
const largestSelection = 1e10;

const gridCost = check(["problem"], ({ problem }) => {
  const dofs = dofsOf(problem);
  const path = "mesh" in problem ? ["problem", "mesh"] : ["problem"];
  if (dofs > costLimits.dofs)
    return [
      [path, `${gridOf(problem)} elements have ${round(dofs)} degrees of freedom, the limit is ${costLimits.dofs}`],
    ];
  const visits = "mesh" in problem ? countSelectors(problem) * dofs : 0;
  return visits > largestSelection
    ? [
        [
          path,
          `selectors look at ${round(visits)} nodes, the limit is ${largestSelection}: use fewer, or a coarser grid`,
        ],
      ]
    : [];
});

/** On a grid that is too large itself, the radius is judged beside the largest one. */
const filterCost = check(["problem", "parameterization"], ({ problem, parameterization: { filter } }) => {
  // Without a radius only neighbours are seen.
  if (filter === undefined) return [];
  const cost = filterCostOf(problem, filter);
  if (cost * Math.min(1, costLimits.dofs / dofsOf(problem)) <= costLimits.filter) return [];
  const message = `radius ${filter} on ${gridOf(problem)} elements takes ${round(cost)} multiplications each time, the limit is ${costLimits.filter}`;
  return [[["parameterization", "filter"], message]];
});

const isTooLarge = (problem: RunProblem): boolean => dofsOf(problem) > costLimits.dofs;

const networkCost = check(["problem", "parameterization"], ({ problem, parameterization }) => {
  const cost = networkCostOf(problem, parameterization);
  if (cost <= costLimits.network || isTooLarge(problem)) return [];
  const message = `the network holds ${round(cost)} numbers on ${gridOf(problem)} elements, the limit is ${costLimits.network}`;
  return [[["parameterization"], message]];
});

const pictureCost = check(["problem", "output"], ({ problem, output }) => {
  const cost = pixelsOf(problem, output);
  if (cost <= costLimits.pixels || isTooLarge(problem)) return [];
  const message = `pictures of ${round(cost)} pixels, the limit is ${costLimits.pixels}: use a smaller scale`;
  return [[["output", "scale"], message]];
});

export const costChecks: readonly Check[] = [gridCost, filterCost, networkCost, pictureCost];
