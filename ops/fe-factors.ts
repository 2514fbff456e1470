/**
 * Factors of finite element systems, each known by a ticket. A factor takes megabytes that live in solver memory, where the
 * kernels work on it without a copy; a program passes its ticket around instead. A system keeps the last few factors, found
 * again by the bits of their moduli: all solves, adjoints and tangents at one design share one factorization, also across
 * calls. A factor that has gone is made again from the modulus that every solve is given; nothing but time depends on it.
 */
import { directSolver } from "../kernels/multifrontal/direct-solver.ts";
import { hasSimd } from "../kernels/assembler/index.ts";
import { factorize } from "../kernels/sparse/cholesky.ts";
import type { FactorRefusal } from "../kernels/sparse/cholesky.ts";
import { type FactorKernel, referenceKernel } from "../kernels/sparse/factor-kernel.ts";
import { partRunner } from "../src/backend/part-runner.ts";
import { counts } from "../src/counters.ts";
import { OutOfMemory } from "../src/error.ts";
import { analysisOf } from "./fe-system.ts";
import type { FeSystem } from "./fe-system.ts";

/** One factor of a system. */
interface KeptFactor {
  readonly kernel: FactorKernel;
  readonly modulus: Float64Array;
  ticket: number;
}

/** Factors kept by a system, the least recently used first. */
const kept = new WeakMap<FeSystem, KeptFactor[]>();

/** Factors up to this size are kept two at a time, so that the derivative at one design survives a look at another. */
const pairBytes = 2 ** 26;

let issued = 0;

/** What 32-bit addresses reach. */
const addressable = 2 ** 32 - 2 ** 16;

/** WebAssembly where there is any and the factor fits into its memory, else arrays. */
const makeKernel = (system: FeSystem): FactorKernel => {
  const analysis = analysisOf(system);
  if (hasSimd()) {
    const solver = directSolver(analysis, partRunner);
    if (solver.bytes.factor + solver.bytes.tables <= addressable) return solver;
  }
  return referenceKernel(analysis, new Float64Array(analysis.factorLength));
};

/** A memory that cannot grow or an array that cannot be had is a RangeError of the engine. */
const orOutOfMemory = <T>(system: FeSystem, run: () => T): T => {
  try {
    return run();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new OutOfMemory(
      `a factorization of ${system.label}`,
      `${8 * analysisOf(system).factorLength} bytes for the factor cannot be had: ${cause.message}`,
      "Use a coarser grid",
      { cause },
    );
  }
};

const sameBits = (left: Float64Array, right: Float64Array): boolean => {
  for (let k = 0; k < left.length; k++) if (left[k] !== right[k]) return false;
  return true;
};

/** The factor with this property, now the most recently used. */
const find = (system: FeSystem, isWanted: (factor: KeptFactor) => boolean): KeptFactor | undefined => {
  const factors = kept.get(system) ?? [];
  const at = factors.findIndex((factor) => factor.kernel.holds() && isWanted(factor));
  if (at < 0) return undefined;
  const [factor] = factors.splice(at, 1);
  factors.push(factor!);
  return factor;
};

/** Factors of one system kept at a time when `together` of them are made for one call. */
const room = (system: FeSystem, together: number): number => {
  const bytes = 8 * analysisOf(system).factorLength;
  return Math.max(bytes <= pairBytes ? 2 : 1, Math.min(together, Math.floor((8 * pairBytes) / bytes)));
};

/** A place for one more factor: a new one, or that of the least recently used. */
const vacate = (system: FeSystem, modulus: Float64Array, together: number): KeptFactor => {
  const factors = kept.get(system) ?? [];
  kept.set(system, factors);
  const isFull = factors.length >= room(system, together);
  const factor = isFull ? factors.shift()! : { kernel: makeKernel(system), modulus: modulus.slice(), ticket: 0 };
  factor.modulus.set(modulus);
  return factor;
};

/** A refusal, by whoever knows how to say it. */
type Refuse = (refusal: FactorRefusal) => Error;

const make = (
  system: FeSystem,
  modulus: Float64Array,
  ticket: number,
  together: number,
  refuse: Refuse,
): KeptFactor => {
  counts.factorizations++;
  const factor = orOutOfMemory(system, () => vacate(system, modulus, together));
  const status = orOutOfMemory(system, () =>
    factorize(analysisOf(system), system.elementMatrix, modulus, factor.kernel, system.springs),
  );
  if (!status.ok) throw refuse(status);
  factor.ticket = ticket;
  kept.get(system)!.push(factor);
  return factor;
};

/**
 * The ticket of K(modulus).
 * @param modulus   all > 0 and finite
 * @param together  factors that the caller wants to have at one time
 */
export const ticketOf = (system: FeSystem, modulus: Float64Array, together: number, refuse: Refuse): number => {
  const known = find(system, (factor) => sameBits(factor.modulus, modulus));
  return (known ?? make(system, modulus, ++issued, together, refuse)).ticket;
};

/** What a ticket stands for; made again from the modulus if it has gone. */
export const redeem = (
  system: FeSystem,
  ticket: number,
  modulus: Float64Array,
  together: number,
  refuse: Refuse,
): FactorKernel => {
  const known = find(system, (factor) => factor.ticket === ticket);
  return (known ?? make(system, modulus, ticket, together, refuse)).kernel;
};
