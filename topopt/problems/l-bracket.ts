/**
 * The L-bracket, whose inner corner concentrates stress.
 * Source: Duysinx & Bendsoe 1998; the load spread over a solid patch as in Le, Norato, Bruns, Ha & Tortorelli 2010.
 */
import { showValue } from "../../src/describe.ts";
import { InvalidOption, InvalidProblem } from "../../src/error.ts";
import { requireOptions } from "../../src/options.ts";
import { elasticity, fix, gridMesh, nodalLoad } from "../../library/fem/index.ts";
import type { Problem, ProblemSize } from "./problem.ts";
import { crossings, elementFlags, range } from "./rows-and-columns.ts";

export interface LBracketOptions extends ProblemSize {
  /** Width of the upright and height of the arm, as a fraction of the box, in (0, 1). Default 0.4. */
  readonly aspect?: number;
}

/**
 * Clamped on the top of the upright. A total force of 1 down on the upper edge of the arm at its right end, spread evenly
 * over a twentieth of the width; the elements under it, half as deep as wide, are solid.
 */
export const lBracket = (options: LBracketOptions): Problem => {
  requireOptions("problems.lBracket", options, ["nelx", "nely", "aspect"], true);
  const { nelx, nely, aspect = 0.4 } = options;
  if (typeof aspect !== "number" || !(aspect > 0 && aspect < 1))
    throw new InvalidOption("problems.lBracket", `aspect ${showValue(aspect)}`, "It lies in (0, 1)");
  const mesh = gridMesh({ nelx, nely });
  const [upright, arm] = [Math.round(aspect * nelx), Math.round(aspect * nely)];
  if (Math.min(upright, arm, nelx - upright, nely - arm) < 1)
    throw new InvalidProblem(
      "problems.lBracket",
      `aspect ${aspect} of ${nelx} x ${nely} elements`,
      "Upright, arm and what the mask removes are an element wide at least: use a finer grid, or an aspect nearer to 0.5",
    );
  const armTop = nely - arm;
  const patch = Math.min(nelx - upright, Math.max(1, Math.round(nelx / 20)));
  const depth = Math.min(arm, Math.max(1, Math.round(nely / 40)));
  const inner = nodalLoad(crossings(mesh, range(nelx - patch, nelx), [armTop]), [0, -1 / patch]);
  const ends = crossings(mesh, [nelx - patch, nelx], [armTop]);
  return {
    mesh,
    system: elasticity(mesh, { supports: [fix(crossings(mesh, range(0, upright), [0]), "all")] }),
    load: inner.add(nodalLoad(ends, [0, 0.5 / patch])),
    mask: elementFlags(mesh, (column, row) => column < upright || row >= armTop),
    solid: elementFlags(mesh, (column, row) => column >= nelx - patch && row >= armTop && row < armTop + depth),
    volumeFraction: 0.4,
    name: "lBracket",
  };
};
