/**
 * A function with both rules: forward mode uses jvp, reverse mode fwd and bwd, whichever transform declared them.
 * The rules here are deliberately different from each other, so that it is seen which one ran.
 */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  array,
  customJvp,
  customVjp,
  grad,
  hessian,
  hvp,
  jacfwd,
  jacrev,
  jit,
  jvp,
  linearize,
  linearTranspose,
  makeJaxpr,
  NDArray,
  vjp,
  vmap,
} from "cotangent";
import * as np from "cotangent/numpy";
import { validateClosed } from "../../src/ir/validate.ts";
import { expectError, values } from "../semantics/support.ts";

type Scalar = (x: NDArray) => NDArray;
type List = readonly NDArray[];

/** x^2: slope 5 x forwards, 7 x backwards. */
const rules = {
  jvp: ([x]: List, [dx]: List): [NDArray, NDArray] => [np.square(x!), np.mul(np.mul(dx!, x!), 5)],
  fwd: (x: NDArray): [NDArray, NDArray] => [np.square(x), x],
  bwd: (x: NDArray, g: NDArray): NDArray[] => [np.mul(np.mul(g, x), 7)],
};
const one = array(1);
const xs = array([1, 2, 3]);

describe.each([
  ["customVjp", customVjp((x: NDArray) => np.square(x), rules)],
  ["customJvp", customJvp((x: NDArray) => np.square(x), rules)],
])("%s with both", (_name, f) => {
  const forward: Readonly<Record<string, Scalar>> = {
    jvp: (x) => jvp(f, [x], [one])[1],
    "jvp of jit": (x) => jvp(jit(f), [x], [one])[1],
    "jit of jvp": jit((x: NDArray) => jvp(f, [x], [one])[1]),
    jacfwd: jacfwd(f),
    "the map of linearize": (x) => linearize(f, x)[1](one),
    "the map of linearize of jit": (x) => linearize(jit(f), x)[1](one),
    "the map of linearize in jit": jit((x: NDArray) => linearize(f, x)[1](one)),
    "jit of the map of linearize": (x) => jit((y: NDArray, dy: NDArray) => linearize(f, y)[1](dy))(x, one),
    "the map of linearize that left jit": (x) => jit((y: NDArray) => linearize(f, y)[1])(x)(one),
    "jvp of vmap": (x) => np.sum(jvp(vmap(f), [np.reshape(x, [1])], [np.ones([1])])[1]),
    "the map of linearize of vmap": (x) => np.sum(linearize(vmap(f), np.reshape(x, [1]))[1](np.ones([1]))),
  };
  const backward: Readonly<Record<string, Scalar>> = {
    grad: grad(f),
    "grad of jit": (x) => grad(jit(f))(x),
    "jit of grad": jit(grad(f)),
    jacrev: jacrev(f),
    "the pullback of vjp": (x) => vjp(f, x)[1](one)[0],
    "the pullback that left jit": (x) => jit((y: NDArray) => vjp(f, y)[1])(x)(one)[0],
    "grad of vmap": (x) => grad((y: NDArray) => np.sum(vmap(f)(np.reshape(y, [1]))))(x),
    "grad of jit of vmap": (x) => grad((y: NDArray) => np.sum(jit(vmap(f))(np.reshape(y, [1]))))(x),
  };

  test.each(Object.entries(forward))("%s uses the forward rule, alone, mapped and compiled", (_mode, slope) => {
    expect(slope(array(3)).item()).toBe(15);
    expect(values(vmap(slope)(xs))).toEqual([5, 10, 15]);
    expect(values(jit(vmap(slope))(xs))).toEqual([5, 10, 15]);
    expect(values(vmap(jit(slope))(xs))).toEqual([5, 10, 15]);
  });

  test.each(Object.entries(backward))("%s uses the reverse rule, alone, mapped and compiled", (_mode, slope) => {
    expect(slope(array(3)).item()).toBe(21);
    expect(values(vmap(slope)(xs))).toEqual([7, 14, 21]);
    expect(values(jit(vmap(slope))(xs))).toEqual([7, 14, 21]);
    expect(values(vmap(jit(slope))(xs))).toEqual([7, 14, 21]);
  });

  const stays = (mode: string): boolean => !mode.includes("left jit");

  test.each(Object.entries(forward).filter(([mode]) => stays(mode)))(
    "derivatives of %s differentiate jvp",
    (_mode, slope) => {
      expect(jvp(slope, [array(3)], [one])[1].item()).toBe(5);
      expect(grad(slope)(array(3)).item()).toBe(5);
      expect(jit(grad(slope))(array(3)).item()).toBe(5);
      expect(values(vmap(grad(jit(slope)))(xs))).toEqual([5, 5, 5]);
    },
  );

  test.each(Object.entries(backward).filter(([mode]) => stays(mode)))(
    "derivatives of %s differentiate fwd and bwd",
    (_mode, slope) => {
      expect(jvp(slope, [array(3)], [one])[1].item()).toBe(7);
      expect(grad(slope)(array(3)).item()).toBe(7);
      expect(jit(jacfwd(slope))(array(3)).item()).toBe(7);
      expect(values(vmap(jacfwd(jit(slope)))(xs))).toEqual([7, 7, 7]);
    },
  );

  test("hessian and hvp are forward over reverse", () => {
    expect(hessian(f)(array(3)).item()).toBe(7);
    expect(hvp(f, [array(3)], [array(2)]).item()).toBe(14);
  });

  test("one map of linearize serves any direction, also a mapped and a compiled one", () => {
    const [out, map] = linearize(f, array(3));
    expect(out.item()).toBe(9);
    expect(values(vmap(map)(xs))).toEqual([15, 30, 45]);
    expect(values(jit(vmap(map))(xs))).toEqual([15, 30, 45]);
    expect(jvp(map, [one], [array(2)])[1].item()).toBe(30);
    // Its own derivatives are those of the forward rule's code; its transpose is the reverse rule.
    expect(grad(map)(one).item()).toBe(15);
    expect(linearTranspose(map, one)(one)[0].item()).toBe(21);
  });

  test("its staged form is valid IR", () => {
    const along: Scalar = (x) => jvp(f, [x], [x])[1];
    const mapped: Scalar = (x) => linearize(f, x)[1](x);
    for (const g of [f, grad(f), along, mapped, jit(mapped), grad(mapped)]) {
      validateClosed(makeJaxpr(g)(one));
      validateClosed(makeJaxpr(vmap(g))(xs));
    }
  });
});

