/**
 * The four problems of Sanu, Bessa & Aragon 2026 (Struct. Multidisc. Optim. 69:126): mbb, tensile, bridge, michell; and a
 * cantilever in space.
 */
import { InvalidProblem } from "../../src/error.ts";
import { corner, edge, elasticity, face, fix, gridMesh, nodalLoad, union } from "../../library/fem/index.ts";
import type { GridMesh, NodeSet } from "../../library/fem/index.ts";
import type { Problem, ProblemSize, SpaceProblemSize } from "./problem.ts";

const requireEven = (name: string, nely: number): void => {
  if (nely % 2 !== 0)
    throw new InvalidProblem(
      `problems.${name}`,
      `nely ${nely}`,
      "The load sits on the node at half height: use an even number of rows",
    );
};

const middle = (mesh: GridMesh, name: "left" | "right"): NodeSet => {
  const { nodes } = edge(mesh, name);
  return Object.freeze({ mesh, nodes: [nodes[Math.floor(mesh.nely / 2)]!] });
};

/** Half of a simply supported beam: a unit force down at the upper left, symmetry on the left edge, a roller at the lower right. */
export const mbb = (size: ProblemSize): Problem => {
  const mesh = gridMesh(size);
  const system = elasticity(mesh, { supports: [fix(edge(mesh, "left"), "x"), fix(corner(mesh, "bottomRight"), "y")] });
  return { mesh, system, load: nodalLoad(corner(mesh, "topLeft"), [0, -1]) };
};

/** A bar pulled at the middle of its right edge; the left edge is held in x, its middle node in y. */
export const tensile = (size: ProblemSize): Problem => {
  const mesh = gridMesh(size);
  requireEven("tensile", size.nely);
  const system = elasticity(mesh, { supports: [fix(edge(mesh, "left"), "x"), fix(middle(mesh, "left"), "y")] });
  return { mesh, system, load: nodalLoad(middle(mesh, "right"), [1, 0]) };
};

/** A deck loaded along its whole top edge (total force 1 down), pinned at both lower corners. */
export const bridge = (size: ProblemSize): Problem => {
  const mesh = gridMesh(size);
  const supports = [fix(corner(mesh, "bottomLeft"), "all"), fix(corner(mesh, "bottomRight"), "all")];
  return {
    mesh,
    system: elasticity(mesh, { supports }),
    load: nodalLoad(edge(mesh, "top"), [0, -1 / (size.nelx + 1)]),
  };
};

/** A cantilever clamped on its left edge with a unit force down at the middle of the right edge. */
export const michell = (size: ProblemSize): Problem => {
  const mesh = gridMesh(size);
  requireEven("michell", size.nely);
  const system = elasticity(mesh, { supports: [fix(edge(mesh, "left"), "all")] });
  return { mesh, system, load: nodalLoad(middle(mesh, "right"), [0, -1]) };
};

/**
 * A block clamped on its left face, with a total force of 1 down along the lower edge of the right face, spread evenly.
 * Source: Liu & Tovar 2014, the cantilever of their program for three dimensions (there with a force of 1 per node).
 */
export const cantilever3d = (size: SpaceProblemSize): Problem => {
  const { nelx, nely, nelz } = size;
  const mesh = gridMesh({ nelx, nely, nelz });
  if (mesh.dimensions !== 3)
    throw new InvalidProblem("problems.cantilever3d", "no nelz", "Give nelx, nely and nelz, whole numbers from 1");
  const system = elasticity(mesh, { supports: [fix(face(mesh, "left"), "all")] });
  const line = edge(mesh, ["right", "bottom"]);
  const ends = union(corner(mesh, "bottomRightBack"), corner(mesh, "bottomRightFront"));
  const load = nodalLoad(line, [0, -1 / nelz, 0]).add(nodalLoad(ends, [0, 0.5 / nelz, 0]));
  return { mesh, system, load };
};
