/**
 * What the parts of a file ask of each other. Every check names the parts that it reads; it speaks when these are sound on
 * their own, so that faults elsewhere do not hide it and do not make it speak in error.
 */
import { costLimits, dofsOf, filterCostOf, networkCostOf, pixelsOf } from "./cost.ts";
import { countSelectors, geometryRemarks } from "./geometry-checks.ts";
import type { Remark } from "./geometry-checks.ts";
import { factsOf } from "./problem-section.ts";
import type { ProblemFacts } from "./problem-section.ts";
import type { FileSections } from "./sections.ts";
import { isConstrained, settledConstraints, volumeFractionOf } from "./settle.ts";
import type { RunConstraint, RunObjective, RunProblem } from "./types.ts";

interface Check {
  readonly needs: readonly (keyof FileSections)[];
  readonly remarks: (own: FileSections) => readonly Remark[];
}

/** A check that can read no other parts than those it names. */
const check = <const K extends keyof FileSections>(
  needs: readonly K[],
  remarks: (own: Pick<FileSections, K>) => readonly Remark[],
): Check => ({ needs, remarks });

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

const geometry = check(["problem"], ({ problem }) => ("mesh" in problem ? geometryRemarks(problem) : []));

/** What an objective or constraint asks of the problem. */
const unfit = ({ kind }: RunObjective | RunConstraint, { physics, hasOutput }: ProblemFacts): string | null => {
  if (physics === "heat" && (kind === "stress" || kind === "displacement"))
    return `${kind} is of elastic structures, and this problem is a conductor`;
  if (kind === "displacement" && !hasOutput)
    return 'a displacement needs an output port: give the problem an "output", or use "inverter"';
  return null;
};

const objectiveFits = check(["problem", "objective"], ({ problem, objective }) => {
  const facts = factsOf(problem);
  const message = unfit(objective, facts);
  if (message !== null) return [[["objective", "kind"], message]];
  if (objective.kind !== "compliance" || objective.weights === undefined) return [];
  const { length } = objective.weights;
  return length === facts.cases
    ? []
    : [[["objective", "weights"], `${length} weights for ${facts.cases} load cases: give one for each`]];
});

const constraintsFit = check(["problem", "constraints"], ({ problem, constraints = {} }) =>
  Object.entries(constraints).flatMap(([name, own]): readonly Remark[] => {
    const message = unfit(own, factsOf(problem));
    return message === null ? [] : [[["constraints", name, "kind"], message]];
  }),
);

const takesConstraints = check(["constraints", "optimizer"], ({ constraints = {}, optimizer: { kind } }) =>
  isConstrained(kind) || Object.keys(constraints).length === 0
    ? []
    : [
        [
          ["constraints"],
          `${kind} knows no constraints: use "mma", "gcmma" or { "kind": "augmentedLagrangian", "inner": { "kind": "${kind}", ... } }`,
        ],
      ],
);

const countConstraints = check(
  ["problem", "volumeFraction", "parameterization", "objective", "constraints", "optimizer"],
  (own) => {
    const { length } = Object.keys(settledConstraints(own));
    const { kind } = own.optimizer;
    if (kind === "optimalityCriteria" && length !== 1) {
      const remedy = length === 0 ? "give volumeFraction or constraints" : 'use "mma"';
      return [[["optimizer", "kind"], `${kind} takes exactly one constraint, and there are ${length}: ${remedy}`]];
    }
    if (kind === "augmentedLagrangian" && length === 0)
      return [[["optimizer", "kind"], `${kind} without constraints: give some, or use its inner optimizer alone`]];
    return [];
  },
);

const decoderStages = check(["parameterization"], ({ parameterization: own }) => {
  if (own.kind !== "cnn") return [];
  const remarks: Remark[] = [];
  if (own.resizes.length !== own.filters.length)
    remarks.push([
      ["parameterization", "resizes"],
      `${own.resizes.length} entries beside ${own.filters.length} of filters: give one for each stage`,
    ]);
  const last = own.filters.at(-1);
  if (last !== 1)
    remarks.push([["parameterization", "filters"], `the last stage has ${last} channels: give it 1, the density`]);
  return remarks;
});

const decoderDimension = check(["problem", "parameterization"], ({ problem, parameterization: { kind } }) =>
  kind === "cnn" && factsOf(problem).counts.length === 3
    ? [[["parameterization", "kind"], 'cnn makes plane images: in space use "siren", "mlp" or "fourier"']]
    : [],
);

const networkFraction = check(["problem", "volumeFraction", "parameterization"], (own) =>
  own.parameterization.kind === "pixels" || volumeFractionOf(own) !== undefined
    ? []
    : [
        [
          ["volumeFraction"],
          "volumeFraction is missing: a network's design always has a given volume, between 0 and 1",
        ],
      ],
);

const networkBounds = check(["parameterization", "optimizer"], ({ parameterization, optimizer }) => {
  if (parameterization.kind === "pixels") return [];
  if (optimizer.kind === "optimalityCriteria")
    return [
      [
        ["optimizer", "kind"],
        'optimalityCriteria scales densities, and weights of a network have signs: use "mma" or "adam"',
      ],
    ];
  if (optimizer.kind !== "mma" && optimizer.kind !== "gcmma") return [];
  return (["lower", "upper"] as const)
    .filter((name) => optimizer[name] === undefined)
    .map((name): Remark => [
      ["optimizer", name],
      `${name} is missing: weights of a network have no bounds of their own`,
    ]);
});

export const crossChecks: readonly Check[] = [
  gridCost,
  filterCost,
  networkCost,
  pictureCost,
  geometry,
  objectiveFits,
  constraintsFit,
  takesConstraints,
  countConstraints,
  decoderStages,
  decoderDimension,
  networkFraction,
  networkBounds,
];
