/** Heat conduction: walls in closed form, convection, gradients by differences, and what is refused. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { grad, jit } from "cotangent";
import type { NDArray } from "cotangent";
import {
  edge,
  elementField,
  face,
  feApply,
  feForm,
  feSolve,
  fix,
  gridMesh,
  heatConduction,
  nodalLoad,
  reactions,
  scalarField,
  spring,
  tractionLoad,
} from "cotangent/fem";
import type { ElementField, GridMesh, NodeSet, ScalarField } from "cotangent/fem";
import * as np from "cotangent/numpy";
import { derivativeAtZero, floats, innerProduct, relativeGap, wave } from "./fields.ts";

const coded = (code: string): object => expect.objectContaining({ code });

const side = (mesh: GridMesh, name: "left" | "right"): NodeSet =>
  mesh.dimensions === 3 ? face(mesh, name) : edge(mesh, name);

const positive = fc.double({ min: 0.1, max: 10, noNaN: true });
const walls = fc
  .record({
    nelx: fc.integer({ min: 1, max: 6 }),
    nely: fc.integer({ min: 1, max: 3 }),
    nelz: fc.constantFrom(undefined, 1, 2),
    size: fc.tuple(positive, positive, positive),
  })
  .map(({ nelx, nely, nelz, size: [x, y, z] }) =>
    nelz === undefined ? gridMesh({ nelx, nely, size: [x, y] }) : gridMesh({ nelx, nely, nelz, size: [x, y, z] }),
  );

/** Cross section of a wall that heat crosses along x. */
const areaOf = ({ size: [, height, depth = 1] }: GridMesh): number => height * depth;

describe("a wall of layers along x", () => {
  const conductivities = fc.array(positive, { minLength: 6, maxLength: 6 });
  const layered = (mesh: GridMesh, values: readonly number[]): ElementField =>
    elementField(mesh, np.broadcastTo(np.array(values.slice(0, mesh.nelx)), mesh.elementShape));
  /** What rounding leaves: in proportion to the condition, which grows with layers, unequal conductances and flat elements. */
  const roundingOf = ({ nelx, size, elementShape }: GridMesh, conductances: readonly number[]): number => {
    const lengths = [...elementShape].reverse().map((count, axis) => size[axis]! / count);
    const aspect = Math.max(...lengths) / Math.min(...lengths);
    return 1e-15 * nelx ** 2 * aspect ** 2 * (Math.max(...conductances) / Math.min(...conductances));
  };

  /** Largest difference from temperatures along x, relative to the largest. */
  const gapTo = (seen: ScalarField, along: readonly number[], { nelx }: GridMesh): number => {
    const largest = along.reduce((high, value) => Math.max(high, Math.abs(value)), 0);
    return floats(seen).reduce(
      (high, value, node) => Math.max(high, Math.abs(value - along[node % (nelx + 1)]!) / largest),
      0,
    );
  };

  test("between two temperatures has the temperatures and the flux of resistances in series", () => {
    fc.assert(
      fc.property(walls, conductivities, (mesh, values) => {
        const [cold, hot] = [20, 50];
        const system = heatConduction(mesh, {
          supports: [fix(side(mesh, "left"), "temperature", cold), fix(side(mesh, "right"), "temperature", hot)],
        });
        const modulus = layered(mesh, values);
        const u = feSolve(system, modulus, scalarField(mesh, 0));
        const width = mesh.size[0] / mesh.nelx;
        const resistances = values.slice(0, mesh.nelx).map((value) => width / value / areaOf(mesh));
        const total = resistances.reduce((sum, own) => sum + own, 0);
        const along = [0, ...resistances].map(
          (_, k) => cold + ((hot - cold) * resistances.slice(0, k).reduce((sum, own) => sum + own, 0)) / total,
        );
        const rounding = roundingOf(mesh, values.slice(0, mesh.nelx));
        expect(gapTo(u, along, mesh)).toBeLessThan(rounding);
        const flows = reactions(system, modulus, u);
        const entering = side(mesh, "right").nodes.reduce((sum, node) => sum + floats(flows)[node]!, 0);
        expect(Math.abs((entering * total) / (hot - cold) - 1)).toBeLessThan(10 * rounding);
        expect(Math.abs(np.sum(flows).item() / entering)).toBeLessThan(10 * rounding);
      }),
    );
  });

  test("heated at one end rises by heat times resistance, over surroundings that it reaches by convection", () => {
    fc.assert(
      fc.property(walls, conductivities, positive, positive, (mesh, values, heat, conductance) => {
        const nodes = side(mesh, "left");
        // The film's conductance shared out as the heat is, so that the temperature stays even across the wall.
        const shares = floats(tractionLoad(nodes, conductance));
        const film = nodes.nodes.map((node) => spring({ mesh, nodes: [node] }, "temperature", shares[node]!));
        const system = heatConduction(mesh, { supports: [], springs: film });
        const u = feSolve(system, layered(mesh, values), tractionLoad(side(mesh, "right"), heat));
        const layers = values.slice(0, mesh.nelx).map((own) => (own * areaOf(mesh) * mesh.nelx) / mesh.size[0]);
        const along = [0, ...layers].map((_, k) =>
          layers.slice(0, k).reduce((sum, own) => sum + heat / own, heat / conductance),
        );
        expect(gapTo(u, along, mesh)).toBeLessThan(roundingOf(mesh, [conductance, ...layers]));
      }),
    );
  });
});

