/** whileLoop: forward mode, batches that finish one by one, reverse mode refused by name. */
import { describe, expect, test } from "vitest";
import { array, cond, grad, jacfwd, jit, jvp, linearize, NDArray, scan, vjp, vmap, whileLoop } from "cotangent";
import * as np from "cotangent/numpy";
import { expectClose } from "./nests.ts";

type Pair = readonly [NDArray, NDArray];

/** Shrinks x until it is below 1.5, adding up what it passes; the sum moves only if a step is made. */
const descend = (x: NDArray): NDArray =>
  whileLoop<Pair>(
    ([a]) => np.greater(a, 1.5),
    ([a, sum]) => [a.mul(0.7), sum.add(np.square(a))],
    [x, np.zerosLike(x)],
  )[1];

const inJavaScript = (x: NDArray, at: number): NDArray => {
  let [a, value, sum] = [x, at, np.mul(x, 0)];
  while (value > 1.5) [a, value, sum] = [a.mul(0.7), value * 0.7, sum.add(np.square(a))];
  return sum;
};

const points = [1, 1.6, 5, 40];

test("values and forward derivatives of every order are those of the loop in JavaScript", () => {
  for (const at of points) {
    const loop = (x: NDArray): NDArray => inJavaScript(x, at);
    for (const nest of [
      (f: typeof loop) => f,
      (f: typeof loop) => jacfwd(f) as typeof loop,
      (f: typeof loop) => jacfwd(jacfwd(f)) as typeof loop,
      (f: typeof loop) => jit(jacfwd(jit(f))) as typeof loop,
      (f: typeof loop) => (x: NDArray) => linearize(f, x)[1](array(2)) as NDArray,
    ])
      expectClose(nest(descend)(array(at)), nest(loop)(array(at)), 1e-14, `at ${at}`);
  }
});

test("a tangent that becomes nonzero after several steps is not lost", () => {
  // d needs three steps to feel a: a -> b -> c -> d
  type Four = readonly [NDArray, NDArray, NDArray, NDArray, NDArray];
  const f = (a: NDArray): NDArray =>
    whileLoop<Four>(
      ([, , , , k]) => np.less(k, 4),
      ([p, q, r, _, k]) => [p, p.mul(2), q.mul(3), r.mul(5), k.add(1)],
      [a, array(1), array(1), array(1), array(0, { dtype: "int32" })],
    )[3];
  expect(jvp(f, [array(1)], [array(1)]).map((x) => x.item())).toEqual([30, 30]);
  expect(jit(jacfwd(f))(array(1)).item()).toBe(30);
});

describe("vmap", () => {
  test("runs until every example is done and keeps finished ones as they are", () => {
    const wanted = array(points.map((at) => inJavaScript(array(at), at).item()));
    expectClose(vmap(descend)(array(points)), wanted, 0, "vmap");
    expectClose(jit(vmap(descend))(array(points)), wanted, 0, "compiled");
    expectClose(vmap(jit(descend))(array(points)), wanted, 0, "of compiled");
  });

  test("derivatives of examples that finish at different times", () => {
    const wanted = array(
      points.map((at) => (jacfwd((x: NDArray) => inJavaScript(x, at))(array(at)) as NDArray).item()),
    );
    expectClose(vmap(jacfwd(descend))(array(points)), wanted, 1e-14, "vmap of jacfwd");
  });

  test("a body that would be NaN after the end does not reach finished examples", () => {
    const f = (x: NDArray): NDArray =>
      whileLoop(
        (a: NDArray) => np.greater(a, 0),
        (a: NDArray) => np.sqrt(a).sub(1),
        x,
      );
    const seen = vmap(f)(array([-3, 0.25, 9])).toList() as number[];
    expect(seen.slice(0, 2)).toEqual([-3, -0.5]);
    expect(seen[2]).toBeCloseTo(Math.sqrt(Math.sqrt(3 - 1) - 1) - 1, 14);
    expect(vmap(jacfwd(f))(array([-3, 0.25])).toList() as number[]).toEqual([1, 1]);
  });

  test("a state that is not mapped stays so while the condition is not", () => {
    const f = (x: NDArray): readonly [NDArray, NDArray] =>
      whileLoop<Pair>(
        ([k]) => np.less(k, 3),
        ([k, a]) => [k.add(1), a.mul(2)],
        [array(0), x],
      );
    const [count, doubled] = vmap(f, { outAxes: [null, 0] as never })(array([1, 2]));
    expect([count.toList(), doubled.toList()]).toEqual([3, [8, 16]]);
  });
});

test("closed-over values are differentiated and mapped", () => {
  const f = (w: NDArray): NDArray =>
    whileLoop<Pair>(
      ([k]) => np.less(k, 3),
      ([k, a]) => [k.add(1), a.mul(w)],
      [array(0), array(2)],
    )[1];
  expect(jvp(f, [array(3)], [array(1)]).map((x) => x.item())).toEqual([54, 54]);
  expect(vmap(f)(array([1, 2])).toList()).toEqual([2, 16]);
});

test("reverse mode is refused by name, also inside scan, cond and jit", () => {
  const inScan = (x: NDArray): NDArray =>
    scan((c: NDArray, _: null) => [descend(c), null] as const, x, null, { length: 2 })[0];
  const inCond = (x: NDArray): NDArray => cond(np.greater(x, 0), descend, (a: NDArray) => a, x);
  for (const f of [descend, inScan, inCond, jit(descend), jit(inScan)])
    for (const g of [() => grad(f)(array(5)), () => jit(grad(f))(array(5)), () => vjp(f, array(5))[1](1)])
      expect(g).toThrow(expect.objectContaining({ code: "ReverseModeOfWhile" }));
  expect(linearize(inScan, array(5))[1](array(1)).item()).toBeTypeOf("number");
});

test("reverse mode passes where the loop does not depend on what is differentiated", () => {
  const f = (x: NDArray): NDArray =>
    x.mul(
      whileLoop(
        (a: NDArray) => np.less(a, 10),
        (a: NDArray) => a.mul(2),
        array(1),
      ),
    );
  expect(grad(f)(array(3)).item()).toBe(16);
});

test("long loops are compiled on the way and give the same bits", () => {
  const f = (x: NDArray): NDArray =>
    whileLoop<Pair>(
      ([k]) => np.less(k, 500),
      ([k, a]) => [k.add(1), np.sin(a).add(0.5)],
      [array(0), x],
    )[1];
  expect(jit(f)(array(0.3)).item()).toBe(f(array(0.3)).item());
  expect(jit(f, { backend: "interpreter" })(array(0.3)).item()).toBe(f(array(0.3)).item());
});
