/**
 * Options of augmentedLagrangian, and what they say together: an inner optimizer keeps its own bounds, so that those given
 * beside it must hold them; steps of gradients know none and are clipped.
 */
import { InvalidOption } from "../../src/error.ts";
import { isLeft } from "../../src/fp.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { isConcrete } from "../../src/array/ndarray.ts";
import { showValue } from "../../src/describe.ts";
import { requireOptions } from "../../src/options.ts";
import { requireSameTree } from "../../src/tree/tree.ts";
import { checkAll, checkNumber } from "../../src/validate-options.ts";
import { flattenArrays } from "../../transforms/flat.ts";
import { array } from "../numpy/creation.ts";
import { greater, less } from "../numpy/elementwise.ts";
import { toDType } from "../numpy/operand.ts";
import { any } from "../numpy/reductions.ts";
import { requireCount } from "./constrained-variables.ts";
import { requireBounds } from "./search-bounds.ts";
import type { Bound, Bounds, GradientTransformation, Optimizer } from "./types.ts";

export interface AugmentedLagrangianOptions {
  /** What minimizes the augmented Lagrangian. */
  readonly inner: GradientTransformation | Optimizer;
  /** Least value of every parameter: a number, or a tree like the parameters. Rounded to their dtype. Default none. */
  readonly lower?: Bound;
  /** Largest value. Default none. */
  readonly upper?: Bound;
  /** Number of constraints m. Default 1. */
  readonly constraints?: number;
  /** Indices of the constraints that are equalities, g_i = 0. Default none. */
  readonly equalities?: readonly number[];
  /** First penalty. Default 10. */
  readonly penalty?: number;
  /** Factor by which the penalty grows. Default 4. */
  readonly growth?: number;
  /** Largest penalty. Default 1e6. */
  readonly penaltyLimit?: number;
  /** Evaluations between two updates of the multipliers, at most. Default 50. */
  readonly innerIterations?: number;
  /** Accepted violation, and accepted largest slope of the augmented Lagrangian. Default 1e-6. */
  readonly tolerance?: number;
}

export const asked = "optim.augmentedLagrangian";

const defaults = { penalty: 10, growth: 4, penaltyLimit: 1e6, tolerance: 1e-6 } as const;
type Numbers = { readonly [Name in keyof typeof defaults]: number };

export interface Settled extends Numbers {
  readonly inner: GradientTransformation | Optimizer;
  /** The bounds given, if they bound anything, else the inner optimizer's. */
  readonly bounds: Bounds | undefined;
  /** The bounds that the points keep: those of the inner optimizer; those given for steps of gradients. */
  readonly kept: Bounds | undefined;
  readonly count: number;
  /** Whether each constraint is an equality, shape [m]. */
  readonly isEquality: NDArray;
  readonly innerIterations: number;
}

const isMethod = (inner: unknown): inner is GradientTransformation | Optimizer =>
  typeof inner === "object" &&
  inner !== null &&
  ["gradient transformation", "optimizer"].includes((inner as { readonly kind?: string }).kind ?? "");

/** The options with their defaults. @throws UnknownOption, InvalidOption, TreeMismatch */
export const readOptions = (options: AugmentedLagrangianOptions): Settled => {
  const own = ["inner", "lower", "upper", "constraints", "equalities", "innerIterations", ...Object.keys(defaults)];
  requireOptions(asked, options, own, true);
  const { inner, lower, upper, constraints = 1, equalities = [], innerIterations = 50 } = options;
  if (!isMethod(inner))
    throw new InvalidOption(
      asked,
      `inner ${showValue(inner)}`,
      "Give an optimizer or a gradient transformation, as adam(1e-2)",
    );
  requireBounds(asked, lower, upper);
  const count = requireCount(asked, "constraints", constraints, 1);
  for (const index of equalities)
    if (!Number.isSafeInteger(index) || index < 0 || index >= count)
      throw new InvalidOption(asked, `equality ${showValue(index)} of ${count} constraints`, "Give indices from 0");
  return {
    inner,
    ...settleBounds(inner, { lower: lower ?? -Infinity, upper: upper ?? Infinity }),
    count,
    isEquality: array(Array.from({ length: count }, (_, k) => equalities.includes(k))),
    innerIterations: requireCount(asked, "innerIterations", innerIterations, 1),
    ...readNumbers({ ...defaults, ...options }),
  };
};

