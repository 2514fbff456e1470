/**
 * Landscapes: values of a loss on a line or in a plane through given parameters.
 *   values[i, j] = loss(at + alphas[i] d1 + betas[j] d2)
 * Source: Goodfellow, Vinyals & Saxe 2015 (lines); Li, Xu, Taylor, Studer & Goldstein 2018 (planes, filter normalization).
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import { showShape } from "../../src/array/shape.ts";
import type { Backend } from "../../src/backend/index.ts";
import { showValue } from "../../src/describe.ts";
import { InvalidOption, NotAScalar } from "../../src/error.ts";
import { requireOptions } from "../../src/options.ts";
import { array } from "../../library/numpy/creation.ts";
import { add, mul } from "../../library/numpy/elementwise.ts";
import { asOperand, toDType } from "../../library/numpy/operand.ts";
import { key as keyOf, requireKey } from "../../library/random/keys.ts";
import { requireFunction } from "../../transforms/flat.ts";
import type { FlatArrays } from "../../transforms/flat.ts";
import { jit } from "../../transforms/jit.ts";
import { vmap } from "../../transforms/vmap.ts";
import {
  givenDirections,
  innerProduct,
  normalizeFilters,
  orthogonalFilters,
  orthogonalTree,
  parametersOf,
  randomDirections,
  treeOf,
} from "./directions.ts";
import type { DirectionLeaves } from "./directions.ts";

/** Half the width of an interval around 0, or its ends, in units of the direction. */
export type Span = number | readonly [low: number, high: number];

export interface LandscapeOptions<P> {
  /**
   * One or two trees like the parameters, as principalDirections and other landscapes have them. Without: random ones, every
   * number normal.
   */
  readonly directions?: readonly P[];
  /** Random directions: 1 for a line, 2 (default) for a plane. */
  readonly dimensions?: 1 | 2;
  /** Of random directions, 0 by default. */
  readonly seed?: number;
  /** In the place of a seed. */
  readonly key?: NDArray;
  /**
   * "filter": every filter in the norm of the parameters' filter, vectors and scalars at zero. "none": as they are.
   * Default "filter" for random directions; "none" for given ones, whose length and biases mean something.
   */
  readonly normalize?: "filter" | "none";
  /**
   * Whether the second direction loses its part along the first, filter by filter under "filter". Default false: random
   * directions are nearly orthogonal as it is, to about 1 / sqrt(parameters).
   */
  readonly orthogonal?: boolean;
  /** Of both axes, or of each; 1 by default: [-1, 1]. */
  readonly span?: Span | { readonly alpha: Span; readonly beta: Span };
  /** Along each axis: odd, so that the middle of a symmetric span is 0. Default 21. */
  readonly points?: number;
  /** Points that are evaluated at a time, by vmap. Default 1, which needs the memory of one. */
  readonly chunk?: number;
  /** As jit's. */
  readonly backend?: Backend;
}

/** A loss along one or two directions. */
export interface Landscape<P> {
  /** Shape [points], rising. */
  readonly alphas: NDArray;
  /** Shape [points], rising; null for a line. */
  readonly betas: NDArray | null;
  /** Shape [points], or [points, points] with alphas along the first axis; what is not finite stays as it is. */
  readonly values: NDArray;
  /** One or two, as used: after normalization. */
  readonly directions: readonly P[];
}

const asked = "landscape";

const optionNames = [
  "directions",
  "dimensions",
  "seed",
  "key",
  "normalize",
  "orthogonal",
  "span",
  "points",
  "chunk",
  "backend",
];

const spanNames = ["alpha", "beta"];

const refuse = (name: string, value: unknown, remedy: string): never => {
  throw new InvalidOption(asked, `${name} ${showValue(value)}`, remedy);
};

// --- Directions -------------------------------------------------------------------------------

