/** Starts contestants in processes of their own and talks to them in lines of JSON; see contestant-process.ts. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Floats, Task } from "../job.ts";
import { oneThread, pythonWith } from "./python.ts";

const scriptOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** A folder with what a contestant is told and its inputs. */
export interface TaskFolder {
  readonly path: string;
  readonly remove: () => void;
}

export const writeTask = (
  { kind, precision, shapes, isJitted, readsBack, calls, flops }: Task,
  inputs: readonly Floats[],
): TaskFolder => {
  const path = mkdtempSync(join(tmpdir(), "cotangent-bench-"));
  const task: Task = { kind, precision, shapes, isJitted, readsBack, calls, ...(flops !== undefined && { flops }) };
  writeFileSync(join(path, "task.json"), JSON.stringify(task));
  inputs.forEach((input, k) => writeFileSync(join(path, `input-${k}.bin`), input));
  return { path, remove: () => rmSync(path, { recursive: true }) };
};

interface Sampling {
  /** To spend, if the least number of samples is reached before. */
  readonly milliseconds: number;
  readonly least: number;
  /** Milliseconds before the first sample. */
  readonly warmUp: number;
}

export interface Running {
  readonly library: string;
  readonly version: string;
  readonly variant: string;
  /** The numbers of one call, and how long it took with them read. */
  readonly outputs: () => Promise<{ readonly numbers: readonly Float64Array[]; readonly milliseconds: number }>;
  /** Milliseconds per call of each sample. */
  readonly samples: (sampling: Sampling) => Promise<readonly number[]>;
  /** Growth of resident memory to its highest, from the loaded library to the end of that many more calls. */
  readonly kibibytes: (calls: number) => Promise<number>;
  readonly close: () => Promise<void>;
}

/** Whether this machine has the library; those of npm are installed with the benchmarks. */
export const isPresent = (library: string): boolean =>
  (library !== "torch" && library !== "numpy") || pythonWith(library) !== undefined;

const commandOf = (library: string): readonly string[] =>
  library === "torch" || library === "numpy"
    ? [pythonWith(library)!, scriptOf("contestant_process.py")]
    : [process.execPath, ...process.execArgv, scriptOf("contestant-process.ts")];

let started = 0;

/** @throws with what the process wrote to its error output, when it ends before it answers */
export const startContestant = async (library: string, way: string, { path }: TaskFolder): Promise<Running> => {
  const [program, ...parameters] = commandOf(library);
  const file = join(path, `numbers-${started++}.bin`);
  const child = spawn(program!, [...parameters, library, way, path, file], { env: oneThread, stdio: "pipe" });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const complaints: string[] = [];
  child.stderr.on("data", (chunk: Buffer) => complaints.push(chunk.toString()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async <T>(): Promise<T> => {
    const { value, done } = await lines.next();
    if (done !== true) return JSON.parse(value) as T;
    await ended;
    throw new Error(`${library} ended without an answer: ${complaints.join("").trim().slice(-1000)}`);
  };
  const ask = async <T>(question: object): Promise<T> => {
    child.stdin.write(`${JSON.stringify(question)}\n`);
    return answer<T>();
  };
  const { version, variant } = await answer<{ version: string; variant: string }>();
  return {
    library,
    version,
    variant,
    outputs: async () => {
      const { lengths, milliseconds } = await ask<{ lengths: readonly number[]; milliseconds: number }>({
        ask: "outputs",
      });
      const { buffer, byteOffset, byteLength } = readFileSync(file);
      const all = new Float64Array(buffer, byteOffset, byteLength / 8);
      let at = 0;
      return { numbers: lengths.map((length) => all.subarray(at, (at += length))), milliseconds };
    },
    samples: async (sampling) => (await ask<{ samples: readonly number[] }>({ ask: "samples", ...sampling })).samples,
    kibibytes: async (calls) => (await ask<{ kibibytes: number }>({ ask: "peak", calls })).kibibytes,
    close: async () => {
      child.stdin.end();
      await ended;
    },
  };
};
