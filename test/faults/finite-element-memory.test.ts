/**
 * Fault 63 for finite elements: solvers whose memory passes 2 GiB, where the sign bit of addresses is set.
 * Each takes a minute and gigabytes: COTANGENT_NIGHTLY=1 runs them.
 */
import { describe, expect, test } from "vitest";
import {
  corner,
  edge,
  elasticity,
  elementField,
  feSolve,
  fix,
  gridMesh,
  internalForces,
  nodalLoad,
} from "cotangent/fem";
import type { ElasticitySystem, GridMesh, SolverOption, VectorField } from "cotangent/fem";
import * as np from "cotangent/numpy";

const isNightly = process.env["COTANGENT_NIGHTLY"] === "1";
const gibibyte = 2 ** 30;

const cantilever = (mesh: GridMesh, solver: SolverOption): { system: ElasticitySystem; load: VectorField } => ({
  system: elasticity(mesh, { supports: [fix(edge(mesh, "left"), "all")], solver }),
  load: nodalLoad(corner(mesh, "topRight"), [0, -1]),
});

describe.runIf(isNightly)("63: solvers beyond 2 GiB", () => {
  test("a direct factor of more than 2 GiB solves to 1e-10", { timeout: 600_000 }, () => {
    const mesh = gridMesh({ nelx: 1050, nely: 1050 });
    const { system, load } = cantilever(mesh, "direct");
    const modulus = elementField(mesh, 1);
    const displacement = feSolve(system, modulus, load);
    expect(system.report()!.factorBytes).toBeGreaterThan(2 * gibibyte);
    const forces = internalForces(system, modulus, displacement);
    // Rows from the top, columns from the left: all but the first column are free.
    const residual = np.sub(forces, load).at(null, np.slice(1)).get();
    expect(np.max(np.abs(residual)).item()).toBeLessThan(1e-10);
  });

  test("a multigrid hierarchy of more than 2 GiB solves to 1e-6", { timeout: 600_000 }, () => {
    const mesh = gridMesh({ nelx: 4192, nely: 2096 });
    const { system, load } = cantilever(mesh, { kind: "multigrid", tolerance: 1e-6 });
    feSolve(system, elementField(mesh, 1), load);
    const report = system.report()!;
    expect(report.factorBytes).toBeGreaterThan(2 * gibibyte);
    expect(report.residual).toBeLessThan(1e-6);
  });
});
