/**
 * checked: x itself, after a look at numbers that tell how it was found. A loop cannot throw by value; this can, where
 * its result is used, in compiled code too. Linear in x; nothing flows through the numbers.
 */
import { ShapeMismatch } from "../src/error.ts";
import { bufferOf } from "../src/array/ndarray.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { showAval } from "../src/ir/aval.ts";
import { definePrimitive } from "../src/ir/define.ts";
import type { PrimitiveFunction } from "../src/ir/define.ts";
import { routine } from "../src/ir/lowering.ts";
import { isLinearInput, notLinear } from "../src/ir/primitive.ts";
import type { Primitive } from "../src/ir/primitive.ts";
import { moveAxis, only } from "./shape.ts";

export interface CheckParams {
  /** How many numbers belong together: the last axis of the report. */
  readonly width: number;
  /** Looks at the numbers of one x; throws if x must not be used. */
  readonly verify: (numbers: readonly number[]) => void;
}

/** x, if `verify` accepts every row of the report. */
export const checked: PrimitiveFunction<[NDArray, NDArray], CheckParams> = definePrimitive<
  [NDArray, NDArray],
  CheckParams
>({
  name: "checked",
  evaluate: ([x, report], { width, verify }) => {
    const numbers = bufferOf(report);
    for (let k = 0; k < numbers.length; k += width) verify([...numbers.subarray(k, k + width)]);
    return x;
  },
  abstractEval: ([x, report], { width }) => {
    if (report.shape.at(-1) !== width)
      throw new ShapeMismatch("checked", `a report ${showAval(report)}`, `Its last axis has size ${width}`);
    return { shape: x.shape, dtype: x.dtype };
  },
  jvp: ([x, report], [dx], params) => [checked(x, report, params), dx],
  transpose: (cotangents, [x, report], params) =>
    isLinearInput(report) ? notLinear(cotangents, [x, report], params) : [only(cotangents), null],
  batch: ([x, report], [xDim, reportDim], params) => [
    checked(x, reportDim === null ? report : moveAxis(report, reportDim, 0), params),
    xDim,
  ],
  lower: routine,
  weakType: ([x]) => x.weakType,
  laws: { testedIn: "test/sparse/convergence.test.ts" },
});

/** Every primitive of this file. */
export const family: readonly Primitive[] = [checked.primitive];
