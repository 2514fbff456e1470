/** customJvp: the rule is what every mode uses, under every transform, and misuse is named (semantics 6 to 13, faults 12 and 82). */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  array,
  configure,
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
  stopGradient,
  vjp,
  vmap,
} from "cotangent";
import * as np from "cotangent/numpy";
import { isTracing } from "../../src/ir/trace.ts";
import { validateClosed } from "../../src/ir/validate.ts";
import { expectError, values } from "../semantics/support.ts";

type Scalar = (x: NDArray) => NDArray;
type List = readonly NDArray[];

/** x^2 with the slope 5 x instead of 2 x: whoever uses the rule can be told apart. */
const square: Scalar = customJvp((x: NDArray) => np.square(x), {
  jvp: ([x]: List, [dx]: List) => [np.square(x!), np.mul(np.mul(dx!, x!), 5)],
});
const xs = array([1, 2, 3]);
const one = array(1);

describe("the rule replaces the derivative in every mode", () => {
  const slopes: Readonly<Record<string, Scalar>> = {
    jvp: (x) => jvp(square, [x], [one])[1],
    grad: (x) => grad(square)(x),
    "the map of linearize": (x) => linearize(square, x)[1](one),
    "the pullback of vjp": (x) => vjp(square, x)[1](one)[0],
    jacfwd: jacfwd(square),
    jacrev: jacrev(square),
    "jvp of jit": (x) => jvp(jit(square), [x], [one])[1],
    "jit of jvp": jit((x: NDArray) => jvp(square, [x], [one])[1]),
    "grad of jit": (x) => grad(jit(square))(x),
    "jit of grad": jit(grad(square)),
    "jit of grad of jit": jit(grad(jit(square))),
    "the pullback that left jit": (x) => jit((y: NDArray) => vjp(square, y)[1])(x)(one)[0],
    "linearize in jit": jit((x: NDArray) => linearize(square, x)[1](one)),
  };

  test.each(Object.entries(slopes))("6: %s gives 15 at 3, alone and mapped", (_name, slope) => {
    expect(slope(array(3)).item()).toBe(15);
    expect(values(vmap(slope)(xs))).toEqual([5, 10, 15]);
    expect(values(jit(vmap(slope))(xs))).toEqual([5, 10, 15]);
    expect(values(vmap(jit(slope))(xs))).toEqual([5, 10, 15]);
  });

  test.each(Object.entries(slopes))(
    "6: the derivative of %s is the rule's own code's, 5, and the next one 0",
    (name, slope) => {
      if (name.includes("left jit")) return;
      expect(jvp(slope, [array(3)], [one])[1].item()).toBe(5);
      expect(grad(slope)(array(3)).item()).toBe(5);
      expect(jit(grad(jit(slope)))(array(3)).item()).toBe(5);
      expect(grad(grad(slope))(array(3)).item()).toBe(0);
      expect(values(vmap(grad(slope))(xs))).toEqual([5, 5, 5]);
    },
  );

  test("8: grad of vmap and every mix agree with the loop per example", () => {
    const total = (f: Scalar) => (x: NDArray) => np.sum(vmap(f)(x));
    expect(values(grad(total(square))(xs))).toEqual([5, 10, 15]);
    expect(values(jit(grad(total(jit(square))))(xs))).toEqual([5, 10, 15]);
    expect(values(grad((x: NDArray) => np.sum(jit(vmap(square))(x)))(xs))).toEqual([5, 10, 15]);
    expect(values(jvp(vmap(square), [xs], [xs])[1])).toEqual([5, 20, 45]);
    expect(values(grad((x: NDArray) => np.sum(grad(total(square))(x)))(xs))).toEqual([5, 5, 5]);
    expect(values(hessian(square)(array(3)))).toEqual(5);
    expect(hvp(square, [array(3)], [array(2)]).item()).toBe(10);
  });

  test("a right rule gives the derivatives of the function itself, to third order, at any point", () => {
    const own = (f: Scalar): Scalar =>
      customJvp(f, { jvp: ([x]: List, [dx]: List) => [f(x!), np.mul(dx!, np.cos(x!))] });
    const sine = own(np.sin);
    fc.assert(
      fc.property(fc.double({ min: -3, max: 3, noNaN: true }), (point) => {
        const x = array(point);
        expect(grad(sine)(x).item()).toBe(Math.cos(point));
        expect(grad(grad(sine))(x).item()).toBeCloseTo(-Math.sin(point), 15);
        expect(jvp(grad(grad(sine)), [x], [one])[1].item()).toBeCloseTo(-Math.cos(point), 15);
        expect(grad(jit(grad(jit(sine))))(x).item()).toBeCloseTo(-Math.sin(point), 15);
      }),
      { numRuns: 20 },
    );
  });

  test("the value is the function's where nothing is differentiated, and the rule does not run", () => {
    let runs = 0;
    const f = customJvp((x: NDArray) => np.square(x), { jvp: ([x]: List, [dx]: List) => (runs++, [x!, dx!]) });
    expect([f(array(3)).item(), values(vmap(f)(xs))]).toEqual([9, [1, 4, 9]]);
    expect(runs).toBe(0);
  });
});

