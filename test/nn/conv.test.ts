/**
 * conv against the sum it abbreviates, in both layouts, with every option.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { array, grad, jit } from "cotangent";
import type { NDArray } from "cotangent";
import * as nn from "cotangent/nn";
import * as np from "cotangent/numpy";
import { arraysOf, build, elementAt, placesOf } from "../numpy/arbitraries.ts";

interface Case {
  readonly x: NDArray;
  readonly w: NDArray;
  readonly options: {
    readonly padding: "same" | "valid" | readonly (readonly [number, number])[];
    readonly strides: readonly number[];
    readonly dilation: readonly number[];
    readonly groups: number;
  };
}

const list = <T>(entry: fc.Arbitrary<T>, length: number): fc.Arbitrary<T[]> =>
  fc.array(entry, { minLength: length, maxLength: length });
const count = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });

const cases: fc.Arbitrary<Case> = count(1, 2).chain((spatial) =>
  fc
    .tuple(count(1, 2), count(1, 2), count(1, 2), count(1, 2), list(count(1, 5), spatial), list(count(1, 3), spatial))
    .chain(([images, groups, perGroup, perFeature, input, window]) =>
      fc.record({
        x: arraysOf([images, groups * perGroup, ...input]),
        w: arraysOf([groups * perFeature, perGroup, ...window]),
        options: fc.record({
          padding: fc.oneof(
            fc.constant("same" as const),
            fc.constant("valid" as const),
            list(fc.tuple(count(0, 2), count(0, 2)), spatial),
          ),
          strides: list(count(1, 3), spatial),
          dilation: list(count(1, 2), spatial),
          groups: fc.constant(groups),
        }),
      }),
    ),
);

/** The definition: zeros outside, one product per tap. */
const reference = ({ x, w, options: { padding, strides, dilation, groups } }: Case): NDArray => {
  const [images, channels, ...input] = x.shape as [number, number, ...number[]];
  const [features, perGroup, ...window] = w.shape as [number, number, ...number[]];
  const reach = window.map((extent, axis) => (extent - 1) * dilation[axis]! + 1);
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
  return build([images, features, ...sizes], ([image, feature, ...at]) => {
    let sum = 0;
    const group = Math.floor(feature! / (features / groups));
    for (let channel = 0; channel < perGroup; channel++)
      for (const tap of placesOf(window)) {
        const from = at.map((place, axis) => place * strides[axis]! + tap[axis]! * dilation[axis]! - low[axis]!);
        if (from.some((place, axis) => place < 0 || place >= input[axis]!)) continue;
        sum +=
          elementAt(x, [image!, group * (channels / groups) + channel, ...from]) *
          elementAt(w, [feature!, channel, ...tap]);
      }
    return sum;
  });
};

const equal = (seen: NDArray, wanted: NDArray): void => {
  expect(seen.shape).toEqual(wanted.shape);
  expect(np.arrayEqual(seen, wanted).item(), `${seen.toString()} against ${wanted.toString()}`).toBe(1);
};

test("conv is its sum over taps, eager and compiled", () => {
  fc.assert(
    fc.property(cases, (each) => {
      const wanted = reference(each);
      equal(nn.conv(each.x, each.w, each.options), wanted);
      equal(jit((x: NDArray, w: NDArray) => nn.conv(x, w, each.options))(each.x, each.w), wanted);
    }),
    { numRuns: 150 },
  );
});

test("the layout NHWC is NCHW with its axes moved", () => {
  fc.assert(
    fc.property(cases, (each) => {
      const rank = each.x.ndim;
      const spatial = Array.from({ length: rank - 2 }, (_, k) => k + 2);
      const x = np.transpose(each.x, [0, ...spatial, 1]);
      const w = np.transpose(each.w, [...spatial, 1, 0]);
      equal(
        nn.conv(x, w, { ...each.options, layout: "NHWC" }),
        np.transpose(nn.conv(each.x, each.w, each.options), [0, ...spatial, 1]),
      );
    }),
    { numRuns: 50 },
  );
});

test("one number stands for all spatial axes", () => {
  const [x, w] = [np.ones([1, 1, 5, 4]), np.ones([1, 1, 2, 2])];
  equal(nn.conv(x, w, { strides: 2, dilation: 2 }), nn.conv(x, w, { strides: [2, 2], dilation: [2, 2] }));
});

test("the gradient by the window is what a scatter of the image would be", () => {
  fc.assert(
    fc.property(cases, (each) => {
      const f = (w: NDArray): NDArray => np.sum(nn.conv(each.x, w, each.options));
      // linear in w, with whole quarters: the gradient is exact
      equal(np.sum(np.mul(grad(f)(each.w), each.w)), f(each.w));
    }),
    { numRuns: 50 },
  );
});

test("conv refuses options it does not know and shapes that do not fit", () => {
  const [x, w] = [np.ones([1, 2, 4, 4]), np.ones([1, 2, 3, 3])];
  expect(() => nn.conv(x, w, { stride: 2 } as never)).toThrow(/Did you mean "strides"/);
  expect(() => nn.conv(x, w, { padding: "full" as never })).toThrow(/^nn\.conv: padding "full"/);
  expect(() => nn.conv(x, w, { padding: [[1, 1]] })).toThrow(/2 spatial axes/);
  expect(() => nn.conv(x, w, { strides: 0 })).toThrow(/^nn\.conv: strides 0/);
  expect(() => nn.conv(x, w, { layout: "HWCN" as never })).toThrow(/"NCHW" or "NHWC"/);
  expect(() => nn.conv(x, np.ones([1, 3, 3, 3]))).toThrow(/2 channels against 3/);
  expect(() => nn.conv(x, array([1, 2]))).toThrow(/one rank/);
});
