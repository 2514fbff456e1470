/**
 * Threads as the solver sees them. Whoever has some passes them in from above; kernels start none.
 */

/** What the other threads are to call. */
export interface PartJob {
  /** Compiled for the memory, which is shared. */
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Name of an exported function (base, part). */
  readonly function: string;
  readonly base: number;
  /** Number of parts: 0 for the caller, one for every other thread. */
  readonly threads: number;
}

/**
 * "done": all parts have been run. "alone": only the caller's. "lost": a thread does not answer; it may still write to the
 * memory, which must not be used any more.
 */
export type PartOutcome = "done" | "alone" | "lost";

export interface PartRunner {
  /** Threads that a factorization of so many multiplications and additions is worth, the caller's among them. */
  readonly threadsFor: (flops: number) => number;
  /** Has the other threads run parts 1, 2, .. while the caller runs `own`. */
  readonly share: (job: PartJob, own: () => void) => PartOutcome;
}

/** The caller and nobody else. */
export const oneThread: PartRunner = {
  threadsFor: () => 1,
  share: (_, own) => {
    own();
    return "alone";
  },
};
