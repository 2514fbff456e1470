/**
 * Random programs for the laws of the back ends: jaxprs built through the primitives, with inputs full of
 * special values, and the comparison of results bit by bit (every NaN counts as the same).
 */
import * as fc from "fast-check";
import { isFloat } from "../../src/array/dtype.ts";
import { allocate } from "../../src/array/storage.ts";
import type { DType, TypedArray } from "../../src/array/dtype.ts";
import { bufferOf, fromBuffer, scalar, viewAs } from "../../src/array/ndarray.ts";
import type { ConcreteArray, NDArray } from "../../src/array/ndarray.ts";
import { sizeOf } from "../../src/array/shape.ts";
import type { Shape } from "../../src/array/shape.ts";
import { execute } from "../../src/backend/index.ts";
import type { Backend } from "../../src/backend/index.ts";
import { constantsAsInputs } from "../../src/ir/jaxpr.ts";
import type { Jaxpr } from "../../src/ir/jaxpr.ts";
import { stageFunction } from "../../src/ir/trace.ts";
import { add, div, full, integerPower, mul, neg, sub } from "../../ops/arithmetic.ts";
import { and, eq, ge, keepWhere, lt, ne, not, or, select, xor } from "../../ops/comparison.ts";
import { convert, stopGradient } from "../../ops/conversion.ts";
import { exp, log, logistic, power, sqrt, tanh } from "../../ops/exponential.ts";
import { abs, argmax, clamp, max, min, reduceMax, reduceMin, sign } from "../../ops/extrema.ts";
import { ceil, floor, rem, round, trunc } from "../../ops/rounding.ts";
import { broadcast, reduceSum, reshape, transpose } from "../../ops/shape.ts";
import { concatenate, pad, reverse, slice } from "../../ops/slicing.ts";
import { cos, sin } from "../../ops/trigonometric.ts";

export const jaxprOf = (f: (...inputs: NDArray[]) => readonly NDArray[], inputs: readonly NDArray[]): Jaxpr => {
  const { jaxpr, constants } = stageFunction("test", (own) => f(...own), inputs);
  if (constants.length > 0) throw new Error("the program closes over arrays");
  return constantsAsInputs(jaxpr);
};

/** Raw bits, with one NaN. */
export const bitsOf = (x: NDArray): string => {
  const buffer = bufferOf(x as ConcreteArray);
  const numbers = Array.from(buffer, (value) => (Object.is(value, -0) ? "-0" : String(value)));
  return `${x.dtype}${x.weakType === false ? "" : "~"}[${x.shape.join(",")}] ${buffer.constructor.name} ${numbers.join(" ")}`;
};

export const runOn = (backend: Backend, jaxpr: Jaxpr, inputs: readonly ConcreteArray[]): string[] =>
  execute(jaxpr, backend, inputs).map(bitsOf);

// --- Arrays -----------------------------------------------------------------------------------

const specials: readonly number[] = [
  NaN,
  -0,
  0,
  Infinity,
  -Infinity,
  1,
  -1,
  0.5,
  2147483647,
  -2147483648,
  4294967295,
  1e300,
  5e-324,
  1e-40,
  3.4e38,
  16777217,
  2.5,
  -2.5,
];

export const filled = (shape: Shape, dtype: DType, numbers: readonly number[]): ConcreteArray => {
  const buffer: TypedArray = allocate(dtype, sizeOf(shape));
  for (let k = 0; k < buffer.length; k++) {
    const value = numbers[k % numbers.length]!;
    buffer[k] = dtype === "bool" ? (value > 0 ? 1 : 0) : isFloat(dtype) ? value : Math.trunc(value) || 0;
  }
  return fromBuffer(buffer, shape, dtype);
};

const number = fc.oneof(
  fc.constantFrom(...specials),
  fc.double({ min: -4, max: 4, noNaN: true }),
  fc.integer({ min: -5, max: 5 }),
);
const extents = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 4 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 7, 130, 300) },
);

const inputs = fc.array(
  fc.record({
    shape: fc.array(extents, { maxLength: 3 }).filter((shape) => sizeOf(shape) < 2000),
    dtype: fc.constantFrom<DType>("float64", "float64", "float32", "int32", "uint32", "bool"),
    numbers: fc.array(number, { minLength: 1, maxLength: 40 }),
    isWeak: fc.boolean(),
  }),
  { minLength: 1, maxLength: 3 },
);

// --- Programs ---------------------------------------------------------------------------------

/** One step: which operation, and a number for each choice it has to make. */
interface Choice {
  readonly operation: number;
  readonly choices: readonly number[];
}

type Operation = (x: NDArray, y: NDArray, pick: (count: number) => number) => NDArray | null;

const isNumber = (x: NDArray): boolean => x.dtype !== "bool";
const onFloats =
  (f: (x: NDArray) => NDArray): Operation =>
  (x) =>
    isFloat(x.dtype) ? f(x) : null;
const onNumbers =
  (f: (x: NDArray, y: NDArray) => NDArray): Operation =>
  (x, y) =>
    isNumber(x) ? f(x, y) : null;
const onBits =
  (f: (x: NDArray, y: NDArray) => NDArray): Operation =>
  (x, y) =>
    isFloat(x.dtype) ? null : f(x, y);
const dtypes: readonly DType[] = ["float64", "float32", "int32", "uint32", "bool"];
const subset = (rank: number, pick: (count: number) => number): number[] =>
  Array.from({ length: rank }, (_, axis) => axis).filter(() => pick(2) === 1);

