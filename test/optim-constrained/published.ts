/** Small problems with published solutions. */
import { array } from "cotangent";
import type { NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import type { ConstrainedProblem } from "./drive.ts";

export interface Published extends ConstrainedProblem {
  readonly lower: number | NDArray;
  readonly upper: number | NDArray;
  readonly start: NDArray;
  readonly count: number;
  readonly solution: readonly number[];
  /** Half a unit of the last digit that was published; a whole one of the cantilever. */
  readonly within: number;
  readonly optimum: number;
  readonly optimumWithin: number;
}

const ball = (centre: readonly number[], x: NDArray): NDArray => np.sum(np.square(x.sub(array([...centre])))).sub(9);

/** Svanberg 2007, section 6: the point of two balls that is nearest to the origin. */
export const nearestPoint: Published = {
  objective: (x) => np.sum(x.mul(x)),
  constraints: (x) => np.stack([ball([5, 2, 1], x), ball([3, 4, 3], x)]),
  lower: 0,
  upper: 5,
  start: array([4, 3, 2]),
  count: 2,
  solution: [2.0175, 1.78, 1.2375],
  within: 5.1e-5,
  optimum: 8.7702,
  optimumWithin: 5.1e-5,
};

/** Svanberg 1987, example 1: weight of a cantilever of five hollow beams whose tip must not sink more than it may. */
export const cantilever: Published = {
  objective: (x) => np.sum(x).mul(0.0624),
  constraints: (x) =>
    np
      .sum(array([61, 37, 19, 7, 1]).div(x.mul(x).mul(x)))
      .sub(1)
      .reshape([1]),
  lower: 1,
  upper: 10,
  start: array([5, 5, 5, 5, 5]),
  count: 1,
  solution: [6.016, 5.309, 4.494, 3.502, 2.153],
  within: 1e-3,
  optimum: 1.33996,
  optimumWithin: 5.1e-6,
};

/** Svanberg 1987, example 2: weight of two bars under a load, stresses bounded; area of the bars and half their distance. */
export const twoBars: Published = {
  objective: (x) =>
    x
      .at(0)
      .get()
      .mul(np.sqrt(np.square(x.at(1).get()).add(1))),
  constraints: (x) => {
    const [area, half] = [x.at(0).get(), x.at(1).get()];
    const length = np.sqrt(np.square(half).add(1)).mul(0.124);
    const [common, own] = [array(8).div(area), area.mul(half).pow(-1)];
    return np.stack([length.mul(common.add(own)).sub(1), length.mul(common.sub(own)).sub(1)]);
  },
  lower: array([0.2, 0.1]),
  upper: array([4, 1.6]),
  start: array([1.5, 0.5]),
  count: 2,
  solution: [1.41, 0.38],
  within: 5e-3,
  optimum: 1.51,
  optimumWithin: 5e-3,
};

export const published: readonly (readonly [name: string, problem: Published])[] = [
  ["the point of two balls nearest to the origin", nearestPoint],
  ["the cantilever of five beams", cantilever],
  ["the truss of two bars", twoBars],
];
