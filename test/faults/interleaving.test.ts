/**
 * Fault 84: traces of two programs that take turns, in generators or between awaits. What runs to its end between two
 * turns is isolated; a function that waits while it is traced is refused, and what it does afterwards is an error.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, cond, grad, jit, jvp, NDArray, scan, vmap } from "cotangent";
import * as np from "cotangent/numpy";
import { isTracing } from "../../src/ir/trace.ts";
import { expectError } from "../semantics/support.ts";

/** Steps of a computation, each a whole transform of its own. */
const steps: readonly ((x: NDArray) => NDArray)[] = [
  grad((x: NDArray) => np.pow(x, 3)),
  jit((x: NDArray) => np.sin(x)),
  (x) => jvp(np.exp as (x: NDArray) => NDArray, [x], [x])[1],
  (x) => np.sum(vmap((y: NDArray) => y.mul(x))(array([1, 0.5]))),
  (x) => scan((c: NDArray) => [np.tanh(c), null] as const, x, null, { length: 2 })[0],
  jit(
    grad((x: NDArray) =>
      cond(
        np.greater(x, 0),
        (y: NDArray) => y.mul(y),
        (y: NDArray) => y.neg(),
        x,
      ),
    ),
  ),
];

const plan = fc.array(fc.nat(steps.length - 1), { minLength: 1, maxLength: 6 });
const serial = (own: readonly number[]): number => own.reduce((x, k) => steps[k]!(x), array(0.7)).item();

test("84: asynchronous programs that take turns in any order give what they give one after the other", async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.array(plan, { minLength: 2, maxLength: 3 }), async (scheduler, plans) => {
      const results = plans.map(async (own) => {
        let x = array(0.7);
        for (const k of own) {
          x = steps[k]!(x);
          await scheduler.schedule(Promise.resolve());
          expect(isTracing()).toBe(false);
        }
        return x.item();
      });
      await scheduler.waitAll();
      expect(await Promise.all(results)).toEqual(plans.map(serial));
    }),
    { numRuns: 50 },
  );
});

test("84: generators whose steps alternate give what they give alone, also inside one trace", () => {
  const run = function* (own: readonly number[], start: NDArray): Generator<NDArray, NDArray> {
    let x = start;
    for (const k of own) yield (x = steps[k]!(x));
    return x;
  };
  const alternate = (left: readonly number[], right: readonly number[], start: NDArray): NDArray => {
    const [a, b] = [run(left, start), run(right, start)];
    let [first, second] = [a.next(), b.next()];
    while (first.done !== true || second.done !== true) {
      if (first.done !== true) first = a.next();
      if (second.done !== true) second = b.next();
    }
    return first.value.add(second.value);
  };
  // What both pull back to the start is added in another order; infinities and NaN are what they are in any.
  const expectSum = (seen: number, [a, b]: readonly [number, number], tolerance: number): void =>
    Number.isFinite(a + b)
      ? expect(Math.abs(seen - (a + b))).toBeLessThanOrEqual(tolerance * (Math.abs(a) + Math.abs(b)))
      : expect(seen).toBe(a + b);
  fc.assert(
    fc.property(plan, plan, (left, right) => {
      expect(alternate(left, right, array(0.7)).item()).toBe(serial(left) + serial(right));
      const both = (x: NDArray): NDArray => alternate(left, right, x);
      expectSum(jit(both)(array(0.7)).item(), [serial(left), serial(right)], 1e-14);
      const alone = (own: readonly number[]) => grad((x: NDArray) => own.reduce((y, k) => steps[k]!(y), x))(0.7).item();
      expectSum(grad(both)(0.7).item(), [alone(left), alone(right)], 1e-12);
    }),
    { numRuns: 30 },
  );
});

describe("84: a function that waits while it is traced", () => {
  const transforms: Readonly<Record<string, (f: (x: NDArray) => any) => unknown>> = {
    jit: (f) => jit(f)(array(2)),
    grad: (f) => grad(f)(array(2)),
    jvp: (f) => jvp(f, [array(2)], [array(1)]),
    vmap: (f) => vmap(f)(array([2, 3])),
    scan: (f) => scan((c: NDArray) => f(c), array(2), null, { length: 2 }),
    cond: (f) => cond(true, f, f, array(2)),
  };

  test.each(Object.entries(transforms))(
    "is refused by %s, and its rest finds its tracers dead",
    async (_name, transform) => {
      const rests: Promise<unknown>[] = [];
      const waiting = (x: NDArray): Promise<NDArray> => {
        const promise = (async () => {
          const before = np.sin(x);
          await Promise.resolve();
          return before.mul(x);
        })();
        rests.push(promise.catch((error: unknown) => error));
        return promise;
      };
      expectError(() => transform(waiting), "NotAnArray", "async");
      expect(isTracing()).toBe(false);
      for (const rest of rests) expect(await rest).toMatchObject({ code: "LeakedTracer" });
      expect(rests.length).toBeGreaterThan(0);
    },
  );

  test("as a generator finds them dead in the next trace too", () => {
    const halfway = function* (x: NDArray): Generator<NDArray, NDArray> {
      const y = np.sin(x);
      yield y;
      return y.mul(x);
    };
    let first!: Generator<NDArray, NDArray>;
    jit((x: NDArray) => {
      first = halfway(x);
      return first.next().value;
    })(array(2));
    expectError(() => grad((_x: NDArray) => first.next().value)(array(3)), "LeakedTracer");
    expect(isTracing()).toBe(false);
    expect(jit((x: NDArray) => [...halfway(x)][0]!)(array(0)).item()).toBe(0);
  });
});
