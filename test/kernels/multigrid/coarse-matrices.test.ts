/**
 * What a hierarchy computes of a design against its definition: matrices of all coarser grids, diagonals, the dofs that do not
 * move, and how fast its smoothers may go. In WebAssembly and in the reference.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { computeGrids } from "../../../kernels/multigrid/build.ts";
import { cornersOf, geometryOf, indexIn, indicesIn, placeOf } from "../../../kernels/multigrid/geometry.ts";
import type { Geometry } from "../../../kernels/multigrid/geometry.ts";
import { hierarchyOf } from "../../../kernels/multigrid/hierarchy.ts";
import type { Machine } from "../../../kernels/multigrid/hierarchy.ts";
import { promoted } from "../../../kernels/multigrid/interpolation.ts";
import { planOf } from "../../../kernels/multigrid/plan.ts";
import type { Plan } from "../../../kernels/multigrid/plan.ts";
import { referenceKernels } from "../../../kernels/multigrid/reference.ts";
import { wasmKernels } from "../../../kernels/multigrid/wasm-kernels.ts";
import { gridsByDefinition } from "./definition.ts";
import type { DenseGrid } from "./definition.ts";
import { elementKinds, elementOf, randomNumbers } from "./elements.ts";
import { dofCount, structureOf, structures } from "./structures.ts";
import type { Structure } from "./structures.ts";

/** Bytes from the beginning of a field, by dof. */
const placesIn = (geometry: Geometry, components: number): number[] =>
  Array.from({ length: dofCount(geometry.cells, components) }, (_, dof) => {
    const node = indicesIn(geometry.nodes, Math.floor(dof / components));
    return 8 * ((dof % components) * geometry.length + placeOf(geometry, node));
  });

/** The stored matrix of a grid, column by column: what residuals of zero loads leave of unit vectors. */
const storedMatrix = (machine: Machine, plan: Plan, level: number): Float64Array => {
  const { geometry } = plan.grids[level]!;
  const { stencil, right, solution, rest } = machine.layout.grids[level]!;
  const places = placesIn(geometry, plan.components);
  const matrix = new Float64Array(places.length ** 2);
  const field = (address: number): Float64Array => machine.doubles(address, plan.components * geometry.length);
  field(right).fill(0);
  places.forEach((place, column) => {
    field(solution).fill(0)[place / 8] = 1;
    machine.stencils[level]!.residual(stencil, solution, right, rest);
    const image = field(rest);
    places.forEach((own, row) => (matrix[row * places.length + column] = -image[own / 8]!));
  });
  return matrix;
};

/** The matrix of the coarsest grid from those of its elements. */
const assembled = ({ grids, components, elementSize }: Plan, elements: Float64Array): Float64Array => {
  const { cells, nodes } = grids.at(-1)!.geometry;
  const dofs = dofCount(cells, components);
  const matrix = new Float64Array(dofs * dofs);
  elements.forEach((value, k) => {
    const element = indicesIn(cells, Math.floor(k / elementSize ** 2));
    const [row, column] = [Math.floor(k / elementSize) % elementSize, k % elementSize].map((local) => {
      const corner = cornersOf(cells.length)[Math.floor(local / components)]!;
      const node = element.map((index, axis) => index + corner[axis]!);
      return indexIn(nodes, node) * components + (local % components);
    }) as [number, number];
    matrix[row * dofs + column]! += value;
  });
  return matrix;
};

/** Two hundred roundings of what an entry is made of: sums over elements, level by level, on both sides. */
const rounding = 200 * 2 ** -52;

/** Largest difference of two symmetric matrices, each entry relative to the stiffness of its two dofs. */
const gapOf = (own: Float64Array, { matrix, moves }: DenseGrid): number => {
  const size = moves.length;
  expect(own).toHaveLength(matrix.length);
  return own.reduce((high, value, k) => {
    const gap = Math.abs(value - matrix[k]!);
    const scale = Math.sqrt(matrix[Math.floor(k / size) * (size + 1)]! * matrix[(k % size) * (size + 1)]!);
    return gap === 0 ? high : Math.max(high, gap / scale);
  }, 0);
};

