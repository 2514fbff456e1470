/**
 * feFactor and feSolve: values against a dense solve, every rule, and the count of factorizations.
 * feApply and feForm, whose laws are generated, are checked here where they meet the solve.
 */
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { counters, grad, hvp, jit, jvp, linearTranspose, valueAndGrad, vjp, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { q4Heat, q4PlaneStress } from "../../kernels/sparse/quadrilateral.ts";
import { analysisOf, gridSystem, lastReport } from "../../ops/fe-system.ts";
import type { FeSystem } from "../../ops/fe-system.ts";
import { forgetSolverMemory } from "../../kernels/multifrontal/memory.ts";
import { feApply, feForm } from "../../ops/fe-products.ts";
import { feFactor, feSolve } from "../../ops/fe-solve.ts";
import type { ConcreteArray } from "../../src/array/ndarray.ts";
import { setNoticeListener } from "../../src/notice.ts";
import { floats, innerProduct, relativeGap, wave } from "../fem/fields.ts";
import { cantilever, denseMatrix, denseSolve, flags, halfBeam } from "../kernels/sparse/systems.ts";
import { differenceError } from "../laws/differences.ts";

const K0 = q4PlaneStress(0.3);
const elastic = (nelx: number, nely: number, fixed: Uint8Array): FeSystem =>
  gridSystem({ cells: [nely, nelx], elementMatrix: K0, fixed });
const heat = (nelx: number, nely: number): FeSystem =>
  gridSystem({ cells: [nely, nelx], elementMatrix: q4Heat(), fixed: flags((nelx + 1) * (nely + 1), [0, nelx]) });

/** Made afresh, so that counts of analyses begin at none. */
const freshSystems = (): FeSystem[] => [
  elastic(1, 1, cantilever({ nelx: 1, nely: 1 })),
  elastic(3, 2, cantilever({ nelx: 3, nely: 2 })),
  elastic(2, 3, halfBeam({ nelx: 2, nely: 3 })),
  heat(3, 2),
];
const systems = freshSystems();

const moduli = (system: FeSystem, phase: number, lead: readonly number[] = []): NDArray =>
  wave([...lead, ...system.elementShape], phase, { middle: 0.55, amplitude: 0.45 });
const loads = (system: FeSystem, phase: number, axes: readonly number[] = []): NDArray =>
  wave([...axes, ...system.nodalShape], phase);

/** u as a function of modulus and load, factor included. */
const solveWith =
  (system: FeSystem) =>
  (modulus: NDArray, load: NDArray): NDArray =>
    feSolve(feFactor(modulus, { system }), modulus, load, { system });

/** A system, a phase, leading axes shared by modulus and load, and axes of load cases. */
const cases = fc.record({
  system: fc.constantFrom(...systems),
  phase: fc.double({ min: 0, max: 6, noNaN: true }),
  lead: fc.constantFrom<readonly number[]>([], [2], [2, 1]),
  loadCases: fc.constantFrom<readonly number[]>([], [3], [1, 2]),
});

const forAll = (
  law: (own: {
    system: FeSystem;
    phase: number;
    lead: readonly number[];
    loadCases: readonly number[];
    modulus: NDArray;
    load: NDArray;
  }) => void,
  numRuns = 40,
): void =>
  fc.assert(
    fc.property(cases, (own) => {
      law({
        ...own,
        modulus: moduli(own.system, own.phase, own.lead),
        load: loads(own.system, own.phase + 1, [...own.lead, ...own.loadCases]),
      });
    }),
    { numRuns },
  );

afterEach(() => setNoticeListener(null));

describe("values", () => {
  test("the solution is that of the dense matrix, and zero where it is fixed", () => {
    for (const system of systems) {
      const [modulus, load] = [moduli(system, 0.3), loads(system, 0.7)];
      const analysis = analysisOf(system);
      const dense = denseSolve(
        denseMatrix(analysis, system.elementMatrix, floats(modulus)),
        floats(load),
        system.fixed,
      );
      const u = solveWith(system)(modulus, load);
      expect(relativeGap(u, np.array(dense, { shape: [...u.shape] }))).toBeLessThan(1e-12);
      floats(u).forEach((value, dof) => system.fixed[dof] === 1 && expect(value).toBe(0));
    }
  });

  test("applying the operator to the solution gives the load on the free dofs, for all leading axes and load cases", () => {
    forAll(({ system, modulus, load }) => {
      const image = feApply(modulus, solveWith(system)(modulus, load), { system });
      const free = np.array(
        Float64Array.from(system.fixed, (flag) => 1 - flag),
        { shape: [...system.nodalShape] },
      );
      expect(relativeGap(image, load.mul(free))).toBeLessThan(1e-12);
      expect(lastReport(system)!.residual).toBeLessThan(1e-12);
    });
  });

  test("a load case has the same bits alone and among up to 20 others", () => {
    const system = systems[1]!;
    const modulus = moduli(system, 0.2);
    const factor = feFactor(modulus, { system });
    for (const count of [1, 2, 7, 8, 9, 20]) {
      const all = loads(system, count, [count]);
      const together = np.split(feSolve(factor, modulus, all, { system }), count);
      np.split(all, count).forEach((load, k) =>
        expect(floats(feSolve(factor, modulus, load, { system }))).toEqual(floats(together[k]!)),
      );
    }
  });

  test("scaling all moduli scales the displacement by the inverse", () => {
    forAll(({ system, modulus, load }) =>
      expect(
        relativeGap(solveWith(system)(modulus.mul(4), load).mul(4), solveWith(system)(modulus, load)),
      ).toBeLessThan(1e-13),
    );
  });

  test("fields and factors of another shape or dtype are refused by name", () => {
    const system = systems[1]!;
    const [modulus, load] = [moduli(system, 0), loads(system, 0)];
    const factor = feFactor(modulus, { system });
    const params = { system };
    expect(() => feFactor(np.transpose(modulus), params)).toThrow(expect.objectContaining({ code: "ShapeMismatch" }));
    expect(() => feSolve(factor, modulus, np.ravel(load), params)).toThrow(
      expect.objectContaining({ code: "ShapeMismatch" }),
    );
    expect(() => feSolve(factor, moduli(system, 0, [2]), load, params)).toThrow(
      expect.objectContaining({ code: "ShapeMismatch" }),
    );
    expect(() => feSolve(np.zeros(7), modulus, load, params)).toThrow(
      expect.objectContaining({ code: "ShapeMismatch" }),
    );
    expect(() => feFactor(modulus.astype("float32"), params)).toThrow(
      expect.objectContaining({ code: "DTypeMismatch" }),
    );
    expect(() => feForm(load, loads(system, 0, [2]), params)).toThrow(
      expect.objectContaining({ code: "ShapeMismatch" }),
    );
  });
});

describe("derivatives", () => {
  const choices = [
    ["the modulus", [0]],
    ["the load", [1]],
    ["both", [0, 1]],
  ] as const;
  const chosen = (system: FeSystem, modulus: NDArray, load: NDArray, positions: readonly number[]) => {
    const own = positions.map((k) => [modulus, load][k]! as ConcreteArray);
    const f = (...inputs: NDArray[]): NDArray =>
      solveWith(system)(
        ...([modulus, load].map((x, k) => (positions.includes(k) ? inputs[positions.indexOf(k)]! : x)) as [
          NDArray,
          NDArray,
        ]),
      );
    return { own, f, directions: own.map((x, k) => wave(x.shape, 2 + k, { amplitude: 0.3 }) as ConcreteArray) };
  };

  test.each(choices)("jvp in %s is the limit of differences", (_name, positions) => {
    forAll(({ system, modulus, load }) => {
      const { own, f, directions } = chosen(system, modulus, load, positions);
      const [u, tangent] = jvp(f, [...own], [...directions]);
      expect(floats(u)).toEqual(floats(f(...own)));
      expect(differenceError(f, own, directions, tangent)).toBeLessThan(1e-6);
    }, 15);
  });

  test.each(choices)("vjp in %s pairs with jvp", (_name, positions) => {
    forAll(({ system, modulus, load }) => {
      const { own, f, directions } = chosen(system, modulus, load, positions);
      const weight = wave(load.shape, 5);
      const forward = innerProduct(jvp(f, [...own], [...directions])[1], weight);
      const cotangents = vjp(f, ...own)[1](weight) as NDArray[];
      const backward = cotangents.reduce((sum, cotangent, k) => sum + innerProduct(cotangent, directions[k]!), 0);
      expect(Math.abs(forward - backward)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(forward)));
    });
  });

  test.each(choices)(
    "the second derivative in %s is the difference of gradients, in both orders of the modes",
    (_name, positions) => {
      forAll(({ system, modulus, load }) => {
        const { own, f, directions } = chosen(system, modulus, load, positions);
        const weight = wave(load.shape, 5);
        const argnums = own.map((_, k) => k);
        const energy = (...inputs: NDArray[]): NDArray => np.vdot(weight, np.square(f(...inputs)));
        const gradient = grad(energy, { argnums }) as (...inputs: NDArray[]) => NDArray[];
        const [, curvatures] = jvp(gradient, [...own], [...directions]);
        const along = (...inputs: NDArray[]): NDArray =>
          gradient(...inputs).reduce((sum, part, k) => np.add(sum, np.vdot(part, directions[k]!)), np.array(0));
        const twice = (grad(along, { argnums }) as (...inputs: NDArray[]) => NDArray[])(...own);
        curvatures.forEach((curvature, k) => {
          expect(differenceError((...inputs) => gradient(...inputs)[k]!, own, directions, curvature)).toBeLessThan(
            1e-5,
          );
          expect(relativeGap(twice[k]!, curvature)).toBeLessThan(1e-9);
        });
      }, 12);
    },
  );

  test("a third derivative of compliance is the difference of Hessian-vector products", () => {
    const system = systems[2]!;
    const [modulus, load] = [moduli(system, 0.4), loads(system, 0.1)];
    const [first, second] = [wave(modulus.shape, 3, { amplitude: 0.2 }), wave(modulus.shape, 4, { amplitude: 0.2 })];
    const compliance = (own: NDArray): NDArray => np.vdot(load, solveWith(system)(own, load));
    const product = (own: NDArray): NDArray => hvp(compliance, [own], [first]);
    const [, third] = jvp(product, [modulus], [second]);
    expect(
      differenceError(product as (x: NDArray) => NDArray, [modulus as ConcreteArray], [second as ConcreteArray], third),
    ).toBeLessThan(1e-6);
  });

  test("the derivative of a solve does not depend on whether the factor is differentiated or held fixed", () => {
    const system = systems[1]!;
    const [modulus, load] = [moduli(system, 0.4), loads(system, 0.1)];
    const kept = feFactor(modulus, { system });
    const held = (own: NDArray): NDArray => np.vdot(load, feSolve(kept, own, load, { system }));
    const through = (own: NDArray): NDArray => np.vdot(load, solveWith(system)(own, load));
    expect(floats(grad(held)(modulus))).toEqual(floats(grad(through)(modulus)));
  });

  test("the gradient by the load is K^-1 of the weights, the gradient by the modulus minus the mutual forms", () => {
    forAll(({ system, modulus, load, lead, loadCases }) => {
      const weight = wave(load.shape, 5);
      const [u, pullback] = vjp(solveWith(system), modulus, load);
      const [byModulus, byLoad] = pullback(weight) as [NDArray, NDArray];
      const adjoint = solveWith(system)(modulus, weight);
      const forms = feForm(adjoint, u, { system }).neg();
      const axes = loadCases.map((_, k) => lead.length + k);
      expect(relativeGap(byLoad, adjoint)).toBeLessThan(1e-13);
      expect(relativeGap(byModulus, np.sum(forms, { axis: axes }))).toBeLessThan(1e-13);
    });
  });

  test("feSolve is linear in the load only, and self-adjoint in it; a factor is not linear", () => {
    const system = systems[1]!;
    const [modulus, load] = [moduli(system, 0.4), loads(system, 0.1)];
    const factor = feFactor(modulus, { system });
    const transposed = linearTranspose((f: NDArray) => feSolve(factor, modulus, f, { system }), load);
    expect(floats(transposed(load)[0] as NDArray)).toEqual(floats(feSolve(factor, modulus, load, { system })));
    expect(() => linearTranspose((own: NDArray) => feSolve(factor, own, load, { system }), modulus)(load)).toThrow(
      expect.objectContaining({ code: "NotLinear" }),
    );
    expect(() => linearTranspose((own: NDArray) => feFactor(own, { system }), modulus)(factor)).toThrow(
      expect.objectContaining({ code: "NotLinear" }),
    );
    const [, tangent] = jvp((own: NDArray) => feFactor(own, { system }), [modulus], [modulus]);
    expect(floats(tangent).every((value) => value === 0)).toBe(true);
  });
});

