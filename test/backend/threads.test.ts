/**
 * Threads: the same bits for any number of them, on programs whose every step is shared that can be, and one thread,
 * with a notice, where there can be no more.
 */
import { Worker } from "node:worker_threads";
import * as fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { array, configure, counters, debugPrint, grad, jit, NDArray, scan } from "cotangent";
import * as linalg from "cotangent/linalg";
import * as nn from "cotangent/nn";
import * as np from "cotangent/numpy";
import { setLeastSharedTime } from "../../kernels/prebuilt/shares.ts";
import { execute, settleThreads } from "../../src/backend/index.ts";
import { setNoticeListener } from "../../src/notice.ts";
import { setPatience, stopThreads } from "../../src/backend/threads.ts";
import { setLeastSharedWork } from "../../src/machine.ts";
import { bitsOf, programs, runOn } from "./programs.ts";

afterEach(() => {
  vi.unstubAllGlobals();
  setNoticeListener(null);
  setLeastSharedWork();
  setLeastSharedTime();
  configure({ threads: 1 });
});

/** Runs twice: the workers know the program at the second run. */
const onThreads = async (threads: number, run: () => readonly string[]): Promise<readonly string[]> => {
  configure({ threads });
  setLeastSharedWork(0);
  setLeastSharedTime(0);
  run();
  await settleThreads();
  return run();
};

const first = (count: number, x: NDArray): NDArray => np.take(np.ravel(x), np.arange(count).astype("int32"));

describe.each([2, 4])("76: %i threads", (threads) => {
  test("random programs give the bits of one thread", async () => {
    const before = counters().parallelSteps;
    await fc.assert(
      fc.asyncProperty(programs(30), async ({ jaxpr, inputs }) => {
        const expected = runOn("interpreter", jaxpr, inputs);
        expect(await onThreads(threads, () => execute(jaxpr, "wasm", inputs).map(bitsOf))).toEqual(expected);
      }),
      { numRuns: 100 },
    );
    expect(counters().parallelSteps).toBeGreaterThan(before + 10);
  });

  test.each<[string, (x: NDArray, y: NDArray) => readonly NDArray[]]>([
    [
      "matrix products of every layout",
      (x, y) => [np.matmul(x, y), np.matmul(x.T, y), np.matmul(x, y.T), np.matmul(x.T, y.T)],
    ],
    ["a batch of products", (x, y) => [np.matmul(np.stack([x, y, x]), np.stack([y, y, x]))]],
    [
      "a loop",
      (x, y) =>
        scan((c: NDArray, r: NDArray) => [np.tanh(np.matmul(c, y)).add(r), np.sum(c, { axis: 0 })] as const, x, x),
    ],
    [
      "its gradient",
      (x, y) => [
        grad((w: NDArray) =>
          np.sum(scan((c: NDArray, r: NDArray) => [np.sin(c.mul(w)).add(r), np.sum(c)] as const, x, x)[1]),
        )(y),
      ],
    ],
    [
      "angles that a worker asks its caller for",
      (x) => [np.sin(x.mul(1e12)), np.cos(np.where(np.greater(x, 0), x, 1e300))],
    ],
    ["functions that only the caller has", (x) => [np.sinc(x), np.i0(x)]],
    ["a product of few rows", (x, y) => [np.matmul(np.reshape(first(8 * 130, x), [8, 130]), y)]],
    [
      "convolutions and their gradients",
      (x, y) => {
        const [images, window] = [np.reshape(x, [2, 2, 65, 65]), np.reshape(first(90, y), [5, 2, 3, 3])];
        const sum = (image: NDArray, kernel: NDArray): NDArray => np.sum(np.square(nn.conv(image, kernel)));
        return [nn.conv(images, window), ...grad(sum, { argnums: [0, 1] })(images, window)];
      },
    ],
    [
      "running sums and maxima of rows and columns",
      (x) => [np.cumsum(x, { axis: 0 }), np.cumsum(x, { axis: 1 }), np.cummax(x, { axis: 0 })],
    ],
    [
      "sorted rows, columns and their order",
      (x) => [np.sort(x, { axis: 0 }), np.sort(x, { axis: 1 }), np.argsort(x, { axis: 0 }), np.argsort(x, { axis: 1 })],
    ],
    ["places of extrema", (x) => [np.argmax(x, { axis: 0 }), np.argmin(x, { axis: 1 })]],
    [
      "rows at indices, and places of keys",
      (x, y) => [np.take(np.ravel(x), np.argsort(np.ravel(y))), np.searchsorted(np.sort(np.ravel(x)), y)],
    ],
    [
      "pooling and its gradient",
      (x) => [
        nn.maxPool(np.reshape(x, [2, 2, 65, 65]), [3, 3]),
        nn.avgPool(x, [5, 4]),
        grad((v: NDArray) => np.sum(np.square(nn.maxPool(v, [3, 3]))))(np.reshape(x, [2, 2, 65, 65])),
      ],
    ],
    ["resizing", (x) => [nn.resize(np.reshape(x, [4, 65, 65]), [4, 40, 90])]],
    [
      "decompositions of stacks",
      (x) => {
        const stack = np.reshape(first(2 ** 14, x), [16, 32, 32]);
        return [...linalg.qr(stack), ...linalg.svd(stack), linalg.eigh(stack)[0], linalg.det(stack)];
      },
    ],
  ])("%s", async (name, f) => {
    const [x, y] = [0, 1].map((shift) => np.sin(np.arange(130 * 130).add(shift)).reshape([130, 130])) as [
      NDArray,
      NDArray,
    ];
    const run = (backend: "wasm" | "interpreter") => (jit(f as never, { backend }) as typeof f)(x, y).map(bitsOf);
    const expected = run("interpreter");
    const program = jit(f as never, { backend: "wasm" }) as typeof f;
    const before = counters().parallelSteps;
    expect(await onThreads(threads, () => program(x, y).map(bitsOf))).toEqual(expected);
    if (name !== "functions that only the caller has") expect(counters().parallelSteps).toBeGreaterThan(before);
  });
});

