/**
 * From logits or blurred densities to densities between 0 and 1:
 *   volumePreservingSigmoid    sigmoid(logits + shift), the shift such that the volume is met
 *   tanhProjection             (tanh(beta eta) + tanh(beta (rho - eta))) / (tanh(beta eta) + tanh(beta (1 - eta)))
 *   volumePreservingProjection the same with the eta that keeps the volume
 * Shift and eta are roots of one monotone function of one number; derivatives come from the implicit function theorem.
 * Source: Hoyer, Sohl-Dickstein & Greydanus 2019; Wang, Lazarov & Sigmund 2011; Xu, Cai & Cheng 2010.
 */
import { NDArray, isConcrete, scalar } from "../src/array/ndarray.ts";
import { sameShape, showShape, sizeOf } from "../src/array/shape.ts";
import { showValue } from "../src/describe.ts";
import { InvalidOption, RootNotBracketed, ShapeMismatch } from "../src/error.ts";
import { requireOptions } from "../src/options.ts";
import { checked } from "../ops/checks.ts";
import { logistic as sigmoid } from "../ops/exponential.ts";
import { bisect } from "../library/implicit/bisect.ts";
import { full, onesLike } from "../library/numpy/creation.ts";
import {
  abs,
  add,
  cosh,
  div,
  exp,
  greater,
  less,
  logicalNot,
  mul,
  neg,
  sub,
  tanh,
} from "../library/numpy/elementwise.ts";
import { stack } from "../library/numpy/joining.ts";
import { asOperand, toDType } from "../library/numpy/operand.ts";
import { max, min, sum } from "../library/numpy/reductions.ts";
import { where as choose } from "../library/numpy/selection.ts";
import { mean } from "../library/numpy/statistics.ts";
import { exprel } from "../library/special/index.ts";
import { rootNamed } from "../transforms/custom-root.ts";
import { foriLoop } from "../transforms/while-loop.ts";
import { stopGradient } from "../transforms/pure-callback.ts";
import { requireFlags } from "./filter-checks.ts";

/** A number, or an array of one that may be traced. */
type Scalar = number | NDArray;

/** An option as a float64 scalar; what is known of it has to hold. */
const requireScalar = (
  asked: string,
  name: string,
  value: Scalar,
  holds: (value: number) => boolean,
  rule: string,
): NDArray => {
  const isArray = value instanceof NDArray;
  if (isArray && sizeOf(value.shape) !== 1)
    throw new ShapeMismatch(asked, `${name} of shape ${showShape(value.shape)}`, "Give a number, or an array of one");
  const known: unknown = isArray ? (isConcrete(value) ? value.item() : undefined) : value;
  const isWrong = (!isArray || known !== undefined) && !(typeof known === "number" && holds(known));
  if (isWrong) throw new InvalidOption(asked, `${name} ${showValue(known)}`, rule);
  return isArray ? toDType(value, "float64").reshape([]) : scalar(value, "float64");
};

// --- Sigmoid -----------------------------------------------------------------------------------

export interface VolumePreservingSigmoidOptions {
  /** Mean of the result over the elements that count, in (0, 1): a number, or an array of one that may be traced. */
  readonly volumeFraction: number | NDArray;
  /** 1 for elements that count, 0 for those that are void: shape of the logits. Default all. */
  readonly where?: NDArray;
  /**
   * What is to be the volume fraction: a scalar of the result that nowhere falls where an entry rises, such as the mean of what
   * filter and projection make of it. Default the mean over the elements that count.
   */
  readonly volume?: (density: NDArray) => NDArray;
}

const isFraction = (value: number): boolean => value > 0 && value < 1;
const fractionRule =
  "A volume fraction lies between 0 and 1, both excluded: no shift makes a sigmoid 0 or 1 everywhere";

/** Slopes of the volume below this are none: no number in float64 moves it. */
const leastSlope = 1e-100;

/** y with slope y = b; 0 where the slope is none, since there the root's derivative does not show in the result. */
const guardedSolve =
  (least: number) =>
  (g: (y: NDArray) => NDArray, b: NDArray): NDArray => {
    const slope = g(onesLike(b));
    const isFlat = logicalNot(greater(abs(slope), least));
    return choose(isFlat, 0, div(b, choose(isFlat, 1, slope)));
  };

/** Means further off than this are not those asked for. */
const largestMiss = 1e-9;

