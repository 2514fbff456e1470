/**
 * jax-js on its wasm device. Every use of an array consumes a reference: `.ref` adds one, so the inputs live on and results do not.
 * In Node it runs on one thread (it looks for browser workers). It evaluates lazily: a call ends when its result is computed,
 * in place in its own memory, or read back with dataSync. Before Node 21 and 24 the two globals it expects are missing.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import type { Contestant, Kind, Library, Workload } from "./contestant.ts";
import { installedVersion } from "./versions.ts";
import { gradientRounds, gradientShift } from "./workloads.ts";

const provideGlobals = (): void => {
  const globals = globalThis as Record<string, unknown>;
  if (globals["navigator"] === undefined)
    Object.defineProperty(globals, "navigator", {
      value: { hardwareConcurrency: 1, userAgent: "Node.js" },
      configurable: true,
    });
  globals["Float16Array"] ??= class Float16Array {};
};

export const loadJaxJs = async (): Promise<Library> => {
  provideGlobals();
  const { defaultDevice, grad, init, jit, numpy: np } = await import("@jax-js/jax");
  await init("wasm");
  defaultDevice("wasm");

  const twentyOperations = (x: JaxArray): JaxArray => {
    let y = x.ref;
    for (let round = 0; round < gradientRounds; round++) y = np.tanh(np.sin(y).mul(x.ref).add(gradientShift));
    x.dispose();
    return y;
  };

  type OfArrays = (...inputs: JaxArray[]) => JaxArray;
  const functions: Readonly<Record<Kind, () => OfArrays>> = {
    chain: () =>
      jit((x: JaxArray) =>
        np
          .sin(x.ref)
          .mul(np.exp(np.square(x.ref).neg()))
          .add(np.tanh(x.ref).div(np.square(x).add(1))),
      ) as OfArrays,
    "tiny jit": () => jit((x: JaxArray) => x.mul(2).add(1)) as OfArrays,
    add: () => (a, b) => a!.add(b!),
    gradient: () => grad(twentyOperations) as OfArrays,
    "jitted gradient": () => jit(grad(twentyOperations)) as OfArrays,
    sum: () => (x) => np.sum(x!),
    "jitted sum": () => jit((x: JaxArray) => np.sum(x)) as OfArrays,
  };

  const contestant = ({ kind, inputs, isJitted, isScalar, precision, readsBack }: Workload): Contestant => {
    const f = functions[kind]();
    const arrays = inputs.map((input) =>
      np.array(input, { dtype: np[precision], shape: isScalar ? [] : [input.length] }),
    );
    const [first, second] = arrays as [JaxArray, JaxArray | undefined];
    const call = second === undefined ? () => f(first.ref) : () => f(first.ref, second.ref);
    const compute = async (): Promise<void> => {
      const result = await call().blockUntilReady();
      result.dispose();
    };
    return {
      variant: isJitted ? "jit" : "eager",
      isAsync: !readsBack,
      run: readsBack ? () => call().dataSync() : compute,
      numbers: () => call().dataSync(),
    };
  };

  return {
    name: "jax-js",
    version: installedVersion("@jax-js/jax"),
    contestants: (workload) => [contestant(workload)],
  };
};
