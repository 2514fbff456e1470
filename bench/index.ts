/**
 * `npm run bench`: cotangent against jax-js, TensorFlow.js and SciPy in one run, one table. Numbers are checked first.
 * --quick   less than a minute, nothing written
 * --only T  cases whose name contains T, nothing written
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { configure } from "../index.ts";
import type { Contestant, Library, Workload } from "./contestant.ts";
import { errorOf } from "./contestant.ts";
import { cotangent } from "./cotangent.ts";
import { measureIteration } from "./iteration.ts";
import type { IterationTimings } from "./iteration.ts";
import { loadJaxJs } from "./jax-js.ts";
import { measure } from "./measure.ts";
import type { Effort } from "./measure.ts";
import { hasSciPy } from "./scipy.ts";
import { setting } from "./setting.ts";
import type { Row } from "./table.ts";
import { ratioOf, renderTable } from "./table.ts";
import { loadTensorFlow } from "./tensorflow.ts";
import { workloads } from "./workloads.ts";

const { values: asked } = parseArgs({
  options: { quick: { type: "boolean", default: false }, only: { type: "string", default: "" } },
});
const effort: Effort = asked.quick
  ? { rounds: 2, milliseconds: 40, samples: 2 }
  : { rounds: 6, milliseconds: 150, samples: 3 };
const iterationEffort = asked.quick ? { rounds: 1, iterations: 8 } : { rounds: 4, iterations: 12 };

const notes: string[] = [];
configure({ onNotice: (code, message) => notes.push(`${code}: ${message}`) });
const progress = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
};

/** Single precision: accepted of a peer, and said, where its double precision is less than that. */
const peerTolerance = 1e-6;

// --- The optimization iteration ---------------------------------------------------------------

const iterationRows = ({ ours, scipy }: IterationTimings): readonly Row[] => {
  const name = `MBB ${setting.nelx}x${setting.nely}, one optimization iteration`;
  const peer = (variant: "generic" | "tuned") =>
    scipy === undefined ? [] : [{ name: "SciPy", timing: scipy[variant] }];
  const missing = scipy === undefined ? { peer: "SciPy", reason: "not installed" } : undefined;
  const compared = ours.map(({ variant, timing }) => ({
    name,
    precision: "float64",
    variant,
    timing,
    peers: peer("generic"),
    missing,
    goal: { peer: "SciPy", ratio: 0.5 },
  }));
  const { goal: _, ...best } = compared[0]!;
  return scipy === undefined
    ? compared
    : [...compared, { ...best, name: `${name}, SciPy tuned`, peers: peer("tuned") }];
};

// --- Array workloads --------------------------------------------------------------------------

interface Entry {
  readonly library: Library;
  readonly contestant: Contestant;
  readonly error: number;
}

/** Everybody's numbers against the right ones. @throws where they are wrong */
const check = async (workload: Workload, libraries: readonly Library[]): Promise<readonly Entry[]> => {
  const entries: Entry[] = [];
  for (const library of libraries)
    for (const contestant of library.contestants(workload)) {
      const asked = `${workload.name}, ${workload.precision}: ${library.name}, ${contestant.variant},`;
      const error = errorOf(await contestant.numbers(), workload.expected);
      const accepted = library === cotangent ? workload.tolerance : Math.max(workload.tolerance, peerTolerance);
      if (!(error <= accepted))
        throw new Error(`${asked} is wrong by ${error}, more than ${accepted}: nothing to compare`);
      if (error > workload.tolerance) notes.push(`${asked} is accurate to ${error.toExponential(1)} only.`);
      entries.push({ library, contestant, error });
    }
  return entries;
};

const arrayRows = async (workload: Workload, peers: readonly Library[]): Promise<readonly Row[]> => {
  const entries = await check(workload, [cotangent, ...peers]);
  const timings = await measure(
    entries.map(({ contestant }) => contestant),
    workload.calls,
    effort,
  );
  const timed = entries.map((entry, k) => ({ ...entry, timing: timings[k]! }));
  const others = timed
    .filter(({ library }) => library !== cotangent)
    .map(({ library, timing, error }) => ({ name: library.name, timing, error }));
  return timed
    .filter(({ library }) => library === cotangent)
    .map(({ contestant, timing, error }) => ({
      name: workload.name,
      precision: workload.precision,
      variant: contestant.variant,
      timing,
      error,
      peers: others,
    }));
};

// --- The run ----------------------------------------------------------------------------------

const main = async (): Promise<void> => {
  const loadBefore = Math.round(100 * loadavg()[0]!) / 100;
  // TensorFlow.js looks at its surroundings when it loads: before jax-js is given the globals it lacks.
  const tensorFlow = await loadTensorFlow();
  const peers: readonly Library[] = [await loadJaxJs(), tensorFlow];
  const withSciPy = hasSciPy();
  const rows: Row[] = [];
  let scipyVersions: string | undefined;
  if (`mbb ${setting.nelx}x${setting.nely}`.includes(asked.only.toLowerCase())) {
    progress("MBB optimization iteration");
    const timings = await measureIteration(withSciPy, iterationEffort.rounds, iterationEffort.iterations);
    rows.push(...iterationRows(timings));
    scipyVersions = timings.versions;
    notes.push(
      `MBB: the objectives of ${timings.iterations} iterations agree to ${timings.gap.toExponential(1)} between all.`,
    );
  }
  for (const workload of workloads().filter(({ name }) => name.includes(asked.only))) {
    progress(`${workload.name}, ${workload.precision}`);
    rows.push(...(await arrayRows(workload, peers)));
  }
  progress("");

  const table = renderTable(rows, [...peers.map(({ name }) => name), "SciPy"]);
  const date = new Date().toISOString().slice(0, 10);
  const versions = [
    `cotangent ${cotangent.version}`,
    ...peers.map(({ name, version }) => `${name} ${version} (wasm)`),
    ...(scipyVersions === undefined ? [] : [scipyVersions]),
  ];
  const machine = {
    processor: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${process.arch}`,
    node: process.version,
    v8: process.versions.v8,
    loadBefore,
  };
  const facts = [
    `${date}; ${machine.processor}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}; Node ${machine.node} (V8 ${machine.v8}); load before the run ${machine.loadBefore}`,
    `${versions.join("; ")}; every library on one thread`,
    ...notes,
  ];
  console.log(`${table}\n\n${facts.join("\n")}`);

  if (!asked.quick && asked.only === "") {
    const folder = join(import.meta.dirname, "results");
    mkdirSync(folder, { recursive: true });
    const detailed = rows.map((row) => ({
      ...row,
      peers: row.peers.map((peer) => ({ ...peer, ratio: ratioOf(row, peer) })),
    }));
    writeFileSync(
      join(folder, `${date}-${process.version}.json`),
      `${JSON.stringify({ date, machine, versions, notes, unit: "milliseconds per call", rows: detailed }, null, 2)}\n`,
    );
    writeFileSync(
      join(folder, "latest.md"),
      `# Benchmark, ${date}\n\n${table}\n\n${facts.map((fact) => `- ${fact}`).join("\n")}\n`,
    );
  }
};

// A library loaded here answers an uncaught error with its own source text: errors are shown by us.
main().catch((error: unknown) => {
  console.error(error instanceof Error ? (error.stack ?? error.message) : error);
  process.exit(1);
});
