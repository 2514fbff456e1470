/** customVjp: the rule is what reverse mode uses, under every transform, and misuse is named. */
import { describe, expect, test } from "vitest";
import {
  array,
  customVjp,
  grad,
  hessian,
  jacrev,
  jit,
  jvp,
  makeJaxpr,
  NDArray,
  stopGradient,
  validateJaxpr,
  valueAndGrad,
  vjp,
  vmap,
} from "cotangent";
import * as np from "cotangent/numpy";

/** x^2 with a rule that is deliberately g x instead of 2 g x: whoever uses it can be told apart. */
const halved = customVjp((x: NDArray) => x.mul(x), {
  fwd: (x: NDArray) => [x.mul(x), x],
  bwd: (x: NDArray, g: NDArray) => [g.mul(x)],
});
const xs = array([1, 2, 3]);

const code = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
  return "nothing thrown";
};

describe("the rule replaces the derivative", () => {
  test("f'(3) = 3 and f''(3) = 1: second order differentiates the rule's own code", () => {
    expect(grad(halved)(3).item()).toBe(3);
    expect(grad(grad(halved))(3).item()).toBe(1);
    expect(hessian(halved)(array(3)).item()).toBe(1);
    expect(jacrev(jacrev(halved))(array(3)).item()).toBe(1);
  });

  test.each([
    ["jit of grad", jit(vmap(grad(halved)))],
    ["grad of jit", vmap(grad(jit(halved)))],
    ["jit, grad, jit", jit(vmap(grad(jit(halved))))],
    ["vmap of jit of grad", vmap(jit(grad(halved)))],
    ["grad of a sum of vmap", grad((x: NDArray) => np.sum(vmap(halved)(x)))],
    ["grad of a sum of jit of vmap", grad((x: NDArray) => np.sum(jit(vmap(halved))(x)))],
    ["grad of a sum of vmap of jit", grad((x: NDArray) => np.sum(vmap(jit(halved))(x)))],
    ["jit of grad of vmap of jit", jit(grad((x: NDArray) => np.sum(vmap(jit(halved))(x))))],
  ])("%s agrees with the loop", (_, f) => {
    expect((f as (x: NDArray) => NDArray)(xs).toList()).toEqual([1, 2, 3]);
  });

  test("second derivative through jit and vmap is the rule's", () => {
    expect(vmap(grad(jit(grad(jit(halved)))))(xs).toList()).toEqual([1, 1, 1]);
  });

  test("a pullback of a jitted custom function works twice", () => {
    const [, pull] = vjp(jit(halved), 3);
    expect([pull(1)[0], pull(2)[0]].map((x) => (x as NDArray).item())).toEqual([3, 6]);
  });

  test("an argument that is not mapped gets the sum of its cotangents", () => {
    const product = customVjp((x: NDArray, w: NDArray) => x.mul(w), {
      fwd: (x: NDArray, w: NDArray) => [x.mul(w), { x, w }],
      bwd: ({ x, w }: { x: NDArray; w: NDArray }, g: NDArray) => [g.mul(w), g.mul(x)],
    });
    const total = (x: NDArray, w: NDArray): NDArray => np.sum(vmap(product, { inAxes: [0, null] })(x, w));
    const [dx, dw] = grad(total, { argnums: [0, 1] })(xs, array(2));
    expect(dx.toList()).toEqual([2, 2, 2]);
    expect(dw.item()).toBe(6);
  });

  test("trees in, out and as residuals", () => {
    const f = customVjp(({ a, b }: { a: NDArray; b: NDArray[] }) => ({ sum: a.add(b[0]!), list: [a.mul(b[0]!)] }), {
      fwd: ({ a, b }) => [{ sum: a.add(b[0]), list: [a.mul(b[0])] }, [a, { b: b[0] }]],
      bwd: ([a, { b }], { sum, list }) => [{ a: sum.add(list[0].mul(b)), b: [sum.add(list[0].mul(a))] }],
    });
    const loss = (p: { a: NDArray; b: NDArray[] }): NDArray => {
      const { sum, list } = f(p);
      return sum.add(list[0]!);
    };
    const gradient = jit(grad(loss))({ a: array(2), b: [array(5)] });
    expect([gradient.a.item(), gradient.b[0]!.item()]).toEqual([6, 3]);
  });

  test("static arguments come first to bwd and are never traced", () => {
    const scaled = customVjp((mode: string, x: NDArray) => (mode === "double" ? x.mul(2) : x), {
      fwd: (mode: string, x: NDArray) => [mode === "double" ? x.mul(2) : x, null],
      bwd: (mode: string, _residuals: null, g: NDArray) => [g.mul(mode === "double" ? 2 : 1)],
      staticArgnums: 0,
    });
    expect(grad((x: NDArray) => scaled("double", x))(1).item()).toBe(2);
    expect(jit(grad((x: NDArray) => scaled("single", x)))(1).item()).toBe(1);
  });

  test("null from bwd is zero, for an argument and for a subtree", () => {
    const f = customVjp((x: NDArray, p: { u: NDArray; v: NDArray }) => x.mul(p.u).mul(p.v), {
      fwd: (x, p) => [x.mul(p.u).mul(p.v), null],
      bwd: (_, g) => [g, null],
    });
    const [dx, dp] = grad(f, { argnums: [0, 1] })(array(2), { u: array(3), v: array(4) });
    expect([dx.item(), dp.u.item(), dp.v.item()]).toEqual([1, 0, 0]);
  });

  test("integer arguments never need a cotangent", () => {
    const f = customVjp((x: NDArray, n: NDArray) => x.mul(n), {
      fwd: (x, n) => [x.mul(n), n],
      bwd: (n, g) => [g.mul(n), null],
    });
    expect(grad((x: NDArray) => f(x, array(3, { dtype: "int32" })))(2).item()).toBe(3);
  });

  test("value-dependent control flow in fwd works while nothing is traced", () => {
    const relu = customVjp((x: NDArray) => (x.item() > 0 ? x : x.mul(0)), {
      fwd: (x: NDArray) => [x.item() > 0 ? x : x.mul(0), x],
      bwd: (x: NDArray, g: NDArray) => [x.item() > 0 ? g : g.mul(0)],
    });
    expect([grad(relu)(3).item(), grad(relu)(-3).item()]).toEqual([1, 0]);
    expect(code(() => jit(relu)(array(1)))).toBe("TracerConversion");
  });
});

