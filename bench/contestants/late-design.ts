/**
 * Moduli of a late design, by the built library: optimality criteria on a coarse grid, then on grids with twice as many
 * elements along each axis, each begun with the design of the one before, up to the grid asked for. A process of its own,
 * since it leaves memory behind. The same bits every time.
 * Arguments: file for the moduli, grid as 1200x400, iterations on each grid from the coarsest on, with commas between.
 */
import { writeFileSync } from "node:fs";
import type { ElementField, SolverOption } from "../../library/fem/index.ts";
import type { Problem } from "../../topopt/index.ts";
import { built } from "./built.ts";

const { configure } = await built<typeof import("../../index.ts")>("index.js");
const np = await built<typeof import("../../library/numpy/index.ts")>("library/numpy/index.js");
const { elasticity } = await built<typeof import("../../library/fem/index.ts")>("library/fem/index.js");
const { minimizeCompliance, problems } = await built<typeof import("../../topopt/index.ts")>("topopt/index.js");

const [file, grid, iterations] = process.argv.slice(2) as [string, string, string];
const cells = grid.split("x").map(Number);
const counts = iterations.split(",").map(Number);

/** Iterations may be inexact here: whatever design comes out, everyone gets the same. */
const multigrid: SolverOption = { kind: "multigrid", tolerance: 1e-5, warmStart: true };
const directDofs = 200_000;

const problemOf = (own: readonly number[]): Problem => {
  const [nelx, nely, nelz] = own as [number, number, number?];
  const { mesh, system, load } =
    nelz === undefined ? problems.mbb({ nelx, nely }) : problems.cantilever3d({ nelx, nely, nelz });
  const isSmall = nelz === undefined && 2 * (nelx + 1) * (nely + 1) < directDofs;
  if (isSmall) return { mesh, system, load };
  return { mesh, load, system: elasticity(mesh, { supports: system.supports, solver: multigrid }) };
};

/** Every element becomes two along each axis. */
const enlarge = (design: ElementField): ElementField =>
  design.shape.reduce((field, _, axis) => np.repeat(field, 2, { axis }), np.asarray(design)) as unknown as ElementField;

// As many threads as there are: the bits are the same.
configure({ threads: 2 });
const volumeFraction = cells.length === 3 ? 0.2 : 0.5;
let design: ElementField | undefined;
let density!: ElementField;
for (const [k, count] of counts.entries()) {
  const shrink = 2 ** (counts.length - 1 - k);
  const own = cells.map((extent) => extent / shrink);
  const options = { volumeFraction, filterRadius: 1.5, iterations: count };
  const initial = design === undefined ? {} : { initial: enlarge(design) };
  ({ design, density } = minimizeCompliance(problemOf(own), { ...options, ...initial }));
}
const contrast = 1e-9;
writeFileSync(
  file,
  (density.toTypedArray() as Float64Array).map((own) => contrast + own ** 3 * (1 - contrast)),
);
// Threads would keep the process.
process.exit(0);
