/**
 * Semantics 52-58: when jit traces again, what static arguments may be, what tracers refuse, which functions
 * and trees pass through a transform.
 */
import { describe, expect, test } from "vitest";
import { array, counters, grad, jit, jvp, linearize, makeJaxpr, NDArray, tree, vjp, vmap } from "cotangent";
import * as np from "cotangent/numpy";
import { expectError, values } from "./support.ts";

const tracesOf = (run: () => unknown): number => {
  const before = counters().traces;
  run();
  return counters().traces - before;
};

const x3 = array([1, 2, 3]);

describe("52: jit traces again", () => {
  test("on a new shape, dtype, weakness, structure or static value, never on new values", () => {
    const f = jit((x: unknown, _flag: unknown) => np.sum(tree.flatten(x).leaves[0] as NDArray), { staticArgnums: 1 });
    const firsts: readonly (readonly [unknown, unknown])[] = [
      [x3, "a"],
      [array([1, 2]), "a"],
      [array([[1, 2, 3]]), "a"],
      [array([1, 2, 3], { dtype: "float32" }), "a"],
      [array(1), "a"],
      [1, "a"],
      [1.5, "a"],
      [{ x: x3 }, "a"],
      [[x3], "a"],
      [[x3, null], "a"],
      [{ y: x3 }, "a"],
      [x3, "b"],
      [x3, 1],
      [x3, "1"],
      [x3, -0],
      [x3, 0],
      [x3, null],
      [x3, [1, "2"]],
      [x3, { k: 1 }],
    ];
    for (const [x, flag] of firsts)
      expect(
        tracesOf(() => f(x, flag)),
        `${JSON.stringify(x)} ${JSON.stringify(flag)}`,
      ).toBe(1);
    for (const [x, flag] of firsts)
      expect(
        tracesOf(() => f(x, flag)),
        `${JSON.stringify(x)} ${JSON.stringify(flag)}`,
      ).toBe(0);
    expect(tracesOf(() => f(array([7, 8, 9]), "a"))).toBe(0);
    expect(tracesOf(() => f(3, "a"))).toBe(0);
    expect(tracesOf(() => f(x3, { k: 1 }))).toBe(0);
  });

  test("once for grad(jit(f)) called twice, and once for jit(grad(f))", () => {
    const inner = jit((x: NDArray) => np.sum(np.sin(x)));
    const gradient = grad(inner);
    expect(tracesOf(() => [gradient(x3), gradient(array([4, 5, 6]))])).toBe(1);
    const outer = jit(grad((x: NDArray) => np.sum(np.sin(x))));
    expect(tracesOf(() => [outer(x3), outer(array([4, 5, 6]))])).toBe(1);
  });

  test("never, while a transform around it makes a program of its own for each batch size, axis and choice of inputs", () => {
    const f = jit((x: NDArray, y: NDArray) => np.sum(np.mul(np.square(x), y)));
    f(x3, x3);
    const runs = tracesOf(() => {
      for (const size of [1, 2, 3, 2]) {
        expect(values(vmap(f, { inAxes: [null, 0] })(x3, np.ones([size, 3])))).toEqual(new Array(size).fill(14));
        expect(values(vmap(f, { inAxes: [1, null] })(np.ones([3, size]), x3))).toEqual(new Array(size).fill(6));
        expect(values(vmap(f)(np.ones([size, 3]), np.ones([size, 3])))).toEqual(new Array(size).fill(3));
      }
      for (let round = 0; round < 2; round++) {
        expect(values(grad(f)(x3, x3))).toEqual([2, 8, 18]);
        expect(values(grad(f, { argnums: 1 })(x3, x3))).toEqual([1, 4, 9]);
        expect(grad(f, { argnums: [0, 1] })(x3, x3).map(values)).toEqual([
          [2, 8, 18],
          [1, 4, 9],
        ]);
        expect(jvp((x: NDArray) => f(x, x3), [x3], [x3])[1].item()).toBe(72);
        expect(jvp((y: NDArray) => f(x3, y), [x3], [x3])[1].item()).toBe(36);
      }
    });
    expect(runs).toBe(0);
  });

  test("never while its result stays right for each signature", () => {
    const f = jit((x: NDArray, k: number) => np.mul(x, k), { staticArgnums: [1] });
    for (let round = 0; round < 2; round++)
      for (const k of [2, 3]) {
        expect(values(f(x3, k))).toEqual([k, 2 * k, 3 * k]);
        expect(values(f(array([1]), k))).toEqual([k]);
      }
  });
});

