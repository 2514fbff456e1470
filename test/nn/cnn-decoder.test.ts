/**
 * The convolutional decoder: its published size, its stages composed by hand, sizes that are no multiples, the variant of
 * Hoyer et al., and the two ways to give it a latent vector.
 */
import { expect, test } from "vitest";
import { grad, jit, tree, valueAndGrad } from "cotangent";
import type { NDArray } from "cotangent";
import * as nn from "cotangent/nn";
import * as np from "cotangent/numpy";
import * as random from "cotangent/random";
import { drawn, expectBits, expectClose, inFloat64, key, shaken } from "./networks-support.ts";

const latent = random.normal(random.key(1), [128]);

test("at 64 x 96 with layer normalization it has 515313 numbers, and the latent vector is none of them", () => {
  const network = nn.cnnDecoder({ height: 64, width: 96 });
  const params = network.init(key);
  expect(nn.countParameters(params)).toBe(515313);
  expect(params.dense.weights.shape).toEqual([128, 8 * 12 * 32]);
  expect(params.convolutions.map(({ weights }) => weights.shape)).toEqual([
    [5, 5, 32, 64],
    [5, 5, 64, 32],
    [5, 5, 32, 16],
    [5, 5, 16, 8],
    [5, 5, 8, 1],
  ]);
  const field = nn.fixedInput(network, latent);
  expect(nn.countParameters(field.init(key))).toBe(515313);
  expect(field.apply(params).shape).toEqual([64, 96]);
  expectBits(field.apply(params), network.apply(params, latent));
});

test("it is dense, then tanh, bilinear growth, normalization and convolution stage by stage", () => {
  const network = nn.cnnDecoder({ height: 16, width: 8, latent: 6, dtype: "float64", gain: 3 });
  const params = shaken(network.init(key));
  const z = drawn([6]);
  let image = np.add(np.matmul(z, params.dense.weights), params.dense.bias).reshape([1, 2, 1, 32]);
  [1, 2, 2, 2, 1].forEach((factor, k) => {
    const [, rows, columns, channels] = image.shape as [number, number, number, number];
    const grown = nn.resize(np.tanh(image), [1, factor * rows, factor * columns, channels]);
    const unit = nn.standardize(grown, { epsilon: 1e-3 });
    const { scale, shift } = params.normalizations[k]!;
    const { weights, bias } = params.convolutions[k]!;
    const out = nn.conv(np.add(np.mul(unit, scale), shift), weights, { padding: "same", layout: "NHWC" });
    image = np.add(out, bias);
  });
  expectClose(network.apply(params, z), image.reshape([16, 8]), 1e-12);
});

test("sizes that are no multiples are the middle of the next larger field with the same parameters", () => {
  const [whole, part] = [
    { height: 64, width: 24 },
    { height: 60, width: 20 },
  ].map((size) => nn.cnnDecoder(size)) as [nn.Network<nn.CnnDecoderParams>, nn.Network<nn.CnnDecoderParams>];
  const params = whole.init(key);
  expectBits(part.init(key), params);
  const field = part.apply(params, latent);
  expect(field.shape).toEqual([60, 20]);
  const rows = np.take(whole.apply(params, latent), np.arange(2, 62).astype("int32"), { axis: 0 });
  expectBits(field, np.take(rows, np.arange(2, 22).astype("int32"), { axis: 1 }));
  const slopes = grad((p: typeof params) => np.sum(np.square(part.apply(p, latent))))(params);
  for (const leaf of tree.leaves(slopes)) expect(np.all(np.isfinite(leaf)).item()).toBe(1);
  expect(np.max(np.abs(slopes.dense.weights)).item()).toBeGreaterThan(0);
  for (const [height, width] of [
    [1, 1],
    [7, 9],
  ] as const) {
    const odd = nn.cnnDecoder({ height, width });
    expect(odd.apply(odd.init(key), latent).shape).toEqual([height, width]);
  }
});

test("a last stage of several filters leaves channels, and leading axes count latent vectors", () => {
  const network = nn.cnnDecoder({ height: 5, width: 7, filters: [4, 3], resizes: [2, 2], latent: 6, dtype: "float64" });
  const params = network.init(key);
  const stack = drawn([2, 3, 6]);
  const all = network.apply(params, stack);
  expect(all.shape).toEqual([2, 3, 5, 7, 3]);
  expectClose(all.at(1, 2).get(), network.apply(params, stack.at(1, 2).get()), 1e-13);
});

