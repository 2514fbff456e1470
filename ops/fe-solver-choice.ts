/**
 * Which solver a system has: what its user asked for, settled for the size of the grid.
 */
import { showValue } from "../src/describe.ts";
import { InvalidOption } from "../src/error.ts";
import { requireOptions } from "../src/options.ts";

/** One factorization per design, exact up to rounding. */
export interface DirectOptions {
  readonly kind: "direct";
  /** One step of iterative refinement in every solve: twice the solves, the last digits of the residual. Default false. */
  readonly refine?: boolean;
}

/** Conjugate gradients with a multigrid cycle on top of a direct solve on the coarsest grid. */
export interface MultigridOptions {
  readonly kind: "multigrid";
  /** |K u - f| / |f| to reach, in (0, 1). Default 1e-8, of which gradients have at least five digits everywhere. */
  readonly tolerance?: number;
  /** Grids, the coarsest one included, 2 or more. By default 2 for small bricks, else 3 or as many as memory asks for. */
  readonly levels?: number;
  /** Applications of the smoother before and after every correction, 1 or more. Default 2. */
  readonly smoothing?: number;
  /** Iterations after which a solve gives up with SolveFailed. Default 200. */
  readonly maxIterations?: number;
  /**
   * Start from the last solution of the system: fewer iterations while a design changes little, and a result that depends
   * on what was solved before, within the tolerance. Default false.
   */
  readonly warmStart?: boolean;
}

export type SolverOption = "auto" | "direct" | "multigrid" | DirectOptions | MultigridOptions;

/** A solver with all its settings, and why it is this one. */
export type SolverChoice = (Required<DirectOptions> | Required<MultigridOptions>) & { readonly because: string };

/** The direct solver as it is by default. */
export const directChoice: SolverChoice = { kind: "direct", refine: false, because: "it was asked for" };

/**
 * The solver of a grid.
 * @param asked        the function that was given the option
 * @param cells        elements per axis, slowest first
 * @throws InvalidOption, UnknownOption
 */
export const chooseSolver = (
  asked: string,
  option: SolverOption | undefined,
  _cells: readonly number[],
  _dofsPerNode: number,
): SolverChoice => {
  if (option === undefined || option === "auto" || option === "direct") return directChoice;
  if (typeof option === "object" && option !== null && option.kind === "direct") {
    requireOptions(asked, option, ["kind", "refine"]);
    return { ...directChoice, refine: option.refine ?? false };
  }
  throw new InvalidOption(asked, `solver ${showValue(option)}`, "Use auto, direct or multigrid");
};
