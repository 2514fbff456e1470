/**
 * TensorFlow.js on its WASM back end: SIMD, one thread, float32 only, no jit, so eager everywhere.
 * Intermediates die with `tidy`, results are disposed. Kernels run at once, so a call ends when it returns.
 * Its back end has no gradient of a convolution by the windows, so no decoder.
 */
import { dirname, join } from "node:path";
import { createRequire } from "node:module";
import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor4D } from "@tensorflow/tfjs";
import type { Contestant, Floats, Kind, Library, Task } from "../job.ts";
import { rungeKuttaSteps, timeStep } from "../jobs/grid-jobs.ts";
import { omega } from "../jobs/network-jobs.ts";
import { gradientRounds, gradientShift } from "../jobs/small-jobs.ts";
import { installedVersion } from "./versions.ts";

type OfTensors = (...inputs: Tensor[]) => Tensor | Tensor[];

const tf = await import("@tensorflow/tfjs");
const { setThreadsCount, setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
setWasmPaths(join(dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm")), "/"));
setThreadsCount(1);
tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
if (!(await tf.setBackend("wasm"))) throw new Error("the WASM back end of TensorFlow.js did not start");

const chain = (x: Tensor): Tensor =>
  tf.add(tf.mul(tf.sin(x), tf.exp(tf.neg(tf.square(x)))), tf.div(tf.tanh(x), tf.add(tf.square(x), 1)));

const twentyOperations = (x: Tensor): Tensor => {
  let y = x;
  for (let round = 0; round < gradientRounds; round++) y = tf.tanh(tf.add(tf.mul(tf.sin(y), x), gradientShift));
  return y;
};

const siren = (points: Tensor, target: Tensor, weights: readonly Tensor[]): Scalar => {
  let layer = points;
  const last = weights.length - 2;
  for (let k = 0; k < last; k += 2)
    layer = tf.sin(tf.mul(omega, tf.add(tf.matMul(layer as Tensor2D, weights[k] as Tensor2D), weights[k + 1]!)));
  const out = tf.add(tf.matMul(layer as Tensor2D, weights[last] as Tensor2D), weights[last + 1]!);
  return tf.mean(tf.square(tf.sub(out, target)));
};

const weigh = (density: Tensor, window: Tensor, sums: Tensor): Tensor => {
  const [height, width] = density.shape as [number, number];
  const [rows, columns] = window.shape as [number, number];
  const image = tf.reshape(density, [1, height, width, 1]) as Tensor4D;
  const windows = tf.reshape(window, [rows, columns, 1, 1]) as Tensor4D;
  return tf.div(tf.reshape(tf.conv2d(image, windows, 1, "same"), [height, width]), sums);
};

const lastState = (start: Tensor, matrix: Tensor): Scalar => {
  const slope = (y: Tensor): Tensor => tf.dot(matrix as Tensor2D, tf.tanh(y) as Tensor1D);
  let y = start;
  for (let step = 0; step < rungeKuttaSteps; step++) {
    const k1 = slope(y);
    const k2 = slope(tf.add(y, tf.mul(timeStep / 2, k1)));
    const k3 = slope(tf.add(y, tf.mul(timeStep / 2, k2)));
    const k4 = slope(tf.add(y, tf.mul(timeStep, k3)));
    const sum = tf.add(tf.add(k1, tf.mul(2, k2)), tf.add(tf.mul(2, k3), k4));
    y = tf.add(y, tf.mul(timeStep / 6, sum));
  }
  return tf.sum(tf.square(y));
};

const withGradients = (loss: (...inputs: Tensor[]) => Scalar, inputs: Tensor[]): Tensor[] => {
  const { value, grads } = tf.valueAndGrads(loss)(inputs);
  return [value, ...grads];
};

const functions: Readonly<Partial<Record<Kind, OfTensors>>> = {
  matmul: (a, b) => tf.matMul(a as Tensor2D, b as Tensor2D),
  chain: (x) => chain(x!),
  "chain gradient": tf.grad((x: Tensor) => tf.sum(chain(x))),
  sum: (x) => tf.sum(x!),
  softmax: (x) => tf.softmax(x!, 1),
  argmax: (x) => tf.argMax(x!, 1),
  cumsum: (x) => tf.cumsum(x!, 1),
  siren: (points, target, ...weights) => withGradients((...inputs) => siren(points!, target!, inputs), weights),
  filter: (density, window, sums) => weigh(density!, window!, sums!),
  "filter vjp": (density, window, sums, cotangent) =>
    tf.grad((x: Tensor) => weigh(x, window!, sums!))(density!, cotangent),
  rk4: (start, matrix) => withGradients(lastState as (...inputs: Tensor[]) => Scalar, [start!, matrix!]),
  affine: (x) => tf.add(tf.mul(x!, 2), 1),
  add: (a, b) => tf.add(a!, b!),
  "twenty operations gradient": tf.grad(twentyOperations as (x: Tensor) => Scalar),
};
/** One operation leaves nothing behind that would have to be tidied up. */
const isSingle: readonly Kind[] = ["matmul", "add", "sum"];

export const library: Library = {
  version: installedVersion("@tensorflow/tfjs"),
  contestant: ({ kind, shapes, readsBack }: Task, inputs: readonly Floats[]): Contestant => {
    const tensors = inputs.map((input, k) => tf.tensor(input as Float32Array, [...shapes[k]!], "float32"));
    const f = functions[kind]!;
    const call = isSingle.includes(kind) ? () => f(...tensors) : () => tf.tidy(() => f(...tensors));
    const results = (): readonly Tensor[] => {
      const result = call();
      return Array.isArray(result) ? result : [result];
    };
    const read = (): readonly ArrayLike<number>[] =>
      results().map((result) => {
        const numbers = result.dataSync();
        result.dispose();
        return numbers;
      });
    const compute = (): void => {
      for (const result of results()) result.dispose();
    };
    return { variant: "eager", isAsync: false, run: readsBack ? read : compute, outputs: read };
  },
};
