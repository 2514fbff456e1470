import fc from "fast-check";
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { expect, test } from "vitest";
import { type Analysis, analyzeElements } from "../../../kernels/sparse/analysis.ts";
import { factorize, type FactorStatus, solve } from "../../../kernels/sparse/cholesky.ts";
import { applyElements } from "../../../kernels/sparse/element-operator.ts";
import { brickElementNodes } from "../../../kernels/sparse/grid.ts";
import { h8Elasticity, h8Heat } from "../../../kernels/sparse/hexahedron.ts";
import { nestedDissection } from "../../../kernels/sparse/nested-dissection.ts";
import { maxNorm, uniform } from "./systems.ts";

type Triple = readonly [number, number, number];

const axes = [0, 1, 2] as const;
const triple = (entry: (axis: 0 | 1 | 2) => number): Triple => [entry(0), entry(1), entry(2)];

const side = fc.double({ min: 0.1, max: 10, noNaN: true });
const sides: fc.Arbitrary<Triple> = fc.tuple(side, side, side);
const ratios = fc.double({ min: -0.9, max: 0.45, noNaN: true });
const cells: fc.Arbitrary<Triple> = fc.tuple(
  fc.integer({ min: 1, max: 4 }),
  fc.integer({ min: 1, max: 4 }),
  fc.integer({ min: 1, max: 4 }),
);
const seeds = fc.integer({ min: 1, max: 1_000_000 });

/** The corners in the order of the element: round the layer z = 0 from the lower left, then round z = 1. */
const unitCorners: readonly Triple[] = [
  [0, 0, 0],
  [1, 0, 0],
  [1, 1, 0],
  [0, 1, 0],
  [0, 0, 1],
  [1, 0, 1],
  [1, 1, 1],
  [0, 1, 1],
];

const cornersOf = (lengths: Triple): Triple[] =>
  unitCorners.map((unit) => triple((axis) => unit[axis] * lengths[axis]));

/** Places of the nodes of a grid of bricks, from the numbering alone. */
function nodePlaces([nelx, nely, nelz]: Triple, lengths: Triple): Triple[] {
  const places: Triple[] = [];
  for (let z = 0; z <= nelz; z++) {
    for (let row = 0; row <= nely; row++) {
      for (let x = 0; x <= nelx; x++) {
        places.push([x * lengths[0], (nely - row) * lengths[1], z * lengths[2]]);
      }
    }
  }
  return places;
}

const multiply = (matrix: Float64Array, v: readonly number[]): number[] =>
  v.map((_, i) => v.reduce((sum, value, j) => sum + matrix[i * v.length + j]! * value, 0));

const energyOf = (matrix: Float64Array, v: readonly number[]): number =>
  multiply(matrix, v).reduce((sum, force, k) => sum + force * v[k]!, 0);

/** Largest of the sums that rounding of matrix times v is measured by. */
const roundingScale = (matrix: Float64Array, v: readonly number[]): number =>
  Math.max(...multiply(matrix.map(Math.abs), v.map(Math.abs)));

/** Displacements x -> gradient x of the places, node by node; gradient row-major 3x3. */
const linearField = (places: readonly Triple[], gradient: readonly number[]): number[] =>
  places.flatMap((x) => axes.map((a) => axes.reduce<number>((sum, b) => sum + gradient[3 * a + b]! * x[b], 0)));

/** Elasticity matrix for strains xx, yy, zz, xy, yz, zx (shear strains doubled), written as in a textbook. */
function materialMatrix(poisson: number): number[][] {
  const factor = 1 / ((1 + poisson) * (1 - 2 * poisson));
  return Array.from({ length: 6 }, (_, i) =>
    Array.from({ length: 6 }, (__, j) => {
      if (i < 3 && j < 3) return factor * (i === j ? 1 - poisson : poisson);
      return i === j ? (factor * (1 - 2 * poisson)) / 2 : 0;
    }),
  );
}

/** Gradients of the eight shape functions at a point with coordinates in (-1, 1). */
const shapeGradients = (point: Triple, lengths: Triple): Triple[] =>
  unitCorners.map((unit) => {
    const sign = triple((axis) => 2 * unit[axis] - 1);
    const value = triple((axis) => (1 + sign[axis] * point[axis]) / 2);
    return [
      (sign[0] / lengths[0]) * value[1] * value[2],
      (sign[1] / lengths[1]) * value[0] * value[2],
      (sign[2] / lengths[2]) * value[0] * value[1],
    ];
  });

/** The 2x2x2 Gauss points, each of weight one eighth of the volume. */
const gaussPoints: readonly Triple[] = unitCorners.map((unit) => triple((axis) => (2 * unit[axis] - 1) / Math.sqrt(3)));

