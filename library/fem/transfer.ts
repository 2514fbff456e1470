/**
 * Between element fields and nodal scalar fields: means of the corners, and its transpose times the volume, the integrals of
 * a source with the shape functions. Each is one pass per axis.
 */
import { fullLike, mul } from "../../ops/arithmetic.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { floatsOf, requireMesh, requireTail } from "./mesh.ts";
import type { ElementField, GridMesh, ScalarField } from "./mesh.ts";
import { spreadAlong, sumsAlong } from "./neighbours.ts";
import { elementLengths } from "./system.ts";

/** The last axes of a field, as many as the mesh has. */
const meshAxes = (x: NDArray, { dimensions }: GridMesh): number[] =>
  Array.from({ length: dimensions }, (_, k) => x.ndim - dimensions + k);

/**
 * Mean of a nodal field over every element: that of its corners, exact for the shape functions of the grid.
 * @param field  shape [nely + 1, nelx + 1] or [nelz + 1, nely + 1, nelx + 1]; load cases in front
 * @returns      shape [nely, nelx] or [nelz, nely, nelx]; load cases in front
 * @throws ShapeMismatch, InvalidMesh, NotAnArray
 * Derivatives: linear, any order. Cost: one pass per axis.
 * @example elementMeans(mesh, scalarField(mesh, 20)).at(0, 0).get() // 20
 */
export const elementMeans = (mesh: GridMesh, field: ScalarField): ElementField => {
  requireMesh("elementMeans", mesh);
  const values = floatsOf("elementMeans, the field", field);
  requireTail("elementMeans", values, mesh.nodeShape, mesh.dimensions);
  const sums = meshAxes(values, mesh).reduce(sumsAlong, values);
  return mul(sums, fullLike(1 / 2 ** mesh.dimensions, sums)) as NDArray as ElementField;
};

/**
 * Nodal load of a source that is given per volume and constant in every element: its integral with every shape function, an
 * equal share of each element's total to its corners.
 * @param source  shape [nely, nelx] or [nelz, nely, nelx], cases in front: heat per volume, watt per cubic metre
 * @returns       shape [nely + 1, nelx + 1] or [nelz + 1, nely + 1, nelx + 1]; the same total, watt
 * @throws ShapeMismatch, InvalidMesh, NotAnArray
 * Derivatives: linear, any order; the transpose is elementMeans times the volume of an element. Cost: one pass per axis.
 * @example np.sum(sourceLoad(mesh, elementField(mesh, 0.5))) // 4
 */
export const sourceLoad = (mesh: GridMesh, source: ElementField): ScalarField => {
  requireMesh("sourceLoad", mesh);
  const values = floatsOf("sourceLoad, the source", source);
  requireTail("sourceLoad", values, mesh.elementShape, mesh.dimensions);
  const share = elementLengths(mesh).reduce((product, length) => product * length, 1 / 2 ** mesh.dimensions);
  const shares = mul(values, fullLike(share, values));
  return meshAxes(values, mesh).reduce(spreadAlong, shares) as NDArray as ScalarField;
};
