/**
 * A certificate of gradients: at one point and along one direction, for the objective and every constraint,
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
/** Residuals of solves up to this are those of a solver that has done its work. */
const acceptedResidual = 1e-6;
/** Forward and reverse mode compute the same sum in another order. */
const acceptedPairing = 1e-8;

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

/** Parameters are looked at this part of their range away from bounds, at least. */
const inset = 0.01;

/**
 * The point that is looked at: parameters at a bound, or near one, are moved a little inwards. There is nothing to compare
 * with beyond a bound, and right at it differences do not see the slope of stiffnesses that grow from next to nothing.
 */
const withinBounds = (point: Leaves, bounds: Bounds | undefined): Leaves => {
  if (bounds === undefined) return point;
  const { lower, upper } = bounds;
  const range = upper - lower;
  const margin = inset * (range < Infinity ? range : Math.max(1, norm(point) / Math.sqrt(countOf(point))));
  return point.map((own) => own.map((value) => Math.min(Math.max(value, lower + margin), upper - margin)));
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

type Comparison = Pick<GradientCheck, "difference" | "gap" | "uncertainty">;

const compared = (derivative: number, { value: difference, error }: Difference): Comparison => {
  const scale = Math.max(Math.abs(difference), Number.MIN_VALUE);
  const relative = (size: number): number => (size === 0 ? 0 : size / scale);
  return { difference, gap: relative(Math.abs(derivative - difference)), uncertainty: relative(error) };
};

/** Whether differences and derivative are further apart than the differences themselves are uncertain. */
const isGap = ({ gap, uncertainty }: Comparison): boolean => !(gap <= Math.max(accepted, trusted * uncertainty));

const nearer = (first: Comparison, second: Comparison): Comparison => (second.gap < first.gap ? second : first);

const verdictOf = (found: Comparison, pairing: number | null): Verdict => {
  if (pairing !== null && !(pairing <= acceptedPairing)) return "failed";
  if (!(found.uncertainty <= leastCertain)) return "undecided";
  return isGap(found) ? "failed" : "passed";
};

/** The residual that a system reports of what is solved now; null where nothing is. */
const residualOf = (system: GridSystem, solve: () => void): number | null => {
  const before = counters().solves;
  solve();
  return counters().solves === before ? null : (system.report()?.residual ?? null);
};

/** Makes certificates of one run; programs are compiled at the first. */
export const certifier = <P, S extends GridSystem>(
  settled: Settled<P, S>,
): ((iteration: number, params: P, at: Continuation) => Certificate) => {
  const { parameterization, problem, constraints, backend } = settled;
  const scalars = scalarsOf(settled);
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
  return (iteration, params, at) => {
    const shapes = arraysOf(params).map((x) => x.shape);
    const treeOf = (leaves: Leaves): P =>
      likeTree(
        params,
        leaves.map((own, k) => fromBuffer(own, shapes[k]!, "float64")),
      );
    const point = withinBounds(doublesOf(params), parameterization.bounds);
    const wide = treeOf(point);
    const slopes = gradients(wide, at).map(doublesOf);
    const direction = directionAt(point, slopes[0]!, parameterization.bounds, iteration);
    const moved = (step: number): P => treeOf(point.map((own, k) => own.map((x, n) => x + step * direction[k]![n]!)));
    const valuesAt = (step: number): Float64Array => values(moved(step), at).toTypedArray() as Float64Array;
    const differences = differencesAlong(valuesAt);
    let second: readonly Difference[] | undefined;
    const secondOpinion = (): readonly Difference[] => (second ??= fineDifferences(valuesAt));
    const along = orNone(() => tangents(wide, treeOf(direction), at).toTypedArray() as Float64Array);
    const checks = names.map((name, k): GradientCheck => {
      const derivative = dot(slopes[k]!, direction);
      const first = compared(derivative, differences[k]!);
      const found = first.gap <= accepted ? first : nearer(first, compared(derivative, secondOpinion()[k]!));
      const scale = norm(slopes[k]!) * norm(direction);
      const pairing = along === null ? null : scale === 0 ? 0 : Math.abs(derivative - along[k]!) / scale;
      return { name, derivative, ...found, pairing, verdict: verdictOf(found, pairing) };
    });
    const residual = residualOf(problem.system, () => values(treeOf(doublesOf(params)), at));
    const ofSolve: Verdict = residual === null || residual <= acceptedResidual ? "passed" : "failed";
    const verdict = worstVerdict([...checks.map((own) => own.verdict), ofSolve]);
    return { iteration, gradients: checks, residual, verdict, isPassed: verdict === "passed" };
  };
};
