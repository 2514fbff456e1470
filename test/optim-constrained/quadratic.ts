/** Random convex quadratic problems under linear constraints and bounds, made around a solution that is known exactly. */
import fc from "fast-check";
import { array } from "cotangent";
import * as np from "cotangent/numpy";
import type { ConstrainedProblem } from "./drive.ts";

export interface Quadratic extends ConstrainedProblem {
  readonly size: number;
  readonly count: number;
  readonly solution: readonly number[];
  readonly multipliers: readonly number[];
}

const number = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });
const list = (length: number, entry: fc.Arbitrary<number>): fc.Arbitrary<number[]> =>
  fc.array(entry, { minLength: length, maxLength: length });

/** Of either sign, away from 0: every variable matters to every constraint. */
const coefficient = fc.tuple(number(0.2, 1), fc.constantFrom(-1, 1)).map(([size, sign]) => size * sign);

/**
 * minimize x' Q x / 2 + q . x subject to A x <= b and 0 <= x <= 1. Q = diag(1 .. 3) + v v' with |v| <= 1, so that its
 * condition is at most 4; q follows from the optimality conditions at the solution with the multipliers drawn. One constraint
 * is active, with a multiplier from 0.2 to 2; the others have slack from 0.1.
 */
export const quadratics: fc.Arbitrary<Quadratic> = fc
  .record({ size: fc.integer({ min: 2, max: 6 }), count: fc.integer({ min: 1, max: 3 }) })
  .chain(({ size, count }) =>
    fc.record({
      diagonal: list(size, number(1, 3)),
      direction: list(size, number(-1, 1)),
      rows: fc.array(list(size, coefficient), { minLength: count, maxLength: count }),
      inside: list(size, number(0.1, 0.9)),
      place: list(size, fc.constantFrom(0, 0, 0, -1, 1)),
      bound: list(size, number(0.2, 2)),
      multipliers: list(count, number(0.2, 2)),
      slack: list(count, number(0.1, 1)),
      active: fc.integer({ min: 0, max: count - 1 }),
    }),
  )
  .map(({ diagonal, direction, rows, inside, place: drawnPlace, bound, multipliers: drawn, slack, active }) => {
    // One variable is free, so that the multiplier is unique.
    const place = drawnPlace.map((side, j) => (j === 0 ? 0 : side));
    const length = Math.max(1, Math.hypot(...direction));
    const v = direction.map((entry) => entry / length);
    const solution = inside.map((value, j) => (place[j] === 0 ? value : place[j] === 1 ? 1 : 0));
    const multipliers = drawn.map((value, i) => (i === active ? value : 0));
    const along = v.reduce((sum, entry, j) => sum + entry * solution[j]!, 0);
    const limits = rows.map(
      (row, i) => row.reduce((sum, a, j) => sum + a * solution[j]!, 0) + (i === active ? 0 : slack[i]!),
    );
    // At a lower bound the objective must rise with x, at an upper bound fall.
    const linear = solution.map(
      (x, j) =>
        -(diagonal[j]! * x + v[j]! * along) -
        rows.reduce((sum, row, i) => sum + row[j]! * multipliers[i]!, 0) -
        place[j]! * bound[j]!,
    );
    const [d, w, q, a, b] = [diagonal, v, linear, rows, limits].map((values) => array(values));
    return {
      size: diagonal.length,
      count: rows.length,
      solution,
      multipliers,
      objective: (x) =>
        np
          .sum(d!.mul(x).mul(x).mul(0.5))
          .add(np.square(np.sum(w!.mul(x))).mul(0.5))
          .add(np.sum(q!.mul(x))),
      constraints: (x) => np.matmul(a!, x).sub(b!),
    };
  });
