/** Objectives refuse what would be broadcast, and say so. */
import { expect, test } from "vitest";
import { elementField } from "cotangent/fem";
import type { VectorField } from "cotangent/fem";
import * as np from "cotangent/numpy";
import { designOf, objectives, problems } from "cotangent/topopt";

test("a displacement functional has the shape of the load, load cases included", () => {
  const [beam, cases] = [problems.mbb({ nelx: 4, nely: 2 }), problems.multiLoad({ nelx: 4, nely: 2 })];
  for (const [problem, output] of [
    [beam, np.ones([2])],
    [beam, np.array(1)],
    [cases, np.ones(cases.load.shape.slice(1))],
  ] as const) {
    const sag = objectives.displacement(output as VectorField);
    expect(() => sag(designOf(problem, elementField(problem.mesh, 1)), {})).toThrow(
      expect.objectContaining({ code: "ShapeMismatch" }),
    );
  }
});