/** Sum of weight B' D B over the Gauss points. */
function quadratureElasticity(poisson: number, lengths: Triple): Float64Array {
  const D = new Matrix(materialMatrix(poisson));
  const weight = (lengths[0] * lengths[1] * lengths[2]) / 8;
  const sum = Matrix.zeros(24, 24);
  for (const point of gaussPoints) {
    const B = Matrix.zeros(6, 24);
    shapeGradients(point, lengths).forEach(([x, y, z], node) => {
      const rows = [
        [x, 0, 0],
        [0, y, 0],
        [0, 0, z],
        [y, x, 0],
        [0, z, y],
        [z, 0, x],
      ];
      rows.forEach((row, i) => row.forEach((value, c) => B.set(i, 3 * node + c, value)));
    });
    sum.add(B.transpose().mmul(D).mmul(B).mul(weight));
  }
  return Float64Array.from(sum.to1DArray());
}

function quadratureHeat(lengths: Triple): Float64Array {
  const weight = (lengths[0] * lengths[1] * lengths[2]) / 8;
  const sum = new Float64Array(64);
  for (const point of gaussPoints) {
    const gradients = shapeGradients(point, lengths);
    gradients.forEach((from, i) =>
      gradients.forEach((to, j) => {
        for (const axis of axes) sum[8 * i + j]! += weight * from[axis] * to[axis];
      }),
    );
  }
  return sum;
}

test("element matrices are symmetric to the bit", () => {
  fc.assert(
    fc.property(ratios, sides, (poisson, lengths) => {
      for (const [matrix, n] of [
        [h8Elasticity(poisson, ...lengths), 24],
        [h8Heat(...lengths), 8],
      ] as const) {
        expect(matrix).toHaveLength(n * n);
        expect(matrix).toEqual(matrix.map((_, k) => matrix[(k % n) * n + Math.floor(k / n)]!));
      }
    }),
  );
});

test("element matrices equal quadrature with 2x2x2 Gauss points", () => {
  fc.assert(
    fc.property(ratios, sides, (poisson, lengths) => {
      for (const [exact, sum] of [
        [h8Elasticity(poisson, ...lengths), quadratureElasticity(poisson, lengths)],
        [h8Heat(...lengths), quadratureHeat(lengths)],
      ] as const) {
        expect(maxNorm(exact.map((value, k) => value - sum[k]!)) / maxNorm(sum)).toBeLessThan(1e-14);
      }
    }),
  );
});

test("heat conduction of the unit cube is a third on the diagonal, nothing along edges, a twelfth across", () => {
  h8Heat().forEach((value, k) => {
    const from = unitCorners[k >> 3]!;
    const to = unitCorners[k & 7]!;
    const apart = axes.filter((axis) => from[axis] !== to[axis]).length;
    expect(value).toBeCloseTo([1 / 3, 0, -1 / 12, -1 / 12][apart]!, 15);
  });
});

test("translations and linearized rotations of a brick need no force", () => {
  fc.assert(
    fc.property(ratios, sides, (poisson, lengths) => {
      const matrix = h8Elasticity(poisson, ...lengths);
      const places = cornersOf(lengths);
      const modes = [
        ...axes.map((axis) => places.flatMap(() => axes.map((a) => (a === axis ? 1 : 0)))),
        linearField(places, [0, -1, 0, 1, 0, 0, 0, 0, 0]),
        linearField(places, [0, 0, 0, 0, 0, -1, 0, 1, 0]),
        linearField(places, [0, 0, 1, 0, 0, 0, -1, 0, 0]),
      ];
      for (const mode of modes) {
        const scale = roundingScale(matrix, mode);
        for (const force of multiply(matrix, mode)) expect(Math.abs(force) / scale).toBeLessThan(1e-14);
      }
    }),
  );
});

test("a uniform temperature conducts no heat", () => {
  fc.assert(
    fc.property(sides, (lengths) => {
      const matrix = h8Heat(...lengths);
      const ones = unitCorners.map(() => 1);
      for (const flow of multiply(matrix, ones)) {
        expect(Math.abs(flow) / roundingScale(matrix, ones)).toBeLessThan(1e-14);
      }
    }),
  );
});