/** A root that is one: what the search could not bring to 0 is refused, in compiled code too. */
const requireMet = (asked: string, excess: (x: NDArray) => NDArray, root: NDArray, remedy: string): NDArray =>
  checked(root, stack([excess(root)]), {
    width: 1,
    verify: ([miss]) => {
      // Not "> ...": a NaN must not pass.
      if (!(Math.abs(miss!) <= largestMiss)) throw new RootNotBracketed(asked, `the mean is missed by ${miss}`, remedy);
    },
  });

/** Refuses logits and fractions that have no root, with their names; compiled code too. */
const requireRange = (logits: NDArray, flags: NDArray | undefined, fraction: NDArray): NDArray => {
  const lowest = min(flags === undefined ? logits : choose(flags, logits, Infinity));
  const highest = max(flags === undefined ? logits : choose(flags, logits, -Infinity));
  const asked = "volumePreservingSigmoid";
  return checked(logits, stopGradient(stack([lowest, highest, fraction])), {
    width: 3,
    verify: ([low, high, wanted]) => {
      if (!isFraction(wanted!)) throw new InvalidOption(asked, `volumeFraction ${wanted}`, fractionRule);
      if (!Number.isFinite(low) || !Number.isFinite(high))
        throw new RootNotBracketed(
          asked,
          `logits from ${low} to ${high}`,
          "No shift of such logits has a volume: look for what overflows, or lower the learning rate",
        );
    },
  });
};

/**
 * sigmoid(logits + shift), where the shift makes the mean the volume fraction: to 1e-12 for logits that lie within 1500 of
 * each other, of whatever size, and beyond that to 1e-16 of what they differ by. Computed in float64 whatever the dtype
 * of the logits; adding a constant to all of them changes nothing.
 * @param logits   of any shape: any finite numbers
 * @param options  volumeFraction; where, which elements count: the mean is over them, the others become 0; volume,
 *   where it is another mean than that of the result
 * @returns        float64, shape of the logits, in [0, 1]
 * @throws InvalidOption for a volume fraction outside (0, 1), traced ones when they are known; ShapeMismatch;
 *   RootNotBracketed for logits that are not finite, or so far apart that no float64 is a shift which gives the mean to 1e-9
 * Derivatives by logits and volume fraction, any order, by the implicit function theorem:
 *   d rho_i / d logit_j = s_i (1[i = j] - s_j / sum s), s = rho (1 - rho)
 * so those of anything sum to 0. Where the logits leave gaps that hold the volume, all of s are small, 1e-17 or so, and so
 * are the derivatives by the logits; below 1e-100, as at a volume fraction of that size, all derivatives count as 0.
 * Cost: some 80 sigmoids of the field, or volumes of them; one more for a derivative.
 * Source: Hoyer, Sohl-Dickstein & Greydanus 2019.
 * @example
 * const density = volumePreservingSigmoid(array([-3, 0, 3, 900]), { volumeFraction: 0.4 });
 * np.allclose(np.mean(density), 0.4, { rtol: 0, atol: 1e-12 }) // true
 */
export const volumePreservingSigmoid = <A extends NDArray>(logits: A, options: VolumePreservingSigmoidOptions): A => {
  const asked = "volumePreservingSigmoid";
  requireOptions(asked, options, ["volumeFraction", "where", "volume"], true);
  const { volumeFraction, where, volume } = options;
  if (volume !== undefined && typeof volume !== "function")
    throw new InvalidOption(asked, `volume ${showValue(volume)}`, "Give a function of a field");
  const fraction = requireScalar(asked, "volumeFraction", volumeFraction, isFraction, fractionRule);
  const { shape } = asOperand(asked, logits);
  if (where !== undefined && !sameShape(asOperand(`where of ${asked}`, where).shape, shape))
    throw new ShapeMismatch(
      asked,
      `where of shape ${showShape(asOperand(asked, where).shape)} and logits of shape ${showShape(shape)}`,
      "Give one flag per logit",
    );
  const flags = where === undefined ? undefined : requireFlags(asked, "where", where);
  if (isConcrete(flags) && !flags.toTypedArray().includes(1 as never))
    throw new InvalidOption(asked, "where without a 1", "Some element has to count");
  const given = requireRange(toDType(asOperand(asked, logits), "float64"), flags, fraction);
  const known = flags === undefined ? given : choose(flags, given, 0);
  // The shift takes up whatever is subtracted here: equal logits are 0 then, however large they were.
  const centred = sub(known, stopGradient(max(known)));
  const meanOf = (density: NDArray): NDArray =>
    flags === undefined ? mean(density) : div(sum(mul(density, flags)), sum(flags));
  const volumeOf = volume ?? meanOf;
  const designAt = (shift: NDArray): NDArray => {
    const density = sigmoid(add(centred, shift));
    return flags === undefined ? density : choose(flags, density, 0);
  };
  const remedy =
    volume === undefined
      ? "The logits are too far apart for float64: lower the learning rate"
      : "No shift has such a volume: look for solid regions larger than it, and for jumps of projections";
  const shift = rootNamed<NDArray>(asked, {
    f: (s) => sub(volumeOf(designAt(s)), fraction),
    initialGuess: full([], 0),
    solve: (excess) => {
      const found = bisect(function volume(s) {
        return excess(s);
      });
      return requireMet(asked, excess, found, remedy);
    },
    tangentSolve: guardedSolve(leastSlope),
  });
  return designAt(shift) as A;
};

