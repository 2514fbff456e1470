/**
 * Threads: workers that run parts of the steps of compiled programs on one shared memory. A step is announced in a
 * control block; the caller runs a part itself, then waits for the others, spinning. What cannot be shared (no shared
 * memory, a worker not there yet, a module it has not read) is run by the caller alone, with the same bits.
 */
import { hasThreads } from "../../kernels/assembler/index.ts";
import { InvalidJaxpr } from "../error.ts";
import { forgetSharedArena } from "./arena.ts";
import { counts } from "../counters.ts";
import { makeGeneration } from "../machine.ts";
import { notify } from "../notice.ts";
import { control as at, numbersPerWorker, ofWorker, spinRounds, workerSource } from "./worker-source.ts";

/** What both kinds of workers have. */
interface WorkerThread {
  postMessage(message: unknown): void;
  terminate(): unknown;
  unref?(): void;
  on?(event: "error" | "exit", listener: () => void): void;
  onerror?: unknown;
}

/** A module whose exported steps have parts for all threads. */
export interface SharedProgram {
  readonly module: WebAssembly.Module;
  /** A shared memory of its own; missing: that of the pool. */
  readonly memory?: WebAssembly.Memory;
  /** Functions of the caller that parts may ask for, by name. */
  readonly functions: Readonly<Record<string, (...x: number[]) => number>>;
  readonly kernels: readonly {
    readonly name: string;
    readonly function: string;
    readonly binary: WebAssembly.Module;
  }[];
  /**
   * Number of steps, part p of step k a function `step<k> part<p>` (base); or the names of steps that find their part
   * themselves, functions (base, part).
   */
  readonly steps: number | readonly string[];
}

/** Names of the functions that run a part, by step. */
const stepNames = (steps: SharedProgram["steps"], part: number): readonly string[] =>
  typeof steps === "number" ? Array.from({ length: steps }, (_, k) => `step${k} part${part}`) : steps;

/** A program that the workers know. */
export interface Registration {
  /** Announces part 1, 2, .. of a step; false where the caller has to run them itself. */
  readonly fork: (step: number, base: number) => boolean;
  /** Waits until they are done. */
  readonly join: () => void;
}

export interface Pool {
  readonly memory: WebAssembly.Memory;
  readonly threads: number;
  readonly register: (program: SharedProgram) => Registration;
  /** Whether all workers have read what they were sent. */
  readonly isSettled: () => boolean;
  readonly stop: () => void;
}

type Host = {
  readonly process?: { readonly getBuiltinModule?: (name: string) => { readonly Worker: WorkerMaker } };
  readonly Worker?: WorkerMaker;
};
type WorkerMaker = new (source: string | URL, options?: object) => WorkerThread;

/** A worker of Node or of a page. */
const startWorker = (): WorkerThread => {
  const host = globalThis as unknown as Host;
  const ofNode = host.process?.getBuiltinModule?.("node:worker_threads").Worker;
  if (ofNode !== undefined) {
    const worker = new ofNode(workerSource, { eval: true });
    worker.unref?.();
    return worker;
  }
  if (host.Worker === undefined) throw new TypeError("there are no workers here");
  const url = URL.createObjectURL(new Blob([workerSource], { type: "text/javascript" }));
  return new host.Worker(url);
};

/** Whether this thread may sleep; the main thread of a page may not. */
const maySleep = (): boolean => {
  try {
    return Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1) === "not-equal";
  } catch {
    return false;
  }
};

/** Thrown out of a program whose worker does not answer. Whoever called the program calls it again, which is with other workers. */
export const workerLost: Error = new Error("a worker did not answer");

/** How long a worker may take for its part: so many times what the caller took for its own, and at least so many milliseconds. */
const patience = { times: 20, least: 10_000 };
let leastPatience = patience.least;

/** For tests: without an argument the usual number of milliseconds comes back. */
export const setPatience = (milliseconds: number = patience.least): void => {
  leastPatience = milliseconds;
};

/** Pools given up one after the other, without a step done between; beyond so many there are no further ones. */
let lostPools = 0;
const mostLost = 3;

/** Elements of one program that workers may ask their caller for; beyond that it runs on one thread. */
const mostAsked = 512;

const firstOf = (worker: number): number => at.firstWorker + at.perWorker * worker;

const tellMissing = (reason: string): void =>
  notify(
    "ThreadsMissing",
    reason,
    `threads could not be used (${reason}); programs run on one, with the same results.`,
  );

