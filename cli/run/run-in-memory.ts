/** A run without a folder, for tables and comparisons: signals come in between iterations all the same. */
import { performance } from "node:perf_hooks";
import { experiment } from "../../topopt/index.ts";
import type { Certificate, Evaluated, IterationEntry, OptimizeOptions } from "../../topopt/index.ts";
import { CommandFailure } from "../failure.ts";
import type { Terminal } from "../output/terminal.ts";

export interface MemoryRun {
  readonly history: readonly IterationEntry[];
  readonly certificates: readonly Certificate[];
  readonly best: Evaluated<unknown>;
  readonly last: Evaluated<unknown>;
  readonly reason: string;
  readonly seconds: number;
}

/**
 * @throws CommandFailure  when interrupted, with the exit code of the signal; what steps throw
 */
export const runInMemory = async (
  options: OptimizeOptions<unknown, never>,
  { listen, interruption }: Terminal,
  onEntry: (entry: IterationEntry) => void = () => {},
): Promise<MemoryRun> => {
  const machine = experiment(options);
  const [history, certificates]: [IterationEntry[], Certificate[]] = [[], []];
  const started = performance.now();
  let state = machine.start();
  let reason: string | null = null;
  while (reason === null) {
    const taken = machine.step(state);
    ({ state, reason } = taken);
    history.push(taken.entry);
    if (taken.certificate !== null) certificates.push(taken.certificate);
    onEntry(taken.entry);
    await listen();
    const code = interruption();
    if (code !== null) throw new CommandFailure(`interrupted after iteration ${state.iteration}`, code);
  }
  if (state.last === null || state.best === null)
    throw new CommandFailure("the objective of the first design is no number");
  const seconds = (performance.now() - started) / 1000;
  return { history, certificates, best: state.best, last: state.last, reason, seconds };
};
