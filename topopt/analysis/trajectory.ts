/**
 * Trajectories of parameters: the plane in which one moves most, and its track there.
 *   points p_i, centred c_i = p_i - mean p; G = C C^T = U diag(l) U^T is small; directions C^T u_k / sqrt(l_k)
 * Source: Sirovich 1987 (the method of snapshots); Li, Xu, Taylor, Studer & Goldstein 2018, section 7, for trajectories of networks.
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import { showValue } from "../../src/describe.ts";
import { InvalidOption } from "../../src/error.ts";
import { requireOptions } from "../../src/options.ts";
import { diagonal } from "../../library/numpy/diagonals.ts";
import { less, mul, sub } from "../../library/numpy/elementwise.ts";
import { slice } from "../../library/numpy/indexing.ts";
import { concatenate, stack } from "../../library/numpy/joining.ts";
import { toDType } from "../../library/numpy/operand.ts";
import { matmul } from "../../library/numpy/products.ts";
import { flip } from "../../library/numpy/rearranging.ts";
import { sum } from "../../library/numpy/reductions.ts";
import { where } from "../../library/numpy/selection.ts";
import { mean } from "../../library/numpy/statistics.ts";
import { eigh, qr } from "../../library/linalg/decompositions.ts";
import { solve } from "../../library/linalg/solving.ts";
import { leavesLike } from "../../library/optim/tree-arithmetic.ts";
import { ravelTree } from "../../library/ravel-tree.ts";
import type { FlatArrays } from "../../transforms/flat.ts";
import { parametersOf } from "./directions.ts";

export interface PrincipalOptions {
  /** Directions wanted: 2 by default, 1 for points on a line. */
  readonly count?: 1 | 2;
}

/** Directions in which points spread most. */
export interface PrincipalDirections<P> {
  /** Orthonormal trees like a point, for the options of `landscape`; signed so that the last point is not behind the mean. */
  readonly directions: readonly P[];
  /** Along each direction: sum of squares about the mean over points - 1. */
  readonly variances: readonly number[];
  /** Each variance as a share of that in all directions, from 0 to 1. */
  readonly explained: readonly number[];
}

/** Points in the coordinates of some directions. */
export interface ProjectedTrajectory {
  /** Shape [points, directions]: p is nearest to at + coordinates . directions. */
  readonly coordinates: NDArray;
  /** Share of the points' variance that lies in the directions, from 0 to 1; 1 where they do not move. */
  readonly explained: number;
}

/** Eigenvalues of the Gram matrix below this share of the largest are rounding: it squares what the points have. */
const leastShare = 1e-13;

/** Directions at a smaller angle, in radians, count as parallel. */
const leastAngle = 1e-8;

/** All numbers of a tree behind one another, in float64. */
const vectorOf = (leaves: readonly NDArray[]): NDArray =>
  concatenate(leaves.map((x) => toDType(x.reshape([x.size]), "float64")));

const requirePoints = (asked: string, points: unknown, least: number): void => {
  if (!Array.isArray(points) || points.length < least)
    throw new InvalidOption(
      asked,
      Array.isArray(points) ? `${points.length} points` : `points ${showValue(points)}`,
      `Give a list of ${least} trees of parameters or more`,
    );
};

/** A row of float64 per tree, all like the first. */
const rowsLike = (asked: string, first: FlatArrays, trees: readonly unknown[]): NDArray =>
  stack(trees.map((tree) => vectorOf(leavesLike(asked, first, tree))));

const parametersWithNumbers = (asked: string, tree: unknown): FlatArrays => {
  const params = parametersOf(asked, tree);
  if (params.arrays.every((x) => x.size === 0))
    throw new InvalidOption(asked, "trees without a number", "Give trees of float arrays");
  return params;
};

const centred = (rows: NDArray): NDArray => sub(rows, mean(rows, { axis: 0, keepdims: true }));

const squares = (x: NDArray): readonly number[] => Array.from(sum(mul(x, x), { axis: 0 }).toTypedArray(), Number);

const totalOf = (squared: readonly number[]): number => squared.reduce((total, value) => total + value, 0);

/** A share of a whole, kept from exceeding it by rounding. */
const shareOf = (part: number, whole: number): number => Math.min(1, part / whole);

const requireSpread = (asked: string, eigenvalues: readonly number[], count: number): void => {
  const spread = eigenvalues.slice(0, count).findIndex((value) => !(value > leastShare * eigenvalues[0]!));
  if (spread < 0) return;
  throw new InvalidOption(
    asked,
    `points that spread in ${spread === 0 ? "no direction" : "one direction"} where count is ${count}`,
    spread === 0 ? "Give points that are finite and not all equal" : "Ask for { count: 1 }",
  );
};

