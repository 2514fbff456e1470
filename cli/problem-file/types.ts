/**
 * What a problem file says, checked and with defaults filled in: plain records of numbers and texts, which written as JSON are
 * a problem file that says the same.
 */
import type { Box, Corner, Direction, Face, Side } from "../../library/fem/index.ts";
import type { Symmetry } from "../../topopt/pixels.ts";

// --- Problem ----------------------------------------------------------------------------------

/** A problem of the library by name, with its sizes and options. */
export type NamedProblem =
  | {
      readonly name: "mbb" | "tensile" | "bridge" | "michell" | "multiLoad" | "arch" | "heatSink";
      readonly nelx: number;
      readonly nely: number;
    }
  | { readonly name: "cantilever3d"; readonly nelx: number; readonly nely: number; readonly nelz: number }
  | { readonly name: "lBracket"; readonly nelx: number; readonly nely: number; readonly aspect: number }
  | {
      readonly name: "inverter";
      readonly nelx: number;
      readonly nely: number;
      readonly inputStiffness: number;
      readonly outputStiffness: number;
      readonly inputForce: number;
    };

/** A task of the suite, as "mbb_beam_96x32_0.5". */
export interface SuiteProblem {
  readonly suite: string;
}

/** Nodes, as library/fem/nodes.ts selects them. */
export type Selector =
  | { readonly edge: Side | readonly [Face, Face] }
  | { readonly corner: Corner }
  | { readonly face: Face }
  /** The node closest to a point, in the unit of the mesh's size. */
  | { readonly nearest: readonly number[] }
  /** Fractions of the box. */
  | { readonly region: Box }
  | { readonly union: readonly Selector[] }
  /** Nodes of the first that are not in the second. */
  | { readonly minus: readonly [Selector, Selector] }
  /** The node in the middle of an edge, in space of a face. */
  | { readonly middle: Face };

export interface RunMesh {
  readonly nelx: number;
  readonly nely: number;
  readonly nelz?: number;
  readonly size?: readonly number[];
}

export interface RunSupport {
  readonly at: Selector;
  readonly direction: Direction | "temperature";
  readonly value: number;
}

export interface RunLoad {
  readonly at: Selector;
  /** A vector for structures, a number of watts for conductors. */
  readonly force: readonly number[] | number;
  /** "nodal": on every node; "traction": a total, spread over the boundary. */
  readonly spread: "nodal" | "traction";
  readonly case: number;
}

export interface RunSpring {
  readonly at: Selector;
  readonly direction: Direction | "temperature";
  readonly stiffness: number;
}

export interface CustomProblem {
  readonly mesh: RunMesh;
  readonly physics: "elasticity" | "heat";
  readonly supports: readonly RunSupport[];
  readonly loads: readonly RunLoad[];
  readonly springs: readonly RunSpring[];
  readonly void: readonly Box[];
  readonly solid: readonly Box[];
  readonly output?: { readonly at: Selector; readonly direction: readonly number[] };
  /** Always there for elasticity. */
  readonly poisson?: number;
}

export type RunProblem = NamedProblem | SuiteProblem | CustomProblem;

// --- Parameterization -------------------------------------------------------------------------

/** A number, or what it is at each iteration: see scheduleAt. */
export type RunSchedule =
  | number
  | { readonly from: number; readonly to: number; readonly start: number; readonly end: number }
  | { readonly steps: readonly (readonly [iteration: number, value: number])[] };

interface Shared {
  readonly filter: number;
  readonly projection?: { readonly beta: RunSchedule; readonly eta: number };
  readonly symmetry?: Symmetry;
}

export interface RunPixels extends Shared {
  readonly kind: "pixels";
  readonly initial: number;
}

interface SharedByNetworks extends Shared {
  readonly dtype: "float32" | "float64";
}

export type RunNetwork = SharedByNetworks &
  (
    | {
        readonly kind: "siren";
        readonly width: number;
        readonly depth: number;
        readonly omega: number;
        readonly biases: "zeros" | "uniform";
      }
    | {
        readonly kind: "mlp";
        readonly hidden: readonly number[];
        readonly normalization: "none" | "layer" | "batch" | "frozenBatch";
      }
    | {
        readonly kind: "cnn";
        readonly latent: number;
        readonly denseChannels: number;
        readonly filters: readonly number[];
        readonly resizes: readonly number[];
        readonly kernel: number;
        readonly normalization: "layer" | "global";
        readonly offsetScale: number;
        readonly gain: number;
      }
    | {
        readonly kind: "fourier";
        readonly features: number;
        readonly scale: number;
        readonly hidden: readonly number[];
        readonly normalization: "none" | "layer" | "batch" | "frozenBatch";
      }
  );