describe("trees, several arguments, integers, statics", () => {
  interface Parameters {
    w: NDArray;
    b: NDArray[];
  }
  const model = customJvp((p: Parameters, x: NDArray) => ({ y: np.add(np.mul(p.w, x), p.b[0]!), list: [x] }), {
    jvp: ([p, x]: [Parameters, NDArray], [dp, dx]: [Parameters, NDArray]) => [
      { y: np.add(np.mul(p.w, x), p.b[0]!), list: [x] },
      { y: np.add(np.add(np.mul(dp.w, x), np.mul(p.w, dx)), np.mul(dp.b[0]!, 100)), list: null },
    ],
  });
  const p: Parameters = { w: array(2), b: [array(1)] };

  test("trees go in and out, and null for an output's tangent is zero", () => {
    const loss = (q: Parameters, x: NDArray): NDArray => np.add(model(q, x).y, model(q, x).list[0]!);
    for (const transform of [grad(loss, { argnums: [0, 1] }), jit(grad(loss, { argnums: [0, 1] }))]) {
      const [dp, dx] = transform(p, array(3)) as [Parameters, NDArray];
      expect([dp.w.item(), dp.b[0]!.item(), dx.item()]).toEqual([3, 100, 2]);
    }
    const [out, moved] = jvp(model, [p, array(3)], [{ w: one, b: [one] }, one]);
    expect([out.y.item(), moved.y.item(), moved.list[0]!.item()]).toEqual([7, 105, 0]);
  });

  test("an argument that is not mapped gets the sum of its cotangents", () => {
    const total = (q: Parameters, x: NDArray): NDArray => np.sum(vmap(model, { inAxes: [null, 0] })(q, x).y);
    const dp = grad(total)(p, xs);
    expect([dp.w.item(), dp.b[0]!.item()]).toEqual([6, 300]);
  });

  test("22: tangents of integers are zeros and need no derivative", () => {
    const scaled = customJvp((x: NDArray, n: NDArray) => np.mul(x, n), {
      jvp: ([x, n]: List, [dx, dn]: List) => {
        expect([dn!.dtype, dn!.shape.length]).toEqual(["int32", 0]);
        return [np.mul(x!, n!), np.mul(dx!, n!)];
      },
    });
    const n = array(3, { dtype: "int32" });
    expect(grad((x: NDArray) => scaled(x, n))(2).item()).toBe(3);
    expect(jit(grad((x: NDArray) => scaled(x, n)))(2).item()).toBe(3);
    expect(jvp((x: NDArray) => scaled(x, n), [array(2)], [one])[1].item()).toBe(3);
  });

  test("static arguments come first to the rule and are never traced; a traced one is refused by name", () => {
    const power = customJvp(
      (x: NDArray, n: number, mode: { readonly sign: number }) => np.mul(np.pow(x, n), mode.sign),
      {
        jvp: (n: number, mode: { readonly sign: number }, [x]: List, [dx]: List) => [
          np.mul(np.pow(x!, n), mode.sign),
          np.mul(np.mul(dx!, np.pow(x!, n - 1)), n * mode.sign),
        ],
        staticArgnums: [1, 2],
      },
    );
    const f = (x: NDArray): NDArray => power(x, 3, { sign: -1 });
    expect([grad(f)(2).item(), jit(grad(f))(2).item(), jvp(f, [array(2)], [one])[1].item()]).toEqual([-12, -12, -12]);
    expectError(
      () => jit((n: NDArray) => power(one, n as never, { sign: 1 }))(array(3)),
      "NotStatic",
      "static argument 1",
    );
    expectError(
      () => grad((s: NDArray) => power(one, 3, { sign: s as never }))(3),
      "NotStatic",
      "customJvp",
      "static argument 2",
    );
  });

  test("zero tangents arrive as zeros, or as null with symbolicZeros where they are known to be zero", () => {
    const seen: unknown[] = [];
    const product = (symbolicZeros: boolean): ((x: NDArray, y: NDArray) => NDArray) =>
      customJvp((x: NDArray, y: NDArray) => np.mul(x, y), {
        jvp: ([x, y]: List, [dx, dy]: readonly (NDArray | null)[]) => {
          seen.push(dx === null ? null : "array", dy === null ? null : "array");
          const parts = [dx && np.mul(dx, y!), dy && np.mul(x!, dy)].filter((part) => part !== null);
          return [np.mul(x!, y!), parts.length === 2 ? np.add(parts[0]!, parts[1]!) : parts[0]!];
        },
        symbolicZeros,
      });
    const slope = (symbolicZeros: boolean): number =>
      grad((x: NDArray) => product(symbolicZeros)(x, array(4)))(3).item();
    expect([slope(false), seen.splice(0)]).toEqual([4, ["array", "array"]]);
    expect([slope(true), seen.splice(0)]).toEqual([4, ["array", null]]);
    expect(values(vmap(grad((x: NDArray) => product(true)(x, array(4))))(xs))).toEqual([4, 4, 4]);
    expect(seen.splice(0)).toEqual(["array", null]);
    expect(jit(grad((x: NDArray) => product(true)(x, array(4))))(3).item()).toBe(4);
  });
});

