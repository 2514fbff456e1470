/** cotangent bench: what an iteration takes on this machine, for a few sizes of the MBB beam. */
import { performance } from "node:perf_hooks";
import * as optim from "../../library/optim/index.ts";
import { constraint, experiment, objectives, pixels, problems } from "../../topopt/index.ts";
import { exitCodes } from "../failure.ts";
import type { ExitCode } from "../failure.ts";
import { table } from "../output/table.ts";
import type { Terminal } from "../output/terminal.ts";

const sizes = [
  { nelx: 60, nely: 20 },
  { nelx: 96, nely: 64 },
  { nelx: 150, nely: 50 },
  { nelx: 300, nely: 100 },
] as const;

const measured = 12;
const unmeasured = 3;

/** Milliseconds of an iteration: median, smallest, largest; and of the first one, which compiles. */
const timesOf = (size: (typeof sizes)[number]): readonly number[] => {
  const problem = problems.mbb(size);
  const machine = experiment({
    problem,
    parameterization: pixels(problem, { initial: 0.4, filter: 2 }),
    constraints: { volume: constraint(objectives.volume(), "<=", 0.4) },
    optimizer: optim.optimalityCriteria(),
    certificate: false,
    stop: { iterations: measured + unmeasured + 1 },
  });
  let state = machine.start();
  const times = Array.from({ length: measured + unmeasured }, () => {
    const began = performance.now();
    ({ state } = machine.step(state));
    return performance.now() - began;
  });
  const own = times.slice(unmeasured).sort((left, right) => left - right);
  return [own[measured >> 1]!, own[0]!, own.at(-1)!, times[0]!];
};

export const benchCommand = async ({ write, listen }: Terminal): Promise<ExitCode> => {
  const rows: (readonly (string | number)[])[] = [];
  for (const size of sizes) {
    rows.push([`${size.nelx} x ${size.nely}`, ...timesOf(size).map((value) => Number(value.toPrecision(3)))]);
    await listen();
  }
  write(
    "MBB beam, one iteration by optimality criteria: filter, SIMP, factor, solve, gradient, update; milliseconds\n",
  );
  write(table(["grid", "median", "least", "most", "first"], rows));
  return exitCodes.success;
};
