/**
 * Derivatives by differences that know how far they can be trusted: central differences at shrinking steps, extrapolated to
 * step 0 by polynomials in h^2; neighbours in the tableau tell the error.
 * Source: Ridders 1982, Advances in Engineering Software 4.
 */

export interface Difference {
  readonly value: number;
  /** What the value may be off by, rounding of the function included. */
  readonly error: number;
  /** Half of what the slopes ahead and behind are apart, where these were looked at: at a kink no difference is nearer. */
  readonly kink: number;
}

/** The first step is a fraction of the direction, each further one half of the one before. */
const firstStep = 1e-3;
const shrinkage = 2;
const mostLevels = 7;
/** Where all functions are known this well, relative to their derivatives, no further step is taken. */
const enough = 1e-7;

/** Rounding of solves, some 1e-13 of a value, leaves six digits of a difference. */
const finestStep = 1e-6;

/** How far the first step goes, in units of the direction: the farthest that the function is evaluated at. */
export const farthestStep: number = firstStep;

/** Values of several functions of a step. */
export type ValuesAt = (step: number) => ArrayLike<number>;

/** Units in the last place that a function of many terms is off by. */
const roundings = 2 ** -50;

/** What rounding leaves of a difference quotient, at most. */
const roundingOf = (size: number, h: number): number => (roundings * size) / h;

/** One row of the tableau below another one, and the best entry so far. */
const extended = (
  before: readonly number[],
  difference: number,
  best: Difference,
  rounding: number,
): { readonly row: readonly number[]; readonly best: Difference } => {
  const row = [difference];
  let found = best;
  before.forEach((coarser, order) => {
    const finer = row[order]!;
    const value = finer + (finer - coarser) / (shrinkage ** (2 * order + 2) - 1);
    const error = Math.max(Math.abs(value - finer), Math.abs(value - coarser), rounding);
    if (error < found.error) found = { value, error, kink: 0 };
    row.push(value);
  });
  return { row, best: found };
};

const isKnown = ({ value, error }: Difference): boolean => error <= enough * Math.abs(value);

/** Central differences, and what rounding leaves of them. */
interface Central {
  readonly value: number;
  readonly rounding: number;
}

const centralAt = (valuesAt: ValuesAt, h: number, leastSizes: readonly number[]): readonly Central[] => {
  const [ahead, behind] = [valuesAt(h), valuesAt(-h)];
  return Array.from(ahead, (value, k) => ({
    value: (value - behind[k]!) / (2 * h),
    rounding: roundingOf(Math.max(Math.abs(value), Math.abs(behind[k]!), leastSizes[k]!), h),
  }));
};

/**
 * A second opinion, for functions with kinks such as networks of rectifiers: no polynomial fits them, but the smaller the step,
 * the fewer kinks lie within. Ten times the last step tells how much they matter, and the slopes on both sides whether there is
 * one at the point itself.
 * Cost: 5 evaluations.
 */
export const fineDifferences = (valuesAt: ValuesAt, leastSizes: readonly number[]): readonly Difference[] => {
  const [finest, coarser] = [finestStep, 10 * finestStep].map((h) => centralAt(valuesAt, h, leastSizes)) as [
    readonly Central[],
    readonly Central[],
  ];
  const [here, ahead] = [valuesAt(0), valuesAt(finestStep)];
  return finest.map(({ value, rounding }, k) => ({
    value,
    error: Math.max(Math.abs(value - coarser[k]!.value), rounding),
    kink: Math.abs((ahead[k]! - here[k]!) / finestStep - value),
  }));
};

/**
 * Derivatives at 0 of several functions of a step at once.
 * @param valuesAt    their values at a step in [-farthestStep, farthestStep]
 * @param leastSizes  of the terms that each is the sum of, at least: their rounding stays where the sum is small
 * Cost: 4 to 14 evaluations.
 */
export const differencesAlong = (valuesAt: ValuesAt, leastSizes: readonly number[]): readonly Difference[] => {
  let tableaux: { row: readonly number[]; best: Difference }[] = [];
  for (let level = 0; level < mostLevels; level++) {
    const central = centralAt(valuesAt, firstStep / shrinkage ** level, leastSizes);
    tableaux = central.map(({ value, rounding }, k) =>
      level === 0
        ? { row: [value], best: { value, error: Infinity, kink: 0 } }
        : extended(tableaux[k]!.row, value, tableaux[k]!.best, rounding),
    );
    if (tableaux.every(({ best }) => isKnown(best))) break;
  }
  return tableaux.map(({ best }) => best);
};
