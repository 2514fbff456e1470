/**
 * Connectivity of a regular grid of quadrilaterals or bricks in the library's numbering.
 * Nodes are row-major over [nely+1, nelx+1] and row 0 is the top edge; elements are row-major over [nely, nelx].
 * Bricks put layers in front, nodes over [nelz+1, nely+1, nelx+1], elements over [nelz, nely, nelx]; layer 0 is z = 0.
 * Dof numbers are dofsPerNode * node + component (0: x, 1: y with y up, 2: z along layers).
 */

/**
 * Numbers in the factor of a grid, estimated from its size alone: (15 + 7 log2(b / a)) d^2 a^2 b c for a <= b <= c nodes
 * along the sides (a = 1 in the plane) and d dofs per node, or what one dense front takes if that is less.
 * Cubes of a nodes, cut by separators of a^2 nodes each, give the first term; the separators between them, n log n along a
 * sheet, the second. Measured from 1x1 to 300x300 and from 1x1x1 to 40x40x40, sheets and beams included, with one, two and
 * three dofs per node, the estimate is 1.0 to 2.71 times the length of the factor.
 * @param cells        elements per axis, in any order
 * @param dofsPerNode  1 to 3
 */
export function directFactorLength(cells: readonly number[], dofsPerNode: number): number {
  const [a, b, c] = [1, ...cells.map((count) => count + 1)].sort((left, right) => left - right).slice(-3) as [
    number,
    number,
    number,
  ];
  const dense = 4 * Math.ceil((dofsPerNode * a * b * c) / 4);
  return Math.min(dense ** 2, (15 + 7 * Math.log2(b / a)) * dofsPerNode ** 2 * a * a * b * c);
}

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

/**
 * Node numbers of every brick: lower-left, lower-right, upper-right, upper-left of its layer of nodes with smaller z,
 * then the same four of the layer with larger z.
 * @param nelx  number of elements along x, >= 1
 * @param nely  number of elements along y, >= 1
 * @param nelz  number of elements along z, >= 1
 * @returns     node numbers, element by element, length 8 * nelx * nely * nelz
 */
export function brickElementNodes(nelx: number, nely: number, nelz: number): Int32Array {
  const layerNodes = gridElementNodes(nelx, nely);
  const nodesPerLayer = (nelx + 1) * (nely + 1);
  const nodes = new Int32Array(2 * layerNodes.length * nelz);
  let at = 0;
  for (let layer = 0; layer < nelz; layer++) {
    for (let element = 0; element < layerNodes.length; element += 4) {
      for (let side = 0; side < 2; side++) {
        const first = (layer + side) * nodesPerLayer;
        for (let corner = 0; corner < 4; corner++) nodes[at++] = first + layerNodes[element + corner]!;
      }
    }
  }
  return nodes;
}
