/**
 * The classical pipeline: density -> filter -> SIMP -> solve -> compliance, differentiated by the library's
 * own transforms, and optimality criteria around it. One compiled program per iteration: from design to next design.
 */
import { InvalidProblem } from "../src/error.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { backends } from "../src/backend/index.ts";
import type { Backend } from "../src/backend/index.ts";
import { isLeft } from "../src/fp.ts";
import { notify } from "../src/notice.ts";
import { check, checkAll, checkNumber } from "../src/validate-options.ts";
import { counters, countersSince } from "../src/counters.ts";
import type { Counters } from "../src/counters.ts";
import { elementField } from "../library/fem/index.ts";
import type {
  ElasticitySystem,
  ElementField,
  FieldOf,
  GridMesh,
  GridSystem,
  VectorField,
} from "../library/fem/index.ts";
import { asOperand } from "../library/numpy/operand.ts";
import { mean } from "../library/numpy/statistics.ts";
import { isfinite, logicalAnd, mul } from "../library/numpy/elementwise.ts";
import { all, sum } from "../library/numpy/reductions.ts";
import { requireOptions } from "../src/options.ts";
import { jit } from "../transforms/jit.ts";
import { grad, valueAndGrad } from "../transforms/vjp.ts";
import { complianceAndDisplacement } from "./compliance.ts";
import { defaultRadius, densityFilter } from "./filter.ts";
import { simp } from "./interpolation.ts";
import { updateDesign } from "./optimality-update.ts";
import { requireSolvable } from "./problem-checks.ts";
import type { Problem } from "./problems/index.ts";

export interface HistoryEntry {
  /** Compliance of the design at the start of the iteration. */
  readonly objective: number;
  /** Mean filtered density of the same design. */
  readonly volume: number;
  /** Largest change of a design variable in the iteration's update. */
  readonly change: number;
  readonly milliseconds: number;
}

export interface MinimizeOptions {
  /** Mean filtered density wanted, over all elements of the grid, in (0, 1]. */
  readonly volumeFraction: number;
  /** Radius of the density filter, in the mesh's unit of length ; 0 for none. Default 1.5 element widths, of the shortest edge of an element. */
  readonly filterRadius?: number;
  /** SIMP exponent. Default 3. */
  readonly penal?: number;
  readonly eMin?: number;
  /** Default 100. */
  readonly iterations?: number;
  /** Largest change of a variable per iteration. Default 0.2. */
  readonly move?: number;
  /** Accepted |volume - volumeFraction| in the update's bisection. Default 1e-9; the published program has 1e-3. */
  readonly volumeTolerance?: number;
  /** Stop when every variable changes less than this. Default 0: run all iterations. */
  readonly changeTolerance?: number;
  /** Design variables to start from, in [0, 1]; by default one number wherever material may be. */
  readonly initial?: ElementField;
  readonly backend?: Backend;
  /** Called after every iteration; what it throws ends the run. */
  readonly onIteration?: (entry: HistoryEntry & { readonly iteration: number; readonly density: ElementField }) => void;
  /**
   * Ends the run after the iteration in which it fires; the result holds what was reached. The run does not wait for
   * anything, so timers of its own thread cannot fire the signal meanwhile: onIteration can.
   */
  readonly signal?: AbortSignal;
}

/** Why a run ended: all iterations done, the design at rest, `signal`, or an objective or gradient that is no number. */
export type StopReason = "iterations" | "change" | "aborted" | "not finite";

export interface MinimizeResult<S extends GridSystem = ElasticitySystem> {
  readonly history: readonly HistoryEntry[];
  /** Filtered density of the design evaluated last: what the last objective belongs to. Shape of an element field. */
  readonly density: ElementField;
  /** Displacement (temperature) under the load of the same design. */
  readonly displacement: FieldOf<S>;
  /** Design variables after the last update: pass them as `initial` to go on. After "not finite" those evaluated last with finite results. */
  readonly design: ElementField;
  readonly reason: StopReason;
  /** What the run cost. */
  readonly counters: Counters;
  /** What was asked, with defaults filled in. */
  readonly options: Required<
    Pick<
      MinimizeOptions,
      | "volumeFraction"
      | "filterRadius"
      | "penal"
      | "eMin"
      | "iterations"
      | "move"
      | "volumeTolerance"
      | "changeTolerance"
      | "backend"
    >
  >;
}

