/**
 * Supports and springs: which dofs are held, at which value, and what ties the others to the ground.
 * Prescriptions of one dof that agree are one; such that contradict each other are refused. Springs on one dof add up.
 */
import { placeOf } from "../../ops/fe-checks.ts";
import { showValue } from "../../src/describe.ts";
import { InvalidMesh, InvalidOption } from "../../src/error.ts";
import type { GridMesh } from "./mesh.ts";
import { countNodes, requireSet } from "./nodes.ts";
import type { NodeSet } from "./nodes.ts";

/** Directions of displacements; z in space only. */
export type Direction = "x" | "y" | "z" | "all";

/** What a node can be held in: a direction of an elastic structure, or the temperature of a conductor. */
export type Held = Direction | "temperature";

/** Nodes that are held in a direction. */
export interface Support<D extends Held = Direction> {
  readonly nodes: NodeSet;
  readonly direction: D;
  /** Prescribed displacement in metre or temperature in kelvin. */
  readonly value: number;
}

/** Springs from nodes to the ground. */
export interface Spring<D extends Held = Direction> {
  readonly nodes: NodeSet;
  readonly direction: D;
  /** Of the spring at each node: newton per metre, or watt per kelvin. */
  readonly stiffness: number;
}

/** Refuses what is no set of nodes; a support or load on no node at all is a mistake in the selection. */
export const requireNodes = (asked: string, set: NodeSet): void => {
  requireSet(asked, set);
  if (set.nodes.length === 0)
    throw new InvalidOption(
      asked,
      "a set without nodes",
      "Check the region or predicate that selects them; coordinates have their origin at the lower left, y up",
    );
};

const named = (directions: readonly string[]): string =>
  `${directions.slice(0, -1).join(", ")} or ${directions.at(-1)}`;

const requireDirection = (asked: string, direction: Held, { dimensions }: GridMesh): void => {
  const known: readonly Held[] = ["x", "y", ...(dimensions === 3 ? (["z"] as const) : []), "all", "temperature"];
  if (!known.includes(direction))
    throw new InvalidOption(
      asked,
      `direction ${showValue(direction)}`,
      dimensions === 3 || direction !== "z" ? `Use ${named(known)}` : "This mesh is plane: use x, y or all",
    );
};

/**
 * Holds nodes in x, y, z, in all directions, or at a temperature.
 * @param displacement  prescribed displacement in metre, or temperature in kelvin, where the direction is one; default 0
 * @throws InvalidOption for what is no set or an empty one, another direction, or a value that is not finite
 * @example fix(edge(mesh, "left"), "x").direction // "x"
 * @example fix(edge(mesh, "right"), "y", -0.1).value // -0.1
 */
export const fix = <D extends Held>(nodes: NodeSet, direction: D, displacement = 0): Support<D> => {
  requireNodes("fix", nodes);
  requireDirection("fix", direction, nodes.mesh);
  if (typeof displacement !== "number" || !Number.isFinite(displacement))
    throw new InvalidOption("fix", `displacement ${showValue(displacement)}`, "Give a finite number");
  if (direction === "all" && displacement !== 0)
    throw new InvalidOption(
      "fix",
      `displacement ${displacement} in all directions`,
      "A displacement has one direction: fix x, y (and z) each on its own",
    );
  return Object.freeze({ nodes, direction, value: displacement });
};

/**
 * A spring to the ground at every node of a set, in x, y, z or each of all directions; of a conductor, heat that leaves to
 * surroundings of temperature 0, as by convection.
 * @param stiffness  of each of these springs, newton per metre (watt per kelvin), 0 or more
 * @throws InvalidOption for what is no set or an empty one, another direction, or a stiffness that is negative or not finite
 * @example spring(corner(mesh, "topRight"), "x", 0.1).stiffness // 0.1
 */
