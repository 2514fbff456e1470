/**
 * Supports and springs of a problem file, and whether they hold the structure: seen here, before a solve meets a matrix that is
 * singular. A body that is held moves along none of its rigid motions: the rows of these at the held dofs have full rank.
 */
import { fix, nodePoint, spring } from "../../library/fem/index.ts";
import type { GridMesh, Held, NodeSet, Spring, Support } from "../../library/fem/index.ts";
import { isLeft } from "../../src/fp.ts";
import type { CustomProblem, Remark } from "../problem-file/index.ts";
import { attempt, joined, together, unless } from "./build-attempt.ts";
import type { Built } from "./build-attempt.ts";
import { nodesOf } from "./build-regions.ts";

export interface Holding {
  readonly supports: readonly Support<Held>[];
  readonly springs: readonly Spring<Held>[];
}

const axes = ["x", "y", "z"] as const;

/** Components that a direction holds. */
export const componentsOf = (direction: Held, dimensions: number): readonly number[] => {
  if (direction === "temperature") return [0];
  return direction === "all" ? axes.slice(0, dimensions).map((_, axis) => axis) : [axes.indexOf(direction)];
};

/** A fault for every support that holds a node of an earlier one at another value; only prescribed values can differ. */
const contradictions = ({ dimensions }: GridMesh, supports: readonly Support<Held>[]): readonly Remark[] => {
  if (supports.every(({ value }) => value === 0)) return [];
  const owners = new Map<number, number>();
  return supports.flatMap(({ nodes: { nodes }, direction, value }, k): readonly Remark[] => {
    const dofs = nodes.flatMap((node) => componentsOf(direction, dimensions).map((own) => dimensions * node + own));
    const other = dofs.map((dof) => owners.get(dof)).find((own) => own !== undefined && supports[own]!.value !== value);
    for (const dof of dofs) if (!owners.has(dof)) owners.set(dof, k);
    if (other === undefined) return [];
    const earlier = `supports[${other}] holds nodes of this one at ${supports[other]!.value}`;
    return [[["problem", "supports", k], `${earlier}, not at ${value}: take them out of one of the two with "minus"`]];
  });
};

/** What a motion of a rigid body does to a component of a node: its coefficients, translations first, then rotations. */
const rigidRow = (component: number, [x, y, z]: readonly number[], dimensions: number): readonly number[] => {
  if (dimensions === 2) return component === 0 ? [1, 0, -y!] : [0, 1, x!];
  return [
    [1, 0, 0, 0, z!, -y!],
    [0, 1, 0, -z!, 0, x!],
    [0, 0, 1, y!, -x!, 0],
  ][component]!;
};

const dot = (left: readonly number[], right: readonly number[]): number =>
  left.reduce((sum, own, k) => sum + own * right[k]!, 0);

/** Shorter remainders of rows of length about 1 are rounding; neighbours on the finest grid are further apart. */
const smallestRemainder = 1e-10;

/** A row without its part in a space with this orthonormal basis. */
const remainderOf = (row: readonly number[], basis: readonly (readonly number[])[]): readonly number[] =>
  basis.reduce((rest, own) => {
    const along = dot(rest, own);
    return rest.map((entry, k) => entry - along * own[k]!);
  }, row);

/**
 * Coordinates from -1 to 1 along every axis: stretching a body along its axes changes rows and columns by factors alone, and not
 * their rank.
 */
const placeIn = (mesh: GridMesh, node: number): readonly number[] => {
  const { x, y, z } = nodePoint(mesh, node);
  const [width, height, depth = 1] = mesh.size;
  return [(2 * x) / width - 1, (2 * y) / height - 1, (2 * z) / depth - 1];
};

/** Why an elastic structure can move as a rigid body, or null. */
const freeMotion = (mesh: GridMesh, { supports, springs }: Holding): string | null => {
  const { dimensions } = mesh;
  const held = [...supports, ...springs.filter(({ stiffness }) => stiffness > 0)];
  const components = new Set(held.flatMap(({ direction }) => componentsOf(direction, dimensions)));
  const open = axes.slice(0, dimensions).filter((_, axis) => !components.has(axis));
  if (open.length > 0) return `nothing holds the structure along ${open.join(" and ")}: support it there`;
  const motions = dimensions === 2 ? 3 : 6;
  const basis: (readonly number[])[] = [];
  for (const { nodes, direction } of held)
    for (const node of nodes.nodes)
      for (const component of componentsOf(direction, dimensions)) {
        const rest = remainderOf(rigidRow(component, placeIn(mesh, node), dimensions), basis);
        const length = Math.hypot(...rest);
        if (length > smallestRemainder) basis.push(rest.map((own) => own / length));
        if (basis.length === motions) return null;
      }
  return "the structure can turn freely: hold another node, or one in another direction";
};

/** The nodes of the k-th support or spring. */
const nodesAt = (mesh: GridMesh, own: CustomProblem, name: "supports" | "springs", k: number): Built<NodeSet> =>
  nodesOf(mesh, own[name][k]!.at, ["problem", name, k, "at"]);

/** What is built of a set of nodes. */
const madeOf = <T>(set: Built<NodeSet>, path: readonly (string | number)[], make: (nodes: NodeSet) => T): Built<T> =>
  isLeft(set) ? set : attempt(path, () => make(set.right));

/** Supports and springs that agree and hold the structure. */
export const holdingOf = (mesh: GridMesh, own: CustomProblem): Built<Holding> => {
  const made = joined<Holding>({
    supports: together(
      own.supports.map(({ direction, value }, k) =>
        madeOf(nodesAt(mesh, own, "supports", k), ["problem", "supports", k], (nodes) => fix(nodes, direction, value)),
      ),
    ),
    springs: together(
      own.springs.map(({ direction, stiffness }, k) =>
        madeOf(nodesAt(mesh, own, "springs", k), ["problem", "springs", k], (nodes) =>
          spring(nodes, direction, stiffness),
        ),
      ),
    ),
  });
  if (isLeft(made)) return made;
  const motion = own.physics === "heat" ? null : freeMotion(mesh, made.right);
  return unless(
    [
      ...contradictions(mesh, made.right.supports),
      ...(motion === null ? [] : [[["problem", "supports"], motion] as const]),
    ],
    made.right,
  );
};
