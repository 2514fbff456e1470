/**
 * Checks of a problem file that build its problem: what the library refuses, and what it would refuse on the way, is a fault of
 * the file. They follow all others, so that nothing is built that is too large.
 */
import { isLeft } from "../../src/fp.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import type { GridSystem } from "../../library/fem/index.ts";
import type { Problem } from "../../topopt/index.ts";
import { symmetrized } from "../../topopt/pixels.ts";
import { check, volumeFractionOf } from "../problem-file/index.ts";
import type { Check } from "../problem-file/index.ts";
import { attempt, remarksOf } from "./build-attempt.ts";
import { builtProblem, partsOf } from "./build-problem.ts";
import type { AnyProblem } from "./build-problem.ts";

const isBuilt = check(["problem"], ({ problem }) => remarksOf(partsOf(problem)));

const isSolvable = check(["problem", "solver"], ({ problem, solver }) =>
  isLeft(partsOf(problem)) ? [] : remarksOf(builtProblem(problem, solver)),
);

/** Elements that no design may change have to be their own mirror images where designs are. */
const isMirrored = check(["problem", "parameterization"], ({ problem, parameterization: { symmetry } }) => {
  const parts = partsOf(problem);
  if (isLeft(parts)) return [];
  const { rest } = parts.right;
  return remarksOf(
    attempt(["parameterization", "symmetry"], () => symmetrized("", rest as Problem<GridSystem>, symmetry)),
  );
});

const sumOf = (field: NDArray): number =>
  (field.toTypedArray() as Float64Array).reduce((total, value) => total + value, 0);

/** Solid elements as a fraction of those where material may be. */
const solidFraction = ({ solid, mask, mesh }: Omit<AnyProblem, "system">): number => {
  if (solid === undefined) return 0;
  const open = mask === undefined ? mesh.elementShape.reduce((product, count) => product * count, 1) : sumOf(mask);
  return sumOf(solid) / open;
};

/** A network's design has the fraction asked for, and more than nothing where it is free. */
export const leavesRoom: Check = check(["problem", "volumeFraction", "parameterization"], (own) => {
  const parts = partsOf(own.problem);
  const fraction = volumeFractionOf(own);
  if (own.parameterization.kind === "pixels" || fraction === undefined || isLeft(parts)) return [];
  const held = solidFraction(parts.right.rest);
  if (held < fraction) return [];
  return [
    [
      ["volumeFraction"],
      `solid elements alone are ${held.toPrecision(3)} of those where material may be: give more than that`,
    ],
  ];
});

export const buildChecks: readonly Check[] = [isBuilt, isSolvable, isMirrored, leavesRoom];
