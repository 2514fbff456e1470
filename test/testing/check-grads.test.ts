/** checkGrads accepts right derivatives of all kinds of functions and says of wrong ones where, which mode, and why. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, customJvp, customVjp, jit, stopGradient } from "cotangent";
import type { CotangentError, NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import { arrays, checkGrads } from "cotangent/testing/properties";
import type { CheckGradsOptions } from "cotangent/testing/properties";

const x = array([0.3, -1.2, 2]);

type Checked = (...args: any[]) => unknown;

const refusalOf = (f: Checked, args: readonly unknown[], options?: CheckGradsOptions): CotangentError => {
  try {
    checkGrads(f, args, options);
  } catch (error) {
    return error as CotangentError;
  }
  throw new Error("checkGrads accepted it");
};

describe("right derivatives pass", () => {
  const tree = {
    layers: [
      {
        w: array([
          [1, 2, 0.5],
          [3, 4, -1],
        ]),
        b: array([0.1, 0.2]),
      },
    ],
    scale: 2,
  };
  const net = (p: typeof tree, at: NDArray): unknown => {
    const [{ w, b }] = p.layers as [(typeof tree.layers)[0]];
    return {
      out: np.tanh(np.add(np.matmul(w, at), b)),
      norms: [np.sum(np.square(w)), null],
      scaled: np.mul(at, p.scale),
    };
  };
  const cases: Readonly<Record<string, readonly [Checked, readonly unknown[]]>> = {
    "an elementwise function": [(y: NDArray) => np.exp(np.sin(y)), [x]],
    "a sum": [(y: NDArray) => np.sum(np.mul(y, y)), [x]],
    "trees in and out": [net, [tree, x]],
    "a compiled function": [jit((y: NDArray) => np.log1p(np.square(y))), [x]],
    "integers beside floats": [(y: NDArray, k: NDArray) => np.take(y, k), [x, array([2, 0], { dtype: "int32" })]],
    "an integer output beside a float": [(y: NDArray) => [np.argmax(y), np.max(y)], [x]],
    "plain numbers": [(a: NDArray, b: NDArray) => np.div(a, b), [3, 2]],
  };
  test.each(Object.entries(cases))("%s, to the second order in every nest of the modes", (_name, [f, args]) => {
    const { worst, comparisons } = checkGrads(f, args);
    expect(Object.keys(worst).sort()).toEqual([
      "forward",
      "forward over forward",
      "forward over reverse",
      "reverse",
      "reverse over forward",
      "reverse over reverse",
    ]);
    expect(worst["forward"]).toBeLessThan(1e-9);
    expect(worst["reverse"]).toBeLessThan(1e-14);
    expect(worst["forward over reverse"]).toBeLessThan(1e-8);
    expect(comparisons).toBeGreaterThan(5);
  });

  test("a third order, whose nests have three modes", () => {
    const { worst } = checkGrads((y: NDArray) => np.sin(y).mul(y), [x], { order: 3 });
    expect(Object.keys(worst).filter((nest) => nest.split(" over ").length === 3)).toHaveLength(8);
    expect(Math.max(...Object.values(worst))).toBeLessThan(1e-8);
  });

  test("float32, with the bounds of float32", () => {
    const single = array([0.3, -1.2, 2], { dtype: "float32" });
    const { worst } = checkGrads((y: NDArray) => np.exp(np.sin(y)), [single]);
    expect(worst["forward"]).toBeGreaterThan(1e-9);
    expect(worst["forward"]).toBeLessThan(1e-4);
  });

  test("a function with a reverse rule only, in reverse mode", () => {
    const ruled = customVjp((y: NDArray) => np.sin(y), {
      fwd: (y: NDArray) => [np.sin(y), y],
      bwd: (y: NDArray, g: NDArray) => [np.mul(g, np.cos(y))],
    });
    expect(refusalOf(ruled, [x]).code).toBe("ForwardModeOfCustomVjp");
    expect(Object.keys(checkGrads(ruled, [x], { modes: ["reverse"] }).worst)).toEqual([
      "reverse against differences",
      "reverse over reverse against differences",
    ]);
  });

  test("any smooth function at any point", () => {
    fc.assert(
      fc.property(arrays(), (y) => {
        fc.pre(y.size > 0);
        checkGrads((z: NDArray) => np.tanh(z), [y], { directions: 1 });
      }),
      { numRuns: 50 },
    );
  });

  test("small derivatives compare to one, or among themselves with atol 0", () => {
    const wrongTiny = customJvp((y: NDArray) => np.mul(np.sin(y), 1e-9), {
      jvp: ([y], [dy]) => [np.mul(np.sin(y!), 1e-9), np.mul(dy!, np.mul(np.cos(y!), 3e-9))],
    });
    checkGrads(wrongTiny, [0.5], { order: 1 });
    expect(refusalOf(wrongTiny, [0.5], { order: 1, atol: 0 }).code).toBe("GradientMismatch");
  });
});

describe("wrong derivatives", () => {
  /** sin with a forward rule made wrong. */
  const withRule = (rule: (y: NDArray, dy: NDArray) => NDArray): Checked =>
    customJvp((y: NDArray) => np.sin(y), { jvp: ([y], [dy]) => [np.sin(y!), rule(y!, dy!)] });

  const mutants: Readonly<Record<string, readonly [Checked, RegExp]>> = {
    "a sign": [withRule((y, dy) => np.neg(np.mul(dy, np.cos(y)))), /The sign is the opposite/],
    "a factor of two": [withRule((y, dy) => np.mul(np.mul(dy, 2), np.cos(y))), /It is 2 times what it should be/],
    "a factor of one half": [withRule((y, dy) => np.mul(np.mul(dy, 0.5), np.cos(y))), /It is 0.5 times/],
    "a forgotten input": [withRule((y, dy) => np.mul(dy, np.mul(y, 0))), /The derivative is zero/],
    "another function": [withRule((y, dy) => np.mul(dy, np.sin(y))), /Compare the rule with the formula/],
    "a value that is not finite": [withRule((y, dy) => np.mul(dy, np.div(np.cos(y), 0))), /not finite/],
    "a stopped gradient": [(y: NDArray) => np.mul(stopGradient(y), y), /It is 0.5 times|Compare the rule/],
    "elements in reverse order": [withRule((y, dy) => np.flip(np.mul(dy, np.cos(y)))), /Compare the rule|pairing/],
  };
  test.each(Object.entries(mutants))("%s is told apart", (_name, [f, hint]) => {
    const { code, message } = refusalOf(f, [x]);
    expect(code).toBe("GradientMismatch");
    expect(message).toMatch(hint);
    expect(message).toMatch(/order 1: .* is \S+ where .* give \S+ \(direction of seed 0\)/);
  });

  test("a derivative that is right once and wrong twice is found at the second order", () => {
    const once = withRule((y, dy) => np.mul(dy, stopGradient(np.cos(y))));
    checkGrads(once, [x], { order: 1 });
    expect(refusalOf(once, [x]).message).toMatch(/order 2/);
  });

  test("a pullback that is not the transpose is found, and the argument that shows it is named", () => {
    const f = (rule: (w: NDArray, y: NDArray, g: NDArray) => [NDArray, NDArray]): Checked =>
      customVjp((w: NDArray, y: NDArray) => np.matmul(w, y), {
        fwd: (w: NDArray, y: NDArray) => [np.matmul(w, y), [w, y]],
        bwd: ([w, y]: [NDArray, NDArray], g: NDArray) => rule(w, y, g),
      });
    const w = array([
      [1, 2],
      [3, 4],
    ]);
    const args = [{ w }, { at: [array([0.5, -1])] }];
    const call =
      (own: Checked): Checked =>
      (p: { w: NDArray }, q: { at: NDArray[] }) =>
        own(p.w, q.at[0]);
    const modes = ["reverse"] as const;
    checkGrads(call(f((m, y, g) => [np.outer(g, y), np.matmul(m.T, g)])), args, { modes });
    const transposed = refusalOf(call(f((m, y, g) => [np.outer(y, g), np.matmul(m.T, g)])), args, { modes });
    expect(transposed.message).toMatch(/along argument \[0\]\.w is/);
    const untransposed = refusalOf(call(f((m, y, g) => [np.outer(g, y), np.matmul(m, g)])), args, { modes });
    expect(untransposed.message).toMatch(/along argument \[1\]\.at\[0\] is/);
  });

  test("the output and its element are named", () => {
    const half = customJvp((y: NDArray) => np.sin(y), {
      jvp: ([y], [dy]) => [np.sin(y!), np.mul(np.mul(dy!, np.cos(y!)), array([1, 1, 3]))],
    });
    expect(refusalOf((y: NDArray) => ({ a: y, b: [half(y)] }), [x]).message).toMatch(
      /output\.b\[0\], element 2, along argument \[0\]/,
    );
  });
});

