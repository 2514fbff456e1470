/** Our own ways through the workloads, jitted ones once per back end. Arrays belong to the garbage collector: nothing to release. */
import { readFileSync } from "node:fs";
import { array, grad, jit } from "../index.ts";
import type { NDArray } from "../index.ts";
import * as np from "../library/numpy/index.ts";
import { presentBackend } from "../src/backend/select.ts";
import type { Backend } from "../src/backend/select.ts";
import type { Contestant, Kind, Library, Workload } from "./contestant.ts";
import { gradientRounds, gradientShift } from "./workloads.ts";

const chain = (x: NDArray): NDArray =>
  np.add(np.mul(np.sin(x), np.exp(np.neg(np.square(x)))), np.div(np.tanh(x), np.add(1, np.square(x))));

const twentyOperations = (x: NDArray): NDArray => {
  let y = x;
  for (let round = 0; round < gradientRounds; round++) y = np.tanh(np.add(np.mul(np.sin(y), x), gradientShift));
  return y;
};

const functions: Readonly<Record<Kind, (...inputs: NDArray[]) => NDArray>> = {
  chain,
  "tiny jit": (x) => np.add(np.mul(x!, 2), 1),
  add: (a, b) => np.add(a!, b!),
  gradient: grad(twentyOperations),
  "jitted gradient": grad(twentyOperations),
  sum: (x) => np.sum(x!),
  "jitted sum": (x) => np.sum(x!),
};

export const backends: readonly Backend[] = ["auto", "js", "interpreter"];

/** "auto (wasm)": what was asked for and what the host gives. */
export const backendLabel = (backend: Backend): string =>
  backend === "auto" ? `auto (${presentBackend(backend)})` : backend;

const contestant = (
  variant: string,
  f: (...inputs: NDArray[]) => NDArray,
  { inputs, isScalar, precision, readsBack }: Workload,
): Contestant => {
  const arrays = inputs.map((input) => array(input, { dtype: precision, shape: isScalar ? [] : [input.length] }));
  const [first, second] = arrays as [NDArray, NDArray | undefined];
  const call = second === undefined ? () => f(first) : () => f(first, second);
  return {
    variant,
    isAsync: false,
    run: readsBack ? () => call().toTypedArray() : call,
    numbers: () => call().toTypedArray(),
  };
};

export const cotangent: Library = {
  name: "cotangent",
  version: (JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string })
    .version,
  contestants: (workload) => {
    const f = functions[workload.kind];
    if (!workload.isJitted) return [contestant("eager", f, workload)];
    return backends.map((backend) => contestant(`jit ${backendLabel(backend)}`, jit(f, { backend }), workload));
  },
};
