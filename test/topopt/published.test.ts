/**
 * Whole optimizations against independent programs: the paper's MBB beam 96 x 64, iteration by iteration, and the
 * classical 88-line program's beam 60 x 20 with both of its filters, its own update written out below.
 */
import { describe, expect, test } from "vitest";
import { grad, jit, valueAndGrad } from "cotangent";
import { elementField } from "cotangent/fem";
import type { ElementField } from "cotangent/fem";
import * as np from "cotangent/numpy";
import { densityFilter, designObjective, minimizeCompliance, optimalityCriteria, problems } from "cotangent/topopt";
import { floats } from "../fem/fields.ts";
import { readGolden } from "../reference/read.ts";

const paper = { volumeFraction: 0.4, filterRadius: 2, penal: 3, iterations: 60 } as const;

describe("the paper's MBB beam, 96 x 64", () => {
  const golden = readGolden("mbb-96x64");
  const problem = problems.mbb({ nelx: 96, nely: 64 });

  test(
    "with the published volume tolerance every objective is the golden one, in one trace and one factorization each",
    { timeout: 60_000 },
    () => {
      const { history, counters, reason } = minimizeCompliance(problem, { ...paper, volumeTolerance: 1e-3 });
      expect(history.length).toBe(60);
      expect(reason).toBe("iterations");
      history.forEach(({ objective, volume }, k) => {
        expect(Math.abs(objective / golden.consistent.objective[k]! - 1)).toBeLessThan(1e-8);
        expect(Math.abs(volume - 0.4 - golden.consistent.constraint[k]!)).toBeLessThan(1e-8);
      });
      expect(counters).toMatchObject({ analyses: 1, factorizations: 60, traces: 1 });
    },
  );

  test(
    "with the volume held to 1e-9 it ends at 60.840145, and no iteration is off the volume by 1e-8",
    { timeout: 60_000 },
    () => {
      const { history, density } = minimizeCompliance(problem, paper);
      expect(Math.abs(history.at(-1)!.objective / 60.840145 - 1)).toBeLessThan(1e-6);
      for (const { volume } of history) expect(Math.abs(volume - 0.4)).toBeLessThanOrEqual(1e-8);
      expect(Math.abs(np.mean(density).item() - 0.4)).toBeLessThanOrEqual(1e-8);
    },
  );

  test("an update whose gradient is read in the other order gives the faulty published number, 424.04 instead of 265.60", () => {
    const objective = jit(valueAndGrad((design: ElementField) => designObjective(problem, paper)(design)[0]));
    const filter = densityFilter(problem.mesh, { radius: 2 });
    const weights = grad((design: ElementField) => np.mean(filter(design)))(elementField(problem.mesh, 1));
    const start = elementField(problem.mesh, 0.4);
    const [, gradient] = objective(start);
    // Rows written one after the other, read as columns: the ratio of both slopes, as the update takes it.
    const ratio = np.div(gradient, weights);
    // A reshaped field is a plain array: only saying so again, wrongly, makes it a field.
    const scrambled = elementField(problem.mesh, np.reshape(np.ravel(ratio), [96, 64]).T).mul(weights);
    const step = (objectiveGradient: ElementField): number => {
      const { design } = optimalityCriteria({
        design: start,
        objectiveGradient,
        volumeGradient: weights,
        volumeFraction: 0.4,
        move: 0.2,
        volumeTolerance: 1e-3,
      });
      return objective(design)[0].item();
    };
    expect(Math.abs(step(gradient) / golden.consistent.objective[1]! - 1)).toBeLessThan(1e-8);
    expect(Math.abs(step(scrambled) / golden.row_major_first_iteration.objective[1]! - 1)).toBeLessThan(1e-8);
  });
});

describe.each(readGolden("mbb-60x20").cases.map((own) => [own.filter, own] as const))(
  "the 88-line program's beam with its %s filter",
  (kind, { nelx, nely, rmin, compliance: golden, final_volume, final_change }) => {
    test("objectives up to iteration 100, last volume and last change are the golden ones", { timeout: 60_000 }, () => {
      const problem = problems.mbb({ nelx, nely });
      const filter = densityFilter(problem.mesh, { radius: rmin });
      const field = (values: Float64Array): ElementField =>
        elementField(problem.mesh, np.array(values, { shape: [nely, nelx] }));
      const isDensityFilter = kind === "density";
      const objective = jit(
        valueAndGrad(
          (design: ElementField) => designObjective(problem, { filterRadius: isDensityFilter ? rmin : 0 })(design)[0],
        ),
      );
      const volumeSlope = isDensityFilter
        ? floats(grad((design: ElementField) => np.sum(filter(design)))(field(new Float64Array(nelx * nely).fill(1))))
        : new Float64Array(nelx * nely).fill(1);

      let design = new Float64Array(nelx * nely).fill(0.5);
      let change = 0;
      const seen: Record<string, number> = {};
      for (let iteration = 1; iteration <= 100; iteration++) {
        const [value, gradient] = objective(field(design));
        if (String(iteration) in golden) seen[iteration] = value.item();
        const slopes = isDensityFilter
          ? floats(gradient)
          : floats(filter(gradient.mul(field(design)))).map((slope, e) => slope / Math.max(1e-3, design[e]!));
        let [low, high] = [0, 1e9];
        let next = design;
        while ((high - low) / (low + high) > 1e-3) {
          const middle = (low + high) / 2;
          next = design.map((x, e) =>
            Math.max(
              0,
              Math.max(x - 0.2, Math.min(1, Math.min(x + 0.2, x * Math.sqrt(-slopes[e]! / volumeSlope[e]! / middle)))),
            ),
          );
          if (next.reduce((sum, x, e) => sum + x * volumeSlope[e]!, 0) > 0.5 * nelx * nely) low = middle;
          else high = middle;
        }
        change = next.reduce((largest, x, e) => Math.max(largest, Math.abs(x - design[e]!)), 0);
        design = next;
      }
      expect(Object.keys(seen)).toEqual(Object.keys(golden));
      for (const [iteration, value] of Object.entries(seen))
        expect(Math.abs(value / golden[iteration]! - 1)).toBeLessThan(1e-8);
      expect(
        Math.abs(design.reduce((sum, x, e) => sum + x * volumeSlope[e]!, 0) / (nelx * nely) - final_volume),
      ).toBeLessThan(1e-8);
      expect(Math.abs(change - final_change)).toBeLessThan(1e-6);
    });
  },
);
