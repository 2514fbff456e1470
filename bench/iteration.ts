/**
 * One iteration of the MBB optimization: ours per back end, Python in several ways, each in its process, in rounds of a few
 * iterations of runs that continue. The first iterations of every round, which trace and compile on our side, are left out for all
 * who have more. Checked: every objective of every iteration agrees between all of them.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { oneThread, pythonWith } from "./contestants/python.ts";
import type { Extra, Outcome } from "./extra.ts";
import type { Goal, SolverName } from "./job.ts";
import { settingOf } from "./jobs/setting.ts";
import type { Setting, Step } from "./jobs/setting.ts";
import { summarize } from "./measure.ts";

const warmUp = 3;

/** Programs of scipy_iteration.py: as published, with what SciPy offers for symmetric matrices, with CHOLMOD. */
const variants = {
  generic: { peer: "SciPy", needs: "scipy.sparse.linalg" },
  tuned: { peer: "SciPy symmetric", needs: "scipy.sparse.linalg" },
  cholmod: { peer: "CHOLMOD", needs: "scipy.sparse.linalg, cvxopt.cholmod" },
} as const satisfies Readonly<Record<string, { readonly peer: SolverName; readonly needs: string }>>;
type Variant = keyof typeof variants;

/** Who runs, and how many iterations a round. */
interface Size {
  readonly setting: Setting;
  readonly rounds: number;
  /** Back ends of ours; the first is the row's. */
  readonly ways: readonly string[];
  readonly own: number;
  readonly peers: readonly Variant[];
  readonly theirs: number;
  /** Accepted relative gap between objectives of the same iteration. */
  readonly tolerance: number;
  readonly goals: readonly Goal[];
}

interface Runner {
  readonly library: "cotangent" | SolverName;
  readonly variant: string;
  readonly versions: string;
  /** The next iterations of one optimization. */
  readonly iterate: () => Promise<readonly Step[]>;
  readonly close: () => void;
}

const startRunner = async (
  { nelx, nely, volumeFraction, filterRadius, penal }: Setting,
  count: number,
  { library, variant }: Pick<Runner, "library" | "variant">,
  [program, ...parameters]: readonly string[],
): Promise<Runner> => {
  const own = [nelx, nely, volumeFraction, filterRadius, penal].map(String);
  const child = spawn(program!, [...parameters, ...own, variant], {
    env: oneThread,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async <T>(): Promise<T> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`the optimization with ${library} ended early`);
    return JSON.parse(value) as T;
  };
  return {
    library,
    variant,
    versions: (await next<{ versions: string }>()).versions,
    iterate: async () => {
      child.stdin.write(`${count}\n`);
      return (await next<{ history: readonly Step[] }>()).history;
    },
    close: () => child.stdin.end(),
  };
};

const scriptOf = (name: string): string => fileURLToPath(new URL(`./contestants/${name}`, import.meta.url));

const startAll = async ({ setting, ways, own, peers, theirs }: Size): Promise<readonly Runner[]> => {
  const ours = ways.map((variant) =>
    startRunner(setting, own, { library: "cotangent", variant }, [
      process.execPath,
      ...process.execArgv,
      scriptOf("iteration-process.ts"),
    ]),
  );
  const others = peers.flatMap((variant) => {
    const { peer, needs } = variants[variant];
    const python = pythonWith(needs);
    if (python === undefined) return [];
    return [startRunner(setting, theirs, { library: peer, variant }, [python, scriptOf("scipy_iteration.py")])];
  });
  return Promise.all([...ours, ...others]);
};

/** Largest relative gap between objectives of an iteration that both have. */
const gapOf = (histories: readonly (readonly Step[])[]): number =>
  Math.max(
    ...histories.flatMap((history) =>
      history.map(({ objective }, k) => {
        const reference = histories[0]![k]?.objective ?? objective;
        return Math.abs(objective - reference) / Math.abs(reference);
      }),
    ),
  );

const measure = async (name: string, size: Size): Promise<Outcome> => {
  const runners = await startAll(size);
  const histories: Step[][] = runners.map(() => []);
  const samples: number[][] = runners.map(() => []);
  try {
    for (let round = 0; round < size.rounds; round++)
      for (let turn = 0; turn < runners.length; turn++) {
        const index = (turn + round) % runners.length;
        const steps = await runners[index]!.iterate();
        histories[index]!.push(...steps);
        const kept = steps.slice(Math.min(warmUp, steps.length - 1));
        samples[index]!.push(...kept.map((step) => step.milliseconds));
      }
  } finally {
    for (const runner of runners) runner.close();
  }
  const gap = gapOf(histories);
  if (!(gap < size.tolerance))
    return {
      rows: [],
      notes: [],
      failures: [`${name}: objectives differ by ${gap}, more than ${size.tolerance}: nothing to compare`],
    };
  const timed = runners.map((runner, k) => ({ ...runner, timing: summarize(samples[k]!) }));
  const peers = timed.filter(({ library }) => library !== "cotangent");
  const missing = size.peers
    .map((variant) => variants[variant].peer)
    .filter((peer) => peers.every(({ library }) => library !== peer));
  const row = {
    name,
    precision: "float64",
    unit: "ms",
    ours: timed
      .filter(({ library }) => library === "cotangent")
      .map(({ variant, timing }) => ({ variant: `jit ${variant}`, timing })),
    peers: peers.map(({ library, variant, timing }) => ({ name: library, variant, timing })),
    goals: size.goals,
  } as const;
  return {
    rows: [row],
    failures: [],
    notes: [
      `${name}: the objectives of the iterations agree to ${gap.toExponential(1)} between all.`,
      ...peers.map(({ library, versions }) => `Iterations by ${library}: ${versions}.`),
      ...missing.map((peer) => `${peer} is not installed here: its column is empty`),
    ],
  };
};

const nameOf = ({ nelx, nely }: Setting): string => `MBB ${nelx}x${nely}, one optimization iteration`;

const extraOf = (setting: Setting, size: (isQuick: boolean) => Omit<Size, "setting"> | null): Extra => ({
  name: nameOf(setting),
  measure: async (isQuick) => {
    const own = size(isQuick);
    return own === null ? { rows: [], failures: [], notes: [] } : measure(nameOf(setting), { ...own, setting });
  },
});

export const iterationExtras: readonly Extra[] = [
  extraOf(settingOf(96, 64), (isQuick) => ({
    rounds: isQuick ? 1 : 4,
    ways: isQuick ? ["auto"] : ["auto", "js", "interpreter"],
    own: isQuick ? 8 : 12,
    peers: isQuick ? ["generic", "cholmod"] : ["generic", "tuned", "cholmod"],
    theirs: isQuick ? 8 : 12,
    tolerance: 1e-8,
    goals: [
      { peer: "SciPy", ratio: 1 / 18 },
      { peer: "CHOLMOD", ratio: 0.35 },
    ],
  })),
  extraOf(settingOf(384, 256), (isQuick) => ({
    rounds: isQuick ? 1 : 2,
    ways: ["auto"],
    own: 6,
    peers: isQuick ? ["generic"] : ["generic", "cholmod"],
    theirs: 1,
    tolerance: 1e-8,
    goals: [{ peer: "SciPy", ratio: 1 / 20 }],
  })),
  // The peer's iteration takes a minute: left out of quick runs.
  extraOf(settingOf(768, 512), (isQuick) =>
    isQuick
      ? null
      : {
          rounds: 1,
          ways: ["auto"],
          own: 6,
          peers: ["generic"],
          theirs: 1,
          tolerance: 1e-7,
          goals: [{ peer: "SciPy", ratio: 1 / 40 }],
        },
  ),
];
