/**
 * What is asked of a run: problem, parameterization, objective, constraints, optimizer, and when to stop. Everything that is
 * wrong with it is said at once, before anything is computed.
 */
import type { NDArray } from "../../src/array/ndarray.ts";
import { backends } from "../../src/backend/index.ts";
import type { Backend } from "../../src/backend/index.ts";
import { showValue } from "../../src/describe.ts";
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
import { requireFittingOptimizer } from "./bounds.ts";
import type { Bounds } from "./bounds.ts";
import type { Certificate } from "./verdict.ts";
import type { Scheduled } from "./continuation.ts";
import type { IterationEntry } from "./entry.ts";
import type { RunState } from "./state.ts";

export interface Rest {
  /** Evaluations of the objective in all, 1 or more. Default 100. */
  readonly iterations?: number;
  /**
   * Ends the run when no parameter changes more than this, and the continuation has come to its last values. Default 0: never.
   */
  readonly change?: number;
}

export interface StopRule extends Rest {
  /** Ends the run after the iteration that passes this. Default none. */
  readonly milliseconds?: number;
}

/** What a run is: the same for one run, for several seeds, and for a machine that somebody else turns. */
export interface ExperimentOptions<P, S extends GridSystem = ElasticitySystem> {
  readonly problem: Problem<S>;
  readonly parameterization: Parameterization<P, NDArray>;
  /** A scalar of the design, to be made small. Default the compliance, summed over load cases. */
  readonly objective?: Objective<S>;
  /**
   * By name: { volume: constraint(objectives.volume(), "<=", 0.4) }. Default none: pixels then become as heavy as the objective
   * likes, whatever the problem's volume fraction; a network's design has its volume by construction.
   */
  readonly constraints?: Readonly<Record<string, Constraint<S>>>;
  /**
   * One of cotangent/optim, or a function that makes one for the parameterization's bounds and the number of constraints: for
   * pixels `optim.mma` is the same as optim.mma({ lower: 0, upper: 1 }). Gradient transformations are kept between the bounds
   * by clipping; other optimizers keep bounds of their own, which lie within those of the parameterization.
   */
  readonly optimizer: Optimizer | GradientTransformation | ((bounds: Bounds, constraints: number) => Optimizer);
  /** From density to modulus. Default SIMP with the continuation's `penal`, 3 where it has none. */
  readonly interpolation?: Interpolation;
  /**
   * Numbers that change along the way, as { penal: (k) => Math.min(3, 1 + k / 20), beta: 4 }: functions are pure, and their
   * values traced, so nothing compiles anew. Interpolation, projection and functions of your own ask for them by name; a name
   * that none asks for is refused at the first iteration.
   */
  readonly continuation?: Readonly<Record<string, Scheduled>>;
  readonly stop?: Rest;
  /** Of the first parameters, a whole number. Default 0. */
  readonly seed?: number;
  /** Whether gradients are certified at the first, tenth and last iteration. Default true. */
  readonly certificate?: boolean;
  readonly backend?: Backend;
}

/** Where a run is when its callbacks are called. */
export interface Moment<P> {
  readonly seed: number;
  /** To be saved, or looked at: state.last has the parameters and the density that the entry is about. */
  readonly state: RunState<P>;
  /** Where the gradients were certified at this iteration. */
  readonly certificate: Certificate | null;
  /** Duration of the iteration. */
  readonly milliseconds: number;
}

/** What optimizeAsync is told by a callback may be a promise, which is waited for. */
export type Callback<P> = (entry: IterationEntry, moment: Moment<P>) => unknown;

export interface LoopOptions<P, S extends GridSystem = ElasticitySystem> extends ExperimentOptions<P, S> {
  readonly stop?: StopRule;
  /** Called after every iteration, in this order; what they throw ends the run. */
  readonly callbacks?: readonly Callback<P>[];
  /**
   * Ends the run after the iteration in which it fires. In optimize and optimizeSeeds only callbacks can fire it, since they
   * let nothing else happen; in optimizeAsync timers and buttons can, too.
   */
  readonly signal?: AbortSignal;
}

export interface OptimizeOptions<P, S extends GridSystem = ElasticitySystem> extends LoopOptions<P, S> {
  /**
   * Where to begin: a state of the same run, to go on as if nothing had happened (`stop` may be another, all else has to be the
   * same); or { params } to begin anew at these. Default the parameterization's first parameters, of the seed.
   */
  readonly from?: RunState<P> | { readonly params: P };
}

/** The same with defaults filled in. */
export interface Settled<P, S extends GridSystem> {
  /** The function that was called. */
  readonly asked: string;
  readonly problem: Problem<S>;
  readonly parameterization: Parameterization<P, NDArray>;
  readonly objective: Objective<S>;
  readonly constraints: readonly (readonly [name: string, constraint: Constraint<S>])[];
  readonly optimizer: Optimizer | GradientTransformation;
  readonly interpolation: Interpolation;
  readonly continuation: Readonly<Record<string, Scheduled>>;
  readonly stop: Required<StopRule>;
  readonly seed: number;
  readonly certificate: boolean;
  readonly callbacks: readonly Callback<P>[];
  readonly signal: AbortSignal | undefined;
  readonly backend: Backend;
}

