/** The jobs in which a call costs more than its arithmetic: ten elements, scalars; and an eager sum of two long arrays. */
import type { Floats, Precision } from "../job.ts";
import { both, floats, mapped } from "./draft.ts";
import type { Draft } from "./draft.ts";

const million = 1_000_000;
const few = 10;

/** Repetitions of (sin, multiply, add, tanh) in the scalar function whose gradient is taken: 20 operations. */
export const gradientRounds = 5;
export const gradientShift = 0.5;

/** Derivative of the 20 operations by the chain rule, forwards. */
const slope = (x: number): number => {
  let y = x;
  let dy = 1;
  for (let round = 0; round < gradientRounds; round++) {
    const inner = Math.sin(y) * x + gradientShift;
    const dInner = Math.cos(y) * dy * x + Math.sin(y);
    y = Math.tanh(inner);
    dy = (1 - y * y) * dInner;
  }
  return dy;
};

const tolerance = (precision: Precision): number => (precision === "float64" ? 1e-14 : 1e-6);

const affine = (precision: Precision): Draft => ({
  kind: "affine",
  name: "2 x + 1, 10 elements, jitted, read back",
  shapes: [[few]],
  inputs: () => [floats(precision, few, (i) => i - 4.5)],
  expected: ([x]) => [mapped(x!, (value) => 2 * value + 1)],
  tolerance: tolerance(precision),
  readsBack: true,
  calls: 100,
  peers: precision === "float64" ? ["jax-js", "torch", "numpy"] : ["jax-js", "tfjs", "onnxruntime", "torch", "numpy"],
  goals: [{ peer: "jax-js", ratio: 0.5 }],
  ways: ["auto", "js", "interpreter"],
});

const added = ([a, b]: readonly Floats[]): readonly Float64Array[] => [Float64Array.from(a!, (x, i) => x + b![i]!)];

const smallSum = (precision: Precision): Draft => ({
  kind: "add",
  name: "a + b, 10 elements, eager, read back",
  shapes: [[few], [few]],
  inputs: () => [floats(precision, few, (i) => i - 4.5), floats(precision, few, (i) => 0.25 * i * i)],
  expected: added,
  tolerance: tolerance(precision),
  isJitted: false,
  readsBack: true,
  calls: 100,
  peers: precision === "float64" ? ["jax-js", "torch", "numpy"] : ["jax-js", "tfjs", "torch", "numpy"],
  goals: precision === "float64" ? [] : [{ peer: "tfjs", ratio: 1 }],
});

const largeSum = (precision: Precision): Draft => ({
  kind: "add",
  name: "a + b, 1e6, eager",
  shapes: [[million], [million]],
  inputs: () => [
    floats(precision, million, (i) => -5 + (10 * i) / million),
    floats(precision, million, (i) => 1 + 0.5 * Math.sin(i)),
  ],
  expected: added,
  tolerance: tolerance(precision),
  isJitted: false,
  calls: 1,
  peers: precision === "float64" ? ["jax-js", "torch", "numpy"] : ["jax-js", "tfjs", "torch", "numpy"],
  goals: [],
});

const gradient = (precision: Precision): Draft => ({
  kind: "twenty operations gradient",
  name: "gradient of 20 scalar operations, eager, read back",
  shapes: [[]],
  inputs: () => [floats(precision, 1, () => 0.7)],
  expected: ([x]) => [[slope(x![0]!)]],
  tolerance: tolerance(precision),
  isJitted: false,
  readsBack: true,
  calls: 20,
  peers: precision === "float64" ? ["jax-js", "torch"] : ["jax-js", "tfjs", "torch"],
  goals: precision === "float64" ? [] : [{ peer: "tfjs", ratio: 0.3 }],
});

const jittedGradient = (precision: Precision): Draft => ({
  ...gradient(precision),
  name: "gradient of 20 scalar operations, jitted, read back",
  isJitted: true,
  calls: 100,
  peers: ["jax-js"],
  goals: [{ peer: "jax-js", ratio: 0.5 }],
  ways: ["auto", "js", "interpreter"],
});

export const smallJobs = [
  ...both(affine),
  ...both(smallSum),
  ...both(gradient),
  ...both(jittedGradient),
  ...both(largeSum),
];
