/** Laws of principal directions and projections, against dense principal components of small trees. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, tree } from "cotangent";
import type { NDArray } from "cotangent";
import * as linalg from "cotangent/linalg";
import * as np from "cotangent/numpy";
import { principalDirections, projectTrajectory } from "cotangent/topopt";
import { floats, relativeGap, wave } from "../../fem/fields.ts";

const coded = (code: string): object => expect.objectContaining({ code });

interface Pair {
  readonly w: NDArray;
  readonly b: NDArray;
}

const flat = ({ w, b }: Pair): NDArray => np.concatenate([b, w.reshape([-1])]).astype("float64");
const rowsOf = (trees: readonly Pair[]): NDArray => np.stack(trees.map(flat));

/** Points of 5 numbers, spread differently along different directions. */
const trajectory = (count: number, phase: number): readonly Pair[] =>
  Array.from({ length: count }, (_, k) => ({
    w: wave([2, 2], phase + 0.7 * k).mul(
      array([
        [1, 3],
        [0.2, 1],
      ]),
    ),
    b: wave([1], phase + 1.1 * k),
  }));

const cases = fc.record({ count: fc.integer({ min: 3, max: 12 }), phase: fc.integer({ min: 0, max: 500 }) });

const covariance = (trees: readonly Pair[]): NDArray => {
  const rows = rowsOf(trees);
  const centred = rows.sub(np.mean(rows, { axis: 0 }));
  return np.matmul(centred.T, centred).div(trees.length - 1);
};

describe("principal directions", () => {
  test("are the eigenvectors of the dense covariance with its two largest eigenvalues", () =>
    fc.assert(
      fc.property(cases, ({ count, phase }) => {
        const points = trajectory(count, phase);
        const { directions, variances, explained } = principalDirections(points);
        const dense = covariance(points);
        const eigenvalues = floats(linalg.eigvalsh(dense)).reverse();
        const total = eigenvalues.reduce((sum, value) => sum + value, 0);
        directions.forEach((direction, k) => {
          const v = flat(direction);
          // The Gram matrix squares the points, so a weaker direction knows its vector less well.
          const room = 1e-14 * eigenvalues[0]! * Math.sqrt(eigenvalues[0]! / eigenvalues[k]!);
          expect(Math.abs(variances[k]! - eigenvalues[k]!)).toBeLessThan(1e-13 * eigenvalues[0]!);
          expect(Math.abs(explained[k]! - eigenvalues[k]! / total)).toBeLessThan(1e-13);
          const residual = np.matmul(dense, v).sub(v.mul(eigenvalues[k]!));
          expect(Math.max(...floats(np.abs(residual)))).toBeLessThan(10 * room);
        });
      }),
    ));

  test("are orthonormal, and the last point is not behind the mean", () =>
    fc.assert(
      fc.property(cases, ({ count, phase }) => {
        const points = trajectory(count, phase);
        const basis = rowsOf(principalDirections(points).directions);
        expect(relativeGap(np.matmul(basis, basis.T), np.eye(2))).toBeLessThan(1e-14);
        const rows = rowsOf(points);
        const last = rows
          .at(-1)
          .get()
          .sub(np.mean(rows, { axis: 0 }));
        floats(np.matmul(basis, last)).forEach((coordinate) => expect(coordinate).toBeGreaterThan(-1e-14));
      }),
    ));

  test("explain what their plane explains, about whatever point, and no other plane explains more", () =>
    fc.assert(
      fc.property(cases, fc.integer({ min: 0, max: 500 }), ({ count, phase }, other) => {
        const points = trajectory(count, phase);
        const { directions, explained } = principalDirections(points);
        const [at, ...others] = trajectory(3, other) as [Pair, Pair, Pair];
        const own = projectTrajectory(points, at, directions).explained;
        expect(Math.abs(own - explained[0]! - explained[1]!)).toBeLessThan(1e-13);
        expect(projectTrajectory(points, at, others).explained).toBeLessThanOrEqual(own + 1e-13);
      }),
    ));

  test("of a circle in a tilted plane are that plane, with half of the variance each", () => {
    const [u, v] = [array([3, 4, 0]).div(5), array([0, 0, 1])];
    const points = Array.from({ length: 8 }, (_, k) =>
      u.mul(Math.cos((k * Math.PI) / 4)).add(v.mul(Math.sin((k * Math.PI) / 4))),
    );
    const { directions, explained } = principalDirections(points);
    explained.forEach((share) => expect(share).toBeCloseTo(0.5, 14));
    for (const direction of directions)
      expect(Math.abs(np.vdot(direction, array([4, -3, 0])).item())).toBeLessThan(1e-14);
  });

  test("keep the dtypes of the points", () => {
    const points = trajectory(4, 1).map(({ w, b }) => ({ w: w.astype("float32"), b }));
    const [first] = principalDirections(points).directions;
    expect([first!.w.dtype, first!.b.dtype]).toEqual(["float32", "float64"]);
    expect(np.sum(np.square(flat(first!))).item()).toBeCloseTo(1, 6);
  });

  test("are refused where points do not spread so far", () => {
    const line = [0, 1, 2, 5].map((t) => array([t, 2 * t, -t]));
    expect(() => principalDirections(line)).toThrow(/one direction.*count: 1/);
    expect(principalDirections(line, { count: 1 }).explained[0]).toBeCloseTo(1, 14);
    expect(() => principalDirections([line[1]!, line[1]!, line[1]!])).toThrow(/no direction/);
    expect(() => principalDirections([array([NaN]), array([1]), array([2])])).toThrow(coded("InvalidOption"));
    expect(() => principalDirections(line.slice(0, 2))).toThrow(/2 points/);
    expect(() => principalDirections(line, { count: 3 as 2 })).toThrow(coded("InvalidOption"));
    expect(() => principalDirections(line, { counts: 1 } as object)).toThrow(coded("UnknownOption"));
    expect(() => principalDirections([null, null, null])).toThrow(/without a number/);
    expect(() => principalDirections([array([1]), array([1, 2]), array([1])])).toThrow(coded("ShapeMismatch"));
    expect(() => principalDirections([array([1]), { a: array([1]) }, array([1])] as never)).toThrow(
      coded("TreeMismatch"),
    );
  });
});

