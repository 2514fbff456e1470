/**
 * Systems for the tests of kernels/sparse: grids with supports, moduli, and a dense solver to compare with.
 * The dense side shares nothing with the kernels but the numbering: it assembles K entry by entry.
 */

import fc from "fast-check";
import { type Analysis, analyzeElements } from "../../../kernels/sparse/analysis.ts";
import { gridElementNodes } from "../../../kernels/sparse/grid.ts";
import { nestedDissection } from "../../../kernels/sparse/nested-dissection.ts";

export interface Grid {
  readonly nelx: number;
  readonly nely: number;
}

/** Dof of component c (0: x, 1: y) at a grid node. */
export const dofAt = ({ nelx }: Grid, row: number, column: number, c: number): number =>
  2 * (row * (nelx + 1) + column) + c;

export const dofCount = ({ nelx, nely }: Grid): number => 2 * (nelx + 1) * (nely + 1);

/** Flags of the listed dofs. */
export function flags(count: number, dofs: readonly number[]): Uint8Array {
  const fixed = new Uint8Array(count);
  for (const dof of dofs) fixed[dof] = 1;
  return fixed;
}

/** Every dof of the left edge, or of one component of it. */
export const leftEdge = (grid: Grid, components: readonly number[]): number[] =>
  Array.from({ length: grid.nely + 1 }, (_, row) => components.map((c) => dofAt(grid, row, 0, c))).flat();

export const cantilever = (grid: Grid): Uint8Array => flags(dofCount(grid), leftEdge(grid, [0, 1]));

/** Half of a beam on two supports: symmetry on the left, a roller at the lower right corner. */
export const halfBeam = (grid: Grid): Uint8Array =>
  flags(dofCount(grid), [...leftEdge(grid, [0]), dofAt(grid, grid.nely, grid.nelx, 1)]);

export const analyzeGrid = (grid: Grid, fixed: Uint8Array, dofsPerNode = 2): Analysis =>
  analyzeElements({
    nodeCount: (grid.nelx + 1) * (grid.nely + 1),
    dofsPerNode,
    elementNodes: gridElementNodes(grid.nelx, grid.nely),
    nodesPerElement: 4,
    order: nestedDissection([grid.nely, grid.nelx]),
    fixed,
  });

/** Dense K(E) plus springs, rows and columns of fixed dofs replaced by those of the identity. */
export function denseMatrix(
  analysis: Analysis,
  elementMatrix: Float64Array,
  modulus: Float64Array,
  springs?: Float64Array,
): Float64Array[] {
  const { dofCount: n, elementNodes, nodesPerElement, dofsPerNode, fixed } = analysis;
  const size = nodesPerElement * dofsPerNode;
  const K = Array.from({ length: n }, () => new Float64Array(n));
  for (let e = 0; e < modulus.length; e++) {
    const dofs = Array.from({ length: size }, (_, a) => {
      const node = elementNodes[e * nodesPerElement + Math.floor(a / dofsPerNode)]!;
      return node * dofsPerNode + (a % dofsPerNode);
    });
    dofs.forEach((row, a) =>
      dofs.forEach((column, b) => (K[row]![column]! += modulus[e]! * elementMatrix[a * size + b]!)),
    );
  }
  for (let i = 0; i < n; i++) {
    K[i]![i]! += springs?.[i] ?? 0;
    for (let j = 0; j < n; j++) if (fixed[i] === 1 || fixed[j] === 1) K[i]![j] = i === j ? 1 : 0;
  }
  return K;
}

/** Solves a dense system by elimination with row exchanges; zero at fixed dofs. */
export function denseSolve(matrix: readonly Float64Array[], rhs: Float64Array, fixed: Uint8Array): Float64Array {
  const n = rhs.length;
  const A = matrix.map((row, i) => Float64Array.of(...row, fixed[i] === 1 ? 0 : rhs[i]!));
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(A[i]![k]!) > Math.abs(A[pivot]![k]!)) pivot = i;
    [A[k], A[pivot]] = [A[pivot]!, A[k]!];
    for (let i = k + 1; i < n; i++) {
      const factor = A[i]![k]! / A[k]![k]!;
      if (factor !== 0) for (let j = k; j <= n; j++) A[i]![j]! -= factor * A[k]![j]!;
    }
  }
  const x = new Float64Array(n);
  for (let i = n - 1; i >= 0; i--) {
    let sum = A[i]![n]!;
    for (let j = i + 1; j < n; j++) sum -= A[i]![j]! * x[j]!;
    x[i] = sum / A[i]![i]!;
  }
  return x;
}

/** Largest absolute entry. */
export const maxNorm = (v: Float64Array): number => v.reduce((max, value) => Math.max(max, Math.abs(value)), 0);

/** Numbers from a seed, uniform in (0, 1). */
export function uniform(count: number, seed: number): Float64Array {
  let state = (seed * 2654435761) >>> 0 || 1;
  return Float64Array.from({ length: count }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return ((state >>> 0) + 0.5) / 2 ** 32;
  });
}

/** Grids small enough for a dense solve; shrinks towards one element. */
export const smallGrids: fc.Arbitrary<Grid> = fc.record({
  nelx: fc.integer({ min: 1, max: 9 }),
  nely: fc.integer({ min: 1, max: 7 }),
});

export const seeds: fc.Arbitrary<number> = fc.integer({ min: 1, max: 1_000_000 });
