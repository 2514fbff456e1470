/**
 * Matrices of the coarser grids for given moduli (Galerkin: P' K P). Elements are built from their children, depth first, so
 * that only one matrix per grid exists at a time; on its way up each is added to its grid's stored matrix.
 */
import { cornersOf, countOf, forEachRow, indexIn, placeOf } from "./geometry.ts";
import type { Machine } from "./hierarchy.ts";
import { clearDofs } from "./interpolation.ts";
import { fieldNumbers } from "./layout.ts";
import type { Plan } from "./plan.ts";

/** Adds springs to the matrix of an element of the second grid. */
const addSprings = (matrix: Float64Array, springs: readonly Float64Array[]): void => {
  for (const weights of springs)
    weights.forEach((left, row) => {
      if (left === 0) return;
      weights.forEach((right, column) => (matrix[row * weights.length + column]! += left * right));
    });
};

/** Finishes the matrix of an element that its children have been added up in: springs, and dofs that do not move. */
const finishElement = (
  { grids, springsOf }: Plan,
  level: number,
  at: readonly number[],
  matrix: () => Float64Array,
): void => {
  const { clearedOf, geometry } = grids[level]!;
  const hasSprings = level === 1 && springsOf.size > 0;
  if (clearedOf.size === 0 && !hasSprings) return;
  const number = indexIn(geometry.cells, at);
  const springs = hasSprings ? springsOf.get(number) : undefined;
  if (springs !== undefined) addSprings(matrix(), springs);
  const cleared = clearedOf.get(number);
  if (cleared !== undefined) clearDofs(matrix(), cleared);
};

/** Computes the stored matrices and those of the coarsest elements from the moduli in memory. */
const buildCoarse = (plan: Plan, { layout, galerkin, stencils, doubles }: Machine): void => {
  const { grids, elementSize } = plan;
  const dimension = grids[0]!.geometry.cells.length;
  const corners = cornersOf(dimension);
  const bytes = 8 * elementSize ** 2;
  const matrixAt = (address: number): Float64Array => doubles(address, elementSize ** 2);
  const scratch = layout.matrices + bytes * grids.length;
  // Indices of the element being built, per grid.
  const elements = grids.map(() => new Array<number>(dimension).fill(0));
  const buildElement = (level: number, matrix: number): void => {
    const own = elements[level]!;
    const children = elements[level - 1]!;
    if (level === 1) {
      for (let axis = 0; axis < dimension; axis++) children[axis] = 2 * own[axis]!;
      galerkin.combine(layout.modulus, layout.kindAt, 8 * placeOf(grids[0]!.geometry, children), matrix);
    } else {
      matrixAt(matrix).fill(0);
      const child = layout.matrices + bytes * (level - 1);
      corners.forEach((corner, c) => {
        for (let axis = 0; axis < dimension; axis++) children[axis] = 2 * own[axis]! + corner[axis]!;
        buildElement(level - 1, child);
        stencils[level - 1]!.add(layout.grids[level - 1]!.stencil, children, child);
        galerkin.promote(child, c, scratch, matrix);
      });
    }
    finishElement(plan, level, own, () => matrixAt(matrix));
  };
  doubles(layout.stencils, (layout.stencilsEnd - layout.stencils) / 8).fill(0);
  const last = grids.length - 1;
  const { cells } = grids[last]!.geometry;
  const element = elements[last]!;
  for (let k = 0; k < countOf(cells); k++) {
    buildElement(last, layout.coarsestMatrices + bytes * k);
    // The next element in rows.
    for (let axis = dimension - 1; axis >= 0 && ++element[axis]! === cells[axis]!; axis--) element[axis] = 0;
  }
};

/** One over the diagonals of all grids but the coarsest. */
const invertDiagonals = ({ layout, elements, stencils, vectors, doubles }: Machine, plan: Plan): void =>
  plan.grids.slice(0, -1).forEach((grid, level) => {
    const { inverse, still, stencil } = layout.grids[level]!;
    const count = fieldNumbers(plan, grid);
    if (level === 0) {
      elements.diagonal(layout.modulus, inverse);
      const diagonal = doubles(inverse, count);
      for (const { place, stiffness } of plan.springs) diagonal[place / 8]! += stiffness;
    } else stencils[level]!.diagonal(stencil, inverse);
    vectors.invert(inverse, count);
    vectors.clear(still, grid.still.length, inverse);
  });

/**
 * Computes all grids of a design.
 * @param cells  elements per axis, those that were filled in left out
 * @returns      where the matrices of the coarsest elements lie, one after the other
 */
export const computeGrids = (
  machine: Machine,
  plan: Plan,
  cells: readonly number[],
  modulus: Float64Array,
): (() => Float64Array) => {
  const { layout, doubles } = machine;
  const { geometry } = plan.grids[0]!;
  const field = doubles(layout.modulus, geometry.length);
  const width = cells.at(-1)!;
  forEachRow(cells, (start, first) => field.set(modulus.subarray(first, first + width), placeOf(geometry, start)));
  buildCoarse(plan, machine);
  invertDiagonals(machine, plan);
  return () => doubles(layout.coarsestMatrices, plan.coarsestAnalysis.elementCount * plan.elementSize ** 2);
};
