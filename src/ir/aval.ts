/**
 * Abstract values: what tracing knows of an array - shape, dtype, weakness - and nothing else.
 * Arrays and tracers satisfy `Aval` themselves, so no conversion is needed to read one.
 */
import type { DType, WeakType } from "../array/dtype.ts";
import { showShape, sameShape } from "../array/shape.ts";
import type { Shape } from "../array/shape.ts";

export interface Aval {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly weakType: WeakType;
}

/** Plain record of an array's aval; drops the reference to its values. */
export const avalOf = ({ shape, dtype, weakType }: Aval): Aval => ({ shape, dtype, weakType });

/** `float64[2,3]`; weak ones end in `~`. */
export const showAval = ({ shape, dtype, weakType }: Aval): string =>
  `${dtype}${showShape(shape)}${weakType === false ? "" : "~"}`;

/** Equal shape and dtype; weakness is a matter of promotion, not of storage. */
export const sameType = (left: Aval, right: Aval): boolean =>
  left.dtype === right.dtype && sameShape(left.shape, right.shape);
