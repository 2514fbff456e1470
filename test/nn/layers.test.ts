/**
 * Layers against their definitions: dense, convolution, upsampling, the normalizations without state, and what all share:
 * the dtype of the parameters decides, leading axes count points, wrong inputs and foreign parameters are refused.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, grad, jit, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import * as nn from "cotangent/nn";
import type { Network } from "cotangent/nn";
import * as np from "cotangent/numpy";
import * as random from "cotangent/random";
import { checkGrads } from "cotangent/testing";
import { expectError } from "../semantics/support.ts";
import {
  backends,
  drawn,
  expectBits,
  expectClose,
  expectSameBits,
  inFloat64,
  key,
  rowOf,
  shaken,
  testRefusals,
} from "./networks-support.ts";

interface Layer {
  readonly network: Network<unknown>;
  readonly x: NDArray;
  /** Axes in front of a sample. */
  readonly lead: number;
}

/** Layers whose parameters differ in type stand in one table. */
const layer = <P>(network: Network<P>, x: NDArray, lead: number): Layer => ({
  network: network as Network<unknown>,
  x,
  lead,
});

const layers: Readonly<Record<string, Layer>> = {
  dense: layer(nn.dense(3, 5), drawn([4, 6, 3]), 2),
  "dense without bias": layer(nn.dense(3, 5, { bias: false }), drawn([4, 3]), 1),
  conv2d: layer(nn.conv2d(3, 2, { kernel: [3, 2] }), drawn([2, 5, 4, 3]), 1),
  "conv2d with strides": layer(nn.conv2d(2, 3, { kernel: 3, strides: 2, padding: "valid" }), drawn([2, 7, 6, 2]), 1),
  "conv2d without bias": layer(nn.conv2d(2, 3, { bias: false }), drawn([3, 3, 4, 2]), 1),
  upsample: layer(nn.upsample([2, 3]), drawn([2, 3, 4, 2]), 1),
  layerNorm: layer(nn.layerNorm(3), drawn([4, 6, 3]), 2),
  frozenBatchNorm: layer(nn.frozenBatchNorm(3), drawn([4, 3]), 1),
  globalNorm: layer(nn.globalNorm(), drawn([2, 3, 4, 2]), 1),
  sequential: layer(
    nn.sequential(nn.dense(2, 8), nn.activation(nn.tanh), nn.layerNorm(8), nn.dense(8, 1)),
    drawn([7, 2]),
    1,
  ),
};

describe.each(Object.entries(layers))("%s", (_name, { network, x, lead }) => {
  const single = x.astype("float32");

  test("equal keys give equal bits, compiled and mapped over keys too", () => {
    const params = network.init(key);
    expectBits(network.init(random.key(7)), params);
    for (const backend of backends) expectBits(jit(network.init, { backend })(key), params);
    const keys = random.split(key, 3);
    const mapped = vmap(network.init)(keys);
    for (let k = 0; k < 3; k++) {
      const one = network.init(keys.at(k).get());
      expectBits(rowOf(mapped, k), one);
    }
  });

  test("compiled on every back end it has the bits of eager evaluation, in float32 and float64", () => {
    expectSameBits(network, single);
    expectSameBits({ init: (own) => inFloat64(network.init(own)), apply: network.apply }, x);
  });

  test("the result has the dtype of the parameters, and float64 parameters give the float64 network", () => {
    const params = shaken(network.init(key));
    const hasParameters = nn.countParameters(params) > 0;
    expect(network.apply(params, single).dtype).toBe("float32");
    expect(network.apply(params, x).dtype).toBe(hasParameters ? "float32" : "float64");
    const wide = network.apply(inFloat64(params), x);
    expect(wide.dtype).toBe("float64");
    expect(network.apply(inFloat64(params), single).dtype).toBe(hasParameters ? "float64" : "float32");
    expectClose(network.apply(params, single), wide, 1e-5);
  });

  test("samples do not see each other: a stack is a loop, and vmap another", () => {
    const params = shaken(inFloat64(network.init(key)));
    const all = network.apply(params, x);
    const mapped = Array.from({ length: lead }).reduce<(own: NDArray) => NDArray>(
      (f) => vmap(f),
      (own) => network.apply(params, own),
    );
    expectClose(mapped(x), all, 1e-13);
  });

  test("derivatives by parameters and input are those of differences, to the second order", () => {
    const params = shaken(inFloat64(network.init(key)));
    checkGrads((p: unknown, own: NDArray) => network.apply(p, own), [params, x] as never, { order: 2 });
  });
});

