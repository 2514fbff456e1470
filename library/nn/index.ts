/** cotangent/nn: what neural networks are built from, as pure functions of arrays. */
import "../numpy/methods.ts";

export { gelu, relu, relu6, sigmoid, silu, softplus } from "./activations.ts";
export { conv } from "./conv.ts";
export type { ConvOptions } from "./conv.ts";
export { logSoftmax, logsumexp, softmax } from "./normalized-exponentials.ts";
export type { SoftmaxOptions } from "./normalized-exponentials.ts";
export { safeNorm, safeSqrt } from "./safe.ts";
