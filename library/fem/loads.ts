/**
 * Loads as nodal fields: forces or heat at nodes, and a total spread evenly over a part of the boundary.
 * An even traction acts on the nodes of a facet by the integrals of its shape functions: equal shares of its area each.
 */
import { showValue } from "../../src/describe.ts";
import { InvalidOption } from "../../src/error.ts";
import { fromBuffer } from "../../src/array/ndarray.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import type { GridMesh, PerAxis, ScalarField, VectorField } from "./mesh.ts";
import { countNodes } from "./nodes.ts";
import type { NodeSet } from "./nodes.ts";
import { requireNodes } from "./supports.ts";
import { elementLengths } from "./system.ts";

/** A vector makes a field of forces, a number one of heat. */
interface LoadFunction {
  (set: NodeSet, force: PerAxis): VectorField;
  (set: NodeSet, heat: number): ScalarField;
}

/** Components of a force or heat, as many as the mesh has. */
const requireForce = (asked: string, { dimensions }: GridMesh, force: PerAxis | number): readonly number[] => {
  const parts: readonly unknown[] = typeof force === "number" ? [force] : Array.isArray(force) ? force : [];
  const isVector = typeof force !== "number";
  if ((isVector && parts.length !== dimensions) || !parts.every(Number.isFinite))
    throw new InvalidOption(
      asked,
      `force ${showValue(force)}`,
      dimensions === 3
        ? "Give three finite numbers, [x, y, z], or one of heat"
        : "Give two finite numbers, [x, y], or one of heat",
    );
  return parts as readonly number[];
};

/** The field of weight times force at every node. */
const loadField = (
  mesh: GridMesh,
  force: PerAxis | number,
  parts: readonly number[],
  weights: Iterable<readonly [node: number, weight: number]>,
): VectorField & ScalarField => {
  const count = parts.length;
  const values = new Float64Array(count * countNodes(mesh));
  for (const [node, weight] of weights)
    for (let component = 0; component < count; component++)
      values[count * node + component] = weight * parts[component]!;
  const shape = typeof force === "number" ? mesh.nodeShape : [...mesh.nodeShape, count];
  return fromBuffer(values, shape, "float64") as NDArray as VectorField & ScalarField;
};

/**
 * The same force (or heat) on every node of a set, zero elsewhere; add fields for several.
 * @param force  [x, y] or [x, y, z] per node, newton; x right, y up, z along the layers. A number: heat per node, watt
 * @returns      shape of a displacement, or of a temperature for a number
 * @throws InvalidOption for what is no set or an empty one, or a force that is not finite numbers, one per axis of the mesh
 * @example nodalLoad(corner(mesh, "topLeft"), [0, -1]).at(0, 0).get() // [0, -1]
 */
export const nodalLoad: LoadFunction = (set: NodeSet, force: PerAxis | number) => {
  requireNodes("nodalLoad", set);
  const { mesh, nodes } = set;
  const parts = requireForce("nodalLoad", mesh, force);
  return loadField(
    mesh,
    force,
    parts,
    nodes.map((node) => [node, 1] as const),
  );
};

/** Nodes along x, y, z (one along z in the plane), how far apart neighbours are in number, and elements' lengths. */
const latticeOf = (mesh: GridMesh) => {
  const extents = [...mesh.nodeShape].reverse() as number[];
  const strides = extents.map((_, axis) => extents.slice(0, axis).reduce((product, extent) => product * extent, 1));
  return { extents, strides, lengths: elementLengths(mesh) };
};

/** Area of the boundary facets that have all their nodes in a set, shared out among these nodes. */
const facetShares = ({ mesh, nodes }: NodeSet): Map<number, number> => {
  const { extents, strides, lengths } = latticeOf(mesh);
  const isMember = new Set(nodes);
  const shares = new Map<number, number>();
  const place = (node: number, axis: number): number => Math.floor(node / strides[axis]!) % extents[axis]!;
  extents.forEach((extent, normal) => {
    const along = extents.map((_, axis) => axis).filter((axis) => axis !== normal);
    const area = along.reduce((product, axis) => product * lengths[axis]!, 1);
    const offsets = along.reduce<number[]>((all, axis) => [...all, ...all.map((own) => own + strides[axis]!)], [0]);
    for (const first of nodes) {
      const at = place(first, normal);
      if (at !== 0 && at !== extent - 1) continue;
      if (along.some((axis) => place(first, axis) === extents[axis]! - 1)) continue;
      const corners = offsets.map((offset) => first + offset);
      if (!corners.every((node) => isMember.has(node))) continue;
      for (const node of corners) shares.set(node, (shares.get(node) ?? 0) + area / corners.length);
    }
  });
  return shares;
};

/**
 * A total force (or heat) spread evenly over the part of the boundary whose facets have all their nodes in the set: edges of
 * elements in the plane, faces in space. Inner nodes get the share of the facets around them, corner nodes less.
 * @param force  the total [x, y] or [x, y, z], newton; a number: total heat, watt
 * @returns      shape of a displacement, or of a temperature for a number
 * @throws InvalidOption for what is no set or one that has no whole facet, or a force that is not finite numbers, one per axis of the mesh
 * @example
 * const load = tractionLoad(edge(mesh, "right"), [0, -1]);
 * load.at(null, 4, 1).get() // [-0.25, -0.5, -0.25]
 */
export const tractionLoad: LoadFunction = (set: NodeSet, force: PerAxis | number) => {
  requireNodes("tractionLoad", set);
  const parts = requireForce("tractionLoad", set.mesh, force);
  const shares = facetShares(set);
  if (shares.size === 0)
    throw new InvalidOption(
      "tractionLoad",
      "a set that holds no whole facet of the boundary",
      set.mesh.dimensions === 3
        ? 'Select a part of the surface, as face(mesh, "right"); for single nodes and lines use nodalLoad'
        : 'Select a part of the rim, as edge(mesh, "right"); for single nodes use nodalLoad',
    );
  const total = [...shares.values()].reduce((sum, share) => sum + share, 0);
  return loadField(
    set.mesh,
    force,
    parts,
    [...shares].map(([node, share]) => [node, share / total] as const),
  );
};
