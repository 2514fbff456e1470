/** The commands beside run and compare: what they print, what they leave, and their exit codes. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { configure } from "cotangent";
import { cotangent, root, scratch } from "./command-line.ts";

const { path } = scratch();

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

  test("of compare says what of the file's output does not count, of check and suite the limits of their numbers", async () => {
    const text = async (name: string): Promise<string> => (await said("help", name)).replaceAll(/\s+/gu, " ");
    expect(await text("compare")).toContain(
      "only scale counts: files, every and checkpointEvery are for cotangent run",
    );
    expect(await text("check")).toContain("from 1 to 4");
    expect(await text("suite")).toContain("from 1");
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

  test("counts once what is named twice", async () => {
    const twice = ["suite", task, task, "--with", "pixels,pixels", "--iterations", "2"];
    const stdout = await said(...twice);
    expect(stdout.match(new RegExp(`^${task} .*$`, "gmu"))).toEqual([expect.stringMatching(/^\S+ {2}pixels [\d.]+$/u)]);
    expect(stdout.match(/^pixels .*$/gmu)).toEqual([expect.stringMatching(/^pixels +1 +0 +0$/u)]);
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
