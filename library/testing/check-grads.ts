/**
 * checkGrads: the derivatives of any function of trees against finite differences, and its pullback against its jvp,
 * recursively for higher orders.
 * Idea: jvp(f)(x, d) is the limit of differences along d; <w, J d> = <J' w, d> for the pullback; then the same for the
 * functions x -> jvp(f)(x, d) and x -> vjp(f)(x)(w), one order lower.
 */
import { isFloat } from "../../src/array/dtype.ts";
import { showValue } from "../../src/describe.ts";
import { InvalidOption, KinkNearPoint, NotDifferentiable } from "../../src/error.ts";
import type { ConcreteArray, NDArray } from "../../src/array/ndarray.ts";
import { showAval } from "../../src/ir/aval.ts";
import { requireOptions } from "../../src/options.ts";
import { jvp } from "../../transforms/jvp.ts";
import { vjp } from "../../transforms/vjp.ts";
import { nameOf, requireFunction } from "../../transforms/flat.ts";
import type { AnyFunction } from "../../transforms/flat.ts";
import { directionLike, uniform } from "./chance.ts";
import { elementsOf, pairing } from "./comparison.ts";
import { differenceEstimates, doubleSteps, movedBy, nearestTo, singleSteps } from "./differences.ts";
import type { Direction, FlatMap } from "./differences.ts";
import { flatOf, isSinglePrecision, movedAway, wideReference } from "./grad-subject.ts";
import type { Mode, Subject } from "./grad-subject.ts";
import { gradientMismatch, isUnresolvedBy } from "./gradient-mismatch.ts";
import type { Place } from "./gradient-mismatch.ts";
import { findKink, findKinkHere } from "./kinks.ts";
import type { Kink } from "./kinks.ts";

export type { Mode };

export interface CheckGradsOptions {
  /** Highest order of derivatives, 1 to 4. Default 2. */
  readonly order?: number;
  /** Modes the function has; a function with a rule for one mode only gives that one. Default both. */
  readonly modes?: readonly Mode[];
  /** Bound relative to the difference. Default 1e-6 (1e-5 from the second order on); 2e-3 where float32 takes part. */
  readonly rtol?: number;
  /** Absolute bound: an error passes within max(atol, rtol * |difference|). Default rtol, so that small derivatives compare to 1. */
  readonly atol?: number;
  /** Moves the point until no kink lies this close along the directions. Default 0: the point stays. */
  readonly kinkGap?: number;
  /** Random directions per function and order. Default 2. */
  readonly directions?: number;
  /** Seed of directions and weights. Default 0. */
  readonly seed?: number;
}

/** What was compared. */
export interface GradReport {
  /** Numbers compared. */
  readonly comparisons: number;
  /**
   * Largest relative error (floor 1) by nest of modes: "forward", "reverse over forward", ...; "reverse against differences"
   * where there is no forward mode to pair with.
   */
  readonly worst: Readonly<Record<string, number>>;
  /** How far the point was moved away from a kink; 0 where it stayed. */
  readonly moved: number;
}

const optionNames = ["order", "modes", "rtol", "atol", "kinkGap", "directions", "seed"];

interface Settings {
  readonly modes: readonly Mode[];
  readonly toleranceOf: (order: number) => { readonly rtol: number; readonly atol: number };
  readonly pairingTolerance: number;
  readonly directions: number;
}

interface Tally {
  comparisons: number;
  readonly worst: Record<string, number>;
}

const nameOfNest = (nest: readonly Mode[]): string => nest.toReversed().join(" over ");

const record = (tally: Tally, nest: readonly Mode[], error: number, against = ""): void => {
  const name = `${nameOfNest(nest)}${against}`;
  tally.comparisons++;
  tally.worst[name] = Math.max(tally.worst[name] ?? 0, error);
};

const withinBound = (
  seen: number,
  wanted: number,
  { rtol, atol }: { readonly rtol: number; readonly atol: number },
): boolean => Number.isFinite(seen) && Math.abs(seen - wanted) <= Math.max(atol, rtol * Math.abs(wanted));

const errorOf = (seen: number, wanted: number): number => Math.abs(seen - wanted) / Math.max(1, Math.abs(wanted));

const placeOf = (asked: string, subject: Subject, nest: readonly Mode[], path: string, element: number): Place => ({
  asked,
  mode: nameOfNest(nest),
  order: nest.length,
  path,
  element,
  seed: subject.seed,
});

/** Estimates by differences along a direction. */
const estimatesAlong = ({ reference }: Subject, direction: Direction): ReturnType<typeof differenceEstimates> =>
  differenceEstimates(reference.f, reference.inputs, direction, reference.steps);

/** Only the direction's part in one leaf. */
const restrictedTo = (direction: Direction, leaf: number): Direction =>
  direction.map((part, k) => (k === leaf ? part : null));

