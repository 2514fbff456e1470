/**
 * One iteration of the MBB optimization: ours per back end, SciPy in two ways, interleaved in rounds of a few iterations
 * of runs that continue. The first iterations of every round, which trace and compile on our side, are left out for all.
 * Checked: every objective of every iteration agrees between all of them.
 */
import { minimizeCompliance, problems } from "../topopt/index.ts";
import type { MinimizeResult } from "../topopt/index.ts";
import { backendLabel, backends } from "./cotangent.ts";
import { summarize } from "./measure.ts";
import type { Timing } from "./measure.ts";
import { startSciPy } from "./scipy.ts";
import type { SciPyVariant } from "./scipy.ts";
import { setting } from "./setting.ts";
import type { Step } from "./setting.ts";

/** Accepted relative gap between objectives of the same iteration. */
const tolerance = 1e-8;
const warmUp = 3;

interface Runner {
  readonly label: string;
  readonly iterate: (count: number) => readonly Step[] | Promise<readonly Step[]>;
}

const ours = (backend: (typeof backends)[number]): Runner => {
  const { nelx, nely, ...options } = setting;
  const problem = problems.mbb({ nelx, nely });
  let reached: MinimizeResult | undefined;
  return {
    label: `jit ${backendLabel(backend)}`,
    iterate: (iterations) => {
      reached = minimizeCompliance(problem, {
        ...options,
        iterations,
        backend,
        ...(reached && { initial: reached.design }),
      });
      return reached.history;
    },
  };
};

export interface IterationTimings {
  readonly ours: readonly { readonly variant: string; readonly timing: Timing }[];
  /** Undefined without SciPy. */
  readonly scipy: Readonly<Record<SciPyVariant, Timing>> | undefined;
  readonly versions: string | undefined;
  readonly iterations: number;
  /** Largest relative gap between objectives of the same iteration. */
  readonly gap: number;
}

export const measureIteration = async (
  withSciPy: boolean,
  rounds: number,
  iterationsPerRound: number,
): Promise<IterationTimings> => {
  const children = withSciPy
    ? { generic: await startSciPy(setting, "generic"), tuned: await startSciPy(setting, "tuned") }
    : undefined;
  const peers: readonly Runner[] =
    children === undefined
      ? []
      : (["generic", "tuned"] as const).map((label) => ({ label, iterate: children[label].iterate }));
  const runners = [...backends.map(ours), ...peers];
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
    children?.generic.close();
    children?.tuned.close();
  }
  const reference = histories.at(-1)!;
  const gap = Math.max(
    ...histories.flatMap((history) =>
      history.map(({ objective }, k) => Math.abs(objective - reference[k]!.objective) / reference[k]!.objective),
    ),
  );
  if (!(gap < tolerance))
    throw new Error(`objectives of the optimizations differ by ${gap}, more than ${tolerance}: nothing to compare`);
  const timings = samples.map(summarize);
  return {
    ours: backends.map((_, k) => ({ variant: runners[k]!.label, timing: timings[k]! })),
    scipy: children && { generic: timings[backends.length]!, tuned: timings[backends.length + 1]! },
    versions: children?.generic.versions,
    iterations: rounds * iterationsPerRound,
    gap,
  };
};
