/**
 * Loops, branches and compiled calls that mix what is known with what is not: a rule that computes value and tangent in one of
 * them is split, the value at once, the tangent on the tape, so that reverse mode passes and keeps only what it needs.
 */
import { describe, expect, test } from "vitest";
import {
  array,
  checkpoint,
  cond,
  customJvp,
  foriLoop,
  grad,
  jit,
  jvp,
  linearize,
  NDArray,
  savedResiduals,
  scan,
  switchCase,
  vmap,
  whileLoop,
} from "cotangent";
import * as np from "cotangent/numpy";
import { evaluateClosed } from "../../src/ir/evaluate.ts";
import { splitJaxpr } from "../../transforms/jaxpr-transforms.ts";
import { makeJaxpr } from "../../transforms/make-jaxpr.ts";
import { constantsAsInputs } from "../../src/ir/jaxpr.ts";
import { applyNest, expectClose } from "./nests.ts";
import type { Program } from "./nests.ts";

type Pair = readonly [value: NDArray, tangent: NDArray];
type PairMap = (x: NDArray, dx: NDArray) => Pair;

const sine: PairMap = (x, dx) => [np.sin(x), np.cos(x).mul(dx)];

/** sin(sin(sin(x))) with its tangent, computed together by each construct. */
const together: Readonly<Record<string, PairMap>> = {
  jit: jit((x: NDArray, dx: NDArray): Pair => sine(...sine(...sine(x, dx)))),
  scan: (x, dx) =>
    scan(([c, dc]: Pair, _: null) => [sine(c, dc), null] as const, [x, dx] as Pair, null, { length: 3 })[0],
  "scan that collects": (x, dx) => {
    const [, [cs, dcs]] = scan(
      ([c, dc]: Pair, _: null) => {
        const next = sine(c, dc);
        return [next, next] as const;
      },
      [x, dx] as Pair,
      null,
      {
        length: 3,
      },
    ) as unknown as [Pair, Pair];
    return [np.at(cs, 2).get(), np.at(dcs, 2).get()];
  },
  foriLoop: (x, dx) => foriLoop(0, 3, (_, [c, dc]: Pair) => sine(c, dc), [x, dx] as Pair),
  cond: (x, dx) => {
    const thrice = (a: NDArray, b: NDArray): Pair => sine(...sine(...sine(a, b)));
    return cond(np.greater(np.sum(x), -10), thrice, (a: NDArray, b: NDArray): Pair => [a, b], x, dx);
  },
  switchCase: (x, dx) =>
    switchCase(
      1,
      [(a: NDArray, b: NDArray): Pair => [a, b], (a: NDArray, b: NDArray): Pair => sine(...sine(...sine(a, b)))],
      x,
      dx,
    ),
  checkpoint: checkpoint((x: NDArray, dx: NDArray): Pair => sine(...sine(...sine(x, dx)))),
  "jit around scan around cond": jit(
    (x: NDArray, dx: NDArray): Pair =>
      scan(
        ([c, dc]: Pair, _: null) =>
          [cond(true, sine, (a: NDArray, b: NDArray): Pair => [a, b], c, dc) as Pair, null] as const,
        [x, dx] as Pair,
        null,
        { length: 3 },
      )[0],
  ),
};

const plain: Program = (x) => np.sin(np.sin(np.sin(x)));
const withRule = (pair: PairMap): Program =>
  customJvp((x: NDArray) => pair(x, np.zerosLike(x))[0], {
    jvp: ([x]: [NDArray], [dx]: [NDArray]) => pair(x, dx),
  });

const point = array([0.4, -0.9, 0.7]);
const nests = [
  ["grad"],
  ["jit", "grad"],
  ["grad", "jit"],
  ["vmap", "grad"],
  ["grad", "vmap"],
  ["grad", "grad"],
  ["jvp", "grad"],
  ["grad", "jvp"],
  ["jit", "grad", "vmap", "jit"],
];

describe.each(Object.keys(together))("value and tangent together in %s", (name) => {
  const f = withRule(together[name]!);

  test.each(nests.map((nest) => [nest.join(" of "), nest] as const))("%s", (what, nest) => {
    expectClose(applyNest(nest, f)(point), applyNest(nest, plain)(point), 1e-13, what);
  });

  test("keeps no more than the cosines (and the input, for a checkpoint)", () => {
    const kept = savedResiduals((x: NDArray) => np.sum(f(x)), point);
    const bytes = kept.filter(({ origin }) => !origin.startsWith("argument")).reduce((sum, own) => sum + own.bytes, 0);
    // and the index of a branch
    expect(bytes).toBeLessThanOrEqual(3 * point.size * 8 + 4);
  });
});

test("a while loop of both has a linear part, which reverse mode refuses", () => {
  type State = readonly [NDArray, NDArray, NDArray];
  const pair: PairMap = (x, dx) => {
    const [, c, dc] = whileLoop<State>(
      ([k]) => np.less(k, 3),
      ([k, a, b]) => [k.add(1), ...sine(a, b)],
      [array(0), x, dx],
    );
    return [c, dc];
  };
  const f = withRule(pair);
  const direction = array([1, 2, 3]);
  expectClose(linearize(f, point)[1](direction) as NDArray, jvp(plain, [point], [direction])[1], 1e-15, "linearize");
  expect(() => grad((x: NDArray) => np.sum(f(x)))(point)).toThrow(
    expect.objectContaining({ code: "ReverseModeOfWhile" }),
  );
  expectClose(vmap(f)(np.stack([point, point])), vmap(plain)(np.stack([point, point])), 1e-15, "vmap");
});

test("the known part of a jaxpr computes all that unknown inputs do not change, and the rest takes residuals", () => {
  const f = jit((known: NDArray, unknown: NDArray): NDArray[] => {
    const [last, ys] = scan((c: NDArray, x: NDArray) => [np.sin(c).mul(x), np.exp(c)] as const, known, np.ones([4]));
    const [other] = scan((c: NDArray, x: NDArray) => [c.mul(np.cos(x)), null] as const, unknown, ys);
    return [last, np.sum(ys), other];
  });
  const args = [array(0.3), array(2)];
  const { jaxpr, constants } = makeJaxpr(f)(...(args as [NDArray, NDArray]));
  const whole = constantsAsInputs(jaxpr);
  const { known, later, isLate } = splitJaxpr(whole, [...constants.map(() => false), false, true]);
  expect(isLate).toEqual([false, false, true]);
  const first = evaluateClosed(known, [...constants, args[0]!]);
  const rest = evaluateClosed({ jaxpr: later, constants: [] }, [...first.slice(2), args[1]!]);
  const wanted = f(...(args as [NDArray, NDArray]));
  [...first.slice(0, 2), rest[0]!].forEach((x, k) => expectClose(x, wanted[k]!, 1e-15, `output ${k}`));
  expect(known.jaxpr.outputs.length).toBe(3);
});
