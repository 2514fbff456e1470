/**
 * The static part of a sparse matrix: which value stands where, what is assumed of the matrix, and the analysis of it.
 * The matrix is the sum of weight[k] * values[source[k]] at (rows[k], columns[k]): linear in the values, so declared
 * symmetry is part of the map from values to matrix and derivatives follow it without further rules.
 */
import { compress } from "../kernels/sparse/compressed-columns.ts";
import { analyzeLu, factorizeLu, refactorizeLu } from "../kernels/sparse/lu.ts";
import { solveLu } from "../kernels/sparse/lu-solve.ts";
import type { LuAnalysis, LuFactor } from "../kernels/sparse/lu.ts";
import { analyzeSimplicial, factorizeSimplicial, solveSimplicial } from "../kernels/sparse/simplicial.ts";
import type { SimplicialAnalysis } from "../kernels/sparse/simplicial.ts";
import { InvalidOption, NotPositiveDefinite, Singular } from "../src/error.ts";
import { counts } from "../src/counters.ts";
import { ticketStore } from "./ticket-store.ts";

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
  const triples: (readonly [source: number, row: number, column: number, weight: number])[] = [];
  const share = triangle === "both" ? 0.5 : 1;
  rows.forEach((row, k) => {
    const column = columns[k]!;
    if (assume === "general" || row === column) triples.push([k, row, column, 1]);
    else triples.push([k, row, column, share], [k, column, row, share]);
  });
  return Object.freeze({
    label: `sparse(${shape.join("x")}, ${rows.length} values, ${assume})`,
    id: patternCount++,
    shape: Object.freeze([shape[0], shape[1]] as const),
    count: rows.length,
    assume,
    source: Int32Array.from(triples, ([source]) => source),
    rows: Int32Array.from(triples, ([, row]) => row),
    columns: Int32Array.from(triples, ([, , column]) => column),
    weight: Float64Array.from(triples, ([, , , weight]) => weight),
  });
};

/** Values of all triples. */
export const tripleValues = ({ source, weight }: SparsePattern, values: Float64Array): Float64Array =>
  weight.map((factor, k) => factor * values[source[k]!]!);

// --- Analysis ---------------------------------------------------------------------------------

type Method =
  | { readonly name: "cholesky"; readonly analysis: SimplicialAnalysis }
  | { readonly name: "lu"; readonly analysis: LuAnalysis; last: LuFactor | null };

interface SparseAnalysis {
  readonly method: Method;
  /** Slot of every triple. */
  readonly slot: Int32Array;
  readonly slotCount: number;
}

const analyses = new WeakMap<SparsePattern, SparseAnalysis>();

const analyze = ({ rows, columns, shape, assume }: SparsePattern): SparseAnalysis => {
  const { pattern, slot } = compress(rows, columns, ...shape);
  const slotCount = pattern.rowOf.length;
  if (assume === "positive definite")
    return { method: { name: "cholesky", analysis: analyzeSimplicial(pattern) }, slot, slotCount };
  const status = analyzeLu(pattern);
  if (!status.ok)
    throw new Singular(
      "sparseSolve",
      `column ${status.column} of the ${shape.join(" x ")} matrix has ${pattern.columnStart[status.column] === pattern.columnStart[status.column + 1] ? "no entries" : "entries only in rows that other columns need"}`,
      "The matrix is singular whatever its values are: add the missing entries to the pattern",
    );
  return { method: { name: "lu", analysis: status.analysis, last: null }, slot, slotCount };
};

/** Order, pattern of the factor and slots, made on first use. */
const analysisOf = (pattern: SparsePattern): SparseAnalysis => {
  let analysis = analyses.get(pattern);
  if (analysis === undefined) {
    counts.analyses++;
    analysis = analyze(pattern);
    analyses.set(pattern, analysis);
  }
  return analysis;
};

/** Length of a factor: a Cholesky factor is its entries, an LU factor a ticket, since its length depends on values. */
export const factorLength = (pattern: SparsePattern): number => {
  if (pattern.assume !== "positive definite") return 1;
  const { method } = analysisOf(pattern);
  return method.name === "cholesky" ? method.analysis.rowOf.length : 1;
};

// --- Tickets of LU factors --------------------------------------------------------------------