// --- Heaviside ---------------------------------------------------------------------------------

export interface TanhProjectionOptions {
  /**
   * Steepness, 0 or more: a number, or an array of one that may be traced. 0 is the identity. The type lets undefined pass, so
   * that the beta of a continuation is taken as it comes; where there is none it is refused.
   */
  readonly beta: number | NDArray | undefined;
  /** Threshold in [0, 1]: a number, or an array of one that may be traced. Default 0.5. */
  readonly eta?: number | NDArray | undefined;
}

/** Below this beta differences of hyperbolic tangents lose digits, and quotients of hyperbolic sines do not overflow. */
const smallBeta = 1;

/** sinh(x) / x. */
const sinhQuotient = (x: NDArray): NDArray => mul(exprel(mul(x, 2)), exp(neg(x)));

/** The projection as rho (S(beta rho) / S(beta)) cosh(beta (1 - eta)) / cosh(beta (rho - eta)), S(x) = sinh(x) / x. */
const projectedGently = (density: NDArray, beta: NDArray, eta: NDArray): NDArray => {
  const sines = div(sinhQuotient(mul(beta, density)), sinhQuotient(beta));
  const cosines = div(cosh(mul(beta, sub(1, eta))), cosh(mul(beta, sub(density, eta))));
  return mul(mul(density, sines), cosines);
};

/** The projection as it is written. */
const projectedSteeply = (density: NDArray, beta: NDArray, eta: NDArray): NDArray => {
  const start = tanh(mul(beta, eta));
  const reached = add(start, tanh(mul(beta, sub(density, eta))));
  return div(reached, add(start, tanh(mul(beta, sub(1, eta)))));
};

/** Both forms, each with a beta that suits it. */
const projected = (density: NDArray, beta: NDArray, eta: NDArray): NDArray => {
  if (isConcrete(beta)) return (beta.item() < smallBeta ? projectedGently : projectedSteeply)(density, beta, eta);
  const isSmall = less(beta, smallBeta);
  return choose(
    isSmall,
    projectedGently(density, choose(isSmall, beta, smallBeta), eta),
    projectedSteeply(density, choose(isSmall, smallBeta, beta), eta),
  );
};

const requireBeta = (asked: string, beta: Scalar | undefined): NDArray => {
  if (beta === undefined)
    throw new InvalidOption(
      asked,
      "beta undefined",
      "Give a steepness, as 8; where it is to come from a run, give optimize a continuation: { beta: 8 } or " +
        "{ beta: (iteration) => 2 ** Math.floor(iteration / 20) }, and density(params, { beta: 8 }) elsewhere",
    );
  return requireScalar(
    asked,
    "beta",
    beta,
    (value) => value >= 0 && value < Infinity,
    "Steepness is a finite number, 0 or more",
  );
};

/**
 * Smoothed step at the threshold eta, 0 at 0 and 1 at 1:
 *   (tanh(beta eta) + tanh(beta (rho - eta))) / (tanh(beta eta) + tanh(beta (1 - eta)))
 * @param density  in [0, 1], of any shape
 * @param options  beta, its steepness: the identity at 0, the step itself in the limit; eta
 * @returns        float64, shape of the density, in [0, 1]
 * @throws InvalidOption for a beta below 0 or undefined, or an eta outside [0, 1] (traced ones are taken as they are),
 *   ShapeMismatch
 * Derivatives by density, beta and eta, any order, at beta 0 too. Cost: one pass; twice that where beta is traced.
 * Source: Wang, Lazarov & Sigmund 2011.
 * @example tanhProjection(elementField(mesh, 0.75), { beta: 8 }).at(0, 0).get() // 0.9823372937867089
 * @example tanhProjection(elementField(mesh, 0.75), { beta: 0 }).at(0, 0).get() // 0.75
 */
