/**
 * How rules of algebra are written down. A family's rules stand in a table beside it (arithmetic-rules.ts and others);
 * each holds for every operand to the bit, every NaN counting as the same.
 */
import { isFloat } from "../src/array/dtype.ts";
import type { DType } from "../src/array/dtype.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import type { Knowledge, OneOrMany, Simplification } from "../src/ir/primitive.ts";

/** A rule: its formula, why no bit changes, and what stands for the result (null where it does not apply). */
export const rule = <I extends readonly NDArray[], P>(
  name: string,
  reason: string,
  rewrite: (inputs: I, params: P, knowledge: Knowledge) => OneOrMany<NDArray> | null,
): Simplification<I, P> => ({ name, reason, rewrite });

type Pair = readonly [NDArray, NDArray];

/** A rule for a pair of operands in either order. */
export const symmetricRule = (
  name: string,
  reason: string,
  rewrite: (x: NDArray, y: NDArray, knowledge: Knowledge) => NDArray | null,
): Simplification<Pair, any> =>
  rule(name, reason, ([x, y], _params, knowledge) => rewrite(x, y, knowledge) ?? rewrite(y, x, knowledge));

/** Whether all elements of x are this number; 0 and -0 differ. */
export const isNumber = (x: NDArray, value: number, { constant }: Knowledge): boolean => Object.is(constant(x), value);

/** The number all of whose bits are ones; for booleans true. */
export const allOnes = (dtype: DType): number => (dtype === "bool" ? 1 : dtype === "int32" ? -1 : 4294967295);

export const isFloatArray = ({ dtype }: NDArray): boolean => isFloat(dtype);
