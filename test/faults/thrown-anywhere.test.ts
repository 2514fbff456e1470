/**
 * Faults 81 and 82: an error thrown in the body of a loop, a branch, a rule, a scope, a host function, a getter or an
 * iterator, or by any rule of any primitive of a random program, arrives itself; no trace, scope or memory stays
 * behind, and the next call gives the same numbers as before.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  array,
  checkpoint,
  cond,
  configure,
  customJvp,
  customLinearSolve,
  customRoot,
  customVjp,
  foriLoop,
  grad,
  jit,
  jvp,
  map,
  namedScope,
  NDArray,
  pureCallback,
  scan,
  switchCase,
  tree,
  vjp,
  vmap,
  whileLoop,
} from "cotangent";
import * as np from "cotangent/numpy";
import { generateProgram } from "cotangent/testing/properties";
import { arenaInUse } from "../../src/backend/arena.ts";
import { currentScope } from "../../src/ir/origin.ts";
import type { Primitive } from "../../src/ir/primitive.ts";
import { isTracing } from "../../src/ir/trace.ts";
import { vocabularyOf } from "../../library/testing/properties/program-builder.ts";
import { argumentsOf, functionOf } from "../../library/testing/properties/program.ts";
import { allPrimitives, higherOrderPrimitives } from "../laws/cases.ts";

type Scalar = (x: NDArray) => NDArray;

class Planted extends Error {}

/** Nothing of a traced call is left. */
const expectClean = (): void => {
  expect(isTracing()).toBe(false);
  expect(currentScope()).toBe("");
  expect(arenaInUse().top).toBe(0);
};

/** Throws at its n-th call, counting from 0; never where `at` is negative. */
interface Bomb {
  calls: number;
  at: number;
}

const tick = (bomb: Bomb): void => {
  if (bomb.calls++ === bomb.at) throw new Planted(`call ${bomb.at}`);
};

const one = array(1);

const layers: Readonly<Record<string, (f: Scalar) => Scalar>> = {
  grad: (f) => grad((x: NDArray) => f(x)),
  jvp: (f) => (x) => jvp(f, [x], [one])[1],
  jit: (f) => jit((x: NDArray) => f(x)),
  vmap: (f) => (x) => np.sum(vmap(f)(np.stack([x, x.mul(0.5)]))),
  scan: (f) => (x) => scan((c: NDArray, w: NDArray) => [f(c.mul(w)), f(w)] as const, x, array([0.5, 0.25]))[0],
  "carry that is not yet used": (f) => (x) =>
    scan((c: NDArray) => [c, f(c)] as const, x, null, { length: 2 })[1]
      .at(1)
      .get(),
  map: (f) => (x) => np.sum(map(f, np.stack([x, x]))),
  cond: (f) => (x) => cond(np.greater(x, 0), f, (y: NDArray) => f(y.mul(0.5)), x),
  switchCase: (f) => (x) => switchCase(array(1, { dtype: "int32" }), [(y: NDArray) => y, f], x),
  foriLoop: (f) => (x) => foriLoop(0, 2, (_, c: NDArray) => f(c), x),
  checkpoint: (f) => checkpoint((x: NDArray) => f(x)),
  namedScope: (f) => (x) => namedScope("outer", () => namedScope("inner", f, x)),
  customVjp: (f) =>
    customVjp((x: NDArray) => f(x), {
      fwd: (x: NDArray) => [f(x), x],
      bwd: (x: NDArray, g: NDArray) => vjp(f, x)[1](g),
    }),
  customJvp: (f) => customJvp((x: NDArray) => f(x), { jvp: ([x]: [NDArray], [dx]: [NDArray]) => jvp(f, [x], [dx]) }),
  customLinearSolve: (f) => (x) =>
    f(
      customLinearSolve(
        (y: NDArray) => y.mul(2),
        f(x),
        (_, b) => b.div(2),
        { symmetric: true },
      ),
    ),
  customRoot: (f) => (x) =>
    customRoot(
      (y: NDArray) => y.sub(f(x)),
      x,
      () => f(x),
      (_, b) => b,
    ),
};

/** Forward mode of a while loop only, so it stands inside of nothing that goes backwards. */
const whileOf =
  (f: Scalar): Scalar =>
  (x) =>
    whileLoop<readonly [NDArray, NDArray]>(
      ([k, c]) => np.less(k.add(f(c).mul(0)), 2),
      ([k, c]) => [k.add(1), f(c)],
      [array(0), x],
    )[1];

/** What a call gives, or the code of the error it is refused with. */
const outcome = (call: () => NDArray): unknown => {
  try {
    return call().toList();
  } catch (error) {
    if (error instanceof Planted || (error as { code?: string }).code === undefined) throw error;
    return (error as { code: string }).code;
  }
};

