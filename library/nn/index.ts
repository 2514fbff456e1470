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
export { batchNorm } from "./batch-norm.ts";
export type { BatchNorm, BatchNormOptions, BatchNormState, BatchNormUse } from "./batch-norm.ts";
export { cnnDecoder, hoyerDecoder } from "./cnn-decoder.ts";
export type { CnnDecoderOptions, CnnDecoderParams, HoyerDecoderOptions } from "./cnn-decoder.ts";
export { conv } from "./conv.ts";
export type { ConvOptions } from "./conv.ts";
export { conv2d } from "./conv2d.ts";
export type { Conv2d, Conv2dOptions, Conv2dParams } from "./conv2d.ts";
export { coordinates } from "./coordinates.ts";
export type { CoordinatesOptions } from "./coordinates.ts";
export { countParameters } from "./count-parameters.ts";
export { dense } from "./dense.ts";
export type { Dense, DenseOptions, DenseParams } from "./dense.ts";
export { fourierFeatures, fourierMlp } from "./fourier-features.ts";
export type { FourierFeaturesOptions, FourierMlpOptions } from "./fourier-features.ts";
export * as initializers from "./initializers.ts";
export { latentInput } from "./latent-input.ts";
export type { LatentInputOptions, LatentParams } from "./latent-input.ts";
export { mlp } from "./mlp.ts";
export type { MlpNormalization, MlpOptions, MlpParams } from "./mlp.ts";
export { activation, fixedInput, sequential } from "./network.ts";
export type { Network, NetworkList } from "./network.ts";
export type { NetworkOptions } from "./network-options.ts";
export { frozenBatchNorm, globalNorm, layerNorm } from "./normalizations.ts";
export type { AffineParams, GlobalNormOptions, Moments, NormalizationOptions } from "./normalizations.ts";
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
export { siren } from "./siren.ts";
export type { SirenOptions } from "./siren.ts";
export { standardize } from "./standardize.ts";
export type { StandardizeOptions } from "./standardize.ts";
export { safeNorm, safeSqrt } from "./safe.ts";
export { upsample } from "./upsample.ts";
export type { Growth, UpsampleOptions } from "./upsample.ts";
