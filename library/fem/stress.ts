/**
 * Strains and stresses of elastic structures at the centres of elements:
 *   strain = B u at the centre: differences along one axis, means along the others      stress = E D strain
 * plane stress in the plane, isotropic solids in space. Source: Zienkiewicz & Taylor, The Finite Element Method, vol. 1.
 * At the centre of a bilinear (trilinear) element stresses are most accurate: the superconvergent point of Barlow 1976.
 */
import { sameShape, showShape } from "../../src/array/shape.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { InvalidOption, ShapeMismatch } from "../../src/error.ts";
import { sliceAxis } from "../../ops/slicing.ts";
import { reshape } from "../../ops/shape.ts";
import { add, equal, mul, sqrt, sub } from "../numpy/elementwise.ts";
import { stack } from "../numpy/joining.ts";
import { where } from "../numpy/selection.ts";
import type { ElasticitySystem } from "./elasticity.ts";
import { floatsOf, requireMesh, requireTail } from "./mesh.ts";
import type { ElementField, GridMesh, VectorField } from "./mesh.ts";
import { differencesAlong, sumsAlong } from "./neighbours.ts";
import { elementLengths, feOf } from "./system.ts";

/** One component of the last axis, which is left out. */
const componentOf = (x: NDArray, component: number): NDArray =>
  reshape(sliceAxis(x, x.ndim - 1, component, component + 1), { shape: x.shape.slice(0, -1) });

/** Derivative along x (0), y (1) or z (2) of a nodal scalar field at the centres. Rows count downwards, y goes up. */
const slopeAlong = (mesh: GridMesh, field: NDArray, direction: number): NDArray => {
  const { dimensions } = mesh;
  let slope = field;
  for (let own = 0; own < dimensions; own++) {
    const axis = field.ndim - 1 - own;
    slope = own === direction ? differencesAlong(slope, axis) : sumsAlong(slope, axis);
  }
  const sign = direction === 1 ? -1 : 1;
  return mul(slope, sign / 2 ** (dimensions - 1) / elementLengths(mesh)[direction]!);
};

/** Pairs of directions of the shear strains, in their order. */
const shears = {
  2: [[0, 1]],
  3: [
    [0, 1],
    [1, 2],
    [2, 0],
  ],
} as const;

/** Strains as a list of components, each of the shape of an element field with load cases in front. */
const strainsOf = (asked: string, mesh: GridMesh, u: VectorField): NDArray[] => {
  const displacement = floatsOf(`${asked}, the displacement`, u);
  requireTail(asked, displacement, [...mesh.nodeShape, mesh.dimensions], mesh.dimensions);
  const parts = Array.from({ length: mesh.dimensions }, (_, component) => componentOf(displacement, component));
  return [
    ...parts.map((part, direction) => slopeAlong(mesh, part, direction)),
    ...shears[mesh.dimensions].map(([a, b]) => add(slopeAlong(mesh, parts[a]!, b), slopeAlong(mesh, parts[b]!, a))),
  ];
};

/**
 * Strains at the centres of elements.
 * @param u  displacement, shape [nely + 1, nelx + 1, 2] or [nelz + 1, nely + 1, nelx + 1, 3], metre; load cases in front
 * @returns  shape [nely, nelx, 3]: e_x, e_y, g_xy; or [nelz, nely, nelx, 6]: e_x, e_y, e_z, g_xy, g_yz, g_zx. Shear strains
 *   are engineering ones, g_xy = du_x/dy + du_y/dx
 * @throws ShapeMismatch, InvalidMesh, NotAnArray
 * Derivatives: linear, any order. Cost: some passes over the field. Exact where the displacement is linear.
 * @example
 * const u = feSolve(system, elementField(mesh, 1), problem.load);
 * elementStrains(mesh, u).shape // [2, 4, 3]
 */
export const elementStrains = (mesh: GridMesh, u: VectorField): NDArray => {
  requireMesh("elementStrains", mesh);
  return stack(strainsOf("elementStrains", mesh, u), { axis: -1 });
};

/** The moduli with axes of length 1 for load cases that they do not have; their own axes in front lead those of the field. */
const alongside = (asked: string, modulus: ElementField, strain: NDArray, { mesh }: ElasticitySystem): NDArray => {
  const moduli = floatsOf(`${asked}, the modulus`, modulus);
  requireTail(asked, moduli, mesh.elementShape, mesh.dimensions);
  const lead = moduli.shape.slice(0, moduli.ndim - mesh.dimensions);
  const cases = strain.shape.slice(0, strain.ndim - mesh.dimensions);
  if (!sameShape(lead, cases.slice(0, lead.length)))
    throw new ShapeMismatch(
      asked,
      `leading axes ${showShape(lead)} of the modulus and ${showShape(cases)} of the displacement`,
      "The modulus' leading axes must lead the displacement's too",
    );
  return reshape(moduli, { shape: [...lead, ...cases.slice(lead.length).map(() => 1), ...mesh.elementShape] });
};

