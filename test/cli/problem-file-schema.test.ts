/** Help and JSON Schema against the checks. */
import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { problems } from "cotangent/topopt";
import { describeRunFile, runFileSchema } from "../../cli/problem-file/index.ts";
import { files } from "./problem-file-arbitraries.ts";
import type { Json, JsonObject } from "./problem-file-arbitraries.ts";
import { accepted, changedAt, faultsOf, isRecord, placesIn } from "./problem-file-paths.ts";
import { conforms } from "./problem-file-validator.ts";

const schema = runFileSchema();

const examples: readonly JsonObject[] = [
  { problem: { name: "mbb", nelx: 96, nely: 64 }, volumeFraction: 0.4, optimizer: { kind: "mma" } },
  {
    title: "An L-bracket under a stress limit",
    problem: { name: "lBracket", nelx: 60, nely: 60 },
    objective: { kind: "volume" },
    constraints: { stress: { kind: "stress", sense: "<=", bound: 1, p: 8, q: 0.5, limit: 2 } },
    optimizer: { kind: "mma", move: 0.1 },
    parameterization: {
      kind: "pixels",
      filter: 2,
      projection: {
        beta: {
          steps: [
            [1, 1],
            [50, 2],
            [100, 4],
          ],
        },
        eta: 0.5,
      },
    },
    stop: { iterations: 200, change: 0.01 },
  },
  {
    problem: { suite: "mbb_beam_96x32_0.5" },
    parameterization: { kind: "cnn", latent: 64 },
    optimizer: { kind: "lbfgs", memory: 20 },
    output: { files: ["png", "safetensors"], every: 5 },
  },
  {
    problem: {
      mesh: { nelx: 40, nely: 20, nelz: 4, size: [2, 1, 0.2] },
      supports: [{ at: { face: "left" }, direction: "all" }],
      loads: [
        { at: { minus: [{ edge: ["right", "bottom"] }, { corner: "bottomRightFront" }] }, force: [0, -1, 0] },
        { at: { face: "top" }, force: [0, -1, 0], spread: "traction", case: 1 },
      ],
      springs: [{ at: { nearest: [2, 0, 0.1] }, direction: "y", stiffness: 0.1 }],
      solid: [{ x: [0.9, 1], z: [0, 1] }],
      void: [{ y: [0.4, 0.6] }],
    },
    volumeFraction: 0.3,
    objective: { kind: "compliance", weights: [1, 0.5] },
    parameterization: { kind: "siren", width: 64, symmetry: "top-bottom" },
    optimizer: { kind: "adam", learningRate: { from: 0.01, to: 0.001, start: 1, end: 100 }, clipNorm: 1 },
    interpolation: { kind: "simp", penal: { from: 1, to: 3, start: 1, end: 50 } },
  },
  {
    problem: {
      mesh: { nelx: 20, nely: 20 },
      physics: "heat",
      supports: [{ at: { middle: "left" }, direction: "temperature", value: 20 }],
      loads: [{ at: { union: [{ region: { x: [0.5, 1] } }, { corner: "topLeft" }] }, force: 0.01 }],
    },
    volumeFraction: 0.4,
    optimizer: { kind: "augmentedLagrangian", inner: { kind: "adam", learningRate: 0.02 }, penalty: 5 },
  },
];

describe("JSON Schema", () => {
  test.each(examples.map((own) => [own] as const))(
    "an example file is accepted by the reader and by the schema",
    (file) => {
      expect(faultsOf(file)).toEqual([]);
      expect(conforms(file, schema)).toBe(true);
    },
  );

  test.prop([files], { numRuns: 100 })("sound files conform, and so do they with defaults filled in", (file) => {
    expect(conforms(file, schema)).toBe(true);
    expect(conforms(JSON.parse(JSON.stringify(accepted(file))), schema)).toBe(true);
  });

  const replacements: fc.Arbitrary<Json> = fc.oneof(
    fc.constantFrom<Json[]>(
      null,
      true,
      0,
      -1,
      1,
      2,
      0.5,
      1e12,
      "",
      "adam",
      [],
      {},
      [0, 1],
      { from: 1, to: 2, end: 3 },
      { kind: "adam" },
    ),
    fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
  );
  const changed = fc.tuple(files, fc.nat(), replacements).map(([file, seed, value]) => {
    const places = placesIn(file);
    return changedAt(file, places[seed % places.length]![0], () => value);
  });
  /** Faults that no schema can say: of parts that do not fit each other, and of numbers that are not in order. */
  const beyond =
    /mesh is plane|mesh with|in space|elements have|multiplications|the network holds|pictures of|knows no constraints|exactly one constraint|without constraints|output port|weights for|is missing: (a network|weights of)|weights of a network|plane images|entries beside|the last stage|conductor|structure|without a case|each on its own|faces? .* meet|make \w+ even|edges of a plane|is empty: the first|is not before|begin at 1|iterations rise|given twice|nesterov|is above penaltyLimit|is not below upper|in double quotes|selectors look|pixels (are|begin)|would hold the volume|an empty design|nothing asks for|design always has|this load is 0|no direction|moves nothing|every weight/;
  test.prop([changed], { numRuns: 300 })(
    "what the reader accepts conforms, and what conforms is accepted but for what places ask of each other",
    (file) => {
      const messages = faultsOf(file).map(({ message }) => message);
      const isConforming = conforms(JSON.parse(JSON.stringify(file)), schema);
      if (messages.length === 0) expect(isConforming).toBe(true);
      if (isConforming) expect(messages.filter((message) => !beyond.test(message))).toEqual([]);
    },
  );

  test("a key that is not known does not conform, at any depth", () => {
    for (const file of examples)
      for (const [path, value] of placesIn(file).filter(([own]) => own.at(-1) !== "constraints"))
        if (isRecord(value))
          expect(
            conforms(
              changedAt(file, path, () => ({ ...value, file: "x" })),
              schema,
            ),
          ).toBe(false);
  });

  test("it names every problem, refers only to what it defines, and is itself JSON", () => {
    const text = JSON.stringify(schema);
    expect(JSON.parse(text)).toEqual(schema);
    for (const name of Object.keys(problems)) expect(text).toContain(`"${name}"`);
    for (const { name } of problems.suite("all")) expect(text).toContain(`"${name}"`);
    const defined = Object.keys(schema["$defs"] as object);
    for (const [, name] of text.matchAll(/"#\/\$defs\/(\w+)"/g)) expect(defined).toContain(name);
  });
});

describe("help", () => {
  const help = describeRunFile();

  test("it says every key, every word of a choice and every default of the schema", () => {
    const pending: unknown[] = [schema];
    for (let own = pending.pop(); own !== undefined; own = pending.pop()) {
      if (typeof own !== "object" || own === null) continue;
      const { properties, default: fallback, enum: words } = own as Record<string, unknown>;
      for (const key of Object.keys(properties ?? {})) expect(help).toMatch(new RegExp(`\\b${key}\\b`));
      if (Array.isArray(words) && words.length < 12)
        for (const word of words) expect(help.replaceAll(/\s+/g, " ")).toContain(`"${word}"`);
      if (fallback !== undefined) expect(help.replaceAll(/\s+/g, "")).toContain(`default${JSON.stringify(fallback)}`);
      pending.push(...Object.values(own as object));
    }
  });

  test("it explains every name in capitals, in lines that fit", () => {
    for (const name of Object.keys(schema["$defs"] as object)) expect(help).toContain(`\n${name}: `);
    for (const line of help.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
    expect(help).not.toMatch(/undefined|\[object|NaN/);
  });
});
