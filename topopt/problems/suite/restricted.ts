/**
 * Families of the suite whose material may be in a part of the grid only.
 * Source: Hoyer, Sohl-Dickstein & Greydanus 2019, re-derived from their definitions.
 */
import { edge, fix, nodalLoad } from "../../../library/fem/index.ts";
import { crossings, nodeAt, range } from "../rows-and-columns.ts";
import { rounded } from "./family.ts";
import type { Family, Size } from "./family.ts";

/**
 * An L whose upright and arm are `aspect` of the box wide: clamped on the top of the upright but for its right corner, with a
 * unit force at half height of the arm's right end.
 */
const lShape = (aspect: number, sizes: readonly Size[]): Family => ({
  name: `l_shape_${aspect}`,
  sizes,
  conditions: (mesh) => ({
    supports: [fix(crossings(mesh, range(0, rounded(aspect * mesh.nelx) - 1), [0]), "all")],
    load: nodalLoad(nodeAt(mesh, mesh.nelx, rounded((1 - aspect * 0.5) * mesh.nely)), [0, -1]),
  }),
  isOpen: ({ nelx, nely }, column, row) => column < rounded(nely * aspect) || row >= rounded(nelx * (1 - aspect)),
});

/** First row of elements below the jib: the definitions leave two more than half the height, so that the force has room. */
const belowJib = (nely: number): number => rounded(nely * 0.5) + 2;

/** A crane clamped on the ground: its jib reaches to the right, with a unit force on its lower edge at 0.9 of the width. */
const crane: Family = {
  name: "crane",
  sizes: [
    [64, 64, 0.3],
    [128, 128, 0.2],
    [256, 256, 0.15],
    [256, 256, 0.1],
  ],
  conditions: (mesh) => ({
    supports: [fix(edge(mesh, "bottom"), "all")],
    load: nodalLoad(nodeAt(mesh, rounded(0.9 * mesh.nelx), belowJib(mesh.nely)), [0, -1]),
  }),
  isOpen: ({ nelx, nely }, column, row) => column < rounded(0.5 * nelx) || row < belowJib(nely),
};

export const restricted: readonly Family[] = [
  lShape(0.2, [
    [64, 64, 0.4],
    [128, 128, 0.3],
    [256, 256, 0.2],
  ]),
  lShape(0.4, [
    [64, 64, 0.4],
    [128, 128, 0.3],
    [256, 256, 0.2],
  ]),
  crane,
];