const makePool = (memory: WebAssembly.Memory, threads: number): Pool => {
  const others = threads - 1;
  const control = new Int32Array(new SharedArrayBuffer(4 * firstOf(others)));
  const numbers = new Float64Array(new SharedArrayBuffer(8 * numbersPerWorker * others));
  const workers: WorkerThread[] = [];
  let isBroken = false;
  let forkedAt = 0;
  let programs = 0;
  const sleeps = maySleep();

  const ring = (changed: number): number => {
    const value = Atomics.add(control, changed, 1) + 1;
    Atomics.add(control, at.bell, 1);
    Atomics.notify(control, at.bell);
    return value;
  };
  /** A worker is gone. What it may still write is written to a memory that no later program uses; those get new workers. */
  const giveUp = (): void => {
    if (isBroken) return;
    isBroken = true;
    const lost = lostPools + 1;
    if (pool?.memory === memory) stopThreads();
    lostPools = lost;
    makeGeneration();
  };
  const fail = (error: unknown): void => {
    isBroken = true;
    tellMissing(error instanceof Error ? error.message : "a worker failed");
  };
  try {
    for (let worker = 0; worker < others; worker++) {
      const made = startWorker();
      if (made.on === undefined) made.onerror = giveUp;
      else for (const event of ["error", "exit"] as const) made.on(event, giveUp);
      workers.push(made);
      made.postMessage({ kind: "start", control, numbers, memory, part: worker + 1 });
    }
    ring(at.sent);
  } catch (error) {
    fail(error);
  }

  /** Whether every worker has read this message. */
  const haveRead = (message: number): boolean => {
    for (let worker = 0; worker < others; worker++)
      if (Atomics.load(control, firstOf(worker) + ofWorker.read) - message < 0) return false;
    return true;
  };

  /** Workers forget what nobody can call any more. */
  const forgotten = new FinalizationRegistry((id: number) => {
    for (const worker of workers) worker.postMessage({ kind: "forget", id });
    ring(at.sent);
  });

  const register = ({ module, memory: own, functions, kernels, steps }: SharedProgram): Registration => {
    const id = programs++;
    const callees = Object.values(functions);
    const names = Object.keys(functions);
    for (const [k, worker] of workers.entries()) {
      const message = { id, module, memory: own, functions: names, kernels, steps: stepNames(steps, k + 1) };
      worker.postMessage({ kind: "program", ...message });
    }
    const message = ring(at.sent);
    let isKnown = false;
    let asked = 0;

    /** Computes what the worker asks for, if it does. */
    const serve = (worker: number): void => {
      const first = firstOf(worker);
      if (Atomics.load(control, first + ofWorker.asks) === 0) return;
      asked++;
      const callee = callees[control[first + ofWorker.wanted]!]!;
      const place = numbersPerWorker * worker;
      numbers[place] = callee(...numbers.subarray(place, place + callee.length));
      Atomics.store(control, first + ofWorker.asks, 0);
      Atomics.notify(control, first + ofWorker.asks);
    };
    const isDone = (worker: number, job: number): boolean =>
      Atomics.load(control, firstOf(worker) + ofWorker.done) === job;

    const registration: Registration = {
      fork: (step, base) => {
        isKnown ||= !isBroken && haveRead(message);
        if (!isKnown || isBroken || asked > mostAsked) return false;
        control[at.program] = id;
        control[at.step] = step;
        control[at.base] = base;
        ring(at.job);
        forkedAt = performance.now();
        counts.parallelSteps++;
        return true;
      },
      join: () => {
        const job = Atomics.load(control, at.job);
        const now = performance.now();
        const end = now + Math.max(leastPatience, patience.times * (now - forkedAt));
        for (let rounds = 0; ; rounds++) {
          const ring = Atomics.load(control, at.callerBell);
          let working = 0;
          for (let worker = 0; worker < others; worker++) {
            serve(worker);
            if (!isDone(worker, job)) working++;
          }
          if (working === 0) break;
          if (rounds <= spinRounds) continue;
          const left = end - performance.now();
          if (left <= 0) {
            giveUp();
            throw workerLost;
          }
          if (sleeps) Atomics.wait(control, at.callerBell, ring, left);
        }
        lostPools = 0;
        for (let worker = 0; worker < others; worker++) {
          const first = firstOf(worker);
          if (control[first + ofWorker.failed] === 0) continue;
          control[first + ofWorker.failed] = 0;
          throw new InvalidJaxpr("a part of a compiled step", `it failed in worker ${worker}`, "Report this");
        }
      },
    };
    // The instance of the program holds it.
    forgotten.register(registration.fork, id);
    return registration;
  };
  const isSettled = (): boolean => isBroken || haveRead(Atomics.load(control, at.sent));
  const stop = (): void => {
    isBroken = true;
    for (const worker of workers) void worker.terminate();
  };
  return { memory, threads, register, isSettled, stop };
};

let pool: Pool | null = null;

/** How many threads programs can have of those asked for: one where memory cannot be shared. */
export const possibleThreads = (asked: number): number => {
  if (asked === 1) return 1;
  if (lostPools >= mostLost) tellMissing("workers stopped answering again and again");
  else if (hasThreads()) return asked;
  else tellMissing("memory cannot be shared here; a page has to be cross-origin isolated");
  return 1;
};

/** The workers on this memory, which threads share. */
export const poolOn = (memory: WebAssembly.Memory, threads: number): Pool => {
  if (pool?.memory === memory && pool.threads === threads) return pool;
  pool?.stop();
  pool = makePool(memory, threads);
  return pool;
};

/** Waits until the workers, if there are any, know every program, at most so many milliseconds. For tests and measurements. */
export const settleThreads = async (limit = 2000): Promise<void> => {
  const end = performance.now() + limit;
  while (pool !== null && !pool.isSettled() && performance.now() < end)
    await new Promise((resolve) => {
      setTimeout(resolve, 1);
    });
};

/** Ends the workers, and gives up their memory; whoever asks for threads after that is given some. */
export const stopThreads = (): void => {
  lostPools = 0;
  pool?.stop();
  pool = null;
  forgetSharedArena();
};
