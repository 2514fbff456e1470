/**
 * Semantics 1-5 and 14-23: what grad, vjp, jvp, linearize and stopGradient give and refuse.
 */
import { describe, expect, test } from "vitest";
import {
  array,
  customVjp,
  grad,
  hessian,
  jit,
  jvp,
  linearize,
  linearTranspose,
  makeJaxpr,
  NDArray,
  stopGradient,
  tree,
  valueAndGrad,
  vjp,
  vmap,
} from "cotangent";
import * as np from "cotangent/numpy";
import { isTracing } from "../../src/ir/trace.ts";
import { validateClosed } from "../../src/ir/validate.ts";
import { expectError, values } from "./support.ts";

const x3 = array([1, 2, 3]);

test("1: grad by an integer or a boolean is refused with the leaf's path, and allowInt gives zeros", () => {
  const f = (x: NDArray): NDArray => np.sum(np.mul(np.astype(x, "float64"), 2));
  for (const dtype of ["int32", "uint32", "bool"] as const) {
    const x = array([1, 0], { dtype });
    expectError(() => grad(f)(x), "NotDifferentiable", `${dtype}[2]`, "[0]");
    expectError(() => valueAndGrad(f)(x), "NotDifferentiable", `${dtype}[2]`);
    const zeros = grad(f, { allowInt: true })(x);
    expect([zeros.shape, [...zeros.toTypedArray()]]).toEqual([[2], [0, 0]]);
  }
  expectError(
    () => grad((p: { w: NDArray; n: NDArray }) => np.sum(p.w))({ w: x3, n: array([1], { dtype: "int32" }) }),
    "NotDifferentiable",
    ".n",
  );
});

test("1: an integer output has no gradient", () => {
  expectError(() => grad((x: NDArray) => np.sum(np.astype(x, "int32")))(x3), "NotDifferentiable", "int32");
});

test("2: grad of an output that is no scalar names the shape", () => {
  expectError(() => grad((x: NDArray) => np.mul(x, 2))(x3), "GradNeedsScalar", "float64[3]");
  expectError(() => grad((x: NDArray) => np.reshape(np.sum(x), [1, 1]))(x3), "GradNeedsScalar", "float64[1,1]");
  expectError(() => grad(((x: NDArray) => [np.sum(x), np.sum(x)]) as never)(x3), "GradNeedsScalar", "2 arrays");
  expectError(() => grad(((x: NDArray) => [np.sum(x)]) as never)(x3), "GradNeedsScalar", "1 array");
});

test("3: the gradient by an unused argument is zeros of its shape and dtype", () => {
  const unused = array([[1, 2, 3]], { dtype: "float32" });
  const [dx, dunused] = grad((x: NDArray, _unused: NDArray) => np.sum(np.sin(x)), { argnums: [0, 1] })(x3, unused);
  expect(values(dx!)).toEqual([Math.cos(1), Math.cos(2), Math.cos(3)].map((value) => expect.closeTo(value, 14)));
  expect([dunused!.shape, dunused!.dtype, values(dunused!)]).toEqual([[1, 3], "float32", [[0, 0, 0]]]);
  expect(values(grad((_x: NDArray) => array(2))(x3))).toEqual([0, 0, 0]);
  const [, pullback] = vjp((x: NDArray, _y: NDArray) => x, x3, unused);
  expect(values(pullback(x3)[1]!)).toEqual([[0, 0, 0]]);
});

test("4: a gradient has the dtype of its input, whatever happens inside", () => {
  const single = array([1, 2], { dtype: "float32" });
  const inDouble = (x: NDArray): NDArray => np.sum(np.pow(np.astype(x, "float64"), 3));
  const gradient = grad(inDouble)(single);
  expect([gradient.dtype, values(gradient)]).toEqual(["float32", [3, 12]]);
  const inSingle = grad((x: NDArray) => np.sum(np.square(np.astype(x, "float32"))))(array([1, 2]));
  expect([inSingle.dtype, values(inSingle)]).toEqual(["float64", [2, 4]]);
  expect(grad((x: NDArray) => np.sum(np.mul(np.astype(x, "float64"), array([1, 2]))))(single).dtype).toBe("float32");
  expect(jvp(inDouble, [single], [single])[1].dtype).toBe("float64");
});

