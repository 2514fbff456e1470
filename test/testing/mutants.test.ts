/**
 * The checks see what is wrong: right primitives pass every law, and each of a list of wrong rules - sign, factor, term,
 * transposition, missing sum, off by one, batch axis, dtype, lowering - breaks one. The mutation score is the last test.
 */
import { afterAll, describe, expect, test } from "vitest";
import { array, authoring, jit } from "cotangent";
import type { CotangentError, NDArray } from "cotangent";
import * as np from "cotangent/numpy";
import * as ops from "cotangent/ops";
import { checkJit, checkLaws, checkVmap } from "cotangent/testing/properties";
import type { Reference } from "cotangent/testing/properties";
import { createArray } from "../../src/array/create.ts";
import type { ConcreteArray } from "../../src/array/ndarray.ts";
import type { Primitive } from "../../src/ir/primitive.ts";
import { references } from "../laws/references.ts";

const { add, mul, neg, sub } = ops.arithmetic;
const { cos, sin } = ops.trigonometric;
const { broadcast, reduceSum, transpose } = ops.shape;
const { slice, pad, reverse } = ops.slicing;
const { dot } = ops.contraction;
const { binaryExpression, elementwise, unaryExpression } = authoring;

const seed = 11;

const half = (x: NDArray): NDArray => np.mul(x, 0.5);

/** The record with some rules replaced. */
const mutated = (record: Primitive, rules: WrongRules): Primitive => ({ ...record, ...rules });

type Loose = (...parts: any[]) => any;

/** Rules whose types are as wrong as their meaning may be. */
type WrongRules = { readonly [K in "evaluate" | "abstractEval" | "jvp" | "transpose" | "batch"]?: Loose } & {
  readonly lower?: Primitive["lower"];
};

const asFloat64 = (x: NDArray): ConcreteArray => createArray(x, { dtype: "float64" });

type Mutant = readonly [what: string, record: Primitive];