const optionNames = [
  "volumeFraction",
  "filterRadius",
  "penal",
  "eMin",
  "iterations",
  "move",
  "volumeTolerance",
  "changeTolerance",
  "initial",
  "backend",
  "onIteration",
  "signal",
] as const;

const isSignal = (signal: unknown): boolean =>
  signal === undefined ||
  (typeof signal === "object" && signal !== null && typeof (signal as { aborted?: unknown }).aborted === "boolean");

/** Options with defaults filled in; everything that is wrong with them is said at once. */
const settle = (mesh: GridMesh, options: MinimizeOptions): MinimizeResult["options"] => {
  requireOptions("minimizeCompliance", options, optionNames, true);
  const {
    volumeFraction,
    filterRadius = defaultRadius(mesh),
    penal = 3,
    eMin = 1e-9,
    iterations = 100,
    move = 0.2,
    volumeTolerance = 1e-9,
    changeTolerance = 0,
    backend = "auto",
    signal,
  } = options;
  const settled = checkAll<MinimizeResult["options"] & Pick<MinimizeOptions, "signal">>({
    volumeFraction: checkNumber("volumeFraction", volumeFraction, (v) => v > 0 && v <= 1, "it lies in (0, 1]"),
    filterRadius: checkNumber("filterRadius", filterRadius, (v) => v >= 0 && v < Infinity, "a radius is 0 or more"),
    penal: checkNumber("penal", penal, (v) => v >= 1 && v < Infinity, "the exponent is 1 or more"),
    eMin: checkNumber("eMin", eMin, (v) => v > 0 && v < 1, "it lies in (0, 1)"),
    iterations: checkNumber(
      "iterations",
      iterations,
      (v) => Number.isSafeInteger(v) && v >= 1,
      "it is a whole number, 1 or more",
    ),
    move: checkNumber("move", move, (v) => v > 0 && v <= 1, "the move limit lies in (0, 1]"),
    volumeTolerance: checkNumber("volumeTolerance", volumeTolerance, (v) => v > 0, "a tolerance is positive"),
    changeTolerance: checkNumber("changeTolerance", changeTolerance, (v) => v >= 0, "a tolerance is 0 or more"),
    backend: check("backend", backend, backends.includes(backend), `it is one of ${backends.join(", ")}`),
    signal: check("signal", signal, isSignal(signal), "it is an AbortSignal, as controller.signal"),
  });
  if (isLeft(settled)) throw new InvalidProblem("minimizeCompliance", settled.left.join("; "), "Correct these options");
  const { signal: _signal, ...asked } = settled.right;
  return asked;
};

const asFloats = (x: NDArray): Float64Array => x.toTypedArray() as Float64Array;

/** Filtered design, within the mask and 0 outside of it: a linear map. */
const physicalDensity = (
  { mesh, mask }: Pick<Problem, "mesh" | "mask">,
  filterRadius: number,
): ((design: ElementField) => ElementField) =>
  densityFilter(mesh, { radius: filterRadius, ...(mask === undefined ? {} : { mask }) });

/**
 * Compliance of a design with its displacement and physical density, as one function of the design.
 * @throws InvalidProblem, InvalidMesh, InvalidOption, UnknownOption; the function as feSolve
 * @example
 * const [c] = designObjective(problem, { filterRadius: 0 })(elementField(mesh, 1));
 * np.allclose(c, compliance(problem, elementField(mesh, 1))) // true
 */
