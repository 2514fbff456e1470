/**
 * What a process says of itself: time without the scheduler's, and resident memory. Elsewhere than on Linux time is the clock's.
 */
import { readFileSync, writeFileSync } from "node:fs";

/** Resident memory in KiB, now and at its highest; elsewhere than on Linux the highest counts from the start of the process. */
export const residentKibibytes = (): { readonly now: number; readonly highest: number } => {
  if (process.platform !== "linux")
    return { now: process.memoryUsage().rss / 1024, highest: process.resourceUsage().maxRSS };
  const status = readFileSync("/proc/self/status", "utf8");
  const line = (name: string): number => Number(new RegExp(`${name}:\\s*(\\d+) kB`).exec(status)![1]);
  return { now: line("VmRSS"), highest: line("VmHWM") };
};

/** Lets the highest resident memory begin anew, and answers what is resident now. */
export const beginMemory = (): number => {
  if (process.platform === "linux") writeFileSync("/proc/self/clear_refs", "5");
  return residentKibibytes().now;
};

/** The time, and how long this program was ready to run while the scheduler had given the processor to others; milliseconds. */
export const look = (): { readonly before: number; readonly waited: number; readonly after: number } => {
  const before = performance.now();
  const waited =
    process.platform === "linux" ? Number(readFileSync("/proc/self/schedstat", "utf8").split(" ")[1]) / 1e6 : 0;
  return { before, waited, after: performance.now() };
};

/** Longest look in which nothing else happened; longest time that is measured again rather than corrected. */
const glance = 0.5;
const short = 5;

/**
 * Starts a clock that leaves out the time given to others. Stopping it gives milliseconds, or null where the figure would not
 * be good: a look was disturbed, or a short time was interrupted.
 */
export const startClock = (): (() => number | null) => {
  let start = look();
  while (start.after - start.before > glance) start = look();
  return () => {
    const end = look();
    const others = end.waited - start.waited;
    const elapsed = end.before - start.after - others;
    return end.after - end.before > glance || (others > 0 && elapsed < short) ? null : elapsed;
  };
};

/** A result with the milliseconds it took; null where these are no good. */
export const timed = <T>(work: () => T): { readonly result: T; readonly milliseconds: number | null } => {
  const stop = startClock();
  const result = work();
  return { result, milliseconds: stop() };
};
