/**
 * Factorizations on threads: the bits of the reference for one, two and four, whatever becomes of the workers, and one
 * thread for systems that are too small.
 */
import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, test, vi } from "vitest";
import { configure, counters } from "cotangent";
import { directSolver } from "../../kernels/multifrontal/direct-solver.ts";
import type { DirectSolver } from "../../kernels/multifrontal/direct-solver.ts";
import type { Analysis } from "../../kernels/sparse/analysis.ts";
import { eliminate } from "../../kernels/sparse/multifrontal.ts";
import { q4PlaneStress } from "../../kernels/sparse/quadrilateral.ts";
import { solve } from "../../kernels/sparse/solve.ts";
import { feFactor, feSolve } from "../../ops/fe-solve.ts";
import { gridSystem } from "../../ops/fe-system.ts";
import { settleThreads } from "../../src/backend/index.ts";
import { partRunner } from "../../src/backend/part-runner.ts";
import { setPatience, stopThreads } from "../../src/backend/threads.ts";
import { setLeastSharedWork } from "../../src/machine.ts";
import { setNoticeListener } from "../../src/notice.ts";
import { floats, wave } from "../fem/fields.ts";
import { analyzeGrid, cantilever, uniform } from "../kernels/sparse/systems.ts";

afterEach(() => {
  vi.unstubAllGlobals();
  setNoticeListener(null);
  setLeastSharedWork();
  configure({ threads: 1 });
});

const elementMatrix = q4PlaneStress(0.3);
const grid = { nelx: 96, nely: 64 };
const analysis = analyzeGrid(grid, cantilever(grid));
const threshold = Float64Array.from(analysis.dofAt, (dof) => (dof === -1 ? 0.5 : 0));
const rhs = uniform(analysis.dofCount, 5);
const moduli = (seed: number, { elementCount }: Analysis = analysis): Float64Array =>
  uniform(elementCount, seed).map((x) => 10 ** (-6 * x));

/** Solution, or the pivot refused. */
const answer = (refused: unknown, solveFor: (out: Float64Array) => void): unknown => {
  const out = new Float64Array(rhs.length);
  if (refused === undefined) solveFor(out);
  return refused ?? out;
};

const byReference = (modulus: Float64Array): unknown => {
  const factor = new Float64Array(analysis.factorLength);
  const stack = new Float64Array(analysis.stackLength);
  const refused = eliminate(analysis, { elementMatrix, modulus }, factor, stack, threshold);
  return answer(refused, (out) => solve(analysis, factor, rhs, 1, out));
};

const byThreads = (solver: DirectSolver, modulus: Float64Array): unknown => {
  const refused = solver.eliminate({ elementMatrix, modulus }, threshold);
  return answer(refused, (out) => solver.solve(rhs, 1, out));
};

/** A solver whose module the workers know. */
const settledSolver = async (): Promise<DirectSolver> => {
  const solver = directSolver(analysis, partRunner);
  solver.eliminate({ elementMatrix, modulus: moduli(1) }, threshold);
  await settleThreads();
  return solver;
};

const shared = (): number => counters().parallelSteps;

