/**
 * Rows that are no contest of repeated calls: optimization iterations, finite element solves, the first call, peak memory.
 * First call: fresh processes, one at a time; its time with the results read, less the median of warm calls.
 * Memory: growth of the resident set from the loaded library to its highest in five calls on 1e7 numbers.
 */
import { isPresent, startContestant, writeTask } from "./contestants/start.ts";
import type { Extra, Outcome } from "./extra.ts";
import { iterationExtras } from "./iteration.ts";
import type { Job } from "./job.ts";
import { errorOf } from "./job.ts";
import { chainGradient } from "./jobs/array-jobs.ts";
import { single } from "./jobs/draft.ts";
import { siren } from "./jobs/network-jobs.ts";
import { summarize } from "./measure.ts";
import { multigridExtras } from "./multigrid-rows.ts";
import { neuralExtras } from "./neural-rows.ts";
import { solveExtras } from "./solve-rows.ts";
import type { Peer, Row } from "./table.ts";

const asRow = (row: Pick<Row, "name" | "precision" | "unit" | "goals">, all: readonly Peer[]): Row => ({
  ...row,
  ours: all.filter(({ name }) => name === "cotangent"),
  peers: all.filter(({ name }) => name !== "cotangent"),
});

const firstName = "first call of the SIREN's value and gradient, less a warm call";

const firstCall = async (isQuick: boolean): Promise<Outcome> => {
  const job: Job = single("float32", siren("float32"));
  const folder = writeTask(job, job.inputs());
  const libraries = ["cotangent", "jax-js"];
  const excess = libraries.map((): number[] => []);
  const variants: string[] = [];
  try {
    for (let round = 0; round < (isQuick ? 2 : 5); round++)
      for (const [k, library] of libraries.entries()) {
        const one = await startContestant(library, "auto", folder);
        const { milliseconds } = await one.outputs();
        const warm = await one.samples({ milliseconds: 0, least: 5, warmUp: 0 });
        excess[k]!.push(milliseconds - summarize(warm).median);
        variants[k] = one.variant;
        await one.close();
      }
  } finally {
    folder.remove();
  }
  const all = libraries.map((name, k) => ({ name, variant: variants[k]!, timing: summarize(excess[k]!) }));
  const head = { name: firstName, precision: "float32", unit: "ms" } as const;
  return { rows: [asRow({ ...head, goals: [{ peer: "jax-js", ratio: 0.3 }] }, all)], failures: [], notes: [] };
};

const memoryName = "peak resident memory of the chain's gradient, 1e7";

const memory = async (isQuick: boolean): Promise<Outcome> => {
  const libraries = ["cotangent", "jax-js", ...(isQuick ? [] : ["tfjs", "torch"])].filter(
    (library) => isPresent(library) && (library !== "torch" || process.platform === "linux"),
  );
  const peaks = libraries.map((): number[] => []);
  const variants: string[] = [];
  const failures: string[] = [];
  const job = single("float32", chainGradient("float32", 10_000_000));
  const inputs = job.inputs();
  const expected = job.expected!(inputs);
  const folder = writeTask(job, inputs);
  try {
    for (let round = 0; round < (isQuick ? 1 : 2); round++)
      for (const [k, library] of libraries.entries()) {
        const one = await startContestant(library, "auto", folder);
        peaks[k]!.push((await one.kibibytes(5)) / 1024);
        const error = errorOf((await one.outputs()).numbers, expected);
        if (!(error <= job.tolerance)) failures.push(`${memoryName}: ${library} is wrong by ${error}`);
        variants[k] = one.variant;
        await one.close();
      }
  } finally {
    folder.remove();
  }
  const all = libraries.map((name, k) => ({ name, variant: variants[k]!, timing: summarize(peaks[k]!) }));
  const head = { name: memoryName, precision: "float32", unit: "MiB" } as const;
  return { rows: [asRow({ ...head, goals: [{ peer: "jax-js", ratio: 1.5 }] }, all)], failures, notes: [] };
};

export const extras: readonly Extra[] = [
  ...iterationExtras,
  ...neuralExtras,
  ...solveExtras,
  ...multigridExtras,
  { name: firstName, measure: firstCall },
  { name: memoryName, measure: memory },
];
