/**
 * debugPrint and debugCallback as effects that no transform or pass loses, doubles or reorders (fault 82).
 */
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  array,
  cond,
  configure,
  customJvp,
  debugCallback,
  debugPrint,
  grad,
  hessian,
  jacfwd,
  jacrev,
  jit,
  jvp,
  linearize,
  makeJaxpr,
  NDArray,
  pureCallback,
  scan,
  validateJaxpr,
  valueAndGrad,
  vjp,
  vmap,
  whileLoop,
} from "cotangent";
import * as np from "cotangent/numpy";
import { removeDeadCode } from "../../src/compile/dead-code.ts";
import { optimize } from "../../src/compile/optimize.ts";
import { hasEffects } from "../../src/ir/effects.ts";
import { constantsAsInputs } from "../../src/ir/jaxpr.ts";
import { isTracing } from "../../src/ir/trace.ts";
import { expectError, values } from "../semantics/support.ts";

type Scalar = (x: NDArray) => NDArray;

const lines: string[] = [];
/** What was printed since the last call. */
const printed = (): string[] => lines.splice(0);
const xs = array([1, 2, 3]);
const one = array(1);
const backends = ["wasm", "js", "interpreter"] as const;

beforeEach(() => {
  configure({ onPrint: (line) => lines.push(line) });
  printed();
});
afterEach(() => configure({ onPrint: null, debug: false, debugNans: false, debugInfs: false }));

/** Prints before and after a computation, and something that nobody needs. */
const noisy: Scalar = (x) => {
  debugPrint("in {}", x);
  const y = np.sin(x);
  debugPrint("unused {}", np.exp(np.mul(x, 0)));
  debugPrint("in {}", x);
  debugPrint("out {}", np.abs(np.mul(y, 0)));
  return np.sum(np.mul(y, y));
};
const noise = (x: number): string[] => [`in ${x}`, "unused 1", `in ${x}`, "out 0"];

