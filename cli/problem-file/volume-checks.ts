/**
 * Checks of what a file says of the volume: nothing of it is without effect, and no design grows or vanishes because nothing
 * was said.
 */
import { check } from "./check.ts";
import type { Check } from "./check.ts";
import type { Remark } from "./geometry-checks.ts";
import { factsOf } from "./problem-section.ts";
import { constrainedKinds, isConstrained, isKept, volumeFractionOf } from "./settle.ts";

const ifMeant = 'say "constraints": {} if that is meant';

/** Optimizers that are refused without constraints, whatever is made small. */
const needsConstraints = (kind: string): boolean => kind === "optimalityCriteria" || kind === "augmentedLagrangian";

const smallestVolume = check(["objective", "constraints", "optimizer"], ({ objective, constraints, optimizer }) =>
  objective.kind !== "volume" || constraints !== undefined || needsConstraints(optimizer.kind)
    ? []
    : [
        [
          ["objective", "kind"],
          `where nothing else is asked, an empty design is best: give constraints, or ${ifMeant}`,
        ],
      ],
);

const unboundPixels = check(
  ["parameterization", "objective", "constraints", "optimizer"],
  ({ parameterization, objective, constraints, optimizer: { kind } }) => {
    if (parameterization.kind !== "pixels" || constraints !== undefined) return [];
    if (objective.kind === "volume" || isConstrained(kind)) return [];
    const others = constrainedKinds.join(", ");
    return [
      [
        ["optimizer", "kind"],
        `${kind} knows no constraints, so that nothing would hold the volume: use one of ${others}, or ${ifMeant}`,
      ],
    ];
  },
);

const pixelFraction = check(
  ["problem", "volumeFraction", "parameterization", "objective", "constraints", "optimizer"],
  (own) => {
    const { parameterization, objective, constraints, optimizer } = own;
    if (parameterization.kind !== "pixels" || constraints !== undefined || volumeFractionOf(own) !== undefined)
      return [];
    if (objective.kind === "volume" || needsConstraints(optimizer.kind) || !isConstrained(optimizer.kind)) return [];
    return [
      [
        ["volumeFraction"],
        `volumeFraction is missing, so that nothing would hold the volume: give it or constraints, or ${ifMeant}`,
      ],
    ];
  },
);

/** A fraction that says what holds anyway, as that of a file with all defaults filled in, is not in vain. */
const fractionInVain = check(["problem", "volumeFraction", "parameterization", "constraints"], (own) => {
  const { volumeFraction, parameterization, constraints } = own;
  if (volumeFraction === undefined || parameterization.kind !== "pixels" || constraints === undefined) return [];
  const { initial = volumeFraction } = parameterization;
  const bounds = Object.values(constraints).flatMap(({ kind, bound }) => (kind === "volume" ? [bound] : []));
  if ([initial, factsOf(own.problem).volumeFraction, ...bounds].includes(volumeFraction)) return [];
  return [
    [
      ["volumeFraction"],
      `nothing asks for ${volumeFraction}: pixels begin at initial ${initial}, and constraints are given: ` +
        `leave it out, or give { "kind": "volume", "sense": "<=", "bound": ${volumeFraction} } among them`,
    ],
  ];
});

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

const networkBounds = check(["problem", "volumeFraction", "parameterization", "constraints"], (own) => {
  const fraction = volumeFractionOf(own);
  if (own.parameterization.kind === "pixels" || fraction === undefined) return [];
  return Object.entries(own.constraints ?? {})
    .filter(([, each]) => each.kind === "volume" && !isKept(each, fraction))
    .map(([name, { sense, bound }]): Remark => [
      ["constraints", name, "bound"],
      `a network's design always has the volume asked for, ${fraction}: none keeps volume ${sense} ${bound}`,
    ]);
});

export const volumeChecks: readonly Check[] = [
  smallestVolume,
  unboundPixels,
  pixelFraction,
  fractionInVain,
  networkFraction,
  networkBounds,
];
