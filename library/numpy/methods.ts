/**
 * Chain methods: x.add(y).mul(2). Attached to NDArray's prototype from one table, so that arrays and
 * tracers share them and src/ stays free of operations. Importing this module is what attaches them.
 */
import { ShapeMismatch } from "../../src/error.ts";
import { NDArray } from "../../src/array/ndarray.ts";
import type { DType } from "../../src/array/dtype.ts";
import type { Shape } from "../../src/array/shape.ts";
import type { AxisArgument } from "./axis-argument.ts";
import * as bitwise from "./bitwise.ts";
import * as cumulative from "./cumulative.ts";
import type { CumulativeTypeOptions } from "./cumulative.ts";
import * as elementwise from "./elementwise.ts";
import type { BinaryFunction, RoundOptions, UnaryFunction } from "./elementwise.ts";
import * as indexing from "./indexing.ts";
import type { Index, IndexedArray } from "./indexing.ts";
import * as manipulation from "./manipulation.ts";
import type { Operand } from "./operand.ts";
import * as products from "./products.ts";
import * as reductions from "./reductions.ts";
import type { ArgumentOptions, ExtremumOptions, MaskedOptions, ReductionOptions, SumOptions } from "./reductions.ts";
import * as sorting from "./sorting.ts";
import type { SortOptions } from "./sorting.ts";
import { take } from "./taking.ts";
import type { TakeOptions } from "./taking.ts";
import * as statistics from "./statistics.ts";
import type { MeanOptions, VarianceOptions } from "./statistics.ts";

declare module "../../src/array/ndarray.ts" {
  /** Elementwise with a number or an array of the same kind, typed fields keep their type. */
  interface NDArray {
    add(y: number | this): this;
    add(y: Operand): NDArray;
    sub(y: number | this): this;
    sub(y: Operand): NDArray;
    mul(y: number | this): this;
    mul(y: Operand): NDArray;
    div(y: number | this): this;
    div(y: Operand): NDArray;
    pow(y: number | this): this;
    pow(y: Operand): NDArray;
    maximum(y: number | this): this;
    maximum(y: Operand): NDArray;
    minimum(y: number | this): this;
    minimum(y: Operand): NDArray;
    remainder(y: number | this): this;
    remainder(y: Operand): NDArray;
    floorDivide(y: number | this): this;
    floorDivide(y: Operand): NDArray;
    bitwiseAnd(y: Operand): NDArray;
    bitwiseOr(y: Operand): NDArray;
    bitwiseXor(y: Operand): NDArray;
    leftShift(count: Operand): NDArray;
    rightShift(count: Operand): NDArray;
    bitwiseNot(): this;
    equal(y: Operand): NDArray;
    notEqual(y: Operand): NDArray;
    less(y: Operand): NDArray;
    lessEqual(y: Operand): NDArray;
    greater(y: Operand): NDArray;
    greaterEqual(y: Operand): NDArray;
    /** The rows along the first axis; `const [a, b] = x` takes a matrix apart. */
    [Symbol.iterator](): IterableIterator<NDArray>;
    neg(): this;
    abs(): this;
    sign(): this;
    exp(): this;
    log(): this;
    sqrt(): this;
    square(): this;
    sin(): this;
    cos(): this;
    tanh(): this;
    round(options?: RoundOptions): this;
    clip(low: Operand | null, high: Operand | null): NDArray;
    sum(options?: SumOptions): NDArray;
    mean(options?: MeanOptions): NDArray;
    max(options?: ExtremumOptions): NDArray;
    min(options?: ExtremumOptions): NDArray;
    prod(options?: SumOptions): NDArray;
    ptp(options?: ReductionOptions): NDArray;
    var(options?: VarianceOptions): NDArray;
    std(options?: VarianceOptions): NDArray;
    any(options?: MaskedOptions): NDArray;
    all(options?: MaskedOptions): NDArray;
    argmax(options?: ArgumentOptions): NDArray;
    argmin(options?: ArgumentOptions): NDArray;
    reshape(...shape: readonly number[] | readonly [Shape]): NDArray;
    transpose(axes?: readonly number[]): NDArray;
    /** The array with its axes reversed. */
    readonly T: NDArray;
    ravel(): NDArray;
    squeeze(axis?: AxisArgument): NDArray;
    astype(dtype: DType): NDArray;
    dot(y: Operand): NDArray;
    matmul(y: Operand): NDArray;
    /** The elements at indices, to read or replace: `x.at(0, slice(1)).get()`, `x.at(rows).add(1)`. */
    at(...indices: readonly Index[]): IndexedArray<this>;
    take(indices: number | NDArray, options?: TakeOptions): NDArray;
    sort(options?: SortOptions): NDArray;
    argsort(options?: SortOptions): NDArray;
    cumsum(options?: CumulativeTypeOptions): NDArray;
    cumprod(options?: CumulativeTypeOptions): NDArray;
  }
}

