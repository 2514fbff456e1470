/** Loads and output port of a problem file, as nodal fields; one that acts on held nodes alone does nothing, and is a fault. */
import { nodalLoad, tractionLoad } from "../../library/fem/index.ts";
import type { GridMesh, NodeSet, PerAxis, VectorField } from "../../library/fem/index.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { isLeft, right } from "../../src/fp.ts";
import { add, zerosLike } from "../../library/numpy/index.ts";
import { stack } from "../../library/numpy/joining.ts";
import type { CustomProblem, Remark, RunLoad } from "../problem-file/index.ts";
import { attempt, together, validation } from "./build-attempt.ts";
import type { Built } from "./build-attempt.ts";
import { nodesOf } from "./build-regions.ts";
import { componentsOf } from "./build-supports.ts";
import type { Holding } from "./build-supports.ts";

const noFacet =
  'these nodes hold no whole facet of the boundary: name a part of it, as { "edge": "right" } or in space { "face": "right" }, ' +
  'or give "spread": "nodal"';

const placed = (set: NodeSet, { force, spread }: RunLoad): NDArray => {
  const place = spread === "traction" ? tractionLoad : nodalLoad;
  return typeof force === "number" ? place(set, force) : place(set, force as unknown as PerAxis);
};

const loadOf = (mesh: GridMesh, own: RunLoad, k: number): Built<NDArray> => {
  const path = ["problem", "loads", k, "at"];
  const set = nodesOf(mesh, own.at, path);
  return isLeft(set)
    ? set
    : attempt(path, () => placed(set.right, own), own.spread === "traction" ? noFacet : undefined);
};

/** The field of every load of a file by itself. */
export const eachLoadOf = (mesh: GridMesh, loads: readonly RunLoad[]): Built<readonly NDArray[]> =>
  together(loads.map((own, k) => loadOf(mesh, own, k)));

/** Fields summed case by case; one case has no axis of its own. */
export const sumOfLoads = (loads: readonly RunLoad[], fields: readonly NDArray[]): NDArray => {
  const zero = zerosLike(fields[0]!);
  const cases = 1 + Math.max(...loads.map((own) => own.case));
  const sums = Array.from({ length: cases }, (_, at) =>
    fields.filter((_field, k) => loads[k]!.case === at).reduce<NDArray>((sum, field) => add(sum, field), zero),
  );
  return cases === 1 ? sums[0]! : stack(sums);
};

/** The displacement that counts as output, as weights of dofs. */
export const outputOf = (mesh: GridMesh, { output }: CustomProblem): Built<VectorField | undefined> => {
  if (output === undefined) return right(undefined);
  const set = nodesOf(mesh, output.at, ["problem", "output", "at"]);
  return validation.map(set, (nodes) => nodalLoad(nodes, output.direction as unknown as PerAxis) as VectorField);
};

/** Whether a field is 0 wherever nothing is held. */
const actsOnHeld = (field: NDArray, fixed: Uint8Array): boolean =>
  (field.toTypedArray() as Float64Array).every((value, dof) => value === 0 || fixed[dof] === 1);

/** What acts on held nodes alone; the loads may, where displaced supports are what strains the structure. */
export const heldLoads = (
  own: CustomProblem,
  { supports }: Holding,
  fields: readonly NDArray[],
  output: VectorField | undefined,
): readonly Remark[] => {
  const dimensions = own.mesh.nelz === undefined ? 2 : 3;
  const perNode = own.physics === "heat" ? 1 : dimensions;
  const fixed = new Uint8Array(fields[0]!.size);
  for (const { nodes, direction } of supports)
    for (const node of nodes.nodes)
      for (const component of componentsOf(direction, dimensions)) fixed[perNode * node + component] = 1;
  const isDriven = supports.some(({ value }) => value !== 0);
  const idle = fields.flatMap((field, k): readonly Remark[] =>
    isDriven || !actsOnHeld(field, fixed)
      ? []
      : [
          [
            ["problem", "loads", k],
            "supports hold all that this load acts on, so that it does nothing: move one of them",
          ],
        ],
  );
  if (output === undefined || !actsOnHeld(output, fixed)) return idle;
  return [
    ...idle,
    [["problem", "output"], "supports hold the output port, so that nothing moves it: move one of them"],
  ];
};
