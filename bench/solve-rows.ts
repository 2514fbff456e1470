/**
 * Factorizations and solves of plane structures, ours against SciPy and CHOLMOD, on the same matrices (solve-designs.ts).
 * Every round asks all, in an order that is turned by one. What has to be right: our residuals, that the compliances of all
 * agree, and the energies that multigrid gives for every element.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Extra, Outcome } from "./extra.ts";
import type { Goal } from "./job.ts";
import { lateDesign } from "./late-designs.ts";
import { summarize } from "./measure.ts";
import { designs, writeDesigns } from "./solve-designs.ts";
import type { Design, Grid } from "./solve-designs.ts";
import { inRounds, onceText, peerTitles } from "./solve-contest.ts";
import type { Gathered } from "./solve-contest.ts";
import { startOwnSolver } from "./solvers.ts";
import type { SolvePeerName, SolveQuestion, Solver } from "./solvers.ts";
import type { Peer, Row } from "./table.ts";

/** Largest accepted |K u - f| / |f| of ours, and relative difference between compliances. */
const residualBound = 1e-10;
const complianceBound = 1e-7;

const titles: Readonly<Record<Design, string>> = { bw: "black and white", grey: "grey" };

/** Runs with a folder that is removed afterwards. */
export const withFolder = async <T>(work: (folder: string) => Promise<T>): Promise<T> => {
  const folder = mkdtempSync(join(tmpdir(), "cotangent-bench-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const sums = (...parts: readonly (readonly number[])[]): readonly number[] =>
  parts[0]!.map((_, k) => parts.reduce((sum, part) => sum + part[k]!, 0));

/** Milliseconds of each sample for a part of the work; none where the library does not do it apart. */
type Part = (gathered: Gathered) => readonly number[];

const factorAlone: Part = ({ factor }) => factor;
export const factorAndSolve: Part = ({ factor, solve }) => (factor.length === 0 ? solve : sums(factor, solve));
/** Those that solve once per sample would take as long again for the second. */
const factorAndTwo: Part = ({ factor, solve, again }) =>
  factor.length === 0 ? sums(solve, solve) : sums(factor, solve, again ?? solve);

export const rowOfPart = (
  name: string,
  ours: Gathered,
  peers: ReadonlyMap<SolvePeerName, Gathered>,
  part: Part,
  goals: readonly Goal[],
): Row => ({
  name,
  precision: "float64",
  unit: "ms",
  ours: [{ variant: "jit auto", timing: summarize(part(ours)) }],
  peers: [...peers].flatMap(([peer, gathered]): Peer[] => {
    const times = part(gathered);
    return times.length === 0 ? [] : [{ ...peerTitles[peer], timing: summarize(times) }];
  }),
  goals,
});

/** What is wrong with the numbers. */
export const faults = (
  name: string,
  ours: Gathered,
  peers: ReadonlyMap<SolvePeerName, Gathered>,
  mostResidual: number,
): { readonly failures: readonly string[]; readonly gap: number } => {
  const gaps = [...peers.values()].map(({ compliance }) => Math.abs(compliance / ours.compliance - 1));
  const failures = [
    ...(ours.residual <= mostResidual ? [] : [`${name}: our residual is ${ours.residual}, more than ${mostResidual}`]),
    ...[...peers.keys()].flatMap((peer, k) =>
      gaps[k]! <= complianceBound ? [] : [`${name}: compliance differs from that of ${peer} by ${gaps[k]}`],
    ),
  ];
  return { failures, gap: Math.max(0, ...gaps) };
};

interface PlaneSize {
  readonly grid: Grid;
  /** Factor against CHOLMOD's alone. */
  readonly factorGoal: number;
  /** Whether factor and solve against SciPy are rows too, for both designs. */
  readonly isWhole: boolean;
}

const planeSizes: readonly PlaneSize[] = [
  { grid: [60, 20], factorGoal: 0.45, isWhole: true },
  { grid: [96, 64], factorGoal: 0.45, isWhole: false },
  { grid: [150, 50], factorGoal: 0.45, isWhole: true },
  { grid: [300, 100], factorGoal: 0.55, isWhole: true },
  { grid: [600, 200], factorGoal: 0.8, isWhole: true },
];

/** Who is asked: those of the goals, and, in full runs, SciPy in symmetric mode. */
const peersOf = ({ isWhole }: PlaneSize, isQuick: boolean): readonly SolvePeerName[] => [
  ...(isWhole ? (["spsolve"] as const) : []),
  ...(isQuick ? [] : (["symmetric"] as const)),
  "cholmod",
];

/** Rows of one design. */
const rowsOf = (
  title: string,
  design: Design,
  { factorGoal, isWhole }: PlaneSize,
  ours: Gathered,
  peers: ReadonlyMap<SolvePeerName, Gathered>,
): readonly Row[] => [
  ...(isWhole
    ? [
        rowOfPart(`${title}: factor and solve`, ours, peers, factorAndSolve, [{ peer: "SciPy", ratio: 1 / 8 }]),
        rowOfPart(`${title}: factor and two solves`, ours, peers, factorAndTwo, [{ peer: "SciPy", ratio: 1 / 12 }]),
      ]
    : []),
  ...(design === "bw"
    ? [rowOfPart(`${title}: factor`, ours, peers, factorAlone, [{ peer: "CHOLMOD", ratio: factorGoal }])]
    : []),
];

const contestOf = async (size: PlaneSize, design: Design, modulus: string, isQuick: boolean): Promise<Outcome> => {
  const { grid } = size;
  const title = `solve ${grid.join("x")}, ${titles[design]}`;
  const question = { grid, modulus, samples: 100, maySkip: isQuick ? 0.3 : 0.5 };
  const contest = await inRounds(question, peersOf(size, isQuick), isQuick ? 1 : 3);
  const { ours, peers, notes } = contest;
  const failures = contest.failures.map((failure) => `${title}: ${failure}`);
  if (ours === undefined) return { rows: [], failures, notes };
  const wrong = faults(title, ours, peers, residualBound);
  const found = `${title}: our residual is ${ours.residual.toExponential(1)}, compliances agree to ${wrong.gap.toExponential(1)}; ${onceText(ours, peers)}.`;
  return {
    rows: wrong.failures.length > 0 ? [] : rowsOf(title, design, size, ours, peers),
    failures: [...failures, ...wrong.failures],
    notes: [...notes, found],
  };
};

const plane = (size: PlaneSize, isQuick: boolean): Promise<Outcome> =>
  withFolder(async (folder) => {
    const files = writeDesigns(folder, size.grid);
    const outcomes: Outcome[] = [];
    for (const design of size.isWhole ? designs : (["bw"] as const))
      outcomes.push(await contestOf(size, design, files[design], isQuick));
    return {
      rows: outcomes.flatMap(({ rows }) => rows),
      failures: outcomes.flatMap(({ failures }) => failures),
      notes: outcomes.flatMap(({ notes }) => notes),
    };
  });

/** Two threads against one. */
const onTwoThreads = (grid: Grid, isQuick: boolean): Promise<Outcome> =>
  withFolder(async (folder) => {
    const question = { grid, modulus: writeDesigns(folder, grid).bw, samples: 100, maySkip: isQuick ? 0.3 : 0.5 };
    const [one, two] = await Promise.all([startOwnSolver(1), startOwnSolver(2)]);
    const times: Record<1 | 2, number[]> = { 1: [], 2: [] };
    const compliances: number[] = [];
    try {
      await Promise.all([one, two].map((solver) => solver.ask({ ...question, samples: 5 })));
      for (let round = 0; round < (isQuick ? 1 : 3); round++)
        for (const threads of round % 2 === 0 ? ([1, 2] as const) : ([2, 1] as const)) {
          const answer = await (threads === 1 ? one : two).ask(question);
          times[threads].push(...answer.factor);
          compliances.push(answer.compliance);
        }
    } finally {
      await Promise.all([one.close(), two.close()]);
    }
    const name = twoThreadsName(grid);
    const isSame = compliances.every((compliance) => compliance === compliances[0]);
    const row: Row = {
      name,
      precision: "float64",
      unit: "ms",
      ours: [{ variant: "two threads", timing: summarize(times[2]) }],
      peers: [{ name: "one thread", variant: "one thread", timing: summarize(times[1]) }],
      goals: [{ peer: "one thread", ratio: 0.6 }],
    };
    return isSame
      ? { rows: [row], failures: [], notes: [] }
      : { rows: [], failures: [`${name}: compliances differ between one and two threads`], notes: [] };
  });

const twoThreadsName = (grid: Grid): string => `two threads: factor ${grid.join("x")}, black and white`;

const severalName = "solve 300x100, black and white: several loads";

/** Four and eight loads against one. */
const severalLoads = (isQuick: boolean): Promise<Outcome> =>
  withFolder(async (folder) => {
    const grid: Grid = [300, 100];
    const solver = await startOwnSolver();
    try {
      const modulus = writeDesigns(folder, grid).bw;
      const question = { grid, modulus, samples: 100, maySkip: isQuick ? 1 : 3, cases: [4, 8] };
      await solver.ask({ ...question, samples: 3 });
      const { again, many, manyGap } = await solver.ask(question);
      if (!(manyGap! <= complianceBound))
        return {
          rows: [],
          failures: [`${severalName}: compliances differ by ${manyGap} from those of one`],
          notes: [],
        };
      const one: Peer = { name: "one load", variant: "jit auto", timing: summarize(again!) };
      const row = (count: number, ratio: number): Row => ({
        name: `${severalName}, ${count}`,
        precision: "float64",
        unit: "ms",
        ours: [{ variant: "jit auto", timing: summarize(many![count]!) }],
        peers: [one],
        goals: [{ peer: "one load", ratio }],
      });
      return { rows: [row(4, 1.8), row(8, 2.8)], failures: [], notes: [] };
    } finally {
      await solver.close();
    }
  });

const energiesName = "solve 300x100: energies of elements by multigrid";

/** Accepted relative error of multigrid's energies at the worst element, usually a void one. */
const energyBound = 1e-5;

/** Energies that ours has for every element, by a solver. */
const energiesBy = async (
  solver: Solver,
  question: Pick<SolveQuestion, "grid" | "modulus" | "solver">,
  folder: string,
): Promise<Float64Array> => {
  const file = join(folder, "energies.f64");
  await solver.ask({ ...question, samples: 1, maySkip: 0, energies: file });
  return new Float64Array(Uint8Array.from(readFileSync(file)).buffer);
};

const worstOf = (energies: Float64Array, right: Float64Array): number =>
  right.reduce((most, own, e) => Math.max(most, Math.abs(energies[e]! / own - 1)), 0);

/**
 * Multigrid's gradients against those of the factorization: no times, only whether they are right. Solid pieces that hang
 * together at corners alone, as in the design that was cut to black and white, are beyond this: there the factorization itself has
 * three digits without refinement.
 */
const energies = (): Promise<Outcome> =>
  withFolder(async (folder) => {
    const grid: Grid = [300, 100];
    const moduli = { late: lateDesign(grid, [40, 20]), grey: writeDesigns(folder, grid).grey };
    const solver = await startOwnSolver();
    const notes: string[] = [];
    const failures: string[] = [];
    try {
      for (const [design, modulus] of Object.entries(moduli)) {
        const right = await energiesBy(solver, { grid, modulus, solver: "direct" }, folder);
        const worst = worstOf(await energiesBy(solver, { grid, modulus, solver: "multigrid" }, folder), right);
        const text = `${energiesName}, ${design} design: wrong by at most ${worst.toExponential(1)} of their own`;
        if (worst <= energyBound) notes.push(`${text}.`);
        else failures.push(`${text}, more than ${energyBound}`);
      }
    } finally {
      await solver.close();
    }
    return { rows: [], failures, notes };
  });

export const solveExtras: readonly Extra[] = [
  ...planeSizes.map((size) => ({
    name: `solve ${size.grid.join("x")}`,
    measure: (isQuick: boolean) => plane(size, isQuick),
  })),
  { name: severalName, measure: severalLoads },
  { name: energiesName, measure: energies },
  ...planeSizes.slice(1).map(({ grid }) => ({
    name: twoThreadsName(grid),
    measure: (isQuick: boolean) => onTwoThreads(grid, isQuick),
  })),
];
