/**
 * The threads of compiled programs, for the solver: they also run parts of factorizations, on the solver's own memory.
 * A worker that is not there yet leaves its part to the caller; one that is lost is reported, and there are new ones next time.
 */
import type { PartJob, PartRunner } from "../../kernels/multifrontal/part-runner.ts";
import { leastSharedWork, threadCount } from "../machine.ts";
import { sharedArena } from "./arena.ts";
import { poolOn, possibleThreads, workerLost } from "./threads.ts";
import type { Pool, Registration } from "./threads.ts";

/**
 * Sharing pays from about two million multiplications and additions on, so many for each unit of the least shared work.
 * Measured with workers that had fallen asleep: two threads take 1.05 of the time of one at 0.45 million, 0.75 at 1.2.
 */
const flopsPerInstruction = 16;

/** What the workers of a pool know, by memory and module. A memory that has gone is forgotten by them too. */
const known = new WeakMap<Pool, WeakMap<WebAssembly.Memory, WeakMap<WebAssembly.Module, Registration>>>();

const getOr = <K extends object, V>(map: WeakMap<K, V>, key: K, make: () => V): V => {
  const found = map.get(key) ?? make();
  map.set(key, found);
  return found;
};

const registrationOf = ({ module, memory, function: name, threads }: PartJob): Registration => {
  const pool = poolOn(sharedArena(true).memory, threads);
  const byModule = getOr(
    getOr(known, pool, () => new WeakMap()),
    memory,
    () => new WeakMap<WebAssembly.Module, Registration>(),
  );
  return getOr(byModule, module, () => pool.register({ module, memory, functions: {}, kernels: [], steps: [name] }));
};

export const partRunner: PartRunner = {
  threadsFor: (flops) => (flops < flopsPerInstruction * leastSharedWork() ? 1 : possibleThreads(threadCount())),
  share: (job, own) => {
    const { fork, join } = registrationOf(job);
    const isForked = fork(0, job.base);
    own();
    if (!isForked) return "alone";
    try {
      join();
    } catch (error) {
      if (error === workerLost) return "lost";
      throw error;
    }
    return "done";
  },
};
