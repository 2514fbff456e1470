/**
 * What is said of an unknown option: the known one that is near it, where a name of an inner record belongs, or nothing but
 * the known ones.
 */
import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { array, configure } from "cotangent";
import * as optim from "cotangent/optim";
import { landscape, minimizeCompliance, problems } from "cotangent/topopt";
import { nearestName, requireOptions } from "../../src/options.ts";
import { errorOf } from "../semantics/support.ts";

const names = ["volumeFraction", "filterRadius", "penal", "iterations", "move", "interpolation", "backend", "k", "b1"];

/** What an unknown option among these names is answered. */
const answerTo = (key: string): string => errorOf(() => requireOptions("f", { [key]: 1 }, names)).message;

describe("a hint is given", () => {
  test.each([
    ["iteration", "iterations"],
    ["interpolate", "interpolation"],
    ["VolumeFraction", "volumeFraction"],
    ["volume_fraction", "volumeFraction"],
    ["penalty", "penal"],
    ["radius", "filterRadius"],
    ["maxIterations", "iterations"],
    ["penalties", "penal"],
    ["interpolator", "interpolation"],
    ["beta1", "b1"],
    ["it", "iterations"],
    ["mov", "move"],
  ])("for %s: %s", (key, name) => {
    expect(answerTo(key)).toContain(`Did you mean "${name}"?`);
  });

  const letters = fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz");
  const place = fc.nat({ max: 13 });

  property.prop([fc.constantFrom(...names.filter((name) => name.length > 3)), place, letters])(
    "for a name with a letter left out, put in or changed, or with two letters swapped",
    (name, at, letter) => {
      const k = at % name.length;
      const misspelt = [
        name.slice(0, k) + name.slice(k + 1),
        name.slice(0, k) + letter + name.slice(k),
        name.slice(0, k) + letter + name.slice(k + 1),
        name.slice(0, k) +
          name
            .slice(k, k + 2)
            .split("")
            .reverse()
            .join("") +
          name.slice(k + 2),
      ].filter((key) => !names.includes(key));
      for (const key of misspelt) expect(nearestName(key, names)).toBe(name);
    },
  );
});

describe("no hint is given", () => {
  test.each(["threads", "checkpoint", "kernel", "x", "quite another thing", "", "__proto"])(
    "for %j, which is like none of the names",
    (key) => {
      const answer = answerTo(key);
      expect(answer).not.toContain("Did you mean");
      expect(answer).toContain(`option "${key}"`);
      expect(answer).toContain(`Known: ${names.join(", ")}`);
    },
  );

  property.prop([fc.stringMatching(/^[a-z]{4,12}$/), fc.stringMatching(/^[A-Z]{4,12}$/)])(
    "between words of other letters",
    (key, name) => {
      fc.pre(![...key].some((letter) => name.toLowerCase().includes(letter)));
      expect(nearestName(key, [name])).toBeUndefined();
    },
  );

  test("for a beginning that several names share, unless one is misspelt so", () => {
    const corners = ["topLeft", "topRight", "bottomLeft", "bottomRight"];
    expect(["top", "bottom"].map((key) => nearestName(key, corners))).toEqual([undefined, undefined]);
    expect(["topLef", "bottomright", "topR"].map((key) => nearestName(key, corners))).toEqual([
      "topLeft",
      "bottomRight",
      "topRight",
    ]);
  });

  test("for a name of a million letters, which would take minutes to compare", () => {
    expect(nearestName("k".repeat(1_000_000), names)).toBeUndefined();
  });

  test("by configure for a back end, by optimality criteria for a number of iterations", () => {
    for (const call of [
      () => configure({ backend: "js" } as never),
      () => optim.optimalityCriteria({ iterations: 3 } as never),
      () => minimizeCompliance(problems.mbb({ nelx: 2, nely: 2 }), { optimizer: 3 } as never),
    ])
      expect(errorOf(call).message).not.toContain("Did you mean");
  });
});

test("a name of an option that is a record itself is found there", () => {
  const nested = { stop: ["iterations", "change"], solver: ["tolerance"] };
  const answer = (key: string): string =>
    errorOf(() => requireOptions("f", { [key]: 1 }, ["stop", "solver", "interpolation"], true, nested)).message;
  expect(answer("iterations")).toContain("It belongs into stop: { iterations }. Known: stop, solver, interpolation");
  expect(answer("tolerance")).toContain("It belongs into solver: { tolerance }");
  expect(answer("interpolations")).toContain('Did you mean "interpolation"?');
  const ofLandscape = errorOf(() => landscape((x) => x, array(1), { beta: 2 } as never));
  expect(ofLandscape.message).toContain("It belongs into span: { beta }");
});