describe("5: perturbation confusion", () => {
  test("d/dx [x * d/dy (x + y)] at x = 1 is 1", () => {
    const inner = (x: NDArray): NDArray => grad((y: NDArray) => np.add(x, y))(array(1));
    expect(grad((x: NDArray) => np.mul(x, inner(x)))(array(1)).item()).toBe(1);
    const innerForward = (x: NDArray): NDArray => jvp((y: NDArray) => np.add(x, y), [array(1)], [array(1)])[1];
    expect(jvp((x: NDArray) => np.mul(x, innerForward(x)), [array(1)], [array(1)])[1].item()).toBe(1);
    expect(grad((x: NDArray) => np.mul(x, innerForward(x)))(array(1)).item()).toBe(1);
    expect(jvp((x: NDArray) => np.mul(x, inner(x)), [array(1)], [array(1)])[1].item()).toBe(1);
  });

  test("with the inner derivative jitted or mapped it is the same", () => {
    const jitted = (x: NDArray): NDArray => jit(grad((y: NDArray) => np.add(x, y)))(array(1));
    expect(grad((x: NDArray) => np.mul(x, jitted(x)))(array(1)).item()).toBe(1);
    const mapped = (x: NDArray): NDArray => np.sum(vmap(grad((y: NDArray) => np.add(x, y)))(array([1, 1])));
    expect(grad((x: NDArray) => np.mul(x, mapped(x)))(array(1)).item()).toBe(2);
  });
});

describe("14: a pullback", () => {
  const cube = (x: NDArray): NDArray => np.pow(x, 3);

  test("may be called twice", () => {
    const [, pullback] = vjp(cube, x3);
    expect(values(pullback(array([1, 1, 1]))[0]!)).toEqual([3, 12, 27]);
    expect(values(pullback(array([2, 0, -1]))[0]!)).toEqual([6, 0, -27]);
  });

  test("may be returned from a jitted function and called outside, also after a second call", () => {
    const jitted = jit((x: NDArray) => vjp(cube, x));
    const [out, pullback] = jitted(x3);
    const [, other] = jitted(array([10, 10, 10]));
    expect(values(out)).toEqual([1, 8, 27]);
    expect(values(pullback(array([1, 1, 1]))[0]!)).toEqual([3, 12, 27]);
    expect(values(other(array([1, 1, 1]))[0]!)).toEqual([300, 300, 300]);
    expect(values(pullback(array([1, 1, 1]))[0]!)).toEqual([3, 12, 27]);
  });

  test("refuses a cotangent of another shape or structure", () => {
    const [, pullback] = vjp(cube, x3);
    expectError(() => pullback(array([1, 2])), "ShapeMismatch", "float64[2]", "float64[3]");
    expectError(() => pullback([array([1, 2, 3])] as never), "TreeMismatch");
  });
});

test("15: linearize(f, x)(v) is jvp(f, x, v) for several v, with f evaluated once", () => {
  let calls = 0;
  const f = (x: NDArray): NDArray => {
    calls++;
    return np.mul(np.sin(x), np.exp(x));
  };
  const [out, tangentMap] = linearize(f, x3);
  expect(calls).toBe(1);
  for (const v of [array([1, 0, 0]), array([0.5, -2, 3]), array([0, 0, 0])]) {
    const [value, tangent] = jvp((x: NDArray) => np.mul(np.sin(x), np.exp(x)), [x3], [v]);
    expect(values(tangentMap(v))).toEqual(values(tangent));
    expect(values(out)).toEqual(values(value));
  }
  expect(calls).toBe(1);
});

