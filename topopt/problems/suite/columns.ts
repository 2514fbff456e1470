/**
 * Families of the suite that carry a load along the whole top edge down to the ground.
 * Source: Hoyer, Sohl-Dickstein & Greydanus 2019, re-derived from their definitions.
 */
import { corner, edge, fix } from "../../../library/fem/index.ts";
import { deckLoad } from "./family.ts";
import type { Family } from "./family.ts";

/** Half of a table on one leg: symmetry on the right, where the lower corner stands on the ground. */
const centerSupport: Family = {
  name: "center_support",
  sizes: [
    [64, 64, 0.15],
    [128, 128, 0.1],
    [256, 256, 0.1],
    [256, 256, 0.05],
  ],
  conditions: (mesh) => ({
    supports: [fix(corner(mesh, "bottomRight"), "y"), fix(edge(mesh, "right"), "x")],
    load: deckLoad(mesh, 0),
  }),
};

/** Half of a column: symmetry on the right, the whole lower edge on rollers. */
const column: Family = {
  name: "column",
  sizes: [
    [32, 128, 0.3],
    [64, 256, 0.3],
    [128, 512, 0.1],
    [128, 512, 0.3],
    [128, 512, 0.5],
  ],
  conditions: (mesh) => ({
    supports: [fix(edge(mesh, "bottom"), "y"), fix(edge(mesh, "right"), "x")],
    load: deckLoad(mesh, 0),
  }),
};

/** Half of one bay of a roof that repeats: symmetry on both sides, the lower edge on rollers. */
const roof: Family = {
  name: "roof",
  sizes: [
    [64, 64, 0.2],
    [128, 128, 0.15],
    [256, 256, 0.4],
    [256, 256, 0.2],
    [256, 256, 0.1],
  ],
  conditions: (mesh) => ({
    supports: [fix(edge(mesh, "left"), "x"), fix(edge(mesh, "right"), "x"), fix(edge(mesh, "bottom"), "y")],
    load: deckLoad(mesh, 0),
  }),
};

export const columns: readonly Family[] = [centerSupport, column, roof];
