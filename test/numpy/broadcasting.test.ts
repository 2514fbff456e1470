/**
 * Elementwise functions broadcast and promote by NumPy's rules, element by element; they work as functions,
 * data-last in pipe, and as chain methods.
 */
import fc from "fast-check";
import { pipe } from "fp-ts/lib/function.js";
import { describe, expect, test } from "vitest";
import { array, grad, jit, NDArray } from "cotangent";
import type { DType } from "cotangent";
import * as np from "cotangent/numpy";
import { arraysOf, arrays, broadcastable, build, elementAt } from "./arbitraries.ts";

type Scalar2 = (x: number, y: number) => number;

const truncatedRemainder: Scalar2 = (x, y) => x - y * Math.trunc(x / y);
const flooredRemainder: Scalar2 = (x, y) => x - y * Math.floor(x / y);

const binaries: readonly (readonly [name: string, f: np.BinaryFunction, reference: Scalar2])[] = [
  ["add", np.add, (x, y) => x + y],
  ["sub", np.sub, (x, y) => x - y],
  ["mul", np.mul, (x, y) => x * y],
  ["maximum", np.maximum, (x, y) => (x > y ? x : y)],
  ["minimum", np.minimum, (x, y) => (x < y ? x : y)],
  ["equal", np.equal, (x, y) => (x === y ? 1 : 0)],
  ["notEqual", np.notEqual, (x, y) => (x === y ? 0 : 1)],
  ["less", np.less, (x, y) => (x < y ? 1 : 0)],
  ["lessEqual", np.lessEqual, (x, y) => (x <= y ? 1 : 0)],
  ["greater", np.greater, (x, y) => (x > y ? 1 : 0)],
  ["greaterEqual", np.greaterEqual, (x, y) => (x >= y ? 1 : 0)],
  ["logicalAnd", np.logicalAnd, (x, y) => (x !== 0 && y !== 0 ? 1 : 0)],
  ["logicalOr", np.logicalOr, (x, y) => (x !== 0 || y !== 0 ? 1 : 0)],
  ["logicalXor", np.logicalXor, (x, y) => ((x !== 0) !== (y !== 0) ? 1 : 0)],
];

const divisions: typeof binaries = [
  ["div", np.div, (x, y) => x / y],
  ["remainder", np.remainder, flooredRemainder],
  ["fmod", np.fmod, truncatedRemainder],
  ["floorDivide", np.floorDivide, (x, y) => Math.floor(x / y)],
];

const pairs = broadcastable(2).chain(({ common, shapes: [left, right] }) =>
  fc.tuple(arraysOf(left!), arraysOf(right!)).map(([x, y]) => ({ common, x, y })),
);

const close = (seen: NDArray, wanted: NDArray): void => {
  expect(seen.shape).toEqual(wanted.shape);
  expect(
    np.allclose(seen, wanted, { rtol: 1e-14, atol: 1e-14, equalNan: true }).item(),
    `${seen.toString()} against ${wanted.toString()}`,
  ).toBe(1);
};

describe.each([...binaries, ...divisions])("%s", (name, f, reference) => {
  const isDivision = divisions.some(([other]) => other === name);
  const operand = (y: NDArray): NDArray => (isDivision ? np.where(y.equal(0), 1.25, y) : y);

  test("applies its definition to every pair of broadcast elements", () => {
    fc.assert(
      fc.property(pairs, ({ common, x, y: given }) => {
        const y = operand(given);
        const wanted = build(common, (place) => reference(elementAt(x, place), elementAt(y, place)));
        close(f(x, y).astype("float64"), wanted);
      }),
      { numRuns: 40 },
    );
  });

  test("is the same data-last, with numbers, and compiled", () => {
    fc.assert(
      fc.property(arrays(), fc.constantFrom(-2.5, 1, 3), (x, y) => {
        const wanted = f(x, y).toString();
        expect(f(y)(x).toString()).toBe(wanted);
        expect(pipe(x, f(y)).toString()).toBe(wanted);
        expect(pipe(x, f(array(y))).toString()).toBe(wanted);
        expect(jit(f(y))(x).toString()).toBe(wanted);
      }),
      { numRuns: 10 },
    );
  });
});

const dtypes: readonly DType[] = ["bool", "int32", "uint32", "float32", "float64"];

test("the dtype of a result depends on the dtypes alone, symmetrically", () => {
  for (const left of dtypes) {
    for (const right of dtypes) {
      const [x, y] = [np.ones(2, { dtype: left }), np.ones([2, 1], { dtype: right })];
      for (const f of [np.add, np.mul, np.maximum]) {
        expect(f(x, y).dtype).toBe(f(y, x).dtype);
        expect(jit((a: NDArray, b: NDArray) => f(a, b))(x, y).dtype).toBe(f(x, y).dtype);
      }
      expect(np.less(x, y).dtype).toBe("bool");
      expect(np.div(x, y).dtype).toMatch(/^float/);
    }
  }
});

test("float32 arithmetic is float64 arithmetic rounded once", () => {
  fc.assert(
    fc.property(fc.array(fc.float({ noNaN: true }), { minLength: 2, maxLength: 2 }), ([x, y]) => {
      const single = (value: number): NDArray => array(value, { dtype: "float32" });
      expect(np.mul(single(x!), single(y!)).item()).toBe(Math.fround(x! * y!));
      expect(np.add(single(x!), single(y!)).item()).toBe(Math.fround(x! + y!));
      expect(np.div(single(x!), single(y!)).item()).toBe(Math.fround(x! / y!));
    }),
  );
});

