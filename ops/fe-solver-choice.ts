/**
 * Which solver a system has: what its user asked for, settled for the size of the grid.
 */
import { directFactorLength } from "../kernels/sparse/grid.ts";
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
  /**
   * What |K u - f| / |f|, and the error in the norm of energy relative to the solution, are to reach, in (0, 1). Default 1e-8,
   * of which gradients of filtered designs have about five digits in every element, void ones included. The energy's error is
   * estimated by what the last two steps have changed.
   */
  readonly tolerance?: number;
  /**
   * Grids, the coarsest one included, from 2 to 8 in the plane and to 5 in space, and fewer on grids with few elements along a
   * side. By default 2 for bricks of up to 100,000 dofs, else 3, or more where memory asks for them.
   */
  readonly levels?: number;
  /** Steps of the smoother before and after every correction on the finest grid, from 1 to 8. Default 2. */
  readonly smoothing?: number;
  /** Iterations after which a solve gives up with NotConverged. Default 300. */
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

/** Dofs up to which "auto" factorizes: there a factor takes less time than a dozen iterations, or is kept for more solves. */
const directDofs: Readonly<Record<number, number>> = { 2: 250_000, 3: 10_000 };
/**
 * Numbers of a factor for every dof, as estimated, up to which "auto" factorizes any grid: long and thin ones. Measured on 300,000
 * dofs in the plane, a design and one solve: at 87, 105 and 123 numbers 92, 169 and 302 ms, by multigrid 278, 513 and 332. It
 * stops at half of where they meet for the sake of memory, which is a choice.
 */
const thinFactor = 60;
/** Numbers up to which that is done: a gibibyte. */
const largestThinFactor = 2 ** 27;
/**
 * Dofs of bricks up to which two grids are faster than three. Measured with members six elements wide, a design and one solve: 80
 * and 126 ms at 29,000 dofs, 283 and 277 at 92,000, 532 and 610 at 134,000, 1074 and 750 at 201,000.
 */
const twoGridDofs = 100_000;
/** Numbers that the factor of the coarsest grid may have: half a gibibyte, a choice, an eighth of what addresses reach. */
const coarseFactor = 2 ** 26;

const dofsOf = (cells: readonly number[], dofsPerNode: number): number =>
  cells.reduce((count, own) => count * (own + 1), dofsPerNode);

const levelsFor = (cells: readonly number[], dofsPerNode: number): number => {
  const isSmallBrick = cells.length === 3 && dofsOf(cells, dofsPerNode) <= twoGridDofs;
  for (let levels = isSmallBrick ? 2 : 3; ; levels++) {
    const coarse = cells.map((count) => Math.ceil(count / 2 ** (levels - 1)));
    if (levels === mostLevelsOf(cells) || directFactorLength(coarse, dofsPerNode) <= coarseFactor) return levels;
  }
};

/** By dimension: a plan looks at 4^levels or 8^levels types of elements, which takes less than half a second at these. */
const mostLevels: Readonly<Record<number, number>> = { 2: 8, 3: 5 };

/** Grids are filled up until they can be halved so often: no side to more than four times its elements. */
const mostLevelsOf = (cells: readonly number[]): number =>
  Math.min(mostLevels[cells.length]!, 3 + Math.floor(Math.log2(Math.min(...cells))));

const settleMultigrid = (
  asked: string,
  options: Partial<MultigridOptions>,
  because: string,
  cells: readonly number[],
  dofsPerNode: number,
): SolverChoice => {
  requireOptions(asked, options, ["kind", "tolerance", "levels", "smoothing", "maxIterations", "warmStart"]);
  const {
    tolerance = 1e-8,
    levels = levelsFor(cells, dofsPerNode),
    smoothing = 2,
    maxIterations = 300,
    warmStart = false,
  } = options;
  const check = (name: string, value: unknown, isRight: boolean, rule: string): void => {
    if (!isRight) throw new InvalidOption(asked, `solver with ${name} ${showValue(value)}`, rule);
  };
  const isCount = (value: number, low: number, high: number): boolean =>
    Number.isSafeInteger(value) && value >= low && value <= high;
  const isTolerance = typeof tolerance === "number" && tolerance > 0 && tolerance < 1;
  check("tolerance", tolerance, isTolerance, "A tolerance is a number in (0, 1)");
  const most = mostLevelsOf(cells);
  check("levels", levels, isCount(levels, 2, most), `On this grid levels are a whole number from 2 to ${most}`);
  check("smoothing", smoothing, isCount(smoothing, 1, 8), "Smoothing is a whole number from 1 to 8");
  check("maxIterations", maxIterations, isCount(maxIterations, 1, 1e9), "It is a whole number, 1 or more");
  check("warmStart", warmStart, typeof warmStart === "boolean", "It is true or false");
  return { kind: "multigrid", tolerance, levels, smoothing, maxIterations, warmStart, because };
};

const chooseByItself = (asked: string, cells: readonly number[], dofsPerNode: number): SolverChoice => {
  const dofs = dofsOf(cells, dofsPerNode);
  const most = directDofs[cells.length]!;
  const limit = `${most.toLocaleString("en")} dofs in ${cells.length}D`;
  if (dofs <= most) return { ...directChoice, because: `the grid has no more than ${limit}` };
  const factorLength = directFactorLength(cells, dofsPerNode);
  if (factorLength <= thinFactor * dofs && factorLength <= largestThinFactor)
    return { ...directChoice, because: "the grid is so thin that its factor is small" };
  return settleMultigrid(asked, {}, `the grid has more than ${limit}`, cells, dofsPerNode);
};

/**
 * The solver of a grid.
 * @param asked        the function that was given the option
 * @param cells        elements per axis, slowest first
 * @throws InvalidOption, UnknownOption
 */
export const chooseSolver = (
  asked: string,
  option: SolverOption | undefined,
  cells: readonly number[],
  dofsPerNode: number,
): SolverChoice => {
  const because = "it was asked for";
  if (option === undefined || option === "auto") return chooseByItself(asked, cells, dofsPerNode);
  if (option === "direct") return directChoice;
  if (option === "multigrid") return settleMultigrid(asked, {}, because, cells, dofsPerNode);
  if (typeof option === "object" && option !== null && option.kind === "direct") {
    requireOptions(asked, option, ["kind", "refine"]);
    const { refine = false } = option;
    if (typeof refine !== "boolean")
      throw new InvalidOption(asked, `solver with refine ${showValue(refine)}`, "It is true or false");
    return { ...directChoice, refine };
  }
  if (typeof option === "object" && option !== null && option.kind === "multigrid")
    return settleMultigrid(asked, option, because, cells, dofsPerNode);
  throw new InvalidOption(
    asked,
    `solver ${showValue(option)}`,
    "Use auto, direct, multigrid, or a record { kind, ... } with options of one of them",
  );
};