test("elasticity has six zero eigenvalues, conduction one, and all others are positive", () => {
  const modest = fc.double({ min: 0.5, max: 2, noNaN: true });
  fc.assert(
    fc.property(ratios, fc.tuple(modest, modest, modest), (poisson, lengths) => {
      for (const [matrix, n, zeros] of [
        [h8Elasticity(poisson, ...lengths), 24, 6],
        [h8Heat(...lengths), 8, 1],
      ] as const) {
        const decomposition = new EigenvalueDecomposition(Matrix.from1DArray(n, n, matrix), { assumeSymmetric: true });
        const values = decomposition.realEigenvalues.toSorted((a, b) => a - b).map((value) => value / maxNorm(matrix));
        expect(Math.max(...values.slice(0, zeros).map(Math.abs))).toBeLessThan(1e-13);
        expect(values[zeros]).toBeGreaterThan(1e-3);
      }
    }),
  );
});

test("a linear displacement has the energy of its constant strain times the volume", () => {
  // Whole numbers, because squares of the smallest doubles are lost below the range.
  const gradients = fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 9, maxLength: 9 });
  fc.assert(
    fc.property(ratios, sides, gradients, (poisson, lengths, g) => {
      const matrix = h8Elasticity(poisson, ...lengths);
      const u = linearField(cornersOf(lengths), g);
      const strain = [g[0]!, g[4]!, g[8]!, g[1]! + g[3]!, g[5]! + g[7]!, g[6]! + g[2]!];
      const density = materialMatrix(poisson).reduce(
        (sum, row, i) => sum + strain[i]! * row.reduce((stress, entry, j) => stress + entry * strain[j]!, 0),
        0,
      );
      const scale = energyOf(matrix.map(Math.abs), u.map(Math.abs));
      const difference = energyOf(matrix, u) - density * lengths[0] * lengths[1] * lengths[2];
      expect(Math.abs(difference)).toBeLessThanOrEqual(1e-14 * scale);
    }),
  );
});

test("a linear temperature conducts the square of its gradient times the volume", () => {
  fc.assert(
    fc.property(sides, (lengths) => {
      const gradient = [1, -0.4, 0.7] as const;
      const temperature = cornersOf(lengths).map((x) => axes.reduce<number>((sum, a) => sum + gradient[a] * x[a], 0));
      const closed = (1 + 0.16 + 0.49) * lengths[0] * lengths[1] * lengths[2];
      const scale = energyOf(h8Heat(...lengths).map(Math.abs), temperature.map(Math.abs));
      expect(Math.abs(energyOf(h8Heat(...lengths), temperature) - closed)).toBeLessThanOrEqual(1e-14 * scale);
    }),
  );
});

test("doubling every edge doubles both matrices to the bit", () => {
  fc.assert(
    fc.property(ratios, sides, (poisson, lengths) => {
      const doubled = triple((axis) => 2 * lengths[axis]);
      expect(h8Elasticity(poisson, ...doubled)).toEqual(h8Elasticity(poisson, ...lengths).map((value) => 2 * value));
      expect(h8Heat(...doubled)).toEqual(h8Heat(...lengths).map((value) => 2 * value));
    }),
  );
});

test("the nodes of brick (z, row, x) are the corners of its box, z slowest and rows from the top", () => {
  fc.assert(
    fc.property(cells, ([nelx, nely, nelz]) => {
      const places = nodePlaces([nelx, nely, nelz], [1, 1, 1]);
      const nodes = brickElementNodes(nelx, nely, nelz);
      const expected: Triple[] = [];
      for (let z = 0; z < nelz; z++) {
        for (let row = 0; row < nely; row++) {
          for (let x = 0; x < nelx; x++) {
            const lowest = [x, nely - 1 - row, z] as const;
            for (const unit of unitCorners) expected.push(triple((axis) => lowest[axis] + unit[axis]));
          }
        }
      }
      expect(Array.from(nodes, (node) => places[node]!)).toEqual(expected);
    }),
  );
});

/** A grid of bricks with three dofs per node and these fixed dofs. */
const analyzeBricks = ([nelx, nely, nelz]: Triple, fixed: Uint8Array): Analysis =>
  analyzeElements({
    nodeCount: (nelx + 1) * (nely + 1) * (nelz + 1),
    dofsPerNode: 3,
    elementNodes: brickElementNodes(nelx, nely, nelz),
    nodesPerElement: 8,
    order: nestedDissection([nelz, nely, nelx]),
    fixed,
  });

const fixNodes = (places: readonly Triple[], isFixed: (place: Triple) => boolean): Uint8Array =>
  Uint8Array.from(places.flatMap((place) => axes.map(() => (isFixed(place) ? 1 : 0))));

