/**
 * Rules of algebra: each applies in a program made for it and leaves what it says, and no bit changes over all pairs of
 * special values of every dtype, on every back end.
 */
import { describe, expect, test } from "vitest";
import { isFloat } from "../../src/array/dtype.ts";
import type { DType } from "../../src/array/dtype.ts";
import { scalar } from "../../src/array/ndarray.ts";
import type { ConcreteArray, NDArray } from "../../src/array/ndarray.ts";
import { optimize } from "../../src/compile/optimize.ts";
import { printJaxpr } from "../../src/ir/print.ts";
import type { Jaxpr } from "../../src/ir/jaxpr.ts";
import { validateJaxpr } from "../../src/ir/validate.ts";
import { families } from "../../ops/families.ts";
import { add, div, full, mul, neg, sub } from "../../ops/arithmetic.ts";
import { ge, lt, not } from "../../ops/comparison.ts";
import { dot } from "../../ops/contraction.ts";
import { convert } from "../../ops/conversion.ts";
import { exp, tanh } from "../../ops/exponential.ts";
import { abs } from "../../ops/extrema.ts";
import { broadcast, reduceSum, transpose } from "../../ops/shape.ts";
import { pad, reverse } from "../../ops/slicing.ts";
import { filled, jaxprOf, runOn } from "../backend/programs.ts";
import { ruleExamples } from "./rule-examples.ts";
import type { RuleExample } from "./rule-examples.ts";

const specialFloats: readonly number[] = [
  NaN,
  0,
  -0,
  1,
  -1,
  0.5,
  -2.5,
  3,
  Infinity,
  -Infinity,
  5e-324,
  -1e-310,
  1e-40,
  2 ** -126,
  3.4e38,
  1.7e308,
  16777217,
  1e300,
  2147483648.5,
  -7,
];
const specialWholes: readonly number[] = [0, 1, -1, 2, 3, 7, 2147483647, -2147483648, 4294967295, 16777217];

/** Two arrays of four rows that hold every pair of special values. */
const pairs = (dtype: DType): [ConcreteArray, ConcreteArray] => {
  const values = isFloat(dtype) ? specialFloats : specialWholes;
  const left = values.flatMap((value) => values.map(() => value));
  const right = values.flatMap(() => values);
  return [filled([4, left.length / 4], dtype, left), filled([4, left.length / 4], dtype, right)];
};

