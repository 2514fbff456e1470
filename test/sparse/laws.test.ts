/**
 * Sparse solves against dense ones on random patterns: values, gradients, second derivatives, batches; patterns that are
 * singular whatever the values. Bounds are multiples of rounding and of powers of the condition number.
 */
import fc from "fast-check";
import { SVD } from "ml-matrix";
import { describe, expect, test } from "vitest";
import { array, grad, jvp, Singular, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import * as linalg from "cotangent/linalg";
import * as np from "cotangent/numpy";
import { sparsePattern, sparseSolve, todense } from "cotangent/sparse";
import type { Assumption, SparsePattern, Triangle } from "cotangent/sparse";
import { relativeGap, wave } from "../fem/fields.ts";
import { scattered } from "../kernels/sparse/general-systems.ts";
import { uniform } from "../kernels/sparse/systems.ts";

interface System {
  readonly pattern: SparsePattern;
  readonly values: NDArray;
  readonly condition: number;
}

type Choice = readonly [assume: Assumption, triangle: Triangle];

const choices: readonly Choice[] = [
  ["general", "both"],
  ["symmetric", "both"],
  ["symmetric", "lower"],
  ["symmetric", "upper"],
  ["positive definite", "both"],
  ["positive definite", "lower"],
];

const conditionOf = (dense: number[][]): number => {
  const sizes = new SVD(dense).diagonal;
  return sizes[0]! / sizes.at(-1)!;
};

/** Places of a scattered matrix, moved to the triangle asked for, some given twice, with a diagonal where it must dominate. */
const systemOf = (n: number, seed: number, [assume, triangle]: Choice): System => {
  const { rows, columns, values } = scattered(n, 1.5, seed);
  const list = [...rows].map((row, k) => {
    const [low, high] = [Math.min(row, columns[k]!), Math.max(row, columns[k]!)];
    if (triangle === "lower") return [high, low, values[k]!] as const;
    return triangle === "upper" ? ([low, high, values[k]!] as const) : ([row, columns[k]!, values[k]!] as const);
  });
  const draw = uniform(n, seed + 11);
  const again = list.filter((_, k) => k % 3 === 0).map(([i, j, value]) => [i, j, 0.4 * value] as const);
  const largest = list.reduce((sum, [, , value]) => sum + Math.abs(value), 0);
  const heavy = assume === "positive definite" ? 3 * largest : 0;
  const diagonal = Array.from(draw, (t, i) => [i, i, heavy + t] as const);
  const all = [...list, ...again, ...diagonal];
  const pattern = sparsePattern(
    all.map(([i]) => i),
    all.map(([, j]) => j),
    { shape: [n, n], assume, ...(assume === "general" ? {} : { triangle }) },
  );
  const own = array(Float64Array.from(all, ([, , value]) => value));
  return { pattern, values: own, condition: conditionOf(todense(own, pattern).toList() as number[][]) };
};

const systems = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 1e6 }), fc.constantFrom(...choices))
  .map(([n, seed, choice]) => systemOf(n, seed, choice));

/** Every draw whose matrix is far from singular. */
const forRegular = (numRuns: number, law: (system: System) => void): void => {
  let tried = 0;
  fc.assert(
    fc.property(systems, (system) => {
      fc.pre(system.condition < 1e6);
      tried++;
      law(system);
    }),
    { numRuns },
  );
  expect(tried).toBeGreaterThanOrEqual(numRuns);
};

const sparse =
  ({ pattern }: System) =>
  (values: NDArray, b: NDArray): NDArray =>
    sparseSolve(values, pattern, b);

const dense =
  ({ pattern }: System) =>
  (values: NDArray, b: NDArray): NDArray =>
    linalg.solve(todense(values, pattern), b);

const energyOf =
  (solve: (values: NDArray, b: NDArray) => NDArray) =>
  (values: NDArray, b: NDArray): NDArray =>
    np.sum(np.sin(solve(values, b)));

/**
 * By how much derivatives of energies may differ. A solution is known to rounding times the condition; the sine takes it as an
 * angle, whose absolute error is that times its size, and a condition of 1e4 makes angles in the hundreds.
 */
const toleranceOf = (system: System, values: NDArray, b: NDArray): number => {
  const angle = np.max(np.abs(dense(system)(values, b))).item();
  return 1e-13 * (system.condition + 10) * (1 + angle);
};

const rhsOf = ({ pattern }: System, phase = 0): NDArray => wave([pattern.shape[0]], phase);