describe("kinks", () => {
  const kinked: Readonly<Record<string, readonly [Checked, number]>> = {
    "relu at 0": [(y: NDArray) => np.where(np.greater(y, 0), y, 0), 0],
    "relu just beside 0": [(y: NDArray) => np.where(np.greater(y, 0), y, 0), 4e-7],
    "an absolute value, at the second order": [(y: NDArray) => np.abs(y), 0],
    "a jump": [(y: NDArray) => np.floor(y), 2],
  };
  test.each(Object.entries(kinked))("%s is no wrong derivative", (_name, [f, at]) => {
    expect(refusalOf(f, [at]).code).toBe("KinkNearPoint");
  });

  test.each(Object.entries(kinked))("%s passes once kinkGap moved the point", (_name, [f, at]) => {
    const { moved } = checkGrads(f, [at], { kinkGap: 1e-2 });
    expect(moved).toBeGreaterThan(0);
  });

  test("a kink is one although differences agree with the rule there", () => {
    const total = (y: NDArray): NDArray => np.sum(np.abs(y));
    const ahead = String.raw`-?[\d.]+`;
    const seen = refusalOf(total, [array([0, 1])], { order: 1 });
    expect(seen.code).toBe("KinkNearPoint");
    const [, before, after] = new RegExp(`slope (${ahead}) before the point and (${ahead}) after it`).exec(
      seen.message,
    )!;
    expect(Math.abs(Number(after) - Number(before))).toBeGreaterThan(1e-2);
    for (const modes of [["forward"], ["reverse"]] as const)
      expect(refusalOf(total, [array([0, 1])], { order: 1, modes }).code).toBe("KinkNearPoint");
    expect(refusalOf((y: NDArray) => np.max(y), [array([2, 2])], { order: 1 }).code).toBe("KinkNearPoint");
    const single = array([0, 1], { dtype: "float32" });
    expect(refusalOf(total, [single], { order: 1 }).code).toBe("KinkNearPoint");
    const bent = (y: NDArray): NDArray => np.mul(y, np.abs(y));
    checkGrads(bent, [0], { order: 1 });
    expect(refusalOf(bent, [0]).message).toMatch(/order 2/);
    expect(() => checkGrads(total, [array([1e-3, 1])])).not.toThrow();
  });

  test("strong curvature and large values are no kink", () => {
    checkGrads((y: NDArray) => np.square(y.mul(300)), [array([0, 1])], { order: 1 });
    checkGrads((y: NDArray) => np.exp(y.mul(8)), [array([1, 2])], { order: 1 });
    checkGrads((y: NDArray) => np.sinh(y.mul(20)), [0.1], { order: 1 });
  });

  test("the message at a jump has the values on both sides, not two equal slopes", () => {
    const { message } = refusalOf((y: NDArray) => np.floor(y), [2], { order: 1 });
    expect(message).toMatch(/value [12] before the point, [12] there and [12] after it.* between slopes 0 and 0/);
    const twice = refusalOf((y: NDArray) => np.cumsum(np.abs(np.cumsum(y))), [array([0, 1])], { order: 2 }).message;
    expect(twice).toMatch(/KinkNearPoint|bent or broken/);
    const derivative = customJvp((y: NDArray) => np.mul(y, 0), {
      jvp: ([y], [dy]) => [np.mul(y!, 0), np.mul(dy!, np.sign(y!))],
    });
    expect(refusalOf((y: NDArray) => derivative(y), [0]).message).toMatch(
      /order 2.*value -[\d.]+ before the point, 0 there and [\d.]+ after it.*derivatives of order 1/,
    );
  });

  test("a point away from kinks stays", () => {
    expect(checkGrads((y: NDArray) => np.abs(y), [x], { kinkGap: 1e-2 }).moved).toBe(0);
  });

  test("a wrong rule beside a distant kink is still a wrong rule", () => {
    const wrong = customJvp((y: NDArray) => np.abs(y), {
      jvp: ([y], [dy]) => [np.abs(y!), np.mul(dy!, np.sign(y!)).mul(2)],
    });
    expect(refusalOf(wrong, [0.5]).code).toBe("GradientMismatch");
  });
});