describe.each([
  ["in the plane", gridMesh({ nelx: 5, nely: 4, size: [1, 2] })],
  ["in space", gridMesh({ nelx: 3, nely: 2, nelz: 2, size: [1, 2, 3] })],
] as const)("derivatives %s", (_name, mesh) => {
  const system = heatConduction(mesh, {
    supports: [fix(side(mesh, "left"), "temperature", 0.7)],
    springs: [spring(side(mesh, "right"), "temperature", 0.2)],
  });
  const conductivity = elementField(mesh, wave(mesh.elementShape, 0, { middle: 0.6, amplitude: 0.4 }));
  const heat = scalarField(mesh, wave(mesh.nodeShape, 1));
  const peak = (own: ElementField): NDArray => np.sum(np.exp(feSolve(system, own, heat).mul(0.1)));

  test("the gradient by conductivities is the derivative by differences, on every back end", () => {
    const gradient = grad(peak)(conductivity);
    for (const phase of [2, 3]) {
      const direction = elementField(mesh, wave(mesh.elementShape, phase));
      const expected = derivativeAtZero((h) => peak(conductivity.add(direction.mul(h))).item(), 4e-3);
      expect(Math.abs(innerProduct(gradient, direction) / expected - 1)).toBeLessThan(1e-8);
    }
    for (const backend of ["interpreter", "js", "wasm"] as const)
      expect(relativeGap(jit(grad(peak), { backend })(conductivity), gradient)).toBeLessThan(1e-13);
  });

  test("without heat at rest, the energy of elements and film is what the supports put in", () => {
    const u = feSolve(system, conductivity, scalarField(mesh, 0));
    const inside = innerProduct(conductivity, feForm(system, u, u, { left: "all", right: "all" }));
    const film = side(mesh, "right").nodes.reduce((sum, node) => sum + 0.2 * floats(u)[node]! ** 2, 0);
    expect((inside + film) / innerProduct(u, reactions(system, conductivity, u))).toBeCloseTo(1, 12);
    const product = feApply(system, conductivity, u, { rows: "all", columns: "all" });
    expect(innerProduct(u, product) / inside).toBeCloseTo(1, 12);
  });
});

describe("misuse", () => {
  const mesh = gridMesh({ nelx: 3, nely: 2 });

  test("a conductor that nothing holds is refused, with what would hold it", () => {
    const system = heatConduction(mesh, { supports: [] });
    expect(() => feSolve(system, elementField(mesh, 1), scalarField(mesh, 1))).toThrow(
      /value of node \d+, row \d, column \d\) can move.*at least one value has to be fixed/u,
    );
  });

  test("options of elasticity, loads of another field and sides of no product are refused", () => {
    const system = heatConduction(mesh, { supports: [fix(edge(mesh, "left"), "temperature")] });
    expect(() => heatConduction(mesh, { supports: [], poisson: 0.3 } as never)).toThrow(coded("UnknownOption"));
    expect(() => feSolve(system, elementField(mesh, 1), nodalLoad(edge(mesh, "right"), [0, 1]) as never)).toThrow(
      coded("ShapeMismatch"),
    );
    expect(() => feApply(system, elementField(mesh, 1), scalarField(mesh, 1), { rows: "fixed" as never })).toThrow(
      coded("InvalidOption"),
    );
    expect(() => nodalLoad(edge(mesh, "right"), NaN)).toThrow(coded("InvalidOption"));
    expect(() => nodalLoad(edge(mesh, "right"), "1" as never)).toThrow(coded("InvalidOption"));
  });
});
