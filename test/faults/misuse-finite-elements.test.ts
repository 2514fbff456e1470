/**
 * Whatever stands in the place of an argument of cotangent/fem, or of an entry of a mesh, a set, a system or options: what is
 * thrown has a code, and says what was seen instead of failing somewhere inside.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { configure } from "cotangent";
import * as fem from "cotangent/fem";
import { expectError } from "../semantics/support.ts";
import { complaintsAbout, functionsOf } from "./misused.ts";

beforeAll(() => configure({ onNotice: () => undefined }));
afterAll(() => configure({ onNotice: null }));

const mesh = fem.gridMesh({ nelx: 3, nely: 2 });
const block = fem.gridMesh({ nelx: 2, nely: 1, nelz: 1 });
const left = fem.edge(mesh, "left");
const right = fem.edge(mesh, "right");
const supports = [fem.fix(left, "all")];
const springs = [fem.spring(right, "x", 0.1)];
const system = fem.elasticity(mesh, { supports, springs });
const conductor = fem.heatConduction(mesh, { supports: [fem.fix(left, "temperature", 20)] });
const modulus = fem.elementField(mesh, 1);
const load = fem.nodalLoad(right, [0, -1]);
const u = fem.feSolve(system, modulus, load);
const factor = fem.feFactor(system, modulus);
const heat = fem.scalarField(mesh, 1);

/** Arguments that every function takes; from these one at a time is replaced. */
const accepted: Readonly<Record<string, readonly (readonly unknown[])[]>> = {
  gridMesh: [[{ nelx: 2, nely: 1, nelz: 1, size: [2, 1, 1] }], [{ nelx: 2, nely: 1 }]],
  elementField: [
    [mesh, 1],
    [mesh, modulus],
  ],
  vectorField: [
    [mesh, 1],
    [block, 0],
  ],
  scalarField: [[mesh, [[1, 2, 3, 4], [1, 2, 3, 4], [1, 2, 3, 4]]]], // prettier-ignore
  nodePoint: [
    [mesh, 4],
    [block, 4],
  ],
  where: [[mesh, () => true]],
  face: [[block, "front"]],
  edge: [
    [mesh, "left"],
    [block, ["left", "top"]],
  ],
  corner: [
    [mesh, "topLeft"],
    [block, "topLeftBack"],
  ],
  nearest: [
    [mesh, { x: 1, y: 1 }],
    [block, { x: 1, y: 1, z: 0 }],
  ],
  center: [[mesh], [block]],
  region: [
    [mesh, { x: [0, 1], y: [0, 0.5] }],
    [block, { z: [0, 1] }],
  ],
  union: [[left, right]],
  intersection: [[left, fem.edge(mesh, "top")]],
  minus: [[left, right, right]],
  fix: [
    [left, "x"],
    [left, "y", 0.5],
  ],
  spring: [[left, "x", 0.5]],
  nodalLoad: [
    [left, [0, -1]],
    [left, 3],
  ],
  tractionLoad: [
    [left, [0, -1]],
    [left, 3],
  ],
  elasticity: [
    [mesh, { supports, springs, poisson: 0.2, solver: "direct" }],
    [mesh, { supports, solver: { kind: "multigrid" } }],
  ],
  heatConduction: [[mesh, { supports: conductor.supports, springs: [], solver: "auto" }]],
  helmholtz: [[mesh, { length: 1, solver: "direct" }]],
  elementMeans: [[mesh, heat]],
  sourceLoad: [[mesh, modulus]],
  elementStrains: [[mesh, u]],
  elementStresses: [[system, modulus, u]],
  vonMises: [[system, modulus, u]],
  checkLoad: [[system, load]],
  factorBytes: [[system]],
  feFactor: [[system, modulus]],
  feSolve: [
    [system, modulus, load, { factor, prescribed: u }],
    [system, modulus, load],
    [conductor, modulus, heat],
  ],
  feApply: [
    [system, modulus, u, { rows: "all", columns: "free" }],
    [conductor, modulus, heat],
  ],
  feForm: [[system, u, u, { left: "all", right: "free" }]],
  internalForces: [
    [system, modulus, u],
    [conductor, modulus, heat],
  ],
  reactions: [[system, modulus, u]],
  counters: [[]],
};

