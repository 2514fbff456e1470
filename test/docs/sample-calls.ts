/**
 * One call of every public array function that vectors alone do not call: what the generated table of names tries.
 * The first array is the one whose dtype is varied; numbers and options are fixed in the call.
 */
import { array } from "cotangent";
import type { NDArray } from "cotangent";
import * as linalg from "cotangent/linalg";
import * as nn from "cotangent/nn";
import * as np from "cotangent/numpy";
import * as random from "cotangent/random";
import * as special from "cotangent/special";

/** A function of arrays and arrays to call it with. */
export type Sample = readonly [call: (...arrays: NDArray[]) => unknown, ...inputs: NDArray[]];

const vector = array([0.3, 0.8, 0.55]);
const other = array([0.2, 0.9, 0.4]);
const matrix = array([
  [2, 0.5, 0.1],
  [0.5, 3, 0.2],
  [0.1, 0.2, 1],
]);
const places = array([0, 2, 1], { dtype: "int32" });
const key = random.key(0);

/** Tried in turn for functions without an entry: the first that gives an array counts. */
export const commonInputs: readonly (readonly NDArray[])[] = [
  [vector],
  [vector, other],
  [matrix],
  [matrix, vector],
  [places],
  [places, places],
  [vector, other, vector],
];

const numpySamples: Readonly<Record<string, Sample>> = {
  applyAlongAxis: [(x) => np.applyAlongAxis((v) => np.sum(v), 0, x), matrix],
  applyOverAxes: [(x) => np.applyOverAxes((v, axis) => np.sum(v, { axis }), x, [0]), matrix],
  arange: [() => np.arange(3)],
  argpartition: [(x) => np.argpartition(x, 1), vector],
  array: [(x) => np.array(x), vector],
  arraySplit: [(x) => np.arraySplit(x, 2), vector],
  asarray: [(x) => np.asarray(x), vector],
  astype: [(x) => np.astype(x, "float32"), vector],
  bartlett: [() => np.bartlett(4)],
  blackman: [() => np.blackman(4)],
  bincount: [(x) => np.bincount(x!, { length: 3 }), places],
  block: [(x, y) => np.block([x, y]), vector, other],
  broadcastShapes: [() => np.broadcastShapes([2, 1], [3])],
  broadcastTo: [(x) => np.broadcastTo(x, [2, 3]), vector],
  choose: [(x, y, k) => np.choose(k!, [x!, y!]), vector, other, places],
  clip: [(x) => np.clip(x, 0, 1), vector],
  columnStack: [(x, y) => np.columnStack([x, y]), vector, other],
  compress: [(x, mask) => np.compress(mask, x), vector, array([1, 0, 1])],
  concat: [(x, y) => np.concat([x, y]), vector, other],
  concatenate: [(x, y) => np.concatenate([x, y]), vector, other],
  delete: [(x) => np.delete(x, 1), vector],
  diagIndices: [() => np.diagIndices(2)],
  dsplit: [(x) => np.dsplit(np.reshape(x, [1, 1, 3]), 3), vector],
  dstack: [(x, y) => np.dstack([x, y]), vector, other],
  einsum: [(x, y) => np.einsum("ij,j->i", x, y), matrix, vector],
  empty: [() => np.empty(2)],
  expandDims: [(x) => np.expandDims(x, 0), vector],
  extract: [(x, mask) => np.extract(mask, x), vector, array([1, 0, 1])],
  eye: [() => np.eye(2)],
  fillDiagonal: [(x, values) => np.fillDiagonal(x, values), matrix, vector],
  full: [(x) => np.full([2, 3], x), vector],
  fullLike: [(x) => np.fullLike(x, 2), vector],
  geomspace: [(x, y) => np.geomspace(x, y, 3), vector, other],
  gradient: [(x) => np.gradient(x), vector],
  hamming: [() => np.hamming(4)],
  hanning: [() => np.hanning(4)],
  histogram: [(x) => np.histogram(x, { bins: 3, range: [0, 1] })[0], vector],
  histogramdd: [(x) => np.histogramdd(x, { bins: 2 })[0], matrix],
  hsplit: [(x) => np.hsplit(x, 3), vector],
  hstack: [(x, y) => np.hstack([x, y]), vector, other],
  identity: [() => np.identity(2)],
  indices: [() => np.indices([2, 2])],
  insert: [(x, values) => np.insert(x, 1, values), vector, other],
  interp: [(x, fp) => np.interp(x, array([0, 0.5, 1]), fp), vector, other],
  isdtype: [() => np.isdtype("float64", "real floating")],
  ix: [(x) => np.ix(x), places],
  kaiser: [() => np.kaiser(4, 8)],
  ldexp: [(x, k) => np.ldexp(x, k), vector, places],
  lexsort: [(x) => np.lexsort([x]), vector],
  linspace: [(x, y) => np.linspace(x, y, 3), vector, other],
  logspace: [(x, y) => np.logspace(x, y, 3), vector, other],
  maskIndices: [() => np.maskIndices(2, np.triu)],
  matvec: [(x, y) => np.matvec(x, y), matrix, vector],
  meshgrid: [(x, y) => np.meshgrid(x, y), vector, other],
  moveaxis: [(x) => np.moveaxis(x, 0, 1), matrix],
  ndim: [() => np.ndim(vector)],
  ones: [() => np.ones(2)],
  pad: [(x) => np.pad(x, 1, { mode: "edge" }), vector],
  partition: [(x) => np.partition(x, 1), vector],
  percentile: [(x) => np.percentile(x, 30), vector],
  piecewise: [(x) => np.piecewise(x, [x!.less(0.5)], [(v) => v.mul(2), 1]), vector],
  nanpercentile: [(x) => np.nanpercentile(x, 30), vector],
  nanquantile: [(x) => np.nanquantile(x, 0.3), vector],
  quantile: [(x) => np.quantile(x, 0.3), vector],
  polyfit: [(x, y) => np.polyfit(x, y, 1), vector, other],
  putAlongAxis: [(x, k, values) => np.putAlongAxis(x!, k!, values!), vector, places, other],
  ravelMultiIndex: [(k) => np.ravelMultiIndex([k!, k!], [3, 3]), places],
  repeat: [(x) => np.repeat(x, 2), vector],
  reshape: [(x) => np.reshape(x, [3, 1]), vector],
  resize: [(x) => np.resize(x, [2, 2]), vector],
  resultType: [() => np.resultType("int32", "float32")],
  roll: [(x) => np.roll(x, 1), vector],
  rollaxis: [(x) => np.rollaxis(x, 1), matrix],
  select: [(x, y) => np.select([x!.less(0.5)], [y!], 0), vector, other],
  shape: [() => np.shape(vector)],
  size: [() => np.size(vector)],
  split: [(x) => np.split(x, [1]), vector],
  stack: [(x, y) => np.stack([x, y]), vector, other],
  swapaxes: [(x) => np.swapaxes(x, 0, 1), matrix],
  take: [(x, k) => np.take(x, k), vector, places],
  takeAlongAxis: [(x, k) => np.takeAlongAxis(x, k), vector, places],
  tensordot: [(x, y) => np.tensordot(x, y, 1), matrix, vector],
  tile: [(x) => np.tile(x, 2), vector],
  topK: [(x) => np.topK(x, 2), vector],
  tri: [() => np.tri(2)],
  trilIndices: [() => np.trilIndices(2)],
  triuIndices: [() => np.triuIndices(2)],
  uniqueAll: [(x) => Object.values(np.uniqueAll(x)), vector],
  uniqueCounts: [(x) => Object.values(np.uniqueCounts(x)), vector],
  uniqueInverse: [(x) => Object.values(np.uniqueInverse(x)), vector],
  unravelIndex: [(k) => np.unravelIndex(k, [2, 2]), places],
  vander: [(x) => np.vander(x), vector],
  vecmat: [(x, y) => np.vecmat(y, x), matrix, vector],
  vectorize: [(x, y) => np.vectorize((a: NDArray, b: NDArray) => a.mul(b))(x, y), vector, other],
  vsplit: [(x) => np.vsplit(x, 3), matrix],
  vstack: [(x, y) => np.vstack([x, y]), vector, other],
  where: [(x, y, mask) => np.where(mask!, x!, y!), vector, other, array([true, false, true])],
  zeros: [() => np.zeros(2)],
};

