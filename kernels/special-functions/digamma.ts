/**
 * digamma, the logarithmic derivative of gamma. Tables on [1, 10], relative to its zero x0 near 1.46 on [1, 2];
 * beyond 10 the asymptotic series (Abramowitz & Stegun 6.3.18); below 1 recurrence, below 0 reflection (6.3.7).
 */
import { digammaMiddle, digammaNear } from "./coefficients.ts";
import { atPieces, polynomial } from "./pieces.ts";
import { cotangentPi } from "./sine-pi.ts";

/** The positive zero of digamma, as a sum of two doubles. */
const zeroHead = 1.4616321449683622;
const zeroTail = 9.549995429965697e-17;

/** B_2k / (2k), k = 1 to 8: coefficients of -x^(-2k). */
const tail = [0, 1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12, -3617 / 8160];

function digammaPositive(x: number): number {
  if (x < 1) return digammaPositive(x + 1) - 1 / x;
  if (x < 2) return (x - zeroHead - zeroTail) * atPieces(digammaNear, x);
  if (x < 10) return atPieces(digammaMiddle, x);
  return Math.log(x) - (0.5 / x + polynomial(tail, 1 / x / x));
}

/** gamma'(x) / gamma(x); -infinity at 0, infinity at -0, NaN at negative whole numbers and -infinity. */
export function digamma(x: number): number {
  if (x > 0) return digammaPositive(x);
  if (x === 0) return -1 / x;
  if (Math.floor(x) === x) return NaN;
  return digammaPositive(-x) - 1 / x - Math.PI * cotangentPi(x);
}
