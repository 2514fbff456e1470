/** The command line as a program of its own: compiled once, since the tests start it many times, and kill it. */
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { root } from "./command-line.ts";
import type { Ended } from "./command-line.ts";

const settings = (folder: string): object => ({
  extends: join(root, "tsconfig.base.json"),
  files: [join(root, "cli/index.ts")],
  compilerOptions: {
    rootDir: root,
    outDir: join(folder, "program"),
    typeRoots: [join(root, "node_modules/@types")],
    // JavaScript alone: types are checked elsewhere.
    noCheck: true,
    composite: false,
    declaration: false,
    declarationMap: false,
    isolatedDeclarations: false,
    sourceMap: false,
  },
});

/** The packages that users have, and no others: tools and optional peers are not among them. */
const linkDependencies = (folder: string): void => {
  const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { dependencies: object };
  mkdirSync(join(folder, "node_modules"));
  for (const name of Object.keys(dependencies))
    symlinkSync(join(root, "node_modules", name), join(folder, "node_modules", name), "junction");
};

export interface BuiltProgram {
  /** Its main module. */
  readonly path: string;
  readonly start: (...words: string[]) => ChildProcess;
  /** Starts it with a file of the system as its standard output. */
  readonly startInto: (output: number, ...words: string[]) => ChildProcess;
}

/** Compiles the program before the tests of a file, and takes it away after them. */
export const builtProgram = (): BuiltProgram => {
  const folder = mkdtempSync(join(tmpdir(), "cotangent-program-"));
  beforeAll(() => {
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(settings(folder)));
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    linkDependencies(folder);
    const compiler = join(root, "node_modules/typescript/bin/tsc");
    const { status, stdout } = spawnSync(process.execPath, [compiler, "-p", folder], { encoding: "utf8" });
    if (status !== 0) throw new Error(stdout);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "program/cli/index.js");
  const startWith = (output: number | "pipe", words: readonly string[]): ChildProcess =>
    spawn(process.execPath, [path, ...words], { stdio: ["ignore", output, "pipe"] });
  return {
    path,
    start: (...words) => startWith("pipe", words),
    startInto: (output, ...words) => startWith(output, words),
  };
};

/** What a process has left when it has ended. */
export const ended = (child: ChildProcess): Promise<Ended> =>
  new Promise((resolve) => {
    let [stdout, stderr] = ["", ""];
    child.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.on("close", (status) => resolve({ status, stdout, stderr }));
  });