const wide = np.sin(np.arange(1e5));
const chain = (x: NDArray): NDArray => np.exp(np.sin(x).mul(x));

test("a step is shared from a certain amount of work on", async () => {
  configure({ threads: 2 });
  const f = jit(chain);
  const shared = async (x: NDArray): Promise<number> => {
    f(x);
    await settleThreads();
    const before = counters().parallelSteps;
    f(x);
    return counters().parallelSteps - before;
  };
  expect(await shared(array([1, 2, 3]))).toBe(0);
  expect(await shared(wide)).toBe(1);
});

test("a program is compiled anew for another number of threads, and works on after it", async () => {
  const f = jit(chain);
  const expected = bitsOf(f(wide));
  for (const threads of [2, 1, 3, 2, 1]) {
    configure({ threads });
    for (let call = 0; call < 3; call++) expect(bitsOf(f(wide))).toBe(expected);
    await settleThreads();
    expect(bitsOf(f(wide))).toBe(expected);
  }
});

describe("where something is missing", () => {
  const notices: string[] = [];
  const told = (): readonly string[] => notices.splice(0);
  const expected = bitsOf(jit(chain)(wide));
  const run = (): string => {
    setNoticeListener((code) => notices.push(code));
    configure({ threads: 2 });
    return bitsOf(jit((x: NDArray) => chain(x))(wide));
  };

  test("72: without shared memory one thread gives the same bits, and a notice says so", () => {
    vi.stubGlobal("SharedArrayBuffer", undefined);
    expect(run()).toBe(expected);
    expect(told()).toEqual(["ThreadsMissing"]);
  });

  test("73: without workers, and without a process that has some, likewise", () => {
    vi.stubGlobal("process", undefined);
    vi.stubGlobal("Worker", undefined);
    vi.stubGlobal("navigator", undefined);
    expect(run()).toBe(expected);
    expect(told()).toEqual(["ThreadsMissing"]);
  });
});

describe("74: a worker that is lost", () => {
  const started: Worker[] = [];

  /** Workers of the pool, to be ended from outside. */
  const watchWorkers = (): void => {
    const { getBuiltinModule } = process;
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
  };

  afterEach(() => {
    started.length = 0;
    vi.restoreAllMocks();
    setPatience();
    stopThreads();
  });

  test("in the middle of a program: the call ends in bounded time with the same bits, later calls have new workers", async () => {
    stopThreads();
    watchWorkers();
    setPatience(100);
    const f = jit((x: NDArray) => chain(chain(x)));
    const expected = bitsOf(f(wide));
    configure({ threads: 2 });
    f(wide);
    await settleThreads();
    expect(started.length).toBe(1);
    // Its end is told later than the next call is made.
    void started[0]!.terminate();
    const before = performance.now();
    expect(bitsOf(f(wide))).toBe(expected);
    expect(performance.now() - before).toBeLessThan(5000);
    expect(started.length).toBe(2);
    await settleThreads();
    const shared = counters().parallelSteps;
    expect(bitsOf(f(wide))).toBe(expected);
    expect(counters().parallelSteps).toBeGreaterThan(shared);
  });

  test("a program with effects has one thread, since it cannot be run again", async () => {
    const printed: string[] = [];
    configure({ threads: 2, onPrint: (text) => printed.push(text) });
    const f = jit((x: NDArray) => {
      debugPrint("once");
      return chain(x);
    });
    f(wide);
    await settleThreads();
    const shared = counters().parallelSteps;
    f(wide);
    configure({ onPrint: null });
    expect(printed.length).toBe(2);
    expect(counters().parallelSteps).toBe(shared);
  });

  test("at any moment", async () => {
    setNoticeListener(() => undefined);
    stopThreads();
    watchWorkers();
    setPatience(20);
    const f = jit((x: NDArray) => chain(chain(x)));
    const expected = bitsOf(f(wide));
    configure({ threads: 3 });
    await fc.assert(
      fc.asyncProperty(fc.nat(3), fc.nat(5), fc.boolean(), async (calls, wait, isSettled) => {
        if (isSettled) await settleThreads();
        for (let call = 0; call < calls; call++) expect(bitsOf(f(wide))).toBe(expected);
        void started.at(-1)?.terminate();
        if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
        expect(bitsOf(f(wide))).toBe(expected);
      }),
      { numRuns: 10 },
    );
  });
});

test.each([0, 1.5, -2, 65, Number.NaN, "2", null])("configure refuses %o threads", (threads) => {
  expect(() => configure({ threads: threads as number })).toThrow(/threads .*whole number from 1 to 64/);
});
