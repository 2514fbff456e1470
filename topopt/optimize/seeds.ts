/**
 * The same run from several seeds at once: one program for all of them, by vmap. Every seed has what a run of its own would
 * give, to rounding.
 */
import { InvalidProblem } from "../../src/error.ts";
import type { ElasticitySystem, GridSystem } from "../../library/fem/index.ts";
import { stack } from "../../library/numpy/joining.ts";
import type { ArrayTree } from "../../library/optim/index.ts";
import { vmap } from "../../transforms/vmap.ts";
import type { Continuation } from "../parameterization.ts";
import { machineOf } from "./experiment.ts";
import type { Machine, Step } from "./experiment.ts";
import { compiled, mapTogether } from "./generic.ts";
import { settle } from "./options.ts";
import type { LoopOptions } from "./options.ts";
import type { Iteration } from "./program.ts";
import { logFrom, note, resultOf } from "./result.ts";
import type { Log, RunResult } from "./result.ts";
import { endingOf } from "./transition.ts";
import { callAll } from "./turns.ts";

/** What a run from one of several seeds gives. */
export interface SeedResult<P, S extends GridSystem = ElasticitySystem> extends RunResult<P, S> {
  readonly seed: number;
}

/** Trees of arrays behind one another, along a new first axis. */
const stackTrees = <T>(trees: readonly T[]): T => mapTogether((...own) => stack(own), trees[0]!, ...trees.slice(1));

/** The tree of one seed. */
const sliceOf = <T>(batch: T, k: number): T => mapTogether((x) => x.at(k).get(), batch);

/** One run of several. */
interface Lane<P> extends Log<P> {
  readonly seed: number;
}

type Program<P> = (params: P, state: ArrayTree, moving: Continuation) => Iteration<P>;

/**
 * A step of every lane, by one program. Where a solver fails for one of the designs the program has failed for all: each lane
 * takes its step alone then, so that the others go on.
 */
const stepsOf = <P, S extends GridSystem>(
  { table, stepOf, step }: Machine<P, S>,
  program: Program<P>,
  lanes: readonly Lane<P>[],
): readonly Step<P>[] => {
  const states = lanes.map(({ state }) => state);
  const moving = table.movingAt(states[0]!.iteration + 1);
  let made: Iteration<P>;
  try {
    const [params, optimizer] = [states.map((own) => own.params), states.map((own) => own.optimizer)];
    made = program(stackTrees(params), stackTrees(optimizer), moving);
  } catch (error) {
    if (endingOf(error) === null) throw error;
    return states.map((state) => step(state));
  }
  return states.map((state, k) => stepOf(state, sliceOf(made, k)));
};

/**
 * Runs from several seeds in one program.
 * @param seeds  whole numbers; the option `seed` is not used
 * @returns      a result for every seed, in their order
 * @throws InvalidProblem as optimize, and without seeds; NotFinite where the first design of a seed has no value; what objective,
 *   solver and callbacks throw
 * A run that ends before the others, at rest or for want of numbers, leaves the batch: the program is compiled anew for those
 * that go on. Callbacks are told the seed: callbacks: [(entry, { seed }) => ...].
 * Cost: per iteration one factorization per seed, on one analysis; memory of all seeds at once.
 * @example
 * const parameterization = neural(problem, nn.siren({ width: 8 }), { volumeFraction: 0.4 });
 * const runs = optimizeSeeds({ problem, parameterization, optimizer: optim.adam(1e-3), stop: { iterations: 2 } }, [0, 1, 2]);
 * runs.map(({ seed, history }) => [seed, history.length]) // [[0, 2], [1, 2], [2, 2]]
 */
export const optimizeSeeds = <P, S extends GridSystem = ElasticitySystem>(
  options: LoopOptions<P, S>,
  seeds: readonly number[],
): readonly SeedResult<P, S>[] => {
  const machine = machineOf(settle("optimizeSeeds", options));
  if (!Array.isArray(seeds) || seeds.length === 0 || !seeds.every(Number.isSafeInteger))
    throw new InvalidProblem("optimizeSeeds", `seeds ${JSON.stringify(seeds)}`, "Give a list of whole numbers");
  const { signal, stop, backend } = machine.settled;
  signal?.throwIfAborted();
  const program = compiled(vmap(machine.iterate as never, { inAxes: [0, 0, null] }) as unknown as Program<P>, backend);
  const lanes = seeds.map((seed): Lane<P> => ({ seed, ...logFrom(machine.startFrom(seed)) }));
  const started = performance.now();
  for (let active = lanes; active.length > 0; active = active.filter(({ reason }) => reason === null)) {
    const began = performance.now();
    const steps = stepsOf(machine, program, active);
    const milliseconds = (performance.now() - began) / active.length;
    for (const [k, lane] of active.entries()) {
      const { entry, state, certificate } = steps[k]!;
      note(lane, steps[k]!);
      callAll(machine.settled, entry, { seed: lane.seed, state, certificate, milliseconds });
    }
    const isOver = performance.now() - started > stop.milliseconds;
    const reason = signal?.aborted === true ? "aborted" : isOver ? "time" : null;
    if (reason !== null) for (const lane of active) lane.reason ??= reason;
  }
  return lanes.map((lane) => ({ seed: lane.seed, ...resultOf(machine, lane) }));
};