export const tanhProjection = <A extends NDArray>(density: A, options: TanhProjectionOptions): A => {
  requireOptions("tanhProjection", options, ["beta", "eta"], true);
  const beta = requireBeta("tanhProjection", options.beta);
  const eta = requireScalar(
    "tanhProjection",
    "eta",
    options.eta ?? 0.5,
    (value) => value >= 0 && value <= 1,
    "A threshold lies in [0, 1]",
  );
  return projected(toDType(asOperand("tanhProjection", density), "float64"), beta, eta) as A;
};

/** Volume per unit of eta, added to a search that would find no sign change where eta makes no difference. */
const tilt = 1e-14;
/** Slopes of the volume below this are none. */
const leastThresholdSlope = 1e-10;
/** Halvings of [0, 1] that float64 resolves. */
const halvings = 60;

/** By how much rounding may take a density out of [0, 1]. */
const roundingRoom = 1e-9;

/** Refuses densities that are known and are none: outside [0, 1] the projection is none either. */
const requireDensities = (asked: string, field: NDArray): void => {
  if (!isConcrete(field)) return;
  const values = field.toTypedArray() as Float64Array;
  // Not "< ... ||": a NaN must not pass.
  const wrong = values.findIndex((value) => !(value >= -roundingRoom && value <= 1 + roundingRoom));
  if (wrong >= 0)
    throw new InvalidOption(
      asked,
      `the density ${values[wrong]} of element ${wrong}`,
      "Densities lie in [0, 1]: clip what leaves it, as np.clip(field, 0, 1)",
    );
};

/** Where the volume, which falls with the threshold, is that of the density; 1/2 where any threshold will do. */
const searchThreshold = (asked: string, excess: (eta: NDArray) => NDArray): NDArray => {
  const middleOf = (low: NDArray, high: NDArray): NDArray => mul(add(low, high), 0.5);
  const [low, high] = foriLoop(
    0,
    halvings,
    (_, [from, to]) => {
      const middle = middleOf(from, to);
      const isTooLow = greater(sub(excess(middle), mul(sub(middle, 0.5), tilt)), 0);
      return [choose(isTooLow, middle, from), choose(isTooLow, to, middle)] as const;
    },
    [scalar(0), scalar(1)] as readonly [NDArray, NDArray],
  );
  return requireMet(asked, excess, middleOf(low, high), "Densities lie in [0, 1]; a smaller beta makes no jumps");
};

/**
 * tanhProjection with the threshold that leaves the mean of the density as it is, to 1e-12 for beta up to 1000.
 * @param density  in [0, 1], of any shape
 * @param options  beta, as of tanhProjection
 * @returns        float64, shape of the density, in [0, 1]
 * @throws InvalidOption for a beta below 0 or undefined, and for densities that leave [0, 1] by more than 1e-9 (traced ones are
 *   taken as they are: what comes of others than densities has no meaning); ShapeMismatch; RootNotBracketed where no threshold
 *   has the volume, as for traced densities that are not finite, and for a beta so large that the volume jumps
 * Derivatives by density and beta, any order, by the implicit function theorem. Where the threshold makes no difference to
 * the volume (1e-10 or less: beta below about 1e-4, or densities of 0 and 1 alone) it counts as a constant.
 * Cost: 60 projections of the field; one more for a derivative.
 * Source: Xu, Cai & Cheng 2010, with the projection of Wang, Lazarov & Sigmund 2011.
 * @example
 * const density = elementField(mesh, [[0.1, 0.2, 0.3, 0.4], [0.5, 0.6, 0.7, 0.8]]);
 * const sharp = volumePreservingProjection(density, { beta: 16 });
 * np.allclose(np.mean(sharp), np.mean(density), { rtol: 0, atol: 1e-12 }) // true
 */
export const volumePreservingProjection = <A extends NDArray>(
  density: A,
  options: Pick<TanhProjectionOptions, "beta">,
): A => {
  const asked = "volumePreservingProjection";
  requireOptions(asked, options, ["beta"], true);
  const beta = requireBeta(asked, options.beta);
  const field = toDType(asOperand(asked, density), "float64");
  requireDensities(asked, field);
  const threshold = rootNamed<NDArray>(asked, {
    f: (eta) => sub(mean(projected(field, beta, eta)), mean(field)),
    initialGuess: full([], 0.5),
    solve: (excess) => searchThreshold(asked, excess),
    tangentSolve: guardedSolve(leastThresholdSlope),
  });
  return projected(field, beta, threshold) as A;
};
