/**
 * Weight of a structure as nodal forces: each element's density times its area (volume) times the weight of solid material,
 * in equal shares to its nodes - what the integral of the bilinear (trilinear) shape functions gives.
 * Source: Bruyneel & Duysinx 2005.
 */
import type { NDArray } from "../src/array/ndarray.ts";
import { sameShape, showShape } from "../src/array/shape.ts";
import { showValue } from "../src/describe.ts";
import { InvalidOption, ShapeMismatch } from "../src/error.ts";
import { requireMesh } from "../library/fem/mesh.ts";
import type { ElementField, GridMesh, VectorField } from "../library/fem/index.ts";
import { array } from "../library/numpy/creation.ts";
import { add, mul } from "../library/numpy/elementwise.ts";
import { asOperand, toDType } from "../library/numpy/operand.ts";
import { expandDims } from "../library/numpy/manipulation.ts";
import { pad } from "../library/numpy/padding.ts";

const requireWeight = ({ dimensions }: GridMesh, weight: readonly number[]): void => {
  if (Array.isArray(weight) && weight.length === dimensions && weight.every(Number.isFinite)) return;
  throw new InvalidOption(
    "selfWeight",
    `weight ${showValue(weight)}`,
    dimensions === 3 ? "Give three finite numbers, [x, y, z]" : "Give two finite numbers, [x, y]",
  );
};

/** Sum over the elements around every node: along each axis a node has the element before it and the one behind. */
const aroundNodes = (field: NDArray): NDArray => {
  const axes = field.shape.map((_, axis) => axis);
  return axes.reduce<NDArray>((sums, axis) => {
    const padded = (before: number, after: number): NDArray =>
      pad(
        sums,
        axes.map((own): readonly [number, number] => (own === axis ? [before, after] : [0, 0])),
      );
    return add(padded(0, 1), padded(1, 0));
  }, field);
};

/**
 * Nodal forces of the weight of a structure, to be added to its load.
 * @param density  physical density per element, shape [nely, nelx] or [nelz, nely, nelx]
 * @param weight   [x, y] or [x, y, z]: force per unit of density and of area (volume), newton; [0, -1] points down
 * @returns        shape of a displacement, float64; its total is sum(density) * area of an element * weight
 * @throws ShapeMismatch for a density of another shape, InvalidOption for a weight that is not finite numbers, one per axis
 * Derivatives: linear in the density, any order. Cost: four (eight) additions per node.
 * @example selfWeight(mesh, elementField(mesh, 0.5), [0, -1]).at(0, null, 1).get() // [-0.125, -0.25, -0.25, -0.25, -0.125]
 * @example np.sum(selfWeight(mesh, elementField(mesh, 0.5), [0, -1])) // -4
 */
export const selfWeight = (mesh: GridMesh, density: ElementField, weight: readonly number[]): VectorField => {
  requireMesh("selfWeight", mesh);
  requireWeight(mesh, weight);
  const { shape } = asOperand("selfWeight", density);
  if (!sameShape(shape, mesh.elementShape))
    throw new ShapeMismatch(
      "selfWeight",
      `a density of shape ${showShape(shape)}`,
      `This mesh needs ${showShape(mesh.elementShape)}: ${mesh.dimensions === 3 ? "layers, " : ""}rows from the top, then columns`,
    );
  const volumes = mesh.size.map((length, axis) => length / mesh.elementShape[mesh.dimensions - 1 - axis]!);
  const share = volumes.reduce((product, length) => product * length, 1) / 2 ** mesh.dimensions;
  const forces = array(weight.map((component) => component * share));
  return mul(expandDims(aroundNodes(toDType(density, "float64")), -1), forces) as VectorField;
};
