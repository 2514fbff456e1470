/** What building a problem finds, as faults of its file: at their places, all at once, and before anything is solved. */
import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { elementField, elasticity, feSolve, fix, gridMesh, nodalLoad, spring, where } from "cotangent/fem";
import type { Direction, GridMesh, NodeSet } from "cotangent/fem";
import { check, readRunFile } from "../../cli/problem-file/index.ts";
import type { FileFault, RunFile } from "../../cli/problem-file/index.ts";
import { isLeft } from "../../src/fp.ts";
import { buildChecks } from "../../cli/run/build-checks.ts";
import { buildProblem, builtProblem } from "../../cli/run/build-problem.ts";
import { loadRunFile } from "../../cli/run/load-run-file.ts";
import { scratch } from "./command-line.ts";
import type { Json, JsonObject } from "./problem-file-arbitraries.ts";
import { accepted } from "./problem-file-paths.ts";
import { adam, block, mbb, plain, plate, sheet } from "./problem-file-samples.ts";
import type { FaultTable } from "./problem-file-samples.ts";

const { file: written } = scratch();

const faultsOf = (file: Json, space?: number): readonly FileFault[] => {
  const own = readRunFile(JSON.stringify(file, null, space), buildChecks);
  return isLeft(own) ? own.left : [];
};
const pathsOf = (file: Json): readonly string[] => faultsOf(file).map(({ path }) => path);

const nowhere = { region: { x: [0.51, 0.52] } };
const left = { edge: "left" };
const clamped = { at: left, direction: "all" };
const load = { at: { corner: "topRight" }, force: [0, -1] };
const of = (problem: JsonObject): JsonObject => ({ ...plain, problem });
const bracket = { name: "lBracket", nelx: 20, nely: 20 };
const siren = { parameterization: { kind: "siren" }, optimizer: adam };
const heavy = [{ x: [0, 0.5] }];

const table: FaultTable = [
  [
    "an empty region",
    of(plate({ supports: [clamped, { at: nowhere, direction: "x" }] })),
    "problem.supports[1].at",
    "no node lies here",
  ],
  [
    "an empty region among others",
    of(plate({ supports: [{ at: { union: [left, nowhere] }, direction: "all" }] })),
    "problem.supports[0].at.union[1]",
    "no node lies here",
  ],
  [
    "a set without itself",
    of(plate({ loads: [{ at: { minus: [left, left] }, force: [0, -1] }] })),
    "problem.loads[0].at",
    "no node is left",
  ],
  [
    "an empty spring",
    of(plate({ springs: [{ at: nowhere, direction: "x", stiffness: 1 }] })),
    "problem.springs[0].at",
    "no node lies here",
  ],
  [
    "an empty output port",
    of(plate({ output: { at: nowhere, direction: [1, 0] } })),
    "problem.output.at",
    "no node lies here",
  ],
  [
    "supports that contradict each other",
    of(plate({ supports: [clamped, { at: { corner: "topLeft" }, direction: "y", value: 1 }] })),
    "problem.supports[1]",
    "supports[0] holds nodes of this one at 0, not at 1",
  ],
  [
    "temperatures that contradict each other",
    of(
      sheet({
        supports: [
          { at: left, direction: "temperature", value: 1 },
          { at: { corner: "topLeft" }, direction: "temperature" },
        ],
      }),
    ),
    "problem.supports[1]",
    "supports[0] holds nodes of this one at 1, not at 0",
  ],
  [
    "a structure that falls",
    of(plate({ supports: [{ at: left, direction: "x" }] })),
    "problem.supports",
    "nothing holds the structure along y",
  ],
  [
    "a structure that turns",
    of(plate({ supports: [{ at: { corner: "topLeft" }, direction: "all" }] })),
    "problem.supports",
    "can turn freely",
  ],
  [
    "a block on a hinge",
    of(block({ supports: [{ at: { edge: ["left", "bottom"] }, direction: "all" }] })),
    "problem.supports",
    "can turn freely",
  ],
  [
    "a block between two opposite corners",
    of(
      block({
        supports: [
          { at: { corner: "bottomLeftBack" }, direction: "all" },
          { at: { corner: "topRightFront" }, direction: "all" },
        ],
        loads: [{ at: { face: "top" }, force: [0, -1, 0] }],
      }),
    ),
    "problem.supports",
    "can turn freely",
  ],
  [
    "a solid box over a void one",
    of(plate({ void: [{ x: [0, 0.2] }, { x: [0.3, 0.7] }], solid: [{ y: [0.9, 0.95] }, { x: [0.8, 1] }] })),
    "problem.solid[0]",
    "this box holds no element's centre",
  ],
  [
    "a solid box on the edge of a void one",
    of(plate({ void: [{ x: [0, 0.2] }], solid: [{ x: [0.6, 1] }, { x: [0, 0.4] }] })),
    "problem.solid[1]",
    "void[0] holds elements of this box, too",
  ],
  ["everything void", of(plate({ void: [{}] })), "problem.void", "leave some to the design"],
  ["everything solid", of(plate({ solid: [{}] })), "problem.solid", "leave some to the design"],
  [
    "a void box between two centres",
    of(plate({ void: [{ x: [0.2, 0.3] }] })),
    "problem.void[0]",
    "this box holds no element's centre, so that nothing is void",
  ],
  [
    "a traction on a node",
    of(plate({ loads: [{ ...load, spread: "traction" }] })),
    "problem.loads[0].at",
    'give "spread": "nodal"',
  ],
  [
    "a load on supports",
    of(plate({ loads: [load, { at: left, force: [0, -1] }] })),
    "problem.loads[1]",
    "supports hold all that this load acts on",
  ],
  [
    "an output port on supports",
    of(plate({ output: { at: left, direction: [1, 0] } })),
    "problem.output",
    "supports hold the output port",
  ],
  [
    "a mirror across a mask that is none",
    { ...of(bracket), parameterization: { kind: "pixels", symmetry: "left-right" } },
    "parameterization.symmetry",
    'symmetry "left-right" with a mask that is not its own mirror image',
  ],
  ["an L without room for its parts", of({ ...bracket, aspect: 0.001 }), "problem.aspect", "aspect 0.001 of 20 x 20"],
  ["an inverter of one row", of({ name: "inverter", nelx: 4, nely: 1 }), "problem.nely", "1 row of elements"],
  [
    "a direct solver whose factor does not fit",
    { ...of(block({ mesh: { nelx: 100, nely: 100, nelz: 100 } })), solver: "direct" },
    "solver",
    "use solver multigrid or a coarser grid",
  ],
  [
    "a network with more solid elements than material",
    { ...of(plate({ solid: heavy })), ...siren },
    "volumeFraction",
    "solid elements alone are 0.500",
  ],
];

