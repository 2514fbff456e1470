/**
 * One program per rule of algebra, in which the rule applies, with what is left of the program. Operands are arrays
 * that hold every pair of special values of their dtype; `c` is a truth value for each.
 */
import type { DType } from "../../src/array/dtype.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { add, div, fullLike, integerPower, mul, neg, sub } from "../../ops/arithmetic.ts";
import { and, eq, ge, gt, keepWhere, le, lt, ne, not, or, select, xor } from "../../ops/comparison.ts";
import { dot } from "../../ops/contraction.ts";
import { convert, stopGradient } from "../../ops/conversion.ts";
import { exp, tanh } from "../../ops/exponential.ts";
import { abs, max, min, reduceMax, reduceMin, sign } from "../../ops/extrema.ts";
import { ceil, floor, round, trunc } from "../../ops/rounding.ts";
import { broadcast, reduceSum, reshape, transpose } from "../../ops/shape.ts";
import { concatenate, pad, reverse, slice } from "../../ops/slicing.ts";
import { scalar } from "../../src/array/ndarray.ts";

export interface RuleExample {
  readonly rule: string;
  readonly dtypes: readonly DType[];
  readonly program: (x: NDArray, y: NDArray, c: NDArray) => NDArray;
  /** The equations after all passes: inputs are a, b and c. */
  readonly left: readonly string[];
}

const floats: readonly DType[] = ["float64", "float32"];
const integers: readonly DType[] = ["int32", "uint32"];
const bits: readonly DType[] = [...integers, "bool"];
const numbers: readonly DType[] = [...floats, ...integers];
const all: readonly DType[] = [...numbers, "bool"];

const number = fullLike;
const ones = (x: NDArray): NDArray => fullLike(x.dtype === "bool" ? 1 : x.dtype === "int32" ? -1 : 4294967295, x);
const to = (x: NDArray, dtype: DType): NDArray => convert(x, { dtype, weakType: false });

const example = (
  rule: string,
  dtypes: readonly DType[],
  program: RuleExample["program"],
  ...left: readonly string[]
): RuleExample => ({ rule, dtypes, program, left });

const arithmetic: readonly RuleExample[] = [
  example("-(-x) = x", numbers, (x) => neg(neg(x))),
  example("-(x c) = x (-c)", floats, (x) => neg(mul(x, number(3, x))), "d = broadcast -3", "e = mul a d"),
  example("-(x c) = x (-c)", floats, (x) => neg(mul(number(3, x), x)), "d = broadcast -3", "e = mul d a"),
  example("x + (-0) = x", floats, (x) => add(number(-0, x), add(x, number(-0, x)))),
  example("x + (-0) = x", integers, (x) => add(x, number(0, x))),
  example("x + (-y) = x - y", numbers, (x, y) => add(x, neg(y)), "d = sub a b"),
  example("x + (-y) = x - y", numbers, (x, y) => add(neg(x), y), "d = sub b a"),
  example("x - 0 = x", numbers, (x) => sub(x, number(0, x))),
  example("x - (-y) = x + y", numbers, (x, y) => sub(x, neg(y)), "d = add a b"),
  example("x - x = 0 for integers", integers, (x) => sub(x, x), "d = broadcast 0"),
  example("x 1 = x", all, (x) => mul(mul(x, number(1, x)), number(1, x))),
  example("x (-1) = -x", [...floats, "int32"], (x) => mul(number(-1, x), x), "d = neg a"),
  example("x 0 = 0 for integers and booleans", bits, (x) => mul(x, number(0, x)), "d = broadcast 0"),
  example("(-x)(-y) = x y", numbers, (x, y) => mul(neg(x), neg(y)), "d = mul a b"),
  example("(-x) c = x (-c)", floats, (x) => mul(neg(x), number(3, x)), "d = broadcast -3", "e = mul a d"),
  example("x / 1 = x", numbers, (x) => div(x, number(1, x))),
  example("x / 2^k = x 2^-k", floats, (x) => div(x, number(-8, x)), "d = broadcast -0.125", "e = mul a d"),
  example("(-x) / (-y) = x / y", floats, (x, y) => div(neg(x), neg(y)), "d = div a b"),
  example("(-x) / c = x / (-c)", floats, (x) => div(neg(x), number(3, x)), "d = broadcast -3", "e = div a d"),
  example("x^0 = 1", numbers, (x) => integerPower(x, { exponent: 0 }), "d = broadcast 1"),
  example("x^2 = x x", numbers, (x) => integerPower(x, { exponent: 2 }), "d = mul a a"),
  example(
    "x^-1 = 1 / x for floats",
    floats,
    (x) => integerPower(x, { exponent: -1 }),
    "d = broadcast 1",
    "e = div d a",
  ),
];

