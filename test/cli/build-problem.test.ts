/** Problems spelled out in a file, as meshes with supports and loads, against those of the library. */
import { describe, expect, test } from "vitest";
import { problems } from "cotangent/topopt";
import { buildProblem } from "../../cli/run/build-problem.ts";
import { accepted } from "./problem-file-paths.ts";
import type { JsonObject } from "./problem-file-arbitraries.ts";

/** A field as text; "none" where there is none. */
const shown = (field: { readonly toList: () => unknown } | undefined): string =>
  field === undefined ? "none" : JSON.stringify(field.toList());

/** What a problem is made of. */
const partsOf = (own: ReturnType<typeof buildProblem>): Readonly<Record<string, unknown>> => ({
  size: own.mesh.size,
  kind: own.system.kind,
  fixed: shown(own.system.fixed),
  springs: JSON.stringify(own.system.springs.map(({ nodes: _nodes, ...rest }) => rest)),
  load: shown(own.load),
  mask: shown(own.mask),
  solid: shown(own.solid),
  output: shown(own.output),
});

const built = (problem: JsonObject, solver = "auto"): ReturnType<typeof buildProblem> => {
  const file = accepted({ problem, solver, volumeFraction: 0.4, optimizer: { kind: "mma" } });
  return buildProblem(file.problem, file.solver);
};

const size = { nelx: 6, nely: 4 };
const clamped = [{ at: { edge: "left" }, direction: "all" }];

/** Problems of the library with the same in the words of a file. */
const spelled: readonly (readonly [name: string, own: unknown, file: JsonObject])[] = [
  [
    "mbb: edges and corners",
    problems.mbb(size),
    {
      mesh: size,
      supports: [
        { at: { edge: "left" }, direction: "x" },
        { at: { corner: "bottomRight" }, direction: "y" },
      ],
      loads: [{ at: { corner: "topLeft" }, force: [0, -1] }],
    },
  ],
  [
    "tensile: middles of sides",
    problems.tensile(size),
    {
      mesh: size,
      supports: [
        { at: { edge: "left" }, direction: "x" },
        { at: { middle: "left" }, direction: "y" },
      ],
      loads: [{ at: { middle: "right" }, force: [1, 0] }],
    },
  ],
  [
    "michell: the nearest node",
    problems.michell(size),
    { mesh: size, supports: clamped, loads: [{ at: { nearest: [6.2, 1.8] }, force: [0, -1] }] },
  ],
  [
    "cantilever3d: faces and their edges, what is of one and not of another, forces that add up",
    problems.cantilever3d({ ...size, nelz: 4 }),
    {
      mesh: { ...size, nelz: 4 },
      supports: [{ at: { face: "left" }, direction: "all" }],
      loads: [
        { at: { minus: [{ edge: ["right", "bottom"] }, { corner: "bottomRightBack" }] }, force: [0, -0.25, 0] },
        { at: { union: [{ corner: "bottomRightFront" }] }, force: [0, 0.125, 0] },
        { at: { nearest: [6, 0, 0] }, force: [0, -0.125, 0] },
      ],
    },
  ],
  [
    "multiLoad: load cases",
    problems.multiLoad(size),
    {
      mesh: size,
      supports: clamped,
      loads: [
        { at: { corner: "bottomRight" }, force: [0, -1], case: 0 },
        { at: { corner: "topRight" }, force: [0, 1], case: 1 },
      ],
    },
  ],
  [
    "lBracket: where there is no material, and where it is held",
    problems.lBracket({ nelx: 20, nely: 20 }),
    {
      mesh: { nelx: 20, nely: 20 },
      supports: [{ at: { region: { x: [0, 0.4], y: [1, 1] } }, direction: "all" }],
      loads: [{ at: { region: { x: [0.95, 1], y: [0.4, 0.4] } }, force: [0, -0.5] }],
      void: [{ x: [0.4, 1], y: [0.4, 1] }],
      solid: [{ x: [0.95, 1], y: [0.35, 0.4] }],
    },
  ],
  [
    "inverter: springs and an output port",
    problems.inverter(size),
    {
      mesh: size,
      supports: [
        { at: { edge: "top" }, direction: "y" },
        { at: { region: { x: [0, 0], y: [0, 0.25] } }, direction: "all" },
      ],
      loads: [{ at: { corner: "topLeft" }, force: [1, 0] }],
      springs: [
        { at: { corner: "topLeft" }, direction: "x", stiffness: 0.1 },
        { at: { corner: "topRight" }, direction: "x", stiffness: 0.1 },
      ],
      output: { at: { corner: "topRight" }, direction: [1, 0] },
    },
  ],
];

describe("a problem spelled out", () => {
  test.each(spelled)("is the library's own: %s", (_name, own, file) => {
    expect(partsOf(built(file))).toEqual(partsOf(own as never));
  });

  test("conducts heat where it says so, with lengths of its own", () => {
    const { mesh, system, load } = built({
      mesh: { ...size, size: [3, 1] },
      physics: "heat",
      supports: [{ at: { middle: "top" }, direction: "temperature", value: 20 }],
      loads: [{ at: { edge: "bottom" }, force: 2, spread: "traction" }],
    });
    expect([mesh.size, system.kind, load.shape]).toEqual([[3, 1], "heat", [5, 7]]);
    expect((load.toTypedArray() as Float64Array).reduce((sum, own) => sum + own, 0)).toBeCloseTo(2, 12);
    expect(system.supports).toMatchObject([{ direction: "temperature", value: 20 }]);
  });
});

test.each([{ name: "inverter", ...size }, { name: "heatSink", ...size }, { suite: "l_shape_0.4_64x64_0.4" }])(
  "a problem on another solver is the same but for that: $name$suite",
  (problem) => {
    const [usual, direct] = [built(problem), built(problem, "direct")];
    expect(partsOf(direct)).toEqual(partsOf(usual));
    expect(direct.system).not.toBe(usual.system);
  },
);
