/**
 * Transforms of functions of a tree whose type is not known yet. Their public types follow the trees that functions name; for
 * a tree `P` of a caller they say nothing, so it is said here, once.
 */
import { NDArray } from "../../src/array/ndarray.ts";
import type { Backend } from "../../src/backend/index.ts";
import { array } from "../../library/numpy/creation.ts";
import * as tree from "../../src/tree/index.ts";
import { jit } from "../../transforms/jit.ts";
import { jvp } from "../../transforms/jvp.ts";
import { grad, valueAndGrad } from "../../transforms/vjp.ts";
import type { Continuation } from "../parameterization.ts";

/** A scalar of parameters. */
export type ScalarOf<P> = (params: P, at: Continuation) => NDArray;

export const gradientOf = <P>(f: ScalarOf<P>): ((params: P, at: Continuation) => P) => grad(f as never) as never;

export const valueAndGradient = <P>(f: ScalarOf<P>): ((params: P, at: Continuation) => [NDArray, P]) =>
  valueAndGrad(f as never) as never;

/** The derivative along a direction. */
export const derivativeAlong = <P>(f: (params: P) => NDArray, params: P, direction: P): NDArray =>
  jvp(f as never, [params] as never, [direction] as never)[1] as NDArray;

export const compiled = <Args extends readonly unknown[], R>(
  f: (...args: Args) => R,
  backend: Backend,
): ((...args: Args) => R) => jit(f as never, { backend }) as never;

/** A tree whose numbers are arrays, as transforms take them. */
export const arrayTree = <P>(params: P): P =>
  tree.map(
    ((leaf: unknown) => (leaf instanceof NDArray ? leaf : array(leaf as number))) as never,
    params as never,
  ) as P;

/** The arrays of a tree, in its order. */
export const arraysOf = (params: unknown): readonly NDArray[] => tree.leaves(params) as readonly NDArray[];

/** A tree of the arrays that `f` makes of those at the same place in trees of one kind. */
export const mapTogether = <P>(f: (...leaves: NDArray[]) => NDArray, first: P, ...others: readonly P[]): P =>
  tree.map(f as never, first as never, ...(others as never[])) as P;

/** A tree like another one, of other arrays. */
export const likeTree = <P>(params: P, arrays: readonly NDArray[]): P =>
  tree.unflatten(tree.structure(params) as never, arrays as never) as P;
