/**
 * The storeys: kernels <- src <- ops <- transforms <- library <- topopt <- cli, imports go downwards only and never in a circle.
 * Faults are planted in a miniature tree in a temporary folder that has the project's own configuration files,
 * so a crash leaves nothing behind here; the real tree is checked as it stands.
 */
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const storeys = ["kernels", "src", "ops", "transforms", "library", "topopt", "cli"] as const;
const configuration = [
  "package.json",
  "tsconfig.json",
  "tsconfig.base.json",
  "tsconfig.leaf.json",
  "tsconfig.index.json",
  ".oxlintrc.json",
  ...[...storeys, "test", "examples"].map((folder) => `${folder}/tsconfig.json`),
];

type Outcome = { readonly status: number | null; readonly report: string };

const run = (folder: string, tool: string, ...parameters: string[]): Outcome => {
  const outcome = spawnSync(process.execPath, [join(root, "node_modules", tool), ...parameters], {
    cwd: folder,
    encoding: "utf8",
  });
  return { status: outcome.status, report: outcome.stdout + outcome.stderr };
};
const compile = (folder: string): Outcome => run(folder, "typescript/bin/tsc", "-b", "--pretty", "false");
const lint = (folder: string): Outcome => run(folder, "oxlint/bin/oxlint", "--format=unix");

/** The complaints of a report that speak of one file; a complaint of the compiler goes on over indented lines. */
const complaintsAbout = (outcome: Outcome, file: string): string =>
  outcome.report
    .replaceAll("\\", "/")
    .split(/\n(?!\s)/)
    .filter((complaint) => complaint.includes(file))
    .join("\n");

/** A tree with the real configuration and one module per storey, each importing the storey below. */
const buildMiniature = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "cotangent-layering-"));
  for (const file of configuration) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    copyFileSync(join(root, file), join(folder, file));
  }
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction");
  storeys.forEach((storey, height) => {
    const below = storeys[height - 1];
    plant(
      folder,
      `${storey}/floor.ts`,
      below === undefined
        ? "export const floor: number = 0\n"
        : `import { floor as below } from "../${below}/floor.ts"\nexport const floor: number = below + 1\n`,
    );
  });
  plant(folder, "index.ts", 'export { floor } from "./library/floor.ts"\n');
  for (const leaf of ["test", "examples"])
    plant(folder, `${leaf}/roof.ts`, 'import { floor } from "../topopt/floor.ts"\nconsole.log(floor)\n');
  return folder;
};

const plant = (folder: string, file: string, text: string): void => writeFileSync(join(folder, file), text);

const sourcesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => join(folder, file));

const importsOf = (file: string): string[] =>
  [
    ...readFileSync(file, "utf8").matchAll(
      /^\s*(?:import|export)\b(?:[^"'\n]*(?:\{[^}]*\}[^"'\n]*)?\bfrom)?\s*["']([^"']+)["']/gm,
    ),
  ].map((match) => match[1] ?? "");

describe("in a miniature tree", () => {
  let sound: string, faulty: string;
  beforeAll(() => {
    sound = buildMiniature();
    faulty = buildMiniature();
    storeys
      .slice(0, -1)
      .forEach((storey, height) =>
        plant(
          faulty,
          `${storey}/planted.ts`,
          `import { floor } from "../${storeys[height + 1]}/floor.ts"\nexport const planted: number = floor\n`,
        ),
      );
    plant(faulty, "src/front.ts", 'import { floor } from "../index.ts"\nexport const front: number = floor\n');
    plant(faulty, "ops/here.ts", 'import { there } from "./there.ts"\nexport const here = (): number => there()\n');
    plant(faulty, "ops/there.ts", 'import { here } from "./here.ts"\nexport const there = (): number => here()\n');
    plant(faulty, "ops/door.ts", 'export { identity } from "fp-ts/lib/function.js"\n');
    plant(
      faulty,
      "src/fp.ts",
      'export { identity } from "fp-ts/function"\nexport { isSome } from "fp-ts/lib/Option.js"\n',
    );
  });
  afterAll(() => [sound, faulty].forEach((folder) => rmSync(folder, { recursive: true, force: true })));

  test("imports of the storey below compile and lint", () => {
    expect(compile(sound)).toEqual({ status: 0, report: "" });
    expect(lint(sound)).toMatchObject({ status: 0 });
  });

  test("every upward import fails the compiler", () => {
    const outcome = compile(faulty);
    expect(outcome.status).not.toBe(0);
    for (const storey of storeys.slice(0, -1))
      expect(complaintsAbout(outcome, `${storey}/planted.ts`)).toMatch(/TS6307/);
    expect(complaintsAbout(outcome, "src/front.ts")).toMatch(/TS6307/);
  });

  test("every upward import, every import cycle and every stray fp-ts import fails the linter", () => {
    const outcome = lint(faulty);
    expect(outcome.status).not.toBe(0);
    for (const storey of storeys.slice(0, -1))
      expect(complaintsAbout(outcome, `${storey}/planted.ts`)).toMatch(/no-restricted-imports/);
    for (const file of ["ops/here.ts", "ops/there.ts"]) expect(complaintsAbout(outcome, file)).toMatch(/no-cycle/);
    expect(complaintsAbout(outcome, "ops/door.ts")).toMatch(/no-restricted-imports/);
    expect(complaintsAbout(outcome, "src/fp.ts").match(/no-restricted-imports/g)).toHaveLength(1);
  });
});

describe("in the real tree", () => {
  test("the linter finds no upward import and no import cycle", () => {
    const complaints = lint(root)
      .report.split("\n")
      .filter((line) => /no-restricted-imports|no-cycle/.test(line));
    expect(complaints).toEqual([]);
  });

  test("every relative import leads to the same storey or a lower one", () => {
    const heightOf = (file: string): number =>
      storeys.indexOf(relative(root, file).split(sep)[0] as (typeof storeys)[number]);
    const upward = storeys.flatMap((storey, height) =>
      sourcesBelow(join(root, storey)).flatMap((file) =>
        importsOf(file)
          .filter((specifier) => specifier.startsWith("."))
          .filter((specifier) => {
            const target = heightOf(resolve(dirname(file), specifier));
            return target < 0 || target > height;
          })
          .map((specifier) => `${relative(root, file)} imports ${specifier}`),
      ),
    );
    expect(upward).toEqual([]);
  });
});
