/**
 * Connectivity of a regular grid of quadrilaterals in the library's numbering.
 * Nodes are row-major over [nely+1, nelx+1] and row 0 is the top edge; elements are row-major over [nely, nelx].
 * Dof numbers are dofsPerNode * node + component (0: x, 1: y with y up).
 */

/**
 * Numbers in the factor of a grid, estimated from its size alone: 14 n log2(s + 1), n dofs, s nodes along the shorter side.
 * Nested dissection's n log n, where the separators are as long as the shorter side. Measured from 1x1 to 1600x400 and
 * 100000x2 with two dofs per node, the factor has 5.0 to 13.8 times n log2(s + 1).
 */
export const gridFactorLength = (nelx: number, nely: number, dofsPerNode: number): number =>
  14 * dofsPerNode * (nelx + 1) * (nely + 1) * Math.log2(Math.min(nelx, nely) + 2);

/**
 * Node numbers of every element, lower-left, lower-right, upper-right, upper-left.
 * @param nelx  number of elements along x, >= 1
 * @param nely  number of elements along y, >= 1
 * @returns     node numbers, element by element, length 4 * nelx * nely
 */
export function gridElementNodes(nelx: number, nely: number): Int32Array {
  const nodes = new Int32Array(4 * nelx * nely);
  let at = 0;
  for (let row = 0; row < nely; row++) {
    for (let column = 0; column < nelx; column++) {
      const upperLeft = row * (nelx + 1) + column;
      const lowerLeft = upperLeft + nelx + 1;
      nodes[at++] = lowerLeft;
      nodes[at++] = lowerLeft + 1;
      nodes[at++] = upperLeft + 1;
      nodes[at++] = upperLeft;
    }
  }
  return nodes;
}
