/** compare: what its contestants are asked, what becomes of those that fail or do not fit, and what it leaves. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "@fast-check/vitest";
import { beforeAll, describe, expect } from "vitest";
import { contest } from "../../cli/run/contest.ts";
import { contestantNames, lineUp } from "../../cli/run/contestants.ts";
import { beam, carriedOut, cotangent, filesOf, scratch, silent } from "./command-line.ts";
import { files } from "./problem-file-arbitraries.ts";
import { accepted } from "./problem-file-paths.ts";

const { path, file } = scratch();

const plate = { problem: { name: "mbb", nelx: 12, nely: 6 }, volumeFraction: 0.5, optimizer: { kind: "mma" } };

describe("a contestant's problem file", () => {
  test.prop([files], { numRuns: 100 })("is the one asked for with parameterization and optimizer replaced", (own) => {
    const asked = accepted(own);
    const { parameterization: of, optimizer: _optimizer, constraints, volumeFraction: _fraction, ...kept } = asked;
    const isKept = ([, { kind }]: readonly [string, { kind: string }]): boolean => kind !== "volume";
    for (const { name, file: entrant } of lineUp(contestantNames, asked).contestants) {
      expect(entrant).toMatchObject(kept);
      if (name === of.kind) expect(entrant).toEqual(asked);
      const { kind, filter, projection, symmetry } = entrant.parameterization;
      expect({ kind, filter, projection, symmetry }).toEqual({
        kind: name,
        filter: of.filter,
        projection: of.projection,
        symmetry: of.symmetry,
      });
      const others = Object.entries(constraints).filter(isKept);
      expect(Object.entries(entrant.constraints).filter(isKept)).toEqual(others);
      if (name === "pixels" || name === of.kind) continue;
      expect(entrant.optimizer.kind).toBe(others.length === 0 ? "adam" : "augmentedLagrangian");
    }
  });

  test("of pixels keeps the volume that the network asked for has by construction, whatever else it keeps", () => {
    const stress = { kind: "stress", sense: "<=", bound: 2 } as const;
    const volume = { kind: "volume", sense: "<=", bound: 0.5 };
    const asked = (constraints: object) =>
      accepted({
        ...plate,
        optimizer: { kind: "augmentedLagrangian", inner: { kind: "adam", learningRate: 0.01 } },
        parameterization: { kind: "siren" },
        constraints: constraints as never,
      });
    const [pixels] = lineUp(["pixels"], asked({ peak: stress })).contestants;
    expect(pixels!.file.constraints).toMatchObject({ volume, peak: stress });
    const [named] = lineUp(["pixels"], asked({ volume: stress })).contestants;
    expect(named!.file.constraints).toMatchObject({ volumeFraction: volume, volume: stress });
  });

  test("is none where nothing of its kind would do, with the reason in a sentence", () => {
    const space = accepted({ ...plate, problem: { name: "cantilever3d", nelx: 4, nely: 2, nelz: 2 } });
    expect(lineUp(contestantNames, space).leftOut).toEqual([
      expect.stringMatching(/^cnn is left out: cnn makes plane/u),
    ]);
    const lightest = accepted({
      ...plate,
      objective: { kind: "volume" },
      constraints: { c: { kind: "compliance", sense: "<=", bound: 100 } },
    });
    const { contestants, leftOut } = lineUp(contestantNames, lightest);
    expect(contestants.map(({ name }) => name)).toEqual(["pixels"]);
    expect(leftOut).toHaveLength(3);
    for (const sentence of leftOut) expect(sentence).toContain("the objective is the volume");
  });
});

describe("cotangent compare", () => {
  test("puts pixels and networks side by side, all with certified gradients", async () => {
    const image = { kind: "cnn", latent: 4, denseChannels: 2, filters: [2, 1], resizes: [1, 2] };
    const optimizer = { kind: "adam", learningRate: 0.01 };
    const problem = file("compare.json", { ...plate, parameterization: image, optimizer, stop: { iterations: 2 } });
    const out = path("compare");
    const { status, stdout, stderr } = await cotangent("compare", problem, "--out", out);
    expect([status, stderr]).toEqual([0, ""]);
    for (const name of contestantNames)
      expect(stdout).toMatch(new RegExp(`^${name} +2 .* certified +iterations`, "mu"));
    expect(readdirSync(out)).toEqual([
      "comparison.json",
      "comparison.svg",
      "convergence.svg",
      "history.csv",
      "report.html",
    ]);
    expect(readFileSync(join(out, "report.html"), "utf8")).not.toMatch(/src="(?!data:)|href=/u);
  });

  /** In space, with a network that is no other contestant's, and whose weights overflow after the first step. */
  const broken = {
    ...plate,
    problem: { name: "cantilever3d", nelx: 3, nely: 2, nelz: 2 },
    parameterization: { kind: "fourier", features: 4, hidden: [4] },
    optimizer: { kind: "adam", learningRate: 1e300 },
    stop: { iterations: 3 },
  };

  describe("of a network that fails, in space,", () => {
    const out = path("failing");
    let compared: Awaited<ReturnType<typeof cotangent>>;
    beforeAll(async () => {
      compared = await cotangent("compare", file("failing.json", broken), "--out", out);
    });

    test("says that it failed and why, goes on with the others, and ends with code 1", () => {
      const { status, stdout, stderr } = compared;
      expect([status, stderr]).toEqual([1, ""]);
      expect(stdout).toMatch(/^fourier failed: RootNotBracketed: /mu);
      expect(stdout).toMatch(/^fourier +2 +\d.* failed: RootNotBracketed/mu);
      for (const name of ["pixels", "mlp", "siren"])
        expect(stdout).toMatch(new RegExp(`^${name} +3 .* iterations`, "mu"));
      expect(readFileSync(join(out, "history.csv"), "utf8")).toMatch(/^2(,\d[^,]*){3},\r$/mu);
      const { contestants } = JSON.parse(readFileSync(join(out, "comparison.json"), "utf8"));
      expect(contestants).toMatchObject([
        { name: "pixels", iterations: 3, ended: "iterations", failure: null },
        { name: "mlp", iterations: 3, ended: "iterations", failure: null },
        { name: "siren", iterations: 3, ended: "iterations", failure: null },
        { name: "fourier", iterations: 2, ended: "failed", failure: { code: "RootNotBracketed" } },
      ]);
      for (const { best } of contestants) expect(best.objective).toBeGreaterThan(0);
    });

    test("leaves images out before anything runs, and draws no designs", () => {
      expect(compared.stdout).toMatch(/^cnn is left out: .*\npixels: /u);
      expect(readdirSync(out)).toEqual(["comparison.json", "convergence.svg", "history.csv", "report.html"]);
    });
  });

  test("keeps a contestant to the time of its file", async () => {
    const asked = accepted({ ...plate, stop: { iterations: 9, milliseconds: 1e-6 } });
    const { result } = await contest({ name: "pixels", file: asked }, silent);
    expect([result!.reason, result!.history.length]).toEqual(["time", 1]);
  });

  describe("that is interrupted", () => {
    const asked = file("interrupted.json", { ...plate, stop: { iterations: 2 } });
    const finished = (stdout: string): readonly string[] =>
      [...stdout.matchAll(/^(\w+) +2 .* iterations/gmu)].map(([, name]) => name!);

    test("leaves the files of those that were finished, as they were after each, and says which", async () => {
      const out = path("interrupted");
      const seen: string[] = [];
      const onWrite = (): void => void seen.push(existsSync(out) ? readdirSync(out).join() : "");
      const { status, stdout } = await carriedOut(["compare", asked, "--out", out], 6, onWrite);
      expect(status).toBe(130);
      expect(stdout).toContain("interrupted at siren; finished: pixels, mlp\n");
      expect(finished(stdout)).toEqual(["pixels", "mlp"]);
      expect(readdirSync(out)).toEqual([
        "comparison.json",
        "comparison.svg",
        "convergence.svg",
        "history.csv",
        "report.html",
      ]);
      expect(readFileSync(join(out, "history.csv"), "utf8")).toMatch(/^iteration,pixels,mlp\r$/mu);
      // When the second one is done, the first one's files are there.
      expect(seen.at(-2)).toContain("report.html");
    });

    test("before one is finished says so, and leaves nothing", async () => {
      const out = path("at-once");
      const { status, stdout } = await carriedOut(["compare", asked, "--out", out], 1);
      expect([status, stdout]).toEqual([130, expect.stringMatching(/^interrupted at pixels; finished: none$/mu)]);
      expect(readdirSync(out)).toEqual([]);
    });
  });

  test("refuses a folder that holds a run, and leaves it as it is", async () => {
    const out = path("of-a-run");
    const asked = file("run.json", { ...plate, stop: { iterations: 2 } });
    await cotangent("run", asked, "--out", out);
    const before = filesOf(out);
    const { status, stdout, stderr } = await cotangent("compare", asked, "--out", out);
    expect([status, stdout, stderr]).toEqual([2, "", `${out} holds a run: use another folder`]);
    expect(filesOf(out)).toEqual(before);
  });

  test("leaves a folder that another run, comparison or demonstration refuses, as it is", async () => {
    const out = path("kept");
    const asked = file("kept.json", { ...plate, stop: { iterations: 1 } });
    await cotangent("compare", asked, "--out", out);
    const before = filesOf(out);
    for (const command of [["run", asked], ["run", asked, "--resume"], ["compare", asked], ["demo"]]) {
      const { status, stdout, stderr } = await cotangent(...command, "--out", out);
      expect([status, stdout, stderr]).toEqual([2, "", `${out} holds a comparison: use another folder`]);
    }
    expect(filesOf(out)).toEqual(before);
  });

  test("says so where no contestant has a first design with a value, and draws nothing", async () => {
    const interpolation = { kind: "ramp", q: 1e6, eMin: 1e-300 };
    const constraints = { c: { kind: "compliance", sense: "<=", bound: 1e-300 } };
    const out = path("nothing");
    const asked = file("nothing.json", { ...plate, problem: broken.problem, interpolation, constraints });
    const { status, stdout } = await cotangent("compare", asked, "--out", out);
    expect(status).toBe(1);
    for (const name of ["pixels", "mlp", "siren"])
      expect(stdout).toMatch(new RegExp(`^${name} +0 .* failed: NotFinite`, "mu"));
    expect(readdirSync(out)).toEqual(["comparison.json", "report.html"]);
  });
});

test("a problem file that does not fit is refused before a folder is made", async () => {
  const { status } = await cotangent(
    "compare",
    file("bad.json", { ...beam, optimizer: { kind: "mmb" } }),
    "--out",
    path("no"),
  );
  expect([status, readdirSync(path("")).includes("no")]).toEqual([2, false]);
});
