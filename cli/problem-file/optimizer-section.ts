/**
 * The part "optimizer" of a file. Options and their defaults are those of library/optim.
 */
import { flag, named, number, refine, whole } from "./decoder.ts";
import type { Decoder } from "./decoder.ts";
import { optional, record, required, variants, withDefault } from "./records.ts";
import type { CaseOf } from "./records.ts";
import { schedule } from "./schedule.ts";
import type { RunOptimizer, RunUnconstrainedOptimizer } from "./types.ts";

type Of<K extends RunOptimizer["kind"]> = CaseOf<RunOptimizer, "kind", K>;

const positive = number({ above: 0 });
const nonnegative = number({ least: 0 });
const fraction = number({ least: 0, below: 1 });
const count = whole({ least: 1, most: 1_000_000 });

const steps = {
  learningRate: required(schedule("RATE", { least: 0 }), "learning rate"),
  clipNorm: optional(positive, "longest gradient: longer ones are shortened; none without"),
} as const;

const adam = {
  ...steps,
  b1: withDefault(fraction, 0.9, "memory of the mean of gradients"),
  b2: withDefault(fraction, 0.999, "memory of the mean of squared gradients"),
  epsilon: withDefault(nonnegative, 1e-7, "added to the root of the mean square"),
} as const;

const momentum = withDefault(fraction, 0, "momentum; 0 for none");

const unconstrained = {
  adam: record<Of<"adam">>(adam),
  amsgrad: record<Of<"amsgrad">>(adam),
  adamw: record<Of<"adamw">>({ ...adam, weightDecay: withDefault(nonnegative, 0.004, "times the learning rate") }),
  sgd: record<Of<"sgd">>({
    ...steps,
    momentum,
    nesterov: withDefault(flag, false, "looks one step ahead; needs momentum"),
  }),
  rmsprop: record<Of<"rmsprop">>({
    ...steps,
    rho: withDefault(fraction, 0.9, "memory of the mean square"),
    momentum,
    epsilon: withDefault(positive, 1e-7, "added to the mean square"),
    centered: withDefault(flag, false, "divides by the variance of the gradients"),
  }),
  adagrad: record<Of<"adagrad">>({
    ...steps,
    initialAccumulator: withDefault(nonnegative, 0.1, "sum of squares to begin with"),
    epsilon: withDefault(positive, 1e-7, "added below the root"),
  }),
  lbfgs: record<Of<"lbfgs">>({
    memory: withDefault(whole({ least: 1, most: 1000 }), 10, "pairs of steps and gradient changes that are kept"),
    initialStep: withDefault(positive, 1, "length of the first step"),
    maxLineSearch: withDefault(count, 20, "evaluations in one line search"),
  }),
} as const;

const asymptotes = {
  move: withDefault(number({ above: 0, most: 1 }), 0.5, "largest step, of a parameter's range"),
  asymptoteInit: withDefault(number({ above: 0, most: 10 }), 0.5, "distance of the first asymptotes, of the range"),
  asymptoteIncrease: withDefault(number({ least: 1 }), 1.2, "factor of it where a parameter goes on"),
  asymptoteDecrease: withDefault(number({ above: 0, most: 1 }), 0.7, "factor of it where a parameter turns back"),
  penalty: withDefault(positive, 1000, "cost of violating a constraint"),
  lower: optional(number(), "least value of every parameter; of pixels 0 without, needed by networks"),
  upper: optional(number(), "largest value of every parameter; of pixels 1 without, needed by networks"),
} as const;

const needsMomentum = ({ kind, ...own }: RunOptimizer): string | null =>
  kind === "sgd" && "nesterov" in own && own.nesterov && own.momentum === 0
    ? "nesterov without momentum: give a momentum above 0, or leave nesterov out"
    : null;

const inner: Decoder<RunUnconstrainedOptimizer> = named("INNER", () =>
  refine(variants<"kind", RunUnconstrainedOptimizer>("kind", unconstrained), "", needsMomentum),
);

/** What is wrong with options that depend on each other. */
const disagreement = (own: RunOptimizer): string | null => {
  if (own.kind === "augmentedLagrangian" && own.penalty > own.penaltyLimit)
    return `penalty ${own.penalty} is above penaltyLimit ${own.penaltyLimit}`;
  if ((own.kind === "mma" || own.kind === "gcmma") && own.lower !== undefined && own.upper !== undefined)
    return own.lower < own.upper ? null : `lower ${own.lower} is not below upper ${own.upper}`;
  return needsMomentum(own);
};

/** How the parameters move. */
export const optimizer: Decoder<RunOptimizer> = refine(
  variants<"kind", RunOptimizer>("kind", {
    ...unconstrained,
    mma: record<Of<"mma">>(asymptotes),
    gcmma: record<Of<"gcmma">>({
      ...asymptotes,
      innerLimit: withDefault(whole({ least: 0, most: 1_000_000 }), 20, "inner iterations, at most"),
    }),
    optimalityCriteria: record<Of<"optimalityCriteria">>({
      move: withDefault(positive, 0.2, "largest change of a parameter"),
      damping: withDefault(number({ above: 0, most: 1 }), 0.5, "exponent of the update"),
      tolerance: withDefault(positive, 1e-9, "accepted value of the linearized constraint"),
    }),
    augmentedLagrangian: record<Of<"augmentedLagrangian">>({
      inner: required(inner, "what minimizes between updates of the multipliers"),
      penalty: withDefault(positive, 10, "first penalty"),
      growth: withDefault(number({ least: 1 }), 4, "factor of the penalty where the violation did not halve"),
      penaltyLimit: withDefault(positive, 1e6, "largest penalty"),
      innerIterations: withDefault(count, 50, "evaluations between updates of the multipliers"),
      tolerance: withDefault(positive, 1e-6, "accepted violation and slope"),
    }),
  }),
  "",
  disagreement,
);