const linalgSamples: Readonly<Record<string, Sample>> = {
  cross: [(x, y) => linalg.cross(x, y), vector, other],
  matrixPower: [(x) => linalg.matrixPower(x, 3), matrix],
  multiDot: [(x, y) => linalg.multiDot([x, x, y]), matrix, vector],
  outer: [(x, y) => linalg.outer(x, y), vector, other],
  tensordot: [(x, y) => linalg.tensordot(x, y, 1), matrix, vector],
  tensorinv: [(x) => linalg.tensorinv(x, { ind: 1 }), matrix],
  vecdot: [(x, y) => linalg.vecdot(x, y), vector, other],
  vectorNorm: [(x) => linalg.vectorNorm(x), vector],
  ...Object.fromEntries(
    [
      "det",
      "slogdet",
      "inv",
      "cholesky",
      "qr",
      "svd",
      "svdvals",
      "eigh",
      "eigvalsh",
      "pinv",
      "norm",
      "matrixNorm",
      "cond",
      "matrixRank",
      "trace",
      "diagonal",
      "matrixTranspose",
    ].map((name): [string, Sample] => [
      name,
      [(x) => (linalg as unknown as Record<string, (a: NDArray) => unknown>)[name]!(x!), matrix],
    ]),
  ),
};

const nnSamples: Readonly<Record<string, Sample>> = {
  glu: [(x) => nn.glu(x), array([0.3, 0.8, 0.55, 0.1])],
  oneHot: [(k) => nn.oneHot(k!, 3), places],
};

