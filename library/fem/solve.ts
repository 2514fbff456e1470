/**
 * Solving a system on a grid: u = K(E)^-1 f with prescribed values, and the products that go with it.
 * The solve is an AD primitive (ops/fe-solve.ts): forward and reverse, any order, one factorization.
 */
import { stopGradient } from "../../ops/conversion.ts";
import * as products from "../../ops/fe-products.ts";
import type { DofSide } from "../../ops/fe-products.ts";
import * as ops from "../../ops/fe-solve.ts";
import { analysisOf } from "../../ops/fe-system.ts";
import type { FeSystem } from "../../ops/fe-system.ts";
import { fromBuffer, isConcrete, NDArray } from "../../src/array/ndarray.ts";
import { showValue } from "../../src/describe.ts";
import { InvalidLoad, InvalidOption } from "../../src/error.ts";
import { notify } from "../../src/notice.ts";
import { requireOptions } from "../../src/options.ts";
import { abs, add, div, less, maximum, mul, sub } from "../numpy/elementwise.ts";
import { broadcastTo } from "../numpy/manipulation.ts";
import { max } from "../numpy/reductions.ts";
import { where } from "../numpy/selection.ts";
import type { ElasticitySystem } from "./elasticity.ts";
import type { HeatSystem } from "./heat-conduction.ts";
import type { HelmholtzSystem } from "./helmholtz.ts";
import { floatsOf } from "./mesh.ts";
import type { ElementField, ScalarField, VectorField } from "./mesh.ts";
import { feOf } from "./system.ts";

/** A system that feSolve solves. */
export type GridSystem = ElasticitySystem | HeatSystem | HelmholtzSystem;

/** The nodal fields of a system: vectors of an elastic structure, scalars of the others. */
export type FieldOf<S extends GridSystem> = S extends ElasticitySystem ? VectorField : ScalarField;

/** A factorization of K(E), to be shared by several solves with the same modulus. */
export interface Factor {
  readonly values: NDArray;
}

export interface SolveOptions<Field extends NDArray> {
  /** Made by feFactor for the same modulus. */
  readonly factor?: Factor;
  /** What fixed dofs are held at, in the place of the system's own; entries at free dofs do not count. */
  readonly prescribed?: Field;
}

/**
 * The Cholesky factor of K(E).
 * @param modulus  Young's modulus (conductivity) per element, all > 0
 * @throws InvalidModulus (with the element), NotPositiveDefinite (with dof and node), ShapeMismatch, NotAnArray,
 *   InvalidOption for what is no system
 * @example
 * const modulus = elementField(mesh, 1);
 * const factor = feFactor(system, modulus);
 * np.arrayEqual(feSolve(system, modulus, problem.load, { factor }), feSolve(system, modulus, problem.load)) // true
 */
export const feFactor = (system: GridSystem, modulus: ElementField): Factor => {
  const fe = feOf(system, "feFactor");
  const values = ops.feFactor(floatsOf("feFactor, the modulus", modulus), { system: fe });
  owners.set(values, system);
  return { values };
};

/** The system each factor was made for. */
const owners = new WeakMap<NDArray, GridSystem>();

const requireOwner = (system: GridSystem, factor: Factor): NDArray => {
  const { values } = (factor ?? {}) as Partial<Factor>;
  if (!(values instanceof NDArray))
    throw new InvalidOption("feSolve", `factor ${showValue(factor)}`, "Use feFactor(system, modulus)");
  const owner = owners.get(values);
  if (owner !== undefined && owner !== system)
    throw new InvalidOption(
      "feSolve with a factor",
      "the factor belongs to another system",
      "Use feFactor(system, modulus) of this system and this modulus",
    );
  return values;
};

/** Prescribed values, zero at free dofs; null where they are zero everywhere. */
const prescribedOf = (system: GridSystem, given: NDArray | undefined): NDArray | null => {
  if (given === undefined) return system.prescribed;
  const held = where(system.fixed, floatsOf("feSolve, prescribed", given), 0);
  const wrong = isConcrete(held) ? held.toTypedArray().findIndex((value) => !Number.isFinite(value)) : -1;
  if (wrong >= 0)
    throw new InvalidLoad(
      "feSolve",
      `the value prescribed at dof ${wrong % system.fixed.size} is not finite`,
      "Give finite numbers at fixed dofs",
    );
  return held;
};

/** Exponents of two: below the first the forces of prescribed values may vanish; by the second they are lifted. */
const [tiny, raised] = [-400, 500];

/** A power of two that keeps forces among the normal numbers where prescribed values and loads are tiny; else 1. */
const liftOf = (held: NDArray, load: NDArray, nodalRank: number): NDArray => {
  const nodal = Array.from({ length: nodalRank }, (_, k) => k - nodalRank);
  const size = maximum(max(abs(held), { axis: nodal, keepdims: true }), max(abs(load)));
  return stopGradient(where(less(size, 2 ** tiny), 2 ** raised, 1));
};

