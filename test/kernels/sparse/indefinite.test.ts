/** Sparse LDL' of symmetric indefinite matrices: solutions, inertia, delayed pivots, and what it refuses. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { symmetricEigen } from "../../../kernels/dense/symmetric-eigen.ts";
import {
  analyzeIndefinite,
  factorizeIndefinite,
  inertia,
  solveIndefinite,
} from "../../../kernels/sparse/indefinite.ts";
import type { IndefiniteFactor, IndefiniteStatus } from "../../../kernels/sparse/indefinite.ts";
import { analyzeLu } from "../../../kernels/sparse/lu-analysis.ts";
import { factorizeLu } from "../../../kernels/sparse/lu.ts";
import { solveLu } from "../../../kernels/sparse/lu-solve.ts";
import { conditionOf } from "../../../kernels/sparse/condition.ts";
import { refine } from "../../../kernels/sparse/refinement.ts";
import {
  backwardError,
  compressed,
  denseOf,
  entriesOf,
  gap,
  gridInertia,
  gridWithDiagonal,
  laplacian,
  rightHandSide,
  scattered,
  shapes,
  shuffled,
} from "./general-systems.ts";
import type { Entries } from "./general-systems.ts";
import { uniform } from "./systems.ts";

const statusOf = (matrix: Entries): IndefiniteStatus => {
  const { pattern, slots } = compressed(matrix);
  return factorizeIndefinite(analyzeIndefinite(pattern), slots);
};

const factorOf = (matrix: Entries): IndefiniteFactor => {
  const status = statusOf(matrix);
  if (!status.ok) throw new Error(`row ${status.row}: ${status.remainder} is left`);
  return status.factor;
};

const solution = (matrix: Entries, b: Float64Array): Float64Array => {
  const x = b.slice();
  solveIndefinite(factorOf(matrix), x, x);
  return x;
};

type Place = readonly [row: number, column: number, value: number];

/** Every entry at its place and at the mirrored one. */
const mirrored = (n: number, list: readonly Place[]): Entries =>
  entriesOf(
    n,
    list.flatMap(([i, j, v]): Place[] =>
      i === j
        ? [[i, i, v]]
        : [
            [i, j, v],
            [j, i, v],
          ],
    ),
  );

const placesOf = ({ rows, columns, values }: Entries): Place[] =>
  Array.from(rows, (row, k) => [row, columns[k]!, values[k]!] as const);

/** B + B' of a scattered B: most diagonal entries are zero. */
const symmetric = (n: number, perRow: number, seed: number): Entries =>
  mirrored(n, placesOf(scattered(n, perRow, seed)));

/** [[H, A'], [A, 0]] with H of either sign on the diagonal and every constraint on a variable of its own; numbering shuffled. */
const saddle = (variables: number, part: number, seed: number): Entries => {
  const constraints = Math.floor(part * variables);
  const n = variables + constraints;
  const name = shuffled(n, seed);
  const random = uniform(2 * variables + 5 * constraints, seed + 9);
  const list: Place[] = [];
  for (let i = 0; i < variables; i++) {
    list.push([i, i, random[i]! < 0.3 ? 0 : random[i]! - 0.5]);
    if (i > 0) list.push([i, i - 1, random[variables + i]! - 0.5]);
  }
  for (let c = 0; c < constraints; c++) {
    list.push([variables + c, c, 1]);
    const other = Math.floor(random[2 * variables + c]! * variables);
    if (other !== c) list.push([variables + c, other, random[2 * variables + constraints + c]! - 0.5]);
  }
  return mirrored(
    n,
    list.map(([i, j, v]) => [name[i]!, name[j]!, v]),
  );
};

const eigenOf = (matrix: Entries): { readonly values: Float64Array; readonly vectors: Float64Array } => {
  const { n } = matrix;
  const [values, vectors] = [new Float64Array(n), new Float64Array(n * n)];
  symmetricEigen(Float64Array.from(denseOf(matrix).to1DArray()), n, values, vectors);
  return { values, vectors };
};

const signsOf = (values: Float64Array) => ({
  positive: values.filter((v) => v > 0).length,
  negative: values.filter((v) => v < 0).length,
});

/** Smallest over largest size of an eigenvalue. */
const inverseCondition = (values: Float64Array): number => {
  const sizes = values.map(Math.abs);
  return Math.min(...sizes) / (Math.max(...sizes) || 1);
};

