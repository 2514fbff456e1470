/** Faults found by reading and by trying: each stays away. */
import { describe, expect, test } from "vitest";
import {
  array,
  authoring,
  configure,
  counters,
  customLinearSolve,
  customVjp,
  customRoot,
  debugCallback,
  evalShape,
  grad,
  jit,
  jvp,
  makeJaxpr,
  NDArray,
  pureCallback,
  vjp,
  vmap,
} from "cotangent";
import {
  corner,
  edge,
  elasticity,
  elementField,
  feFactor,
  feSolve,
  fix,
  gridMesh,
  nodalLoad,
  vectorField,
} from "cotangent/fem";
import * as np from "cotangent/numpy";
import { arithmetic, shape, slicing, trigonometric } from "cotangent/ops";
import { isDebugging } from "../../src/configure.ts";

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return (error as { code?: string }).code ?? `${String(error)} without a code`;
  }
  return "nothing thrown";
};

const x = array([1, 2]);
const wrap = [(f: (y: NDArray) => NDArray) => f, (f: (y: NDArray) => NDArray) => jit(f)];

describe.each(wrap.map((around, k) => [["eager", "jitted"][k]!, around] as const))("%s", (_, around) => {
  test("a solver whose solution has another shape or dtype is refused", () => {
    const linear = (solution: NDArray) =>
      around((b) =>
        customLinearSolve(
          (y: NDArray) => y,
          b,
          () => solution,
        ).add(b),
      );
    const root = (solution: NDArray) =>
      around((b) =>
        customRoot(
          (y: NDArray) => y.sub(b),
          x,
          () => solution,
          (_g, c) => c,
        ),
      );
    for (const wrong of [array([9, 8, 7]), array([1, 2], { dtype: "float32" })])
      for (const f of [linear(wrong), root(wrong)]) expect(codeOf(() => f(x))).toBe("ShapeMismatch");
  });

  test("numbers given to a primitive are refused by code", () => {
    expect(codeOf(() => around(() => trigonometric.sin(2 as never))(x))).toBe("NotAnArray");
  });

  test("a sum of booleans is refused by the primitive, whose result would be no boolean", () => {
    const truths = array([true, true]);
    expect(codeOf(() => around((y: NDArray) => shape.reduceSum(y, { axes: [0] }))(truths))).toBe("DTypeMismatch");
    expect(np.sum(truths).item()).toBe(2);
  });

  test("bad parameters of primitives are refused", () => {
    const calls: Record<string, (y: NDArray) => NDArray> = {
      "a repeated axis of reverse": (y) => slicing.reverse(y, { axes: [0, 0] }),
      "a repeated axis of transpose": (y) => shape.transpose(y.reshape([1, 2]), { permutation: [0, 0] }),
      "negative extents": (y) => shape.reshape(y, { shape: [-2, -1] }),
      "descending axes": (y) => shape.broadcast(y.reshape([1, 2]), { shape: [2, 2], axes: [1, 0] }),
      "a fractional exponent": (y) => arithmetic.integerPower(y, { exponent: -1.5 }),
    };
    for (const [name, f] of Object.entries(calls))
      expect(["ShapeMismatch", "IndexOutOfRange", "InvalidShape", "InvalidOption"], name).toContain(
        codeOf(() => around(f)(x)),
      );
  });

  test("the gradient of an extremum that is NaN is NaN in both modes", () => {
    const f = around((y) => np.max(y));
    const bad = array([1, NaN]);
    expect(jvp(f, [bad], [x])[1].item()).toBeNaN();
    for (const slope of grad(f)(bad).toList() as number[]) expect(slope).toBeNaN();
  });

  test("an infinite cotangent inside a padded array does not reach the padding value", () => {
    const f = around((value) => slicing.pad(array([5]), value.sum(), { padding: [[1, 1, 0]] }));
    const [, pull] = vjp(f, array(0));
    expect(pull(array([2, Infinity, 3]))[0].item()).toBe(5);
  });
});

describe("solves", () => {
  const mesh = gridMesh({ nelx: 6, nely: 4 });
  const clamped = (side: "left" | "right") => elasticity(mesh, { supports: [fix(edge(mesh, side), "all")] });
  const system = clamped("left");
  const load = nodalLoad(corner(mesh, "topRight"), [0, -1]);

  test("a factor of another system or of another modulus is refused", () => {
    const modulus = elementField(mesh, 1);
    expect(codeOf(() => feSolve(system, modulus, load, { factor: feFactor(clamped("right"), modulus) }))).toBe(
      "InvalidOption",
    );
    for (const _again of [1, 2])
      expect(codeOf(() => feSolve(system, modulus, load, { factor: feFactor(system, elementField(mesh, 2)) }))).toBe(
        "InvalidOption",
      );
  });

  test.each([NaN, Infinity])("a load of %s is refused, with its dof", (force) => {
    const values = new Float64Array(70);
    values[13] = force;
    const bad = vectorField(mesh, array(values, { shape: [5, 7, 2] }));
    expect(codeOf(() => feSolve(system, elementField(mesh, 1), bad))).toBe("InvalidLoad");
    expect(() => feSolve(system, elementField(mesh, 1), bad)).toThrow(/dof 13 \(node 6, row 0, column 6\)/);
  });

  test("nothing public of a system can be written to", () => {
    for (const field of Object.values(system)) expect(ArrayBuffer.isView(field)).toBe(false);
    expect(codeOf(() => feSolve({ ...system }, elementField(mesh, 1), load))).toBe("InvalidOption");
  });
});

