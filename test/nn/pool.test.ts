/**
 * Pooling against flax's numbers, against its definition, and where neither looks: NaN, padding alone, other dtypes.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { array, grad, hessian, jit, jvp, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import * as nn from "cotangent/nn";
import * as np from "cotangent/numpy";
import { checkGrads } from "cotangent/testing";
import { arraysOf, build, elementAt, placesOf } from "../numpy/arbitraries.ts";
import { expectGolden, nnGolden } from "./golden.ts";

const backends = ["interpreter", "js", "wasm"] as const;

test.each(nnGolden.pooled)("$name of $from by $window, $padding, is flax's, and so is its gradient", (each) => {
  const { name, window, strides, padding, countIncludePad } = each;
  const options = { strides, padding, layout: "NHWC" as const };
  const pool = (x: NDArray): NDArray => {
    if (name === "avgPool") return nn.avgPool(x, window, { ...options, countIncludePad });
    return (name === "maxPool" ? nn.maxPool : nn.minPool)(x, window, options);
  };
  for (const backend of backends) expectGolden(jit(pool, { backend }), each);
  expectGolden(pool, each);
});

interface Case {
  readonly x: NDArray;
  readonly window: readonly number[];
  readonly options: {
    readonly padding: "same" | "valid" | readonly (readonly [number, number])[];
    readonly strides: readonly number[];
    readonly dilation: readonly number[];
  };
}

const list = <T>(entry: fc.Arbitrary<T>, length: number): fc.Arbitrary<T[]> =>
  fc.array(entry, { minLength: length, maxLength: length });
const count = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });

const cases: fc.Arbitrary<Case> = count(0, 3).chain((spatial) =>
  fc.tuple(list(count(0, 2), 2), list(count(0, 5), spatial)).chain(([lead, input]) =>
    fc.record({
      x: arraysOf([...lead, ...input]),
      window: list(count(1, 3), spatial),
      options: fc.record({
        padding: fc.oneof(
          fc.constant("same" as const),
          fc.constant("valid" as const),
          list(fc.tuple(count(-1, 3), count(-1, 3)), spatial),
        ),
        strides: list(count(1, 3), spatial),
        dilation: list(count(1, 2), spatial),
      }),
    }),
  ),
);

/** The definition: what is under each window, fold by fold. */
const reference = (
  { x, window, options: { padding, strides, dilation } }: Case,
  fold: (elements: readonly number[], isPadded: boolean) => number,
): NDArray => {
  const input = x.shape.slice(2);
  const reach = window.map((size, axis) => (size - 1) * dilation[axis]! + 1);
  const sizes = input.map((extent, axis) => {
    if (padding === "same") return Math.ceil(extent / strides[axis]!);
    const room = extent + (padding === "valid" ? 0 : padding[axis]![0] + padding[axis]![1]) - reach[axis]!;
    return room < 0 ? 0 : Math.floor(room / strides[axis]!) + 1;
  });
  const low = input.map((extent, axis) => {
    if (padding === "valid") return 0;
    if (padding !== "same") return padding[axis]![0];
    return Math.floor(Math.max(0, (sizes[axis]! - 1) * strides[axis]! + reach[axis]! - extent) / 2);
  });
  return build([...x.shape.slice(0, 2), ...sizes], ([image, channel, ...at]) => {
    const from = placesOf(window)
      .map((tap) => at.map((place, axis) => place * strides[axis]! + tap[axis]! * dilation[axis]! - low[axis]!))
      .filter((place) => place.every((k, axis) => k >= 0 && k < input[axis]!));
    return fold(
      from.map((place) => elementAt(x, [image!, channel!, ...place])),
      from.length < placesOf(window).length,
    );
  });
};

const equal = (seen: NDArray, wanted: NDArray): void => {
  expect(seen.shape).toEqual(wanted.shape);
  expect(
    np.arrayEqual(seen, wanted, { equalNan: true }).item(),
    `${seen.toString()} against ${wanted.toString()}`,
  ).toBe(1);
};

const sum = (elements: readonly number[]): number => elements.reduce((total, x) => total + x, 0);