/** Structures whose grids have up to a few hundred dofs, most of them with further supports. */
const smallStructures = (contrast: number) =>
  fc.tuple(structures(contrast), fc.nat(), fc.integer({ min: 0, max: 12 })).map(([own, seed, supports]) => {
    const random = randomNumbers(seed);
    const fixed = own.system.fixed.slice();
    for (let k = 0; k < supports; k++) fixed[Math.floor(((random() + 1) / 2) * fixed.length)] = 1;
    const { elementShape } = own.system;
    return { ...own, system: { ...own.system, fixed }, levels: Math.min(own.levels, 6 - elementShape.length) };
  });

describe("the matrices of all coarser grids", () => {
  test("are P' K P of elements and springs, without the dofs that do not move, of which the plan knows", () => {
    fc.assert(
      fc.property(smallStructures(1e9), fc.boolean(), ({ system, levels, modulus }, isFast) => {
        const plan = planOf(system, levels);
        const machine = hierarchyOf(plan, isFast).enter();
        const coarsest = computeGrids(machine, plan, system.elementShape, modulus)().slice();
        const expected = gridsByDefinition(system, modulus, levels);
        plan.grids.forEach(({ geometry, still }, level) => {
          const places = placesIn(geometry, plan.components);
          const unmoved = places.filter((_, dof) => !expected[level]!.moves[dof]);
          expect([...still].sort((a, b) => a - b)).toEqual(unmoved.sort((a, b) => a - b));
          if (level > 0 && level < levels - 1)
            expect(gapOf(storedMatrix(machine, plan, level), expected[level]!)).toBeLessThanOrEqual(rounding);
        });
        expect(gapOf(assembled(plan, coarsest), expected.at(-1)!)).toBeLessThanOrEqual(rounding);
      }),
      { numRuns: 25 },
    );
  });

  test("have diagonals of which every grid but the coarsest keeps one over, zero where nothing moves", () => {
    fc.assert(
      fc.property(smallStructures(1e9), fc.boolean(), ({ system, levels, modulus }, isFast) => {
        const plan = planOf(system, levels);
        const machine = hierarchyOf(plan, isFast).enter();
        computeGrids(machine, plan, system.elementShape, modulus);
        gridsByDefinition(system, modulus, levels)
          .slice(0, -1)
          .forEach(({ matrix, moves }, level) => {
            const { geometry } = plan.grids[level]!;
            const inverse = machine.doubles(machine.layout.grids[level]!.inverse, plan.components * geometry.length);
            placesIn(geometry, plan.components).forEach((place, dof) => {
              const product = inverse[place / 8]! * matrix[dof * (moves.length + 1)]!;
              expect(Math.abs(product - (moves[dof]! ? 1 : 0))).toBeLessThanOrEqual(1e-14);
            });
          });
      }),
      { numRuns: 20 },
    );
  });

  test("take springs and supports between their nodes into account", () => {
    // Node (1, 1) lies between nodes of the second grid, node (2, 2) between those of the third.
    const cells = [8, 8];
    const change = (own: { readonly spring?: number; readonly support?: number }): Float64Array => {
      const fixed = new Uint8Array(dofCount(cells, 2)).fill(1, 0, 18);
      const springs = new Float64Array(fixed.length);
      if (own.spring !== undefined) springs[own.spring] = 1;
      if (own.support !== undefined) fixed[own.support] = 1;
      const system = structureOf(cells, 2, fixed, springs);
      const plan = planOf(system, 3);
      const machine = hierarchyOf(plan, true).enter();
      return assembled(plan, computeGrids(machine, plan, cells, new Float64Array(64).fill(1))());
    };
    const traceOf = (matrix: Float64Array): number =>
      matrix.reduce((sum, value, k) => (k % (Math.sqrt(matrix.length) + 1) === 0 ? sum + value : sum), 0);
    const plain = traceOf(change({}));
    // Weights of the coarsest nodes around: (1/4, 3/4)^2 at a quarter along both axes, 1/2 in the middle. One row is fixed.
    expect(traceOf(change({ spring: 2 * (9 + 1) })) - plain).toBeCloseTo((1 / 16) * (10 / 16), 12);
    expect(traceOf(change({ spring: 2 * (5 * 9 + 5) })) - plain).toBeCloseTo((10 / 16) ** 2, 12);
    expect(traceOf(change({ spring: 2 * (6 * 9 + 6) })) - plain).toBeCloseTo(1 / 4, 12);
    // A fixed node leaves forces of its elements that a smooth motion would have balanced.
    for (const node of [5 * 9 + 5, 6 * 9 + 6])
      expect(traceOf(change({ support: 2 * node }))).toBeGreaterThan(plain + 0.1);
  });
});