const tangentOf = (f: FlatMap, inputs: readonly ConcreteArray[], direction: Direction): readonly NDArray[] =>
  jvp(
    (...all: NDArray[]) => [...f(all)],
    [...inputs],
    inputs.map((x, k) => direction[k] ?? movedBy(x, x, -1)),
  )[1];

/** The first input leaf along which a derivative differs from its differences; "" if only the sum does. */
const guiltyInput = (subject: Subject, direction: Direction, settings: Settings, output: number, k: number): string => {
  const { f, inputs, inputPaths } = subject;
  const tolerance = settings.toleranceOf(subject.nest.length + 1);
  for (let leaf = 0; leaf < inputs.length; leaf++) {
    const own = restrictedTo(direction, leaf);
    const seen = elementsOf(tangentOf(f, inputs, own)[output]!)[k]!;
    const wanted = nearestTo(seen, estimatesAlong(subject, own)(output, k));
    if (!withinBound(seen, wanted, tolerance)) return inputPaths[leaf]!;
  }
  return "";
};

/** jvp against differences along one direction; returns the tangents. */
const checkForward = (
  asked: string,
  subject: Subject,
  direction: Direction,
  settings: Settings,
  tally: Tally,
): readonly NDArray[] => {
  const { f, inputs } = subject;
  const nest: readonly Mode[] = [...subject.nest, "forward"];
  const tangents = tangentOf(f, inputs, direction);
  const estimates = estimatesAlong(subject, direction);
  tangents.forEach((tangent, output) => {
    const elements = elementsOf(tangent);
    for (let k = 0; k < elements.length; k++) {
      const seen = elements[k]!;
      const wanted = nearestTo(seen, estimates(output, k));
      record(tally, nest, errorOf(seen, wanted));
      if (withinBound(seen, wanted, settings.toleranceOf(nest.length))) continue;
      const place = placeOf(asked, subject, nest, subject.outputPaths()[output]!, k);
      refuseKink(place, subject, direction, output, k);
      const isUnresolved = isUnresolvedBy(seen, wanted, estimates(output, k));
      throw gradientMismatch(
        place,
        seen,
        wanted,
        isUnresolved ? "" : guiltyInput(subject, direction, settings, output, k),
        isUnresolved,
      );
    }
  });
  return tangents;
};

const refuseKink = (
  place: Place,
  { reference: { f, inputs, steps } }: Subject,
  direction: Direction,
  output: number,
  element: number,
): void => {
  const kink = findKink(f, inputs, direction, steps.central[1]! / 2, { output, element });
  if (kink !== null) throw kinkNear(place, kink);
};

const kinkNear = (place: Place, kink: Kink): KinkNearPoint => {
  const order = place.order === 1 ? "" : `, where derivatives of order ${place.order - 1} are differenced`;
  return new KinkNearPoint(
    place.asked,
    `${place.mode} mode, order ${place.order}, output${place.path}, element ${place.element}: bent or broken there, ${kink.seen} (direction of seed ${place.seed}${order})`,
    "Differences cannot judge a derivative at a kink: choose another point, or let kinkGap: 1e-2 move it",
  );
};

/** Derivatives that agree with differences at a kink, as any mean of its two slopes does, are not thereby right. */
const refuseKinkHere = (asked: string, subject: Subject, direction: Direction, mode: Mode): void => {
  const { f, inputs, steps } = subject.reference;
  const kink = findKinkHere(f, inputs, direction, [steps.central[0]!, steps.central[1]!]);
  if (kink === null) return;
  const path = subject.outputPaths()[kink.output]!;
  throw kinkNear(placeOf(asked, subject, [...subject.nest, mode], path, kink.element), kink);
};

interface Sums {
  readonly seen: number;
  readonly wanted: number;
  readonly magnitude: number;
}

/** <cotangents, direction> beside <weights, tangents>. */
const pair = (
  cotangents: readonly NDArray[],
  direction: Direction,
  weights: readonly NDArray[],
  tangents: readonly ArrayLike<number>[],
): Sums => {
  let [seen, wanted, magnitude] = [0, 0, 0];
  cotangents.forEach((cotangent, k) => {
    const part = direction[k] === null ? { sum: 0, magnitude: 0 } : pairing(cotangent, direction[k]!);
    seen += part.sum;
    magnitude += part.magnitude;
  });
  weights.forEach((weight, k) => {
    const factors = elementsOf(weight);
    for (let i = 0; i < factors.length; i++) {
      wanted += factors[i]! * tangents[k]![i]!;
      magnitude += Math.abs(factors[i]! * tangents[k]![i]!);
    }
  });
  return { seen, wanted, magnitude };
};

