/**
 * Loads so small that displacements, or the forces they are made of, would fall below the normal numbers on the way: they
 * are lifted by a power of two, solved, and lowered. Both steps are exact but for one rounding of the displacement.
 */
import { binaryExponent, scaleByPowerOfTwo } from "../kernels/float-parts.ts";

/** Exponents of displacements below which digits may be lost, and to which they are then brought. */
const [least, safe] = [-900, -700];

const largestOf = (load: Float64Array): number => {
  let high = 0;
  for (let dof = 0; dof < load.length; dof++) high = Math.max(high, Math.abs(load[dof]!));
  return high;
};

/** The exponent by which each case of so many dofs is lifted, of finite loads on elements of such moduli. */
export const liftsOf = (load: Float64Array, dofs: number, modulus: number): readonly number[] =>
  Array.from({ length: load.length / dofs }, (_, c) => {
    const high = largestOf(load.subarray(c * dofs, (c + 1) * dofs));
    if (high === 0) return 0;
    const size = binaryExponent(high) - binaryExponent(modulus);
    return size < least ? safe - size : 0;
  });

const scale = (values: Float64Array, exponent: number): void => {
  for (let dof = 0; dof < values.length; dof++) values[dof] = scaleByPowerOfTwo(values[dof]!, exponent);
};

/** The load with its cases lifted; itself where none is. */
export const lift = (load: Float64Array, lifts: readonly number[]): Float64Array => {
  if (lifts.every((exponent) => exponent === 0)) return load;
  const out = load.slice();
  const dofs = out.length / lifts.length;
  lifts.forEach((exponent, c) => scale(out.subarray(c * dofs, (c + 1) * dofs), exponent));
  return out;
};

/** Takes the lift of a case off its displacement, in place. */
export const lower = (u: Float64Array, exponent: number): void => {
  if (exponent !== 0) scale(u, -exponent);
};
