/**
 * What a family of the suite is, with the rounding that its definitions are stated in and the load most of them share.
 */
import { nodalLoad } from "../../../library/fem/index.ts";
import type { GridMesh, Support, VectorField } from "../../../library/fem/index.ts";
import { allColumns, crossings } from "../rows-and-columns.ts";

/**
 * Elements along x and y, the fraction asked for, and for families that repeat something how: the spacing of points or
 * storeys in elements, or the number of flights.
 */
export type Size = readonly [nelx: number, nely: number, volumeFraction: number, repeat?: number];

export interface Conditions {
  readonly supports: readonly Support[];
  readonly load: VectorField;
}

export interface Family {
  readonly name: string;
  readonly sizes: readonly Size[];
  readonly conditions: (mesh: GridMesh, repeat: number) => Conditions;
  /** Whether material may be in an element; everywhere where this is absent. */
  readonly isOpen?: (mesh: GridMesh, column: number, row: number) => boolean;
}

/** To the nearest whole number, halves to the even one: the rounding that the definitions are stated in. */
export const rounded = (value: number): number => {
  const below = Math.floor(value);
  const part = value - below;
  return part > 0.5 || (part === 0.5 && below % 2 !== 0) ? below + 1 : below;
};

/** A deck: 1 / nelx down at each of the nelx + 1 nodes of a row, so that the total is a little more than 1. */
export const deckLoad = (mesh: GridMesh, ...rows: readonly number[]): VectorField =>
  nodalLoad(crossings(mesh, allColumns(mesh), rows), [0, -1 / mesh.nelx]);