describe("state", () => {
  test("configure changes nothing when one of its settings is wrong", () => {
    expect(codeOf(() => configure({ debug: true, maxElements: -1 }))).toBe("InvalidOption");
    expect(isDebugging()).toBe(false);
  });

  test("a caller's shape list is copied", () => {
    const wanted = [2, 2];
    const wide = np.broadcastTo(x, wanted);
    wanted[0] = 99;
    expect(wide.shape).toEqual([2, 2]);
  });

  test("transforms of a jitted function are kept in bounded number", () => {
    const f = jit((y: NDArray) => y.mul(2));
    f(array(1));
    for (let size = 1; size <= 80; size++) vmap(f)(np.ones([size]));
    const before = counters().compilations;
    vmap(f)(np.ones([80]));
    expect(counters().compilations - before).toBe(0);
    vmap(f)(np.ones([1]));
    expect(counters().compilations - before).toBe(1);
  });

  test("statics that look alike as text are told apart, cycles and symbols refused", () => {
    const kind = jit((y: NDArray, s: unknown) => y.mul(typeof s === "bigint" ? 2 : 1), { staticArgnums: 1 });
    expect([kind(array(1), 1).item(), kind(array(1), 1n).item()]).toEqual([1, 2]);
    const cyclic: Record<string, unknown> = {};
    cyclic["self"] = cyclic;
    for (const value of [Symbol("s"), cyclic]) expect(codeOf(() => kind(array(1), value))).toBe("NotStatic");
  });
});

test("inAxes with a misspelt or missing key is refused", () => {
  const f = ({ w, b }: { w: NDArray; b: NDArray }): NDArray => w.add(b);
  for (const axes of [{ w: 0, bb: 0 }, { w: 0 }])
    expect(codeOf(() => vmap(f, { inAxes: [axes] })({ w: x, b: x }))).toBe("TreeMismatch");
  expect(vmap(f, { inAxes: [{ w: 0, b: null }] })({ w: x, b: array(1) }).toList()).toEqual([2, 3]);
});

test("a primitive whose evaluate breaks its abstractEval is caught while eager", () => {
  const liar = authoring.definePrimitive<[NDArray]>({
    name: "liar",
    evaluate: () => array([1, 2, 3]),
    abstractEval: ([y]) => ({ shape: y.shape, dtype: y.dtype }),
    jvp: authoring.notDifferentiable("liar", "It has none"),
    transpose: authoring.notLinear,
    batch: authoring.elementwiseBatch(([y]) => y!),
    lower: authoring.routine,
    laws: { testedIn: "test/regressions/refusals.test.ts" },
  });
  expect(codeOf(() => liar(x))).toBe("InvalidJaxpr");
});

test("host code that closes over a traced value is told to take it as an argument", () => {
  const f = (y: NDArray): NDArray => pureCallback(() => np.add(y, 1), { shape: [2] }, []);
  expect(() => grad((y: NDArray) => np.sum(f(y)))(x)).toThrow(/pass the value as an argument/);
});

test("host code that closes over a traced value is named, eager and compiled, whatever it does with the value", () => {
  const uses: Record<string, (y: NDArray, v: NDArray) => NDArray> = {
    adds: (y, v) => np.add(v, y),
    converts: (y, v) => v.add(y.item()),
    differentiates: (y, v) => grad((z: NDArray) => z.mul(y))(v),
    compiles: (y, v) => jit((z: NDArray) => z.mul(y))(v),
  };
  for (const use of Object.values(uses)) {
    const host = (y: NDArray) =>
      function onHost(v: NDArray): NDArray {
        return use(y, v);
      };
    const f = (y: NDArray): NDArray => pureCallback(host(y), { shape: [] }, [1]).add(y);
    const seen = (y: NDArray): NDArray => (debugCallback(host(y), array(1)), y);
    const one = array(2);
    for (const [name, g] of [["pureCallback", f] as const, ["debugCallback", seen] as const])
      for (const run of [() => grad(g)(one), () => jit(g)(one), () => vmap(g)(x), () => jit(vmap(g))(x)])
        expect(run).toThrow(
          expect.objectContaining({
            code: "LeakedTracer",
            message: expect.stringMatching(new RegExp(`by ${name} of onHost.*pass the value as an argument`)),
          }),
        );
  }
});

