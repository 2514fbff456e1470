/**
 * Plane-stress elasticity on a grid: supports, loads, the system, and the solve u = K(E)^-1 f.
 * The solve is an AD primitive (ops/fe-solve.ts): forward and reverse, any order, one factorization.
 */
import { q4PlaneStress } from "../../kernels/sparse/quadrilateral.ts";
import { showValue } from "../../src/describe.ts";
import { InvalidMesh, InvalidOption } from "../../src/error.ts";
import { fromBuffer, isConcrete } from "../../src/array/ndarray.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { notify } from "../../src/notice.ts";
import { requireOptions } from "../../src/options.ts";
import * as ops from "../../ops/fe-solve.ts";
import * as products from "../../ops/fe-products.ts";
import { analysisOf, gridSystem, lastReport } from "../../ops/fe-system.ts";
import type { FeSystem, SolveReport } from "../../ops/fe-system.ts";
import { toDType } from "../numpy/operand.ts";
import type { ElementField, GridMesh, VectorField } from "./mesh.ts";
import type { NodeSet } from "./nodes.ts";

export type Direction = "x" | "y" | "all";

/** Nodes that cannot move in a direction. */
export interface Support {
  readonly nodes: NodeSet;
  readonly direction: Direction;
}

/** A support or load on no node at all is a mistake in the selection. */
const requireNodes = (asked: string, { nodes }: NodeSet): void => {
  if (nodes.length === 0)
    throw new InvalidOption(
      asked,
      "a set without nodes",
      "Check the region or predicate that selects them; coordinates have their origin at the lower left, y up",
    );
};

const requireDirection = (direction: Direction): void => {
  if (!["x", "y", "all"].includes(direction))
    throw new InvalidOption("fix", `direction ${showValue(direction)}`, "Use x, y or all");
};

/**
 * Fixes nodes in x, in y, or in all directions.
 * @throws InvalidOption for an empty set or another direction
 * @example fix(edge(mesh, "left"), "x").direction // "x"
 */
export const fix = (nodes: NodeSet, direction: Direction): Support => {
  requireNodes("fix", nodes);
  requireDirection(direction);
  return Object.freeze({ nodes, direction });
};

export interface ElasticityOptions {
  readonly supports: readonly Support[];
  /** Poisson's ratio, in (-1, 0.5). Default 0.3. */
  readonly poisson?: number;
  /** Only the direct solver exists on grids of this kind: "auto" chooses it. */
  readonly solver?: "auto" | "direct";
}

/** A linear elastic structure: everything but moduli and loads. */
export interface ElasticitySystem {
  readonly mesh: GridMesh;
  readonly supports: readonly Support[];
  readonly poisson: number;
  /** Element stiffness for modulus 1, shape [8, 8], dofs (x, y) of lower left, lower right, upper right, upper left. */
  readonly elementMatrix: NDArray;
  /** 1 where a dof is fixed, shape [nely + 1, nelx + 1, 2]. */
  readonly fixed: NDArray;
  /** What the last solve did; null before the first. */
  readonly report: () => (SolveReport & { readonly dofs: number; readonly freeDofs: number }) | null;
}

/**
 * A plane-stress system of thickness 1. Supports given twice are merged.
 * @throws InvalidOption, InvalidMesh (supports of another mesh). Missing supports show in the first solve:
 *   NotPositiveDefinite names a dof that can move
 * @example elasticity(mesh, { supports: [fix(edge(mesh, "left"), "all")] }).elementMatrix.shape // [8, 8]
 */
