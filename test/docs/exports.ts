/**
 * What a public module exports, read from the sources: where each name is declared, with its docstring.
 * Follows `export * from`, `export * as name from`, `export { a as b } from` and local export lists; types are left out.
 */
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { root } from "./markdown.ts";

export interface Exported {
  /** As users write it: `np.sum`, `tree.map`, `grad`. */
  readonly name: string;
  /** File of the declaration, relative to the repository. */
  readonly file: string;
  /** Text of the docstring without stars; empty where there is none. */
  readonly documentation: string;
}

const sources = new Map<string, string>();

const sourceOf = (file: string): string => {
  const known = sources.get(file);
  if (known !== undefined) return known;
  const text = readFileSync(file, "utf8");
  sources.set(file, text);
  return text;
};

const docstring = (text: string, before: number): string => {
  const head = text.slice(0, before).trimEnd();
  if (!head.endsWith("*/")) return "";
  const comment = head.slice(head.lastIndexOf("/**"));
  return comment
    .replace(/^\/\*\*|\*\/$/g, "")
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, ""))
    .join("\n")
    .trim();
};

/** Entries of `{ a, b as c }`, types left out. */
const entriesOf = (list: string): (readonly [own: string, name: string])[] =>
  list
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "" && !entry.startsWith("type "))
    .map((entry) => {
      const [own, name = own] = entry.split(/\s+as\s+/);
      return [own!, name!] as const;
    });

/** Exports of a file by name, each with the file and name of its declaration. */
export const exportsOf = (path: string, prefix = ""): Exported[] => {
  const file = join(root, path);
  const text = sourceOf(file);
  const found = new Map<string, Exported>();
  const add = (exported: Exported): void => void found.set(exported.name, exported);
  const from = (specifier: string): string => relative(root, join(dirname(file), specifier));
  for (const [, specifier] of text.matchAll(/^export \* from "([^"]+)"/gm))
    exportsOf(from(specifier!), prefix).forEach(add);
  for (const [, name, specifier] of text.matchAll(/^export \* as (\w+) from "([^"]+)"/gm))
    exportsOf(from(specifier!), `${prefix}${name}.`).forEach(add);
  for (const [, list, specifier] of text.matchAll(/^export \{([^}]*)\}(?: from "([^"]+)")?/gm)) {
    const origin = specifier === undefined || !specifier.startsWith(".") ? null : exportsOf(from(specifier));
    for (const [own, name] of entriesOf(list!)) {
      const declared = origin === null ? declaration(path, own) : origin.find((other) => other.name === own);
      add({ ...(declared ?? { file: path, documentation: "" }), name: `${prefix}${name}` });
    }
  }
  for (const match of text.matchAll(/^export (?:abstract )?(?:const|let|function|class) (\w+)/gm))
    add({ name: `${prefix}${match[1]!}`, file: path, documentation: docstring(text, match.index) });
  return [...found.values()];
};

/** A declaration of the file itself, exported or not. */
const declaration = (path: string, name: string): Exported | undefined => {
  const text = sourceOf(join(root, path));
  const match = new RegExp(`^(?:export )?(?:const|let|function|class) ${name}\\b`, "m").exec(text);
  return match === null ? undefined : { name, file: path, documentation: docstring(text, match.index) };
};

/** Texts of the `@example` blocks of a docstring: each ends at the next tag or at the end. */
export const examplesOf = (documentation: string): string[] =>
  documentation
    .split(/^@example\b|(?<=\s)@example\b/m)
    .slice(1)
    .map((text) => text.split(/^@\w/m)[0]!.trim());
