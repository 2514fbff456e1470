/**
 * Families of the suite: idealized beams and cantilevers.
 * Source: Hoyer, Sohl-Dickstein & Greydanus 2019, re-derived from their definitions; theirs name Bruggi, Venini & Taliercio
 * 2010 (doi 10.1007/s00158-010-0557-z) and Michell's structures.
 */
import { corner, edge, fix, nodalLoad } from "../../../library/fem/index.ts";
import type { GridMesh } from "../../../library/fem/index.ts";
import { crossings, nodeAt } from "../rows-and-columns.ts";
import { rounded } from "./family.ts";
import type { Conditions, Family } from "./family.ts";

/** Half of a simply supported beam, as problems.mbb. */
const mbbBeam = (mesh: GridMesh): Conditions => ({
  supports: [fix(corner(mesh, "bottomRight"), "y"), fix(edge(mesh, "left"), "x")],
  load: nodalLoad(corner(mesh, "topLeft"), [0, -1]),
});

/** Clamped on the whole left edge, with a unit force at the lower right corner. */
const cantileverBeamFull = (mesh: GridMesh): Conditions => ({
  supports: [fix(edge(mesh, "left"), "all")],
  load: nodalLoad(corner(mesh, "bottomRight"), [0, -1]),
});

/** Held at a quarter and at three quarters of the left edge, with a unit force in the middle of the right one. */
const cantileverBeamTwoPoint = (mesh: GridMesh): Conditions => {
  const { nelx, nely } = mesh;
  return {
    supports: [fix(crossings(mesh, [0], [rounded(nely * 0.25), rounded(nely * 0.75)]), "all")],
    load: nodalLoad(nodeAt(mesh, nelx, rounded(0.5 * nely)), [0, -1]),
  };
};

/** A couple of unit forces along x on the left edge, 0.1 of the height apart, whose nodes rest in y; symmetry on the right. */
const pureBendingMoment = (mesh: GridMesh): Conditions => {
  const [upper, lower] = [rounded(mesh.nely * 0.45), rounded(mesh.nely * (1 - 0.45))];
  return {
    supports: [fix(edge(mesh, "right"), "x"), fix(crossings(mesh, [0], [upper, lower]), "y")],
    load: nodalLoad(nodeAt(mesh, 0, lower), [1, 0]).add(nodalLoad(nodeAt(mesh, 0, upper), [-1, 0])),
  };
};

/** Pinned at the lower left corner, symmetric on the right, with a unit force on the lower edge, nely / 2 from the left. */
const groundStructure = (mesh: GridMesh): Conditions => ({
  supports: [fix(edge(mesh, "right"), "x"), fix(corner(mesh, "bottomLeft"), "all")],
  load: nodalLoad(nodeAt(mesh, rounded(0.5 * mesh.nely), mesh.nely), [0, -1]),
});

/** A roller at 0.05 of the width and a unit force on the line of symmetry at the right, both in one row. */
const michellCentered =
  (position: number, rowOf: (mesh: GridMesh) => number) =>
  (mesh: GridMesh): Conditions => ({
    supports: [fix(nodeAt(mesh, rounded(position * mesh.nelx), rowOf(mesh)), "y"), fix(edge(mesh, "right"), "x")],
    load: nodalLoad(nodeAt(mesh, mesh.nelx, rowOf(mesh)), [0, -1]),
  });

export const beams: readonly Family[] = [
  {
    name: "mbb_beam",
    sizes: [
      [96, 32, 0.5],
      [192, 64, 0.4],
      [384, 128, 0.3],
      [192, 32, 0.5],
      [384, 64, 0.4],
    ],
    conditions: mbbBeam,
  },
  {
    name: "cantilever_beam_full",
    sizes: [
      [96, 32, 0.4],
      [192, 64, 0.3],
      [384, 128, 0.2],
      [384, 128, 0.15],
    ],
    conditions: cantileverBeamFull,
  },
  {
    name: "cantilever_beam_two_point",
    sizes: [
      [64, 48, 0.4],
      [128, 96, 0.3],
      [256, 192, 0.2],
      [256, 192, 0.15],
    ],
    conditions: cantileverBeamTwoPoint,
  },
  {
    name: "pure_bending_moment",
    sizes: [
      [32, 64, 0.15],
      [64, 128, 0.125],
      [128, 256, 0.1],
    ],
    conditions: pureBendingMoment,
  },
  {
    name: "ground_structure",
    sizes: [
      [64, 64, 0.12],
      [128, 128, 0.1],
      [256, 256, 0.07],
      [256, 256, 0.05],
    ],
    conditions: groundStructure,
  },
  {
    name: "michell_centered_both",
    sizes: [
      [32, 64, 0.12],
      [64, 128, 0.12],
      [128, 256, 0.12],
      [128, 256, 0.06],
    ],
    conditions: michellCentered(0.05, ({ nely }) => rounded(nely / 2)),
  },
  {
    name: "michell_centered_below",
    sizes: [
      [64, 64, 0.12],
      [128, 128, 0.12],
      [256, 256, 0.12],
      [256, 256, 0.06],
    ],
    // Roller and force are on the upper edge: with the forces that the definitions state, the room for the structure is below.
    conditions: michellCentered(0.25, () => 0),
  },
];