// --- Definitions ------------------------------------------------------------------------------

test("dense is x W + b", () => {
  const network = nn.dense(3, 2, { bias: nn.initializers.normal(1), dtype: "float64" });
  const params = network.init(key);
  const x = drawn([4, 3]);
  expectClose(network.apply(params, x), np.add(np.matmul(x, params.weights), params.bias), 1e-15);
  expect(network.apply(params, drawn([3])).shape).toEqual([2]);
  expect(network.apply(params, np.zeros([0, 3])).shape).toEqual([0, 2]);
});

test("weights and bias draw from different keys", () => {
  const { weights, bias } = nn
    .dense(1, 50, { initializer: nn.initializers.normal(1), bias: nn.initializers.normal(1) })
    .init(key);
  expect(weights.reshape([50]).toList()).not.toEqual(bias.toList());
});

test("conv2d is the sum over its window, with zeros around the image", () => {
  const network = nn.conv2d(2, 3, { kernel: [3, 2], dtype: "float64", bias: nn.initializers.normal(1) });
  const { weights, bias } = network.init(key);
  const [x, w, b] = [drawn([4, 5, 2]), weights, bias].map((each) => each.toList()) as [
    number[][][],
    number[][][][],
    number[],
  ];
  const wanted = x.map((row, i) =>
    row.map((_, j) =>
      b.map((shift, o) => {
        let sum = shift;
        for (let s = 0; s < 3; s++)
          for (let t = 0; t < 2; t++)
            for (let c = 0; c < 2; c++) sum += (x[i + s - 1]?.[j + t]?.[c] ?? 0) * w[s]![t]![c]![o]!;
        return sum;
      }),
    ),
  );
  expectClose(network.apply({ weights, bias }, drawn([4, 5, 2])), array(wanted), 1e-14);
});

/** Keras's bilinear UpSampling2D along one axis, written out: half-pixel centres, the border repeated. */
const bilinear = (values: readonly number[], factor: number): number[] =>
  Array.from({ length: values.length * factor }, (_, j) => {
    const at = (j + 0.5) / factor - 0.5;
    const low = Math.floor(at);
    const value = (k: number): number => values[Math.min(values.length - 1, Math.max(0, k))]!;
    return value(low) * (1 - (at - low)) + value(low + 1) * (at - low);
  });

const transposed = (rows: readonly (readonly number[])[]): number[][] =>
  rows[0]!.map((_, k) => rows.map((row) => row[k]!));

test("upsampling is bilinear interpolation between centres, channel by channel", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 4, maxLength: 4 }),
      fc.integer({ min: 0, max: 99 }),
      ([rows, columns, down, across], seed) => {
        const x = drawn([rows!, columns!, 2], seed);
        const channels = [0, 1].map((c) => {
          const plane = np.take(x, c, { axis: 2 }).toList() as number[][];
          return transposed(
            transposed(plane.map((row) => bilinear(row, across!))).map((column) => bilinear(column, down!)),
          );
        });
        expectClose(
          nn.upsample([down!, across!]).apply(null, x),
          np.stack(
            channels.map((c) => array(c)),
            { axis: -1 },
          ),
          1e-14,
        );
      },
    ),
  );
});

test("upsampling reaches exact sizes, in any number of spatial axes, by any method", () => {
  expect(nn.upsample({ size: [7, 5] }).apply(null, drawn([2, 3, 2, 4])).shape).toEqual([2, 7, 5, 4]);
  expect(nn.upsample([2, 2, 3]).apply(null, drawn([2, 3, 4, 1])).shape).toEqual([4, 6, 12, 1]);
  expect(nn.upsample([2]).apply(null, drawn([3, 2])).shape).toEqual([6, 2]);
  expect(
    nn
      .upsample([1, 2], { method: "nearest" })
      .apply(null, array([[[1], [2]]]))
      .toList(),
  ).toEqual([[[1], [1], [2], [2]]]);
  expectBits(nn.upsample(2).apply(null, drawn([3, 4, 2])), nn.upsample({ size: [6, 8] }).apply(null, drawn([3, 4, 2])));
});

test("layer normalization is its definition, whatever is added to all features of a point", () => {
  const network = nn.layerNorm(5, { dtype: "float64" });
  const params = shaken(network.init(key));
  const x = drawn([3, 4, 5]);
  const mean = np.mean(x, { axis: -1, keepdims: true });
  const deviation = np.sqrt(np.add(np.var(x, { axis: -1, keepdims: true }), 1e-3));
  const wanted = np.add(np.mul(np.div(np.sub(x, mean), deviation), params.scale), params.shift);
  expectClose(network.apply(params, x), wanted, 1e-14);
  // the mean of 1e6 + x loses 6 of 16 digits
  expectClose(network.apply(params, np.add(x, 1e6)), wanted, 1e-8);
});