describe("batching", () => {
  const size = 3;
  const operands = ["factor", "modulus", "load"];
  const mappings = Array.from({ length: 7 }, (_, k) =>
    operands.map((_name, position) => ((k + 1) >> position) % 2 === 1),
  );

  /** Every operand once per example along the wanted axis, or once for all. */
  const stacked = (
    make: (example: number) => NDArray,
    axis: number | null,
  ): { whole: NDArray; of: (example: number) => NDArray } => {
    const parts = Array.from({ length: size }, (_, k) => make(axis === null ? 0 : k));
    return { whole: axis === null ? parts[0]! : np.stack(parts, { axis }), of: (k) => parts[k]! };
  };

  test.each(mappings.map((mapped) => [operands.filter((_, k) => mapped[k]).join(", "), mapped] as const))(
    "a batch over %s equals a loop to the bit",
    (_name, mapped) => {
      // A factor and a modulus that are mapped apart must be those of one design: all examples have the same.
      const step = mapped[0] === mapped[1] ? 0.1 : 0;
      for (const system of systems) {
        for (const lead of [[], [2]]) {
          for (const loadCases of [[], [2]]) {
            for (const last of [false, true]) {
              const axisOf = (position: number, rank: number): number | null =>
                mapped[position] ? (last ? rank : 0) : null;
              const moduliOf = (k: number): NDArray => moduli(system, 0, lead).mul(1 + k * step);
              const factor = stacked((k) => feFactor(moduliOf(k), { system }), axisOf(0, lead.length + 1));
              const modulus = stacked(moduliOf, axisOf(1, lead.length + 2));
              const load = stacked(
                (k) => loads(system, k, [...lead, ...loadCases]),
                axisOf(2, lead.length + loadCases.length + system.nodalShape.length),
              );
              const inAxes = [axisOf(0, lead.length + 1), axisOf(1, lead.length + 2), axisOf(2, load.of(0).ndim)];
              const batched = vmap((a: NDArray, b: NDArray, c: NDArray) => feSolve(a, b, c, { system }), { inAxes })(
                factor.whole,
                modulus.whole,
                load.whole,
              );
              expect(batched.shape).toEqual([size, ...load.of(0).shape]);
              np.split(batched, size).forEach((own, k) =>
                expect(floats(own)).toEqual(floats(feSolve(factor.of(k), modulus.of(k), load.of(k), { system }))),
              );
            }
          }
        }
      }
    },
  );

  test("a batch of factorizations equals a loop to the bit, whatever axis is mapped", () => {
    for (const system of systems) {
      for (const axis of [0, 1, 2]) {
        const { whole, of } = stacked((k) => moduli(system, k), axis);
        const batched = vmap((own: NDArray) => feFactor(own, { system }), { inAxes: [axis] })(whole);
        np.split(batched, size).forEach((own, k) => expect(floats(own)).toEqual(floats(feFactor(of(k), { system }))));
      }
    }
  });

  test("batches nest: moduli outside, loads inside, and the other way round", () => {
    const system = systems[2]!;
    const [modulus, load] = [moduli(system, 0, [3]), loads(system, 1, [2])];
    const solve = solveWith(system);
    const outerModuli = vmap((own: NDArray) => vmap((f: NDArray) => solve(own, f))(load))(modulus);
    const outerLoads = vmap((f: NDArray) => vmap((own: NDArray) => solve(own, f))(modulus), { outAxes: 1 })(load);
    expect(floats(outerModuli)).toEqual(floats(outerLoads));
    np.split(modulus, 3).forEach((own, k) =>
      expect(floats(np.split(outerModuli, 3)[k]!)).toEqual(floats(solve(own.reshape(system.elementShape), load))),
    );
  });

  test("the gradient of a batch is the batch of gradients", () => {
    const system = systems[1]!;
    const [modulus, load] = [moduli(system, 0, [3]), loads(system, 1, [3])];
    const compliance = (own: NDArray, f: NDArray): NDArray => np.vdot(f, solveWith(system)(own, f));
    const batched = vmap(grad(compliance))(modulus, load);
    const total = grad((all: NDArray) => np.sum(vmap(compliance)(all, load)))(modulus);
    const loop = Array.from({ length: 3 }, (_, k) =>
      grad(compliance)(
        np.split(modulus, 3)[k]!.reshape(system.elementShape),
        np.split(load, 3)[k]!.reshape(system.nodalShape),
      ),
    );
    expect(floats(batched)).toEqual(floats(np.stack(loop)));
    expect(floats(total)).toEqual(floats(batched));
  });
});

