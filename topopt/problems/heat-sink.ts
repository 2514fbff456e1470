/**
 * Heat from everywhere to a short part of one edge.
 * Source: Bendsoe & Sigmund 2003, chapter 5, the program for heat conduction (there with equal heat at every node).
 */
import { fix, gridMesh, heatConduction, scalarField } from "../../library/fem/index.ts";
import type { HeatSystem } from "../../library/fem/index.ts";
import type { Problem, ProblemSize } from "./problem.ts";
import { crossings, range } from "./rows-and-columns.ts";

/**
 * A sheet heated evenly by a total of 1 watt, whose middle tenth of the left edge is held at 0: its compliance is the mean
 * temperature.
 */
export const heatSink = (size: ProblemSize): Problem<HeatSystem> => {
  const mesh = gridMesh(size);
  const { nelx, nely } = mesh;
  const reach = Math.max(nely / 20, 0.5);
  const sink = crossings(mesh, [0], range(Math.ceil(nely / 2 - reach), Math.floor(nely / 2 + reach)));
  const share = (index: number, count: number): number => (index === 0 || index === count ? 0.5 : 1) / count;
  const rows = range(0, nely).map((row) => range(0, nelx).map((column) => share(row, nely) * share(column, nelx)));
  return {
    mesh,
    system: heatConduction(mesh, { supports: [fix(sink, "temperature")] }),
    load: scalarField(mesh, rows),
    volumeFraction: 0.4,
    name: "heatSink",
  };
};