test("features that are all equal normalize to the shift, with finite slopes", () => {
  for (const network of [nn.layerNorm(3), nn.globalNorm({ rank: 1 })] as Network<unknown>[]) {
    const params = network.init(key);
    const x = np.full([2, 3], 4).astype("float32");
    expect(network.apply(params, x).toList()).toEqual(np.zeros([2, 3]).toList());
    const slopes = grad((own: NDArray) => np.sum(np.sin(network.apply(params, own))))(x);
    expect(np.all(np.isfinite(slopes)).item()).toBe(1);
  }
});

test("global normalization gives every sample mean 0 and variance 1 - epsilon / (variance + epsilon)", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.constantFrom(1e-6, 1e-2), (rank, epsilon) => {
      const x = drawn([2, 3, 2, 3, 2]);
      const y = nn.globalNorm({ rank, epsilon }).apply(null, x);
      const axis = Array.from({ length: rank }, (_, k) => k - rank);
      const variance = np.var(x, { axis });
      expectClose(np.mean(y, { axis }), np.zeros(variance.shape), 1e-14);
      expectClose(np.var(y, { axis }), np.div(variance, np.add(variance, epsilon)), 1e-13);
    }),
  );
});

test("frozen batch normalization is Keras's at its first statistics", () => {
  const network = nn.frozenBatchNorm(3, { dtype: "float64" });
  const params = shaken(network.init(key));
  const x = drawn([4, 3]);
  expectClose(network.apply(params, x), np.add(np.mul(np.div(x, Math.sqrt(1.001)), params.scale), params.shift), 1e-15);
});

test("a sequence is its layers one behind the other, each with a key of its own", () => {
  const network = nn.sequential(nn.dense(4, 4), nn.activation(nn.tanh), nn.dense(4, 4));
  const params = network.init(key);
  expect(params[1]).toBeNull();
  expect(params[0].weights.toList()).not.toEqual(params[2].weights.toList());
  const x = drawn([3, 4]);
  expectBits(network.apply(params, x), nn.dense(4, 4).apply(params[2], nn.tanh(nn.dense(4, 4).apply(params[0], x))));
  const nothing = nn.sequential();
  expectBits(nothing.apply(nothing.init(key), x), x);
});

test("numbers of other dtypes are converted to the dtype of the parameters", () => {
  const network = nn.dense(2, 3);
  const params = network.init(key);
  const whole = array([[1, 2]], { dtype: "int32" });
  expectBits(network.apply(params, whole), network.apply(params, whole.astype("float32")));
  expect(nn.globalNorm({ rank: 2 }).apply(null, whole).dtype).toBe("float64");
});

// --- Parameters and inputs --------------------------------------------------------------------

test("parameters are counted over any tree", () => {
  expect(nn.countParameters(nn.conv2d(3, 8, { kernel: 5 }).init(key))).toBe(5 * 5 * 3 * 8 + 8);
  expect(nn.countParameters({ a: [array([1, 2]), null, 3], b: array(1) })).toBe(4);
  expect(nn.countParameters(null)).toBe(0);
  expectError(() => nn.countParameters({ a: "text" }), "NotAnArray", "a");
});

test("a fixed input is no parameter, a latent one is, and both are what is put in", () => {
  const network = nn.dense(3, 2, { dtype: "float64" });
  const x = drawn([3]);
  const fixed = nn.fixedInput(network, x);
  const params = fixed.init(key);
  expectBits(params, network.init(key));
  expectBits(fixed.apply(params), network.apply(params, x));
  const latent = nn.latentInput(network, { size: 3, dtype: "float64" });
  const own = latent.init(key);
  expectBits(latent.apply(own), network.apply(own.network, own.latent));
  const slopes = grad((p: typeof own) => np.sum(latent.apply(p)))(own);
  expectClose(slopes.latent, np.sum(own.network.weights, { axis: 1 }), 1e-15);
});

