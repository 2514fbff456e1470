/**
 * One sweep over the fronts: assemble elements and children's update matrices, eliminate, keep the panel.
 * The element matrices of K(E) = sum of E_e P_e' K0 P_e go straight into the fronts; K itself is never formed.
 * Source: Duff & Reid 1983; Liu 1992.
 */

import { type Analysis, panelOffset } from "./analysis.ts";
import { extendAdd, factorPivots, factorUpdates } from "./front-kernels.ts";
import { blockTriangleLength } from "./update-rows.ts";

/** Values of one matrix. */
export interface ElementValues {
  /** Matrix of every element for modulus 1, row-major, symmetric: one for all of them, or one for each, one after the other. */
  readonly elementMatrix: Float64Array;
  /** Scale per element. */
  readonly modulus: Float64Array;
  /** Stiffness of a spring to ground per dof. */
  readonly springs?: Float64Array | undefined;
}

/** Adds the lower triangle of scale * elementMatrix into the panel and the update matrix of its front. */
function addElement(
  elementMatrix: Float64Array,
  first: number,
  scale: number,
  local: Int32Array,
  map: number,
  size: number,
  factor: Float64Array,
  panel: number,
  pivots: number,
  stack: Float64Array,
  update: number,
): void {
  for (let a = 0; a < size; a++) {
    const row = local[map + a]!;
    if (row < 0) continue;
    const panelRow = panel + (row >> 2) * 4 * pivots + (row & 3);
    const block = (row - pivots) >> 2;
    const updateRow = update + 8 * block * (block + 1) + (row & 3) - 4 * pivots;
    for (let b = 0; b < size; b++) {
      const column = local[map + b]!;
      if (column < 0 || column > row) continue;
      const value = scale * elementMatrix[first + a * size + b]!;
      if (column < pivots) factor[panelRow + 4 * column] = factor[panelRow + 4 * column]! + value;
      else stack[updateRow + 4 * column] = stack[updateRow + 4 * column]! + value;
    }
  }
}

/** Adds springs to the pivots of front s. */
function addSprings(analysis: Analysis, s: number, springs: Float64Array, factor: Float64Array): void {
  const first = analysis.pivotStart[s]!;
  const pivots = analysis.pivotStart[s + 1]! - first;
  const panel = analysis.panelStart[s]!;
  for (let local = 0; local < pivots; local++) {
    const dof = analysis.dofAt[first + local]!;
    if (dof === -1) continue;
    const at = panel + panelOffset(local, local, pivots);
    factor[at] = factor[at]! + springs[dof]!;
  }
}

/** Fills the front of supernode s; its panel must hold only unit pivots so far. */
function assembleFront(
  analysis: Analysis,
  s: number,
  values: ElementValues,
  factor: Float64Array,
  stack: Float64Array,
): void {
  const {
    elementStart,
    frontElements,
    elementLocal,
    childStart,
    children,
    rowStart,
    rowCount,
    parentLocal,
    updateStart,
  } = analysis;
  const size = analysis.nodesPerElement * analysis.dofsPerNode;
  const panel = analysis.panelStart[s]!;
  const pivots = analysis.pivotStart[s + 1]! - analysis.pivotStart[s]!;
  const update = updateStart[s]!;
  stack.fill(0, update, update + blockTriangleLength(rowStart[s + 1]! - rowStart[s]!));
  for (let at = elementStart[s]!; at < elementStart[s + 1]!; at++) {
    const scale = values.modulus[frontElements[at]!]!;
    const own = values.elementMatrix.length === size * size ? 0 : frontElements[at]! * size * size;
    addElement(values.elementMatrix, own, scale, elementLocal, at * size, size, factor, panel, pivots, stack, update);
  }
  if (values.springs !== undefined) addSprings(analysis, s, values.springs, factor);
  for (let at = childStart[s]!; at < childStart[s + 1]!; at++) {
    const child = children[at]!;
    extendAdd(
      stack,
      updateStart[child]!,
      parentLocal,
      rowStart[child]!,
      rowCount[child]!,
      factor,
      panel,
      pivots,
      update,
    );
  }
}

/**
 * Factors all fronts in order.
 * @param factor     overwritten
 * @param stack      working memory of analysis.stackLength numbers
 * @param threshold  smallest accepted pivot per position
 * @returns          undefined, or position and value of the first pivot refused
 */
export function eliminate(
  analysis: Analysis,
  values: ElementValues,
  factor: Float64Array,
  stack: Float64Array,
  threshold: Float64Array,
): { readonly position: number; readonly pivot: number } | undefined {
  const { supernodeCount, pivotStart, panelStart, rowStart, updateStart, unitPivots } = analysis;
  factor.fill(0);
  for (const at of unitPivots) factor[at] = 1;
  for (let s = 0; s < supernodeCount; s++) {
    const position = pivotStart[s]!;
    const pivots = pivotStart[s + 1]! - position;
    const panel = panelStart[s]!;
    assembleFront(analysis, s, values, factor, stack);
    const refused = factorPivots(factor, panel, pivots, threshold, position);
    if (refused !== -1) {
      return { position: position + refused, pivot: factor[panel + panelOffset(refused, refused, pivots)]! };
    }
    factorUpdates(factor, panel, pivots, rowStart[s + 1]! - rowStart[s]!, stack, updateStart[s]!);
  }
  return undefined;
}
