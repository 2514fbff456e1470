/** Prescribed values, springs and reactions: closed forms, patch tests, equilibrium, derivatives, and what is refused. */
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { grad, hvp, jit, jvp, vjp, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import {
  checkLoad,
  corner,
  counters,
  edge,
  elasticity,
  elementField,
  face,
  feSolve,
  fix,
  gridMesh,
  heatConduction,
  internalForces,
  minus,
  nodalLoad,
  nodePoint,
  reactions,
  scalarField,
  vectorField,
  where,
} from "cotangent/fem";
import type { Direction, ElementField, GridMesh, NodeSet, ScalarField, Support, VectorField } from "cotangent/fem";
import * as np from "cotangent/numpy";
import { setNoticeListener } from "../../src/notice.ts";
import { derivativesAtZero, floats, innerProduct, relativeGap, wave } from "./fields.ts";

const coded = (code: string): object => expect.objectContaining({ code });

afterEach(() => setNoticeListener(null));

const plane = gridMesh({ nelx: 4, nely: 3, size: [2, 3] });
const block = gridMesh({ nelx: 3, nely: 2, nelz: 2, size: [2, 3, 1] });
const meshes = [
  ["in the plane", plane],
  ["in space", block],
] as const;

const surface = (mesh: GridMesh): NodeSet =>
  where(mesh, ({ x, y, z }) => {
    const [width, height, depth] = mesh.size;
    return x === 0 || x === width || y === 0 || y === height || (depth !== undefined && (z === 0 || z === depth));
  });

/** One support per node and direction of a set, at the value of a function of its place. */
const held = (set: NodeSet, value: (point: readonly number[], axis: number) => number): Support[] => {
  const directions = (["x", "y", "z"] as const).slice(0, set.mesh.dimensions);
  return set.nodes.flatMap((node) => {
    const { x, y, z } = nodePoint(set.mesh, node);
    return directions.map((direction, axis) =>
      fix({ mesh: set.mesh, nodes: [node] }, direction, value([x, y, z], axis)),
    );
  });
};

const random = (mesh: GridMesh, phase = 0): ElementField =>
  elementField(mesh, wave(mesh.elementShape, phase, { middle: 0.6, amplitude: 0.4 }));
const randomLoad = (mesh: GridMesh, phase = 0): VectorField =>
  vectorField(mesh, wave([...mesh.nodeShape, mesh.dimensions], phase));

describe.each(meshes)("patch tests %s", (_name, mesh) => {
  test("a linear displacement of the surface is reproduced inside, where the modulus is constant", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 12, maxLength: 12 }),
        fc.double({ min: 0.1, max: 100, noNaN: true }),
        (slopes, modulus) => {
          const linear = (point: readonly number[], axis: number): number =>
            slopes[9 + axis]! + point.reduce((sum, place, k) => sum + slopes[3 * axis + k]! * place, 0);
          const system = elasticity(mesh, { supports: held(surface(mesh), linear) });
          const u = feSolve(system, elementField(mesh, modulus), vectorField(mesh, 0));
          const expected = floats(u).map((_, dof) => {
            const { x, y, z } = nodePoint(mesh, Math.floor(dof / mesh.dimensions));
            return linear([x, y, z], dof % mesh.dimensions);
          });
          const size = expected.reduce((high, value) => Math.max(high, Math.abs(value)), 1e-3);
          floats(u).forEach((value, dof) => expect(Math.abs(value - expected[dof]!)).toBeLessThan(1e-13 * size));
        },
      ),
      { examples: [[[0, 0, 0, 0, 2e-323, 0, 0, 0, 0, 0, 0, 0], 0.1]] },
    );
  });

  test("a linear temperature of the surface is reproduced inside, where the conductivity is constant", () => {
    const linear = ({ x, y, z }: { x: number; y: number; z: number }): number => 3 + 2 * x - y + 5 * z;
    const supports = surface(mesh).nodes.map((node) =>
      fix({ mesh, nodes: [node] }, "temperature", linear(nodePoint(mesh, node))),
    );
    const u = feSolve(heatConduction(mesh, { supports }), elementField(mesh, 7), scalarField(mesh, 0));
    floats(u).forEach((value, node) =>
      expect(Math.abs(value - linear(nodePoint(mesh, node)))).toBeLessThan(1e-13 * 20),
    );
  });
});

