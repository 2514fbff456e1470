/**
 * Whether a forward rule is linear in the tangents, tried on numbers: where all tangents double, so does the result.
 * Doubling is exact, so only underflow asks for a tolerance. One point proves nothing; it finds constants and squares.
 * The rule runs twice more for it, so this is for debug mode.
 */
import { NotLinear } from "../src/error.ts";
import { bufferOf, fromBuffer, isConcrete } from "../src/array/ndarray.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { isFloat } from "../src/array/dtype.ts";
import { castBuffer } from "../src/array/create.ts";
import type { Pushforward } from "./custom-linear.ts";

/** Relative to the larger of the two, beside the smallest normal numbers. */
const tolerance = 1e-6;
const smallest = 1e-300;

/** Tangents without symmetry: factor times 1, 1.5, 2, 2.5, 3, 1, ... */
const probe = ({ shape, size, dtype }: NDArray, factor: number): NDArray =>
  fromBuffer(
    castBuffer(
      Float64Array.from({ length: size }, (_, k) => factor * (1 + (k % 5) / 2)),
      "float64",
      dtype,
    ),
    shape,
    dtype,
  );

const valuesOf = (tangents: readonly (NDArray | null)[]): number[] =>
  tangents.flatMap((tangent) => (tangent !== null && isConcrete(tangent) ? Array.from(bufferOf(tangent)) : []));

/** Refuses a rule that is not linear in the tangents that move. */
export const requireLinearRule = (
  name: string,
  rule: Pushforward,
  primals: readonly NDArray[],
  moves: readonly boolean[],
): void => {
  const along = (factor: number): number[] =>
    valuesOf(
      rule(
        primals,
        primals.map((primal, k) => (moves[k]! && isFloat(primal.dtype) ? probe(primal, factor) : null)),
      )[1],
    );
  const [once, twice] = [along(1), along(2)];
  const at = once.findIndex((value, k) => {
    const difference = Math.abs(twice[k]! - 2 * value);
    return difference > tolerance * Math.max(Math.abs(twice[k]!), Math.abs(value)) + smallest;
  });
  if (at >= 0)
    throw new NotLinear(
      `jvp of ${name}`,
      `where the tangents double, its tangent goes from ${once[at]} to ${twice[at]}`,
      "The tangent that a rule returns must be linear in the tangents it is given: no constant, no product of two",
    );
};
