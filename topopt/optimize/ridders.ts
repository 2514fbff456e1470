/**
 * Derivatives by differences that know how far they can be trusted: central differences at shrinking steps, extrapolated to
 * step 0 by polynomials in h^2; neighbours in the tableau tell the error.
 * Source: Ridders 1982, Advances in Engineering Software 4.
 */

export interface Difference {
  readonly value: number;
  /** What the value may be off by; rounding of the function included. */
  readonly error: number;
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

/** One row of the tableau below another one, and the best entry so far. */
const extended = (
  before: readonly number[],
  difference: number,
  best: Difference,
): { readonly row: readonly number[]; readonly best: Difference } => {
  const row = [difference];
  let found = best;
  before.forEach((coarser, order) => {
    const finer = row[order]!;
    const value = finer + (finer - coarser) / (shrinkage ** (2 * order + 2) - 1);
    const error = Math.max(Math.abs(value - finer), Math.abs(value - coarser));
    if (error < found.error) found = { value, error };
    row.push(value);
  });
  return { row, best: found };
};

const isKnown = ({ value, error }: Difference): boolean => error <= enough * Math.abs(value);

const centralAt = (valuesAt: (step: number) => ArrayLike<number>, h: number): readonly number[] => {
  const [ahead, behind] = [valuesAt(h), valuesAt(-h)];
  return Array.from(ahead, (value, k) => (value - behind[k]!) / (2 * h));
};

/**
 * A second opinion, for functions with kinks such as networks of rectifiers: no polynomial fits them, but the smaller the step,
 * the fewer kinks lie within. Ten times the last step tells how much they matter.
 * Cost: 4 evaluations.
 */
export const fineDifferences = (valuesAt: (step: number) => ArrayLike<number>): readonly Difference[] => {
  const [finest, coarser] = [centralAt(valuesAt, finestStep), centralAt(valuesAt, 10 * finestStep)];
  return finest.map((value, k) => ({ value, error: Math.abs(value - coarser[k]!) }));
};

/**
 * Derivatives at 0 of several functions of a step at once.
 * @param valuesAt  their values at a step in (-farthestStep, farthestStep)
 * Cost: 4 to 14 evaluations.
 */
export const differencesAlong = (valuesAt: (step: number) => ArrayLike<number>): readonly Difference[] => {
  let tableaux: { row: readonly number[]; best: Difference }[] = [];
  for (let level = 0; level < mostLevels; level++) {
    const h = firstStep / shrinkage ** level;
    const central = centralAt(valuesAt, h);
    tableaux = central.map((difference, k) =>
      level === 0
        ? { row: [difference], best: { value: difference, error: Infinity } }
        : extended(tableaux[k]!.row, difference, tableaux[k]!.best),
    );
    if (tableaux.every(({ best }) => isKnown(best))) break;
  }
  return tableaux.map(({ best }) => best);
};
