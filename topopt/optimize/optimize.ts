/**
 * optimize and optimizeAsync: the loop around an experiment, for pixels and networks alike.
 */
import { counters, countersSince } from "../../src/counters.ts";
import type { Counters } from "../../src/counters.ts";
import { InvalidProblem } from "../../src/error.ts";
import type { ElasticitySystem, GridSystem } from "../../library/fem/index.ts";
import type { IterationEntry } from "./entry.ts";
import { machineOf } from "./experiment.ts";
import type { Machine } from "./experiment.ts";
import { settle } from "./options.ts";
import type { Moment, OptimizeOptions } from "./options.ts";
import { logFrom, note, resultOf } from "./result.ts";
import type { RunResult } from "./result.ts";
import { callAll, nextTurn } from "./turns.ts";
import type { RunState } from "./state.ts";

export interface OptimizeResult<P, S extends GridSystem = ElasticitySystem> extends RunResult<P, S> {
  /** Duration of every iteration, its certificate included. */
  readonly milliseconds: readonly number[];
  /** What the run cost: whatever was computed meanwhile. */
  readonly counters: Counters;
}

const firstState = <P, S extends GridSystem>(
  { start, requireOwn, settled }: Machine<P, S>,
  from: OptimizeOptions<P, S>["from"],
): RunState<P> => {
  if (from === undefined) return start();
  if (typeof from !== "object" || from === null || !("params" in from))
    throw new InvalidProblem(settled.asked, "another kind of `from`", "Give { params }, or the state of a run");
  return "iteration" in from ? requireOwn(from) : start(from.params);
};

/** An iteration, and what its callbacks are to be told. */
interface Turn<P> {
  readonly entry: IterationEntry;
  readonly moment: Moment<P>;
}

/** The loop, a turn at a time: whoever turns it calls the callbacks, and may wait. */
function* turns<P, S extends GridSystem>(
  machine: Machine<P, S>,
  from: OptimizeOptions<P, S>["from"],
): Generator<Turn<P>, OptimizeResult<P, S>, void> {
  const { signal, stop, seed } = machine.settled;
  signal?.throwIfAborted();
  const [before, started] = [counters(), performance.now()];
  const milliseconds: number[] = [];
  const log = logFrom(firstState(machine, from));
  if (log.state.iteration >= stop.iterations) log.reason = "iterations";
  while (log.reason === null) {
    const began = performance.now();
    const step = machine.step(log.state);
    note(log, step);
    const duration = performance.now() - began;
    milliseconds.push(duration);
    const { entry, state, certificate } = step;
    yield { entry, moment: { seed, state, certificate, milliseconds: duration } };
    if (signal?.aborted === true) log.reason ??= "aborted";
    if (performance.now() - started > stop.milliseconds) log.reason ??= "time";
  }
  const result = resultOf(machine, log);
  return { ...result, milliseconds, counters: countersSince(before) };
}

/**
 * Runs an optimization to its end: pixels or a network, any objective, any constraints, any optimizer.
 * @returns  history with every constraint's slack, certificates of the gradients, the last and the best design, counters
 * @throws InvalidProblem, with everything that is wrong with the options, and for a callback that returns a promise; NotFinite
 *   where the first design already has no value; what objective, solver and callbacks throw; the reason of a signal that has
 *   fired before
 * A value or gradient that is no number ends the run with reason "not finite", a solver that fails on a design after the first
 * with "failed": the designs before it are kept. Optimizers that recover, as optim.lbfgs does with a shorter step, go on.
 * Cost: per iteration one factorization, one solve (two where the objective is not its own adjoint, one more per constraint);
 *   a certificate some 10 to 20 of both.
 * @example
 * const constraints = { volume: constraint(objectives.volume(), "<=", 0.4) };
 * const result = optimize({ problem, parameterization: pixels(problem, { initial: 0.4 }), constraints, optimizer: optim.mma, stop: { iterations: 3 } });
 * [result.history.length, result.verdict] // [3, "passed"]
 */
export const optimize = <P, S extends GridSystem = ElasticitySystem>(
  options: OptimizeOptions<P, S>,
): OptimizeResult<P, S> => {
  const machine = machineOf(settle("optimize", options));
  const run = turns(machine, options.from);
  for (;;) {
    const turn = run.next();
    if (turn.done === true) return turn.value;
    const { entry, moment } = turn.value;
    callAll(machine.settled, entry, moment);
  }
};

/**
 * The same in turns with everything else that a page or a server does: between iterations timers fire, buttons work and
 * pictures are drawn. Callbacks may be asynchronous; they are waited for.
 * @returns  a promise of the result; it is rejected with what optimize throws
 * Cost: as optimize; an iteration itself is not divided. Where it is long, run it in a worker.
 * @example
 * const result = await optimizeAsync({ problem, parameterization: pixels(problem), optimizer: optim.adam(0.01), stop: { iterations: 2 }, certificate: false });
 * result.history.length // 2
 */
export const optimizeAsync = async <P, S extends GridSystem = ElasticitySystem>(
  options: OptimizeOptions<P, S>,
): Promise<OptimizeResult<P, S>> => {
  const machine = machineOf(settle("optimizeAsync", options));
  const run = turns(machine, options.from);
  // The first iteration compiles; what was said before it is to be seen.
  await nextTurn();
  for (;;) {
    const turn = run.next();
    if (turn.done === true) return turn.value;
    const { entry, moment } = turn.value;
    for (const callback of machine.settled.callbacks) await callback(entry, moment);
    await nextTurn();
  }
};