describe("element matrices on their way up", () => {
  test("are promoted by the kernels as by interpolation, and combined with their moduli", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...elementKinds),
        fc.boolean(),
        fc.nat(),
        fc.boolean(),
        ([dimension, components], isSkew, seed, isFast) => {
          const memory = new WebAssembly.Memory({ initial: 8 });
          const fine = geometryOf(new Array<number>(dimension).fill(2));
          const kernels = isFast ? wasmKernels(memory) : referenceKernels(memory.buffer);
          const { promote, combine } = kernels.galerkin(components, fine);
          const data = new Float64Array(memory.buffer);
          const random = randomNumbers(seed);
          const matrix = elementOf(dimension, components, isSkew);
          const size = Math.sqrt(matrix.length);
          const symmetric = matrix.map((value, k) => value + matrix[(k % size) * size + Math.floor(k / size)]!);
          const bytes = 8 * matrix.length;
          const largest = symmetric.reduce((high, value) => Math.max(high, Math.abs(value)), 0);
          const [e, kinds, first] = [0, 8 * fine.length, 8 * fine.length + 4 * fine.length] as const;
          const corners = cornersOf(dimension);
          const moduli = corners.map(() => (random() + 1) / 2);
          const table = new Int32Array(memory.buffer, kinds, fine.length);
          const sum = new Float64Array(matrix.length);
          const [child, scratch, parent] = [0, 1, 2].map((k) => first + (corners.length + k) * bytes) as [
            number,
            number,
            number,
          ];
          corners.forEach((corner, c) => {
            const own = promoted(symmetric, dimension, components, c);
            // The kernel adds to what is there.
            data.fill(1, parent / 8, parent / 8 + matrix.length);
            data.set(symmetric, child / 8);
            promote(child, c, scratch, parent);
            const gaps = own.map((value, k) => Math.abs(data[parent / 8 + k]! - 1 - value));
            expect(Math.max(...gaps)).toBeLessThanOrEqual(4e-15 * (1 + largest));
            data.set(own, first / 8 + c * matrix.length);
            data[e / 8 + placeOf(fine, corner)] = moduli[c]!;
            table[placeOf(fine, corner)] = first + c * bytes;
            own.forEach((value, k) => (sum[k]! += moduli[c]! * value));
          });
          combine(e, kinds, 8 * placeOf(fine, corners[0]!), child);
          const gaps = sum.map((value, k) => Math.abs(data[child / 8 + k]! - value));
          expect(Math.max(...gaps)).toBeLessThanOrEqual(4e-15 * largest);
        },
      ),
      { numRuns: 30 },
    );
  });
});