const readNumbers = ({ penalty, growth, penaltyLimit, tolerance }: Numbers): Numbers => {
  const checked = checkAll<Numbers>({
    penalty: checkNumber("penalty", penalty, (v) => v > 0 && v <= penaltyLimit, "it is positive, up to penaltyLimit"),
    growth: checkNumber("growth", growth, (v) => v >= 1 && v < Infinity, "it is 1 or more"),
    penaltyLimit: checkNumber("penaltyLimit", penaltyLimit, (v) => v > 0 && v < Infinity, "it is positive"),
    tolerance: checkNumber("tolerance", tolerance, (v) => v > 0 && v < Infinity, "a tolerance is positive"),
  });
  if (isLeft(checked)) throw new InvalidOption(asked, checked.left.join("; "), "Correct these options");
  return checked.right;
};

const settleBounds = (inner: GradientTransformation | Optimizer, given: Bounds): Pick<Settled, "bounds" | "kept"> => {
  const bounds = given.lower === -Infinity && given.upper === Infinity ? undefined : given;
  if (inner.kind === "gradient transformation") return { bounds, kept: bounds };
  if (bounds !== undefined) requireWithin(bounds, inner.bounds);
  return { bounds: bounds ?? inner.bounds, kept: inner.bounds };
};

/** Refuses an inner optimizer whose points may leave the bounds, as far as values are known. */
const requireWithin = ({ lower, upper }: Bounds, inner: Bounds | undefined): void => {
  const isWide =
    inner === undefined || exceeds("lower", less, inner.lower, lower) || exceeds("upper", greater, inner.upper, upper);
  if (!isWide) return;
  const wanted = [...wantedBound("lower", lower), ...wantedBound("upper", upper)].join(", ");
  const seen = inner === undefined ? "no bounds" : `bounds ${showBound(inner.lower)} to ${showBound(inner.upper)}`;
  throw new InvalidOption(
    asked,
    `an inner optimizer with ${seen} where ${wanted} is wanted`,
    `An inner optimizer keeps the bounds itself: write inner: optim.lbfgs({ ${wanted} }), or another with these bounds`,
  );
};

/** Whether a number of the first bound lies beyond the second's, rounded to the first's dtype. */
const exceeds = (name: string, beyond: typeof less, own: Bound, given: Bound): boolean => {
  const [first, second] = [own, given].map((bound) => flattenArrays(bound, `${asked}, ${name}`));
  const isTree = typeof own !== "number" && typeof given !== "number";
  if (isTree) requireSameTree(`the inner optimizer's ${name} in ${asked}`, second!.treedef, first!.treedef);
  const length = Math.max(first!.arrays.length, second!.arrays.length);
  return Array.from({ length }, (_, k) => {
    const [x, limit] = [first!, second!].map(({ arrays }) => arrays[arrays.length === 1 ? 0 : k]!);
    const isBeyond = any(beyond(x!, toDType(limit!, x!.dtype)));
    return isConcrete(isBeyond) && isBeyond.item() === 1;
  }).includes(true);
};

/** A bound as one would write it; none where there is none. */
const wantedBound = (name: string, bound: Bound): readonly string[] => {
  if (typeof bound !== "number") return [name];
  return Number.isFinite(bound) ? [`${name}: ${bound}`] : [];
};

const showBound = (bound: Bound): string => (typeof bound === "number" ? `${bound}` : "of a tree");
