/** cotangent/special: special functions, as in scipy.special. */
import "../numpy/methods.ts";

export { i0, i0e, i1, i1e } from "./bessel-functions.ts";
export { boxcox, boxcox1p, entr, expit, exprel, klDiv, logit, relEntr, xlog1py, xlogy } from "./entropy-functions.ts";
export { erf, erfc, erfcinv, erfcx, erfinv, logNdtr, ndtr, ndtri } from "./error-functions.ts";
export {
  beta,
  betainc,
  betaln,
  comb,
  digamma,
  factorial,
  gamma,
  gammainc,
  gammaincc,
  gammaln,
  gammasgn,
  loggamma,
  multigammaln,
  poch,
  polygamma,
  zeta,
} from "./gamma-functions.ts";
export type { CombOptions } from "./gamma-functions.ts";
export { dawsn, exp1, expi, expn, fresnel, sici, spence } from "./integral-functions.ts";
export { logSoftmax, logsumexp, softmax } from "../nn/normalized-exponentials.ts";