describe("debugPrint", () => {
  test.each(backends)("on %s it prints each time, in order, also what is unused and what is repeated", (backend) => {
    const f = jit(noisy, { backend });
    f(array(2));
    expect(printed()).toEqual(noise(2));
    f(array(3));
    expect(printed()).toEqual(noise(3));
    jit((x: NDArray) => f(np.add(f(x), 4)), { backend })(array(0));
    expect(printed()).toEqual([...noise(0), ...noise(4)]);
  });

  test("it compiles: no back end falls back because of it", () => {
    const notices: string[] = [];
    configure({ onNotice: (code) => notices.push(code) });
    for (const backend of backends) jit(noisy, { backend })(one);
    configure({ onNotice: null });
    expect(notices).toEqual([]);
  });

  const derivatives: Readonly<Record<string, (f: Scalar) => unknown>> = {
    grad: (f) => grad(f)(array(2)),
    valueAndGrad: (f) => valueAndGrad(f)(array(2)),
    jvp: (f) => jvp(f, [array(2)], [one]),
    linearize: (f) => linearize(f, array(2))[1](one),
    vjp: (f) => vjp(f, array(2))[1](one),
    "grad of grad": (f) => grad(grad(f))(array(2)),
    hessian: (f) => hessian(f)(array(2)),
    jacfwd: (f) => jacfwd(f)(array(2)),
    jacrev: (f) => jacrev(f)(array(2)),
    "jit of grad": (f) => jit(grad(f))(array(2)),
    "jit of jvp": (f) => jit((x: NDArray) => jvp(f, [x], [one])[1])(array(2)),
    "jit of hessian": (f) => jit(hessian(f))(array(2)),
    "jit of the pullback": (f) => jit((x: NDArray, g: NDArray) => vjp(f, x)[1](g)[0])(array(2), one),
  };

  test.each(Object.entries(derivatives))("%s prints the primal values once", (_name, run) => {
    run(noisy);
    expect(printed()).toEqual(noise(2));
    for (const backend of backends) {
      run(jit(noisy, { backend }));
      expect(printed()).toEqual(noise(2));
    }
  });

  test("a pullback or a tangent map prints nothing more", () => {
    const [, pull] = vjp(jit(noisy), array(2));
    const [, map] = linearize(jit(noisy), array(2));
    printed();
    pull(one);
    map(one);
    jit(map)(one);
    expect(printed()).toEqual([]);
  });

  test("vmap prints once per example what it maps, in order of the examples, and once what it does not", () => {
    const f: Scalar = (x) => {
      debugPrint("fixed {}", one);
      debugPrint("row {}", np.mul(x, 2));
      return x;
    };
    for (const transform of [
      vmap(f),
      jit(vmap(f)),
      vmap(jit(f)),
      vmap(grad(f)),
      grad((x: NDArray) => np.sum(vmap(f)(x))),
    ]) {
      transform(xs);
      expect(printed().sort()).toEqual(["fixed 1", "row 2", "row 4", "row 6"]);
    }
    vmap(
      vmap((x: NDArray, y: NDArray) => (debugPrint("{} {}", x, y), x)),
      { inAxes: [0, 1] },
    )(
      array([
        [1, 2],
        [3, 4],
      ]),
      array([
        [5, 6],
        [7, 8],
      ]),
    );
    expect(printed()).toEqual(["1 5", "2 7", "3 6", "4 8"]);
    vmap((x: NDArray) => (debugPrint("{}", x), x))(np.zeros([0]));
    expect(printed()).toEqual([]);
  });

  test("in loops and branches it prints every step that runs, under derivatives once, and nothing of other branches", () => {
    const f: Scalar = (x) => {
      const [last] = scan(
        (sum: NDArray, y: NDArray) => {
          debugPrint("step {}", sum);
          debugPrint("same {}", np.exp(np.mul(x, 0)));
          return [np.add(np.mul(sum, np.exp(np.mul(x, 0))), y), null];
        },
        x,
        array([1, 2]),
      );
      return cond(
        np.greater(last, 0),
        (y: NDArray) => (debugPrint("up {}", y), np.sin(y)),
        (y: NDArray) => (debugPrint("down {}", y), y),
        last,
      );
    };
    const wanted = ["step 0", "same 1", "step 1", "same 1", "up 3"];
    const runs: Record<string, () => unknown> = {
      eager: () => f(array(0)),
      grad: () => grad(f)(array(0)),
      jvp: () => jvp(f, [array(0)], [one]),
      "grad of grad": () => grad(grad(f))(array(0)),
      "jit of grad": () => jit(grad(f))(array(0)),
    };
    for (const backend of backends) runs[backend] = () => grad(jit(f, { backend }))(array(0));
    for (const [name, run] of Object.entries(runs)) {
      run();
      expect(printed(), name).toEqual(wanted);
    }
    jit((x: NDArray) => {
      whileLoop(
        (y: NDArray) => np.less(y, 2),
        (y: NDArray) => (debugPrint("turn {}", y), np.add(y, 1)),
        x,
      );
      return x;
    })(array(0));
    expect(printed()).toEqual(["turn 0", "turn 1"]);
  });

  test("formats: by position, by name, trees, braces, text without values", () => {
    debugPrint("plain");
    debugPrint("{} and {}", 1, array([1.5, -0], { dtype: "float32" }));
    debugPrint("{b} then {a} then {b}", { a: true, b: [null, { c: xs }] });
    debugPrint("{} {name}", 1, { name: 2 });
    debugPrint("{{}} {{{}}}", 3);
    debugPrint("{}", { x: 1 });
    debugPrint("{}", np.zeros([100]));
    debugPrint("{} is {what} {}", "x", 2, { what: "about" });
    jit((x: NDArray) => (debugPrint("{name} = {x}", { name: "{}", x }), x))(one);
    expect(printed()).toEqual([
      "plain",
      "1 and [1.5, -0]",
      "[null, {c: [1, 2, 3]}] then true then [null, {c: [1, 2, 3]}]",
      "1 2",
      "{} {3}",
      "{x: 1}",
      "[0, 0, 0, ..., 0, 0, 0]",
      "x is about 2",
      "{} = 1",
    ]);
  });

  test("any text with as many values as places prints those values in their places", () => {
    const text = fc.string().map((raw) => raw.replaceAll(/[{}]/g, ""));
    fc.assert(
      fc.property(fc.array(fc.tuple(text, fc.integer()), { maxLength: 5 }), text, (pairs, end) => {
        debugPrint(`${pairs.map(([before]) => `${before}{}`).join("")}${end}`, ...pairs.map(([, value]) => value));
        expect(printed()).toEqual([`${pairs.map(([before, value]) => before + String(value)).join("")}${end}`]);
      }),
      { numRuns: 50 },
    );
  });

  test.each([
    ["{}"],
    ["{}", 1, 2],
    ["none", 1],
    ["{a}"],
    ["{a}", { b: 1 }],
    ["{a}", { a: 1, b: 2 }],
    ["{a} {}", { a: 1 }],
    ["{", 1],
    ["}", 1],
    ["{:.3f}", 1],
    [3 as never],
  ])("a format that does not fit is refused when it is written, not when it runs: %s", (...call) => {
    const [format, ...given] = call as readonly unknown[] as [string, ...unknown[]];
    expectError(() => jit((x: NDArray) => (debugPrint(format, ...given), x))(one), "InvalidOption", "debugPrint");
    expectError(() => debugPrint(format, ...given), "InvalidOption", "debugPrint");
  });

  test("values that are no arrays are refused", () => {
    expectError(() => debugPrint("{}", ["text"]), "NotAnArray", "debugPrint", "a string");
    expectError(() => debugPrint("{a}", { a: () => 1 }), "NotAnArray", "debugPrint");
  });
});

