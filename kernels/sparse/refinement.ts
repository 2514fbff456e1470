/**
 * How well x solves A x = b, and one step of refinement where that helps.
 * Backward error: the largest |b - A x|_i / (|A| |x| + |b|)_i, the relative change of single entries that makes x exact.
 * Source: Oettli & Prager 1964; Arioli, Demmel & Duff 1989.
 */

/** The matrix as triples; places may repeat. */
export interface Triples {
  readonly rows: Int32Array;
  readonly columns: Int32Array;
  readonly values: Float64Array;
}

export interface Quality {
  /** |b - A x| / |b| in the 2-norm; 0 for b = 0. */
  readonly residual: number;
  readonly backwardError: number;
  /** The same with the largest entries of numerator and denominator: forgives rows that are nearly zero. */
  readonly normwiseError: number;
}

/** Above this a solution is refined once: rounding of a good factor leaves about 1e-15. */
const refineAbove = 1e-15;

/** b - A x and |A| |x|. */
function residualOf({ rows, columns, values }: Triples, x: Float64Array, rhs: Float64Array) {
  const residual = rhs.slice();
  const size = new Float64Array(rhs.length);
  for (let k = 0; k < rows.length; k++) {
    const term = values[k]! * x[columns[k]!]!;
    residual[rows[k]!] = residual[rows[k]!]! - term;
    size[rows[k]!] = size[rows[k]!]! + Math.abs(term);
  }
  return { residual, size };
}

function measure(matrix: Triples, x: Float64Array, rhs: Float64Array): Quality & { residualVector: Float64Array } {
  const { residual, size } = residualOf(matrix, x, rhs);
  const quality = { error: 0, norm: 0, backward: 0, largest: 0, whole: 0 };
  for (let i = 0; i < rhs.length; i++) {
    const [left, right] = [Math.abs(residual[i]!), Math.abs(rhs[i]!)];
    quality.error += left * left;
    quality.norm += right * right;
    // NaN, from infinities that cancel, counts as no solution at all.
    if (!(left < Infinity)) quality.backward = quality.largest = Infinity;
    else if (left > 0) quality.backward = Math.max(quality.backward, left / (size[i]! + right));
    quality.largest = Math.max(quality.largest, left);
    quality.whole = Math.max(quality.whole, size[i]! + right);
  }
  return {
    residual: quality.norm === 0 ? 0 : Math.sqrt(quality.error / quality.norm),
    backwardError: quality.backward,
    normwiseError:
      quality.largest === 0 ? 0 : quality.largest === Infinity ? Infinity : quality.largest / quality.whole,
    residualVector: residual,
  };
}

/**
 * Improves x by one step when its backward error is above rounding and the step makes it smaller.
 * @param solve  overwrites a right-hand side with its solution, by the factor in question
 * @param x      the solution, changed in place
 */
export function refine(
  matrix: Triples,
  rhs: Float64Array,
  solve: (rhs: Float64Array) => void,
  x: Float64Array,
): Quality {
  const before = measure(matrix, x, rhs);
  if (before.backwardError <= refineAbove) return before;
  const correction = before.residualVector;
  solve(correction);
  const refined = x.map((value, i) => value + correction[i]!);
  const after = measure(matrix, refined, rhs);
  if (!(after.backwardError < before.backwardError)) return before;
  x.set(refined);
  return after;
}