describe("53: static arguments", () => {
  test("are compared by content where they are plain data, by identity where they are functions", () => {
    const f = jit(
      (x: NDArray, how: unknown) =>
        typeof how === "function" ? (how as (y: NDArray) => NDArray)(x) : np.mul(x, (how as { k: number[] }).k[0]!),
      { staticArgnums: 1 },
    );
    expect(values(f(x3, { k: [2] }))).toEqual([2, 4, 6]);
    expect(tracesOf(() => f(x3, { k: [2] }))).toBe(0);
    expect(values(f(x3, { k: [3] }))).toEqual([3, 6, 9]);
    const double = (y: NDArray): NDArray => np.mul(y, 2);
    expect(tracesOf(() => [f(x3, double), f(x3, double)])).toBe(1);
    expect(tracesOf(() => f(x3, (y: NDArray) => np.mul(y, 2)))).toBe(1);
  });

  test("changed in place after a call are seen as another value", () => {
    const how = { k: [2] };
    const f = jit((x: NDArray, { k }: { k: number[] }) => np.mul(x, k[0]!), { staticArgnums: 1 });
    expect(values(f(x3, how))).toEqual([2, 4, 6]);
    how.k[0] = 5;
    expect(values(f(x3, how))).toEqual([5, 10, 15]);
  });

  test("that cannot be compared are refused at the first call", () => {
    const f = jit((x: NDArray, _how: unknown) => x, { staticArgnums: 1 });
    for (const how of [new Map(), new Set([1]), new Date(0), x3, [new Map()], { deep: { m: new Map() } }])
      expectError(() => f(x3, how), "NotStatic", "static argument 1");
    expectError(() => vmap((x: NDArray) => f(array(1), x))(x3), "NotStatic", "traced");
  });
});

/** Every way a value is asked for without a method. */
const conversions: Readonly<Record<string, (x: any) => unknown>> = {
  "x > 0": (x) => (x > 0 ? x : -x),
  "x < 0": (x) => x < 0,
  "x >= 0": (x) => x >= 0,
  "x + 1": (x) => x + 1,
  "1 - x": (x) => 1 - x,
  "-x": (x) => -x,
  "+x": (x) => +x,
  "x * 2": (x) => x * 2,
  "x ** 2": (x) => x ** 2,
  "x % 2": (x) => x % 2,
  "x | 0": (x) => x | 0,
  // oxlint-disable-next-line eqeqeq -- the loose comparison is what is tested
  "x == 1": (x) => x == 1,
  "`${x}`": (x) => `${x}`,
  "Number(x)": (x) => Number(x),
  "BigInt(x)": (x) => BigInt(x),
  "Math.sin(x)": (x) => Math.sin(x),
  "[1, 2][x]": (x) => [1, 2][x],
  "{ [x]: 1 }": (x) => ({ [x]: 1 }),
  "x.item()": (x) => x.item(),
  "x.toList()": (x) => x.toList(),
  "x.toTypedArray()": (x) => x.toTypedArray(),
  "new Float64Array([x])": (x) => new Float64Array([x]),
  "new Array(x)": (x) => Array.from({ length: x }),
};

const tracers: Readonly<Record<string, (f: (x: NDArray) => unknown) => unknown>> = {
  jit: (f) => jit(f as (x: NDArray) => NDArray)(array(5)),
  grad: (f) => grad(f as (x: NDArray) => NDArray)(array(5)),
  jvp: (f) => jvp(f as (x: NDArray) => NDArray, [array(5)], [array(1)]),
  linearize: (f) => linearize(f as (x: NDArray) => NDArray, array(5)),
  vjp: (f) => vjp(f as (x: NDArray) => NDArray, array(5)),
  vmap: (f) => vmap(f as (x: NDArray) => NDArray)(x3),
  makeJaxpr: (f) => makeJaxpr(f as (x: NDArray) => NDArray)(array(5)),
};

describe("54: a tracer refuses to become a JavaScript value", () => {
  test.each(Object.keys(tracers))("under %s, in every way of asking", (name) => {
    for (const ask of Object.values(conversions))
      expectError(() => tracers[name]!((x) => ask(x)), "TracerConversion", "Traced<float64[]>", "np.where");
    expect(Object.keys(conversions).length).toBeGreaterThan(20);
  });

  test("concrete arrays of size 1 do convert", () => {
    const x = array(5) as never as number;
    expect([x > 0 ? 1 : 0, x + 1, Number(array([[7]])), [10, 20, 30][array(1) as never as number]]).toEqual([
      1,
      6,
      7,
      undefined,
    ]);
    expectError(() => Number(x3), "NotAScalar", "[3]");
  });
});

describe("55: a tracer that left its trace", () => {
  test.each(Object.keys(tracers))("of %s is refused with its origin, in an operation and in a conversion", (name) => {
    let kept: NDArray | null = null;
    tracers[name]!(function keeper(x) {
      kept = x;
      return np.sin(x);
    });
    const leaked = kept as unknown as NDArray;
    for (const use of [
      () => np.sin(leaked),
      () => leaked.add(1),
      () => leaked.item(),
      () => leaked.toTypedArray(),
      () => Number(leaked),
      () => jit((y: NDArray) => np.add(y, leaked))(array(1)),
      () => grad((y: NDArray) => np.mul(y, leaked))(array(1)),
    ])
      expectError(use, "LeakedTracer", "keeper");
  });
});