/** Equations as `d = mul a b`: without types, with the parameters that an expected line names. */
const equationsOf = (jaxpr: Jaxpr, expected: readonly string[]): string[] =>
  printJaxpr(jaxpr)
    .split("\n")
    .slice(1, -1)
    .map((line, k) => {
      const plain = line.trim().replaceAll(/:(float64|float32|int32|uint32|bool)(\[[\d,]*\])?~?/g, "");
      const wanted = /\[(\w+)=/.exec(expected[k] ?? "")?.[1];
      return wanted === undefined
        ? plain.replace(/^(\w+ = \w+)\[.*\](?= )/, "$1")
        : plain
            .replace(/ (?:limit|stride)=\[[\d,]*\]|(?:limit|stride)=\[[\d,]*\] /g, "")
            .replace(/ shape=\[[\d,]*\]/, "");
    });

const left = ({ left: lines }: RuleExample, dtype: DType): string[] => {
  const ones = dtype === "bool" ? "true" : dtype === "int32" ? "-1" : "4294967295";
  const bool = (line: string): string =>
    dtype === "bool" ? line.replace(/broadcast 0$/, "broadcast false").replace(/broadcast 1$/, "broadcast true") : line;
  return lines.map((line) =>
    bool(line)
      .replace("ones", ones)
      .replace(/ 0$/, dtype === "bool" ? " false" : " 0"),
  );
};

const cases = ruleExamples.flatMap((own) => own.dtypes.map((dtype) => [own.rule, dtype, own] as const));

describe("rules", () => {
  test.each(cases)("%s (%s)", (name, dtype, own) => {
    const [x, y] = pairs(dtype);
    const c = filled(x.shape, "bool", [1, 0, 0, 1, 1]);
    const inputs = [x, y, c];
    const jaxpr = jaxprOf((a, b, condition) => [own.program(a!, b!, condition!)], inputs);
    const applied = new Set<string>();
    const optimized = optimize(jaxpr, (rule) => applied.add(rule));
    validateJaxpr(optimized);
    expect(equationsOf(optimized, own.left)).toEqual(left(own, dtype));
    expect([...applied]).toContain(name);
    const wanted = runOn("interpreter", jaxpr, inputs);
    expect(runOn("interpreter", optimized, inputs)).toEqual(wanted);
    for (const backend of ["js", "wasm"] as const) expect(runOn(backend, jaxpr, inputs)).toEqual(wanted);
  });

  const rules = Object.values(families)
    .flat()
    .flatMap(({ simplify = [] }) => simplify);

  test("every rule of every primitive has an example, and a reason", () => {
    const examples = new Set(ruleExamples.map(({ rule }) => rule));
    for (const { name, reason } of rules) {
      expect(examples).toContain(name);
      expect(reason.length).toBeGreaterThan(5);
    }
    // Two rules are the compiler's.
    expect(examples.size).toBe(new Set(rules.map(({ name }) => name)).size + 2);
  });
});

describe("what no rule may do", () => {
  const [x, y] = pairs("float64");
  const kept: Readonly<Record<string, (x: NDArray, y: NDArray) => NDArray>> = {
    "x + 0 of floats, which turns -0": (a) => add(a, full(0, a.shape, "float64")),
    "x - (-0) of floats, which turns -0": (a) => sub(a, full(-0, a.shape, "float64")),
    "x 0 of floats, which may be NaN or -0": (a) => mul(a, full(0, a.shape, "float64")),
    "x - x of floats, which may be NaN": (a) => sub(a, a),
    "0 - x of floats, which is no negation of 0": (a) => sub(full(0, a.shape, "float64"), a),
    "-(x - y), which is no difference of equals": (a, b) => neg(sub(a, b)),
    "x / 3, whose reciprocal is not exact": (a) => div(a, full(3, a.shape, "float64")),
    "(x 2) 0.5, which may overflow": (a) => mul(mul(a, full(2, a.shape, "float64")), full(0.5, a.shape, "float64")),
    "a sum of a repeated row, which rounds otherwise than a product": (a) =>
      reduceSum(broadcast(a, { shape: [3, ...a.shape], axes: [1, 2] }), { axes: [0] }),
    "a sum of sums of floats": (a) => reduceSum(reduceSum(a, { axes: [1] }), { axes: [0] }),
  };

  test.each(Object.keys(kept))("%s, is left alone", (name) => {
    const jaxpr = jaxprOf((a, b) => [kept[name]!(a!, b!)], [x, y]);
    expect(optimize(jaxpr)).toBe(jaxpr);
  });

  test("quotients by powers of two become products where the reciprocal is a normal number, and nowhere else", () => {
    for (const dtype of ["float64", "float32"] as const)
      for (let k = -1080; k <= 1080; k++) {
        const [a] = pairs(dtype);
        const c = filled([], dtype, [2 ** k]).item();
        const jaxpr = jaxprOf((b) => [div(b!, full(c, b!.shape, dtype))], [a]);
        const least = dtype === "float64" ? -1022 : -126;
        const isProduct = optimize(jaxpr).equations.at(-1)?.primitive.name !== "div";
        expect(isProduct, `2^${k} ${dtype}`).toBe(k >= least && -k >= least);
        if (isProduct && k % 7 === 0)
          expect(runOn("interpreter", optimize(jaxpr), [a])).toEqual(runOn("interpreter", jaxpr, [a]));
      }
  });

  test("a transposed operand whose free axes would come out in another order stays", () => {
    const [a, b] = [filled([3, 3, 4], "float64", [1, 2, 3, 5]), filled([4], "float64", [5])];
    const product = (permutation: readonly number[], axis: number): Jaxpr =>
      jaxprOf(
        (left, right) => [dot(transpose(left!, { permutation }), right!, { contract: [[axis], [0]], batch: [[], []] })],
        [a, b],
      );
    expect(optimize(product([1, 0, 2], 2)).equations).toHaveLength(2);
    expect(optimize(product([2, 0, 1], 0)).equations).toHaveLength(1);
  });

  test.each<readonly [DType, DType, DType]>([
    ["int32", "float64", "uint32"],
    ["uint32", "float64", "int32"],
    ["uint32", "int32", "float64"],
    ["int32", "uint32", "float32"],
    ["int32", "float32", "float64"],
    ["int32", "float32", "int32"],
    ["uint32", "float32", "bool"],
    ["float64", "float32", "float64"],
    ["float64", "int32", "float64"],
    ["float32", "bool", "float32"],
  ])("a conversion from %s by way of %s to %s stays", (from, middle, to) => {
    const [a] = pairs(from);
    const jaxpr = jaxprOf(
      (b) => [convert(convert(b!, { dtype: middle, weakType: false }), { dtype: to, weakType: false })],
      [a],
    );
    expect(optimize(jaxpr)).toBe(jaxpr);
  });

  test("what was cut off and padded again is not what it was", () => {
    for (const padding of [
      [
        [-1, 0],
        [1, 0],
      ],
      [
        [0, -2],
        [0, 3],
      ],
      [
        [1, 1],
        [0, 0, 1],
      ],
    ] as const) {
      const jaxpr = jaxprOf(
        (a) => [
          padding.reduce<NDArray>(
            (b, [low, high, interior = 0]) =>
              pad(b, scalar(0), {
                padding: [
                  [low, high, interior],
                  [0, 0, 0],
                ],
              }),
            a!,
          ),
        ],
        [x],
      );
      expect(optimize(jaxpr)).toBe(jaxpr);
    }
  });

  test("the order of floats is not total, and a uint32 is its own magnitude", () => {
    const ordered = jaxprOf((a, b) => [not(lt(a!, b!)), not(ge(a!, b!))], [x, y]);
    expect(optimize(ordered)).toBe(ordered);
    const magnitude = jaxprOf((a) => [abs(neg(a!))], [pairs("uint32")[0]]);
    expect(optimize(magnitude)).toBe(magnitude);
  });

  test("large reductions of a repeated number are left to run time", () => {
    const sum = (size: number): Jaxpr =>
      jaxprOf((a) => [mul(a!, reduceSum(full(3, [size], "float64"), { axes: [0] }))], [scalar(2)]);
    expect(optimize(sum(1024)).equations).toHaveLength(1);
    expect(optimize(sum(1025)).equations).toHaveLength(3);
  });

  test("nothing is computed twice for the sake of a transpose", () => {
    const turned = (a: NDArray): NDArray => transpose(a, { permutation: [1, 0] });
    const jaxpr = jaxprOf(
      (a) => {
        const inner = exp(turned(a!));
        return [inner, turned(tanh(inner))];
      },
      [x],
    );
    expect(optimize(jaxpr)).toBe(jaxpr);
    const unread = jaxprOf(
      (a) => {
        const inner = exp(turned(a!));
        reverse(inner, { axes: [0] });
        return [turned(tanh(inner))];
      },
      [x],
    );
    expect(optimize(unread).equations.map(({ primitive }) => primitive.name)).toEqual(["exp", "tanh"]);
  });
});
