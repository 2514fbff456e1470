/** memoryAnalysis: the plan's peak is what running programs hold, within ten percent, on both back ends. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { checkpoint, cond, grad, jit, memoryAnalysis, NDArray, scan, whileLoop, array } from "cotangent";
import * as np from "cotangent/numpy";
import { forgetCapabilities, measurePeak } from "../../src/backend/index.ts";

type Loss = (...args: NDArray[]) => NDArray;

const n = 2000;
const matrix = np.sin(np.arange(64 * 64)).reshape([64, 64]);

/** A network of three layers over many points: activations dominate. */
const layers: Loss = (w, x) => {
  let h = x;
  for (let k = 0; k < 3; k++) h = np.tanh(np.matmul(h, w));
  return np.sum(np.square(h));
};

const cases: Readonly<Record<string, readonly [f: Loss, args: readonly NDArray[]]>> = {
  "a chain of elementwise functions": [(x) => np.sum(np.exp(np.sin(np.cos(x)))), [np.ones([n])]],
  "a network": [layers, [matrix, np.ones([500, 64])]],
  "a network with checkpoints": [
    (w, x) =>
      np.sum(np.square([0, 1, 2].reduce((h) => checkpoint((own: NDArray) => np.tanh(np.matmul(own, w)))(h), x))),
    [matrix, np.ones([500, 64])],
  ],
  "a scan": [
    (x) => np.sum(scan((c: NDArray, _: null) => [np.sin(c.mul(c)), null] as const, x, null, { length: 40 })[0]),
    [np.ones([n])],
  ],
  "a checkpointed scan": [
    (x) =>
      np.sum(
        scan((c: NDArray, _: null) => [np.sin(c.mul(c)), null] as const, x, null, {
          length: 49,
          checkpoint: "sqrt",
        })[0],
      ),
    [np.ones([n])],
  ],
  "a cond": [
    (x) =>
      np.sum(
        cond(
          np.greater(np.sum(x), 0),
          (y: NDArray) => np.matmul(np.sin(y), matrix),
          (y: NDArray) => y,
          x,
        ),
      ),
    [np.ones([100, 64])],
  ],
};

const measured = (f: Loss, args: readonly NDArray[]): number => {
  const gradient = jit(grad(f));
  gradient(...(args as [NDArray]));
  return measurePeak(() => gradient(...(args as [NDArray])));
};

const expectWithinTenPercent = (seen: number, planned: number): void => {
  expect(planned).toBeGreaterThan(1000);
  expect(Math.abs(seen - planned) / seen, `held ${seen}, planned ${planned}`).toBeLessThan(0.1);
};

afterEach(() => {
  vi.unstubAllGlobals();
  forgetCapabilities();
});

describe.each(Object.keys(cases))("the gradient of %s", (name) => {
  const [f, args] = cases[name]!;
  test("holds in WebAssembly what the plan says", () => {
    const { peakBytes, argumentBytes } = memoryAnalysis(grad(f), ...(args as [NDArray]));
    expectWithinTenPercent(measured(f, args), peakBytes - argumentBytes);
  });

  test("holds in JavaScript what the plan says", () => {
    vi.stubGlobal("WebAssembly", undefined);
    forgetCapabilities();
    const { peakBytes, argumentBytes } = memoryAnalysis(grad(f), ...(args as [NDArray]));
    expectWithinTenPercent(measured(f, args), peakBytes - argumentBytes);
  });
});

test("a while loop holds its state twice and what its body needs", () => {
  const f = (x: NDArray): NDArray =>
    whileLoop(
      (a: NDArray) => np.less(np.sum(a), 1e5),
      (a: NDArray) => np.add(a, np.exp(np.sin(a))),
      x,
    );
  const compiled = jit(f);
  compiled(np.ones([n]));
  const { peakBytes, argumentBytes } = memoryAnalysis(f, np.ones([n]));
  expectWithinTenPercent(
    measurePeak(() => compiled(np.ones([n]))),
    peakBytes - argumentBytes,
  );
});

test("checkpoint lowers the planned peak of a deep network, and sqrt segments that of a long loop", () => {
  const deep =
    (wrap: (f: Loss) => Loss): Loss =>
    (w, x) =>
      np.sum(
        Array.from({ length: 8 }).reduce(
          (h: NDArray) => wrap((own, weights) => np.tanh(np.sin(np.matmul(own!, weights!))))(h, w!),
          x!,
        ),
      );
  const args = [matrix, np.ones([500, 64])] as const;
  const peakOf = (wrap: (f: Loss) => Loss): number => memoryAnalysis(grad(deep(wrap)) as Loss, ...args).peakBytes;
  const plain = peakOf((f) => f);
  const kept = peakOf(checkpoint);
  expect(kept).toBeLessThan(0.75 * plain);
  const loop = (options: object) => (x: NDArray) =>
    np.sum(scan((c: NDArray, _: null) => [np.sin(c), null] as const, x, null, { length: 400, ...options })[0]);
  const [all, some] = [{}, { checkpoint: "sqrt" }].map(
    (options) => memoryAnalysis(grad(loop(options)), np.ones([100])).peakBytes,
  );
  expect(some! / all!).toBeLessThan(0.2);
});

test("parts add up, arguments passed through are no results, and nothing runs", () => {
  let runs = 0;
  const f = (x: NDArray): readonly NDArray[] => {
    runs++;
    return [x, np.sin(x)];
  };
  const { argumentBytes, outputBytes, temporaryBytes, peakBytes } = memoryAnalysis(f, array([1, 2, 3]));
  expect([argumentBytes, outputBytes, runs]).toEqual([24, 24, 1]);
  expect(argumentBytes + outputBytes + temporaryBytes).toBe(peakBytes);
});