describe("linear functions", () => {
  const double: Scalar = customJvp((x: NDArray) => np.mul(x, 2), {
    jvp: ([x]: List, [dx]: List) => [np.mul(x!, 2), np.mul(dx!, 7)],
  });
  const triple: Scalar = customVjp((x: NDArray) => np.mul(x, 3), {
    fwd: (x: NDArray) => [np.mul(x, 3), null],
    bwd: (_none: null, g: NDArray) => [np.mul(g, 7)],
  });

  test("16: linearTranspose transposes their own code, alone, compiled and mapped", () => {
    for (const f of [double, jit(double)]) {
      expect(linearTranspose(f, one)(array(3))[0].item()).toBe(6);
      expect(values(linearTranspose(vmap(f), xs)(xs)[0])).toEqual([2, 4, 6]);
    }
    expect(linearTranspose((x: NDArray) => np.add(triple(x), double(x)), one)(one)[0].item()).toBe(5);
  });

  test("a rule may call one on its tangents", () => {
    for (const [inner, factor] of [
      [double, 2],
      [triple, 3],
    ] as const) {
      const f: Scalar = customJvp((x: NDArray) => np.sin(x), {
        jvp: ([x]: List, [dx]: List) => [np.sin(x!), inner(np.mul(dx!, x!))],
      });
      expect(jvp(f, [array(5)], [one])[1].item()).toBe(5 * factor);
      expect(grad(f)(array(5)).item()).toBe(5 * factor);
      expect(jit(grad(jit(f)))(array(5)).item()).toBe(5 * factor);
      expect(values(vmap(grad(f))(xs))).toEqual([1, 2, 3].map((x) => x * factor));
    }
  });
});

