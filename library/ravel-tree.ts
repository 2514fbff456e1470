/**
 * ravelTree: a tree of arrays as one vector, and back. Solvers and optimizers see vectors, users trees.
 */
import { DTypeMismatch } from "../src/error.ts";
import { isFloat, promoteTypes } from "../src/array/dtype.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { sizeOf } from "../src/array/shape.ts";
import { avalOf, showAval } from "../src/ir/aval.ts";
import { unflatten } from "../src/tree/tree.ts";
import { zerosOf } from "../ops/arithmetic.ts";
import { asDType } from "../ops/conversion.ts";
import { reshape } from "../ops/shape.ts";
import { join, sliceAxis } from "../ops/slicing.ts";
import { flattenArrays } from "../transforms/flat.ts";
import type { Arrays } from "../transforms/types.ts";

/**
 * The float arrays of a tree in one vector, and the function that makes such a tree of a vector.
 * @returns [vector, restore]; the vector has the common dtype, restore gives every array its own again
 * @throws DTypeMismatch for integers and booleans
 * Linear, so derivatives pass both ways.
 * @example const [v, restore] = ravelTree({ a: array([[1, 2]]), b: 3 }); [v, restore(v.mul(2))] // [[1, 2, 3], { a: [[2, 4]], b: 6 }]
 */
export const ravelTree = <T>(tree: T): readonly [vector: NDArray, restore: (vector: NDArray) => Arrays<T>] => {
  const { arrays, treedef } = flattenArrays(tree, "ravelTree");
  const types = arrays.map(avalOf);
  const other = types.find(({ dtype }) => !isFloat(dtype));
  if (other !== undefined)
    throw new DTypeMismatch(
      "ravelTree",
      `an array ${showAval(other)}`,
      "Give floats; keep integers and booleans apart",
    );
  const dtype = types.map((type) => type.dtype).reduce(promoteTypes, types[0]?.dtype ?? "float64");
  const parts = arrays.map((x) => asDType(reshape(x, { shape: [x.size] }), dtype));
  const vector = parts.length === 0 ? zerosOf([0], dtype) : parts.length === 1 ? parts[0]! : join(parts, 0);
  const restore = (values: NDArray): Arrays<T> => {
    let at = 0;
    return unflatten(
      treedef,
      types.map(({ shape, dtype: own }) => {
        const from = at;
        at += sizeOf(shape);
        return asDType(reshape(sliceAxis(values, 0, from, at), { shape }), own);
      }),
    ) as Arrays<T>;
  };
  return [vector, restore];
};
