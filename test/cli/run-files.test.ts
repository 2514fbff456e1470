/** What `cotangent run` says and leaves behind: files and sentences about the best design, and what it refuses. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import * as nn from "cotangent/nn";
import * as optim from "cotangent/optim";
import { neural, optimize, problems } from "cotangent/topopt";
import { npy, safetensors } from "cotangent/topopt/files";
import { animatedPng, densityPng } from "cotangent/topopt/render";
import { beam, cotangent, filesOf, resultOf, root, scratch } from "./command-line.ts";

const { path, file } = scratch();

describe("cotangent run", () => {
  const problem = file("beam.json", beam);
  const whole = path("whole");
  let first: Awaited<ReturnType<typeof cotangent>>;
  beforeAll(async () => {
    first = await cotangent("run", problem, "--out", whole);
  });

  test("writes what the file asks for, and says so in plain lines where nobody watches", () => {
    expect(first).toMatchObject({ status: 0, stderr: "" });
    expect(first.stdout).toMatch(/^ {4}1 {2}objective /mu);
    expect(first.stdout).toMatch(/gradients certified at iteration 40: objective passed/u);
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
    expect(resultOf(whole)).toMatchObject({ reason: "iterations", iterations: 40, failure: null });
    expect(resultOf(whole).history).toHaveLength(40);
  });

  test("escapes titles in every picture", () => {
    for (const name of readdirSync(whole).filter((own) => own.endsWith(".svg"))) {
      const text = readFileSync(join(whole, name), "utf8");
      expect(text).not.toContain("<script>");
      expect(text).toContain("&lt;script&gt;");
    }
  });

  test("refuses to write over a run, and to take up one of another problem", async () => {
    const before = filesOf(whole);
    const again = await cotangent("run", problem, "--out", whole);
    expect([again.status, again.stderr]).toEqual([2, expect.stringContaining("--resume")]);
    const other = await cotangent("run", file("other.json", { ...beam, seed: 1 }), "--out", whole, "--resume");
    expect([other.status, other.stderr]).toEqual([2, expect.stringContaining("another problem")]);
    expect(filesOf(whole)).toEqual(before);
  });

  const short = file("short.json", { ...beam, stop: { iterations: 3 } });

  test("says one JSON object a line when it is asked to", async () => {
    const { status, stdout } = await cotangent("run", short, "--out", path("json"), "--json");
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { type: string });
    expect(status).toBe(0);
    expect(lines.filter(({ type }) => type === "iteration")).toHaveLength(3);
    const { best } = resultOf(path("json"));
    expect(lines.at(-1)).toMatchObject({ type: "result", reason: "iterations", iterations: 3, best });
  });

  test("says nothing but the outcome when it is to be quiet, as text or as JSON", async () => {
    const { stdout } = await cotangent("run", short, "--out", path("quiet"), "--quiet");
    expect(stdout).toMatch(/^done after 3 iterations\nbest objective [\d.]+ at iteration 3\nwrote .*\n$/u);
    const json = await cotangent("run", short, "--out", path("quiet-json"), "--quiet", "--json");
    expect(JSON.parse(json.stdout)).toMatchObject({ type: "result", iterations: 3 });
  });
});

test("files hold the best design, not the last one, and the message names it; the animation ends with the last", async () => {
  const own = neural(problems.mbb({ nelx: 12, nely: 4 }), nn.siren({ width: 8, depth: 2 }), { volumeFraction: 0.4 });
  const densities: unknown[] = [];
  const { best, density } = optimize({
    problem: problems.mbb({ nelx: 12, nely: 4 }),
    parameterization: own,
    optimizer: optim.adam(0.5),
    stop: { iterations: 10 },
    certificate: false,
    callbacks: [(_entry, { state }) => void densities.push(state.last!.density)],
  });
  expect(best.iteration).toBeLessThan(10);
  const problem = file("wild.json", {
    problem: beam.problem,
    volumeFraction: 0.4,
    parameterization: { kind: "siren", width: 8, depth: 2 },
    optimizer: { kind: "adam", learningRate: 0.5 },
    stop: { iterations: 10 },
    output: { every: 4, files: ["png", "apng", "npy", "safetensors", "json"] },
  });
  const out = path("wild");
  const { stdout } = await cotangent("run", problem, "--out", out);
  const written = (name: string): Uint8Array => new Uint8Array(readFileSync(join(out, name)));
  expect(written("design.npy")).toEqual(npy(best.density));
  expect(written("design.png")).toEqual(densityPng(best.density, { scale: 8 }));
  expect(written("params.safetensors")).toEqual(safetensors({ params: best.params }));
  const frames = [...[0, 4, 8].map((k) => densities[k]), density] as never[];
  expect(written("animation.png")).toEqual(animatedPng(frames, { scale: 8 }));
  expect(stdout).toContain(`best objective ${best.objective.toPrecision(7)} at iteration ${best.iteration}\n`);
  const { history, ...result } = resultOf(out);
  expect(result.best).toEqual({
    iteration: best.iteration,
    objective: best.objective,
    violation: 0,
    isFeasible: true,
  });
  expect(result.last).toEqual({ iteration: 10, objective: history[9]!.objective });
});

describe("where no design keeps the constraints", () => {
  const unattainable = { stiff: { kind: "compliance", sense: "<=", bound: 1 } };
  const asked = { ...beam, objective: { kind: "volume" }, constraints: unattainable, stop: { iterations: 3 } };

  test("the message and result.json say so, of the design that comes closest", async () => {
    const out = path("closest");
    const problem = file("closest.json", { ...asked, interpolation: { kind: "simp" } });
    const { status, stdout } = await cotangent("run", problem, "--out", out, "--quiet");
    const { best, history } = resultOf(out);
    expect(best).toMatchObject({ isFeasible: false, objective: history[best.iteration - 1]!.objective });
    expect(best.violation).toBeGreaterThan(1);
    expect([status, stdout]).toEqual([0, expect.stringContaining("no design keeps all constraints; the closest")]);
    expect(stdout).toContain(`of iteration ${best.iteration}, has objective ${best.objective.toPrecision(7)}`);
    expect(stdout).toMatch(/stiff \d+\.\d+ <= 1 \(violated\)/u);
  });

  test("designs before the continuation moved do not count, which is said", async () => {
    // Stiff enough while the interpolation is linear, and not where intermediate densities count for little.
    const constraints = { stiff: { kind: "compliance", sense: "<=", bound: 600 } };
    const penal = {
      steps: [
        [1, 1],
        [2, 9],
      ],
    };
    const problem = file("moved.json", {
      ...asked,
      constraints,
      interpolation: { kind: "simp", penal },
      stop: { iterations: 2 },
    });
    const { stdout } = await cotangent("run", problem, "--out", path("moved"));
    expect(resultOf(path("moved")).best).toMatchObject({ iteration: 2, isFeasible: false });
    expect(stdout).toContain("no design since the continuation moved last keeps all constraints");
  });
});

describe("a command that cannot be carried out ends with", () => {
  const good = file("good.json", { ...beam, stop: { iterations: 2 } });

  test.each([
    ["no such command", ["runn", good], /no command "runn"/u],
    ["no file", ["run", "--out", path("x")], /takes problem\.json, not 0/u],
    ["a missing file", ["run", path("missing.json"), "--out", path("x")], /no such file/u],
    ["a folder in the place of the file", ["run", root, "--out", path("x")], /no regular file/u],
    ["a device", ["run", "/dev/zero", "--out", path("x")], /no regular file/u],
    ["no folder to write to", ["run", good], /--out DIR/u],
    ["an unknown option", ["run", good, "--out", path("x"), "--fast"], /--fast/u],
    ["nothing to take up", ["run", good, "--out", path("empty"), "--resume"], /run without --resume/u],
  ] as const)("code 2: %s", async (_name, words, message) => {
    const { status, stderr, stdout } = await cotangent(...words);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^ {4}at /mu);
  });

  test("code 2 and every fault of the problem file, each with its line", async () => {
    const bad = file("bad.json", '{\n "problem": { "name": "mbb", "nelx": -1 },\n "optimizer": { "kind": "adamm" }\n}');
    const { status, stderr } = await cotangent("run", bad, "--out", path("x"));
    expect(status).toBe(2);
    expect(stderr).toMatch(/bad\.json:2:\d+: problem\.nelx/u);
    expect(stderr).toMatch(/bad\.json:3:\d+: optimizer\.kind/u);
  });

  test("code 1 where the folder is a file, or cannot be written to", async () => {
    const inTheWay = await cotangent("run", good, "--out", file("in-the-way", ""));
    expect([inTheWay.status, inTheWay.stderr]).toEqual([1, expect.stringContaining("a part of the path is a file")]);
    const full = await cotangent("run", good, "--out", "/proc/nothing");
    expect([full.status, full.stderr]).toEqual([1, expect.stringMatching(/cannot use the folder \/proc\/nothing/u)]);
  });

  test("code 1 and nothing half loaded, where the checkpoint has been cut off or changed", async () => {
    const target = path("corrupt");
    expect((await cotangent("run", good, "--out", target)).status).toBe(0);
    const checkpoint = join(target, "checkpoint.bin");
    const bytes = readFileSync(checkpoint);
    for (const changed of [bytes.subarray(0, bytes.length - 1), bytes.map((own, k) => (k === 100 ? own ^ 1 : own))]) {
      writeFileSync(checkpoint, changed);
      const { status, stderr } = await cotangent("run", good, "--out", target, "--resume");
      expect([status, stderr]).toEqual([1, expect.stringContaining("CorruptCheckpoint")]);
    }
  });

  test("code 1 where a file of the run is in the way as a folder", async () => {
    const target = path("blocked");
    mkdirSync(join(target, "design.png"), { recursive: true });
    const { status, stderr } = await cotangent("run", good, "--out", target);
    expect([status, stderr]).toEqual([1, expect.stringContaining("cannot write")]);
    expect(readdirSync(target).filter((name) => name.endsWith(".part"))).toEqual([]);
  });
});
