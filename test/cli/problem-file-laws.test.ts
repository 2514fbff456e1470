/** Laws of the reader of problem files: what sound files become, and which faults of changed ones are found, and where. */
import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { readRunFile } from "../../cli/problem-file/index.ts";
import { files } from "./problem-file-arbitraries.ts";
import type { Json, JsonObject } from "./problem-file-arbitraries.ts";
import { accepted, changedAt, faultsOf, isRecord, placesIn, writePath } from "./problem-file-paths.ts";
import type { Path } from "./problem-file-paths.ts";

const asJson = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json;

describe("sound files", () => {
  test.prop([files], { numRuns: 150 })("are accepted, and everything they say is kept", (file) => {
    expect(asJson(accepted(file))).toMatchObject(file);
  });

  test.prop([files], { numRuns: 100 })("with defaults filled in are files that say the same", (file) => {
    const run = accepted(file);
    expect(accepted(asJson(run))).toEqual(run);
  });

  test.prop([files, fc.constantFrom(1, 2, 4, "\t")], { numRuns: 100 })(
    "mean the same however they are spaced",
    (file, space) => {
      expect(accepted(JSON.stringify(file, null, space))).toEqual(accepted(file));
    },
  );

  test.prop([files], { numRuns: 100 })("hold numbers, texts, truth values, lists and records only", (file) => {
    const run = accepted(file);
    expect(asJson(run)).toStrictEqual(run);
  });
});

const somePlace = fc.tuple(files, fc.nat()).map(([file, seed]) => {
  const places = placesIn(file);
  return { file, path: places[seed % places.length]![0] };
});

const lineAndColumn = (text: string, offset: number): { readonly line: number; readonly column: number } => {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: before.at(-1)!.length + 1 };
};

describe("one fault", () => {
  test.prop([somePlace], { numRuns: 300 })(
    "null in the place of any value is refused there, by line and column",
    ({ file, path }) => {
      const text = JSON.stringify(
        changedAt(file, path, () => null),
        null,
        2,
      );
      const place = lineAndColumn(text, text.search(/(?<=[:[]\s*|,\s*|^)null/));
      const fault = faultsOf(text).find((own) => own.path === writePath(path));
      expect(fault).toMatchObject(place);
      expect(fault!.message).toMatch(/null/);
    },
  );

  const records = fc
    .tuple(files, fc.nat(), fc.constantFrom("out", "file", "path", "__proto__", "constructor", "toString", "a b"))
    .map(([file, seed, key]) => {
      const places = placesIn(file).filter(([path, value]) => isRecord(value) && path.at(-1) !== "constraints");
      return { file, path: places[seed % places.length]![0], key };
    });
  test.prop([records], { numRuns: 150 })(
    "a key that is not known is refused by its name, in every record",
    ({ file, path, key }) => {
      const entries = (old: Json): Json =>
        Object.fromEntries([...Object.entries(old as JsonObject), [key, "/etc/passwd"]]);
      const faults = faultsOf(changedAt(file, path, entries));
      expect(faults.map((own) => own.path)).toEqual([writePath([...path, key])]);
    },
  );

  const keysIn = fc.tuple(files, fc.nat()).map(([file, seed]) => {
    const places = placesIn(file).filter(([path]) => typeof path.at(-1) === "string");
    return { file, path: places[seed % places.length]![0] };
  });
  /** Without nelz or physics, selectors and forces mean something else. */
  const severable = keysIn.filter(({ path }) => path.at(-1) !== "nelz" && path.at(-1) !== "physics");
  test.prop([keysIn], { numRuns: 150 })(
    "a misspelt key is refused, and the right one is suggested",
    ({ file, path }) => {
      const key = String(path.at(-1));
      const rename = (old: Json): Json =>
        Object.fromEntries(
          Object.entries(old as JsonObject).map(([name, own]) => [name === key ? `${key}?` : name, own]),
        );
      const faults = faultsOf(changedAt(file, path.slice(0, -1), rename));
      const wrong = faults.find((own) => own.path === writePath([...path.slice(0, -1), `${key}?`]));
      if (key === "kind" || (key === "name" && path.at(-2) === "problem"))
        expect(faults.map((own) => own.path)).toContainEqual(expect.stringMatching(/kind|problem/));
      else if (path.at(-2) === "constraints") expect(wrong!.message).toContain("is no name");
      else expect(wrong!.message).toContain(`did you mean "${key}"?`);
    },
  );

  test.prop([severable], { numRuns: 150 })(
    "a key that is taken away is missed at its place or in its record, or has a default",
    ({ file, path }) => {
      const without = changedAt(file, path, () => undefined);
      const faults = faultsOf(without);
      if (faults.length === 0) expect(asJson(accepted(without))).toMatchObject(without as object);
      else {
        const parent = path.slice(0, -1);
        const parts = [
          "volumeFraction",
          "optimizer.kind",
          "optimizer.lower",
          "optimizer.upper",
          "objective.kind",
          "objective.weights",
        ];
        const near = (own: string): boolean =>
          own === writePath(path) || own.startsWith(writePath(parent)) || parts.includes(own);
        expect(faults.filter((own) => !near(own.path))).toEqual([]);
      }
    },
  );
});

/** Scalars that no other value of the file depends on to be understood. */
const independentPlaces = (file: Json): readonly Path[] =>
  placesIn(file)
    .filter(([, value]) => typeof value !== "object")
    .map(([path]) => path)
    .filter((path) => !path.some((key) => key === "kind" || key === "name"));

describe("several faults", () => {
  test.prop([files, fc.array(fc.nat(), { minLength: 1, maxLength: 6 })], { numRuns: 150 })(
    "n independent faults are n faults, each at its place, in the order of the file",
    (file, seeds) => {
      const places = independentPlaces(file);
      fc.pre(places.length > 0);
      const chosen = [...new Set(seeds.map((seed) => places[seed % places.length]!))];
      const changed = chosen.reduce<Json>((own, path) => changedAt(own, path, () => null), file);
      const found = faultsOf(changed).map((own) => own.path);
      expect([...found].sort()).toEqual(chosen.map(writePath).sort());
      const order = placesIn(changed).map(([path]) => writePath(path));
      expect(found).toEqual([...found].sort((one, other) => order.indexOf(one) - order.indexOf(other)));
    },
  );

  test.prop([fc.string({ unit: "binary" })])("any text is answered by a record or by faults with a place", (text) => {
    for (const own of [...faultsOf(text), ...faultsOf(JSON.stringify(text))]) {
      expect(own.line).toBeGreaterThan(0);
      expect(own.column).toBeGreaterThan(0);
    }
  });

  test.prop([fc.jsonValue({ maxDepth: 4 })], { numRuns: 100 })(
    "any JSON in the place of any part is answered, never thrown on",
    (value) => {
      for (const part of [
        "problem",
        "parameterization",
        "objective",
        "constraints",
        "optimizer",
        "interpolation",
        "stop",
        "output",
        "title",
      ])
        expect(readRunFile(JSON.stringify({ [part]: value }))).toHaveProperty("_tag");
    },
  );
});