const layouts: readonly Operation[] = [
  (x, _y, pick) => {
    const order = x.shape.map((_, axis) => axis);
    for (let k = order.length - 1; k > 0; k--) {
      const other = pick(k + 1);
      [order[k], order[other]] = [order[other]!, order[k]!];
    }
    return transpose(x, { permutation: order });
  },
  (x, _y, pick) =>
    reshape(x, { shape: [[x.size], [1, ...x.shape], [...x.shape].reverse(), [...x.shape, 1]][pick(4)]! }),
  (x, _y, pick) =>
    x.size > 1000 ? null : broadcast(x, { shape: [1 + pick(3), ...x.shape], axes: x.shape.map((_, axis) => axis + 1) }),
  (x, _y, pick) => reverse(x, { axes: subset(x.ndim, pick) }),
  (x, _y, pick) => {
    const start = x.shape.map((extent) => pick(extent + 1));
    const limit = x.shape.map((extent, axis) => start[axis]! + pick(extent - start[axis]! + 1));
    return slice(x, { start, limit, stride: x.shape.map(() => 1 + pick(2)) });
  },
  (x, _y, pick) =>
    x.size > 1000
      ? null
      : pad(x, scalar(0, x.dtype), { padding: x.shape.map(() => [pick(2), pick(2), pick(2)] as const) }),
  (x, y, pick) => (x.ndim === 0 || x.size > 1000 ? null : concatenate(x, y, { axis: pick(x.ndim) })),
];

const reductions: readonly Operation[] = [
  (x, _y, pick) => (isNumber(x) ? reduceSum(x, { axes: subset(x.ndim, pick) }) : null),
  (x) => (isNumber(x) ? reduceSum(x, { axes: x.shape.map((_, axis) => axis) }) : null),
  (x, _y, pick) => (x.size === 0 ? null : reduceMax(x, { axes: subset(x.ndim, pick) })),
  (x, _y, pick) => (x.size === 0 ? null : reduceMin(x, { axes: subset(x.ndim, pick) })),
  (x, _y, pick) => (x.size === 0 || x.ndim === 0 ? null : argmax(x, { axis: pick(x.ndim) })),
];

const elementwise: readonly Operation[] = [
  (x, y) => mul(x, y),
  ...[add, mul, sub, div, rem].map((f) => onNumbers((x, y) => f(x, y))),
  ...[max, min].map(
    (f): Operation =>
      (x, y) =>
        f(x, y),
  ),
  ...[sin, cos, exp, log, tanh, logistic, sqrt, floor, ceil, round, trunc].map((f) => onFloats((x) => f(x))),
  ...[neg, abs, sign].map((f) => onNumbers((x) => f(x))),
  ...[and, or, xor].map((f) => onBits((x, y) => f(x, y))),
  onBits((x) => not(x)),
  ...[eq, ne, lt, ge].map(
    (f): Operation =>
      (x, y) =>
        f(x, y),
  ),
  (x, y) => power(convert(x, { dtype: "float32", weakType: false }), convert(y, { dtype: "float32", weakType: false })),
  (x, y) => select(lt(x, y), x, y),
  (x, y) => keepWhere(ge(x, y), x),
  (x, y) => clamp(x, y, x),
  (x, _y, pick) => (isNumber(x) ? integerPower(x, { exponent: pick(8) - 3 }) : null),
  (x, _y, pick) => convert(x, { dtype: dtypes[pick(5)]!, weakType: false }),
  (x) => stopGradient(x),
  (x, _y, pick) => (isNumber(x) ? add(x, full(pick(5), x.shape, x.dtype)) : null),
  (x, _y, pick) => (isNumber(x) ? mul(full(pick(5) - 2, x.shape, x.dtype), full(3, x.shape, x.dtype)) : null),
];

/** Elementwise steps are more frequent, as in real programs. */
const operations: readonly Operation[] = [
  ...elementwise,
  ...elementwise,
  ...layouts,
  ...layouts,
  ...reductions,
  ...reductions,
];

const build = (values: NDArray[], steps: readonly Choice[]): void => {
  for (const { operation, choices } of steps) {
    let next = 0;
    const pick = (count: number): number => choices[next++ % choices.length]! % count;
    // Recent values are chosen more often, so that programs become deep.
    const x = values[values.length - 1 - pick(pick(2) === 0 ? values.length : Math.min(3, values.length))]!;
    const partners = values.filter(
      (value) =>
        value.dtype === x.dtype &&
        value.shape.length === x.shape.length &&
        value.shape.every((extent, axis) => extent === x.shape[axis]),
    );
    const out = operations[operation % operations.length]!(x, partners[pick(partners.length)]!, pick);
    if (out !== null && out.size < 5000) values.push(out);
  }
};

export interface RandomProgram {
  readonly jaxpr: Jaxpr;
  readonly inputs: readonly ConcreteArray[];
}

/** A program of up to `length` operations; a random part of its values are outputs. */
export const programs = (length: number): fc.Arbitrary<RandomProgram> =>
  fc
    .record({
      inputs,
      steps: fc.array(
        fc.record({
          operation: fc.nat(operations.length - 1),
          choices: fc.array(fc.nat(5039), { minLength: 6, maxLength: 12 }),
        }),
        { minLength: 1, maxLength: length, size: "max" },
      ),
      kept: fc.array(fc.nat(length + 3), { minLength: 1, maxLength: 10 }),
    })
    .map(({ inputs: described, steps, kept }) => {
      const arrays = described.map(({ shape, dtype, numbers, isWeak }) => {
        const strong = filled(shape, dtype, numbers);
        return isWeak && dtype === "float64" ? viewAs(strong, shape, "float") : strong;
      });
      const jaxpr = jaxprOf((...traced) => {
        const values = [...traced];
        build(values, steps);
        return [values.at(-1)!, ...kept.map((k) => values[values.length - 1 - (k % values.length)]!)];
      }, arrays);
      return { jaxpr, inputs: arrays };
    });
