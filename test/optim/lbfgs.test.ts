/** L-BFGS finds minimizers, bounded or not, in about as many evaluations as SciPy's L-BFGS-B; every step keeps its promises. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, NDArray, valueAndGrad } from "cotangent";
import * as np from "cotangent/numpy";
import * as optim from "cotangent/optim";
import { boxMinimizer } from "./box-minimizer.ts";
import { bestOf, isOver, objectives, quadratic, run } from "./problems.ts";
import type { Objective, Seen } from "./problems.ts";

interface Run {
  readonly name: string;
  readonly start: number[];
  readonly lower?: number;
  readonly upper?: number;
  readonly value: number;
  readonly evaluations: number;
}

const { source, runs } = JSON.parse(
  readFileSync(new URL("../reference/lbfgsb-runs.json", import.meta.url), "utf8"),
) as { source: string; runs: Run[] };

const accepted = (history: readonly Seen[]): Seen[] =>
  history.filter(({ report }) => report["reason"] === "step accepted");

describe(`against ${source}`, () => {
  test.each(
    runs.map(({ name, start, lower, upper, value, evaluations }) => {
      const bounds = { ...(lower === undefined ? {} : { lower }), ...(upper === undefined ? {} : { upper }) };
      return [
        `${name} of ${start.length} ${JSON.stringify(bounds)}`,
        { name, start, bounds, value, evaluations },
      ] as const;
    }),
  )("%s: the same value, in 2 evaluations more at most, within bounds in 7/4 of its number and 4", (_text, wanted) => {
    const tolerance = 1e-8 * (1 + Math.abs(wanted.value));
    const isBounded = Object.keys(wanted.bounds).length > 0;
    const most = isBounded ? wanted.evaluations * 1.75 + 4 : wanted.evaluations + 2;
    const history = run(objectives[wanted.name]!, array(wanted.start), optim.lbfgs(wanted.bounds), {
      evaluations: Math.floor(most),
      until: ({ value }) => value - wanted.value <= tolerance,
    });
    expect(history.at(-1)!.value - wanted.value).toBeLessThanOrEqual(tolerance);
  });
});

/** A symmetric matrix with eigenvalues in [1, 1 + spread], from a list of numbers: 1 + sum of w w' / |w|^2. */
const definite = (n: number, rows: readonly number[], spread: number): number[][] => {
  const w = Array.from({ length: n }, (_, i) =>
    Array.from({ length: n }, (__, k) => rows[(i * n + k) % rows.length]! + (i === k ? 0.1 : 0)),
  );
  const norms = w.map((row) => row.reduce((sum, x) => sum + x * x, 1e-3));
  return Array.from({ length: n }, (_, i) =>
    Array.from({ length: n }, (__, k) =>
      w.reduce((sum, row, j) => sum + (spread / n / norms[j]!) * row[i]! * row[k]!, i === k ? 1 : 0),
    ),
  );
};

const unit = fc.double({ min: -1, max: 1, noNaN: true });

const quadratics = fc.integer({ min: 2, max: 5 }).chain((n) =>
  fc.record({
    a: fc
      .tuple(fc.array(unit, { minLength: n * n, maxLength: n * n }), fc.double({ min: 0, max: 50, noNaN: true }))
      .map(([rows, spread]) => definite(n, rows, spread)),
    b: fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: n, maxLength: n }),
    start: fc.array(unit, { minLength: n, maxLength: n }),
  }),
);

describe("quadratics", () => {
  test.each([5, 10, 20, 50].flatMap((n) => [[n, 10, n + 12] as const, [n, 100, n + 20] as const]))(
    "of %i variables and condition %i need %i evaluations at most for a gradient of 1e-6, with that many pairs",
    (n, condition, most) => {
      const weight = array(Array.from({ length: n }, (_, k) => 1 + ((condition - 1) * k) / (n - 1)));
      const history = run(
        (x) => np.sum(np.square(x.sub(1)).mul(weight)).mul(0.5),
        np.zeros([n]),
        optim.lbfgs({ memory: n }),
        {
          evaluations: most,
          until: ({ report }) => (report["gradientNorm"] as number) <= 1e-6,
        },
      );
      expect(history.at(-1)!.report["gradientNorm"]).toBeLessThanOrEqual(1e-6);
    },
  );

  test("within bounds end at the point that solves the optimality conditions", () => {
    fc.assert(
      fc.property(quadratics, fc.double({ min: -1, max: 0, noNaN: true }), ({ a, b, start }, lower) => {
        const history = run(quadratic(a, b), array(start), optim.lbfgs({ lower, upper: 0.5 }), {
          evaluations: 120,
          until: isOver,
        });
        const exact = boxMinimizer(a, b, lower, 0.5);
        const seen = bestOf(history.at(-1)!.state).point.toList() as number[];
        // Values are exact to rounding, so points are to its root; the least eigenvalue is 1.
        seen.forEach((x, k) => expect(Math.abs(x - exact[k]!)).toBeLessThanOrEqual(1e-6));
      }),
      { numRuns: 40 },
    );
  });
});

