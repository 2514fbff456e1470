/**
 * One V-cycle: smoothing, a correction from the next coarser grid, smoothing. The smoother is the Chebyshev polynomial of the
 * fourth kind in D^-1 K, which needs nothing but an upper bound of the eigenvalues; before and after the correction it is the
 * same, so that the cycle is a symmetric preconditioner.
 * Source: Lottes 2023, Optimal polynomial smoothers for multigrid V-cycles, Numer. Linear Algebra Appl. 30, e2518.
 */
import type { TransferKernels, VectorKernels } from "./kernels.ts";
import type { GridFields } from "./layout.ts";

/** What the cycle does on one grid. */
export interface CycleGrid {
  readonly fields: GridFields;
  /** Numbers of a field. */
  readonly count: number;
  readonly bound: number;
  /** Smoothing steps before and after the correction. */
  readonly steps: number;
  /** out = r - K u, 0 where nothing moves. */
  readonly residual: (u: number, r: number, out: number) => void;
  /** Number of dofs that do not move. */
  readonly stillCount: number;
  /** To and from the next coarser grid. */
  readonly transfer: TransferKernels;
}

export interface Cycle {
  readonly grids: readonly CycleGrid[];
  readonly coarsest: Pick<CycleGrid, "fields" | "stillCount"> & {
    /** From its `right` to its `solution`. */
    readonly solve: () => void;
  };
  readonly vectors: VectorKernels;
}

/** Weights of the smoother's step k = 1, 2, ..: of the step before it, and of D^-1 times the residual. */
const stepWeights = (k: number, bound: number): readonly [number, number] => [
  (2 * k - 3) / (2 * k + 1),
  (8 * k - 4) / ((2 * k + 1) * bound),
];

/** What so many steps leave of an error whose eigenvalue is t times the bound: W_k(1 - 2 t) / (2 k + 1). */
const remainder = (steps: number, t: number): number => {
  const x = 1 - 2 * t;
  let [before, own] = [1, 2 * x + 1];
  for (let k = 1; k < steps; k++) [before, own] = [own, 2 * x * own - before];
  return own / (2 * steps + 1);
};

/**
 * Of how far a smoother makes errors smaller, so much is used: a choice, by which the worst of them become 0.98 as large with
 * one step, 0.95 with two, 0.65 with eight.
 */
const safety = 0.99;

/**
 * How far beyond the bound that it is made for a smoother still makes every error smaller: 1.5 for one step, 1.25 for two, less
 * a little. Bounds that hold for any design are too large for most; the smoother is made for one smaller by this factor.
 */
export const smootherReach = (steps: number): number => {
  let [low, high] = [1, 2];
  while (high - low > 1e-6) {
    const middle = (low + high) / 2;
    if (Math.abs(remainder(steps, middle)) < 1) low = middle;
    else high = middle;
  }
  return safety * low;
};

/** Smooths from zero; leaves the residual in `rest`. */
const smoothFromZero = ({ fields, count, bound, steps, residual }: CycleGrid, vectors: VectorKernels): void => {
  const { right, solution, rest, move, inverse } = fields;
  const [, first] = stepWeights(1, bound);
  vectors.scale(solution, inverse, right, count, first);
  if (steps === 1) return residual(solution, right, rest);
  vectors.scale(move, inverse, right, count, first);
  residual(move, right, rest);
  for (let k = 2; k <= steps; k++) {
    vectors.step(move, solution, inverse, rest, count, ...stepWeights(k, bound));
    residual(move, rest, rest);
  }
};

/** Smooths what there is. */
const smoothOn = ({ fields, count, bound, steps, residual }: CycleGrid, vectors: VectorKernels): void => {
  const { right, solution, rest, move, inverse } = fields;
  residual(solution, right, rest);
  const [, first] = stepWeights(1, bound);
  if (steps === 1) return vectors.correct(solution, inverse, rest, count, first);
  vectors.step(move, solution, inverse, rest, count, 0, first);
  for (let k = 2; k <= steps; k++) {
    residual(move, rest, rest);
    vectors.step(move, solution, inverse, rest, count, ...stepWeights(k, bound));
  }
};

/** solution = B right on the grid of this level, B symmetric and close to the inverse of K. */
export const runCycle = (cycle: Cycle, level = 0): void => {
  const { grids, coarsest, vectors } = cycle;
  const grid = grids[level];
  if (grid === undefined) return coarsest.solve();
  const { fields, transfer, stillCount } = grid;
  const coarse = grids[level + 1] ?? coarsest;
  smoothFromZero(grid, vectors);
  transfer.restrict(fields.rest, coarse.fields.right);
  vectors.clear(coarse.fields.still, coarse.stillCount, coarse.fields.right);
  runCycle(cycle, level + 1);
  transfer.prolong(coarse.fields.solution, fields.solution);
  vectors.clear(fields.still, stillCount, fields.solution);
  smoothOn(grid, vectors);
};