/** Given directions, or random ones, before anything is scaled. */
const startingDirections = <P>(params: FlatArrays, options: LandscapeOptions<P>): readonly DirectionLeaves[] => {
  const { directions, dimensions = 2, seed = 0, key } = options;
  if (directions !== undefined) {
    if (!Array.isArray(directions) || directions.length < 1 || directions.length > 2)
      refuse("directions", directions, "Give a list of one tree or two");
    for (const name of ["dimensions", "seed", "key"] as const)
      if (options[name] !== undefined) refuse(name, options[name], "It is for random directions; leave it out");
    return givenDirections(asked, params, directions);
  }
  if (dimensions !== 1 && dimensions !== 2) refuse("dimensions", dimensions, "Give 1 for a line, 2 for a plane");
  if (key !== undefined && options.seed !== undefined) refuse("seed", seed, "Give a seed or a key");
  return randomDirections(params, key === undefined ? keyOf(seed) : requireKey(asked, key), dimensions);
};

const requireLength = (direction: DirectionLeaves, k: number, remedy: string): void => {
  const square = innerProduct(direction, direction);
  if (square > 0 && square < Infinity) return;
  throw new InvalidOption(asked, `direction ${k} has the norm ${Math.sqrt(square)} when it is used`, remedy);
};

/** The directions of the landscape. */
const directionsOf = <P>(params: FlatArrays, options: LandscapeOptions<P>): readonly DirectionLeaves[] => {
  const { normalize = options.directions === undefined ? "filter" : "none", orthogonal = false } = options;
  if (normalize !== "filter" && normalize !== "none") refuse("normalize", normalize, 'Use "filter" or "none"');
  if (typeof orthogonal !== "boolean") refuse("orthogonal", orthogonal, "Give true or false");
  const [first, second] = startingDirections(params, options);
  if (second === undefined && orthogonal) refuse("orthogonal", true, "A line has one direction; leave it out");
  const isFiltered = normalize === "filter";
  const turn = isFiltered ? orthogonalFilters : orthogonalTree;
  const turned = second === undefined ? [first!] : [first!, orthogonal ? turn(first!, second) : second];
  const used = isFiltered ? turned.map((direction) => normalizeFilters(params, direction)) : turned;
  const remedy = isFiltered
    ? 'Filters are columns of matrices: without any, or at parameters that are zero or not finite, use normalize "none"'
    : "Give finite directions with a length, of which none is a multiple of the other where they shall be orthogonal";
  used.forEach((direction, k) => requireLength(direction, k, remedy));
  return used;
};

// --- Axes -------------------------------------------------------------------------------------

/** Symmetric to the bit where the span is, with the ends as they were given. */
const axisOf = (span: Span, points: number): readonly number[] => {
  const ends: readonly number[] = typeof span === "number" ? [-span, span] : Array.isArray(span) ? span : [];
  const [low = NaN, high = NaN] = ends;
  if (!(Number.isFinite(low) && Number.isFinite(high) && low < high))
    refuse("span", span, "Give a positive number, or [low, high] with low below high; for each axis { alpha, beta }");
  const steps = points - 1;
  return Array.from({ length: points }, (_, k) => low * ((steps - k) / steps) + high * (k / steps));
};

const axesOf = <P>(options: LandscapeOptions<P>, dimensions: number): readonly (readonly number[])[] => {
  const { span = 1, points = 21 } = options;
  if (!Number.isSafeInteger(points) || points < 3 || points % 2 === 0)
    refuse("points", points, "Give an odd whole number from 3");
  if (typeof span === "number" || Array.isArray(span))
    return Array.from({ length: dimensions }, () => axisOf(span as Span, points));
  requireOptions(`${asked}, span`, span, spanNames, true);
  if (dimensions === 1) refuse("span", span, "A line has one span");
  const { alpha, beta } = span as { readonly alpha: Span; readonly beta: Span };
  return [axisOf(alpha, points), axisOf(beta, points)];
};

// --- Values -----------------------------------------------------------------------------------

/** The loss at one point of the plane: a traced function of its coordinates. */
const lossAlong =
  <P>(loss: (params: P) => NDArray, params: FlatArrays) =>
  (steps: readonly NDArray[], at: DirectionLeaves, directions: readonly DirectionLeaves[]): NDArray => {
    const moved = at.map((p, leaf) =>
      directions.reduce((x, direction, k) => add(x, mul(toDType(steps[k]!, p.dtype), direction[leaf]!)), p),
    );
    const value = asOperand(`${asked}, the loss`, loss(treeOf<P>(params, moved)));
    if (value.ndim > 0)
      throw new NotAScalar(asked, `the loss has shape ${showShape(value.shape)}`, "Reduce it to a scalar: np.sum(..)");
    return value;
  };

