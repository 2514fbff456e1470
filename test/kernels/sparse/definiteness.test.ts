import fc from "fast-check";
import { expect, test } from "vitest";
import { factorize } from "../../../kernels/sparse/cholesky.ts";
import { q4Heat, q4PlaneStress } from "../../../kernels/sparse/quadrilateral.ts";
import {
  analyzeGrid,
  cantilever,
  dofAt,
  dofCount,
  flags,
  type Grid,
  halfBeam,
  leftEdge,
  seeds,
  smallGrids,
  uniform,
} from "./systems.ts";

const K0 = q4PlaneStress(0.3);

/** 1x1 to 7x5, primes, and beams one element thick. */
const sweep: readonly Grid[] = [
  ...Array.from({ length: 35 }, (_, k) => ({ nelx: 1 + (k % 7), nely: 1 + Math.floor(k / 7) })),
  { nelx: 13, nely: 11 },
  { nelx: 23, nely: 17 },
  { nelx: 31, nely: 1 },
  { nelx: 1, nely: 37 },
  { nelx: 300, nely: 1 },
  { nelx: 1, nely: 300 },
  { nelx: 40, nely: 30 },
];

/** Supports that leave a motion free: none, one direction, one pin, rollers in one direction only. */
const loose: Readonly<Record<string, (grid: Grid) => number[]>> = {
  none: () => [],
  "one direction": (grid) => [dofAt(grid, grid.nely, 0, 1)],
  "pin in a corner": (grid) => [dofAt(grid, grid.nely, 0, 0), dofAt(grid, grid.nely, 0, 1)],
  "pin in the middle": (grid) => [0, 1].map((c) => dofAt(grid, grid.nely >> 1, grid.nelx >> 1, c)),
  "rollers below": (grid) => [dofAt(grid, grid.nely, 0, 1), dofAt(grid, grid.nely, grid.nelx, 1)],
  "half beam without its roller": (grid) => leftEdge(grid, [0]),
};

/** Supports that hold, with nothing to spare. */
const tight: Readonly<Record<string, (grid: Grid) => number[]>> = {
  "pin and roller": (grid) => [...loose["pin in a corner"]!(grid), dofAt(grid, grid.nely, grid.nelx, 1)],
  "pin and roller next to it": (grid) => [...loose["pin in a corner"]!(grid), dofAt(grid, grid.nely, 1, 1)],
  "half beam": (grid) => [...leftEdge(grid, [0]), dofAt(grid, grid.nely, grid.nelx, 1)],
};

/** Moduli of both kinds that matter: even, and black and white at contrast 1e9. */
const designs = (grid: Grid): readonly Float64Array[] => {
  const count = grid.nelx * grid.nely;
  return [new Float64Array(count).fill(1), uniform(count, 3).map((x) => (x < 0.5 ? 1 : 1e-9))];
};

/** Void joints along a beam of 300 elements make it softer than float64 can tell from free, so there even moduli only. */
const solvableDesigns = (grid: Grid): readonly Float64Array[] =>
  designs(grid).slice(0, grid.nelx * grid.nely === 300 ? 1 : 2);

const status = (grid: Grid, fixed: readonly number[], modulus: Float64Array) => {
  const analysis = analyzeGrid(grid, flags(dofCount(grid), fixed));
  return factorize(analysis, K0, modulus, new Float64Array(analysis.factorLength));
};

test.each(Object.keys(loose))("supports that leave a motion free are refused with a free dof: %s", (name) => {
  for (const grid of sweep) {
    const fixed = loose[name]!(grid);
    for (const modulus of designs(grid)) {
      const refusal = status(grid, fixed, modulus);
      if (refusal.ok) expect.fail(`${grid.nelx}x${grid.nely} was accepted`);
      expect(fixed).not.toContain(refusal.dof);
      expect(refusal.dof).toBeGreaterThanOrEqual(0);
      expect(refusal.dof).toBeLessThan(dofCount(grid));
      expect(refusal.pivot).toBeLessThanOrEqual(refusal.threshold);
      expect(refusal.freeMotion).toBe(true);
    }
  }
});

test.each(Object.keys(tight))("supports that just hold are accepted at any contrast: %s", (name) => {
  for (const grid of sweep) {
    for (const modulus of solvableDesigns(grid))
      expect(status(grid, tight[name]!(grid), modulus)).toEqual({ ok: true });
  }
});

