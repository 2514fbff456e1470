/**
 * Faults 86 to 89, 97 and 98 from the outside: `cotangent run` as a process. COTANGENT_NIGHTLY=1 kills it 50 times instead of 3.
 */
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeFailure } from "../../cli/failure.ts";
import { main } from "../../cli/main.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "cotangent-cli-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const command = ["--import", "tsx", "--conditions=@cotangent/source", "cli/index.ts"];

const cotangent = (...words: string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, [...command, ...words], { cwd: root, encoding: "utf8", timeout: 120_000 });

/** The same without a process, for what is refused before it runs. */
const refused = async (...words: string[]): Promise<{ status: number; stdout: string; stderr: string }> => {
  let stdout = "";
  const write = (text: string): void => void (stdout += text);
  const terminal = { write, isInteractive: false, interruption: () => null, listen: () => Promise.resolve() };
  try {
    return { status: await main(words, terminal), stdout, stderr: "" };
  } catch (error) {
    const { text, exitCode } = describeFailure(error);
    return { status: exitCode, stdout, stderr: text };
  }
};

const start = (...words: string[]): ChildProcess =>
  spawn(process.execPath, [...command, ...words], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });

const ended = (child: ChildProcess): Promise<{ code: number | null; stdout: string }> =>
  new Promise((resolve) => {
    let stdout = "";
    child.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.on("close", (code) => resolve({ code, stdout }));
  });

const file = (name: string, content: unknown): string => {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
};

const out = (name: string): string => join(folder, name);

const problem = {
  title: 'a beam <script>alert("x")</script> & more',
  problem: { name: "mbb", nelx: 24, nely: 8 },
  volumeFraction: 0.4,
  optimizer: { kind: "mma" },
  interpolation: { kind: "simp", penal: { from: 1, to: 3, start: 1, end: 20 } },
  stop: { iterations: 60 },
  output: {
    every: 10,
    checkpointEvery: 1,
    files: ["png", "svg", "apng", "csv", "json", "npy", "vti", "stl", "safetensors"],
  },
};
const network = {
  ...problem,
  parameterization: { kind: "siren", width: 16, depth: 2, filter: 1.5 },
  optimizer: { kind: "adam", learningRate: 0.001, clipNorm: 1 },
  constraints: {},
};

/** All files of a run by name; checkpoints too, which are as deterministic. */
const filesOf = (path: string): Readonly<Record<string, string>> =>
  Object.fromEntries(readdirSync(path).map((name) => [name, readFileSync(join(path, name)).toString("base64")]));

const expectSameFiles = (one: string, other: string): void => {
  const [first, second] = [filesOf(one), filesOf(other)];
  expect(Object.keys(second)).toEqual(Object.keys(first));
  for (const name of Object.keys(first)) expect(second[name] === first[name], name).toBe(true);
};

