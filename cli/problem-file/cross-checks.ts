/** What the parts of a file ask of each other. */
import { check } from "./check.ts";
import type { Check } from "./check.ts";
import { costChecks } from "./cost-checks.ts";
import { geometryRemarks } from "./geometry-checks.ts";
import type { Remark } from "./geometry-checks.ts";
import { factsOf } from "./problem-section.ts";
import type { ProblemFacts } from "./problem-section.ts";
import { initialOf, isConstrained, settledConstraints } from "./settle.ts";
import type { RunConstraint, RunObjective } from "./types.ts";
import { volumeChecks } from "./volume-checks.ts";

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

const weighsSomething = check(["objective"], ({ objective }) =>
  "weights" in objective && objective.weights!.every((own) => own === 0)
    ? [[["objective", "weights"], "every weight is 0, so that all designs are alike: give one above 0"]]
    : [],
);

const constraintsFit = check(["problem", "constraints"], ({ problem, constraints = {} }) =>
  Object.entries(constraints).flatMap(([name, own]): readonly Remark[] => {
    const message = unfit(own, factsOf(problem));
    return message === null ? [] : [[["constraints", name, "kind"], message]];
  }),
);

const takesConstraints = check(["constraints", "optimizer"], ({ constraints = {}, optimizer }) =>
  isConstrained(optimizer.kind) || Object.keys(constraints).length === 0
    ? []
    : [
        [
          ["constraints"],
          `${optimizer.kind} knows no constraints: use ${JSON.stringify({ kind: "augmentedLagrangian", inner: optimizer })}, or for pixels { "kind": "mma" }`,
        ],
      ],
);

const countConstraints = check(
  ["problem", "volumeFraction", "parameterization", "objective", "constraints", "optimizer"],
  (own) => {
    const { length } = Object.keys(settledConstraints(own));
    const { kind } = own.optimizer;
    if (kind === "optimalityCriteria" && length !== 1) {
      const some = own.objective.kind === "volume" ? "give constraints" : "give volumeFraction or constraints";
      const remedy = length === 0 ? some : 'use "mma"';
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

const networkMethod = check(["parameterization", "optimizer"], ({ parameterization, optimizer }) => {
  if (parameterization.kind === "pixels") return [];
  if (optimizer.kind === "optimalityCriteria")
    return [
      [["optimizer", "kind"], 'optimalityCriteria scales densities, and weights of a network have signs: use "adam"'],
    ];
  if (optimizer.kind !== "mma" && optimizer.kind !== "gcmma") return [];
  return (["lower", "upper"] as const)
    .filter((name) => optimizer[name] === undefined)
    .map((name): Remark => [
      ["optimizer", name],
      `${name} is missing: weights of a network have no bounds of their own`,
    ]);
});

/** Pixels are densities: bounds of their own lie within [0, 1], and hold the first density. */
const pixelBounds = check(["problem", "volumeFraction", "parameterization", "optimizer"], (own) => {
  const { parameterization, optimizer } = own;
  if (parameterization.kind !== "pixels" || (optimizer.kind !== "mma" && optimizer.kind !== "gcmma")) return [];
  const { lower = 0, upper = 1 } = optimizer;
  const initial = initialOf(own);
  return [
    ...(lower < 0 ? [[["optimizer", "lower"], `${lower} is below 0: pixels are densities`] as const] : []),
    ...(upper > 1 ? [[["optimizer", "upper"], `${upper} is above 1: pixels are densities`] as const] : []),
    ...(lower > initial || upper < initial
      ? [[["optimizer"], `pixels begin at ${initial}, which is not between ${lower} and ${upper}`] as const]
      : []),
  ];
});

const symmetryFits = check(["problem", "parameterization"], ({ problem, parameterization: { symmetry } }) =>
  symmetry === "front-back" && factsOf(problem).counts.length === 2
    ? [[["parameterization", "symmetry"], 'this mesh is plane: give "left-right", "top-bottom" or "both"']]
    : [],
);

export const crossChecks: readonly Check[] = [
  ...costChecks,
  geometry,
  objectiveFits,
  weighsSomething,
  constraintsFit,
  takesConstraints,
  ...volumeChecks,
  countConstraints,
  decoderStages,
  decoderDimension,
  networkMethod,
  pixelBounds,
  symmetryFits,
];
