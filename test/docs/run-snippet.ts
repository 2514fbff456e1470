/**
 * Runs a snippet of documentation as a module of its own, exactly as written. Names it does not import or
 * declare are imported for it: `np` and other namespaces, everything of the public modules, and the fixtures `mesh`, `system`, `problem`.
 * Relative imports start from the folder of the page. Snippets are written to out/, where package names resolve.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import * as cotangent from "cotangent";
import * as fem from "cotangent/fem";
import * as topopt from "cotangent/topopt";
import * as files from "cotangent/topopt/files";
import * as render from "cotangent/topopt/render";
import { root } from "./markdown.ts";

/** Module of every name a snippet may use without importing it. */
const providers: ReadonlyMap<string, string> = new Map([
  ...Object.keys(render).map((name) => [name, "cotangent/topopt/render"] as const),
  ...Object.keys(files).map((name) => [name, "cotangent/topopt/files"] as const),
  ...Object.keys(topopt).map((name) => [name, "cotangent/topopt"] as const),
  ...Object.keys(fem).map((name) => [name, "cotangent/fem"] as const),
  ...Object.keys(cotangent).map((name) => [name, "cotangent"] as const),
  ...["mesh", "system", "problem"].map((name) => [name, join(root, "test/docs/fixtures.ts")] as const),
]);

/** Modules whose names are written with their module's: `np.sum`, `random.normal`. */
const namespaces: readonly (readonly [name: string, from: string])[] = [
  ["np", "numpy"],
  ...["linalg", "nn", "ops", "optim", "random", "sparse", "special"].map((name) => [name, name] as const),
  ["testing", "testing/properties"],
];

const declaredIn = (code: string): Set<string> => {
  const names = new Set<string>();
  for (const [, list] of code.matchAll(/^(?:import|export)\s+(?:type\s+)?\{([^}]*)\}/gm))
    for (const entry of list!.split(","))
      names.add(
        entry
          .trim()
          .split(/\s+as\s+/)
          .at(-1)!,
      );
  for (const [, name] of code.matchAll(/^import\s+(?:\*\s+as\s+)?(\w+)\s+from/gm)) names.add(name!);
  for (const [, name] of code.matchAll(/^(?:export\s+)?(?:const|let|function|class|type|interface)\s+(\w+)/gm))
    names.add(name!);
  for (const [, list] of code.matchAll(/^(?:export\s+)?(?:const|let)\s+[[{]([^=]*)[\]}]\s*=/gm))
    for (const [name] of list!.matchAll(/\w+/g)) names.add(name);
  return names;
};

const usedIn = (code: string, name: string): boolean => new RegExp(`(?<![\\w$.])${name}(?![\\w$])`).test(code);

/** The snippet with imports for the names it leaves open. */
export const completeImports = (code: string, folder: string): string => {
  const declared = declaredIn(code);
  const imports = [...providers]
    .filter(([name]) => !declared.has(name) && usedIn(code, name))
    .map(([name, from]) => `import { ${name} } from ${JSON.stringify(from)};`);
  for (const [name, from] of namespaces)
    if (!declared.has(name) && usedIn(code, name)) imports.push(`import * as ${name} from "cotangent/${from}";`);
  if (!declared.has("fc") && usedIn(code, "fc")) imports.push('import fc from "fast-check";');
  if (!declared.has("NDArray") && /\bNDArray\b/.test(code) && !imports.some((line) => line.includes(" NDArray ")))
    imports.push('import { NDArray } from "cotangent";');
  const own = code.replaceAll(
    /(\bfrom\s+|\bimport\s+)"(\.\.?\/[^"]+)"/g,
    (_match, keyword: string, path: string) => `${keyword}${JSON.stringify(resolve(root, folder, path))}`,
  );
  return `${imports.join("\n")}\n${own}\nexport {};\n`;
};

let snippetFolder: string | null = null;
let written = 0;

/** Writes module text where package names resolve; returns its path. */
export const writeModule = (text: string): string => {
  if (snippetFolder === null) {
    mkdirSync(join(root, "out"), { recursive: true });
    snippetFolder = mkdtempSync(join(root, "out/snippets-"));
  }
  const path = join(snippetFolder, `snippet${written++}.ts`);
  writeFileSync(path, text);
  return path;
};

/** Deletes what was written; for afterAll. */
export const removeSnippets = (): void => {
  if (snippetFolder !== null) rmSync(snippetFolder, { recursive: true, force: true });
  snippetFolder = null;
};

/** Runs a snippet; what it exports comes back. Here console.assert throws, as readers expect of an assertion. */
export const runSnippet = async (code: string, folder = "docs"): Promise<Record<string, unknown>> => {
  const { assert } = console;
  console.assert = (holds?: boolean, ...what: unknown[]) => {
    if (holds !== true) throw new Error(`assertion failed: ${what.map(String).join(" ")}`);
  };
  try {
    return (await import(/* @vite-ignore */ pathToFileURL(writeModule(completeImports(code, folder))).href)) as Record<
      string,
      unknown
    >;
  } finally {
    console.assert = assert;
  }
};

/** What a snippet throws; null if it runs to its end. */
export const errorOf = async (code: string, folder = "docs"): Promise<unknown> => {
  try {
    await runSnippet(code, folder);
    return null;
  } catch (error) {
    return error ?? new Error("undefined was thrown");
  }
};
