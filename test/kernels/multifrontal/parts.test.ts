/**
 * Parts of a factorization, for any grid in the plane or in space and any number of threads: a part needs nothing of another
 * one, no update matrix is overwritten before it is read, and what comes out is what one thread would have found.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arrange } from "../../../kernels/multifrontal/arrangement.ts";
import { directSolver } from "../../../kernels/multifrontal/direct-solver.ts";
import type { PartJob, PartOutcome, PartRunner } from "../../../kernels/multifrontal/part-runner.ts";
import { partition, placePartUpdates } from "../../../kernels/multifrontal/parts.ts";
import type { SupernodeRange } from "../../../kernels/multifrontal/parts.ts";
import { type Analysis, analyzeElements } from "../../../kernels/sparse/analysis.ts";
import { brickElementNodes, gridElementNodes } from "../../../kernels/sparse/grid.ts";
import { h8Heat } from "../../../kernels/sparse/hexahedron.ts";
import { eliminate } from "../../../kernels/sparse/multifrontal.ts";
import { nestedDissection } from "../../../kernels/sparse/nested-dissection.ts";
import { q4Heat } from "../../../kernels/sparse/quadrilateral.ts";
import { solve } from "../../../kernels/sparse/solve.ts";
import { blockTriangleLength } from "../../../kernels/sparse/update-rows.ts";
import { analyzeGrid, cantilever, seeds, uniform } from "../sparse/systems.ts";

/** One dof per node, the first node held. */
const analyzeCells = (cells: readonly number[]): Analysis => {
  const nodeCount = cells.reduce((product, count) => product * (count + 1), 1);
  const [nelx, nely, nelz] = cells.toReversed() as [number, number, number];
  return analyzeElements({
    nodeCount,
    dofsPerNode: 1,
    elementNodes: cells.length === 2 ? gridElementNodes(nelx, nely) : brickElementNodes(nelx, nely, nelz),
    nodesPerElement: 2 ** cells.length,
    order: nestedDissection(cells),
    fixed: Uint8Array.from({ length: nodeCount }, (_, node) => (node === 0 ? 1 : 0)),
  });
};

const side = (max: number) => fc.integer({ min: 1, max });
const systems = fc
  .oneof(fc.tuple(side(40), side(40)), fc.tuple(side(9), side(9), side(9)))
  .map((cells) => ({ cells, analysis: analyzeCells(cells) }));
const counts = fc.integer({ min: 1, max: 7 });

const supernodesOf = (ranges: readonly SupernodeRange[]): number[] =>
  ranges.flatMap(({ first, last }) => Array.from({ length: last - first }, (_, k) => first + k));
const childrenOf = ({ children, childStart }: Analysis, s: number): number[] =>
  Array.from(children.subarray(childStart[s], childStart[s + 1]));

describe("the partition", () => {
  test("has every supernode once, in ascending ranges that are not empty", () => {
    fc.assert(
      fc.property(systems, counts, ({ analysis }, count) => {
        const { parts, top } = partition(analysis, count);
        expect(parts).toHaveLength(count);
        const lists = [...parts, top];
        const all = lists.flatMap(supernodesOf).toSorted((a, b) => a - b);
        expect(all).toEqual(Array.from({ length: analysis.supernodeCount }, (_, s) => s));
        for (const ranges of lists)
          ranges.forEach(({ first, last }, k) => {
            expect(first).toBeLessThan(last);
            if (k > 0) expect(ranges[k - 1]!.last).toBeLessThan(first);
          });
      }),
    );
  });

  test("leaves the children of a part's supernodes in the part", () => {
    fc.assert(
      fc.property(systems, counts, ({ analysis }, count) => {
        for (const ranges of partition(analysis, count).parts) {
          const own = new Set(supernodesOf(ranges));
          for (const s of own) for (const child of childrenOf(analysis, s)) expect(own.has(child)).toBe(true);
        }
      }),
    );
  });

  test("of two parts has little more than half of a large grid's work in a row, and leaves a single front whole", () => {
    const flopsOf = ({ pivotStart, rowStart }: Analysis, ranges: readonly SupernodeRange[]): number =>
      supernodesOf(ranges).reduce((sum, s) => {
        const [k, m] = [pivotStart[s + 1]! - pivotStart[s]!, rowStart[s + 1]! - rowStart[s]!];
        return sum + k ** 3 / 3 + k * k * m + k * m * m;
      }, 0);
    for (const grid of [
      { nelx: 96, nely: 64 },
      { nelx: 150, nely: 50 },
      { nelx: 37, nely: 41 },
    ]) {
      const analysis = analyzeGrid(grid, cantilever(grid));
      const { parts, top } = partition(analysis, 2);
      const longest = Math.max(...parts.map((ranges) => flopsOf(analysis, ranges)));
      expect(longest + flopsOf(analysis, top)).toBeLessThan(0.58 * analysis.statistics.flops);
    }
    const single = analyzeCells([1, 1]);
    expect(partition(single, 3)).toEqual({ parts: [[], [], []], top: [{ first: 0, last: single.supernodeCount }] });
  });
});

