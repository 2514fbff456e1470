/**
 * Control flow, custom rules and checkpoint nested with jit, grad, jvp and vmap to depth 4 in any order: each nest gives what
 * the same nest gives with loops written out, branches selected, and wrappers left away.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  array,
  checkpoint,
  cond,
  customJvp,
  customVjp,
  foriLoop,
  grad,
  jit,
  jvp,
  map,
  NDArray,
  scan,
  switchCase,
  vjp,
  vmap,
} from "cotangent";
import * as np from "cotangent/numpy";
import { expectClose } from "./nests.ts";
import type { Program } from "./nests.ts";

/** A way to wrap a function of a vector into another, and the same without the wrapper. */
interface Wrapper {
  readonly wrapped: (f: Program) => Program;
  readonly plain: (f: Program) => Program;
}

const same = (wrapped: (f: Program) => Program): Wrapper => ({ wrapped, plain: (f) => f });

const transform = (wrapped: (f: Program) => Program): Wrapper => ({ wrapped, plain: wrapped });

const directionAt = (x: NDArray): NDArray => np.cos(np.arange(x.size));

const isPositive = (x: NDArray): NDArray => np.greater(np.sum(x), 0);

const wrappers: Readonly<Record<string, Wrapper>> = {
  jit: same((f) => jit(f)),
  grad: transform((f) => grad((x: NDArray) => np.sum(np.sin(f(x)))) as Program),
  jvp: transform((f) => (x) => jvp(f, [x], [directionAt(x)])[1]),
  vmap: {
    wrapped: (f) => (x) => np.sum(vmap(f)(np.stack([x, x.mul(0.5), x.neg()])), { axis: 0 }),
    plain: (f) => (x) =>
      f(x)
        .add(f(x.mul(0.5)))
        .add(f(x.neg())),
  },
  map: {
    wrapped: (f) => (x) => np.sum(map(f, np.stack([x, x.mul(0.5)])), { axis: 0 }),
    plain: (f) => (x) => f(x).add(f(x.mul(0.5))),
  },
  scan: {
    wrapped: (f) => (x) =>
      scan((c: NDArray, w: NDArray) => [np.tanh(f(c).mul(w)).add(x.mul(0.1)), null] as const, x, array([0.5, -0.8]))[0],
    plain: (f) => (x) => [0.5, -0.8].reduce((c, w) => np.tanh(f(c).mul(w)).add(x.mul(0.1)), x),
  },
  "reverse scan that collects": {
    wrapped: (f) => (x) => {
      const [last, ys] = scan((c: NDArray, w: NDArray) => [np.sin(c.mul(w)), f(c)] as const, x, array([0.5, -0.8]), {
        reverse: true,
      });
      return last.add(np.sum(ys, { axis: 0 }));
    },
    plain: (f) => (x) => {
      const once = np.sin(x.mul(-0.8));
      return np.sin(once.mul(0.5)).add(f(once).add(f(x)));
    },
  },
  "checkpointed scan": {
    wrapped: (f) => (x) =>
      scan((c: NDArray, _: null) => [np.tanh(f(c)), null] as const, x, null, { length: 3, checkpoint: 2 })[0],
    plain: (f) => (x) => np.tanh(f(np.tanh(f(np.tanh(f(x)))))),
  },
  foriLoop: {
    wrapped: (f) => (x) => foriLoop(0, 2, (i, c: NDArray) => np.tanh(f(c)).mul(np.astype(i, "float64").add(1)), x),
    plain: (f) => (x) => np.tanh(f(np.tanh(f(x)))).mul(2),
  },
  cond: {
    wrapped: (f) => (x) => cond(isPositive(x), f, (y: NDArray) => f(y.mul(0.5)).neg(), x),
    plain: (f) => (x) => np.where(isPositive(x), f(x), f(x.mul(0.5)).neg()),
  },
  "switchCase that closes over": {
    wrapped: (f) => (x) => switchCase(np.astype(isPositive(x), "int32"), [() => f(x), () => f(x).mul(x), () => x]),
    plain: (f) => (x) => np.where(isPositive(x), f(x).mul(x), f(x)),
  },
  checkpoint: same((f) => checkpoint(f)),
  customVjp: same((f) =>
    customVjp((x: NDArray) => f(x), {
      fwd: (x: NDArray) => [f(x), x],
      bwd: (x: NDArray, g: NDArray) => vjp(f, x)[1](g) as [NDArray],
    }),
  ),
  customJvp: same((f) =>
    customJvp((x: NDArray) => f(x), {
      jvp: ([x]: [NDArray], [dx]: [NDArray]) => jvp(f, [x], [dx]),
    }),
  ),
};

const base: Program = (x) => np.sin(x.mul(1.3)).add(np.square(x).mul(0.2));
const point = array([0.4, -0.9, 0.7]);

const nested = (nest: readonly string[], way: keyof Wrapper): Program =>
  nest.reduceRight((inner, name) => wrappers[name]![way](inner), base);

/** Forward mode (the rule of customJvp uses it too) around a function that has a reverse rule only may be refused; nothing else may. */
const mayBeRefused = (nest: readonly string[]): boolean =>
  nest.slice(0, Math.max(0, nest.lastIndexOf("customVjp"))).some((name) => name === "jvp" || name === "customJvp");

const expectNest = (nest: readonly string[]): void => {
  let seen: NDArray;
  try {
    seen = nested(nest, "wrapped")(point);
  } catch (error) {
    expect((error as { code?: string }).code, `${nest.join(" of ")}: ${String(error)}`).toBe("ForwardModeOfCustomVjp");
    expect(mayBeRefused(nest), nest.join(" of ")).toBe(true);
    return;
  }
  expectClose(seen, nested(nest, "plain")(point), 1e-10, nest.join(" of "));
};

const names = Object.keys(wrappers);

test("every pair of wrappers nests in both orders", () => {
  for (const outer of names) for (const inner of names) expectNest([outer, inner]);
});

test("random nests of depth 3 and 4, every wrapper at every depth", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...names), { minLength: 3, maxLength: 4 }), (nest) => expectNest(nest)),
    { numRuns: 150 },
  );
});

test("each wrapper at each of four depths, with transforms around and inside", () => {
  const transforms = ["jit", "grad", "jvp", "vmap"];
  names.forEach((name, k) => {
    for (let depth = 0; depth < 4; depth++) {
      const nest = Array.from({ length: 3 }, (_, i) => transforms[(k + i + depth) % 4]!);
      expectNest(nest.toSpliced(depth, 0, name));
    }
  });
});

test("forward mode is refused where it meets the rule first, and passes where reverse mode does", () => {
  for (const nest of [
    ["jvp", "customVjp"],
    ["jvp", "scan", "customVjp"],
    ["jit", "jvp", "vmap", "customVjp"],
  ])
    expect(() => nested(nest, "wrapped")(point)).toThrow(expect.objectContaining({ code: "ForwardModeOfCustomVjp" }));
  for (const nest of [
    ["jvp", "grad", "customVjp"],
    ["jvp", "grad", "scan", "customVjp"],
    ["jvp", "jit", "grad", "customVjp"],
  ])
    expectClose(nested(nest, "wrapped")(point), nested(nest, "plain")(point), 1e-10, nest.join(" of "));
});
