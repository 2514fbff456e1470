/**
 * Where the benchmark misses a goal, docs/performance.md says why: every row that is marked short in bench/results/latest.md
 * has a passage there that says that it falls short.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { root } from "./markdown.ts";

const page = readFileSync(`${root}docs/performance.md`, "utf8");

/** Passages that begin like this, by how their rows begin; the first that fits. A passage is a section, or an item of a list. */
const passages: readonly (readonly [row: string, passage: string])[] = [
  ["MBB ", "## MBB"],
  ["neural MBB ", "## Neural MBB"],
  ["solve ", "## Finite element solves"],
  ["multigrid ", "## Multigrid"],
  ["first call", "## First call"],
  ["peak resident memory", "## Peak memory"],
  ["A B, 1024 x 1024", "## Products"],
  ["sin(x) exp(-x^2) + tanh(x) / (1 + x^2)", "## Chain"],
  ["gradient of the sum of sin(x)", "## Gradient of the chain"],
  ["sum of 1e6, jitted", "- **Sum of 1e6.**"],
  ["sum of 1e6, eager", "- **Eager sums.**"],
  ["softmax", "- **Softmax of rows.**"],
  ["argmax", "- **Argmax of rows.**"],
  ["cumsum", "- **Cumulative sum of rows.**"],
  ["SIREN", "## SIREN"],
  ["CNN decoder", "## CNN decoder"],
  ["density filter", "## Density filter"],
  ["RK4", "## RK4"],
  ["2 x + 1", "- **`2 x + 1`, jitted.**"],
  ["a + b, 10 elements", "- **`a + b`, eager.**"],
  ["a + b, 1e6", "- **`a + b`, 1e6, eager.**"],
  ["gradient of 20 scalar operations, eager", "- **Gradient of 20 operations, eager.**"],
  ["gradient of 20 scalar operations, jitted", "- **The same, jitted.**"],
  ["two threads", "## Two threads"],
];

/** The first table: case, dtype and goals of every row, and whether one is missed. */
const rows = (): { readonly name: string; readonly isShort: boolean }[] => {
  const lines = readFileSync(`${root}bench/results/latest.md`, "utf8").split("\n");
  const first = lines.findIndex((line) => line.startsWith("| case"));
  const rest = lines.slice(first + 2);
  return rest
    .slice(
      0,
      rest.findIndex((line) => !line.startsWith("|")),
    )
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .map(([, name, dtype, goals]) => ({ name: `${name}, ${dtype}`, isShort: goals!.includes("**short**") }));
};

/** The passage of a row, its lines joined; empty if there is none. */
const passageOf = (name: string): string => {
  const [, beginning] = passages.find(([row]) => name.startsWith(row)) ?? [];
  const start = beginning === undefined ? -1 : page.indexOf(`\n${beginning}`);
  if (start < 0) return "";
  const text = page.slice(start + 1);
  const end = text.search(beginning!.startsWith("-") ? /\n(?:-|\n)/ : /\n## /);
  return text.slice(0, end < 0 ? text.length : end).replaceAll(/\s+/g, " ");
};

describe("docs/performance.md", () => {
  test("has a passage for every row of the benchmark", () => {
    expect(rows().length).toBeGreaterThan(20);
    expect(rows().filter(({ name }) => passageOf(name) === "")).toEqual([]);
  });

  test("says of every row that misses a goal why it falls short", () => {
    const short = rows().filter(({ isShort }) => isShort);
    expect(short.filter(({ name }) => !/falls? short|short of/.test(passageOf(name))).map(({ name }) => name)).toEqual(
      [],
    );
  });
});
