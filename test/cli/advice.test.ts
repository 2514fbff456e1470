/** What a refusal or an interruption advises works as it is given: the law of each is to do it. */
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { beam, carriedOut, cotangent, expectSameFiles, filesOf, resultOf, root, scratch } from "./command-line.ts";

const { path, file } = scratch();

const short = { ...beam, stop: { iterations: 3 } };
const asked = file("short.json", short);

/** The words of a command that a text ends with, as a shell reads them. */
const advised = (text: string, before: string): readonly string[] => {
  const at = text.lastIndexOf(before);
  expect(at, text).toBeGreaterThan(-1);
  const [command] = text.slice(at + before.length).split(/ \(or|\n/u);
  const { stdout } = spawnSync("sh", ["-c", String.raw`printf '%s\0' ${command}`], { encoding: "utf8" });
  const [program, ...words] = stdout.split("\0").slice(0, -1);
  expect(program).toBe("cotangent");
  return words;
};

const asAdvised = (text: string, before: string): ReturnType<typeof cotangent> => cotangent(...advised(text, before));

describe("an interrupted run says the command that goes on with it", () => {
  test.each(["plain", "two words", "it's $HOME"])("in a folder named %s", async (name) => {
    const [whole, out] = [path(`${name} whole`), path(name)];
    await cotangent("run", asked, "--out", whole);
    const { status, stdout } = await carriedOut(["run", asked, "--out", out], 1);
    expect(status).toBe(130);
    expect(await asAdvised(stdout, "go on with: ")).toMatchObject({ status: 0 });
    expectSameFiles(whole, out);
  });
});

describe("a demonstration", () => {
  const problem = (out: string, content: object): void => {
    mkdirSync(out);
    writeFileSync(join(out, "problem.json"), JSON.stringify(content));
  };

  test("that is interrupted says how to go on, as does another one there", async () => {
    const out = path("demo");
    const { status, stdout } = await carriedOut(["demo", "--out", out], 1);
    expect(status).toBe(130);
    const again = await cotangent("demo", "--out", out);
    expect(again).toMatchObject({ status: 2, stdout: "" });
    // The rest of it would take a second: what is asked is made less.
    const text = readFileSync(join(out, "problem.json"), "utf8");
    writeFileSync(join(out, "problem.json"), text.replace('"iterations": 60', '"iterations": 2'));
    const [name, problem, option, folder] = advised(stdout, "change it and say: ");
    expect([problem, folder]).toEqual([join(out, "problem.json"), "another-folder"]);
    expect(await cotangent(name!, problem!, option!, path(folder!))).toMatchObject({ status: 0 });
    expect(await asAdvised(stdout, "go on with: ")).toMatchObject({ status: 0 });
    expect(await asAdvised(again.stderr, "go on with: ")).toMatchObject({ status: 0 });
    expect(resultOf(out)).toMatchObject({ iterations: 2 });
  });

  test("says how to run a file of its name that has not been run", async () => {
    const out = path("begun");
    problem(out, short);
    const { status, stderr } = await cotangent("demo", "--out", out);
    expect(status).toBe(2);
    expect(await asAdvised(stderr, "run it with: ")).toMatchObject({ status: 0 });
    expect(resultOf(out)).toMatchObject({ iterations: 3 });
  });

  test("writes nothing into a folder with another run", async () => {
    const [other, out] = [path("another"), path("demo-elsewhere")];
    await cotangent("run", asked, "--out", other);
    mkdirSync(out);
    copyFileSync(join(other, "checkpoint.bin"), join(out, "checkpoint.bin"));
    const { status, stderr } = await cotangent("demo", "--out", out);
    expect([status, stderr]).toEqual([2, expect.stringContaining("use another folder")]);
    expect(readdirSync(out)).toEqual(["checkpoint.bin"]);
  });
});

describe("a checkpoint that cannot be gone on with names its path, and goes", () => {
  const away = {
    "when it is deleted": (checkpoint: string): void => rmSync(checkpoint),
    "when it is moved": (checkpoint: string): void => renameSync(checkpoint, path(`moved-${Math.random()}`)),
  };
  const spoilt = {
    "cut off": (checkpoint: string): void => writeFileSync(checkpoint, readFileSync(checkpoint).subarray(0, 40)),
    "a pipe that nobody writes to": (checkpoint: string): void => {
      rmSync(checkpoint);
      expect(spawnSync("mkfifo", [checkpoint]).status).toBe(0);
    },
  };
  const cases = Object.entries(spoilt).flatMap(([how, spoil]) =>
    Object.entries(away).map(([when, remove]) => [how, when, spoil, remove] as const),
  );
  test.each(cases)("(%s) %s", async (how, when, spoil, remove) => {
    const [whole, out] = [path("sound"), path(`${how} ${when}`)];
    if (!existsSync(whole)) await cotangent("run", asked, "--out", whole);
    await carriedOut(["run", asked, "--out", out], 1);
    const checkpoint = join(out, "checkpoint.bin");
    spoil(checkpoint);
    const { status, stderr } = await cotangent("run", asked, "--out", out, "--resume");
    expect([status, stderr]).toEqual([1, expect.stringContaining(`CorruptCheckpoint: reading ${checkpoint}: `)]);
    expect(stderr).toContain("Move or delete that file and begin the run anew without --resume");
    remove(checkpoint);
    expect(await cotangent("run", asked, "--out", out)).toMatchObject({ status: 0 });
    expectSameFiles(whole, out);
  });
});

test("where there is nothing to go on with, no folder is made, and a run without --resume makes one", async () => {
  const out = path("nowhere");
  const { status, stderr } = await cotangent("run", asked, "--out", out, "--resume");
  expect([status, stderr]).toEqual([2, `there is no checkpoint.bin in ${out}: run without --resume`]);
  expect(existsSync(out)).toBe(false);
  expect(await cotangent("run", asked, "--out", out)).toMatchObject({ status: 0 });
});

test("a pipe that nobody writes to is no problem file, and is not waited for", async () => {
  const pipe = path("pipe.json");
  expect(spawnSync("mkfifo", [pipe]).status).toBe(0);
  const { status, stderr } = await cotangent("run", pipe, "--out", path("of-a-pipe"));
  expect([status, stderr]).toEqual([2, `${pipe} is no regular file`]);
});

describe("an animation whose beginning was not kept is refused, and what is advised leaves the files of an uninterrupted run:", () => {
  const during = (iterations: number, every: number, files: readonly string[]): object => ({
    ...beam,
    stop: { iterations },
    output: { every, checkpointEvery: 1, files },
  });
  const [some, animated] = [["csv"], ["csv", "apng"]] as const;
  const refusedAnimation = async (out: string, first: object, then: object): Promise<string> => {
    await cotangent("run", file("first.json", first), "--out", out);
    const before = filesOf(out);
    const { status, stderr } = await cotangent("run", file("then.json", then), "--out", out, "--resume");
    expect([status, stderr]).toEqual([2, expect.stringContaining("iterations that were not kept")]);
    expect(filesOf(out)).toEqual(before);
    return stderr;
  };
  const expectAsWhole = async (name: string, out: string, then: object): Promise<void> => {
    const problem = file("as-advised.json", then);
    expect(await cotangent("run", problem, "--out", out, "--resume")).toMatchObject({ status: 0 });
    await cotangent("run", problem, "--out", path(`${name}-whole`));
    expectSameFiles(path(`${name}-whole`), out);
  };

  test("none at all", async () => {
    const out = path("without");
    const text = await refusedAnimation(out, during(4, 2, some), during(6, 2, animated));
    expect(text).toMatch(/\(the first is 1\): take "apng" out of output\.files, or run anew in another folder$/u);
    await expectAsWhole("without", out, during(6, 2, some));
  });

  test("fewer pictures of the way", async () => {
    const out = path("closer");
    const text = await refusedAnimation(out, during(8, 4, animated), during(10, 2, animated));
    expect(text).toMatch(/\(the first is 3\): take "apng" out of output\.files, set output\.every to 4, or run anew/u);
    await expectAsWhole("closer", out, during(10, 4, animated));
  });
});

test("what may change between runs is what is said when something else did", async () => {
  const out = path("changed");
  await cotangent("run", asked, "--out", out);
  const other = file("other.json", { ...short, seed: 1 });
  const { status, stderr } = await cotangent("run", other, "--out", out, "--resume");
  expect([status, stderr]).toEqual([2, expect.stringContaining("(stop, output, threads and title may change)")]);
  const allowed = { stop: { iterations: 4 }, output: { files: ["csv"] }, title: "another" };
  const changed = file("changed.json", { ...short, ...allowed });
  expect(await cotangent("run", changed, "--out", out, "--resume")).toMatchObject({ status: 0 });
  expect(await cotangent("run", other, "--out", path("changed-elsewhere"))).toMatchObject({ status: 0 });
});

test("a module that exports too little is checked once it exports what is said", async () => {
  const source = (own: string): string => JSON.stringify(join(root, own));
  const lines = [`import * as np from ${source("library/numpy/index.ts")};`];
  const say = async (): ReturnType<typeof cotangent> =>
    cotangent("check", file(`lacking-${lines.length}.mts`, lines.join("\n")), "--order", "1");
  for (const part of ["no functions", "no arguments for f"]) {
    const { status, stderr } = await say();
    expect([status, stderr]).toEqual([2, expect.stringContaining(`exports ${part}: export const `)]);
    const [, advice] = /: (export const [^{]*?)(?:, or \{.*)?$/u.exec(stderr)!;
    lines.push(advice!.replace("[x, y]", "[1]"));
  }
  expect(await say()).toMatchObject({ status: 0, stdout: expect.stringMatching(/^f: derivatives/u) });
});

test("a run that has gone further than it is asked to is refused, and goes on as it is told", async () => {
  const out = path("further");
  await cotangent("run", asked, "--out", out);
  const before = filesOf(out);
  const less = file("less.json", { ...beam, stop: { iterations: 2 } });
  const { status, stderr } = await cotangent("run", less, "--out", out, "--resume");
  expect([status, stderr]).toEqual([2, expect.stringContaining("stop.iterations is 2: ask for 3 or more")]);
  expect(filesOf(out)).toEqual(before);
  expect(await cotangent("run", asked, "--out", out, "--resume")).toMatchObject({ status: 0 });
  expect(filesOf(out)).toEqual(before);
});