export const elasticity = (mesh: GridMesh, options: ElasticityOptions): ElasticitySystem => {
  requireOptions("elasticity", options, ["supports", "poisson", "solver"], true);
  const { supports, poisson = 0.3, solver = "auto" } = options;
  if (typeof poisson !== "number" || !(poisson > -1 && poisson < 0.5))
    throw new InvalidOption("elasticity", `poisson ${showValue(poisson)}`, "Poisson's ratio lies in (-1, 0.5)");
  if (solver !== "auto" && solver !== "direct")
    throw new InvalidOption("elasticity", `solver ${showValue(solver)}`, "Use auto or direct");
  if (!Array.isArray(supports))
    throw new InvalidOption("elasticity", `supports ${typeof supports}`, "Give a list of fix(nodes, direction)");
  const fixed = new Uint8Array(2 * (mesh.nelx + 1) * (mesh.nely + 1));
  for (const { nodes, direction } of supports) {
    if (nodes.mesh !== mesh)
      throw new InvalidMesh("elasticity", "a support on another mesh", "Select its nodes on this mesh");
    requireDirection(direction);
    for (const node of nodes.nodes) {
      if (direction !== "y") fixed[2 * node] = 1;
      if (direction !== "x") fixed[2 * node + 1] = 1;
    }
  }
  const matrix = q4PlaneStress(poisson, mesh.size[0] / mesh.nelx, mesh.size[1] / mesh.nely);
  const fe = gridSystem({ cells: mesh.elementShape, elementMatrix: matrix, fixed });
  const freeDofs = fixed.reduce((count, flag) => count + 1 - flag, 0);
  const system: ElasticitySystem = Object.freeze({
    mesh,
    supports,
    poisson,
    elementMatrix: fromBuffer(matrix.slice(), [8, 8], "float64"),
    fixed: fromBuffer(fixed.slice(), [...mesh.nodeShape, 2], "bool"),
    report: () => {
      const report = lastReport(fe);
      return report === null ? null : { ...report, dofs: fixed.length, freeDofs };
    },
  });
  tables.set(system, fe);
  return system;
};

/** Tables behind a system; its public fields are immutable arrays. */
const tables = new WeakMap<ElasticitySystem, FeSystem>();

const feOf = (system: ElasticitySystem): FeSystem => {
  const fe = tables.get(system);
  if (fe === undefined)
    throw new InvalidOption(
      "a finite element function",
      "a system that elasticity(...) did not make",
      "Pass the record that elasticity returned, not a copy of it",
    );
  return fe;
};

/**
 * The same force on every node of a set, zero elsewhere; add fields for several.
 * @param force  [x, y] per node, newton; x right, y up
 * @throws InvalidOption for an empty set, or a force that is not two finite numbers
 * @example nodalLoad(corner(mesh, "topLeft"), [0, -1]).at(0, 0).get() // [0, -1]
 */
export const nodalLoad = (set: NodeSet, force: readonly [number, number]): VectorField => {
  const { mesh, nodes } = set;
  requireNodes("nodalLoad", set);
  if (force.length !== 2 || !force.every(Number.isFinite))
    throw new InvalidOption("nodalLoad", `force [${force.join(", ")}]`, "Give two finite numbers, [x, y]");
  const values = new Float64Array(2 * (mesh.nelx + 1) * (mesh.nely + 1));
  for (const node of nodes) {
    values[2 * node] = force[0];
    values[2 * node + 1] = force[1];
  }
  return fromBuffer(values, [...mesh.nodeShape, 2], "float64") as NDArray as VectorField;
};

/** A factorization of K(E), to be shared by several solves with the same modulus. */
export interface Factor {
  readonly values: NDArray;
}

/**
 * The Cholesky factor of K(E).
 * @param modulus  Young's modulus per element, shape [nely, nelx], pascal; all > 0
 * @throws InvalidModulus (with the element), NotPositiveDefinite (with dof and node)
 * @example
 * const modulus = elementField(mesh, 1);
 * const factor = feFactor(system, modulus);
 * np.arrayEqual(feSolve(system, modulus, problem.load, { factor }), feSolve(system, modulus, problem.load)) // true
 */
export const feFactor = (system: ElasticitySystem, modulus: ElementField): Factor => {
  const values = ops.feFactor(toDType(modulus, "float64"), { system: feOf(system) });
  owners.set(values, system);
  return { values };
};

