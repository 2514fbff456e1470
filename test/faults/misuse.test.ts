/**
 * Faults 1-13 and 17-18: wrong uses of the transforms are refused by a coded error that names what was seen.
 */
import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  array,
  checkpoint,
  cond,
  configure,
  counters,
  customJvp,
  customLinearSolve,
  customVjp,
  evalShape,
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
  switchCase,
  tree,
  valueAndGrad,
  vjp,
  vmap,
  whileLoop,
} from "cotangent";
import { gridMesh } from "cotangent/fem";
import * as linalg from "cotangent/linalg";
import * as nn from "cotangent/nn";
import * as np from "cotangent/numpy";
import * as random from "cotangent/random";
import { minimizeCompliance, problems } from "cotangent/topopt";
import { isDebugging } from "../../src/configure.ts";
import { isTracing } from "../../src/ir/trace.ts";
import { expectError, values } from "../semantics/support.ts";

const x3 = array([1, 2, 3]);

type AnyFunction = (...args: any[]) => any;

/** Each transform as a caller of a function of one array. */
const callers: Readonly<Record<string, (f: AnyFunction, x: NDArray) => unknown>> = {
  grad: (f, x) => grad(f)(x),
  valueAndGrad: (f, x) => valueAndGrad(f)(x),
  vjp: (f, x) => vjp(f, x),
  jvp: (f, x) => jvp(f, [x], [x]),
  linearize: (f, x) => linearize(f, x),
  vmap: (f, x) => vmap(f)(x),
  jit: (f, x) => jit(f)(x),
  jacfwd: (f, x) => jacfwd(f)(x),
  jacrev: (f, x) => jacrev(f)(x),
  makeJaxpr: (f, x) => makeJaxpr(f)(x),
  evalShape: (f, x) => evalShape(f, x),
};

/** A function under the name of another. */
const calledAs = (f: AnyFunction, own: AnyFunction): any => Object.defineProperty(own, "name", { value: f.name });

/** What else traces a function: loops, branches and functions with rules, each as such a caller. */
const holders: Readonly<Record<string, (f: AnyFunction, x: NDArray) => unknown>> = {
  checkpoint: (f, x) => checkpoint(f)(x),
  "jit of customVjp": (f, x) => jit(customVjp(f, { fwd: (y: NDArray) => [f(y), y], bwd: () => [null] }))(x),
  "jvp of customJvp": (f, x) => jvp(customJvp(f, { jvp: ([y]: [NDArray], [dy]: [NDArray]) => [f(y), dy] }), [x], [x]),
  scan: (f, x) =>
    scan(
      calledAs(f, (c: NDArray, _: null) => [c, f(c)]),
      x,
      null,
      { length: 2 },
    ),
  cond: (f, x) => cond(array(true), f as never, f as never, x),
  switchCase: (f, x) => switchCase(array(1, { dtype: "int32" }), [f as never, f as never], x),
  whileLoop: (f, x) =>
    whileLoop(
      (c: NDArray) => np.less(np.sum(c), 0),
      calledAs(f, (c: NDArray) => np.add(c, f(c))),
      x,
    ),
};

const shapes = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 3 });

test("1: grad of any output of rank > 0 throws GradNeedsScalar and names the shape", () => {
  fc.assert(
    fc.property(shapes, (shape) => {
      for (const transform of [grad, valueAndGrad])
        expectError(
          () => transform((x: NDArray) => np.mul(x, 2))(np.ones(shape)),
          "GradNeedsScalar",
          `float64[${shape.join(",")}]`,
        );
      expectError(
        () => grad((x: NDArray) => np.mul(np.sum(x), np.ones(shape)))(array(1)),
        "GradNeedsScalar",
        `float64[${shape.join(",")}]`,
      );
    }),
  );
});

test.each(["int32", "uint32", "bool"] as const)(
  "2: a derivative by %s names the leaf's path, in every transform that gives a gradient",
  (dtype) => {
    const tree1 = { a: [x3, { deep: array([1], { dtype }) }] };
    const f = (t: typeof tree1): NDArray => np.sum(t.a[0] as NDArray);
    for (const transform of [grad, valueAndGrad, jacfwd, jacrev, hessian] as const)
      expectError(() => (transform as AnyFunction)(f)(tree1), "NotDifferentiable", ".a[1].deep", `${dtype}[1]`);
  },
);

