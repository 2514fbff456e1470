/**
 * The diagonal of K(E) plus springs to ground, and the smallest accepted pivots that are measured against it.
 */
import type { Analysis } from "./analysis.ts";
import type { ElementValues } from "./multifrontal.ts";
import { workspaceOf } from "./workspace.ts";

/** Diagonal of K(E) plus springs, per dof. */
export function assembleDiagonal(analysis: Analysis, values: ElementValues, diagonal: Float64Array): void {
  const { elementNodes, elementCount, nodesPerElement, dofsPerNode } = analysis;
  const { elementMatrix, modulus, springs } = values;
  const size = nodesPerElement * dofsPerNode;
  const step = elementMatrix.length === size * size ? 0 : size * size;
  if (springs === undefined) diagonal.fill(0);
  else diagonal.set(springs);
  let at = 0;
  for (let element = 0; element < elementCount; element++) {
    const scale = modulus[element]!;
    let entry = element * step;
    for (let corner = 0; corner < nodesPerElement; corner++) {
      const end = (elementNodes[at++]! + 1) * dofsPerNode;
      for (let dof = end - dofsPerNode; dof < end; dof++) {
        diagonal[dof] = diagonal[dof]! + scale * elementMatrix[entry]!;
        entry += size + 1;
      }
    }
  }
}

/**
 * Smallest accepted pivot per position: a fraction of the diagonal; half of the unit pivots of fixed dofs and padding. In the
 * workspace of the analysis, valid until the next call.
 */
export function thresholdsOf(analysis: Analysis, values: ElementValues, fraction: number): Float64Array {
  const { dofAt } = analysis;
  const { diagonal, threshold } = workspaceOf(analysis);
  assembleDiagonal(analysis, values, diagonal);
  for (let position = 0; position < dofAt.length; position++) {
    const dof = dofAt[position]!;
    threshold[position] = dof === -1 ? 0.5 : fraction * diagonal[dof]!;
  }
  return threshold;
}