/** H diag(spectrum) H with a reflection H = I - 2 v v' / v'v on a few rows: fronts of those rows, the others alone. */
const withSpectrum = (spectrum: readonly number[], seed: number): Entries => {
  const n = spectrum.length;
  const draw = uniform(n, seed);
  const v = draw.map((t, i) => (i % 3 === seed % 3 ? 0 : t - 0.5));
  const square = v.reduce((sum, t) => sum + t * t, 0) || 1;
  const list: Place[] = [];
  const reflection = (i: number, j: number): number => (i === j ? 1 : 0) - (2 * v[i]! * v[j]!) / square;
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      const entry = spectrum.reduce((sum, value, k) => sum + reflection(i, k) * value * reflection(k, j), 0);
      if (entry !== 0) list.push([i, j, entry]);
    }
  return mirrored(n, list);
};

const variety: fc.Arbitrary<Entries> = fc.oneof(
  shapes(40).map(([n, perRow, seed]) => symmetric(n, perRow, seed)),
  fc
    .tuple(fc.integer({ min: 1, max: 30 }), fc.constantFrom(0, 0.3, 0.6, 1), fc.integer({ min: 1, max: 1e6 }))
    .map(([n, part, seed]) => saddle(n, part, seed)),
  fc
    .tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 8 }), fc.double({ min: -8, max: 0, noNaN: true }))
    .map(([nx, ny, shift]) => laplacian(nx, ny, shift)),
);

describe("solutions", () => {
  test("have a backward error of 1e-12 at most, without refinement", () => {
    let solved = 0;
    fc.assert(
      fc.property(variety, fc.integer({ min: 1, max: 1e6 }), (matrix, seed) => {
        const status = statusOf(matrix);
        if (!status.ok) {
          expect(inverseCondition(eigenOf(matrix).values)).toBeLessThan(1e-10);
          return;
        }
        solved++;
        const b = rightHandSide(matrix.n, seed);
        const x = new Float64Array(matrix.n);
        solveIndefinite(status.factor, b, x);
        expect(backwardError(matrix, x, b)).toBeLessThanOrEqual(1e-12);
      }),
      { numRuns: 300 },
    );
    expect(solved).toBeGreaterThan(200);
  });

  test("agree with those of LU as far as the condition allows", () => {
    fc.assert(
      fc.property(variety, fc.integer({ min: 1, max: 1e6 }), (matrix, seed) => {
        const { values } = eigenOf(matrix);
        fc.pre(inverseCondition(values) > 1e-8);
        const { pattern, slots } = compressed(matrix);
        const analysis = analyzeLu(pattern);
        const status = analysis.ok ? factorizeLu(analysis.analysis, slots) : analysis;
        if (!status.ok) throw new Error("LU refuses");
        const b = rightHandSide(matrix.n, seed);
        const expected = b.slice();
        solveLu(status.factor, false, b, expected);
        expect(gap(solution(matrix, b), expected)).toBeLessThan(1e-12 / inverseCondition(values));
      }),
      { numRuns: 150 },
    );
  });

  test("of saddle points whose diagonal is all zero exist, where no row is a pivot alone", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 1e6 }), (half, seed) => {
        const block = placesOf(scattered(half, 0.5, seed));
        const matrix = mirrored(
          2 * half,
          block.map(([i, j, v]) => [half + i, j, v]),
        );
        const b = rightHandSide(2 * half, seed);
        expect(backwardError(matrix, solution(matrix, b), b)).toBeLessThanOrEqual(1e-12);
        expect(inertia(factorOf(matrix))).toEqual({ positive: half, negative: half });
      }),
      { numRuns: 80 },
    );
  });

  test("scaling rows and columns alike by up to 1e40 changes the refined solution by the inverse only", () => {
    fc.assert(
      fc.property(shapes(15), ([n, perRow, seed]) => {
        const matrix = symmetric(n, perRow, seed);
        const condition = inverseCondition(eigenOf(matrix).values);
        fc.pre(condition > 1e-6);
        const by = uniform(n, seed + 3).map((t) => 2 ** Math.round(120 * t - 60));
        const values = matrix.values.map((v, k) => v * by[matrix.rows[k]!]! * by[matrix.columns[k]!]!);
        const scaled = { ...matrix, values };
        const b = rightHandSide(n, seed);
        const rhs = b.map((v, i) => v * by[i]!);
        const factor = factorOf(scaled);
        const x = rhs.slice();
        solveIndefinite(factor, x, x);
        refine(scaled, rhs, (r) => solveIndefinite(factor, r, r), x);
        expect(
          gap(
            x.map((v, i) => v * by[i]!),
            solution(matrix, b),
          ),
        ).toBeLessThan(1e-12 / condition);
        expect(inertia(factor)).toEqual(inertia(factorOf(matrix)));
      }),
      { numRuns: 100 },
    );
  });

  test("do not depend on the diagonal being tiny: entries of L stay below the inverse of the threshold", () => {
    fc.assert(
      fc.property(variety, (matrix) => {
        const tiny = {
          ...matrix,
          values: matrix.values.map((v, k) => (matrix.rows[k] === matrix.columns[k] ? v * 1e-14 : v)),
        };
        const status = statusOf(tiny);
        if (!status.ok) return;
        for (const { rows, pivots, lower } of status.factor.fronts)
          for (let k = 0; k < pivots.count; k++)
            for (let i = pivots.coupling[k] === 0 ? k + 1 : k + 2; i < rows.length; i++)
              expect(Math.abs(lower[k * rows.length + i]!)).toBeLessThan(10.001);
      }),
      { numRuns: 100 },
    );
  });

  test("an empty matrix, one number, and an exchange of two", () => {
    expect(solution(entriesOf(0, []), new Float64Array(0))).toEqual(new Float64Array(0));
    expect(solution(entriesOf(1, [[0, 0, -4]]), Float64Array.of(2))).toEqual(Float64Array.of(-0.5));
    const exchange = mirrored(2, [[1, 0, 1]]);
    expect(solution(exchange, Float64Array.of(3, 5))).toEqual(Float64Array.of(5, 3));
    expect(inertia(factorOf(exchange))).toEqual({ positive: 1, negative: 1 });
  });

  test("10,000 unknowns of a shifted Laplacian: fill stays near that of the tree, and the error small", () => {
    const matrix = laplacian(100, 100, -0.5);
    const factor = factorOf(matrix);
    const entries = factor.fronts.reduce((sum, { lower }) => sum + lower.length, 0);
    expect(entries).toBeLessThan(60 * matrix.n);
    const b = rightHandSide(matrix.n, 1);
    const x = b.slice();
    solveIndefinite(factor, x, x);
    expect(backwardError(matrix, x, b)).toBeLessThanOrEqual(1e-12);
    expect(inertia(factor)).toEqual(gridInertia(100, 100, 3.5));
  });

  test.each<[number, number, number]>([
    [100, 100, 1e-9],
    [100, 100, 1e-3],
    [30, 30, 1e-12],
    [10, 10, 1e-15],
    [60, 70, 1e-9],
    [100, 99, 1e-15],
    [60, 70, 0],
    [3, 200, -1e-9],
  ])(
    "a grid of %i x %i with %d on the diagonal is solved, and has the signs of its eigenvalues",
    (nx, ny, diagonal) => {
      const matrix = gridWithDiagonal(nx, ny, diagonal);
      const factor = factorOf(matrix);
      const b = rightHandSide(matrix.n, 1);
      const x = b.slice();
      solveIndefinite(factor, x, x);
      expect(backwardError(matrix, x, b)).toBeLessThanOrEqual(1e-12);
      expect(inertia(factor)).toEqual(gridInertia(nx, ny, diagonal));
    },
  );

  test("a square grid with zeros on the diagonal, whose eigenvalues are zero n times, is refused", () => {
    for (const n of [3, 10, 30]) expect(statusOf(gridWithDiagonal(n, n, 0))).toMatchObject({ ok: false });
  });
});

