/**
 * Samplers that loop until they accept: gamma, Poisson, binomial; and Wald's choice between two roots. Each draws from
 * the key and the element's index alone, so no element waits for another. Chains of keys as in jax.random.
 * Sources: Marsaglia & Tsang 2000 (gamma); Knuth, TAOCP 2, 3.4.1, and Hoermann 1993 (Poisson: PTRS; binomial: BTRS).
 */
import { erfinv } from "./special-functions/error-function.ts";
import { lgamma } from "./special-functions/gamma.ts";
import { threefry2x32, unitFromPair, unitFromWord } from "./threefry.ts";

/** A key that moves on as its sampler splits it, and the precision it draws in. */
export interface Stream {
  readonly key: Uint32Array;
  /** Uniform numbers of 23 bits, as float32 draws use them, in the place of 52. */
  readonly isSingle: boolean;
}

const pair: Uint32Array = new Uint32Array(2);

/** The uniform number that a key gives to a counter. */
const unitAt = (key: Uint32Array, counter: number, isSingle: boolean): number => {
  threefry2x32(key[0]!, key[1]!, Math.floor(counter / 4294967296), counter, pair, 0);
  return isSingle ? unitFromWord(pair[0]! ^ pair[1]!) : unitFromPair(pair[0]!, pair[1]!);
};

/** Writes the child of a key; `child` may be the key itself. */
const splitInto = (key: Uint32Array, which: number, child: Uint32Array): void =>
  threefry2x32(key[0]!, key[1]!, 0, which, child, 0);

const lowestDouble = -1 + 2 ** -53;
const lowestSingle = -1 + 2 ** -24;
const rootOfTwoSingle = Math.fround(Math.SQRT2);

/** A normal number from a uniform one, rounded as the arrays of random.normal are. */
const normalFromUnit = (u: number, isSingle: boolean): number =>
  isSingle
    ? Math.fround(rootOfTwoSingle * Math.fround(erfinv(Math.fround(2 * u + lowestSingle))))
    : Math.SQRT2 * erfinv(2 * u + lowestDouble);

const normalAt = (key: Uint32Array, counter: number, isSingle: boolean): number =>
  normalFromUnit(unitAt(key, counter, isSingle), isSingle);

// --- Gamma ------------------------------------------------------------------------------------

const boostKey: Uint32Array = new Uint32Array(2);
const normalKey: Uint32Array = new Uint32Array(2);
const unitKey: Uint32Array = new Uint32Array(2);
const childKey: Uint32Array = new Uint32Array(2);

/** 1 + x c > 0 with x normal: the pair [x, 1 + x c] from the chain of `normalKey`. */
const positiveLine = (c: number, isSingle: boolean): readonly [x: number, v: number] => {
  for (;;) {
    splitInto(normalKey, 1, childKey);
    const x = normalAt(childKey, 0, isSingle);
    if (1 + x * c > 0) return [x, 1 + x * c];
    splitInto(normalKey, 0, normalKey);
  }
};

/** (1 + x c)^3 accepted with probability 1 - O(1 / alpha); at least 95 % for alpha >= 1. */
const acceptedCube = ({ key, isSingle }: Stream, d: number): number => {
  const c = 1 / 3 / Math.sqrt(d);
  for (;;) {
    splitInto(key, 1, normalKey);
    splitInto(key, 2, unitKey);
    splitInto(key, 0, key);
    const [x, v] = positiveLine(c, isSingle);
    const square = x * x;
    const cube = v * v * v;
    const u = unitAt(unitKey, 0, isSingle);
    if (u < 1 - 0.0331 * square * square) return cube;
    if (Math.log(u) < square / 2 + d * (1 - cube + Math.log(cube))) return cube;
  }
};

/**
 * A gamma number of shape alpha, or its logarithm, which does not underflow for small alpha.
 * Below 1: gamma(alpha) is gamma(alpha + 1) U^(1 / alpha). NaN unless 0 < alpha < infinity.
 */
export function sampleGamma(stream: Stream, alpha: number, isLogarithm: boolean): number {
  if (!(alpha > 0 && alpha < Infinity)) return alpha === Infinity ? Infinity : NaN;
  splitInto(stream.key, 1, boostKey);
  splitInto(stream.key, 0, stream.key);
  const d = (alpha >= 1 ? alpha : alpha + 1) - 1 / 3;
  const cube = acceptedCube(stream, d);
  const log = alpha >= 1 ? 0 : Math.log1p(-unitAt(boostKey, 0, stream.isSingle)) / alpha;
  if (isLogarithm) return Math.log(d) + Math.log(cube) + log;
  return d * cube * Math.exp(log);
}

// --- Wald -------------------------------------------------------------------------------------

/** A Wald number of shape 1: the smaller root of a quadratic with probability mean / (mean + root), else the other. */
export function sampleWald({ key, isSingle }: Stream, index: number, mean: number): number {
  splitInto(key, 0, normalKey);
  splitInto(key, 1, unitKey);
  const v = normalAt(normalKey, index, isSingle);
  const scaled = mean * v * v;
  // mean (1 + s / 2 - sqrt(4 s + s^2) / 2) without cancellation: the product of the roots is mean^2.
  const larger = mean * (1 + (scaled + Math.sqrt(4 * scaled + scaled * scaled)) / 2);
  const smaller = (mean / larger) * mean;
  return unitAt(unitKey, index, isSingle) <= mean / (mean + smaller) ? smaller : larger;
}

// --- Poisson ----------------------------------------------------------------------------------

