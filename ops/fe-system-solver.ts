/**
 * The solvers behind a system, one interface for both: the multifrontal factorization, and conjugate gradients with multigrid.
 * Each keeps what it has made of one design.
 */
import { hasSimd } from "../kernels/assembler/index.ts";
import { addressable } from "../kernels/multifrontal/arrangement.ts";
import { directSolver } from "../kernels/multifrontal/direct-solver.ts";
import type { Convergence } from "../kernels/multigrid/conjugate-gradients.ts";
import { multigridSolver } from "../kernels/multigrid/multigrid-solver.ts";
import type { MultigridSettings } from "../kernels/multigrid/multigrid-solver.ts";
import { eliminatePositive } from "../kernels/sparse/cholesky.ts";
import type { FactorRefusal } from "../kernels/sparse/cholesky.ts";
import { type FactorKernel, referenceKernel } from "../kernels/sparse/factor-kernel.ts";
import { freeRigidDof } from "../kernels/sparse/rigid-motions.ts";
import { partRunner } from "../src/backend/part-runner.ts";
import { TooLarge } from "../src/error.ts";
import { analysisOf, planFor, productsOf } from "./fe-system.ts";
import type { FeSystem } from "./fe-system.ts";

export interface SystemSolver {
  /** Makes ready for solves with these moduli; what was there before is gone, also when they are refused. */
  readonly prepare: (modulus: Float64Array) => FactorRefusal | undefined;
  /**
   * Solves [cases, dofs] with the design prepared, 0 at fixed dofs.
   * @returns  what the iteration did with every case; nothing from a direct solve
   */
  readonly solve: (rhs: Float64Array, cases: number, out: Float64Array) => readonly Convergence[];
  /** Whether the design prepared last is still there. */
  readonly holds: () => boolean;
  /** Taken for one design. */
  readonly bytes: number;
}

/** WebAssembly where there is any, else arrays. */
const factorKernel = (system: FeSystem): FactorKernel => {
  const analysis = analysisOf(system);
  if (!hasSimd()) return referenceKernel(analysis, new Float64Array(analysis.factorLength));
  const solver = directSolver(analysis, partRunner);
  const bytes = solver.bytes.factor + solver.bytes.tables;
  if (bytes <= addressable) return solver;
  throw new TooLarge(
    "feFactor",
    `the factor of ${system.label} takes ${(bytes / 2 ** 30).toPrecision(3)} GiB`,
    "The limit is 4 GiB: use solver multigrid or a coarser grid",
  );
};

/** What solutions leave of their loads, case by case. */
const restOf = (
  system: FeSystem,
  modulus: Float64Array,
  rhs: Float64Array,
  cases: number,
  out: Float64Array,
): Float64Array => {
  const { fixed, springs } = system;
  const dofs = fixed.length;
  const rest = new Float64Array(out.length);
  for (let k = 0; k < cases; k++) {
    const [own, u] = [rest.subarray(k * dofs, (k + 1) * dofs), out.subarray(k * dofs, (k + 1) * dofs)];
    productsOf(system).apply(modulus, u, own);
    for (let dof = 0; dof < dofs; dof++)
      own[dof] = rhs[k * dofs + dof]! - own[dof]! - (springs === undefined ? 0 : springs[dof]! * u[dof]!);
  }
  return rest;
};

/** Dofs that neither supports nor springs hold, by system. */
const freeDofs = new WeakMap<FeSystem, number | undefined>();

/** A refusal where the whole system can move: asked before anything else, since moduli are positive whatever the design. */
const freeMotion = (system: FeSystem): FactorRefusal | undefined => {
  if (!freeDofs.has(system)) freeDofs.set(system, freeRigidDof(system));
  const dof = freeDofs.get(system);
  return dof === undefined ? undefined : { ok: false, dof, pivot: 0, threshold: 0, freeMotion: true };
};

const direct = (system: FeSystem, refine: boolean): SystemSolver => {
  const kernel = factorKernel(system);
  const modulus = new Float64Array(refine ? system.elementNodes.length / system.nodesPerElement : 0);
  const eliminate = (moduli: Float64Array) => {
    const { elementMatrix, springs } = system;
    return eliminatePositive(analysisOf(system), { elementMatrix, modulus: moduli, springs }, kernel);
  };
  /** Adds the solution for what a solution leaves of its load: one step of iterative refinement. */
  const refineOnce = (rhs: Float64Array, cases: number, out: Float64Array): void => {
    const rest = restOf(system, modulus, rhs, cases, out);
    // The products may have taken the room where the factor was.
    if (!kernel.holds()) eliminate(modulus);
    kernel.solve(rest, cases, rest);
    for (let k = 0; k < out.length; k++) out[k] = out[k]! + rest[k]!;
  };
  return {
    prepare: (moduli) => {
      if (refine) modulus.set(moduli);
      const status = freeMotion(system) ?? eliminate(moduli);
      return status.ok ? undefined : status;
    },
    solve: (rhs, cases, out) => {
      kernel.solve(rhs, cases, out);
      if (refine) refineOnce(rhs, cases, out);
      return [];
    },
    holds: kernel.holds,
    bytes: 8 * analysisOf(system).factorLength,
  };
};

const multigrid = (system: FeSystem, settings: MultigridSettings): SystemSolver => {
  const solver = multigridSolver(system, planFor(system), settings, partRunner);
  return {
    ...solver,
    prepare: (modulus) => {
      const free = freeMotion(system);
      if (free !== undefined) return free;
      const refused = solver.prepare(modulus);
      return refused === undefined ? undefined : { ok: false, threshold: 0, freeMotion: false, ...refused };
    },
  };
};

/** A solver of the kind that the system has. */
export const makeSolver = (system: FeSystem): SystemSolver => {
  const { solver } = system;
  return solver.kind === "direct" ? direct(system, solver.refine) : multigrid(system, solver);
};
