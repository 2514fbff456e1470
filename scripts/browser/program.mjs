/**
 * What is computed in the browser and in Node, for their bits to be compared: compiled programs, loops, gradients, threads
 * and an optimization. Every result is the hexadecimal text of its bytes.
 */
import { array, configure, counters, grad, jit, scan, vmap } from "cotangent";
import * as np from "cotangent/numpy";
import * as linalg from "cotangent/linalg";
import * as random from "cotangent/random";
import { minimizeCompliance, problems } from "cotangent/topopt";

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

export const run = async () => {
  const results = {};
  for (const [name, compute] of Object.entries(cases)) results[name] = textOf(compute());
  results["two threads"] = await onThreads();
  return results;
};
