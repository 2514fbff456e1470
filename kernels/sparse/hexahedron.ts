/**
 * Element matrices of the trilinear brick: isotropic elasticity, heat conduction and mass.
 * Exact integrals of products of trilinear shape functions, built as tensor products of 2x2 line integrals.
 * Source: Zienkiewicz & Taylor, The Finite Element Method, vol. 1; nodes lower-left, lower-right, upper-right,
 * upper-left of the layer with smaller z, then the same four of the layer with larger z.
 */

import { lineGradient, lineMass, lineStiffness } from "./line-integrals.ts";

/** Line positions (0: lower end, 1: upper end) of the eight corners, one row for each of x, y, z. */
const corners: readonly (readonly number[])[] = [
  [0, 1, 1, 0, 0, 1, 1, 0],
  [0, 0, 1, 1, 0, 0, 1, 1],
  [0, 0, 0, 0, 1, 1, 1, 1],
];

/** Integrals of N_i,a N_j,b over a brick with these edge lengths at 3 a + b; at (j, i) the transpose, to the bit. */
function gradientProducts(i: number, j: number, lengths: readonly number[]): number[] {
  const products = Array.from({ length: 9 }, () => 1);
  for (let axis = 0; axis < 3; axis++) {
    const from = corners[axis]![i]!;
    const to = corners[axis]![j]!;
    for (let a = 0; a < 3; a++) {
      for (let b = 0; b < 3; b++) {
        if (a === axis && b === axis) products[3 * a + b]! *= lineStiffness(from, to) / lengths[axis]!;
        else if (a === axis) products[3 * a + b]! *= lineGradient(from);
        else if (b === axis) products[3 * a + b]! *= lineGradient(to);
        else products[3 * a + b]! *= lineMass(from, to) * lengths[axis]!;
      }
    }
  }
  return products;
}

/**
 * Stiffness of an isotropic brick with Young's modulus 1.
 * @param poisson  Poisson's ratio, in (-1, 0.5); at 0.5 the material is incompressible and the stiffness infinite
 * @param width    edge length along x, metre
 * @param height   edge length along y, metre
 * @param depth    edge length along z, metre
 * @returns        row-major 24x24 matrix, dofs (x, y, z) node by node, y up
 */
export function h8Elasticity(poisson: number, width = 1, height = 1, depth = 1): Float64Array {
  const shear = 0.5 / (1 + poisson);
  const lame = poisson / ((1 + poisson) * (1 - 2 * poisson));
  const lengths = [width, height, depth];
  const matrix = new Float64Array(576);
  for (let i = 0; i < 8; i++) {
    for (let j = 0; j < 8; j++) {
      const products = gradientProducts(i, j, lengths);
      const laplacian = products[0]! + products[4]! + products[8]!;
      for (let a = 0; a < 3; a++) {
        for (let b = 0; b < 3; b++) {
          const coupling = lame * products[3 * a + b]! + shear * products[3 * b + a]!;
          matrix[24 * (3 * i + a) + 3 * j + b] = a === b ? coupling + shear * laplacian : coupling;
        }
      }
    }
  }
  return matrix;
}

/**
 * Conduction matrix of a brick with conductivity 1.
 * @param width   edge length along x, metre
 * @param height  edge length along y, metre
 * @param depth   edge length along z, metre
 * @returns       row-major 8x8 matrix, one temperature per node
 */
export function h8Heat(width = 1, height = 1, depth = 1): Float64Array {
  const lengths = [width, height, depth];
  const matrix = new Float64Array(64);
  for (let i = 0; i < 8; i++) {
    for (let j = 0; j < 8; j++) {
      const products = gradientProducts(i, j, lengths);
      matrix[8 * i + j] = products[0]! + products[4]! + products[8]!;
    }
  }
  return matrix;
}

/**
 * Mass matrix of a brick with density 1: integrals of N_i N_j.
 * @param width   edge length along x, metre
 * @param height  edge length along y, metre
 * @param depth   edge length along z, metre
 * @returns       row-major 8x8 matrix, one value per node; its entries sum to the volume
 */
export function h8Mass(width = 1, height = 1, depth = 1): Float64Array {
  return Float64Array.from({ length: 64 }, (_, k) =>
    corners.reduce((product, corner) => product * lineMass(corner[k >> 3]!, corner[k & 7]!), width * height * depth),
  );
}
