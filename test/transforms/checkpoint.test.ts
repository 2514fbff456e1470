/** checkpoint, policies, checkpointed scans and savedResiduals: equal derivatives, and less that is kept. */
import { describe, expect, test } from "vitest";
import {
  checkpoint,
  checkpointName,
  checkpointPolicies,
  cond,
  customVjp,
  grad,
  jit,
  makeJaxpr,
  NDArray,
  savedResiduals,
  scan,
  vmap,
} from "cotangent";
import * as np from "cotangent/numpy";
import { fuse } from "../../src/compile/fusion.ts";
import { inlineCalls } from "../../src/compile/inline.ts";
import { optimize } from "../../src/compile/optimize.ts";
import { validateClosed } from "../../src/ir/validate.ts";
import { applyNest, derivatives, eagerNests, expectClose, nestsUpTo } from "./nests.ts";
import type { Program } from "./nests.ts";

const w = np.sin(np.arange(16)).reshape([4, 4]);

const network: Program = (x) => {
  const hidden = checkpointName(np.tanh(np.matmul(w, x)), "hidden");
  return np.sum(np.sin(np.matmul(w, np.exp(hidden.mul(0.3)))));
};

const point = np.cos(np.arange(4));

const policies = {
  nothing: checkpointPolicies.nothing,
  everything: checkpointPolicies.everything,
  contractions: checkpointPolicies.contractions,
  names: checkpointPolicies.names("hidden"),
  exceptNames: checkpointPolicies.exceptNames("hidden"),
  primitives: checkpointPolicies.primitives("exp", "sin"),
};

describe.each(Object.entries(policies))("with the policy %s", (_name, policy) => {
  test.each(Object.keys(derivatives))("%s equals that without checkpoint", (derivative) => {
    const of = derivatives[derivative]!;
    expectClose(of(checkpoint(network, { policy }))(point), of(network)(point), 1e-13, derivative);
    expectClose(
      of(checkpoint(jit(network), { policy }))(point),
      of(network)(point),
      1e-13,
      `${derivative} of compiled`,
    );
  });
});

test("every nest of jit, grad, jvp and vmap to depth 3 equals that without checkpoint", () => {
  const f: Program = (x) => np.sin(np.sin(x.mul(x)).add(1));
  const expected = eagerNests(f, point);
  for (const nest of nestsUpTo(3))
    expectClose(applyNest(nest, checkpoint(f))(point), expected(nest), 1e-12, nest.join(" of "));
});

test("checkpoints in checkpoints, around cond and scan, and over custom rules", () => {
  const square = customVjp((x: NDArray) => x.mul(x), {
    fwd: (x: NDArray) => [x.mul(x), x],
    bwd: (x: NDArray, g: NDArray) => [g.mul(x).mul(3)],
  });
  const inner: Program = (x) => np.sin(square(x));
  const looped: Program = (x) =>
    scan((c: NDArray, _: null) => [checkpoint(inner)(c), null] as const, x, null, { length: 3 })[0];
  const branched: Program = (x) => cond(np.greater(np.sum(x), 0), checkpoint(looped), (y: NDArray) => y, x);
  const plain: Program = (x) => [0, 1, 2].reduce((c) => inner(c), x);
  const sum =
    (f: Program): Program =>
    (x) =>
      np.sum(f(x));
  for (const f of [looped, branched, checkpoint(checkpoint(looped)), checkpoint(jit(checkpoint(branched)))]) {
    expectClose(grad(sum(f))(point), grad(sum(plain))(point), 1e-13, "gradient");
    expectClose(
      vmap(grad(sum(f)))(np.stack([point, point.add(1)])),
      vmap(grad(sum(plain)))(np.stack([point, point.add(1)])),
      1e-13,
      "vmap",
    );
    expectClose(
      jit(grad(sum((x) => grad(sum(f))(x))))(point),
      grad(sum((x) => grad(sum(plain))(x)))(point),
      1e-12,
      "second",
    );
  }
});

const origins = (f: (...args: any[]) => unknown, ...args: readonly unknown[]): string[] =>
  savedResiduals(f, ...args)
    .map(({ origin }) => origin)
    .sort();

test("savedResiduals lists what is kept, with bytes and origin", () => {
  const f = (x: { readonly a: NDArray }, y: NDArray): NDArray => np.sum(np.sin(x.a).mul(y).mul(w));
  const kept = savedResiduals(f, { a: np.ones([4]) }, np.ones([4, 4], { dtype: "float32" }));
  expect(kept.map(({ origin }) => origin)).toContain("cos");
  expect(kept.find(({ origin }) => origin === "cos")).toEqual({
    shape: [4],
    dtype: "float64",
    bytes: 32,
    origin: "cos",
  });
});

test("policies keep what they say and the inputs, nothing else", () => {
  expect(origins(checkpoint(network), point)).toEqual(["a closed-over value", "argument [0]"]);
  const named = origins(checkpoint(network, { policy: policies.names }), point);
  expect(named).toContain("named");
  expect(named).not.toContain("cos");
  const contracted = origins(checkpoint(network, { policy: policies.contractions }), point);
  expect(contracted.filter((origin) => origin === "dot").length).toBeGreaterThan(0);
  expect(contracted).not.toContain("cos");
});

