/**
 * Operations outside of jit on large arrays: compiled once per signature, with the bits, errors and names of evaluation,
 * and not at all where arrays are small, where the interpreter was asked for, or where compiled code cannot run.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { array, configure, counters, grad, jit, NDArray, scan, vmap } from "cotangent";
import * as np from "cotangent/numpy";
import { configureArena, sharedArena } from "../../src/backend/arena.ts";
import { eagerSignatures, fewestAccelerated, restartEager } from "../../src/backend/eager.ts";
import { injectCompileFaults } from "../../src/backend/index.ts";
import { setNoticeListener } from "../../src/notice.ts";
import { fromBuffer } from "../../src/array/ndarray.ts";
import type { ConcreteArray } from "../../src/array/ndarray.ts";
import { allocate } from "../../src/array/storage.ts";
import { sizeOf } from "../../src/array/shape.ts";
import { bind } from "../../src/ir/trace.ts";
import {
  forAllApplications,
  inAnotherDType,
  typesOf,
  withSpecialValues,
} from "../../library/testing/properties/cases.ts";
import { reduceMax, reduceMin } from "../../ops/extrema.ts";
import { reduceSum } from "../../ops/shape.ts";
import { expectError } from "../semantics/support.ts";
import { sampled } from "../laws/cases.ts";
import { bitsOf, filled, jaxprOf, runOn } from "./programs.ts";

// A fallback would compare evaluation with itself.
beforeAll(() =>
  setNoticeListener((_code, text) => {
    throw new Error(text);
  }),
);
afterAll(() => setNoticeListener(null));
afterEach(() => {
  restartEager();
  configureArena();
  configure({ debugNans: false });
});

const compilationsOf = (body: () => unknown): number => {
  const before = counters().eagerCompilations;
  body();
  return counters().eagerCompilations - before;
};

const ramp = (length: number): NDArray => np.arange(length).mul(1 / length);

describe("an operation on large arrays", () => {
  test("is compiled once for all lengths beyond a block", () => {
    const square = (length: number): NDArray => np.expm1(ramp(length));
    square(300_000);
    expect(compilationsOf(() => [300_000, 200_001, 1_000_000].forEach(square))).toBe(0);
    expect(square(300_000).shape).toEqual([300_000]);
  });

  test("is compiled anew for another dtype or other parameters", () => {
    const x = ramp(200_000);
    const power = (exponent: number, y = x): NDArray => np.pow(y, exponent);
    power(2);
    expect(compilationsOf(() => power(2))).toBe(0);
    expect(compilationsOf(() => power(2, x.astype("float32")))).toBe(2);
  });

  test("is evaluated until it has met the elements that compiling costs", () => {
    const x = ramp(50_000);
    expect(compilationsOf(() => [1, 2].forEach(() => np.log2(x)))).toBe(0);
    expect(compilationsOf(() => [3, 4, 5].forEach(() => np.log2(x)))).toBe(1);
  });

  test("below the least length is never compiled, however often it comes", () => {
    const x = ramp(fewestAccelerated - 1);
    const body = (): void => {
      for (let call = 0; call < 500; call++) np.sum(np.cos(x).mul(x));
    };
    restartEager(true);
    expect(compilationsOf(body)).toBe(0);
  });

  test("of one repeated value, of an operand alone and of the host's functions is evaluated", () => {
    restartEager(true);
    const x = ramp(2000);
    expect(
      compilationsOf(() => {
        np.exp(np.full([5000], 2));
        x.astype("float64");
        np.select([x.greater(0.5)], [x], 0);
      }),
    ).toBeLessThanOrEqual(3);
    expect(np.exp(np.full([5000], 2)).toTypedArray()[4999]).toBe(np.exp(2).item());
  });
});

describe("the interpreter and generated JavaScript stay what they are", () => {
  const f = (x: NDArray): NDArray => np.sum(np.sin(x).mul(x), { axis: 0 });

  test.each(["interpreter", "js"] as const)("jit on %s compiles no single operation", (backend) => {
    restartEager(true);
    const x = ramp(4000).reshape([4, 1000]);
    expect(compilationsOf(() => jit(f, { backend })(x))).toBe(0);
    expect(bitsOf(jit(f, { backend })(x))).toBe(bitsOf(f(x)));
  });
});

describe("a loop outside of jit", () => {
  const loop = (x: NDArray, length: number): NDArray =>
    scan((c: NDArray) => [np.tanh(c.mul(0.5).add(x)), null], x, null, { length })[0];

  test("runs its operations compiled, with equal bits", () => {
    const x = ramp(5000);
    const evaluated = loop(x, 4);
    restartEager(true);
    expect(compilationsOf(() => expect(bitsOf(loop(x, 4))).toBe(bitsOf(evaluated)))).toBe(3);
  });

  test.each([
    [3, 4, 0],
    [3, 40, 0],
    [3, 2000, 1],
    [100_000, 20, 1],
    [100_000, 4, 0],
  ])(
    "on %i elements, %i times, is compiled %i times as a whole: where that outweighs a compilation",
    (size, runs, times) => {
      const x = ramp(size);
      const before = counters().compilations;
      const seen = loop(x, runs);
      expect(counters().compilations - before).toBe(times);
      expect(bitsOf(seen)).toBe(bitsOf(jit((y: NDArray) => loop(y, runs), { backend: "interpreter" })(x)));
    },
  );
});

// --- Bits -------------------------------------------------------------------------------------

const numbers: readonly number[] = [0.1, -0, 3, -7.25, 1e-310, 2e9, -1e300, 0.7, 5, -3, 1 / 3];

/** The elements over and over again. */
const tiled = (x: ConcreteArray, length: number): ConcreteArray => {
  const [source, out] = [x.toTypedArray(), allocate(x.dtype, length)];
  for (let k = 0; k < length; k++) out[k] = source[k % source.length]!;
  return fromBuffer(out, [length], x.dtype);
};

