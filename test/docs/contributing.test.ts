/**
 * CONTRIBUTING.md is right about new primitives: its example family, put into a copy of the sources exactly as
 * printed, obeys every generated law and its own test, with nothing else changed.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { blocksOf, filesOf, root } from "./markdown.ts";

const page = "CONTRIBUTING.md";

/** Folders the copy does without; test/docs too, or the test would run itself. */
const leftOut: readonly string[] = ["node_modules", ".git", "out", "dist", "coverage", "bench", "docs"];

let folder: string;

/** Adds the lines marked + where the line above them (unmarked) stands, or else at the end. */
const applyDiff = (text: string, diff: string): string => {
  let changed = text;
  let above: string | null = null;
  for (const line of diff.split("\n")) {
    if (!line.startsWith("+")) above = line.slice(1);
    else if (above === null) changed = `${changed}${line.slice(1)}\n`;
    else {
      expect(changed).toContain(`${above}\n`);
      changed = changed.replace(`${above}\n`, `${above}\n${line.slice(1)}\n`);
    }
  }
  return changed;
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cotangent-contributing-"));
  cpSync(root, folder, { recursive: true, filter: (source) => !leftOut.includes(basename(source)) });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction");
  for (const { label, code } of filesOf(page)) writeFileSync(join(folder, label), `${code}\n`);
  for (const { label, code } of blocksOf(page).filter(({ language }) => language === "diff"))
    writeFileSync(join(folder, label), applyDiff(readFileSync(join(folder, label), "utf8"), code));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the example adds one file, one line in ops/index.ts, and one test", () => {
  expect(filesOf(page).map(({ label }) => label)).toEqual(["ops/softsign.ts", "test/ops/softsign.test.ts"]);
  const diffs = blocksOf(page).filter(({ language }) => language === "diff");
  expect(diffs.map(({ label }) => label)).toEqual(["ops/index.ts"]);
  expect(diffs[0]!.code.split("\n").filter((line) => line.startsWith("+"))).toHaveLength(1);
});

interface TestFile {
  readonly name: string;
  readonly message: string;
  readonly assertionResults: readonly {
    readonly status: string;
    readonly fullName: string;
    readonly failureMessages: readonly string[];
  }[];
}

/** Runs the laws and the example's own test in the copy, as far as their names speak of the example. */
const runLaws = (): readonly TestFile[] => {
  const report = join(folder, "report.json");
  const parameters = [
    "run",
    "test/laws",
    "test/ops/softsign.test.ts",
    "-t",
    "softsign",
    "--no-isolate",
    "--maxWorkers=1",
    "--reporter=json",
    `--outputFile=${report}`,
  ];
  const { stderr } = spawnSync(process.execPath, [join(folder, "node_modules/vitest/vitest.mjs"), ...parameters], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, CI: "" },
  });
  if (!existsSync(report)) throw new Error(stderr);
  return (JSON.parse(readFileSync(report, "utf8")) as { testResults: readonly TestFile[] }).testResults;
};

test("every generated law holds for the example, and its own test passes", { timeout: 120_000 }, () => {
  const files = runLaws();
  expect(files.map(({ message }) => message).filter((message) => message !== "")).toEqual([]);
  const failed = files.flatMap(({ assertionResults }) => assertionResults.filter(({ status }) => status === "failed"));
  expect(failed.map(({ fullName, failureMessages }) => `${fullName}: ${failureMessages.join(" ")}`)).toEqual([]);
  const passed = files.map(
    ({ name, assertionResults }) =>
      [basename(name, ".test.ts"), assertionResults.filter(({ status }) => status === "passed").length] as const,
  );
  for (const law of ["values", "derivatives", "batching", "execution", "rules", "softsign"])
    expect(passed.find(([name]) => name === law)?.[1], law).toBeGreaterThan(0);
});
