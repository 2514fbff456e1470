/** jit: one trace per signature, the same values as without it, statics compared by content. */
import { describe, expect, test } from "vitest";
import { array, configure, counters, grad, jit, jvp, makeJaxpr, NDArray, validateJaxpr, vmap } from "cotangent";
import * as np from "cotangent/numpy";

/** How often the body of a function ran while `run` ran. */
const tracesOf = (run: (f: (x: NDArray, ...rest: any[]) => NDArray) => void): number => {
  let count = 0;
  run((x) => {
    count++;
    return np.sum(np.sin(x));
  });
  return count;
};

const double = (x: NDArray): NDArray => x.mul(2);

describe("retracing", () => {
  test("new values do not retrace; shape, dtype, weakness and tree do", () => {
    const traces = (calls: (f: (x: any) => NDArray) => void): number => {
      let count = 0;
      calls(
        jit((tree: any) => {
          count++;
          return np.sum(np.stack([0, ...Object.values(tree)].map((leaf) => np.sum(leaf as NDArray))));
        }),
      );
      return count;
    };
    expect(traces((f) => [1, 2, 3].forEach((k) => f({ a: array([k, k]) })))).toBe(1);
    expect(traces((f) => [f({ a: array([1]) }), f({ a: array([1, 2]) })])).toBe(2);
    expect(traces((f) => [f({ a: array([1]) }), f({ a: array([1], { dtype: "float32" }) })])).toBe(2);
    expect(traces((f) => [f({ a: array(1) }), f({ a: 1 }), f({ a: 1.5 }), f({ a: 2.5 }), f({ a: 7 })])).toBe(3);
    expect(
      traces((f) => [
        f({ a: array(1) }),
        f({ b: array(1) }),
        f({ a: array(1), b: array(2) }),
        f({ b: array(1), a: array(2) }),
      ]),
    ).toBe(3);
  });

  test("grad(jit(f)) called twice traces once, and so do jvp and vmap of it", () => {
    expect(
      tracesOf((f) => {
        const g = jit(f);
        const df = grad(g);
        [df(array([1, 2])), df(array([3, 4])), g(array([5, 6]))].forEach(String);
        jvp(g, [array([1, 2])], [array([1, 2])]);
        vmap(g)(array([[1, 2]]));
      }),
    ).toBe(1);
  });

  test("the counter of traces grows by one per signature", () => {
    const f = jit(double);
    const before = counters().traces;
    f(array([1]));
    f(array([2]));
    f(array([2, 3]));
    expect(counters().traces - before).toBe(2);
  });

  test("the cache is bounded: after many shapes the first is traced anew", () => {
    let count = 0;
    const f = jit((x: NDArray) => {
      count++;
      return x;
    });
    for (let n = 0; n < 300; n++) f(np.zeros([n]));
    expect(count).toBe(300);
    f(np.zeros([299]));
    expect(count).toBe(300);
    f(np.zeros([0]));
    expect(count).toBe(301);
  });
});

describe("static arguments", () => {
  test("are compared by content: plain data, frozen records by identity", () => {
    let count = 0;
    const f = jit(
      (x: NDArray, options: { power: number; list: number[] }) => {
        count++;
        return x.pow(options.power);
      },
      { staticArgnums: 1 },
    );
    expect(f(array(3), { power: 2, list: [1] }).item()).toBe(9);
    f(array(4), { list: [1], power: 2 });
    expect(count).toBe(1);
    expect(f(array(3), { power: 3, list: [1] }).item()).toBe(27);
    expect(count).toBe(2);
    const frozen = Object.freeze({ power: 2, list: [1] });
    f(array(3), frozen);
    f(array(5), frozen);
    expect(count).toBe(3);
  });

  test("values that cannot be compared, and tracers, are refused by name at the first call", () => {
    const f = jit((x: NDArray, _: unknown) => x, { staticArgnums: 1 });
    for (const value of [new Map(), new Date(), array([1])])
      expect(() => f(array(1), value)).toThrow(expect.objectContaining({ code: "NotStatic" }));
    expect(() => jit((n: NDArray) => f(array(1), n))(array(1))).toThrow(expect.objectContaining({ code: "NotStatic" }));
  });
});