const elementwise = sampled.filter(([, { lower }]) => lower.kind === "elementwise");

describe("compiled blocks give the bits of evaluation", () => {
  beforeEach(() => restartEager(true));

  test.each(elementwise)("%s, in every dtype, on special values", (_name, primitive) => {
    forAllApplications(primitive, { runs: 3 }, ({ inputs, params, pick, random }) => {
      const dtype = pick.oneOf(["float64", "float32", "int32", "uint32", "bool"] as const);
      const length = pick.oneOf([1024, 1025, 3000, 16384, 17000]);
      if (sizeOf(inputs[0]!.shape) === 0) return;
      const own = inAnotherDType(primitive, inputs, params, dtype).map((x) =>
        tiled(pick.integer(0, 1) === 0 ? x : withSpecialValues(x, random), length),
      );
      if (typesOf(primitive, own, params).some(({ shape }) => shape[0] !== length)) return;
      const f = (...all: NDArray[]): readonly NDArray[] => bind(primitive, all, params);
      expect(f(...own).map(bitsOf)).toEqual(runOn("interpreter", jaxprOf(f, own), own));
    });
  });

  test("a broken block at the end, and the same array twice", () => {
    for (const length of [1024, 1030, 2047, 2048, 16_384, 20_000, 32_769, 40_000]) {
      const x = filled([length], "float64", numbers);
      const doubled = x.toTypedArray().map((value) => value + value);
      expect(bitsOf(x.add(x))).toBe(bitsOf(array(doubled)));
    }
  });

  test("a number beside an array", () => {
    const x = ramp(20_000);
    expect(x.mul(3).sub(1).toTypedArray()).toEqual(x.toTypedArray().map((value) => value * 3 - 1));
  });
});

