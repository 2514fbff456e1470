/**
 * What running quantities carry along a line, on lanes: the operations of kernels/cumulative.ts in their order. Floats are
 * float64 here, whatever they are in memory, except for extrema; integers wrap.
 */
import { call, f32x4, f64x2, i32x4, i64x2, v128 } from "../assembler/index.ts";
import type { FunctionReference, Local, Statements, WasmModule } from "../assembler/index.ts";
import type { CumulativeKind } from "../cumulative.ts";
import { elementary } from "../elementary/index.ts";
import type { UnaryText } from "../elementary/arithmetic.ts";
import { type RareReference, vectors } from "../elementary/vectors.ts";
import { type Vector, everyLane, zeros } from "./lanes.ts";
import { type LineLanes, type NumberType, lineLanesOf } from "./lines.ts";

type States = readonly Local<"v128">[];
/** Takes one element of every operand; gives the result there. */
type Take = (f: Statements, elements: readonly Vector[], states: States) => Vector;

export interface Running {
  readonly operands: 1 | 2;
  /** Vectors carried along. */
  readonly states: number;
  readonly begin: Take;
  readonly next: Take;
}

/** The last result is all that is carried. */
const carried = (operands: 1 | 2, combine: (elements: readonly Vector[], before: Vector) => Vector): Running => ({
  operands,
  states: 1,
  begin: (f, elements, [running]) => {
    f.set(running!, elements.at(-1)!);
    return running!;
  },
  next: (f, elements, [running]) => {
    f.set(running!, combine(elements, running!));
    return running!;
  },
});

/** Begins with zeros. */
const fromZero = (states: number, next: Take): Running => ({
  operands: 1,
  states,
  begin: (f, elements, carry) => {
    carry.forEach((state) => f.set(state, zeros));
    return next(f, elements, carry);
  },
  next,
});

const number64 = (value: number): Vector => everyLane(64, value);
const isFinite = (x: Vector): Vector => f64x2.lt(f64x2.abs(x), number64(Infinity));

/** What x + y loses in `sum`: exact, by Knuth. */
const lostIn = (f: Statements, x: Vector, y: Vector, sum: Vector): Vector => {
  const part = f.hold(f64x2.sub(sum, x));
  return f64x2.add(f64x2.sub(x, f64x2.sub(sum, part)), f64x2.sub(y, part));
};

const wideSum = fromZero(2, (f, [x], [sum, lost]) => {
  const value = f.hold(x!);
  const next = f.hold(f64x2.add(sum!, value));
  const allLost = f64x2.add(lost!, lostIn(f, sum!, value, next));
  f.set(lost!, v128.and(allLost, isFinite(next)));
  f.set(sum!, next);
  return f64x2.add(sum!, lost!);
});

const singleSum = fromZero(1, (f, [x], [sum]) => {
  f.set(sum!, f64x2.add(sum!, x!));
  return sum!;
});

type Function1 = FunctionReference<readonly ["v128"], "v128">;

/** An elementary function of two numbers. */
const functionOf = (module: WasmModule, name: string, rare: RareReference): Function1 =>
  module.func(name, { params: ["v128"], result: "v128" }, (f, x) => {
    const text = elementary[name]!.float64 as UnaryText;
    return text(vectors("float64", f, () => rare))(x);
  });

const logSumExpStates = 3;

/** log(sum of e^x) as largest + log(sum of e^(x - largest)). */
const logSumExp = (module: WasmModule): Running => {
  // Subnormal numbers have no logarithm taken here: sums are 1 or more.
  const rare = module.func("rare", { params: ["f64"], result: "f64" }, (_, x) => x) as RareReference;
  const [exp, log] = [functionOf(module, "exp", rare), functionOf(module, "log", rare)];
  const one = number64(1);
  const nothing = number64(-Infinity);
  const next: Take = (f, [x], [largest, sum, lost]) => {
    const value = f.hold(x!);
    const isLarger = f.hold(v128.or(f64x2.gt(value, largest!), f64x2.ne(value, value)));
    const difference = f64x2.sub(v128.bitselect(largest!, value, isLarger), v128.bitselect(value, largest!, isLarger));
    const ratio = f.hold(call(exp, difference));
    const scale = f.hold(v128.bitselect(ratio, one, isLarger));
    f.set(largest!, v128.bitselect(value, largest!, isLarger));
    const term = f.hold(v128.bitselect(one, ratio, f64x2.eq(value, largest!)));
    f.set(sum!, f64x2.mul(sum!, scale));
    const total = f.hold(f64x2.add(sum!, term));
    f.set(lost!, f64x2.add(f64x2.mul(lost!, scale), lostIn(f, sum!, term, total)));
    f.set(sum!, total);
    const logarithm = f64x2.add(largest!, call(log, f64x2.add(sum!, lost!)));
    return v128.bitselect(logarithm, largest!, isFinite(largest!));
  };
  return {
    operands: 1,
    states: logSumExpStates,
    begin: (f, elements, carry) => {
      f.set(carry[0]!, nothing);
      f.set(carry[1]!, zeros);
      f.set(carry[2]!, zeros);
      return next(f, elements, carry);
    },
    next,
  };
};