const explodesSafely = (
  make: (base: Scalar) => () => NDArray,
  positions: (count: number) => readonly number[],
): void => {
  const bomb: Bomb = { calls: 0, at: -1 };
  const base: Scalar = (x) => {
    const y = np.sin(x.mul(0.7));
    tick(bomb);
    return y.add(x.mul(0.1));
  };
  const call = make(base);
  const wanted = outcome(call);
  expectClean();
  for (const at of positions(bomb.calls)) {
    Object.assign(bomb, { calls: 0, at });
    // A function of its own each time: what is compiled is not traced again.
    expect(() => make(base)()).toThrow(new Planted(`call ${at}`));
    expectClean();
    bomb.at = -1;
    expect(outcome(make(base))).toEqual(wanted);
    expect(outcome(call)).toEqual(wanted);
  }
};

const names = Object.keys(layers);
const allOf = (count: number): number[] => Array.from({ length: count }, (_, k) => k);
/** The first, the last and one between. */
const some = (count: number): number[] => [...new Set([0, count >> 1, count - 1])].filter((k) => k >= 0 && k < count);

describe("81: thrown in the body of a loop, branch, rule or scope", () => {
  test.each(names)("%s, at every call of the body, alone and inside grad, jit and vmap", (name) => {
    for (const outer of [null, "grad", "jit", "vmap", "jvp"])
      explodesSafely((base) => {
        const f = layers[name]!(base);
        return () => (outer === null ? f : layers[outer]!(f))(array(0.4));
      }, allOf);
  });

  test("whileLoop, in its condition and its body, alone and inside jit, vmap and jvp", () => {
    for (const outer of [null, "jit", "vmap", "jvp"])
      explodesSafely((base) => {
        const f = whileOf(base);
        return () => (outer === null ? f : layers[outer]!(f))(array(0.4));
      }, allOf);
  });

  test("in random nests to depth 5", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...names), { minLength: 2, maxLength: 5 }), (nest) => {
        // Each level of a nest runs its body more than once.
        fc.pre(nest.filter((name) => name === "grad" || name === "jvp").length <= 2);
        explodesSafely((base) => {
          const f = nest.reduceRight((inner, name) => layers[name]!(inner), base);
          return () => f(array(0.4));
        }, some);
      }),
      { numRuns: 60 },
    );
  });
});

describe("82: thrown where the library calls out", () => {
  const calls: Readonly<Record<string, (bomb: Bomb) => unknown>> = {
    "a host function in a jitted loop": (bomb) =>
      jit((x: NDArray) =>
        foriLoop(
          0,
          3,
          (_, c: NDArray) => pureCallback((y: NDArray) => (tick(bomb), y.add(1)), { shape: [] }, [c]) as NDArray,
          x,
        ),
      )(one).item(),
    "a host function per example": (bomb) =>
      vmap((x: NDArray) => pureCallback((y: NDArray) => (tick(bomb), y.mul(2)), { shape: [] }, [x]) as NDArray)(
        array([1, 2, 3]),
      ).toList(),
    "a tree map": (bomb) =>
      grad((p: { a: NDArray; b: NDArray[] }) => {
        const doubled = tree.map((x: NDArray) => (tick(bomb), x.mul(2)), p) as typeof p;
        return doubled.a.add(doubled.b[0]!);
      })({ a: one, b: [one] }).a.item(),
    "a getter of an argument": (bomb) => {
      const argument = {
        a: one,
        get b(): NDArray {
          tick(bomb);
          return one;
        },
      };
      return jit((p: { a: NDArray; b: NDArray }) => p.a.add(p.b))(argument).item();
    },
    "a getter of a result": (bomb) => {
      const out = vjp(
        (x: NDArray) => ({
          get y(): NDArray {
            tick(bomb);
            return x.mul(3);
          },
        }),
        one,
      )[0];
      return out.y.item();
    },
    "an iterator": (bomb) => {
      const parts = function* (x: NDArray): Generator<NDArray> {
        for (let k = 0; k < 3; k++) {
          tick(bomb);
          yield x.mul(k);
        }
      };
      return jit(grad((x: NDArray) => np.sum(np.stack([...parts(x)]))))(one).item();
    },
    "the solver of a linear solve": (bomb) =>
      jit(
        grad((b: NDArray) =>
          customLinearSolve(
            (x: NDArray) => (tick(bomb), x.mul(2)),
            b,
            (_, r) => (tick(bomb), r.div(2)),
            { symmetric: true },
          ),
        ),
      )(one).item(),
    "a policy of checkpoint": (bomb) =>
      grad(
        checkpoint((x: NDArray) => np.sin(np.sin(x)), {
          policy: () => {
            tick(bomb);
            return false;
          },
        }),
      )(one).item(),
  };

  test.each(Object.entries(calls))("%s: at every call", (_name, call) => {
    const bomb: Bomb = { calls: 0, at: -1 };
    const wanted = call(bomb);
    const count = bomb.calls;
    expect(count).toBeGreaterThan(0);
    for (let at = 0; at < count; at++) {
      Object.assign(bomb, { calls: 0, at });
      expect(() => call(bomb)).toThrow(new Planted(`call ${at}`));
      expectClean();
      bomb.at = -1;
      expect(call(bomb)).toEqual(wanted);
    }
  });
});

