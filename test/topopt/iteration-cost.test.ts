/** What an iteration of an optimization costs beside time: one program, one factorization, arrays of the problem's size. */
import { spawnSync } from "node:child_process";
import { afterEach, expect, test, vi } from "vitest";
import { configure, counters } from "cotangent";
import { elementField } from "cotangent/fem";
import * as np from "cotangent/numpy";
import { minimizeCompliance, problems } from "cotangent/topopt";
import type { HistoryEntry, MinimizeOptions, Problem } from "cotangent/topopt";
import { settleThreads } from "../../src/backend/index.ts";
import { floats } from "../fem/fields.ts";

const options = { volumeFraction: 0.4, filterRadius: 1.5, iterations: 12 } as const;
const problem = (): Problem => problems.mbb({ nelx: 24, nely: 16 });

afterEach(() => {
  vi.unstubAllGlobals();
  configure({ threads: 1 });
});

test("every iteration is one factorization and one solve; the first traces and compiles, none after it does", () => {
  const seen: (readonly number[])[] = [];
  let before = counters();
  const own = problem();
  minimizeCompliance(own, {
    ...options,
    onIteration: () => {
      const now = counters();
      seen.push(
        (["factorizations", "solves", "traces", "compilations", "eagerCompilations", "analyses"] as const).map(
          (name) => now[name] - before[name],
        ),
      );
      before = now;
    },
  });
  expect(seen[0]!.slice(0, 3)).toEqual([1, 1, 1]);
  expect(seen.slice(1)).toEqual(new Array(11).fill([1, 1, 0, 0, 0, 0]));
});

/** All numbers of a run but its times. */
const numbersOf = (own: Problem, more: Partial<MinimizeOptions>): unknown => {
  const { history, design, density, displacement } = minimizeCompliance(own, { ...options, ...more });
  const plain = history.map(({ objective, volume, change }: HistoryEntry) => [objective, volume, change]);
  return { plain, fields: [design, density, displacement].map(floats) };
};

test("a run has the same bits on all back ends", () => {
  const own = problems.michell({ nelx: 20, nely: 20 });
  const inside = Float64Array.from({ length: 400 }, (_, e) => (e % 20 >= 10 && Math.floor(e / 20) < 10 ? 0 : 1));
  const mask = elementField(own.mesh, np.array(inside, { shape: [20, 20] }));
  for (const each of [problem(), { ...own, mask }]) {
    const wanted = numbersOf(each, { backend: "wasm", iterations: 5 });
    for (const backend of ["js", "interpreter", "auto"] as const)
      expect(numbersOf(each, { backend, iterations: 5 })).toEqual(wanted);
  }
});

test("a run has the same bits by one, two and four threads", async () => {
  const sized = (): Problem => problems.mbb({ nelx: 96, nely: 64 });
  const asked = { iterations: 4, filterRadius: 3.84 };
  const wanted = numbersOf(sized(), asked);
  for (const threads of [2, 4]) {
    configure({ threads });
    minimizeCompliance(sized(), { ...options, ...asked });
    await settleThreads();
    const before = counters().parallelSteps;
    expect(numbersOf(sized(), asked)).toEqual(wanted);
    expect(counters().parallelSteps).toBeGreaterThan(before);
  }
});

test("every iteration makes arrays of the same number of bytes, those of four nodal fields", () => {
  const bytes: number[] = [];
  let taken = 0;
  const counted = <T extends Float64ArrayConstructor>(kind: T): T =>
    new Proxy(kind, {
      construct: (target, args: [unknown]) => {
        const made = Reflect.construct(target, args) as Float64Array;
        // Views of buffers that exist take nothing.
        if (typeof args[0] === "number" || ArrayBuffer.isView(args[0])) taken += made.byteLength;
        return made;
      },
    });
  const own = problem();
  vi.stubGlobal("Float64Array", counted(Float64Array));
  minimizeCompliance(own, {
    ...options,
    iterations: 60,
    onIteration: () => {
      bytes.push(taken);
      taken = 0;
    },
  });
  const steady = bytes.slice(20);
  const fieldBytes = 8 * 2 * 17 * 25;
  expect(Math.min(...steady)).toBeGreaterThan(fieldBytes);
  expect(Math.max(...steady)).toBe(Math.min(...steady));
  expect(Math.max(...steady)).toBeLessThan(4 * fieldBytes);
});

test("iterations 20 to 60 leave heap, arrays and WebAssembly memory as they were", () => {
  const program = `
import { arenaInUse } from "./src/backend/arena.ts";
import { minimizeCompliance, problems } from "./topopt/index.ts";
const seen = [];
const problem = problems.mbb({ nelx: 48, nely: 32 });
minimizeCompliance(problem, {
  volumeFraction: 0.4, filterRadius: 2, iterations: 60,
  onIteration: ({ iteration }) => {
    if (iteration !== 20 && iteration !== 60) return;
    for (let k = 0; k < 4; k++) gc();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    seen.push([heapUsed, arrayBuffers, arenaInUse().capacity]);
  },
});
console.log(JSON.stringify(seen[1].map((bytes, k) => bytes - seen[0][k])));
`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["--expose-gc", "--conditions=@cotangent/source", "--import", "tsx", "--input-type=module", "--eval", program],
    { encoding: "utf8", timeout: 110_000 },
  );
  expect(stdout, stderr).toMatch(/\[/);
  const [heap, arrays, arena] = JSON.parse(stdout) as [number, number, number];
  // Forty histories of four numbers, and what the engine notes about its code.
  expect(heap).toBeLessThan(2 ** 19);
  expect(arrays).toBeLessThan(2 ** 16);
  expect(arena).toBe(0);
}, 120_000);
