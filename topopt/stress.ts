/**
 * Stresses as objectives and constraints: relaxed, so that void elements do not count, and gathered into one number,
 *   s_e = rho_e^q mises_e(solid modulus) / limit        (sum_e s_e^p)^(1/p)
 * Source: Bruggi 2008 (qp relaxation); Duysinx & Sigmund 1998; Le, Norato, Bruns, Ha & Tortorelli 2010 (p-norm).
 */
import type { NDArray } from "../src/array/ndarray.ts";
import { showValue } from "../src/describe.ts";
import { InvalidOption } from "../src/error.ts";
import { requireOptions } from "../src/options.ts";
import { elementField, vonMises } from "../library/fem/index.ts";
import type { ElementField } from "../library/fem/index.ts";
import { div, greater, logicalAnd, mul, pow } from "../library/numpy/elementwise.ts";
import { toDType } from "../library/numpy/operand.ts";
import { max, sum } from "../library/numpy/reductions.ts";
import { where } from "../library/numpy/selection.ts";
import { stopGradient } from "../transforms/pure-callback.ts";
import type { Design } from "./design.ts";

export interface RelaxedStressOptions {
  /** Exponent of the density, > 0. Default 0.5. */
  readonly q?: number;
  /** Stress that counts as 1, pascal. Default 1. */
  readonly limit?: number;
  /** Modulus of solid, pascal. Default that of the design: interpolated at density 1. */
  readonly e0?: number;
}

export interface PNormStressOptions extends RelaxedStressOptions {
  /** Exponent of the norm, 1 or more, with p q > 1. Default 8. */
  readonly p?: number;
}

/** What the functions look at. */
type StressedDesign = Pick<Design, "density" | "displacement" | "problem" | "solidModulus">;

const requirePositive = (asked: string, numbers: Readonly<Record<string, number>>): void => {
  for (const [name, value] of Object.entries(numbers))
    if (typeof value !== "number" || !(value > 0 && value < Infinity))
      throw new InvalidOption(asked, `${name} ${showValue(value)}`, `${name} is a positive number`);
};

const relaxation = (asked: string, { q = 0.5, limit = 1, e0 }: RelaxedStressOptions) => {
  requirePositive(asked, { q, limit, ...(e0 === undefined ? {} : { e0 }) });
  return { asked, q, limit, e0 };
};

/** Moduli of solid material, over the limit. */
const solidOverLimit = (
  { problem: { mesh }, solidModulus }: StressedDesign,
  { asked, limit, e0 }: ReturnType<typeof relaxation>,
): ElementField => {
  if (e0 !== undefined) return elementField(mesh, e0 / limit);
  if (solidModulus !== null) return div(solidModulus, limit) as ElementField;
  throw new InvalidOption(
    asked,
    "a design of a modulus alone, of which that of solid material is not known",
    "Give e0, or the solid modulus as fourth argument of designOf",
  );
};

/** rho^q mises / limit; 0 in void and outside the mask, where nothing flows back either. Load cases in front. */
const relaxedStresses = (design: StressedDesign, relaxed: ReturnType<typeof relaxation>): NDArray => {
  const { density, displacement, problem } = design;
  const { system, mask } = problem;
  const rho = toDType(density, "float64");
  const stress = vonMises(system, solidOverLimit(design, relaxed), displacement);
  const isSolid = greater(rho, 0);
  const counts = mask === undefined ? isSolid : logicalAnd(isSolid, greater(mask, 0));
  const share = pow(where(isSolid, rho, 1), relaxed.q);
  return where(counts, mul(share, stress), 0);
};

/**
 * p-norm of the relaxed stresses, over all elements where material may be and all load cases: at least the largest, at most
 * n^(1/p) times it for n of them. As a constraint: <= 1 keeps every stress below the limit.
 * @param options  p; q; limit; e0. Stresses are von Mises' at the centres of elements, those of solid material at the
 *   displacement of the structure, times density^q: a power below that of the stiffness, so that void elements drop out
 * @returns        a function of a design's density, displacement and problem: a scalar, 1 at the limit
 * @throws InvalidOption, UnknownOption; also for p q <= 1, where void elements have no derivative, and without e0 for a design
 *   whose solid modulus is not known
 * Derivatives by density and displacement, any order; 0 where a stress is 0, and in void. Degree 1 in the load. No
 * overflow: the largest stress is a factor before the sum, a constant to derivatives, on which the value does not depend.
 * As a constraint it curves strongly: give optim.mma a move of 0.05 or less, since larger steps that promise to keep it can
 * break it by more each time until the design is void. optim.gcmma does not fall, at some six evaluations for every step.
 * Cost: some passes over the fields; in reverse mode one adjoint solve.
 * @example
 * const design = designOf(problem, elementField(mesh, 1));
 * const [norm, largest] = [pNormStress({ p: 8 })(design), largestStress()(design)];
 * np.logicalAnd(norm.greaterEqual(largest), norm.lessEqual(largest.mul(8 ** (1 / 8)))) // true
 */
export const pNormStress = (options: PNormStressOptions = {}): ((design: StressedDesign) => NDArray) => {
  requireOptions("pNormStress", options, ["p", "q", "limit", "e0"]);
  const relaxed = relaxation("pNormStress", options);
  const { p = 8 } = options;
  if (typeof p !== "number" || !(p >= 1 && p < Infinity && p * relaxed.q > 1))
    throw new InvalidOption(
      "pNormStress",
      `p ${showValue(p)} and q ${relaxed.q}`,
      "p is 1 or more, and p q more than 1: else the derivative in void elements is infinite",
    );
  return function pNorm(design) {
    const stresses = relaxedStresses(design, relaxed);
    const largest = stopGradient(max(stresses));
    const isLoaded = greater(largest, 0);
    const unit = where(isLoaded, largest, 1);
    const isStressed = greater(stresses, 0);
    const ratios = div(where(isStressed, stresses, unit), unit);
    // One ratio is 1, so that the sum is 1 or more wherever there is any stress.
    const powers = sum(where(isStressed, pow(ratios, p), 0));
    return where(isLoaded, mul(unit, pow(where(isLoaded, powers, 1), 1 / p)), 0);
  };
};

/**
 * The largest relaxed stress, over all elements where material may be and all load cases: what pNormStress estimates from
 * above, for reports.
 * @param options  q; limit; e0, as of pNormStress
 * @returns        a function of a design's density, displacement and problem: a scalar, 1 at the limit
 * @throws InvalidOption, UnknownOption
 * Derivatives: those of the element that has it. Cost: some passes over the fields.
 * @example largestStress({ limit: 2 })(designOf(problem, elementField(mesh, 1))).mul(2).sub(largestStress()(designOf(problem, elementField(mesh, 1)))) // 0
 */
export const largestStress = (options: RelaxedStressOptions = {}): ((design: StressedDesign) => NDArray) => {
  requireOptions("largestStress", options, ["q", "limit", "e0"]);
  const relaxed = relaxation("largestStress", options);
  return function largest(design) {
    return max(relaxedStresses(design, relaxed));
  };
};
