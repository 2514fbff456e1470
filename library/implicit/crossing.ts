/**
 * Whether the sign change that bisection closed in on is a root, a pole or a jump, judged by values of |f|.
 * Towards a root |f| falls; at a pole it exceeds what it was at the ends of the bracket; across a jump the difference of
 * the two sides neither falls with the distance nor is small beside the ends, as the steps of rounding are.
 */

/** An interval and the values of f at its ends. */
export interface Crossing {
  readonly lower: number;
  readonly atLower: number;
  readonly upper: number;
  readonly atUpper: number;
}

/** The interval around the last one whose values tell how |f| falls is this many times as wide. */
export const surroundings: number = 2 ** 20;
/** A wide interval that the first bracket cuts shorter than this tells nothing. */
const leastSurroundings = 2 ** 10;
/** Steps of rounding are smaller than this part of the larger value at the ends, in float32 too; of 1 where both are infinite. */
const roundingPart = 1e-4;
/** Across a jump the difference of values is the same far and near, but for the slopes beside it. */
const constancy = 1 - 1e-3;
/** How far |f| must rise above the values it is compared with to be a pole. */
const growth = 2;

const finiteOf = ({ atLower, atUpper }: Crossing): number[] => [atLower, atUpper].map(Math.abs).filter(Number.isFinite);

const isPole = (first: Crossing, wide: Crossing, last: Crossing): boolean => {
  const ends = finiteOf(first);
  const bound = ends.length > 0 ? Math.max(...ends) : Math.max(Math.abs(wide.atLower), Math.abs(wide.atUpper));
  const least = Math.min(Math.abs(last.atLower), Math.abs(last.atUpper));
  return least === Infinity || least > growth * bound;
};

const isJump = (first: Crossing, wide: Crossing, last: Crossing): boolean => {
  if (!(wide.upper - wide.lower >= leastSurroundings * (last.upper - last.lower))) return false;
  const ends = finiteOf(first);
  const step = Math.abs(last.atUpper - last.atLower);
  return (
    last.atLower !== 0 &&
    last.atUpper !== 0 &&
    step >= roundingPart * Math.max(...ends, ends.length === 0 ? 1 : 0) &&
    step >= constancy * Math.abs(wide.atUpper - wide.atLower)
  );
};

/**
 * What the sign change is if it is no root; null for a root.
 * @param first  the bracket at the start, whose signs differ
 * @param wide   the last bracket with its surroundings
 * @param last   the bracket between whose ends no number lies
 */
export const faultOf = (first: Crossing, wide: Crossing, last: Crossing): string | null => {
  const seen = `the values are ${last.atLower} at ${last.lower} and ${last.atUpper} at ${last.upper}`;
  if (!(Math.sign(last.atLower) * Math.sign(last.atUpper) <= 0)) return `values inside are not numbers; ${seen}`;
  if (isPole(first, wide, last)) return `the sign changes at a pole: ${seen}`;
  return isJump(first, wide, last) ? `the sign changes at a jump: ${seen}` : null;
};
