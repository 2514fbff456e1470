/**
 * Explanations: their text for two programs, and estimates of operations and bytes against counts by hand.
 */
import { beforeEach, describe, expect, test } from "vitest";
import { array, cond, configure, explain, grad, NDArray, scan, whileLoop } from "cotangent";
import * as np from "cotangent/numpy";
import { explain as explainJaxpr } from "../../src/compile/explain.ts";
import { costOf, functionFlops, showCost, showIntensity } from "../../src/compile/cost.ts";
import type { Cost } from "../../src/compile/cost.ts";
import { buildProgram } from "../../src/compile/program.ts";
import { add, div, mul, neg } from "../../ops/arithmetic.ts";
import { convert } from "../../ops/conversion.ts";
import { dot } from "../../ops/contraction.ts";
import { convolution } from "../../ops/convolution.ts";
import { cumsum } from "../../ops/cumulative.ts";
import { cholesky, lu } from "../../ops/factorization.ts";
import { eigh } from "../../ops/spectral.ts";
import { exp } from "../../ops/exponential.ts";
import { broadcast, reduceSum } from "../../ops/shape.ts";
import { sort } from "../../ops/sorting.ts";
import { concatenate } from "../../ops/slicing.ts";
import { filled, jaxprOf } from "../backend/programs.ts";

beforeEach(() => configure({ threads: 1 }));

