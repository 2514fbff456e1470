/**
 * Whatever stands in the place of an argument of these functions of cotangent/topopt, or of an entry of a problem or options:
 * what is thrown has a code, and says what was seen instead of failing somewhere inside.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { array, configure } from "cotangent";
import type { NDArray } from "cotangent";
import { edge, elementField, heatConduction, fix, scalarField } from "cotangent/fem";
import * as nn from "cotangent/nn";
import * as np from "cotangent/numpy";
import * as topopt from "cotangent/topopt";
import { expectError } from "../semantics/support.ts";
import { complaintsAbout } from "./misused.ts";
import type { Call } from "./misused.ts";

beforeAll(() => configure({ onNotice: () => undefined }));
afterAll(() => configure({ onNotice: null }));

const problem = topopt.problems.mbb({ nelx: 3, nely: 2 });
const { mesh } = problem;
const field = elementField(mesh, 0.5);
const heated = {
  mesh,
  system: heatConduction(mesh, { supports: [fix(edge(mesh, "left"), "temperature")] }),
  load: scalarField(mesh, 1),
};
const points = [array([0, 1, 2]), array([1, 1, 0]), array([3, 1, 1])];
const network = nn.mlp({ hidden: [2] });
const bytes = topopt.encodeCheckpoint({ step: 3, params: [array([1, 2])] });

/** Arguments that functions take; from these one at a time is replaced. */
const accepted: Readonly<Record<string, readonly (readonly unknown[])[]>> = {
  minimizeCompliance: [
    [problem, { volumeFraction: 0.5, iterations: 1, filterRadius: 0, penal: 3, initial: field, backend: "js" }],
    [heated, { volumeFraction: 0.5, iterations: 1, changeTolerance: 0.1 }],
  ],
  designObjective: [[problem, { filterRadius: 1, penal: 3, eMin: 1e-9 }]],
  optimalityCriteria: [
    [
      {
        design: field,
        objectiveGradient: field.neg(),
        volumeGradient: elementField(mesh, 1 / 6),
        volumeFraction: 0.5,
        move: 0.2,
        volumeTolerance: 1e-6,
        upper: elementField(mesh, 1),
      },
    ],
  ],
  compliance: [[problem, field]],
  complianceAndDisplacement: [[heated, field]],
  designOf: [
    [problem, field],
    [heated, field, field, null],
  ],
  selfWeight: [[mesh, field, [0, -1]]],
  simp: [[field, { penal: 3, eMin: 1e-9, e0: 1 }]],
  ramp: [[field, { q: 8, eMin: 1e-9, e0: 1 }]],
  densityFilter: [[mesh, { radius: 1.5, mask: elementField(mesh, 1) }]],
  helmholtzFilter: [[mesh, { radius: 1 }]],
  tanhProjection: [[field, { beta: 8, eta: 0.4 }]],
  volumePreservingProjection: [[field, { beta: 8 }]],
  volumePreservingSigmoid: [[field, { volumeFraction: 0.4, where: elementField(mesh, 1) }]],
  pixels: [[problem, { filter: 1, initial: 0.5, symmetry: "left-right" }]],
  neural: [[problem, network, { volumeFraction: 0.4, volumeOf: "design", filter: 1, name: "own" }]],
  constraint: [[topopt.objectives.volume(), "<=", 0.4]],
  historyRows: [[[]]],
  sensitivityFilter: [[mesh, { radius: 1.5, gamma: 0.01 }]],
  problemPicture: [[problem, { title: "Beam", density: field }]],
  encodeCheckpoint: [[{ step: 3, params: [array([1, 2])] }]],
  decodeCheckpoint: [[bytes]],
  landscape: [
    [(p: NDArray) => np.sum(p), points[0], { points: 3, span: 1, seed: 1, dimensions: 1, normalize: "none", chunk: 2 }],
    [(p: NDArray) => np.sum(p), points[0], { directions: points.slice(1), points: 3, orthogonal: true, backend: "js" }],
    [
      (p: NDArray) => np.sum(p),
      points[0],
      { directions: points.slice(1), points: 3, span: { alpha: 1, beta: [0, 1] } },
    ],
  ],
  principalDirections: [[points, { count: 1 }], [points]],
  projectTrajectory: [[points, points[0], points.slice(1)]],
  memorySweep: [[{ depths: [2], sizes: [3], width: 2, chunks: 1, checkpoint: false }]],
  memoryCsv: [[topopt.memorySweep({ depths: [2], sizes: [3], width: 2 })]],
  inChunks: [[network, 2]],
  rematerialized: [[network]],
};

test.each(Object.entries(accepted))("%s refuses odd arguments and odd entries of records by code", (name, list) => {
  const call = (topopt as unknown as Readonly<Record<string, Call>>)[name]!;
  for (const args of list) {
    call(...args);
    expect(complaintsAbout(name, call, args)).toEqual([]);
  }
});

test("the functions that these give refuse odd arguments by code", () => {
  const given: Readonly<Record<string, Call>> = {
    designObjective: topopt.designObjective(problem, {}),
    sensitivityFilter: topopt.sensitivityFilter(mesh, { radius: 1 }),
    densityFilter: topopt.densityFilter(mesh, { radius: 1 }),
    helmholtzFilter: topopt.helmholtzFilter(mesh, { radius: 1 }),
  };
  for (const [name, call] of Object.entries(given)) expect(complaintsAbout(name, call, [field])).toEqual([]);
});

test("what was seen in the place of a problem, a field or bytes is said, and what to give", () => {
  const slopes = { design: field, objectiveGradient: field.neg(), volumeGradient: field };
  const refused: readonly (readonly [code: string, call: () => unknown, ...parts: readonly string[]])[] = [
    ["InvalidProblem", () => topopt.minimizeCompliance({} as never, { volumeFraction: 0.5 }), "minimizeCompliance: {}"],
    [
      "InvalidMesh",
      () => topopt.minimizeCompliance({ ...problem, mesh: {} } as never, { volumeFraction: 1 }),
      "gridMesh",
    ],
    ["InvalidProblem", () => topopt.designObjective(mesh as never, {}), "in the place of a problem"],
    [
      "InvalidOption",
      () => topopt.problemPicture({ ...problem, system: {} } as never),
      "problemPicture: a system that",
    ],
    ["InvalidOption", () => topopt.decodeCheckpoint(bytes.buffer as never), "an object", "new Uint8Array(buffer)"],
    ["InvalidOption", () => topopt.decodeCheckpoint([1, 2] as never), "a list of 2", "encodeCheckpoint"],
    ["InvalidOption", () => topopt.optimalityCriteria(slopes as never), "optimalityCriteria: volumeFraction undefined"],
    ["UnknownOption", () => topopt.optimalityCriteria({ ...slopes, gradient: 1 } as never), '"gradient"'],
  ];
  for (const [code, call, ...parts] of refused) expectError(call, code, ...parts);
});
