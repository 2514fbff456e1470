/**
 * The one door to fp-ts. Only `fp-ts/lib/X.js` resolves in plain Node modules, bundlers and tests alike.
 * Used at the borders (options, files, pipelines), never in traced code or kernels.
 */
export { pipe } from "fp-ts/lib/function.js";
export { left, right, isLeft, getApplicativeValidation } from "fp-ts/lib/Either.js";
export type { Either } from "fp-ts/lib/Either.js";
export { sequenceS } from "fp-ts/lib/Apply.js";
export { getSemigroup } from "fp-ts/lib/ReadonlyNonEmptyArray.js";
export type { ReadonlyNonEmptyArray } from "fp-ts/lib/ReadonlyNonEmptyArray.js";
