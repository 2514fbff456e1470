/** Where a run is: arrays and plain numbers, to be kept, saved and taken up again. */
import type { ElementField } from "../../library/fem/index.ts";
import type { ArrayTree } from "../../library/optim/index.ts";

/**
 * Why a run ended: all iterations done, the parameters at rest, its time over, the signal, a value or gradient that is no number,
 * a solver or root that failed on a design, or the optimizer has come to its end.
 */
export type EndReason = "iterations" | "change" | "time" | "aborted" | "not finite" | "failed" | "optimizer";

/** A design that was evaluated. */
export interface Evaluated<P> {
  readonly iteration: number;
  readonly objective: number;
  /** Largest violation of a constraint relative to its bound; 0 where all are kept. */
  readonly violation: number;
  readonly params: P;
  readonly density: ElementField;
}

export interface RunState<P> {
  /** Iterations done, those that came to nothing included. */
  readonly iteration: number;
  /** Parameters to be evaluated next. */
  readonly params: P;
  readonly optimizer: ArrayTree;
  /** The design evaluated last with numbers all. */
  readonly last: Evaluated<P> | null;
  /**
   * Of the designs that keep all constraints, to 1e-4 of their bounds, the one with the smallest objective; before there is
   * one, that with the smallest violation. Begun anew when the continuation moves, since objectives before and after do not
   * compare: then it may be a later design with a larger objective than earlier ones had.
   */
  readonly best: Evaluated<P> | null;
}
