/**
 * What is compared: a job is the same work for everyone, a contestant one library's way of doing it in a process of its own.
 * Numbers travel between processes as files of little-endian floats, so that Python takes part like all others.
 */
export type Precision = "float64" | "float32";

export type Floats = Float64Array<ArrayBuffer> | Float32Array<ArrayBuffer>;

/** What a library has to know how to do; inputs and outputs of each stand in jobs/. */
export type Kind =
  | "matmul"
  | "chain"
  | "chain gradient"
  | "sum"
  | "softmax"
  | "argmax"
  | "cumsum"
  | "siren"
  | "decoder"
  | "filter"
  | "filter vjp"
  | "rk4"
  | "affine"
  | "add"
  | "twenty operations gradient";

/** What a contestant is told. */
export interface Task {
  readonly kind: Kind;
  readonly precision: Precision;
  /** Of the inputs. */
  readonly shapes: readonly (readonly number[])[];
  readonly isJitted: boolean;
  /** Whether a call ends with the numbers in an ordinary array, or with an array of the library. */
  readonly readsBack: boolean;
  /** Calls per sample, so that a sample is far longer than a tick of the clock. */
  readonly calls: number;
  /** Floating-point operations of one call, where the row is held against the arithmetic there is. */
  readonly flops?: number;
}

/** The last is ourselves, as the peer of two threads. */
export const peerNames = ["jax-js", "tfjs", "onnxruntime", "torch", "numpy", "one thread"] as const;
export type PeerName = (typeof peerNames)[number];

/** How ours runs: on a back end, or on the default one with a setting. */
export type Way = "auto" | "js" | "interpreter" | "relaxed" | "two threads";

/** Peers of the rows that are no contest of repeated calls; the last is ourselves, with less to solve. */
export const solverNames = ["SciPy", "SciPy symmetric", "CHOLMOD", "torch + SciPy", "one load"] as const;
export type SolverName = (typeof solverNames)[number];

/** Ratio ours / theirs that we demand of ourselves; for the ceiling, the share of it; without a peer, the most in the row's unit. */
export type Goal =
  | { readonly peer: PeerName | SolverName; readonly ratio: number }
  | { readonly peer: "ceiling"; readonly share: number }
  | { readonly most: number };

export interface Job extends Task {
  readonly name: string;
  /** Made when they are needed: some are large. */
  readonly inputs: () => readonly Floats[];
  /** The right numbers of every output; null: our own interpreter's in float64, with which the peers must then agree. */
  readonly expected: ((inputs: readonly Floats[]) => readonly ArrayLike<number>[]) | null;
  /** Accepted largest error of each output, relative to its largest number. */
  readonly tolerance: number;
  readonly peers: readonly PeerName[];
  readonly goals: readonly Goal[];
  /** Ours; the first is the row's, the others are timed as well. */
  readonly ways: readonly Way[];
}

export interface Contestant {
  /** How the library is used: its back end, or eagerly. */
  readonly variant: string;
  /** One call, with everything it allocated released where the library does not collect it. */
  readonly run: () => unknown;
  readonly isAsync: boolean;
  /** The numbers of one call. */
  readonly outputs: () => readonly ArrayLike<number>[] | Promise<readonly ArrayLike<number>[]>;
}

export interface Library {
  readonly version: string;
  readonly contestant: (task: Task, inputs: readonly Floats[]) => Contestant | Promise<Contestant>;
}

/** Largest error of the numbers, relative to the largest expected one of the same output. */
export const errorOf = (outputs: readonly ArrayLike<number>[], expected: readonly ArrayLike<number>[]): number => {
  if (outputs.length !== expected.length) return Infinity;
  let worst = 0;
  for (const [k, right] of expected.entries()) {
    const numbers = outputs[k]!;
    if (numbers.length !== right.length) return Infinity;
    let scale = 0;
    let error = 0;
    for (let i = 0; i < right.length; i++) {
      if (Number.isNaN(numbers[i])) return NaN;
      scale = Math.max(scale, Math.abs(right[i]!));
      error = Math.max(error, Math.abs(numbers[i]! - right[i]!));
    }
    worst = Math.max(worst, scale === 0 ? error : error / scale);
  }
  return worst;
};
