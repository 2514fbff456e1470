/** cotangent/nn: what neural networks are built from, as pure functions of arrays. */
import "../numpy/methods.ts";

export {
  gelu,
  glu,
  log1mexp,
  logSigmoid,
  mish,
  sigmoid,
  silu,
  softplus,
  softSign,
  squareplus,
  swish,
  tanh,
} from "./activations.ts";
export type { GeluOptions, GluOptions, SquareplusOptions } from "./activations.ts";
export { conv } from "./conv.ts";
export type { ConvOptions } from "./conv.ts";
export * as initializers from "./initializers.ts";
export { logmeanexp, logSoftmax, logsumexp, softmax } from "./normalized-exponentials.ts";
export type { LogsumexpOptions, SoftmaxOptions } from "./normalized-exponentials.ts";
export { oneHot } from "./one-hot.ts";
export type { OneHotOptions } from "./one-hot.ts";
export {
  celu,
  elu,
  hardSigmoid,
  hardSilu,
  hardSwish,
  hardTanh,
  identity,
  leakyRelu,
  relu,
  relu6,
  selu,
  sparsePlus,
  sparseSigmoid,
} from "./piecewise-activations.ts";
export type { AlphaOptions, LeakyReluOptions } from "./piecewise-activations.ts";
export { avgPool, maxPool, minPool } from "./pool.ts";
export type { AvgPoolOptions, PoolOptions } from "./pool.ts";
export { resize } from "./resize.ts";
export type { ResizeOptions } from "./resize.ts";
export { standardize } from "./standardize.ts";
export type { StandardizeOptions } from "./standardize.ts";
export { safeNorm, safeSqrt } from "./safe.ts";
