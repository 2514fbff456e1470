/**
 * Modified Bessel functions of the first kind of orders 0 and 1; those ending in e are times e^-|x| and never overflow.
 * Derivatives of any order, right at 0 too.
 */
import { besselI, besselIScaled } from "../../ops/bessel.ts";
import type { UnaryFunction } from "../numpy/elementwise-function.ts";
import { unary } from "./elementwise-function.ts";

/**
 * I_0(x); its derivative is I_1.
 * @example special.i0(array([0, 1])) // [1, 1.2660658777520084]
 */
export const i0: UnaryFunction = unary("i0", (x) => besselI(x, { order: 0 }));

/**
 * e^-|x| I_0(x).
 * @example special.i0e(array([0, 1000])) // [1, 0.012617240455891256]
 */
export const i0e: UnaryFunction = unary("i0e", (x) => besselIScaled(x, { order: 0 }));

/**
 * I_1(x), odd in x.
 * @example special.i1(array([0, 1])) // [0, 0.5651591039924851]
 */
export const i1: UnaryFunction = unary("i1", (x) => besselI(x, { order: 1 }));

/**
 * e^-|x| I_1(x), odd in x.
 * @example special.i1e(array([0, 1000])) // [0, 0.012610930256928629]
 */
export const i1e: UnaryFunction = unary("i1e", (x) => besselIScaled(x, { order: 1 }));