test("16: the transpose of x -> 2 x on integers maps 3 to 6", () => {
  const [six] = linearTranspose(
    (x: NDArray) => np.mul(x, 2),
    array(0, { dtype: "int32" }),
  )(array(3, { dtype: "int32" }));
  expect([six.dtype, six.item()]).toEqual(["int32", 6]);
  expectError(() => linearTranspose((x: NDArray) => np.sin(x), array(0))(array(1)), "NotLinear");
  expectError(() => linearTranspose((x: NDArray) => np.mul(x, x), array(0))(array(1)), "NotLinear");
});

describe("17: stopGradient", () => {
  test("grad of sin(x) cos(stop(x)) at 3.14 is cos^2", () => {
    const f = (x: NDArray): NDArray => np.mul(np.sin(x), np.cos(stopGradient(x)));
    expect(grad(f)(array(3.14)).item()).toBeCloseTo(Math.cos(3.14) ** 2, 15);
    expect(jvp(f, [array(3.14)], [array(1)])[1].item()).toBeCloseTo(Math.cos(3.14) ** 2, 15);
    expect(grad(jit(f))(array(3.14)).item()).toBeCloseTo(Math.cos(3.14) ** 2, 15);
  });

  test("works on trees and refuses functions", () => {
    const f = (p: { a: NDArray; b: NDArray[] }): NDArray => {
      const still = stopGradient(p);
      return np.add(np.mul(p.a, still.b[0]!), np.mul(p.b[0]!, still.a));
    };
    const gradient = grad(f)({ a: array(2), b: [array(5)] });
    expect(tree.map((x: NDArray) => x.item(), gradient)).toEqual({ a: 5, b: [2] });
    expectError(() => stopGradient((() => 1) as never), "NotAnArray", "function");
  });
});

describe("18: zero cotangents are symbolic", () => {
  test("a branch that the output does not use costs no equation in the gradient", () => {
    const plain = (x: NDArray): NDArray => np.sum(np.sin(x));
    const withDeadBranch = (x: NDArray): NDArray => {
      np.exp(np.tanh(np.matmul(x, x)));
      return np.sum(np.sin(x));
    };
    // The pullback alone: what the forward pass computed is constant to it.
    const equationsOf = (f: (x: NDArray) => NDArray): string[] => {
      const [, pullback] = vjp(f, x3);
      return makeJaxpr(pullback)(array(1)).jaxpr.equations.map(({ primitive }) => primitive.name);
    };
    expect(equationsOf(withDeadBranch)).toEqual(equationsOf(plain));
    expect(equationsOf(plain)).toEqual(["broadcast", "mul"]);
  });

  test("the pullback of a constant output is empty, and no zero array is added to another", () => {
    const [, pullback] = vjp((x: NDArray, y: NDArray) => [np.mul(x, 2), np.mul(y, 3), array(1)], array(1), array(2));
    const traced = makeJaxpr((g: NDArray) => pullback([g, array(1), array(1)]))(array(1));
    validateClosed(traced);
    expect(traced.jaxpr.equations.map(({ primitive }) => primitive.name)).not.toContain("add");
    const unused = makeJaxpr(grad((_x: NDArray) => array(2)))(x3);
    // The zeros it returns are all that is made.
    expect(unused.jaxpr.equations.map(({ primitive }) => primitive.name)).toEqual(["broadcast"]);
  });
});

test("19: reverse mode accumulates, and one array passed as two arguments gets two gradients", () => {
  const f = (x: NDArray, y: NDArray): NDArray => np.sum(np.mul(np.square(x), y));
  expect(values(grad((x: NDArray) => f(x, x))(x3))).toEqual([3, 12, 27]);
  const [dx, dy] = grad(f, { argnums: [0, 1] })(x3, x3);
  expect([values(dx!), values(dy!)]).toEqual([
    [2, 8, 18],
    [1, 4, 9],
  ]);
  const [, pullback] = vjp(f, x3, x3);
  expect(pullback(array(1)).map(values)).toEqual([
    [2, 8, 18],
    [1, 4, 9],
  ]);
});