describe("cotangent run", () => {
  const path = file("beam.json", problem);
  const whole = out("whole");
  let first: ReturnType<typeof cotangent>;
  beforeAll(() => {
    first = cotangent("run", path, "--out", whole);
  }, 120_000);

  test("writes what the file asks for, and says so in plain lines where nobody watches", () => {
    expect(first.stderr).toBe("");
    expect(first.status).toBe(0);
    expect(first.stdout).toMatch(/^ {4}1 {2}objective /mu);
    expect(first.stdout).toMatch(/gradients certified at iteration 60: objective passed/u);
    for (const control of ["\u001B", "\r"]) expect(first.stdout).not.toContain(control);
    expect(readdirSync(whole)).toEqual([
      "animation.png",
      "boundary.svg",
      "checkpoint.bin",
      "convergence.svg",
      "design.npy",
      "design.png",
      "design.stl",
      "design.svg",
      "design.vti",
      "history.csv",
      "params.safetensors",
      "result.json",
    ]);
    const result = JSON.parse(readFileSync(join(whole, "result.json"), "utf8")) as {
      history: unknown[];
      reason: string;
    };
    expect([result.history.length, result.reason]).toEqual([60, "iterations"]);
  });

  test("escapes titles in every picture", () => {
    for (const name of readdirSync(whole).filter((own) => own.endsWith(".svg"))) {
      const text = readFileSync(join(whole, name), "utf8");
      expect(text).not.toContain("<script>");
      expect(text).toContain("&lt;script&gt;");
    }
  });

  test("refuses to write over a run, and goes on with a finished one where more is asked for", () => {
    const again = cotangent("run", path, "--out", whole);
    expect([again.status, again.stderr]).toEqual([2, expect.stringContaining("--resume")]);
    const shorter = file("shorter.json", { ...problem, stop: { iterations: 25 } });
    const extended = out("extended");
    expect(cotangent("run", shorter, "--out", extended).status).toBe(0);
    const longer = cotangent("run", path, "--out", extended, "--resume");
    expect([longer.status, longer.stderr]).toEqual([0, ""]);
    expect(filesOf(extended)["design.npy"]).toBe(filesOf(whole)["design.npy"]);
  });

  test("does not take up a run of another problem", () => {
    const other = file("other.json", { ...problem, seed: 1 });
    const { status, stderr } = cotangent("run", other, "--out", whole, "--resume");
    expect([status, stderr]).toEqual([2, expect.stringContaining("another problem")]);
  });

  test("says one JSON object a line when it is asked to", () => {
    const short = file("short.json", { ...problem, stop: { iterations: 3 } });
    const { status, stdout } = cotangent("run", short, "--out", out("json"), "--json");
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { type: string });
    expect(status).toBe(0);
    expect(lines.filter(({ type }) => type === "iteration")).toHaveLength(3);
    expect(lines.at(-1)).toMatchObject({ type: "result", reason: "iterations", iterations: 3 });
  });
});

describe("an interrupted run", () => {
  const kills = process.env["COTANGENT_NIGHTLY"] === "1" ? 50 : 3;

  test.each(["beam", "network"] as const)(
    `of a %s, killed ${kills} times at random and taken up again, leaves the same bytes`,
    { timeout: 600_000 },
    async (kind) => {
      const path = file(`${kind}-kill.json`, kind === "beam" ? problem : network);
      const [whole, broken] = [out(`${kind}-whole`), out(`${kind}-broken`)];
      expect(cotangent("run", path, "--out", whole).status).toBe(0);
      let killed = 0;
      let seed = 12345;
      for (let attempt = 0; killed < kills; attempt++) {
        const isThere = existsSync(join(broken, "checkpoint.bin"));
        const child = start("run", path, "--out", broken, ...(isThere ? ["--resume"] : []));
        const end = ended(child);
        await new Promise((resolve) => child.stdout!.once("data", resolve));
        seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
        await new Promise((resolve) => setTimeout(resolve, (seed / 2 ** 32) * 120));
        child.kill("SIGKILL");
        const { code } = await end;
        killed++;
        // Runs that had finished already begin anew, so that every kill has something to break.
        if (code === 0) rmSync(broken, { recursive: true });
      }
      const isThere = existsSync(join(broken, "checkpoint.bin"));
      const last = cotangent("run", path, "--out", broken, ...(isThere ? ["--resume"] : []));
      expect([last.status, last.stderr]).toEqual([0, ""]);
      for (const name of readdirSync(broken)) if (name.endsWith(".part")) rmSync(join(broken, name));
      expectSameFiles(whole, broken);
    },
  );

  test("by Ctrl-C ends with 130 and a checkpoint to go on from", { timeout: 120_000 }, async () => {
    const path = file("long.json", { ...problem, stop: { iterations: 100_000 }, output: { checkpointEvery: 1000 } });
    const target = out("interrupted");
    const child = start("run", path, "--out", target);
    const end = ended(child);
    await new Promise((resolve) => child.stdout!.once("data", resolve));
    child.kill("SIGINT");
    const { code, stdout } = await end;
    expect([code, stdout]).toEqual([
      130,
      expect.stringMatching(/interrupted after iteration \d+; go on with --resume/u),
    ]);
    expect(existsSync(join(target, "checkpoint.bin"))).toBe(true);
  });

  test("by a reader that goes away ends with 141 and a checkpoint", { timeout: 120_000 }, async () => {
    const path = file("piped.json", { ...problem, stop: { iterations: 100_000 }, output: { checkpointEvery: 1000 } });
    const target = out("piped");
    const child = start("run", path, "--out", target, "--json");
    await new Promise((resolve) => child.stdout!.once("data", resolve));
    child.stdout!.destroy();
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect([code, existsSync(join(target, "checkpoint.bin"))]).toEqual([141, true]);
  });
});

