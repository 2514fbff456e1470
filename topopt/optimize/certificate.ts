/**
 * A certificate of gradients: next to one design and along one direction, for the objective and every constraint,
 *   the pairing     <grad, d> = jvp(d)                    forward and reverse rules are transposes of each other
 *   the difference  <grad, d> = (f(x + h d) - f(x - h d)) / 2h     they are derivatives of what is computed
 * and how well the solver has met its equations. Networks in float32 are looked at in float64: the rules are the same, and
 * differences have digits.
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import { counters } from "../../src/counters.ts";
import { fromBuffer } from "../../src/array/ndarray.ts";
import { ForwardModeOfCustomVjp, NotDifferentiable } from "../../src/error.ts";
import type { GridSystem } from "../../library/fem/index.ts";
import { stack } from "../../library/numpy/joining.ts";
import type { Continuation } from "../parameterization.ts";
import { arraysOf, compiled, derivativeAlong, gradientOf, likeTree } from "./generic.ts";
import { scalarsOf } from "./program.ts";
import { differencesAlong, farthestStep, fineDifferences } from "./ridders.ts";
import type { Difference } from "./ridders.ts";
import type { Bounds } from "./bounds.ts";
import { worstVerdict } from "./verdict.ts";
import type { Certificate, GradientCheck, Verdict } from "./verdict.ts";
import type { Settled } from "./options.ts";

/** Gaps up to this pass, or up to so many times the uncertainty of the differences. */
const accepted = 1e-5;
const trusted = 20;
/** Differences less certain than this say nothing. */
const leastCertain = 1e-2;
/** Residuals of solves up to this are those of a solver that has done its work, and so are backward errors of rounding. */
const acceptedResidual = 1e-6;
const acceptedRounding = 1e-12;
/**
 * Forward and reverse mode compute the same sum in another order; networks may do so in float32. Each solves for itself: where
 * rounding leaves a residual, as material that floats in void does, they differ by some of those, but never by more than the last.
 */
const acceptedPairing = 1e-6;
const pairedResiduals = 100;
const worstPairing = 1e-3;
/** Gradients smaller than this part of the value are sums of terms that have cancelled: modes then differ by the terms' rounding. */
const cancelled = 1e-6;
/** Derivatives below this part of the value, for a step of the parameters' size, are zero but for rounding: they show nothing. */
const negligible = 1e-10;
/**
 * Neighbours that are looked at until gradients do not fail. Between kinks that lie closer than the finest differences a right
 * gradient may differ from all of them, next to one design in a hundred or so of a network of rectifiers; a wrong one fails at
 * every neighbour.
 */
const mostLooks = 3;

/** Numbers in (-1, 1) from a linear congruential generator: any direction that is nobody's choice will do. */
const scatter = (count: number, seed: number): Float64Array => {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return Float64Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
};

type Leaves = readonly Float64Array[];

const doublesOf = (params: unknown): Leaves =>
  arraysOf(params).map((x) => Float64Array.from(x.astype("float64").toTypedArray() as Float64Array));

const dot = (left: Leaves, right: Leaves): number =>
  left.reduce((sum, own, k) => own.reduce((partial, value, at) => partial + value * right[k]![at]!, sum), 0);

const countOf = (of: Leaves): number => of.reduce((sum, own) => sum + own.length, 0);

const norm = (of: Leaves): number => Math.sqrt(dot(of, of));

/** How far from a design its neighbour is: a part of the parameters' size, or of their range. */
const aside = 0.01;

/**
 * The point that is looked at: a neighbour of the design. Where a design begins, and where it ends at bounds, parameters are
 * equal or zero, and functions have kinks: a rectifier bends at 0, a maximum of equals is anybody's. Beyond bounds there is
 * nothing to compare with, and right at them differences do not see the slope of stiffnesses that grow from next to nothing.
 */
