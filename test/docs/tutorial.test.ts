/**
 * docs/tutorial and docs/coming-from.md: each page runs from top to bottom, every value it states comes out, and what it
 * prints is what it shows. Their types are checked with the other pages' (snippets.test.ts).
 */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { afterAll, afterEach, expect, test } from "vitest";
import { configure } from "../../src/configure.ts";
import { expectResult } from "./example-text.ts";
import { root } from "./markdown.ts";
import { programPages, runPage } from "./pages.ts";
import type { PageRun } from "./pages.ts";
import { removeSnippets } from "./run-snippet.ts";

const runs = new Map<string, Promise<PageRun>>();

/** Pages run once, whichever test looks first. */
const runOf = (page: string): Promise<PageRun> => {
  const run = runs.get(page) ?? runPage(page);
  runs.set(page, run);
  return run;
};

afterEach(() => configure({ debug: false, debugNans: false, debugInfs: false, onNotice: null, onPrint: null }));

test.each(programPages)("every value that %s states is what comes out", async (page) => {
  const { claims } = await runOf(page);
  const wrong: string[] = [];
  for (const { place, expected, result } of claims)
    try {
      expectResult(result, expected);
    } catch (error) {
      wrong.push(`${place} ${(error as Error).message}`);
    }
  expect(wrong).toEqual([]);
});

/** Lines equal; "..." at the end of a line leaves its rest open, on a line of its own any number of lines. */
const matches = (seen: readonly string[], wanted: readonly string[]): boolean => {
  if (wanted.length === 0) return seen.length === 0;
  const [first, ...others] = wanted as [string, ...string[]];
  if (first === "...") return seen.some((_, k) => matches(seen.slice(k), others)) || others.length === 0;
  const [line, ...left] = seen;
  if (line === undefined) return false;
  const fits = first.endsWith("...") ? line.startsWith(first.slice(0, -3)) : line === first;
  return fits && matches(left, others);
};

test.each(programPages)("%s shows what it prints", async (page) => {
  const { prints } = await runOf(page);
  for (const { place, wanted, seen } of prints) if (!matches(seen, wanted)) expect(seen, place).toEqual(wanted);
});

test("each page states at least ten values or printed lines", async () => {
  const counts = await Promise.all(
    programPages
      .filter((page) => basename(page) !== "README.md")
      .map(async (page) => {
        const { claims, prints } = await runOf(page);
        return [page, claims.length + prints.flatMap(({ wanted }) => wanted).length] as const;
      }),
  );
  expect(counts.filter(([, count]) => count < 10)).toEqual([]);
});

test("the index of the tutorial has one line for every page, in order", () => {
  const listed = [...readFileSync(`${root}docs/tutorial/README.md`, "utf8").matchAll(/^\d+\. \[[^\]]+\]\(([^)]+)\)/gm)];
  const pages = programPages.filter((page) => /tutorial\/\d/.test(page)).map((page) => basename(page));
  expect(listed.map(([, target]) => target)).toEqual(pages.sort());
});

afterAll(removeSnippets);
