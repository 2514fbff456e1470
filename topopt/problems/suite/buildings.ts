/**
 * Families of the suite with more involved loads: on a circle, on slopes, at points, on storeys, and of water.
 * Source: Hoyer, Sohl-Dickstein & Greydanus 2019, re-derived from their definitions.
 */
import { edge, fix, nodalLoad } from "../../../library/fem/index.ts";
import type { GridMesh, VectorField } from "../../../library/fem/index.ts";
import { crossings, loadOf, range } from "../rows-and-columns.ts";
import { deckLoad } from "./family.ts";
import type { Family, Size } from "./family.ts";
import { circleWeight, lineWeight } from "./soft-lines.ts";

/**
 * The left half of a loaded ring that touches the ground, on rollers there: forces of total about 1/2 down, in proportion to
 * the weight of an anti-aliased circle.
 */
const hoop: Family = {
  name: "hoop",
  sizes: [
    [32, 64, 0.25],
    [64, 128, 0.2],
    [128, 256, 0.15],
  ],
  conditions: (mesh) => {
    const { nelx: radius } = mesh;
    const weight = circleWeight(radius);
    return {
      supports: [fix(edge(mesh, "right"), "x"), fix(edge(mesh, "bottom"), "y")],
      load: loadOf(
        mesh,
        [0, -1],
        (column, row) => weight({ column: column - radius, row: row - radius }) / (2 * Math.PI * radius),
      ),
    };
  },
};

/** Water from the left, whose pressure grows with depth to a total of about 1, against a wall clamped on the ground. */
const dam: Family = {
  name: "dam",
  sizes: [
    [64, 64, 0.2],
    [128, 128, 0.15],
    [256, 256, 0.05],
    [256, 256, 0.1],
    [256, 256, 0.2],
  ],
  conditions: (mesh) => ({
    supports: [fix(edge(mesh, "bottom"), "all")],
    load: loadOf(mesh, [1, 0], (column, row) => (column === 0 ? (2 * (row + 1)) / mesh.nely ** 2 : 0)),
  }),
};

/**
 * Flights that zigzag up from the ground at the right, each an anti-aliased line over the whole width; where two meet, the
 * larger force counts. Heights between flights are rounded towards the top.
 */
const flights = (mesh: GridMesh, storeys: number): VectorField => {
  const { nelx, nely } = mesh;
  const level = (storey: number): number => Math.floor((storey * nely) / storeys);
  const weights = range(0, storeys - 1).map((storey) => {
    const parity = storey % 2;
    return lineWeight({ column: 0, row: level(storey + parity) }, { column: nelx, row: level(storey + 1 - parity) });
  });
  return loadOf(
    mesh,
    [0, -1],
    (column, row) => Math.max(...weights.map((weight) => weight({ column, row }))) / (nelx * storeys),
  );
};

/** Flights that hang in the air, clamped on the ground; a ramp has one. */
const staircase = (name: string, sizes: readonly Size[]): Family => ({
  name,
  sizes,
  conditions: (mesh, storeys) => ({
    supports: [fix(edge(mesh, "bottom"), "all")],
    load: flights(mesh, storeys),
  }),
});

/** Forces at points `spacing` apart, every second row shifted by half of it, over rollers; symmetry on both sides. */
const staggeredPoints: Family = {
  name: "staggered_points",
  sizes: [
    [64, 64, 0.3, 16],
    [128, 128, 0.3, 16],
    [256, 256, 0.3, 16],
    [256, 256, 0.5, 16],
    [64, 128, 0.3, 16],
    [128, 256, 0.3, 16],
    [32, 128, 0.3, 16],
    [64, 256, 0.3, 16],
    [128, 512, 0.3, 16],
    [128, 512, 0.15, 32],
  ],
  conditions: (mesh, spacing) => {
    const { nelx, nely } = mesh;
    const points = (column: number, row: number): VectorField =>
      nodalLoad(crossings(mesh, range(column, nelx, spacing), range(row, nely, spacing)), [
        0,
        -(spacing ** 2) / (nelx * nely),
      ]);
    return {
      supports: [fix(edge(mesh, "bottom"), "y"), fix(edge(mesh, "left"), "x"), fix(edge(mesh, "right"), "x")],
      load: points(spacing / 2, 0).add(points(0, spacing / 2)),
    };
  },
};

/** Half of a building on rollers, symmetric on the right: a deck every `spacing` rows from the top, the ground included. */
const multistoryBuilding: Family = {
  name: "multistory_building",
  sizes: [
    [32, 64, 0.5, 16],
    [64, 128, 0.4, 32],
    [128, 256, 0.3, 64],
    [128, 512, 0.25, 64],
    [128, 512, 0.2, 128],
  ],
  conditions: (mesh, spacing) => ({
    supports: [fix(edge(mesh, "bottom"), "y"), fix(edge(mesh, "right"), "x")],
    load: deckLoad(mesh, ...range(0, mesh.nely, spacing)),
  }),
};

export const buildings: readonly Family[] = [
  hoop,
  dam,
  staircase("ramp", [
    [64, 64, 0.3, 1],
    [128, 128, 0.2, 1],
    [256, 256, 0.2, 1],
    [256, 256, 0.1, 1],
  ]),
  staircase("staircase", [
    [64, 64, 0.3, 3],
    [128, 128, 0.2, 3],
    [256, 256, 0.15, 3],
    [128, 512, 0.15, 6],
  ]),
  staggeredPoints,
  multistoryBuilding,
];
