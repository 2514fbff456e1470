/**
 * Whole networks: shapes and numbers of parameters as published, layers that draw apart, values composed by hand, derivatives,
 * equal bits on every back end.
 */
import { describe, expect, test } from "vitest";
import { jit, tree, valueAndGrad, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import * as nn from "cotangent/nn";
import type { Network } from "cotangent/nn";
import * as np from "cotangent/numpy";
import * as random from "cotangent/random";
import { checkGrads } from "cotangent/testing";
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

type AnyNetwork = Network<unknown>;

interface Subject {
  readonly network: AnyNetwork;
  readonly x: NDArray;
}

const subject = <P>(network: Network<P>, x: NDArray): Subject => ({ network: network as AnyNetwork, x });

const points = nn.coordinates([3, 4]);
const smallDecoder = {
  height: 6,
  width: 5,
  latent: 4,
  denseChannels: 3,
  filters: [2, 3, 1],
  resizes: [1, 2, 2],
  kernel: 3,
};

/** Networks with smooth units, so that differences meet no kink. */
const subjects: Readonly<Record<string, Subject>> = {
  mlp: subject(nn.mlp({ hidden: [5, 4], activation: nn.tanh }), points),
  "mlp, layer": subject(nn.mlp({ hidden: [5, 4], activation: nn.tanh, normalization: "layer" }), points),
  "mlp, batch": subject(nn.mlp({ hidden: [5, 4], activation: nn.tanh, normalization: "batch" }), points),
  "mlp, frozen": subject(
    nn.mlp({ hidden: [5], activation: nn.tanh, normalization: "frozenBatch", outputs: 2 }),
    points,
  ),
  siren: subject(nn.siren({ width: 6, depth: 2, omega: 3 }), points),
  "siren, uniform biases": subject(nn.siren({ width: 6, depth: 2, omega: 3, biases: "uniform" }), points),
  fourierMlp: subject(nn.fourierMlp({ features: 4, hidden: [5], activation: nn.tanh }), points),
  cnnDecoder: subject(nn.cnnDecoder(smallDecoder), drawn([2, 4])),
  "cnnDecoder, global, offsets": subject(
    nn.cnnDecoder({ ...smallDecoder, normalization: "global", offsetScale: 10, gain: 2 }),
    drawn([4]),
  ),
};

describe.each(Object.entries(subjects))("%s", (_name, { network, x }) => {
  test("equal keys give equal bits, compiled too; mapped over keys it is a loop", () => {
    const params = network.init(key);
    expectBits(network.init(random.key(7)), params);
    for (const backend of backends) expectBits(jit(network.init, { backend })(key), params);
    const keys = random.split(key, 3);
    const mapped = vmap(network.init)(keys);
    for (let k = 0; k < 3; k++) expectBits(rowOf(mapped, k), network.init(keys.at(k).get()));
  });

  test("another key gives other weights in every layer", () => {
    const [one, other] = [network.init(key), network.init(random.key(8))].map(
      (params) => tree.leaves(params as never) as NDArray[],
    );
    one!.forEach((leaf, k) => {
      const isConstant = np.min(leaf).item() === np.max(leaf).item();
      if (!isConstant) expect(leaf.toList()).not.toEqual(other![k]!.toList());
    });
    expect(one!.some((leaf) => np.min(leaf).item() !== np.max(leaf).item())).toBe(true);
  });

  test("compiled on every back end it has the bits of eager evaluation, in float32 and float64", () => {
    expectSameBits(network, x.astype("float32"));
    expectSameBits({ init: (own) => inFloat64(network.init(own)), apply: network.apply }, x);
  });

  test("mapped over stacked parameters, value and gradient are a loop", () => {
    const keys = random.split(key, 3);
    const init = (own: NDArray): unknown => inFloat64(network.init(own));
    const loss = (p: unknown): NDArray => np.sum(np.square(network.apply(p, x)));
    const stacked = vmap(init)(keys);
    const [values, slopes] = vmap(valueAndGrad(loss))(stacked as never) as [NDArray, unknown];
    for (let k = 0; k < 3; k++) {
      const [value, slope] = valueAndGrad(loss)(rowOf(stacked, k));
      expectClose(values.at(k).get(), value, 1e-12);
      const [seen, wanted] = [rowOf(slopes, k), slope].map((each) => tree.leaves(each as never) as NDArray[]);
      seen!.forEach((leaf, at) => expectClose(leaf, wanted![at]!, 1e-11));
    }
  });

  test("so has its gradient", () => {
    const params = shaken(network.init(key));
    const loss = (p: unknown): NDArray => np.sum(np.square(network.apply(p, x)));
    const wanted = valueAndGrad(loss)(params);
    for (const backend of backends) expectBits(jit(valueAndGrad(loss), { backend })(params), wanted);
  });

  test("parameters in float64 give the float64 network, which the float32 one resembles", () => {
    const params = shaken(network.init(key));
    expect((tree.leaves(params as never) as NDArray[]).every(({ dtype }) => dtype === "float32")).toBe(true);
    expect(network.apply(params, x).dtype).toBe("float32");
    const wide = network.apply(inFloat64(params), x);
    expect(wide.dtype).toBe("float64");
    expectClose(network.apply(params, x), wide, 1e-4);
  });

  test("derivatives by parameters and input are those of differences", () => {
    const params = shaken(inFloat64(network.init(key)));
    checkGrads((p: unknown, own: NDArray) => network.apply(p, own), [params, x] as never, { order: 1 });
    checkGrads((p: unknown) => np.sum(network.apply(p, x)), [params] as never, { order: 2, directions: 1 });
  });
});

// --- Perceptrons ------------------------------------------------------------------------------

test("the perceptron's layers have the published shapes; bounds of the weights are Glorot's, biases 0", () => {
  const params = nn.mlp().init(key);
  expect(params.layers.map(({ weights }) => weights.shape)).toEqual([
    [2, 20],
    ...Array.from({ length: 4 }, () => [20, 20]),
    [20, 1],
  ]);
  expect(nn.countParameters(params)).toBe(2 * 20 + 20 + 4 * (20 * 20 + 20) + 20 + 1);
  expect(nn.countParameters(nn.mlp({ normalization: "frozenBatch" }).init(key))).toBe(1761 + 5 * 40);
  for (const { weights, bias } of params.layers) {
    const [inputs, outputs] = weights.shape as [number, number];
    expect(np.max(np.abs(weights)).item()).toBeLessThanOrEqual(Math.sqrt(6 / (inputs + outputs)));
    expect(np.max(np.abs(bias)).item()).toBe(0);
  }
});

test("the perceptron is dense, leaky units of slope 0.3, normalization, and dense", () => {
  const network = nn.mlp({ inputs: 3, hidden: [6, 5], outputs: 2, normalization: "frozenBatch", dtype: "float64" });
  const params = shaken(network.init(key));
  const x = drawn([7, 3]);
  let layer = x;
  for (const k of [0, 1]) {
    const { weights, bias } = params.layers[k]!;
    const linear = np.add(np.matmul(layer, weights), bias);
    const bent = np.where(np.less(linear, 0), np.mul(linear, 0.3), linear);
    const { scale, shift } = params.normalizations[k]!;
    layer = np.add(np.mul(np.div(bent, Math.sqrt(1.001)), scale), shift);
  }
  const { weights, bias } = params.layers[2]!;
  expectClose(network.apply(params, x), np.add(np.matmul(layer, weights), bias), 1e-14);
});

test("batch normalization over the whole field is that of training: hidden features have mean 0, whatever the weights", () => {
  const network = nn.mlp({ hidden: [4], outputs: 4, normalization: "batch", dtype: "float64" });
  const params = shaken(network.init(key));
  const identity = {
    layers: [params.layers[0]!, { weights: np.eye(4), bias: np.zeros(4) }],
    normalizations: network.init(key).normalizations,
  };
  const out = network.apply(identity, nn.coordinates([6, 5]));
  expectClose(np.mean(out, { axis: [0, 1] }), np.zeros(4), 1e-14);
  expect(np.max(np.var(out, { axis: [0, 1] })).item()).toBeLessThanOrEqual(1);
});

// --- SIREN ------------------------------------------------------------------------------------

test("SIREN's weights fill their bounds uniformly: 1 / inputs first, sqrt(6 / width) / omega in all other layers", () => {
  const params = nn.siren({ outputs: 4 }).init(key);
  expect(params.map(({ weights }) => weights.shape)).toEqual([
    [2, 256],
    [256, 256],
    [256, 256],
    [256, 4],
  ]);
  params.forEach(({ weights, bias }, k) => {
    const bound = k === 0 ? 1 / 2 : Math.sqrt(6 / 256) / 30;
    const rounding = 1 + 2 ** -22;
    expect(np.max(np.abs(weights)).item()).toBeLessThanOrEqual(bound * rounding);
    // the largest of n uniform numbers falls short of the bound by 12 / n in 6 of a million draws
    expect(np.max(np.abs(weights)).item()).toBeGreaterThan(bound * (1 - 12 / weights.size));
    // relative deviation of the second moment: sqrt(4 / (5 n))
    const moment = np.mean(np.square(weights.astype("float64"))).item() / (bound ** 2 / 3);
    expect(Math.abs(moment - 1)).toBeLessThan(4.5 * Math.sqrt(0.8 / weights.size));
    expect(Math.abs(np.mean(weights).item())).toBeLessThan((4.5 * bound) / Math.sqrt(3 * weights.size));
    expect(np.max(np.abs(bias)).item()).toBe(0);
  });
  expect(nn.countParameters(nn.siren().init(key))).toBe(2 * 256 + 256 + 2 * (256 * 256 + 256) + 257);
});

test("SIREN's layers of equal shape begin with different weights", () => {
  const params = nn.siren({ width: 16, depth: 4 }).init(key);
  const hidden = params.slice(1, 4).map(({ weights }) => weights.toList());
  expect(hidden[0]).not.toEqual(hidden[1]);
  expect(hidden[1]).not.toEqual(hidden[2]);
  const correlation =
    np.sum(np.mul(params[1]!.weights, params[2]!.weights)).item() / np.sum(np.square(params[1]!.weights)).item();
  expect(Math.abs(correlation)).toBeLessThan(4.5 / 16);
});

test("what enters SIREN's deeper sines has deviation near 1, whatever the depth", () => {
  const network = nn.siren({ depth: 6, dtype: "float64" });
  const params = network.init(key);
  let layer = nn.coordinates([16, 16]);
  params.slice(0, -1).forEach(({ weights, bias }, k) => {
    const angle = np.mul(np.add(np.matmul(layer, weights), bias), 30);
    // 256 random units: the variance over all is within some 10 % of its mean over weights
    if (k > 0) expect(Math.abs(np.std(angle).item() - 1)).toBeLessThan(0.15);
    layer = np.sin(angle);
  });
  const { weights, bias } = params.at(-1)!;
  expectClose(network.apply(params, nn.coordinates([16, 16])), np.add(np.matmul(layer, weights), bias), 1e-12);
});

test("uniform biases lie within 1 / sqrt(inputs) of the layer and fill it", () => {
  const params = nn.siren({ biases: "uniform", depth: 2, outputs: 300 }).init(key);
  params.forEach(({ weights, bias }) => {
    const bound = 1 / Math.sqrt(weights.shape[0]!);
    expect(np.max(np.abs(bias)).item()).toBeLessThanOrEqual(bound * (1 + 2 ** -22));
    expect(np.max(np.abs(bias)).item()).toBeGreaterThan(bound * 0.95);
  });
  expectBits(
    params.map(({ weights }) => weights),
    nn
      .siren({ depth: 2, outputs: 300 })
      .init(key)
      .map(({ weights }) => weights),
  );
});

test("the same network samples a field at any resolution: cells that are split once keep their centres' values", () => {
  const network = nn.siren({ width: 16, dtype: "float64" });
  const params = network.init(key);
  const coarse = network.apply(params, nn.coordinates([4, 6]));
  const fine = network.apply(params, nn.coordinates([4, 6], { refine: 3 }));
  const middles = np.take(
    np.take(fine, np.arange(1, 12, 3).astype("int32"), { axis: 0 }),
    np.arange(1, 18, 3).astype("int32"),
    { axis: 1 },
  );
  expectClose(middles, coarse, 1e-12);
});

// --- Fourier features -------------------------------------------------------------------------

test("Fourier features are cosines and sines of the same angles, normal with the scale's deviation", () => {
  const features = 4000;
  const x = drawn([3, 2]);
  const seen = nn.fourierFeatures({ features, scale: 0.02 }).apply(null, x);
  expect(seen.shape).toEqual([3, 2 * features]);
  const [cosines, sines] = [seen, seen].map((own, k) =>
    np.take(own, np.arange(k * features, (k + 1) * features).astype("int32"), { axis: 1 }),
  ) as [NDArray, NDArray];
  expectClose(np.add(np.square(cosines), np.square(sines)), np.ones([3, features]), 1e-14);
  // angles are below pi here, so that arctan2 gives them back
  const angles = np.arctan2(sines, cosines);
  const deviation = np.mul(np.sqrt(np.sum(np.square(x), { axis: 1 })), 2 * Math.PI * 0.02);
  const ratio = np.div(np.std(angles, { axis: 1 }), deviation);
  expect(np.max(np.abs(np.sub(ratio, 1))).item()).toBeLessThan(4.5 * Math.sqrt(0.5 / features));
});

test("frequencies follow from the option key alone and are no parameters", () => {
  const options = { features: 8, hidden: [4] };
  const [one, other] = [nn.fourierMlp(options), nn.fourierMlp({ ...options, key: random.key(5) })];
  const params = one.init(key);
  expectBits(other.init(key), params);
  expect(nn.countParameters(params)).toBe(16 * 4 + 4 + 4 + 1);
  expect(one.apply(params, points).toList()).not.toEqual(other.apply(params, points).toList());
  const map = nn.fourierFeatures({ features: 8 }).apply(null, points);
  expectClose(
    one.apply(inFloat64(params), points),
    nn.mlp({ inputs: 16, hidden: [4] }).apply(inFloat64(params), map),
    1e-15,
  );
});

test("angles are taken in the dtype of the parameters, whatever the input's", () => {
  const network = nn.fourierMlp({ features: 8, hidden: [4], scale: 20 });
  const params = network.init(key);
  const single = points.astype("float32");
  expectBits(network.apply(params, points), network.apply(params, single));
  const wide = inFloat64(params);
  expectBits(network.apply(wide, single), network.apply(wide, single.astype("float64")));
});

// --- Refusals ---------------------------------------------------------------------------------

const decoder = { height: 8, width: 8 };

testRefusals([
  ["hidden layers as a number", () => nn.mlp({ hidden: 3 as never }), "InvalidOption", "hidden 3"],
  ["a hidden layer without units", () => nn.mlp({ hidden: [3, 0] }), "InvalidOption", "hidden"],
  ["an unknown normalization", () => nn.mlp({ normalization: "instance" as never }), "InvalidOption", '"frozenBatch"'],
  ["a misspelt option", () => nn.mlp({ outptus: 2 } as never), "UnknownOption", "outputs"],
  ["an activation that is a name", () => nn.mlp({ activation: "tanh" as never }), "InvalidOption", "function"],
  [
    "parameters of a shallower perceptron",
    () => nn.mlp().apply(nn.mlp({ hidden: [20] }).init(key), points),
    "TreeMismatch",
    "2 layers",
  ],
  [
    "a normalization that is not there",
    () => nn.mlp({ normalization: "layer" }).apply(nn.mlp().init(key), points),
    "TreeMismatch",
    "normalizations",
  ],
  ["no sine layer", () => nn.siren({ depth: 0 }), "InvalidOption", "depth 0"],
  ["an omega of 0", () => nn.siren({ omega: 0 }), "InvalidOption", "omega 0"],
  ["unknown biases", () => nn.siren({ biases: "ones" as never }), "InvalidOption", "biases"],
  ["points of another space", () => nn.siren().apply(nn.siren().init(key), drawn([4, 3])), "ShapeMismatch", "[..., 2]"],
  ["a scale of 0", () => nn.fourierFeatures({ scale: 0 }), "InvalidOption", "scale"],
  ["a seed in the place of a key", () => nn.fourierFeatures({ key: 3 as never }), "InvalidKey"],
  ["no height", () => nn.cnnDecoder({ width: 3 } as never), "InvalidOption", "height"],
  [
    "as many resizes as not filters",
    () => nn.cnnDecoder({ ...decoder, filters: [8, 1] }),
    "InvalidOption",
    "2 whole numbers",
  ],
  ["no stage", () => nn.cnnDecoder({ ...decoder, filters: [], resizes: [] }), "InvalidOption", "filters"],
  [
    "an unknown normalization of the decoder",
    () => nn.cnnDecoder({ ...decoder, normalization: "batch" as never }),
    "InvalidOption",
  ],
  ["an infinite gain", () => nn.cnnDecoder({ ...decoder, gain: Infinity }), "InvalidOption", "gain"],
  [
    "a latent vector of another size",
    () => nn.cnnDecoder(decoder).apply(nn.cnnDecoder(decoder).init(key), drawn([3])),
    "ShapeMismatch",
    "[..., 128]",
  ],
  [
    "offsets that are not there",
    () => nn.cnnDecoder({ ...decoder, offsetScale: 1 }).apply(nn.cnnDecoder(decoder).init(key), drawn([128])),
    "TreeMismatch",
    "offsets",
  ],
]);