const neighbourOf = (point: Leaves, bounds: Bounds | undefined, seed: number): Leaves => {
  const size = aside * Math.max(norm(point) / Math.sqrt(countOf(point)), 1e-3);
  const { lower, upper } = bounds ?? { lower: -Infinity, upper: Infinity };
  const margin = Math.min(aside * (upper - lower), size * 100);
  return point.map((own, k) => {
    const away = scatter(own.length, seed + 7919 * (k + 1));
    return own.map((value, at) => {
      if (bounds === undefined) return value + size * away[at]!;
      return Math.min(Math.max(value, lower + margin), upper - margin) + (margin / 2) * away[at]!;
    });
  });
};

/**
 * A direction of about the parameters' size: scattered, and along the objective's gradient as much, which sees its size. No step
 * along it leaves the bounds.
 */
const directionAt = (point: Leaves, gradient: Leaves, bounds: Bounds | undefined, seed: number): Leaves => {
  const size = Math.max(norm(point), 1e-3 * Math.sqrt(countOf(point)));
  const raw = point.map((own, k) => scatter(own.length, seed + k));
  const [roughness, steepness] = [norm(raw) || 1, norm(gradient) || 1];
  const { lower, upper } = bounds ?? { lower: -Infinity, upper: Infinity };
  return raw.map((own, k) =>
    own.map((value, at) => {
      const along = (size * (value / roughness + gradient[k]![at]! / steepness)) / Math.SQRT2;
      const room = Math.min(point[k]![at]! - lower, upper - point[k]![at]!);
      return Math.sign(along) * Math.min(Math.abs(along), room / farthestStep);
    }),
  );
};

/** Null where a custom rule has no forward derivative. */
const orNone = <T>(run: () => T): T | null => {
  try {
    return run();
  } catch (error) {
    if (error instanceof ForwardModeOfCustomVjp || error instanceof NotDifferentiable) return null;
    throw error;
  }
};

/** A derivative beside a difference; all but the last relative to the difference. */
interface Comparison extends Pick<GradientCheck, "difference" | "gap" | "uncertainty"> {
  readonly verdict: Verdict;
}

const compared = (derivative: number, { value: difference, error, kink }: Difference): Comparison => {
  const scale = Math.max(Math.abs(difference), Number.MIN_VALUE);
  const relative = (size: number): number => (size === 0 ? 0 : size / scale);
  const [gap, doubt] = [relative(Math.abs(derivative - difference)), relative(error)];
  const uncertainty = Math.max(doubt, relative(kink));
  const verdict = ((): Verdict => {
    if (gap <= Math.max(accepted, trusted * doubt)) return uncertainty <= leastCertain ? "passed" : "undecided";
    // Between the slopes on both sides of a kink all derivatives are right, and none is shown to be.
    return gap <= Math.max(trusted * doubt, 1.01 * relative(kink)) || uncertainty > leastCertain
      ? "undecided"
      : "failed";
  })();
  return { difference, gap, uncertainty, verdict };
};

/** What a system reports of a solve. */
type Quality = Pick<NonNullable<ReturnType<GridSystem["report"]>>, "residual" | "backwardError">;

/** What `compute` gives, and how well a system was solved for it; null where it was not. */
const withQuality = <T>(system: GridSystem, compute: () => T): readonly [T, Quality | null] => {
  const before = counters().solves;
  const made = compute();
  return [made, counters().solves === before ? null : (system.report() ?? null)];
};

const isSolved = (quality: Quality | null): boolean =>
  quality === null || quality.residual <= acceptedResidual || quality.backwardError <= acceptedRounding;

/** Whether a derivative and its transpose are at one, where both are there. */
const isPaired = (pairing: number | null, quality: Quality | null): boolean => {
  const ofSolves = Math.min(pairedResiduals * (quality?.residual ?? 0), worstPairing);
  return pairing === null || pairing <= Math.max(acceptedPairing, ofSolves);
};

/** Whether only differences disagree. */
const mayBeKink = ({ verdict, pairing }: GradientCheck): boolean =>
  verdict === "failed" && (pairing === null || pairing <= acceptedPairing);