/** Wavy but bounded below: many minima, negative curvature in between. */
const wavy: Objective = (x) =>
  np.sum(
    np
      .square(x)
      .mul(0.05)
      .add(np.cos(x.mul(3))),
  );

describe("every step", () => {
  const starts = fc.array(
    fc.integer({ min: -256, max: 256 }).map((k) => k / 64),
    { minLength: 1, maxLength: 4 },
  );

  test("that is accepted meets both Wolfe conditions, as long as its decrease is more than rounding", () => {
    fc.assert(
      fc.property(starts, fc.constantFrom(0.1, 0.9), (start, c2) => {
        const history = run(wavy, array(start), optim.lbfgs({ c2 }), { evaluations: 25, until: isOver });
        accepted(history.slice(1)).forEach((seen) => {
          const before = history[history.indexOf(seen) - 1]!.state as unknown as {
            direction: NDArray;
            search: { step: NDArray; value: NDArray; slope: NDArray };
          };
          const { step, value, slope } = before.search;
          // Values of some units are rounded to 1e-15: below that multiple no decrease is to be seen.
          if (Math.abs(step.item() * slope.item()) < 1e-12) return;
          expect(seen.value).toBeLessThanOrEqual(value.item() + 1e-4 * step.item() * slope.item());
          const after = np.sum(before.direction.mul(seen.slope)).item();
          expect(Math.abs(after)).toBeLessThanOrEqual(c2 * Math.abs(slope.item()) * (1 + 1e-12));
        });
        expect(history.at(-1)!.report["skippedPairs"]).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  test("that is accepted makes the value no larger, and the best point is the last accepted", () => {
    fc.assert(
      fc.property(starts, (start) => {
        const history = run(wavy, array(start), optim.lbfgs({ lower: -3, upper: 3.5 }), { evaluations: 25 });
        const values = accepted(history).map(({ value }) => value);
        values.forEach((value, k) => expect(value).toBeLessThanOrEqual(values[Math.max(0, k - 1)]!));
        const best = bestOf(history.at(-1)!.state);
        expect(best.value.item()).toBe(Math.min(...history.slice(1).map(({ report }) => report["value"] as number)));
        expect(wavy(best.point).item()).toBe(best.value.item());
      }),
      { numRuns: 30 },
    );
  });

  test("that is asked for lies within the bounds to the last bit, also where float32 rounds and the start lies outside", () => {
    const bounds = fc.tuple(fc.double({ min: -2, max: 0, noNaN: true }), fc.double({ min: 0, max: 2, noNaN: true }));
    fc.assert(
      fc.property(starts, bounds, fc.constantFrom("float64" as const, "float32" as const), (start, ends, dtype) => {
        const [lower, upper] = dtype === "float64" ? ends : ends.map(Math.fround);
        const history = run(wavy, array(start, { dtype }), optim.lbfgs({ lower: ends[0], upper: ends[1] }), {
          evaluations: 20,
        });
        history.forEach(({ next }) => {
          expect(next.dtype).toBe(dtype);
          for (const x of next.toTypedArray()) expect(x >= lower! && x <= upper!).toBe(true);
        });
      }),
      { numRuns: 30 },
    );
  });

  test("has the tree and dtypes of the parameters, and bounds may be such a tree", () => {
    const params = { a: array([[1, 2]], { dtype: "float32" }), b: [array(0.3)] };
    const limits = { a: array([[0.1, 3]]), b: [0.05] };
    const f = ({ a, b }: typeof params): NDArray => np.sum(np.square(a)).astype("float64").add(np.square(b[0]!));
    const { init, update } = optim.lbfgs({ lower: limits });
    let [x, state] = [params, init(params)];
    for (let k = 0; k < 12; k++) {
      const [value, gradient] = valueAndGrad(f)(x);
      [x, state] = update({ value, gradient }, state, x);
      expect([x.a.dtype, x.a.shape, x.b[0]!.dtype]).toEqual(["float32", [1, 2], "float64"]);
    }
    expect([x.a.toList(), x.b[0]!.item()]).toEqual([[[Math.fround(0.1), 3]], 0.05]);
  });
});

test("float32 parameters have float64 inner products: 20,000 of them reach the minimum to float32's last bits", () => {
  const n = 20_000;
  const target = np.sin(np.arange(n)).astype("float32");
  const weight = np
    .arange(n)
    .mul(9 / n)
    .add(1)
    .astype("float32");
  const f: Objective = (x) => np.sum(np.square(x.sub(target)).mul(weight).astype("float64"));
  const history = run(f, np.zeros([n], { dtype: "float32" }), optim.lbfgs(), { evaluations: 40, until: isOver });
  const { point } = bestOf(history.at(-1)!.state);
  expect(np.max(np.abs(point.sub(target))).item()).toBeLessThan(2e-7);
});
