/**
 * Steady heat conduction on a grid: div(k grad T) + q = 0, in a sheet of thickness 1 or in space.
 * Elements: bilinear quadrilaterals and trilinear hexahedra, integrated exactly (kernels/sparse).
 */
import { h8Heat } from "../../kernels/sparse/hexahedron.ts";
import { q4Heat } from "../../kernels/sparse/quadrilateral.ts";
import type { SolverOption } from "../../ops/fe-solver-choice.ts";
import { requireOptions } from "../../src/options.ts";
import { requireMesh } from "./mesh.ts";
import type { GridMesh, ScalarField } from "./mesh.ts";
import type { Spring, Support } from "./supports.ts";
import { elementLengths, makeSystem } from "./system.ts";
import type { GridSystemRecord } from "./system.ts";

export interface HeatConductionOptions {
  /** Nodes held at a temperature, fix(nodes, "temperature", kelvin). */
  readonly supports: readonly Support<"temperature">[];
  /** Heat that leaves to surroundings of temperature 0, spring(nodes, "temperature", watt per kelvin). Default none. */
  readonly springs?: readonly Spring<"temperature">[];
  /** Default "auto", which chooses by the size of the grid. */
  readonly solver?: SolverOption;
}

/**
 * A conductor: everything but conductivities and heat sources.
 * `elementMatrix`: [4, 4] or [8, 8]. `fixed`, `prescribed`: shape of a temperature, [nely + 1, nelx + 1] or
 * [nelz + 1, nely + 1, nelx + 1].
 */
export interface HeatSystem extends GridSystemRecord<"temperature", ScalarField> {
  readonly kind: "heat";
}

/**
 * A conductor, to be solved by feSolve(system, conductivity, heat): conductivities take the place of moduli (watt per metre
 * and kelvin, all > 0), nodal heat that of loads (watt), temperatures that of displacements (kelvin).
 * @throws InvalidOption (also supports that contradict each other), InvalidMesh (also supports of another mesh), TooLarge (a
 *   direct solver whose factor does not fit). Without supports and springs the first solve says NotPositiveDefinite
 * @example
 * const system = heatConduction(mesh, { supports: [fix(edge(mesh, "left"), "temperature", 20)] });
 * const heat = tractionLoad(edge(mesh, "right"), 3);
 * feSolve(system, elementField(mesh, 2), heat).at(0, 4).get() // 23
 */
export const heatConduction = (mesh: GridMesh, options: HeatConductionOptions): HeatSystem => {
  requireMesh("heatConduction", mesh);
  requireOptions("heatConduction", options, ["supports", "springs", "solver"], true);
  const { supports, springs = [], solver } = options;
  const element = mesh.dimensions === 3 ? h8Heat : q4Heat;
  const elementMatrix = element(...elementLengths(mesh));
  return makeSystem("heatConduction", mesh, { components: ["temperature"], elementMatrix, supports, springs, solver }, {
    kind: "heat",
  } as const);
};