const mutants: readonly Mutant[] = [
  [
    "sin: tangent of the opposite sign",
    mutated(sin.primitive, { jvp: ([x], [dx]) => [sin(x), neg(mul(dx as NDArray, cos(x)))] }),
  ],
  [
    "sin: tangent twice as large",
    mutated(sin.primitive, {
      jvp: ([x], [dx]) => [sin(x), mul(mul(dx as NDArray, cos(x)), np.full(dx.shape, 2, { dtype: dx.dtype }))],
    }),
  ],
  ["sin: tangent by sine", mutated(sin.primitive, { jvp: ([x], [dx]) => [sin(x), mul(dx as NDArray, sin(x))] })],
  [
    "sin: derivative stopped, so wrong from the second order",
    mutated(sin.primitive, { jvp: ([x], [dx]) => [sin(x), mul(dx as NDArray, ops.conversion.stopGradient(cos(x)))] }),
  ],
  ["sin: tangent is a symbolic zero", mutated(sin.primitive, { jvp: ([x]) => [sin(x), authoring.zero(x)] })],
  ["sin: value by another function", mutated(sin.primitive, { evaluate: ([x]) => authoring.mapUnary(Math.tan, x) })],
  [
    "sin: float32 stored as float64",
    mutated(sin.primitive, { evaluate: ([x]) => sin.primitive.evaluate([asFloat64(x)], {}) }),
  ],
  [
    "sin: abstractEval always says float64",
    mutated(sin.primitive, { abstractEval: ([x]) => ({ shape: x.shape, dtype: "float64" }) }),
  ],
  [
    "sin: abstractEval drops an axis",
    mutated(sin.primitive, { abstractEval: ([x]) => ({ shape: x.shape.slice(1), dtype: x.dtype }) }),
  ],
  [
    "sin: compiled to its negative",
    mutated(sin.primitive, { lower: elementwise(([x]) => unaryExpression("neg", x!)) }),
  ],
  [
    "sin: tangent of another dtype",
    mutated(sin.primitive, {
      jvp: ([x], [dx]) => [
        sin(x),
        ops.conversion.convert(mul(dx as NDArray, cos(x)), { dtype: "float32", weakType: false }),
      ],
    }),
  ],
  ["sin: batch rule loses the axis", mutated(sin.primitive, { batch: ([x], [dim]) => [sin(x), dim === 0 ? 0 : 0] })],
  [
    "sin: a transpose of a function that is not linear",
    mutated(sin.primitive, { transpose: ([ct]) => [ct as NDArray] }),
  ],
  [
    "mul: product rule without its second term",
    mutated(mul.primitive, {
      jvp: ([x, y], [dx, dy]) => [mul(x, y), authoring.isZero(dx) ? mul(x, dy as NDArray) : mul(dx as NDArray, y)],
    }),
  ],
  [
    "sub: both cotangents positive",
    mutated(sub.primitive, {
      transpose: (cts, inputs) =>
        (sub.primitive.transpose(cts, inputs, {}) as (NDArray | null)[]).map((ct) => (ct === null ? null : np.abs(ct))),
    }),
  ],
  [
    "transpose: permuted instead of inversely permuted",
    mutated(transpose.primitive, { transpose: (cts, _x, params) => [transpose(cts[0] as NDArray, params)] }),
  ],
  [
    "transpose: batch rule permutes the mapped axis too",
    mutated(transpose.primitive, {
      batch: ([x], [dim], { permutation }) => [
        transpose(x, { permutation: [...permutation.map((axis: number) => axis + (axis >= dim! ? 1 : 0)), dim!] }),
        dim,
      ],
    }),
  ],
  [
    "broadcast: cotangent without the sum over a repeated axis",
    mutated(broadcast.primitive, {
      transpose: ([ct], [x], params) => {
        const right = broadcast.primitive.transpose([ct!], [x], params)[0] as NDArray;
        const repeats = (ct as NDArray).size / Math.max(1, right.size);
        return [np.div(right, Math.max(1, repeats))];
      },
    }),
  ],
  [
    "reduceSum: cotangent averaged instead of repeated",
    mutated(reduceSum.primitive, {
      transpose: (cts, inputs, params) => [half(reduceSum.primitive.transpose(cts, inputs, params)[0] as NDArray)],
    }),
  ],
  [
    "slice: starts one too late",
    mutated(slice.primitive, {
      evaluate: ([x], params) =>
        reverse(slice.primitive.evaluate([x], params) as NDArray, {
          axes: x.shape.map((_: number, axis: number) => axis),
        }),
    }),
  ],
  [
    "slice: cotangent shifted by one",
    mutated(slice.primitive, {
      transpose: (cts, inputs, params) => {
        const right = slice.primitive.transpose(cts, inputs, params)[0] as NDArray;
        return [np.roll(right, 1)];
      },
    }),
  ],
  [
    "reverse: compiled without reversing",
    mutated(reverse.primitive, { lower: { kind: "view", view: (view) => view } }),
  ],
  ["reverse: cotangent not reversed", mutated(reverse.primitive, { transpose: ([ct]) => [ct!] })],
  [
    "pad: batch rule pads the mapped axis' neighbour",
    mutated(pad.primitive, {
      batch: (inputs, dims, params, context) => {
        const [out, dim] = pad.primitive.batch(inputs, dims, params, context) as [NDArray, number];
        return [reverse(out, { axes: [dim] }), dim];
      },
    }),
  ],
  [
    "dot: second cotangent of the wrong sign",
    mutated(dot.primitive, {
      transpose: (cts, inputs, params) => {
        const [left, right] = dot.primitive.transpose(cts, inputs, params) as [NDArray | null, NDArray | null];
        return [left, right === null ? null : neg(right)];
      },
    }),
  ],
  [
    "dot: derivative by the first operand only",
    mutated(dot.primitive, {
      jvp: ([x, y], [dx, dy], params, context) =>
        dot.primitive.jvp([x, y], [dx, authoring.isZero(dx) ? dy : authoring.zero(y)], params, context),
    }),
  ],
  [
    "add: compiled to subtraction",
    mutated(add.primitive, { lower: elementwise(([x, y]) => binaryExpression("sub", x!, y!)) }),
  ],
  [
    "abs: slope at every point",
    mutated(ops.extrema.abs.primitive, { jvp: ([x], [dx]) => [ops.extrema.abs(x), dx as NDArray] }),
  ],
  [
    "floor: a tangent where there is none",
    mutated(ops.rounding.floor.primitive, { jvp: ([x], [dx]) => [ops.rounding.floor(x), dx as NDArray] }),
  ],
  [
    "argmax: a tangent for an integer",
    mutated(ops.extrema.argmax.primitive, {
      jvp: ([x], [dx], params) => {
        const out = ops.extrema.argmax(x, params);
        return [out, reduceSum(dx as NDArray, { axes: [params.axis] })];
      },
    }),
  ],
];

/** Every primitive of the library passes in test/laws; here a few show what the report says. */
const right: readonly Primitive[] = [sin.primitive, mul.primitive, transpose.primitive, ops.extrema.argmax.primitive];

const optionsFor = ({ name }: Primitive): { seed: number; reference?: Reference } => {
  const reference = references[name];
  return reference === undefined ? { seed } : { seed, reference };
};