test("pooling is what it says of the elements under every window, eager and compiled", () => {
  fc.assert(
    fc.property(cases, (each) => {
      const { x, window, options } = each;
      const taps = window.reduce((product, size) => product * size, 1);
      const rows: readonly (readonly [(x: NDArray) => NDArray, (elements: readonly number[]) => number])[] = [
        [(y) => nn.maxPool(y, window, options), (elements) => Math.max(...elements)],
        [(y) => nn.minPool(y, window, options), (elements) => Math.min(...elements)],
        [(y) => nn.avgPool(y, window, options), (elements) => sum(elements) / taps],
        [
          (y) => nn.avgPool(y, window, { ...options, countIncludePad: false }),
          (elements) => sum(elements) / elements.length,
        ],
      ];
      for (const [pool, fold] of rows) {
        const wanted = reference(each, fold);
        equal(pool(x), wanted);
        equal(jit(pool)(x), wanted);
      }
    }),
    { numRuns: 120 },
  );
});

test("the layout NHWC is NCHW with its axes moved", () => {
  fc.assert(
    fc.property(cases, ({ x, window, options }) => {
      const spatial = window.map((_, k) => k + 2);
      const moved = np.transpose(x, [0, ...spatial, 1]);
      for (const pool of [nn.maxPool, nn.minPool, nn.avgPool])
        equal(
          pool(moved, window, { ...options, layout: "NHWC" }),
          np.transpose(pool(x, window, options), [0, ...spatial, 1]),
        );
    }),
    { numRuns: 50 },
  );
});

test("one number stands for all spatial axes, and any axes may stand in front", () => {
  const x = np.sin(np.reshape(np.arange(2 * 3 * 4 * 5), [2, 3, 4, 5]));
  equal(nn.maxPool(x, 2, { strides: 2, dilation: 2 }), nn.maxPool(x, [2, 2], { strides: [2, 2], dilation: [2, 2] }));
  equal(nn.maxPool(x, [2]), nn.maxPool(np.reshape(x, [6, 4, 5]), 2).reshape([2, 3, 4, 4]));
  equal(nn.avgPool(x.at(0, 0).get(), [2, 2]), nn.avgPool(x, 2).at(0, 0).get());
});

test("of elements that tie the first in row-major order has the derivative, in every mode and on every back end", () => {
  const x = array([
    [1, 3],
    [3, 3],
  ]);
  const f = (y: NDArray): NDArray => np.sum(nn.maxPool(y, [2, 2]));
  const first = array([
    [0, 1],
    [0, 0],
  ]);
  equal(grad(f)(x), first);
  for (const backend of backends) equal(jit(grad(f), { backend })(x), first);
  expect(
    jvp(
      f,
      [x],
      [
        array([
          [2, 5],
          [7, 11],
        ]),
      ],
    )[1].item(),
  ).toBe(5);
  equal(
    vmap(grad(f))(np.stack([x, np.neg(x)])),
    np.stack([
      first,
      array([
        [1, 0],
        [0, 0],
      ]),
    ]),
  );
  equal(grad((y: NDArray) => np.sum(nn.minPool(y, [2], { padding: [[1, 1]] })))(array([2, 2])), array([2, 1]));
  equal(grad((y: NDArray) => np.sum(nn.maxPool(y, [2])))(array([-0, 0])), array([1, 0]));
});

test("NaN under a window is its maximum and minimum, and the first has the derivative", () => {
  const x = array([1, NaN, NaN, 4, 5]);
  for (const pool of [nn.maxPool, nn.minPool]) {
    const f = (y: NDArray): NDArray => np.sum(pool(y, [3], { strides: 2 }));
    equal(pool(x, [3], { strides: 2 }), array([NaN, NaN]));
    for (const backend of backends) equal(jit(grad(f), { backend })(x), array([0, 1, 1, 0, 0]));
  }
});

test("0 is above -0 under a window, as for maximum and minimum", () => {
  const x = array([-0, 0]);
  for (const backend of backends) {
    expect(jit((y: NDArray) => nn.maxPool(y, [2]), { backend })(x).toList()).toEqual([0]);
    expect(jit((y: NDArray) => nn.minPool(y, [2]), { backend })(x).toList()).toEqual([-0]);
  }
});

