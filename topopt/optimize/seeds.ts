/**
 * The same run from several seeds at once: one program for all of them, by vmap. Every seed has what a run of its own would
 * give, to rounding.
 */
import { InvalidProblem } from "../../src/error.ts";
import type { ElasticitySystem, ElementField, GridSystem } from "../../library/fem/index.ts";
import { stack } from "../../library/numpy/joining.ts";
import { where } from "../../library/numpy/selection.ts";
import type { ArrayTree } from "../../library/optim/index.ts";
import { key } from "../../library/random/index.ts";
import { vmap } from "../../transforms/vmap.ts";
import type { Continuation } from "../parameterization.ts";
import { certifier } from "./certificate.ts";
import type { Certificate } from "./certificate.ts";
import type { IterationEntry } from "./entry.ts";
import { compiled, mapTogether } from "./generic.ts";
import { settle } from "./options.ts";
import type { OptimizeOptions } from "./options.ts";
import { iterationOf } from "./program.ts";
import { continuationAt, transition } from "./transition.ts";
import type { EndReason, Evaluated, RunState } from "./transition.ts";

/** What a run from one of several seeds gives. */
export interface SeedResult<P> {
  readonly seed: number;
  readonly history: readonly IterationEntry[];
  /** Of the design evaluated last. */
  readonly certificate: Certificate | null;
  readonly density: ElementField;
  readonly params: P;
  readonly best: Evaluated<P>;
  readonly reason: EndReason;
}

/** Trees of arrays behind one another, along a new first axis. */
const stackTrees = <T>(trees: readonly T[]): T => mapTogether((...own) => stack(own), trees[0]!, ...trees.slice(1));

/** The tree of one seed. */
const sliceOf = <T>(batch: T, k: number): T => mapTogether((x) => x.at(k).get(), batch);

/** One run of several. */
interface Lane<P> {
  state: RunState<P>;
  readonly history: IterationEntry[];
  reason: EndReason | null;
}

/**
 * Runs from several seeds in one program.
 * @param seeds  whole numbers; the option `seed` is not used
 * @returns      a result for every seed, in their order; certificates of the last designs
 * @throws InvalidProblem as optimize, and without seeds; what objective and solver throw, for whichever seed
 * A run that ends before the others, at rest or for want of numbers, waits at its last design.
 * Cost: per iteration one factorization per seed, on one analysis; memory of all seeds at once.
 * @example
 * const parameterization = neural(problem, nn.siren({ width: 8 }), { volumeFraction: 0.4 });
 * const runs = optimizeSeeds({ problem, parameterization, optimizer: optim.adam(1e-3), stop: { iterations: 2 } }, [0, 1, 2]);
 * runs.map(({ seed, history }) => [seed, history.length]) // [[0, 2], [1, 2], [2, 2]]
 */
export const optimizeSeeds = <P, S extends GridSystem = ElasticitySystem>(
  options: OptimizeOptions<P, S>,
  seeds: readonly number[],
): readonly SeedResult<P>[] => {
  const settled = settle(options);
  if (!Array.isArray(seeds) || seeds.length === 0 || !seeds.every(Number.isSafeInteger))
    throw new InvalidProblem("optimizeSeeds", `seeds ${JSON.stringify(seeds)}`, "Give a list of whole numbers");
  const { parameterization, optimizer, continuation, callbacks, signal } = settled;
  const { constants } = continuationAt(continuation, 1);
  const iterate = iterationOf(settled);
  const one = (params: P, state: ArrayTree, moving: Continuation) => {
    const made = iterate(params, state, { ...constants, ...moving });
    const keep = <T>(next: T, own: T): T => mapTogether((x, y) => where(made.isFinite, x, y), next, own);
    return { ...made, next: keep(made.next, params), state: keep(made.state, state) };
  };
  const program = compiled(vmap(one as never, { inAxes: [0, 0, null] }) as unknown as typeof one, settled.backend);

  const lanes = seeds.map((seed): Lane<P> => {
    const params = parameterization.init(key(seed));
    const state = { iteration: 0, params, optimizer: optimizer.init(params), last: null, best: null };
    return { state, history: [], reason: null };
  });
  let params = stackTrees(lanes.map(({ state }) => state.params));
  let states = stackTrees(lanes.map(({ state }) => state.optimizer));
  const started = performance.now();
  for (let iteration = 1; lanes.some(({ reason }) => reason === null); iteration++) {
    const made = program(params, states, continuationAt(continuation, iteration).moving);
    [params, states] = [made.next, made.state];
    for (const [k, lane] of lanes.entries()) {
      if (lane.reason !== null) continue;
      const taken = transition(settled, lane.state, sliceOf(made, k));
      [lane.state, lane.reason] = [taken.state, taken.reason];
      lane.history.push(taken.entry);
      for (const callback of callbacks) callback(taken.entry);
    }
    const isOver = performance.now() - started > settled.stop.milliseconds;
    const reason = signal?.aborted === true ? "aborted" : isOver ? "time" : null;
    if (reason !== null) for (const lane of lanes) lane.reason ??= reason;
  }
  const certify = certifier(settled);
  return lanes.map(({ state: { last, best }, history, reason }, k) => {
    if (last === null || best === null)
      throw new InvalidProblem(
        "optimizeSeeds",
        `the first design of seed ${seeds[k]} has no finite objective`,
        "Look at objective and constraints at its parameters",
      );
    const { moving } = continuationAt(continuation, last.iteration);
    const certificate = settled.certificate ? certify(last.iteration, last.params, { ...constants, ...moving }) : null;
    return { seed: seeds[k]!, history, certificate, density: last.density, params: last.params, best, reason: reason! };
  });
};
