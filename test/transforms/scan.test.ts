/** scan, map and foriLoop: equal to the loop written out, under every transform; what is kept; what is refused. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  array,
  counters,
  foriLoop,
  grad,
  jit,
  linearTranspose,
  makeJaxpr,
  map,
  NDArray,
  savedResiduals,
  scan,
  validateJaxpr,
  vjp,
  vmap,
} from "cotangent";
import type { Jaxpr } from "cotangent";
import * as np from "cotangent/numpy";
import { innerJaxprs } from "../../src/ir/jaxpr.ts";
import { validateClosed } from "../../src/ir/validate.ts";
import { applyNest, derivatives, eagerNests, expectClose, nestsUpTo } from "./nests.ts";
import type { Program } from "./nests.ts";

type State = { readonly a: NDArray; readonly b: NDArray };
type Body = (carry: State, x: NDArray) => readonly [State, NDArray];

/** A loop written out: what scan must agree with. */
const unrolled = (body: Body, init: State, xs: NDArray, reverse: boolean): [State, NDArray] => {
  let carry = init;
  const ys: NDArray[] = [];
  const order = Array.from({ length: xs.shape[0]! }, (_, k) => (reverse ? xs.shape[0]! - 1 - k : k));
  for (const k of order) {
    const [next, y] = body(carry, np.at(xs, k).get());
    carry = next;
    ys[k] = y;
  }
  return [carry, np.stack(ys)];
};

/** Bodies that mix carry, rows and closed-over values: w varies, some entries never do. */
const bodies: Readonly<Record<string, (w: NDArray) => Body>> = {
  "carries that feed each other": (w) => (c, x) => [
    { a: np.sin(c.b.mul(x)).add(w), b: c.a.mul(0.5) },
    np.sum(c.a.mul(c.b)),
  ],
  "a carry that starts constant and is touched late": (w) => (c, x) => [
    { a: c.a.mul(x), b: np.tanh(c.b.add(c.a)).add(np.exp(w).mul(0.1)) },
    c.b.mul(x),
  ],
  "a carry no derivative reaches": (w) => (c, x) => [{ a: c.a.add(1), b: np.sin(c.b).mul(w) }, c.a.mul(x).add(c.b)],
  "a result that ignores the carry": (w) => (c, x) => [{ a: c.a, b: c.b }, np.cos(w.mul(x))],
  "a constant result": () => (c, x) => [{ a: c.a.mul(x), b: c.b }, np.ones([])],
};

const both = (name: string, length: number, reverse: boolean): readonly [Program, Program] => {
  const rows = np.sin(np.arange(length).add(1));
  const run =
    (loop: (body: Body, init: State, xs: NDArray) => readonly [State, NDArray]): Program =>
    (w) => {
      const first = np.at(w, 0).get();
      const [last, ys] = loop(
        bodies[name]!(np.at(w, 1).get()),
        { a: first, b: np.mul(first, 0).add(0.3) },
        rows.mul(first).add(0.2),
      );
      return np
        .sum(last.a.mul(2).add(np.sum(last.b)))
        .add(np.sum(np.mul(ys, np.add(rows, 2).reshape([length, ...ys.shape.slice(1).map(() => 1)]))));
    };
  return [
    run((body, init, xs) => scan(body, init, xs, { reverse })),
    run((body, init, xs) => unrolled(body, init, xs, reverse)),
  ];
};

const point = array([0.4, -0.7]);

describe.each(Object.keys(bodies))("scan with %s", (name) => {
  test.each(Object.keys(derivatives))("%s equals that of the loop written out, either way", (derivative) => {
    for (const reverse of [false, true]) {
      const [scanned, loop] = both(name, 4, reverse);
      expectClose(derivatives[derivative]!(scanned)(point), derivatives[derivative]!(loop)(point), 1e-13, derivative);
    }
  });

  test("every nest of jit, grad, jvp and vmap to depth 3 equals that over the loop written out", () => {
    const [scanned, loop] = both(name, 3, false);
    const expected = eagerNests(loop, point);
    for (const nest of nestsUpTo(3))
      expectClose(applyNest(nest, scanned)(point), expected(nest), 1e-12, nest.join(" of "));
  });

  test("its jaxprs and those of its derivatives are valid", () => {
    const [scanned] = both(name, 3, true);
    for (const f of [scanned, ...Object.values(derivatives).map((derivative) => derivative(scanned))])
      validateClosed(makeJaxpr(f)(point) as never);
  });
});