describe("projections", () => {
  const oblique = trajectory(2, 9) as readonly [Pair, Pair];
  const at = trajectory(1, 77)[0]!;

  test("of points made from coordinates are those coordinates, in oblique directions too", () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.double({ min: -9, max: 9, noNaN: true }), fc.double({ min: -9, max: 9, noNaN: true })), {
          minLength: 1,
          maxLength: 6,
        }),
        (places) => {
          const points = places.map(([a, b]): Pair => {
            const moved = (x: NDArray, d: NDArray, e: NDArray): NDArray => x.add(d.mul(a)).add(e.mul(b));
            return { w: moved(at.w, oblique[0].w, oblique[1].w), b: moved(at.b, oblique[0].b, oblique[1].b) };
          });
          const { coordinates, explained } = projectTrajectory(points, at, oblique);
          const condition = linalg.cond(rowsOf(oblique)).item();
          const gap = Math.max(...floats(np.abs(coordinates.sub(array(places.map(([a, b]) => [a, b]))))));
          expect(gap).toBeLessThan(1e-14 * condition * 20);
          const rows = rowsOf(points);
          const spread = np.sum(np.square(rows.sub(np.mean(rows, { axis: 0 })))).item();
          // Numbers up to about 40, hence rounding of points that hardly move is up to 1e-14 each.
          expect(explained).toBeLessThanOrEqual(1);
          expect((1 - explained) * spread).toBeLessThan(1e-14 * spread + 1e-26);
        },
      ),
    ));

  test("leave residuals that no direction can shorten", () =>
    fc.assert(
      fc.property(cases, ({ count, phase }) => {
        const points = trajectory(count, phase);
        const { coordinates } = projectTrajectory(points, at, oblique);
        const residuals = rowsOf(points)
          .sub(flat(at))
          .sub(np.matmul(coordinates, rowsOf(oblique)));
        expect(Math.max(...floats(np.abs(np.matmul(residuals, rowsOf(oblique).T))))).toBeLessThan(1e-12);
      }),
    ));

  test("take any number of directions, and explain nothing less where nothing moves", () => {
    const unit = ["w", "b"].map((name) => tree.map((x) => np.zerosLike(x).add(name === "w" ? 1 : 0), at));
    expect(projectTrajectory([at], at, [unit[0]!]).coordinates.shape).toEqual([1, 1]);
    expect(projectTrajectory([at, at], at, [unit[0]!]).explained).toBe(1);
  });

  test("are refused in directions that do not span a plane", () => {
    const [first, second] = oblique;
    const twice = tree.map((x) => x.mul(-2), first);
    for (const directions of [
      [first, twice],
      [],
      [tree.map((x) => x.mul(0), first)],
      [tree.map((x) => x.mul(NaN), second)],
    ])
      expect(() => projectTrajectory([at], at, directions)).toThrow(coded("InvalidOption"));
    expect(() => projectTrajectory([array([1])], array([1]), [array([1]), array([2])])).toThrow(/direction 1/);
    expect(() => projectTrajectory([], at, oblique)).toThrow(coded("InvalidOption"));
    expect(() => projectTrajectory([at], at, [array([1])] as never)).toThrow(coded("TreeMismatch"));
  });
});
