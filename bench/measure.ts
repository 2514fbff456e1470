/**
 * A contest: all libraries that do a job, each in its process, checked against the right numbers and then timed in rounds
 * that turn the order, so that a slow spell of the machine meets everybody. A sample is the mean of a batch of calls.
 */
import { hasRelaxedSimd } from "../kernels/assembler/index.ts";
import type { Job, Way } from "./job.ts";
import { errorOf } from "./job.ts";
import { isPresent, startContestant, writeTask } from "./contestants/start.ts";
import type { Running } from "./contestants/start.ts";

export interface Effort {
  readonly rounds: number;
  /** Per contestant and round. */
  readonly milliseconds: number;
  /** Least number of samples per round. */
  readonly samples: number;
}

/** Milliseconds per call, or whatever unit the row has. */
export interface Timing {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly samples: number;
}

export const summarize = (samples: readonly number[]): Timing => {
  const sorted = samples.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return {
    median: sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2,
    min: sorted[0]!,
    max: sorted.at(-1)!,
    mean: sorted.reduce((sum, sample) => sum + sample, 0) / sorted.length,
    samples: sorted.length,
  };
};

/** Single precision: accepted of a peer, and said, where its double precision is less than that. */
const peerTolerance = 1e-6;

/** Milliseconds of a call from which on it is called as seldom as can be: once in every other round, not warmed up. */
const slow = 400;

export interface Timed {
  readonly library: string;
  readonly variant: string;
  readonly version: string;
  readonly timing: Timing;
  /** Largest error of its numbers, relative; absent for the ceiling. */
  readonly error?: number;
}

export interface Contest {
  /** Ours by back end, then the peers, then the ceiling. */
  readonly timed: readonly Timed[];
  /** Who could not take part, and why. */
  readonly failures: readonly string[];
  readonly notes: readonly string[];
}

/** Our interpreter's numbers in float64 from the same inputs: for jobs on which several libraries must agree. */
const interpreted = async (job: Job, inputs: readonly ArrayLike<number>[]): Promise<readonly ArrayLike<number>[]> => {
  const folder = writeTask(
    { ...job, precision: "float64", isJitted: true },
    inputs.map((input) => Float64Array.from(input)),
  );
  try {
    const oracle = await startContestant("cotangent", "interpreter", folder);
    const { numbers } = await oracle.outputs();
    await oracle.close();
    return numbers;
  } finally {
    folder.remove();
  }
};

/** Whether this engine and the job allow it: eager calls have one way only. */
const isPossible = (way: Way, { isJitted }: Job): boolean =>
  way === "auto" || (isJitted && (way !== "relaxed" || hasRelaxedSimd()));

const entrantsOf = (job: Job): readonly (readonly [string, string])[] => [
  ...job.ways.filter((way) => isPossible(way, job)).map((way) => ["cotangent", way] as const),
  ...job.peers.filter(isPresent).map((name) => [name, "auto"] as const),
  ...(job.flops === undefined ? [] : [["ceiling", "auto"] as const]),
];

interface Entrant {
  readonly one: Running;
  readonly error?: number;
  readonly isSlow: boolean;
  readonly collected: number[];
}

/** The contestant with the error of its numbers. @throws where they are wrong */
const check = async (one: Running, { tolerance }: Job, expected: readonly ArrayLike<number>[]): Promise<Entrant> => {
  if (one.library === "ceiling") return { one, isSlow: false, collected: [] };
  const { numbers, milliseconds } = await one.outputs();
  const error = errorOf(numbers, expected);
  const accepted = one.library === "cotangent" ? tolerance : Math.max(tolerance, peerTolerance);
  if (!(error <= accepted))
    throw new Error(`${one.library}, ${one.variant}, is wrong by ${error}, more than ${accepted}: not compared`);
  return { one, error, isSlow: milliseconds > slow, collected: [] };
};

/**
 * Rounds in which every entrant has its turn, the order turned by one each round. The first warm-up lasts until engines have
 * optimized what runs, longer for short calls, of which the engine's own code is the larger part.
 */
const race = async (
  entrants: readonly Entrant[],
  { calls }: Job,
  { rounds, milliseconds, samples }: Effort,
): Promise<void> => {
  const firstWarmUp = (calls > 1 ? 12 : 4) * milliseconds;
  for (let round = 0; round < rounds; round++)
    for (let turn = 0; turn < entrants.length; turn++) {
      const { one, isSlow, collected } = entrants[(turn + round) % entrants.length]!;
      if (isSlow && round % 2 === 1) continue;
      const warmUp = round === 0 ? firstWarmUp : milliseconds / 5;
      const sampling = isSlow ? { milliseconds: 0, least: 1, warmUp: 0 } : { milliseconds, least: samples, warmUp };
      collected.push(...(await one.samples(sampling)));
    }
};

/** Values of the promises that kept, and the reasons of the others. */
const settled = async <T>(
  promises: readonly Promise<T>[],
): Promise<{ readonly kept: readonly T[]; readonly reasons: readonly string[] }> => {
  const outcomes = await Promise.allSettled(promises);
  return {
    kept: outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : [])),
    reasons: outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [(outcome.reason as Error).message] : [])),
  };
};

/** Times everybody on a job. A contestant that fails, or is wrong, is reported and leaves the others. */
export const compete = async (job: Job, effort: Effort): Promise<Contest> => {
  const inputs = job.inputs();
  const expected = await (job.expected?.(inputs) ?? interpreted(job, inputs));
  const folder = writeTask(job, inputs);
  const started = await settled(entrantsOf(job).map(([library, backend]) => startContestant(library, backend, folder)));
  try {
    const checked = await settled(started.kept.map((one) => check(one, job, expected)));
    await race(checked.kept, job, effort);
    const title = `${job.name}, ${job.precision}`;
    return {
      timed: checked.kept.map(({ one: { library, variant, version }, error, collected }) => ({
        library,
        variant,
        version,
        timing: summarize(collected),
        ...(error !== undefined && { error }),
      })),
      failures: [...started.reasons, ...checked.reasons].map((reason) => `${title}: ${reason}`),
      notes: checked.kept
        .filter(({ error }) => error !== undefined && error > job.tolerance)
        .map(
          ({ one, error }) =>
            `${title}: ${one.library}, ${one.variant}, is accurate to ${error!.toExponential(1)} only.`,
        ),
    };
  } finally {
    await Promise.all(started.kept.map((one) => one.close()));
    folder.remove();
  }
};