const binaryMethods: Readonly<Record<string, BinaryFunction>> = {
  add: elementwise.add,
  sub: elementwise.sub,
  mul: elementwise.mul,
  div: elementwise.div,
  pow: elementwise.pow,
  maximum: elementwise.maximum,
  minimum: elementwise.minimum,
  remainder: elementwise.remainder,
  floorDivide: elementwise.floorDivide,
  bitwiseAnd: bitwise.bitwiseAnd,
  bitwiseOr: bitwise.bitwiseOr,
  bitwiseXor: bitwise.bitwiseXor,
  leftShift: bitwise.leftShift,
  rightShift: bitwise.rightShift,
  equal: elementwise.equal,
  notEqual: elementwise.notEqual,
  less: elementwise.less,
  lessEqual: elementwise.lessEqual,
  greater: elementwise.greater,
  greaterEqual: elementwise.greaterEqual,
};

const unaryMethods: Readonly<Record<string, UnaryFunction>> = {
  neg: elementwise.neg,
  bitwiseNot: bitwise.bitwiseNot,
  abs: elementwise.abs,
  sign: elementwise.sign,
  exp: elementwise.exp,
  log: elementwise.log,
  sqrt: elementwise.sqrt,
  square: elementwise.square,
  sin: elementwise.sin,
  cos: elementwise.cos,
  tanh: elementwise.tanh,
};

/** Functions whose first argument is the array and whose others are passed on. */
const otherMethods: Readonly<Record<string, (x: NDArray, ...rest: never[]) => unknown>> = {
  at: indexing.at,
  take,
  sort: sorting.sort,
  argsort: sorting.argsort,
  cumsum: cumulative.cumsum,
  cumprod: cumulative.cumprod,
  round: elementwise.round,
  clip: elementwise.clip,
  sum: reductions.sum,
  mean: statistics.mean,
  max: reductions.max,
  min: reductions.min,
  prod: reductions.prod,
  ptp: reductions.ptp,
  var: statistics.variance,
  std: statistics.std,
  any: reductions.any,
  all: reductions.all,
  argmax: reductions.argmax,
  argmin: reductions.argmin,
  transpose: manipulation.transpose,
  ravel: manipulation.ravel,
  squeeze: manipulation.squeeze,
  astype: manipulation.astype,
  dot: products.dot,
  matmul: products.matmul,
  reshape: (x: NDArray, ...shape: (number | Shape)[]) =>
    manipulation.reshape(x, shape.length === 1 ? shape[0]! : (shape as number[])),
};

const attach = (name: string, value: (this: NDArray, ...rest: never[]) => unknown): void => {
  Object.defineProperty(NDArray.prototype, name, { value, writable: true, configurable: true, enumerable: false });
};

for (const [name, f] of Object.entries(binaryMethods))
  attach(name, function (this: NDArray, y: Operand) {
    return f(this, y);
  });
for (const [name, f] of Object.entries(unaryMethods))
  attach(name, function (this: NDArray) {
    return f(this);
  });
for (const [name, f] of Object.entries(otherMethods))
  attach(name, function (this: NDArray, ...rest: never[]) {
    return f(this, ...rest);
  });
Object.defineProperty(NDArray.prototype, "T", {
  configurable: true,
  get(this: NDArray): NDArray {
    return manipulation.transpose(this);
  },
});
/** Rows of traced arrays too, whose number is known. @throws ShapeMismatch for a scalar */
const rowsOf = function* (x: NDArray): Generator<NDArray> {
  if (x.ndim === 0)
    throw new ShapeMismatch("iteration over an array", "a scalar, which has no rows", "Use x.item() or x.reshape(-1)");
  for (let k = 0; k < x.shape[0]!; k++) yield indexing.at(x, k).get();
};
Object.defineProperty(NDArray.prototype, Symbol.iterator, {
  configurable: true,
  value(this: NDArray): IterableIterator<NDArray> {
    return rowsOf(this);
  },
});
