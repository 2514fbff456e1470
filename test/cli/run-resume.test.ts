/** Runs that are taken up again: those that go on, those that have ended, and those that have failed. */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { beam, carriedOut, cotangent, expectSameFiles, filesOf, network, resultOf, scratch } from "./command-line.ts";

const { path, file } = scratch();

const wholes = new Map<string, string>();

/** A run of a file that nothing interrupts: the folder it leaves. */
const uninterrupted = async (asked: object): Promise<string> => {
  const text = JSON.stringify(asked);
  const out = wholes.get(text) ?? path(`whole-${wholes.size}`);
  if (!wholes.has(text)) await cotangent("run", file("whole.json", text), "--out", out);
  wholes.set(text, out);
  return out;
};

/** Runs a file in a folder, or goes on there. */
const inFolder = (out: string, asked: object): ReturnType<typeof cotangent> =>
  cotangent("run", file("asked.json", asked), "--out", out, ...(existsSync(out) ? ["--resume"] : []));

describe("a run that goes on leaves the bytes of one that was never interrupted:", () => {
  test.each([
    ["pixels", { ...beam, stop: { iterations: 22 }, output: { ...beam.output, checkpointEvery: 7 } }],
    ["a network", { ...network, stop: { iterations: 8 } }],
  ] as const)("of %s, by Ctrl-C after every few iterations", async (name, asked) => {
    const whole = await uninterrupted(asked);
    const out = path(`${name}-broken`);
    const problem = file("asked.json", asked);
    const statuses: (number | null)[] = [];
    for (let turn = 1; (statuses.at(-1) ?? 130) === 130; turn *= 2) {
      const resume = turn === 1 ? [] : ["--resume"];
      const { status, stdout } = await carriedOut(["run", problem, "--out", out, ...resume], turn);
      statuses.push(status);
      expect(stdout.includes("go on with: cotangent run ")).toBe(status === 130);
    }
    expect(statuses.slice(-4)).toEqual([130, 130, 130, 0]);
    expectSameFiles(whole, out);
  });

  /** At rest at an iteration that is neither certified nor a frame wherever the run ends. */
  const restful = { ...beam, stop: { iterations: 40, change: 0.0145 } };

  test("after its change, once less of it is asked for", async () => {
    const out = path("change");
    await inFolder(out, restful);
    const { reason, iterations } = resultOf(out);
    expect([reason, [21, 31].includes(iterations), iterations < 40]).toEqual(["change", false, true]);
    await inFolder(out, beam);
    expectSameFiles(await uninterrupted(beam), out);
  });

  test("after its change at its last iteration, once the continuation moves on beyond it", async () => {
    const out = path("beyond");
    await inFolder(out, { ...beam, stop: { iterations: 13, change: 10 } });
    expect(resultOf(out)).toMatchObject({ reason: "change", iterations: 13 });
    const longer = { ...beam, stop: { iterations: 26, change: 10 } };
    await inFolder(out, longer);
    expect(resultOf(out)).toMatchObject({ reason: "change", iterations: 20 });
    expectSameFiles(await uninterrupted(longer), out);
  });

  test("after its iterations, once there are more, and fewer pictures of the way", async () => {
    const out = path("iterations");
    await inFolder(out, { ...beam, stop: { iterations: 17 }, output: { ...beam.output, every: 5 } });
    await inFolder(out, beam);
    expectSameFiles(await uninterrupted(beam), out);
  });

  test("after its time, which every process has anew", async () => {
    const out = path("time");
    const hasty = { ...beam, stop: { iterations: 4, milliseconds: 1e-6 } };
    for (let iterations = 1; iterations <= 3; iterations++) {
      const { status } = await inFolder(out, hasty);
      expect(status).toBe(0);
      expect(resultOf(out)).toMatchObject({ reason: "time", iterations });
      expect(resultOf(out).certificates.at(-1)).toMatchObject({ iteration: iterations });
    }
    const patient = { ...beam, stop: { iterations: 4 } };
    await inFolder(out, patient);
    expectSameFiles(await uninterrupted(patient), out);
  });

  test("after a failure to write, of what was reached before", async () => {
    const out = path("mute");
    let lines = 0;
    const write = (): void => {
      if (++lines > 6) throw new Error("no more room");
    };
    const broken = carriedOut(["run", file("asked.json", beam), "--out", out], Infinity, write);
    expect(await broken).toMatchObject({ status: 1, stderr: expect.stringContaining("no more room") });
    expect(existsSync(path("mute/checkpoint.bin"))).toBe(true);
    await inFolder(out, beam);
    expectSameFiles(await uninterrupted(beam), out);
  });
});