/** The largest eigenvalue of D^-1 K from below, by as many steps of the power method. */
const largestEigenvalue = ({ matrix, moves }: DenseGrid, seed: number, steps: number): number => {
  const random = randomNumbers(seed);
  const size = moves.length;
  const diagonal = moves.map((_, k) => matrix[k * (size + 1)]!);
  const rows = moves.map((_, row) =>
    [...matrix.subarray(row * size, (row + 1) * size).entries()].filter(([, value]) => value !== 0),
  );
  let vector = diagonal.map((entry) => (entry > 0 ? random() / Math.sqrt(entry) : 0));
  let largest = 0;
  for (let step = 0; step < steps; step++) {
    const image = rows.map((row) => row.reduce((sum, [k, value]) => sum + value * vector[k]!, 0));
    const motion = vector.reduce((sum, value, k) => sum + value * diagonal[k]! * value, 0);
    const energy = vector.reduce((sum, value, k) => sum + value * image[k]!, 0);
    if (motion === 0) return 0;
    largest = energy / motion;
    vector = image.map((value, k) => (diagonal[k]! > 0 ? value / diagonal[k]! / Math.sqrt(motion) : 0));
  }
  return largest;
};

describe("bounds of the smoothers of a plan", () => {
  /** Bound over the largest eigenvalue that any of the designs has, grid by grid. */
  const ratiosOf = (
    system: Structure,
    levels: number,
    designs: readonly ((element: number) => number)[],
  ): readonly number[] => {
    const { grids } = planOf(system, levels);
    const elements = system.elementShape.reduce((count, own) => count * own, 1);
    const found = designs.map((design) =>
      gridsByDefinition(
        system,
        Float64Array.from({ length: elements }, (_, k) => design(k)),
        levels,
      )
        .slice(0, -1)
        .map((grid) => largestEigenvalue(grid, 1, 300)),
    );
    return grids.slice(0, -1).map(({ bound }, level) => bound / Math.max(...found.map((own) => own[level]!)));
  };

  test("are never below the largest eigenvalue of D^-1 K: moduli over nine decades, or one stiff element in void", () => {
    fc.assert(
      fc.property(smallStructures(1e9), fc.nat(), fc.boolean(), ({ system, levels, modulus }, seed, isSingle) => {
        const { grids } = planOf(system, levels);
        const stiff = seed % modulus.length;
        const own = isSingle ? modulus.map((_, element) => (element === stiff ? 1 : 1e-9)) : modulus;
        gridsByDefinition(system, own, levels)
          .slice(0, -1)
          .forEach((grid, level) => {
            expect(largestEigenvalue(grid, seed, 60)).toBeLessThanOrEqual(grids[level]!.bound * (1 + 1e-12));
          });
      }),
      { numRuns: 50 },
    );
  });

  test.each(elementKinds)(
    "in %dD with %d dofs per node are at most twice and a fifth of it on every grid of a solid block",
    (dimension, components) => {
      const cells = new Array<number>(dimension).fill(dimension === 2 ? 16 : 8);
      const fixed = new Uint8Array(dofCount(cells, components)).fill(1, 0, 3 * components);
      const ratios = ratiosOf(structureOf(cells, components, fixed), 3, [() => 1]);
      // Measured: 1.30 and 1.45, 1.00 and 1.40 in the plane; 1.72 and 2.10, 1.00 and 1.70 in space.
      expect(Math.max(...ratios)).toBeLessThanOrEqual(2.2);
      expect(Math.min(...ratios)).toBeGreaterThanOrEqual(1);
    },
  );

  test.each(elementKinds)(
    "in %dD with %d dofs per node are reached to 3 percent on every grid by one stiff element in void",
    (dimension, components) => {
      const cells = new Array<number>(dimension).fill(4);
      const system = structureOf(cells, components, new Uint8Array(dofCount(cells, components)));
      // By symmetry the stiff element may be in the first quarter or eighth of the grid.
      const stiff = cornersOf(dimension).map((corner) => indexIn(cells, corner));
      const ratios = ratiosOf(
        system,
        3,
        stiff.map((own) => (element) => (element === own ? 1 : 1e-9)),
      );
      expect(Math.max(...ratios)).toBeLessThanOrEqual(1.03);
      expect(Math.min(...ratios)).toBeGreaterThanOrEqual(1);
    },
  );
});
