/**
 * `npm run bench`: cotangent against every peer in one run. Numbers are checked first; every contestant has a process of its own.
 * --quick   the rows that have goals, against the peers of the goals; nothing written
 * --only T  cases whose name contains T, nothing written
 * --profile the parts of an optimization iteration and what it allocates, and nothing else
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ownVersion } from "./contestants/built.ts";
import { isPresent } from "./contestants/start.ts";
import { extras } from "./extra-rows.ts";
import type { Job } from "./job.ts";
import { peerNames } from "./job.ts";
import { arrayJobs } from "./jobs/array-jobs.ts";
import { gridJobs } from "./jobs/grid-jobs.ts";
import { networkJobs } from "./jobs/network-jobs.ts";
import { smallJobs } from "./jobs/small-jobs.ts";
import { threadJobs } from "./jobs/thread-jobs.ts";
import { compete } from "./measure.ts";
import type { Effort } from "./measure.ts";
import { profiles } from "./profile.ts";
import { writeReadme } from "./readme.ts";
import type { Row } from "./table.ts";
import { judge, ratioOf, renderContestants, renderRatios, rowOf } from "./table.ts";

const { values: asked } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string", default: "" },
    profile: { type: "boolean", default: false },
  },
});
if (asked.profile) {
  console.log(profiles());
  process.exit();
}

const effort: Effort = asked.quick
  ? { rounds: 2, milliseconds: 40, samples: 2 }
  : { rounds: 5, milliseconds: 80, samples: 3 };

const allJobs: readonly Job[] = [...arrayJobs, ...networkJobs, ...gridJobs, ...smallJobs, ...threadJobs];
/** What the goals need and no more. */
const toGoals = (job: Job): Job => ({
  ...job,
  ways: job.ways.slice(0, 1),
  peers: job.peers.filter((name) => job.goals.some((goal) => "peer" in goal && goal.peer === name)),
});
const jobs = asked.quick ? allJobs.filter(({ goals }) => goals.length > 0).map(toGoals) : allJobs;

const isAsked = (name: string): boolean => name.toLowerCase().includes(asked.only.toLowerCase());
const progress = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
};

const rows: Row[] = [];
const notes: string[] = [];
const failures: string[] = [];
const versions = new Map<string, string>([["cotangent", ownVersion()]]);

const measureAll = async (): Promise<void> => {
  for (const { name, measure } of extras.filter((extra) => isAsked(extra.name))) {
    progress(name);
    const outcome = await measure(asked.quick).catch((error: unknown) => ({
      rows: [],
      notes: [],
      failures: [`${name}: ${error instanceof Error ? error.message : String(error)}`],
    }));
    rows.push(...outcome.rows);
    notes.push(...outcome.notes);
    failures.push(...outcome.failures);
  }
  for (const job of jobs) {
    const title = `${job.name}, ${job.precision}`;
    if (!isAsked(title)) continue;
    progress(title);
    const contest = await compete(job, effort);
    rows.push(rowOf(job, contest));
    notes.push(...contest.notes);
    failures.push(...contest.failures);
    for (const { library, version } of contest.timed)
      if (version !== "" && library !== "one thread") versions.set(library, version);
  }
  progress("");
};

const load = (): number => Math.round(100 * loadavg()[0]!) / 100;

const started = performance.now();
const loadBefore = load();
await measureAll();
const machine = {
  processor: cpus()[0]?.model ?? "unknown",
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  system: `${process.platform} ${process.arch}`,
  node: process.version,
  v8: process.versions.v8,
  loadBefore,
  loadAfter: load(),
  minutes: Math.round((performance.now() - started) / 6e3) / 10,
};

const date = new Date().toISOString().slice(0, 10);
const absent = peerNames.filter((name) => !isPresent(name));
const named = [...versions].map(([name, version]) => `${name} ${version}`).join("; ");
const facts = [
  `${date}; ${machine.processor}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}; Node ${machine.node} (V8 ${machine.v8}); load ${machine.loadBefore} before the run, ${machine.loadAfter} after; ${machine.minutes} minutes`,
  `${named}; one thread, except where a row says two; every contestant in a process of its own`,
  ...absent.map((name) => `${name} is not installed here: its columns are empty`),
  ...new Set(notes),
  ...failures.map((failure) => `FAILED: ${failure}`),
];
const verdicts = rows.flatMap((row) => row.goals.map((goal) => judge(row, goal).verdict));
const count = (verdict: string): number => verdicts.filter((one) => one === verdict).length;
const summary = `${count("met")} of ${verdicts.length} goals met, ${count("short")} short, ${count("open")} open.`;

console.log(`${renderRatios(rows)}\n\n${summary}\n\n${renderContestants(rows)}\n\n${facts.join("\n")}`);

if (!asked.quick && asked.only === "") {
  const folder = join(import.meta.dirname, "results");
  const [major] = process.versions.node.split(".");
  mkdirSync(folder, { recursive: true });
  const detailed = rows.map((row) => ({
    ...row,
    peers: row.peers.map((peer) => ({ ...peer, ...(row.ours.length > 0 && { ratio: ratioOf(row, peer) }) })),
    goals: row.goals.map((goal) => ({ ...goal, verdict: judge(row, goal).verdict })),
  }));
  const record = {
    date,
    machine,
    versions: Object.fromEntries(versions),
    notes,
    failures,
    unit: "per call; see the rows",
    rows: detailed,
  };
  writeFileSync(join(folder, `${date}-${process.version}.json`), `${JSON.stringify(record, null, 2)}\n`);
  writeFileSync(
    join(folder, major === "20" ? "latest.md" : `latest-node${major}.md`),
    `# Benchmark, ${date}\n\n${renderRatios(rows)}\n\n${summary}\n\n${facts.map((fact) => `- ${fact}`).join("\n")}\n\n## Every contestant\n\n${renderContestants(rows)}\n`,
  );
  if (major === "20") writeReadme(join(import.meta.dirname, "..", "README.md"), rows);
}
if (failures.length > 0) process.exitCode = 1;