export const designObjective = <S extends GridSystem>(
  problem: Problem<S>,
  options: Pick<MinimizeOptions, "filterRadius" | "penal" | "eMin">,
): ((design: ElementField) => [NDArray, { density: ElementField; displacement: FieldOf<S> }]) => {
  requireSolvable("designObjective", problem);
  requireOptions("designObjective", options, optionNames, true);
  const { filterRadius = defaultRadius(problem.mesh), penal = 3, eMin = 1e-9 } = options;
  const physical = physicalDensity(problem, filterRadius);
  return function objective(design) {
    const density = physical(asOperand("designObjective, the design", design) as ElementField);
    const [value, displacement] = complianceAndDisplacement(problem, simp(density, { penal, eMin }));
    return [value, { density, displacement }];
  };
};

/** Weights w with w . x = mean filtered density of x, exact since the filter is linear. */
const volumeWeights = (problem: Pick<Problem, "mesh" | "mask">, filterRadius: number): ElementField => {
  const physical = physicalDensity(problem, filterRadius);
  return grad((design: ElementField) => mean(physical(design)))(elementField(problem.mesh, 1));
};

const requireMask = ({ mesh, mask }: Pick<Problem, "mesh" | "mask">): ElementField | undefined => {
  if (mask === undefined) return undefined;
  const field = elementField(mesh, mask).astype("float64") as ElementField;
  const values = asFloats(field);
  const wrong = values.findIndex((value) => value !== 0 && value !== 1);
  if (wrong >= 0)
    throw new InvalidProblem(
      "minimizeCompliance",
      `the mask of element ${wrong} is ${values[wrong]}`,
      "A mask holds 1 where material may be and 0 where there is none",
    );
  return field;
};

/** What optimality criteria for the compliance know nothing of, and what does. */
const requirePlainProblem = ({ solid, weight }: Pick<Problem, "solid" | "weight">): void => {
  const others = [...(solid === undefined ? [] : ["solid elements"]), ...(weight === undefined ? [] : ["self-weight"])];
  if (others.length > 0)
    throw new InvalidProblem(
      "minimizeCompliance",
      `a problem with ${others.join(" and ")}`,
      "Use optimize, with optim.mma or another optimizer",
    );
};

/** The design to start from, 0 where the mask is. */
const startOf = (
  { mesh }: Pick<Problem, "mesh">,
  { volumeFraction }: MinimizeResult["options"],
  initial: ElementField | undefined,
  weights: ElementField,
  mask: ElementField | undefined,
): ElementField => {
  const largest = mask === undefined ? 1 : sum(mul(weights, mask)).item();
  if (!(volumeFraction <= largest))
    throw new InvalidProblem(
      "minimizeCompliance",
      `volumeFraction ${volumeFraction} where the mask leaves room for ${largest}`,
      "Ask for less material, or mask less",
    );
  if (initial === undefined)
    return mask === undefined
      ? elementField(mesh, volumeFraction)
      : (mul(mask, volumeFraction / largest) as ElementField);
  const design = elementField(mesh, initial).astype("float64") as ElementField;
  const values = asFloats(design);
  const wrong = values.findIndex((value) => !(value >= 0 && value <= 1));
  if (wrong >= 0)
    throw new InvalidProblem(
      "minimizeCompliance",
      `the initial design variable of element ${wrong} is ${values[wrong]}`,
      "Design variables lie in [0, 1]",
    );
  return mask === undefined ? design : (mul(design, mask) as ElementField);
};

/** What one iteration makes of a design; all but fields are scalars. */
interface Iteration {
  readonly objective: NDArray;
  /** Mean filtered density. */
  readonly volume: NDArray;
  readonly density: ElementField;
  readonly displacement: VectorField;
  /** Whether the objective and its gradient are numbers; the update is of no use else. */
  readonly isFinite: NDArray;
  readonly next: ElementField;
  readonly change: NDArray;
  readonly isVolumeReached: NDArray;
}