describe("options", () => {
  test.each([
    [{ order: 0 }, "InvalidOption"],
    [{ order: 1.5 }, "InvalidOption"],
    [{ modes: [] }, "InvalidOption"],
    [{ modes: ["sideways"] }, "InvalidOption"],
    [{ rtol: -1 }, "InvalidOption"],
    [{ atol: NaN }, "InvalidOption"],
    [{ directions: 0 }, "InvalidOption"],
    [{ tol: 1 }, "UnknownOption"],
  ])("%j is refused", (options, code) => {
    expect(refusalOf((y: NDArray) => y, [x], options as CheckGradsOptions).code).toBe(code);
  });

  test("arguments without floats are refused", () => {
    expect(refusalOf((y: NDArray) => y, [array([1], { dtype: "int32" })]).code).toBe("NotDifferentiable");
  });

  test("the same seed gives the same report", () => {
    const f = (y: NDArray): NDArray => np.exp(y);
    expect(checkGrads(f, [x], { seed: 4 })).toEqual(checkGrads(f, [x], { seed: 4 }));
    expect(checkGrads(f, [x], { seed: 4 }).worst).not.toEqual(checkGrads(f, [x], { seed: 5 }).worst);
  });
});

test("a slope that differences cannot resolve is told apart from a wrong one", () => {
  const steep = (a: NDArray): NDArray => np.sin(a.mul(30000));
  const at = [array([0.4])];
  expect(refusalOf(steep, at, { order: 1 })).toMatchObject({ code: "GradientMismatch", isUnresolved: true });
  const wrong = customJvp(steep, { jvp: ([a]: [NDArray], [da]: [NDArray]) => [steep(a), da.mul(0)] });
  expect(refusalOf(wrong, at, { order: 1 })).toMatchObject({ code: "GradientMismatch", isUnresolved: false });
  const gentle = customJvp(np.sin, {
    jvp: ([a]: [NDArray], [da]: [NDArray]) => [np.sin(a), da.mul(np.cos(a)).mul(1.001)],
  });
  expect(refusalOf(gentle as Checked, at, { order: 1 })).toMatchObject({
    code: "GradientMismatch",
    isUnresolved: false,
  });
});
