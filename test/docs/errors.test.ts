/**
 * docs/errors.md: one section per error class and notice, whose first program throws (or tells) exactly that,
 * and whose second program runs clean.
 */
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { configureArena, forgetCapabilities } from "../../src/backend/index.ts";
import { configure } from "../../src/configure.ts";
import * as errors from "../../src/error.ts";
import { setNoticeListener } from "../../src/notice.ts";
import { root, snippetsOf } from "./markdown.ts";
import { errorOf, removeSnippets } from "./run-snippet.ts";

const classes = Object.keys(errors).filter((name) => name !== "CotangentError");

const sources = ["kernels", "src", "ops", "transforms", "library", "topopt"].flatMap((folder) =>
  readdirSync(`${root}${folder}`, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => readFileSync(`${root}${folder}/${file}`, "utf8")),
);

/** Codes given to `notify` of src/notice.ts: words in PascalCase. */
const notices = [
  ...new Set(sources.flatMap((source) => [...source.matchAll(/\bnotify\(\s*"([A-Z]\w+)"/g)].map((match) => match[1]!))),
];

/** Codes of errors outside src/error.ts. */
const others = sources
  .flatMap((source) => [...source.matchAll(/class (\w+) extends Error\b/g)].map((match) => match[1]!))
  .filter((name) => name !== "CotangentError");

const sections = new Map<string, string[]>();
for (const { section, code } of snippetsOf("docs/errors.md"))
  if (section !== "") sections.set(section, [...(sections.get(section) ?? []), code]);

/** Classes in the order of src/error.ts. */
const inOrder = [
  ...readFileSync(`${root}src/error.ts`, "utf8").matchAll(/^export class (\w+) extends CotangentError/gm),
].map((match) => match[1]!);

test("the sections stand in the order of src/error.ts, under the same titles", () => {
  expect([...inOrder].sort()).toEqual([...classes].sort());
  expect([...sections.keys()].filter((name) => classes.includes(name))).toEqual(inOrder);
  const titlesOf = (file: string, pattern: RegExp): string[] =>
    [...readFileSync(`${root}${file}`, "utf8").matchAll(pattern)].map((match) => match[1]!);
  expect(titlesOf("docs/errors.md", /^# (.+)$/gm)).toEqual([
    "Errors",
    ...titlesOf("src/error.ts", /^\/\/ --- (.+?) -+$/gm),
    "Kernels",
    "Notices",
  ]);
});

test("every section says what happened, shows it, says what to do, and shows that", () => {
  const page = readFileSync(`${root}docs/errors.md`, "utf8").split(/^#{1,2} /m);
  const outlines = page
    .map((section) => [section.split("\n", 1)[0]!, section.slice(section.indexOf("\n"))] as const)
    .filter(([title]) => sections.has(title))
    .map(([title, text]) => [title, text.split(/^```.*$/m).map((part) => part.trim() !== "")] as const);
  expect(outlines.filter(([, parts]) => parts.join() !== "true,true,true,true,false")).toEqual([]);
});

test("every error and every notice has a section, and every section an error or notice", () => {
  expect([...sections.keys()].sort()).toEqual([...classes, ...notices, ...others].sort());
});

/** Errors whose constructors take something else than three texts. */
const ownArguments: Readonly<Record<string, readonly unknown[]>> = {
  NotConverged: ["asked", { reason: "seen", iterations: 7, residual: 0.5 }, "remedy"],
};

test("the code of every error is the name of its class, and used once", () => {
  const codes = classes.map(
    (name) =>
      new (errors as unknown as Record<string, new (...parts: readonly unknown[]) => errors.CotangentError>)[name]!(
        ...(ownArguments[name] ?? ["asked", "seen", "remedy"]),
      ),
  );
  expect(codes.map(({ code }) => code)).toEqual(classes);
  expect(codes.map(({ name }) => name)).toEqual(classes);
  for (const { message } of codes) expect(message).toMatch(/^asked: .*seen.*\. remedy$/);
});

/** Notices told while a program runs. */
const noticesOf = async (code: string): Promise<readonly [error: unknown, told: readonly string[]]> => {
  const told: string[] = [];
  forgetCapabilities();
  setNoticeListener((notice) => told.push(notice));
  return [await errorOf(code), told];
};

describe.each([...sections])("%s", (section, [trigger, repair, ...more]) => {
  const { WebAssembly, SharedArrayBuffer } = globalThis;

  afterEach(() => {
    Object.assign(globalThis, { WebAssembly, SharedArrayBuffer });
    forgetCapabilities();
    configure({ debug: false, debugNans: false, debugInfs: false, threads: 1 });
    configureArena();
    setNoticeListener(null);
  });

  test("its first program shows it", async () => {
    // The example asks for more than 4 GiB; half of it as limit refuses it whatever the plan of its buffers.
    if (section === "OutOfMemory") configureArena({ maximumBytes: 2 ** 31 });
    const [error, told] = await noticesOf(trigger!);
    if (notices.includes(section)) {
      expect(error).toBeNull();
      expect(told).toEqual([section]);
    } else expect((error as { code?: string } | null)?.code, String(error)).toBe(section);
  });

  test("its second program runs clean", async () => {
    expect(more).toEqual([]);
    expect(await noticesOf(repair!)).toEqual([null, []]);
  });
});

afterAll(removeSnippets);