describe("closures", () => {
  /** x y with a rule that says dx y^2. */
  const timesClosed = (y: NDArray): Scalar =>
    customJvp((x: NDArray) => np.mul(x, y), {
      jvp: ([x]: List, [dx]: List) => [np.mul(x!, y), np.mul(dx!, np.square(y))],
    });
  const slope = (y: NDArray): NDArray => grad(timesClosed(y))(array(2));

  test("9: a rule may close over tracers of jit, of vmap and of an outer derivative", () => {
    expect(jit(slope)(array(3)).item()).toBe(9);
    expect(values(vmap(slope)(xs))).toEqual([1, 4, 9]);
    expect(values(jit(vmap((y: NDArray) => grad(jit(timesClosed(y)))(array(2))))(xs))).toEqual([1, 4, 9]);
    expect(values(vmap((y: NDArray) => jvp(timesClosed(y), [array(2)], [one])[1])(xs))).toEqual([1, 4, 9]);
    expect(grad(slope)(array(3)).item()).toBe(6);
    expect(jvp(slope, [array(3)], [one])[1].item()).toBe(6);
    expect(grad(jit(slope))(array(3)).item()).toBe(6);
  });

  test("10: a derivative by a value that the rule closes over is refused by name, eager and compiled, in each mode", () => {
    const f = (y: NDArray): NDArray => timesClosed(y)(np.mul(y, 2));
    for (const run of [
      () => grad(f)(one),
      () => jvp(f, [one], [one]),
      () => grad(jit(f))(one),
      () => jit(grad(f))(one),
      () => jvp(jit(f), [one], [one]),
      () => vmap(grad(f))(xs),
      () => grad((y: NDArray) => timesClosed(y)(array(2)))(one),
      () => grad(jit((y: NDArray) => timesClosed(y)(array(2))))(one),
    ])
      expectError(run, "ClosedOverDifferentiation");
    expect(grad((y: NDArray) => timesClosed(stopGradient(y))(np.mul(y, 2)))(array(3)).item()).toBe(18);
  });

  test("10: so is a rule that only hands such a value on", () => {
    const handsOn = (y: NDArray): Scalar =>
      customVjp((x: NDArray) => np.mul(x, 1), { fwd: (x: NDArray) => [np.mul(x, 1), y], bwd: (r: NDArray) => [r] });
    expectError(() => grad((y: NDArray) => handsOn(y)(np.mul(y, 2)))(one), "ClosedOverDifferentiation");
    const asTangent = (y: NDArray): Scalar => customJvp((x: NDArray) => np.mul(x, 1), { jvp: ([x]: List) => [x!, y] });
    expectError(() => jvp((y: NDArray) => asTangent(y)(np.mul(y, 2)), [one], [one]), "ClosedOverDifferentiation");
  });

  test("14: a pullback that leaves jit keeps the values its rule closed over", () => {
    const withVjp = (y: NDArray): Scalar =>
      customVjp((x: NDArray) => np.mul(x, y), {
        fwd: (x: NDArray) => [np.mul(x, y), null],
        bwd: (_none: null, g: NDArray) => [np.mul(g, y)],
      });
    for (const rule of [withVjp, timesClosed]) {
      const pull = jit((y: NDArray) => vjp(rule(y), array(2))[1])(array(3));
      expect([pull(one)[0], pull(array(2))[0]].map((x) => (x as NDArray).item())).toEqual(
        rule === withVjp ? [3, 6] : [9, 18],
      );
    }
  });
});

