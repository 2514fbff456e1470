/**
 * Matrices of the coarser grids for given moduli (Galerkin: P' K P). Elements are built from their children, depth first, so
 * that only one matrix per grid exists at a time; on its way up each is added to its grid's stored matrix.
 */
import { cornersOf, placeOf } from "./geometry.ts";
import type { GalerkinKernels, StencilKernels } from "./kernels.ts";
import type { Layout } from "./layout.ts";
import type { Plan } from "./plan.ts";

/** Adds springs to the matrix of an element of the second grid. */
const addSprings = (matrix: Float64Array, springs: readonly Float64Array[]): void => {
  for (const weights of springs)
    weights.forEach((left, row) => {
      if (left === 0) return;
      weights.forEach((right, column) => (matrix[row * weights.length + column]! += left * right));
    });
};

const clearDofs = (matrix: Float64Array, dofs: readonly number[]): void => {
  const size = Math.sqrt(matrix.length);
  for (const dof of dofs)
    for (let k = 0; k < size; k++) {
      matrix[dof * size + k] = 0;
      matrix[k * size + dof] = 0;
    }
};

/** @param base  address of the hierarchy */
export const buildCoarse = (
  plan: Plan,
  layout: Layout,
  buffer: ArrayBufferLike,
  base: number,
  galerkin: GalerkinKernels,
  stencils: readonly (StencilKernels | undefined)[],
): void => {
  const { grids, elementSize, springsOf } = plan;
  const dimension = grids[0]!.geometry.cells.length;
  const corners = cornersOf(dimension);
  const bytes = 8 * elementSize ** 2;
  const at = (place: number): number => base + place;
  const matrixAt = (address: number): Float64Array => new Float64Array(buffer, address, elementSize ** 2);
  const scratch = at(layout.matrices + bytes * grids.length);
  // Index of the element being built, per grid.
  const elements = grids.map(() => new Array<number>(dimension).fill(0));
  const numberOf = (level: number): number => {
    const { cells } = grids[level]!.geometry;
    let number = 0;
    for (let axis = 0; axis < dimension; axis++) number = number * cells[axis]! + elements[level]![axis]!;
    return number;
  };
  const buildElement = (level: number, matrix: number): void => {
    const own = elements[level]!;
    const children = elements[level - 1]!;
    if (level === 1) {
      for (let axis = 0; axis < dimension; axis++) children[axis] = 2 * own[axis]!;
      galerkin.combine(at(layout.modulus), at(layout.kindAt), 8 * placeOf(grids[0]!.geometry, children), matrix);
    } else {
      matrixAt(matrix).fill(0);
      const child = at(layout.matrices + bytes * (level - 1));
      corners.forEach((corner, c) => {
        for (let axis = 0; axis < dimension; axis++) children[axis] = 2 * own[axis]! + corner[axis]!;
        buildElement(level - 1, child);
        stencils[level - 1]!.add(at(layout.grids[level - 1]!.stencil), children, child);
        galerkin.promote(child, c, scratch, matrix);
      });
    }
    const { stillOf } = grids[level]!;
    const hasSprings = level === 1 && springsOf.size > 0;
    if (stillOf.size === 0 && !hasSprings) return;
    const number = numberOf(level);
    const springs = hasSprings ? springsOf.get(number) : undefined;
    if (springs !== undefined) addSprings(matrixAt(matrix), springs);
    const still = stillOf.get(number);
    if (still !== undefined) clearDofs(matrixAt(matrix), still);
  };
  new Float64Array(buffer, at(layout.stencils), (layout.stencilsEnd - layout.stencils) / 8).fill(0);
  const last = grids.length - 1;
  const { cells } = grids[last]!.geometry;
  const count = cells.reduce((product, own) => product * own, 1);
  const coarsest = elements[last]!;
  for (let k = 0; k < count; k++) {
    buildElement(last, at(layout.coarsest + bytes * k));
    for (let axis = dimension - 1; axis >= 0 && ++coarsest[axis]! === cells[axis]!; axis--) coarsest[axis] = 0;
  }
};
