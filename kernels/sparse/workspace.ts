/**
 * Working memory of an analysis: taken at the first factorization or solve, then used by all of them.
 * It goes with its analysis, so nobody has to release it.
 */

import type { Analysis } from "./analysis.ts";

/** Buffers whose contents mean nothing between calls, each taken when first asked for. */
export interface Workspace {
  /** Pending update matrices. */
  readonly stack: Float64Array;
  /** Assembled diagonal per dof. */
  readonly diagonal: Float64Array;
  /** Smallest accepted pivot per position. */
  readonly threshold: Float64Array;
  /** Right-hand sides and solutions by position, one after the other, each with a slot for padding rows. */
  readonly solution: Float64Array;
}

/** Right-hand sides that share one pass over the factor. */
export const casesPerPass = 8;

const workspaces = new WeakMap<Analysis, Workspace>();

/** The buffers of an analysis. */
export function workspaceOf(analysis: Analysis): Workspace {
  const kept = workspaces.get(analysis);
  if (kept !== undefined) return kept;
  let [stack, diagonal, threshold, solution]: (Float64Array | undefined)[] = [];
  const workspace: Workspace = {
    get stack() {
      return (stack ??= new Float64Array(analysis.stackLength));
    },
    get diagonal() {
      return (diagonal ??= new Float64Array(analysis.dofCount));
    },
    get threshold() {
      return (threshold ??= new Float64Array(analysis.positionCount));
    },
    get solution() {
      return (solution ??= new Float64Array((analysis.positionCount + 1) * casesPerPass));
    },
  };
  workspaces.set(analysis, workspace);
  return workspace;
}
