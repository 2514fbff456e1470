/** How many threads compiled programs may use: a setting that the compiler and the back ends read. */

let count = 1;

/** Threads of a compiled program, the caller's included. */
export const threadCount = (): number => count;

export const setThreadCount = (wanted: number): void => {
  count = wanted;
};

/** Estimated instructions, some tens of microseconds of work, below which a step is not worth sharing. */
const usualLeastWork = 2 ** 17;
let leastWork = usualLeastWork;

export const leastSharedWork = (): number => leastWork;

/** For tests: without an argument the usual number comes back. */
export const setLeastSharedWork = (work: number = usualLeastWork): void => {
  leastWork = work;
};