describe("12: a rule whose result does not fit is named with the path and both types", () => {
  const withJvp = (rule: (...args: never[]) => unknown): Scalar =>
    customJvp(
      function squared(x: NDArray) {
        return np.square(x);
      },
      { jvp: rule as never },
    );
  const x = array([1, 2]);
  const forms = [
    ["eager", (f: Scalar) => f],
    ["jitted", (f: Scalar) => jit(f)],
  ] as const;

  test.each(forms)("%s", (_name, wrap) => {
    const run = (rule: (...args: never[]) => unknown) => () => jvp(wrap(withJvp(rule)), [x], [x]);
    const right = np.square(x);
    expectError(
      run(() => right),
      "TreeMismatch",
      "jvp of squared",
      "[output, tangent of the output]",
    );
    expectError(
      run(() => null),
      "TreeMismatch",
      "null",
    );
    expectError(
      run(() => [right]),
      "TreeMismatch",
      "a list of 1",
    );
    expectError(
      run(() => [one, right]),
      "TreeMismatch",
      "jvp of squared",
      "float64[]",
      "float64[2]",
    );
    expectError(
      run(() => [[right], right]),
      "TreeMismatch",
      "jvp of squared",
    );
    expectError(
      run(() => [np.astype(right, "float32"), right]),
      "TreeMismatch",
      "float32[2]",
      "float64[2]",
    );
    expectError(
      run(() => [right, one]),
      "TreeMismatch",
      "tangent of the output",
      "float64[]",
      "float64[2]",
    );
    expectError(
      run(() => [right, [right]]),
      "TreeMismatch",
      "tangent of the output",
    );
    expectError(
      run(() => [right, np.astype(right, "float32")]),
      "TreeMismatch",
      "float32[2]",
      "float64[2]",
    );
    expectError(
      run(() => [right, undefined]),
      "NotAnArray",
      "tangent of the output",
    );
    expectError(
      run(() => [right, "dx"]),
      "NotAnArray",
    );
  });

  test("a path inside a tree is named", () => {
    const f = customJvp((y: NDArray) => ({ a: [y, np.sum(y)] }), {
      jvp: ([y]: List, [dy]: List) => [{ a: [y!, np.sum(y!)] }, { a: [dy!, dy!] }],
    });
    expectError(() => jvp(f, [x], [x]), "TreeMismatch", ".a[1]", "float64[2]", "float64[]");
  });

  test("fwd of customVjp is compared with the function eagerly too", () => {
    const withFwd = (out: Scalar): Scalar =>
      customVjp(
        function squared(y: NDArray) {
          return np.square(y);
        },
        { fwd: (y: NDArray) => [out(y), y], bwd: (y: NDArray, g: NDArray) => [np.mul(g, y)] },
      );
    expectError(() => grad((y: NDArray) => np.sum(withFwd((z) => np.sum(z))(y)))(x), "TreeMismatch", "fwd of squared");
    expectError(
      () =>
        vjp(
          withFwd((z) => np.astype(z, "float32")),
          x,
        ),
      "TreeMismatch",
      "float32[2]",
      "float64[2]",
    );
    expect(values(vjp(withFwd(np.square), x)[1](x)[0] as NDArray)).toEqual([1, 4]);
  });

  test("a function whose closure changed between calls is not compared with what it was", () => {
    let width = 2;
    const spread: Scalar = customJvp((y: NDArray) => np.broadcastTo(y, [width]), {
      jvp: ([y]: List, [dy]: List) => [np.broadcastTo(y!, [width]), np.broadcastTo(dy!, [width])],
    });
    expect(jvp(spread, [one], [one])[1].shape).toEqual([2]);
    width = 3;
    expect(jvp(spread, [one], [one])[1].shape).toEqual([3]);
  });
});