describe("compiled reductions and routines give the bits of evaluation", () => {
  beforeEach(() => restartEager(true));
  const reductions = { reduceSum, reduceMax, reduceMin };

  test.each(Object.entries(reductions))("%s over any axes, in every dtype", (_name, reduction) => {
    for (const dtype of ["float64", "float32", "int32", "uint32"] as const)
      for (const axes of [[0], [1], [0, 1], []]) {
        const x = filled([37, 61], dtype, numbers);
        const f = (y: NDArray): readonly NDArray[] => [reduction(y, { axes })];
        expect(f(x).map(bitsOf)).toEqual(runOn("interpreter", jaxprOf(f, [x]), [x]));
      }
  });

  test("a matrix product", () => {
    const [x, y] = [ramp(2400).reshape([40, 60]), ramp(1800).reshape([60, 30])];
    const product = (): NDArray => np.matmul(x, y);
    expect(compilationsOf(product)).toBe(1);
    expect(bitsOf(product())).toBe(
      bitsOf(jit((a: NDArray, b: NDArray) => np.matmul(a, b), { backend: "interpreter" })(x, y)),
    );
  });

  test("gradients and batches of them", () => {
    const x = ramp(6000).reshape([2, 3000]);
    const loss = (row: NDArray): NDArray => np.sum(np.tanh(row).mul(row));
    const compiled = vmap(grad(loss))(x);
    restartEager();
    expect(bitsOf(compiled)).toBe(bitsOf(jit(vmap(grad(loss)), { backend: "interpreter" })(x)));
  });
});

// --- What goes wrong --------------------------------------------------------------------------

describe("what goes wrong with large arrays", () => {
  beforeEach(() => restartEager(true));

  test("is refused as with small ones", () => {
    expectError(() => np.add(ramp(2000), ramp(2001)), "ShapeMismatch", "2000", "2001");
    expectError(() => np.max(np.zeros([0, 2000]), { axis: 0 }), "EmptyReduction");
  });

  test("is named by debugNans, which looks at every operation", () => {
    configure({ debugNans: true });
    const body = (): void => expectError(() => np.log(ramp(3000).sub(1)), "FoundNaN", "log");
    expect(compilationsOf(body)).toBe(0);
  });

  test("an arena without room leaves it to evaluation", () => {
    configureArena({ maximumBytes: sharedArena().capacity });
    const x = np.arange(Math.ceil(sharedArena().capacity / 8) + 1);
    expect(np.sum(x).item()).toBe((x.size * (x.size - 1)) / 2);
    expect(sharedArena().top).toBe(0);
  });

  test("a failing compiler leaves it to evaluation, with one notice", () => {
    const notices: string[] = [];
    setNoticeListener((_code, text) => notices.push(text));
    injectCompileFaults(() => {
      throw new Error("planted");
    });
    try {
      const x = ramp(3000);
      const last = np.sinh(x.toTypedArray()[2999]!).item();
      for (let call = 0; call < 3; call++) expect(np.sinh(x).toTypedArray()[2999]).toBe(last);
      expect(notices).toHaveLength(1);
    } finally {
      injectCompileFaults(null);
      setNoticeListener((_code, text) => {
        throw new Error(text);
      });
    }
  });
});

test("ever new shapes are forgotten: the cache of signatures is bounded", () => {
  for (let length = fewestAccelerated; length < fewestAccelerated + 700; length++) {
    const x = ramp(length);
    expect(np.max(x).item()).toBe((length - 1) * (1 / length));
  }
  expect(eagerSignatures()).toBeLessThanOrEqual(512);
});

test("an array of another type than before is no longer the block's", () => {
  const x = array(Float64Array.from({ length: 2000 }, (_, k) => k));
  restartEager(true);
  const first = x.add(x);
  const second = x.astype("float32").add(x.astype("float32"));
  expect(first.dtype).toBe("float64");
  expect(second.dtype).toBe("float32");
  expect(Array.from(first.toTypedArray())).toEqual(Array.from(second.toTypedArray()));
});