const pullbackOf = (f: FlatMap, inputs: readonly NDArray[], weights: readonly NDArray[]): readonly NDArray[] =>
  (vjp((...all: NDArray[]) => [...f(all)], ...(inputs as NDArray[]))[1] as (w: NDArray[]) => NDArray[])([...weights]);

/** The pullback against the jvp, or against differences where there is no forward mode. */
const checkReverse = (
  asked: string,
  subject: Subject,
  direction: Direction,
  weights: readonly NDArray[],
  tangents: readonly NDArray[] | null,
  settings: Settings,
  tally: Tally,
): void => {
  const { f, inputs, inputPaths } = subject;
  const nest: readonly Mode[] = [...subject.nest, "reverse"];
  const { rtol, atol } = settings.toleranceOf(nest.length);
  const cotangents = pullbackOf(f, inputs, weights);
  const sumsAlong = (own: Direction): Sums => {
    if (tangents !== null)
      return pair(cotangents, own, weights, (own === direction ? tangents : tangentOf(f, inputs, own)).map(elementsOf));
    const estimates = estimatesAlong(subject, own);
    const methods = estimates(0, 0).length;
    const candidates = Array.from({ length: methods }, (_, method) =>
      pair(
        cotangents,
        own,
        weights,
        weights.map((weight, output) => Array.from({ length: weight.size }, (_, k) => estimates(output, k)[method]!)),
      ),
    );
    return candidates.reduce((best, other) =>
      Math.abs(other.seen - other.wanted) < Math.abs(best.seen - best.wanted) ? other : best,
    );
  };
  const holds = ({ seen, wanted, magnitude }: Sums): boolean =>
    Number.isFinite(seen) &&
    (tangents === null
      ? Math.abs(seen - wanted) <= Math.max(atol, rtol * magnitude)
      : Math.abs(seen - wanted) <= settings.pairingTolerance * Math.max(1, magnitude));
  const whole = sumsAlong(direction);
  const error = Math.abs(whole.seen - whole.wanted) / Math.max(1, whole.magnitude);
  record(tally, nest, error, tangents === null ? " against differences" : "");
  if (holds(whole)) return;
  if (tangents === null) refuseAnyKink(asked, subject, nest, direction, weights);
  for (let leaf = 0; leaf < inputs.length; leaf++) {
    const part = sumsAlong(restrictedTo(direction, leaf));
    if (!holds(part))
      throw gradientMismatch(placeOf(asked, subject, nest, "", -1), part.seen, part.wanted, inputPaths[leaf]!);
  }
  throw gradientMismatch(placeOf(asked, subject, nest, "", -1), whole.seen, whole.wanted, "");
};

const refuseAnyKink = (
  asked: string,
  subject: Subject,
  nest: readonly Mode[],
  direction: Direction,
  weights: readonly NDArray[],
): void =>
  weights.forEach((weight, output) => {
    for (let k = 0; k < weight.size; k++)
      refuseKink(placeOf(asked, subject, nest, subject.outputPaths()[output]!, k), subject, direction, output, k);
  });

/** All comparisons of one function, then of its derivatives, one order lower. */
const checkSubject = (asked: string, subject: Subject, order: number, settings: Settings, tally: Tally): void => {
  const { f, inputs, seed } = subject;
  const { modes } = settings;
  for (let k = 0; k < settings.directions; k++) {
    const random = uniform(seed + k);
    const own = { ...subject, seed: seed + k };
    const direction = inputs.map((x) => directionLike(random, x.shape, x.dtype));
    const weights = f(inputs).map((out) => directionLike(random, out.shape, out.dtype));
    const tangents = modes.includes("forward") ? checkForward(asked, own, direction, settings, tally) : null;
    if (modes.includes("reverse")) checkReverse(asked, own, direction, weights, tangents, settings, tally);
    refuseKinkHere(asked, own, direction, modes[0]!);
    if (order === 1 || k > 0) continue;
    for (const mode of modes) {
      const derivativeOf =
        (g: FlatMap): FlatMap =>
        (all) =>
          mode === "forward"
            ? jvp((...x: NDArray[]) => [...g(x)], [...all], [...direction])[1]
            : pullbackOf(g, all, weights);
      const inner: Subject = {
        ...subject,
        f: derivativeOf(f),
        reference: { ...subject.reference, f: derivativeOf(subject.reference.f) },
        outputPaths: mode === "forward" ? subject.outputPaths : () => subject.inputPaths,
        nest: [...subject.nest, mode],
        seed: seed + 101,
      };
      checkSubject(asked, inner, order - 1, settings, tally);
    }
  }
};

const requirePositive = (name: string, value: number, high = Infinity): void => {
  if (!(Number.isInteger(value) && value >= 1 && value <= high))
    throw new InvalidOption(
      "checkGrads",
      `${name} ${value}`,
      `Give a whole number ${high === Infinity ? "of at least 1" : `from 1 to ${high}`}`,
    );
};