/** A tree with float64 in the place of its numbers. */
const wideTree = <P>(params: P): P =>
  likeTree(
    params,
    arraysOf(params).map((x) => x.astype("float64")),
  );

/** Makes certificates of one run; programs are compiled at the first. */
export const certifier = <P, S extends GridSystem>(
  settled: Settled<P, S>,
): ((iteration: number, params: P, at: Continuation) => Certificate) => {
  const { parameterization, problem, constraints, backend } = settled;
  const scalars = scalarsOf(settled);
  // Constraints are told relative to their bounds: where they are 0, terms of size 1 have cancelled.
  const leastSizes = [0, ...constraints.map(() => 1)];
  const names = ["objective", ...constraints.map(([name]) => name)];
  const valuesOf = (params: P, at: Continuation): NDArray => stack(scalars.map((scalar) => scalar(params, at)));
  const values = compiled(valuesOf, backend);
  const tangents = compiled(
    (params: P, direction: P, at: Continuation) => derivativeAlong((own) => valuesOf(own, at), params, direction),
    backend,
  );
  const gradients = compiled(
    (params: P, at: Continuation) => scalars.map((own) => gradientOf(own)(params, at)),
    backend,
  );
  const lookAt = (params: P, at: Continuation, seed: number): readonly GradientCheck[] => {
    const shapes = arraysOf(params).map((x) => x.shape);
    const treeOf = (leaves: Leaves): P =>
      likeTree(
        params,
        leaves.map((own, k) => fromBuffer(own, shapes[k]!, "float64")),
      );
    const point = neighbourOf(doublesOf(params), parameterization.bounds, seed);
    const wide = treeOf(point);
    const slopes = gradients(wide, at).map(doublesOf);
    const direction = directionAt(point, slopes[0]!, parameterization.bounds, seed);
    const moved = (step: number): P => treeOf(point.map((own, k) => own.map((x, n) => x + step * direction[k]![n]!)));
    const valuesAt = (step: number): Float64Array => values(moved(step), at).toTypedArray() as Float64Array;
    const differences = differencesAlong(valuesAt, leastSizes);
    let second: readonly Difference[] | undefined;
    const secondOpinion = (): readonly Difference[] => (second ??= fineDifferences(valuesAt, leastSizes));
    const [here, quality] = withQuality(problem.system, () => valuesAt(0));
    const along = orNone(() => tangents(wide, treeOf(direction), at).toTypedArray() as Float64Array);
    return names.map((name, k): GradientCheck => {
      const derivative = dot(slopes[k]!, direction);
      const first = compared(derivative, differences[k]!);
      const found = first.verdict === "passed" ? first : compared(derivative, secondOpinion()[k]!);
      const size = Math.max(Math.abs(here[k]!), leastSizes[k]!);
      const zero = negligible * size;
      const scale = Math.max(norm(slopes[k]!) * norm(direction), cancelled * size);
      const pairing = along === null ? null : scale === 0 ? 0 : Math.abs(derivative - along[k]!) / scale;
      const unknown = found.difference === 0 ? 0 : trusted * found.uncertainty * Math.abs(found.difference);
      const isNothing = Math.abs(derivative) <= zero && Math.abs(found.difference) <= Math.max(zero, unknown);
      const verdict = isNothing ? "undecided" : isPaired(pairing, quality) ? found.verdict : "failed";
      return { name, derivative, ...found, pairing, verdict };
    });
  };
  return (iteration, params, at) => {
    let checks = lookAt(params, at, iteration);
    for (let look = 1; look < mostLooks && checks.some(mayBeKink); look++)
      checks = lookAt(params, at, iteration + 15485863 * look);
    const [, quality] = withQuality(problem.system, () => values(wideTree(params), at));
    const residual = quality?.residual ?? null;
    const ofSolve: Verdict = isSolved(quality) ? "passed" : "failed";
    const verdict = worstVerdict([...checks.map((own) => own.verdict), ofSolve]);
    return { iteration, gradients: checks, residual, verdict, isPassed: verdict === "passed" };
  };
};
