/** What files say of the volume: nothing that is accepted is without effect, and nothing is left to chance. */
import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import type { JsonObject } from "./problem-file-arbitraries.ts";
import { optimizers } from "./problem-file-arbitraries.ts";
import { accepted, faultsOf } from "./problem-file-paths.ts";
import { adam, mbb, plain } from "./problem-file-samples.ts";
import type { FaultTable } from "./problem-file-samples.ts";

const { volumeFraction: _fraction, ...unbounded } = plain;
const half = { kind: "volume", sense: "<=", bound: 0.5 };
const siren = { parameterization: { kind: "siren" }, optimizer: adam };

const table: FaultTable = [
  [
    "a fraction that nothing asks for",
    { ...plain, parameterization: { kind: "pixels", initial: 0.5 }, constraints: { v: half } },
    "volumeFraction",
    "nothing asks for 0.4: pixels begin at initial 0.5",
  ],
  [
    "a fraction that nothing asks for under adam",
    { ...plain, parameterization: { kind: "pixels", initial: 0.5 }, constraints: {}, optimizer: adam },
    "volumeFraction",
    "nothing asks for 0.4",
  ],
  [
    "pixels under adam",
    { ...plain, optimizer: adam },
    "optimizer.kind",
    "adam knows no constraints, so that nothing would hold the volume: use one of mma,",
  ],
  [
    "pixels without any fraction",
    unbounded,
    "volumeFraction",
    'nothing would hold the volume: give it or constraints, or say "constraints": {} if that is meant',
  ],
  [
    "the smallest volume",
    { ...plain, objective: { kind: "volume" } },
    "objective.kind",
    "an empty design is best: give constraints",
  ],
  [
    "the smallest volume of a network",
    { ...plain, ...siren, objective: { kind: "volume" } },
    "objective.kind",
    "an empty design is best",
  ],
  [
    "the smallest volume by optimality criteria",
    { ...plain, objective: { kind: "volume" }, optimizer: { kind: "optimalityCriteria" } },
    "optimizer.kind",
    "there are 0: give constraints",
  ],
  [
    "a network that is lighter than its bound",
    {
      ...plain,
      parameterization: { kind: "siren" },
      optimizer: { kind: "augmentedLagrangian", inner: adam },
      constraints: { v: half, least: { kind: "volume", sense: ">=", bound: 0.6 } },
    },
    "constraints.least.bound",
    "always has the volume asked for, 0.4: none keeps volume >= 0.6",
  ],
];

describe("what a file says of the volume", () => {
  test.each(table)("%s is refused", (_what, file, path, says) => {
    const faults = faultsOf(file);
    expect(faults.map((own) => own.path)).toEqual([path]);
    expect(faults[0]!.message).toContain(says);
  });

  test.each<readonly [string, JsonObject]>([
    ["pixels under adam", { ...plain, optimizer: adam }],
    ["pixels without any fraction", unbounded],
    ["the smallest volume", { ...plain, objective: { kind: "volume" } }],
    ["the smallest volume of a network", { ...plain, ...siren, objective: { kind: "volume" } }],
  ])("%s is accepted where the file says that there are no constraints", (_what, file) => {
    expect(accepted({ ...file, constraints: {} }).constraints).toEqual({});
  });

  test("is what it says anyway with all defaults filled in, and so accepted", () => {
    const pixels = { kind: "pixels", initial: 0.5 };
    for (const own of [
      { ...plain, parameterization: pixels },
      { ...unbounded, problem: { ...mbb, name: "multiLoad" }, parameterization: pixels, constraints: { v: half } },
    ]) {
      const settled = accepted(own);
      expect(settled.volumeFraction).toBe(0.4);
      expect(accepted(JSON.stringify(settled))).toEqual(settled);
    }
  });

  const some = (own: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<JsonObject> =>
    fc.record(own, { requiredKeys: [] }) as fc.Arbitrary<JsonObject>;
  const drawn = fc
    .tuple(
      optimizers,
      some({
        volumeFraction: fc.constantFrom(0.2, 0.4, 0.5),
        parameterization: fc.constantFrom({ kind: "pixels" }, { kind: "pixels", initial: 0.5 }, { kind: "siren" }),
        objective: fc.constantFrom({ kind: "compliance" }, { kind: "volume" }),
        constraints: fc.constantFrom({}, { v: half }, { c: { kind: "compliance", sense: "<=", bound: 99 } }),
      }),
    )
    .map(([optimizer, own]): JsonObject => ({ problem: mbb, optimizer, ...own }));

  test.prop([drawn], { numRuns: 400 })("is held by a constraint or a network, unless constraints are given", (file) => {
    if ("constraints" in file || faultsOf(file).length > 0) return;
    const { constraints, volumeFraction, parameterization } = accepted(file);
    if (parameterization.kind === "pixels")
      expect(constraints).toEqual({ volume: { kind: "volume", sense: "<=", bound: volumeFraction } });
    else expect(volumeFraction).toBe(file["volumeFraction"]);
  });

  test.prop([drawn], { numRuns: 400 })("has an effect: of another fraction the run is another one, or none", (file) => {
    if (!("volumeFraction" in file) || faultsOf(file).length > 0) return;
    const other = { ...file, volumeFraction: 0.3 };
    const { volumeFraction: _own, ...before } = accepted(file);
    if (before.parameterization.kind !== "pixels" || faultsOf(other).length > 0) return;
    const { volumeFraction: _other, ...after } = accepted(other);
    expect(after).not.toEqual(before);
  });
});
