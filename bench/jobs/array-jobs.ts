/** The jobs on plain arrays: products, chains of functions, reductions. Right numbers by plain JavaScript in double precision. */
import type { Floats, Precision } from "../job.ts";
import { both, floats, mapped, scattered, single, total } from "./draft.ts";
import type { Draft } from "./draft.ts";

const million = 1_000_000;
const side = 1000;
const size = 1024;

const product = ([a, b]: readonly ArrayLike<number>[]): readonly Float64Array[] => {
  const out = new Float64Array(size * size);
  for (let i = 0; i < size; i++)
    for (let k = 0; k < size; k++) {
      const factor = a![i * size + k]!;
      for (let j = 0; j < size; j++) out[i * size + j]! += factor * b![k * size + j]!;
    }
  return [out];
};

export const matmul = (precision: Precision): Draft => ({
  kind: "matmul",
  name: "A B, 1024 x 1024, jitted",
  shapes: [
    [size, size],
    [size, size],
  ],
  inputs: () => [floats(precision, size * size, scattered(1)), floats(precision, size * size, scattered(2))],
  expected: product,
  tolerance: precision === "float64" ? 1e-12 : 1e-4,
  calls: 1,
  flops: 2 * size ** 3,
  ways: ["auto", "relaxed"],
  peers:
    precision === "float64"
      ? ["jax-js", "onnxruntime", "torch", "numpy"]
      : ["jax-js", "tfjs", "onnxruntime", "torch", "numpy"],
  goals:
    precision === "float64"
      ? [
          { peer: "onnxruntime", ratio: 0.5 },
          { peer: "jax-js", ratio: 0.04 },
          { peer: "ceiling", share: 0.7 },
        ]
      : [
          { peer: "tfjs", ratio: 0.85 },
          { peer: "ceiling", share: 0.7 },
        ],
});

// --- The chain --------------------------------------------------------------------------------

const chainText = "sin(x) exp(-x^2) + tanh(x) / (1 + x^2), 1e6";
const chain = (x: number): number => Math.sin(x) * Math.exp(-x * x) + Math.tanh(x) / (1 + x * x);
const chainSlope = (x: number): number => {
  const bell = Math.exp(-x * x);
  const t = Math.tanh(x);
  const scale = 1 + x * x;
  return bell * (Math.cos(x) - 2 * x * Math.sin(x)) + ((1 - t * t) * scale - 2 * x * t) / (scale * scale);
};
const ramp = (precision: Precision, length: number): Floats => floats(precision, length, (i) => -5 + (10 * i) / length);

/** The gradient of the chain's sum, of any length: memory is measured with it as well. */
export const chainGradient = (precision: Precision, length: number): Draft => ({
  kind: "chain gradient",
  name: `gradient of the sum of ${chainText}, jitted`,
  shapes: [[length]],
  inputs: () => [ramp(precision, length)],
  expected: ([x]) => [mapped(x!, chainSlope)],
  tolerance: precision === "float64" ? 1e-13 : 2e-6,
  calls: 1,
  peers: precision === "float64" ? ["jax-js", "torch"] : ["jax-js", "tfjs", "torch"],
  goals:
    precision === "float64"
      ? [
          { peer: "jax-js", ratio: 0.7 },
          { peer: "torch", ratio: 1.1 },
        ]
      : [{ peer: "jax-js", ratio: 0.4 }],
});

const chainForward = (precision: Precision): Draft => ({
  kind: "chain",
  name: `${chainText}, jitted`,
  shapes: [[million]],
  inputs: () => [ramp(precision, million)],
  expected: ([x]) => [mapped(x!, chain)],
  tolerance: precision === "float64" ? 1e-14 : 1e-6,
  calls: 1,
  peers:
    precision === "float64"
      ? ["jax-js", "onnxruntime", "torch", "numpy"]
      : ["jax-js", "tfjs", "onnxruntime", "torch", "numpy"],
  goals: precision === "float64" ? [] : [{ peer: "onnxruntime", ratio: 0.35 }],
  ways: ["auto", "js", "interpreter"],
});

// --- Reductions and scans ---------------------------------------------------------------------

const positive = (precision: Precision): Floats => floats(precision, million, (i) => 1 + 0.5 * Math.sin(i));

const sum = (precision: Precision): Draft => ({
  kind: "sum",
  name: "sum of 1e6, jitted, read back",
  shapes: [[million]],
  inputs: () => [positive(precision)],
  expected: ([x]) => [[total(x!)]],
  tolerance: precision === "float64" ? 1e-12 : 1e-4,
  readsBack: true,
  calls: 1,
  peers:
    precision === "float64"
      ? ["jax-js", "onnxruntime", "torch", "numpy"]
      : ["jax-js", "tfjs", "onnxruntime", "torch", "numpy"],
  goals: precision === "float64" ? [] : [{ peer: "tfjs", ratio: 0.25 }],
  ways: ["auto", "js", "interpreter"],
});

const eagerSum = (precision: Precision): Draft => ({
  ...sum(precision),
  name: "sum of 1e6, eager, read back",
  isJitted: false,
  peers: precision === "float64" ? ["jax-js", "torch"] : ["jax-js", "tfjs", "torch"],
  goals: [],
  ways: ["auto"],
});

/** The rows of a 1000 x 1000 matrix, each answered by `row`. */
const byRow =
  (row: (values: ArrayLike<number>) => ArrayLike<number>) =>
  ([x]: readonly Floats[]): readonly ArrayLike<number>[] => {
    const rows = Array.from({ length: side }, (_, k) => row(x!.subarray(k * side, (k + 1) * side)));
    return [Float64Array.from(rows.flatMap((values) => Array.from(values)))];
  };

const softmaxRow = (values: ArrayLike<number>): ArrayLike<number> => {
  const highest = Math.max(...Array.from(values));
  const weights = mapped(values, (x) => Math.exp(x - highest));
  const sumOfWeights = total(weights);
  return weights.map((weight) => weight / sumOfWeights);
};

const argmaxRow = (values: ArrayLike<number>): ArrayLike<number> => [
  Array.from(values).indexOf(Math.max(...Array.from(values))),
];

const cumsumRow = (values: ArrayLike<number>): ArrayLike<number> => {
  let running = 0;
  return mapped(values, (x) => (running += x));
};

const onRows = (
  kind: "softmax" | "argmax" | "cumsum",
  row: (values: ArrayLike<number>) => ArrayLike<number>,
  ratio: number,
): Draft => ({
  kind,
  name: `${kind} of the rows, 1000 x 1000, jitted`,
  shapes: [[side, side]],
  inputs: () => {
    const next = scattered(3);
    return [floats("float32", million, () => 3 * next())];
  },
  expected: byRow(row),
  tolerance: 1e-5,
  calls: 1,
  peers: ["jax-js", "tfjs", "onnxruntime", "torch", ...(kind === "softmax" ? [] : ["numpy" as const])],
  goals: [{ peer: "tfjs", ratio }],
});

export const arrayJobs = [
  ...both(matmul),
  ...both(chainForward),
  ...both((precision) => chainGradient(precision, million)),
  ...both(sum),
  single("float32", onRows("softmax", softmaxRow, 1.1)),
  single("float32", onRows("argmax", argmaxRow, 0.6)),
  single("float32", onRows("cumsum", cumsumRow, 0.6)),
  ...both(eagerSum),
];
