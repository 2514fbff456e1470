/**
 * Slopes of elementary functions in forms that keep their digits everywhere, and so do the slopes of these slopes.
 * 1 - x^2 cancels near +-1, (1 - x)(1 + x) has a derivative that cancels near 0: each is taken where it is right.
 * x^2 overflows long before 1 / (1 + x^2) is 0: beyond 1 the reciprocal of x stands in its place.
 * A branch not taken sees 1 in place of x, so that no 0 * infinity reaches a gradient.
 */
import type { NDArray } from "../src/array/ndarray.ts";
import { add, div, fullLike, mul, sub } from "./arithmetic.ts";
import { ge, le, lt, select } from "./comparison.ts";
import { sqrt } from "./exponential.ts";
import { abs } from "./extrema.ts";

/** 1 - x^2. */
export const oneMinusSquare = (x: NDArray): NDArray => {
  const one = fullLike(1, x);
  return select(lt(abs(x), fullLike(0.5, x)), sub(one, mul(x, x)), mul(sub(one, x), add(one, x)));
};

/** x within [-1, 1] and 1 / x outside, as `inner`; 1 within and x outside, as `outer`. */
const folded = (x: NDArray): { readonly isInside: NDArray; readonly inner: NDArray; readonly outer: NDArray } => {
  const one = fullLike(1, x);
  const isInside = le(abs(x), one);
  const outer = select(isInside, one, x);
  return { isInside, inner: select(isInside, x, div(one, outer)), outer };
};

/** tangent / (1 + x^2). */
export const overOnePlusSquare = (tangent: NDArray, x: NDArray): NDArray => {
  const { isInside, inner } = folded(x);
  const one = fullLike(1, x);
  const square = mul(inner, inner);
  return mul(tangent, div(select(isInside, one, square), add(one, square)));
};

/** tangent / sqrt(1 + x^2). */
export const overHypotenuse = (tangent: NDArray, x: NDArray): NDArray => {
  const { inner, outer } = folded(x);
  const root = sqrt(add(fullLike(1, x), mul(inner, inner)));
  return div(div(tangent, root), abs(outer));
};

/** One of x, y over x^2 + y^2: with r = smaller / larger it is (1 or r) / (1 + r^2) / larger. NaN at the origin. */
export const overSquareSum = (x: NDArray, y: NDArray, numerator: "x" | "y"): NDArray => {
  const one = fullLike(1, x);
  const isWide = ge(abs(x), abs(y));
  const larger = select(isWide, x, y);
  const ratio = div(select(isWide, y, x), larger);
  const top = numerator === "x" ? select(isWide, one, ratio) : select(isWide, ratio, one);
  return div(div(top, add(one, mul(ratio, ratio))), larger);
};