test("a linear displacement of a uniform grid leaves inner nodes without force", () => {
  fc.assert(
    fc.property(ratios, sides, cells, seeds, (poisson, lengths, counts, seed) => {
      const places = nodePlaces(counts, lengths);
      const gradient = Array.from(uniform(9, seed), (value) => value - 0.5);
      const analysis = analyzeBricks(
        counts,
        fixNodes(places, () => false),
      );
      const matrix = h8Elasticity(poisson, ...lengths);
      const u = Float64Array.from(linearField(places, gradient));
      const moduli = new Float64Array(analysis.elementCount).fill(1);
      const force = new Float64Array(u.length);
      applyElements(analysis, matrix, moduli, u, force);
      const scale = 24 * maxNorm(matrix) * maxNorm(u);
      places.forEach((place, node) => {
        if (axes.some((axis) => place[axis] === 0 || place[axis] === counts[axis] * lengths[axis])) return;
        for (const axis of axes) expect(Math.abs(force[3 * node + axis]!) / scale).toBeLessThan(1e-14);
      });
    }),
  );
});

function factorBricks(analysis: Analysis, moduli: Float64Array): { status: FactorStatus; factor: Float64Array } {
  const factor = new Float64Array(analysis.factorLength);
  return { status: factorize(analysis, h8Elasticity(0.3), moduli, factor), factor };
}

test("the solution on a clamped grid of bricks balances the load", () => {
  fc.assert(
    fc.property(cells, seeds, (counts, seed) => {
      const places = nodePlaces(counts, [1, 1, 1]);
      const analysis = analyzeBricks(
        counts,
        fixNodes(places, ([x]) => x === 0),
      );
      const moduli = uniform(analysis.elementCount, seed).map((value) => 0.1 + value);
      const { status, factor } = factorBricks(analysis, moduli);
      expect(status).toEqual({ ok: true });
      const load = uniform(analysis.dofCount, seed + 1).map((value, dof) =>
        analysis.fixed[dof] === 1 ? 0 : value - 0.5,
      );
      const u = new Float64Array(load.length);
      solve(analysis, factor, load, 1, u);
      const force = new Float64Array(load.length);
      applyElements(analysis, h8Elasticity(0.3), moduli, u, force, analysis.fixed);
      expect(maxNorm(force.map((value, dof) => value - load[dof]!)) / maxNorm(u)).toBeLessThan(1e-13);
    }),
    { numRuns: 30 },
  );
});

test("a grid of bricks held along one edge can turn about it and is refused", () => {
  fc.assert(
    fc.property(cells, seeds, (counts, seed) => {
      const places = nodePlaces(counts, [1, 1, 1]);
      const analysis = analyzeBricks(
        counts,
        fixNodes(places, ([x, y]) => x === 0 && y === 0),
      );
      const moduli = uniform(analysis.elementCount, seed).map((value) => 0.1 + value);
      expect(factorBricks(analysis, moduli).status).toMatchObject({ ok: false, freeMotion: true });
    }),
    { numRuns: 30 },
  );
});

/**
 * Compliance of the cantilever of the Mosaic benchmark: box 2x1x1 clamped at x = 0, uniform traction of total 1 along -z
 * over x = 2, Young's modulus 70000 (0.001 + 0.999 rho^3), Poisson's ratio 0.3. Published to seven digits or more.
 */
function cantileverCompliance(counts: Triple, density: number): number {
  const lengths = [2 / counts[0], 1 / counts[1], 1 / counts[2]] as const;
  const places = nodePlaces(counts, lengths);
  const analysis = analyzeBricks(
    counts,
    fixNodes(places, ([x]) => x === 0),
  );
  const load = new Float64Array(analysis.dofCount);
  brickElementNodes(...counts).forEach((node) => {
    if (places[node]![0] === 2) load[3 * node + 2]! -= 0.25 / (counts[1] * counts[2]);
  });
  const moduli = new Float64Array(analysis.elementCount).fill(70000 * (1e-3 + (1 - 1e-3) * density ** 3));
  const factor = new Float64Array(analysis.factorLength);
  expect(factorize(analysis, h8Elasticity(0.3, ...lengths), moduli, factor)).toEqual({ ok: true });
  const u = new Float64Array(load.length);
  solve(analysis, factor, load, 1, u);
  return u.reduce((sum, value, dof) => sum + value * load[dof]!, 0);
}

test.each([
  [8, 0.2, 0.055648803],
  [8, 0.4, 0.0077059572],
  [8, 0.5, 0.003975325],
  [8, 0.7, 0.0014560857],
  [8, 0.9, 0.0006861565],
  [4, 0.5, 0.0036651825],
  [6, 0.5, 0.0038867775],
  [12, 0.5, 0.0040440133],
  [16, 0.5, 0.0040695818],
])("the Mosaic cantilever of %i x 2 x 4 bricks at density %f has compliance %f", (nelx, density, compliance) => {
  const relative = cantileverCompliance([nelx, 2, 4], density) / compliance - 1;
  expect(Math.abs(relative)).toBeLessThan(5e-8);
});