describe("odd functions work", () => {
  const x = array([1, 2]);
  test.each<[string, (...args: any[]) => unknown, unknown[]]>([
    ["identity", (y: NDArray) => y, [x]],
    ["duplicate outputs", (y: NDArray) => [y, y, y.mul(2)], [x]],
    ["a constant output", () => array([7]), []],
    ["a number as output", () => 3, []],
    ["an unused input", (_: NDArray, y: NDArray) => y.add(1), [x, x]],
    ["no outputs", () => [], [x]],
    ["null in trees", (t: { a: NDArray; b: null }) => ({ ...t, a: t.a.add(1) }), [{ a: x, b: null }]],
    ["a closed-over array", (y: NDArray) => y.add(array([10, 20])), [x]],
    ["zero-size arrays", (y: NDArray) => [np.sum(y), y.mul(2)], [np.zeros([0, 3])]],
  ])("%s", (_, f, args) => {
    expect(JSON.stringify(jit(f)(...args))).toBe(JSON.stringify(f(...args)));
  });

  test("inner jits of a jit are inlined into one valid program", () => {
    const f = jit((y: NDArray) => jit(double)(jit(double)(y)));
    expect(f(x).toList()).toEqual([4, 8]);
    validateJaxpr(makeJaxpr(f)(x).jaxpr);
  });

  test("a closed-over tracer of an outer transform is an input, never baked in", () => {
    const f = (w: NDArray): NDArray => jit((y: NDArray) => y.mul(w))(array(3));
    expect(grad(f)(5).item()).toBe(3);
    expect(vmap(f)(array([1, 2])).toList()).toEqual([3, 6]);
    const inner = jit((y: NDArray) => y.add(1));
    expect(jit((w: NDArray) => inner(w).add(inner(w.mul(2))))(array(1)).item()).toBe(5);
  });

  test("weak types are what they are without jit", () => {
    const f32 = array([1, 2], { dtype: "float32" });
    const f = (y: NDArray, k: NDArray | number): NDArray => np.add(np.mul(y, k), 1);
    for (const [y, k] of [
      [f32, 2],
      [f32, 2.5],
      [array([1], { dtype: "int32" }), 2],
      [array([1], { dtype: "int32" }), 2.5],
    ] as const)
      expect(jit(f)(y, k as never).dtype).toBe(f(y, k).dtype);
  });
});

test("unknown options and back ends are refused with the nearest name", () => {
  expect(() => jit(double, { staticArgnum: 1 } as never)).toThrow(/staticArgnums/);
  expect(() => jit(double, { backend: "wasn" as never })).toThrow(expect.objectContaining({ code: "InvalidOption" }));
});

describe("debug mode", () => {
  const inDebugMode = (run: () => void): void => {
    configure({ debug: true });
    try {
      run();
    } finally {
      configure({ debug: false });
    }
  };
  let calls = 0;
  const impure: Record<string, (x: NDArray) => NDArray> = {
    "a counter": (x) => x.mul(++calls),
    "random numbers in an array": (x) => x.add(array([Math.random(), Math.random()])),
    "a branch on host state": (x) => (calls++ % 2 === 0 ? np.sin(x) : np.cos(x)),
  };

  test.each(Object.entries(impure))("%s is caught by tracing twice", (_, f) => {
    inDebugMode(() => expect(() => jit(f)(array([1, 2]))).toThrow(expect.objectContaining({ code: "ImpureFunction" })));
    expect(() => jit(f)(array([1, 2]))).not.toThrow();
  });

  test("pure functions pass, also with arrays made inside and closed over", () => {
    const w = array([3, 4]);
    inDebugMode(() =>
      expect(jit((x: NDArray) => x.mul(w).add(array([1, NaN])))(array([1, 2])).toList()).toEqual([4, NaN]),
    );
  });
});