describe("misuse", () => {
  test("13: a function whose rule is not defined refuses to be called, not only to be differentiated", () => {
    for (const rules of [{}, { jvp: null }, { jvp: 3 }, { jvp: square, fwd: square }, undefined])
      expectError(() => customJvp((x: NDArray) => x, rules as never)(one), "MissingRule", "customJvp");
    expectError(() => customJvp(3 as never, { jvp: square as never }), "InvalidOption");
    expectError(() => customJvp(square, { jvp: square, bwb: square } as never), "UnknownOption", "bwd");
  });

  test("a rule that is not linear in the tangents works forwards and is refused in reverse mode", () => {
    const crooked: Scalar = customJvp((x: NDArray) => x, { jvp: ([x]: List, [dx]: List) => [x!, np.mul(dx!, dx!)] });
    expect(jvp(crooked, [one], [array(3)])[1].item()).toBe(9);
    expectError(() => grad(crooked)(one), "NotLinear");
  });

  test("in debug mode such a rule is refused in every mode, also one with a constant, which transposition cannot see", () => {
    const rules: Readonly<Record<string, (x: NDArray, dx: NDArray) => NDArray>> = {
      square: (_x, dx) => np.mul(dx, dx),
      constant: (x, dx) => np.add(dx, x),
      absolute: (x, dx) => np.add(np.mul(dx, x), np.abs(np.sub(dx, 3))),
    };
    const f = (rule: (x: NDArray, dx: NDArray) => NDArray): Scalar =>
      customJvp((x: NDArray) => x, { jvp: ([x]: List, [dx]: List) => [x!, rule(x!, dx!)] });
    expect(grad(f(rules["constant"]!))(one).item()).toBe(1);
    configure({ debug: true });
    try {
      for (const rule of Object.values(rules)) {
        expectError(() => jvp(f(rule), [xs], [xs]), "NotLinear", "jvp of", "double");
        expectError(() => grad(f(rule))(one), "NotLinear", "double");
        expectError(() => linearize(f(rule), one), "NotLinear", "double");
      }
      expect([grad(square)(array(3)).item(), values(jvp(square, [xs], [xs])[1])]).toEqual([15, [5, 20, 45]]);
      expect(values(vmap(grad(jit(square)))(xs))).toEqual([5, 10, 15]);
      const tiny = array([1e-160, 1e-310, 1e300], { dtype: "float64" });
      expect(values(jvp(square, [tiny], [tiny])[1])).toEqual([5e-320, 0, Infinity]);
    } finally {
      configure({ debug: false });
    }
  });

  test("82: what a rule throws arrives as it was thrown, and the next call is right", () => {
    class Planted extends Error {}
    let isArmed = true;
    const f: Scalar = customJvp((x: NDArray) => np.square(x), {
      jvp: ([x]: List, [dx]: List) => {
        const out = np.square(x!);
        if (isArmed) throw new Planted();
        return [out, np.mul(dx!, x!)];
      },
    });
    for (const run of [
      () => grad(f)(one),
      () => jit(grad(f))(one),
      () => grad(jit(f))(one),
      () => vmap(grad(f))(xs),
      () => jvp(f, [one], [one]),
      () => grad(grad(f))(one),
      () => linearize(jit(f), one),
    ]) {
      isArmed = true;
      expect(run).toThrow(Planted);
      expect(isTracing()).toBe(false);
      isArmed = false;
      expect(grad(f)(array(2)).item()).toBe(2);
      expect(run).not.toThrow();
    }
  });
});

test("its staged form is valid IR under every transform", () => {
  const total: Scalar = (x) => np.sum(vmap(square)(x));
  for (const f of [
    total,
    grad(total),
    jit(grad(total)),
    (x: NDArray) => jvp(total, [x], [x])[1],
    grad((x: NDArray) => np.sum(grad(total)(x))),
    (x: NDArray) => linearTranspose(linearize(total, x)[1], x)(1)[0],
  ])
    validateClosed(makeJaxpr(f as Scalar)(xs));
});