describe("the places of update matrices", () => {
  test("are those of one stack where there are no parts", () => {
    fc.assert(
      fc.property(systems, ({ analysis }) => {
        const { updateStart, stackLength } = analysis;
        expect(placePartUpdates(analysis, partition(analysis, 1))).toEqual({ updateStart, stackLength });
      }),
    );
  });

  test("do not overlap one that is still to be read, in whatever order the parts go on", () => {
    fc.assert(
      fc.property(systems, counts, seeds, ({ analysis }, count, seed) => {
        const divided = partition(analysis, count);
        const { updateStart, stackLength } = placePartUpdates(analysis, divided);
        const { rowStart } = analysis;
        const waiting = new Map<number, readonly [from: number, to: number]>();
        const run = (s: number): void => {
          const from = updateStart[s]!;
          const to = from + blockTriangleLength(rowStart[s + 1]! - rowStart[s]!);
          expect(from).toBeGreaterThanOrEqual(0);
          expect(to).toBeLessThanOrEqual(stackLength);
          for (const [start, end] of waiting.values()) expect(from >= end || to <= start).toBe(true);
          for (const child of childrenOf(analysis, s)) expect(waiting.delete(child)).toBe(true);
          if (to > from) waiting.set(s, [from, to]);
          else waiting.set(s, [0, 0]);
        };
        const queues = divided.parts.map(supernodesOf);
        const choices = uniform(analysis.supernodeCount, seed);
        for (let step = 0; queues.some((queue) => queue.length > 0); step++) {
          const open = queues.filter((queue) => queue.length > 0);
          run(open[Math.floor(choices[step]! * open.length)]!.shift()!);
        }
        supernodesOf(divided.top).forEach(run);
      }),
    );
  });
});

/** Threads that are none: the parts of the others are run here, before or after the caller's. */
const pretended = (threads: number, outcome: PartOutcome): PartRunner => ({
  threadsFor: () => threads,
  share: ({ module, memory, function: name, base }: PartJob, own) => {
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    const others = Array.from({ length: threads - 1 }, (_, k) => threads - 1 - k);
    if (outcome === "done") for (const part of others) (exports[name] as (...x: number[]) => void)(base, part);
    own();
    // A thread that was lost writes whatever it likes.
    if (outcome === "lost") new Uint8Array(memory.buffer).fill(0xa5);
    return outcome;
  },
});

const outcomes = fc.constantFrom<PartOutcome>("done", "alone", "lost");
const threshold = (analysis: Analysis): Float64Array =>
  Float64Array.from(analysis.dofAt, (dof) => (dof === -1 ? 0.5 : 0));
const moduli = (analysis: Analysis, seed: number): Float64Array =>
  uniform(analysis.elementCount, seed).map((x) => 10 ** (-6 * x));
