/** The commands beside run: what they print, what they leave, and their exit codes. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { main } from "../../cli/main.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "cotangent-commands-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const cotangent = (...words: string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, ["--import", "tsx", "--conditions=@cotangent/source", "cli/index.ts", ...words], {
    cwd: root,
    encoding: "utf8",
    timeout: 120_000,
  });

const file = (name: string, content: string): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

/** What a command says that runs without a process. */
const said = async (...words: string[]): Promise<string> => {
  let text = "";
  const write = (part: string): void => void (text += part);
  const listen = (): Promise<void> => Promise.resolve();
  expect(await main(words, { write, isInteractive: false, interruption: () => null, listen })).toBe(0);
  return text;
};

test("help lists the commands, help problem the schema, schema the same as JSON", async () => {
  const stdout = await said("help");
  for (const name of ["run", "demo", "compare", "suite", "check", "bench"])
    expect(stdout).toContain(`cotangent ${name}`);
  expect(await said("help", "problem")).toMatch(/optimizer[\s\S]*checkpointEvery/u);
  expect(JSON.parse(await said("schema"))).toMatchObject({ type: "object" });
});

test("demo leaves a problem file that runs", { timeout: 120_000 }, () => {
  const out = join(folder, "demo");
  const { status, stdout, stderr } = cotangent("demo", "--out", out);
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/best objective 210\.5\d+ at iteration 60/u);
  expect(readdirSync(out)).toEqual(
    expect.arrayContaining(["problem.json", "design.png", "animation.png", "result.json"]),
  );
  expect(cotangent("demo", "--out", out).status).toBe(2);
});

test("compare puts pixels and networks side by side, all with certified gradients", { timeout: 120_000 }, () => {
  const path = file(
    "compare.json",
    '{ "problem": { "name": "mbb", "nelx": 20, "nely": 10 }, "volumeFraction": 0.5, "optimizer": { "kind": "mma" }, "stop": { "iterations": 12 } }',
  );
  const out = join(folder, "compare");
  const { status, stdout, stderr } = cotangent("compare", path, "--out", out);
  expect([status, stderr]).toEqual([0, ""]);
  for (const name of ["pixels", "mlp", "siren", "cnn"])
    expect(stdout).toMatch(new RegExp(`^${name} +12 .* certified`, "mu"));
  expect(readdirSync(out)).toEqual(["comparison.svg", "convergence.svg", "history.csv", "report.html"]);
  expect(readFileSync(join(out, "report.html"), "utf8")).not.toMatch(/src="(?!data:)|href=/u);
});

test("suite solves tasks by name, and knows no others", { timeout: 120_000 }, async () => {
  const { status, stdout } = cotangent(
    "suite",
    "michell_centered_both_32x64_0.12",
    "--with",
    "pixels",
    "--iterations",
    "5",
  );
  expect([status, stdout]).toEqual([0, expect.stringMatching(/^michell_centered_both_32x64_0\.12 {2}pixels \d/u)]);
  const terminal = { write: () => {}, isInteractive: false, interruption: () => null, listen: () => Promise.resolve() };
  for (const words of [["mbb_beam"], ["--with", "voxels"], ["--iterations", "many"]])
    await expect(main(["suite", ...words], terminal)).rejects.toMatchObject({ exitCode: 2 });
});

test("check passes right derivatives and fails wrong ones, and says which", { timeout: 120_000 }, () => {
  const source = (path: string): string => JSON.stringify(join(root, path));
  const path = file(
    "module.mts",
    `import { customVjp } from ${source("index.ts")};
import * as np from ${source("library/numpy/index.ts")};
export const sines = (x) => np.sum(np.sin(x));
export const wrong = customVjp((x) => np.sum(np.sin(x)), { fwd: (x) => [np.sum(np.sin(x)), x], bwd: (x, ct) => [np.sin(x).mul(ct)] });
export const args = [np.linspace(0, 1, 5)];
`,
  );
  const { status, stdout } = cotangent("check", path, "--order", "1");
  expect(status).toBe(1);
  expect(stdout).toMatch(/^sines: derivatives up to order 1 agree/mu);
  expect(stdout).toMatch(/^wrong: /mu);
});
