/**
 * Our own way through the jobs, with the built library, as users have it (the sources would bring the loader's additions along).
 * Arrays belong to the garbage collector: nothing to release.
 */
import type { NDArray } from "../../index.ts";
import type { Contestant, Floats, Kind, Library, Task, Way } from "../job.ts";
import { rungeKuttaSteps, timeStep } from "../jobs/grid-jobs.ts";
import { magnifications, normalizationFloor, omega } from "../jobs/network-jobs.ts";
import { gradientRounds, gradientShift } from "../jobs/small-jobs.ts";
import { built, ownVersion } from "./built.ts";

type Result = NDArray | readonly NDArray[];

const { array, configure, grad, jit, scan, valueAndGrad, vjp } =
  await built<typeof import("../../index.ts")>("index.js");
const np = await built<typeof import("../../library/numpy/index.ts")>("library/numpy/index.js");
const nn = await built<typeof import("../../library/nn/index.ts")>("library/nn/index.js");
const { presentBackend } = await built<typeof import("../../src/backend/select.ts")>("src/backend/select.js");

const chain = (x: NDArray): NDArray =>
  np.add(np.mul(np.sin(x), np.exp(np.neg(np.square(x)))), np.div(np.tanh(x), np.add(1, np.square(x))));

const twentyOperations = (x: NDArray): NDArray => {
  let y = x;
  for (let round = 0; round < gradientRounds; round++) y = np.tanh(np.add(np.mul(np.sin(y), x), gradientShift));
  return y;
};

const distance = (x: NDArray, target: NDArray): NDArray => np.mean(np.square(np.sub(x, target)));

const siren = (weights: readonly NDArray[], points: NDArray, target: NDArray): NDArray => {
  let layer = points;
  const last = weights.length - 2;
  for (let k = 0; k < last; k += 2)
    layer = np.sin(np.mul(omega, np.add(np.matmul(layer, weights[k]!), weights[k + 1]!)));
  return distance(np.add(np.matmul(layer, weights[last]!), weights[last + 1]!), target);
};

const normalize = (x: NDArray, scale: NDArray, shift: NDArray): NDArray => {
  const centred = np.sub(x, np.mean(x, { axis: 1, keepdims: true }));
  const variance = np.mean(np.square(centred), { axis: 1, keepdims: true });
  const perChannel = (values: NDArray): NDArray => np.reshape(values, [-1, 1, 1]);
  const unit = np.div(centred, np.sqrt(np.add(variance, normalizationFloor)));
  return np.add(np.mul(unit, perChannel(scale)), perChannel(shift));
};

const decoder = (weights: readonly NDArray[], latent: NDArray, target: NDArray): NDArray => {
  const [dense, offsets, ...blocks] = weights as [NDArray, NDArray, ...NDArray[]];
  let image = np.reshape(np.add(np.matmul(latent, dense), offsets), [1, 32, 8, 12]);
  for (const [k, magnification] of magnifications.entries()) {
    const [scale, shift, windows, biases] = blocks.slice(4 * k, 4 * k + 4) as [NDArray, NDArray, NDArray, NDArray];
    const bent = np.tanh(image);
    const [, channels, rows, columns] = bent.shape as [number, number, number, number];
    const resized = nn.resize(bent, [1, channels, magnification * rows, magnification * columns]);
    const normal = normalize(resized, scale, shift);
    image = np.add(nn.conv(normal, windows, { padding: "same" }), np.reshape(biases, [-1, 1, 1]));
  }
  return distance(image, target);
};

const network =
  (loss: (weights: readonly NDArray[], input: NDArray, target: NDArray) => NDArray) =>
  (input: NDArray, target: NDArray, ...weights: NDArray[]): readonly NDArray[] => {
    const [value, gradients] = valueAndGrad(loss)(weights, input, target);
    return [value, ...gradients];
  };

const weigh = (density: NDArray, window: NDArray, sums: NDArray): NDArray => {
  const image = np.reshape(density, [1, 1, ...density.shape]);
  const windows = np.reshape(window, [1, 1, ...window.shape]);
  return np.div(np.reshape(nn.conv(image, windows, { padding: "same" }), density.shape), sums);
};

const lastState = (start: NDArray, matrix: NDArray): NDArray => {
  const slope = (y: NDArray): NDArray => np.matmul(matrix, np.tanh(y));
  const step = (y: NDArray): [NDArray, null] => {
    const k1 = slope(y);
    const k2 = slope(np.add(y, np.mul(timeStep / 2, k1)));
    const k3 = slope(np.add(y, np.mul(timeStep / 2, k2)));
    const k4 = slope(np.add(y, np.mul(timeStep, k3)));
    const sum = np.add(np.add(k1, np.mul(2, k2)), np.add(np.mul(2, k3), k4));
    return [np.add(y, np.mul(timeStep / 6, sum)), null];
  };
  const [end] = scan(step, start, null, { length: rungeKuttaSteps });
  return np.sum(np.square(end));
};

const functions: Readonly<Record<Kind, (...inputs: NDArray[]) => Result>> = {
  matmul: (a, b) => np.matmul(a!, b!),
  chain: (x) => chain(x!),
  "chain gradient": grad((x: NDArray) => np.sum(chain(x))),
  sum: (x) => np.sum(x!),
  softmax: (x) => nn.softmax(x!, { axis: 1 }),
  argmax: (x) => np.argmax(x!, { axis: 1 }),
  cumsum: (x) => np.cumsum(x!, { axis: 1 }),
  siren: network(siren) as (...inputs: NDArray[]) => Result,
  decoder: network(decoder) as (...inputs: NDArray[]) => Result,
  filter: (density, window, sums) => weigh(density!, window!, sums!),
  "filter vjp": (density, window, sums, cotangent) =>
    vjp((x: NDArray) => weigh(x, window!, sums!), density!)[1](cotangent!),
  rk4: (start, matrix) => {
    const [value, gradients] = valueAndGrad(lastState, { argnums: [0, 1] })(start!, matrix!);
    return [value, ...gradients];
  },
  affine: (x) => np.add(np.mul(x!, 2), 1),
  add: (a, b) => np.add(a!, b!),
  "twenty operations gradient": grad(twentyOperations),
};

const settings = { "two threads": { threads: 2 }, relaxed: { relaxed: true } } as const;

/** Jitted functions run this way. */
export const libraryBy = (way: Way): Library => ({
  version: ownVersion(),
  contestant: ({ kind, isJitted, precision, shapes, readsBack }: Task, inputs: readonly Floats[]): Contestant => {
    if (way === "two threads" || way === "relaxed") configure(settings[way]);
    const backend = way === "js" || way === "interpreter" ? way : "auto";
    const arrays = inputs.map((input, k) => array(input, { dtype: precision, shape: shapes[k]! }));
    const f = isJitted ? jit(functions[kind], { backend }) : functions[kind];
    const [first, second] = arrays as [NDArray, NDArray | undefined];
    const call =
      arrays.length === 1 ? () => f(first) : arrays.length === 2 ? () => f(first, second!) : () => f(...arrays);
    const read = (): readonly ArrayLike<number>[] => {
      const result = call() as Result;
      return (Array.isArray(result) ? (result as readonly NDArray[]) : [result as NDArray]).map((one) =>
        one.toTypedArray(),
      );
    };
    const label = way === "auto" ? `auto (${presentBackend("auto")})` : way;
    return {
      variant: isJitted ? `jit ${label}` : "eager",
      isAsync: false,
      run: readsBack ? read : call,
      outputs: read,
    };
  },
});
