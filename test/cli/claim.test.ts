/** Folders that somebody is at work in, or was when it was killed. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { beam, carriedOut, cotangent, expectSameFiles, filesOf, scratch } from "./command-line.ts";

const { path, file } = scratch();

const short = { ...beam, stop: { iterations: 3 } };
const asked = file("short.json", short);

const locksIn = (folder: string): readonly string[] => readdirSync(folder).filter((name) => name.endsWith(".lock"));

/** A run in a folder, and something else as soon as there is a checkpoint: what both have ended with. */
const whileRunning = async (out: string, other: () => ReturnType<typeof cotangent>) => {
  let meanwhile: ReturnType<typeof cotangent> | undefined;
  const onWrite = (): void => {
    if (existsSync(join(out, "checkpoint.bin"))) meanwhile ??= other();
  };
  const run = await carriedOut(["run", asked, "--out", out], Infinity, onWrite);
  return [run, await meanwhile!] as const;
};

/** The file of a program that has ended without taking it away, or of one elsewhere. */
const lock = (host: string, id: number): string => `.run-${host}-${id}-00ff.lock`;

const here = hostname()
  .replaceAll(/[^\w.-]/gu, "_")
  .slice(0, 100);

describe("while a run is under way, its folder is refused", () => {
  const denser = file("denser.json", { ...short, volumeFraction: 0.6 });
  test.each([
    ["another run", ["run", denser]],
    ["going on with it", ["run", asked, "--resume"]],
    ["a comparison", ["compare", asked]],
    ["a demonstration", ["demo"]],
  ] as const)("to %s, with the process in the message; and the run leaves what it would", async (name, words) => {
    const [whole, out] = [path(`${name}-whole`), path(`${name}-shared`)];
    await cotangent("run", asked, "--out", whole);
    const other = (): ReturnType<typeof cotangent> => cotangent(...words, "--out", out);
    const [run, refused] = await whileRunning(out, other);
    expect([run.status, refused]).toMatchObject([0, { status: 2, stdout: "" }]);
    expect(refused.stderr).toContain(`process ${process.pid} is at work in ${out}: `);
    expectSameFiles(whole, out);
  });
});

describe("no file of a claim remains", () => {
  test.each([
    ["a run that ends", asked, Infinity, 0],
    ["one that is interrupted", asked, 2, 130],
    [
      "one that fails",
      file("void.json", {
        ...short,
        parameterization: { kind: "pixels", initial: 0, filter: 0 },
        interpolation: { kind: "simp", eMin: 1e-300 },
      }),
      Infinity,
      1,
    ],
  ] as const)("of %s", async (name, problem, interruptedAt, status) => {
    const out = path(name);
    expect(await carriedOut(["run", problem, "--out", out], interruptedAt)).toMatchObject({ status });
    expect(locksIn(out)).toEqual([]);
  });
});

describe("a file of a claim", () => {
  const dead = spawnSync(process.execPath, ["--version"]).pid;

  test.each([
    ["a process that has ended", dead],
    ["an earlier process of this number", process.pid],
  ] as const)("of %s does not stand in the way of a new run, nor of going on, and goes", async (name, id) => {
    const [whole, out] = [path(`${name}-whole`), path(`${name}-left`)];
    await cotangent("run", asked, "--out", whole);
    mkdirSync(out);
    file(`${name}-left/${lock(here, id)}`, "");
    expect(await carriedOut(["run", asked, "--out", out], 2)).toMatchObject({ status: 130 });
    file(`${name}-left/${lock(here, id)}`, "");
    expect(await cotangent("run", asked, "--out", out, "--resume")).toMatchObject({ status: 0 });
    expectSameFiles(whole, out);
  });

  test.each([
    ["a process that is there", here, process.ppid, `process ${process.ppid} is at work`],
    ["a process of another machine", "elsewhere.local", dead, `process ${dead} on elsewhere.local is at work`],
  ] as const)("of %s keeps everybody out until it is deleted", async (name, host, id, message) => {
    const out = path(name);
    mkdirSync(out);
    file(`${name}/${lock(host, id)}`, "");
    const before = filesOf(out);
    const { status, stderr } = await cotangent("run", asked, "--out", out);
    expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(stderr).toContain(`delete ${path(name)}/${lock(host, id)}`);
    expect(filesOf(out)).toEqual(before);
    rmSync(join(out, lock(host, id)));
    expect(await cotangent("run", asked, "--out", out)).toMatchObject({ status: 0 });
  });
});