const matrixFor = (cells: readonly number[]): Float64Array => (cells.length === 2 ? q4Heat() : h8Heat());

/** What the reference answers: the pivot it refuses, or the solution. */
const expected = (
  analysis: Analysis,
  values: { readonly elementMatrix: Float64Array; readonly modulus: Float64Array },
  rhs: Float64Array,
  limits = threshold(analysis),
) => {
  const factor = new Float64Array(analysis.factorLength);
  const stack = new Float64Array(analysis.stackLength);
  const refused = eliminate(analysis, values, factor, stack, limits);
  const solution = new Float64Array(rhs.length);
  if (refused === undefined) solve(analysis, factor, rhs, 1, solution);
  return { refused, solution };
};

describe("the solver in parts", () => {
  test("has the bits of the reference, also where the parts were not begun or a thread was lost", () => {
    let divided = 0;
    fc.assert(
      fc.property(systems, counts, outcomes, seeds, ({ cells, analysis }, threads, outcome, seed) => {
        const elementMatrix = matrixFor(cells);
        const modulus = moduli(analysis, seed);
        const rhs = uniform(analysis.dofCount, seed + 1);
        const solver = directSolver(analysis, pretended(threads, outcome));
        if (arrange(analysis, threads).parts.length > 0) divided++;
        expect(solver.eliminate({ elementMatrix, modulus }, threshold(analysis))).toBeUndefined();
        expect(solver.holds()).toBe(true);
        const solution = new Float64Array(rhs.length);
        solver.solve(rhs, 1, solution);
        expect(solution).toEqual(expected(analysis, { elementMatrix, modulus }, rhs).solution);
      }),
    );
    expect(divided).toBeGreaterThan(30);
  });

  test("refuses the pivot that one thread refuses, in whichever parts or the top faults are", () => {
    const faults = fc.record({
      moduli: fc.array(fc.tuple(fc.nat(), fc.constantFrom(-3, NaN)), { maxLength: 1 }),
      // Pivots that are not accepted whatever they are: on the way up the first of them is met.
      positions: fc.array(fc.nat(), { minLength: 1, maxLength: 4 }),
    });
    fc.assert(
      fc.property(systems, counts, outcomes, seeds, faults, ({ cells, analysis }, threads, outcome, seed, faulty) => {
        const elementMatrix = matrixFor(cells);
        const [modulus, limits] = [moduli(analysis, seed), threshold(analysis)];
        for (const [place, value] of faulty.moduli) modulus[place % modulus.length] = value;
        for (const position of faulty.positions) limits[position % limits.length] = Infinity;
        const rhs = new Float64Array(analysis.dofCount);
        const { refused } = expected(analysis, { elementMatrix, modulus }, rhs, limits);
        const solver = directSolver(analysis, pretended(threads, outcome));
        expect(refused).toBeDefined();
        expect(solver.eliminate({ elementMatrix, modulus }, limits)).toEqual(refused);
        expect(solver.holds()).toBe(false);
      }),
    );
  });

  test("is divided anew for another number of threads, and goes on alone as it is", () => {
    const analysis = analyzeCells([30, 20]);
    const elementMatrix = q4Heat();
    let threads = 1;
    const asked: number[] = [];
    const solver = directSolver(analysis, {
      threadsFor: () => threads,
      share: (job, own) => {
        asked.push(job.threads);
        return pretended(job.threads, "done").share(job, own);
      },
    });
    const rhs = uniform(analysis.dofCount, 2);
    [1, 2, 2, 4, 1, 4, 3].forEach((wanted, k) => {
      threads = wanted;
      const modulus = moduli(analysis, k + 1);
      expect(solver.eliminate({ elementMatrix, modulus }, threshold(analysis))).toBeUndefined();
      const solution = new Float64Array(rhs.length);
      solver.solve(rhs, 1, solution);
      expect(solution).toEqual(expected(analysis, { elementMatrix, modulus }, rhs).solution);
    });
    expect(asked).toEqual([2, 2, 4, 4, 3]);
  });
});