/** LU factors by ticket, 64 MiB of them. A ticket whose factor has gone is redeemed by factorizing again. */
const tickets = ticketStore<{ readonly owner: SparsePattern; readonly factor: LuFactor }>(2 ** 23);

const keep = (ticket: number, owner: SparsePattern, factor: LuFactor): void => {
  const { lower, upper, pivot } = factor;
  tickets.put(ticket, { owner, factor }, 1.5 * (lower.value.length + upper.value.length) + 3 * pivot.length);
};

// --- Numeric work -----------------------------------------------------------------------------

const assemble = ({ slot, slotCount }: SparseAnalysis, triples: Float64Array): Float64Array => {
  const out = new Float64Array(slotCount);
  for (let k = 0; k < slot.length; k++) out[slot[k]!] = out[slot[k]!]! + triples[k]!;
  return out;
};

const factorizeGeneral = (
  method: Method & { readonly name: "lu" },
  values: Float64Array,
  { shape }: SparsePattern,
): LuFactor => {
  counts.factorizations++;
  const again = method.last === null ? null : refactorizeLu(method.analysis, values, method.last);
  const status = again === null ? factorizeLu(method.analysis, values) : { ok: true as const, factor: again };
  if (!status.ok)
    throw new Singular(
      "sparseSolve",
      `column ${status.column} of the ${shape.join(" x ")} matrix depends on other columns: ${status.remainder.toExponential(1)} of it is left`,
      "Check the values, or what is missing from the system (a support, a gauge, an equation)",
    );
  method.last = status.factor;
  return status.factor;
};

/** Writes the factor of one matrix, whose values are finite. */
export const factorizePattern = (pattern: SparsePattern, values: Float64Array, out: Float64Array): void => {
  const analysis = analysisOf(pattern);
  const slots = assemble(analysis, tripleValues(pattern, values));
  const { method } = analysis;
  if (method.name === "lu") {
    out[0] = tickets.next();
    keep(out[0], pattern, factorizeGeneral(method, slots, pattern));
    return;
  }
  counts.factorizations++;
  const status = factorizeSimplicial(method.analysis, slots, out);
  if (!status.ok)
    throw new NotPositiveDefinite(
      "sparseSolve",
      `the pivot of row ${status.row} is ${status.pivot}, its diagonal ${status.diagonal}`,
      'Check the values; a symmetric matrix that is not positive definite needs { assume: "symmetric" }',
    );
};

/** The solver that a factor stands for: overwrites a right-hand side with its solution. */
export const solverOf = (
  pattern: SparsePattern,
  factor: Float64Array,
  values: Float64Array,
  isTransposed: boolean,
): ((rhs: Float64Array) => void) => {
  const analysis = analysisOf(pattern);
  const { method } = analysis;
  if (method.name === "cholesky") return (rhs) => solveSimplicial(method.analysis, factor, rhs, rhs);
  const ticket = factor[0]!;
  const entry = tickets.get(ticket);
  if (entry !== undefined && entry.owner !== pattern)
    throw new InvalidOption(
      "sparseSolve",
      `the factor belongs to ${entry.owner.label}, not to ${pattern.label}`,
      "Use the factor of this pattern and these values",
    );
  const own = entry?.factor ?? factorizeGeneral(method, assemble(analysis, tripleValues(pattern, values)), pattern);
  if (entry === undefined) keep(ticket, pattern, own);
  return (rhs) => solveLu(own, isTransposed, rhs, rhs);
};

// --- Reports ----------------------------------------------------------------------------------

/** What the last solve with a pattern did. */
export interface SparseReport {
  readonly solver: "cholesky" | "lu";
  /** |b - A x| / |b|, the largest of the right-hand sides; 0 for b = 0. */
  readonly residual: number;
  /** Largest |b - A x|_i / (|A| |x| + |b|)_i. */
  readonly backwardError: number;
  readonly rightHandSides: number;
}

const reports = new WeakMap<SparsePattern, SparseReport>();

export const recordReport = (pattern: SparsePattern, report: SparseReport): void => {
  reports.set(pattern, report);
};

/** Report of the last solve, null before the first. */
export const lastReport = (pattern: SparsePattern): SparseReport | null => reports.get(pattern) ?? null;