const specialSamples: Readonly<Record<string, Sample>> = {
  betainc: [(x) => special.betainc(2, 3, x!), vector],
  zeta: [(q) => special.zeta(2, q!), vector],
  expn: [(x) => special.expn(2, x!), vector],
  polygamma: [(x) => special.polygamma(1, x!), vector],
  multigammaln: [(x) => special.multigammaln(x!, 2), vector.add(2)],
};

/** Draws from distributions whose parameters are arrays; the others take a key and a shape. */
const randomSamples: Readonly<Record<string, Sample>> = {
  ball: [(k) => random.ball(k!, 2), key],
  bernoulli: [(p) => random.bernoulli(key, p), vector],
  beta: [(a, b) => random.beta(key, a!, b!), vector, other],
  binomial: [(p) => random.binomial(key, 9, p!), vector],
  categorical: [(logits) => random.categorical(key, logits!), vector],
  chisquare: [(df) => random.chisquare(key, df!), vector],
  choice: [(x) => random.choice(key, x!, [2]), vector],
  dirichlet: [(alpha) => random.dirichlet(key, alpha!), vector],
  doubleSidedMaxwell: [(loc, scale) => random.doubleSidedMaxwell(key, loc!, scale!), vector, other],
  f: [(a, b) => random.f(key, a!, b!), vector, other],
  foldIn: [(k) => random.foldIn(k!, 3), key],
  gamma: [(a) => random.gamma(key, a!), vector],
  generalizedNormal: [(p) => random.generalizedNormal(key, p!), vector],
  geometric: [(p) => random.geometric(key, p!), vector],
  key: [() => random.key(0)],
  loggamma: [(a) => random.loggamma(key, a!), vector],
  lognormal: [(sigma) => random.lognormal(key, sigma), vector],
  multinomial: [(p) => random.multinomial(key, 9, p!), array([0.2, 0.3, 0.5])],
  multivariateNormal: [(mean, cov) => random.multivariateNormal(key, mean!, cov!), vector, matrix],
  orthogonal: [(k) => random.orthogonal(k!, 2), key],
  pareto: [(b) => random.pareto(key, b!), vector],
  permutation: [(x) => random.permutation(key, x!), vector],
  poisson: [(rate) => random.poisson(key, rate!), vector],
  randint: [(k) => random.randint(k!, [2], 0, 9), key],
  rayleigh: [(scale) => random.rayleigh(key, scale!), vector],
  split: [(k) => random.split(k!), key],
  t: [(df) => random.t(key, df!), vector],
  triangular: [(mode) => random.triangular(key, 0, mode!, 1), vector],
  truncatedNormal: [(low) => random.truncatedNormal(key, low!, 2), vector],
  uniform: [(low) => random.uniform(key, [3], { minval: low! }), vector],
  wald: [(mean) => random.wald(key, mean!), vector],
  weibullMin: [(scale, shape) => random.weibullMin(key, scale!, shape!), vector, other],
};

const initializerSamples: Readonly<Record<string, Sample>> = {
  constant: [(k) => nn.initializers.constant(0.5)(k!, [2]), key],
  deltaOrthogonal: [(k) => nn.initializers.deltaOrthogonal()(k!, [3, 2, 2]), key],
  ones: [(k) => nn.initializers.ones(k!, [2]), key],
  varianceScaling: [
    (k) => nn.initializers.varianceScaling(2, { mode: "fanIn", distribution: "normal" })(k!, [2, 3]),
    key,
  ],
  zeros: [(k) => nn.initializers.zeros(k!, [2]), key],
};

/** Entries by the list of names they belong to. */
export const samples: Readonly<Record<string, Readonly<Record<string, Sample>>>> = {
  numpy: numpySamples,
  linalg: linalgSamples,
  nn: nnSamples,
  initializers: initializerSamples,
  random: randomSamples,
  "scipy.special": specialSamples,
};

/** For lists whose functions all take the same. */
export const listInputs: Readonly<Record<string, (f: (...args: never[]) => unknown) => Sample>> = {
  random: (f) => [(k) => (f as unknown as (k: NDArray, shape: number[]) => unknown)(k!, [3]), key],
  initializers: (f) => [(k) => (f as unknown as () => (k: NDArray, shape: number[]) => unknown)()(k!, [2, 3]), key],
};
