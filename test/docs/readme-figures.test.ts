/** Figures of README.md are those of the benchmark's last run. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { root } from "./markdown.ts";

test("every measurement of README.md stands in bench/results/latest.md", () => {
  const results = readFileSync(`${root}bench/results/latest.md`, "utf8").split("\n");
  const readme = readFileSync(`${root}README.md`, "utf8");
  const start = readme.indexOf("| | ours | peer | ratio |");
  const rows = readme
    .slice(start, readme.indexOf("\n\n", start))
    .split("\n")
    .slice(2)
    .map((line) => line.split("|").map((cell) => cell.trim()));
  expect(rows.length).toBeGreaterThan(4);
  for (const [, text, ours, peer, ratio] of rows)
    expect(
      results.some((line) => line.includes(`${ours} (`) && line.includes(`${ratio} (${peer})`)),
      text,
    ).toBe(true);
});
