/** Springs to the ground: closed forms, sums, structures that nothing else holds, derivatives, and what is refused. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { grad } from "cotangent";
import type { NDArray } from "cotangent";
import {
  corner,
  edge,
  elasticity,
  elementField,
  face,
  factorBytes,
  feApply,
  feSolve,
  fix,
  gridMesh,
  internalForces,
  nodalLoad,
  reactions,
  spring,
  tractionLoad,
  union,
  vectorField,
  where,
} from "cotangent/fem";
import type { Direction, ElementField, GridMesh, VectorField } from "cotangent/fem";
import * as np from "cotangent/numpy";
import { derivativeAtZero, floats, innerProduct, relativeGap, wave } from "./fields.ts";

const coded = (code: string): object => expect.objectContaining({ code });

const plane = gridMesh({ nelx: 4, nely: 3, size: [2, 3] });
const block = gridMesh({ nelx: 3, nely: 2, nelz: 2, size: [2, 3, 1] });
const meshes = [
  ["in the plane", plane],
  ["in space", block],
] as const;

const random = (mesh: GridMesh, phase = 0): ElementField =>
  elementField(mesh, wave(mesh.elementShape, phase, { middle: 0.6, amplitude: 0.4 }));
const randomLoad = (mesh: GridMesh, phase = 0): VectorField =>
  vectorField(mesh, wave([...mesh.nodeShape, mesh.dimensions], phase));

describe("springs", () => {
  test("one element pulled against a spring moves by F over both stiffnesses", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 10, noNaN: true }),
        fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
        fc.constantFrom(2, 3),
        (modulus, stiffness, dimensions) => {
          const mesh =
            dimensions === 2
              ? gridMesh({ nelx: 1, nely: 1, size: [2, 1] })
              : gridMesh({ nelx: 1, nely: 1, nelz: 1, size: [2, 1, 3] });
          const [left, right] =
            dimensions === 2 ? [edge(mesh, "left"), edge(mesh, "right")] : [face(mesh, "left"), face(mesh, "right")];
          // With no lateral strain to hinder, a bar of stiffness E A / L in front of the springs of all its end nodes.
          const rollers = (["y", "z"] as const)
            .slice(0, dimensions - 1)
            .map((direction) => fix(union(left, right), direction));
          const system = elasticity(mesh, {
            supports: [fix(left, "x"), ...rollers],
            springs: [spring(right, "x", stiffness)],
            poisson: 0,
          });
          const u = feSolve(
            system,
            elementField(mesh, modulus),
            tractionLoad(right, dimensions === 2 ? [3, 0] : [3, 0, 0]),
          );
          const area = dimensions === 2 ? 1 : 3;
          const expected = 3 / ((modulus * area) / 2 + right.nodes.length * stiffness);
          for (const node of right.nodes) expect(floats(u)[dimensions * node]! / expected).toBeCloseTo(1, 12);
          expect(system.report()!.residual).toBeLessThan(1e-13);
        },
      ),
    );
  });

  test("on one dof add up, in any split; on a fixed dof they change nothing but its reaction", () => {
    const [tip, left] = [corner(plane, "topRight"), edge(plane, "left")];
    const supports = [fix(left, "all")];
    const solve = (springs: ReturnType<typeof spring<Direction>>[]): Float64Array =>
      floats(feSolve(elasticity(plane, { supports, springs }), random(plane), randomLoad(plane)));
    const one = solve([spring(tip, "y", 0.75)]);
    expect(solve([spring(tip, "y", 0.25), spring(tip, "y", 0.5)])).toEqual(one);
    expect(solve([spring(union(tip, left), "y", 0.75)])).toEqual(one);
    expect(solve([spring(tip, "all", 0.5)])).toEqual(solve([spring(tip, "x", 0.5), spring(tip, "y", 0.5)]));
    expect(solve([])).not.toEqual(one);
  });

  test("can be all that holds a structure, and one too few is refused with a dof", () => {
    const corners = [corner(plane, "bottomLeft"), corner(plane, "bottomRight")] as const;
    const springs = [spring(corners[0], "all", 2), spring(corners[1], "y", 3)];
    const system = elasticity(plane, { supports: [], springs });
    const load = nodalLoad(corners[1], [0, -6]);
    const u = feSolve(system, elementField(plane, 1), load);
    // The whole load goes straight into its spring.
    expect(floats(u)[2 * corners[1].nodes[0]! + 1]).toBeCloseTo(-2, 11);
    expect(floats(u)[2 * corners[0].nodes[0]! + 1]).toBeCloseTo(0, 11);
    for (const few of [springs.slice(0, 1), springs.slice(1), [springs[0]!, spring(corners[1], "y", 0)]])
      expect(() => feSolve(elasticity(plane, { supports: [], springs: few }), elementField(plane, 1), load)).toThrow(
        coded("NotPositiveDefinite"),
      );
  });

  test.each(meshes)("residual, equilibrium and gradient hold with springs %s", (_name, mesh) => {
    const side = mesh.dimensions === 3 ? face(mesh, "left") : edge(mesh, "left");
    const everywhere = where(mesh, () => true);
    const system = elasticity(mesh, {
      supports: [fix(side, "x", 0.1)],
      springs: [spring(everywhere, "all", 0.3), spring(side, "y", 2)],
    });
    const [modulus, load, weight] = [random(mesh), randomLoad(mesh), randomLoad(mesh, 7)];
    const u = feSolve(system, modulus, load);
    expect(system.report()!.residual).toBeLessThan(1e-13);
    const total = load.add(reactions(system, modulus, u));
    const free = np.where(system.fixed, 0, total.sub(internalForces(system, modulus, u)));
    expect(np.max(np.abs(free)).item()).toBeLessThan(1e-13);
    const objective = (own: ElementField): NDArray => np.vdot(weight, feSolve(system, own, load));
    const direction = elementField(mesh, wave(modulus.shape, 3));
    const expected = derivativeAtZero((h) => objective(modulus.add(direction.mul(h))).item(), 4e-3);
    expect(Math.abs(innerProduct(grad(objective)(modulus), direction) / expected - 1)).toBeLessThan(1e-8);
  });

  test.each(meshes)("and prescribed displacements mean the same to either solver %s", (_name, mesh) => {
    const side = mesh.dimensions === 3 ? face(mesh, "left") : edge(mesh, "left");
    const everywhere = where(mesh, () => true);
    const [direct, iterative] = (["direct", { kind: "multigrid", tolerance: 1e-12 }] as const).map((solver) =>
      elasticity(mesh, {
        supports: [fix(side, "x", 0.1)],
        springs: [spring(everywhere, "all", 0.3), spring(side, "y", 2)],
        solver,
      }),
    );
    const [modulus, load] = [random(mesh), randomLoad(mesh)];
    const energy =
      (system: typeof direct) =>
      (own: ElementField): NDArray =>
        np.sum(np.square(feSolve(system!, own, load)));
    expect(relativeGap(feSolve(iterative!, modulus, load), feSolve(direct!, modulus, load))).toBeLessThan(1e-10);
    expect(relativeGap(grad(energy(iterative))(modulus), grad(energy(direct))(modulus))).toBeLessThan(1e-9);
    expect(iterative!.report()!.solver).toBe("multigrid");
    expect(() => factorBytes(iterative!)).toThrow(coded("InvalidOption"));
    expect(factorBytes(direct!)).toBeGreaterThan(0);
  });

  test("are no part of feApply, which stays linear in the moduli", () => {
    const left = edge(plane, "left");
    const [bare, sprung] = [[], [spring(edge(plane, "right"), "x", 5)]].map((springs) =>
      elasticity(plane, { supports: [fix(left, "all")], springs }),
    );
    const [modulus, u] = [random(plane), randomLoad(plane)];
    expect(floats(feApply(sprung!, modulus, u))).toEqual(floats(feApply(bare!, modulus, u)));
    expect(relativeGap(feApply(sprung!, modulus.mul(2), u), feApply(sprung!, modulus, u).mul(2))).toBe(0);
  });

  test("negative, infinite and misplaced ones are refused", () => {
    const right = edge(plane, "right");
    for (const stiffness of [-1, NaN, Infinity])
      expect(() => spring(right, "x", stiffness)).toThrow(coded("InvalidOption"));
    expect(() =>
      spring(
        where(plane, () => false),
        "x",
        1,
      ),
    ).toThrow(/without nodes/u);
    expect(() => elasticity(plane, { supports: [], springs: [spring(right, "temperature", 1) as never] })).toThrow(
      /Use x/u,
    );
    expect(() => elasticity(plane, { supports: [], springs: spring(right, "x", 1) as never })).toThrow(
      /list of spring/u,
    );
    expect(() =>
      elasticity(gridMesh({ nelx: 4, nely: 3 }), { supports: [], springs: [spring(right, "x", 1)] }),
    ).toThrow(coded("InvalidMesh"));
  });
});
