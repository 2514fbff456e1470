/**
 * Incomplete gamma functions P(a, x) and Q(a, x) = 1 - P, and dP / da. Whichever is smaller is computed and the other
 * taken from it: series below x = a, continued fraction above (DLMF 8.11.4, 8.9.2), Temme's expansion next to x = a
 * for a > 200 (DLMF 8.12). The common factor x^a e^-x / gamma(a + 1) keeps its digits by Loader's deviance (2000).
 */
import { gammaFar, lgammaNear, temme } from "./coefficients.ts";
import { digamma } from "./digamma.ts";
import { erfc, erfcx } from "./error-function.ts";
import { factorial } from "./gamma.ts";
import { atPieces, polynomial } from "./pieces.ts";

/** mu - log(1 + mu) for mu = (x - a) / a. */
export function deviance(x: number, a: number): number {
  const mu = (x - a) / a;
  if (Math.abs(mu) > 0.4) return mu - Math.log(x / a);
  const v = (x - a) / (x + a);
  const square = v * v;
  let sum = 0;
  // log(1 + mu) = 2 atanh(v) and mu - 2 v = mu v.
  for (let k = 33; k > 1; k -= 2) sum = sum * square + 1 / k;
  return mu * v - 2 * v * square * sum;
}

/** x^a e^-x / gamma(a + 1): of its plain factors where they are in range, else by the deviance. */
function prefactor(a: number, x: number): number {
  if (a < 165) {
    const power = Math.pow(x, a);
    const half = Math.exp(-x / 2);
    if (a < 12 || (power > 1e-290 && power < 1e300 && half > 1e-290)) return ((power * half) / factorial(a)) * half;
  }
  return Math.exp(-a * deviance(x, a)) / (Math.sqrt(a) * atPieces(gammaFar, 1 / a));
}

const tiny = 1e-17;

/** The sum of x^n / ((a + 1) ... (a + n)) over n >= 0, and its derivative by a. */
function series(a: number, x: number): readonly [sum: number, slope: number] {
  let term = 1;
  let termSlope = 0;
  let sum = 1;
  let slope = 0;
  for (let n = 1; n < 1e6; n += 1) {
    const ratio = x / (a + n);
    termSlope = (termSlope - term / (a + n)) * ratio;
    term *= ratio;
    sum += term;
    slope += termSlope;
    if (term < tiny * sum && Math.abs(termSlope) <= tiny * Math.abs(slope)) break;
  }
  return [sum, slope];
}

/** How many steps of the continued fraction at x > a leave no error. */
const fractionSteps = (a: number, x: number): number =>
  Math.ceil(16 + Math.min(160 / x, 300) + 12 * Math.sqrt(a / (x - a + 1)));

/**
 * The continued fraction K of gamma(a, x) = x^a e^-x K, 1 / (x + (1 - a) / (1 + 1 / (x + (2 - a) / (1 + 2 / ...)))),
 * in its even part, and its derivative by a.
 */
function fraction(a: number, x: number): readonly [value: number, slope: number] {
  let [rest, restSlope] = [0, 0];
  for (let k = fractionSteps(a, x); k > 0; k -= 1) {
    const denominator = x + 2 * k + 1 - a - rest;
    const numerator = k * (k - a);
    const next = numerator / denominator;
    restSlope = (-k - next * (-1 - restSlope)) / denominator;
    rest = next;
  }
  const denominator = x + 1 - a - rest;
  return [1 / denominator, (1 + restSlope) / (denominator * denominator)];
}

/** Q(a, x) for x <= 1.1 and small a, where P nears 1 (Gautschi 1979). */
function upperNearZero(a: number, x: number): number {
  let power = 1;
  let sum = 0;
  for (let n = 1; n < 100; n += 1) {
    power *= -x / n;
    const term = power / (a + n);
    sum += term;
    if (Math.abs(term) <= tiny * Math.abs(sum)) break;
  }
  const logarithm = a * Math.log(x) - a * (a - 1) * atPieces(lgammaNear, 1 + a);
  return -Math.expm1(logarithm) - a * Math.exp(logarithm) * sum;
}

/** What Temme's expansion is made of: eta, the corrections' sum, and both derivatives by a. */
interface Expansion {
  readonly s: number;
  readonly corrections: number;
  readonly sSlope: number;
  readonly correctionsSlope: number;
}