test("every function of cotangent/fem has a line in the table of this file", () => {
  expect(Object.keys(accepted).sort()).toEqual(
    functionsOf(fem)
      .map(([name]) => name)
      .sort(),
  );
});

test.each(functionsOf(fem))("%s refuses odd arguments and odd entries of records by code", (name, call) => {
  for (const args of accepted[name]!) {
    call(...args);
    expect(complaintsAbout(name, call, args)).toEqual([]);
  }
});

test("what is no mesh, no set, no support and no system is quoted, and the message says how to get one", () => {
  const other = fem.gridMesh({ nelx: 3, nely: 2 });
  const refused: readonly (readonly [code: string, call: () => unknown, ...parts: readonly string[]])[] = [
    ["InvalidOption", () => fem.fix("left" as never, "x"), 'fix: "left" in the place of a set', 'edge(mesh, "left")'],
    ["InvalidOption", () => fem.spring([0, 1] as never, "x", 1), "spring: [0, 1] in the place of a set"],
    ["InvalidOption", () => fem.nodalLoad([3] as never, [0, -1]), "nodalLoad: [3] in the place of a set"],
    ["InvalidOption", () => fem.tractionLoad({ mesh, nodes: [0, 12] }, 1), "tractionLoad", "node 12", "from 0 to 11"],
    ["InvalidOption", () => fem.union(left, [0] as never), "union: [0] in the place of a set"],
    ["InvalidMesh", () => fem.edge("left" as never, "left"), 'edge: "left" in the place of the mesh', "gridMesh"],
    ["InvalidMesh", () => fem.elementField(0.5 as never, 1), "elementField: 0.5 in the place of the mesh"],
    ["InvalidMesh", () => fem.where({ ...mesh, nodeShape: [3, 3] }, () => true), "where"],
    ["InvalidMesh", () => fem.minus(left, fem.edge(other, "left")), "minus: node sets of different meshes"],
    ["InvalidOption", () => fem.where(mesh, undefined as never), "where: predicate undefined", "function"],
    ["InvalidOption", () => fem.nodePoint(mesh, 12), "nodePoint: node 12", "from 0 to 11"],
    ["InvalidOption", () => fem.nearest(mesh, [1, 1] as never), "nearest: point [1, 1]"],
    [
      "InvalidOption",
      () => fem.elasticity(mesh, { supports: [left] as never }),
      "in the place of a support",
      "fix(nodes",
    ],
    ["InvalidOption", () => fem.elasticity(mesh, { supports: supports[0] as never }), "elasticity: supports", "a list"],
    ["InvalidOption", () => fem.vonMises(u as never, modulus, u), "vonMises: a system that", "elasticity(...)"],
    ["InvalidOption", () => fem.vonMises(conductor as never, modulus, u), "vonMises: a system of kind heat"],
    ["InvalidOption", () => fem.feSolve({ ...system }, modulus, load), "feSolve: a system that", "not a copy"],
    ["NotAnArray", () => fem.feSolve(system, undefined as never, load), "feSolve, the modulus: undefined"],
    ["NotAnArray", () => fem.reactions(system, modulus, [1] as never), "reactions, the field: a list"],
    ["InvalidOption", () => fem.feSolve(system, modulus, load, { factor: u as never }), "feSolve: factor", "feFactor"],
  ];
  for (const [code, call, ...parts] of refused) expectError(call, code, ...parts);
});

test("a copy of a mesh, as another thread gets it, is a mesh", () => {
  const copy = structuredClone(block);
  expect(fem.face(copy, "front").nodes).toEqual(fem.face(block, "front").nodes);
  expect(fem.elementField(copy, 1).shape).toEqual([1, 1, 2]);
});
