/** Structures and conductors with random supports, springs and moduli for the tests of the hierarchy. */
import fc from "fast-check";
import type { GridElements } from "../../../kernels/multigrid/plan.ts";
import { brickElementNodes, gridElementNodes } from "../../../kernels/sparse/grid.ts";
import { freeRigidDof } from "../../../kernels/sparse/rigid-motions.ts";
import { elementKinds, libraryElement, randomNumbers } from "./elements.ts";

export interface Structure extends GridElements {
  readonly nodesPerElement: number;
}

export const structureOf = (
  cells: readonly number[],
  components: number,
  fixed: Uint8Array,
  springs?: Float64Array,
): Structure => {
  const [nelx, nely, nelz] = [...cells].reverse() as [number, number, number?];
  return {
    elementShape: cells,
    dofsPerNode: components,
    nodesPerElement: 2 ** cells.length,
    elementNodes: nelz === undefined ? gridElementNodes(nelx, nely) : brickElementNodes(nelx, nely, nelz),
    elementMatrix: libraryElement(cells.length, components),
    fixed,
    springs,
  };
};

export const dofCount = (cells: readonly number[], components: number): number =>
  cells.reduce((count, own) => count * (own + 1), components);

/** A structure with supports at random dofs that hold it, springs at others, and moduli over nine decades or four. */
export const structures = (contrast: number) =>
  fc
    .constantFrom(...elementKinds)
    .chain(([dimension, components]) =>
      fc.record({
        components: fc.constant(components),
        cells: fc.array(fc.integer({ min: 1, max: dimension === 2 ? 12 : 4 }), {
          minLength: dimension,
          maxLength: dimension,
        }),
        seed: fc.nat(),
        hasSprings: fc.boolean(),
        levels: fc.integer({ min: 2, max: 4 }),
      }),
    )
    .map(({ components, cells, seed, hasSprings, levels }) => {
      const random = randomNumbers(seed);
      const dofs = dofCount(cells, components);
      const fixed = new Uint8Array(dofs);
      const springs = new Float64Array(dofs);
      const anyDof = (): number => Math.min(dofs - 1, Math.floor(((random() + 1) / 2) * dofs));
      const plain = structureOf(cells, components, fixed);
      // One dof after the other, each where something still moves.
      for (let free = freeRigidDof(plain); free !== undefined; free = freeRigidDof(plain)) {
        const dof = anyDof();
        fixed[fixed[dof] === 1 ? free : dof] = 1;
      }
      if (hasSprings) for (let k = 0; k < 3; k++) springs[anyDof()] = Math.exp(3 * random());
      const elements = cells.reduce((count, own) => count * own, 1);
      const modulus = Float64Array.from({ length: elements }, () => contrast ** ((random() - 1) / 2));
      const load = Float64Array.from({ length: dofs }, random);
      return { system: structureOf(cells, components, fixed, hasSprings ? springs : undefined), levels, modulus, load };
    });