export const spring = <D extends Held>(nodes: NodeSet, direction: D, stiffness: number): Spring<D> => {
  requireNodes("spring", nodes);
  requireDirection("spring", direction, nodes.mesh);
  if (typeof stiffness !== "number" || !(stiffness >= 0 && stiffness < Infinity))
    throw new InvalidOption("spring", `stiffness ${showValue(stiffness)}`, "A stiffness is a finite number, 0 or more");
  return Object.freeze({ nodes, direction, stiffness });
};

/** Components per node of a physical field, by their directions. */
export type Components = readonly Exclude<Held, "all">[];

/** Component numbers of a direction. */
const componentsOf = (asked: string, direction: Held, components: Components): readonly number[] => {
  if (direction === "all" && components.length > 1) return components.map((_, component) => component);
  const component = components.indexOf(direction as Components[number]);
  if (component < 0)
    throw new InvalidOption(
      asked,
      `direction ${showValue(direction)}`,
      components.length === 1 ? `Use ${components[0]}` : `Use ${named([...components, "all"])}`,
    );
  return [component];
};

/** Refuses what is no list of records that fix or spring made on this mesh. */
const requireList = (
  asked: string,
  mesh: GridMesh,
  list: readonly Partial<Support<Held> & Spring<Held>>[],
  [what, amount, remedy]: readonly [what: string, amount: "value" | "stiffness", remedy: string],
): void => {
  if (!Array.isArray(list)) throw new InvalidOption(asked, `${what}s ${showValue(list)}`, `Give a list of ${remedy}`);
  for (const entry of list as readonly unknown[]) {
    const own = (entry ?? {}) as Partial<Support<Held> & Spring<Held>>;
    if (own.nodes === undefined || !Number.isFinite(own[amount]))
      throw new InvalidOption(asked, `${showValue(entry)} in the place of a ${what}`, `Make it with ${remedy}`);
    requireSet(`${asked}, a ${what}`, own.nodes);
    if (own.nodes.mesh !== mesh)
      throw new InvalidMesh(asked, `a ${what} on another mesh`, "Select its nodes on this mesh");
  }
};

/** Flags of fixed dofs and what they are held at; no values where all are 0. */
export const gatherSupports = (
  asked: string,
  mesh: GridMesh,
  components: Components,
  supports: readonly Support<Held>[],
): { readonly fixed: Uint8Array; readonly prescribed: Float64Array | undefined } => {
  requireList(asked, mesh, supports, ["support", "value", "fix(nodes, direction)"]);
  const dofs = components.length * countNodes(mesh);
  const fixed = new Uint8Array(dofs);
  const prescribed = supports.some(({ value }) => value !== 0) ? new Float64Array(dofs) : undefined;
  for (const support of supports) {
    for (const component of componentsOf(asked, support.direction, components))
      for (const node of support.nodes.nodes) {
        const dof = components.length * node + component;
        if (prescribed !== undefined) {
          if (fixed[dof] === 1 && prescribed[dof] !== support.value)
            throw new InvalidOption(
              asked,
              `node ${node} (${placeOf(node, mesh.nodeShape)}) is held at ${components[component]} = ${prescribed[dof]} and at ${support.value}`,
              "Prescribe one value per node and direction: take the node out of one of the sets with minus",
            );
          prescribed[dof] = support.value;
        }
        fixed[dof] = 1;
      }
  }
  return { fixed, prescribed };
};

/** Stiffness to ground per dof; none without springs. */
export const gatherSprings = (
  asked: string,
  mesh: GridMesh,
  components: Components,
  springs: readonly Spring<Held>[],
): Float64Array | undefined => {
  requireList(asked, mesh, springs, ["spring", "stiffness", "spring(nodes, direction, stiffness)"]);
  if (springs.length === 0) return undefined;
  const stiffness = new Float64Array(components.length * countNodes(mesh));
  for (const own of springs) {
    for (const component of componentsOf(asked, own.direction, components))
      for (const node of own.nodes.nodes) {
        const dof = components.length * node + component;
        stiffness[dof] = stiffness[dof]! + own.stiffness;
      }
  }
  return stiffness;
};