test("int32 and uint32 wrap modulo 2^32", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer(), (x, y) => {
      const [left, right] = [array(x, { dtype: "int32" }), array(y, { dtype: "int32" })];
      expect(np.add(left, right).item()).toBe(Number(BigInt.asIntN(32, BigInt(x) + BigInt(y))));
      expect(np.mul(left, right).item()).toBe(Number(BigInt.asIntN(32, BigInt(x) * BigInt(y))));
      const [first, second] = [array(x >>> 0, { dtype: "uint32" }), array(y >>> 0, { dtype: "uint32" })];
      expect(np.sub(first, second).item()).toBe(Number(BigInt.asUintN(32, BigInt(x >>> 0) - BigInt(y >>> 0))));
      expect(np.mul(first, second).item()).toBe(Number(BigInt.asUintN(32, BigInt(x >>> 0) * BigInt(y >>> 0))));
    }),
  );
});

test("where takes element by element from three broadcast operands", () => {
  const triples = broadcastable(3).chain(({ common, shapes: [c, l, r] }) =>
    fc
      .tuple(arraysOf(c!, "bool"), arraysOf(l!), arraysOf(r!))
      .map(([condition, x, y]) => ({ common, condition, x, y })),
  );
  fc.assert(
    fc.property(triples, ({ common, condition, x, y }) => {
      const wanted = build(common, (place) =>
        elementAt(condition, place) !== 0 ? elementAt(x, place) : elementAt(y, place),
      );
      expect(np.where(condition, x, y).toString()).toBe(wanted.toString());
    }),
  );
});

test("broadcastTo repeats, and its gradient sums what was repeated", () => {
  fc.assert(
    fc.property(
      broadcastable(1).chain(({ shapes: [own] }) => arraysOf(own!)),
      fc.integer({ min: 0, max: 3 }),
      (x, times) => {
        const shape = [times, ...x.shape];
        expect(np.broadcastTo(x, shape).toString()).toBe(build(shape, (place) => elementAt(x, place)).toString());
        const gradient = grad((v: NDArray) => np.sum(np.broadcastTo(v, shape)))(x);
        expect(np.arrayEqual(gradient, np.full(x.shape, times)).item()).toBe(1);
      },
    ),
  );
});

test("a density interpolation reads as a pipe", () => {
  const [eMin, penal] = [1e-9, 3];
  const modulus = (rho: NDArray): NDArray => pipe(rho, np.pow(penal), np.mul(1 - eMin), np.add(eMin));
  expect(modulus(array([0, 1])).toList()).toEqual([eMin, 1]);
  expect(grad((rho: NDArray) => np.sum(modulus(rho)))(array([0.5])).toList()).toEqual([3 * 0.25 * (1 - eMin)]);
  expect(pipe(array([1, 2]), np.sub(1), np.div(2), np.exp).toList()).toEqual([1, Math.exp(0.5)]);
});

// --- Chain methods ----------------------------------------------------------------------------

/** Arguments with which a method is compared with the function of its name. */
const methodArguments: Readonly<Record<string, readonly unknown[]>> = {
  add: [2],
  sub: [2],
  mul: [2],
  div: [2],
  pow: [2],
  maximum: [2],
  minimum: [2],
  remainder: [2],
  floorDivide: [2],
  bitwiseAnd: [3],
  bitwiseOr: [4],
  bitwiseXor: [5],
  leftShift: [1],
  rightShift: [1],
  equal: [2],
  notEqual: [2],
  less: [2],
  lessEqual: [2],
  greater: [2],
  greaterEqual: [2],
  clip: [0, 1],
  reshape: [[3, 2]],
  transpose: [[1, 0]],
  astype: ["int32"],
  dot: [array([1, 2, 3])],
  matmul: [array([1, 2, 3])],
  take: [array([1, 0], { dtype: "int32" })],
};

const builtIn = ["constructor", "ndim", "size", "item", "toTypedArray", "toList", "toString", "toJSON", "T", "at"];

/** Methods that floats refuse. */
const ofIntegers = ["bitwiseAnd", "bitwiseOr", "bitwiseXor", "bitwiseNot", "leftShift", "rightShift"];

test("every chain method is the function of its name", () => {
  const x = array([
    [0.5, 2, 3],
    [1, 0.25, 2],
  ]);
  const names = Object.getOwnPropertyNames(NDArray.prototype).filter((name) => !builtIn.includes(name));
  expect(names.length).toBeGreaterThan(40);
  for (const name of names) {
    const rest = methodArguments[name] ?? [];
    const method = (x as unknown as Record<string, (...rest: unknown[]) => NDArray>)[name]!;
    const f = (np as unknown as Record<string, (...rest: unknown[]) => NDArray>)[name]!;
    expect(f, name).toBeTypeOf("function");
    const own = ofIntegers.includes(name) ? x.astype("int32") : x;
    expect(method.call(own, ...rest).toString(), name).toBe(f(own, ...rest).toString());
  }
  expect(x.T.toString()).toBe(np.transpose(x).toString());
  expect(x.at(0, 1).get().toString()).toBe(np.at(x, 0, 1).get().toString());
});

test("every elementwise function of one or two operands in pipe is a chain method or has a plain name", () => {
  for (const [name, f] of binaries) expect((np as unknown as Record<string, unknown>)[name]).toBe(f);
  expect(np.subtract).toBe(np.sub);
  expect(np.power).toBe(np.pow);
});

test("methods can be taken in any order on tracers as on arrays", () => {
  const f = (x: NDArray): NDArray => x.add(1).mul(x).sum().sqrt();
  const x = array([1, 2]);
  expect(jit(f)(x).item()).toBe(f(x).item());
  expect(f(x).item()).toBe(Math.sqrt(8));
});
