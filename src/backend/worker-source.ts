/**
 * What a worker thread runs, as text: it has to be there in pages, bundles and Node alike, without a file of its own.
 * A worker instantiates the modules it is sent on the shared memory or on one that comes with them, waits for steps, and
 * runs its part of each. It spins first and sleeps then. Functions of the caller that a part needs are asked for through the control block.
 */

/** Numbers in the control block. */
export const control = {
  /** Rings at every change; sleeping workers wait for it. */
  bell: 0,
  /** Counts steps. */
  job: 1,
  /** The step: program, number in it, base of the frame. */
  program: 2,
  step: 3,
  base: 4,
  /** Counts messages. */
  sent: 5,
  /** Rings when a worker has finished or asks for something; the caller waits for it. */
  callerBell: 6,
  /** Numbers of each worker begin at firstWorker + perWorker * index. */
  firstWorker: 16,
  perWorker: 16,
} as const;

/** Numbers of one worker, from its first. */
export const ofWorker = {
  /** Last step it has finished. */
  done: 0,
  /** Last message it has read. */
  read: 1,
  /** 1 while it waits for a function of the caller. */
  asks: 2,
  /** Which function. */
  wanted: 3,
  /** 1 if a part failed. */
  failed: 4,
} as const;

/** Arguments, then the result, of what a worker asks for. */
export const numbersPerWorker = 8;

/** Rounds of spinning before sleep, some ten microseconds. */
export const spinRounds = 4000;

const { bell, job, program, step, base, sent, callerBell, firstWorker, perWorker } = control;

export const workerSource: string = `
const port = typeof require === "function" ? require("node:worker_threads").parentPort : self;
const programs = new Map();
let control, numbers, memory, part, first, seen = 0, read = 0;

const tell = (place, value) => {
  Atomics.store(control, first + place, value);
  Atomics.add(control, ${callerBell}, 1);
  Atomics.notify(control, ${callerBell});
};

const ask = (wanted) => (...args) => {
  const at = ${numbersPerWorker} * (part - 1);
  numbers.set(args, at);
  control[first + ${ofWorker.wanted}] = wanted;
  tell(${ofWorker.asks}, 1);
  for (let rounds = 0; Atomics.load(control, first + ${ofWorker.asks}) === 1; rounds++)
    if (rounds > ${spinRounds}) Atomics.wait(control, first + ${ofWorker.asks}, 1);
  return numbers[at];
};

const none = () => 0;

const addProgram = ({ id, module, memory: own = memory, functions, kernels, steps }) => {
  const math = Object.fromEntries(functions.map((name, k) => [name, ask(k)]));
  const instances = new Map();
  const kernelOf = ({ binary, function: name }) => {
    if (!instances.has(binary)) instances.set(binary, new WebAssembly.Instance(binary, { env: { memory: own } }));
    return instances.get(binary).exports[name];
  };
  const imported = Object.fromEntries(kernels.map((kernel) => [kernel.name, kernelOf(kernel)]));
  const { exports } = new WebAssembly.Instance(module, {
    env: { memory: own, host: none, fork: none, join: none },
    math,
    kernels: imported,
  });
  programs.set(id, steps.map((name) => exports[name]));
};

const work = () => {
  for (let rounds = 0; ; rounds++) {
    const ring = Atomics.load(control, ${bell});
    const wanted = Atomics.load(control, ${job});
    if (wanted !== seen) {
      seen = wanted;
      try {
        programs.get(control[${program}])[control[${step}]](control[${base}], part);
      } catch {
        control[first + ${ofWorker.failed}] = 1;
      }
      tell(${ofWorker.done}, seen);
      rounds = 0;
    } else if (Atomics.load(control, ${sent}) > read) return;
    else if (rounds > ${spinRounds}) Atomics.wait(control, ${bell}, ring);
  }
};

port.onmessage = ({ data }) => {
  if (data.kind === "start") {
    ({ control, numbers, memory, part } = data);
    first = ${firstWorker} + ${perWorker} * (part - 1);
    seen = Atomics.load(control, ${job});
  } else if (data.kind === "forget") programs.delete(data.id);
  else addProgram(data);
  read++;
  Atomics.store(control, first + ${ofWorker.read}, read);
  work();
};
`;
