/** The commands beside run and compare: what they print, what they leave, and their exit codes. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { configure } from "cotangent";
import { cotangent, root, scratch } from "./command-line.ts";

const { path, file } = scratch();

/** What a command says that succeeds. */
const said = async (...words: string[]): Promise<string> => {
  const { status, stdout, stderr } = await cotangent(...words);
  expect([status, stderr]).toEqual([0, ""]);
  return stdout;
};

describe("help", () => {
  const names = ["run", "demo", "compare", "suite", "check", "bench", "schema"];

  test("lists the commands, help problem the schema, schema the same as JSON", async () => {
    const stdout = await said("help");
    for (const name of names) expect(stdout).toContain(`cotangent ${name}`);
    expect([await said(), await said("--help"), await said("-h")]).toEqual([stdout, stdout, stdout]);
    expect(await said("help", "problem")).toMatch(/optimizer[\s\S]*checkpointEvery/u);
    expect(JSON.parse(await said("schema"))).toMatchObject({ type: "object" });
  });

  test.each(names)("of %s says every option that it takes, before or after its name", async (name) => {
    const text = await said("help", name);
    expect(text).toMatch(new RegExp(`^cotangent ${name}\\b`, "u"));
    expect([await said(name, "--help"), await said(name, "-h")]).toEqual([text, text]);
    const source = readFileSync(join(root, "cli/main.ts"), "utf8");
    const [, options] = new RegExp(`  ${name}: \\{\\s*options: \\{([^}]*)\\}`, "u").exec(source)!;
    for (const [, option] of options!.matchAll(/(\w+):/gu)) expect(text).toMatch(new RegExp(`^  --${option}\\b`, "mu"));
  });

  test("of a command that there is not ends with code 2", async () => {
    expect(await cotangent("help", "runn")).toMatchObject({ status: 2, stderr: expect.stringContaining('"runn"') });
  });

  test("of problem files says how long a run may take, and what keeps a constraint whose bound is 0", async () => {
    const text = (await said("help", "problem")).replaceAll(/\s+/gu, " ");
    expect(text).toContain("one that is resumed has as much again");
    expect(text).toContain("at most 1e-4 where the bound is 0");
  });
});

test("the version is the package's", async () => {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  expect(await said("--version")).toBe(`${version}\n`);
});

test("demo leaves a problem file that runs", async () => {
  const out = path("demo");
  const stdout = await said("demo", "--out", out);
  expect(stdout).toMatch(/best objective 210\.5\d+ at iteration 60/u);
  expect(readdirSync(out)).toEqual(
    expect.arrayContaining(["problem.json", "design.png", "animation.png", "result.json"]),
  );
  expect((await cotangent("demo", "--out", out)).status).toBe(2);
});

describe("suite", () => {
  const task = "michell_centered_both_32x64_0.12";
  const asked = ["suite", task, "--with", "cnn,pixels", "--iterations", "3"];

  test("solves tasks by name, and knows no others", async () => {
    const row = new RegExp(`^${task} {2}cnn \\d.* {2}pixels \\d`, "u");
    expect(await said(...asked)).toMatch(row);
    for (const words of [["mbb_beam"], ["--with", "voxels"], ["--iterations", "many"]])
      expect((await cotangent("suite", ...words)).status).toBe(2);
  });

  test("goes on where a contestant fails, says its code, and ends with code 1", async () => {
    try {
      // Room for the pixels, and not for the network's images.
      configure({ maxElements: 60_000 });
      const { status, stdout, stderr } = await cotangent(...asked);
      expect([status, stderr]).toEqual([1, ""]);
      expect(stdout).toMatch(new RegExp(`^${task} {2}cnn failed: TooLarge {2}pixels \\d`, "u"));
      expect(stdout).toMatch(/^cnn +0 +- +1\npixels +1 +0 +0$/mu);
    } finally {
      configure({ maxElements: 2 ** 31 });
    }
  });
});

test("check passes right derivatives and fails wrong ones, and says which", async () => {
  const source = (own: string): string => JSON.stringify(join(root, own));
  const module = file(
    "module.mts",
    `import { customVjp } from ${source("index.ts")};
import * as np from ${source("library/numpy/index.ts")};
export const sines = (x) => np.sum(np.sin(x));
export const wrong = customVjp((x) => np.sum(np.sin(x)), { fwd: (x) => [np.sum(np.sin(x)), x], bwd: (x, ct) => [np.sin(x).mul(ct)] });
export const args = [np.linspace(0, 1, 5)];
`,
  );
  const { status, stdout } = await cotangent("check", module, "--order", "1");
  expect(status).toBe(1);
  expect(stdout).toMatch(/^sines: derivatives up to order 1 agree/mu);
  expect(stdout).toMatch(/^wrong: /mu);
});