describe("what it costs", () => {
  const spent = <T>(run: () => T): { analyses: number; factorizations: number; solves: number } => {
    const before = counters();
    run();
    const after = counters();
    return {
      analyses: after.analyses - before.analyses,
      factorizations: after.factorizations - before.factorizations,
      solves: after.solves - before.solves,
    };
  };
  const complianceOf =
    (system: FeSystem) =>
    (modulus: NDArray, load: NDArray): NDArray =>
      np.vdot(load, solveWith(system)(modulus, load));

  /** A design that nothing has been computed for, at each call. */
  const newDesigns = (system: FeSystem): (() => NDArray) => {
    let count = 0;
    return () => moduli(system, 0.1 + 0.01 * count++);
  };

  test("value and gradient take one factorization, eager and compiled on every back end", () => {
    for (const system of freshSystems()) {
      const objective = complianceOf(system);
      const [design, load] = [newDesigns(system), loads(system, 0.2)];
      expect(spent(() => valueAndGrad(objective)(design(), load))).toEqual({
        analyses: 1,
        factorizations: 1,
        solves: 2,
      });
      expect(spent(() => valueAndGrad(objective, { argnums: [0, 1] })(design(), load))).toEqual({
        analyses: 0,
        factorizations: 1,
        solves: 2,
      });
      for (const backend of ["interpreter", "js", "wasm"] as const) {
        const compiled = jit(valueAndGrad(objective), { backend });
        for (let call = 0; call < 3; call++)
          expect(spent(() => compiled(design(), load))).toEqual({ analyses: 0, factorizations: 1, solves: 2 });
      }
    }
  });

  test("eight load cases share one factorization, as a leading axis and under vmap, compiled or not", () => {
    for (const system of freshSystems()) {
      const [design, load] = [newDesigns(system), loads(system, 0.2, [8])];
      const objective = complianceOf(system);
      const total = (own: NDArray, all: NDArray): NDArray => np.sum(vmap(objective, { inAxes: [null, 0] })(own, all));
      expect(spent(() => valueAndGrad(objective)(design(), load))).toEqual({
        analyses: 1,
        factorizations: 1,
        solves: 16,
      });
      expect(spent(() => valueAndGrad(total)(design(), load))).toEqual({ analyses: 0, factorizations: 1, solves: 16 });
      expect(spent(() => jit(valueAndGrad(total))(design(), load))).toEqual({
        analyses: 0,
        factorizations: 1,
        solves: 16,
      });
      expect(spent(() => vmap(valueAndGrad(objective), { inAxes: [null, 0] })(design(), load))).toEqual({
        analyses: 0,
        factorizations: 1,
        solves: 16,
      });
    }
  });

  test("three moduli take three factorizations and one analysis", () => {
    for (const system of freshSystems()) {
      const [modulus, load] = [moduli(system, 0.1, [3]), loads(system, 0.2)];
      expect(spent(() => vmap(valueAndGrad(complianceOf(system)), { inAxes: [0, null] })(modulus, load))).toEqual({
        analyses: 1,
        factorizations: 3,
        solves: 6,
      });
    }
  });

  test("tangents, Hessian-vector products and third derivatives take one factorization", () => {
    const system = freshSystems()[1]!;
    const [design, load, direction] = [newDesigns(system), loads(system, 0.2), wave(system.elementShape, 3)];
    const objective = (own: NDArray): NDArray => complianceOf(system)(own, load);
    expect(spent(() => jvp(objective, [design()], [direction])).factorizations).toBe(1);
    expect(spent(() => hvp(objective, [design()], [direction])).factorizations).toBe(1);
    expect(spent(() => jit((own: NDArray) => hvp(objective, [own], [direction]))(design())).factorizations).toBe(1);
    expect(
      spent(() => jvp((own: NDArray) => hvp(objective, [own], [direction]), [design()], [direction])).factorizations,
    ).toBe(1);
  });

  test("whatever is asked at one design, in as many calls, takes one factorization; another design takes its own", () => {
    const system = freshSystems()[1]!;
    const [modulus, other] = [moduli(system, 0.1), moduli(system, 0.7)];
    const [load, cases] = [loads(system, 0.2), loads(system, 0.3, [8])];
    const objective = (own: NDArray): NDArray => complianceOf(system)(own, load);
    const everything = (own: NDArray): void => {
      valueAndGrad(objective)(own);
      for (let k = 0; k < 10; k++) hvp(objective, [own], [wave(system.elementShape, k)]);
      complianceOf(system)(own, cases);
      jit(valueAndGrad(objective))(own);
    };
    expect(spent(() => everything(modulus))).toMatchObject({ analyses: 1, factorizations: 1 });
    expect(spent(() => everything(other))).toMatchObject({ analyses: 0, factorizations: 1 });
    expect(spent(() => everything(modulus)).factorizations).toBe(0);
  });

  test("a factor that has gone is made again, with the same solution", () => {
    const system = freshSystems()[1]!;
    const [modulus, load] = [moduli(system, 0.1), loads(system, 0.2)];
    const factor = feFactor(modulus, { system });
    const solution = floats(feSolve(factor, modulus, load, { system }));
    for (let k = 1; k < 5; k++) feFactor(moduli(system, k), { system });
    const again = (): void => expect(floats(feSolve(factor, modulus, load, { system }))).toEqual(solution);
    expect(spent(again).factorizations).toBe(1);
    expect(spent(again).factorizations).toBe(0);
    forgetSolverMemory();
    expect(spent(again).factorizations).toBe(1);
  });

  test("a factor made once serves any number of solves", () => {
    const system = freshSystems()[2]!;
    const modulus = moduli(system, 0.1);
    const factor = feFactor(modulus, { system });
    expect(
      spent(() => Array.from({ length: 5 }, (_, k) => feSolve(factor, modulus, loads(system, k), { system })))
        .factorizations,
    ).toBe(0);
  });
});
