/**
 * A problem as a drawing: every support and every load of the record, none left out.
 */
import { InvalidProblem } from "../src/error.ts";
import type { ElementField } from "../library/fem/index.ts";
import { boundaryPicture } from "./render/index.ts";
import type { PictureLoad, PictureSupport } from "./render/index.ts";
import type { Problem } from "./problems/index.ts";

/**
 * SVG of the boundary conditions of a plane problem, over the density if one is given.
 * @param density  shape [nely, nelx]
 * @throws InvalidProblem for a problem in space
 * @example problemPicture(problem, { title: "Beam" }) // <svg ...
 */
export const problemPicture = (
  { mesh, system, load }: Problem,
  options: { readonly title?: string; readonly density?: ElementField } = {},
): string => {
  if (mesh.dimensions === 3)
    throw new InvalidProblem(
      "problemPicture",
      "a problem in space",
      "Pictures are of plane problems: draw a layer of it",
    );
  const fixed = system.fixed.toTypedArray();
  const forces = load.toTypedArray();
  const nodes = Array.from({ length: fixed.length / 2 }, (_, node) => node);
  const supports: PictureSupport[] = nodes
    .filter((node) => fixed[2 * node] === 1 || fixed[2 * node + 1] === 1)
    .map((node) => ({ node, x: fixed[2 * node] === 1, y: fixed[2 * node + 1] === 1 }));
  const loads: PictureLoad[] = [];
  for (let k = 0; k < forces.length; k += 2)
    if (forces[k] !== 0 || forces[k + 1] !== 0)
      loads.push({ node: (k % fixed.length) / 2, fx: forces[k]!, fy: forces[k + 1]! });
  const { title, density } = options;
  return boundaryPicture({
    nelx: mesh.nelx,
    nely: mesh.nely,
    supports,
    loads,
    ...(title === undefined ? {} : { title }),
    ...(density === undefined ? {} : { density: density.toTypedArray() as Float64Array }),
  });
};
