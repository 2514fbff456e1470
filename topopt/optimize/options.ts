/**
 * What is asked of a run: problem, parameterization, objective, constraints, optimizer, and when to stop. Everything that is
 * wrong with it is said at once, before anything is computed.
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import { backends } from "../../src/backend/index.ts";
import type { Backend } from "../../src/backend/index.ts";
import { InvalidProblem } from "../../src/error.ts";
import { isLeft } from "../../src/fp.ts";
import { requireOptions } from "../../src/options.ts";
import { check, checkAll, checkNumber } from "../../src/validate-options.ts";
import type { ElasticitySystem, GridSystem } from "../../library/fem/index.ts";
import type { GradientTransformation, Optimizer } from "../../library/optim/index.ts";
import type { Constraint } from "../constraints.ts";
import type { Interpolation, Objective } from "../design.ts";
import { simp } from "../interpolation.ts";
import { objectives } from "../objectives.ts";
import type { Parameterization } from "../parameterization.ts";
import type { Problem } from "../problems/index.ts";
import type { IterationEntry } from "./entry.ts";

export interface StopRule {
  /** Evaluations of the objective, 1 or more. Default 100. */
  readonly iterations?: number;
  /** Ends the run when no parameter changes more than this. Default 0: never. */
  readonly change?: number;
  /** Ends the run after the iteration that passes this. Default none. */
  readonly milliseconds?: number;
}

/** A number, or what it is at each iteration from 1. */
export type Scheduled = number | ((iteration: number) => number);

/** Of every parameter. */
export interface Bounds {
  readonly lower: number;
  readonly upper: number;
}

export interface OptimizeOptions<P, S extends GridSystem = ElasticitySystem> {
  readonly problem: Problem<S>;
  readonly parameterization: Parameterization<P>;
  /** A scalar of the design, to be made small. Default the compliance, summed over load cases. */
  readonly objective?: Objective<S>;
  /** By name: constraint(objectives.volume(), "<=", 0.4). Default none. */
  readonly constraints?: Readonly<Record<string, Constraint<S>>>;
  /**
   * One of cotangent/optim, or a function that makes one for the parameterization's bounds and the number of constraints: for
   * pixels `optim.mma` is the same as optim.mma({ lower: 0, upper: 1 }). Gradient transformations are kept between the bounds
   * by clipping.
   */
  readonly optimizer: Optimizer | GradientTransformation | ((bounds: Bounds, constraints: number) => Optimizer);
  /** From density to modulus. Default SIMP with the continuation's `penal`, 3 where it has none. */
  readonly interpolation?: Interpolation;
  /** Numbers that change along the way, as { penal: (k) => Math.min(3, 1 + k / 20), beta: 4 }: traced, so nothing compiles anew. */
  readonly continuation?: Readonly<Record<string, Scheduled>>;
  readonly stop?: StopRule;
  /** Of the first parameters, a whole number. Default 0. */
  readonly seed?: number;
  /** Whether gradients are certified at the first, tenth and last iteration. Default true. */
  readonly certificate?: boolean;
  /** Called after every iteration, in this order; what they throw ends the run. */
  readonly callbacks?: readonly ((entry: IterationEntry) => void)[];
  /** Ends the run after the iteration in which it fires; callbacks can fire it. */
  readonly signal?: AbortSignal;
  readonly backend?: Backend;
}

/** The same with defaults filled in. */
export interface Settled<P, S extends GridSystem> {
  readonly problem: Problem<S>;
  readonly parameterization: Parameterization<P>;
  readonly objective: Objective<S>;
  readonly constraints: readonly (readonly [name: string, constraint: Constraint<S>])[];
  readonly optimizer: Optimizer | GradientTransformation;
  readonly interpolation: Interpolation;
  readonly continuation: Readonly<Record<string, Scheduled>>;
  readonly stop: Required<StopRule>;
  readonly seed: number;
  readonly certificate: boolean;
  readonly callbacks: readonly ((entry: IterationEntry) => void)[];
  readonly signal: AbortSignal | undefined;
  readonly backend: Backend;
}

const optionNames = [
  "problem",
  "parameterization",
  "objective",
  "constraints",
  "optimizer",
  "interpolation",
  "continuation",
  "stop",
  "seed",
  "certificate",
  "callbacks",
  "signal",
  "backend",
] as const;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const hasFunctions = (value: unknown, names: readonly string[]): boolean =>
  isRecord(value) && names.every((name) => typeof value[name] === "function");