test("windows over padding alone have no elements and no derivative", () => {
  const x = array([5, 6]);
  const padding = [[2, 0]] as const;
  equal(nn.maxPool(x, [2], { padding }), array([-Infinity, 5, 6]));
  equal(nn.minPool(x, [2], { padding }), array([Infinity, 5, 5]));
  equal(nn.avgPool(x, [2], { padding }), array([0, 2.5, 5.5]));
  equal(nn.avgPool(x, [2], { padding, countIncludePad: false }), array([NaN, 5, 5.5]));
  equal(grad((y: NDArray) => np.sum(nn.maxPool(y, [2], { padding })))(x), array([1, 1]));
  expect(nn.maxPool(array([5], { dtype: "int32" }), [1], { padding: [[1, 0]] }).toList()).toEqual([-(2 ** 31), 5]);
  expect(nn.minPool(array([5], { dtype: "uint32" }), [1], { padding: [[1, 0]] }).toList()).toEqual([2 ** 32 - 1, 5]);
});

test("the mean of a constant over what is under the window is that constant, also at borders", () => {
  const x = np.full([1, 1, 7, 5], 3);
  equal(nn.avgPool(x, 3, { padding: "same", strides: 2, countIncludePad: false }), np.full([1, 1, 4, 3], 3));
});

test("second derivatives through pooling are those of what it selects and averages", () => {
  const x = array([0.3, -1.2, 0.8, 2.1, -0.4, 0.9]);
  const energy = (y: NDArray): NDArray => np.sum(nn.maxPool(y, [3], { strides: 2, padding: "same" }).pow(3));
  // maxima 0.3 .. at places 2, 3, 5: d2/dx2 of x^3 is 6 x
  equal(np.round(hessian(energy)(x), { decimals: 12 }), np.diag(array([0, 0, 4.8, 12.6, 0, 5.4])));
  checkGrads((y: NDArray) => np.sum(np.sin(nn.avgPool(y, [3], { padding: "same" }))), [x], { order: 2 });
  checkGrads((y: NDArray) => np.sum(np.sin(nn.minPool(y, [2]))), [x], { order: 2 });
});

test("dtypes: extrema keep theirs, means are floats", () => {
  const x = array([1, 2, 4], { dtype: "int32" });
  expect(nn.maxPool(x, [2]).dtype).toBe("int32");
  expect(nn.avgPool(x, [2]).dtype).toBe("float64");
  expect(nn.avgPool(x, [2]).toList()).toEqual([1.5, 3]);
  expect(nn.avgPool(array([1, 2, 4], { dtype: "float32" }), [2]).dtype).toBe("float32");
  expect(nn.maxPool(array([0, 1, 1], { dtype: "bool" }), [2]).dtype).toBe("int32");
});

test("pooling refuses options it does not know and windows that do not fit", () => {
  const x = np.ones([1, 1, 4, 4]);
  expect(() => nn.maxPool(x, 2, { stride: 2 } as never)).toThrow(/Did you mean "strides"/);
  expect(() => nn.maxPool(x, 2, { countIncludePad: true } as never)).toThrow(/countIncludePad/);
  expect(() => nn.avgPool(x, 2, { countIncludePad: 1 as never })).toThrow(/^nn\.avgPool: countIncludePad 1/);
  expect(() => nn.minPool(x, 2, { padding: "full" as never })).toThrow(/^nn\.minPool: padding "full"/);
  expect(() => nn.maxPool(x, 0)).toThrow(/^nn\.maxPool: window 0/);
  expect(() => nn.maxPool(x, [2, 2], { strides: [1] })).toThrow(/2 spatial axes/);
  expect(() => nn.maxPool(x, 2, { layout: "HWCN" as never })).toThrow(/"NCHW" or "NHWC"/);
  expect(() => nn.maxPool(array([1, 2]), [2, 2])).toThrow(/window of 2 axes/);
  expect(() => nn.maxPool(array([1]), 1)).toThrow(/^nn\.maxPool: window 1/);
  expect(() => nn.maxPool(x, "2" as never)).toThrow(/^nn\.maxPool: window/);
});
