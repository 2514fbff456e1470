/** Loops, branches and checkpoints with what once went wrong: weak carries, effects beside values that are split off, dead conditions. */
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  array,
  bisect,
  checkpoint,
  configure,
  customJvp,
  customVjp,
  debugPrint,
  foriLoop,
  grad,
  jit,
  linearize,
  linearTranspose,
  makeJaxpr,
  map,
  NDArray,
  pureCallback,
  scan,
  switchCase,
  vmap,
  whileLoop,
} from "cotangent";
import * as np from "cotangent/numpy";
import * as random from "cotangent/random";
import * as special from "cotangent/special";
import * as sparse from "cotangent/sparse";

let printed: string[] = [];
beforeEach(() => {
  printed = [];
  configure({ onPrint: (text) => printed.push(text) });
});
afterEach(() => configure({ onPrint: null }));

type Pair = readonly [NDArray, NDArray];

test("weak numbers that change places settle instead of tracing for ever", () => {
  const [a, b] = foriLoop(0, 3, (_, [x, y]: Pair): Pair => [y, x], [1 as never, 0.5 as never]);
  expect([a.item(), b.item()]).toEqual([0.5, 1]);
});

/** Runs value and tangent of x^2 in one loop that prints the tangent. */
const inWhile = (x: NDArray, dx: NDArray): Pair => {
  const [, value, tangent] = whileLoop<readonly [NDArray, NDArray, NDArray]>(
    ([k]) => np.less(k, 1),
    ([k, v, t]) => {
      debugPrint("tangent {}", t);
      return [k.add(1), v.mul(v), t.mul(v).mul(2)];
    },
    [array(0), x, dx],
  );
  return [value, tangent];
};

test("a loop with an effect on what is unknown is split all the same", () => {
  const f = customJvp((x: NDArray) => x.mul(x), { jvp: ([x]: [NDArray], [dx]: [NDArray]) => inWhile(x, dx) });
  expect(linearize(f, array(3))[1](array(1)).item()).toBe(6);
});

test("a loop whose condition mentions an unknown value without reading it is split once", () => {
  const pair = (x: NDArray, dx: NDArray): Pair => {
    const [, value, tangent] = whileLoop<readonly [NDArray, NDArray, NDArray]>(
      ([k]) => {
        dx.mul(2);
        return np.less(k, 1);
      },
      ([k, v, t]) => [k.add(1), v.mul(v), t.mul(v).mul(2)],
      [array(0), x, dx],
    );
    return [value, tangent];
  };
  const f = customJvp((x: NDArray) => x.mul(x), { jvp: ([x]: [NDArray], [dx]: [NDArray]) => pair(x, dx) });
  expect(linearize(f, array(3))[1](array(1)).item()).toBe(6);
});

test("a linear loop that prints has a transpose", () => {
  const f = (x: NDArray): NDArray =>
    scan(
      ([i, s]: Pair, _: null) => {
        debugPrint("s {}", s);
        return [[i.add(1), s.mul(i)] as Pair, null] as const;
      },
      [array(1), x] as Pair,
      null,
      { length: 3 },
    )[0][1];
  expect(linearTranspose(f, array(0))(array(1))[0].item()).toBe(6);
});

test("what prints in a loop prints once per step, linearized and under checkpoint too", () => {
  const once = (x: NDArray): NDArray =>
    whileLoop<Pair>(
      ([k]) => np.less(k, 1),
      ([k, v]) => {
        debugPrint("w {}", v);
        return [k.add(1), np.sin(v)];
      },
      [array(0), x],
    )[1];
  linearize(once, array(1.5))[1](array(1));
  expect(printed).toEqual(["w 1.5"]);
  printed = [];
  const looped = checkpoint((x: NDArray) =>
    np.sin(
      scan(
        (c: NDArray, _: null) => {
          debugPrint("c {}", c);
          return [np.sin(c), null] as const;
        },
        x,
        null,
        { length: 2 },
      )[0],
    ),
  );
  grad(looped)(0);
  expect(printed).toEqual(["c 0", "c 0"]);
});

test("bisect runs functions that have no forward derivative", () => {
  const cube = customVjp((x: NDArray) => x.pow(3), {
    fwd: (x: NDArray) => [x.pow(3), x],
    bwd: (x: NDArray, g: NDArray) => [g.mul(x).mul(x).mul(3)],
  });
  expect(bisect((x) => cube(x).sub(8)).item()).toBe(2);
});

