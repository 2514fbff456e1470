/**
 * requireConverged: x itself, after a look at the report of the iteration that made it. A loop cannot throw by value;
 * this can, where its result is used, also in compiled code. Linear in x; nothing flows through the report.
 */
import { NotConverged, ShapeMismatch } from "../src/error.ts";
import { bufferOf } from "../src/array/ndarray.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { showShape } from "../src/array/shape.ts";
import { definePrimitive } from "../src/ir/define.ts";
import type { PrimitiveFunction } from "../src/ir/define.ts";
import { routine } from "../src/ir/lowering.ts";
import { isLinearInput, notLinear } from "../src/ir/primitive.ts";
import type { Primitive } from "../src/ir/primitive.ts";
import { moveAxis, only } from "./shape.ts";

/** Why an iteration stopped, by number; 0 is success. */
export const stopReasons = [
  "converged",
  "the iteration limit is reached",
  "the method broke down",
  "the matrix or the preconditioner is not positive definite",
  "the residual no longer falls",
  "the operator, the preconditioner or the right-hand side gives NaN or infinity",
] as const;

const remedies: readonly string[] = [
  "",
  "Raise maxIterations or rtol, or give a better preconditioner",
  "Use gmres, or another preconditioner",
  "Use gmres or bicgstab, or check that the matrix is symmetric and its diagonal positive",
  "Loosen rtol: rounding limits what can be reached; or the matrix is singular",
  "Check the values that the operator closes over, and the right-hand side",
];

export interface ConvergenceParams {
  /** Named in the error: the method, and what for. */
  readonly asked: string;
}

/** x where every report [..., iterations, relative residual, stop reason] says that it converged. */
export const requireConverged: PrimitiveFunction<[NDArray, NDArray], ConvergenceParams> = definePrimitive<
  [NDArray, NDArray],
  ConvergenceParams
>({
  name: "requireConverged",
  evaluate: ([x, report], { asked }) => {
    const numbers = bufferOf(report);
    for (let k = 0; k < numbers.length; k += 3) {
      const [iterations, residual, reason] = [numbers[k]!, numbers[k + 1]!, numbers[k + 2]!];
      if (reason !== 0)
        throw new NotConverged(asked, { reason: stopReasons[reason]!, iterations, residual }, remedies[reason]!);
    }
    return x;
  },
  abstractEval: ([x, report]) => {
    if (report.shape.at(-1) !== 3)
      throw new ShapeMismatch(
        "requireConverged",
        `a report of shape ${showShape(report.shape)}`,
        "Its last axis holds iterations, residual and stop reason",
      );
    return { shape: x.shape, dtype: x.dtype };
  },
  jvp: ([x, report], [dx], params) => [requireConverged(x, report, params), dx],
  transpose: (cotangents, [x, report], params) =>
    isLinearInput(report) ? notLinear(cotangents, [x, report], params) : [only(cotangents), null],
  batch: ([x, report], [xDim, reportDim], params) => [
    requireConverged(x, reportDim === null ? report : moveAxis(report, reportDim, 0), params),
    xDim,
  ],
  lower: routine,
  laws: { testedIn: "test/sparse/convergence.test.ts" },
});

/** The records of this family. */
export const family: readonly Primitive[] = [requireConverged.primitive];