describe("a command that cannot be carried out ends with", () => {
  const good = file("good.json", { ...problem, stop: { iterations: 2 } });

  test.each([
    ["no such command", ["runn", good], /no command "runn"/u],
    ["no file", ["run", "--out", out("x")], /takes problem\.json, not 0/u],
    ["a missing file", ["run", out("missing.json"), "--out", out("x")], /no such file/u],
    ["a folder in the place of the file", ["run", folder, "--out", out("x")], /no regular file/u],
    ["a device", ["run", "/dev/zero", "--out", out("x")], /no regular file/u],
    ["no folder to write to", ["run", good], /--out DIR/u],
    ["an unknown option", ["run", good, "--out", out("x"), "--fast"], /--fast/u],
    ["nothing to take up", ["run", good, "--out", out("empty"), "--resume"], /run without --resume/u],
  ] as const)("code 2: %s", async (_name, words, message) => {
    const { status, stderr, stdout } = await refused(...words);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^ {4}at /mu);
  });

  test("code 2 and every fault of the problem file, each with its line", async () => {
    const bad = file("bad.json", '{\n "problem": { "name": "mbb", "nelx": -1 },\n "optimizer": { "kind": "adamm" }\n}');
    const { status, stderr } = await refused("run", bad, "--out", out("x"));
    expect(status).toBe(2);
    expect(stderr).toMatch(/bad\.json:2:\d+: problem\.nelx/u);
    expect(stderr).toMatch(/bad\.json:3:\d+: optimizer\.kind/u);
  });

  test("code 1 where the folder is a file, or cannot be written to", () => {
    const inTheWay = file("in-the-way", "");
    const { status, stderr } = cotangent("run", good, "--out", inTheWay);
    expect([status, stderr]).toEqual([1, expect.stringContaining("a part of the path is a file")]);
    const full = cotangent("run", good, "--out", "/proc/nothing");
    expect([full.status, full.stderr]).toEqual([1, expect.stringMatching(/cannot use the folder \/proc\/nothing/u)]);
  });

  test("code 1 and nothing half loaded, where the checkpoint has been cut off or changed", () => {
    const target = out("corrupt");
    expect(cotangent("run", good, "--out", target).status).toBe(0);
    const path = join(target, "checkpoint.bin");
    const bytes = readFileSync(path);
    for (const changed of [bytes.subarray(0, bytes.length - 1), bytes.map((own, k) => (k === 100 ? own ^ 1 : own))]) {
      writeFileSync(path, changed);
      const { status, stderr } = cotangent("run", good, "--out", target, "--resume");
      expect([status, stderr]).toEqual([1, expect.stringContaining("CorruptCheckpoint")]);
    }
  });

  test("code 1 where a file of the run is in the way as a folder", () => {
    const target = out("blocked");
    mkdirSync(join(target, "design.png"), { recursive: true });
    const { status, stderr } = cotangent("run", good, "--out", target);
    expect([status, stderr]).toEqual([1, expect.stringContaining("cannot write")]);
    expect(readdirSync(target).filter((name) => name.endsWith(".part"))).toEqual([]);
  });
});