const square = (x: NDArray): NDArray => mul(x, x);

const total = (parts: readonly NDArray[]): NDArray => parts.reduce((sum, part) => add(sum, part));

/** Refuses what elasticity(...) did not make: others have no stresses. */
const requireStructure = (asked: string, system: ElasticitySystem): void => {
  feOf(system, asked);
  const kind: string = system.kind;
  if (kind !== "elasticity")
    throw new InvalidOption(asked, `a system of kind ${kind}`, "Stresses are of elastic structures");
};

/** Stresses as a list of components: x, y, xy, or x, y, z, xy, yz, zx. */
const stressesOf = (asked: string, system: ElasticitySystem, modulus: ElementField, u: VectorField): NDArray[] => {
  requireStructure(asked, system);
  const { mesh, poisson } = system;
  const strains = strainsOf(asked, mesh, u);
  const moduli = alongside(asked, modulus, strains[0]!, system);
  const normal = strains.slice(0, mesh.dimensions);
  const volume = total(normal);
  // Plane stress and solids differ in the share that all normal strains have in each normal stress.
  const shear = 0.5 / (1 + poisson);
  const lame =
    mesh.dimensions === 2 ? poisson / (1 - poisson * poisson) : poisson / ((1 + poisson) * (1 - 2 * poisson));
  return [
    ...normal.map((strain) => mul(moduli, add(mul(strain, 2 * shear), mul(volume, lame)))),
    ...strains.slice(mesh.dimensions).map((strain) => mul(moduli, mul(strain, shear))),
  ];
};

/**
 * Stresses at the centres of elements.
 * @param modulus  Young's modulus per element, pascal: shape [nely, nelx] or [nelz, nely, nelx]
 * @param u        displacement, shape [nely + 1, nelx + 1, 2] or [nelz + 1, nely + 1, nelx + 1, 3], metre; load cases in front
 * @returns        pascal, shape [nely, nelx, 3]: s_x, s_y, t_xy (plane stress); or [nelz, nely, nelx, 6]: s_x, s_y, s_z,
 *   t_xy, t_yz, t_zx
 * @throws ShapeMismatch, NotAnArray; InvalidOption for what is no elastic structure
 * Derivatives: any order; linear in the moduli and in u. Cost: some passes over the field.
 * @example
 * const modulus = elementField(mesh, 1);
 * elementStresses(system, modulus, feSolve(system, modulus, problem.load)).shape // [2, 4, 3]
 */
export const elementStresses = (system: ElasticitySystem, modulus: ElementField, u: VectorField): NDArray =>
  stack(stressesOf("elementStresses", system, modulus, u), { axis: -1 });

/** Square of von Mises' stress. */
const misesSquared = (stresses: readonly NDArray[]): NDArray => {
  if (stresses.length === 3) {
    const [x, y, xy] = stresses as [NDArray, NDArray, NDArray];
    // (x^2 + y^2 + (x - y)^2) / 2 = x^2 - x y + y^2, a sum of squares.
    return add(mul(add(add(square(x), square(y)), square(sub(x, y))), 0.5), mul(square(xy), 3));
  }
  const [x, y, z, ...shear] = stresses as [NDArray, NDArray, NDArray, ...NDArray[]];
  const differences = [sub(x, y), sub(y, z), sub(z, x)];
  return add(mul(total(differences.map(square)), 0.5), mul(total(shear.map(square)), 3));
};

/**
 * Von Mises' stress at the centres of elements: that of the uniaxial tension which strains a ductile metal as much.
 * In the plane (s_x^2 - s_x s_y + s_y^2 + 3 t_xy^2)^(1/2), in space ((s_x - s_y)^2 / 2 + .. + 3 (t_xy^2 + ..))^(1/2).
 * @param modulus  Young's modulus per element, pascal
 * @param u        displacement, metre; load cases in front
 * @returns        pascal, shape [nely, nelx] or [nelz, nely, nelx]; load cases in front
 * @throws ShapeMismatch, NotAnArray; InvalidOption for what is no elastic structure
 * Derivatives: any order; 0 where the stress is 0, where it has a kink. Stresses below 1e-154 pascal count as 0, as their
 * squares do. Cost: some passes over the field.
 * @example
 * const modulus = elementField(mesh, 1);
 * vonMises(system, modulus, feSolve(system, modulus, problem.load)).shape // [2, 4]
 */
export const vonMises = (system: ElasticitySystem, modulus: ElementField, u: VectorField): NDArray => {
  const squared = misesSquared(stressesOf("vonMises", system, modulus, u));
  const isZero = equal(squared, 0);
  return where(isZero, 0, sqrt(where(isZero, 1, squared)));
};