const comparisons: readonly RuleExample[] = [
  example("x = x is true for integers and booleans", bits, (x) => eq(x, x), "d = broadcast true"),
  example("x ≠ x is false for integers and booleans", bits, (x) => ne(x, x), "d = broadcast false"),
  example("x ≤ x is true for integers and booleans", bits, (x) => le(x, x), "d = broadcast true"),
  example("x ≥ x is true for integers and booleans", bits, (x) => ge(x, x), "d = broadcast true"),
  example("x < x is false", all, (x) => lt(x, x), "d = broadcast false"),
  example("x > x is false", all, (x) => gt(x, x), "d = broadcast false"),
  example("not not x = x", bits, (x) => not(not(x))),
  example("not (x = y) is x ≠ y, and the reverse", all, (x, y) => not(eq(x, y)), "d = ne a b"),
  example("not (x = y) is x ≠ y, and the reverse", all, (x, y) => not(ne(x, y)), "d = eq a b"),
  ...(
    [
      [lt, "ge"],
      [le, "gt"],
      [gt, "le"],
      [ge, "lt"],
    ] as const
  ).map(([call, name]) =>
    example(
      "not (x < y) is x ≥ y, and the like, for integers and booleans",
      bits,
      (x, y) => not(call(x, y)),
      `d = ${name} a b`,
    ),
  ),
  example("x and x = x", bits, (x) => and(x, x)),
  example("x and ones = x", bits, (x) => and(ones(x), x)),
  example("x and 0 = 0", bits, (x) => and(x, number(0, x)), "d = broadcast 0"),
  example("x or x = x", bits, (x) => or(x, x)),
  example("x or 0 = x", bits, (x) => or(number(0, x), x)),
  example("x or ones = ones", bits, (x) => or(x, ones(x)), "d = broadcast ones"),
  example("x xor 0 = x", bits, (x) => xor(x, number(0, x))),
  example("x xor x = 0", bits, (x) => xor(x, x), "d = broadcast 0"),
  example("x xor ones = not x", bits, (x) => xor(x, ones(x)), "d = not a"),
];

const choices: readonly RuleExample[] = [
  example("select(true, x, y) = x, select(false, x, y) = y", all, (x, y, c) => select(number(1, c), x, y)),
  example("select(true, x, y) = x, select(false, x, y) = y", all, (x, y, c) => select(number(0, c), y, x)),
  example("select(c, x, x) = x", all, (x, _y, c) => select(c, x, x)),
  example("select(not c, x, y) = select(c, y, x)", all, (x, y, c) => select(not(c), x, y), "d = select c b a"),
  example(
    "select(c, select(c, x, y), z) = select(c, x, z), and the like",
    all,
    (x, y, c) => select(c, select(c, x, max(x, y)), y),
    "d = select c a b",
  ),
  example(
    "select(c, select(c, x, y), z) = select(c, x, z), and the like",
    all,
    (x, y, c) => select(c, x, select(c, max(x, y), y)),
    "d = select c a b",
  ),
  example("select(c, x, 0) = keepWhere(c, x)", all, (x, _y, c) => select(c, x, number(0, x)), "d = keepWhere c a"),
  example("keepWhere(true, x) = x, keepWhere(false, x) = 0", all, (x, _y, c) => keepWhere(number(1, c), x)),
  example(
    "keepWhere(true, x) = x, keepWhere(false, x) = 0",
    all,
    (x, _y, c) => keepWhere(number(0, c), x),
    "d = broadcast 0",
  ),
  example("keepWhere(c, 0) = 0", all, (x, _y, c) => keepWhere(c, number(0, x)), "d = broadcast 0"),
  example(
    "keepWhere(c, keepWhere(c, x)) = keepWhere(c, x)",
    all,
    (x, _y, c) => keepWhere(c, keepWhere(c, x)),
    "d = keepWhere c a",
  ),
  example(
    "keepWhere(c, select(c, x, y)) = keepWhere(c, x)",
    all,
    (x, y, c) => keepWhere(c, select(c, x, y)),
    "d = keepWhere c a",
  ),
];

const through = "a conversion by way of a dtype that holds all values is direct";

const conversions: readonly RuleExample[] = [
  example(through, ["float32", ...bits], (x) => to(to(x, "float64"), x.dtype)),
  example(through, ["bool"], (x) => to(to(to(to(x, "uint32"), "float32"), "int32"), "bool")),
  example(through, ["int32"], (x) => to(to(x, "uint32"), "int32")),
  example(through, ["uint32"], (x) => to(to(x, "int32"), "uint32")),
  example(through, ["float32"], (x) => to(to(x, "float64"), "int32"), "d = convert a"),
  example(through, ["float32"], (x) => to(to(x, "float64"), "uint32"), "d = convert a"),
  example(through, [...integers, "float32"], (x) => to(to(x, "float64"), "bool"), "d = convert a"),
  example(through, integers, (x) => to(to(x, "float64"), "float32"), "d = convert a"),
];

