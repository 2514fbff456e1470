/**
 * Comparison of arrays that says where they differ: same shape, dtype and elements, to the bit or within a relative
 * error |seen - wanted| / max(1, |wanted|). What does not hold throws LawViolation.
 */
import { LawViolation } from "../../src/error.ts";
import { bufferOf } from "../../src/array/ndarray.ts";
import type { ConcreteArray, NDArray } from "../../src/array/ndarray.ts";
import { sameShape, sizeOf } from "../../src/array/shape.ts";
import { createArray } from "../../src/array/create.ts";
import { showAval } from "../../src/ir/aval.ts";
import type { TypeOf } from "../../src/ir/primitive.ts";

const remedy = "Compare the rule with its definition at these inputs; the seed repeats the case";

/** Refuses with what was seen; `law` names the claim that does not hold. */
export const violated = (law: string, seen: string): LawViolation => new LawViolation(law, seen, remedy);

/** Throws unless the claim holds. */
export const requireThat = (holds: boolean, law: string, seen: () => string): void => {
  if (!holds) throw violated(law, seen());
};

/** The elements of a concrete array, to be read only. */
export const elementsOf = (x: NDArray): ArrayLike<number> => bufferOf(x as ConcreteArray);

/** |seen - wanted| / max(1, |wanted|); zero for values that are the same, NaN included; NaN beside a number is infinite. */
export const relativeError = (seen: number, wanted: number): number => {
  if (Object.is(seen, wanted) || seen === wanted) return 0;
  const error = Math.abs(seen - wanted) / Math.max(1, Math.abs(wanted));
  return Number.isNaN(error) ? Infinity : error;
};

/** Sum of products, and the sum of their magnitudes: what rounding errors of the first are measured by. */
export const pairing = (x: NDArray, y: NDArray): { readonly sum: number; readonly magnitude: number } => {
  const [left, right] = [elementsOf(x), elementsOf(y)];
  let sum = 0;
  let magnitude = 0;
  for (let k = 0; k < left.length; k++) {
    const product = left[k]! * right[k]!;
    sum += product;
    magnitude += Math.abs(product);
  }
  return { sum, magnitude };
};

/** Sum of products. */
export const innerProduct = (x: NDArray, y: NDArray): number => pairing(x, y).sum;

const showType = ({ shape, dtype }: TypeOf): string => showAval({ shape, dtype, weakType: false });

/** Throws unless an array (or type) has the wanted shape and dtype. */
export const requireType = (law: string, seen: TypeOf, wanted: TypeOf): void => {
  if (seen.dtype !== wanted.dtype || !sameShape(seen.shape, wanted.shape))
    throw violated(law, `the result is ${showType(seen)} where ${showType(wanted)} is wanted`);
};

/** Same shape and dtype, every element within the relative error (floor 1); 0 demands the same bits. Returns the worst error. */
export const requireSame = (
  law: string,
  seen: NDArray,
  wanted: NDArray,
  tolerance = 0,
  about: () => string = () => "",
): number => {
  requireType(law, seen, wanted);
  const [left, right] = [elementsOf(seen), elementsOf(wanted)];
  if (left.length !== sizeOf(wanted.shape))
    throw violated(law, `the result holds ${left.length} elements for shape [${wanted.shape.join(",")}]`);
  let worst = 0;
  for (let k = 0; k < left.length; k++) {
    if (Object.is(left[k], right[k])) continue;
    const error = Math.abs(left[k]! - right[k]!) / Math.max(1, Math.abs(right[k]!));
    if (!(tolerance > 0 && error <= tolerance))
      throw violated(
        law,
        `element ${k} of ${seen.toString()} is ${showNumber(left[k]!)} where ${showNumber(right[k]!)} is wanted (error ${error}, allowed ${tolerance})${about()}`,
      );
    worst = Math.max(worst, error);
  }
  return worst;
};

/** A number as JavaScript writes it, with the sign of zero. */
export const showNumber = (value: number): string => (Object.is(value, -0) ? "-0" : String(value));

/** Row `k` of an array along an axis. */
export const row = (x: NDArray, axis: number, k: number): ConcreteArray => {
  const inner = sizeOf(x.shape.slice(axis + 1));
  const extent = x.shape[axis]!;
  const source = elementsOf(x);
  const numbers: number[] = [];
  for (let at = 0; at < source.length; at++) if (Math.floor(at / inner) % extent === k) numbers.push(source[at]!);
  return createArray(numbers, { dtype: x.dtype, shape: x.shape.filter((_, other) => other !== axis) });
};