/** What moving the supports by `held` asks of the free dofs: K_fp g. */
const pullOf = (system: GridSystem, modulus: NDArray, held: NDArray, load: NDArray): NDArray => {
  const fe = feOf(system, "feSolve");
  const isSingle = modulus.ndim === fe.elementShape.length;
  const field = isSingle || held.ndim > fe.nodalShape.length ? held : broadcastTo(held, load.shape);
  return products.feApply(modulus, field, { system: fe, columns: "all" });
};

/**
 * Displacement of an elastic structure, u = K(E)^-1 f, or temperature of a conductor; with prescribed values g at fixed dofs
 * u = K_ff^-1 (f - K_fp g) + g.
 * @param modulus  Young's modulus per element, pascal, shape [nely, nelx] or [nelz, nely, nelx]; all > 0. Of a conductor:
 *   conductivity, watt per metre and kelvin
 * @param load     nodal forces, newton, shape [nely + 1, nelx + 1, 2] or [nelz + 1, nely + 1, nelx + 1, 3]; load cases in
 *   front. Of a conductor: nodal heat, watt, without the axis of components
 * @param options  factor: one made by feFactor for the same modulus; prescribed: values of fixed dofs instead of the
 *   system's, which may be traced
 * @returns        displacement (temperature), shape of `load`, metre (kelvin); the prescribed values at fixed dofs, else 0
 * @throws InvalidModulus, NotPositiveDefinite, ShapeMismatch, InvalidLoad (NaN or infinite), NotAnArray, InvalidOption
 *   (no system, or a factor of another system or modulus); a load on fixed dofs only gives a notice
 * Derivatives by modulus, load and prescribed values: forward and reverse, any order; the factor is reused.
 * Cost: one factorization for all load cases and derivatives.
 * @example feSolve(system, elementField(mesh, 1), nodalLoad(corner(mesh, "topRight"), [0, -1])).shape // [3, 5, 2]
 */
export const feSolve = <S extends GridSystem>(
  system: S,
  modulus: ElementField,
  load: FieldOf<S>,
  options: SolveOptions<FieldOf<S>> = {},
): FieldOf<S> => {
  requireOptions("feSolve", options, ["factor", "prescribed"]);
  const fe = feOf(system, "feSolve");
  const stiffness = floatsOf("feSolve, the modulus", modulus);
  const force = floatsOf("feSolve, the load", load);
  const held = prescribedOf(system, options.prescribed);
  if (held === null && isConcrete(force)) tellLoadOnSupports(fe, force);
  const { factor } = options;
  const values = factor === undefined ? ops.feFactor(stiffness, { system: fe }) : requireOwner(system, factor);
  if (held === null) return ops.feSolve(values, stiffness, force, { system: fe }) as FieldOf<S>;
  const lift = liftOf(held, force, fe.nodalShape.length);
  const rest = sub(mul(force, lift), pullOf(system, stiffness, mul(held, lift), force));
  return add(div(ops.feSolve(values, stiffness, rest, { system: fe }), lift), held) as FieldOf<S>;
};

const requireSides = (asked: string, sides: Readonly<Record<string, DofSide>>): void => {
  for (const [name, side] of Object.entries(sides))
    if (side !== "free" && side !== "all")
      throw new InvalidOption(asked, `${name} ${showValue(side)}`, "Use free or all");
};

/**
 * K(E) u, the springs of the system left out: linear in the moduli and in u.
 * @param options  rows: where the product is wanted, columns: which dofs of u count; "free" (the default) takes the others as
 *   zero, "all" does not
 * Derivatives: any order. Cost: one product per element.
 * @example
 * const modulus = elementField(mesh, 1);
 * np.allclose(feApply(system, modulus, feSolve(system, modulus, problem.load)), problem.load) // true
 */
export const feApply = <S extends GridSystem>(
  system: S,
  modulus: ElementField,
  u: FieldOf<S>,
  options: { readonly rows?: DofSide; readonly columns?: DofSide } = {},
): FieldOf<S> => {
  requireOptions("feApply", options, ["rows", "columns"]);
  requireSides("feApply", options as Readonly<Record<string, DofSide>>);
  return applied("feApply", system, modulus, u, options);
};

const applied = <S extends GridSystem>(
  asked: string,
  system: S,
  modulus: ElementField,
  u: FieldOf<S>,
  sides: { readonly rows?: DofSide; readonly columns?: DofSide },
): FieldOf<S> => {
  const params = { system: feOf(system, asked), ...sides };
  const [moduli, field] = [floatsOf(`${asked}, the modulus`, modulus), floatsOf(`${asked}, the field`, u)];
  return products.feApply(moduli, field, params) as FieldOf<S>;
};