describe("3: a function that returns no arrays is named", () => {
  const outputs: readonly (readonly [string, AnyFunction, string])[] = [
    ["undefined", () => undefined, "undefined"],
    ["a string", () => "text", "string"],
    ["a promise", () => Promise.resolve(x3), "async"],
    ["an async function's result", async (x) => np.sum(x), "async"],
    ["a function", () => () => 1, "function"],
    ["a Map inside a list", (x) => [x, new Map()], "[1]"],
    ["an undefined entry of an object", (x) => ({ a: x, b: undefined }), ".b"],
    ["a bigint", () => 1n, "bigint"],
  ];

  test.each(outputs)("%s, by every transform", (_name, f, part) => {
    for (const call of Object.values(callers)) expectError(() => call(f, x3), "NotAnArray", part);
  });

  test.each(Object.keys(callers))("%s refuses to transform what is no function", (name) => {
    for (const bad of [undefined, null, 3, "sin", {}, x3])
      expect(() => callers[name]!(bad as never, x3)).toThrow(expect.objectContaining({ code: "InvalidOption" }));
  });
});

test("4: operators on a tracer throw TracerConversion under nested transforms too, and never take a branch", () => {
  const branching: readonly AnyFunction[] = [
    (x) => (x > 0 ? x : -x),
    // oxlint-disable-next-line eqeqeq -- the loose comparison is what is tested
    (x) => (x == 1 ? x : 0),
    (x) => x + 1,
    (x) => Number(x),
    (x) => {
      while (x < 3) x = np.add(x, 1);
      return x;
    },
  ];
  const nests: readonly ((f: AnyFunction) => unknown)[] = [
    (f) => jit(vmap(f))(x3),
    (f) => grad(jit(f))(array(1)),
    (f) => jit(grad(f))(array(1)),
    (f) => vmap(grad(f))(x3),
    (f) => grad((y: NDArray) => np.sum(vmap(f)(y)))(x3),
    (f) => jit(jit(f))(array(1)),
    (f) => jvp((y: NDArray) => grad(f)(y), [array(1)], [array(1)]),
  ];
  for (const f of branching) for (const nest of nests) expectError(() => nest(f), "TracerConversion");
  expect(isTracing()).toBe(false);
});

test("5: a tracer is no index of a list and no key of an object", () => {
  for (const call of Object.values(callers)) {
    expectError(() => call((x) => [1, 2, 3][x], array([1])), "TracerConversion");
    expectError(() => call((x) => ({ [x]: 1 }), array([1])), "TracerConversion");
    expectError(() => call((x) => new Map([["k", 1]]).get(`${x}`), array([1])), "TracerConversion");
  }
});

describe("6: a tracer of one transform, kept and used inside another, is refused by the name of its function", () => {
  const inner = Object.entries({ ...callers, ...holders });
  test.each(inner)("kept by %s", (_name, keep) => {
    for (const [, use] of inner) {
      let kept: NDArray | null = null;
      try {
        keep(
          function thief(x: NDArray) {
            kept = x;
            return np.sum(x);
          },
          np.ones([3]),
        );
      } catch {
        // what counts is the tracer it kept
      }
      expect(kept).not.toBeNull();
      expectError(() => use((x) => np.sum(np.add(x, np.sum(kept!))), x3), "LeakedTracer", "thief");
    }
    expect(isTracing()).toBe(false);
  });
});

test("7: JSON and the console show a tracer as short text", () => {
  const seen: string[] = [];
  jit((x: NDArray) => {
    seen.push(JSON.stringify({ x }), inspect(x), inspect({ deep: [x] }), x.toString());
    return x;
  })(np.ones([2, 3], { dtype: "float32" }));
  expect(seen).toMatchInlineSnapshot(`
    [
      "{"x":"Traced<float32[2,3]>"}",
      "Traced<float32[2,3]>",
      "{ deep: [ Traced<float32[2,3]> ] }",
      "Traced<float32[2,3]>",
    ]
  `);
});

// --- Fault 8 ----------------------------------------------------------------------------------

type Leafy = number | null | Leafy[] | { [key: string]: Leafy };