test("the dense weights are orthogonal times the gain, in float32 to 1e-6 and in float64 to 1e-12", () => {
  for (const [dtype, tolerance] of [
    ["float32", 1e-6],
    ["float64", 1e-12],
  ] as const) {
    const { dense } = nn.cnnDecoder({ height: 32, width: 32, gain: 2, dtype }).init(key);
    const wide = dense.weights.astype("float64");
    const gram = np.div(np.matmul(wide, wide.T), 4);
    expect(np.max(np.abs(np.sub(gram, np.eye(128)))).item()).toBeLessThan(tolerance);
    const { dense: tall } = nn.cnnDecoder({ height: 8, width: 8, denseChannels: 9, latent: 128, dtype }).init(key);
    const columns = tall.weights.astype("float64");
    expect(np.max(np.abs(np.sub(np.matmul(columns.T, columns), np.eye(9)))).item()).toBeLessThan(tolerance);
  }
});

test("Hoyer's decoder has its widths, offsets of every pixel, and its latent vector among the parameters", () => {
  const params = nn.hoyerDecoder({ height: 64, width: 96 }).init(key);
  const images = [
    [8, 12, 128],
    [16, 24, 64],
    [32, 48, 32],
    [64, 96, 16],
    [64, 96, 1],
  ] as const;
  const channels = [32, 128, 64, 32, 16, 1];
  expect(params.network.offsets.map(({ shape }) => shape)).toEqual(images);
  expect(params.network.normalizations).toEqual([]);
  const convolutions = images.reduce((sum, [, , out], k) => sum + 25 * channels[k]! * out + out, 0);
  const offsets = images.reduce((sum, [rows, columns, out]) => sum + rows * columns * out, 0);
  expect(nn.countParameters(params)).toBe(128 + 129 * 8 * 12 * 32 + convolutions + offsets);
  const wide = params.network.dense.weights.astype("float64");
  expectClose(np.matmul(wide, wide.T), np.mul(np.eye(128), (8 * 12 * 32) / 128), 1e-5);
  for (const { weights } of params.network.convolutions) {
    const inputs = weights.size / weights.shape[3]!;
    expect(Math.abs(np.var(weights).item() * inputs - 1)).toBeLessThan(6 * Math.sqrt(1 / weights.size));
    expect(np.max(np.abs(weights)).item()).toBeLessThanOrEqual((2.0001 / 0.8796256610342398) * Math.sqrt(1 / inputs));
  }
});

test("Hoyer's decoder is its stages: offsets count ten times, normalization is global", () => {
  const network = nn.hoyerDecoder({ height: 10, width: 7, latent: 5, dtype: "float64" });
  const params = shaken(network.init(key));
  const { dense, convolutions, offsets } = params.network;
  let image = np.add(np.matmul(params.latent, dense.weights), dense.bias).reshape([1, 2, 1, 32]);
  [1, 2, 2, 2, 1].forEach((factor, k) => {
    const [, rows, columns, count] = image.shape as [number, number, number, number];
    const grown = nn.resize(np.tanh(image), [1, factor * rows, factor * columns, count]);
    const unit = nn.standardize(grown, { axis: null, epsilon: 1e-6 });
    const { weights, bias } = convolutions[k]!;
    const out = nn.conv(unit, weights, { padding: "same", layout: "NHWC" });
    image = np.add(np.add(out, bias), np.mul(offsets[k]!, 10));
  });
  const middle = np.take(image.reshape([16, 8]), np.arange(3, 13).astype("int32"), { axis: 0 });
  expectClose(network.apply(params), np.take(middle, np.arange(0, 7).astype("int32"), { axis: 1 }), 1e-12);
});

test("one compiled value and gradient at full size has the bits of js, wasm and eager evaluation", () => {
  const field = nn.fixedInput(nn.cnnDecoder({ height: 24, width: 32 }), latent);
  const params = field.init(key);
  const loss = (p: typeof params): NDArray => np.sum(np.square(field.apply(p)));
  const wanted = valueAndGrad(loss)(params);
  for (const backend of ["js", "wasm"] as const) expectBits(jit(valueAndGrad(loss), { backend })(params), wanted);
  const wide = valueAndGrad(loss)(inFloat64(params));
  expect(Math.abs(wanted[0].item() / wide[0].item() - 1)).toBeLessThan(1e-4);
});

test("the parameters of all seeds are one program: init compiled is init", () => {
  const field = nn.hoyerDecoder({ height: 8, width: 8, latent: 16 });
  expectBits(jit(field.init)(key), field.init(key));
});
