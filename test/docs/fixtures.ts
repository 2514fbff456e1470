/** A small structure that documentation may speak of without building it: a beam of 4 x 2 elements. */
import type { ElasticitySystem, GridMesh } from "cotangent/fem";
import { problems } from "cotangent/topopt";
import type { Problem } from "cotangent/topopt";

export const problem: Problem = problems.mbb({ nelx: 4, nely: 2 });
export const mesh: GridMesh = problem.mesh;
export const system: ElasticitySystem = problem.system;
