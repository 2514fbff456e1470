/**
 * Vectors of the Krylov methods: trees of arrays laid out in one, and what is computed with them.
 * Inner products and norms are float64 numbers, whatever the dtype of the vectors.
 */
import { isFloat } from "../../../src/array/dtype.ts";
import type { DType } from "../../../src/array/dtype.ts";
import { scalar } from "../../../src/array/ndarray.ts";
import type { NDArray } from "../../../src/array/ndarray.ts";
import { sizeOf } from "../../../src/array/shape.ts";
import type { Aval } from "../../../src/ir/aval.ts";
import { unflatten } from "../../../src/tree/tree.ts";
import type { Treedef } from "../../../src/tree/tree.ts";
import { zerosOf } from "../../../ops/arithmetic.ts";
import { reshape } from "../../../ops/shape.ts";
import { join, sliceAxis } from "../../../ops/slicing.ts";
import { likeTree } from "../../../transforms/closures.ts";
import { flattenArrays } from "../../../transforms/flat.ts";
import { add, mul, sqrt } from "../../numpy/elementwise.ts";
import { toDType } from "../../numpy/operand.ts";
import { dot } from "../../numpy/products.ts";

export type VectorMap = (x: NDArray) => NDArray;

// --- Scalars ----------------------------------------------------------------------------------

export const number = (value: number, dtype: DType = "float64"): NDArray => scalar(value, dtype);

/** Euclidean norm in float64; squares that overflow give infinity, which counts as not finite. */
export const norm = (x: NDArray): NDArray => sqrt(inner(x, x));

/** Inner product as a float64. */
export const inner = (x: NDArray, y: NDArray): NDArray => toDType(dot(x, y), "float64");

/** x + scale * y, in the dtype of x. */
export const axpy = (scale: NDArray, y: NDArray, x: NDArray): NDArray => add(x, mul(toDType(scale, x.dtype), y));

// --- Trees as vectors -------------------------------------------------------------------------

/** How a tree lies in one vector. */
export interface Layout {
  readonly treedef: Treedef;
  readonly types: readonly Aval[];
  readonly dtype: DType;
  readonly size: number;
}

export const layoutOf = (asked: string, tree: unknown): Layout & { readonly arrays: readonly NDArray[] } => {
  const { arrays: given, treedef } = flattenArrays(tree, asked);
  const arrays = given.map((x) => toDType(x, isFloat(x.dtype) ? x.dtype : "float64"));
  const types = arrays.map(({ shape, dtype }): Aval => ({ shape, dtype, weakType: false }));
  const dtype = types.length > 0 && types.every((type) => type.dtype === "float32") ? "float32" : "float64";
  return { treedef, types, dtype, size: types.reduce((sum, { shape }) => sum + sizeOf(shape), 0), arrays };
};

export const toVector = (arrays: readonly NDArray[], dtype: DType): NDArray => {
  const parts = arrays.map((x) => toDType(reshape(x, { shape: [x.size] }), dtype));
  if (parts.length === 0) return zerosOf([0], dtype);
  return parts.length === 1 ? parts[0]! : join(parts, 0);
};

export const fromVector = (vector: NDArray, { types, treedef }: Layout): unknown => {
  let at = 0;
  const arrays = types.map(({ shape, dtype }) => {
    const from = at;
    at += sizeOf(shape);
    return toDType(reshape(sliceAxis(vector, 0, from, at), { shape }), dtype);
  });
  return unflatten(treedef, arrays);
};

/** A function of trees as one of vectors; what it returns must look like what it takes. */
export const onVectors = (asked: string, f: (tree: any) => unknown, layout: Layout): VectorMap => {
  const flatten = likeTree(asked, layout.treedef, layout.types);
  return (vector) => toVector(flatten(f(fromVector(vector, layout))), layout.dtype);
};