describe.each(meshes)("prescribed displacements %s", (_name, mesh) => {
  const side = mesh.dimensions === 3 ? face(mesh, "left") : edge(mesh, "left");
  const tip = corner(mesh, mesh.dimensions === 3 ? "topRightFront" : "topRight");
  const supports = [fix(side, "all"), fix(tip, "y", -0.3)];
  const system = elasticity(mesh, { supports });
  const still = elasticity(mesh, { supports: [fix(side, "all"), fix(tip, "y")] });
  const values = wave([...mesh.nodeShape, mesh.dimensions], 3, { middle: 0.2 }) as VectorField;
  const displacement = (modulus: ElementField, load: VectorField, prescribed: VectorField): VectorField =>
    feSolve(still, modulus, load, { prescribed });

  test("are met to the bit, and the rest is in equilibrium with the load and the reactions", () => {
    const [modulus, load] = [random(mesh), randomLoad(mesh)];
    const u = feSolve(system, modulus, load);
    const forces = reactions(system, modulus, u);
    floats(u).forEach((value, dof) => {
      if (system.fixed.toTypedArray()[dof] === 1) expect(value).toBe(floats(system.prescribed!)[dof]);
      else expect(floats(forces)[dof]).toBe(0);
    });
    const free = np.where(system.fixed, 0, load.sub(internalForces(system, modulus, u)));
    expect(np.max(np.abs(free)).item()).toBeLessThan(1e-13);
    expect(system.report()!.residual).toBeLessThan(1e-13);
  });

  test("by option are those of the system; entries at free dofs do not count, not even NaN", () => {
    const [modulus, load] = [random(mesh), randomLoad(mesh)];
    const prescribed = np.where(still.fixed, system.prescribed!, NaN) as NDArray as VectorField;
    expect(floats(feSolve(still, modulus, load, { prescribed }))).toEqual(floats(feSolve(system, modulus, load)));
    const none = vectorField(mesh, 0);
    expect(relativeGap(feSolve(system, modulus, load, { prescribed: none }), feSolve(still, modulus, load))).toBe(0);
    expect(() => feSolve(still, modulus, load, { prescribed: vectorField(mesh, NaN) })).toThrow(coded("InvalidLoad"));
  });

  test("act linearly: load and prescribed values superpose", () => {
    const [modulus, load, none] = [random(mesh), randomLoad(mesh), vectorField(mesh, 0)];
    const whole = displacement(modulus, load, values);
    const parts = displacement(modulus, load, none).add(displacement(modulus, none, values));
    expect(relativeGap(parts, whole)).toBeLessThan(1e-13);
  });

  test("derivatives by modulus, load and prescribed values are those by differences; forward and reverse pair", () => {
    const inputs: [ElementField, VectorField, VectorField] = [random(mesh), randomLoad(mesh), values];
    const directions = inputs.map((x, k) => wave(x.shape, 5 + k, { amplitude: 0.2 })) as unknown as typeof inputs;
    const weight = wave(values.shape, 9);
    for (const own of [[0], [1], [2], [0, 1, 2]]) {
      const moved = (h: number): NDArray =>
        displacement(
          ...(inputs.map((x, k) => (own.includes(k) ? x.add(directions[k]!.mul(h)) : x)) as unknown as typeof inputs),
        );
      const zeroed = directions.map((x, k) => (own.includes(k) ? x : x.mul(0))) as unknown as typeof inputs;
      const [, tangent] = jvp(displacement, inputs, zeroed);
      expect(relativeGap(tangent, derivativesAtZero(moved, 4e-3))).toBeLessThan(1e-8);
      const cotangents: readonly NDArray[] = vjp(displacement, ...inputs)[1](vectorField(mesh, weight));
      const backward = own.reduce((sum, k) => sum + innerProduct(cotangents[k]!, directions[k]!), 0);
      const forward = innerProduct(tangent, weight);
      expect(Math.abs(forward - backward)).toBeLessThan(1e-12 * Math.max(1, Math.abs(forward)));
    }
  });

  test("second derivatives, mixed ones included, are differences of gradients, and take one factorization", () => {
    const load = randomLoad(mesh);
    const objective = ([modulus, prescribed]: readonly [ElementField, VectorField]): NDArray =>
      np.sum(np.square(displacement(modulus, load, prescribed)));
    const point = [random(mesh, 4), values] as const;
    const direction = point.map((x, k) => wave(x.shape, 5 + k, { amplitude: 0.2 })) as unknown as typeof point;
    const before = counters().factorizations;
    const products = hvp(objective, [point], [direction]) as unknown as readonly NDArray[];
    expect(counters().factorizations - before).toBe(1);
    products.forEach((product, k) => {
      const along = (h: number): NDArray =>
        (
          grad(objective)(
            point.map((x, j) => x.add(direction[j]!.mul(h))) as unknown as typeof point,
          ) as unknown as readonly NDArray[]
        )[k]!;
      expect(relativeGap(product, derivativesAtZero(along, 4e-3))).toBeLessThan(1e-7);
    });
  });

  test("vmap over prescribed values, loads and moduli is a loop, eager and compiled", () => {
    const cases = [0, 1, 2];
    const moduli = cases.map((phase) => random(mesh, phase));
    const loads = cases.map((phase) => randomLoad(mesh, phase));
    const all = cases.map((phase) => wave(values.shape, phase) as VectorField);
    const stacked = [moduli, loads, all].map((list) => np.stack(list as NDArray[])) as never as [
      ElementField,
      VectorField,
      VectorField,
    ];
    const mappings = [0, 1, 2, 3, 4, 5, 6].map((k) => [0, 1, 2].map((axis) => ((k + 1) >> axis) % 2 === 1));
    for (const mapped of mappings) {
      const inputs = [0, 1, 2].map((k) => (mapped[k] ? stacked[k]! : [moduli, loads, all][k]![0]!)) as never as [
        ElementField,
        VectorField,
        VectorField,
      ];
      const batched = vmap(displacement, { inAxes: mapped.map((yes) => (yes ? 0 : null)) as [0, 0, 0] });
      for (const program of [batched, jit(batched)])
        cases.forEach((k) => {
          const own = displacement(moduli[mapped[0] ? k : 0]!, loads[mapped[1] ? k : 0]!, all[mapped[2] ? k : 0]!);
          expect(relativeGap(np.take(program(...inputs), k, { axis: 0 }), own)).toBeLessThan(1e-13);
        });
    }
    // Leading axes without vmap.
    const together = feSolve(system, random(mesh), vectorField(mesh, np.stack(loads)));
    loads.forEach((load, k) =>
      expect(floats(np.take(together, k, { axis: 0 }))).toEqual(floats(feSolve(system, random(mesh), load))),
    );
    const batch = feSolve(system, stacked[0], stacked[1]);
    cases.forEach((k) =>
      expect(floats(np.take(batch, k, { axis: 0 }))).toEqual(floats(feSolve(system, moduli[k]!, loads[k]!))),
    );
  });
});

