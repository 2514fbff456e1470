/** What parts of a problem file ask of each other. */
import { test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { optimizeAsync } from "cotangent/topopt";
import { buildOptions } from "../../cli/run/build-options.ts";
import type { JsonObject } from "./problem-file-arbitraries.ts";
import { accepted, faultsOf } from "./problem-file-paths.ts";
import { adam, block, held, mbb, plain, plate, sheet } from "./problem-file-samples.ts";
import type { FaultTable } from "./problem-file-samples.ts";

const network = { parameterization: { kind: "siren" } };

const table: FaultTable = [
  [
    "constraints with adam",
    { ...plain, optimizer: adam, constraints: { v: { kind: "volume", sense: "<=", bound: 0.4 } } },
    "constraints",
    "adam knows no constraints",
  ],
  [
    "two constraints with optimality criteria",
    {
      ...plain,
      optimizer: { kind: "optimalityCriteria" },
      constraints: { v: { kind: "volume", sense: "<=", bound: 0.4 }, w: { kind: "volume", sense: ">=", bound: 0.1 } },
    },
    "optimizer.kind",
    "exactly one constraint, and there are 2",
  ],
  [
    "optimality criteria without a constraint",
    { problem: mbb, optimizer: { kind: "optimalityCriteria" } },
    "optimizer.kind",
    "give volumeFraction or constraints",
  ],
  [
    "multipliers without constraints",
    { ...plain, constraints: {}, optimizer: { kind: "augmentedLagrangian", inner: adam } },
    "optimizer.kind",
    "without constraints",
  ],
  [
    "a displacement without output",
    { ...plain, objective: { kind: "displacement" } },
    "objective.kind",
    'give the problem an "output"',
  ],
  [
    "a bound on a displacement without output",
    { ...plain, constraints: { d: { kind: "displacement", sense: "<=", bound: 1 } } },
    "constraints.d.kind",
    "output port",
  ],
  [
    "weights of other load cases",
    { ...plain, objective: { kind: "compliance", weights: [1, 2] } },
    "objective.weights",
    "2 weights for 1 load cases",
  ],
  [
    "a network without a volume",
    { problem: mbb, optimizer: adam, ...network },
    "volumeFraction",
    "volumeFraction is missing",
  ],
  [
    "a network under optimality criteria",
    {
      ...plain,
      ...network,
      constraints: { v: { kind: "compliance", sense: "<=", bound: 4 } },
      optimizer: { kind: "optimalityCriteria" },
    },
    "optimizer.kind",
    "weights of a network have signs",
  ],
  [
    "a network under mma without a bound",
    { ...plain, ...network, optimizer: { kind: "mma", lower: -1 } },
    "optimizer.upper",
    "upper is missing",
  ],
  [
    "pixels below 0",
    { ...plain, optimizer: { kind: "mma", lower: -0.1 } },
    "optimizer.lower",
    "-0.1 is below 0: pixels are densities",
  ],
  [
    "pixels above 1",
    { ...plain, optimizer: { kind: "gcmma", upper: 2 } },
    "optimizer.upper",
    "2 is above 1: pixels are densities",
  ],
  [
    "pixels that begin below their bound",
    { ...plain, optimizer: { kind: "mma", lower: 0.5 } },
    "optimizer",
    "pixels begin at 0.4, which is not between 0.5 and 1",
  ],
  [
    "a mirror between front and back in the plane",
    { ...plain, parameterization: { kind: "pixels", symmetry: "front-back" } },
    "parameterization.symmetry",
    "this mesh is plane",
  ],
  [
    "images in space",
    {
      ...plain,
      problem: { name: "cantilever3d", nelx: 4, nely: 4, nelz: 4 },
      optimizer: adam,
      parameterization: { kind: "cnn" },
    },
    "parameterization.kind",
    "cnn makes plane images",
  ],
  [
    "stages of different number",
    { ...plain, optimizer: adam, parameterization: { kind: "cnn", filters: [4, 1] } },
    "parameterization.resizes",
    "5 entries beside 2 of filters",
  ],
  [
    "a decoder of several fields",
    { ...plain, optimizer: adam, parameterization: { kind: "cnn", filters: [1, 1, 1, 1, 2] } },
    "parameterization.filters",
    "the last stage has 2 channels",
  ],
  [
    "stress of a conductor",
    { ...plain, problem: { name: "heatSink", nelx: 4, nely: 4 }, objective: { kind: "stress" } },
    "objective.kind",
    "this problem is a conductor",
  ],
  [
    "a bound on stress of a conductor",
    { ...plain, problem: sheet(), constraints: { s: { kind: "stress", sense: "<=", bound: 1 } } },
    "constraints.s.kind",
    "this problem is a conductor",
  ],
  ["Poisson's ratio of a conductor", { ...plain, problem: sheet({ poisson: 0.3 }) }, "problem.poisson", "leave it out"],
  [
    "an output port of a conductor",
    { ...plain, problem: sheet({ output: { at: { corner: "topLeft" }, direction: [1, 0] } }) },
    "problem.output",
    "leave it out",
  ],
  [
    "a force on a conductor",
    { ...plain, problem: sheet({ loads: [{ at: { edge: "top" }, force: [0, 1] }] }) },
    "problem.loads[0].force",
    "give one number of watts",
  ],
  [
    "heat on a structure",
    { ...plain, problem: plate({ loads: [{ at: { edge: "top" }, force: 1 }] }) },
    "problem.loads[0].force",
    "give two numbers, [x, y]",
  ],
  [
    "a force of three components in the plane",
    { ...plain, problem: plate({ loads: [{ at: { edge: "top" }, force: [0, 1, 0] }] }) },
    "problem.loads[0].force",
    "give two numbers, [x, y]",
  ],
  [
    "a gap between load cases",
    {
      ...plain,
      problem: plate({
        loads: [
          { at: { edge: "top" }, force: [0, 1] },
          { at: { edge: "top" }, force: [0, 1], case: 2 },
        ],
      }),
    },
    "problem.loads[1].case",
    "case 2 without a case 1",
  ],
  [
    "a temperature of a structure",
    { ...plain, problem: plate({ supports: [{ at: { edge: "left" }, direction: "temperature" }] }) },
    "problem.supports[0].direction",
    'give "x", "y", "z" or "all"',
  ],
  [
    "a conductor held in x",
    { ...plain, problem: sheet({ supports: [{ at: { edge: "left" }, direction: "x" }] }) },
    "problem.supports[0].direction",
    'give "temperature"',
  ],
  [
    "z in the plane",
    { ...plain, problem: plate({ springs: [{ at: { edge: "left" }, direction: "z", stiffness: 1 }] }) },
    "problem.springs[0].direction",
    "this mesh is plane",
  ],
  [
    "all directions moved",
    { ...plain, problem: plate({ supports: [{ at: { edge: "left" }, direction: "all", value: 1 }] }) },
    "problem.supports[0]",
    "hold x, y (and z) each on its own",
  ],
  [
    "lengths of another dimension",
    { ...plain, problem: plate({ mesh: { nelx: 4, nely: 4, size: [1, 1, 1] } }) },
    "problem.mesh.size",
    "give two numbers",
  ],
  [
    "an output of another dimension",
    { ...plain, problem: block({ output: { at: { face: "left" }, direction: [1, 0] } }) },
    "problem.output.direction",
    "give three numbers",
  ],
  [
    "a side as an edge in space",
    { ...plain, problem: block(held({ edge: "left" })) },
    "problem.supports[0].at.edge",
    "where two faces meet",
  ],
  [
    "two faces in the plane",
    { ...plain, problem: plate(held({ edge: ["left", "top"] })) },
    "problem.supports[0].at.edge",
    "left, right, top and bottom",
  ],
  [
    "faces that do not meet",
    { ...plain, problem: block(held({ edge: ["left", "right"] })) },
    "problem.supports[0].at.edge",
    "do not meet",
  ],
  [
    "a corner of a plane mesh in space",
    { ...plain, problem: block(held({ corner: "topLeft" })) },
    "problem.supports[0].at.corner",
    "in space give topLeftFront or topLeftBack",
  ],
  [
    "a corner of a block in the plane",
    { ...plain, problem: plate(held({ corner: "topLeftBack" })) },
    "problem.supports[0].at.corner",
    "leave Front and Back out",
  ],
  [
    "a face in the plane",
    { ...plain, problem: plate(held({ face: "left" })) },
    "problem.supports[0].at.face",
    '{ "edge": "left" }',
  ],
  [
    "a point of another dimension",
    { ...plain, problem: plate(held({ nearest: [1, 2, 3] })) },
    "problem.supports[0].at.nearest",
    "give two numbers",
  ],
  [
    "a region with z in the plane, inside others",
    { ...plain, problem: plate(held({ minus: [{ edge: "left" }, { union: [{ region: { z: [0, 1] } }] }] })) },
    "problem.supports[0].at.minus[1].union[0].region.z",
    "this mesh is plane",
  ],
  [
    "the middle of an odd side",
    { ...plain, problem: plate({ mesh: { nelx: 4, nely: 5 }, ...held({ middle: "left" }) }) },
    "problem.supports[0].at.middle",
    "make nely even",
  ],
  [
    "the middle of the front in the plane",
    { ...plain, problem: plate(held({ middle: "front" })) },
    "problem.supports[0].at.middle",
    "this mesh is plane",
  ],
  [
    "a void box with z in the plane",
    { ...plain, problem: plate({ void: [{ x: [0, 0.5] }, { z: [0, 1] }] }) },
    "problem.void[1].z",
    "this mesh is plane",
  ],
  [
    "a box that is empty",
    { ...plain, problem: plate({ solid: [{ x: [0.5, 0.2] }] }) },
    "problem.solid[0].x",
    "the first is the smaller one",
  ],
];

describe("what parts ask of each other (fault 90)", () => {
  test.each(table)("%s is refused", (_what, file, path, says) => {
    const faults = faultsOf(file);
    expect(faults.map((own) => own.path)).toEqual([path]);
    expect(faults[0]!.message).toContain(says);
  });

  test("a mirror between front and back fits in space", () => {
    const parameterization = { kind: "pixels", symmetry: "front-back" };
    expect(faultsOf({ ...plain, problem: block(), parameterization })).toEqual([]);
  });

  const steps = { ...adam, clipNorm: 2 };
  test.each([adam, steps, { kind: "lbfgs", memory: 3 }, { kind: "sgd", learningRate: { steps: [[1, 0.1]] } }])(
    "what is recommended in the place of $kind, which knows no constraints, works when it is typed in",
    async (optimizer) => {
      const asked = {
        ...plain,
        constraints: { v: { kind: "volume", sense: "<=", bound: 0.4 } },
        stop: { iterations: 2 },
      };
      const [fault] = faultsOf({ ...asked, optimizer });
      const [, constrained, forPixels] = /use (\{.*\}), or for pixels (\{.*\})$/u.exec(fault!.message)!;
      for (const typed of [constrained!, forPixels!]) {
        const file = { ...asked, optimizer: JSON.parse(typed) as JsonObject };
        expect(accepted(file).optimizer).toMatchObject(typed === constrained ? { inner: optimizer } : {});
        const { options } = buildOptions(accepted(file));
        expect((await optimizeAsync(options)).history).toHaveLength(2);
      }
    },
  );

  test("a fault in one part hides none between others", () => {
    const paths = faultsOf({
      ...plain,
      title: 3,
      stop: { iterations: 0 },
      objective: { kind: "displacement" },
      output: { scal: 2 },
    });
    expect(paths.map((own) => own.path)).toEqual(
      ["title", "stop.iterations", "objective.kind", "output.scal"].sort((a, b) => order(a) - order(b)),
    );
  });

  test("load cases and weights that match are accepted", () => {
    const loads = [0, 1].map((own) => ({ at: { corner: "topRight" }, force: [own, -1], case: own }));
    expect(
      faultsOf({ ...plain, problem: plate({ loads }), objective: { kind: "compliance", weights: [1, 2] } }),
    ).toEqual([]);
    expect(
      faultsOf({
        ...plain,
        problem: { ...mbb, name: "multiLoad" },
        objective: { kind: "compliance", weights: [1, 0] },
      }),
    ).toEqual([]);
  });
});

/** Of the keys in the file of the test above. */
const order = (path: string): number => ["title", "stop.iterations", "objective.kind", "output.scal"].indexOf(path);
