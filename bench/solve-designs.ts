/**
 * Moduli on which solves are compared, as files for every contestant: float64, row 0 on top, [nely, nelx] or [nelz, nely, nelx].
 *   bw    an optimized MBB beam, solid or void, with the contrast of 1e9 that a finished design has
 *   grey  a smooth field of densities from 0.2 to 0.8, as in the first iterations
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { built } from "./contestants/built.ts";

const { minimizeCompliance, problems } = await built<typeof import("../topopt/index.ts")>("topopt/index.js");

/** nelx, nely and, of a solid, nelz. */
export type Grid = readonly [nelx: number, nely: number] | readonly [nelx: number, nely: number, nelz: number];

export const designs = ["bw", "grey"] as const;
export type Design = (typeof designs)[number];

/** Most elements along x of the beam that is optimized and then enlarged. */
const longest = 60;

const moduli = (densities: Float64Array): Float64Array => densities.map((density) => 1e-9 + density ** 3);

/** The densest half of the elements is 1, the others 0; among equals the earlier is denser. */
const densestHalf = (densities: Float64Array): Float64Array => {
  const order = Array.from(densities.keys()).toSorted((a, b) => densities[b]! - densities[a]! || a - b);
  const solid = new Float64Array(densities.length);
  for (const element of order.slice(0, Math.round(densities.length / 2))) solid[element] = 1;
  return solid;
};

const optimized = new Map<string, Float64Array>();

/** The same for the same grid: an optimization takes the same bits everywhere. */
const optimizedBeam = (nelx: number, nely: number): Float64Array => {
  const name = `${nelx}x${nely}`;
  if (!optimized.has(name)) {
    const options = { volumeFraction: 0.5, filterRadius: 1.5, iterations: 60 };
    const { density } = minimizeCompliance(problems.mbb({ nelx, nely }), options);
    optimized.set(name, densestHalf(density.toTypedArray() as Float64Array));
  }
  return optimized.get(name)!;
};

/** Values of a field at the middle of each element, layer by layer. */
const sampled = (
  [nelx, nely, nelz = 1]: Grid,
  field: (column: number, row: number, layer: number) => number,
): Float64Array =>
  Float64Array.from({ length: nelx * nely * nelz }, (_, e) =>
    field(e % nelx, Math.floor(e / nelx) % nely, Math.floor(e / (nelx * nely))),
  );

/** The optimized beam by nearest neighbour; a solid has it in every layer. */
const blackAndWhite = (grid: Grid): Float64Array => {
  const [nelx, nely] = grid;
  const shrink = Math.min(1, longest / nelx);
  const columns = Math.max(1, Math.round(nelx * shrink));
  const rows = Math.max(1, Math.round(nely * shrink));
  const beam = optimizedBeam(columns, rows);
  const nearest = (index: number, count: number, of: number): number => Math.floor(((index + 0.5) * of) / count);
  return sampled(grid, (column, row) => beam[nearest(row, nely, rows) * columns + nearest(column, nelx, columns)]!);
};

const grey = (grid: Grid): Float64Array => {
  const [nelx, nely, nelz = 1] = grid;
  const wave = (index: number, count: number, periods: number): number =>
    Math.cos((2 * Math.PI * periods * (index + 0.5)) / count);
  return sampled(
    grid,
    (column, row, layer) => 0.5 + 0.3 * wave(column, nelx, 3) * wave(row, nely, 1) * wave(layer, 2 * nelz, 1 / 2),
  );
};

/** Writes both into the folder, which is made where it is missing. @returns paths */
export const writeDesigns = (folder: string, grid: Grid): Readonly<Record<Design, string>> => {
  mkdirSync(folder, { recursive: true });
  const write = (design: Design, densities: Float64Array): string => {
    const path = join(folder, `${design}-${grid.join("x")}.f64`);
    writeFileSync(path, moduli(densities));
    return path;
  };
  return { bw: write("bw", blackAndWhite(grid)), grey: write("grey", grey(grid)) };
};