test("percentiles divide by 100: exact positions are exact", () => {
  const x = np.arange(21);
  expect(np.percentile(x, 35, { method: "higher" }).item()).toBe(7);
  expect(np.percentile(x, 35).item()).toBe(7);
});

test("second derivatives of logNdtr vanish on the right, and keep their digits on the left", () => {
  const curvature = grad(grad(special.logNdtr) as (x: NDArray) => NDArray) as (x: NDArray) => NDArray;
  expect(curvature(array(40)).item()).toBeCloseTo(0, 300);
  expect(curvature(array(14, { dtype: "float32" })).item()).toBeCloseTo(0, 30);
  expect(curvature(array(-30)).item()).toBeCloseTo(-0.998_896_228_488, 9);
  expect(grad(special.logNdtr)(array(0)).item()).toBeCloseTo(Math.sqrt(2 / Math.PI), 14);
});

test("gammainc's mixed derivative at 0 is its limit", () => {
  const mixed = grad((x: NDArray) => grad((a: NDArray) => special.gammainc(a, x))(array(2)));
  expect(mixed(array(0)).item()).toBeCloseTo(0, 300);
});

test("a matrix that is not symmetric is not taken for one", () => {
  const call = (): unknown =>
    sparse.fromDense(
      array([
        [1, 2],
        [3, 4],
      ]),
      { assume: "symmetric" },
    );
  expect(call).toThrow(expect.objectContaining({ code: "InvalidOption" }));
});

test("unknown options of segments are refused", () => {
  const run = (): unknown =>
    scan((c: NDArray, _: null) => [c, null] as const, array(1), null, {
      length: 4,
      checkpoint: { levels: 2, level: 1 } as never,
    });
  expect(run).toThrow(expect.objectContaining({ code: "UnknownOption" }));
  expect(jit(() => array(1))().item()).toBe(1);
});

/** log(1 + e^x) with the slope written so that nothing overflows; the rule calls the function itself, as is customary. */
const log1pExp: (x: NDArray) => NDArray = customJvp((x: NDArray) => np.log1p(np.exp(x)), {
  jvp: ([x]: [NDArray], [dx]: [NDArray]) => [log1pExp(x), dx.mul(np.sub(1, np.div(1, np.exp(x).add(1))))],
});

test("a rule may call its own function: compiled, mapped, in loops, to any order", () => {
  const slope = (x: number): number => 1 / (1 + Math.exp(-x));
  expect(jit(log1pExp)(array(1)).item()).toBeCloseTo(Math.log1p(Math.E), 14);
  expect(jit(grad(log1pExp))(1).item()).toBeCloseTo(slope(1), 14);
  expect(grad(jit(log1pExp))(1).item()).toBeCloseTo(slope(1), 14);
  const second = slope(1) * (1 - slope(1));
  for (const f of [grad(grad(log1pExp)), jit(grad(grad(log1pExp))), grad(jit(grad(jit(log1pExp))))])
    expect(f(1).item()).toBeCloseTo(second, 13);
  expect(map(log1pExp, array([1, 2])).toList()).toEqual([1, 2].map((x) => expect.closeTo(Math.log1p(Math.exp(x)), 14)));
  expect(vmap(jit(grad(log1pExp)))(array([1, 2])).toList()).toEqual([1, 2].map((x) => expect.closeTo(slope(x), 14)));
  expect(jit(vmap(grad(grad(log1pExp))))(array([1])).toList()).toEqual([expect.closeTo(second, 13)]);
  const looped = (x: NDArray): NDArray =>
    scan((c: NDArray, _: null) => [log1pExp(c), null] as const, x, null, { length: 2 })[0];
  const once = Math.log1p(Math.E);
  expect(grad(looped)(1).item()).toBeCloseTo(slope(1) * slope(once), 13);
});

