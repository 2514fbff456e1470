/**
 * Tells structures that can move freely from structures that are merely soft somewhere.
 * With positive moduli u' K(E) u = 0 means that no element strains, whatever the moduli are. So the question is put to
 * K with all moduli one, where soft regions cannot hide it: is the smallest eigenvalue of D^-1/2 K D^-1/2 above rounding?
 * Source: inverse iteration, Golub & Van Loan 8.2; the measured gap stands at `freeEigenvalue`.
 */

import type { Analysis } from "./analysis.ts";
import { assembleDiagonal } from "./diagonal.ts";
import { elementForms } from "./element-operator.ts";
import type { FactorKernel } from "./factor-kernel.ts";
import type { ElementValues } from "./multifrontal.ts";

export { assembleDiagonal } from "./diagonal.ts";

/**
 * Below this value of the smallest eigenvalue a motion counts as free. Measured with unit moduli: structures without
 * supports or with one support too few, 1x1 to 600x20 and 300x100 elements, give at most 1e-16 or a pivot <= 0;
 * supported ones give 2e-4 (24x16), 1e-10 (300x100 held at one corner), 2e-14 (2000x1) and 1.5e-15 (4000x1).
 */
const freeEigenvalue = 4e-16;

/** Inverse iterations; a free motion shows after the first, the others settle the eigenvector of a slender beam. */
const iterations = 3;

/** A dof that can move freely, and why: its pivot (by Rayleigh quotient) is not above the threshold. */
export interface FreeMotion {
  readonly dof: number;
  readonly pivot: number;
  readonly threshold: number;
}

/** Answer for one set of values, with what it depends on. */
interface Certificate {
  readonly elementMatrix: Float64Array;
  readonly modulusPattern: Uint8Array;
  readonly springPattern: Uint8Array;
  readonly answer: FreeMotion | undefined;
}

const certificates = new WeakMap<Analysis, Certificate>();

const positivePattern = (field: Float64Array | undefined): Uint8Array =>
  Uint8Array.from(field ?? [], (value) => (value > 0 ? 1 : 0));

const sameNumbers = (left: Float64Array, right: Float64Array): boolean => {
  if (left.length !== right.length) return false;
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false;
  return true;
};

const noField = new Float64Array(0);

/** Whether a field is positive where it was when the pattern was taken. */
function hasPattern(pattern: Uint8Array, field: Float64Array = noField): boolean {
  if (pattern.length !== field.length) return false;
  for (let i = 0; i < field.length; i++) if ((field[i]! > 0 ? 1 : 0) !== pattern[i]) return false;
  return true;
}

/** Sum of weight * v^2. */
function weightedSquare(weight: Float64Array, v: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < v.length; i++) sum += weight[i]! * v[i]! * v[i]!;
  return sum;
}

/** u' K(E) u, summed from element energies so that it is never a difference of large numbers. */
function energy(analysis: Analysis, values: ElementValues, u: Float64Array): number {
  const forms = new Float64Array(analysis.elementCount);
  elementForms(analysis, values.elementMatrix, u, u, forms);
  let sum = values.springs === undefined ? 0 : weightedSquare(values.springs, u);
  for (let e = 0; e < forms.length; e++) sum += values.modulus[e]! * forms[e]!;
  return sum;
}

/** The largest entry of |v|, by index. */
function largestEntry(v: Float64Array): number {
  let best = 0;
  for (let i = 1; i < v.length; i++) if (Math.abs(v[i]!) > Math.abs(v[best]!)) best = i;
  return best;
}

/** Smallest eigenvalue of K with respect to its diagonal by inverse iteration; undefined where it is well above rounding. */
function softestMotion(
  analysis: Analysis,
  values: ElementValues,
  diagonal: Float64Array,
  kernel: FactorKernel,
): FreeMotion | undefined {
  const u = new Float64Array(analysis.dofCount);
  // Any vector without symmetry will do.
  for (let dof = 0; dof < u.length; dof++) u[dof] = analysis.fixed[dof] === 1 ? 0 : Math.sin(13 * (dof + 1));
  if (weightedSquare(diagonal, u) === 0) return undefined;
  for (let step = 0; step < iterations; step++) {
    const scale = 1 / Math.sqrt(weightedSquare(diagonal, u));
    for (let dof = 0; dof < u.length; dof++) u[dof] = u[dof]! * diagonal[dof]! * scale;
    kernel.solve(u, 1, u);
  }
  const strain = energy(analysis, values, u);
  const limit = freeEigenvalue * weightedSquare(diagonal, u);
  if (strain > limit) return undefined;
  const dof = largestEntry(u);
  return { dof, pivot: strain / (u[dof]! * u[dof]!), threshold: limit / (u[dof]! * u[dof]!) };
}

/** The question put to one matrix. */
function findFreeMotion(analysis: Analysis, values: ElementValues, kernel: FactorKernel): FreeMotion | undefined {
  const diagonal = new Float64Array(analysis.dofCount);
  assembleDiagonal(analysis, values, diagonal);
  const refused = kernel.eliminate(values, 0);
  if (refused === undefined) return softestMotion(analysis, values, diagonal, kernel);
  const dof = analysis.dofAt[refused.position]!;
  return { dof, pivot: refused.pivot, threshold: freeEigenvalue * diagonal[dof]! };
}

/**
 * A dof that can move without straining any element, or undefined when there is none.
 * Depends on the signs of moduli and springs only, so the answer is kept and asked for again at no cost.
 * @param values  moduli and springs >= 0; elements with modulus 0 count as absent
 * @param kernel  its factor is overwritten unless the answer is known
 */
export function freeMotion(analysis: Analysis, values: ElementValues, kernel: FactorKernel): FreeMotion | undefined {
  const { elementMatrix } = values;
  const kept = certificates.get(analysis);
  if (
    kept !== undefined &&
    sameNumbers(kept.elementMatrix, elementMatrix) &&
    hasPattern(kept.modulusPattern, values.modulus) &&
    hasPattern(kept.springPattern, values.springs)
  ) {
    return kept.answer;
  }
  const modulusPattern = positivePattern(values.modulus);
  const springPattern = positivePattern(values.springs);
  const springs = values.springs === undefined ? undefined : Float64Array.from(springPattern);
  const unit = { elementMatrix, modulus: Float64Array.from(modulusPattern), springs };
  const answer = findFreeMotion(analysis, unit, kernel);
  certificates.set(analysis, { elementMatrix: elementMatrix.slice(), modulusPattern, springPattern, answer });
  return answer;
}