/** Shapes of trees; numbers are lengths of the arrays at the leaves. */
const trees: fc.Arbitrary<Leafy> = fc.letrec<{ tree: Leafy; list: Leafy[]; object: { [key: string]: Leafy } }>(
  (tie) => ({
    tree: fc.oneof({ maxDepth: 3 }, fc.integer({ min: 0, max: 2 }), fc.constant(null), tie("list"), tie("object")),
    list: fc.array(tie("tree"), { maxLength: 3 }),
    object: fc.dictionary(fc.constantFrom("a", "b", "c"), tie("tree"), { maxKeys: 3 }),
  }),
).tree;

const fill = (node: Leafy, value: number): unknown => {
  if (node === null) return null;
  if (typeof node === "number") return np.full([node], value);
  if (Array.isArray(node)) return node.map((child, k) => fill(child, value + k));
  return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, fill(child, value * 2)]));
};

test("8: jit traces each structure once and never answers with another one's program", () => {
  fc.assert(
    fc.property(fc.array(trees, { minLength: 1, maxLength: 5 }), (list) => {
      const weigh = (t: unknown): unknown => tree.map((x: NDArray) => np.mul(x, 3), t);
      const jitted = jit((t: unknown) => ({ out: weigh(t), count: tree.flatten(t).leaves.length }));
      const before = counters().traces;
      const structures = new Set<string>();
      for (const [k, node] of [...list, ...list].entries()) {
        const argument = fill(node, k + 1);
        const { leaves, treedef } = tree.flatten(argument);
        structures.add(`${treedef.text} ${leaves.map((leaf) => (leaf as NDArray).shape.join()).join(";")}`);
        const seen = jitted(argument);
        expect(tree.map((x: NDArray) => x.toList(), seen.out)).toEqual(
          tree.map((x: NDArray) => x.toList(), weigh(argument)),
        );
        expect((seen.count as unknown as NDArray).item()).toBe(leaves.length);
      }
      expect(counters().traces - before).toBe(structures.size);
    }),
    { numRuns: 60 },
  );
});

test("9: trees whose structure must agree and does not are shown both", () => {
  expectError(
    () => jvp((t: { a: NDArray }) => t.a, [{ a: x3 }], [{ b: x3 }] as never),
    "TreeMismatch",
    '{"a":*}',
    '{"b":*}',
  );
  expectError(() => vjp((x: NDArray) => [x, x], x3)[1](x3 as never), "TreeMismatch", "[*,*]", "*");
  expectError(() => tree.map(() => 0, [1, 2], [1]), "TreeMismatch", "[*,*]", "[*]");
  expectError(() => vmap((t: NDArray[]) => t[0]!, { inAxes: [[0, 0]] })([x3]), "TreeMismatch", "[*]");
});

test("9: branches and loop bodies whose trees depend on a value are shown both, eager and jitted", () => {
  const branching = (p: NDArray): unknown =>
    cond(
      p,
      () => ({ a: x3 }) as never,
      () => [x3, x3] as never,
    );
  const looping = (x: NDArray): unknown => scan((c: NDArray) => [{ c }, null] as never, x, null, { length: 2 });
  const waiting = (x: NDArray): unknown =>
    whileLoop(
      (c: NDArray) => np.less(c, 1),
      (c: NDArray) => [c, c] as never,
      x,
    );
  const tables: readonly (readonly [(x: NDArray) => unknown, NDArray, string, readonly string[]])[] = [
    [branching, array(true), "TreeMismatch", ['{"a":*}', "[*,*]"]],
    [looping, array(1), "CarryMismatch", ['{"c":*}', "*"]],
    [waiting, array(0), "CarryMismatch", ["[*,*]", "*"]],
  ];
  for (const [f, x, code, parts] of tables) {
    expectError(() => f(x), code, ...parts);
    expectError(() => jit(f)(x), code, ...parts);
    expectError(() => makeJaxpr(f)(x), code, ...parts);
  }
  expectError(() => switchCase(1, [() => x3, () => ({ x: x3 }) as never]), "TreeMismatch", '{"x":*}', "*");
  expect(isTracing()).toBe(false);
});

