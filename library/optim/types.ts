/**
 * Two shapes of optimizers, both pure { init, update }. A gradient transformation makes additive steps of gradients and
 * composes with others (chain); an optimizer sees values, bounds and constraints too and says which point comes next.
 * A state is a tree of arrays and nothing else: it passes through jit, vmap and scan, and can be saved and restored.
 */
import type { NDArray } from "../../src/array/ndarray.ts";

/** A tree of arrays: what can be saved, compiled and mapped. */
export type ArrayTree = NDArray | null | readonly ArrayTree[] | { readonly [name: string]: ArrayTree };

/** One number for all variables, or a tree like the parameters whose leaves are numbers or arrays. */
export type Bound = number | ArrayTree | BoundTree;
type BoundTree = readonly Bound[] | { readonly [name: string]: Bound };

export interface Bounds {
  readonly lower: Bound;
  readonly upper: Bound;
}

export interface GradientTransformation {
  readonly kind: "gradient transformation";
  /** State before the first step. */
  readonly init: <P>(params: P) => ArrayTree;
  /** Steps to be added to the parameters (applyUpdates), and the next state. */
  readonly update: <P>(gradients: P, state: ArrayTree, params: P) => readonly [updates: P, state: ArrayTree];
}

/** What a search method is told of the point that it asked for. */
export interface Evaluation<P> {
  /** Objective: a scalar, to be made small. */
  readonly value: NDArray;
  /** Its gradient: tree of the parameters. */
  readonly gradient: P;
  /** Shape [m]; each is satisfied where it is 0 or less. */
  readonly constraints?: NDArray;
  /** Their gradients: tree of the parameters, every array with an axis of length m in front, as jacrev gives it. */
  readonly constraintGradients?: P;
}

export interface Optimizer {
  readonly kind: "optimizer";
  /** State before the first evaluation; `params` is the point that is evaluated first. */
  readonly init: <P>(params: P) => ArrayTree;
  /** From the evaluation of `params` to the point to be evaluated next; one call, one evaluation. */
  readonly update: <P>(
    evaluation: Evaluation<P>,
    state: ArrayTree,
    params: P,
  ) => readonly [params: P, state: ArrayTree];
  /** Between which it keeps every parameter: numbers, or trees like the parameters. Missing where it keeps none. */
  readonly bounds?: Bounds;
  /**
   * Whether it goes on after a value that is no number, as a line search does with a shorter step; where it does not, a
   * run ends there.
   */
  readonly recovers?: boolean;
  /** Whether it compares values with earlier ones: where the function has changed, it has to begin anew (init). */
  readonly comparesValues?: boolean;
  /** Whether further evaluations have nothing to add: the point stays. Of a concrete state; never, where it is missing. */
  readonly isDone?: (state: ArrayTree) => boolean;
  /** What the last step did, in words and numbers; of a concrete state. */
  readonly report?: (state: ArrayTree) => Readonly<Record<string, number | string | boolean>>;
}