describe("text", () => {
  test("of a chain: before and after the passes, one loop, one frame", () => {
    const jaxpr = jaxprOf((x) => [reduceSum(mul(neg(neg(x!)), x!), { axes: [0] })], [filled([200], "float64", [1])]);
    expect(explainJaxpr(jaxpr)).toMatchInlineSnapshot(`
      "traced: 4 equations
      { lambda ; a:float64[200] . let
          b:float64[200] = neg a
          c:float64[200] = neg b
          d:float64[200] = mul c a
          e:float64[] = reduceSum[axes=[0]] d
        in (e) }
      optimized: 2 equations
        by -(-x) = x
      { lambda ; a:float64[200] . let
          b:float64[200] = mul a a
          c:float64[] = reduceSum[axes=[0]] b
        in (c) }
      nest0: 400 flop, 1.61 kB
        v2 = 0
        run i0 < 200
          v0 = b0[i0]
          v1 = mul(v0, v0)
          v2 = sum(v2, v1)
        b1[0] = v2
      outputs b1
      total 400 flop, 1.61 kB, 0.25 flop/B
      frame of 1616 bytes
        b0: float64[200] input, 1600 bytes at 0
        b1: float64[], 8 bytes at 1600
      "
    `);
  });

  test("is of the program that runs: divided among threads, or block by block", () => {
    const long = np.sin(np.arange(100_000));
    const square = np.ones([200, 200]);
    expect(explain((x: NDArray) => x.mul(x), long)).toContain(
      "run in blocks of 16384 elements, in a frame of 131072 bytes",
    );
    configure({ threads: 2 });
    try {
      expect(explain((x: NDArray) => np.sin(x), long)).toMatch(/nest0: 2 Mflop, 1.6 MB, in 2 parts/);
      expect(explain((x: NDArray) => np.matmul(x, x), square)).toMatch(/kernel matmul.*, in 2 parts/);
    } finally {
      configure({ threads: 1 });
    }
  });

  test("of a loop around a matrix product: the body behind bars, kernels by name", () => {
    const step = (w: NDArray) => (h: NDArray) => [np.tanh(np.matmul(h, w)), null] as const;
    const text = explain(
      function network(w: NDArray, h: NDArray) {
        return scan(step(w), h, null, { length: 10 })[0];
      },
      np.ones([4, 4]),
      np.ones([3, 4]),
    );
    // Which function of the kernel it is depends on what is fastest.
    expect(text.replace(/matmul\.\w+/, "matmul")).toMatchInlineSnapshot(`
      "network
      traced: 1 equation
      { lambda ; a:float64[4,4] b:float64[3,4] . let
          c:float64[3,4] = scan[carryCount=1 constCount=1 jaxpr={ lambda ; a:float64[4,4] b:float64[3,4] . let
                c:float64[3,4] = dot[batch=[[],[]] contract=[[1],[0]]] b a
                d:float64[3,4] = tanh c
              in (d) } length=10 reverse=false] a b
        in (c) }
      optimized: as traced
      scan(b0, b1) -> b2: 3.36 kflop, 5.12 kB, in 10 rounds
        | kernel matmul(b1, b0) -> b2: 96 flop, 320 B
        | nest1: 240 flop, 192 B
        |   for i0 < 12
        |     v0 = b2[i0]
        |     v1 = tanh(v0)
        |     b3[i0] = v1
        | outputs b3
        | total 336 flop, 512 B, 0.66 flop/B
        | frame of 112 bytes
        |   b0: float64[4,4] input, 128 bytes behind pointer 0
        |   b1: float64[3,4] input, 96 bytes behind pointer 1
        |   b2: float64[3,4], 96 bytes at 16
        |   b3: float64[3,4], 96 bytes behind pointer 2
      outputs b2
      total 3.36 kflop, 5.12 kB, 0.66 flop/B
      frame of 528 bytes
        b0: float64[4,4] input, 128 bytes at 0
        b1: float64[3,4] input, 96 bytes at 240
        b2: float64[3,4], 96 bytes at 336
        b3: float64[3,4], 96 bytes at 432
        b4: bool[112], 112 bytes at 128
      "
    `);
  });

  test("says where nothing was simplified, and which rules were applied how often", () => {
    const [plain, doubled] = [(x: NDArray) => np.sin(x), (x: NDArray) => np.neg(np.neg(np.neg(np.neg(x))))];
    expect(explain(plain, array([1]))).toContain("optimized: as traced\n");
    expect(explain(doubled, array([1]))).toContain("optimized: 0 equations\n  by -(-x) = x, 2 times\n");
  });

  test("says what a round of a while loop costs, and what the dearest branch of a choice does", () => {
    const x = np.ones([1000]);
    const loop = explain(
      (y: NDArray) =>
        whileLoop(
          (z: NDArray) => np.less(np.sum(z), 9),
          (z: NDArray) => np.mul(z, 2),
          y,
        ),
      x,
    );
    expect(loop).toMatch(/^while\(b0\) -> b1: 2 kflop, 24 kB a round$/m);
    const choice = explain(
      (y: NDArray) =>
        cond(
          np.greater(np.sum(y), 0),
          (z: NDArray) => np.neg(z),
          (z: NDArray) => np.mul(np.add(z, z), z),
          y,
        ),
      x,
    );
    expect(choice).toMatch(/^cond\(b\d, b0\) -> b\d: 2 kflop, 16 kB at most$/m);
  });
});

