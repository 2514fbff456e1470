/**
 * What is compared: a workload is the same job for everyone, a contestant one library's way of doing it.
 * Every contestant gives its numbers once, to be checked, before anything is timed.
 */
export type Precision = "float64" | "float32";

export type Floats = Float64Array<ArrayBuffer> | Float32Array<ArrayBuffer>;

export type Kind = "chain" | "tiny jit" | "add" | "gradient" | "jitted gradient" | "sum" | "jitted sum";

export interface Workload {
  readonly kind: Kind;
  readonly name: string;
  readonly precision: Precision;
  /** Arrays of equal length; scalars where `isScalar`. */
  readonly inputs: readonly Floats[];
  readonly isScalar: boolean;
  readonly isJitted: boolean;
  /** Whether a call ends with the numbers in a JavaScript array, or with an array of the library. */
  readonly readsBack: boolean;
  /** The right numbers, in double precision from the same inputs. */
  readonly expected: ArrayLike<number>;
  /** Accepted largest error, relative to the largest number. */
  readonly tolerance: number;
  /** Calls per sample, so that a sample is far longer than a tick of the clock. */
  readonly calls: number;
}

export interface Contestant {
  /** How the library is used: its back end, or eagerly. */
  readonly variant: string;
  /** One call, with everything it allocated released where the library does not collect it. */
  readonly run: () => unknown;
  readonly isAsync: boolean;
  /** The numbers of one call. */
  readonly numbers: () => ArrayLike<number> | Promise<ArrayLike<number>>;
}

export interface Library {
  readonly name: string;
  readonly version: string;
  /** Ways to do the job; none where the library cannot (no float64, say). */
  readonly contestants: (workload: Workload) => readonly Contestant[];
}

/** Largest error of the numbers, relative to the largest expected one. */
export const errorOf = (numbers: ArrayLike<number>, expected: ArrayLike<number>): number => {
  if (numbers.length !== expected.length) return Infinity;
  let scale = 0;
  let error = 0;
  for (let i = 0; i < expected.length; i++) {
    scale = Math.max(scale, Math.abs(expected[i]!));
    error = Math.max(error, Math.abs(numbers[i]! - expected[i]!));
    if (Number.isNaN(numbers[i])) return NaN;
  }
  return error / scale;
};
