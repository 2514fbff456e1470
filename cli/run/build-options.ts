/** From a problem file to what an experiment is asked: names become functions. */
import type { GridSystem } from "../../library/fem/index.ts";
import { constraint, neural, objectives, pixels, ramp, simp } from "../../topopt/index.ts";
import type {
  Constraint,
  ExperimentOptions,
  FieldMap,
  Interpolation,
  Objective,
  Parameterization,
  Scheduled,
} from "../../topopt/index.ts";
import { tanhProjection } from "../../topopt/projections.ts";
import { pNormStress } from "../../topopt/stress.ts";
import { scheduleAt } from "../problem-file/index.ts";
import type { RunConstraint, RunFile, RunInterpolation, RunObjective, RunSchedule } from "../problem-file/index.ts";
import { buildNetwork } from "./build-network.ts";
import { buildOptimizer } from "./build-optimizer.ts";
import { buildProblem } from "./build-problem.ts";
import type { AnyProblem } from "./build-problem.ts";

/** A function of the iteration, or a number that is compiled in. */
const scheduled = (own: RunSchedule): Scheduled =>
  typeof own === "number" ? own : (iteration) => scheduleAt(own, iteration);

const functionOf = (own: RunObjective | RunConstraint, { output }: AnyProblem): Objective<GridSystem> => {
  switch (own.kind) {
    case "compliance":
      return objectives.compliance("weights" in own && own.weights !== undefined ? { weights: own.weights } : {});
    case "displacement":
      return objectives.displacement(output!);
    case "volume":
      return objectives.volume();
    case "stress": {
      const limit = "limit" in own ? { limit: own.limit } : {};
      return pNormStress({ p: own.p, q: own.q, ...limit }) as unknown as Objective<GridSystem>;
    }
  }
};

const interpolationOf = (own: RunInterpolation): Interpolation =>
  own.kind === "ramp"
    ? (density) => ramp(density, { q: own.q, eMin: own.eMin })
    : (density, { penal = 3 }) => simp(density, { penal, eMin: own.eMin });

const parameterizationOf = (file: RunFile, problem: AnyProblem): Parameterization<unknown> => {
  const { parameterization: own, seed } = file;
  const { filter, projection, symmetry } = own;
  const project: FieldMap | undefined =
    projection === undefined
      ? undefined
      : (field, { beta }) => tanhProjection(field, { beta: beta!, eta: projection.eta });
  const common = {
    filter,
    ...(project === undefined ? {} : { projection: project }),
    ...(symmetry === undefined ? {} : { symmetry }),
  };
  if (own.kind === "pixels") return pixels(problem, { ...common, initial: own.initial }) as Parameterization<unknown>;
  const fraction = file.volumeFraction === undefined ? {} : { volumeFraction: file.volumeFraction };
  return neural(problem, buildNetwork(own, problem.mesh, seed), { ...common, ...fraction, name: own.kind });
};

/** What a file asks of an experiment, and the problem it is about; how long it may take, `stop` of the file says. */
export const buildOptions = (
  file: RunFile,
): { readonly problem: AnyProblem; readonly options: ExperimentOptions<unknown, GridSystem> } => {
  const problem = buildProblem(file.problem, file.solver);
  const parameterization = parameterizationOf(file, problem);
  const { interpolation, stop } = file;
  const beta = file.parameterization.projection?.beta;
  const constraints = Object.entries(file.constraints).map(([name, own]): [string, Constraint<GridSystem>] => [
    name,
    constraint<GridSystem>(functionOf(own, problem), own.sense, own.bound),
  ]);
  return {
    problem,
    options: {
      problem,
      parameterization,
      objective: functionOf(file.objective, problem),
      constraints: Object.fromEntries(constraints),
      optimizer: buildOptimizer(file.optimizer, parameterization.bounds, constraints.length),
      interpolation: interpolationOf(interpolation),
      continuation: {
        ...(interpolation.kind === "simp" ? { penal: scheduled(interpolation.penal) } : {}),
        ...(beta === undefined ? {} : { beta: scheduled(beta) }),
      },
      stop: { iterations: stop.iterations, change: stop.change },
      seed: file.seed,
    },
  };
};

/** What makes a run what it is; title, length and output may change when it is taken up again. */
export const identityOf = ({
  title: _title,
  stop: _stop,
  output: _output,
  threads: _threads,
  ...own
}: RunFile): string => JSON.stringify(own);
