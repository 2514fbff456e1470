/** What problem files become, and what looks like a number or a word in them but is none. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { scheduleAt } from "../../cli/problem-file/index.ts";
import { schedules } from "./problem-file-arbitraries.ts";
import type { Json, JsonObject } from "./problem-file-arbitraries.ts";
import { accepted, faultsOf } from "./problem-file-paths.ts";
import { adam, block, mbb, plain, plate, sheet } from "./problem-file-samples.ts";

describe("defaults", () => {
  test("the shortest file is a whole run", () => {
    const asked = { problem: mbb, constraints: {}, optimizer: { kind: "adam", learningRate: 0.1 } };
    expect(accepted(asked)).toEqual({
      problem: mbb,
      parameterization: { kind: "pixels", filter: 1.5, initial: 0.5 },
      objective: { kind: "compliance" },
      constraints: {},
      optimizer: { kind: "adam", learningRate: 0.1, b1: 0.9, b2: 0.999, epsilon: 1e-7 },
      interpolation: { kind: "simp", penal: 3, eMin: 1e-9 },
      stop: { iterations: 100, change: 0 },
      seed: 0,
      solver: "auto",
      threads: 1,
      output: { every: 10, checkpointEvery: 10, files: ["png", "csv", "json"], scale: 8 },
    });
  });

  test("the default of a part is what its record says when it is empty", () => {
    const run = accepted(plain);
    const empty = accepted({
      ...plain,
      parameterization: { kind: "pixels" },
      interpolation: { kind: "simp" },
      stop: {},
      output: {},
    });
    expect(empty).toEqual(run);
  });

  test("the filter reaches 1.5 of the shortest edge of an element, in whatever unit", () => {
    const radiusOn = (mesh: JsonObject): unknown =>
      accepted({ ...plain, problem: "nelz" in mesh ? block({ mesh }) : plate({ mesh }) }).parameterization.filter;
    expect(radiusOn({ nelx: 4, nely: 2 })).toBe(1.5);
    expect(radiusOn({ nelx: 4, nely: 2, size: [0.02, 0.04] })).toBe(1.5 * 0.005);
    expect(radiusOn({ nelx: 4, nely: 2, size: [800, 100] })).toBe(75);
    expect(radiusOn({ nelx: 4, nely: 2, nelz: 8, size: [8, 4, 1] })).toBe(1.5 / 8);
  });

  test("a structure has Poisson's ratio 0.3, and a conductor none", () => {
    const poissonOf = (problem: JsonObject): unknown =>
      (accepted({ ...plain, problem }).problem as JsonObject)["poisson"];
    expect([poissonOf(plate()), poissonOf(plate({ poisson: 0.2 })), poissonOf(sheet())]).toEqual([0.3, 0.2, undefined]);
  });

  test("a task of the suite and some problems bring their volume fraction", () => {
    const fractionOf = (own: JsonObject): number | undefined =>
      accepted({ ...own, optimizer: { kind: "mma" } }).volumeFraction;
    const task = { problem: { suite: "mbb_beam_96x32_0.5" } };
    expect(fractionOf(task)).toBe(0.5);
    expect(fractionOf({ problem: { name: "inverter", nelx: 4, nely: 4 } })).toBe(0.3);
    expect(fractionOf({ ...task, volumeFraction: 0.3 })).toBe(0.3);
  });

  test("pixels under an optimizer that takes constraints keep the volume, unless the file says otherwise", () => {
    const volume = { volume: { kind: "volume", sense: "<=", bound: 0.4 } };
    for (const kind of ["mma", "gcmma", "optimalityCriteria"])
      expect(accepted({ ...plain, optimizer: { kind } }).constraints).toEqual(volume);
    expect(accepted({ ...plain, optimizer: { kind: "augmentedLagrangian", inner: adam } }).constraints).toEqual(volume);
    for (const own of [{}, { optimizer: adam }, { objective: { kind: "volume" } }])
      expect(accepted({ ...plain, ...own, constraints: {} }).constraints).toEqual({});
    const siren = { parameterization: { kind: "siren" }, optimizer: adam };
    expect(accepted({ ...plain, ...siren }).constraints).toEqual({});
  });

  test("-0 is 0", () => {
    const { stop, seed } = accepted(
      '{"problem": {"name": "mbb", "nelx": 2, "nely": 2}, "volumeFraction": 0.5, "optimizer": {"kind": "mma"}, "stop": {"change": -0}, "seed": -0}',
    );
    expect(stop.change).toBe(0);
    expect(seed).toBe(0);
  });
});

describe("numbers and texts that mean something else elsewhere", () => {
  test.each([
    ["NaN", "JSON has no NaN"],
    ["-Infinity", "JSON has no -Infinity"],
    ["1e999", "beyond float64"],
    ["1e-400", "0 in float64"],
    ["-0", "is not a number above 0"],
    ['"0.4"', "is not a number"],
    ['"1/3"', "is not a number"],
    ["[0.4]", "a list of 1 is not a number"],
    ["null", "null is not a number"],
    ["true", "true is not a number"],
  ])("a volume fraction of %s is refused with its path (fault 91)", (numeral, says) => {
    const [fault, ...others] = faultsOf(
      `{ "problem": { "name": "mbb", "nelx": 2, "nely": 2 },\n  "volumeFraction": ${numeral}, "optimizer": { "kind": "mma" } }`,
    );
    expect(others).toEqual([]);
    expect(fault).toMatchObject({ path: "volumeFraction", line: 2, column: 21 });
    expect(fault!.message).toContain(says);
  });

  test.each([
    "../../etc/passwd",
    "/etc/passwd",
    "C:\\boot.ini",
    "/dev/zero",
    "https://example.org/x.json",
    "file:///etc/passwd",
    "out/../../x",
  ])("%s is refused wherever a file asks for something by a word (fault 92)", (name) => {
    const parts: readonly JsonObject[] = [
      { problem: { suite: name } },
      { problem: { ...mbb, name } },
      { solver: name },
      { output: { files: [name] } },
      { parameterization: { kind: name } },
      ...["out", "file", "path", "output.file", "directory", "url"].map((key) => ({ [key]: name })),
      ...["out", "file", "path", "folder"].map((key) => ({ output: { [key]: name } })),
      ...["mesh", "initial"].map((key) => ({ parameterization: { kind: "pixels", [key]: name } })),
    ];
    for (const part of parts) expect(faultsOf({ ...plain, ...part })).toHaveLength(1);
  });

  test("no prototype changes, whatever the keys are (fault 95)", () => {
    const before = Object.getOwnPropertyNames(Object.prototype).join();
    for (const key of ["__proto__", "constructor", "toString", "hasOwnProperty", "__defineGetter__"]) {
      const nasty = `"${key}": { "polluted": 1, "prototype": { "polluted": 1 } }`;
      const paths = faultsOf(
        `{ ${nasty}, "problem": { "name": "mbb", "nelx": 2, "nely": 2, ${nasty} }, "optimizer": { "kind": "mma", ${nasty} }, "constraints": { ${nasty} }, "output": { ${nasty} } }`,
      ).map((own) => own.path);
      expect(paths).toEqual(["", "problem.", "optimizer.", "constraints.", "output."].map((parent) => parent + key));
    }
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(before);
  });

  test("nothing below cli evaluates text (fault 96)", () => {
    const folder = fileURLToPath(new URL("../../cli", import.meta.url));
    const sources = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
    expect(sources.length).toBeGreaterThan(10);
    for (const file of sources) {
      const text = readFileSync(join(folder, file), "utf8");
      expect.soft(text, file).not.toMatch(/\beval\b|new Function|[^\w.]Function\(|from "node:vm"|setTimeout\(\s*["'`]/);
    }
  });
});

describe("schedules", () => {
  const penal = (own: Json) => {
    const { interpolation } = accepted({ ...plain, interpolation: { kind: "simp", penal: own } });
    return (at: number): number => (interpolation.kind === "simp" ? scheduleAt(interpolation.penal, at) : NaN);
  };

  test("a ramp is a straight line between its ends and constant outside", () => {
    const own = penal({ from: 1, to: 3, start: 11, end: 21 });
    expect([1, 11, 12, 16, 21, 1e7].map(own)).toEqual([1, 1, 1.2, 2, 3, 3]);
  });

  test("each step holds from its iteration up to the next", () => {
    const own = penal({
      steps: [
        [1, 1],
        [50, 2],
        [100, 4],
      ],
    });
    expect([1, 49, 50, 99, 100, 1e7].map(own)).toEqual([1, 1, 2, 2, 4, 4]);
  });

  test.prop([schedules(fc.double({ min: 1, max: 10, noNaN: true })), fc.integer({ min: 1, max: 200 })])(
    "a schedule never leaves the range of its numbers",
    (own, at) => {
      const numbers = JSON.stringify(own).includes("steps")
        ? (own as { readonly steps: readonly (readonly [number, number])[] }).steps.map(([, value]) => value)
        : typeof own === "number"
          ? [own]
          : [(own as { readonly from: number }).from, (own as { readonly to: number }).to];
      const value = penal(own)(at);
      expect(value).toBeGreaterThanOrEqual(Math.min(...numbers) * (1 - 1e-15));
      expect(value).toBeLessThanOrEqual(Math.max(...numbers) * (1 + 1e-15));
    },
  );
});
