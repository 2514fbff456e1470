/**
 * Sparse Cholesky of a symmetric positive definite matrix of any origin, front by front (multifrontal): every entry off the
 * diagonal is an element of two nodes, the diagonal is what springs are to structures, and the order is minimum degree.
 * The factor has a length that does not depend on the values.
 * Source: Duff & Reid 1983; Liu 1992; element systems: analysis.ts, elimination: multifrontal.ts.
 */
import { analyzeElements, panelOffset } from "./analysis.ts";
import type { Analysis } from "./analysis.ts";
import { adjacencyOf, columnOfEntries } from "./compressed-columns.ts";
import type { ColumnPattern } from "./compressed-columns.ts";
import type { Determinant } from "./determinant.ts";
import type { FactorKernel } from "./factor-kernel.ts";
import { minimumDegree } from "./minimum-degree.ts";
import { eliminate } from "./multifrontal.ts";
import { solve } from "./solve.ts";
import { workspaceOf } from "./workspace.ts";

/** Everything but the values. */
export interface DefiniteAnalysis {
  readonly fronts: Analysis;
  /** Slot of the entry of every element: those below the diagonal. */
  readonly below: Int32Array;
  /** Slot of every diagonal entry, -1 where there is none. */
  readonly diagonal: Int32Array;
}

interface DefiniteRefusal {
  readonly ok: false;
  /** Row, in the user's numbering. */
  readonly row: number;
  readonly pivot: number;
  readonly diagonal: number;
}

export type DefiniteStatus = { readonly ok: true } | DefiniteRefusal;

/** A kernel of this analysis whose factor can be had as an array. */
export type ReadableKernel = Pick<FactorKernel, "eliminate"> & { readonly read: (factor: Float64Array) => void };

/** A pivot below this part of its diagonal is rounding: 16 units. */
const roundingFraction = 16 * Number.EPSILON;

/** Of an element: nothing on the diagonal, its value beside it. */
const offDiagonal = Float64Array.of(0, 1, 1, 0);

/** Order and fronts. @param pattern  both triangles of a symmetric matrix */
export function analyzeDefinite(pattern: ColumnPattern): DefiniteAnalysis {
  const { rowOf, columnCount } = pattern;
  const columnOf = columnOfEntries(pattern);
  const diagonal = new Int32Array(columnCount).fill(-1);
  const below = new Int32Array(rowOf.length);
  const nodes = new Int32Array(2 * rowOf.length);
  let count = 0;
  for (let slot = 0; slot < rowOf.length; slot++) {
    if (rowOf[slot] === columnOf[slot]) diagonal[rowOf[slot]!] = slot;
    if (rowOf[slot]! <= columnOf[slot]!) continue;
    nodes[2 * count] = rowOf[slot]!;
    nodes[2 * count + 1] = columnOf[slot]!;
    below[count++] = slot;
  }
  const fronts = analyzeElements({
    nodeCount: columnCount,
    dofsPerNode: 1,
    elementNodes: nodes.slice(0, 2 * count),
    nodesPerElement: 2,
    order: minimumDegree(adjacencyOf(rowOf, columnOf, columnCount)),
    fixed: new Uint8Array(columnCount),
  });
  return { fronts, below: below.slice(0, count), diagonal };
}

const valuesAt = (slots: Int32Array, values: Float64Array): Float64Array => {
  const picked = new Float64Array(slots.length);
  for (let k = 0; k < slots.length; k++) picked[k] = slots[k] === -1 ? 0 : values[slots[k]!]!;
  return picked;
};

/**
 * The factor of a matrix.
 * @param values  entries in the slots of the pattern, all finite; of mirrored entries that below the diagonal is read
 * @param factor  receives L, fronts.factorLength numbers; of no use when refused
 * @param kernel  eliminates instead of the reference, with the same bits
 */
export function factorizeDefinite(
  { fronts, below, diagonal }: DefiniteAnalysis,
  values: Float64Array,
  factor: Float64Array,
  kernel?: ReadableKernel,
): DefiniteStatus {
  const { dofAt } = fronts;
  const springs = valuesAt(diagonal, values);
  const { threshold } = workspaceOf(fronts);
  for (let position = 0; position < dofAt.length; position++)
    threshold[position] = dofAt[position] === -1 ? 0.5 : roundingFraction * Math.abs(springs[dofAt[position]!]!);
  const matrix = { elementMatrix: offDiagonal, modulus: valuesAt(below, values), springs };
  const refused =
    kernel === undefined
      ? eliminate(fronts, matrix, factor, workspaceOf(fronts).stack, threshold)
      : kernel.eliminate(matrix, threshold);
  if (refused === undefined) {
    kernel?.read(factor);
    return { ok: true };
  }
  const row = dofAt[refused.position]!;
  return { ok: false, row, pivot: refused.pivot, diagonal: springs[row]! };
}

/**
 * x = A^-1 b with a factor of A, for right-hand sides that lie one after the other.
 * @param out  receives x; may be `rhs`
 */
export function solveDefinite(
  { fronts }: DefiniteAnalysis,
  factor: Float64Array,
  rhs: Float64Array,
  out: Float64Array,
): void {
  if (fronts.dofCount > 0) solve(fronts, factor, rhs, rhs.length / fronts.dofCount, out);
}

/** Of P' L L' P; panels hold the reciprocals of L's diagonal. */
export function definiteDeterminant({ fronts }: DefiniteAnalysis, factor: Float64Array): Determinant {
  const { dofAt, pivotStart, panelStart, supernodeCount } = fronts;
  let logSize = 0;
  for (let s = 0; s < supernodeCount; s++) {
    const [first, end] = [pivotStart[s]!, pivotStart[s + 1]!];
    for (let position = first; position < end; position++) {
      if (dofAt[position] === -1) continue;
      const at = panelStart[s]! + panelOffset(position - first, position - first, end - first);
      logSize -= 2 * Math.log(factor[at]!);
    }
  }
  return { sign: 1, logSize };
}
