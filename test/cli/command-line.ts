/** The command line as most tests use it: without a process. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect } from "vitest";
import { describeFailure, Interruption } from "../../cli/failure.ts";
import { main } from "../../cli/main.ts";
import type { Terminal } from "../../cli/output/terminal.ts";

export const root: string = fileURLToPath(new URL("../..", import.meta.url));

/** What a command has left when it has ended. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A terminal that nobody reads, and nothing interrupts. */
export const silent: Terminal = {
  write: () => {},
  isInteractive: false,
  columns: () => Infinity,
  attend: async (work) => work(),
  listen: () => Promise.resolve(),
};

/**
 * Carries a command out in this process.
 * @param interruptedAt  Ctrl-C comes when the command listens for this time
 * @param onWrite        called before anything is written
 */
export const carriedOut = async (
  words: readonly string[],
  interruptedAt = Infinity,
  onWrite: () => void = () => {},
): Promise<Ended> => {
  let stdout = "";
  let turns = 0;
  const terminal: Terminal = {
    ...silent,
    write: (text) => {
      onWrite();
      stdout += text;
    },
    listen: () => (++turns >= interruptedAt ? Promise.reject(new Interruption(130)) : Promise.resolve()),
  };
  try {
    return { status: await main(words, terminal), stdout, stderr: "" };
  } catch (error) {
    const { text, exitCode } = describeFailure(error);
    return { status: exitCode, stdout, stderr: text };
  }
};

export const cotangent = (...words: string[]): Promise<Ended> => carriedOut(words);

export interface Scratch {
  /** A path in a folder that goes when the tests have ended. */
  readonly path: (name: string) => string;
  /** Writes a file there, records as JSON. */
  readonly file: (name: string, content: unknown) => string;
}

export const scratch = (): Scratch => {
  const folder = mkdtempSync(join(tmpdir(), "cotangent-cli-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const path = (name: string): string => join(folder, name);
  return {
    path,
    file: (name, content) => {
      writeFileSync(path(name), typeof content === "string" ? content : JSON.stringify(content));
      return path(name);
    },
  };
};

/** A small beam that writes every kind of file. */
export const beam = {
  title: 'a beam <script>alert("x")</script> & more',
  problem: { name: "mbb", nelx: 12, nely: 4 },
  volumeFraction: 0.4,
  optimizer: { kind: "mma" },
  interpolation: { kind: "simp", penal: { from: 1, to: 3, start: 1, end: 20 } },
  stop: { iterations: 40 },
  output: {
    every: 10,
    checkpointEvery: 1,
    files: ["png", "svg", "apng", "csv", "json", "npy", "vti", "stl", "safetensors"],
  },
} as const;

/** The same by a network. */
export const network = {
  ...beam,
  parameterization: { kind: "siren", width: 16, depth: 2, filter: 1.5 },
  optimizer: { kind: "adam", learningRate: 0.001, clipNorm: 1 },
  constraints: {},
} as const;

/** All files of a run by name; checkpoints too, which are as deterministic. */
export const filesOf = (folder: string): Readonly<Record<string, string>> =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name)).toString("base64")]));

export const expectSameFiles = (one: string, other: string): void => {
  const [first, second] = [filesOf(one), filesOf(other)];
  expect(Object.keys(second)).toEqual(Object.keys(first));
  for (const name of Object.keys(first)) expect(second[name] === first[name], name).toBe(true);
};

/** The part of result.json that tests look at. */
export interface Result {
  readonly reason: string;
  readonly iterations: number;
  readonly failure: { readonly code: string; readonly message: string } | null;
  readonly best: {
    readonly iteration: number;
    readonly objective: number;
    readonly violation: number;
    readonly isFeasible: boolean;
  };
  readonly last: { readonly iteration: number; readonly objective: number };
  readonly certificates: readonly { readonly iteration: number }[];
  readonly history: readonly { readonly iteration: number; readonly objective: number | null }[];
}

export const resultOf = (folder: string): Result =>
  JSON.parse(readFileSync(join(folder, "result.json"), "utf8")) as Result;
