/** The bar of a run on a terminal. */
import { describe, expect } from "vitest";
import { fc, test } from "@fast-check/vitest";
import { progress } from "../../cli/output/progress.ts";
import type { IterationEntry } from "../../topopt/index.ts";

const entry = (iteration: number, objective: number): IterationEntry =>
  ({
    iteration,
    objective,
    constraints: {},
    volume: 0.4,
    greyness: 0.1,
    change: 0.01,
    violation: 0,
    isFeasible: true,
  }) as never;

/** What the bar shows, without the characters that move the cursor. */
const shown = (columns: number, own: IterationEntry, last: number, milliseconds: number): string => {
  let text = "";
  const options = { style: "bar", isQuiet: false, last, columns: () => columns } as const;
  progress((more) => void (text += more), options).iteration(own, milliseconds);
  const [beginning, clearing] = [text.slice(0, 1), text.slice(-3)];
  expect([beginning, clearing]).toEqual(["\r", "\u001B[K"]);
  return text.slice(1, -3);
};

describe("the bar", () => {
  const runs = fc.record({
    columns: fc.integer({ min: 1, max: 120 }),
    last: fc.integer({ min: 1, max: 1e6 }),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
    objective: fc.double({ noNaN: true }),
    milliseconds: fc.double({ min: 0.01, max: 1e7, noNaN: true }),
  });

  test.prop([runs])("never fills the terminal's line", ({ columns, last, part, objective, milliseconds }) => {
    const iteration = Math.max(1, Math.round(part * last));
    expect(shown(columns, entry(iteration, objective), last, milliseconds).length).toBeLessThan(columns);
  });

  test.each([
    [Infinity, "[############............] 30/60  210.5000  2.0/s  0:15 left"],
    [50, "[#######......] 30/60  210.5000  2.0/s  0:15 left"],
    [40, "30/60  210.5000  2.0/s  0:15 left"],
    [30, "30/60  210.5000  0:15 left"],
    [20, "30/60  0:15 left"],
    [10, "30/60"],
    [5, ""],
  ])("shows in %d columns what there is room for", (columns, text) => {
    expect(shown(columns, entry(30, 210.5), 60, 500)).toBe(text);
  });
});
