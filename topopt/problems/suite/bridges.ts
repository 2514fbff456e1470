/**
 * Families of the suite that are bridges: a load along a deck, 1 / nelx at each of its nodes.
 * Source: Hoyer, Sohl-Dickstein & Greydanus 2019, re-derived from their definitions.
 */
import { corner, edge, fix, nodalLoad } from "../../../library/fem/index.ts";
import { allColumns, crossings, range } from "../rows-and-columns.ts";
import { deckLoad, rounded } from "./family.ts";
import type { Family, Size } from "./family.ts";

/** Half of a span of a bridge on piers: symmetry on both sides, the lower right corner on the ground. */
const causeway = (where: string, level: number, sizes: readonly Size[]): Family => ({
  name: `causeway_bridge_${where}`,
  sizes,
  conditions: (mesh) => ({
    supports: [fix(corner(mesh, "bottomRight"), "y"), fix(edge(mesh, "right"), "x"), fix(edge(mesh, "left"), "x")],
    load: deckLoad(mesh, rounded(mesh.nely * (1 - level))),
  }),
});

/**
 * A causeway with two decks, 0.2 of the height apart, on the lower left corner. Its definition sets both components of the
 * forces, so that the decks are pushed sideways as much as down: to the side that gives its compliance, which counts y down.
 */
const twoLevel: Family = {
  name: "two_level_bridge",
  sizes: [
    [64, 64, 0.2],
    [128, 128, 0.16],
    [256, 256, 0.12],
  ],
  conditions: (mesh) => {
    const decks = [rounded((mesh.nely * (1 - 0.2)) / 2), rounded((mesh.nely * (1 + 0.2)) / 2)];
    const force = 1 / (2 * mesh.nelx);
    return {
      supports: [fix(corner(mesh, "bottomLeft"), "all"), fix(edge(mesh, "left"), "x"), fix(edge(mesh, "right"), "x")],
      load: nodalLoad(crossings(mesh, allColumns(mesh), decks), [force, -force]),
    };
  },
};

/** Half of a bridge whose deck is the lower edge: symmetry on the right, the outer part of the deck on the ground. */
const suspended = (name: string, span: number, isAnchored: boolean): Family => ({
  name: `${name}_suspended_bridge`,
  sizes: [
    [64, 64, 0.15],
    [128, 128, 0.1],
    [256, 256, 0.075],
    [256, 256, 0.05],
  ],
  conditions: (mesh) => {
    const ground = crossings(mesh, range(0, rounded(span * mesh.nelx) - 1), [mesh.nely]);
    return {
      supports: [fix(edge(mesh, "right"), "x"), fix(ground, isAnchored ? "all" : "y")],
      load: deckLoad(mesh, mesh.nely),
    };
  },
});

/** Half of a bridge between two walls: symmetry on the left, clamped on the whole right edge, the deck on top. */
const canyon: Family = {
  name: "canyon_bridge",
  sizes: [
    [64, 64, 0.16],
    [128, 128, 0.12],
    [256, 256, 0.1],
    [256, 256, 0.05],
  ],
  conditions: (mesh) => ({
    supports: [fix(edge(mesh, "right"), "all"), fix(edge(mesh, "left"), "x")],
    load: deckLoad(mesh, 0),
  }),
};

/**
 * A bridge whose piers are a quarter of the width: material may be in the upper quarter and in a pier below. The definition
 * passes its mask without the transposition that the other masks have; the pier is on the right therefore.
 */
const thinSupport: Family = {
  name: "thin_support_bridge",
  sizes: [
    [64, 64, 0.3],
    [128, 128, 0.2],
    [256, 256, 0.15],
    [256, 256, 0.1],
  ],
  conditions: (mesh) => ({
    supports: [fix(edge(mesh, "bottom"), "y"), fix(edge(mesh, "left"), "x"), fix(edge(mesh, "right"), "x")],
    load: deckLoad(mesh, 0),
  }),
  isOpen: ({ nelx, nely }, column, row) => row < nely - rounded(nelx * 0.75) || column >= rounded(nely * 0.75),
};

/** Clamped on the left edge; the deck is the lower one. */
const drawbridge: Family = {
  name: "drawbridge",
  sizes: [
    [64, 64, 0.2],
    [128, 128, 0.15],
    [256, 256, 0.1],
  ],
  conditions: (mesh) => ({
    supports: [fix(edge(mesh, "left"), "all")],
    load: deckLoad(mesh, mesh.nely),
  }),
};

const lowSizes: readonly Size[] = [
  [64, 64, 0.12],
  [128, 128, 0.1],
  [256, 256, 0.08],
];

export const bridges: readonly Family[] = [
  causeway("top", 1, [
    [64, 64, 0.3],
    [128, 128, 0.2],
    [256, 256, 0.1],
    [128, 64, 0.3],
    [256, 128, 0.2],
  ]),
  causeway("middle", 0.5, lowSizes),
  causeway("low", 0.3, lowSizes),
  twoLevel,
  suspended("free", 0.2, false),
  suspended("anchored", 0.1, true),
  canyon,
  thinSupport,
  drawbridge,
];
