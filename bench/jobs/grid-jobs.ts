/** The density filter of topology optimization, and a system of ordinary differential equations with the gradient of its end. */
import type { Floats, Precision } from "../job.ts";
import { both, floats, scattered } from "./draft.ts";
import type { Draft } from "./draft.ts";

// --- Density filter: cone weights, divided by the sum of those that lie on the grid ------------

const [height, width, radius] = [500, 1000, 8];
const reach = radius - 1;
const span = 2 * reach + 1;

const cone = (): Float64Array =>
  Float64Array.from({ length: span * span }, (_, i) =>
    Math.max(0, radius - Math.hypot((i % span) - reach, Math.floor(i / span) - reach)),
  );

/** Every element's weighted sum of its neighbours; the weights are symmetric, so this is its own transpose. */
const weigh = (field: ArrayLike<number>, weights: ArrayLike<number>): Float64Array => {
  const out = new Float64Array(height * width);
  for (let row = 0; row < height; row++)
    for (let down = -reach; down <= reach; down++) {
      const source = row + down;
      if (source < 0 || source >= height) continue;
      for (let right = -reach; right <= reach; right++) {
        const weight = weights[(down + reach) * span + right + reach]!;
        const last = Math.min(width, width - right);
        for (let column = Math.max(0, -right); column < last; column++)
          out[row * width + column]! += weight * field[source * width + column + right]!;
      }
    }
  return out;
};

const field = (precision: Precision, seed: number): Floats => {
  const next = scattered(seed);
  return floats(precision, height * width, () => 0.5 + 0.5 * next());
};

/** Inputs: density, weights [15, 15], their sums over the grid; for the vjp also the cotangent. */
const filter = (precision: Precision): Draft => ({
  kind: "filter",
  name: "density filter 1000 x 500, radius 8, jitted",
  shapes: [
    [height, width],
    [span, span],
    [height, width],
  ],
  inputs: () => {
    const heights = cone();
    const weights = floats(precision, span * span, (i) => heights[i]!);
    const sums = weigh(new Float64Array(height * width).fill(1), weights);
    return [field(precision, 7), weights, floats(precision, height * width, (i) => sums[i]!)];
  },
  expected: ([density, weights, sums]) => [weigh(density!, weights!).map((sum, i) => sum / sums![i]!)],
  tolerance: precision === "float64" ? 1e-13 : 1e-5,
  calls: 1,
  peers: precision === "float64" ? ["jax-js", "torch"] : ["jax-js", "tfjs", "onnxruntime", "torch"],
  goals: precision === "float64" ? [] : [{ peer: "onnxruntime", ratio: 1 }],
});

const filterVjp = (precision: Precision): Draft => {
  const forward = filter(precision);
  return {
    ...forward,
    kind: "filter vjp",
    name: "density filter 1000 x 500, radius 8, vjp, jitted",
    shapes: [...forward.shapes, [height, width]],
    inputs: () => [...forward.inputs(), field(precision, 9)],
    expected: ([, weights, sums, cotangent]) => [
      weigh(
        Float64Array.from(cotangent!, (value, i) => value / sums![i]!),
        weights!,
      ),
    ],
    peers: precision === "float64" ? ["jax-js", "torch"] : ["jax-js", "tfjs", "torch"],
    goals:
      precision === "float64"
        ? []
        : [
            { peer: "tfjs", ratio: 0.06 },
            { peer: "jax-js", ratio: 0.06 },
          ],
  };
};

// --- Runge-Kutta of fourth order: dy/dt = A tanh(y), four states ------------------------------

export const rungeKuttaSteps = 1000;
export const timeStep = 0.01;
const states = 4;

/** A y' = A tanh(y) and its tangent for one direction (dy, dA), written out. */
const slopes = (
  matrix: ArrayLike<number>,
  y: readonly number[],
  dMatrix: ArrayLike<number>,
  dy: readonly number[],
): readonly [number[], number[]] => {
  const bent = y.map(Math.tanh);
  const dBent = dy.map((d, k) => (1 - bent[k]! ** 2) * d);
  const times = (m: ArrayLike<number>, v: readonly number[], row: number): number =>
    v.reduce((sum, value, k) => sum + m[row * states + k]! * value, 0);
  const rows = [0, 1, 2, 3];
  return [
    rows.map((row) => times(matrix, bent, row)),
    rows.map((row) => times(dMatrix, bent, row) + times(matrix, dBent, row)),
  ];
};

/** The sum of squares of the last state, and its derivative in one direction. */
const endAndSlope = (
  start: readonly number[],
  matrix: ArrayLike<number>,
  dStart: readonly number[],
  dMatrix: ArrayLike<number>,
): readonly [number, number] => {
  let [y, dy] = [[...start], [...dStart]];
  for (let step = 0; step < rungeKuttaSteps; step++) {
    const stages: (readonly [number[], number[]])[] = [];
    for (const share of [0, 0.5, 0.5, 1]) {
      const [k, dk] = stages.at(-1) ?? [y, dy];
      const at = y.map((value, i) => value + share * timeStep * k[i]!);
      const dAt = dy.map((value, i) => value + share * timeStep * dk[i]!);
      stages.push(slopes(matrix, at, dMatrix, dAt));
    }
    const moved = (values: readonly number[], part: 0 | 1): number[] =>
      values.map((value, i) => {
        const [a, b, c, d] = stages.map((stage) => stage[part][i]!) as [number, number, number, number];
        return value + (timeStep / 6) * (a + 2 * b + 2 * c + d);
      });
    [y, dy] = [moved(y, 0), moved(dy, 1)];
  }
  return [y.reduce((sum, value) => sum + value * value, 0), 2 * y.reduce((sum, value, i) => sum + value * dy[i]!, 0)];
};

/** Inputs: y(0) [4], A [4, 4]. Outputs: |y(10)|^2, its gradient by both. */
const rungeKutta = (precision: Precision): Draft => ({
  kind: "rk4",
  name: "RK4, 1000 steps of 4 states in a scan, value and gradient, jitted, read back",
  shapes: [[states], [states, states]],
  inputs: () => [
    floats(precision, states, (i) => [1, -0.5, 0.25, 0.75][i]!),
    floats(precision, states * states, (i) =>
      i % 5 === 0
        ? -0.05
        : (Math.floor(i / states) < i % states ? 1 : -1) / (1 + Math.abs((i % states) - Math.floor(i / states))),
    ),
  ],
  expected: ([start, matrix]) => {
    const along = (chosen: number): readonly [number, number] => {
      const one = (offset: number, length: number): number[] =>
        Array.from({ length }, (_, i) => (i + offset === chosen ? 1 : 0));
      return endAndSlope([...start!], matrix!, one(0, states), one(states, states * states));
    };
    const gradient = Array.from({ length: states + states * states }, (_, k) => along(k)[1]);
    return [[along(-1)[0]], gradient.slice(0, states), gradient.slice(states)];
  },
  tolerance: precision === "float64" ? 1e-11 : 1e-3,
  readsBack: true,
  calls: 1,
  peers: precision === "float64" ? ["torch"] : ["tfjs", "torch"],
  goals: precision === "float64" ? [] : [{ peer: "tfjs", ratio: 0.01 }],
});

export const gridJobs = [...both(filter), ...both(filterVjp), ...both(rungeKutta)];
