/**
 * interp: piecewise linear interpolation between knots.
 * Each piece is written from its nearer knot, so that the values at the knots are exact. At a knot the derivative is
 * that of the piece to its right (at the last knot: to its left); beyond the ends it is zero.
 */
import { showValue } from "../../src/describe.ts";
import { InvalidOption, ShapeMismatch } from "../../src/error.ts";
import { isFloat, resultType } from "../../src/array/dtype.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { sameShape } from "../../src/array/shape.ts";
import { showAval } from "../../src/ir/aval.ts";
import { add, div, fullLike, mul, sub } from "../../ops/arithmetic.ts";
import { eq, gt, lt, ne, select } from "../../ops/comparison.ts";
import { argsort } from "../../ops/sorting.ts";
import { clamp } from "../../ops/extrema.ts";
import { gather, gatherAlong } from "../../ops/indexing.ts";
import { reshape } from "../../ops/shape.ts";
import { concatenate, sliceAxis } from "../../ops/slicing.ts";
import { requireOptions } from "../../src/options.ts";
import { remainder } from "./elementwise.ts";
import { asOperand, broadcastArray, toDType } from "./operand.ts";
import type { Operand } from "./operand.ts";
import { searchsorted } from "./sorting.ts";

export interface InterpOptions {
  /** Value below the first knot; by default the first value. */
  readonly left?: Operand;
  /** Value above the last knot; by default the last value. */
  readonly right?: Operand;
  /** The function repeats after this length; knots may then come in any order. Excludes left and right. */
  readonly period?: number;
}

/** The elements of a vector at places of any shape. */
const readAt = (line: NDArray, places: NDArray): NDArray =>
  gather(line, reshape(places, { shape: [...places.shape, 1] }), { mode: "clip", batchDims: 0 });

/** Between the knots: from the nearer end of the piece. A piece of length 0 gives its left value. */
const between = (x: NDArray, xp: NDArray, fp: NDArray): NDArray => {
  const last = xp.size - 1;
  const found = searchsorted(xp, x, { side: "right" });
  const upper = clamp(fullLike(1, found), found, fullLike(last, found));
  const lower = sub(upper, fullLike(1, upper));
  const [x0, x1, y0, y1] = [readAt(xp, lower), readAt(xp, upper), readAt(fp, lower), readAt(fp, upper)];
  const width = sub(x1, x0);
  const isFlat = eq(width, fullLike(0, width));
  const slope = div(sub(y1, y0), select(isFlat, fullLike(1, width), width));
  const [fromLeft, fromRight] = [sub(x, x0), sub(x, x1)];
  const isNearRight = lt(fullLike(0, x), add(fromLeft, fromRight));
  const near = select(isNearRight, add(y1, mul(slope, fromRight)), add(y0, mul(slope, fromLeft)));
  return select(isFlat, y0, near);
};

/** One element of a vector in the shape of x. */
const spreadAt = (line: NDArray, k: number, x: NDArray): NDArray =>
  broadcastArray(reshape(sliceAxis(line, 0, k, k + 1), { shape: [] }), x.shape);

/** Knots in order within one period, with the neighbours of the first and the last. */
const periodic = (xp: NDArray, fp: NDArray, period: number): readonly [NDArray, NDArray] => {
  const wrapped = remainder(xp, period) as NDArray;
  const order = argsort(wrapped, { axis: 0, descending: false });
  const [knots, values] = [gatherAlong(wrapped, order, 0), gatherAlong(fp, order, 0)];
  const ends = (line: NDArray): readonly [NDArray, NDArray] => [
    sliceAxis(line, 0, 0, 1),
    sliceAxis(line, 0, line.size - 1, line.size),
  ];
  const [[firstKnot, lastKnot], [firstValue, lastValue]] = [ends(knots), ends(values)];
  return [
    concatenate(sub(lastKnot, fullLike(period, lastKnot)), knots, add(firstKnot, fullLike(period, firstKnot)), {
      axis: 0,
    }),
    concatenate(lastValue, values, firstValue, { axis: 0 }),
  ];
};

const requireKnots = (xp: NDArray, fp: NDArray, { left, right, period }: InterpOptions): void => {
  if (xp.ndim !== 1 || !sameShape(xp.shape, fp.shape) || xp.size === 0)
    throw new ShapeMismatch(
      "np.interp",
      `knots ${showAval(xp)} and values ${showAval(fp)}`,
      "Give two vectors of one size, at least 1",
    );
  if (period === undefined) return;
  if (!(Number.isFinite(period) && period > 0))
    throw new InvalidOption("np.interp", `period ${showValue(period)}`, "A period is finite and greater than 0");
  if (left !== undefined || right !== undefined)
    throw new InvalidOption("np.interp", "left or right beside a period", "What repeats has no ends: leave them out");
};

/**
 * Values at x of the piecewise linear function through the points (xp, fp).
 * @param x        any shape
 * @param xp       shape [n], ascending unless there is a period
 * @param fp       shape [n]
 * @param options  left, right, or period
 * @throws ShapeMismatch, InvalidOption
 * Derivatives by x, xp and fp; at a knot that of the piece to its right, beyond the ends zero by x. Cost: log2(n) reads per element.
 * @example np.interp(array([0, 1.5, 9]), array([1, 2, 3]), array([10, 20, 0])) // [10, 15, 0]
 */
export const interp = (x: Operand, xp: Operand, fp: Operand, options: InterpOptions = {}): NDArray => {
  requireOptions("np.interp", options, ["left", "right", "period"]);
  const { left, right, period } = options;
  const [knots, values] = [asOperand("np.interp", xp), asOperand("np.interp", fp)];
  requireKnots(knots, values, options);
  const sample = asOperand("np.interp", x);
  const joined = resultType([knots, values, sample]).dtype;
  const dtype = isFloat(joined) ? joined : "float64";
  const [own, ownKnots, ownValues] = [toDType(sample, dtype), toDType(knots, dtype), toDType(values, dtype)];
  if (period !== undefined) return between(remainder(own, period) as NDArray, ...periodic(ownKnots, ownValues, period));
  const end = knots.size - 1;
  const inner = end === 0 ? select(ne(own, own), own, spreadAt(ownValues, 0, own)) : between(own, ownKnots, ownValues);
  const beyond = (value: Operand | undefined, k: number): NDArray =>
    value === undefined
      ? spreadAt(ownValues, k, own)
      : broadcastArray(toDType(asOperand("np.interp", value), dtype), own.shape);
  const isBelow = lt(own, spreadAt(ownKnots, 0, own));
  const isAbove = gt(own, spreadAt(ownKnots, end, own));
  return select(isBelow, beyond(left, 0), select(isAbove, beyond(right, end), inner));
};
