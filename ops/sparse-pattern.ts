/**
 * The static part of a sparse matrix: which value stands where, and what is assumed of the matrix.
 * The matrix is the sum of weight[k] * values[source[k]] at (rows[k], columns[k]): linear in the values, so declared
 * symmetry is part of the map from values to matrix and derivatives follow it without further rules.
 */

/** What a solver may rely on. */
export type Assumption = "general" | "symmetric" | "positive definite";

/** Where the values of a symmetric matrix stand: "both" uses the symmetric part, one triangle is mirrored. */
export type Triangle = "both" | "lower" | "upper";

export interface SparsePattern {
  /** Shown in printed jaxprs. */
  readonly label: string;
  /** Tells patterns with equal labels apart. */
  readonly id: number;
  /** [rows, columns]. */
  readonly shape: readonly [number, number];
  /** Number of values. */
  readonly count: number;
  readonly assume: Assumption;
  readonly source: Int32Array;
  readonly rows: Int32Array;
  readonly columns: Int32Array;
  readonly weight: Float64Array;
}

export interface PatternEntries {
  readonly rows: Int32Array;
  readonly columns: Int32Array;
  readonly shape: readonly [number, number];
  readonly assume: Assumption;
  readonly triangle: Triangle;
}

let patternCount = 0;

/** A pattern of entries that lie inside the matrix, and in the named triangle. Places may repeat: values add up. */
export const patternOf = ({ rows, columns, shape, assume, triangle }: PatternEntries): SparsePattern => {
  const isMirrored = assume !== "general";
  let beside = 0;
  if (isMirrored) for (let k = 0; k < rows.length; k++) if (rows[k] !== columns[k]) beside++;
  const total = rows.length + beside;
  const triples = {
    source: new Int32Array(total),
    rows: new Int32Array(total),
    columns: new Int32Array(total),
    weight: new Float64Array(total),
  };
  const share = triangle === "both" ? 0.5 : 1;
  let filled = 0;
  const add = (source: number, row: number, column: number, weight: number): void => {
    triples.source[filled] = source;
    triples.rows[filled] = row;
    triples.columns[filled] = column;
    triples.weight[filled++] = weight;
  };
  for (let k = 0; k < rows.length; k++) {
    const [row, column] = [rows[k]!, columns[k]!];
    const isShared = isMirrored && row !== column;
    add(k, row, column, isShared ? share : 1);
    if (isShared) add(k, column, row, share);
  }
  return Object.freeze({
    label: `sparse(${shape.join("x")}, ${rows.length} values, ${assume})`,
    id: patternCount++,
    shape: Object.freeze([shape[0], shape[1]] as const),
    count: rows.length,
    assume,
    ...triples,
  });
};

/** Values of all triples. */
export const tripleValues = ({ source, weight }: SparsePattern, values: Float64Array): Float64Array => {
  const out = new Float64Array(source.length);
  for (let t = 0; t < out.length; t++) out[t] = weight[t]! * values[source[t]!]!;
  return out;
};

// --- Reports ----------------------------------------------------------------------------------

/** What the last solve with a pattern did. */
export interface SparseReport {
  readonly solver: "cholesky" | "ldl" | "lu";
  /** |b - A x| / |b|, the largest of the right-hand sides; 0 for b = 0. */
  readonly residual: number;
  /** Largest |b - A x|_i / (|A| |x| + |b|)_i. */
  readonly backwardError: number;
  readonly rightHandSides: number;
  /** Factorizations with this pattern so far. */
  readonly factorizations: number;
  /** Those of them that could keep the order and the pivots of the one before (LU only). */
  readonly refactorizations: number;
}

const reports = new WeakMap<SparsePattern, SparseReport>();

export const recordReport = (pattern: SparsePattern, report: SparseReport): void => {
  reports.set(pattern, report);
};

/** Report of the last solve, null before the first. */
export const lastReport = (pattern: SparsePattern): SparseReport | null => reports.get(pattern) ?? null;
