/**
 * Cumulative family: cumsum, the running sum along one axis, from either end.
 * Linear; its transpose is the running sum from the other end.
 */
import { cumulativeSum } from "../kernels/cumulative.ts";
import { IndexOutOfRange } from "../src/error.ts";
import { allocate } from "../src/array/dtype.ts";
import { bufferOf, fromBuffer } from "../src/array/ndarray.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import type { Aval } from "../src/ir/aval.ts";
import { showAval } from "../src/ir/aval.ts";
import { definePrimitive } from "../src/ir/define.ts";
import type { PrimitiveFunction } from "../src/ir/define.ts";
import { routine } from "../src/ir/lowering.ts";
import { reals } from "../src/ir/primitive.ts";
import type { Primitive, TypeOf } from "../src/ir/primitive.ts";
import { requireNumber } from "./elementwise.ts";
import { linearJvp, only } from "./shape.ts";

export interface CumulativeParams {
  readonly axis: number;
  /** Sums from the end: out[k] = x[k] + x[k + 1] + ... */
  readonly reverse: boolean;
}

const cumulativeType = (x: Aval, { axis }: CumulativeParams): TypeOf => {
  if (!Number.isInteger(axis) || axis < 0 || axis >= x.shape.length)
    throw new IndexOutOfRange("cumsum", `axis ${axis} of ${showAval(x)}`, "Sum along an axis that exists");
  return requireNumber("cumsum", x);
};

/** out[k] = x[0] + ... + x[k] along an axis. */
export const cumsum: PrimitiveFunction<[NDArray], CumulativeParams> = definePrimitive<[NDArray], CumulativeParams>({
  name: "cumsum",
  evaluate: ([x], params) => {
    const { shape, dtype } = cumulativeType(x, params);
    const out = allocate(dtype, x.size);
    cumulativeSum(bufferOf(x), shape, params.axis, params.reverse, out);
    return fromBuffer(out, shape, dtype);
  },
  abstractEval: ([x], params) => cumulativeType(x, params),
  jvp: linearJvp((x, params: CumulativeParams) => cumsum(x, params)),
  transpose: (cotangents, _inputs, { axis, reverse }) => [cumsum(only(cotangents), { axis, reverse: !reverse })],
  batch: ([x], [dim], { axis, reverse }) => [cumsum(x, { axis: axis < dim! ? axis : axis + 1, reverse }), dim],
  lower: routine,
  laws: {
    sample: (pick) => {
      const shape = pick.shape({ minRank: 1, maxRank: 3, minSize: 0 });
      return {
        inputs: [{ shape, dtype: "float64", domain: reals(-2, 2) }],
        params: { axis: pick.integer(0, shape.length - 1), reverse: pick.oneOf([false, true]) },
      };
    },
  },
});

/** Every primitive of this file. */
export const family: readonly Primitive[] = [cumsum.primitive];