test("20: aux is not differentiated, comes back as concrete values, and may hold anything", () => {
  const f = (x: NDArray): [NDArray, { label: string; size: number; inner: [NDArray, NDArray]; none: null }] => {
    const y = np.square(x);
    return [np.sum(y), { label: "squares", size: x.shape[0]!, inner: [y, array(7)], none: null }];
  };
  const [gradient, aux] = grad(f, { hasAux: true })(x3);
  expect(values(gradient)).toEqual([2, 4, 6]);
  expect([aux.label, aux.size, aux.none, values(aux.inner[0]), aux.inner[1].item()]).toEqual([
    "squares",
    3,
    null,
    [1, 4, 9],
    7,
  ]);
  const [[value, other], again] = valueAndGrad(f, { hasAux: true })(x3);
  expect([value.item(), values(other.inner[0]), values(again)]).toEqual([14, [1, 4, 9], [2, 4, 6]]);
});

test("21: aux of an inner gradient, used by the outer, is differentiated: 48 at x = 4 for x^3", () => {
  const cube = (x: NDArray): [NDArray, NDArray] => [np.pow(x, 3), np.pow(x, 3)];
  const outer = (x: NDArray): NDArray => (grad(cube, { hasAux: true })(x) as [NDArray, NDArray])[1];
  expect(grad(outer)(array(4)).item()).toBe(48);
  expect(grad((x: NDArray) => (grad(cube, { hasAux: true })(x) as [NDArray, NDArray])[0])(array(4)).item()).toBe(24);
});

test("22: a rule with integer or boolean arguments never needs a cotangent for them", () => {
  const scale = customVjp((x: NDArray, n: NDArray) => np.mul(x, n), {
    fwd: (x: NDArray, n: NDArray) => [np.mul(x, n), n],
    bwd: (n: NDArray, g: NDArray) => [np.mul(g, n), null],
  });
  const three = array(3, { dtype: "int32" });
  expect(grad((x: NDArray) => np.sum(scale(x, three)))(x3).toList()).toEqual([3, 3, 3]);
  expect(grad(jit((x: NDArray) => np.sum(scale(x, three))))(x3).toList()).toEqual([3, 3, 3]);
  const [, pullback] = vjp((x: NDArray, n: NDArray) => scale(x, n), x3, three);
  const [dx, dn] = pullback(array([1, 1, 1]));
  expect([values(dx!), dn!.shape, dn!.item()]).toEqual([[3, 3, 3], [], 0]);
  const gated = customVjp((x: NDArray, on: NDArray) => np.where(on, x, 0), {
    fwd: (x: NDArray, on: NDArray) => [np.where(on, x, 0), on],
    bwd: (on: NDArray, g: NDArray) => [np.where(on, g, 0), null],
  });
  const on = array([true, false, true]);
  for (const f of [gated, jit(gated)]) expect(grad((x: NDArray) => np.sum(f(x, on)))(x3).toList()).toEqual([1, 0, 1]);
});

describe("23: an exception inside a traced function leaves nothing behind", () => {
  const failing = (x: NDArray): NDArray => {
    np.sin(x);
    throw new RangeError("mine");
  };
  const transforms: Readonly<Record<string, () => unknown>> = {
    grad: () => grad(failing)(x3),
    valueAndGrad: () => valueAndGrad(failing)(x3),
    vjp: () => vjp(failing, x3),
    jvp: () => jvp(failing, [x3], [x3]),
    linearize: () => linearize(failing, x3),
    vmap: () => vmap(failing)(x3),
    jit: () => jit(failing)(x3),
    makeJaxpr: () => makeJaxpr(failing)(x3),
    hessian: () => hessian(failing)(x3),
    nested: () => jit(grad((x: NDArray) => np.sum(vmap(failing)(x))))(x3),
  };

  test.each(Object.entries(transforms))("%s passes the error on and the next call works", (_name, call) => {
    expect(call).toThrow(new RangeError("mine"));
    expect(isTracing()).toBe(false);
    expect(values(grad((x: NDArray) => np.sum(np.square(x)))(x3))).toEqual([2, 4, 6]);
    expect(values(jit(vmap((x: NDArray) => np.add(x, 1)))(x3))).toEqual([2, 3, 4]);
  });
});
