/**
 * The static part of a finite element problem: connectivity, one element matrix, fixed dofs, elimination order.
 * K(E) = sum over elements of E_e times the element matrix, on the free dofs; fixed dofs are masked.
 * The symbolic analysis depends on nothing else and is made once per system.
 */
import { analyzeElements } from "../kernels/sparse/analysis.ts";
import type { Analysis } from "../kernels/sparse/analysis.ts";
import { planOf } from "../kernels/multigrid/plan.ts";
import type { Plan } from "../kernels/multigrid/plan.ts";
import { elementProducts } from "../kernels/multifrontal/element-products.ts";
import type { ElementProducts } from "../kernels/multifrontal/element-products.ts";
import { brickElementNodes, gridElementNodes } from "../kernels/sparse/grid.ts";
import { nestedDissection } from "../kernels/sparse/nested-dissection.ts";
import { sizeOf } from "../src/array/shape.ts";
import type { Shape } from "../src/array/shape.ts";
import { counts } from "../src/counters.ts";
import { directChoice } from "./fe-solver-choice.ts";
import type { SolverChoice } from "./fe-solver-choice.ts";

export interface FeSystem {
  /** Shown in printed jaxprs. */
  readonly label: string;
  /** Tells systems with equal labels apart. */
  readonly id: number;
  /** Shape of element fields, [nely, nelx] or [nelz, nely, nelx]. */
  readonly elementShape: Shape;
  /** Shape of displacements and loads, nodes per axis and dofsPerNode, which is left out where it is 1. */
  readonly nodalShape: Shape;
  readonly nodeCount: number;
  readonly nodesPerElement: number;
  readonly dofsPerNode: number;
  readonly elementNodes: Int32Array;
  /** Row-major, for modulus 1. */
  readonly elementMatrix: Float64Array;
  /** One flag per dof, 1 = fixed. */
  readonly fixed: Uint8Array;
  /** Stiffness to ground per dof, all >= 0; none without it. */
  readonly springs?: Float64Array | undefined;
  readonly order: Int32Array;
  readonly solver: SolverChoice;
}

/** Parameters of all finite element primitives. */
export interface FeParams {
  readonly system: FeSystem;
}

/** What has to be said of a regular grid. */
export interface GridSystemOptions {
  /** Elements per axis, slowest first: [nely, nelx] or [nelz, nely, nelx]. */
  readonly cells: readonly number[];
  /** Stiffness of an element with modulus 1, row-major. */
  readonly elementMatrix: Float64Array;
  /** One flag per dof, 1 = fixed. */
  readonly fixed: Uint8Array;
  /** Stiffness to ground per dof, all >= 0. */
  readonly springs?: Float64Array | undefined;
  /** Default direct. */
  readonly solver?: SolverChoice;
}

let systemCount = 0;

/** Computed when first asked for. */
const lazily = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
};

/** The system of a regular grid of quadrilaterals or bricks; row 0 is the top edge, layer 0 is z = 0. */
export const gridSystem = ({
  cells,
  elementMatrix,
  fixed,
  springs,
  solver = directChoice,
}: GridSystemOptions): FeSystem => {
  const nodeShape = cells.map((count) => count + 1);
  const nodesPerElement = 2 ** cells.length;
  const dofsPerNode = Math.sqrt(elementMatrix.length) / nodesPerElement;
  const [nelx, nely, nelz] = [...cells].reverse() as [number, number, number | undefined];
  const elementNodes = lazily(() =>
    nelz === undefined ? gridElementNodes(nelx, nely) : brickElementNodes(nelx, nely, nelz),
  );
  const order = lazily(() => nestedDissection(cells));
  return Object.freeze({
    label: `grid(${[...cells].reverse().join("x")})`,
    id: systemCount++,
    elementShape: cells,
    nodalShape: dofsPerNode === 1 ? nodeShape : [...nodeShape, dofsPerNode],
    nodeCount: sizeOf(nodeShape),
    nodesPerElement,
    dofsPerNode,
    get elementNodes() {
      return elementNodes();
    },
    elementMatrix,
    fixed,
    springs,
    get order() {
      return order();
    },
    solver,
  });
};

const analyses = new WeakMap<FeSystem, Analysis>();

/** The symbolic analysis of a system, made on first use. */
export const analysisOf = (system: FeSystem): Analysis => {
  let analysis = analyses.get(system);
  if (analysis === undefined) {
    counts.analyses++;
    analysis = analyzeElements(system);
    analyses.set(system, analysis);
  }
  return analysis;
};

const fixedDofs = new WeakMap<FeSystem, Int32Array>();

/** Numbers of the fixed dofs, ascending. */
export const fixedDofsOf = (system: FeSystem): Int32Array => {
  let dofs = fixedDofs.get(system);
  if (dofs === undefined) {
    dofs = Int32Array.from(Array.from(system.fixed.keys()).filter((dof) => system.fixed[dof] === 1));
    fixedDofs.set(system, dofs);
  }
  return dofs;
};

const plans = new WeakMap<FeSystem, Plan>();

/** The grids of a system that has the multigrid solver, made on first use. */
export const planFor = (system: FeSystem): Plan => {
  const { solver } = system;
  let plan = plans.get(system);
  if (plan === undefined) {
    counts.analyses++;
    plan = planOf(system, solver.kind === "multigrid" ? solver.levels : 2);
    plans.set(system, plan);
  }
  return plan;
};

const products = new WeakMap<FeSystem, ElementProducts>();

/** Products of a system's elements with fields, fixed dofs as free ones. */
export const productsOf = (system: FeSystem): ElementProducts => {
  let made = products.get(system);
  if (made === undefined) {
    made = elementProducts(system, system.elementMatrix);
    products.set(system, made);
  }
  return made;
};

/** What the last solve with a system did. */
export interface SolveReport {
  readonly solver: "direct" | "multigrid";
  /** Why the system has this solver. */
  readonly because: string;
  /** |K u - f| / |f| over the free dofs, the largest of the cases; 0 for a zero load. */
  readonly residual: number;
  /** |K u - f| / (|f| + k |u|), k the stiffness of the stiffest element or spring: what rounding or the tolerance left, whatever the contrast. */
  readonly backwardError: number;
  readonly cases: number;
  /** Iterations of the case that took most; 0 of the direct solver. */
  readonly iterations: number;
  /** Residuals of that case before the first and after every iteration, relative to the load; empty of the direct solver. */
  readonly history: readonly number[];
  /**
   * Why it ended: "converged" below the tolerance; "rounding" above it, as small as rounding lets the residual be (a load on
   * soft material next to stiff one); "direct" without iterations.
   */
  readonly reason: "direct" | "converged" | "rounding";
  /** Taken for what is kept of one design: the factor, or all grids of multigrid. */
  readonly factorBytes: number;
  /** Largest over smallest modulus. */
  readonly contrast: number;
}

const reports = new WeakMap<FeSystem, SolveReport>();

export const recordReport = (system: FeSystem, report: SolveReport): void => {
  reports.set(system, report);
};

/** Nothing is known of a solve that fails. */
export const forgetReport = (system: FeSystem): void => void reports.delete(system);

/** Report of the last solve, null before the first and after one that failed. */
export const lastReport = (system: FeSystem): SolveReport | null => reports.get(system) ?? null;
