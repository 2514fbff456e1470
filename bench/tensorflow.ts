/**
 * TensorFlow.js on its WASM back end: SIMD, one thread, float32 only, no jit, so eager everywhere.
 * Intermediates die with `tidy`, results are disposed. Kernels run at once, so a call ends when it returns.
 */
import { dirname, join } from "node:path";
import { createRequire } from "node:module";
import type { Scalar, Tensor } from "@tensorflow/tfjs";
import type { Contestant, Kind, Library, Workload } from "./contestant.ts";
import { installedVersion } from "./versions.ts";
import { gradientRounds, gradientShift } from "./workloads.ts";

export const loadTensorFlow = async (): Promise<Library> => {
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
  const gradient = tf.grad(twentyOperations as (x: Tensor) => Scalar);
  const functions: Readonly<Record<Kind, (...inputs: Tensor[]) => Tensor>> = {
    chain: (x) => tf.tidy(() => chain(x!)),
    "tiny jit": (x) => tf.tidy(() => tf.add(tf.mul(x!, 2), 1)),
    add: (a, b) => tf.add(a!, b!),
    gradient: (x) => tf.tidy(() => gradient(x!)),
    "jitted gradient": (x) => tf.tidy(() => gradient(x!)),
    sum: (x) => tf.sum(x!),
    "jitted sum": (x) => tf.sum(x!),
  };

  const contestant = ({ kind, inputs, isScalar, readsBack }: Workload): Contestant => {
    const f = functions[kind];
    const tensors = inputs.map((input) => (isScalar ? tf.scalar(input[0]!) : tf.tensor1d(input as Float32Array)));
    const [first, second] = tensors as [Tensor, Tensor | undefined];
    const call = second === undefined ? () => f(first) : () => f(first, second);
    const read = (): ArrayLike<number> => {
      const result = call();
      const numbers = result.dataSync();
      result.dispose();
      return numbers;
    };
    return { variant: "eager", isAsync: false, run: readsBack ? read : () => call().dispose(), numbers: read };
  };

  return {
    name: "tfjs",
    version: installedVersion("@tensorflow/tfjs"),
    contestants: (workload) => (workload.precision === "float32" ? [contestant(workload)] : []),
  };
};