test("a latent vector is normal with the deviation that is asked for, and drawn apart from the weights", () => {
  const network = nn.latentInput(nn.dense(4000, 1), { size: 4000, scale: 3 });
  const { latent, network: own } = network.init(key);
  expect(latent.dtype).toBe("float32");
  expect(Math.abs(np.mean(latent).item())).toBeLessThan((4 * 3) / Math.sqrt(4000));
  expect(Math.abs(np.std(latent).item() / 3 - 1)).toBeLessThan(4 * Math.sqrt(0.5 / 4000));
  const drawnToo: Network<NDArray> = { init: (one) => random.normal(one, [9], { dtype: "float32" }), apply: np.add };
  const both = nn.latentInput(drawnToo, { size: 9 }).init(key);
  expect(both.latent.toList()).not.toEqual(both.network.toList());
  const product = np.sum(np.mul(latent, own.weights.reshape([4000]))).item();
  const scale = Math.sqrt(np.sum(np.square(latent)).item() * np.sum(np.square(own.weights)).item());
  expect(Math.abs(product) / scale).toBeLessThan(4 / Math.sqrt(4000));
});

const dense = nn.dense(2, 3);
const params = dense.init(key);

testRefusals([
  ["no units", () => nn.dense(0, 3), "InvalidOption", "inputs 0"],
  ["half a unit", () => nn.dense(2, 1.5), "InvalidOption", "outputs 1.5"],
  ["a misspelt option", () => nn.dense(2, 3, { initialiser: 1 } as never), "UnknownOption", "initializer"],
  ["an initializer that is no function", () => nn.dense(2, 3, { initializer: "he" as never }), "InvalidOption"],
  ["a bias that is a number", () => nn.dense(2, 3, { bias: 0 as never }), "InvalidOption", "true, false"],
  ["another dtype", () => nn.dense(2, 3, { dtype: "int32" as never }), "DTypeMismatch", "float64"],
  ["a seed in the place of a key", () => dense.init(0 as never), "InvalidKey", "nn.dense(2, 3)"],
  ["another number of inputs", () => dense.apply(params, drawn([4, 3])), "ShapeMismatch", "[4,3]. Inputs are [..., 2]"],
  ["a number as input", () => dense.apply(params, array(1)), "ShapeMismatch"],
  [
    "the parameters of another layer",
    () => dense.apply(nn.dense(3, 3).init(key), drawn([2])),
    "ShapeMismatch",
    "[3,3]",
  ],
  ["a bias of another size", () => dense.apply({ ...params, bias: np.zeros(4) }, drawn([2])), "ShapeMismatch", "bias"],
  [
    "a layer without bias where one is",
    () => dense.apply({ ...params, bias: null as never }, drawn([2])),
    "NotAnArray",
  ],
  [
    "stacked parameters",
    () => dense.apply(vmap(dense.init)(random.split(key, 2)), drawn([2])),
    "ShapeMismatch",
    "vmap",
  ],
  ["a kernel of no size", () => nn.conv2d(1, 1, { kernel: 0 }), "InvalidOption", "kernel"],
  ["a kernel of three axes", () => nn.conv2d(1, 1, { kernel: [3, 3, 3] as never }), "InvalidOption"],
  ["an image without channels", () => nn.conv2d(3, 1).apply(nn.conv2d(3, 1).init(key), drawn([4, 3])), "ShapeMismatch"],
  ["a factor of 0", () => nn.upsample(0), "InvalidOption"],
  ["a factor that is a word", () => nn.upsample("2" as never), "InvalidOption"],
  ["no spatial axes", () => nn.upsample(2).apply(null, drawn([4, 2])), "ShapeMismatch", "2 spatial axes"],
  ["an epsilon of 0", () => nn.layerNorm(3, { epsilon: 0 }), "InvalidOption", "epsilon 0"],
  ["too few axes of a sample", () => nn.globalNorm().apply(null, drawn([4, 2])), "ShapeMismatch", "3 axes"],
  ["a function as a layer", () => nn.sequential(nn.tanh as never), "InvalidOption", "nn.activation"],
  ["null as a layer", () => nn.sequential(null as never), "InvalidOption"],
  [
    "too few parameters",
    () => nn.sequential(dense, dense).apply([params] as never, drawn([2])),
    "TreeMismatch",
    "1 networks",
  ],
  ["no list of parameters", () => nn.sequential(dense).apply(params as never, drawn([2])), "TreeMismatch", "no list"],
  ["a network as an activation", () => nn.activation(dense as never), "InvalidOption"],
  ["no network with a fixed input", () => nn.fixedInput(np.tanh as never, drawn([2])), "InvalidOption"],
  ["a latent vector without size", () => nn.latentInput(dense, {} as never), "InvalidOption", "size"],
]);
