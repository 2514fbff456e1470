/**
 * Factors of finite element systems, each known by a ticket. A factor takes megabytes that live in solver memory, where the
 * kernels work on it without a copy; a program passes its ticket around instead, a hash of the moduli's bits. A system keeps
 * the last few factors: all solves, adjoints and tangents at one design share one factorization, also across
 * calls. A factor that has gone is made again from the modulus that every solve is given; nothing but time depends on it.
 */
import type { FactorRefusal } from "../kernels/sparse/cholesky.ts";
import { counts } from "../src/counters.ts";
import { InvalidOption, OutOfMemory } from "../src/error.ts";
import { makeSolver } from "./fe-system-solver.ts";
import type { SystemSolver } from "./fe-system-solver.ts";
import type { FeSystem } from "./fe-system.ts";
import { ticketOfBits } from "./value-ticket.ts";

/** One factor of a system, or what multigrid makes of a design: whatever later solves need. */
interface KeptFactor {
  readonly solver: SystemSolver;
  ticket: number;
  /** Solves that have passed. */
  uses: number;
}

/** Factors kept by a system, the least recently used first. */
const kept = new WeakMap<FeSystem, KeptFactor[]>();

/** Factors up to this size are kept two at a time, so that the derivative at one design survives a look at another. */
const pairBytes = 2 ** 26;

/** A memory that cannot grow or an array that cannot be had is a RangeError of the engine. */
const orOutOfMemory = <T>(system: FeSystem, run: () => T): T => {
  try {
    return run();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new OutOfMemory(
      `a factorization of ${system.label}`,
      `its memory cannot be had: ${cause.message}`,
      system.solver.kind === "direct" ? "Use a coarser grid, or solver multigrid" : "Use a coarser grid",
      { cause },
    );
  }
};

/** The factor of a ticket, now the most recently used. */
const find = (system: FeSystem, ticket: number): KeptFactor | undefined => {
  const factors = kept.get(system) ?? [];
  const at = factors.findIndex((factor) => factor.ticket === ticket && factor.solver.holds());
  if (at < 0) return undefined;
  const [factor] = factors.splice(at, 1);
  factors.push(factor!);
  return factor;
};

/** Factors of one system kept at a time when `together` of them are made for one call. */
const room = (bytes: number, together: number): number =>
  Math.max(bytes <= pairBytes ? 2 : 1, Math.min(together, Math.floor((8 * pairBytes) / bytes)));

/** A place for one more factor: a new one, or that of the least recently used. */
const vacate = (system: FeSystem, together: number): KeptFactor => {
  const factors = kept.get(system) ?? [];
  kept.set(system, factors);
  const isFull = factors.length > 0 && factors.length >= room(factors[0]!.solver.bytes, together);
  const factor = isFull ? factors.shift()! : { solver: makeSolver(system), ticket: 0, uses: 0 };
  factor.uses = 0;
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
  const factor = orOutOfMemory(system, () => vacate(system, together));
  const refusal = orOutOfMemory(system, () => factor.solver.prepare(modulus));
  if (refusal !== undefined) throw refuse(refusal);
  factor.ticket = ticket;
  kept.get(system)!.push(factor);
  return factor;
};

/**
 * The ticket of K(modulus): a hash of the moduli's bits.
 * @param modulus   all > 0 and finite
 * @param together  factors that the caller wants to have at one time
 */
export const ticketOf = (system: FeSystem, modulus: Float64Array, together: number, refuse: Refuse): number => {
  const ticket = ticketOfBits(modulus);
  return (find(system, ticket) ?? make(system, modulus, ticket, together, refuse)).ticket;
};

/**
 * What a ticket stands for, and how many solves it has had; made again from the modulus if it has gone.
 * @throws InvalidOption  the ticket is of other moduli
 */
export const redeem = (
  system: FeSystem,
  ticket: number,
  modulus: Float64Array,
  together: number,
  refuse: Refuse,
): { readonly solver: SystemSolver; uses: number } => {
  if (ticketOfBits(modulus) !== ticket)
    throw new InvalidOption(
      "feSolve",
      "the factor does not belong to this modulus",
      "Factorize the modulus that is given to feSolve",
    );
  return find(system, ticket) ?? make(system, modulus, ticket, together, refuse);
};