const extrema: readonly RuleExample[] = [
  example("max(x, x) = x", all, (x) => max(x, x)),
  example("min(x, x) = x", all, (x) => min(x, x)),
  example("max(x, -Infinity) = x for floats", floats, (x) => max(x, number(-Infinity, x))),
  example("min(x, Infinity) = x for floats", floats, (x) => min(number(Infinity, x), x)),
  example("| |x| | = |x|", numbers, (x) => abs(abs(x)), "d = abs a"),
  example("|-x| = |x| but for uint32", [...floats, "int32"], (x) => abs(neg(x)), "d = abs a"),
  example("sign(sign x) = sign x", numbers, (x) => sign(sign(x)), "d = sign a"),
  example("reduceMax over axes of size 1 is a reshape", all, (x) =>
    reduceMax(reshape(x, { shape: [x.shape[0]!, 1, x.shape[1]!] }), { axes: [1] }),
  ),
  example("reduceMin over axes of size 1 is a reshape", all, (x) =>
    reduceMin(reshape(x, { shape: [1, ...x.shape] }), { axes: [0] }),
  ),
  example(
    "reduceMax of reduceMax is one",
    all,
    (x) => reduceMax(reduceMax(x, { axes: [0] }), { axes: [0] }),
    "d = reduceMax[axes=[0,1]] a",
  ),
  example(
    "reduceMin of reduceMin is one",
    all,
    (x) => reduceMin(reduceMin(x, { axes: [1] }), { axes: [0] }),
    "d = reduceMin[axes=[0,1]] a",
  ),
  ...[floor, ceil, round, trunc].map((call) =>
    example("rounding of what is rounded", floats, (x) => call(trunc(x)), "d = trunc a"),
  ),
];

const whole = (x: NDArray): { start: number[]; limit: number[]; stride: number[] } => ({
  start: x.shape.map(() => 0),
  limit: [...x.shape],
  stride: x.shape.map(() => 1),
});
const rows = (x: NDArray, from: number, upTo: number, step: number): NDArray =>
  slice(x, {
    start: [from, ...x.shape.slice(1).map(() => 0)],
    limit: [upTo, ...x.shape.slice(1)],
    stride: [step, ...x.shape.slice(1).map(() => 1)],
  });
const padded = (x: NDArray, low: number, high: number, interior = 0, value = 0): NDArray =>
  pad(x, scalar(value, x.dtype), {
    padding: [[low, high, interior], ...x.shape.slice(1).map(() => [0, 0, 0] as const)],
  });

const again = "a view of a repeated number is the number repeated";

