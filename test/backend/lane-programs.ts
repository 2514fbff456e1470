/**
 * Random programs for the laws of lanes: a few operations on operands that are seen reversed, strided, transposed or
 * broadcast, over extents around multiples of the lanes, and reductions of what comes out.
 */
import * as fc from "fast-check";
import { isFloat } from "../../src/array/dtype.ts";
import type { DType } from "../../src/array/dtype.ts";
import type { ConcreteArray, NDArray } from "../../src/array/ndarray.ts";
import { sizeOf } from "../../src/array/shape.ts";
import type { Shape } from "../../src/array/shape.ts";
import { add, div, integerPower, mul, neg, sub } from "../../ops/arithmetic.ts";
import { and, ge, lt, ne, not, select } from "../../ops/comparison.ts";
import { asDType } from "../../ops/conversion.ts";
import { exp } from "../../ops/exponential.ts";
import { abs, max, min, reduceMax, reduceMin, sign } from "../../ops/extrema.ts";
import { shiftLeft, shiftRight } from "../../ops/integers.ts";
import { rem, round } from "../../ops/rounding.ts";
import { broadcast, reduceSum, transpose } from "../../ops/shape.ts";
import { reverse, slice } from "../../ops/slicing.ts";
import { sin } from "../../ops/trigonometric.ts";
import { filled, jaxprOf } from "./programs.ts";
import type { RandomProgram } from "./programs.ts";

// --- Operands ---------------------------------------------------------------------------------

/** How an axis of the result walks over the operand: by a step, or not at all. */
type Walk = 1 | 2 | 3 | -1 | 0;

interface OperandChoice {
  readonly dtype: DType;
  readonly walks: readonly Walk[];
  /** Orders the axes of the operand. */
  readonly keys: readonly number[];
  readonly numbers: readonly number[];
}

/** The axes of the result that the operand has, in the operand's order. */
const axesOf = ({ walks, keys }: OperandChoice, rank: number): number[] =>
  Array.from({ length: rank }, (_, axis) => axis)
    .filter((axis) => walks[axis] !== 0)
    .sort((left, right) => keys[left]! - keys[right]! || left - right);

const operandOf = (choice: OperandChoice, shape: Shape): ConcreteArray =>
  filled(
    axesOf(choice, shape.length).map((axis) => shape[axis]! * Math.max(1, choice.walks[axis]!)),
    choice.dtype,
    choice.numbers,
  );

/** The operand in the shape of the result. */
const seen = (x: NDArray, choice: OperandChoice, shape: Shape): NDArray => {
  const axes = axesOf(choice, shape.length);
  const steps = axes.map((axis) => Math.max(1, choice.walks[axis]!));
  const stepped = slice(x, { start: axes.map(() => 0), limit: x.shape, stride: steps });
  const turned = reverse(stepped, { axes: axes.flatMap((axis, k) => (choice.walks[axis] === -1 ? [k] : [])) });
  const ascending = axes.toSorted((left, right) => left - right);
  const ordered = transpose(turned, { permutation: ascending.map((axis) => axes.indexOf(axis)) });
  return broadcast(ordered, { shape, axes: ascending });
};

// --- Operations -------------------------------------------------------------------------------

type Operation = (x: NDArray, y: NDArray) => NDArray;

const ofFloats: readonly Operation[] = [
  add,
  sub,
  mul,
  div,
  max,
  min,
  (x) => sin(x),
  (x) => exp(x),
  (x) => round(x),
  (x) => sign(x),
  (x) => neg(x),
  (x) => integerPower(x, { exponent: 3 }),
  (x) => integerPower(x, { exponent: -2 }),
  (x, y) => select(lt(x, y), x, abs(y)),
];
const ofIntegers: readonly Operation[] = [
  add,
  sub,
  mul,
  div,
  rem,
  max,
  min,
  shiftLeft,
  shiftRight,
  (x) => sign(x),
  (x, y) => select(ge(x, y), x, y),
];
const ofBools: readonly Operation[] = [and, ne, max, mul, (x) => not(x)];

const operationsOf = (dtype: DType): readonly Operation[] =>
  isFloat(dtype) ? ofFloats : dtype === "bool" ? ofBools : ofIntegers;

const reduced = (x: NDArray, axes: readonly number[], which: number): NDArray => {
  if (which % 3 === 0) return reduceSum(x.dtype === "bool" ? asDType(x, "int32") : x, { axes });
  return which % 3 === 1 ? reduceMax(x, { axes }) : reduceMin(x, { axes });
};

// --- Programs ---------------------------------------------------------------------------------

const dtypes: readonly DType[] = ["float64", "float32", "int32", "uint32", "bool"];
const extent = fc.constantFrom(1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 24, 33, 40, 66, 130, 200);
const number = fc.oneof(
  fc.constantFrom(NaN, -0, 0, Infinity, -Infinity, 1e-40, -1, 2 ** 31, -(2 ** 31), 40),
  fc.double({ min: -4, max: 4, noNaN: true }),
  fc.integer({ min: -9, max: 9 }),
);

const operand: fc.Arbitrary<OperandChoice> = fc.record({
  dtype: fc.constantFrom(...dtypes),
  walks: fc.tuple(...Array.from({ length: 3 }, () => fc.constantFrom<Walk>(1, 1, 1, 2, 3, -1, -1, 0))),
  keys: fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3)),
  numbers: fc.array(number, { minLength: 1, maxLength: 30 }),
});

const step = fc.record({
  operation: fc.nat(1000),
  left: fc.nat(1000),
  right: fc.nat(1000),
  /** A reduction is spread again and used further, as in a softmax. */
  reduction: fc.option(fc.record({ which: fc.nat(2), axes: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()) }), {
    freq: 2,
  }),
});

/** Programs whose elementwise results and last reductions are outputs. */
export const lanePrograms: fc.Arbitrary<RandomProgram> = fc
  .record({
    shape: fc.array(extent, { minLength: 1, maxLength: 3 }).filter((shape) => sizeOf(shape) <= 5000),
    operands: fc.array(operand, { minLength: 1, maxLength: 3 }),
    steps: fc.array(step, { minLength: 1, maxLength: 6 }),
    kept: fc.nat(63),
  })
  .map(({ shape, operands, steps, kept }) => {
    const inputs = operands.map((choice) => operandOf(choice, shape));
    const jaxpr = jaxprOf((...own) => {
      const values = own.map((x, k) => seen(x, operands[k]!, shape));
      const outputs: NDArray[] = [];
      for (const [k, { operation, left, right, reduction }] of steps.entries()) {
        const x = values[values.length - 1 - (left % Math.min(3, values.length))]!;
        const y = asDType(values[right % values.length]!, x.dtype);
        const operations = operationsOf(x.dtype);
        let out = operations[operation % operations.length]!(x, y);
        if (reduction !== null) {
          const axes = shape.flatMap((_, axis) => (reduction.axes[axis] ? [axis] : []));
          const small = reduced(out, axes, reduction.which);
          outputs.push(small);
          const others = shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]));
          const spread = asDType(broadcast(small, { shape, axes: others }), out.dtype);
          out = operations[(operation + 1) % operations.length]!(out, spread);
        }
        values.push(out);
        if (((kept >> k) & 1) === 1) outputs.push(out);
      }
      return [...outputs, values.at(-1)!];
    }, inputs);
    return { jaxpr, inputs };
  });
