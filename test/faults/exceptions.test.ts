/**
 * Faults 81 and 83: an error thrown anywhere inside traced code arrives as it was thrown, leaves no trace active, and
 * the next call gives the right answer. Thrown at every step of random programs and in every rule of a primitive.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, customVjp, definePrimitive, grad, jit, jvp, linearize, NDArray, vjp, vmap } from "cotangent";
import type { Primitive } from "cotangent";
import * as np from "cotangent/numpy";
import { isTracing } from "../../src/ir/trace.ts";
import { elementwiseBatch } from "../../ops/batching.ts";
import { requireFloat, unaryJvp } from "../../ops/elementwise.ts";
import { routine } from "../../src/ir/lowering.ts";
import { notLinear } from "../../src/ir/primitive.ts";
import { relativeError } from "../laws/cases.ts";
import { applyStep, asMeaning, programs } from "../laws/jets.ts";
import type { Meaning, Program } from "../laws/jets.ts";

type ScalarFunction = (x: NDArray) => NDArray;

class Planted extends Error {}

/** The program, throwing before step `at` while armed. */
const throwing =
  (program: Program, bomb: { at: number }): ScalarFunction =>
  (x) => {
    const values = [x];
    program.forEach((step, k) => {
      if (k === bomb.at) throw new Planted(`step ${k}`);
      values.push(applyStep(step, values));
    });
    return values.at(-1)!;
  };

const one = array(1);

interface Layer {
  readonly transform: (f: ScalarFunction) => ScalarFunction;
  /** How many derivatives it takes. */
  readonly order: 0 | 1;
}

const layers: Readonly<Record<string, Layer>> = {
  grad: { transform: (f) => grad(f), order: 1 },
  jvp: { transform: (f) => (x) => jvp(f, [x], [one])[1], order: 1 },
  vjp: { transform: (f) => (x) => vjp(f, x)[1](one)[0], order: 1 },
  linearize: { transform: (f) => (x) => linearize(f, x)[1](one), order: 1 },
  jit: { transform: (f) => jit(f), order: 0 },
  vmap: { transform: (f) => (x) => np.sum(vmap(f)(np.reshape(x, [1]))), order: 0 },
  checked: {
    transform: (f) => (x) => {
      // The function catches its own error: what ran inside must be gone as well.
      try {
        return f(x);
      } catch (error) {
        if (error instanceof Planted) np.sin(x);
        throw error;
      }
    },
    order: 0,
  },
};

const nests = fc.array(fc.constantFrom(...Object.keys(layers)), { minLength: 1, maxLength: 3 });

test("81: thrown at every step of random programs in random nests, it arrives itself, no trace stays, the next call is right", () => {
  fc.assert(
    fc.property(programs(5), nests, fc.double({ min: -1, max: 1, noNaN: true }), (program, nest, at) => {
      const bomb = { at: 0 };
      let f = throwing(program, bomb);
      let order = 0;
      for (const name of nest) {
        f = layers[name]!.transform(f);
        order += layers[name]!.order;
      }
      const meaning: Meaning = asMeaning(program);
      for (let step = 0; step < program.length; step++) {
        bomb.at = step;
        expect(() => f(array(at))).toThrow(new Planted(`step ${step}`));
        expect(isTracing()).toBe(false);
      }
      bomb.at = -1;
      expect(relativeError(f(array(at)).item(), meaning(at, order))).toBeLessThan(1e-9);
      expect(isTracing()).toBe(false);
    }),
    { numRuns: 200 },
  );
});