test("rules may call each other, and a reverse rule its own function", () => {
  const sine: (x: NDArray) => NDArray = customJvp((x: NDArray) => np.sin(x), {
    jvp: ([x]: [NDArray], [dx]: [NDArray]) => [sine(x), dx.mul(cosine(x))],
  });
  const cosine: (x: NDArray) => NDArray = customJvp((x: NDArray) => np.cos(x), {
    jvp: ([x]: [NDArray], [dx]: [NDArray]) => [cosine(x), dx.mul(sine(x)).neg()],
  });
  let f = sine;
  for (const sign of [Math.sin(0.3), Math.cos(0.3), -Math.sin(0.3), -Math.cos(0.3), Math.sin(0.3)]) {
    expect(jit(f)(array(0.3)).item()).toBeCloseTo(sign, 13);
    f = grad(f) as typeof f;
  }
  const square: (x: NDArray) => NDArray = customVjp((x: NDArray) => x.mul(x), {
    fwd: (x: NDArray) => [square(x), x],
    bwd: (x: NDArray, g: NDArray) => [g.mul(x).mul(2)],
  });
  for (const g of [jit(grad(square)), grad(jit(square)), grad(square)]) expect(g(3).item()).toBe(6);
  for (const g of [grad(grad(square)), jit(grad(grad(square))), grad(jit(grad(square)))]) expect(g(3).item()).toBe(2);
  expect(makeJaxpr(square)(3).toString()).toContain("<the rules of");
});

test("mapped while loops run nothing for finished examples, and none for no examples", () => {
  const seen: number[] = [];
  const f = (x: NDArray): NDArray =>
    whileLoop(
      (c: NDArray) => np.less(c, 3),
      (c: NDArray) =>
        pureCallback(
          (v: NDArray) => {
            seen.push(v.item());
            return v.add(1);
          },
          { shape: [] },
          [c],
        ) as NDArray,
      x,
    );
  expect(vmap(f)(array([0, 5])).toList()).toEqual([3, 5]);
  expect(Math.max(...seen)).toBeLessThan(3);
  expect(vmap(f)(np.zeros([0])).shape).toEqual([0]);
  const root = (c: NDArray): NDArray =>
    bisect((z) => z.mul(z).sub(c.sub(0.5)), { lower: 0, upper: 100, expand: false });
  const g = (x: NDArray): NDArray => whileLoop((c: NDArray) => np.greater(c, 1), root, x);
  expect(vmap(g)(array([-3, 4])).toList()).toEqual([-3, g(array(4)).item()]);
});

test("bounds of counted loops lie in int32, an index of a switch is clamped in its own type", () => {
  const count = (lower: NDArray | number, upper: NDArray | number): NDArray =>
    foriLoop(lower, upper, (_, c: NDArray) => c.add(1), array(0));
  const code = (name: string): unknown => expect.objectContaining({ code: name });
  expect(() => count(2 ** 31 - 2, 2 ** 31 + 2)).toThrow(code("InvalidOption"));
  const big = array(2 ** 31 + 2, { dtype: "uint32" });
  expect(() => jit(count)(array(0, { dtype: "uint32" }), big)).toThrow(code("DTypeMismatch"));
  const pick = (i: NDArray): NDArray => switchCase(i, [(x: NDArray) => x, (x: NDArray) => x.mul(10)], 1);
  expect(vmap(pick)(array([0, 1, 4294967295], { dtype: "uint32" })).toList()).toEqual([1, 10, 10]);
});

test("what stands in the place of options or a shape is named", () => {
  const code = (name: string): unknown => expect.objectContaining({ code: name });
  expect(() => np.trapezoid(array([1, 2]), array([0, 1]) as never)).toThrow(/an array in the place of the options/);
  expect(() => random.choice(random.key(0), 5, { shape: [3] } as never)).toThrow(code("UnknownOption"));
  expect(() => map((x: NDArray) => x, array([1]), { batchSize: 2 } as never)).toThrow(code("UnknownOption"));
  expect(() => configure({ debugNans: "no" as never })).toThrow(code("InvalidOption"));
});

test("zeta ends for every argument", () => {
  expect([special.zeta(1e300, 1.5), special.zeta(2000, 0.5), special.zeta(1e300, 0.5)].map((x) => x.item())).toEqual([
    0,
    Infinity,
    Infinity,
  ]);
});

test("a success that never comes takes the largest number of trials", () => {
  const counts = random.geometric(random.key(0), array([1, 0, 0.5])).toList() as number[];
  expect(counts.slice(0, 2)).toEqual([1, 2147483647]);
});

test("symbolicZeros without the rule that it is about is refused", () => {
  const rules = { fwd: (x: NDArray) => [x, null] as const, bwd: (_: null, g: NDArray) => [g], symbolicZeros: true };
  expect(() => customVjp((x: NDArray) => x, rules)).toThrow(expect.objectContaining({ code: "InvalidOption" }));
});
