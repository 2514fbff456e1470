/**
 * What is computed in the browser and in Node, for their bits to be compared: compiled programs, loops, gradients, threads,
 * optimizations, also in turns with the page, and what every entry point exports. Arrays are told by a hash of their bytes.
 */
import { array, configure, counters, grad, jit, scan, vmap } from "cotangent";
import * as np from "cotangent/numpy";
import * as linalg from "cotangent/linalg";
import * as nn from "cotangent/nn";
import * as optim from "cotangent/optim";
import * as random from "cotangent/random";
import { minimizeCompliance, neural, optimizeAsync, problems } from "cotangent/topopt";

const textOf = (x) => {
  const bytes = new Uint8Array(Float64Array.from(x.reshape([x.size]).toList()).buffer);
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
  return `${x.dtype} [${x.shape.join()}] ${hash.toString(16)}`;
};

const angles = np.sin(np.arange(200 * 200)).reshape([200, 200]);
const chain = (x) =>
  np
    .sin(x)
    .mul(np.exp(x.mul(x).neg()))
    .add(np.tanh(x).div(x.mul(x).add(1)));
const rollout = (x) => scan((state, row) => [np.tanh(state.add(row)), np.sum(state)], x, angles)[1];

const cases = {
  "a chain of elementary functions": () => jit(chain)(angles),
  "its gradient, mapped": () => jit(vmap(grad((x) => np.sum(chain(x)))))(angles),
  "in single precision": () => jit(chain)(angles.astype("float32")),
  "a matrix product": () => jit(np.matmul)(angles, angles.T),
  "the gradient of a loop": () => jit(grad((x) => np.sum(rollout(x))))(angles.at(0).get()),
  "eager operations": () => chain(angles),
  "random numbers": () => random.normal(random.key(7), [1000]),
  "a linear system": () => linalg.solve(angles.add(np.eye(200).mul(200)), angles),
  "an optimization": () =>
    minimizeCompliance(problems.mbb({ nelx: 24, nely: 16 }), {
      volumeFraction: 0.4,
      filterRadius: 2,
      penal: 3,
      iterations: 10,
    }).design,
  "huge angles": () => jit(np.cos)(array([1e22, 1e300, -2e15, 3])),
};

/** Runs a program until its steps are shared, or two seconds are over; null if they are not. */
const shared = async (run) => {
  for (const end = performance.now() + 2000; performance.now() < end;) {
    const before = counters().parallelSteps;
    const result = run();
    if (counters().parallelSteps > before) return result;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return null;
};

const onThreads = async () => {
  configure({ threads: 2 });
  const wide = np.tile(angles, [5, 5]);
  const parallel = await shared(() => jit(chain)(wide));
  const program = jit(chain);
  const result = await shared(() => program(wide));
  configure({ threads: 1 });
  if (parallel === null && result === null) return "no threads";
  return textOf(result ?? parallel);
};

const beam = problems.mbb({ nelx: 24, nely: 8 });
const inTurns = {
  problem: beam,
  parameterization: neural(beam, nn.siren({ width: 8, depth: 2 }), { volumeFraction: 0.4 }),
  optimizer: optim.adam(1e-2),
};

/** Why a run ends that a timer set in its first callback aborts. Pages have no setImmediate: their turns come by other means. */
const endedByTimer = async () => {
  const controller = new AbortController();
  const abortSoon = ({ iteration }) => iteration === 1 && setTimeout(() => controller.abort());
  const { reason } = await optimizeAsync({
    ...inTurns,
    certificate: false,
    stop: { iterations: 2000 },
    callbacks: [abortSoon],
    signal: controller.signal,
  });
  return reason;
};

/** Names of an entry point, by which it has loaded. */
const namesOf = async (door) => Object.keys(await import(door)).join(" ");

/** @param doors  the entry points, as they are imported */
export const run = async (doors) => {
  const results = {};
  for (const [name, compute] of Object.entries(cases)) results[name] = textOf(compute());
  const { params, density, verdict } = await optimizeAsync({ ...inTurns, stop: { iterations: 12 } });
  results["an optimization in turns with the page"] = textOf(density);
  results["the weights of its network"] = params.flatMap(Object.values).map(textOf).join(" ");
  results["the verdict on its gradients"] = verdict;
  results["why a run ends that a timer aborts"] = await endedByTimer();
  for (const door of doors) results[`names of ${door}`] = await namesOf(door);
  results["two threads"] = await onThreads();
  return results;
};
