/**
 * One iteration of neural topology optimization, everything in it (value, gradient by the weights, update): ours against the
 * published pipeline in PyTorch and SciPy, each in its process. All begin with the same weights and take turns in rounds of a
 * few iterations of runs that continue; the first ones, which trace and compile on our side, are left out for everyone.
 * Checked: the first objectives, and the gradient of the compliance by given logits. A row of its own: what a certificate costs.
 */
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { oneThread, pythonWith } from "./contestants/python.ts";
import type { Extra, Outcome } from "./extra.ts";
import { errorOf } from "./job.ts";
import type { SolverName } from "./job.ts";
import { neuralSettings } from "./jobs/neural-setting.ts";
import type { NetworkName, NeuralQuestion, NeuralSetting } from "./jobs/neural-setting.ts";
import type { Step } from "./jobs/setting.ts";
import { summarize } from "./measure.ts";
import { withFolder } from "./solve-rows.ts";
import type { Row } from "./table.ts";

const peer = "torch + SciPy" satisfies SolverName;
/** What its Python needs. */
const needs = "torch, scipy.sparse.linalg";

/** Iterations that are not timed. */
const warmUp = 3;
/** Accepted difference of the gradient by the logits, and of the first objectives, whose networks are float32; relative. */
const gradientTolerance = 1e-6;
const objectiveTolerance = 1e-3;

interface Size {
  readonly rounds: number;
  /** Iterations of each in a round. */
  readonly count: number;
  /** Back ends of ours; the first is the row's. */
  readonly ways: readonly string[];
  /** Certificates, after one that compiles; 0 for no row of them. */
  readonly certificates: number;
}

const sizeOf = (isQuick: boolean): Size =>
  isQuick
    ? { rounds: 2, count: 4, ways: ["auto"], certificates: 0 }
    : { rounds: 4, count: 6, ways: ["auto", "js"], certificates: 3 };

interface Runner {
  readonly library: "cotangent" | typeof peer;
  readonly variant: string;
  readonly versions: string;
  /** @throws when the process ends without an answer; it has said why to our error output */
  readonly ask: <T>(question: NeuralQuestion) => Promise<T>;
  readonly close: () => void;
}

const scriptOf = (name: string): string => fileURLToPath(new URL(`./contestants/${name}`, import.meta.url));

