/**
 * The V-cycle against the polynomial that its smoother is meant to be, on diagonal matrices, where every entry is an eigenvector;
 * and as a preconditioner, which has to be symmetric and positive.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runCycle, smootherReach } from "../../../kernels/multigrid/cycle.ts";
import type { Cycle } from "../../../kernels/multigrid/cycle.ts";
import { smoothingBound } from "../../../kernels/multigrid/smoothing-bounds.ts";
import { referenceKernels } from "../../../kernels/multigrid/reference.ts";
import { randomNumbers } from "./elements.ts";

/** What k steps leave of an error at x = 1 - 2 t: W_k(x) / (2 k + 1), W_k(cos a) = sin((k + 1/2) a) / sin(a / 2). */
const left = (steps: number, t: number): number => {
  const angle = t <= 1 ? Math.acos(1 - 2 * t) : Math.acosh(2 * t - 1);
  const polynomial =
    t <= 1
      ? Math.sin((steps + 0.5) * angle) / Math.sin(angle / 2)
      : ((-1) ** steps * Math.cosh((steps + 0.5) * angle)) / Math.cosh(angle / 2);
  return polynomial / (2 * steps + 1);
};

const stepCounts = [1, 2, 3, 4, 8] as const;
const size = 8;
const coarseSize = 4;

/** A matrix times a vector, or its transpose. */
const times = (matrix: Float64Array, vector: Float64Array, isTransposed = false): Float64Array => {
  const columns = isTransposed ? matrix.length / vector.length : vector.length;
  const rows = matrix.length / vector.length;
  return Float64Array.from({ length: rows }, (_, row) =>
    vector.reduce((sum, value, k) => sum + matrix[isTransposed ? k * columns + row : row * columns + k]! * value, 0),
  );
};

interface TwoGrids {
  /** K on the finer grid. */
  readonly matrix: Float64Array;
  /** The smoother's D, whether the diagonal of K or another. */
  readonly diagonal: Float64Array;
  /** P, and what stands for the inverse on the coarser grid: none without them. */
  readonly transfer?: Float64Array;
  readonly coarse?: Float64Array;
  readonly steps: number;
  readonly bound: number;
}

/** r to B r. */
const cycled = ({
  matrix,
  diagonal,
  transfer = new Float64Array(size * coarseSize),
  coarse = new Float64Array(coarseSize ** 2),
  steps,
  bound,
}: TwoGrids) => {
  const buffer = new ArrayBuffer(7 * 8 * size);
  const field = (address: number, length = size): Float64Array => new Float64Array(buffer, address, length);
  const place = (k: number): number => 8 * k * size;
  const [right, solution, rest, move, inverse, below, above] = [
    place(0),
    place(1),
    place(2),
    place(3),
    place(4),
    place(5),
    place(6),
  ];
  const fields = { right, solution, rest, move, inverse, still: 0, stencil: 0, tables: 0 };
  const cycle: Cycle = {
    grids: [
      {
        fields,
        count: size,
        bound,
        steps,
        stillCount: 0,
        residual: (u, r, out) => {
          const image = times(matrix, field(u));
          field(out).set(field(r).map((value, k) => value - image[k]!));
        },
        transfer: {
          restrict: (from, to) => field(to).set(times(transfer, field(from), true)),
          prolong: (from, to) =>
            times(transfer, field(from, coarseSize)).forEach((value, k) => (field(to)[k]! += value)),
        },
      },
    ],
    coarsest: {
      fields: { ...fields, right: below, solution: above },
      stillCount: 0,
      solve: () => field(above).set(times(coarse, field(below, coarseSize))),
    },
    vectors: referenceKernels(buffer).vectors(),
  };
  return (r: Float64Array): Float64Array => {
    // What the fields held before does not matter.
    new Float64Array(buffer).fill(0.7);
    field(inverse).set(diagonal.map((value) => 1 / value));
    field(right).set(r);
    runCycle(cycle);
    return field(solution).slice();
  };
};

const diagonalMatrix = (entries: Float64Array): Float64Array =>
  Float64Array.from({ length: size * size }, (_, k) => (k % (size + 1) === 0 ? entries[k % size]! : 0));

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, k) => sum + value * b[k]!, 0);

describe("the smoother", () => {
  test.each(stepCounts)(
    "of %d steps, before and after, leaves the square of the polynomial of the fourth kind",
    (steps) => {
      fc.assert(
        fc.property(fc.nat(), (seed) => {
          const random = randomNumbers(seed);
          const bound = 2 + random();
          const ratios = Float64Array.from({ length: size }, () => 0.75 * (random() + 1));
          const diagonal = Float64Array.from({ length: size }, () => Math.exp(3 * random()));
          const eigenvalues = ratios.map((ratio, k) => ratio * bound * diagonal[k]!);
          const forces = Float64Array.from({ length: size }, random);
          const seen = cycled({ matrix: diagonalMatrix(eigenvalues), diagonal, steps, bound })(forces);
          seen.forEach((value, k) => {
            const rest = left(steps, ratios[k]!) ** 2;
            const gap = Math.abs((eigenvalues[k]! * value) / forces[k]! - (1 - rest));
            expect(gap).toBeLessThanOrEqual(1e-12 * (1 + rest));
          });
        }),
        { numRuns: 20 },
      );
    },
  );

  test.each(stepCounts)(
    "of %d steps makes every error smaller up to its reach, and not 2 percent beyond it",
    (steps) => {
      const reach = smootherReach(steps);
      for (let k = 1; k <= 1000; k++) expect(Math.abs(left(steps, (k / 1000) * reach))).toBeLessThan(1);
      expect(Math.abs(left(steps, 1.02 * reach))).toBeGreaterThan(1);
    },
  );
});

describe("the cycle", () => {
  test.each(stepCounts)("with %d steps is symmetric and positive", (steps) => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const random = randomNumbers(seed);
        const root = Float64Array.from({ length: size * size }, random);
        const matrix = Float64Array.from({ length: size * size }, (_, k) => {
          const [row, column] = [Math.floor(k / size), k % size];
          return dot(root.subarray(row * size, (row + 1) * size), root.subarray(column * size, (column + 1) * size));
        });
        const transfer = Float64Array.from({ length: size * coarseSize }, random);
        // No more than the inverse of P' K P, whose eigenvalues are below its trace.
        const columns = Array.from({ length: coarseSize }, (_, column) =>
          transfer.filter((_v, k) => k % coarseSize === column),
        );
        const trace = columns.reduce((sum, column) => sum + dot(column, times(matrix, column)), 0);
        const coarse = Float64Array.from({ length: coarseSize ** 2 }, (_, k) =>
          k % (coarseSize + 1) === 0 ? 1 / trace : 0,
        );
        const diagonal = matrix.filter((_, k) => k % (size + 1) === 0);
        const bound = smoothingBound(matrix) / smootherReach(steps);
        const apply = cycled({ matrix, diagonal, transfer, coarse, steps, bound });
        const [u, v] = [0, 1].map(() => Float64Array.from({ length: size }, random)) as [Float64Array, Float64Array];
        const [ofU, ofV] = [apply(u), apply(v)];
        const scale = Math.sqrt(dot(u, u) * dot(ofV, ofV));
        expect(Math.abs(dot(v, ofU) - dot(u, ofV))).toBeLessThanOrEqual(
          1e-12 * Math.max(scale, Math.sqrt(dot(v, v) * dot(ofU, ofU))),
        );
        expect(dot(u, ofU)).toBeGreaterThan(0);
      }),
      { numRuns: 20 },
    );
  });
});
