/**
 * Cholesky factorization of K(E) = sum of E_e P_e' K0 P_e, written into an array of static length.
 * Free motions are found first, independently of the moduli (definiteness.ts): at a contrast of 1e9 a legal pivot can be
 * 2e-14 of its diagonal while rounding leaves 3e-9 of a zero one. After that a pivot only has to stay above rounding.
 * Source: Duff & Reid 1983; Liu 1992 (multifrontal method).
 */

import type { Analysis } from "./analysis.ts";
import { freeMotion } from "./definiteness.ts";
import { thresholdsOf } from "./diagonal.ts";
import { type FactorKernel, referenceKernel } from "./factor-kernel.ts";
import type { ElementValues } from "./multifrontal.ts";

export { solve } from "./solve.ts";

/** A pivot that is not above its threshold, with the user's number of its dof. */
export interface FactorRefusal {
  readonly ok: false;
  readonly dof: number;
  readonly pivot: number;
  readonly threshold: number;
  /** True: the dof can move without straining any element. False: the values are to blame (NaN, negative, beyond rounding). */
  readonly freeMotion: boolean;
}

export type FactorStatus = { readonly ok: true } | FactorRefusal;

/**
 * Smallest accepted pivot as a fraction of the assembled diagonal of its dof. Measured at contrast 1e9 with supports that
 * hold: checkerboards 6e-10, solid islands 2e-14 (300x10), hinged bars 7e-14 (100x3), each solved to a backward error of
 * 6e-16. Past that (300x1 with a void joint in every other element) pivots drown in rounding and the matrix is refused.
 */
const pivotFraction = 1e-16;

/** Whether every entry is a finite number >= 0. */
function isFiniteNonNegative(field: Float64Array | undefined): boolean {
  if (field === undefined) return true;
  for (let k = 0; k < field.length; k++) if (!(field[k]! >= 0 && field[k]! < Infinity)) return false;
  return true;
}

/**
 * Factors K(E) plus springs to ground.
 * @param analysis       symbolic factorization of the mesh and its supports
 * @param elementMatrix  reference matrix K0 of every element, row-major, symmetric
 * @param modulus        scale per element, all > 0 (elements with 0 count as absent)
 * @param factor         analysis.factorLength numbers, overwritten, or what keeps the factor; of no use when refused
 * @param springs        optional stiffness to ground per dof, all >= 0
 * @returns              ok, or the user's number of a free dof with its pivot; NaN anywhere is refused too
 * Cost: one factorization; the first call with an element matrix does a second one, to look for free motions.
 */
export function factorize(
  analysis: Analysis,
  elementMatrix: Float64Array,
  modulus: Float64Array,
  factor: Float64Array | FactorKernel,
  springs?: Float64Array,
): FactorStatus {
  const kernel = factor instanceof Float64Array ? referenceKernel(analysis, factor) : factor;
  const values: ElementValues = { elementMatrix, modulus, springs };
  if (isFiniteNonNegative(modulus) && isFiniteNonNegative(springs)) {
    const free = freeMotion(analysis, values, kernel);
    if (free !== undefined) return { ok: false, ...free, freeMotion: true };
  }
  return eliminatePositive(analysis, values, kernel);
}

/** Factors a matrix that is known to have no free motions; pivots are measured against its diagonal. */
export function eliminatePositive(analysis: Analysis, values: ElementValues, kernel: FactorKernel): FactorStatus {
  const refused = kernel.eliminate(values, pivotFraction);
  if (refused === undefined) return { ok: true };
  const { position, pivot } = refused;
  const threshold = thresholdsOf(analysis, values, pivotFraction)[position]!;
  return { ok: false, dof: analysis.dofAt[position]!, pivot, threshold, freeMotion: false };
}
