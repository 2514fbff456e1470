/** What is wrong with one part of a problem file. */
import { test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { faultsOf } from "./problem-file-paths.ts";
import { adam, block, mbb, plain, plate, sheet } from "./problem-file-samples.ts";
import type { FaultTable } from "./problem-file-samples.ts";

const table: FaultTable = [
  ["no problem", { optimizer: { kind: "mma" } }, "problem", "problem is missing"],
  ["no optimizer", { problem: mbb }, "optimizer", "optimizer is missing"],
  ["no kind of problem", { ...plain, problem: {} }, "problem", "give one of the keys name, suite, mesh"],
  [
    "two kinds of problem",
    { ...plain, problem: { ...plate(), name: "mbb" } },
    "problem.mesh",
    "mesh stands beside name",
  ],
  ["an unknown problem", { ...plain, problem: { ...mbb, name: "mbbb" } }, "problem.name", 'did you mean "mbb"?'],
  ["an unknown task", { ...plain, problem: { suite: "mbb_beam_96x32_0.6" } }, "problem.suite", "did you mean"],
  ["layers of a plane problem", { ...plain, problem: { ...mbb, nelz: 4 } }, "problem.nelz", 'no key of "mbb"'],
  ["half a row", { ...plain, problem: { ...mbb, nely: 2.5 } }, "problem.nely", "2.5 is not a whole number from 1"],
  ["a number in quotes", { ...plain, problem: { ...mbb, nelx: "12" } }, "problem.nelx", '"12" is not a whole number'],
  [
    "rows that have no middle",
    { ...plain, problem: { name: "michell", nelx: 4, nely: 3 } },
    "problem.nely",
    "3 is not an even number",
  ],
  [
    "a load of nothing",
    { ...plain, problem: plate({ loads: [{ at: { edge: "top" }, force: [0, -0] }] }) },
    "problem.loads[0].force",
    "this load is 0",
  ],
  [
    "heat of nothing",
    { ...plain, problem: sheet({ loads: [{ at: { region: {} }, force: 0 }] }) },
    "problem.loads[0].force",
    "this load is 0",
  ],
  [
    "an output in no direction",
    { ...plain, problem: block({ output: { at: { face: "right" }, direction: [0, 0, 0] } }) },
    "problem.output.direction",
    "this is no direction",
  ],
  [
    "an inverter that is not pushed",
    { ...plain, problem: { ...mbb, name: "inverter", inputForce: 0 } },
    "problem.inputForce",
    "a force of 0 moves nothing",
  ],
  [
    "a list of wrong length",
    { ...plain, problem: plate({ mesh: { nelx: 4, nely: 4, size: [1] } }) },
    "problem.mesh.size",
    "too short: give 2 to 3",
  ],
  ["a title of two lines", { ...plain, title: "a\nb" }, "title", "without control characters"],
  ["a title with half a pair", { ...plain, title: "\ud800" }, "title", "is not text"],
  ["a long title", { ...plain, title: "x".repeat(201) }, "title", "at most 200"],
  ["a volume of 1", { ...plain, volumeFraction: 1 }, "volumeFraction", "1 is not a number above 0 and below 1"],
  [
    "-0 where a positive number is needed",
    { ...plain, optimizer: { kind: "mma", move: -0 } },
    "optimizer.move",
    "0 is not a number above 0",
  ],
  [
    "momentum that is missing",
    { ...plain, optimizer: { kind: "sgd", learningRate: 1, nesterov: true } },
    "optimizer",
    "nesterov without momentum",
  ],
  ["a format twice", { ...plain, output: { files: ["png", "svg", "png"] } }, "output.files[2]", '"png" is given twice'],
  ["a format misspelt", { ...plain, output: { files: ["pngs"] } }, "output.files[0]", 'did you mean "png"?'],
  [
    "a ramp that ends before it starts",
    { ...plain, optimizer: { kind: "adam", learningRate: { from: 1, to: 2, start: 5, end: 5 } } },
    "optimizer.learningRate",
    "start 5 is not before end 5",
  ],
  [
    "a ramp with steps",
    { ...plain, optimizer: { kind: "adam", learningRate: { from: 1, to: 2, end: 5, steps: [[1, 1]] } } },
    "optimizer.learningRate.steps",
    "steps stands beside from",
  ],
  [
    "steps that fall",
    {
      ...plain,
      interpolation: {
        kind: "simp",
        penal: {
          steps: [
            [1, 1],
            [9, 2],
            [9, 3],
          ],
        },
      },
    },
    "interpolation.penal.steps",
    "iteration 9 follows 9",
  ],
  [
    "steps that begin late",
    { ...plain, interpolation: { kind: "simp", penal: { steps: [[2, 1]] } } },
    "interpolation.penal.steps",
    "begin at 1",
  ],
  [
    "an exponent below 1",
    { ...plain, interpolation: { kind: "simp", penal: { from: 0, to: 3, end: 9 } } },
    "interpolation.penal.from",
    "0 is not a number from 1",
  ],
  [
    "an exponent for ramp",
    { ...plain, interpolation: { kind: "ramp", penal: 3 } },
    "interpolation.penal",
    'no key of "ramp"',
  ],
  [
    "a constraint without a letter in front",
    { ...plain, constraints: { "1": { kind: "volume", sense: "<=", bound: 0.4 } } },
    "constraints.1",
    "is no name",
  ],
  [
    "a constraint with an inherited name",
    { ...plain, constraints: { constructor: { kind: "volume", sense: "<=", bound: 0.4 } } },
    "constraints.constructor",
    "take another",
  ],
  [
    "a sense misspelt",
    { ...plain, constraints: { v: { kind: "volume", sense: "=<", bound: 0.4 } } },
    "constraints.v.sense",
    '"=<" is not one of "<=", ">="',
  ],
  [
    "a penalty above its limit",
    { ...plain, optimizer: { kind: "augmentedLagrangian", inner: adam, penalty: 9, penaltyLimit: 3 } },
    "optimizer",
    "penalty 9 is above penaltyLimit 3",
  ],
  [
    "an optimizer inside that takes constraints",
    { ...plain, optimizer: { kind: "augmentedLagrangian", inner: { kind: "mma" } } },
    "optimizer.inner.kind",
    '"mma" is no kind that is known',
  ],
  [
    "bounds the wrong way round",
    { ...plain, optimizer: { kind: "mma", lower: 1, upper: 0 } },
    "optimizer",
    "lower 1 is not below upper 0",
  ],
];

describe("what is wrong with one part (fault 90)", () => {
  test.each(table)("%s is refused", (_what, file, path, says) => {
    const faults = faultsOf(file);
    expect(faults.map((own) => own.path)).toEqual([path]);
    expect(faults[0]!.message).toContain(says);
  });
});