/**
 * u_e' K0 v_e per element, shape [nely, nelx] or [nelz, nely, nelx]: twice the strain energy at modulus 1 when u is v.
 * @param options  left and right: which dofs of u and of v count, "free" (the default) or "all"
 * Derivatives: any order. Cost: one product per element.
 * @example
 * const u = feSolve(system, elementField(mesh, 1), problem.load);
 * np.allclose(np.sum(feForm(system, u, u)), compliance(problem, elementField(mesh, 1))) // true
 */
export const feForm = <S extends GridSystem>(
  system: S,
  u: FieldOf<S>,
  v: FieldOf<S>,
  options: { readonly left?: DofSide; readonly right?: DofSide } = {},
): ElementField => {
  requireOptions("feForm", options, ["left", "right"]);
  requireSides("feForm", options as Readonly<Record<string, DofSide>>);
  const params = { system: feOf(system, "feForm"), ...options };
  return products.feForm(floatsOf("feForm, u", u), floatsOf("feForm, v", v), params) as ElementField;
};

/**
 * Forces that hold a structure at the displacement u: (K(E) + springs) u at all dofs, fixed ones included. In equilibrium
 * they are the load and the reactions.
 * @param u  displacement (temperature), load cases in front
 * Derivatives: any order. Cost: one product per element.
 * @example
 * const modulus = elementField(mesh, 1);
 * const u = feSolve(system, modulus, problem.load);
 * np.allclose(internalForces(system, modulus, u), problem.load.add(reactions(system, modulus, u))) // true
 */
export const internalForces = <S extends GridSystem>(system: S, modulus: ElementField, u: FieldOf<S>): FieldOf<S> =>
  forcesIn("internalForces", system, modulus, u);

const forcesIn = <S extends GridSystem>(asked: string, system: S, modulus: ElementField, u: FieldOf<S>): FieldOf<S> => {
  const forces = applied(asked, system, modulus, u, { rows: "all", columns: "all" });
  const { springs, nodalShape } = feOf(system, asked);
  if (springs === undefined) return forces;
  return add(forces, mul(fromBuffer(springs.slice(), nodalShape, "float64"), u)) as FieldOf<S>;
};

/**
 * Forces of the supports on the structure (heat that enters there): internal forces at fixed dofs, zero at free ones. A load
 * that acts on a fixed dof goes straight into its support and is not among them.
 * @param u  displacement (temperature) that feSolve gave, load cases in front
 * Derivatives: any order. Cost: one product per element.
 * @example
 * const modulus = elementField(mesh, 1);
 * const forces = reactions(system, modulus, feSolve(system, modulus, problem.load));
 * np.allclose(np.sum(forces, { axis: [0, 1] }), array([0, 1])) // true
 */
export const reactions = <S extends GridSystem>(system: S, modulus: ElementField, u: FieldOf<S>): FieldOf<S> => {
  const forces = forcesIn("reactions", system, modulus, u);
  return where(system.fixed, forces, 0) as NDArray as FieldOf<S>;
};

/**
 * Bytes of one factor of this system: known before anything is factorized.
 * @throws InvalidOption  the system's solver is multigrid, which has no factor; its report says what a solve took
 * @example
 * feSolve(system, elementField(mesh, 1), problem.load);
 * factorBytes(system) === system.report().factorBytes // true
 */
export const factorBytes = (system: GridSystem): number => {
  const fe = feOf(system, "factorBytes");
  if (fe.solver.kind !== "direct")
    throw new InvalidOption(
      "factorBytes",
      "a system without a direct solver",
      "Ask its report after a solve, or give the system solver direct",
    );
  return analysisOf(fe).factorLength * 8;
};

/**
 * Tells when a load acts on fixed dofs only: the displacement is then zero. Supports that are displaced move the structure
 * without any load.
 * @throws InvalidOption for what is no system, NotAnArray, TracerConversion
 * @example checkLoad(system, problem.load) // undefined
 */
export const checkLoad = (system: GridSystem, load: NDArray): void => {
  const fe = feOf(system, "checkLoad");
  const forces = floatsOf("checkLoad, the load", load);
  if (system.prescribed === null) tellLoadOnSupports(fe, forces);
};

const tellLoadOnSupports = ({ fixed, id }: FeSystem, load: NDArray): void => {
  const forces = load.toTypedArray();
  const acts = forces.some((force) => force !== 0);
  if (acts && !forces.some((force, k) => force !== 0 && fixed[k % fixed.length] === 0))
    notify(
      "LoadOnSupports",
      String(id),
      "the load acts on fixed dofs only, so nothing moves. Check the nodes of the load against the supports.",
    );
};