test("solid parts hanging in void are not mistaken for free ones", () => {
  const grid = { nelx: 60, nely: 6 };
  const patterns: readonly ((row: number, column: number) => boolean)[] = [
    (row, column) => (row + column) % 2 === 0,
    (_, column) => column > 0,
    (_, column) => column % 5 !== 4,
    (row, column) => row % 3 !== 0 && column % 4 !== 0,
    (row, column) => row === 0 && column === 59,
  ];
  for (const isSolid of patterns) {
    const modulus = Float64Array.from({ length: 360 }, (_, e) => (isSolid(Math.floor(e / 60), e % 60) ? 1 : 1e-9));
    for (const fixed of [cantilever(grid), halfBeam(grid)]) {
      const analysis = analyzeGrid(grid, fixed);
      expect(factorize(analysis, K0, modulus, new Float64Array(analysis.factorLength))).toEqual({ ok: true });
    }
  }
});

test("a part cut off by absent elements is refused with one of its dofs", () => {
  const grid = { nelx: 9, nely: 4 };
  const modulus = Float64Array.from({ length: 36 }, (_, e) => (e % 9 === 5 || e % 9 === 6 ? 0 : 1));
  const refusal = status(grid, leftEdge(grid, [0, 1]), modulus);
  if (refusal.ok) expect.fail("accepted");
  expect(Math.floor(refusal.dof / 2) % 10).toBeGreaterThan(5);
});

test("one spring too few is refused and the missing one repairs it", () => {
  const grid = { nelx: 5, nely: 3 };
  const analysis = analyzeGrid(grid, new Uint8Array(dofCount(grid)));
  const factor = new Float64Array(analysis.factorLength);
  const modulus = new Float64Array(15).fill(1);
  const springs = new Float64Array(analysis.dofCount);
  for (const dof of loose["pin in a corner"]!(grid)) springs[dof] = 1e-3;
  expect(factorize(analysis, K0, modulus, factor, springs).ok).toBe(false);
  springs[dofAt(grid, 0, 5, 1)] = 1e-3;
  expect(factorize(analysis, K0, modulus, factor, springs).ok).toBe(true);
});

test("a heat problem without a fixed temperature is refused, with one it is accepted", () => {
  for (const grid of sweep) {
    const nodes = dofCount(grid) / 2;
    for (const [fixed, ok] of [
      [[], false],
      [[nodes >> 1], true],
    ] as const) {
      const analysis = analyzeGrid(grid, flags(nodes, fixed), 1);
      const modulus = new Float64Array(grid.nelx * grid.nely).fill(1);
      expect(factorize(analysis, q4Heat(), modulus, new Float64Array(analysis.factorLength)).ok).toBe(ok);
    }
  }
});

test("a structure with every dof fixed is accepted", () => {
  const grid = { nelx: 3, nely: 2 };
  expect(
    status(
      grid,
      Array.from({ length: dofCount(grid) }, (_, dof) => dof),
      new Float64Array(6).fill(1),
    ),
  ).toEqual({ ok: true });
});

test("a modulus that is NaN, infinite or very negative is refused wherever it stands", () => {
  fc.assert(
    fc.property(smallGrids, seeds, fc.constantFrom(NaN, Infinity, -Infinity, -1e3), (grid, seed, wrong) => {
      fc.pre(grid.nelx > 1);
      const modulus = uniform(grid.nelx * grid.nely, seed);
      modulus[seed % modulus.length] = wrong;
      expect(status(grid, leftEdge(grid, [0, 1]), modulus)).toMatchObject({ ok: false, freeMotion: false });
    }),
    { numRuns: 60 },
  );
});

test("a refusal does not spoil the next factorization with the same analysis", () => {
  const grid = { nelx: 6, nely: 4 };
  const analysis = analyzeGrid(grid, cantilever(grid));
  const factors = [0, 1].map(() => new Float64Array(analysis.factorLength));
  const modulus = uniform(24, 1);
  factorize(analysis, K0, modulus, factors[0]!);
  expect(
    factorize(
      analysis,
      K0,
      modulus.map((x, e) => (e === 5 ? NaN : x)),
      factors[1]!,
    ).ok,
  ).toBe(false);
  expect(factorize(analysis, K0, modulus, factors[1]!).ok).toBe(true);
  expect(factors[1]).toEqual(factors[0]);
});
