/**
 * The static part of a finite element problem: connectivity, one element matrix, fixed dofs, elimination order.
 * K(E) = sum over elements of E_e times the element matrix, on the free dofs; fixed dofs are masked.
 * The symbolic analysis depends on nothing else and is made once per system.
 */
import { analyzeElements } from "../kernels/sparse/analysis.ts";
import type { Analysis } from "../kernels/sparse/analysis.ts";
import { elementProducts } from "../kernels/multifrontal/element-products.ts";
import type { ElementProducts } from "../kernels/multifrontal/element-products.ts";
import { gridElementNodes } from "../kernels/sparse/grid.ts";
import { nestedDissection } from "../kernels/sparse/nested-dissection.ts";
import type { Shape } from "../src/array/shape.ts";
import { counts } from "../src/counters.ts";

export interface FeSystem {
  /** Shown in printed jaxprs. */
  readonly label: string;
  /** Tells systems with equal labels apart. */
  readonly id: number;
  /** Shape of element fields, [nely, nelx]. */
  readonly elementShape: Shape;
  /** Shape of displacements and loads, [nely + 1, nelx + 1, dofsPerNode]. */
  readonly nodalShape: Shape;
  readonly nodeCount: number;
  readonly nodesPerElement: number;
  readonly dofsPerNode: number;
  readonly elementNodes: Int32Array;
  /** Row-major, for modulus 1. */
  readonly elementMatrix: Float64Array;
  /** One flag per dof, 1 = fixed. */
  readonly fixed: Uint8Array;
  readonly order: Int32Array;
}

let systemCount = 0;

/** The system of a regular grid of quadrilaterals; row 0 is the top edge. */
export const gridSystem = (nelx: number, nely: number, elementMatrix: Float64Array, fixed: Uint8Array): FeSystem => {
  const dofsPerNode = Math.sqrt(elementMatrix.length) / 4;
  return Object.freeze({
    label: `grid(${nelx}x${nely})`,
    id: systemCount++,
    elementShape: [nely, nelx],
    nodalShape: [nely + 1, nelx + 1, dofsPerNode],
    nodeCount: (nelx + 1) * (nely + 1),
    nodesPerElement: 4,
    dofsPerNode,
    elementNodes: gridElementNodes(nelx, nely),
    elementMatrix,
    fixed,
    order: nestedDissection([nely, nelx]),
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

/** What the last direct solve with a system did. */
export interface SolveReport {
  readonly solver: "direct";
  /** |K u - f| / |f| over the free dofs, the largest of the cases; 0 for a zero load. */
  readonly residual: number;
  /** |K u - f| / (|f| + Emax |u|): what rounding left, whatever the contrast. */
  readonly backwardError: number;
  readonly cases: number;
  /** Numbers in the factor times 8. */
  readonly factorBytes: number;
  /** Largest over smallest modulus. */
  readonly contrast: number;
}

const reports = new WeakMap<FeSystem, SolveReport>();

export const recordReport = (system: FeSystem, report: SolveReport): void => {
  reports.set(system, report);
};

/** Report of the last solve, null before the first. */
export const lastReport = (system: FeSystem): SolveReport | null => reports.get(system) ?? null;