const isScheduled = (value: unknown): boolean =>
  (typeof value === "number" && Number.isFinite(value)) || typeof value === "function";

const isPositive = (value: number): boolean => value > 0 && value <= Infinity;

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 1;

const unbounded: Bounds = { lower: -Infinity, upper: Infinity };

const byPenal: Interpolation = (density, { penal = 3 }) => simp(density, { penal: penal as number | NDArray });

/** Options with defaults filled in. */
export const settle = <P, S extends GridSystem>(options: OptimizeOptions<P, S>): Settled<P, S> => {
  requireOptions("optimize", options, optionNames, true);
  const {
    problem,
    parameterization,
    objective = objectives.compliance() as Objective<S>,
    constraints = {},
    optimizer: method,
    interpolation = byPenal,
    continuation = {},
    stop = {},
    seed = 0,
    certificate = true,
    callbacks = [],
    signal,
    backend = "auto",
  } = options;
  const optimizer =
    typeof method === "function"
      ? method(parameterization?.bounds ?? unbounded, Object.keys(constraints ?? {}).length)
      : method;
  requireOptions("optimize with stop", stop, ["iterations", "change", "milliseconds"]);
  const { iterations = 100, change = 0, milliseconds = Infinity } = stop;
  const kinds = ["optimizer", "gradient transformation"];
  const areConstraints = isRecord(constraints) && Object.values(constraints).every((own) => own?.kind === "constraint");
  const settled = checkAll<object>({
    problem: check(
      "problem",
      problem,
      isRecord(problem) && "system" in problem,
      "it is a record { mesh, system, load }",
    ),
    parameterization: check(
      "parameterization",
      parameterization,
      hasFunctions(parameterization, ["init", "density"]),
      "it is pixels(problem), neural(problem, network) or a record { name, init, density }",
    ),
    objective: check("objective", objective, typeof objective === "function", "it is a function of a design"),
    constraints: check(
      "constraints",
      constraints,
      areConstraints,
      'it is a record of constraints by name, { volume: constraint(objectives.volume(), "<=", 0.4) }',
    ),
    optimizer: check(
      "optimizer",
      optimizer,
      hasFunctions(optimizer, ["init", "update"]) && kinds.includes(optimizer.kind),
      "it is one of cotangent/optim, as optim.mma or optim.adam(1e-3)",
    ),
    interpolation: check(
      "interpolation",
      interpolation,
      typeof interpolation === "function",
      "it is a function of a density",
    ),
    continuation: check(
      "continuation",
      continuation,
      isRecord(continuation) && Object.values(continuation).every(isScheduled),
      "it is a record of numbers, or functions of the iteration, by name",
    ),
    iterations: checkNumber("stop.iterations", iterations, isCount, "it is a whole number, 1 or more"),
    change: checkNumber("stop.change", change, (value) => value >= 0, "it is 0 or more"),
    milliseconds: checkNumber("stop.milliseconds", milliseconds, isPositive, "it is a positive number"),
    seed: checkNumber("seed", seed, Number.isSafeInteger, "it is a whole number"),
    certificate: check("certificate", certificate, typeof certificate === "boolean", "it is true or false"),
    callbacks: check(
      "callbacks",
      callbacks,
      Array.isArray(callbacks) && callbacks.every((callback) => typeof callback === "function"),
      "it is a list of functions",
    ),
    signal: check(
      "signal",
      signal,
      signal === undefined || (isRecord(signal) && typeof (signal as { aborted?: unknown }).aborted === "boolean"),
      "it is an AbortSignal, as controller.signal",
    ),
    backend: check("backend", backend, backends.includes(backend), `it is one of ${backends.join(", ")}`),
  });
  if (isLeft(settled)) throw new InvalidProblem("optimize", settled.left.join("; "), "Correct these options");
  const named = Object.entries(constraints);
  if (optimizer.kind === "gradient transformation" && named.length > 0)
    throw new InvalidProblem(
      "optimize",
      `constraints ${named.map(([name]) => name).join(", ")} with an optimizer that knows none`,
      "Use optim.mma, or wrap it: optim.augmentedLagrangian({ inner: optim.adam(1e-2) })",
    );
  return {
    problem,
    parameterization,
    objective,
    constraints: named,
    optimizer,
    interpolation,
    continuation,
    stop: { iterations, change, milliseconds },
    seed,
    certificate,
    callbacks,
    signal,
    backend,
  };
};
