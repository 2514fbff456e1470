/**
 * Conjugate gradients with multigrid on a regular grid: the finest grid from moduli alone, coarser ones as stored matrices,
 * the coarsest by the multifrontal Cholesky factorization. What is kept for a design is its hierarchy.
 */
import { hasSimd } from "../assembler/index.ts";
import { directSolver } from "../multifrontal/direct-solver.ts";
import type { DirectSolver } from "../multifrontal/direct-solver.ts";
import { isHome, placeFor } from "../multifrontal/memory.ts";
import type { Tenant } from "../multifrontal/memory.ts";
import { oneThread } from "../multifrontal/part-runner.ts";
import type { PartRunner } from "../multifrontal/part-runner.ts";
import { eliminatePositive } from "../sparse/cholesky.ts";
import { assembleDiagonal } from "../sparse/definiteness.ts";
import { type FactorKernel, referenceKernel } from "../sparse/factor-kernel.ts";
import { buildCoarse } from "./build.ts";
import { conjugateGradients } from "./conjugate-gradients.ts";
import type { Convergence } from "./conjugate-gradients.ts";
import { runCycle, smootherReach } from "./cycle.ts";
import type { Cycle, CycleGrid } from "./cycle.ts";
import { indicesIn, placeOf } from "./geometry.ts";
import type { Geometry } from "./geometry.ts";
import type {
  ElementKernels,
  GalerkinKernels,
  KernelMaker,
  StencilKernels,
  TransferKernels,
  VectorKernels,
} from "./kernels.ts";
import { fieldNumbers, layoutOf } from "./layout.ts";
import type { Layout } from "./layout.ts";
import type { GridElements, Plan } from "./plan.ts";
import { referenceKernels } from "./reference.ts";
import { wasmKernels } from "./wasm-kernels.ts";

/**
 * Stiffness, as a fraction of the diagonal, given to coarse dofs that may move like others: enough to tell them apart beyond
 * rounding, too little to matter. What it lets through, interpolation takes away again.
 */
const regularization = 1e-12;

/** Further steps of the smoother on coarser grids, where they are cheap. */
const moreSteps = 2;

export interface MultigridSettings {
  readonly tolerance: number;
  readonly smoothing: number;
  readonly maxIterations: number;
  readonly warmStart: boolean;
}