test("scan equals the loop for random lengths, directions and mapped axes", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.keys(bodies)),
      fc.integer({ min: 1, max: 7 }),
      fc.boolean(),
      fc.constantFrom(...nestsUpTo(2)),
      fc.array(fc.double({ min: -1.5, max: 1.5, noNaN: true }), { minLength: 2, maxLength: 2 }),
      (name, length, reverse, nest, at) => {
        const [scanned, loop] = both(name, length, reverse);
        const x = array(at);
        expectClose(applyNest(nest, scanned)(x), eagerNests(loop, x)(nest), 1e-11, nest.join(" of "));
      },
    ),
    { numRuns: 60 },
  );
});

test("vmap over carry, rows or closed-over values alone, along any axis, equals a loop over examples", () => {
  const run = (c: NDArray, xs: NDArray, w: NDArray): NDArray => {
    const [last, ys] = scan((s: NDArray, x: NDArray) => [np.sin(s.mul(x)).add(w), s.add(x)] as const, c, xs);
    return np.concatenate([last.reshape([1]), ys]);
  };
  const c = array([0.1, 0.2, 0.3]);
  const xs = np.sin(np.arange(12)).reshape([4, 3]);
  const row = np.cos(np.arange(4));
  const cases = [
    { args: [c, row, array(0.5)], inAxes: [0, null, null] },
    { args: [array(0.1), xs, array(0.5)], inAxes: [null, 1, null] },
    { args: [array(0.1), row, c], inAxes: [null, null, 0] },
    { args: [c, xs, c], inAxes: [0, 1, 0] },
    { args: [array(0.1), xs.transpose(), array(0.5)], inAxes: [null, 0, null] },
  ] as const;
  for (const { args, inAxes } of cases) {
    const seen = vmap(run, { inAxes })(...args);
    const wanted = np.stack(
      [0, 1, 2].map((k) =>
        run(
          ...(args.map((x, i) => (inAxes[i] === null ? x : np.take(x, k, { axis: inAxes[i]! }))) as [
            NDArray,
            NDArray,
            NDArray,
          ]),
        ),
      ),
    );
    expectClose(seen, wanted, 1e-15, JSON.stringify(inAxes));
  }
});

test("the body is traced once, whatever the length and however often it runs compiled", () => {
  let calls = 0;
  const body = (c: NDArray, x: NDArray): readonly [NDArray, null] => {
    calls++;
    return [c.add(x), null];
  };
  const f = jit((xs: NDArray) => scan(body, array(0), xs)[0]);
  for (let k = 0; k < 3; k++) f(np.ones([1000]));
  expect(calls).toBe(1);
  calls = 0;
  const before = counters().traces;
  const g = jit(grad((xs: NDArray) => scan(body, array(0), xs)[0]));
  for (let k = 0; k < 3; k++) g(np.ones([50]));
  expect([calls, counters().traces - before]).toEqual([1, 1]);
});

test("residuals: rows and closed-over values are kept as they are, what no step changes is computed once", () => {
  const table = np.ones([100, 4]);
  const residuals = savedResiduals(
    (w: NDArray, xs: NDArray) =>
      np.sum(scan((c: NDArray, x: NDArray) => [c.add(np.sum(x.mul(np.exp(w)))), null] as const, array(0), xs)[0]),
    np.ones([4]),
    table,
  );
  const origins = residuals.map(({ origin, shape }) => `${origin} [${shape.join()}]`).sort();
  expect(origins).toEqual(["argument [1] [100,4]", "exp [4]"]);
});