/** The system each factor was made for. */
const owners = new WeakMap<NDArray, ElasticitySystem>();

const requireOwner = (system: ElasticitySystem, { values }: Factor): NDArray => {
  const owner = owners.get(values);
  if (owner !== undefined && owner !== system)
    throw new InvalidOption(
      "feSolve with a factor",
      "the factor belongs to another system",
      "Use feFactor(system, modulus) of this system and this modulus",
    );
  return values;
};

/**
 * Displacement of a linear elastic structure, u = K(E)^-1 f.
 * @param modulus  Young's modulus per element, shape [nely, nelx], pascal; all > 0
 * @param load     nodal forces, shape [nely + 1, nelx + 1, 2], newton; load cases in front
 * @param options  factor: one made by feFactor for the same modulus
 * @returns        displacement, shape of `load`, metre; zero at fixed dofs
 * @throws InvalidModulus, NotPositiveDefinite, ShapeMismatch, InvalidLoad (NaN or infinite), InvalidOption (a factor of
 *   another system or modulus); a load on fixed dofs only gives a notice
 * Derivatives: forward and reverse, any order; the factor is reused. Cost: one factorization.
 * @example feSolve(system, elementField(mesh, 1), nodalLoad(corner(mesh, "topRight"), [0, -1])).shape // [3, 5, 2]
 */
export const feSolve = (
  system: ElasticitySystem,
  modulus: ElementField,
  load: VectorField,
  options: { readonly factor?: Factor } = {},
): VectorField => {
  requireOptions("feSolve", options, ["factor"]);
  const stiffness = toDType(modulus, "float64");
  const force = toDType(load, "float64");
  if (isConcrete(force)) checkLoad(system, force);
  const { factor } = options;
  const values =
    factor === undefined ? ops.feFactor(stiffness, { system: feOf(system) }) : requireOwner(system, factor);
  return ops.feSolve(values, stiffness, force, { system: feOf(system) }) as VectorField;
};

/**
 * K(E) u on the free dofs.
 * @example
 * const modulus = elementField(mesh, 1);
 * np.allclose(feApply(system, modulus, feSolve(system, modulus, problem.load)), problem.load) // true
 */
export const feApply = (system: ElasticitySystem, modulus: ElementField, u: VectorField): VectorField =>
  products.feApply(toDType(modulus, "float64"), toDType(u, "float64"), { system: feOf(system) }) as VectorField;

/**
 * u_e' K0 v_e per element, shape [nely, nelx]: twice the strain energy at modulus 1 when u is v.
 * @example
 * const u = feSolve(system, elementField(mesh, 1), problem.load);
 * np.allclose(np.sum(feForm(system, u, u)), compliance(problem, elementField(mesh, 1))) // true
 */
export const feForm = (system: ElasticitySystem, u: VectorField, v: VectorField): ElementField =>
  products.feForm(toDType(u, "float64"), toDType(v, "float64"), { system: feOf(system) }) as ElementField;

/**
 * Bytes of one factor of this system: known before anything is factorized.
 * @example
 * feSolve(system, elementField(mesh, 1), problem.load);
 * factorBytes(system) === system.report().factorBytes // true
 */
export const factorBytes = (system: ElasticitySystem): number => analysisOf(feOf(system)).factorLength * 8;

/**
 * Tells when a load acts on fixed dofs only: the displacement is then zero.
 * @example checkLoad(system, problem.load) // undefined
 */
export const checkLoad = (system: ElasticitySystem, load: NDArray): void => {
  const forces = load.toTypedArray();
  const { fixed, id } = feOf(system);
  const acts = forces.some((force) => force !== 0);
  if (acts && !forces.some((force, k) => force !== 0 && fixed[k % fixed.length] === 0))
    notify(
      "LoadOnSupports",
      String(id),
      "the load acts on fixed dofs only, so nothing moves. Check the nodes of the load against the supports.",
    );
};