test("9: closures over outer tracers reach both rules", () => {
  const scaled = (y: NDArray): Scalar =>
    customVjp((x: NDArray) => np.mul(x, y), {
      jvp: ([x]: List, [dx]: List) => [np.mul(x!, y), np.mul(dx!, np.mul(y, 5))],
      fwd: (x: NDArray) => [np.mul(x, y), null],
      bwd: (_none: null, g: NDArray) => [np.mul(g, np.mul(y, 7))],
    });
  const along = (y: NDArray): NDArray => jvp(scaled(y), [one], [one])[1];
  const mapped = (y: NDArray): NDArray => linearize(scaled(y), one)[1](one);
  const back = (y: NDArray): NDArray => grad(scaled(y))(one);
  for (const [slope, factor] of [
    [along, 5],
    [mapped, 5],
    [back, 7],
  ] as const) {
    expect(slope(array(2)).item()).toBe(2 * factor);
    expect(jit(slope)(array(2)).item()).toBe(2 * factor);
    expect(values(vmap(slope)(xs))).toEqual([factor, 2 * factor, 3 * factor]);
    expect(values(vmap(jit(slope))(xs))).toEqual([factor, 2 * factor, 3 * factor]);
    expect(grad(slope)(array(2)).item()).toBe(factor);
    expect(jvp(jit(slope), [array(2)], [one])[1].item()).toBe(factor);
  }
  const leaving = jit((y: NDArray) => linearize(scaled(y), one)[1])(array(2));
  expect([leaving(one).item(), leaving(array(3)).item()]).toEqual([10, 30]);
});