const settingsOf = (options: CheckGradsOptions, isSingle: boolean): Settings => {
  const { modes = ["forward", "reverse"], rtol, atol, directions = 2 } = options;
  if (!Array.isArray(modes) || modes.length === 0 || modes.some((mode) => mode !== "forward" && mode !== "reverse"))
    throw new InvalidOption("checkGrads", `modes ${showValue(modes)}`, 'Give "forward", "reverse", or both');
  for (const [name, bound] of Object.entries({ rtol, atol, kinkGap: options.kinkGap }))
    if (bound !== undefined && !(bound >= 0 && bound < Infinity))
      throw new InvalidOption("checkGrads", `${name} ${bound}`, "Give a number that is not negative");
  requirePositive("directions", directions);
  const toleranceOf = (order: number): { rtol: number; atol: number } => {
    const relative = rtol ?? (isSingle ? 2e-3 : order === 1 ? 1e-6 : 1e-5);
    return { rtol: relative, atol: atol ?? relative };
  };
  return {
    modes,
    toleranceOf,
    pairingTolerance: isSingle ? 1e-5 : 1e-12,
    directions,
  };
};

/**
 * Compares derivatives of `f` at `args` with finite differences along random directions, and its pullback with its jvp,
 * up to the given order in every nest of the modes. Differences are central with steps 1e-5 and 1e-6 and Richardson's
 * in three levels from 4e-3; each number is compared with the nearest. A float32 function is differenced in float64 where it
 * runs there, else with wider steps.
 * @param f        function of trees of arrays giving any tree; float leaves vary, others stay
 * @param args     list of its arguments: a point without kinks nearby
 * @param options  order (2), modes (both), rtol (1e-6; 1e-5 from order 2; 2e-3 in float32), atol (rtol), kinkGap (0), directions (2), seed (0)
 * @returns the worst relative error (floor 1) of every nest, how many numbers were compared, and how far the point was moved
 * @throws GradientMismatch with the leaf's path, both numbers, mode, order and seed; KinkNearPoint; NotDifferentiable; InvalidOption; UnknownOption
 * Cost: about 17 evaluations of every derivative of order below the highest, per direction.
 * @example
 * const report = testing.checkGrads((x) => np.sum(np.sin(x)), [array([0.3, 2])]);
 * Object.keys(report.worst) // ["forward", "reverse", "forward over forward", "reverse over forward", "forward over reverse", "reverse over reverse"]
 * report.worst.forward < 1e-9 // true
 * testing.checkGrads((x) => np.abs(x), [0], { order: 1 }) // throws KinkNearPoint
 */
export const checkGrads = <const A extends readonly unknown[]>(
  f: (...args: any[]) => unknown,
  args: A,
  options: CheckGradsOptions = {},
): GradReport => checkGradsAgainst(f, f, args, options);

/** checkGrads of `f` with differences of `wide`, the same function in float64: for float32 programs whose constants are float32. */
export const checkGradsAgainst = (
  f: (...args: any[]) => unknown,
  wide: (...args: any[]) => unknown,
  args: readonly unknown[],
  options: CheckGradsOptions,
): GradReport => {
  requireFunction("checkGrads", f);
  requireOptions("checkGrads", options, optionNames);
  const { order = 2, kinkGap = 0, seed = 0, directions = 2 } = options;
  requirePositive("order", order, 4);
  if (!Array.isArray(args))
    throw new InvalidOption("checkGrads", "args that are no list", "Write checkGrads(f, [x, y])");
  const asked = `checkGrads of ${nameOf(f as unknown as AnyFunction)}`;
  const flat = flatOf(asked, f as unknown as AnyFunction, args);
  const outputs = flat.f(flat.inputs);
  if (!outputs.some(({ dtype }) => isFloat(dtype)))
    throw new NotDifferentiable(
      asked,
      outputs.length === 0 ? "the function returns no arrays" : `it returns ${outputs.map(showAval).join(", ")}`,
      "Return floats, whose derivatives can be compared",
    );
  const isSingle = isSinglePrecision([...flat.inputs, ...outputs]);
  const settings = settingsOf(options, isSingle);
  const [inputs, moved] = kinkGap > 0 ? movedAway(flat, kinkGap, directions, seed) : [flat.inputs, 0];
  const own = { f: flat.f, inputs, steps: isSingle ? singleSteps : doubleSteps };
  const inDouble = isSingle ? wideReference(flatOf(asked, wide as unknown as AnyFunction, args).f, inputs) : null;
  const tally: Tally = { comparisons: 0, worst: {} };
  checkSubject(asked, { ...flat, inputs, reference: inDouble ?? own, nest: [], seed }, order, settings, tally);
  return { comparisons: tally.comparisons, worst: tally.worst, moved };
};
