/**
 * Everything printed as TypeScript in README.md and docs/ is true: programs run (or throw what the line above
 * them announces), a block `text` right behind one is what it prints, excerpts stand in the file they name, all of it
 * type-checks, and the files it speaks of exist.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { format } from "node:util";
import { afterAll, describe, expect, test, vi } from "vitest";
import { configure } from "cotangent";
import { announcedError, blocksOf, filesOf, root, snippetsOf } from "./markdown.ts";
import type { Block } from "./markdown.ts";
import { moduleOf, programPages } from "./pages.ts";
import { completeImports, errorOf, removeSnippets, writeModule } from "./run-snippet.ts";

const pages = [
  ...["README.md", "CONTRIBUTING.md"].filter((page) => existsSync(`${root}${page}`)),
  ...readdirSync(`${root}docs`, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => `docs/${file}`),
];

const folderOf = ({ page }: Block): string => dirname(page);

const placeOf = ({ page, line }: Block): string => `${page}:${line}`;

// docs/errors.md has a test of its own, which runs each program for the error it shows; so have pages that are one program.
const snippetPages = pages.filter((page) => !programPages.includes(page));
const programs = snippetPages.filter((page) => page !== "docs/errors.md").flatMap(snippetsOf);

/** Programs with the block `text` right behind them. */
const printing = snippetPages.flatMap((page) =>
  blocksOf(page).flatMap((block, k, all) => {
    const shown = all[k + 1];
    return block.language === "ts" && block.label === "" && shown?.language === "text" && shown.introduction === ""
      ? [[placeOf(shown), block, shown] as const]
      : [];
  }),
);

/** Programs that show nothing. */
const silent = programs.filter(
  ({ page, line }) => !printing.some(([, block]) => block.page === page && block.line === line),
);

test.each(silent.map((block) => [placeOf(block), block] as const))(
  "%s runs, or throws what is announced",
  async (_place, block) => {
    const error = await errorOf(block.code, folderOf(block));
    const announced = announcedError(block);
    if (announced === null) expect(error).toBeNull();
    else expect((error as { code?: string } | null)?.code, String(error)).toBe(announced);
  },
);

test.each(printing)("%s is what the program above it prints", async (_place, block, shown) => {
  // What programs print about themselves is of one thread, the default.
  configure({ threads: 1 });
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
  try {
    expect(await errorOf(block.code, folderOf(block))).toBeNull();
    expect(log.mock.calls.map((values) => format(...values).trimEnd()).join("\n")).toBe(shown.code);
  } finally {
    log.mockRestore();
  }
});

const lines = (text: string): string =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join("\n");

// CONTRIBUTING.md makes up files instead of quoting them; contributing.test.ts writes and tests them.
const excerpts = pages.filter((page) => page !== "CONTRIBUTING.md").flatMap(filesOf);

test.each(excerpts.map((block) => [placeOf(block), block] as const))(
  "%s quotes its file word for word, in order",
  (_place, { label, code }) => {
    const source = lines(readFileSync(`${root}${label}`, "utf8"));
    let from = 0;
    for (const part of code.split(/^\s*\/\/ \.\.\.\s*$/m).map(lines)) {
      const at = source.indexOf(part, from);
      expect(at, `not found in ${label}, or not in this order:\n${part}`).toBeGreaterThanOrEqual(0);
      from = at + part.length;
    }
  },
);

test.each(pages)("every file and folder that %s names exists", (page) => {
  const named = [
    ...readFileSync(`${root}${page}`, "utf8").matchAll(
      /`((?:kernels|src|ops|transforms|library|topopt|test|docs|examples|scripts)\/[a-z0-9./-]+)`/g,
    ),
  ].map((match) => match[1]!);
  expect(named.filter((path) => !existsSync(`${root}${path}`))).toEqual([]);
});

test.each(pages)("every link of %s to another page leads there", (page) => {
  const targets = [...readFileSync(`${root}${page}`, "utf8").matchAll(/\]\(((?!https?:)[\w./-]+\.\w+)/g)].map(
    (match) => match[1]!,
  );
  expect(targets.filter((target) => !existsSync(join(root, dirname(page), target)))).toEqual([]);
});

describe("all programs", () => {
  test("type-check, apart from the mistakes they mark with @ts-expect-error", () => {
    const places = new Map<string, string>();
    for (const block of snippetPages.flatMap(snippetsOf))
      places.set(writeModule(completeImports(block.code, folderOf(block))), placeOf(block));
    for (const block of filesOf("CONTRIBUTING.md").filter(({ label }) => label.startsWith("ops/")))
      places.set(writeModule(completeImports(block.code, dirname(block.label))), placeOf(block));
    for (const page of programPages) places.set(writeModule(moduleOf(page)), page);
    const [first] = places.keys();
    const project = join(dirname(first!), "tsconfig.json");
    writeFileSync(
      project,
      JSON.stringify({
        extends: `${root}tsconfig.leaf.json`,
        include: ["./*.ts"],
        compilerOptions: { rootDir: root, incremental: false },
      }),
    );
    const report = compilerReport(project);
    const complaints = [...places].flatMap(([path, place]) =>
      report
        .filter((line) => line.includes(`${basename(path)}(`))
        .map((line) => `${place} ${sourceLineOf(path, line)} ${line.slice(line.indexOf("error"))}`),
    );
    expect(complaints).toEqual([]);
  });
});

/** The line of a module that a line of the report is about. */
const sourceLineOf = (path: string, line: string): string =>
  readFileSync(path, "utf8").split("\n")[Number(/\.ts\((\d+),/.exec(line)?.[1]) - 1]?.trim() ?? "";

/** Lines that the compiler writes about a project. */
const compilerReport = (project: string): string[] => {
  try {
    execFileSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, "-p", project], {
      cwd: dirname(project),
      encoding: "utf8",
      stdio: "pipe",
    });
    return [];
  } catch (error) {
    const { stdout } = error as { stdout?: string };
    // A compiler that broke down has found nothing, which proves nothing.
    if (stdout === undefined || !stdout.includes("error TS")) throw error;
    return stdout.split("\n");
  }
};

afterAll(removeSnippets);
