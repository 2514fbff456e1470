/**
 * The four problems of Sanu, Bessa & Aragon 2026 (Struct. Multidisc. Optim. 69:126): mbb, tensile, bridge, michell; and a
 * cantilever in space.
 * A problem is a plain record { mesh, system, load, mask? }, so a custom one is an object literal.
 */
import { InvalidProblem } from "../src/error.ts";
import { corner, edge, elasticity, face, fix, gridMesh, nodalLoad, union } from "../library/fem/index.ts";
import type { ElasticitySystem, ElementField, FieldOf, GridMesh, GridSystem, NodeSet } from "../library/fem/index.ts";

/** A structure, or a conductor: Problem<HeatSystem>. */
export interface Problem<S extends GridSystem = ElasticitySystem> {
  readonly mesh: GridMesh;
  readonly system: S;
  /**
   * Nodal forces, shape [nely + 1, nelx + 1, 2] or [nelz + 1, nely + 1, nelx + 1, 3]; load cases in front. Of a conductor:
   * nodal heat, without the axis of components.
   */
  readonly load: FieldOf<S>;
  /** 1 where material may be, 0 where the filtered density is held at 0. Default 1 everywhere. */
  readonly mask?: ElementField;
}

export interface ProblemSize {
  readonly nelx: number;
  readonly nely: number;
}

export interface SpaceProblemSize extends ProblemSize {
  readonly nelz: number;
}

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
const mbb = (size: ProblemSize): Problem => {
  const mesh = gridMesh(size);
  const system = elasticity(mesh, { supports: [fix(edge(mesh, "left"), "x"), fix(corner(mesh, "bottomRight"), "y")] });
  return { mesh, system, load: nodalLoad(corner(mesh, "topLeft"), [0, -1]) };
};

/** A bar pulled at the middle of its right edge; the left edge is held in x, its middle node in y. */
const tensile = (size: ProblemSize): Problem => {
  const mesh = gridMesh(size);
  requireEven("tensile", size.nely);
  const system = elasticity(mesh, { supports: [fix(edge(mesh, "left"), "x"), fix(middle(mesh, "left"), "y")] });
  return { mesh, system, load: nodalLoad(middle(mesh, "right"), [1, 0]) };
};

/** A deck loaded along its whole top edge (total force 1 down), pinned at both lower corners. */
const bridge = (size: ProblemSize): Problem => {
  const mesh = gridMesh(size);
  const supports = [fix(corner(mesh, "bottomLeft"), "all"), fix(corner(mesh, "bottomRight"), "all")];
  return {
    mesh,
    system: elasticity(mesh, { supports }),
    load: nodalLoad(edge(mesh, "top"), [0, -1 / (size.nelx + 1)]),
  };
};

/** A cantilever clamped on its left edge with a unit force down at the middle of the right edge. */
const michell = (size: ProblemSize): Problem => {
  const mesh = gridMesh(size);
  requireEven("michell", size.nely);
  const system = elasticity(mesh, { supports: [fix(edge(mesh, "left"), "all")] });
  return { mesh, system, load: nodalLoad(middle(mesh, "right"), [0, -1]) };
};

/**
 * A block clamped on its left face, with a total force of 1 down along the lower edge of the right face, spread evenly.
 * Source: Liu & Tovar 2014, the cantilever of their program for three dimensions (there with a force of 1 per node).
 */
const cantilever3d = (size: SpaceProblemSize): Problem => {
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

/**
 * Benchmark problems by name.
 * @example problems.mbb({ nelx: 96, nely: 64 }).load.shape // [65, 97, 2]
 * @example problems.cantilever3d({ nelx: 8, nely: 4, nelz: 2 }).load.shape // [3, 5, 9, 3]
 */
export const problems: Readonly<
  Record<"mbb" | "tensile" | "bridge" | "michell", (size: ProblemSize) => Problem> & {
    cantilever3d: (size: SpaceProblemSize) => Problem;
  }
> = { mbb, tensile, bridge, michell, cantilever3d };
