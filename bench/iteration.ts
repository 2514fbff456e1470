/**
 * One iteration of the MBB optimization: ours per back end, SciPy in two ways, each in its process, in rounds of a few
 * iterations of runs that continue. The first iterations of every round, which trace and compile on our side, are left out for all.
 * Checked: every objective of every iteration agrees between all of them.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { oneThread, pythonWith } from "./contestants/python.ts";
import { setting } from "./jobs/setting.ts";
import type { Step } from "./jobs/setting.ts";
import { summarize } from "./measure.ts";
import type { Timing } from "./measure.ts";

/** Accepted relative gap between objectives of the same iteration. */
const tolerance = 1e-8;
const warmUp = 3;

interface Runner {
  readonly library: "cotangent" | "SciPy";
  readonly variant: string;
  readonly versions: string;
  /** The next iterations of one optimization. */
  readonly iterate: (count: number) => Promise<readonly Step[]>;
  readonly close: () => void;
}

const startRunner = async (
  library: Runner["library"],
  variant: string,
  [program, ...parameters]: readonly string[],
): Promise<Runner> => {
  const { nelx, nely, volumeFraction, filterRadius, penal } = setting;
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
    iterate: async (count) => {
      child.stdin.write(`${count}\n`);
      return (await next<{ history: readonly Step[] }>()).history;
    },
    close: () => child.stdin.end(),
  };
};

const scriptOf = (name: string): string => fileURLToPath(new URL(`./contestants/${name}`, import.meta.url));

const startAll = async (): Promise<readonly Runner[]> => {
  const ours = ["auto", "js", "interpreter"].map((backend) =>
    startRunner("cotangent", backend, [process.execPath, ...process.execArgv, scriptOf("iteration-process.ts")]),
  );
  const python = pythonWith("scipy.sparse.linalg");
  const theirs = ["generic", "tuned"].flatMap((variant) =>
    python === undefined ? [] : [startRunner("SciPy", variant, [python, scriptOf("scipy_iteration.py")])],
  );
  return Promise.all([...ours, ...theirs]);
};

export interface IterationTimings {
  readonly timed: readonly (Pick<Runner, "library" | "variant" | "versions"> & { readonly timing: Timing })[];
  readonly iterations: number;
  /** Largest relative gap between objectives of the same iteration. */
  readonly gap: number;
}

export const measureIteration = async (rounds: number, iterationsPerRound: number): Promise<IterationTimings> => {
  const runners = await startAll();
  const histories: Step[][] = runners.map(() => []);
  const samples: number[][] = runners.map(() => []);
  try {
    for (let round = 0; round < rounds; round++)
      for (let turn = 0; turn < runners.length; turn++) {
        const index = (turn + round) % runners.length;
        const steps = await runners[index]!.iterate(iterationsPerRound);
        histories[index]!.push(...steps);
        samples[index]!.push(...steps.slice(warmUp).map((step) => step.milliseconds));
      }
  } finally {
    for (const runner of runners) runner.close();
  }
  const reference = histories.at(-1)!;
  const gap = Math.max(
    ...histories.flatMap((history) =>
      history.map(({ objective }, k) => Math.abs(objective - reference[k]!.objective) / reference[k]!.objective),
    ),
  );
  if (!(gap < tolerance))
    throw new Error(`objectives of the optimizations differ by ${gap}, more than ${tolerance}: nothing to compare`);
  const timed = runners.map(({ library, variant, versions }, k) => ({
    library,
    variant,
    versions,
    timing: summarize(samples[k]!),
  }));
  return { timed, iterations: rounds * iterationsPerRound, gap };
};
