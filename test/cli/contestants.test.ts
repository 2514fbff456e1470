/** Contestants of a comparison: what becomes of the file's bounds on the volume, and that the problem is built once for all. */
import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { isKept } from "../../cli/problem-file/index.ts";
import type { RunConstraint } from "../../cli/problem-file/index.ts";
import { buildProblem } from "../../cli/run/build-problem.ts";
import { contestantNames, lineUp } from "../../cli/run/contestants.ts";
import type { Json, JsonObject } from "./problem-file-arbitraries.ts";
import { accepted } from "./problem-file-paths.ts";
import { plain, plate } from "./problem-file-samples.ts";

const networks = contestantNames.filter((name) => name !== "pixels");

const bounds = fc.array(
  fc.record({
    kind: fc.constant("volume" as const),
    sense: fc.constantFrom("<=", ">=" as const),
    bound: fc.constantFrom(0.1, 0.25, 0.4, 0.5, 0.75, 1),
  }),
  { maxLength: 4 },
);

/** Pixels under these bounds on the volume, with or without a fraction of their own. */
const asked = fc
  .tuple(bounds, fc.constantFrom(undefined, 0.2, 0.4, 0.6))
  .map(([own, volumeFraction]): { readonly file: JsonObject; readonly own: readonly RunConstraint[] } => {
    const { volumeFraction: _usual, ...rest } = plain;
    const constraints = Object.fromEntries(own.map((each, k) => [`v${k}`, each as Json]));
    return { file: { ...rest, constraints, ...(volumeFraction === undefined ? {} : { volumeFraction }) }, own };
  });

describe("bounds on the volume", () => {
  test.prop([asked], { numRuns: 100 })(
    "are kept by the fraction of every network, or it is left out with a sentence",
    ({ file, own }) => {
      const { contestants, leftOut } = lineUp(networks, accepted(file));
      expect(contestants.length + leftOut.length).toBe(networks.length);
      for (const { file: entrant } of contestants) {
        expect(own.filter((each) => !isKept(each, entrant.volumeFraction!))).toEqual([]);
        expect(entrant.constraints).toEqual({});
      }
    },
  );

  test.prop([asked], { numRuns: 100 })(
    "make a network's fraction the smallest upper one, or without one the file's, raised to the largest lower one",
    ({ file, own }) => {
      const upper = own.flatMap(({ sense, bound }) => (sense === "<=" && bound < 1 ? [bound] : []));
      const lower = own.flatMap(({ sense, bound }) => (sense === ">=" ? [bound] : []));
      const most = Math.min(...upper);
      const least = Math.max(0, ...lower);
      const raised = Math.max(Number(file["volumeFraction"] ?? 0), least);
      const fraction = upper.length > 0 ? most : raised;
      const isPossible = least <= most && fraction > 0 && fraction < 1;
      const fractions = lineUp(networks, accepted(file)).contestants.map(({ file: entrant }) => entrant.volumeFraction);
      expect(fractions).toEqual(isPossible ? networks.map(() => fraction) : []);
    },
  );

  const volume = (sense: string, bound: number): JsonObject => ({ kind: "volume", sense, bound });
  test.each<readonly [what: string, constraints: JsonObject, says: string]>([
    [
      "contradict each other",
      { a: volume("<=", 0.3), b: volume(">=", 0.6) },
      "volume >= 0.6 and volume <= 0.3 contradict each other",
    ],
    ["ask for a solid block", { a: volume(">=", 1) }, "volume >= 1 asks for a solid block"],
  ])("that %s are the reason that is given", (_what, constraints, says) => {
    const { leftOut } = lineUp(networks, accepted({ ...plain, constraints }));
    expect(leftOut).toEqual(networks.map((name) => expect.stringContaining(`${name} is left out: ${says}`)));
  });

  test("from below alone leave pixels with the volume of the network that was asked for", () => {
    const file = { ...plain, parameterization: { kind: "siren" }, constraints: { least: volume(">=", 0.2) } };
    const optimizer = { kind: "augmentedLagrangian", inner: { kind: "adam", learningRate: 0.01 } };
    const [pixels] = lineUp(["pixels"], accepted({ ...file, optimizer })).contestants;
    expect(pixels!.file.constraints).toEqual({ volume: volume("<=", 0.4), least: volume(">=", 0.2) });
  });
});

test("a network whose volume solid elements exceed is left out, and pixels are not", () => {
  const own = accepted({ ...plain, problem: plate({ solid: [{ x: [0, 0.5] }] }) });
  const { contestants, leftOut } = lineUp(contestantNames, own);
  expect(contestants.map(({ name }) => name)).toEqual(["pixels"]);
  expect(leftOut).toEqual(networks.map((name) => expect.stringMatching(`^${name} is left out: solid elements alone`)));
});

test("contestants share the problem that was asked for, which is built once", () => {
  const own = accepted({ ...plain, problem: plate() });
  const { contestants } = lineUp(contestantNames, own);
  const built = buildProblem(own.problem, own.solver);
  for (const { file } of contestants) expect(buildProblem(file.problem, file.solver)).toBe(built);
});