/** Operands have shape [4, n]. */
const layouts: readonly RuleExample[] = [
  example(again, all, (x) => transpose(number(1, x), { permutation: [1, 0] }), "d = broadcast 1"),
  example(again, all, (x) => reshape(number(1, x), { shape: [x.size] }), "d = broadcast 1"),
  example(again, all, (x) => broadcast(number(1, x), { shape: [2, ...x.shape], axes: [1, 2] }), "d = broadcast 1"),
  example(again, all, (x) => rows(number(1, x), 1, 3, 1), "d = broadcast 1"),
  example(again, all, (x) => reverse(number(1, x), { axes: [1] }), "d = broadcast 1"),
  example(
    "reshape of reshape",
    all,
    (x) => reshape(reshape(x, { shape: [x.size] }), { shape: [2, x.size / 2] }),
    "d = reshape a",
  ),
  example(
    "transpose of transpose",
    all,
    (x) =>
      transpose(transpose(reshape(x, { shape: [2, 2, x.size / 4] }), { permutation: [1, 2, 0] }), {
        permutation: [1, 2, 0],
      }),
    "d = reshape a",
    "e = transpose[permutation=[2,0,1]] d",
  ),
  example(
    "broadcast of broadcast",
    all,
    (x) =>
      broadcast(broadcast(x, { shape: [2, ...x.shape], axes: [1, 2] }), { shape: [2, 3, ...x.shape], axes: [0, 2, 3] }),
    "d = broadcast[axes=[2,3]] a",
  ),
  example(
    "broadcast of a reshape that puts in axes of size 1",
    all,
    (x) =>
      broadcast(reshape(x, { shape: [x.shape[0]!, 1, x.shape[1]!] }), {
        shape: [x.shape[0]!, 3, x.shape[1]!],
        axes: [0, 1, 2],
      }),
    "d = broadcast[axes=[0,2]] a",
  ),
  example("a sum over no axes is its operand", numbers, (x) => reduceSum(x, { axes: [] })),
  example("an integer sum over axes of size 1 is a reshape", integers, (x) =>
    reduceSum(reshape(x, { shape: [1, ...x.shape] }), { axes: [0] }),
  ),
  example(
    "a sum of sums of integers is a sum",
    integers,
    (x) => reduceSum(reduceSum(x, { axes: [0] }), { axes: [0] }),
    "d = reduceSum[axes=[0,1]] a",
  ),
  example("slice of slice", all, (x) => rows(rows(x, 1, 4, 2), 1, 2, 1), "d = slice[start=[3,0]] a"),
  example("slice of slice", all, (x) => rows(rows(x, 0, 4, 3), 2, 2, 1), "d = slice[start=[0,0]] a"),
  example("slice of pad within the operand", all, (x) => rows(padded(x, 2, 1), 2, 6, 1)),
  example("slice of pad within the operand", all, (x) => rows(padded(x, 2, 1), 3, 6, 2), "d = slice[start=[1,0]] a"),
  example("slice of concatenate within one operand", all, (x, y) => rows(concatenate(y, x, y, { axis: 0 }), 4, 8, 1)),
  example(
    "slice of concatenate within one operand",
    all,
    (x, y) => rows(concatenate(y, x, { axis: 0 }), 5, 8, 2),
    "d = slice[start=[1,0]] a",
  ),
  example("pad by nothing", all, (x) => padded(x, 0, 0)),
  example(
    "pad of pad by the same value",
    all,
    (x) => padded(padded(x, 1, 0, 1), -1, 2),
    "d = pad[padding=[[0,2,1],[0,0,0]]] a 0",
  ),
  example("concatenate of one operand", all, (x) => concatenate(x, { axis: 1 })),
  example(
    "concatenate of concatenate along the same axis, and of parts without elements",
    all,
    (x, y) => concatenate(concatenate(x, y, { axis: 0 }), rows(x, 2, 2, 1), x, { axis: 0 }),
    "d = concatenate[axis=0] a b a",
  ),
  example(
    "reverse of reverse",
    all,
    (x) => reverse(reverse(x, { axes: [0, 1] }), { axes: [0] }),
    "d = reverse[axes=[1]] a",
  ),
  example(
    "dot of a transposed operand",
    all,
    (x, y) =>
      dot(transpose(x, { permutation: [1, 0] }), transpose(y, { permutation: [1, 0] }), {
        contract: [[1], [1]],
        batch: [[], []],
      }),
    "d = dot[batch=[[],[]] contract=[[0],[0]]] a b",
  ),
  example(
    "dot of a transposed operand",
    all,
    (x, y) => dot(transpose(x, { permutation: [1, 0] }), y, { contract: [[1], [0]], batch: [[], []] }),
    "d = dot[batch=[[],[]] contract=[[0],[0]]] a b",
  ),
  example(
    "dot of a transposed operand",
    all,
    (x, y) => dot(x, transpose(y, { permutation: [1, 0] }), { contract: [[1], [0]], batch: [[0], [1]] }),
    "d = dot[batch=[[0],[0]] contract=[[1],[1]]] a b",
  ),
];

const nothing = "what leaves every element in its place is nothing";
const constant = "what is made of constants is one";
const turned = (x: NDArray): NDArray => transpose(x, { permutation: [1, 0] });

/** Rules of the compiler, which hold for every primitive. */
const general: readonly RuleExample[] = [
  example(nothing, all, (x) => stopGradient(x)),
  example(nothing, numbers, (x) => integerPower(x, { exponent: 1 })),
  example(nothing, all, (x) => turned(turned(x))),
  example(nothing, all, (x) => reshape(reverse(reverse(x, { axes: [1] }), { axes: [1] }), { shape: x.shape })),
  example(nothing, all, (x) => slice(x, whole(x))),
  example(nothing, floats, (x) => exp(tanh(reshape(x, { shape: x.shape }))), "d = tanh a", "e = exp d"),
  example(nothing, floats, (x) => turned(exp(tanh(turned(x)))), "d = tanh a", "e = exp d"),
  example(
    nothing,
    numbers,
    (x, y) => reverse(mul(reverse(x, { axes: [0] }), reverse(add(y, number(2, y)), { axes: [0] })), { axes: [0] }),
    "d = broadcast 2",
    "e = add b d",
    "f = mul a e",
  ),
  example(constant, numbers, (x) => add(x, mul(number(2, x), number(3, x))), "d = broadcast 6", "e = add a d"),
  example(
    constant,
    floats,
    (x) => mul(x, broadcast(reduceSum(number(2, x), { axes: [0, 1] }), { shape: x.shape, axes: [] })),
    "d = broadcast 800",
    "e = mul a d",
  ),
];

export const ruleExamples: readonly RuleExample[] = [
  ...arithmetic,
  ...comparisons,
  ...choices,
  ...conversions,
  ...extrema,
  ...layouts,
  ...general,
];
