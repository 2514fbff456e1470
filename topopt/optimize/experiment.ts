/**
 * A run as a pure machine: a state, a step from one state to the next, and what is reported on the way. A state holds arrays
 * and plain numbers only, so it can be kept, saved and taken up again: the steps that follow give the same bits.
 */
import type { GridSystem } from "../../library/fem/index.ts";
import type { ArrayTree } from "../../library/optim/index.ts";
import { key } from "../../library/random/index.ts";
import type { Continuation } from "../parameterization.ts";
import { certifier } from "./certificate.ts";
import type { Certificate } from "./certificate.ts";
import { compiled } from "./generic.ts";
import { settle } from "./options.ts";
import type { OptimizeOptions } from "./options.ts";
import { iterationOf } from "./program.ts";
import { continuationAt, transition } from "./transition.ts";
import type { RunState, Transition } from "./transition.ts";

/** What a step gives. */
export interface Step<P> extends Transition<P> {
  readonly certificate: Certificate | null;
}

export interface Experiment<P> {
  readonly start: () => RunState<P>;
  readonly step: (state: RunState<P>) => Step<P>;
  /** A certificate of the design evaluated last; null before there is one. */
  readonly certify: (state: RunState<P>) => Certificate | null;
}

/** Iterations whose gradients are certified; the last one is, too. */
const certified = [1, 10];

/**
 * The machine of a run. `optimize` turns its crank; a page or a program with checkpoints does so itself.
 * @throws InvalidProblem, UnknownOption, at once; steps what objective and solver throw
 * Cost of a step: one factorization and one solve (two where the objective is not its own adjoint, one more per constraint).
 * @example
 * const run = experiment({ problem, parameterization: pixels(problem), optimizer: optim.adam(0.01) });
 * const { state, entry } = run.step(run.start());
 * [state.iteration, entry.iteration] // [1, 1]
 */
export const experiment = <P, S extends GridSystem>(options: OptimizeOptions<P, S>): Experiment<P> => {
  const settled = settle(options);
  const { parameterization, optimizer, continuation } = settled;
  const { constants } = continuationAt(continuation, 1);
  const iterate = iterationOf(settled);
  const program = compiled(
    (params: P, state: ArrayTree, moving: Continuation) => iterate(params, state, { ...constants, ...moving }),
    settled.backend,
  );
  const certifyAt = certifier(settled);

  const certify = ({ last }: RunState<P>): Certificate | null => {
    if (last === null) return null;
    const { moving } = continuationAt(continuation, last.iteration);
    return certifyAt(last.iteration, last.params, { ...constants, ...moving });
  };

  return {
    start: () => {
      const params = parameterization.init(key(settled.seed));
      return { iteration: 0, params, optimizer: optimizer.init(params), last: null, best: null };
    },
    step: (state) => {
      const { moving } = continuationAt(continuation, state.iteration + 1);
      const taken = transition(settled, state, program(state.params, state.optimizer, moving));
      const isLast = taken.reason !== null && taken.reason !== "not finite";
      const isCertified = settled.certificate && (isLast || certified.includes(taken.entry.iteration));
      return { ...taken, certificate: isCertified ? certify(taken.state) : null };
    },
    certify,
  };
};
