/**
 * Conjugate gradients with multigrid on a regular grid: the finest grid from moduli alone, coarser ones as stored matrices,
 * the coarsest by the multifrontal Cholesky factorization. What is kept for a design is its hierarchy.
 *
 * Where to begin reading this folder: geometry.ts (a grid in memory). What is known before any modulus: plan.ts, and of it
 * supports.ts, modes.ts, interpolation.ts, smoothing-bounds.ts. What is computed: kernels.ts says it, reference.ts does it. A
 * design: layout.ts and hierarchy.ts (memory), build.ts (matrices). A solve: cycle.ts, coarsest-solver.ts,
 * conjugate-gradients.ts, transport.ts, and this file. The same as reference.ts in WebAssembly: wasm-kernels.ts, and
 * element-rows.ts, stencil-rows.ts, transfer-rows.ts, galerkin-module.ts, vector-module.ts on vectors.ts, which write its code.
 * How much memory all of it takes: estimate.ts.
 */
import { hasSimd } from "../assembler/index.ts";
import { oneThread } from "../multifrontal/part-runner.ts";
import type { PartRunner } from "../multifrontal/part-runner.ts";
import { computeGrids } from "./build.ts";
import { coarsestSolver } from "./coarsest-solver.ts";
import { conjugateGradients } from "./conjugate-gradients.ts";
import type { Convergence } from "./conjugate-gradients.ts";
import { runCycle, smootherReach } from "./cycle.ts";
import type { Cycle, CycleGrid } from "./cycle.ts";
import { indexIn, indicesIn, nodesOf } from "./geometry.ts";
import { hierarchyOf } from "./hierarchy.ts";
import type { Machine } from "./hierarchy.ts";
import { fieldNumbers } from "./layout.ts";
import type { GridElements, Plan } from "./plan.ts";
import { transportOf } from "./transport.ts";
import type { Transport } from "./transport.ts";

/** Further steps of the smoother on coarser grids, where they are cheap: measured, they pay most in three dimensions. */
const moreSteps = (dimension: number): number => dimension - 1;

export interface MultigridSettings {
  readonly tolerance: number;
  /** Steps of the smoother on the finest grid. */
  readonly smoothing: number;
  readonly maxIterations: number;
  readonly warmStart: boolean;
}

/** The coarsest matrix is not positive definite to working accuracy: a dof of the given grid near the pivot refused. */
interface HierarchyRefusal {
  readonly dof: number;
  readonly pivot: number;
}

/** Keeps the hierarchy of one design. */
export interface MultigridSolver {
  /** Builds the hierarchy of a design; the one before is gone. */
  readonly prepare: (modulus: Float64Array) => HierarchyRefusal | undefined;
  /**
   * Solves with the design prepared, case by case.
   * @param rhs  [cases, dofs]; entries at fixed dofs are ignored
   * @param out  [cases, dofs], 0 at fixed dofs; may be `rhs`
   */
  readonly solve: (rhs: Float64Array, cases: number, out: Float64Array) => readonly Convergence[];
  /** Whether the design prepared last is still there. */
  readonly holds: () => boolean;
  readonly bytes: number;
}

/** Where warm starts begin: the last solution of a system, whichever of its solvers found it. */
const lastSolutions = new WeakMap<Plan, Float64Array>();

/** A power of two that brings forces close to one, so that no square of theirs overflows or vanishes; digits stay as they are. */
const scaleOf = (forces: Float64Array, fixed: Uint8Array): number => {
  let high = 0;
  for (let dof = 0; dof < forces.length; dof++) if (fixed[dof] === 0) high = Math.max(high, Math.abs(forces[dof]!));
  return high === 0 ? 1 : 2 ** -Math.max(-1000, Math.min(1000, Math.floor(Math.log2(high))));
};

const largestOf = (values: Float64Array): number => values.reduce((high, value) => Math.max(high, value), 0);

/** A dof of the given grid near a dof of the coarsest. */
const dofNear = ({ grids, components }: Plan, givenNodes: readonly number[], coarseDof: number): number => {
  const step = 2 ** (grids.length - 1);
  const node = indicesIn(grids.at(-1)!.geometry.nodes, Math.floor(coarseDof / components)).map((index, axis) =>
    Math.min(index * step, givenNodes[axis]! - 1),
  );
  return indexIn(givenNodes, node) * components + (coarseDof % components);
};