test("statics come first to every rule, and several arguments have one cotangent each", () => {
  const f = customJvp((kind: "add" | "mul", x: NDArray, y: NDArray) => (kind === "add" ? np.add(x, y) : np.mul(x, y)), {
    jvp: (kind: string, [x, y]: List, [dx, dy]: List) =>
      kind === "add" ? [np.add(x!, y!), np.add(dx!, dy!)] : [np.mul(x!, y!), np.add(np.mul(dx!, y!), np.mul(x!, dy!))],
    fwd: (kind: string, x: NDArray, y: NDArray) => [kind === "add" ? np.add(x, y) : np.mul(x, y), [x, y]],
    bwd: (kind: string, [x, y]: List, g: NDArray) => (kind === "add" ? [g, g] : [np.mul(g, y!), np.mul(g, x!)]),
    staticArgnums: 0,
  });
  fc.assert(
    fc.property(
      fc.integer({ min: -9, max: 9 }),
      fc.integer({ min: -9, max: 9 }),
      fc.constantFrom("add", "mul"),
      (a, b, kind) => {
        const g = (x: NDArray, y: NDArray): NDArray => f(kind as "add", x, y);
        const wanted = kind === "add" ? [1, 1] : [b, a];
        const gradient = grad(g, { argnums: [0, 1] })(array(a), array(b));
        expect(gradient.map((x) => x.item())).toEqual(wanted);
        const directions = [
          [1, 0],
          [0, 1],
        ].map(([da, db]) => jvp(g, [array(a), array(b)], [array(da!), array(db!)])[1].item());
        expect(directions).toEqual(wanted);
      },
    ),
    { numRuns: 20 },
  );
});

test("a linear map runs the reverse rule once per pullback and the forward rule once per direction, and neither for the other", () => {
  const runs = { jvp: 0, fwd: 0, bwd: 0 };
  const counted = customVjp((x: NDArray) => np.square(x), {
    jvp: (primals: List, tangents: List) => (runs.jvp++, rules.jvp(primals, tangents)),
    fwd: (x: NDArray) => (runs.fwd++, rules.fwd(x)),
    bwd: (x: NDArray, g: NDArray) => (runs.bwd++, rules.bwd(x, g)),
  });
  grad(counted)(one);
  expect(runs).toEqual({ jvp: 0, fwd: 1, bwd: 1 });
  const [, map] = linearize(counted, one);
  map(one);
  map(one);
  expect(runs).toEqual({ jvp: 2, fwd: 2, bwd: 1 });
  jvp(counted, [one], [one]);
  expect(runs).toEqual({ jvp: 3, fwd: 2, bwd: 1 });
});

test("a rule may look at values while nothing outer is traced", () => {
  const relu = customVjp((x: NDArray) => (x.item() > 0 ? x : np.mul(x, 0)), {
    jvp: ([x]: List, [dx]: List) => (x!.item() > 0 ? [x!, dx!] : [np.mul(x!, 0), null]),
    fwd: (x: NDArray) => [x.item() > 0 ? x : np.mul(x, 0), x],
    bwd: (x: NDArray, g: NDArray) => [x.item() > 0 ? g : null],
  });
  expect([grad(relu)(2).item(), grad(relu)(-2).item()]).toEqual([1, 0]);
  expect([jvp(relu, [array(2)], [one])[1].item(), jvp(relu, [array(-2)], [one])[1].item()]).toEqual([1, 0]);
  expect(linearize(relu, array(2))[1](array(4)).item()).toBe(4);
  expectError(() => jit(grad(relu))(2), "TracerConversion");
  const scaled = customVjp((x: NDArray, n: NDArray) => (n.item() > 1 ? np.mul(x, n) : x), {
    fwd: (x: NDArray, n: NDArray) => [n.item() > 1 ? np.mul(x, n) : x, n],
    bwd: (n: NDArray, g: NDArray) => [n.item() > 1 ? np.mul(g, n) : g, null],
  });
  // An argument that is not mapped has a value.
  expect(values(vmap(grad(scaled), { inAxes: [0, null] })(xs, array(3)))).toEqual([3, 3, 3]);
});

test("with half a reverse rule the function refuses to be called", () => {
  expectError(() => customJvp((x: NDArray) => x, { jvp: rules.jvp, fwd: rules.fwd })(one), "MissingRule", "bwd");
  expectError(
    () => customVjp((x: NDArray) => x, { fwd: rules.fwd, bwd: rules.bwd, jvp: 1 } as never)(one),
    "MissingRule",
    "jvp",
  );
});