export type RunParameterization = RunPixels | RunNetwork;

// --- Objective, constraints, interpolation ----------------------------------------------------

export type RunObjective =
  | { readonly kind: "compliance"; readonly weights?: readonly number[] }
  | { readonly kind: "displacement" }
  | { readonly kind: "volume" }
  | { readonly kind: "stress"; readonly p: number; readonly q: number };

interface Bounded {
  readonly sense: "<=" | ">=";
  readonly bound: number;
}

export type RunConstraint = Bounded &
  (
    | { readonly kind: "volume" }
    | { readonly kind: "compliance" }
    | { readonly kind: "displacement" }
    | { readonly kind: "stress"; readonly p: number; readonly q: number; readonly limit: number }
  );

export type RunInterpolation =
  | { readonly kind: "simp"; readonly penal: RunSchedule; readonly eMin: number }
  | { readonly kind: "ramp"; readonly q: number; readonly eMin: number };

// --- Optimizer --------------------------------------------------------------------------------

interface GradientSteps {
  readonly learningRate: RunSchedule;
  readonly clipNorm?: number;
}

interface AdamMemory {
  readonly b1: number;
  readonly b2: number;
  readonly epsilon: number;
}

/** Optimizers of free parameters. */
export type RunUnconstrainedOptimizer =
  | ({ readonly kind: "adam" } & GradientSteps & AdamMemory)
  | ({ readonly kind: "amsgrad" } & GradientSteps & AdamMemory)
  | ({ readonly kind: "adamw"; readonly weightDecay: number } & GradientSteps & AdamMemory)
  | ({ readonly kind: "sgd"; readonly momentum: number; readonly nesterov: boolean } & GradientSteps)
  | ({
      readonly kind: "rmsprop";
      readonly rho: number;
      readonly momentum: number;
      readonly epsilon: number;
      readonly centered: boolean;
    } & GradientSteps)
  | ({ readonly kind: "adagrad"; readonly initialAccumulator: number; readonly epsilon: number } & GradientSteps)
  | {
      readonly kind: "lbfgs";
      readonly memory: number;
      readonly initialStep: number;
      readonly maxLineSearch: number;
    };

interface AsymptoteSteps {
  readonly move: number;
  readonly asymptoteInit: number;
  readonly asymptoteIncrease: number;
  readonly asymptoteDecrease: number;
  readonly penalty: number;
  /** Of every parameter: of pixels 0 and 1 without them. */
  readonly lower?: number;
  readonly upper?: number;
}

export type RunOptimizer =
  | RunUnconstrainedOptimizer
  | ({ readonly kind: "mma" } & AsymptoteSteps)
  | ({ readonly kind: "gcmma"; readonly innerLimit: number } & AsymptoteSteps)
  | { readonly kind: "optimalityCriteria"; readonly move: number; readonly damping: number; readonly tolerance: number }
  | {
      readonly kind: "augmentedLagrangian";
      readonly inner: RunUnconstrainedOptimizer;
      readonly penalty: number;
      readonly growth: number;
      readonly penaltyLimit: number;
      readonly innerIterations: number;
      readonly tolerance: number;
    };

// --- The file ---------------------------------------------------------------------------------

export interface RunStop {
  readonly iterations: number;
  readonly change: number;
  readonly milliseconds?: number;
}

export type OutputFormat = "png" | "svg" | "apng" | "csv" | "json" | "npy" | "vti" | "stl" | "3mf" | "safetensors";

export interface RunOutput {
  readonly every: number;
  readonly checkpointEvery: number;
  readonly files: readonly OutputFormat[];
  /** Pixels per element. */
  readonly scale: number;
}

export interface RunFile {
  readonly title?: string;
  readonly problem: RunProblem;
  /** Absent only where nothing needs it. */
  readonly volumeFraction?: number;
  readonly parameterization: RunParameterization;
  readonly objective: RunObjective;
  readonly constraints: Readonly<Record<string, RunConstraint>>;
  readonly optimizer: RunOptimizer;
  readonly interpolation: RunInterpolation;
  readonly stop: RunStop;
  readonly seed: number;
  readonly solver: "auto" | "direct" | "multigrid";
  readonly threads: number;
  readonly output: RunOutput;
}