test("a leak inside host code is the host code's own", () => {
  let kept: NDArray | null = null;
  const host = (v: NDArray): NDArray => {
    grad((z: NDArray) => (kept = z))(v);
    return kept!.add(1);
  };
  const f = jit((y: NDArray): NDArray => pureCallback(host, { shape: [] }, [y]));
  expect(() => f(array(1))).toThrow(/which has already returned.*Return values from the traced function/);
});

test("lists of empty arrays keep the inner shape", () => {
  expect(array([np.zeros([0, 3]) as never]).shape).toEqual([1, 0, 3]);
});

describe("closures over a mapped value", () => {
  const scaled = (y: NDArray) =>
    customVjp((v: NDArray) => v.mul(y), {
      fwd: (v: NDArray) => [v.mul(y), null],
      bwd: (_: null, g: NDArray) => [g.mul(y)],
    });

  test("work in custom rules whose own arguments are not mapped", () => {
    expect(vmap((y: NDArray) => scaled(y)(array(2)))(array([3, 4])).toList()).toEqual([6, 8]);
    expect(grad((v: NDArray) => np.sum(vmap((y: NDArray) => scaled(y)(v))(array([3, 4]))))(1).item()).toBe(7);
    const table = vmap((y: NDArray) => vmap((z: NDArray) => scaled(z)(y))(x))(array([3, 4]));
    expect(table.toList()).toEqual([
      [3, 6],
      [4, 8],
    ]);
  });

  test("work in solvers", () => {
    const f = (y: NDArray): NDArray =>
      customLinearSolve(
        (v: NDArray) => v.mul(2),
        array(4),
        (_, r) => r.div(2).add(y.mul(0)),
        { symmetric: true },
      );
    expect(vmap(f)(x).toList()).toEqual([2, 2]);
  });
});

describe("numbers", () => {
  test("a whole number outside an integer array's range makes a float, and nothing wraps", () => {
    const unsigned = array([5], { dtype: "uint32" });
    expect(unsigned.add(-1).toList()).toEqual([4]);
    expect(np.greater(array([0], { dtype: "uint32" }), -1).toList()).toEqual([true]);
    expect(np.less(array([2147483647], { dtype: "int32" }), 3e9).toList()).toEqual([true]);
    expect(jit((v: NDArray) => v.add(2 ** 40))(array([1], { dtype: "int32" })).toList()).toEqual([2 ** 40 + 1]);
  });

  test("floorDivide by infinity is -1 or 0", () => {
    expect(np.floorDivide(array([-7, 7, -7, 7]), array([Infinity, Infinity, -Infinity, -Infinity])).toList()).toEqual([
      -1, 0, 0, -1,
    ]);
  });

  test("a traced whole number is an index", () => {
    expect(jit((v: NDArray, k: number) => v.at(k).get())(array([1, 2, 3]), 1).item()).toBe(2);
  });

  test("text in the place of a number is refused", () => {
    const mesh = gridMesh({ nelx: 2, nely: 2 });
    const supports = [fix(edge(mesh, "left"), "all")];
    expect(codeOf(() => elasticity(mesh, { supports, poisson: "0.3" as never }))).toBe("InvalidOption");
    for (const run of [() => gridMesh(undefined as never), () => elasticity(mesh, undefined as never)])
      expect(codeOf(run)).toBe("InvalidOption");
  });
});

test("shapes, mesh tuples and jaxprs cannot be written to", () => {
  const sum = x.add(1);
  const mesh = gridMesh({ nelx: 2, nely: 2 });
  const { jaxpr } = makeJaxpr((y: NDArray) => np.sin(y))(x);
  const writes = [
    () => ((sum.shape as number[])[0] = 9),
    () => ((mesh.elementShape as unknown as number[])[0] = 9),
    () => (jaxpr.equations as unknown[]).push(1),
  ];
  for (const write of writes) expect(write).toThrow(TypeError);
  expect([sum.shape, mesh.elementShape, jaxpr.equations.length]).toEqual([[2], [2, 2], 1]);
});

test("evalShape takes shapes in the place of arrays and allocates nothing of their size", () => {
  const tall = { shape: [40_000, 50_000], dtype: "float32" } as const;
  const f = ({ a, b }: { a: NDArray; b: NDArray }): { s: NDArray; n: null } => ({ s: np.dot(a, b), n: null });
  expect(evalShape(f, { a: tall, b: { shape: [50_000], dtype: "float32" } })).toEqual({
    s: { shape: [40_000], dtype: "float32" },
    n: null,
  });
  expect(codeOf(() => evalShape(f, { a: tall, b: { shape: [3], dtype: "float32" } }))).toBe("ShapeMismatch");
  expect(codeOf(() => evalShape(f, { a: tall, b: { shape: [1.5], dtype: "float32" } }))).toBe("InvalidShape");
});