/** How far log(k!) is above Stirling's k log k - k + log(2 pi k) / 2, for k >= 1. */
const stirlingRest = (k: number): number => {
  if (k < 10) return lgamma(k + 1) - (k * Math.log(k) - k + Math.log(2 * Math.PI * k) / 2);
  const inverse = 1 / (k * k);
  return (1 / 12 - (1 / 360 - (1 / 1260 - inverse / 1680) * inverse) * inverse) / k;
};

/** Logarithm of the probability that a Poisson number of a rate is k, without cancellation near the rate. */
const logPoisson = (rate: number, k: number): number => {
  if (k === 0) return -rate;
  const off = (rate - k) / k;
  return k * (Math.log1p(off) - off) - Math.log(2 * Math.PI * k) / 2 - stirlingRest(k);
};

/** Counts how many uniform numbers a product takes to fall below e^-rate. */
const countProduct = (key: Uint32Array, index: number, rate: number): number => {
  let log = 0;
  for (let k = 0; ; k += 1) {
    splitInto(key, 1, childKey);
    splitInto(key, 0, key);
    log += Math.log(unitAt(childKey, index, true));
    if (!(log > -rate)) return k;
  }
};

/** PTRS: a ratio of uniforms under a hat of the rate's width. */
const transformedPoisson = (key: Uint32Array, index: number, rate: number): number => {
  const b = 0.931 + 2.53 * Math.sqrt(rate);
  const a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  const squeeze = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    splitInto(key, 1, normalKey);
    splitInto(key, 2, unitKey);
    splitInto(key, 0, key);
    const u = unitAt(normalKey, index, true) - 0.5;
    const v = unitAt(unitKey, index, true);
    const distance = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / distance + b) * u + rate + 0.43);
    if (distance >= 0.07 && v <= squeeze) return k;
    if (k < 0 || (distance < 0.013 && v > distance)) continue;
    if (Math.log((v * inverseAlpha) / (a / (distance * distance) + b)) <= logPoisson(rate, k)) return k;
  }
};

/** A Poisson number; NaN for a rate that is NaN or negative. */
export function samplePoisson(key: Uint32Array, index: number, rate: number): number {
  if (!(rate >= 0 && rate < Infinity)) return rate === Infinity ? Infinity : NaN;
  if (rate === 0) return 0;
  return rate < 10 ? countProduct(key, index, rate) : transformedPoisson(key, index, rate);
}

// --- Binomial ---------------------------------------------------------------------------------

/** Counts successes by the geometric gaps between them. */
const countGaps = ({ key, isSingle }: Stream, index: number, count: number, chance: number): number => {
  const log = Math.log1p(-chance);
  let tried = 0;
  for (let successes = 0; ; successes += 1) {
    splitInto(key, 0, childKey);
    splitInto(key, 1, key);
    tried += Math.ceil(Math.log(unitAt(childKey, index, isSingle)) / log);
    if (!(tried <= count)) return successes;
  }
};

/** How far log(k!) is above Stirling's formula in k + 1: (k + 1/2) log(k + 1) - (k + 1) + log(2 pi) / 2. */
const shiftedStirlingRest = (k: number): number => {
  const next = k + 1;
  if (k < 10) return lgamma(next) - ((k + 0.5) * Math.log(next) - next + Math.log(2 * Math.PI) / 2);
  const inverse = 1 / (next * next);
  return (1 / 12 - (1 / 360 - (1 / 1260 - inverse / 1680) * inverse) * inverse) / next;
};

/** BTRS: a ratio of uniforms under a hat; the exact test compares with the most likely count. */
const transformedBinomial = ({ key, isSingle }: Stream, index: number, count: number, chance: number): number => {
  const deviation = Math.sqrt(count * chance * (1 - chance));
  const b = 1.15 + 2.53 * deviation;
  const a = -0.0873 + 0.0248 * b + 0.01 * chance;
  const odds = chance / (1 - chance);
  const alpha = (2.83 + 5.1 / b) * deviation;
  const mode = Math.floor((count + 1) * chance);
  for (;;) {
    splitInto(key, 1, normalKey);
    splitInto(key, 2, unitKey);
    splitInto(key, 0, key);
    const u = unitAt(normalKey, index, isSingle) - 0.5;
    const v = unitAt(unitKey, index, isSingle);
    const distance = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / distance + b) * u + count * chance + 0.5);
    if (distance >= 0.07 && v <= 0.92 - 4.2 / b) return k;
    if (k < 0 || k > count) continue;
    const bound =
      (mode + 0.5) * Math.log((mode + 1) / (odds * (count - mode + 1))) +
      (count + 1) * Math.log((count - mode + 1) / (count - k + 1)) +
      (k + 0.5) * Math.log((odds * (count - k + 1)) / (k + 1)) +
      shiftedStirlingRest(mode) +
      shiftedStirlingRest(count - mode) -
      shiftedStirlingRest(k) -
      shiftedStirlingRest(count - k);
    if (Math.log((v * alpha) / (a / (distance * distance) + b)) <= bound) return k;
  }
};

/**
 * Successes in floor(count) trials; chances above 1/2 count the failures. NaN where the count or the chance is
 * none; infinite for an infinite count.
 */
export function sampleBinomial(stream: Stream, index: number, count: number, probability: number): number {
  if (!(count >= 0 && probability >= 0 && probability <= 1)) return NaN;
  if (count === Infinity) return probability === 0 ? 0 : Infinity;
  const trials = Math.floor(count);
  const isRare = probability < 0.5;
  const chance = isRare ? probability : 1 - probability;
  const sampler = count * chance <= 10 ? countGaps : transformedBinomial;
  const successes = sampler(stream, index, trials, chance);
  return isRare ? successes : trials - successes;
}
