/**
 * resize against JAX's numbers and against its definition, and where neither looks: sizes that are no multiples, infinities,
 * axes that grow while others shrink, other dtypes.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { array, grad, jit, jvp, linearTranspose, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import * as nn from "cotangent/nn";
import * as np from "cotangent/numpy";
import { arraysOf } from "../numpy/arbitraries.ts";
import { resizeWeight } from "../laws/references-resampling.ts";
import { expectGolden, nnGolden } from "./golden.ts";

const backends = ["interpreter", "js", "wasm"] as const;
const methods = ["nearest", "linear", "cubic"] as const;

test.each(nnGolden.resized)(
  "$method from $from to $to, antialias $antialias, is JAX's, and so is its gradient",
  (each) => {
    const { to, method, antialias } = each;
    const resize = (x: NDArray): NDArray => nn.resize(x, to, { method, antialias });
    expectGolden(resize, each);
    for (const backend of backends) expectGolden(jit(resize, { backend }), each);
  },
);

const closeTo = (seen: NDArray, wanted: NDArray, tolerance: number): void => {
  expect(seen.shape).toEqual(wanted.shape);
  expect(np.max(np.abs(np.sub(seen, wanted))).item()).toBeLessThan(tolerance);
};

/** The map along one axis as a matrix [results, elements], from the definition. */
const matrixOf = (input: number, results: number, method: string, antialias: boolean): NDArray =>
  array(
    Array.from({ length: results }, (_, j) =>
      Array.from({ length: input }, (_unused, i) => resizeWeight(i, j, input, results, { method, antialias })),
    ),
  );

test("resizing images is multiplying by the weights of their columns and of their rows, both ways", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 4, maxLength: 4 }),
      fc.constantFrom(...methods),
      fc.boolean(),
      fc.integer({ min: 0, max: 1000 }),
      ([height, width, rows, columns], method, antialias, seed) => {
        const x = np.sin(
          np.add(np.mul(np.reshape(np.arange(2 * height! * width! * 3), [2, height!, width!, 3]), 1.7), seed),
        );
        const [down, across] = [
          matrixOf(height!, rows!, method, antialias),
          matrixOf(width!, columns!, method, antialias),
        ];
        const resize = jit((y: NDArray) => nn.resize(y, [2, rows!, columns!, 3], { method, antialias }));
        const out = resize(x);
        closeTo(out, np.einsum("ph,qw,nhwc->npqc", down, across, x), 1e-13);
        const [back] = linearTranspose(resize, x)(out) as [NDArray];
        closeTo(back, np.einsum("ph,qw,npqc->nhwc", down, across, out), 1e-12);
      },
    ),
    { numRuns: 60 },
  );
});

test("constants stay, to the last bits, whatever the sizes", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 40 }),
      fc.constantFrom(...methods),
      fc.boolean(),
      (from, to, method, antialias) =>
        closeTo(nn.resize(np.ones([from]), [to], { method, antialias }), np.ones([to]), 1e-15 * 4),
    ),
  );
});

test("a straight line stays one between the outermost centres when it grows", () => {
  for (const [from, to] of [
    [5, 8],
    [12, 96],
    [7, 31],
  ] as const) {
    const position = (n: number): NDArray => np.div(np.add(np.arange(n), 0.5), n);
    const inside = np.logicalAnd(np.greaterEqual(position(to), 0.5 / from), np.lessEqual(position(to), 1 - 0.5 / from));
    const line = nn.resize(position(from), [to]);
    closeTo(np.where(inside, line, 0), np.where(inside, position(to), 0), 1e-14);
    // beyond them the border continues
    expect(line.at(0).get().item()).toBe(0.5 / from);
  }
});

test("growing by whole numbers and taking means leads back, for nearest", () => {
  fc.assert(
    fc.property(arraysOf([3, 4]), fc.integer({ min: 1, max: 4 }), (x, factor) => {
      const grown = nn.resize(x, [3 * factor, 4 * factor], { method: "nearest" });
      closeTo(nn.avgPool(grown, [factor, factor], { strides: factor }), x, 1e-14);
    }),
  );
});

test("linear shrinking by two without smoothing is the mean of pairs", () => {
  const x = np.sin(np.arange(48)).reshape([6, 8]);
  closeTo(nn.resize(x, [3, 4], { antialias: false }), nn.avgPool(x, [2, 2], { strides: 2 }), 1e-15);
});

/** A decoder: a latent grid grows layer by layer to a field whose sizes are no multiples of anything. */
const decode = (latent: NDArray, kernels: readonly NDArray[], layout: "NCHW" | "NHWC"): NDArray => {
  const sizes = [
    [7, 5],
    [15, 9],
    [29, 19],
  ];
  return kernels.reduce((x, kernel, k) => {
    const [rows, columns] = sizes[k] as [number, number];
    const [images, , , channels] = x.shape as [number, number, number, number];
    const grown =
      layout === "NHWC"
        ? nn.resize(x, [images, rows, columns, channels])
        : nn.resize(x, [images, x.shape[1]!, rows, columns]);
    return np.tanh(nn.conv(grown, kernel, { padding: "same", layout }));
  }, latent);
};