function expansion(a: number, x: number): Expansion {
  const mu = (x - a) / a;
  const eta = Math.sign(mu) * Math.sqrt(2 * deviance(x, a));
  const etaSlope = eta === 0 ? -1 / a : -mu / (a * eta);
  let corrections = 0;
  let correctionsSlope = 0;
  for (let k = temme.length - 1; k >= 0; k -= 1) {
    const value = polynomial(temme[k]!, eta);
    const slope = polynomial(
      temme[k]!.slice(1).map((c, i) => (i + 1) * c),
      eta,
    );
    correctionsSlope = (correctionsSlope - corrections / a) / a + slope * etaSlope;
    corrections = corrections / a + value;
  }
  const s = eta * Math.sqrt(a / 2);
  return { s, corrections, sSlope: etaSlope * Math.sqrt(a / 2) + s / (2 * a), correctionsSlope };
}

const isNearDiagonal = (a: number, x: number): boolean => a > 200 && Math.abs(x - a) < 0.3 * a;

/** P and Q by Temme's expansion. */
function temmePair(a: number, x: number): readonly [lower: number, upper: number] {
  const { s, corrections } = expansion(a, x);
  const bell = Math.exp(-a * deviance(x, a));
  const correction = (bell * corrections) / Math.sqrt(2 * Math.PI * a);
  // The tail e^(-s^2) erfcx(|s|) shares its exponential with the correction.
  const tail = 0.5 * bell * erfcx(Math.abs(s));
  return s > 0 ? [0.5 * erfc(-s) - correction, tail + correction] : [tail - correction, 0.5 * erfc(s) + correction];
}

/** [P, Q] for 0 < a < infinity, 0 < x < infinity. */
function pair(a: number, x: number): readonly [lower: number, upper: number] {
  if (isNearDiagonal(a, x)) return temmePair(a, x);
  if (x <= 1.1 && a < (x <= 0.5 ? -0.4 / Math.log(x) : x / 1.1)) {
    const upper = upperNearZero(a, x);
    return [1 - upper, upper];
  }
  if (x <= 1.1 || x <= a) {
    const lower = prefactor(a, x) * series(a, x)[0];
    return [lower, 1 - lower];
  }
  const upper = prefactor(a, x) * a * fraction(a, x)[0];
  return [1 - upper, upper];
}

/** P and Q at the edges of their domain; null inside. */
function atEdge(a: number, x: number): readonly [lower: number, upper: number] | null {
  if (!(a >= 0 && x >= 0) || (a === 0 && x === 0) || (a === Infinity && x === Infinity)) return [NaN, NaN];
  if (x === 0 || a === Infinity) return [0, 1];
  if (a === 0 || x === Infinity) return [1, 0];
  return null;
}

/** P(a, x), the integral of t^(a - 1) e^-t from 0 to x over gamma(a); NaN for negative arguments and at (0, 0). */
export function gammainc(a: number, x: number): number {
  return (atEdge(a, x) ?? pair(a, x))[0];
}

/** Q(a, x) = 1 - P(a, x), with all digits where it is small. */
export function gammaincc(a: number, x: number): number {
  return (atEdge(a, x) ?? pair(a, x))[1];
}

/** The derivative of P(a, x) by a, not positive; the algorithms above, differentiated step by step. */
export function gammaincSlope(a: number, x: number): number {
  const edge = atEdge(a, x);
  if (edge !== null) return edge[0] * 0;
  if (isNearDiagonal(a, x)) {
    const { s, corrections, sSlope, correctionsSlope } = expansion(a, x);
    const bell = Math.exp(-a * deviance(x, a));
    const scale = bell / Math.sqrt(2 * Math.PI * a);
    const correctionSlope = scale * (corrections * (-2 * s * sSlope - 0.5 / a) + correctionsSlope);
    return (bell / Math.sqrt(Math.PI)) * sSlope - correctionSlope;
  }
  const factor = prefactor(a, x);
  const logSlope = Math.log(x) - digamma(a + 1);
  if (x <= 1.1 || x <= a) {
    const [sum, slope] = series(a, x);
    return factor * (logSlope * sum + slope);
  }
  const [value, slope] = fraction(a, x);
  return -factor * ((logSlope + 1 / a) * a * value + a * slope);
}