test("10: argnums that are fractional, repeated or beyond either end are refused, wherever positions are given", () => {
  const f = (x: NDArray, y: NDArray): NDArray => np.sum(np.mul(x, y));
  for (const argnums of [-3, 2, 0.5, NaN, Infinity, 1e9, [0, 0], [0, 2], [-1, 1], [-3, 0], [1, 0.5]] as const) {
    for (const transform of [grad, valueAndGrad, jacfwd, jacrev, hessian] as const)
      expectError(() => (transform as AnyFunction)(f, { argnums })(x3, x3), "InvalidArgnums");
    expectError(() => jit(f, { staticArgnums: argnums })(x3, x3), "InvalidArgnums");
    expectError(
      () =>
        customVjp(f, { fwd: (x: NDArray, y: NDArray) => [f(x, y), [x, y]], bwd: () => [], staticArgnums: argnums })(
          x3,
          x3,
        ),
      "InvalidArgnums",
    );
  }
  expect(values((grad(f, { argnums: [1, 0] })(x3, array([4, 5, 6])) as NDArray[])[0]!)).toEqual([1, 2, 3]);
});

describe("11: vmap", () => {
  test("with mapped axes of different sizes lists every size", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 2, maxLength: 4 }), (sizes) => {
        fc.pre(new Set(sizes).size > 1);
        const call = (): unknown => vmap((...all: NDArray[]) => all[0]!)(...sizes.map((size) => np.zeros([size])));
        expectError(call, "BatchSize", ...sizes.map((size, k) => `[${k}] has ${size}`));
      }),
    );
  });

  test("refuses an axis out of range, a fractional one, none at all, and a list of another length", () => {
    expectError(() => vmap((x: NDArray) => x, { inAxes: 1 })(x3), "BatchSize", "axis 1", "[3]");
    expectError(() => vmap((x: NDArray) => x, { inAxes: -2 })(x3), "BatchSize", "axis -2");
    expectError(() => vmap((x: NDArray) => x)(array(1)), "BatchSize");
    expectError(() => vmap((x: NDArray) => x)(1 as never), "BatchSize");
    expectError(() => vmap((x: NDArray) => x, { inAxes: null })(x3), "BatchSize", "no argument");
    expectError(
      () => vmap((x: NDArray, y: NDArray) => np.add(x, y), { inAxes: [null, null] })(x3, x3),
      "BatchSize",
      "no argument",
    );
    expectError(() => vmap(() => x3)(), "BatchSize", "no argument");
    expectError(() => vmap((x: NDArray) => x, { inAxes: 0.5 })(x3), "InvalidOption", "0.5");
    expectError(() => vmap((x: NDArray) => x, { inAxes: [0, 0] })(x3), "TreeMismatch", "2 entries for 1");
    expectError(() => vmap((x: NDArray) => x, { outAxes: 2 })(x3), "BatchSize", "outAxes 2");
    expectError(() => vmap((x: NDArray) => x, { outAxes: null })(x3), "BatchSize", "outAxes");
    expect(vmap((_x: NDArray) => array(7), { outAxes: null })(x3).item()).toBe(7);
  });
});

test("13: forward mode through a function with a reverse rule is refused, by each forward transform", () => {
  const f = customVjp(
    function onlyReverse(x: NDArray) {
      return np.square(x);
    },
    { fwd: (x: NDArray) => [np.square(x), x], bwd: (x: NDArray, g: NDArray) => [np.mul(g, np.mul(2, x))] },
  );
  const one = array(1);
  for (const call of [
    () => jvp(f, [one], [one]),
    () => linearize(f, one)[1](one),
    () => jacfwd(f)(one),
    () => jit((x: NDArray) => jvp(f, [x], [x]))(one),
    () => vmap((x: NDArray) => jvp(f, [x], [x]))(x3),
  ])
    expectError(call, "ForwardModeOfCustomVjp", "onlyReverse");
  expect(grad(f)(one).item()).toBe(2);
});

describe("17: transforms called from a host function inside a compiled one", () => {
  const cubeSlope = (x: NDArray, depth: number): NDArray => {
    if (depth === 0) return grad((y: NDArray) => np.pow(y, 3))(x);
    return jit((y: NDArray) => pureCallback((z: NDArray) => cubeSlope(z, depth - 1), { shape: [] }, [y]) as NDArray)(x);
  };

  test.each([0, 1, 2, 3, 4, 5])("work at depth %i, and leave the trace clean", (depth) => {
    expect(cubeSlope(array(2), depth).item()).toBe(12);
    expect(isTracing()).toBe(false);
  });

  test("pass an error on from any depth, and leave the trace clean", () => {
    const failing = (x: NDArray, depth: number): NDArray =>
      jit(
        (y: NDArray) =>
          pureCallback(
            (z: NDArray) => {
              if (depth === 0) throw new RangeError("mine");
              return failing(z, depth - 1);
            },
            { shape: [] },
            [y],
          ) as NDArray,
      )(x);
    for (let depth = 0; depth < 5; depth++) expect(() => failing(array(1), depth)).toThrow("mine");
    expect(isTracing()).toBe(false);
    expect(cubeSlope(array(2), 2).item()).toBe(12);
  });
});

