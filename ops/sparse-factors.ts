/**
 * Factorizations of sparse matrices as values of programs. Where the number of a factor's entries is known beforehand the
 * value is these entries, otherwise a ticket; a ticket whose factor has gone is redeemed by factorizing again.
 */
import { compress } from "../kernels/sparse/compressed-columns.ts";
import { counts } from "../src/counters.ts";
import { InvalidOption } from "../src/error.ts";
import { methodFor } from "./sparse-methods.ts";
import type { KeptFactor, Method } from "./sparse-methods.ts";
import { tripleValues } from "./sparse-pattern.ts";
import type { SparsePattern, SparseReport } from "./sparse-pattern.ts";
import { ticketStore } from "./ticket-store.ts";

// --- Analysis ---------------------------------------------------------------------------------

interface SparseAnalysis {
  readonly method: Method;
  /** Slot of every triple. */
  readonly slot: Int32Array;
  readonly slotCount: number;
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
    slotCount: compressed.rowOf.length,
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
  return method.kind === "entries" ? method.length : 1;
};

/** Which method a pattern has, and how often it was used. */
export const usageOf = (
  pattern: SparsePattern,
): Pick<SparseReport, "solver" | "factorizations" | "refactorizations"> => {
  const { method, factorizations, refactorizations } = analysisOf(pattern);
  return { solver: method.solver, factorizations, refactorizations };
};

// --- Factorizations ---------------------------------------------------------------------------

/** Factors by ticket, 64 MiB of them. */
const tickets = ticketStore<{ readonly owner: SparsePattern; readonly factor: KeptFactor }>(2 ** 23);

const assemble = (pattern: SparsePattern, { slot, slotCount }: SparseAnalysis, values: Float64Array): Float64Array => {
  const triples = tripleValues(pattern, values);
  const slots = new Float64Array(slotCount);
  for (let k = 0; k < slot.length; k++) slots[slot[k]!] = slots[slot[k]!]! + triples[k]!;
  return slots;
};

const makeThing = (
  pattern: SparsePattern,
  method: Method & { readonly kind: "thing" },
  values: Float64Array,
  ticket: number,
): KeptFactor => {
  const analysis = analysisOf(pattern);
  counts.factorizations++;
  analysis.factorizations++;
  const { factor, isAgain } = method.factorize(assemble(pattern, analysis, values));
  if (isAgain) analysis.refactorizations++;
  tickets.put(ticket, { owner: pattern, factor }, factor.size);
  return factor;
};

/** Writes the value of one matrix's factor. @param values  all finite */
export const factorizePattern = (pattern: SparsePattern, values: Float64Array, out: Float64Array): void => {
  const analysis = analysisOf(pattern);
  const { method } = analysis;
  if (method.kind === "thing") {
    out[0] = tickets.next();
    makeThing(pattern, method, values, out[0]);
    return;
  }
  counts.factorizations++;
  analysis.factorizations++;
  method.factorize(assemble(pattern, analysis, values), out);
};

/** What a factor's value stands for. */
export const keptFactor = (pattern: SparsePattern, factor: Float64Array, values: Float64Array): KeptFactor => {
  const { method } = analysisOf(pattern);
  if (method.kind === "entries") return method.kept(factor);
  const ticket = factor[0]!;
  const entry = tickets.get(ticket);
  if (entry !== undefined && entry.owner !== pattern)
    throw new InvalidOption(
      "sparseSolve",
      `the factor belongs to ${entry.owner.label}, not to ${pattern.label}`,
      "Use the factor of this pattern and these values",
    );
  return entry?.factor ?? makeThing(pattern, method, values, ticket);
};
