/** Compliance against the golden file, its gradient's sign, and its monotony in the moduli. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { grad, jit, valueAndGrad } from "cotangent";
import { elementField, feFactor, vectorField } from "cotangent/fem";
import type { ElementField, GridMesh } from "cotangent/fem";
import * as np from "cotangent/numpy";
import { compliance, complianceAndDisplacement, designObjective, problems } from "cotangent/topopt";
import { floats, innerProduct, relativeGap, wave } from "../fem/fields.ts";
import { readGolden } from "../reference/read.ts";

type Golden = ReturnType<typeof readGolden<"compliance-24x16">>["cases"][number];

/** The golden densities, turned from column-major numbering into rows. */
const densityOf = ({ nelx, nely }: GridMesh, kind: Golden["density"]): ElementField => {
  const value = (e: number): number =>
    kind === "sin" ? 0.5 + 0.4 * Math.sin(12.9898 * (e + 1)) : Number(kind.slice("uniform".length));
  return np.array(
    Float64Array.from({ length: nelx * nely }, (_, k) => value((k % nelx) * nely + Math.floor(k / nelx))),
    { shape: [nely, nelx] },
  ) as ElementField;
};

const rows = readGolden("compliance-24x16").cases.map(
  (own) => [`${own.problem}, ${own.density}, ${own.filter ? "filtered" : "not filtered"}`, own] as const,
);

describe.each(rows)(
  "%s",
  (_name, { problem: name, nelx, nely, density: kind, filter, compliance: golden, gradient: expected }) => {
    test("value and gradient are the golden ones, eager and on every back end", () => {
      const problem = problems[name]({ nelx, nely });
      const objective = designObjective(problem, { filterRadius: filter ? 2 : 0 });
      const density = densityOf(problem.mesh, kind);
      const evaluate = valueAndGrad((own: ElementField) => objective(own)[0]);
      for (const program of [
        evaluate,
        ...(["interpreter", "js", "wasm"] as const).map((backend) => jit(evaluate, { backend })),
      ]) {
        const [value, field] = program(density);
        expect(Math.abs(value.item() / golden - 1)).toBeLessThan(1e-10);
        const gradient = floats(field);
        const largest = Math.max(...gradient.map(Math.abs));
        expected.index.forEach((e, k) =>
          expect(
            Math.abs(gradient[(e % nely) * nelx + Math.floor(e / nely)]! - expected.value[k]!) / largest,
          ).toBeLessThan(1e-9),
        );
        expect(Math.abs(Math.hypot(...gradient) / expected.norm2 - 1)).toBeLessThan(1e-9);
        expect(Math.abs(gradient.reduce((sum, value) => sum + value, 0) / expected.sum - 1)).toBeLessThan(1e-9);
        expect(Math.abs(Math.min(...gradient) - expected.min) / largest).toBeLessThan(1e-9);
        expect(Math.abs(Math.max(...gradient) - expected.max) / largest).toBeLessThan(1e-9);
      }
    });
  },
);

const names = fc.constantFrom("mbb", "tensile", "bridge", "michell");
const sizes = fc.record({ nelx: fc.integer({ min: 1, max: 7 }), nely: fc.constantFrom(2, 4, 6) });
const phases = fc.double({ min: 0, max: 6, noNaN: true });

test("compliance falls when any modulus rises", () => {
  fc.assert(
    fc.property(
      names,
      sizes,
      phases,
      fc.nat(),
      fc.double({ min: 0.01, max: 10, noNaN: true }),
      (name, size, phase, at, rise) => {
        const problem = problems[name](size);
        const modulus = elementField(
          problem.mesh,
          wave(problem.mesh.elementShape, phase, { middle: 0.6, amplitude: 0.4 }),
        );
        const stiffened = floats(modulus).map((value, e, all) => (e === at % all.length ? value * (1 + rise) : value));
        const [before, after] = [
          compliance(problem, modulus).item(),
          compliance(
            problem,
            elementField(problem.mesh, np.array(stiffened, { shape: [...problem.mesh.elementShape] })),
          ).item(),
        ];
        // An element without strain, as the free corner of the Michell problem, changes nothing.
        expect(after).toBeLessThanOrEqual(before * (1 + 1e-13));
      },
    ),
  );
});

test("its gradient is never positive, by modulus and by density", () => {
  fc.assert(
    fc.property(names, sizes, phases, (name, size, phase) => {
      const problem = problems[name](size);
      const field = elementField(problem.mesh, wave(problem.mesh.elementShape, phase, { middle: 0.5, amplitude: 0.5 }));
      const byModulus = grad((modulus: ElementField) => compliance(problem, modulus))(field.add(1e-3));
      const byDensity = grad(
        (design: ElementField) => designObjective(problem, { filterRadius: 1.5, eMin: 1e-6 })(design)[0],
      )(field);
      for (const gradient of [byModulus, byDensity])
        for (const slope of floats(gradient)) expect(slope).toBeLessThanOrEqual(0);
    }),
  );
});

test("it is homogeneous of degree -1: the modulus times its gradient is minus the compliance", () => {
  fc.assert(
    fc.property(names, sizes, phases, (name, size, phase) => {
      const problem = problems[name](size);
      const modulus = elementField(
        problem.mesh,
        wave(problem.mesh.elementShape, phase, { middle: 0.6, amplitude: 0.4 }),
      );
      const [value, gradient] = valueAndGrad((own: ElementField) => compliance(problem, own))(modulus);
      expect(innerProduct(modulus, gradient) / value.item()).toBeCloseTo(-1, 11);
    }),
  );
});

test("load cases add up, and a factor can be shared", () => {
  const problem = problems.michell({ nelx: 6, nely: 4 });
  const modulus = elementField(problem.mesh, wave([4, 6], 0, { middle: 0.6, amplitude: 0.4 }));
  const loads = [1, 2, 3].map((phase) => vectorField(problem.mesh, wave([5, 7, 2], phase)));
  const together = compliance({ ...problem, load: vectorField(problem.mesh, np.stack(loads)) }, modulus).item();
  const apart = loads.reduce((sum, load) => sum + compliance({ ...problem, load }, modulus).item(), 0);
  expect(together / apart).toBeCloseTo(1, 13);
  const factor = feFactor(problem.system, modulus);
  const [value, displacement] = complianceAndDisplacement(problem, modulus, { factor });
  expect(value.item()).toBe(compliance(problem, modulus).item());
  expect(relativeGap(np.vdot(problem.load, displacement), value)).toBeLessThan(1e-14);
});