describe("56: jit passes through", () => {
  test("the identity", () => {
    expect(values(jit((x: NDArray) => x)(x3))).toEqual([1, 2, 3]);
    expect(jit((x: { a: NDArray; n: null }) => x)({ a: x3, n: null })).toMatchObject({ n: null });
  });

  test("outputs that repeat", () => {
    const [a, b, c] = jit((x: NDArray) => {
      const y = np.sin(x);
      return [y, y, x] as const;
    })(x3);
    expect([values(a), values(c)]).toEqual([values(b), [1, 2, 3]]);
    expect(values(a)).toEqual(values(np.sin(x3)));
  });

  test("constant outputs: numbers, booleans, arrays from outside, nothing of the input", () => {
    const [n, flag, outside] = jit((_x: NDArray) => [2.5, true, x3] as const)(array(1)) as unknown as [
      NDArray,
      NDArray,
      NDArray,
    ];
    expect([n.item(), flag.dtype, flag.toList(), values(outside)]).toEqual([2.5, "bool", true, [1, 2, 3]]);
  });

  test("inputs that nothing uses", () => {
    expect(values(jit((x: NDArray, _y: NDArray, z: NDArray) => np.add(x, z))(x3, array(7), x3))).toEqual([2, 4, 6]);
  });

  test("no outputs at all, and no inputs at all", () => {
    expect(jit((_x: NDArray) => [])(x3)).toEqual([]);
    expect(jit((_x: NDArray) => null)(x3)).toBeNull();
    expect(jit((_x: NDArray) => ({}))(x3)).toEqual({});
    expect(jit(() => np.add(array(1), 1))().item()).toBe(2);
  });
});

describe("57: trees", () => {
  test("null is an empty node", () => {
    const f = (t: { a: null; b: [NDArray, null] }): { a: null; b: [NDArray, null] } => ({
      a: t.a,
      b: [np.mul(t.b[0], 2), null],
    });
    const out = jit(f)({ a: null, b: [x3, null] });
    expect([out.a, values(out.b[0]), out.b[1]]).toEqual([null, [2, 4, 6], null]);
    expect(grad((t: { a: null; b: NDArray }) => np.sum(t.b))({ a: null, b: x3 }).a).toBeNull();
  });

  test("undefined, holes, strings, functions, Map, Date, class instances and promises are refused with their path", () => {
    class Point {
      readonly x = 1;
    }
    const holed = new Array<NDArray>(3);
    holed[0] = holed[2] = x3;
    const cases: readonly (readonly [unknown, string, string])[] = [
      [{ a: undefined }, ".a", "undefined"],
      [[x3, undefined], "[1]", "undefined"],
      [holed, "[1]", "hole"],
      [{ deep: [{ s: "text" }] }, ".deep[0].s", "string"],
      [{ f: () => x3 }, ".f", "function"],
      [{ m: new Map() }, ".m", "Map"],
      [[new Set()], "[0]", "Set"],
      [[new Date(0)], "[0]", "Date"],
      [{ p: new Point() }, ".p", "Point"],
      [[10n], "[0]", "bigint"],
      [[new Float64Array(2)], "[0]", "Float64Array"],
      [[Promise.resolve(1)], "[0]", "Promise"],
      [{ s: Symbol("s") }, ".s", "symbol"],
    ];
    for (const [bad, path, kind] of cases) {
      expectError(() => jit((t: unknown) => t)(bad), "NotAnArray", path, kind);
      expectError(() => grad((t: unknown) => np.sum(t as NDArray))(bad as never), "NotAnArray", path, kind);
      expectError(() => jit((_x: NDArray) => bad)(x3), "NotAnArray", path, kind);
      expectError(() => tree.flatten(bad), "NotAnArray", path, kind);
    }
  });
});

test("58: { a, b } and { b, a } are one structure, and results follow sorted keys", () => {
  const one = tree.flatten({ a: 1, b: { d: 2, c: 3 } });
  const other = tree.flatten({ b: { c: 3, d: 2 }, a: 1 });
  expect(tree.sameTree(one.treedef, other.treedef)).toBe(true);
  expect([one.leaves, other.leaves]).toEqual([
    [1, 3, 2],
    [1, 3, 2],
  ]);
  const f = jit((t: { a: NDArray; b: NDArray }) => np.sub(t.a, t.b));
  expect(f({ a: array(5), b: array(3) }).item()).toBe(2);
  expect(tracesOf(() => expect(f({ b: array(3), a: array(5) }).item()).toBe(2))).toBe(0);
  const [, pullback] = vjp((t: { a: NDArray; b: NDArray }) => ({ z: np.mul(t.a, 2), y: t.b }), {
    b: array(1),
    a: array(1),
  });
  const [cotangent] = pullback({ y: array(10), z: array(1) });
  expect([cotangent.a.item(), cotangent.b.item()]).toEqual([2, 10]);
});