describe("inertia", () => {
  test("counts the signs of the eigenvalues", () => {
    fc.assert(
      fc.property(variety, (matrix) => {
        const { values } = eigenOf(matrix);
        fc.pre(inverseCondition(values) > 1e-10);
        expect(inertia(factorOf(matrix))).toEqual(signsOf(values));
      }),
      { numRuns: 200 },
    );
  });

  test("is that of a constructed spectrum, and the solution's error stays below condition times rounding", () => {
    const eigenvalue = fc
      .tuple(fc.constantFrom(-1, 1), fc.double({ min: -6, max: 0, noNaN: true }))
      .map(([sign, exponent]) => sign * 10 ** exponent);
    fc.assert(
      fc.property(
        fc.array(eigenvalue, { minLength: 1, maxLength: 25 }),
        fc.integer({ min: 1, max: 1e6 }),
        (spectrum, seed) => {
          const matrix = withSpectrum(spectrum, seed);
          expect(inertia(factorOf(matrix))).toEqual(signsOf(Float64Array.from(spectrum)));
          const exact = rightHandSide(matrix.n, seed);
          const b = new Float64Array(matrix.n);
          matrix.rows.forEach((row, k) => (b[row]! += matrix.values[k]! * exact[matrix.columns[k]!]!));
          const condition = inverseCondition(Float64Array.from(spectrum));
          expect(gap(solution(matrix, b), exact)).toBeLessThan(1e-12 / condition);
        },
      ),
      { numRuns: 150 },
    );
  });

  test("of a saddle point with positive definite H has one negative sign for each constraint", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 25 }), fc.integer({ min: 1, max: 1e6 }), (n, seed) => {
        const constraints = Math.ceil(n / 2);
        const list: Place[] = Array.from({ length: n }, (_, i) => [i, i, 0.5 + uniform(n, seed)[i]!]);
        for (let c = 0; c < constraints; c++) {
          list.push([n + c, c, 1]);
          if (c + 1 < n) list.push([n + c, c + 1, -1]);
        }
        expect(inertia(factorOf(mirrored(n + constraints, list)))).toEqual({ positive: n, negative: constraints });
      }),
      { numRuns: 60 },
    );
  });
});

