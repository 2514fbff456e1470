/** Functions to minimize, those of scripts/tables/lbfgsb-runs.py among them, and a driver that evaluates what is asked for. */
import { array, jit, NDArray, valueAndGrad } from "cotangent";
import * as np from "cotangent/numpy";
import type { ArrayTree, Lbfgs } from "cotangent/optim";

export type Objective = (x: NDArray) => NDArray;

const part = (x: NDArray, from: number, to: number): NDArray => np.dynamicSlice(x, [from], [to - from]);

const line = (from: number, to: number, n: number): NDArray =>
  array(Array.from({ length: n }, (_, k) => from + ((to - from) * k) / (n - 1)));

/** x.A x / 2 of the matrix with 2.001 on its diagonal and -1 beside it. */
const springs = (x: NDArray): NDArray => {
  const n = x.size;
  const neighbours = np.sum(part(x, 0, n - 1).mul(part(x, 1, n)));
  return np
    .sum(np.square(x))
    .mul(2.001 / 2)
    .sub(neighbours);
};

export const objectives: Readonly<Record<string, Objective>> = {
  rosenbrock: (x) => {
    const [u, v] = [part(x, 0, x.size - 1), part(x, 1, x.size)];
    return np.sum(
      np
        .square(v.sub(np.square(u)))
        .mul(100)
        .add(np.square(np.sub(1, u))),
    );
  },
  beale: (x) => {
    const [a, b] = [x.at(0).get(), x.at(1).get()];
    const residual = (c: number, power: number): NDArray => np.square(np.sub(c, a).add(a.mul(b.pow(power))));
    return residual(1.5, 1).add(residual(2.25, 2)).add(residual(2.625, 3));
  },
  quartic: (x) => np.sum(x.pow(4)),
  diagonal: (x) => np.sum(np.square(x.sub(line(-2, 2, x.size))).mul(line(1, 100, x.size))).mul(0.5),
  chain: (x) => springs(x).sub(np.sum(x.mul(array(Array.from({ length: x.size }, (_, k) => Math.sin(0.7 * k)))))),
  obstacle: (x) => springs(x).add(np.sum(x).mul(0.01)),
};

/** x.A x / 2 - b.x */
export const quadratic = (a: readonly (readonly number[])[], b: readonly number[]): Objective => {
  const [matrix, vector] = [array(a as number[][]), array(b as number[])];
  return (x) =>
    np
      .sum(x.mul(np.matmul(matrix, x)))
      .mul(0.5)
      .sub(np.sum(vector.mul(x)));
};

/** What a run shows after every evaluation. */
export interface Seen {
  /** Point evaluated, its value, and the state after it. */
  readonly point: NDArray;
  readonly value: number;
  readonly slope: NDArray;
  readonly report: Readonly<Record<string, number | string | boolean>>;
  readonly state: ArrayTree;
  readonly next: NDArray;
}

export interface RunOptions {
  readonly evaluations: number;
  /** Ends the run. */
  readonly until?: (seen: Seen) => boolean;
  /** Changes value or gradient of evaluation k. */
  readonly spoil?: (k: number, value: NDArray, gradient: NDArray) => readonly [NDArray, NDArray];
}

/** The best point of an L-BFGS state, raveled, and what is known there. */
export const bestOf = (state: ArrayTree): { point: NDArray; gradient: NDArray; value: NDArray } =>
  (state as unknown as { base: { point: NDArray; gradient: NDArray; value: NDArray } }).base;

/** Runs an optimizer on a function of one array. */
export const run = (f: Objective, start: NDArray, optimizer: Lbfgs, options: RunOptions): Seen[] => {
  const evaluate = jit(valueAndGrad(f)) as (x: NDArray) => [NDArray, NDArray];
  const update = jit(optimizer.update as never) as unknown as typeof optimizer.update;
  const { evaluations, until = () => false, spoil = (_k, value, gradient) => [value, gradient] as const } = options;
  const history: Seen[] = [];
  let point = start;
  let state = optimizer.init(start);
  for (let k = 0; k < evaluations; k++) {
    const [value, gradient] = spoil(k, ...evaluate(point));
    const [next, after] = update({ value, gradient }, state, point);
    history.push({ point, value: value.item(), slope: gradient, report: optimizer.report(after), state: after, next });
    if (until(history.at(-1)!)) break;
    [point, state] = [next, after];
  }
  return history;
};

/** Reasons after which an L-BFGS run stays where it is. */
export const isOver = ({ report }: Seen): boolean =>
  ["gradient is zero", "no further decrease", "not finite"].includes(report["reason"] as string);