describe("fault 49: supports given twice and supports that contradict each other", () => {
  const left = edge(plane, "left");
  const topLeft = corner(plane, "topLeft");

  test("equal prescriptions are merged, in any order and split in any way", () => {
    const whole = elasticity(plane, { supports: [fix(left, "x", 0.5), fix(left, "y")] });
    for (const supports of [
      [fix(topLeft, "x", 0.5), fix(left, "x", 0.5), fix(left, "y"), fix(left, "y", 0)],
      [fix(left, "y", -0), fix(minus(left, topLeft), "x", 0.5), fix(topLeft, "x", 0.5), fix(topLeft, "y")],
    ]) {
      const system = elasticity(plane, { supports });
      expect(system.fixed.toList()).toEqual(whole.fixed.toList());
      expect(np.arrayEqual(system.prescribed!, whole.prescribed!).item()).toBe(1);
    }
    expect(elasticity(plane, { supports: [fix(left, "all"), fix(left, "x", 0)] }).prescribed).toBe(null);
  });

  test("contradictory ones are refused with node, place, direction and both values, whichever comes first", () => {
    const directions = fc.constantFrom<Direction>("x", "y");
    fc.assert(
      fc.property(
        fc.nat(19),
        directions,
        fc.double({ min: 0.1, max: 1, noNaN: true }),
        fc.boolean(),
        (node, direction, value, isFirst) => {
          const single: NodeSet = { mesh: plane, nodes: [node] };
          const pair: Support[] = [
            fix(
              where(plane, () => true),
              "all",
            ),
            fix(single, direction, value),
          ];
          const supports = isFirst ? pair : [...pair].reverse();
          const call = (): unknown => elasticity(plane, { supports });
          expect(call).toThrow(coded("InvalidOption"));
          expect(call).toThrow(
            `node ${node} (row ${Math.floor(node / 5)}, column ${node % 5}) is held at ${direction} = ${isFirst ? 0 : value} and at ${isFirst ? value : 0}`,
          );
        },
      ),
    );
    expect(() =>
      heatConduction(plane, { supports: [fix(left, "temperature", 1), fix(topLeft, "temperature", 2)] }),
    ).toThrow(/node 0 .* temperature = 1 and at 2/u);
  });

  test("a displacement in all directions, one that is not finite, and directions of another field are refused", () => {
    expect(() => fix(left, "all", 0.1)).toThrow(/one direction/u);
    for (const value of [NaN, Infinity, "1" as never])
      expect(() => fix(left, "x", value)).toThrow(coded("InvalidOption"));
    expect(() => elasticity(plane, { supports: [fix(left, "temperature") as never] })).toThrow(/Use x, y or all/u);
    expect(() => heatConduction(plane, { supports: [fix(left, "x") as never] })).toThrow(/Use temperature/u);
    expect(() => heatConduction(plane, { supports: [fix(left, "all") as never] })).toThrow(/Use temperature/u);
  });
});

