/**
 * Why iterations stop, and requireConverged: their result, refused where the report says that they failed.
 */
import { NotConverged } from "../src/error.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { checked } from "./checks.ts";

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

const verify = (asked: string, [iterations, residual, reason]: readonly number[]): void => {
  if (reason === 0) return;
  const stop = { reason: stopReasons[reason!]!, iterations: iterations!, residual: residual! };
  throw new NotConverged(asked, stop, remedies[reason!]!);
};

/** x where every report [..., iterations, relative residual, stop reason] says that it converged. @param asked  the method, and what for */
export const requireConverged = (x: NDArray, report: NDArray, asked: string): NDArray =>
  checked(x, report, { width: 3, verify: (numbers) => verify(asked, numbers) });