/** Vectors that the compiled gradient stores before its last product, which ends the way back. */
const storedOnTheWay = (f: Program): number => {
  const { jaxpr } = makeJaxpr(grad(f))(np.ones([64]));
  const whole = { ...jaxpr, constants: [], inputs: [...jaxpr.constants, ...jaxpr.inputs] };
  const { groups, buffers } = fuse(optimize(inlineCalls(whole)), { onFrame: false, isBody: false, threads: 1 });
  const products = groups.flatMap((group) => (group.kind === "routine" ? [group.index] : []));
  const stored = groups
    .slice(0, products[1])
    .flatMap((group) =>
      group.kind === "nest" ? [...group.stores, ...group.reductions].map(({ buffer }) => buffer) : group.results,
    );
  return stored.filter((buffer) => buffers[buffer]!.shape.length === 1).length;
};

test("the compiled gradient computes again after the way there instead of storing on it", () => {
  const weights = np.eye(64);
  const chain: Program = (x) => np.sin(np.exp(np.sin(np.exp(np.sin(x)))));
  // Products hold the way there and the way back apart.
  const between =
    (middle: Program): Program =>
    (x) =>
      np.sum(np.matmul(weights, middle(np.matmul(weights, x))));
  expect([between(chain), between(checkpoint(chain))].map(storedOnTheWay)).toEqual([6, 1]);
});

describe("checkpointed scans", () => {
  const rows = np.sin(np.arange(23));
  const looped =
    (options: object): Program =>
    (x) => {
      const [last, ys] = scan(
        (c: NDArray, r: NDArray) => [np.sin(c.mul(r)).add(0.1), np.sum(c.mul(c))] as const,
        x,
        rows,
        options,
      );
      return np.sum(last).add(np.sum(ys));
    };
  /** The derivatives of the plain scan, forwards and backwards. */
  const plain = [false, true].map((reverse) => ({
    reverse,
    value: looped({ reverse })(point),
    others: ["gradient", "compiled gradient", "compiled hessian"].map(
      (name) => [name, derivatives[name]!(looped({ reverse }))(point)] as const,
    ),
  }));
  const ways = [1, 2, 5, 22, 23, 100, "sqrt", { levels: 1 }, { levels: 2 }, { levels: 3 }, { levels: 9 }] as const;

  test.each(ways.map((checkpoint) => [JSON.stringify(checkpoint), checkpoint]))(
    "with checkpoint %s every derivative is that of the plain scan",
    (_name, checkpoint) => {
      for (const { reverse, value, others } of plain) {
        const segmented = looped({ checkpoint, reverse });
        expectClose(segmented(point), value, 1e-14, "value");
        for (const [name, derivative] of others)
          expectClose(derivatives[name]!(segmented)(point), derivative, 1e-13, name);
      }
    },
  );

  /** Bytes kept between the way there and the way back, and again for one segment. */
  const bytesKept = (length: number, checkpoint: unknown): number => {
    const f = (x: NDArray): NDArray =>
      np.sum(
        scan((c: NDArray, _: null) => [np.sin(c), null] as const, x, null, {
          length,
          ...(checkpoint === undefined ? {} : { checkpoint: checkpoint as "sqrt" }),
        })[0],
      );
    return savedResiduals(f, np.ones([8])).reduce((sum, { bytes }) => sum + bytes, 0);
  };

  test("without checkpoint what is kept grows with the length, with it as the square root", () => {
    expect([64, 256, 1024].map((length) => bytesKept(length, undefined) / 64)).toEqual([64, 256, 1024]);
    expect([64, 256, 1024].map((length) => bytesKept(length, "sqrt") / 64)).toEqual([8, 16, 32]);
    expect([64, 512, 4096].map((length) => bytesKept(length, { levels: 2 }) / 64)).toEqual([4, 8, 16]);
  });

  test("the program does not grow with the length", () => {
    const size = (length: number): number =>
      makeJaxpr(
        grad((x: NDArray) =>
          np.sum(scan((c: NDArray, _: null) => [np.sin(c), null] as const, x, null, { length, checkpoint: "sqrt" })[0]),
        ),
      )(np.ones([2])).jaxpr.equations.length;
    expect(size(10_000)).toBe(size(100));
  });

  test("a segment that is no length is refused", () => {
    for (const checkpoint of [0, -1, 1.5, NaN, "root", { levels: 0 }, {}, null])
      expect(() => looped({ checkpoint })(point)).toThrow(expect.objectContaining({ code: "InvalidOption" }));
  });
});

test("its jaxprs and those of its derivatives are valid", () => {
  for (const f of [
    checkpoint(network),
    ...Object.values(derivatives).map((derivative) => derivative(checkpoint(network))),
  ])
    validateClosed(makeJaxpr(f)(point) as never);
});

test("a policy that is no function, and options misspelt, are refused", () => {
  expect(() => checkpoint(network, { policy: "dots" as never })).toThrow(
    expect.objectContaining({ code: "InvalidOption" }),
  );
  expect(() => checkpoint(network, { polisy: checkpointPolicies.nothing } as never)).toThrow(/policy/);
});