describe("reactions", () => {
  test.each(meshes)("balance the load and its moments %s", (_name, mesh) => {
    const side = mesh.dimensions === 3 ? face(mesh, "left") : edge(mesh, "left");
    const system = elasticity(mesh, { supports: [fix(side, "all")] });
    const [modulus, load] = [random(mesh), randomLoad(mesh)];
    const free = np.where(system.fixed, 0, load);
    const all = floats(reactions(system, modulus, feSolve(system, modulus, load)).add(free));
    const sums = new Float64Array(6);
    const scale = all.reduce((sum, force) => sum + Math.abs(force), 0);
    for (let node = 0; node < all.length / mesh.dimensions; node++) {
      const { x, y, z } = nodePoint(mesh, node);
      const [fx, fy, fz = 0] = all.subarray(mesh.dimensions * node, mesh.dimensions * (node + 1));
      [fx!, fy!, fz, y * fz - z * fy!, z * fx! - x * fz, x * fy! - y * fx!].forEach((part, k) => (sums[k]! += part));
    }
    for (const sum of sums) expect(Math.abs(sum)).toBeLessThan(1e-13 * scale);
  });
});

test("supports that are displaced move a structure that no load moves, without a notice", () => {
  const notices: string[] = [];
  setNoticeListener((code) => notices.push(code));
  const system = elasticity(plane, { supports: [fix(edge(plane, "left"), "all"), fix(edge(plane, "right"), "x", 1)] });
  const load = nodalLoad(edge(plane, "left"), [1, 0]);
  expect(np.max(feSolve(system, elementField(plane, 1), load)).item()).toBeGreaterThanOrEqual(1);
  checkLoad(system, load);
  expect(notices).toEqual([]);
});

test("scalar fields are nodal scalars", () => {
  const field: ScalarField = scalarField(block, 3);
  expect(field.shape).toEqual([3, 3, 4]);
  expect(() => scalarField(block, wave([3, 3, 4, 3], 0))).toThrow(coded("ShapeMismatch"));
});
