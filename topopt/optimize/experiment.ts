/**
 * A run as a pure machine: a state, a step from one state to the next, and what is reported on the way. A state holds arrays
 * and plain numbers only, so it can be kept, saved and taken up again: the steps that follow give the same bits.
 */
import { InvalidProblem } from "../../src/error.ts";
import { avalOf, showAval } from "../../src/ir/aval.ts";
import type { ElasticitySystem, GridSystem } from "../../library/fem/index.ts";
import type { ArrayTree } from "../../library/optim/index.ts";
import { key } from "../../library/random/index.ts";
import { leafPaths } from "../../src/tree/tree.ts";
import { flattenArrays } from "../../transforms/flat.ts";
import type { Design } from "../design.ts";
import type { Continuation } from "../parameterization.ts";
import { requireWithin } from "./bounds.ts";
import { certifier } from "./certificate.ts";
import type { Certificate } from "./verdict.ts";
import { timetable } from "./continuation.ts";
import type { Timetable } from "./continuation.ts";
import { arrayTree, compiled } from "./generic.ts";
import { settle } from "./options.ts";
import type { ExperimentOptions, Settled } from "./options.ts";
import { designFrom, iterationOf } from "./program.ts";
import type { Iteration } from "./program.ts";
import { transition, transitionFrom } from "./transition.ts";
import type { Evaluated, RunState } from "./state.ts";
import type { Transition } from "./transition.ts";

/** What a step gives. */
export interface Step<P> extends Transition<P> {
  readonly certificate: Certificate | null;
}

export interface Experiment<P, S extends GridSystem = ElasticitySystem> {
  /**
   * The state before the first iteration: of the parameterization's first parameters, or of others (of the same tree, such as
   * those of an earlier run).
   */
  readonly start: (params?: P) => RunState<P>;
  readonly step: (state: RunState<P>) => Step<P>;
  /** A certificate of the design evaluated last; null before there is one. */
  readonly certify: (state: RunState<P>) => Certificate | null;
  /** An evaluated design with modulus and displacement, under the continuation's values at its iteration. */
  readonly design: (evaluated: Evaluated<P>) => Design<S>;
}

/** Iterations whose gradients are certified; the last one is, too. */
const certified = [1, 10];

/** Whether a certificate belongs to an iteration wherever the run ends. */
export const isCertifiedAt = (iteration: number): boolean => certified.includes(iteration);

/** An experiment, and what runs of several seeds make steps of. */
export interface Machine<P, S extends GridSystem> extends Experiment<P, S> {
  readonly settled: Settled<P, S>;
  readonly table: Timetable;
  /** The first state of another seed. */
  readonly startFrom: (seed: number, params?: P) => RunState<P>;
  /** The computation of an iteration, to be compiled: values of the continuation that move come last. */
  readonly iterate: (params: P, state: ArrayTree, moving: Continuation) => Iteration<P>;
  /** The step that follows from it. */
  readonly stepOf: (state: RunState<P>, made: Iteration<P>) => Step<P>;
  /** A state that was saved, if it is one of this run. */
  readonly requireOwn: (state: RunState<P>) => RunState<P>;
}

/** Name, shape and dtype of every array of a tree. */
const describeTree = (own: unknown): readonly string[] => {
  const { arrays, treedef } = flattenArrays(own, "a state");
  return leafPaths(treedef).map((path, k) => `${path} ${showAval(avalOf(arrays[k]!))}`.trim());
};

/** Refuses a tree of other arrays than another one's, with the first that differs. */
const requireSame = (asked: string, name: string, seen: unknown, wanted: unknown): void => {
  const [own, other] = [describeTree(seen), describeTree(wanted)];
  const at = Array.from({ length: Math.max(own.length, other.length) }, (_, k) => k).find((k) => own[k] !== other[k]);
  if (at === undefined) return;
  throw new InvalidProblem(
    asked,
    `${name} ${own[at] ?? "without it"}, where this run has ${other[at] ?? "none"}`,
    "Begin from a state, or parameters, of the same parameterization and optimizer",
  );
};

export const machineOf = <P, S extends GridSystem>(settled: Settled<P, S>): Machine<P, S> => {
  const { asked, parameterization, optimizer } = settled;
  const table = timetable(settled.continuation, settled.stop.iterations);
  const { constants, movingAt } = table;
  const iterationAt = iterationOf(settled);
  const iterate = (params: P, state: ArrayTree, moving: Continuation): Iteration<P> =>
    iterationAt(params, state, { ...constants, ...moving });
  const program = compiled(iterate, settled.backend);
  const certifyAt = certifier(settled);
  const valuesAt = (iteration: number): Continuation => ({ ...constants, ...movingAt(iteration) });

  const certify = ({ last }: RunState<P>): Certificate | null =>
    last === null ? null : certifyAt(last.iteration, last.params, valuesAt(last.iteration));

  const stepFrom = (taken: Transition<P>): Step<P> => {
    const { reason, entry, state } = taken;
    const isOwn = state.last?.iteration === entry.iteration;
    const isCertified = settled.certificate && isOwn && (reason !== null || isCertifiedAt(entry.iteration));
    return { ...taken, certificate: isCertified ? certify(state) : null };
  };

  const startFrom = (seed: number, params?: P): RunState<P> => {
    const first = arrayTree(parameterization.init(key(seed)));
    if (params !== undefined) requireSame(asked, "parameters", params, first);
    const own = arrayTree(params ?? first);
    requireWithin(asked, "the parameterization", parameterization.bounds, own);
    if (optimizer.kind === "optimizer") requireWithin(asked, "the optimizer", optimizer.bounds, own);
    return { iteration: 0, params: own, optimizer: optimizer.init(own), last: null, best: null };
  };

  return {
    settled,
    table,
    iterate,
    startFrom,
    start: (params) => startFrom(settled.seed, params),
    stepOf: (state, made) => stepFrom(transition(settled, table, state, made)),
    step: (state) => {
      let made: Iteration<P>;
      try {
        made = program(state.params, state.optimizer, movingAt(state.iteration + 1));
      } catch (error) {
        return stepFrom(transitionFrom(settled, table, state, error));
      }
      return stepFrom(transition(settled, table, state, made));
    },
    certify,
    design: ({ params, iteration }) => designFrom(settled, params, valuesAt(iteration)),
    requireOwn: (state) => {
      const first = startFrom(settled.seed);
      requireSame(asked, "a state with parameters", state.params, first.params);
      requireSame(asked, "a state of an optimizer", state.optimizer, first.optimizer);
      return state;
    },
  };
};

/**
 * The machine of a run. `optimize` turns its crank; a page or a program with checkpoints can do so itself, and ends when it
 * likes: callbacks, signal and stop.milliseconds belong to the loop around it.
 * @throws InvalidProblem, UnknownOption, at once; steps NotFinite where the first design has no value, and what objective and
 *   solver throw. A later design without a value is a step of its own, with its reason and failure
 * Cost of a step: one factorization and one solve (two where the objective is not its own adjoint, one more per constraint).
 * @example
 * const run = experiment({ problem, parameterization: pixels(problem), optimizer: optim.adam(0.01) });
 * const { state, entry } = run.step(run.start());
 * [state.iteration, entry.iteration] // [1, 1]
 */
export const experiment = <P, S extends GridSystem = ElasticitySystem>(
  options: ExperimentOptions<P, S>,
): Experiment<P, S> => {
  const { start, step, certify, design } = machineOf(settle("experiment", options));
  return { start, step, certify, design };
};