describe("closures over tracers", () => {
  const scaledBy = (w: NDArray) =>
    customVjp((x: NDArray) => x.mul(w), {
      fwd: (x: NDArray) => [x.mul(w), null],
      bwd: (_: null, g: NDArray) => [g.mul(w)],
    });

  test("of an outer jit and an outer vmap agree with the plain function", () => {
    expect(jit((x: NDArray, w: NDArray) => grad(scaledBy(w))(x))(array(2), array(5)).item()).toBe(5);
    expect(vmap((w: NDArray) => grad(scaledBy(w))(array(2)))(xs).toList()).toEqual([1, 2, 3]);
    expect(jit(vmap((w: NDArray) => grad(jit(scaledBy(w)))(array(2))))(xs).toList()).toEqual([1, 2, 3]);
  });

  test("of an outer grad differentiate the rule", () => {
    expect(grad((w: NDArray) => grad(scaledBy(w))(array(2)).mul(w))(3).item()).toBe(6);
  });

  test("of the differentiated value itself are refused by name, eager and jitted", () => {
    expect(code(() => grad((w: NDArray) => scaledBy(w)(array(2)).add(w))(3))).toBe("ClosedOverDifferentiation");
    expect(code(() => grad((w: NDArray) => scaledBy(w)(w))(3))).toBe("ClosedOverDifferentiation");
    expect(code(() => grad(jit((w: NDArray) => scaledBy(w)(w)))(3))).toBe("ClosedOverDifferentiation");
    expect(grad((w: NDArray) => scaledBy(stopGradient(w))(w))(3).item()).toBe(3);
  });
});

describe("misuse is named", () => {
  const withBwd = (bwd: (...args: any[]) => any) =>
    customVjp((x: NDArray, y: NDArray) => x.mul(y), { fwd: (x, y) => [x.mul(y), [x, y]], bwd });
  const at = (f: (x: NDArray, y: NDArray) => NDArray) => () => grad(f, { argnums: [0, 1] })(array(2), array(3));

  test.each([
    ["a wrong count", (_: unknown, g: NDArray) => [g]],
    ["no list", (_: unknown, g: NDArray) => g],
    ["a wrong shape", (_: unknown, g: NDArray) => [np.zeros([2]), g]],
    ["a wrong dtype", (_: unknown, g: NDArray) => [g, g.astype("float32")]],
    ["a wrong tree", (_: unknown, g: NDArray) => [{ a: g }, g]],
    ["undefined", () => undefined],
  ])("%s from bwd is a TreeMismatch", (_, bwd) => {
    expect(code(at(withBwd(bwd)))).toBe("TreeMismatch");
    expect(code(at(jit(withBwd(bwd))))).toBe("TreeMismatch");
  });

  test("the message names the rule's argument and both types", () => {
    const f = customVjp((x: NDArray) => x, { fwd: (x) => [x, null], bwd: () => [np.zeros([2])] });
    expect(() => grad(f)(1)).toThrow(/\[0\] is float64\[2\] where float64\[\]/);
  });

  test("a missing rule fails at the call, not only when differentiating", () => {
    const broken = customVjp((x: NDArray) => x, { fwd: (x: NDArray) => [x, null] } as never);
    expect(code(() => broken(array(1)))).toBe("MissingRule");
  });

  test("forward mode refuses by name, also under vmap and jit, and advises jacrev(jacrev)", () => {
    for (const f of [halved, jit(halved), vmap(halved), jit(vmap(halved)), vmap(jit(halved))])
      expect(code(() => jvp(f as (x: NDArray) => NDArray, [xs], [xs]))).toBe("ForwardModeOfCustomVjp");
    expect(() => jvp(halved, [array(1)], [array(1)])).toThrow(/jacrev\(jacrev\(f\)\)/);
  });
});

test("staged calls are valid jaxprs that hold both rules", () => {
  for (const f of [halved, grad(halved), valueAndGrad(halved)]) {
    const { jaxpr } = makeJaxpr(jit(f as (x: NDArray) => unknown))(array(1));
    validateJaxpr(jaxpr);
  }
  expect(String(makeJaxpr(halved)(array(1)))).toContain("customRule[");
});
