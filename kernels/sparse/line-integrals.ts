/**
 * Integrals over the unit line of products of its two linear shape functions and their derivatives.
 * Matrices of rectangles and bricks are sums of tensor products of these, exact without quadrature.
 * Source: Zienkiewicz & Taylor, The Finite Element Method, vol. 1; position 0 is the lower end, 1 the upper end.
 */

/** Integral over the unit line of n_i' n_j'. */
export const lineStiffness = (i: number, j: number): number => (i === j ? 1 : -1);

/** Integral over the unit line of n_i n_j. */
export const lineMass = (i: number, j: number): number => (i === j ? 2 : 1) / 6;

/** Integral over the unit line of n_i' n_j, which does not depend on j. */
export const lineGradient = (i: number): number => (i === 0 ? -0.5 : 0.5);