const requireDirections = <P>(asked: string, directions: readonly P[]): readonly P[] => {
  if (Array.isArray(directions) && directions.length > 0) return directions;
  throw new InvalidOption(asked, `directions ${showValue(directions)}`, "Give a list of one tree or more");
};

/** The diagonal of the triangular factor says what each direction adds to those before. */
const requireIndependent = (asked: string, columns: NDArray, triangle: NDArray): void => {
  const lengths = squares(columns).map(Math.sqrt);
  const added = Array.from(diagonal(triangle).toTypedArray(), Math.abs);
  const k = lengths.findIndex((length, column) => !(length < Infinity && (added[column] ?? 0) > leastAngle * length));
  if (k < 0) return;
  throw new InvalidOption(
    asked,
    `direction ${k} of length ${lengths[k]}, of which ${added[k] ?? 0} is not along those before`,
    "Give finite directions, none of which is a combination of the others",
  );
};

/**
 * The first two principal directions of a trajectory: the plane through the mean of the points that is nearest to all of them.
 * @param points   trees of floats of one structure and shape, concrete: 3 or more (2 for one direction)
 * @param options  count
 * @returns        { directions, variances, explained }, the largest variance first
 * @throws InvalidOption for points that do not spread in so many directions (to 3e-7 of their largest spread), UnknownOption,
 *   TreeMismatch, ShapeMismatch, DTypeMismatch
 * Cost: points^2 products of parameters, and an eigenvalue problem of the size of the points; memory of all points in float64.
 * @example
 * const points = [0, 1, 2, 3].map((t) => ({ w: array([3 * t, 4 * t]), b: array([t % 2]) }));
 * const { directions, explained } = principalDirections(points);
 * directions[0].w // [0.5995..., 0.7993...]
 * explained[0] + explained[1] // 1
 */
export const principalDirections = <P>(
  points: readonly P[],
  options: PrincipalOptions = {},
): PrincipalDirections<P> => {
  const asked = "principalDirections";
  requireOptions(asked, options, ["count"]);
  const { count = 2 } = options;
  if (count !== 1 && count !== 2) throw new InvalidOption(asked, `count ${showValue(count)}`, "Give 1 or 2");
  requirePoints(asked, points, count + 1);
  const rows = centred(rowsLike(asked, parametersWithNumbers(asked, points[0]), points));
  const [ascending, vectors] = eigh(matmul(rows, rows.T));
  requireSpread(asked, Array.from(ascending.toTypedArray(), Number).reverse(), count);
  const [basis] = qr(matmul(rows.T, flip(vectors, 1).at(slice(), slice(0, count)).get()));
  const coordinates = matmul(rows, basis);
  const signs = where(less(coordinates.at(-1).get(), 0), -1, 1);
  const [, restore] = ravelTree(points[0]!);
  const spread = squares(coordinates);
  const total = totalOf(squares(rows));
  return {
    directions: spread.map((_, k) => restore(mul(basis, signs).at(slice(), k).get()) as P),
    variances: spread.map((value) => value / (points.length - 1)),
    explained: spread.map((value) => shareOf(value, total)),
  };
};

/**
 * Points in the coordinates of directions through `at`, by least squares: directions need neither be orthogonal nor of length 1.
 * @param points      trees of floats of one structure and shape, concrete: 1 or more
 * @param at          where the coordinates are zero: the parameters in the middle of a landscape
 * @param directions  a landscape's directions, or principal ones
 * @returns           { coordinates, explained }
 * @throws InvalidOption for directions of which one is a multiple of another (to 1e-8), or without a finite length, TreeMismatch,
 *   ShapeMismatch, DTypeMismatch
 * Cost: a few products of parameters per point; memory of all points in float64.
 * @example
 * const points = [[0, 0, 1], [1, 2, 1]].map((p) => array(p));
 * const plane = [array([1, 0, 0]), array([1, 1, 0])];
 * projectTrajectory(points, array([0, 0, 0]), plane).coordinates // [[0, 0], [-1, 2]]
 * projectTrajectory(points, array([0, 0, 0]), plane).explained // 1
 */
export const projectTrajectory = <P>(points: readonly P[], at: P, directions: readonly P[]): ProjectedTrajectory => {
  const asked = "projectTrajectory";
  requirePoints(asked, points, 1);
  const params = parametersWithNumbers(asked, at);
  const rows = rowsLike(asked, params, points);
  const columns = rowsLike(asked, params, requireDirections(asked, directions)).T;
  const [basis, triangle] = qr(columns);
  requireIndependent(asked, columns, triangle);
  const inBasis = matmul(sub(rows, vectorOf(params.arrays)), basis);
  const moved = centred(rows);
  const total = totalOf(squares(moved));
  return {
    coordinates: solve(triangle, inBasis.T).T,
    explained: total === 0 ? 1 : shareOf(totalOf(squares(matmul(moved, basis))), total),
  };
};