/** The coarsest matrix is not positive definite to working accuracy: a dof of the given grid near the pivot refused. */
export interface HierarchyRefusal {
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

/** Everything bound to one memory. */
interface Machine {
  readonly base: number;
  readonly buffer: () => ArrayBufferLike;
  readonly elements: ElementKernels;
  readonly stencils: readonly (StencilKernels | undefined)[];
  readonly transfers: readonly TransferKernels[];
  readonly galerkin: GalerkinKernels;
  readonly vectors: VectorKernels;
}

const machineOf = (
  plan: Plan,
  layout: Layout,
  kernels: KernelMaker,
  base: number,
  buffer: () => ArrayBufferLike,
): Machine => {
  const { components, grids, modes, diagonal } = plan;
  const geometries = grids.map(({ geometry }) => geometry);
  return {
    base,
    buffer,
    elements: kernels.elements(modes, diagonal, geometries[0]!, base + layout.scratch),
    stencils: layout.grids.map(({ tables }, level) =>
      tables === 0 ? undefined : kernels.stencil(components, geometries[level]!, base + tables),
    ),
    transfers: geometries.slice(1).map((coarse, level) => kernels.transfer(components, geometries[level]!, coarse)),
    galerkin: kernels.galerkin(components, geometries[0]!),
    vectors: kernels.vectors(),
  };
};

/** Writes what does not depend on moduli; everything else is zero. */
const writeTables = (plan: Plan, layout: Layout, buffer: ArrayBufferLike, base: number): void => {
  new Float64Array(buffer, base, layout.bytes / 8).fill(0);
  const matrixBytes = 8 * plan.elementSize ** 2;
  const words = (at: number, values: Int32Array): void => new Int32Array(buffer, base + at, values.length).set(values);
  words(
    layout.kindAt,
    plan.kindAt.map((kind) => base + layout.kinds + matrixBytes * kind),
  );
  plan.kinds.forEach((matrix, k) =>
    new Float64Array(buffer, base + layout.kinds + matrixBytes * k, matrix.length).set(matrix),
  );
  words(
    layout.springPlaces,
    Int32Array.from(plan.springs, ({ place }) => place),
  );
  new Float64Array(buffer, base + layout.springs, plan.springs.length).set(
    plan.springs.map(({ stiffness }) => stiffness),
  );
  plan.grids.forEach(({ still }, level) => words(layout.grids[level]!.still, still));
};

/** Rows of a grid: a callback for each, with its first node's number among the nodes given and its place. */
const forEachRow = (
  counts: readonly number[],
  geometry: Geometry,
  run: (first: number, place: number) => void,
): void => {
  const width = counts.at(-1)!;
  const rows = counts.slice(0, -1).reduce((product, own) => product * own, 1);
  for (let row = 0; row < rows; row++) run(row * width, placeOf(geometry, [...indicesIn(counts.slice(0, -1), row), 0]));
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
  const layout = layoutOf(plan);
  const { components, grids, coarsest } = plan;
  const { geometry } = grids[0]!;
  const givenNodes = system.elementShape.map((count) => count + 1);
  const dofs = system.fixed.length;
  const coarse: FactorKernel | DirectSolver = isFast
    ? directSolver(coarsest, runner, coarsest.elementCount)
    : referenceKernel(coarsest, new Float64Array(coarsest.factorLength));
  const ones = new Float64Array(coarsest.elementCount).fill(1);
  const matrices = new Float64Array(coarsest.elementCount * plan.elementSize ** 2);
  const [diagonal, springs] = [new Float64Array(coarsest.dofCount), new Float64Array(coarsest.dofCount)];
  const coarseRight = new Float64Array(coarsest.dofCount);
  let isPrepared = false;
  let machine: Machine | undefined;
  let isNew = false;
  const arrive = (kernels: KernelMaker, buffer: () => ArrayBufferLike, base: number): void => {
    isPrepared = false;
    isNew = true;
    writeTables(plan, layout, buffer(), base);
    machine = machineOf(plan, layout, kernels, base, buffer);
  };
  const tenant: Tenant = {
    bytes: layout.bytes,
    arrive: ({ memory, base }) => arrive(wasmKernels(memory), () => memory.buffer, base),
  };
  const enter = (): Machine => {
    if (isFast) placeFor(tenant);
    else if (machine === undefined) {
      const buffer = new ArrayBuffer(layout.bytes);
      arrive(referenceKernels(buffer), () => buffer, 0);
    }
    return machine!;
  };
  const doubles = ({ buffer, base }: Machine, at: number, length: number): Float64Array =>
    new Float64Array(buffer(), base + at, length);

  /** Nodal values in the user's order to or from a field. */
  const transport = (field: Float64Array, values: Float64Array, isIn: boolean): void =>
    forEachRow(givenNodes, geometry, (first, place) => {
      const width = givenNodes.at(-1)!;
      for (let k = 0; k < components; k++) {
        const own = k * geometry.length + place;
        const other = first * components + k;
        if (isIn) for (let x = 0; x < width; x++) field[own + x] = values[other + x * components]!;
        else for (let x = 0; x < width; x++) values[other + x * components] = field[own + x]!;
      }
    });

  const invertDiagonals = (own: Machine): void => {
    const { elements, stencils, vectors, base } = own;
    grids.slice(0, -1).forEach((grid, level) => {
      const { inverse, still, stencil } = layout.grids[level]!;
      if (level === 0) {
        elements.diagonal(base + layout.modulus, base + inverse);
        const diagonal = doubles(own, inverse, fieldNumbers(plan, grid));
        for (const { place, stiffness } of plan.springs) diagonal[place / 8]! += stiffness;
      } else stencils[level]!.diagonal(base + stencil, base + inverse);
      vectors.invert(base + inverse, fieldNumbers(plan, grid));
      vectors.clear(base + still, grid.still.length, base + inverse);
    });
  };

  /** A dof of the given grid near a dof of the coarsest. */
  const dofNear = (coarseDof: number): number => {
    const coarseNodes = grids.at(-1)!.geometry.nodes;
    const step = 2 ** (grids.length - 1);
    const node = indicesIn(coarseNodes, Math.floor(coarseDof / components)).map((index, axis) =>
      Math.min(index * step, givenNodes[axis]! - 1),
    );
    const number = node.reduce((sum, index, axis) => sum * givenNodes[axis]! + index, 0);
    return number * components + (coarseDof % components);
  };

  const prepare: MultigridSolver["prepare"] = (modulus) => {
    const own = enter();
    isPrepared = false;
    const { base, buffer } = own;
    const field = doubles(own, layout.modulus, geometry.length);
    const width = system.elementShape.at(-1)!;
    forEachRow(system.elementShape, geometry, (first, place) =>
      field.set(modulus.subarray(first, first + width), place),
    );
    buildCoarse(plan, layout, buffer(), base, own.galerkin, own.stencils);
    invertDiagonals(own);
    // A copy, since the memory may grow, and its views with it, when the coarse solver takes its place.
    matrices.set(doubles(own, layout.coarsest, matrices.length));
    const values = { elementMatrix: matrices, modulus: ones };
    assembleDiagonal(coarsest, values, diagonal);
    for (const dof of plan.doubtful) springs[dof] = regularization * diagonal[dof]!;
    const status = eliminatePositive(coarsest, { ...values, springs }, coarse);
    isPrepared = status.ok;
    isNew = false;
    return status.ok ? undefined : { dof: dofNear(status.dof), pivot: status.pivot };
  };

  const solveCoarsest = (own: Machine): void => {
    const { geometry: last } = grids.at(-1)!;
    const field = doubles(own, layout.grids.at(-1)!.right, components * last.length);
    const nodes = coarsest.dofCount / components;
    const places = coarsePlaces;
    for (let n = 0; n < nodes; n++)
      for (let k = 0; k < components; k++) coarseRight[n * components + k] = field[places[n]! + k * last.length]!;
    coarse.solve(coarseRight, 1, coarseRight);
    for (let n = 0; n < nodes; n++)
      for (let k = 0; k < components; k++) field[places[n]! + k * last.length] = coarseRight[n * components + k]!;
  };
  const coarsePlaces = Int32Array.from({ length: coarsest.dofCount / components }, (_, n) =>
    placeOf(grids.at(-1)!.geometry, indicesIn(grids.at(-1)!.geometry.nodes, n)),
  );

  const smootherOf = (bound: number, level: number) => {
    const steps = level === 0 ? settings.smoothing : settings.smoothing + moreSteps;
    return { steps, bound: bound / smootherReach(steps) };
  };

  const cycleOf = (own: Machine): Cycle => {
    const { base, elements, stencils, vectors } = own;
    const moved = grids.map((grid, level) => {
      const fields = layout.grids[level]!;
      return Object.fromEntries(
        Object.entries(fields).map(([name, place]) => [name, base + place]),
      ) as unknown as typeof fields;
    });
    const finestResidual: CycleGrid["residual"] = (u, r, out) => {
      elements.residual(base + layout.modulus, u, r, out);
      vectors.addAt(base + layout.springPlaces, base + layout.springs, plan.springs.length, u, out, -1);
      vectors.clear(moved[0]!.still, grids[0]!.still.length, out);
    };
    return {
      vectors,
      grids: grids.slice(0, -1).map((grid, level) => ({
        fields: moved[level]!,
        count: fieldNumbers(plan, grid),
        ...smootherOf(grid.bound, level),
        residual:
          level === 0 ? finestResidual : (u, r, out) => stencils[level]!.residual(moved[level]!.stencil, u, r, out),
        still: { places: moved[level]!.still, count: grid.still.length },
        transfer: own.transfers[level]!,
      })),
      solveCoarsest: () => solveCoarsest(own),
      coarsest: { ...moved.at(-1)!, stillCount: grids.at(-1)!.still.length },
    };
  };

  const solveCase = (own: Machine, cycle: Cycle, rhs: Float64Array, out: Float64Array): Convergence => {
    const { base, vectors, elements } = own;
    const fields = cycle.grids[0]!.fields;
    const count = fieldNumbers(plan, grids[0]!);
    const displacement = base + layout.displacement;
    const zero = (at: number): void => void doubles(own, at, count).fill(0);
    const load = (): void => {
      zero(layout.grids[0]!.right);
      transport(doubles(own, layout.grids[0]!.right, count), rhs, true);
      vectors.clear(fields.still, grids[0]!.still.length, fields.right);
    };
    load();
    zero(layout.displacement);
    zero(layout.direction);
    const norm = Math.sqrt(vectors.dot(fields.right, fields.right, count));
    if (norm === 0) {
      out.fill(0);
      return { reason: "converged", iterations: 0, residual: 0, history: [0] };
    }
    const resetResidual = (): void => {
      load();
      cycle.grids[0]!.residual(displacement, fields.right, fields.right);
    };
    const last = settings.warmStart ? lastSolutions.get(plan) : undefined;
    if (last !== undefined) {
      transport(doubles(own, layout.displacement, count), last, true);
      resetResidual();
    }
    const convergence = conjugateGradients(
      {
        vectors,
        count,
        displacement,
        direction: base + layout.direction,
        right: fields.right,
        solution: fields.solution,
        image: fields.rest,
        product: (u, image) => {
          elements.product(base + layout.modulus, u, image);
          vectors.addAt(base + layout.springPlaces, base + layout.springs, plan.springs.length, u, image, 1);
          vectors.clear(fields.still, grids[0]!.still.length, image);
        },
        precondition: () => runCycle(cycle),
        resetResidual,
      },
      norm,
      settings.tolerance,
      settings.maxIterations,
    );
    transport(doubles(own, layout.displacement, count), out, false);
    return convergence;
  };

  return {
    prepare,
    holds: () => isPrepared && coarse.holds() && (!isFast || isHome(tenant)) && !isNew,
    bytes:
      layout.bytes +
      (isFast
        ? (coarse as DirectSolver).bytes.factor + (coarse as DirectSolver).bytes.tables
        : 8 * coarsest.factorLength),
    solve: (rhs, cases, out) => {
      const own = enter();
      const cycle = cycleOf(own);
      const results: Convergence[] = [];
      for (let k = 0; k < cases; k++) {
        const case_ = out.subarray(k * dofs, (k + 1) * dofs);
        results.push(solveCase(own, cycle, rhs.slice(k * dofs, (k + 1) * dofs), case_));
        if (settings.warmStart && results.at(-1)!.reason === "converged") lastSolutions.set(plan, case_.slice());
      }
      return results;
    },
  };
};
