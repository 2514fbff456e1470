/**
 * The neural networks of topology optimization at their usual sizes, value and gradient by all weights.
 * SIREN: sin(30 (x W + b)) three times with 256 units, then one linear unit, at the 96 x 64 element centres.
 * Decoder: a latent vector to 8 x 12 x 32, then five times tanh, bilinear resize, channel normalization, 5 x 5 convolution.
 * The loss is the mean squared distance to a pattern. Source: Sanu, Bessa and Aragon 2026; Sitzmann et al. 2020.
 */
import type { Floats, Precision } from "../job.ts";
import { both, floats, scattered, single } from "./draft.ts";
import type { Draft } from "./draft.ts";

const nelx = 96;
const nely = 64;

type Shapes = readonly (readonly number[])[];

/** Uniform weights of the given half widths, one array per shape. */
const drawn = (precision: Precision, shapes: Shapes, widths: readonly number[]): readonly Floats[] => {
  const next = scattered(17);
  return shapes.map((shape, k) =>
    floats(
      precision,
      shape.reduce((count, extent) => count * extent, 1),
      () => widths[k]! * next(),
    ),
  );
};

const pattern = (i: number): number => 0.5 + 0.5 * Math.sin(0.4 * (i % nelx)) * Math.cos(0.3 * Math.floor(i / nelx));

// --- SIREN ------------------------------------------------------------------------------------

export const omega = 30;
const units = 256;
const sirenWeights: Shapes = [[2, units], [units], [units, units], [units], [units, units], [units], [units, 1], [1]];
const hiddenWidth = Math.sqrt(6 / units) / omega;

/** Inputs: points [6144, 2], target [6144, 1], then weights and biases layer by layer. Outputs: loss, gradients. */
export const siren = (precision: Precision): Draft => ({
  kind: "siren",
  name: "SIREN 3 x 256, 6144 points, value and gradient, jitted",
  shapes: [[nelx * nely, 2], [nelx * nely, 1], ...sirenWeights],
  inputs: () => [
    floats(precision, 2 * nelx * nely, (i) =>
      i % 2 === 0 ? (1 + 2 * ((i >> 1) % nelx)) / nelx - 1 : (1 + 2 * Math.floor((i >> 1) / nelx)) / nely - 1,
    ),
    floats(precision, nelx * nely, pattern),
    ...drawn(precision, sirenWeights, [0.5, 0.1, ...new Array<number>(6).fill(hiddenWidth)]),
  ],
  expected: null,
  tolerance: precision === "float64" ? 1e-11 : 1e-3,
  calls: 1,
  peers: precision === "float64" ? ["jax-js", "torch"] : ["jax-js", "tfjs", "torch"],
  goals:
    precision === "float64"
      ? [
          { peer: "jax-js", ratio: 0.08 },
          { peer: "torch", ratio: 2.2 },
        ]
      : [
          { peer: "jax-js", ratio: 0.55 },
          { peer: "torch", ratio: 2.6 },
        ],
});

// --- The decoder ------------------------------------------------------------------------------

const latent = 128;
const [rows, columns, channels] = [nely / 8, nelx / 8, 32];
const features = [64, 32, 16, 8, 1];
/** By how much each block magnifies the grid. */
export const magnifications: readonly number[] = [1, 2, 2, 2, 1];
export const normalizationFloor = 1e-3;

/** Weights [2 extent, extent] that magnify an axis by two: bilinear between the centres, the outermost values continued. */
export const magnifying = (extent: number): Float64Array => {
  const weights = new Float64Array(2 * extent * extent);
  for (let row = 0; row < 2 * extent; row++) {
    const near = row >> 1;
    const far = Math.min(extent - 1, Math.max(0, near + (row % 2 === 0 ? -1 : 1)));
    weights[row * extent + near]! += 0.75;
    weights[row * extent + far]! += 0.25;
  }
  return weights;
};
const window = 5;

/** Of one block: scale and shift of the normalization, windows [out, in, 5, 5], biases. */
const blockShapes = (k: number): Shapes => {
  const [into, out] = [[channels, ...features][k]!, features[k]!];
  return [[into], [into], [out, into, window, window], [out]];
};

/** Inputs: latent [1, 128], target [1, 1, 64, 96], dense weights to [1, 32, 8, 12] and biases, then the blocks. Outputs: loss, gradients. */
const decoder = (precision: Precision): Draft => {
  const dense: Shapes = [[latent, channels * rows * columns], [channels * rows * columns]];
  const weights = [...dense, ...features.flatMap((_, k) => blockShapes(k))];
  const widthOf = (shape: readonly number[]): number =>
    shape.length === 1 ? 0.3 : Math.sqrt(3 / shape.slice(1).reduce((count, extent) => count * extent, 1));
  return {
    kind: "decoder",
    name: "CNN decoder, latent 128 to 96 x 64, value and gradient, jitted",
    shapes: [[1, latent], [1, 1, nely, nelx], ...weights],
    inputs: () => [
      floats(precision, latent, scattered(5)),
      floats(precision, nelx * nely, pattern),
      ...drawn(precision, weights, [Math.sqrt(3 / latent), ...weights.slice(1).map(widthOf)]),
    ],
    expected: null,
    tolerance: 2e-3,
    calls: 1,
    peers: ["jax-js", "torch"],
    goals: [{ peer: "jax-js", ratio: 0.03 }],
  };
};

export const networkJobs = [...both(siren), single("float32", decoder("float32"))];
