/**
 * Timing with tinybench in several rounds, the order turned by one each round, so that a slow spell of the machine
 * and a collector's pause meet everybody. A sample is the mean of a batch of calls.
 */
import { Bench } from "tinybench";
import type { Contestant } from "./contestant.ts";

export interface Effort {
  readonly rounds: number;
  /** Per contestant and round. */
  readonly milliseconds: number;
  /** Least number of samples per round. */
  readonly samples: number;
}

/** Milliseconds per call. */
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

const batch = ({ run, isAsync }: Contestant, calls: number): (() => unknown) => {
  if (isAsync)
    return async () => {
      for (let call = 0; call < calls; call++) await run();
    };
  return () => {
    let last: unknown;
    for (let call = 0; call < calls; call++) last = run();
    return last;
  };
};

/** Timings in the order of the contestants. */
export const measure = async (
  contestants: readonly Contestant[],
  calls: number,
  { rounds, milliseconds, samples }: Effort,
): Promise<readonly Timing[]> => {
  const collected: number[][] = contestants.map(() => []);
  const batches = contestants.map((contestant) => batch(contestant, calls));
  for (let round = 0; round < rounds; round++) {
    const bench = new Bench({
      time: milliseconds,
      iterations: samples,
      warmupTime: round === 0 ? 4 * milliseconds : milliseconds / 5,
      warmupIterations: round === 0 ? 4 : 1,
      retainSamples: true,
      throws: true,
    });
    for (let turn = 0; turn < contestants.length; turn++) {
      const index = (turn + round) % contestants.length;
      bench.add(String(index), batches[index]!, { async: contestants[index]!.isAsync });
    }
    for (const task of await bench.run()) {
      if (!("latency" in task.result)) throw new Error(`contestant ${task.name} gave no timing: ${task.result.state}`);
      for (const sample of task.result.latency.samples ?? []) collected[Number(task.name)]!.push(sample / calls);
    }
  }
  return collected.map(summarize);
};