/** Value, gradient and update of a design, to be compiled as one program. */
const iterationOf = (
  problem: Problem,
  asked: MinimizeResult["options"],
  weights: ElementField,
  upper: ElementField | undefined,
): ((design: ElementField) => Iteration) => {
  const { volumeFraction, move, volumeTolerance } = asked;
  const evaluate = valueAndGrad(designObjective(problem, asked), { hasAux: true });
  return function iteration(design) {
    const [[objective, { density, displacement }], objectiveGradient] = evaluate(design);
    const update = updateDesign({
      design,
      objectiveGradient,
      volumeGradient: weights,
      upper,
      volumeFraction,
      move,
      volumeTolerance,
    });
    return {
      objective,
      volume: sum(mul(design, weights)),
      density,
      displacement,
      isFinite: logicalAnd(isfinite(objective), all(isfinite(objectiveGradient))),
      next: update.design as ElementField,
      change: update.change,
      isVolumeReached: update.isVolumeReached,
    };
  };
};

/** Numbers the runs, so that each may give its own notice. */
let runs = 0;

/**
 * Stiffest structure of a given volume (best conductor, for heat conduction): minimizes compliance by optimality criteria.
 * @param problem  mesh, system, load and optional mask
 * @returns        history, density, displacement, counters, and what was asked
 * @throws InvalidProblem, InvalidOption, UnknownOption; NotPositiveDefinite when supports are missing
 * With a mask the filtered density is 0 where the mask is, and the volume fraction is still that of the whole grid.
 * Cost: one factorization and one solve per iteration: the adjoint solve of the compliance is the same, and the compiler shares it.
 * @example minimizeCompliance(problem, { volumeFraction: 0.5, iterations: 3 }).history.length // 3
 */
export const minimizeCompliance = <S extends GridSystem>(
  problem: Problem<S>,
  options: MinimizeOptions,
): MinimizeResult<S> => {
  requireSolvable("minimizeCompliance", problem);
  requirePlainProblem(problem);
  const asked = settle(problem.mesh, options);
  const { volumeFraction, filterRadius, iterations, changeTolerance, backend } = asked;
  const upper = requireMask(problem);
  const before = counters();
  const weights = volumeWeights(problem, filterRadius);
  let design = startOf(problem, asked, options.initial, weights, upper);
  // Forces or heat: the difference is one of types alone.
  const step = jit(iterationOf(problem as unknown as Problem, asked, weights, upper), { backend });

  const history: HistoryEntry[] = [];
  let density!: ElementField;
  let displacement!: VectorField;
  let reason: StopReason = "iterations";
  let isVolumeReached = true;
  let evaluated = design;
  for (let iteration = 1; iteration <= iterations; iteration++) {
    const started = performance.now();
    const taken = step(design);
    if (iteration === 1) ({ density, displacement } = taken);
    if (taken.isFinite.item() === 0) {
      reason = "not finite";
      design = evaluated;
      break;
    }
    ({ density, displacement } = taken);
    [evaluated, design] = [design, taken.next];
    isVolumeReached = taken.isVolumeReached.item() === 1;
    const [objective, volume, change] = [taken.objective.item(), taken.volume.item(), taken.change.item()];
    const entry = { objective, volume, change, milliseconds: performance.now() - started };
    history.push(entry);
    options.onIteration?.({ ...entry, iteration, density });
    if (change < changeTolerance) {
      reason = "change";
      break;
    }
    if (options.signal?.aborted === true) {
      reason = "aborted";
      break;
    }
  }
  if (!isVolumeReached)
    notify(
      "VolumeNotReached",
      String(runs++),
      `the last update of minimizeCompliance could not meet volumeFraction ${volumeFraction}: the move limit, the mask or a zero gradient do not allow it. Run more iterations, raise move, or check the load.`,
    );
  return {
    history,
    density,
    displacement: displacement as FieldOf<S>,
    design,
    reason,
    counters: countersSince(before),
    options: asked,
  };
};
