/**
 * Element matrices of the bilinear rectangle: plane-stress elasticity, heat conduction and mass.
 * Exact integrals of products of linear shape functions, built as tensor products of three 2x2 line integrals.
 * Source: Zienkiewicz & Taylor, The Finite Element Method, vol. 1; nodes lower-left, lower-right, upper-right, upper-left.
 */

import { lineGradient, lineMass, lineStiffness } from "./line-integrals.ts";

/** Line position (0: left or lower end, 1: right or upper end) of the four corners. */
const cornerX: readonly number[] = [0, 1, 1, 0];
const cornerY: readonly number[] = [0, 0, 1, 1];

/** Integrals of N_i,x N_j,x, of N_i,y N_j,y and of N_i,x N_j,y over a width x height rectangle. */
function gradientProducts(i: number, j: number, width: number, height: number): readonly [number, number, number] {
  const xi = cornerX[i]!;
  const xj = cornerX[j]!;
  const yi = cornerY[i]!;
  const yj = cornerY[j]!;
  return [
    (height / width) * lineStiffness(xi, xj) * lineMass(yi, yj),
    (width / height) * lineMass(xi, xj) * lineStiffness(yi, yj),
    lineGradient(xi) * lineGradient(yj),
  ];
}

/**
 * Stiffness of a plane-stress rectangle with Young's modulus 1 and thickness 1.
 * @param poisson  Poisson's ratio, in (-1, 0.5]
 * @param width    edge length along x, metre
 * @param height   edge length along y, metre
 * @returns        row-major 8x8 matrix, dofs (x, y) node by node, y up
 */
export function q4PlaneStress(poisson: number, width = 1, height = 1): Float64Array {
  const direct = 1 / (1 - poisson * poisson);
  const shear = 0.5 / (1 + poisson);
  const matrix = new Float64Array(64);
  for (let i = 0; i < 4; i++) {
    for (let j = 0; j < 4; j++) {
      const [xx, yy, xy] = gradientProducts(i, j, width, height);
      const yx = gradientProducts(j, i, width, height)[2];
      matrix[16 * i + 2 * j] = direct * xx + shear * yy;
      matrix[16 * i + 2 * j + 1] = poisson * direct * xy + shear * yx;
      matrix[16 * i + 8 + 2 * j] = poisson * direct * yx + shear * xy;
      matrix[16 * i + 8 + 2 * j + 1] = direct * yy + shear * xx;
    }
  }
  return matrix;
}

/**
 * Conduction matrix of a rectangle with conductivity 1 and thickness 1.
 * @param width   edge length along x, metre
 * @param height  edge length along y, metre
 * @returns       row-major 4x4 matrix, one temperature per node
 */
export function q4Heat(width = 1, height = 1): Float64Array {
  const matrix = new Float64Array(16);
  for (let i = 0; i < 4; i++) {
    for (let j = 0; j < 4; j++) {
      const [xx, yy] = gradientProducts(i, j, width, height);
      matrix[4 * i + j] = xx + yy;
    }
  }
  return matrix;
}

/**
 * Mass matrix of a rectangle with density 1 and thickness 1: integrals of N_i N_j.
 * @param width   edge length along x, metre
 * @param height  edge length along y, metre
 * @returns       row-major 4x4 matrix, one value per node; its entries sum to the area
 */
export function q4Mass(width = 1, height = 1): Float64Array {
  return Float64Array.from({ length: 16 }, (_, k) => {
    const [i, j] = [k >> 2, k & 3];
    return width * height * lineMass(cornerX[i]!, cornerX[j]!) * lineMass(cornerY[i]!, cornerY[j]!);
  });
}