describe.each([1, 2, 4])("%i threads", (threads) => {
  test("factor with the bits of the reference, and refuse what it refuses", async () => {
    configure({ threads });
    const solver = await settledSolver();
    const before = shared();
    for (let seed = 1; seed <= 3; seed++) expect(byThreads(solver, moduli(seed))).toEqual(byReference(moduli(seed)));
    // Faults in several parts at once; the last element may be met first, or the first.
    for (const places of [[0], [6143], [0, 6143], [40, 3000, 6100], [3050], [95, 6048]]) {
      const modulus = moduli(7);
      for (const place of places) modulus[place] = -3;
      expect(byThreads(solver, modulus)).toEqual(byReference(modulus));
    }
    expect(shared() - before).toBe(threads === 1 ? 0 : 9);
  });

  test("solve systems with the same bits", async () => {
    configure({ threads });
    const system = gridSystem({ cells: [grid.nely, grid.nelx], elementMatrix, fixed: cantilever(grid) });
    const load = wave([grid.nely + 1, grid.nelx + 1, 2], 0.3);
    const solutionAt = (phase: number): Float64Array => {
      const modulus = wave(system.elementShape, phase, { middle: 0.55, amplitude: 0.45 });
      return floats(feSolve(feFactor(modulus, { system }), modulus, load, { system }));
    };
    solutionAt(0);
    await settleThreads();
    const before = shared();
    const seen = [1, 2, 3].map(solutionAt);
    if (threads > 1) expect(shared() - before).toBeGreaterThanOrEqual(3);
    configure({ threads: 1 });
    // At further designs, so that the factors are made again.
    [4, 5].forEach(solutionAt);
    expect(seen).toEqual([1, 2, 3].map(solutionAt));
  });
});

test("the number of threads may change between factorizations", async () => {
  const solver = directSolver(analysis, partRunner);
  for (const threads of [1, 2, 3, 1, 2]) {
    configure({ threads });
    for (const seed of [threads, threads + 10]) {
      expect(byThreads(solver, moduli(seed))).toEqual(byReference(moduli(seed)));
      await settleThreads();
    }
  }
});

test("a factorization is shared from a certain amount of work on", async () => {
  configure({ threads: 2 });
  setLeastSharedWork();
  const countShared = async (nelx: number, nely: number): Promise<number> => {
    const system = analyzeGrid({ nelx, nely }, cantilever({ nelx, nely }));
    const solver = directSolver(system, partRunner);
    const run = (): unknown =>
      solver.eliminate(
        { elementMatrix, modulus: moduli(1, system) },
        Float64Array.from(system.dofAt, () => 0),
      );
    run();
    await settleThreads();
    const before = shared();
    run();
    return shared() - before;
  };
  expect(await countShared(10, 8)).toBe(0);
  expect(await countShared(60, 40)).toBe(1);
  setLeastSharedWork(0);
  expect(await countShared(10, 8)).toBe(1);
});

test("without shared memory one thread has the same bits, and a notice says so", () => {
  const notices: string[] = [];
  setNoticeListener((code) => notices.push(code));
  configure({ threads: 2 });
  vi.stubGlobal("SharedArrayBuffer", undefined);
  expect(byThreads(directSolver(analysis, partRunner), moduli(4))).toEqual(byReference(moduli(4)));
  expect(notices).toEqual(["ThreadsMissing"]);
});

test("a worker that is lost in the middle costs time only: the caller does its part in other memory, later ones have new workers", async () => {
  const started: Worker[] = [];
  const { getBuiltinModule } = process;
  stopThreads();
  vi.spyOn(process, "getBuiltinModule").mockImplementation(((name: string) =>
    name !== "node:worker_threads"
      ? getBuiltinModule(name)
      : {
          Worker: class extends Worker {
            constructor(source: string, options: object) {
              super(source, options);
              started.push(this);
            }
          },
        }) as typeof getBuiltinModule);
  setPatience(100);
  try {
    configure({ threads: 2 });
    const solver = await settledSolver();
    expect(started).toHaveLength(1);
    // Its end is told later than the next factorization begins.
    void started[0]!.terminate();
    const before = shared();
    expect(byThreads(solver, moduli(2))).toEqual(byReference(moduli(2)));
    expect(shared()).toBe(before + 1);
    expect(byThreads(solver, moduli(3))).toEqual(byReference(moduli(3)));
    expect(started).toHaveLength(2);
    await settleThreads();
    expect(byThreads(solver, moduli(4))).toEqual(byReference(moduli(4)));
    expect(shared()).toBe(before + 2);
  } finally {
    vi.restoreAllMocks();
    setPatience();
    stopThreads();
  }
});
