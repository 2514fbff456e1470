/**
 * jax-js on its wasm device. Every use of an array consumes a reference: `.ref` adds one, so the inputs live on and results do not.
 * In Node it runs on one thread (it looks for browser workers). It evaluates lazily: a call ends when its results are computed,
 * in place in its own memory, or read back with dataSync. Before Node 21 and 24 the two globals it expects are missing.
 * It has no scan, so no Runge-Kutta in a loop.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import type { Contestant, Floats, Kind, Library, Task } from "../job.ts";
import { magnifications, magnifying, normalizationFloor, omega } from "../jobs/network-jobs.ts";
import { gradientRounds, gradientShift } from "../jobs/small-jobs.ts";
import { installedVersion } from "./versions.ts";

const provideGlobals = (): void => {
  const globals = globalThis as Record<string, unknown>;
  if (globals["navigator"] === undefined)
    Object.defineProperty(globals, "navigator", {
      value: { hardwareConcurrency: 1, userAgent: "Node.js" },
      configurable: true,
    });
  globals["Float16Array"] ??= class Float16Array {};
};

type OfArrays = (...inputs: JaxArray[]) => JaxArray | JaxArray[];

provideGlobals();
const { defaultDevice, grad, init, jit, lax, nn, numpy: np, valueAndGrad } = await import("@jax-js/jax");
await init("wasm");
defaultDevice("wasm");

const chain = (x: JaxArray): JaxArray =>
  np
    .sin(x.ref)
    .mul(np.exp(np.square(x.ref).neg()))
    .add(np.tanh(x.ref).div(np.square(x).add(1)));

const twentyOperations = (x: JaxArray): JaxArray => {
  let y = x.ref;
  for (let round = 0; round < gradientRounds; round++) y = np.tanh(np.sin(y).mul(x.ref).add(gradientShift));
  x.dispose();
  return y;
};

const distance = (x: JaxArray, target: JaxArray): JaxArray => np.mean(np.square(x.sub(target)));

const siren = (points: JaxArray, target: JaxArray, ...weights: JaxArray[]): JaxArray => {
  let layer = points;
  const last = weights.length - 2;
  for (let k = 0; k < last; k += 2)
    layer = np.sin(
      np
        .matmul(layer, weights[k]!)
        .add(weights[k + 1]!)
        .mul(omega),
    );
  return distance(np.matmul(layer, weights[last]!).add(weights[last + 1]!), target);
};

const magnify = (x: JaxArray): JaxArray => {
  const alongLast = (image: JaxArray): JaxArray => {
    const extent = image.shape.at(-1)!;
    const weights = new Float32Array(magnifying(extent));
    return np.matmul(image, np.transpose(np.array(weights, { dtype: np.float32, shape: [2 * extent, extent] })));
  };
  return np.swapaxes(alongLast(np.swapaxes(alongLast(x), 2, 3)), 2, 3);
};

const normalize = (x: JaxArray, scale: JaxArray, shift: JaxArray): JaxArray => {
  const centred = x.ref.sub(np.mean(x, 1, { keepdims: true }));
  const variance = np.mean(np.square(centred.ref), 1, { keepdims: true });
  const unit = centred.div(np.sqrt(variance.add(normalizationFloor)));
  return unit.mul(scale.reshape([-1, 1, 1])).add(shift.reshape([-1, 1, 1]));
};

const decoder = (latent: JaxArray, target: JaxArray, ...weights: JaxArray[]): JaxArray => {
  const [dense, offsets, ...blocks] = weights as [JaxArray, JaxArray, ...JaxArray[]];
  let image = np.matmul(latent, dense).add(offsets).reshape([1, 32, 8, 12]);
  for (const [k, magnification] of magnifications.entries()) {
    const [scale, shift, windows, biases] = blocks.slice(4 * k, 4 * k + 4) as [JaxArray, JaxArray, JaxArray, JaxArray];
    const bent = np.tanh(image);
    const normal = normalize(magnification === 1 ? bent : magnify(bent), scale, shift);
    image = lax.conv(normal, windows, [1, 1], "SAME").add(biases.reshape([-1, 1, 1]));
  }
  return distance(image, target);
};

const network = (loss: (...inputs: JaxArray[]) => JaxArray): OfArrays => {
  return (...inputs) => {
    const argnums = inputs.slice(2).map((_, k) => k + 2);
    const [value, gradients] = valueAndGrad(loss, { argnums })(...inputs) as unknown as [JaxArray, JaxArray[]];
    return [value, ...gradients];
  };
};

const weighed = (density: JaxArray, window: JaxArray): JaxArray => {
  const [height, width] = density.shape as [number, number];
  const [rows, columns] = window.shape as [number, number];
  const image = density.reshape([1, 1, height, width]);
  return lax.conv(image, window.reshape([1, 1, rows, columns]), [1, 1], "SAME").reshape([height, width]);
};

/** Compiled in two parts: compiled as one, the quotient is taken outside of the grid as well and gives NaN. */
const pullWeighed = jit(
  grad((density: JaxArray, window: JaxArray, cotangent: JaxArray) => np.sum(weighed(density, window).mul(cotangent))),
);
const filterVjp = (density: JaxArray, window: JaxArray, sums: JaxArray, cotangent: JaxArray): JaxArray =>
  pullWeighed(density, window, cotangent.div(sums));

const functions: Readonly<Partial<Record<Kind, OfArrays>>> = {
  matmul: (a, b) => np.matmul(a!, b!),
  chain: chain as OfArrays,
  "chain gradient": grad((x: JaxArray) => np.sum(chain(x))) as OfArrays,
  sum: (x) => np.sum(x!),
  softmax: (x) => nn.softmax(x!, 1),
  argmax: (x) => np.argmax(x!, 1),
  cumsum: (x) => np.cumsum(x!, 1),
  siren: network(siren as OfArrays as (...inputs: JaxArray[]) => JaxArray),
  decoder: network(decoder as OfArrays as (...inputs: JaxArray[]) => JaxArray),
  filter: (density, window, sums) => weighed(density!, window!).div(sums!),
  "filter vjp": filterVjp as OfArrays,
  affine: (x) => x!.mul(2).add(1),
  add: (a, b) => a!.add(b!),
  "twenty operations gradient": grad(twentyOperations) as OfArrays,
};

export const library: Library = {
  version: installedVersion("@jax-js/jax"),
  contestant: ({ kind, isJitted, precision, shapes, readsBack }: Task, inputs: readonly Floats[]): Contestant => {
    const plain = functions[kind]!;
    const f = (isJitted && kind !== "filter vjp" ? jit(plain) : plain) as OfArrays;
    const arrays = inputs.map((input, k) => np.array(input, { dtype: np[precision], shape: [...shapes[k]!] }));
    const [first, second] = arrays as [JaxArray, JaxArray | undefined];
    const call =
      arrays.length === 1
        ? () => f(first.ref)
        : arrays.length === 2
          ? () => f(first.ref, second!.ref)
          : () => f(...arrays.map((one) => one.ref));
    const results = (): readonly JaxArray[] => {
      const result = call();
      return Array.isArray(result) ? result : [result];
    };
    const compute = async (): Promise<void> => {
      for (const result of results()) {
        await result.blockUntilReady();
        result.dispose();
      }
    };
    const read = (): readonly ArrayLike<number>[] => results().map((one) => one.dataSync());
    return {
      variant: isJitted ? "jit" : "eager",
      isAsync: !readsBack,
      run: readsBack ? read : compute,
      outputs: read,
    };
  },
};
