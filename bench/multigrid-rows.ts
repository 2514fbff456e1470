/**
 * Large grids and bricks by multigrid, with the set-up of the design: against CHOLMOD's factor and solve of the same matrix
 * where that fits. Real designs: the last iterations of an optimization (late-designs.ts). Rows of memory and of iterations
 * come of the same measurement.
 */
import { join } from "node:path";
import type { MultigridOptions } from "../library/fem/index.ts";
import type { Extra, Outcome } from "./extra.ts";
import type { Goal } from "./job.ts";
import { lateDesign } from "./late-designs.ts";
import { summarize } from "./measure.ts";
import { inRounds, onceText, peerTitles } from "./solve-contest.ts";
import type { Gathered } from "./solve-contest.ts";
import type { Grid } from "./solve-designs.ts";
import { factorAndSolve, faults, rowOfPart, withFolder } from "./solve-rows.ts";
import type { Peer, Row } from "./table.ts";

interface Size {
  readonly grid: Grid;
  /** Of the design, on each grid from the coarsest on. */
  readonly iterations: readonly number[];
  readonly tolerance: number;
  readonly goals: { readonly time: Goal; readonly megabytes?: number; readonly iterations?: number };
  readonly hasPeer: boolean;
  /** Rounds of a full run; a quick one has one. */
  readonly rounds: number;
  readonly samples: number;
}

const sizes: readonly Size[] = [
  {
    grid: [1200, 400],
    iterations: [40, 8, 6],
    tolerance: 1e-8,
    goals: { time: { peer: "CHOLMOD", ratio: 0.6 }, megabytes: 450, iterations: 20 },
    hasPeer: true,
    rounds: 2,
    samples: 2,
  },
  {
    grid: [2000, 1000],
    iterations: [40, 8, 4, 3],
    tolerance: 1e-6,
    goals: { time: { most: 5000 }, megabytes: 2000 },
    hasPeer: false,
    rounds: 1,
    samples: 2,
  },
  {
    grid: [48, 24, 24],
    iterations: [10, 10],
    tolerance: 1e-8,
    goals: { time: { peer: "CHOLMOD", ratio: 1 / 10 } },
    hasPeer: true,
    rounds: 2,
    samples: 4,
  },
  {
    grid: [96, 48, 48],
    iterations: [10, 10, 4],
    tolerance: 1e-8,
    goals: { time: { most: 4000 }, megabytes: 300, iterations: 25 },
    hasPeer: false,
    rounds: 1,
    samples: 3,
  },
];

const mebibytes = ({ bytes, resident }: Gathered): number => (bytes - resident) / 2 ** 20;
const once = (value: number): Peer["timing"] => summarize([value]);

const nameOf = ({ grid, tolerance }: Size): string => `multigrid ${grid.join("x")}, ${tolerance.toExponential()}`;

const rowsOf = (size: Size, ours: Gathered, peers: ReadonlyMap<"cholmod", Gathered>): readonly Row[] => {
  const name = nameOf(size);
  const { goals } = size;
  const head = { precision: "float64", peers: [] as readonly Peer[] } as const;
  const own = (value: number): Row["ours"] => [{ variant: "multigrid", timing: once(value) }];
  const most = (amount: number | undefined): readonly Goal[] => (amount === undefined ? [] : [{ most: amount }]);
  return [
    rowOfPart(`${name}: set-up and solve`, ours, peers, factorAndSolve, [goals.time]),
    {
      ...head,
      name: `${name}: memory`,
      unit: "MiB",
      ours: own(mebibytes(ours)),
      peers: [...peers].map(([peer, gathered]) => ({ ...peerTitles[peer], timing: once(mebibytes(gathered)) })),
      goals: most(goals.megabytes && (goals.megabytes * 1e6) / 2 ** 20),
    },
    {
      ...head,
      name: `${name}: iterations`,
      unit: "iterations",
      ours: own(ours.iterations!),
      goals: most(goals.iterations),
    },
  ];
};

const measure = (size: Size, isQuick: boolean): Promise<Outcome> =>
  withFolder(async (folder) => {
    const name = nameOf(size);
    const { grid, tolerance, hasPeer, samples, rounds } = size;
    const modulus = lateDesign(grid, size.iterations);
    const solver: MultigridOptions = { kind: "multigrid", tolerance };
    const question = {
      grid,
      modulus,
      samples: 1,
      maySkip: 20,
      ...(grid.length === 3 && { problem: join(folder, "solid") }),
    };
    const asked = hasPeer ? (["cholmod"] as const) : [];
    const options = { own: { solver, samples }, roundsOfPeers: 1 };
    const { ours, peers, failures, notes } = await inRounds(question, asked, isQuick ? 1 : rounds, options);
    if (ours === undefined) return { rows: [], failures: failures.map((failure) => `${name}: ${failure}`), notes };
    // What the iteration leaves may be a little more than it was asked for, by rounding.
    const wrong = faults(name, ours, peers, 2 * tolerance);
    return {
      rows: wrong.failures.length > 0 ? [] : rowsOf(size, ours, peers as ReadonlyMap<"cholmod", Gathered>),
      failures: [...failures.map((failure) => `${name}: ${failure}`), ...wrong.failures],
      notes: [
        ...notes,
        `${name}: our residual is ${ours.residual.toExponential(1)}${hasPeer ? `, compliances agree to ${wrong.gap.toExponential(1)}` : ""}; the solver keeps ${(ours.kept! / 2 ** 20).toFixed(0)} MiB of a design; ${onceText(ours, peers)}.`,
      ],
    };
  });

export const multigridExtras: readonly Extra[] = sizes.map((size) => ({
  name: nameOf(size),
  measure: (isQuick) => measure(size, isQuick),
}));
