/**
 * What functions of a problem ask of it before they look inside.
 */
import { showValue } from "../src/describe.ts";
import { InvalidProblem } from "../src/error.ts";
import { requireMesh } from "../library/fem/mesh.ts";
import { feOf } from "../library/fem/system.ts";
import { asOperand } from "../library/numpy/operand.ts";
import type { GridSystem } from "../library/fem/index.ts";
import type { Problem } from "./problems/index.ts";

/** Refuses what has no mesh, no system or no load. @throws InvalidProblem, InvalidMesh, InvalidOption, NotAnArray */
export const requireProblem = <S extends GridSystem>(asked: string, problem: Problem<S>): void => {
  const { mesh, system, load } = (problem ?? {}) as Partial<Problem<S>>;
  if (mesh === undefined || system === undefined || load === undefined)
    throw new InvalidProblem(
      asked,
      `${showValue(problem)} in the place of a problem`,
      "Give a { mesh, system, load }, as problems.mbb({ nelx, nely }) makes",
    );
  requireMesh(asked, mesh);
  feOf(system, asked);
  asOperand(`${asked}, the load`, load);
};