describe("what building a problem finds", () => {
  test.each(table)("%s is a fault of the file", (_what, file, path, says) => {
    const faults = faultsOf(file);
    expect(faults.map((own) => own.path)).toEqual([path]);
    expect(faults[0]!.message).toContain(says);
  });

  test("stands in its line, and ends the command as every fault of a file does", () => {
    const text = JSON.stringify(of(plate({ supports: [clamped, { at: nowhere, direction: "x" }] })), null, 1);
    const line = text.split("\n").findIndex((own) => own.includes("region")) + 1;
    const path = written("empty.json", text);
    expect(() => loadRunFile(path)).toThrow(
      expect.objectContaining({ exitCode: 2, message: expect.stringContaining(`${path}:${line - 1}:`) }),
    );
  });

  test("is said beside the faults of other parts, and hides none of them", () => {
    const file = {
      ...of(plate({ supports: [{ at: nowhere, direction: "x" }] })),
      solver: "fast",
      stop: { change: -1 },
    };
    expect(pathsOf({ ...file, objective: { kind: "displacement" } })).toEqual([
      "problem.supports[0].at",
      "solver",
      "stop.change",
      "objective.kind",
    ]);
  });

  const places = [
    "supports[0].at",
    "supports[1].at",
    "loads[0].at",
    "springs[0].at",
    "output.at",
    "void[0]",
    "solid[0]",
  ];
  test.prop([fc.subarray(places)])("is said of every place at once", (wrong) => {
    const at = (place: string, sound: Json): Json => (wrong.includes(place) ? nowhere : sound);
    const boxAt = (place: string, sound: Json): Json => (wrong.includes(place) ? { x: [0.51, 0.52] } : sound);
    const problem = plate({
      supports: [
        { at: at("supports[0].at", left), direction: "all" },
        { at: at("supports[1].at", { edge: "bottom" }), direction: "y" },
      ],
      loads: [{ at: at("loads[0].at", { corner: "topRight" }), force: [0, -1] }],
      springs: [{ at: at("springs[0].at", { edge: "top" }), direction: "x", stiffness: 1 }],
      output: { at: at("output.at", { edge: "right" }), direction: [1, 0] },
      void: [boxAt("void[0]", { x: [0, 0.3] })],
      solid: [boxAt("solid[0]", { x: [0.7, 1] })],
    });
    expect([...pathsOf(of(problem))].sort()).toEqual(wrong.map((place) => `problem.${place}`).sort());
  });

  test("is not asked for of a grid that is too large to be built", () => {
    const mesh = { nelx: 1e9, nely: 1e9 };
    expect(pathsOf(of(plate({ mesh, supports: [{ at: nowhere, direction: "x" }] })))).toEqual(["problem.mesh"]);
  });

  test("is what a program is told that builds the problem of a file without these checks", () => {
    const { problem } = accepted(of(plate({ supports: [{ at: nowhere, direction: "x" }] })));
    expect(() => buildProblem(problem, "auto")).toThrow("problem.supports.0.at: no node lies here");
  });
});