test("18: an unknown option is named with its nearest neighbour, a known one with a wrong value is refused", () => {
  const f = (x: NDArray): NDArray => np.sum(x);
  const wrong: (readonly [() => unknown, string, string])[] = [
    [() => grad(f, { argnum: 0 } as never), "argnum", "argnums"],
    [() => grad(f, { has_aux: true } as never), "has_aux", "hasAux"],
    [() => valueAndGrad(f, { hasaux: true } as never), "hasaux", "hasAux"],
    [() => jit(f, { staticArgnum: 1 } as never), "staticArgnum", "staticArgnums"],
    [() => jit(f, { backends: "js" } as never), "backends", "backend"],
    [() => vmap(f, { inAxis: 0 } as never), "inAxis", "inAxes"],
    [() => vmap(f, { outAxis: 0 } as never), "outAxis", "outAxes"],
    [() => jvp(f, [x3], [x3], { hasAx: true } as never), "hasAx", "hasAux"],
    [() => jacfwd(f, { argNums: 0 } as never), "argNums", "argnums"],
    [() => jacrev(f, { allowint: true } as never), "allowint", "allowInt"],
    [() => customVjp(f, { fwd: f, bwd: f, staticArgNums: 0 } as never), "staticArgNums", "staticArgnums"],
    [() => array([1], { dType: "float32" } as never), "dType", "dtype"],
    [() => np.sum(x3, { keepDims: true } as never), "keepDims", "keepdims"],
    [() => np.sum(x3, { axes: 0 } as never), "axes", "axis"],
  ];
  const body = (c: NDArray): readonly [NDArray, null] => [c, null];
  wrong.push(
    [() => hessian(f, { argNums: 0 } as never), "argNums", "argnums"],
    [() => scan(body, x3, null, { lenght: 2 } as never), "lenght", "length"],
    [() => checkpoint(f, { policies: null } as never), "policies", "policy"],
    [() => customJvp(f, { jvp: f, symbolicZeroes: true } as never)(x3), "symbolicZeroes", "symbolicZeros"],
    [() => pureCallback(f, { shape: [] }, [x3], { vectorised: "batched" } as never), "vectorised", "vectorized"],
    [() => customLinearSolve(f, x3, f as never, { symetric: true } as never), "symetric", "symmetric"],
    [() => configure({ maxElement: 1 } as never), "maxElement", "maxElements"],
    [() => np.sort(x3, { decending: true } as never), "decending", "descending"],
    [() => x3.at(array([0], { dtype: "int32" })).get({ mod: "clip" } as never), "mod", "mode"],
    [() => linalg.cholesky(np.eye(2), { uper: true } as never), "uper", "upper"],
    [() => random.bits(random.key(0), 2, { with: 8 } as never), "with", "width"],
    [() => nn.logsumexp(x3, { keepDims: true } as never), "keepDims", "keepdims"],
    [() => gridMesh({ nelx: 1, nely: 1, sizes: [1, 1] } as never), "sizes", "size"],
    [
      () => minimizeCompliance(problems.mbb({ nelx: 2, nely: 2 }), { volumefraction: 0.5 } as never),
      "volumefraction",
      "volumeFraction",
    ],
  );
  for (const [call, key, nearest] of wrong) expectError(call, "UnknownOption", `"${key}"`, `"${nearest}"`);
  for (const options of [null, 3, "axis", [0]]) expectError(() => grad(f, options as never), "InvalidOption");
  expectError(() => jit(f, { backend: "cuda" as never }), "InvalidOption", "cuda", "wasm");
});

test("settings of a wrong kind are refused, and change nothing", () => {
  const wrong = { maxElements: "100", onNotice: 5, onPrint: "console", debug: 1, threads: "2", relaxed: null };
  for (const [name, value] of Object.entries(wrong))
    expectError(() => configure({ debug: true, [name]: value } as never), "InvalidOption", name);
  expect(isDebugging()).toBe(false);
  expect(np.zeros([101]).size).toBe(101);
});
