/**
 * Pages that are one program from top to bottom, as docs/tutorial: their TypeScript blocks in order, each seeing the
 * names of those before. A line `expression; // value` states its value (example-text.ts); a block `text` states what the
 * program above it prints. In tables, every cell of a column "here" is such an expression, with its value in the column "gives".
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { format } from "node:util";
import { withObservations } from "./example-text.ts";
import type { Result } from "./example-text.ts";
import { root } from "./markdown.ts";
import { completeImports, runSnippet } from "./run-snippet.ts";

/** Every page that is one program. */
export const programPages: readonly string[] = [
  ...readdirSync(`${root}docs/tutorial`)
    .filter((file) => file.endsWith(".md"))
    .map((file) => `docs/tutorial/${file}`),
  "docs/coming-from.md",
];

/** A line of code, and where it stands. */
interface Line {
  readonly text: string;
  readonly line: number;
}

/** A block, or a cell of a table, and what is to be printed. */
interface Part {
  readonly code: readonly Line[];
  readonly line: number;
  readonly prints: readonly string[] | null;
}

/** Rows may print: what, they do not say. */
const anything: readonly string[] = ["..."];

/** Cells of a row of a table, or null. */
const cellsOf = (text: string): string[] | null =>
  text.startsWith("|")
    ? text
        .slice(1, text.lastIndexOf("|"))
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim().replaceAll("\\|", "|"))
    : null;

const codeOf = (cell: string | undefined): string => /^`+ ?(.*?) ?`+$/.exec(cell ?? "")?.[1] ?? "";

/** The line of code that a row states, under these column titles. */
const lineOfRow = (titles: readonly string[], cells: readonly string[], line: number): Line[] => {
  const code = codeOf(cells[titles.indexOf("here")]);
  if (code === "") return [];
  const value = codeOf(cells[titles.indexOf("gives")]);
  return [{ text: value === "" ? `${code};` : `${code}; // ${value}`, line }];
};

const partsOf = (page: string): Part[] => {
  const parts: Part[] = [];
  let titles: string[] | null = null;
  let open: { readonly language: string; readonly line: number; readonly code: Line[] } | null = null;
  readFileSync(`${root}${page}`, "utf8")
    .split("\n")
    .forEach((text, k) => {
      const line = k + 1;
      if (open !== null && text !== "```") return void open.code.push({ text, line });
      if (open !== null) {
        const { language, code, line: start } = open;
        open = null;
        if (language === "ts") parts.push({ code, line: start, prints: null });
        if (language === "text")
          parts.push({ ...parts.pop()!, prints: code.map(({ text: printed }) => printed.trimEnd()) });
        return;
      }
      if (text.startsWith("```")) open = { language: text.slice(3).trim(), line, code: [] };
      const cells = cellsOf(text);
      if (cells === null) titles = null;
      else if (titles === null) titles = cells;
      else if (titles.includes("here")) parts.push({ code: lineOfRow(titles, cells, line), line, prints: anything });
    });
  return parts;
};

/** A page as one module for the type checker. */
export const moduleOf = (page: string): string =>
  completeImports(
    partsOf(page)
      .flatMap(({ code }) => code.map(({ text }) => text))
      .join("\n"),
    dirname(page),
  );

/** What a page states, beside what came out. */
export interface PageRun {
  readonly claims: readonly { readonly place: string; readonly expected: string; readonly result: Result }[];
  readonly prints: readonly {
    readonly place: string;
    readonly wanted: readonly string[];
    readonly seen: readonly string[];
  }[];
}

/** Runs a page from top to bottom. */
export const runPage = async (page: string): Promise<PageRun> => {
  const parts = partsOf(page);
  const source = parts
    .map(({ code }, k) => [`console.log("\u0000", ${k});`, ...code.map(({ text }) => text)].join("\n"))
    .join("\n");
  const places = parts.flatMap(({ code }) =>
    code.filter(({ text }) => !/^\s*\/\//.test(text) && text.includes(" // ")).map(({ line }) => `${page}:${line}`),
  );
  const { code, expected, rest } = withObservations(source);
  const printed: string[][] = parts.map(() => []);
  let current = 0;
  const { log } = console;
  console.log = (...values: unknown[]): void => {
    if (values[0] === "\u0000") current = values[1] as number;
    else
      printed[current]!.push(
        ...format(...values)
          .trimEnd()
          .split("\n")
          .map((text) => text.trimEnd()),
      );
  };
  try {
    const { results } = (await runSnippet(`${code}\n${rest}`, dirname(page))) as { results: Result[] };
    return {
      claims: expected.map((text, k) => ({ place: places[k]!, expected: text, result: results[k]! })),
      prints: parts.flatMap(({ line, prints }, k) =>
        prints === null && printed[k]!.length === 0
          ? []
          : [{ place: `${page}:${line}`, wanted: prints ?? [], seen: printed[k]! }],
      ),
    };
  } finally {
    console.log = log;
  }
};
