/** The interior method solves the separable subproblem to its tolerance, whatever its size and whether it is feasible. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { array, jit } from "cotangent";
import type { NDArray } from "cotangent";
import { solveSubproblem } from "../../library/optim/mma-subproblem.ts";
import type { Subproblem } from "../../library/optim/mma-subproblem.ts";

/** The subproblem as plain numbers. */
interface Plain {
  readonly rising: readonly Float64Array[];
  readonly falling: readonly Float64Array[];
  readonly below: Float64Array;
  readonly above: Float64Array;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  readonly limits: Float64Array;
  readonly weights: Float64Array;
  readonly penalty: Float64Array;
}

const number = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });
const list = (length: number, entry: fc.Arbitrary<number>): fc.Arbitrary<Float64Array> =>
  fc.array(entry, { minLength: length, maxLength: length }).map((values) => Float64Array.from(values));

/** As the method makes them: asymptotes from 0.6 to 20 away, slopes of -1 to 1, a sliver and a little convexity. */
const plains: fc.Arbitrary<Plain> = fc
  .record({ n: fc.integer({ min: 1, max: 30 }), m: fc.integer({ min: 1, max: 5 }) })
  .chain(({ n, m }) =>
    fc.record({
      below: list(n, number(0.6, 20)),
      above: list(n, number(0.6, 20)),
      fall: list(n, number(0.01, 0.5)),
      rise: list(n, number(0.01, 0.5)),
      slopes: fc.array(list(n, fc.oneof(number(-1, 1), fc.constantFrom(0, 1, -1, 1e-9))), {
        minLength: m + 1,
        maxLength: m + 1,
      }),
      shares: list(m, number(-2, 1)),
    }),
  )
  .map(({ below, above, fall, rise, slopes, shares }) => {
    const coefficients = (sign: number, distance: Float64Array): Float64Array[] =>
      slopes.map((row) =>
        row.map(
          (slope, j) =>
            distance[j]! ** 2 * (1.001 * Math.max(sign * slope, 0) + 0.001 * Math.max(-sign * slope, 0) + 1e-5),
        ),
      );
    const [rising, falling] = [coefficients(1, above), coefficients(-1, below)];
    const sizes = slopes.map((row) => row.reduce((sum, slope) => sum + Math.abs(slope), 0));
    const weights = Float64Array.from(sizes.slice(1), (size) => Math.max(1, size));
    const limits = Float64Array.from(shares, (share, i) => {
      const at = above.reduce((sum, far, j) => sum + rising[i + 1]![j]! / far + falling[i + 1]![j]! / below[j]!, 0);
      return at - share * weights[i]!;
    });
    const penalty = weights.map((weight) => 1000 * Math.max(1, sizes[0]! / weight));
    return { rising, falling, below, above, lower: fall.map((x) => -x), upper: rise, limits, weights, penalty };
  });

const fields = ({ rising, falling, ...vectors }: Plain): Subproblem => {
  const matrix = (rows: readonly Float64Array[]): NDArray => array(rows.map((row) => [...row]));
  const rest = Object.fromEntries(Object.entries(vectors).map(([name, values]) => [name, array(values)]));
  return { rising: matrix(rising), falling: matrix(falling), ...rest } as unknown as Subproblem;
};

const tolerance = 1e-9;

/**
 * Largest violation of the optimality conditions, from their definition; y is what each constraint lacks, mu = c + y / w -
 * lambda. A constraint's own condition holds to the tolerance times its weight, which its multiplier multiplies.
 */
const residualOf = (plain: Plain, x: Float64Array, multipliers: Float64Array): number => {
  const { rising, falling, below, above, lower, upper, limits, weights, penalty } = plain;
  const lambda = [1, ...multipliers];
  const stationarity = x.map((value, j) => {
    const slope = lambda.reduce(
      (sum, weight, i) =>
        sum + weight * (rising[i]![j]! / (above[j]! - value) ** 2 - falling[i]![j]! / (below[j]! + value) ** 2),
      0,
    );
    // A slope may push against a bound by what the product with the distance to it allows.
    return slope > 0 ? slope * (value - lower[j]!) : -slope * (upper[j]! - value);
  });
  const rows = [...multipliers].flatMap((multiplier, i) => {
    const value = x.reduce(
      (sum, own, j) => sum + rising[i + 1]![j]! / (above[j]! - own) + falling[i + 1]![j]! / (below[j]! + own),
      0,
    );
    const violation = value - limits[i]!;
    const mu = penalty[i]! + Math.max(0, violation) / weights[i]! - multiplier;
    const allowed = 1 + (Math.abs(multiplier) + penalty[i]!) * weights[i]!;
    return [
      -multiplier,
      -mu,
      (mu * Math.max(0, violation)) / allowed,
      (multiplier * Math.max(0, -violation)) / allowed,
    ];
  });
  return Math.max(...stationarity, ...rows);
};

const solve = jit((problem: Subproblem) => solveSubproblem(problem, { tolerance, limit: 200 }));

test("a solution meets the optimality conditions in the definition's own terms, half of all within 30 Newton steps", () => {
  const steps: number[] = [];
  fc.assert(
    fc.property(plains, (plain) => {
      const { point, multipliers, iterations, isSettled } = solve(fields(plain));
      expect(isSettled.item()).toBe(1);
      steps.push(iterations.item());
      const x = point.toTypedArray() as Float64Array;
      x.forEach((value, j) => expect(value >= plain.lower[j]! && value <= plain.upper[j]!).toBe(true));
      const residual = residualOf(plain, x, multipliers.toTypedArray() as Float64Array);
      expect(residual).toBeLessThan(10 * tolerance);
    }),
    { numRuns: 200 },
  );
  expect(steps.sort((a, b) => a - b)[100]!).toBeLessThan(30);
});
