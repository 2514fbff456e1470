/**
 * The table of (primitive, rule): every primitive states every rule, rules that do not exist by the functions
 * that say so, and each rule that is stated does what its kind promises on the primitive's own samples.
 */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Primitive } from "../../src/ir/primitive.ts";
import { notLinear } from "../../src/ir/primitive.ts";
import {
  jointTransposePairs,
  jvpGivesATangentPerOutput,
  transposeAnswersInTypes,
  withoutTransposeRefuses,
} from "../../library/testing/properties/laws/rules.ts";
import { allPrimitives, higherOrderPrimitives, sampled } from "./cases.ts";

const higherOrder = await higherOrderPrimitives();
const everyPrimitive: readonly Primitive[] = [...allPrimitives, ...higherOrder];

const rules = ["evaluate", "abstractEval", "jvp", "transpose", "batch"] as const;

const table = everyPrimitive.flatMap((primitive) => rules.map((rule) => [primitive.name, rule, primitive] as const));

test.each(table)("%s states %s", (_name, rule, primitive) => {
  expect(typeof primitive[rule]).toBe("function");
});

test.each(everyPrimitive.map((primitive) => [primitive.name, primitive] as const))(
  "%s states how it is lowered",
  (_name, { lower }) => {
    expect(["elementwise", "view", "barrier", "reduction", "routine", "control", "inline"]).toContain(lower.kind);
    const parts: Readonly<Record<string, readonly string[]>> = {
      elementwise: ["expression"],
      view: ["view"],
      barrier: [],
      reduction: ["axes", "combine"],
      routine: [],
      control: ["control", "parameters"],
      inline: ["jaxpr"],
    };
    const stated = Object.keys(lower).filter((key) => !["kind", "prebuilt", "movesOnly"].includes(key));
    expect(stated.sort()).toEqual(parts[lower.kind]);
  },
);

test("no two primitives share a name, and the higher-order ones are among them", () => {
  expect(higherOrder.length).toBeGreaterThanOrEqual(3);
  const names = everyPrimitive.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

test.each(
  everyPrimitive.filter(({ laws }) => "testedIn" in laws).map((primitive) => [primitive.name, primitive] as const),
)("the test that %s names exists and speaks of its family", (_name, { laws }) => {
  const path = "testedIn" in laws ? laws.testedIn : "";
  expect(existsSync(path), path).toBe(true);
  const [, family] = /([^/]+)\.test\.ts$/.exec(path)!;
  expect(
    readFileSync(path, "utf8").includes(family!.replace(/-(.)/g, (_match, letter: string) => letter.toUpperCase())),
    `${path} speaks of ${family!}`,
  ).toBe(true);
});

describe.each(sampled)("%s", (_name, primitive) => {
  if (primitive.transpose === notLinear)
    test("without a transpose refuses as not linear", () => {
      withoutTransposeRefuses(primitive, { runs: 5 });
    });

  if (primitive.transpose !== notLinear)
    test("with a transpose gives each linear float input a cotangent of its type, or refuses as not linear", () => {
      // Many: a rule may answer for one parameter only, as the power of exponent 1 does.
      transposeAnswersInTypes(primitive, { runs: 150 });
    });

  if (primitive.transpose !== notLinear)
    test("asked to be linear in several inputs at once it pairs, or refuses as not linear", () => {
      jointTransposePairs(primitive, { runs: 25 });
    });

  test("its jvp returns one tangent per output, of the output's type or a symbolic zero", () => {
    jvpGivesATangentPerOutput(primitive, { runs: 15 });
  });
});
