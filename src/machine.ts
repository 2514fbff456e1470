/**
 * What compiled programs may use of the machine: settings that the compiler, the primitives and the back ends read.
 * Every change makes a new generation; programs belong to the one that they were compiled in.
 */

let generation = 0;
let threads = 1;
let relaxed = false;

/** Number of changes so far. */
export const machineGeneration = (): number => generation;

/** Programs compiled so far are not run again. */
export const makeGeneration = (): void => {
  generation++;
};

/** Threads of a compiled program, the caller's included. */
export const threadCount = (): number => threads;

export const setThreadCount = (wanted: number): void => {
  if (wanted !== threads) generation++;
  threads = wanted;
};

/** Whether matrix products may use instructions whose last bits depend on the machine. */
export const isRelaxed = (): boolean => relaxed;

export const setRelaxed = (wanted: boolean): void => {
  if (wanted !== relaxed) generation++;
  relaxed = wanted;
};

/** Estimated instructions, some tens of microseconds of work, below which a step is not worth sharing. */
const usualLeastWork = 2 ** 17;
let leastWork = usualLeastWork;

export const leastSharedWork = (): number => leastWork;

/** For tests: without an argument the usual number comes back. */
export const setLeastSharedWork = (work: number = usualLeastWork): void => {
  if (work !== leastWork) generation++;
  leastWork = work;
};
