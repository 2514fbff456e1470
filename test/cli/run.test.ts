/**
 * Faults 86 to 89, 97 and 98 from the outside: `cotangent run` as a process. COTANGENT_NIGHTLY=1 kills it 50 times instead of 2.
 */
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { builtProgram, ended } from "./built-program.ts";
import { beam, cotangent, expectSameFiles, network, root, scratch } from "./command-line.ts";
import type { Ended } from "./command-line.ts";

const { path, file } = scratch();
const { path: program, start, startInto } = builtProgram();

const kills = process.env["COTANGENT_NIGHTLY"] === "1" ? 50 : 2;

/** Until a process has told of so many iterations, in lines or as JSON, or has ended. */
const hasTold = (child: ReturnType<typeof start>, iterations: number): Promise<void> =>
  new Promise((resolve) => {
    let text = "";
    child.stdout!.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if ([...text.matchAll(/^ +\d+ {2}objective|"type":"iteration"/gmu)].length >= iterations) resolve();
    });
    child.on("close", () => resolve());
  });

/** What a program leaves whose standard output is a file of the system. */
const endedInto = async (output: string, ...words: string[]): Promise<Ended> => {
  const file = openSync(output, "w");
  try {
    return await ended(startInto(file, ...words));
  } finally {
    closeSync(file);
  }
};

describe("an interrupted run", () => {
  test.each(["beam", "network"] as const)(
    `of a %s, killed ${kills} times at random and taken up again, leaves the same bytes`,
    { timeout: 600_000 },
    async (kind) => {
      const problem = file(`${kind}.json`, kind === "beam" ? beam : network);
      const [whole, broken] = [path(`${kind}-whole`), path(`${kind}-broken`)];
      expect((await cotangent("run", problem, "--out", whole)).status).toBe(0);
      const resumption = (): readonly string[] => (existsSync(join(broken, "checkpoint.bin")) ? ["--resume"] : []);
      const expectSameRun = (): void => {
        for (const name of readdirSync(broken)) if (name.endsWith(".part")) rmSync(join(broken, name));
        expectSameFiles(whole, broken);
      };
      let seed = 12345;
      const chance = (): number => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32;
      for (let killed = 0; killed < kills; killed++) {
        const child = start("run", problem, "--out", broken, ...resumption());
        const end = ended(child);
        await hasTold(child, 1 + Math.floor(8 * chance()));
        await new Promise((resolve) => setTimeout(resolve, 60 * chance()));
        child.kill("SIGKILL");
        if ((await end).status !== 0) continue;
        // Runs that have finished begin anew, so that every kill has something to break.
        expectSameRun();
        rmSync(broken, { recursive: true });
      }
      const last = await cotangent("run", problem, "--out", broken, ...resumption());
      expect(last).toMatchObject({ status: 0, stderr: "" });
      expectSameRun();
    },
  );

  const long = file("long.json", { ...beam, stop: { iterations: 100_000 }, output: { checkpointEvery: 1000 } });

  test("by Ctrl-C ends with 130 and a checkpoint to go on from", { timeout: 120_000 }, async () => {
    const target = path("interrupted");
    const child = start("run", long, "--out", target);
    const end = ended(child);
    await hasTold(child, 1);
    expect(readdirSync(target)).toEqual([
      expect.stringMatching(new RegExp(`^\\.run-.+-${child.pid}-[\\da-f]+\\.lock$`, "u")),
    ]);
    child.kill("SIGINT");
    expect(await end).toEqual({
      status: 130,
      stdout: expect.stringMatching(/interrupted after iteration \d+; go on with: .* --resume\n$/u),
      stderr: "",
    });
    expect(readdirSync(target)).toEqual(["checkpoint.bin"]);
  });

  test.runIf(existsSync("/dev/full"))(
    "by a disk that is full says so in one line, and leaves a checkpoint",
    async () => {
      const target = path("full");
      expect(await endedInto("/dev/full", "run", long, "--out", target)).toEqual({
        status: 1,
        stdout: "",
        stderr: "cannot write to standard output: the disk is full\n",
      });
      expect(readdirSync(target)).toEqual(["checkpoint.bin"]);
    },
  );

  test("by a reader that goes away ends with 141 and a checkpoint", { timeout: 120_000 }, async () => {
    const target = path("piped");
    const child = start("run", long, "--out", target, "--json");
    const end = ended(child);
    await hasTold(child, 1);
    child.stdout!.destroy();
    expect(await end).toMatchObject({ status: 141, stderr: "" });
    expect(existsSync(join(target, "checkpoint.bin"))).toBe(true);
  });
});

test("a command ends with 141 where its reader went away, though it had nothing more to say", async () => {
  const child = start("schema");
  const end = ended(child);
  child.stdout!.destroy();
  expect(await end).toMatchObject({ status: 141, stderr: "" });
});

test.runIf(existsSync("/dev/full"))(
  "a command whose output the disk has no room for ends with 1 and says so",
  async () => {
    expect(await endedInto("/dev/full", "help")).toMatchObject({
      status: 1,
      stderr: "cannot write to standard output: the disk is full\n",
    });
  },
);

describe("a module that is checked and", () => {
  const checked = (name: string, text: string): ReturnType<typeof start> => start("check", file(name, text));

  test("never comes back is ended by Ctrl-C", async () => {
    const child = checked("hang.mjs", 'process.stdout.write("loading"); for (;;);');
    const isOver = new Promise((resolve) => child.on("close", (_status, signal) => resolve(signal)));
    try {
      await new Promise((resolve) => child.stdout!.once("data", resolve));
      child.kill("SIGINT");
      expect(await isOver).toBe("SIGINT");
    } finally {
      child.kill("SIGKILL");
    }
  });

  test.each([
    ["awaits what never comes", "await new Promise(() => {});", "an await at its top never ends"],
    ["ends the program", "process.exit();", "it ends the program"],
  ] as const)("%s is said not to be loaded, with code 2", async (_name, text, why) => {
    const end = await ended(checked("unloaded.mjs", text));
    expect(end).toEqual({ status: 2, stdout: "", stderr: `cannot load ${path("unloaded.mjs")}: ${why}\n` });
  });

  // Later versions of Node load TypeScript.
  test.skipIf("typescript" in process.features)("is TypeScript loads as is advised", async () => {
    const text = "export const f = (x: unknown): unknown => x; export const args: readonly number[] = [1];";
    const { status, stderr } = await ended(checked("typed.mts", text));
    expect([status, stderr]).toEqual([2, expect.stringContaining(`npx tsx ${program} check ${path("typed.mts")} (`)]);
    const [, words] = /npx tsx (.*?) \(/u.exec(stderr)!;
    const tsx = join(root, "node_modules/tsx/dist/cli.mjs");
    const { stdout } = spawnSync(process.execPath, [tsx, ...words!.split(" ")], { encoding: "utf8" });
    expect(stdout).toMatch(/^f: derivatives up to order 2 agree/u);
  });
});

test("the program needs what the package depends on and nothing else, ends with the exit code of its command, and says failures on standard error", async () => {
  const outcome = await ended(start("runn"));
  expect(outcome).toMatchObject({ status: 2, stdout: "" });
  expect(outcome.stderr).toMatch(/^there is no command "runn"/u);
});
