/**
 * Random programs over all primitives agree with themselves: on every back end, mapped and in a loop, differentiated and by
 * differences. The generator fills a quota of programs for every (primitive, transform) cell; the long run is
 * scripts/long-battery.ts.
 */
import { beforeAll, describe, expect, test } from "vitest";
import { setNoticeListener } from "../../src/notice.ts";
import type { BatteryResult } from "./program-battery.ts";
import { emptyCells, everyRecord, quantile, reasonFor, runBattery, transforms, unreached } from "./program-battery.ts";

const records = await everyRecord();
/** Programs that are asked for: what fills every cell, and a tenth more. */
const asked = 9 * records.length;
/** COTANGENT_RUNS multiplies them, as it does the runs of every property. */
const times = Number(process.env["COTANGENT_RUNS"] ?? 1);
const count = asked * times;

let result: BatteryResult;

beforeAll(() => {
  // A fallback would compare the interpreter with itself.
  setNoticeListener((code, text) => {
    if (code === "CompileFailed" || code === "BackendMissing") throw new Error(text);
  });
  try {
    result = runBattery({ programs: asked, seed: 20, records });
  } finally {
    setNoticeListener(null);
  }
}, 180_000 * times);

const worst = (law: string): number => result.errors.get(law)!.at(-1)!;

describe("random programs", () => {
  test.each(["interpreter", "js", "wasm"])("give on %s what eager evaluation gives, to 1e-13", (backend) => {
    expect(result.errors.get(backend)!.length).toBe(count);
    expect(worst(backend)).toBeLessThanOrEqual(1e-13);
    expect(worst(`float32 ${backend}`)).toBeLessThanOrEqual(1e-13);
  });

  test("are the same mapped and in a loop", () => {
    expect(result.errors.get("vmap")!.length).toBe(count);
    expect(worst("vmap")).toBeLessThanOrEqual(1e-12);
  });

  test("have derivatives that are limits of differences: at most 1e-6, 99 in 100 at most 1e-10", () => {
    expect(result.errors.get("forward")!.length).toBeGreaterThan(0.75 * count);
    expect(worst("forward")).toBeLessThanOrEqual(1e-6);
    expect(quantile(result.errors.get("forward")!, 0.99)).toBeLessThanOrEqual(1e-10);
  });

  test("have pullbacks that pair with their derivatives to 1e-12", () => {
    expect(result.errors.get("reverse")!.length).toBeGreaterThan(0.75 * count);
    expect(worst("reverse")).toBeLessThanOrEqual(1e-12);
    expect(worst("reverse against differences")).toBeLessThanOrEqual(1e-6);
  });

  test("have second derivatives that are differences of gradients to 1e-5, in all nests of the modes", () => {
    for (const nest of ["forward over forward", "forward over reverse"]) {
      expect(result.errors.get(nest)!.length).toBeGreaterThan(0.08 * count);
      expect(worst(nest)).toBeLessThanOrEqual(1e-5);
    }
    for (const nest of ["reverse over forward", "reverse over reverse"]) expect(worst(nest)).toBeLessThanOrEqual(1e-12);
  });

  test("have float32 derivatives within 2e-3", () => {
    expect(result.errors.get("float32 forward")!.length).toBeGreaterThan(0.15 * count);
    expect(worst("float32 forward")).toBeLessThanOrEqual(2e-3);
    expect(worst("float32 reverse")).toBeLessThanOrEqual(1e-5);
  });

  test("are rarely left unjudged: kinks below 1 in 100, no derivative to check below 1 in 5", () => {
    const skips = (part: string): number =>
      [...result.skipped].reduce((sum, [reason, times]) => sum + (reason.includes(part) ? times : 0), 0);
    expect(skips("kink")).toBeLessThan(0.01 * count);
    expect([...result.skipped].reduce((sum, [, times]) => sum + times, 0)).toBeLessThan(0.25 * count);
  });
});

describe("the table of primitives and transforms", () => {
  test("every cell was reached by at least 20 programs, or says why it cannot be", () => {
    expect(emptyCells(result, records, 20)).toEqual([]);
  });

  test("no cell that says it cannot be reached was reached, but for those of primitives that others bind", () => {
    const contradictions = records.flatMap((record) =>
      transforms
        .filter((transform) => unreached[record.name]?.[transform] !== undefined)
        .filter((transform) => result.quota.count(record.name, transform) > 0)
        .map((transform) => `${record.name} ${transform}`),
    );
    expect(contradictions).toEqual([]);
  });

  test("most cells can be reached", () => {
    const open = records.flatMap((record) => transforms.filter((transform) => reasonFor(record, transform) === null));
    expect(open.length).toBeGreaterThan(0.75 * records.length * transforms.length);
  });

  test("every reason in the table is one of a primitive that exists", () => {
    for (const name of Object.keys(unreached)) expect(records.map((record) => record.name)).toContain(name);
  });
});
