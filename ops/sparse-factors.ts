/**
 * Factorizations of sparse matrices as values of programs. Where the number of a factor's entries is known beforehand the
 * value is these entries and a ticket, otherwise a ticket alone; a ticket whose factor has gone is redeemed by factorizing
 * again. A ticket is a hash of the values, so none but these redeem it, whether or not the factor is still there.
 */
import { columnOfEntries, compress } from "../kernels/sparse/compressed-columns.ts";
import type { ColumnPattern } from "../kernels/sparse/compressed-columns.ts";
import { conditionOf } from "../kernels/sparse/condition.ts";
import { counts } from "../src/counters.ts";
import { InvalidOption, NotFinite } from "../src/error.ts";
import { methodFor } from "./sparse-methods.ts";
import type { KeptFactor, Method } from "./sparse-methods.ts";
import { tripleValues } from "./sparse-pattern.ts";
import type { SparsePattern, SparseReport } from "./sparse-pattern.ts";
import { ticketStore } from "./ticket-store.ts";
import { ticketOfBits } from "./value-ticket.ts";

// --- Analysis ---------------------------------------------------------------------------------

interface SparseAnalysis {
  readonly method: Method;
  /** Slot of every triple. */
  readonly slot: Int32Array;
  readonly compressed: ColumnPattern;
  factorizations: number;
  refactorizations: number;
}

const analyses = new WeakMap<SparsePattern, SparseAnalysis>();

/** Order, pattern of the factor and slots, made on first use. */
const analysisOf = (pattern: SparsePattern): SparseAnalysis => {
  const known = analyses.get(pattern);
  if (known !== undefined) return known;
  counts.analyses++;
  const { pattern: compressed, slot } = compress(pattern.rows, pattern.columns, ...pattern.shape);
  const analysis: SparseAnalysis = {
    method: methodFor(compressed, pattern),
    slot,
    compressed,
    factorizations: 0,
    refactorizations: 0,
  };
  analyses.set(pattern, analysis);
  return analysis;
};

/** Length of a factor's value. */
export const factorLength = (pattern: SparsePattern): number => {
  if (pattern.assume !== "positive definite") return 1;
  const { method } = analysisOf(pattern);
  return method.kind === "entries" ? method.length + 1 : 1;
};

/** Which method a pattern has, and how often it was used. */
export const usageOf = (
  pattern: SparsePattern,
): Pick<SparseReport, "solver" | "factorizations" | "refactorizations"> => {
  const { method, factorizations, refactorizations } = analysisOf(pattern);
  return { solver: method.solver, factorizations, refactorizations };
};

// --- Tickets ----------------------------------------------------------------------------------

/** The ticket of these values with this pattern; other patterns have others. */
export const ticketFor = (pattern: SparsePattern, values: Float64Array): number =>
  (ticketOfBits(values) + pattern.id * 2 ** -52) % 1;

/** Factors by ticket, 64 MiB of them. */
const factors = ticketStore<KeptFactor>(2 ** 23);

/** Condition numbers by ticket; they outlive factors. */
const conditions = ticketStore<number>(2 ** 12);

const keyOf = ({ id }: SparsePattern, ticket: number): string => `${id} ${ticket}`;

/** The ticket of a factor that was made of these very values; others are refused. */
const redeemable = (pattern: SparsePattern, factor: Float64Array, values: Float64Array): number => {
  const ticket = factor.at(-1)!;
  if (ticket !== ticketFor(pattern, values))
    throw new InvalidOption(
      "sparseSolve",
      `a factor of other values, or of another pattern, than those of ${pattern.label} that came with it`,
      "Use the factor of this pattern and these values",
    );
  return ticket;
};

// --- Factorizations ---------------------------------------------------------------------------

const requireFiniteSums = (pattern: SparsePattern, compressed: ColumnPattern, slots: Float64Array): void => {
  for (let at = 0; at < slots.length; at++)
    if (!(Math.abs(slots[at]!) < Infinity))
      throw new NotFinite(
        "sparseSolve",
        `the values of ${pattern.label} in row ${compressed.rowOf[at]} and column ${columnOfEntries(compressed)[at]} add up to ${slots[at]}`,
        "Scale the system; values at one place add up, and so many are beyond float64",
      );
};

/** Values at their places. @param values  all finite */
const assemble = (pattern: SparsePattern, values: Float64Array): Float64Array => {
  const { slot, compressed } = analysisOf(pattern);
  const triples = tripleValues(pattern, values);
  const slots = new Float64Array(compressed.rowOf.length);
  for (let k = 0; k < slot.length; k++) slots[slot[k]!] = slots[slot[k]!]! + triples[k]!;
  requireFiniteSums(pattern, compressed, slots);
  return slots;
};

const makeThing = (
  pattern: SparsePattern,
  method: Method & { readonly kind: "thing" },
  values: Float64Array,
  ticket: number,
): KeptFactor => {
  const analysis = analysisOf(pattern);
  const slots = assemble(pattern, values);
  counts.factorizations++;
  analysis.factorizations++;
  const { factor, isAgain } = method.factorize(slots);
  if (isAgain) analysis.refactorizations++;
  factors.put(keyOf(pattern, ticket), factor, factor.size);
  return factor;
};

/** Writes the value of one matrix's factor. @param values  all finite */
export const factorizePattern = (pattern: SparsePattern, values: Float64Array, out: Float64Array): void => {
  const analysis = analysisOf(pattern);
  const { method } = analysis;
  const ticket = ticketFor(pattern, values);
  out[out.length - 1] = ticket;
  if (method.kind === "thing") {
    makeThing(pattern, method, values, ticket);
    return;
  }
  const slots = assemble(pattern, values);
  counts.factorizations++;
  analysis.factorizations++;
  method.factorize(slots, out.subarray(0, method.length));
};

/** What a factor's value stands for. Refused unless it was made of these values. */
export const keptFactor = (pattern: SparsePattern, factor: Float64Array, values: Float64Array): KeptFactor => {
  const { method } = analysisOf(pattern);
  const ticket = redeemable(pattern, factor, values);
  if (method.kind === "entries") return method.kept(factor.subarray(0, method.length));
  return factors.get(keyOf(pattern, ticket)) ?? makeThing(pattern, method, values, ticket);
};

/**
 * How much the matrix magnifies relative errors of its entries, by a few solves the first time it is asked for.
 * @param kept  the factor of these values
 */
export const magnificationOf = (pattern: SparsePattern, kept: KeptFactor, values: Float64Array): number => {
  const key = keyOf(pattern, ticketFor(pattern, values));
  const known = conditions.get(key);
  if (known !== undefined) return known;
  const matrix = { pattern: analysisOf(pattern).compressed, values: assemble(pattern, values) };
  const made = conditionOf(matrix, kept.solve);
  conditions.put(key, made, 1);
  return made;
};