/** K u, or r - K u, on the finest grid: elements, springs, and nothing at fixed dofs. */
const finestOperator = ({ layout, elements, vectors }: Machine, { springs, grids }: Plan) => {
  const { modulus, springPlaces, springs: stiffness } = layout;
  const { still } = layout.grids[0]!;
  const finish = (u: number, out: number, sign: number): void => {
    vectors.addAt(springPlaces, stiffness, springs.length, u, out, sign);
    vectors.clear(still, grids[0]!.still.length, out);
  };
  return {
    product: (u: number, out: number): void => {
      elements.product(modulus, u, out);
      finish(u, out, 1);
    },
    residual: (u: number, r: number, out: number): void => {
      elements.residual(modulus, u, r, out);
      finish(u, out, -1);
    },
  };
};

/** The V-cycle of a hierarchy. */
const cycleOf = (machine: Machine, plan: Plan, smoothing: number, solveCoarsest: () => void): Cycle => {
  const { layout, stencils, vectors, transfers } = machine;
  const dimension = plan.grids[0]!.geometry.cells.length;
  const { residual } = finestOperator(machine, plan);
  const gridOf = (level: number): CycleGrid => {
    const grid = plan.grids[level]!;
    const fields = layout.grids[level]!;
    const steps = level === 0 ? smoothing : smoothing + moreSteps(dimension);
    return {
      fields,
      count: fieldNumbers(plan, grid),
      steps,
      bound: grid.bound / smootherReach(steps),
      residual: level === 0 ? residual : (u, r, out) => stencils[level]!.residual(fields.stencil, u, r, out),
      stillCount: grid.still.length,
      transfer: transfers[level]!,
    };
  };
  return {
    vectors,
    grids: plan.grids.slice(0, -1).map((_, level) => gridOf(level)),
    coarsest: { fields: layout.grids.at(-1)!, stillCount: plan.grids.at(-1)!.still.length, solve: solveCoarsest },
  };
};

/** A design that is ready for solves. */
interface Design {
  readonly machine: Machine;
  /** As conjugate gradients have them. */
  readonly stiffest: number;
  readonly softest: number;
}

/** What solves with a design work with, in memory as it is now. */
interface Session extends Design {
  readonly plan: Plan;
  readonly settings: MultigridSettings;
  readonly transport: Transport;
  readonly cycle: Cycle;
}

/**
 * Solves one case; its displacement is left in the field of displacements.
 * @param scale  a power of two: forces and displacements in fields are those of users times this
 * @param last   where to begin, if that is any nearer than nothing
 */
const solveCase = (session: Session, rhs: Float64Array, scale: number, last: Float64Array | undefined): Convergence => {
  const { machine, plan, settings, transport, cycle, stiffest, softest } = session;
  const { layout, vectors, doubles } = machine;
  const { displacement, direction } = layout;
  const { right, solution, rest, still } = layout.grids[0]!;
  const { product, residual } = finestOperator(machine, plan);
  const finest = plan.grids[0]!;
  const count = fieldNumbers(plan, finest);
  const load = (): void => {
    const field = doubles(right, count);
    field.fill(0);
    transport.load(rhs, field, scale);
    vectors.clear(still, finest.still.length, right);
  };
  const resetResidual = (): void => {
    load();
    residual(displacement, right, right);
  };
  load();
  for (const field of [displacement, direction]) doubles(field, count).fill(0);
  const norm = Math.sqrt(vectors.dot(right, right, count));
  if (norm === 0) return { reason: "converged", iterations: 0, residual: 0, history: [0] };
  if (last !== undefined) {
    transport.load(last, doubles(displacement, count), scale);
    resetResidual();
    // The solution of another load, as an adjoint's, may be further away than nothing.
    if (!(vectors.dot(right, right, count) < norm * norm)) {
      doubles(displacement, count).fill(0);
      load();
    }
  }
  const fields = { displacement, direction, right, solution, image: rest };
  const precondition = (): void => runCycle(cycle);
  return conjugateGradients(
    { vectors, count, ...fields, product, precondition, resetResidual, stiffest, softest },
    norm,
    settings.tolerance,
    settings.maxIterations,
  );
};

