/**
 * Equality up to rounding: isclose and allclose with NumPy's asymmetric bound, arrayEqual exactly.
 */
import { showValue } from "../../src/describe.ts";
import { fullLike, mul as times, add, sub } from "../../ops/arithmetic.ts";
import { and, eq, le, lt, ne, or } from "../../ops/comparison.ts";
import { abs } from "../../ops/extrema.ts";
import { resultType } from "../../src/array/dtype.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { scalar } from "../../src/array/ndarray.ts";
import type { Shape } from "../../src/array/shape.ts";
import { sameShape } from "../../src/array/shape.ts";
import { requireOptions } from "../../src/options.ts";
import type { Operand } from "./operand.ts";
import { asOperand, promote, promoteFloat, toDType } from "./operand.ts";
import { all } from "./reductions.ts";
import { InvalidOption } from "../../src/error.ts";

export interface ClosenessOptions {
  /** Bound relative to |y|. Default 1e-5. */
  readonly rtol?: number;
  /** Absolute bound. Default 1e-8. */
  readonly atol?: number;
  /** NaN counts as equal to NaN. Default false. */
  readonly equalNan?: boolean;
}

/**
 * Where |x - y| <= atol + rtol |y|; equal infinities are close.
 * @example np.isclose(array([1, 2]), array([1 + 1e-9, 2.1])) // [true, false]
 */
export const isclose = (x: Operand, y: Operand, options: ClosenessOptions = {}): NDArray => {
  requireOptions("np.isclose", options, ["rtol", "atol", "equalNan"]);
  const { rtol = 1e-5, atol = 1e-8, equalNan = false } = options;
  for (const [name, bound] of Object.entries({ rtol, atol }))
    if (typeof bound !== "number")
      throw new InvalidOption("np.isclose", `${name} ${showValue(bound)}`, "Give a number");
  const [left, right] = promoteFloat("np.isclose", [x, y]) as [NDArray, NDArray];
  const bound = add(fullLike(atol, left), times(fullLike(rtol, left), abs(right)));
  // an infinite y has an infinite bound, within which everything would lie
  const isFinite = lt(abs(right), fullLike(Infinity, left));
  const close = or(eq(left, right), and(isFinite, le(abs(sub(left, right)), bound)));
  return equalNan ? or(close, and(ne(left, left), ne(right, right))) : close;
};

/**
 * Whether all elements are close; shapes broadcast.
 * @example np.allclose(array([1, 2]), array([1 + 1e-9, 2])) // true
 */
export const allclose = (x: Operand, y: Operand, options: ClosenessOptions = {}): NDArray =>
  all(isclose(x, y, options));

/**
 * Whether shapes and elements are equal; nothing broadcasts.
 * @example np.arrayEqual(array([1, 2]), array([[1, 2]])) // false
 */
export const arrayEqual = (x: Operand, y: Operand, options: Pick<ClosenessOptions, "equalNan"> = {}): NDArray => {
  requireOptions("np.arrayEqual", options, ["equalNan"]);
  const [left, right] = [asOperand("np.arrayEqual", x), asOperand("np.arrayEqual", y)];
  if (!sameShape(left.shape, right.shape)) return scalar(0, "bool");
  const { dtype } = resultType([left, right]);
  const [own, other] = [toDType(left, dtype), toDType(right, dtype)];
  const same = eq(own, other);
  return all(options.equalNan === true ? or(same, and(ne(own, own), ne(other, other))) : same);
};

/**
 * Whether shapes broadcast to each other and the elements are then equal.
 * @example np.arrayEquiv(array([1, 1]), 1) // true
 */
export const arrayEquiv = (x: Operand, y: Operand): NDArray => {
  const [left, right] = [asOperand("np.arrayEquiv", x), asOperand("np.arrayEquiv", y)];
  return canBroadcast(left.shape, right.shape)
    ? all(eq(...(promote("np.arrayEquiv", [left, right]) as [NDArray, NDArray])))
    : scalar(0, "bool");
};

/** Whether sizes are equal or 1 when aligned at the last axis. */
const canBroadcast = (left: Shape, right: Shape): boolean =>
  Array.from({ length: Math.min(left.length, right.length) }, (_, k) => [left.at(-1 - k)!, right.at(-1 - k)!]).every(
    ([own, other]) => own === other || own === 1 || other === 1,
  );
