/** Iterations and certificates of a run as lines of text. */
import { describe, expect, test } from "vitest";
import { describeCertificate, describeIteration } from "cotangent/topopt";
import type { GradientCheck, IterationEntry } from "cotangent/topopt";
import { expectError } from "../semantics/support.ts";
import { certificateOf, soundCheck } from "./sound-certificate.ts";

const entry: IterationEntry = {
  iteration: 7,
  objective: 61.5,
  volume: 0.4,
  greyness: 0.25,
  constraints: {},
  isFeasible: true,
  enforced: {},
  gradientNorm: 1,
  change: 0.125,
  continuation: {},
  optimizer: {},
};

describe("a line about an iteration", () => {
  test("has the volume where there are no constraints", () => {
    expect(describeIteration(entry)).toBe("    7  objective 61.50000  volume 0.4000000  greyness 0.250  change 1.3e-1");
  });

  test("has every constraint with its bound else, and says which are violated by more than what a run allows", () => {
    const constraints = {
      volume: { value: 0.41, bound: 0.4, sense: "<=", slack: -0.01 },
      sag: { value: 2, bound: 1.5, sense: ">=", slack: 0.5 },
      mass: { value: 0.40001, bound: 0.4, sense: "<=", slack: -1e-5 },
      shift: { value: 2e-4, bound: 0, sense: "<=", slack: -2e-4 },
      turn: { value: 1e-5, bound: 0, sense: "<=", slack: -1e-5 },
    } as const;
    expect(describeIteration({ ...entry, constraints, isFeasible: false })).toContain(
      "  volume 0.4100000 <= 0.4 (violated)  sag 2.000000 >= 1.5  mass 0.4000100 <= 0.4  shift 0.0002000000 <= 0 (violated)" +
        "  turn 0.00001000000 <= 0  greyness",
    );
  });

  test("of a design without a value keeps its form; no constraint holds there", () => {
    const stress = { value: NaN, bound: 1, sense: "<=", slack: NaN } as const;
    const line = describeIteration({ ...entry, objective: NaN, volume: NaN, greyness: NaN, constraints: { stress } });
    expect(line).toBe("    7  objective NaN  stress NaN <= 1 (violated)  greyness NaN  change 1.3e-1");
  });
});

describe("a line about a certificate", () => {
  test("names every function with its verdict, and what failed with both of its figures", () => {
    const wrong: GradientCheck = { ...soundCheck, name: "stress", gap: 0.5, pairing: 0.25, verdict: "failed" };
    expect(describeCertificate(certificateOf([soundCheck, wrong], "failed"))).toBe(
      "GRADIENTS ARE WRONG at iteration 10: objective passed (gap 2.0e-9), stress failed (gap 5.0e-1, forward and reverse apart by 2.5e-1); residual 1.0e-14",
    );
  });

  test("is no alarm where differences have no digits", () => {
    const kink: GradientCheck = { ...soundCheck, uncertainty: 0.25, verdict: "undecided" };
    expect(describeCertificate(certificateOf([kink], "undecided"))).toBe(
      "gradients undecided at iteration 10: objective undecided (differences are uncertain by 2.5e-1); residual 1.0e-14",
    );
  });

  test("blames the solver where the residual alone failed", () => {
    const line = describeCertificate({ ...certificateOf([soundCheck], "failed"), residual: 0.5 });
    expect(line).toMatch(/^THE SOLVER HAS NOT SOLVED at iteration 10: objective passed .*; residual 5\.0e-1$/u);
  });
});

test("what is neither is refused", () => {
  for (const wrong of [undefined, null, 3, {}, [], { constraints: {}, gradients: null }, { ...entry, change: "1" }]) {
    expectError(() => describeIteration(wrong as never), "InvalidOption", "describeIteration");
    expectError(() => describeCertificate(wrong as never), "InvalidOption", "describeCertificate");
  }
});