/** Solves case by case, from `rhs` to `out`, both [cases, dofs]. */
const solveCases = (
  session: Session,
  fixed: Uint8Array,
  rhs: Float64Array,
  cases: number,
  out: Float64Array,
): readonly Convergence[] => {
  const { machine, plan, settings, transport } = session;
  const dofs = fixed.length;
  const count = fieldNumbers(plan, plan.grids[0]!);
  return Array.from({ length: cases }, (_, k) => {
    const own = out.subarray(k * dofs, (k + 1) * dofs);
    const forces = rhs.subarray(k * dofs, (k + 1) * dofs);
    const scale = scaleOf(forces, fixed);
    const last = settings.warmStart ? lastSolutions.get(plan) : undefined;
    const convergence = solveCase(session, forces, scale, last);
    transport.store(machine.doubles(machine.layout.displacement, count), own, 1 / scale);
    if (settings.warmStart && convergence.reason === "converged") lastSolutions.set(plan, own.slice());
    return convergence;
  });
};

/** Stiffness of the stiffest and the softest element or spring of a design. */
const stiffnessRange = ({ elementMatrix }: GridElements, { springs }: Plan, modulus: Float64Array) => {
  const ofUnitModulus = largestOf(elementMatrix);
  const stiffestSpring = springs.reduce((high, { stiffness }) => Math.max(high, stiffness), 0);
  return {
    stiffest: Math.max(ofUnitModulus * largestOf(modulus), stiffestSpring),
    softest: ofUnitModulus * modulus.reduce((low, value) => Math.min(low, value), Infinity),
  };
};

/**
 * A solver on the systems of a grid; takes memory when the first design is prepared.
 * @param plan    of this system
 * @param runner  other threads, for the coarsest grid
 * @param isFast  WebAssembly, or the reference
 */
export const multigridSolver = (
  system: GridElements,
  plan: Plan,
  settings: MultigridSettings,
  runner: PartRunner = oneThread,
  isFast: boolean = hasSimd(),
): MultigridSolver => {
  const { components, grids } = plan;
  const hierarchy = hierarchyOf(plan, isFast);
  const coarsest = coarsestSolver(plan, runner, isFast);
  const givenNodes = nodesOf(system.elementShape);
  const transport = transportOf(givenNodes, grids[0]!.geometry, components);
  let design: Design | undefined;

  const build = (modulus: Float64Array) => {
    const machine = hierarchy.enter();
    return { machine, status: coarsest.factorize(computeGrids(machine, plan, system.elementShape, modulus)) };
  };
  /** On the coarsest grid, from its right-hand side to its solution. */
  const solveCoarsest = ({ layout, doubles }: Machine) =>
    coarsest.solve(() => doubles(layout.grids.at(-1)!.right, fieldNumbers(plan, grids.at(-1)!)));

  return {
    prepare: (modulus) => {
      design = undefined;
      let { machine, status } = build(modulus);
      // The factorization may have taken the room where the grids were; the second time it has its place.
      if (status.ok && !hierarchy.isAt(machine)) ({ machine, status } = build(modulus));
      if (!status.ok) return { dof: dofNear(plan, givenNodes, status.dof), pivot: status.pivot };
      design = { machine, ...stiffnessRange(system, plan, modulus) };
      return undefined;
    },
    holds: () => design !== undefined && hierarchy.isAt(design.machine) && coarsest.holds(),
    bytes: hierarchy.bytes + coarsest.bytes,
    solve: (rhs, cases, out) => {
      const machine = hierarchy.enter();
      const cycle = cycleOf(machine, plan, settings.smoothing, () => solveCoarsest(machine));
      const { stiffest, softest } = design ?? { stiffest: 0, softest: 0 };
      const session = { plan, settings, transport, machine, cycle, stiffest, softest };
      return solveCases(session, system.fixed, rhs, cases, out);
    },
  };
};
