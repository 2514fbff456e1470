/**
 * The parts of a Markdown page that tests look at: fenced code blocks with what stands around them.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const root: string = fileURLToPath(new URL("../../", import.meta.url));

/** One fenced block of a page. */
export interface Block {
  /** The page, relative to the repository. */
  readonly page: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
  readonly language: string;
  /** What follows the language: a file's path for an excerpt or a file to be written. */
  readonly label: string;
  readonly code: string;
  /** The last heading of level 2 above. */
  readonly section: string;
  /** The last line of text directly above. */
  readonly introduction: string;
}

/** All fenced blocks of a page, in order. */
export const blocksOf = (page: string): Block[] => {
  const blocks: Block[] = [];
  let section = "";
  let introduction = "";
  let open: {
    readonly line: number;
    readonly language: string;
    readonly label: string;
    readonly code: string[];
  } | null = null;
  readFileSync(`${root}${page}`, "utf8")
    .split("\n")
    .forEach((text, k) => {
      const fence = /^```(\w*)\s*(.*)$/.exec(text);
      if (open !== null) {
        if (fence === null) open.code.push(text);
        else {
          blocks.push({ ...open, page, section, introduction, code: open.code.join("\n") });
          open = null;
          introduction = "";
        }
      } else if (fence !== null) open = { line: k + 1, language: fence[1]!, label: fence[2]!.trim(), code: [] };
      else {
        if (text.startsWith("## ")) section = text.slice(3).trim();
        if (text.trim() !== "") introduction = text.trim();
      }
    });
  return blocks;
};

/** TypeScript blocks meant to be run: those without a label. */
export const snippetsOf = (page: string): Block[] =>
  blocksOf(page).filter(({ language, label }) => language === "ts" && label === "");

/** TypeScript blocks that show, or make up, the file their label names. */
export const filesOf = (page: string): Block[] =>
  blocksOf(page).filter(({ language, label }) => language === "ts" && label !== "");

/** Code of an error that the text above a block announces ("This throws `Code`:"). */
export const announcedError = ({ introduction }: Block): string | null =>
  /\bthrows `?([A-Z]\w+)`?/.exec(introduction)?.[1] ?? null;