describe("debugCallback", () => {
  test("it sees concrete arrays in trees, and may compute with them", () => {
    const seen: unknown[] = [];
    const f = jit((p: { w: NDArray; list: NDArray[] }) => {
      debugCallback((q, n) => seen.push(values(np.add(q.w, q.list[0]!)), isTracing(), n.item()), p, array(7));
      return p.w;
    });
    f({ w: xs, list: [one] });
    expect(seen).toEqual([[2, 3, 4], false, 7]);
  });

  test("batched, it sees every example at once, also through two maps", () => {
    const shapes: unknown[] = [];
    const f = (x: NDArray, y: NDArray): NDArray => {
      debugCallback(
        { call: (...args: NDArray[]) => shapes.push(args.map(({ shape }) => shape)), vectorized: "batched" },
        x,
        y,
      );
      return x;
    };
    vmap(f, { inAxes: [1, null] })(np.zeros([2, 3]), one);
    jit(vmap(vmap(f, { inAxes: [0, null] }), { inAxes: [0, 0] }))(np.zeros([4, 5]), np.zeros([4]));
    expect(shapes).toEqual([
      [[3, 2], [3]],
      [
        [4, 5],
        [4, 5],
      ],
    ]);
  });

  test("in a rule of customJvp it sees tangents where they are computed: forwards, each time", () => {
    const seen: number[] = [];
    const f: Scalar = customJvp((x: NDArray) => np.sin(x), {
      jvp: ([x]: readonly NDArray[], [dx]: readonly NDArray[]) => {
        debugCallback((t: NDArray) => seen.push(t.item()), dx!);
        return [np.sin(x!), np.mul(dx!, np.cos(x!))];
      },
    });
    jvp(f, [one], [array(2)]);
    expect(seen.splice(0)).toEqual([2]);
    for (const g of [f, jit(f)]) {
      const [, map] = linearize(g, one);
      expect(seen.splice(0)).toEqual([]);
      map(array(3));
      map(array(4));
      expect(seen.splice(0)).toEqual([3, 4]);
    }
    grad(f)(one);
    jit(grad(jit(f)))(one);
    expect(seen).toEqual([]);
  });

  test.each(backends)("82: what it throws on %s arrives as it was thrown, and the next call is right", (backend) => {
    class Planted extends Error {}
    const bomb = { isArmed: true };
    const f = jit(
      (x: NDArray) => {
        debugCallback(() => {
          if (bomb.isArmed) throw new Planted();
        });
        return np.sin(np.add(x, 1));
      },
      { backend },
    );
    for (const run of [
      () => f(one),
      () => grad(f)(one),
      () => vmap(f)(xs),
      () => pureCallback((x: NDArray) => f(x), { shape: [] }, [one]),
    ]) {
      bomb.isArmed = true;
      expect(run).toThrow(Planted);
      expect(isTracing()).toBe(false);
      bomb.isArmed = false;
      expect(run).not.toThrow();
      expect(f(one).item()).toBe(Math.sin(2));
    }
  });

  test("options and functions are checked by name", () => {
    expectError(() => debugCallback(3 as never), "InvalidOption", "debugCallback");
    expectError(
      () => debugCallback({ call: () => undefined, vectorised: "batched" } as never),
      "UnknownOption",
      "vectorized",
    );
    expectError(() => debugCallback({ call: () => undefined, vectorized: "once" } as never), "InvalidOption", '"once"');
  });
});

describe("effects in the IR", () => {
  test("an equation without outputs is valid IR, printed as _, under every transform", () => {
    for (const f of [noisy, grad(noisy), jit(noisy), (x: NDArray) => jvp(noisy, [x], [x])[1]]) {
      const { jaxpr } = makeJaxpr(f as Scalar)(one);
      validateJaxpr(jaxpr);
      expect(hasEffects(jaxpr)).toBe(true);
      expect(String(makeJaxpr(f as Scalar)(one))).toContain("_ = hostEffect[call=<call> vectorized=sequential] a");
    }
    validateJaxpr(makeJaxpr(vmap(noisy))(xs).jaxpr);
  });

  test("no pass removes, merges or reorders effects, and what they do not need still goes", () => {
    const count = (jaxpr: Parameters<typeof optimize>[0]): number =>
      jaxpr.equations.filter(({ primitive }) => primitive.name === "hostEffect").length;
    const { jaxpr } = makeJaxpr((x: NDArray) => {
      np.cos(x);
      const inner = jit(noisy)(x);
      jit(noisy)(x);
      return np.add(inner, inner);
    })(one);
    const passed = optimize(constantsAsInputs(jaxpr));
    expect(count(passed)).toBe(8);
    expect(passed.equations.some(({ primitive }) => primitive.name === "cos")).toBe(false);
    expect(removeDeadCode(passed)).toBe(passed);
  });

  test("a jaxpr has effects when an equation has, at any depth, and else not", () => {
    expect(hasEffects(makeJaxpr(np.sin)(one).jaxpr)).toBe(false);
    expect(hasEffects(makeJaxpr(grad(jit((x: NDArray) => jit(np.sin)(x))))(one).jaxpr)).toBe(false);
    expect(hasEffects(makeJaxpr(jit((x: NDArray) => jit(noisy)(x)))(one).jaxpr)).toBe(true);
  });
});
