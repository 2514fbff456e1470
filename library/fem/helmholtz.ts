/**
 * The screened Poisson equation on a grid, -l^2 lap(u) + u = s with zero slope at the boundary: u is s, smoothed over the
 * length l, with the same total. The element matrix l^2 K + M is positive definite by itself, so nothing has to be held.
 * Source: Lazarov & Sigmund 2011; elements as for heat conduction, with their mass (kernels/sparse).
 */
import { h8Heat, h8Mass } from "../../kernels/sparse/hexahedron.ts";
import { q4Heat, q4Mass } from "../../kernels/sparse/quadrilateral.ts";
import type { SolverOption } from "../../ops/fe-solver-choice.ts";
import { showValue } from "../../src/describe.ts";
import { InvalidOption } from "../../src/error.ts";
import { requireOptions } from "../../src/options.ts";
import { requireMesh } from "./mesh.ts";
import type { GridMesh, ScalarField } from "./mesh.ts";
import { elementLengths, makeSystem } from "./system.ts";
import type { GridSystemRecord } from "./system.ts";

export interface HelmholtzOptions {
  /** The length l, in the units of the mesh: what decays does so by 1 / e over it. 0 leaves the projection to nodal fields. */
  readonly length: number;
  /** Default "auto", which chooses by the size of the grid. */
  readonly solver?: SolverOption;
}

/**
 * A smoother: everything but moduli and loads. `elementMatrix`: l^2 K + M, [4, 4] or [8, 8]. It has no supports and no
 * springs.
 */
export interface HelmholtzSystem extends GridSystemRecord<never, ScalarField> {
  readonly kind: "helmholtz";
  readonly length: number;
}

/** Lengths over the shortest edge of an element beyond which little but rounding is left of the mass. */
const largestRatio = 1e5;

/** The longest length that a mesh resolves. */
export const longestLength = (mesh: GridMesh): number => largestRatio * Math.min(...elementLengths(mesh));

/**
 * The equation -l^2 lap(u) + u = s, to be solved by feSolve(system, elementField(mesh, 1), sourceLoad(mesh, s)); other moduli
 * multiply the left side, element by element.
 * @throws InvalidOption for a length that is negative, or more than 1e5 times the shortest edge of an element; InvalidMesh;
 *   TooLarge (a direct solver whose factor does not fit)
 * @example
 * const system = helmholtz(mesh, { length: 2 });
 * const u = feSolve(system, elementField(mesh, 1), sourceLoad(mesh, elementField(mesh, 3)));
 * np.allclose(u, 3) // true
 */
export const helmholtz = (mesh: GridMesh, options: HelmholtzOptions): HelmholtzSystem => {
  requireMesh("helmholtz", mesh);
  requireOptions("helmholtz", options, ["length", "solver"], true);
  const { length, solver } = options;
  const edges = elementLengths(mesh);
  const longest = longestLength(mesh);
  if (typeof length !== "number" || !(length >= 0 && length <= longest))
    throw new InvalidOption(
      "helmholtz",
      `length ${showValue(length)}`,
      `On this mesh a length is a number from 0 to ${longest}`,
    );
  const inSpace = mesh.dimensions === 3;
  const [stiffness, mass] = inSpace ? [h8Heat(...edges), h8Mass(...edges)] : [q4Heat(...edges), q4Mass(...edges)];
  const elementMatrix = stiffness.map((entry, k) => length * length * entry + mass[k]!);
  return makeSystem(
    "helmholtz",
    mesh,
    { components: ["temperature"], elementMatrix, supports: [], springs: [], solver },
    {
      kind: "helmholtz",
      length,
    } as const,
  );
};
