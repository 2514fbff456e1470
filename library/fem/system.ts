/**
 * Systems of equations on a grid: what elastic structures and conductors have in common. The record that users hold has
 * immutable arrays; the tables of the solve stand behind it.
 */
import { hierarchyBytes } from "../../kernels/multigrid/estimate.ts";
import { directFactorLength } from "../../kernels/sparse/grid.ts";
import { chooseSolver } from "../../ops/fe-solver-choice.ts";
import type { SolverChoice, SolverOption } from "../../ops/fe-solver-choice.ts";
import { gridSystem, lastReport } from "../../ops/fe-system.ts";
import type { FeSystem, SolveReport } from "../../ops/fe-system.ts";
import { fromBuffer } from "../../src/array/ndarray.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { InvalidOption, TooLarge } from "../../src/error.ts";
import type { GridMesh, ScalarField, VectorField } from "./mesh.ts";
import { gatherSprings, gatherSupports } from "./supports.ts";
import type { Components, Held, Spring, Support } from "./supports.ts";

/** What all systems have. */
export interface GridSystemRecord<D extends Held, Field> {
  readonly mesh: GridMesh;
  readonly supports: readonly Support<D>[];
  readonly springs: readonly Spring<D>[];
  /** Of one element, row-major, for modulus 1; nodes in the order of the element's kind. */
  readonly elementMatrix: NDArray;
  /** 1 where a dof is fixed, shape of a displacement (temperature). */
  readonly fixed: NDArray;
  /** What fixed dofs are held at, zero elsewhere; null where that is zero everywhere. */
  readonly prescribed: Field | null;
  /** Which solver it has, with all its settings, and why. */
  readonly solver: SolverChoice;
  /** What the last solve did; null before the first and after one that failed. */
  readonly report: () => (SolveReport & { readonly dofs: number; readonly freeDofs: number }) | null;
}

/** What has to be known to make one. */
export interface SystemParts<D extends Held> {
  readonly components: Components;
  readonly elementMatrix: Float64Array;
  readonly supports: readonly Support<D>[];
  readonly springs: readonly Spring<D>[];
  readonly solver: SolverOption | undefined;
}

/** Numbers in a factor that 32-bit addresses cannot reach, however much the estimate of its length exceeds the length. */
const largestFactor = 3 * 2 ** 29;

/** What 32-bit addresses of solver memory reach. */
const addressable = 2 ** 32;

const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toPrecision(3)} GiB`;

const requireRoom = (asked: string, { elementShape }: GridMesh, dofsPerNode: number, solver: SolverChoice): void => {
  const grid = [...elementShape].reverse().join(" x ");
  if (solver.kind === "direct") {
    const length = directFactorLength(elementShape, dofsPerNode);
    if (length <= largestFactor) return;
    throw new TooLarge(
      asked,
      `a direct solve on ${grid} elements needs about ${gibibytes(8 * length)}`,
      `The limit is ${gibibytes(addressable)}: use solver multigrid or a coarser grid`,
    );
  }
  const { grids, factor } = hierarchyBytes(elementShape, dofsPerNode, solver.levels);
  if (grids <= addressable && factor <= addressable) return;
  throw new TooLarge(
    asked,
    `multigrid with ${solver.levels} levels on ${grid} elements needs ${gibibytes(grids)}, and up to ${gibibytes(factor)} for its coarsest grid`,
    `The limit is ${gibibytes(addressable)} each: use ${factor > addressable ? "more levels" : "a coarser grid"}`,
  );
};

/** Edge lengths of one element, x first. */
export const elementLengths = ({ size, elementShape }: GridMesh): readonly number[] =>
  [...elementShape].reverse().map((count, axis) => size[axis]! / count);

const tables = new WeakMap<object, FeSystem>();

/** Behind a record that `makeSystem` made. */
export const feOf = (system: object, asked = "a finite element function"): FeSystem => {
  const fe = tables.get(system);
  if (fe === undefined)
    throw new InvalidOption(
      asked,
      "a system that elasticity(...), heatConduction(...) or helmholtz(...) did not make",
      "Pass the record that these functions returned, not a copy of it",
    );
  return fe;
};

/** Makes the tables, and the record with what is `own` to its kind. */
export const makeSystem = <D extends Held, Field extends ScalarField | VectorField, Own extends object>(
  asked: string,
  mesh: GridMesh,
  { components, elementMatrix, supports, springs, solver }: SystemParts<D>,
  own: Own,
): GridSystemRecord<D, Field> & Own => {
  const choice = chooseSolver(asked, solver, mesh.elementShape, components.length);
  requireRoom(asked, mesh, components.length, choice);
  const { fixed, prescribed } = gatherSupports(asked, mesh, components, supports);
  const stiffness = gatherSprings(asked, mesh, components, springs);
  const fe = gridSystem({ cells: mesh.elementShape, elementMatrix, fixed, springs: stiffness, solver: choice });
  const freeDofs = fixed.reduce((count, flag) => count + 1 - flag, 0);
  const order = Math.sqrt(elementMatrix.length);
  const system = Object.freeze({
    ...own,
    mesh,
    supports,
    springs,
    solver: choice,
    elementMatrix: fromBuffer(elementMatrix.slice(), [order, order], "float64"),
    fixed: fromBuffer(fixed.slice(), fe.nodalShape, "bool"),
    prescribed:
      prescribed === undefined ? null : (fromBuffer(prescribed, fe.nodalShape, "float64") as NDArray as Field),
    report: () => {
      const report = lastReport(fe);
      return report === null ? null : { ...report, dofs: fixed.length, freeDofs };
    },
  });
  tables.set(system, fe);
  return system;
};
