/**
 * A problem as a drawing: every support, spring and load of the record, the output port of a mechanism, and own weight.
 */
import { showValue } from "../src/describe.ts";
import { InvalidProblem } from "../src/error.ts";
import { requireOptions } from "../src/options.ts";
import type { ElasticitySystem, ElementField, VectorField } from "../library/fem/index.ts";
import { boundaryPicture } from "./render/index.ts";
import type { PictureLoad, PictureSpring, PictureSupport } from "./render/index.ts";
import { requireSolvable } from "./problem-checks.ts";
import type { Mechanism, Problem } from "./problems/index.ts";

const asked = "problemPicture";

/** Refuses what is no structure in the plane. */
const requirePlaneStructure = (problem: Problem): void => {
  requireSolvable(asked, problem);
  const { mesh, system } = problem;
  const kind: string = system.kind;
  if (kind !== "elasticity")
    throw new InvalidProblem(
      asked,
      `a problem of kind ${showValue(kind)}`,
      "Pictures are of structures, whose supports and loads have directions; show the density of others by designPicture",
    );
  if (mesh.dimensions === 3)
    throw new InvalidProblem(asked, "a problem in space", "Pictures are of plane problems: draw a layer of it");
};

/** Held nodes and what they are held in. */
const supportsOf = ({ fixed }: ElasticitySystem): readonly PictureSupport[] => {
  const flags = fixed.toTypedArray();
  return Array.from({ length: flags.length / 2 }, (_, node) => ({
    node,
    x: flags[2 * node] === 1,
    y: flags[2 * node + 1] === 1,
  })).filter(({ x, y }) => x || y);
};

/** Sums of the springs at every node that has one. */
const springsOf = ({ springs }: ElasticitySystem): readonly PictureSpring[] => {
  const sums = new Map<number, PictureSpring>();
  for (const { nodes, direction, stiffness } of springs)
    for (const node of nodes.nodes) {
      const { x, y } = sums.get(node) ?? { x: 0, y: 0 };
      const inX = direction === "y" ? 0 : stiffness;
      const inY = direction === "x" ? 0 : stiffness;
      sums.set(node, { node, x: x + inX, y: y + inY });
    }
  return [...sums.values()].filter(({ x, y }) => x > 0 || y > 0);
};

/** Nodal vectors that are not zero, those of all load cases. */
const arrowsOf = (field: VectorField, nodes: number): readonly PictureLoad[] => {
  const values = field.toTypedArray();
  return Array.from({ length: values.length / 2 }, (_, k) => ({
    node: k % nodes,
    fx: Number(values[2 * k]),
    fy: Number(values[2 * k + 1]),
  })).filter(({ fx, fy }) => fx !== 0 || fy !== 0);
};

/**
 * SVG of the boundary conditions of a plane problem, over the density if one is given: supports, springs, loads of all load
 * cases, the output port of a mechanism, and own weight as a wide arrow from the middle of the grid.
 * @param density  shape [nely, nelx]
 * @throws InvalidProblem for what is no structure in the plane, as a conductor or a problem in space; InvalidOption,
 *   UnknownOption, ShapeMismatch and InvalidElement as boundaryPicture; TracerConversion
 * @example problemPicture(problem, { title: "Beam" }) // <svg ...
 */
export const problemPicture = (
  problem: Problem & Partial<Pick<Mechanism, "output">>,
  options: { readonly title?: string; readonly density?: ElementField } = {},
): string => {
  requirePlaneStructure(problem);
  requireOptions(asked, options, ["title", "density"]);
  const { mesh, system, load, output, weight } = problem;
  const { nelx, nely } = mesh;
  const nodes = (nelx + 1) * (nely + 1);
  return boundaryPicture({
    nelx,
    nely,
    supports: supportsOf(system),
    springs: springsOf(system),
    loads: arrowsOf(load, nodes),
    outputs: output === undefined ? [] : arrowsOf(output, nodes),
    ...(weight === undefined || weight.every((own) => own === 0) ? {} : { weight: { fx: weight[0]!, fy: weight[1]! } }),
    ...options,
  });
};
