/**
 * Counters of expensive events, for tests and profiles: they only grow; take differences.
 */

export interface Counters {
  /** Functions traced by jit. */
  traces: number;
  /** Programs compiled. */
  compilations: number;
  /** Programs compiled for single operations on large arrays, outside of jit. */
  eagerCompilations: number;
  /** Symbolic analyses of sparse patterns. */
  analyses: number;
  /** Numeric factorizations. */
  factorizations: number;
  /** Triangular solve pairs, one per right-hand side. */
  solves: number;
  /** Steps of compiled programs that threads shared. */
  parallelSteps: number;
}

/** The live record; machinery increments it. */
export const counts: Counters = {
  traces: 0,
  compilations: 0,
  eagerCompilations: 0,
  analyses: 0,
  factorizations: 0,
  solves: 0,
  parallelSteps: 0,
};

/**
 * A snapshot.
 * @example const before = counters().solves; compliance(problem, elementField(mesh, 1)); counters().solves - before // 1
 */
export const counters = (): Counters => ({ ...counts });

/** What has happened since a snapshot. */
export const countersSince = (before: Counters): Counters =>
  Object.fromEntries(
    Object.entries(counts).map(([name, count]) => [name, count - before[name as keyof Counters]]),
  ) as unknown as Counters;