/** Runs `body` with every rule of every primitive passing through `before`; the records are as before afterwards. */
const withRules = (records: readonly Primitive[], before: () => void, body: () => void): void => {
  const rules = ["evaluate", "abstractEval", "jvp", "linearize", "transpose", "batch"] as const;
  const originals = records.map((record) => ({ ...record }));
  for (const record of records)
    for (const rule of rules) {
      const original = record[rule] as ((...parts: unknown[]) => unknown) | undefined;
      if (original === undefined) continue;
      (record as unknown as Record<string, unknown>)[rule] = (...parts: unknown[]) => {
        before();
        return original(...parts);
      };
    }
  try {
    body();
  } finally {
    configure({ onNotice: null });
    records.forEach((record, k) => Object.assign(record, originals[k]));
  }
};

/** 100 with the suite, 20,000 in the long run. */
const programCount = process.env["COTANGENT_NIGHTLY"] === "1" ? 20_000 : 100;

test(
  "82: thrown by every rule that random programs run, under eager evaluation, jit, vmap and derivatives",
  async () => {
    const records = [...allPrimitives, ...(await higherOrderPrimitives())];
    const total = (f: (...x: NDArray[]) => NDArray[]) => (x: readonly NDArray[]) =>
      f(...x)
        .filter(({ dtype }) => dtype === "float64")
        .reduce((sum, y) => sum.add(np.sum(y)), array(0));
    const floats = (x: readonly NDArray[]): NDArray[] => x.filter(({ dtype }) => dtype === "float64");
    const ways: readonly ((f: (...x: NDArray[]) => NDArray[], x: readonly NDArray[]) => unknown)[] = [
      (f, x) => f(...x),
      (f, x) => jit((own: readonly NDArray[]) => f(...own))(x),
      (f, x) => vmap((own: readonly NDArray[]) => f(...own))(x.map((each) => np.stack([each, each]))),
      (f, x) => jvp(total(f), [x], [x.map((each) => (each.dtype === "float64" ? each : np.zerosLike(each)))] as never),
      (f, x) => {
        const fixed = (own: readonly NDArray[]): NDArray => {
          let next = 0;
          return total(f)(x.map((each) => (each.dtype === "float64" ? own[next++]! : each)));
        };
        return jit(grad(fixed))(floats(x));
      },
    ];
    const show = (result: unknown): string => JSON.stringify(tree.map((y: NDArray) => String(y), result));
    let thrown = 0;
    for (let seed = 0; seed < programCount; seed++) {
      const program = generateProgram({ seed, maxLength: 4 });
      const f = functionOf(program, vocabularyOf(program.own));
      const inputs = argumentsOf(program);
      const call = (): string => {
        try {
          return show(ways[seed % ways.length]!(f, inputs));
        } catch (error) {
          if (error instanceof Planted || (error as { code?: string }).code === undefined) throw error;
          return (error as { code: string }).code;
        }
      };
      const wanted = call();
      const bomb: Bomb = { calls: 0, at: -1 };
      withRules(
        records,
        () => tick(bomb),
        () => {
          call();
          const count = bomb.calls;
          for (let at = 0; at < count; at++) {
            Object.assign(bomb, { calls: 0, at });
            const which = `program ${seed}, rule call ${at} of ${count}`;
            let isFallback = false;
            configure({ onNotice: (code) => (isFallback ||= code === "CompileFailed") });
            try {
              // Where a rule fails only while a program is compiled, the interpreter runs it.
              expect([call(), isFallback], which).toEqual([wanted, true]);
            } catch (error) {
              expect(error, which).toBeInstanceOf(Planted);
              thrown++;
            }
            expectClean();
          }
        },
      );
      expect(call(), `program ${seed}`).toBe(wanted);
    }
    expect(thrown).toBeGreaterThan(10 * programCount);
  },
  programCount * 600,
);
