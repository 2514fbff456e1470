/**
 * Loads so small that displacements, or the forces they are made of, would fall below the normal numbers on the way: they
 * are lifted by a power of two, solved, and lowered. Both steps are exact but for one rounding of the displacement.
 */
import { binaryExponent, scaleByPowerOfTwo } from "../kernels/float-parts.ts";
import type { FeSystem } from "./fe-system.ts";

/** Exponents of forces and displacements: below the first digits may be lost, to the second they are brought. */
const [least, safe] = [-900, -700];
/** No displacement is lifted beyond this exponent. */
const highest = 900;

/** The largest force of a case at a free dof. */
const largestOf = (load: Float64Array, fixed: Uint8Array): number => {
  let high = 0;
  for (let dof = 0; dof < load.length; dof++) if (fixed[dof] === 0) high = Math.max(high, Math.abs(load[dof]!));
  return high;
};

/** The exponent by which each case is lifted, of finite loads on elements with moduli from one to another. */
export const liftsOf = (
  load: Float64Array,
  { fixed }: FeSystem,
  [softest, stiffest]: readonly [number, number],
): readonly number[] =>
  Array.from({ length: load.length / fixed.length }, (_, c) => {
    const high = largestOf(load.subarray(c * fixed.length, (c + 1) * fixed.length), fixed);
    if (high === 0) return 0;
    const force = binaryExponent(high);
    const low = Math.min(force, force - binaryExponent(stiffest));
    if (low >= least) return 0;
    const room = highest - Math.max(force, force - binaryExponent(softest));
    return Math.max(0, Math.min(safe - low, room));
  });

/** The load with its cases lifted, and without forces at fixed dofs; itself where none is lifted. */
export const lift = (load: Float64Array, { fixed }: FeSystem, lifts: readonly number[]): Float64Array => {
  if (lifts.every((exponent) => exponent === 0)) return load;
  return load.map((force, k) => {
    const dof = k % fixed.length;
    return fixed[dof] === 0 ? scaleByPowerOfTwo(force, lifts[(k - dof) / fixed.length]!) : 0;
  });
};

/** Takes the lift of a case off its displacement, in place. */
export const lower = (u: Float64Array, exponent: number): void => {
  if (exponent !== 0) for (let dof = 0; dof < u.length; dof++) u[dof] = scaleByPowerOfTwo(u[dof]!, -exponent);
};