test.each<readonly [string, JsonObject]>([
  ...["mbb", "tensile", "bridge", "michell", "multiLoad", "arch", "heatSink", "lBracket", "inverter"].map(
    (name) => [name, { ...mbb, name }] as const,
  ),
  ["cantilever3d", { name: "cantilever3d", nelx: 4, nely: 4, nelz: 2 }],
  ["a task of the suite", { suite: "l_shape_0.4_64x64_0.4" }],
  ["a plate", plate()],
  ["a block", block()],
  ["a sheet", sheet()],
  [
    "supports that are moved, without a load",
    plate({
      loads: [{ ...load, force: [0, 0] }],
      supports: [clamped, { at: { edge: "right" }, direction: "x", value: 1 }],
    }),
  ],
  [
    "a plate much longer than high, held by two nodes",
    plate({
      mesh: { nelx: 4, nely: 4, size: [1e6, 1e-6] },
      supports: [
        { at: left, direction: "x" },
        { at: { corner: "topLeft" }, direction: "y" },
      ],
    }),
  ],
  ["supports that overlap and agree", plate({ supports: [clamped, { at: { edge: "bottom" }, direction: "y" }] })],
  ["boxes that overlap", plate({ void: [{ x: [0, 0.3] }, { x: [0, 0.3], y: [0, 0.3] }] })],
])("%s can be built", (_what, problem) => {
  expect(faultsOf(of(problem))).toEqual([]);
});

test("the problem that was checked is the one that is run, built once", () => {
  let seen: RunFile["problem"] | undefined;
  const look = check(["problem"], ({ problem }) => {
    seen = problem;
    return [];
  });
  const read = readRunFile(JSON.stringify(of(plate())), [...buildChecks, look]);
  if (isLeft(read)) throw new Error(read.left[0].message);
  expect(read.right.problem).toBe(seen);
  expect(buildProblem(seen!, "auto")).toBe((builtProblem(seen!, "auto") as { readonly right: unknown }).right);
});

describe("a structure is refused as free to move", () => {
  const size = { nelx: 2, nely: 2, size: [3, 2] as const };
  const held = fc.record({
    x: fc.constantFrom(0, 0.5, 1),
    y: fc.constantFrom(0, 0.5, 1),
    z: fc.constantFrom(0, 1),
    direction: fc.constantFrom<Direction>("x", "y", "z"),
    stiffness: fc.constantFrom(0, 0, 2),
  });
  type Hold = typeof held extends fc.Arbitrary<infer Own> ? Own : never;

  const nodeOf = (mesh: GridMesh, { x, y, z }: Hold): NodeSet => {
    const [width, height, depth = 0] = mesh.size;
    return where(mesh, (point) => point.x === x * width && point.y === y * height && point.z === z * depth);
  };
  const isSingular = (mesh: GridMesh, supports: readonly Hold[], springs: readonly Hold[]): boolean => {
    const system = elasticity(mesh, {
      supports: supports.map((own) => fix(nodeOf(mesh, own), own.direction)),
      springs: springs.map((own) => spring(nodeOf(mesh, own), own.direction, own.stiffness)),
      solver: "direct",
    });
    const pull = nodalLoad(
      where(mesh, () => true),
      mesh.dimensions === 3 ? [1, 2, 3] : [1, 2],
    );
    try {
      feSolve(system, elementField(mesh, 1), pull);
      return false;
    } catch {
      return true;
    }
  };
  const isRefused = (mesh: JsonObject, supports: readonly Hold[], springs: readonly Hold[]): boolean => {
    const isPlane = !("nelz" in mesh);
    const at = ({ x, y, z }: Hold): JsonObject => ({
      region: { x: [x, x], y: [y, y], ...(isPlane ? {} : { z: [z, z] }) },
    });
    const problem = {
      mesh,
      supports: supports.map((own) => ({ at: at(own), direction: own.direction })),
      springs: springs.map((own) => ({ at: at(own), direction: own.direction, stiffness: own.stiffness })),
      loads: [{ at: { region: {} }, force: isPlane ? [1, 2] : [1, 2, 3] }],
    };
    return pathsOf(of(problem)).includes("problem.supports");
  };

  test.prop([fc.array(held, { minLength: 1, maxLength: 4 }), fc.array(held, { maxLength: 2 })], { numRuns: 200 })(
    "in the plane where its matrix is singular, and nowhere else",
    (supports, springs) => {
      const inPlane = (own: Hold): Hold => ({ ...own, z: 0, direction: own.direction === "z" ? "x" : own.direction });
      const [fixed, sprung] = [supports.map(inPlane), springs.map(inPlane)];
      expect(isRefused(size, fixed, sprung)).toBe(isSingular(gridMesh(size), fixed, sprung));
    },
  );

  test.prop([fc.array(held, { minLength: 4, maxLength: 9 }), fc.array(held, { maxLength: 2 })], { numRuns: 200 })(
    "in space where its matrix is singular, and nowhere else",
    (supports, springs) => {
      const box = { nelx: 2, nely: 2, nelz: 1, size: [3, 2, 1] as const };
      expect(isRefused(box, supports, springs)).toBe(isSingular(gridMesh(box), supports, springs));
    },
  );
});