type Combine = (x: Vector, y: Vector) => Vector;

const combined = (combine: Combine): Running => carried(1, ([x], running) => combine(running, x!));

/** The larger or the smaller of signed integers. */
const extremeOf = (bits: 64 | 32, isMax: boolean): Combine => {
  if (bits === 32) return isMax ? i32x4.max_s : i32x4.min_s;
  return (x, y) => v128.bitselect(x, y, isMax ? i64x2.gt_s(x, y) : i64x2.lt_s(x, y));
};

/** Float extrema by way of integers in the same order, where -0 is below 0 and NaN wins: their comparison is quick. */
const extremum = (bits: 64 | 32, isMax: boolean): Running => {
  const [{ eq }, { gt_s }] = bits === 64 ? [f64x2, i64x2] : [f32x4, i32x4];
  const combine = extremeOf(bits, isMax);
  const [sign, exponent] = bits === 64 ? [2n ** 63n, 0x7ff8n * 2n ** 48n] : [2n ** 31n, 0x7fc0n * 2n ** 16n];
  const nan = everyLane(bits, isMax ? exponent : exponent + sign);
  const magnitude = everyLane(bits, sign - 1n);
  /** To the integer and back. */
  const turned = (x: Vector): Vector => v128.xor(x, v128.and(gt_s(zeros, x), magnitude));
  const integerOf = (f: Statements, x: Vector): Vector => {
    const known = f.hold(x);
    return turned(f.hold(v128.bitselect(known, nan, eq(known, known))));
  };
  return {
    operands: 1,
    states: 1,
    begin: (f, [x], [running]) => {
      f.set(running!, integerOf(f, x!));
      return turned(running!);
    },
    next: (f, [x], [running]) => {
      f.set(running!, combine(running!, f.hold(integerOf(f, x!))));
      return turned(running!);
    },
  };
};

/** Per kind: float64, float32, int32, uint32. */
const simple: Readonly<Record<Exclude<CumulativeKind, "logSumExp">, readonly Running[]>> = {
  sum: [wideSum, singleSum, combined(i32x4.add), combined(i32x4.add)],
  product: [f64x2.mul, f64x2.mul, i32x4.mul, i32x4.mul].map(combined),
  max: [extremum(64, true), extremum(32, true), combined(i32x4.max_s), combined(i32x4.max_u)],
  min: [extremum(64, false), extremum(32, false), combined(i32x4.min_s), combined(i32x4.min_u)],
  recurrence: [f64x2, f64x2, i32x4, i32x4].map(({ add, mul }) =>
    carried(2, ([factor, offset], running) => add(mul(factor!, running), offset!)),
  ),
};
const order: readonly NumberType[] = ["float64", "float32", "int32", "uint32"];

/** Extrema of float32 need no digits of float64. */
export const cumulativeLanes = (kind: CumulativeKind, dtype: NumberType): LineLanes =>
  lineLanesOf[dtype === "float32" && (kind === "max" || kind === "min") ? "int32" : dtype];

/** Vectors that a quantity carries along. */
export const statesOf = (kind: CumulativeKind, dtype: NumberType): number =>
  kind === "logSumExp" ? logSumExpStates : simple[kind][order.indexOf(dtype)]!.states;

/** The running quantity on lanes of a dtype; may define functions in the module. */
export const runningOf = (module: WasmModule, kind: CumulativeKind, dtype: NumberType): Running =>
  kind === "logSumExp" ? logSumExp(module) : simple[kind][order.indexOf(dtype)]!;