const ofExperiments = [
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
  "backend",
] as const;
const ofLoops = [...ofExperiments, "callbacks", "signal"] as const;

/** Options by the function that takes them; whatever else is given is refused. */
const known: Readonly<Record<string, { readonly options: readonly string[]; readonly stop: readonly string[] }>> = {
  experiment: { options: ofExperiments, stop: ["iterations", "change"] },
  optimizeSeeds: { options: ofLoops, stop: ["iterations", "change", "milliseconds"] },
  optimize: { options: [...ofLoops, "from"], stop: ["iterations", "change", "milliseconds"] },
  optimizeAsync: { options: [...ofLoops, "from"], stop: ["iterations", "change", "milliseconds"] },
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const hasFunctions = (value: unknown, names: readonly string[]): boolean =>
  isRecord(value) && names.every((name) => typeof value[name] === "function");

const isScheduled = (value: unknown): boolean =>
  (typeof value === "number" && Number.isFinite(value)) || typeof value === "function";

const isPositive = (value: number): boolean => value > 0 && value <= Infinity;

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 1;

const isSignal = (value: unknown): boolean =>
  value === undefined || (isRecord(value) && hasFunctions(value, ["throwIfAborted", "addEventListener"]));

const byPenal: Interpolation = (density, { penal = 3 }) => simp(density, { penal: penal as number | NDArray });

const unbounded: Bounds = { lower: -Infinity, upper: Infinity };

const refuse = (asked: string, problems: readonly string[]): never => {
  throw new InvalidProblem(asked, problems.join("; "), "Correct these options");
};

type Method = Optimizer | GradientTransformation;

const isMethod = (value: unknown): value is Method =>
  hasFunctions(value, ["init", "update"]) && ["optimizer", "gradient transformation"].includes((value as Method).kind);

const ofOptimizers = "it is one of cotangent/optim, as optim.mma or optim.adam(1e-3)";

/** The optimizer itself, made where a function was given. */
const madeOptimizer = <P, S extends GridSystem>(
  asked: string,
  { optimizer, parameterization, constraints = {} }: ExperimentOptions<P, S>,
): Method => {
  if (typeof optimizer !== "function") return optimizer;
  const made: unknown = optimizer(parameterization.bounds ?? unbounded, Object.keys(constraints).length);
  return isMethod(made) ? made : refuse(asked, [`optimizer makes ${showValue(made)}, but ${ofOptimizers}`]);
};

/**
 * Options with defaults filled in.
 * @param asked  the function that was called, which says what it takes
 */
export const settle = <P, S extends GridSystem>(asked: string, options: OptimizeOptions<P, S>): Settled<P, S> => {
  requireOptions(asked, options, known[asked]!.options, true, { stop: known[asked]!.stop });
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
  requireOptions(`${asked} with stop`, stop, known[asked]!.stop);
  const { iterations = 100, change = 0, milliseconds = Infinity } = stop;
  const areConstraints = isRecord(constraints) && Object.values(constraints).every((own) => own?.kind === "constraint");
  const areCallbacks = Array.isArray(callbacks) && callbacks.every((callback) => typeof callback === "function");
  const isContinuation = isRecord(continuation) && Object.values(continuation).every(isScheduled);
  const settled = checkAll<object>({
    problem: check(
      "problem",
      problem,
      isRecord(problem) && ["mesh", "system", "load"].every((name) => isRecord(problem[name])),
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
    optimizer: check("optimizer", method, typeof method === "function" || isMethod(method), ofOptimizers),
    interpolation: check(
      "interpolation",
      interpolation,
      typeof interpolation === "function",
      "it is a function of a density",
    ),
    continuation: check(
      "continuation",
      continuation,
      isContinuation,
      "it is a record of numbers, or functions of the iteration, by name",
    ),
    iterations: checkNumber("stop.iterations", iterations, isCount, "it is a whole number, 1 or more"),
    change: checkNumber("stop.change", change, (value) => value >= 0, "it is 0 or more"),
    milliseconds: checkNumber("stop.milliseconds", milliseconds, isPositive, "it is a positive number"),
    seed: checkNumber("seed", seed, Number.isSafeInteger, "it is a whole number"),
    certificate: check("certificate", certificate, typeof certificate === "boolean", "it is true or false"),
    callbacks: check("callbacks", callbacks, areCallbacks, "it is a list of functions"),
    signal: check("signal", signal, isSignal(signal), "it is an AbortSignal, as controller.signal"),
    backend: check("backend", backend, backends.includes(backend), `it is one of ${backends.join(", ")}`),
  });
  if (isLeft(settled)) return refuse(asked, settled.left);
  const optimizer = madeOptimizer(asked, options);
  const named = Object.entries(constraints);
  requireFittingOptimizer(
    asked,
    optimizer,
    parameterization.bounds,
    named.map(([name]) => name),
  );
  return {
    asked,
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