describe("estimates", () => {
  const [m, n, k] = [6, 5, 4];
  const a = filled([m, k], "float64", [1]);
  const b = filled([k, n], "float32", [1]);
  const cost = (f: (...inputs: NDArray[]) => readonly NDArray[], ...inputs: Parameters<typeof jaxprOf>[1]): Cost =>
    costOf(buildProgram(jaxprOf(f, inputs)));
  const known = (flops: number, bytes: number): Cost => ({ flops, bytes, isWhole: true });

  test("elementwise: an operation counts one, a function so many, each element is loaded and stored once", () => {
    expect(cost((x) => [add(mul(x!, x!), x!)], a)).toEqual(known(2 * m * k, 2 * 8 * m * k));
    expect(cost((x) => [exp(div(x!, x!))], a)).toEqual(known((functionFlops + 1) * m * k, 2 * 8 * m * k));
    expect(cost((x) => [convert(x!, { dtype: "float64", weakType: false })], b)).toEqual(known(k * n, 12 * k * n));
  });

  test("what does not vary in the inner loop is loaded, and computed, outside it", () => {
    const x = filled([m], "float64", [1]);
    expect(cost((y, z) => [add(y!, broadcast(exp(z!), { shape: [m, k], axes: [0] }))], a, x)).toEqual(
      known(m * functionFlops + m * k, 8 * (2 * m + m) + 8 * 2 * m * k),
    );
  });

  test("reductions", () => {
    expect(cost((x) => [reduceSum(mul(x!, x!), { axes: [1] })], a)).toEqual(known(2 * m * k, 8 * (m * k + m)));
  });

  test("kernels and routines: what their primitives say", () => {
    const square = filled([5, 5], "float64", [2]);
    const matmul = { contract: [[1], [0]], batch: [[], []] } as const;
    const convolved = {
      strides: [1],
      padding: [[0, 0]],
      lhsDilation: [1],
      rhsDilation: [1],
      featureGroups: 1,
      batchGroups: 1,
    } as const;
    const image = filled([2, 3, 10], "float64", [1]);
    const window = filled([4, 3, 3], "float64", [1]);
    expect(cost((x) => [dot(x!, x!, matmul)], square)).toEqual(known(2 * 5 ** 3, 3 * 8 * 25));
    expect(
      cost((x, y) => [dot(x!, y!, { contract: [[1], [1]], batch: [[], []] })], a, filled([n, k], "float64", [1])).flops,
    ).toBe(2 * m * n * k);
    expect(cost((x, y) => [convolution(x!, y!, convolved)], image, window).flops).toBe(2 * (2 * 4 * 8) * (3 * 3));
    expect(cost((x) => [cumsum(x!, { axis: 0, reverse: false })], a).flops).toBe(m * k);
    expect(cost((x) => [sort(x!, { axis: 1, descending: false })], a).flops).toBe(m * k * 2);
    expect(cost((x) => [concatenate(x!, x!, { axis: 0 })], a)).toEqual(known(0, 4 * 8 * m * k));
    expect(cost((x) => [cholesky(x!)], square).flops).toBe(Math.round(125 / 3));
    expect(cost((x) => [lu(x!)[0]!], square).flops).toBe(Math.round((2 * 125) / 3));
  });

  test("a step whose operations nobody states leaves the total open", () => {
    const square = filled([5, 5], "float64", [2]);
    const open = cost((x) => [eigh(mul(x!, x!))[0]!], square);
    expect(open).toMatchObject({ flops: 25, isWhole: false });
    expect(showCost(open)).toMatch(/^at least 25 flop/);
    expect(showCost({ ...open, flops: 0 })).toMatch(/^unknown flop/);
  });

  test("loops count all rounds", () => {
    const text = (length: number): string =>
      explain((x: NDArray) => scan((c: NDArray) => [np.mul(c, c), null], x, null, { length })[0], array([1, 2]));
    expect(text(3)).toMatch(/^total 6 flop, 96 B, 0.063 flop\/B$/m);
    expect(text(3000)).toMatch(/^total 6 kflop, 96 kB, 0.063 flop\/B$/m);
  });

  test("the gradient of a chain costs a few times the chain", () => {
    const chain = (x: NDArray): NDArray => np.sum(np.mul(np.sin(x), np.exp(x)));
    const flops = (f: (x: NDArray) => NDArray): number => {
      const [, value, prefix] = /^total ([\d.]+) (k?)flop/m.exec(explain(f, np.ones([100])))!;
      return Number(value) * (prefix === "k" ? 1000 : 1);
    };
    const ratio = flops(grad(chain)) / flops(chain);
    expect(ratio).toBeGreaterThan(1);
    expect(ratio).toBeLessThan(3);
  });

  test("quantities have three digits and a prefix", () => {
    const shown = (flops: number): string => showIntensity(known(flops, 8));
    expect(shown(999)).toBe("999 flop, 8 B, 120 flop/B");
    expect(shown(1000)).toBe("1 kflop, 8 B, 130 flop/B");
    expect(shown(12345)).toBe("12.3 kflop, 8 B, 1500 flop/B");
    expect(shown(999_999)).toBe("1 Mflop, 8 B, 120000 flop/B");
    expect(shown(2.5e13)).toContain("25 Tflop");
    expect(showIntensity(known(0, 0))).toBe("0 flop, 0 B");
  });
});
