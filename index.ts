/** cotangent: composable transforms of array functions. The front door: names only, no code. */
import "./library/numpy/methods.ts";

export { array } from "./library/numpy/creation.ts";
export { NDArray } from "./src/array/ndarray.ts";
export type { DType } from "./src/array/dtype.ts";
export type { Shape } from "./src/array/shape.ts";
export type { Aval } from "./src/ir/aval.ts";
export type { ClosedJaxpr, Equation, Jaxpr } from "./src/ir/jaxpr.ts";
export type { Primitive } from "./src/ir/primitive.ts";
export { definePrimitive } from "./src/ir/define.ts";
export * as authoring from "./ops/authoring.ts";
export { printJaxpr } from "./src/ir/print.ts";
export { validateJaxpr } from "./src/ir/validate.ts";
export * as tree from "./src/tree/index.ts";
export { pipe } from "./src/fp.ts";
export { configure } from "./src/configure.ts";
export { counters } from "./src/counters.ts";
export { jit } from "./transforms/jit.ts";
export { grad, valueAndGrad, vjp } from "./transforms/vjp.ts";
export { jvp, linearize } from "./transforms/jvp.ts";
export { vmap } from "./transforms/vmap.ts";
export { hessian, hvp, jacfwd, jacrev } from "./transforms/hessian.ts";
export { evalShape, linearTranspose, makeJaxpr } from "./transforms/make-jaxpr.ts";
export { customVjp } from "./transforms/custom-vjp.ts";
export { customLinearSolve } from "./transforms/custom-linear-solve.ts";
export { customRoot } from "./transforms/custom-root.ts";
export { pureCallback, stopGradient } from "./transforms/pure-callback.ts";
export * from "./src/error.ts";
