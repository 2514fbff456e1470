/** Faults beside each other: a wrong name or a bad entry hides nothing that does not depend on it; and how values are shown. */
import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { runFileSchema } from "../../cli/problem-file/index.ts";
import type { JsonObject } from "./problem-file-arbitraries.ts";
import { faultsOf, placesIn } from "./problem-file-paths.ts";
import { adam, mbb, plain } from "./problem-file-samples.ts";

const pathsOf = (file: JsonObject): readonly string[] => faultsOf(file).map(({ path }) => path);

describe("a name that is not known", () => {
  test("hides no fault of what every problem of a name has, and no key that none has", () => {
    const problem = { name: "mbbb", nelx: "12", nely: 0, x: 1, nelz: 3, aspect: 7 };
    expect(pathsOf({ ...plain, problem })).toEqual(["problem.name", "problem.nelx", "problem.nely", "problem.x"]);
    const faults = faultsOf({ ...plain, problem: { name: "mbbb", nely: 3, aspekt: 1 } });
    expect(faults.map(({ path }) => path).sort()).toEqual(["problem.aspekt", "problem.name", "problem.nelx"]);
    expect(faults.find(({ path }) => path === "problem.aspekt")!.message).toBe(
      '"aspekt" is no key of any name; did you mean "aspect"?',
    );
  });

  /** Parts whose kind says which they are, with what all of their kinds have. */
  const parts: readonly (readonly [path: string, file: (own: JsonObject) => JsonObject, shared: readonly string[]])[] =
    [
      ["problem", (own) => ({ ...plain, problem: { ...mbb, name: "?", ...own } }), ["nelx", "nely"]],
      [
        "parameterization",
        (own) => ({ ...plain, parameterization: { kind: "?", ...own } }),
        ["filter", "projection", "symmetry"],
      ],
      [
        "constraints.v",
        (own) => ({ ...plain, constraints: { v: { kind: "?", sense: "<=", bound: 0.5, ...own } } }),
        ["sense", "bound"],
      ],
      ["interpolation", (own) => ({ ...plain, interpolation: { kind: "?", ...own } }), ["eMin"]],
      ["optimizer", (own) => ({ ...plain, optimizer: { kind: "?", ...own } }), []],
    ];
  const drawn = fc
    .constantFrom(...parts)
    .chain(([path, file, shared]) =>
      fc.tuple(fc.constant(path), fc.constant(file), fc.subarray([...shared]), fc.subarray(["q1", "q2"])),
    );
  test.prop([drawn])(
    "is one fault, beside those of all shared keys and of unknown ones",
    ([path, file, wrong, others]) => {
      const own = Object.fromEntries([...wrong, ...others].map((key) => [key, null]));
      const tag = path === "problem" ? "name" : "kind";
      expect([...pathsOf(file(own))].sort()).toEqual([tag, ...wrong, ...others].map((key) => `${path}.${key}`).sort());
    },
  );
});

test("a format that is not known hides none that is given twice", () => {
  const faults = faultsOf({ ...plain, output: { files: ["jpg", "png", "svg", "png", "jpg", "svg"] } });
  expect(faults.map(({ path, message }) => [path, message.split(" ", 3).join(" ")])).toEqual([
    ["output.files[0]", '"jpg" is not'],
    ["output.files[3]", '"png" is given'],
    ["output.files[4]", '"jpg" is not'],
    ["output.files[5]", '"svg" is given'],
  ]);
});

describe("a number that is refused", () => {
  const digits = fc.stringMatching(/^-(0|[1-9]\d{0,24})(\.\d{1,20})?([eE][+-]?\d)?$/);
  test.prop([digits])("is shown as it stands in the file", (numeral) => {
    const [fault] = faultsOf(
      `{"threads": ${numeral}, "problem": {"suite": "mbb_beam_96x32_0.5"}, "optimizer": {"kind": "mma"}}`,
    );
    expect(fault!.message).toBe(`${numeral} is not a whole number from 1 to 64`);
  });

  test("is not called a fraction where float64 does not tell it from its neighbours", () => {
    const seed = "9007199254740993";
    const [fault] = faultsOf(JSON.stringify({ ...plain, seed: 0 }).replace('"seed":0', `"seed":${seed}`));
    expect(fault).toMatchObject({ path: "seed", message: expect.stringMatching(/^9007199254740993 is beyond/u) });
  });

  test("is cut where it is long", () => {
    const [fault] = faultsOf(JSON.stringify({ ...plain, seed: 0 }).replace('"seed":0', `"seed":0.${"1".repeat(5000)}`));
    expect(fault!.message.length).toBeLessThan(200);
  });
});

test("weights that are all 0 are refused beside what else is wrong with the objective's part", () => {
  const problem = { ...mbb, name: "multiLoad" };
  const weighted = (weights: readonly number[]) => ({ ...plain, problem, objective: { kind: "compliance", weights } });
  expect(pathsOf(weighted([0, 0]))).toEqual(["objective.weights"]);
  expect(pathsOf(weighted([0, 1]))).toEqual([]);
});

describe("a pattern of the JSON Schema", () => {
  const schema = runFileSchema() as JsonObject;
  const patterns = placesIn(schema).flatMap(([path, value]) => (path.at(-1) === "pattern" ? [value as string] : []));

  test("has no classes of Unicode, and an end that other languages put before no last line break", () => {
    expect(patterns.length).toBeGreaterThan(1);
    for (const own of patterns) {
      expect(own).not.toMatch(/\\[pP]\{|\(\?</u);
      expect(own).toMatch(/^\^[^$]*\$\(\?!\\n\)$/u);
    }
  });

  const titled = patterns.find((own) => own.includes("001f"))!;
  test("of titles refuses control characters and halves of pairs, and no others", () => {
    const [own, meant] = [new RegExp(titled, "u"), /^[^\p{Cc}\p{Cs}]*$/u];
    const wrong = Array.from({ length: 0x110000 }, (_, code) => `a${String.fromCodePoint(code)}b`).filter(
      (text) => own.test(text) !== meant.test(text),
    );
    expect(wrong).toEqual([]);
  });
});

test("of a wrong kind inside another part nothing is said twice", () => {
  expect(pathsOf({ ...plain, optimizer: { kind: "augmentedLagrangian", inner: { ...adam, kind: "?" } } })).toEqual([
    "optimizer.inner.kind",
  ]);
});