test("a decoder grows to any size, in both layouts, with equal values and gradients on every back end", () => {
  const drawn = (shape: readonly number[]): NDArray =>
    np.sin(np.mul(np.reshape(np.arange(shape.reduce((p, n) => p * n, 1)), shape), 0.37));
  const latent = drawn([1, 4, 3, 6]);
  const kernels = [
    [3, 3, 6, 5],
    [3, 3, 5, 4],
    [3, 3, 4, 1],
  ].map(drawn);
  const loss = (x: NDArray, ...w: NDArray[]): NDArray => np.sum(decode(x, w, "NHWC").pow(2));
  const wanted = grad(loss, { argnums: [0, 1, 2, 3] })(latent, ...kernels);
  for (const backend of backends) {
    const seen = jit(grad(loss, { argnums: [0, 1, 2, 3] }), { backend })(latent, ...kernels);
    seen.forEach((each, k) => closeTo(each, wanted[k]!, 1e-11));
  }
  const moved = decode(
    np.transpose(latent, [0, 3, 1, 2]),
    kernels.map((w) => np.transpose(w, [3, 2, 0, 1])),
    "NCHW",
  );
  closeTo(np.transpose(moved, [0, 2, 3, 1]), decode(latent, kernels, "NHWC"), 1e-12);
  const along = drawn(latent.shape);
  const f = (x: NDArray): NDArray => loss(x, ...kernels);
  expect(jvp(f, [latent], [along])[1].item()).toBeCloseTo(np.sum(np.mul(wanted[0]!, along)).item(), 8);
});

test("vmap over any axis is a loop", () => {
  const x = np.sin(np.arange(60)).reshape([3, 4, 5]);
  for (const axis of [0, 1, 2]) {
    const shape = [7, 2];
    const mapped = vmap((y: NDArray) => nn.resize(y, shape), { inAxes: axis, outAxes: 0 })(x);
    const rows = Array.from({ length: x.shape[axis]! }, (_, k) => nn.resize(np.take(x, k, { axis }), shape));
    closeTo(mapped, np.stack(rows), 1e-15);
  }
});

test("infinities and NaN stay where they have weight; -0 stays -0", () => {
  expect(nn.resize(array([1, Infinity, 2]), [6]).toList()).toEqual([1, Infinity, Infinity, Infinity, Infinity, 2]);
  expect(nn.resize(array([1, NaN, 2, 3]), [8]).toList()).toEqual([1, NaN, NaN, NaN, NaN, 2.25, 2.75, 3]);
  for (const method of methods) expect(nn.resize(array([-0]), [2], { method }).toList()).toEqual([-0, -0]);
});

test("axes that shrink come first, so that a row becomes a column at once", () => {
  const x = np.arange(30_000).reshape([1, 30_000]);
  const seen = nn.resize(x, [30_000, 1], { antialias: false });
  closeTo(seen, np.full([30_000, 1], 14_999.5), 1e-9);
  expect(
    grad((y: NDArray) => np.sum(nn.resize(y, [30_000, 1], { antialias: false })))(x)
      .at(0, 14_999)
      .get()
      .item(),
  ).toBe(15_000);
});

test("dtypes: float32 stays, numbers become float64, nearest keeps any", () => {
  expect(nn.resize(array([0, 1], { dtype: "float32" }), [3]).dtype).toBe("float32");
  expect(nn.resize(array([0, 1], { dtype: "int32" }), [4]).toList()).toEqual([0, 0.25, 0.75, 1]);
  expect(nn.resize(array([0, 1], { dtype: "bool" }), [4], { method: "nearest" }).toList()).toEqual([
    false,
    false,
    true,
    true,
  ]);
  expect(nn.resize(array([7, 9], { dtype: "uint32" }), [1], { method: "nearest" }).toList()).toEqual([9]);
  expect(nn.resize(array([7, 9], { dtype: "uint32" }), [3], { method: "nearest" }).dtype).toBe("uint32");
});

test("axes of size 0 may stay or appear, but nothing grows from them", () => {
  expect(nn.resize(np.zeros([0, 3]), [0, 5]).shape).toEqual([0, 5]);
  expect(nn.resize(np.zeros([2, 3]), [0, 5]).shape).toEqual([0, 5]);
  expect(() => nn.resize(np.zeros([0]), [2])).toThrow(/size 0 has no elements/);
});

test("resize refuses options it does not know and shapes that do not fit", () => {
  const x = np.ones([2, 2]);
  expect(() => nn.resize(x, [4, 4], { antialiased: true } as never)).toThrow(/Did you mean "antialias"/);
  expect(() => nn.resize(x, [4, 4], { method: "bilinear" as never })).toThrow(/^nn\.resize: method "bilinear"/);
  expect(() => nn.resize(x, [4, 4], { antialias: 1 as never })).toThrow(/^nn\.resize: antialias 1/);
  expect(() => nn.resize(x, [4])).toThrow(/^nn\.resize: \[2,2\] to \[4\]/);
  expect(() => nn.resize(x, [4, 0.5])).toThrow(/^nn\.resize: shape/);
  expect(() => nn.resize(x, 4 as never)).toThrow(/^nn\.resize: shape 4/);
});
