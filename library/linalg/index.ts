/** cotangent/linalg: dense linear algebra under NumPy's names; matrices in the last two axes, batch axes before. */
import "../numpy/methods.ts";

export * from "./decompositions.ts";
export * from "./functions.ts";
export * from "./norms.ts";
export * from "./products.ts";
export { inv, lstsq, matrixPower, pinv, solve, tensorinv, tensorsolve } from "./solving.ts";
export { matmul, outer, tensordot } from "../numpy/products.ts";
export { matrixTranspose } from "../numpy/manipulation.ts";
export { cross, vecdot } from "../numpy/vector-products.ts";
