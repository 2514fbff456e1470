/**
 * What eliminates and substitutes for one system, keeping one factor: the readable reference on arrays, or WebAssembly
 * (kernels/multifrontal). Both give the same bits.
 */
import type { Analysis } from "./analysis.ts";
import { thresholdsOf } from "./diagonal.ts";
import { eliminate, type ElementValues } from "./multifrontal.ts";
import { solve } from "./solve.ts";
import { workspaceOf } from "./workspace.ts";

/** Smallest accepted pivots: by position, or as a fraction of the assembled diagonal. */
export type Threshold = Float64Array | number;

export interface FactorKernel {
  /**
   * Factors a matrix; the factor that was kept before is gone, also when this one is refused.
   * @param threshold  smallest accepted pivots
   * @returns          undefined, or position and value of the first pivot refused
   */
  readonly eliminate: (
    values: ElementValues,
    threshold: Threshold,
  ) => { readonly position: number; readonly pivot: number } | undefined;
  /**
   * Solves with the factor kept.
   * @param rhs  forces, shape [cases, dofs]; entries at fixed dofs are ignored
   * @param out  displacements, shape [cases, dofs], exactly 0 at fixed dofs; may be `rhs`
   */
  readonly solve: (rhs: Float64Array, cases: number, out: Float64Array) => void;
  /** Whether the last matrix that was accepted is still there as a factor. */
  readonly holds: () => boolean;
}

/** The reference, on a factor array of analysis.factorLength numbers. */
export function referenceKernel(analysis: Analysis, factor: Float64Array): FactorKernel {
  let isFactored = false;
  return {
    eliminate: (values, threshold) => {
      const limits = typeof threshold === "number" ? thresholdsOf(analysis, values, threshold) : threshold;
      const refused = eliminate(analysis, values, factor, workspaceOf(analysis).stack, limits);
      isFactored = refused === undefined;
      return refused;
    },
    solve: (rhs, cases, out) => solve(analysis, factor, rhs, cases, out),
    holds: () => isFactored,
  };
}