const startRunner = async (
  { library, variant }: Pick<Runner, "library" | "variant">,
  [program, ...parameters]: readonly string[],
): Promise<Runner> => {
  const child = spawn(program!, parameters, { env: oneThread, stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.on("error", () => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async <T>(): Promise<T> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`the optimization with ${library} ended early`);
    return JSON.parse(value) as T;
  };
  const { versions } = await next<{ versions: string }>();
  return {
    library,
    variant,
    versions,
    ask: async <T>(question: NeuralQuestion) => {
      child.stdin.write(`${JSON.stringify(question)}\n`);
      return next<T>();
    },
    close: () => child.stdin.end(),
  };
};

/** Ours by back end, then the peer where it is installed. */
const startAll = async (setting: NeuralSetting, ways: readonly string[]): Promise<readonly [Runner, ...Runner[]]> => {
  const told = JSON.stringify(setting);
  const own = [process.execPath, ...process.execArgv, scriptOf("neural-process.ts"), told];
  const ours = ways.map((way) => startRunner({ library: "cotangent", variant: `jit ${way}` }, [...own, way]));
  const python = pythonWith(needs);
  const theirs =
    python === undefined
      ? []
      : [startRunner({ library: peer, variant: "eager, spsolve" }, [python, scriptOf("published_neural.py"), told])];
  return (await Promise.all([...ours, ...theirs])) as [Runner, ...Runner[]];
};

/** Gives our first weights to all others; those of ours draw the same. */
const shareWeights = async ([first, ...others]: readonly [Runner, ...Runner[]], folder: string): Promise<void> => {
  const file = join(folder, "weights.f32");
  const { shapes } = await first.ask<{ shapes: readonly (readonly number[])[] }>({ ask: "weights", file });
  for (const runner of others) if (runner.library === peer) await runner.ask({ ask: "begin", file, shapes });
};

const doublesOf = (file: string): Float64Array => {
  const { buffer, byteOffset, byteLength } = readFileSync(file);
  return new Float64Array(buffer.slice(byteOffset, byteOffset + byteLength));
};

/** Logits with members and voids, so that all of the range of densities counts. */
const logits = ({ nelx, nely }: NeuralSetting): Float64Array =>
  Float64Array.from(
    { length: nelx * nely },
    (_, at) => 3 * Math.sin(0.4 * (at % nelx)) * Math.cos(0.3 * Math.floor(at / nelx)),
  );

/** By how much everyone's gradient by the same logits, and its objective, differ from those of the first, relative. */
const gradientErrors = async (
  setting: NeuralSetting,
  runners: readonly Runner[],
  folder: string,
): Promise<readonly number[]> => {
  const from = join(folder, "logits.f64");
  writeFileSync(from, logits(setting));
  const outputs: (readonly ArrayLike<number>[])[] = [];
  for (const [k, runner] of runners.entries()) {
    const file = join(folder, `gradient-${k}.f64`);
    const { objective } = await runner.ask<{ objective: number }>({ ask: "gradient", logits: from, file });
    outputs.push([[objective], doublesOf(file)]);
  }
  return outputs.map((own) => errorOf(own, outputs[0]!));
};

const iterate = async (runner: Runner, count: number): Promise<readonly Step[]> =>
  (await runner.ask<{ history: readonly Step[] }>({ ask: "iterate", count })).history;

interface Course {
  /** Of the iterations that are not timed: those after the first tell that the updates are the same. */
  readonly objectives: readonly number[];
  readonly milliseconds: number[];
}

/** Everyone's iterations, in rounds that turn the order. */
const inTurns = async (runners: readonly Runner[], { rounds, count }: Size): Promise<readonly Course[]> => {
  const courses: Course[] = [];
  for (const runner of runners) {
    const steps = await iterate(runner, warmUp);
    courses.push({ objectives: steps.map(({ objective }) => objective), milliseconds: [] });
  }
  for (let round = 0; round < rounds; round++)
    for (let turn = 0; turn < runners.length; turn++) {
      const index = (turn + round) % runners.length;
      const steps = await iterate(runners[index]!, count);
      courses[index]!.milliseconds.push(...steps.map(({ milliseconds }) => milliseconds));
    }
  return courses;
};

interface Certified {
  readonly milliseconds: readonly number[];
  readonly isPassed: boolean;
}

const certificateRow = async (name: string, runner: Runner, { certificates }: Size): Promise<Outcome> => {
  if (certificates === 0) return { rows: [], failures: [], notes: [] };
  const { milliseconds, isPassed } = await runner.ask<Certified>({ ask: "certify", count: 1 + certificates });
  const row: Row = {
    name: `${name}: certificate of its gradient`,
    precision: "float64",
    unit: "ms",
    ours: [{ variant: runner.variant, timing: summarize(milliseconds.slice(1)) }],
    peers: [],
    goals: [],
  };
  return { rows: [row], failures: isPassed ? [] : [`${name}: a certificate of our gradient failed`], notes: [] };
};

interface Contest {
  readonly network: NetworkName;
  readonly title: string;
  readonly goal: number;
}

const nameOf = ({ title, network }: Contest): string => {
  const { nelx, nely } = neuralSettings[network];
  return `neural MBB ${nelx}x${nely}, ${title}`;
};

/** What is compared of everyone with the first; relative. */
interface Agreement {
  /** Of the gradients by given logits. */
  readonly errors: readonly number[];
  /** Of the first objectives. */
  readonly gaps: readonly number[];
}

const gapOf = (objectives: readonly number[], reference: readonly number[]): number =>
  Math.max(...objectives.map((objective, k) => Math.abs(objective / reference[k]! - 1)));

const faultsOf = (name: string, runners: readonly Runner[], { errors, gaps }: Agreement): readonly string[] =>
  runners.flatMap(({ library, variant }, k) => {
    const whose = `${name}: ${library}, ${variant}`;
    return [
      ...(errors[k]! <= gradientTolerance ? [] : [`${whose}: the gradient by the logits differs by ${errors[k]}`]),
      ...(gaps[k]! <= objectiveTolerance ? [] : [`${whose}: the first objectives differ by ${gaps[k]}`]),
    ];
  });

const notesOf = (name: string, runners: readonly Runner[], start: number, agreement: Agreement): readonly string[] => {
  const theirs = runners.find(({ library }) => library === peer);
  if (theirs === undefined) return [`${peer} is not installed here: its column is empty`];
  const [gap, error] = [agreement.gaps, agreement.errors].map((own) => Math.max(...own).toExponential(1));
  return [
    `Neural iterations by ${peer}: ${theirs.versions}.`,
    `${name}: from ${start.toFixed(1)} on the first ${warmUp} objectives agree to ${gap}, gradients by the same logits to ${error}.`,
  ];
};

const rowOf = (
  name: string,
  goal: number,
  runners: readonly Runner[],
  courses: readonly Course[],
  { errors }: Agreement,
): Row => {
  const of = (wanted: Runner["library"]) =>
    runners.flatMap(({ library, variant }, k) =>
      library === wanted ? [{ variant, timing: summarize(courses[k]!.milliseconds), error: errors[k]! }] : [],
    );
  return {
    name: `${name}, one optimization iteration`,
    precision: "mixed",
    unit: "ms",
    ours: of("cotangent"),
    peers: of(peer).map((own) => ({ name: peer, ...own })),
    goals: [{ peer, ratio: goal }],
  };
};

const contest = async (own: Contest, size: Size, folder: string): Promise<Outcome> => {
  const name = nameOf(own);
  const setting = neuralSettings[own.network];
  const runners = await startAll(setting, size.ways);
  try {
    await shareWeights(runners, folder);
    const errors = await gradientErrors(setting, runners, folder);
    const courses = await inTurns(runners, size);
    const certificate = await certificateRow(name, runners[0], size);
    const reference = courses[0]!.objectives;
    const agreement = { errors, gaps: courses.map(({ objectives }) => gapOf(objectives, reference)) };
    const failures = faultsOf(name, runners, agreement);
    return {
      rows: [...(failures.length > 0 ? [] : [rowOf(name, own.goal, runners, courses, agreement)]), ...certificate.rows],
      failures: [...failures, ...certificate.failures],
      notes: notesOf(name, runners, reference[0]!, agreement),
    };
  } finally {
    for (const runner of runners) runner.close();
  }
};

const contests: readonly Contest[] = [
  { network: "siren", title: "SIREN 3 x 256", goal: 0.65 },
  { network: "decoder", title: "CNN decoder", goal: 0.5 },
];

export const neuralExtras: readonly Extra[] = contests.map((own) => ({
  name: nameOf(own),
  measure: (isQuick) => withFolder((folder) => contest(own, sizeOf(isQuick), folder)),
}));
