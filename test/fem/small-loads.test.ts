/**
 * Loads, prescribed values and moduli far from one: a solve is linear in the first two and homogeneous in the last, so powers
 * of two show in the exponents of the displacement only, down to the smallest numbers.
 */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { configure, grad, jit } from "cotangent";
import type { NDArray } from "cotangent";
import { corner, edge, elasticity, elementField, feSolve, fix, gridMesh, nodalLoad } from "cotangent/fem";
import type { ElementField, VectorField } from "cotangent/fem";
import * as np from "cotangent/numpy";
import { scaleByPowerOfTwo } from "../../kernels/float-parts.ts";
import { floats } from "./fields.ts";

beforeAll(() => configure({ onNotice: () => undefined }));
afterAll(() => configure({ onNotice: null }));

const mesh = gridMesh({ nelx: 18, nely: 12 });
const left = edge(mesh, "left");
const load = nodalLoad(corner(mesh, "bottomRight"), [0.25, -1]);

const layered = (void_: number): ElementField =>
  elementField(
    mesh,
    np.array(
      Float64Array.from({ length: 18 * 12 }, (_, k) => (k >= 7 * 18 ? 1 : void_)),
      { shape: [12, 18] },
    ),
  );

/** Times 2^n, rounded once. */
const times = <X extends NDArray>(x: X, exponent: number): X =>
  np.array(
    floats(x).map((value) => scaleByPowerOfTwo(value, exponent)),
    { shape: [...x.shape] },
  ) as NDArray as X;

describe.each([
  ["direct", 1e-11],
  ["multigrid", 1e-6],
] as const)("a %s solve", (solver, digits) => {
  /** Close to what is expected times 2^n, for the size of it all, or to the next numbers where these are far apart. */
  const expectClose = (seen: NDArray, expected: NDArray, exponent: number): void => {
    const wanted = floats(times(expected, exponent));
    const largest = wanted.reduce((high, value) => Math.max(high, Math.abs(value)), 0);
    const gap = floats(seen).reduce((high, value, k) => Math.max(high, Math.abs(value - wanted[k]!)), 0);
    expect(gap).toBeLessThanOrEqual(Math.max(Number.MIN_VALUE, digits * largest));
  };
  const system = elasticity(mesh, { supports: [fix(left, "all")], solver });

  test.each([1, 2 ** -30])("with void of %d has the digits that its displacement can have", (void_) => {
    const expected = feSolve(system, layered(void_), load);
    fc.assert(
      fc.property(fc.integer({ min: -1072, max: 600 }), fc.integer({ min: -300, max: 300 }), (force, modulus) => {
        fc.pre(force - modulus <= 600);
        const u = feSolve(system, times(layered(void_), modulus), times(load, force));
        expectClose(u, expected, force - modulus);
        expect(system.report()).toMatchObject({ reason: solver === "direct" ? "direct" : "converged" });
        expect(system.report()!.backwardError).toBeLessThanOrEqual(1e-6);
      }),
      { numRuns: 40, examples: [[-1072, 0], [-1072, -300], [-1060, -200], [-899, 0], [-900, 0], [-901, 0]] }, // prettier-ignore
    );
  });

  test("of a tiny load beside one of another size, or beside a force on a support, gives what it gives alone", () => {
    const expected = feSolve(system, layered(1), load);
    const onSupport = nodalLoad(corner(mesh, "topLeft"), [1e300, 1]);
    const cases = np.stack([load, times(load, -1060), times(load, -1060).add(onSupport)]) as VectorField;
    const u = feSolve(system, layered(1), cases);
    for (const [k, exponent] of [0, -1060, -1060].entries()) expectClose(u.at(k).get(), expected, exponent);
  });

  test("lifts no displacement of soft elements beyond the largest number", () => {
    const extreme = np.where(layered(0).equal(1), 1e300, 1e-290) as NDArray as ElementField;
    const soft = nodalLoad(corner(mesh, "topRight"), [0, -1]);
    const u = feSolve(system, extreme, soft);
    expect(np.max(np.abs(u)).item()).toBeGreaterThan(1e290);
  });

  test("of tiny prescribed values, with a load or without, compiled or not, has its digits and its gradient", () => {
    const pulled = elasticity(mesh, { supports: [fix(left, "all"), fix(edge(mesh, "right"), "x", 1)], solver });
    const values = pulled.prescribed as NDArray as VectorField;
    const solve = (modulus: ElementField, force: VectorField, prescribed: VectorField): VectorField =>
      feSolve(pulled, modulus, force, { prescribed });
    const expected = solve(layered(0.5), load, values);
    fc.assert(
      fc.property(fc.integer({ min: -1074, max: 100 }), fc.integer({ min: -100, max: 100 }), (exponent, modulus) => {
        fc.pre(exponent + modulus >= -1072);
        const given = [times(layered(0.5), modulus), times(load, exponent + modulus), times(values, exponent)] as const;
        expectClose(solve(...given), expected, exponent);
        expectClose(jit(solve)(...given), expected, exponent);
      }),
      { numRuns: 20, examples: [[-1074, 2], [-1060, -10], [-664, -100], [-400, 0], [-401, 0]] }, // prettier-ignore
    );
    const sum = (prescribed: VectorField): NDArray => np.sum(solve(layered(0.5), load, prescribed));
    const slope = grad(sum)(values);
    expectClose(
      grad((x: VectorField) => np.sum(solve(layered(0.5), times(load, -1000), x)))(times(values, -1000)),
      slope,
      0,
    );
  });
});
