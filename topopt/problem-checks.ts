/**
 * What is asked of a problem that is solved by the library's own finite elements, before anything looks inside.
 */
import type { GridSystem } from "../library/fem/index.ts";
import { requireMesh } from "../library/fem/mesh.ts";
import { feOf } from "../library/fem/system.ts";
import { asOperand } from "../library/numpy/operand.ts";
import type { Problem } from "./problems/index.ts";
import { requireProblem } from "./problems/problem.ts";

/** Refuses what has no mesh, no system of cotangent/fem, or no load. @throws InvalidProblem, InvalidMesh, InvalidOption, NotAnArray */
export const requireSolvable = <S extends GridSystem>(asked: string, problem: Problem<S>): void => {
  requireProblem(asked, problem);
  requireMesh(asked, problem.mesh);
  feOf(problem.system, asked);
  asOperand(`${asked}, the load`, problem.load);
};
