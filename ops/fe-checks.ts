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
  NotFinite,
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
import { fixedDofsOf, productsOf } from "./fe-system.ts";

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

/** Backward error above which nothing is left of a solution: rounding leaves at most about 1e-14. */
const worstBackwardError = 1e-6;

/** Where stiffness is lost, whatever the design. */
const lostStiffness =
  "Raise eMin, if moduli differ by more than float64 resolves; very slender structures, very weak springs and Poisson's ratios close to 0.5 lose stiffness too";

/** Refuses displacements that are not finite, or that have nothing to do with the load. */
export const requireDigits = (u: Float64Array, backwardError: number, system: FeSystem): void => {
  if (backwardError <= worstBackwardError) return;
  const at = u.findIndex((value) => !Number.isFinite(value));
  if (at >= 0)
    throw new NotFinite(
      "feSolve",
      `the solution at dof ${at % system.fixed.length} is ${u[at]}`,
      "Loads and moduli are so far apart that the solution overflows float64: give them in other units",
    );
  throw new NotPositiveDefinite(
    "feSolve",
    `K u misses the load by ${backwardError.toExponential(1)} of the terms that cancel in it`,
    lostStiffness,
  );
};

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
    freeMotion ? (remedies[dofsPerNode] ?? "Add supports") : lostStiffness,
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
    `${lostStiffness}; the direct solver says where`,
  ],
};

/** @param passed  solves with the same factor that have passed */
export const requireConverged = (
  { reason, iterations, residual }: Convergence,
  { label }: FeSystem,
  passed: number,
): void => {
  if (reason === "converged" || reason === "rounding") return;
  const which = passed === 0 ? "" : `, solve ${passed + 1} with this factor: the adjoint, a tangent or a further load`;
  const [text, remedy] = stops[reason];
  throw new NotConverged(`feSolve on ${label}${which}`, { reason: text, iterations, residual }, remedy);
};

/**
 * Sums of squares of image - load, of load and of u, each multiplied by `scale` first; in two parts, so that additions need
 * not wait for each other.
 */
const squares = (
  image: Float64Array,
  load: Float64Array,
  u: Float64Array,
  scale: number,
): readonly [error: number, norm: number, motion: number] => {
  let error = 0;
  let norm = 0;
  let motion = 0;
  let otherError = 0;
  let otherNorm = 0;
  let otherMotion = 0;
  const even = u.length & ~1;
  for (let dof = 0; dof < even; dof += 2) {
    const force = scale * load[dof]!;
    const otherForce = scale * load[dof + 1]!;
    const rest = scale * image[dof]! - force;
    const otherRest = scale * image[dof + 1]! - otherForce;
    const own = scale * u[dof]!;
    const other = scale * u[dof + 1]!;
    error += rest * rest;
    otherError += otherRest * otherRest;
    norm += force * force;
    otherNorm += otherForce * otherForce;
    motion += own * own;
    otherMotion += other * other;
  }
  if (even < u.length) {
    const force = scale * load[even]!;
    error += (scale * image[even]! - force) ** 2;
    norm += force * force;
    motion += (scale * u[even]!) ** 2;
  }
  return [error + otherError, norm + otherNorm, motion + otherMotion];
};

/** The load, with zeros at fixed dofs, where nothing is left of the image either. */
const atFreeDofs = (system: FeSystem, load: Float64Array, image: Float64Array): Float64Array => {
  const fixed = fixedDofsOf(system);
  let isLoaded = false;
  for (let k = 0; k < fixed.length; k++) {
    image[fixed[k]!] = 0;
    isLoaded ||= load[fixed[k]!] !== 0;
  }
  if (!isLoaded) return load;
  const forces = load.slice();
  for (let k = 0; k < fixed.length; k++) forces[fixed[k]!] = 0;
  return forces;
};

/** Squares between these bounds have neither overflowed nor lost digits. */
const [smallestSquare, largestSquare] = [1e-280, 1e280];

/** |(K + springs) u - f| of one case, relative to |f| and to the size of the terms that cancel in it (backward error). */
export const measureResidual = (
  system: FeSystem,
  modulus: Float64Array,
  load: Float64Array,
  u: Float64Array,
  largest: number,
): readonly [number, number] => {
  const { springs } = system;
  const image = productsOf(system).image(modulus, u);
  let stiffest = largest * system.elementMatrix.reduce((high, entry) => Math.max(high, entry), 0);
  if (springs !== undefined)
    for (let dof = 0; dof < u.length; dof++) {
      image[dof] = image[dof]! + springs[dof]! * u[dof]!;
      stiffest = Math.max(stiffest, springs[dof]!);
    }
  const forces = atFreeDofs(system, load, image);
  let [error, norm, motion] = squares(image, forces, u, 1);
  if (!(norm > smallestSquare && norm < largestSquare && motion < largestSquare)) {
    const high = forces.reduce((size, force) => Math.max(size, Math.abs(force)), 0);
    if (high === 0) return [0, 0];
    // A power of two, whose inverse is a number too where the load is below the normal ones.
    [error, norm, motion] = squares(image, forces, u, 2 ** -Math.max(-1000, Math.floor(Math.log2(high))));
  }
  return [Math.sqrt(error / norm), Math.sqrt(error) / (Math.sqrt(norm) + stiffest * Math.sqrt(motion))];
};