/** A singular matrix that rounding made regular has an inverse as large as 1 / rounding. */
const expectNearlySingular = (matrix: Entries, factor: IndefiniteFactor): void => {
  const { pattern, slots } = compressed(matrix);
  const solve = (rhs: Float64Array): void => solveIndefinite(factor, rhs, rhs);
  expect(conditionOf({ pattern, values: slots }, solve)).toBeGreaterThan(1e12);
};

describe("refusals", () => {
  test("a graph Laplacian with weights of either sign is refused, or the solution shows that it is singular", () => {
    let [refused, tried] = [0, 0];
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 1e6 }), (n, seed) => {
        const random = uniform(4 * n, seed);
        // Sixteenths add up without rounding, so that the matrix is singular and not nearly so.
        const weight = (k: number): number => Math.round(32 * random[k]! - 16) / 16;
        const list: Place[] = [];
        const join = (i: number, j: number, w: number): void => {
          if (i !== j) list.push([i, i, w], [j, j, w], [Math.max(i, j), Math.min(i, j), -w]);
        };
        for (let i = 0; i < n; i++) {
          if (i > 0) join(i, Math.floor(random[i]! * i), weight(n + i));
          join(i, Math.floor(random[2 * n + i]! * n), weight(3 * n + i));
        }
        if (list.length === 0) list.push([0, 0, 0]);
        const matrix = mirrored(n, list);
        const status = statusOf(matrix);
        tried++;
        if (status.ok) expectNearlySingular(matrix, status.factor);
        else {
          refused++;
          expect(status.remainder).toBeLessThan(1e-12);
        }
      }),
      { numRuns: 150 },
    );
    expect(refused).toBeGreaterThan(0.95 * tried);
  });

  test("a spectrum with a zero is refused at a row that its eigenvectors move, or the solution shows it", () => {
    let refused = 0;
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 0, maxLength: 15 }),
        fc.integer({ min: 1, max: 1e6 }),
        (others, seed) => {
          const spectrum = [...others.map((v) => v + Math.sign(v || 1)), 0];
          const matrix = withSpectrum(spectrum, seed);
          const status = statusOf(matrix);
          if (status.ok) {
            expectNearlySingular(matrix, status.factor);
            return;
          }
          refused++;
          expect(status.remainder).toBeLessThan(1e-12);
          const { values, vectors } = eigenOf(matrix);
          const moved = values.reduce((sum, value, k) => {
            return Math.abs(value) < 1e-12 ? sum + vectors[status.row * matrix.n + k]! ** 2 : sum;
          }, 0);
          // Squares of rounding are near 1e-31; eigenvectors may move a row by as little as chance has it.
          expect(moved).toBeGreaterThan(1e-20);
        },
      ),
      { numRuns: 150 },
    );
    expect(refused).toBeGreaterThan(130);
  });

  test("more constraints than variables, an empty row, zeros, NaN and infinity", () => {
    const overconstrained = mirrored(3, [
      [0, 0, 2],
      [1, 0, 1],
      [2, 0, 3],
    ]);
    expect(statusOf(overconstrained)).toMatchObject({ ok: false });
    expect(
      statusOf(
        mirrored(3, [
          [0, 0, 1],
          [2, 2, -1],
        ]),
      ),
    ).toEqual({ ok: false, row: 1, remainder: 0 });
    for (const value of [NaN, Infinity, 0])
      expect(statusOf(entriesOf(1, [[0, 0, value]]))).toMatchObject({ ok: false, row: 0 });
    const spoilt = laplacian(5, 5, -1);
    spoilt.values[7] = NaN;
    expect(statusOf(spoilt).ok).toBe(false);
  });
});
