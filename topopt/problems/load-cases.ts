/**
 * A cantilever that has to bear one load or the other.
 * Source: Sigmund 2001 (A 99 line topology optimization code written in Matlab), its extension to two load cases.
 */
import { corner, edge, elasticity, fix, gridMesh, nodalLoad } from "../../library/fem/index.ts";
import type { VectorField } from "../../library/fem/index.ts";
import { stack } from "../../library/numpy/joining.ts";
import type { Problem, ProblemSize } from "./problem.ts";

/**
 * Clamped on the left edge; two load cases, a unit force down at the lower right corner and one up at the upper right one.
 * Its compliance is the sum over both.
 */
export const multiLoad = (size: ProblemSize): Problem => {
  const mesh = gridMesh(size);
  const cases = [nodalLoad(corner(mesh, "bottomRight"), [0, -1]), nodalLoad(corner(mesh, "topRight"), [0, 1])];
  return {
    mesh,
    system: elasticity(mesh, { supports: [fix(edge(mesh, "left"), "all")] }),
    load: stack(cases) as VectorField,
    volumeFraction: 0.4,
    name: "multiLoad",
  };
};
