/**
 * What the finite element primitives ask of their inputs, in words of the mesh, and how well a solve did.
 */
import type { Convergence, StopReason } from "../kernels/multigrid/conjugate-gradients.ts";
import type { FactorRefusal } from "../kernels/sparse/cholesky.ts";
import {
  DTypeMismatch,
  InvalidLoad,
  InvalidModulus,
  NotConverged,
  NotPositiveDefinite,
  ShapeMismatch,
} from "../src/error.ts";
import { bufferOf } from "../src/array/ndarray.ts";
import type { ConcreteArray } from "../src/array/ndarray.ts";
import type { Shape } from "../src/array/shape.ts";
import { sameShape, showShape } from "../src/array/shape.ts";
import type { Aval } from "../src/ir/aval.ts";
import { showAval } from "../src/ir/aval.ts";
import type { FeSystem } from "./fe-system.ts";
import { productsOf } from "./fe-system.ts";

// --- Shapes -----------------------------------------------------------------------------------

/** Leading axes of a value whose last axes are `tail`. */
export const leadingAxes = (asked: string, what: string, x: Aval, tail: Shape): Shape => {
  const split = x.shape.length - tail.length;
  if (split < 0 || !sameShape(x.shape.slice(split), tail))
    throw new ShapeMismatch(
      asked,
      `${what} has shape ${showShape(x.shape)} where ${showShape(tail)} is needed (further axes in front)`,
      "Element fields are [nely, nelx], displacements and loads [nely + 1, nelx + 1, 2]; in space nelz leads, and nodes have 3",
    );
  if (x.dtype !== "float64")
    throw new DTypeMismatch(asked, `${what} is ${showAval(x)}`, "Solves are done in float64: convert with astype");
  return x.shape.slice(0, split);
};

export const requirePrefix = (asked: string, prefix: Shape, whole: Shape): void => {
  if (!sameShape(prefix, whole.slice(0, prefix.length)))
    throw new ShapeMismatch(
      asked,
      `leading axes ${showShape(prefix)} of the modulus and ${showShape(whole)} of the field`,
      "The modulus' leading axes must lead the field's too",
    );
};

export const sliceOf = (x: ConcreteArray, k: number, length: number): Float64Array =>
  (bufferOf(x) as Float64Array).subarray(k * length, (k + 1) * length);

// --- Checks and reports -----------------------------------------------------------------------

/** A place of a grid in words, from its number and the extents of all axes: elements or nodes. */
export const placeOf = (at: number, extents: Shape): string => {
  const [columns, rows] = [extents.at(-1)!, extents.at(-2)!];
  const line = Math.floor(at / columns);
  const plane = `row ${line % rows}, column ${at % columns}`;
  return extents.length === 2 ? plane : `layer ${Math.floor(line / rows)}, ${plane}`;
};

/** A node with its place, from a dof. */
const nodeOf = (dof: number, { dofsPerNode, elementShape }: FeSystem): string => {
  const node = Math.floor(dof / dofsPerNode);
  const extents = elementShape.map((count) => count + 1);
  return `node ${node}, ${placeOf(node, extents)}`;
};

/** Smallest and largest of moduli that are all positive and finite. */
export const requireModulus = (
  asked: string,
  modulus: Float64Array,
  { elementShape }: FeSystem,
): readonly [low: number, high: number] => {
  let low = Infinity;
  let high = 0;
  for (let e = 0; e < modulus.length; e++) {
    const value = modulus[e]!;
    if (!(value > 0 && value < Infinity)) {
      throw new InvalidModulus(
        asked,
        `element ${e} (${placeOf(e, elementShape)}) has modulus ${value}`,
        "Moduli are positive and finite: give void elements a small one (eMin)",
      );
    }
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
};

/** Refuses forces that are not finite; a solve never returns a silent NaN. */
export const requireLoad = (load: Float64Array, system: FeSystem): void => {
  let at = 0;
  while (at < load.length && Number.isFinite(load[at])) at++;
  if (at === load.length) return;
  const dof = at % system.fixed.length;
  throw new InvalidLoad(
    "feSolve",
    `the force at dof ${dof} (${nodeOf(dof, system)}) is ${load[at]}`,
    "Give finite loads; in reverse mode this is the cotangent of the displacement, so the objective's derivative is not finite",
  );
};

/** Backward error above which the factor is of another matrix: rounding leaves at most about 1e-14. */
export const foreignFactor = 1e-6;

const directions = ["x", "y", "z"];

/** What holds a structure, by dofs per node. */
const remedies: Readonly<Record<number, string>> = {
  1: "Add supports: at least one value has to be fixed",
  2: "Add supports: a plane structure needs at least three fixed dofs that prevent both translations and the rotation",
  3: "Add supports: a structure in space needs at least six fixed dofs that prevent three translations and three rotations",
};

export const refused = ({ dof, pivot, freeMotion }: FactorRefusal, system: FeSystem): NotPositiveDefinite => {
  const { dofsPerNode } = system;
  const direction = dofsPerNode === 1 ? "value" : directions[dof % dofsPerNode]!;
  const where = `dof ${dof} (${direction} of ${nodeOf(dof, system)})`;
  return new NotPositiveDefinite(
    "feFactor",
    freeMotion ? `${where} can move without straining any element` : `the pivot of ${where} is ${pivot}`,
    freeMotion
      ? (remedies[dofsPerNode] ?? "Add supports")
      : "Raise eMin: the contrast of the moduli is beyond what float64 resolves on this structure",
  );
};

const stops: Readonly<
  Record<Exclude<StopReason, "converged" | "rounding">, readonly [reason: string, remedy: string]>
> = {
  iterations: ["the iteration limit is reached", "Raise maxIterations, use fewer levels, or the direct solver"],
  stagnated: [
    "the residual no longer falls",
    "Loosen tolerance: rounding limits what can be reached; or use the direct solver",
  ],
  breakdown: [
    "the matrix is not positive definite to working accuracy",
    "Raise eMin, or use the direct solver, which says where",
  ],
};

/** @param use  1 for the first solve with a factor; later ones have passed at least once */
export const requireConverged = (
  { reason, iterations, residual }: Convergence,
  { label }: FeSystem,
  use: number,
): void => {
  if (reason === "converged" || reason === "rounding") return;
  const which = use === 1 ? "" : `, solve ${use} with this factor: the adjoint, a tangent or a further load`;
  const [text, remedy] = stops[reason];
  throw new NotConverged(`feSolve on ${label}${which}`, { reason: text, iterations, residual }, remedy);
};

/** |(K + springs) u - f| of one case, relative to |f| and to the size of the terms that cancel in it (backward error). */
export const measureResidual = (
  system: FeSystem,
  modulus: Float64Array,
  load: Float64Array,
  u: Float64Array,
  largest: number,
): readonly [number, number] => {
  const { springs, fixed } = system;
  const image = productsOf(system).image(modulus, u);
  let stiffest = largest;
  let error = 0;
  let norm = 0;
  let motion = 0;
  for (let dof = 0; dof < u.length; dof++) {
    const spring = springs === undefined ? 0 : springs[dof]!;
    if (spring > stiffest) stiffest = spring;
    if (fixed[dof] === 1) continue;
    const force = load[dof]!;
    const displacement = u[dof]!;
    const rest = image[dof]! + spring * displacement - force;
    error += rest * rest;
    norm += force * force;
    motion += displacement * displacement;
  }
  if (norm === 0) return [0, 0];
  return [Math.sqrt(error / norm), Math.sqrt(error) / (Math.sqrt(norm) + stiffest * Math.sqrt(motion))];
};