test("a product of a closed-over matrix is not copied for every step", () => {
  const residuals = savedResiduals(
    (w: NDArray) =>
      np.sum(
        scan((c: NDArray, _: null) => [np.tanh(np.matmul(w, c)), null] as const, np.ones([8]), null, { length: 50 })[0],
      ),
    np.eye(8),
  );
  const bytes = residuals
    .filter(({ origin }) => !origin.startsWith("argument"))
    .reduce((sum, own) => sum + own.bytes, 0);
  expect(bytes).toBeLessThanOrEqual(50 * 8 * 8 * 3);
});

const scansIn = (jaxpr: Jaxpr): number =>
  jaxpr.equations.reduce(
    (sum, equation) =>
      sum +
      (equation.primitive.name === "scan" ? 1 : 0) +
      innerJaxprs(equation).reduce((inner, own) => inner + scansIn(own), 0),
    0,
  );

test("the gradient of a scan is two scans", () => {
  const f = (x: NDArray): NDArray =>
    scan((c: NDArray, _: null) => [np.sin(c), null] as const, x, null, { length: 10 })[0];
  const { jaxpr } = makeJaxpr(grad(f))(array(1));
  validateJaxpr(jaxpr as Jaxpr);
  expect(scansIn(jaxpr as Jaxpr)).toBe(2);
});

test("a pullback of a scan may be called twice", () => {
  const [, pull] = vjp(
    (x: NDArray) => scan((c: NDArray, _: null) => [c.mul(c), c] as const, x, null, { length: 3 })[0],
    array(1.1),
  );
  expect(pull(1)[0].item()).toBe(pull(1)[0].item());
  expect(pull(1)[0].item()).toBeCloseTo(8 * 1.1 ** 7, 12);
});

test("a linear loop with a counter in its carry has a transpose", () => {
  const f = (x: NDArray): NDArray =>
    foriLoop(0, 4, (i, c: NDArray) => c.mul(np.astype(i, "float64").add(1)).add(x), np.zerosLike(x));
  const y = array([1, -2]);
  expect(linearTranspose(f, array([0, 0]))(y)[0].toList()).toEqual(f(y).toList());
});

test("numbers in the first carry take the type of the body, numbers that the body returns that of the carry", () => {
  const f32 = array([1.5, 2.5], { dtype: "float32" });
  const [sum] = scan((c: NDArray, x: NDArray) => [c.add(x), null] as const, 0, f32);
  expect([sum.dtype, sum.item()]).toEqual(["float32", 4]);
  const [last] = scan((_: NDArray, __: NDArray) => [array(7).mul(1) as NDArray, null] as const, array(1), f32);
  expect(last.item()).toBe(7);
  const [count] = scan((c: NDArray, _: NDArray) => [c.add(1), null] as const, array(0, { dtype: "int32" }), f32);
  expect([count.dtype, count.item()]).toEqual(["int32", 2]);
});

test("map equals vmap, values and gradients", () => {
  const f = (x: NDArray): NDArray => np.sum(np.sin(x)).mul(x);
  const xs = np.sin(np.arange(12)).reshape([4, 3]);
  expectClose(map(f, xs), vmap(f)(xs), 1e-15, "map");
  const total = (g: (x: NDArray) => NDArray) => grad((x: NDArray) => np.sum(g(x).mul(xs)));
  expectClose(total((x) => map(f, x))(xs), total(vmap(f))(xs), 1e-14, "gradient of map");
  expect(map((x: NDArray) => ({ twice: x.mul(2) }), xs).twice.shape).toEqual([4, 3]);
});

test("foriLoop counts from lower to upper, known or traced", () => {
  const sumTo = (n: NDArray | number): NDArray =>
    foriLoop(2, n, (i, s: NDArray) => s.add(i), array(0, { dtype: "int32" }));
  expect(sumTo(6).item()).toBe(14);
  expect(jit(sumTo)(array(6, { dtype: "int32" })).item()).toBe(14);
  expect(vmap(sumTo)(array([0, 3, 6], { dtype: "int32" })).toList()).toEqual([0, 2, 14]);
  const power = (x: NDArray): NDArray => foriLoop(0, 5, (_, s: NDArray) => s.mul(x), np.onesLike(x));
  expect(grad(power)(2).item()).toBe(80);
  expect(jit(grad(grad(power)))(2).item()).toBe(160);
});