describe("checkLaws", () => {
  test.each(right.map((record) => [record.name, record] as const))("accepts %s", (_name, record) => {
    const { held, leftOut, worstDerivativeError } = checkLaws(record, optionsFor(record));
    expect(held.length + Object.keys(leftOut).length).toBe(17);
    expect(held).toContain("evaluates to its definition");
    if (worstDerivativeError !== null) expect(worstDerivativeError).toBeLessThan(1e-6);
  });

  const caught: string[] = [];

  test.each(mutants)("refuses %s", (what, record) => {
    let refusal: CotangentError | null = null;
    try {
      checkLaws(record, optionsFor(record));
    } catch (error) {
      refusal = error as CotangentError;
    }
    expect(refusal?.code, String(refusal)).toBe("LawViolation");
    expect(refusal!.message).toMatch(new RegExp(`${record.name}[^]*seed: ${seed}`));
    caught.push(what);
  });

  afterAll(() => expect(caught.length, "mutation score").toBe(mutants.length));

  test("names that are no laws, and things that are no primitives, are refused", () => {
    expect(() => checkLaws(sin, { only: ["is pretty"] })).toThrow(/law "is pretty"/);
    expect(() => checkLaws((x: NDArray) => x)).toThrow(/no primitive/);
    expect(() => checkLaws(jit)).toThrow(/no primitive/);
    expect(() => checkLaws(ops.callback.family[0])).toThrow(/no sample/);
    expect(() => checkLaws(sin, { runs: 0 })).toThrow(/runs 0/);
    expect(() => checkLaws(sin, { backends: ["gpu" as never] })).toThrow(/backend "gpu"/);
  });

  test("laws that say nothing about a primitive are listed with the reason", () => {
    const { leftOut } = checkLaws(ops.comparison.not, { runs: 5, seed });
    expect(leftOut["transpose answers in the types of its inputs"]).toBe("it is not linear");
    expect(leftOut["jvp is the limit of differences"]).toMatch(/no application maps floats to floats/);
  });
});

describe("checkVmap", () => {
  const wrongBatch = authoring.definePrimitive<[NDArray]>({
    ...(sin.primitive as Primitive<[NDArray]>),
    batch: ([x], [dim]) => [reverse(sin(x), { axes: [dim!] }), dim],
  });
  const matrix = array([
    [1, 2, 3],
    [4, 5, 6],
  ]);

  test("accepts what is right, along any axes, in trees, with examples made or given", () => {
    const f = (p: { a: NDArray; b: NDArray }, y: NDArray): unknown => [np.dot(p.a, y), { c: np.sum(p.b) }];
    const p = {
      a: array([1, 2]),
      b: array([
        [1, 2],
        [3, 4],
      ]),
    };
    expect(checkVmap(f, [p, array([3, 4])], { size: 4, inAxes: [{ a: 0, b: 1 }, null] }).examples).toBe(4);
    expect(checkVmap((x: NDArray) => np.sum(x), [matrix], { inAxes: [-1] })).toEqual({ examples: 3, worst: 0 });
  });

  test("refuses a batch rule that turns the examples round", () => {
    expect(() => checkVmap((x: NDArray) => wrongBatch(x), [matrix])).toThrow(/example 0/);
  });

  test("refuses a function that depends on more than its example", () => {
    let calls = 0;
    expect(() => checkVmap((x: NDArray) => np.mul(x, ++calls), [matrix])).toThrow(/LawViolation|example/);
  });

  test("refuses bad options by name", () => {
    expect(() => checkVmap((x: NDArray) => x, [matrix], { size: 0 })).toThrow(/size 0/);
    expect(() => checkVmap((x: NDArray) => x, [matrix], { axes: 0 } as never)).toThrow(/option "axes"/);
    expect(() => checkVmap((x: NDArray) => x, [matrix], { inAxes: null })).toThrow(/no argument is mapped/);
  });
});

describe("checkJit", () => {
  const x = array([0.5, 1, 2]);
  const wrongLowering = authoring.definePrimitive<[NDArray]>({
    ...(sin.primitive as Primitive<[NDArray]>),
    lower: elementwise(([operand]) => unaryExpression("neg", operand!)),
  });

  test("accepts what is right, on every back end", () => {
    expect(checkJit((y: NDArray, k: number) => ({ a: np.sin(y), b: np.mul(y, k) }), [x, 2]).worst).toEqual({
      wasm: 0,
      js: 0,
      interpreter: 0,
    });
  });

  test.each(["wasm", "js"] as const)("refuses a lowering that differs, on %s", (backend) => {
    expect(() => checkJit((y: NDArray) => wrongLowering(y), [x], { backends: [backend] })).toThrow(`on ${backend}`);
  });

  test("refuses a function that depends on more than its arguments", () => {
    let calls = 0;
    expect(() => checkJit((y: NDArray) => np.mul(y, ++calls), [x])).toThrow(/element 0/);
  });

  test("refuses a value frozen at the first call", () => {
    const seen: NDArray[] = [];
    const frozen = (y: NDArray): NDArray => {
      seen.push(y);
      return np.add(y, seen[0]!.size === 3 && seen.length > 1 ? 1 : 0);
    };
    expect(() => checkJit(frozen, [x])).toThrow(/LawViolation|element 0/);
  });

  test("refuses a second call that compiles again", () => {
    expect(() => checkJit((y: NDArray) => y, [x], { otherArgs: [array([1, 2])] })).toThrow(/made 1 traces/);
  });
});