describe("on random patterns with repeated places", () => {
  test("solutions are those of the dense matrix", () => {
    forRegular(200, (system) => {
      const b = rhsOf(system);
      const gap = relativeGap(sparse(system)(system.values, b), dense(system)(system.values, b));
      expect(gap).toBeLessThan(1e-14 * (system.condition + 10));
    });
  });

  test("gradients by values and right-hand sides are those of the dense matrix: one triangle counts both places", () => {
    forRegular(100, (system) => {
      const b = rhsOf(system);
      const gradients = [sparse, dense].map(
        (solve) => grad(energyOf(solve(system)), { argnums: [0, 1] })(system.values, b) as NDArray[],
      );
      gradients[0]!.forEach((gradient, k) => {
        expect(relativeGap(gradient, gradients[1]![k]!)).toBeLessThan(toleranceOf(system, system.values, b));
      });
    });
  });

  test("second derivatives are those of the dense matrix", () => {
    forRegular(50, (system) => {
      const b = rhsOf(system);
      const direction = wave([system.pattern.count], 3, { amplitude: 0.3 });
      const [curvature, expected] = [sparse, dense].map((solve) => {
        const gradient = grad(energyOf(solve(system)), { argnums: [0, 1] }) as (...given: NDArray[]) => NDArray[];
        return jvp(gradient, [system.values, b], [direction, rhsOf(system, 2)])[1];
      });
      curvature!.forEach((part, k) => {
        expect(relativeGap(part, expected![k]!)).toBeLessThan(toleranceOf(system, system.values, b));
      });
    });
  });

  test("batches over values, right-hand sides and both equal the dense ones", () => {
    forRegular(50, (system) => {
      const values = np.stack([1, 1.25, 0.75].map((scale) => system.values.mul(scale)));
      const b = np.stack([0, 1, 2].map((phase) => rhsOf(system, phase)));
      for (const inAxes of [
        [0, null],
        [null, 0],
        [0, 0],
      ] as const) {
        const given = [inAxes[0] === 0 ? values : system.values, inAxes[1] === 0 ? b : rhsOf(system)] as const;
        const [seen, expected] = [sparse, dense].map((solve) =>
          vmap(grad(energyOf(solve(system))), { inAxes: [...inAxes] })(...given),
        );
        // The smallest values have the largest solutions.
        const tolerance = Math.max(
          ...[0, 1, 2].map((k) => toleranceOf(system, system.values.mul(0.75), rhsOf(system, k))),
        );
        expect(relativeGap(seen!, expected!)).toBeLessThan(tolerance);
      }
    });
  });

  test("the transpose is solved as the transposed matrix is", () => {
    forRegular(100, (system) => {
      const b = rhsOf(system);
      const expected = linalg.solve(todense(system.values, system.pattern).T, b);
      const x = sparseSolve(system.values, system.pattern, b, { transpose: true });
      expect(relativeGap(x, expected)).toBeLessThan(1e-14 * (system.condition + 10));
    });
  });
});

describe("patterns that are singular whatever the values", () => {
  test("are refused with a column named, and only these", () => {
    /** Whether every column can have a row of its own. */
    const isMatched = (rowsOf: readonly (readonly number[])[], used: readonly number[] = []): boolean => {
      const [first, ...rest] = rowsOf;
      return first === undefined || first.some((row) => !used.includes(row) && isMatched(rest, [...used, row]));
    };
    fc.assert(
      fc.property(
        fc
          .integer({ min: 1, max: 6 })
          .chain((n) => fc.tuple(fc.constant(n), fc.array(fc.tuple(fc.nat(n - 1), fc.nat(n - 1)), { maxLength: 14 }))),
        fc.constantFrom("general" as const, "symmetric" as const),
        ([n, places], assume) => {
          const mirrored =
            assume === "general" ? places : places.flatMap(([i, j]) => [[i, j] as const, [j, i] as const]);
          const rowsOf = Array.from({ length: n }, (_, j) => mirrored.filter(([, c]) => c === j).map(([i]) => i));
          // Values drawn at random make a matrix that is structurally regular regular.
          const values = array(uniform(places.length, 1 + places.length).map((t) => 1 + t));
          const run = (): NDArray =>
            sparseSolve(
              values,
              places.map(([i]) => i),
              places.map(([, j]) => j),
              np.ones([n]),
              { assume },
            );
          if (isMatched(rowsOf)) {
            expect(run().shape).toEqual([n]);
            return;
          }
          expect(run).toThrow(Singular);
          expect(run).toThrow(/column \d+ of the/);
        },
      ),
      { numRuns: 300 },
    );
  });
});
