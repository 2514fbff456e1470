/** Views of arrays that are their elements in row-major order. */
import { stridesOf } from "../array/shape.ts";
import type { Shape } from "../array/shape.ts";
import type { StridedView } from "../ir/lowering.ts";

/** An array of this shape as it lies in memory. */
export const contiguous = (shape: Shape): StridedView => ({ offset: 0, shape, strides: stridesOf(shape) });

/** Whether the view shows the first elements of a buffer in their order. */
export const isContiguous = ({ offset, shape, strides }: StridedView): boolean => {
  const inOrder = stridesOf(shape);
  return offset === 0 && shape.every((extent, axis) => extent === 1 || strides[axis] === inOrder[axis]);
};