describe("81: thrown in a rule of a primitive", () => {
  const rules = ["evaluate", "abstractEval", "jvp", "batch"] as const;

  test.each(rules)("%s: the error arrives itself, no trace stays, the next call is right", (rule) => {
    let armed = true;
    const guard = <F extends (...args: never[]) => unknown>(name: string, call: F): F =>
      ((...args: never[]) => {
        if (armed && name === rule) throw new Planted(name);
        return call(...args);
      }) as F;
    const triple: (x: NDArray) => NDArray = definePrimitive<[NDArray]>({
      name: "triple",
      evaluate: guard("evaluate", ([x]) => np.mul(x, 3)) as Primitive<[NDArray]>["evaluate"],
      abstractEval: guard("abstractEval", ([x]) => requireFloat("triple", x)) as Primitive<[NDArray]>["abstractEval"],
      jvp: guard(
        "jvp",
        unaryJvp(
          (x) => triple(x),
          (dx) => np.mul(dx, 3),
        ),
      ) as Primitive<[NDArray]>["jvp"],
      transpose: notLinear,
      batch: guard(
        "batch",
        elementwiseBatch(([x]) => triple(x!)),
      ) as unknown as Primitive<[NDArray]>["batch"],
      lower: routine,
      laws: { testedIn: "test/faults/exceptions.test.ts" },
    });
    const calls: Readonly<Record<string, () => number>> = {
      eager: () => triple(array(2)).item(),
      jit: () => jit((x: NDArray) => triple(x))(array(2)).item(),
      grad: () => 2 * grad((x: NDArray) => triple(x))(array(2)).item(),
      "grad of jit": () => 2 * grad(jit((x: NDArray) => triple(x)))(array(2)).item(),
      vmap: () => np.sum(vmap((x: NDArray) => triple(x))(array([2]))).item(),
      "jit of vmap of grad": () => 2 * np.sum(jit(vmap(grad((x: NDArray) => triple(x))))(array([2]))).item(),
    };
    let thrown = 0;
    for (const call of Object.values(calls)) {
      armed = true;
      try {
        call();
      } catch (error) {
        expect(error).toBeInstanceOf(Planted);
        thrown++;
      }
      expect(isTracing()).toBe(false);
      armed = false;
      expect(call()).toBe(6);
    }
    expect(thrown).toBeGreaterThan(0);
  });

  test.each(["fwd", "bwd"] as const)(
    "%s of a function's own rule: likewise, also when the error comes at the second call",
    (rule) => {
      let left = Infinity;
      const guard = (name: string): void => {
        if (name === rule && --left < 0) throw new Planted(name);
      };
      const square = customVjp((x: NDArray) => np.square(x), {
        fwd: (x: NDArray) => {
          guard("fwd");
          return [np.square(x), x];
        },
        bwd: (x: NDArray, g: NDArray) => {
          guard("bwd");
          return [np.mul(g, np.mul(x, 2))];
        },
      });
      const calls: readonly (() => number)[] = [
        () => grad(square)(array(3)).item(),
        () => grad(jit(square))(array(3)).item(),
        () => np.sum(vmap(grad(square))(array([3]))).item(),
        () => jit(grad((x: NDArray) => np.sum(vmap(square)(np.reshape(x, [1])))))(array(3)).item(),
        () => 3 * grad(grad(square))(array(3)).item(),
      ];
      for (const call of calls)
        for (const after of [0, 1]) {
          left = after;
          try {
            expect(call()).toBe(6);
          } catch (error) {
            expect(error).toBeInstanceOf(Planted);
          }
          expect(isTracing()).toBe(false);
          left = Infinity;
          expect(call()).toBe(6);
        }
    },
  );
});

test("83: a stack overflow caught by the user leaves no trace", () => {
  const deep = (x: NDArray): NDArray => deep(np.add(x, 1));
  expect(() => grad(deep)(array(1))).toThrow(RangeError);
  expect(() => jit(vmap(deep))(array([1]))).toThrow(RangeError);
  expect(isTracing()).toBe(false);
  expect(grad((x: NDArray) => np.square(x))(array(3)).item()).toBe(6);
  // Caught inside the function, the trace goes on as if nothing had happened.
  const careful = (x: NDArray): NDArray => {
    try {
      return deep(x);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return np.square(x);
    }
  };
  expect(grad(careful)(array(3)).item()).toBe(6);
  expect(isTracing()).toBe(false);
});