/** All points of the grid, the last axis fastest. */
const gridOf = (axes: readonly (readonly number[])[]): readonly (readonly number[])[] =>
  axes.reduce<readonly (readonly number[])[]>(
    (points, axis) => points.flatMap((point) => axis.map((place) => [...point, place])),
    [[]],
  );

type Along = ReturnType<typeof lossAlong>;

/** Values of a function of points, `chunk` at a time; the last chunk is filled up with its last point. */
const valuesOf = (
  along: Along,
  grid: readonly (readonly number[])[],
  fixed: readonly [at: DirectionLeaves, directions: readonly DirectionLeaves[]],
  { chunk, backend }: { readonly chunk: number; readonly backend: Backend },
): { readonly numbers: readonly number[]; readonly dtype: NDArray["dtype"] } => {
  const f = chunk === 1 ? along : (vmap(along as never, { inAxes: [0, null, null] }) as unknown as Along);
  const compiled = jit(f as never, { backend }) as unknown as Along;
  const numbers: number[] = [];
  let dtype: NDArray["dtype"] = "float64";
  for (let start = 0; start < grid.length; start += chunk) {
    const points = Array.from({ length: chunk }, (_, k) => grid[Math.min(start + k, grid.length - 1)]!);
    const steps = points[0]!.map((_, axis) =>
      chunk === 1 ? array(points[0]![axis]!) : array(points.map((point) => point[axis]!)),
    );
    const values = compiled(steps, ...fixed);
    ({ dtype } = values);
    numbers.push(...Array.from(values.toTypedArray(), Number).slice(0, grid.length - start));
  }
  return { numbers, dtype };
};

/**
 * Values of a scalar loss on a line or in a plane through parameters, along random or given directions.
 * @param loss     pure function of a tree like `at`, to a scalar; it may be one that is traced
 * @param at       the parameters in the middle: any tree of floats, concrete
 * @param options  directions, or dimensions with seed or key; normalize, orthogonal, span, points, chunk, backend
 * @returns        { alphas, betas, values, directions }; values in the dtype of the loss, NaN and infinities among them kept
 * @throws InvalidOption also for a direction of zero or endless length, UnknownOption, InvalidKey, NotAScalar, TreeMismatch,
 *   ShapeMismatch, DTypeMismatch
 * Equal seeds give equal bits. The middle of a symmetric span is loss(at). Not differentiable: values are read.
 * Cost: one trace, and as many evaluations as there are points: points^2 in a plane.
 * @example
 * const bowl = (p) => np.sum(p.x.square());
 * const { alphas, values } = landscape(bowl, { x: array([3, 0]) }, { directions: [{ x: array([0, 1]) }], points: 3, span: 2 });
 * alphas // [-2, 0, 2]
 * values // [13, 9, 13]
 * @example landscape((w) => np.sum(np.sin(w)), np.ones([3, 2]), { seed: 1, points: 5 }).values.shape // [5, 5]
 */
export const landscape = <P>(loss: (params: P) => NDArray, at: P, options: LandscapeOptions<P> = {}): Landscape<P> => {
  requireFunction(asked, loss);
  requireOptions(asked, options, optionNames, false, { span: spanNames });
  const { chunk = 1, backend = "auto" } = options;
  if (!Number.isSafeInteger(chunk) || chunk < 1) refuse("chunk", chunk, "Give a whole number from 1");
  const params = parametersOf(asked, at);
  const directions = directionsOf(params, options);
  const axes = axesOf(options, directions.length);
  const grid = gridOf(axes);
  const along = lossAlong(loss, params) as Along;
  const { numbers, dtype } = valuesOf(along, grid, [params.arrays, directions], { chunk, backend });
  return {
    alphas: array(axes[0]!),
    betas: axes[1] === undefined ? null : array(axes[1]),
    values: array(numbers, { dtype, shape: axes.map((axis) => axis.length) }),
    directions: directions.map((leaves) => treeOf<P>(params, leaves)),
  };
};
