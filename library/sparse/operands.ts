/**
 * What the functions of sparse matrices ask of their operands: one value an entry, a float dtype, options of patterns.
 */
import { ShapeMismatch } from "../../src/error.ts";
import { isFloat, resultType } from "../../src/array/dtype.ts";
import type { DType } from "../../src/array/dtype.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { showShape } from "../../src/array/shape.ts";
import type { PatternOptions, SparsePattern } from "./pattern.ts";

/** Refuses values that are not one for every entry. */
export const requireValues = (asked: string, values: NDArray, { count }: SparsePattern): void => {
  if (values.shape.length !== 1 || values.shape[0] !== count)
    throw new ShapeMismatch(
      asked,
      `values of shape ${showShape(values.shape)} for ${count} entries`,
      "Give one value for every entry of the pattern, shape [entries]; map further axes with vmap",
    );
};

/** Dtype of a result of these operands: a float. */
export const floatType = (...operands: readonly NDArray[]): DType => {
  const { dtype } = resultType(operands);
  return isFloat(dtype) ? dtype : "float64";
};

/** The options that make a pattern, those left out being absent. */
export const patternPart = ({
  shape,
  assume,
  triangle,
}: {
  readonly [K in keyof PatternOptions]?: PatternOptions[K] | undefined;
}): PatternOptions => ({
  ...(shape === undefined ? {} : { shape }),
  ...(assume === undefined ? {} : { assume }),
  ...(triangle === undefined ? {} : { triangle }),
});