describe("a run that has ended takes no further step, and writes its files again:", () => {
  const searched = {
    problem: beam.problem,
    optimizer: { kind: "lbfgs" },
    constraints: {},
    parameterization: { kind: "pixels", filter: 0 },
    stop: { iterations: 50 },
  };
  test.each([
    ["change", { ...beam, stop: { iterations: 40, change: 0.0145 } }],
    ["iterations", { ...beam, stop: { iterations: 12 } }],
    ["optimizer", searched],
  ] as const)("at the end of its %s", async (reason, asked) => {
    const out = path(`ended-${reason}`);
    await inFolder(out, asked);
    expect(resultOf(out).reason).toBe(reason);
    const before = filesOf(out);
    for (const name of readdirSync(out)) if (name !== "checkpoint.bin") rmSync(`${out}/${name}`);
    const { status, stdout } = await inFolder(out, asked);
    expect([status, stdout]).toEqual([
      0,
      expect.stringContaining(`ended at iteration ${resultOf(out).iterations} already`),
    ]);
    expect(stdout).not.toMatch(/^ +\d+ {2}objective/mu);
    expect(filesOf(out)).toEqual(before);
  });
});

describe("a design without a value", () => {
  const coarse = { name: "mbb", nelx: 12, nely: 6 };
  /** Void elements are so weak that the factorization finds a pivot that is not positive. */
  const weak = {
    problem: coarse,
    volumeFraction: 0.4,
    optimizer: { kind: "mma" },
    interpolation: { kind: "simp", eMin: 1e-300 },
    parameterization: { kind: "pixels", filter: 0 },
    stop: { iterations: 60 },
    output: { files: ["png", "svg", "apng", "csv", "json", "npy"] },
  };
  /** One long step makes all of it void: its compliance is a number, the slope of that is none. */
  const steep = {
    ...weak,
    objective: { kind: "volume" },
    constraints: { stiff: { kind: "compliance", sense: "<=", bound: 1e4 } },
    optimizer: { kind: "augmentedLagrangian", inner: { kind: "sgd", learningRate: 1e4 } },
    interpolation: { kind: "simp", eMin: 1e-200 },
  };

  test.each([
    ["failed", weak, "NotPositiveDefinite: "],
    ["not finite", steep, "a value or gradient is no number"],
  ] as const)(
    "ends the run with the designs before it, as %s and code 1, once and for all",
    async (reason, asked, why) => {
      const out = path(`without-${reason}`);
      const first = await inFolder(out, asked);
      const { best, iterations, ...result } = resultOf(out);
      const sentence = `${reason} at iteration ${iterations}: ${why}`;
      expect(first).toMatchObject({ status: 1, stderr: "", stdout: expect.stringContaining(sentence) });
      expect(first.stdout).toContain(
        `best objective ${best.objective.toPrecision(7)} at iteration ${best.iteration}\n`,
      );
      expect([result.reason, result.history.length, result.last.iteration]).toEqual([
        reason,
        iterations,
        iterations - 1,
      ]);
      expect(result.failure === null).toBe(reason === "not finite");
      expect(readdirSync(out)).toEqual(
        expect.arrayContaining(["design.png", "design.npy", "convergence.svg", "animation.png"]),
      );

      const before = filesOf(out);
      rmSync(`${out}/design.png`);
      const again = await inFolder(out, { ...asked, stop: { iterations: 1000 } });
      expect(again).toMatchObject({ status: 1, stderr: "", stdout: expect.stringContaining(sentence) });
      expect(again.stdout).toContain(`ended at iteration ${iterations} already`);
      expect(again.stdout).not.toMatch(/^ +\d+ {2}objective/mu);
      const { "result.json": _asked, ...files } = filesOf(out);
      expect(before).toMatchObject(files);
    },
  );

  test("that is the first one ends with code 1 and its code, and leaves no file", async () => {
    const out = path("first");
    const nothing = { ...weak, parameterization: { kind: "pixels", initial: 0 } };
    const { status, stdout, stderr } = await inFolder(out, nothing);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^NotFinite: .* first design: /u);
    expect(readdirSync(out)).toEqual([]);
  });
});
