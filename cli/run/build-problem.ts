/**
 * From what a problem file says of mesh, supports and loads to a problem: each record becomes a call of the library's own. What
 * is made of a record is kept as long as the record, so that checking a file and running it builds the problem once.
 */
import { elasticity, gridMesh, heatConduction } from "../../library/fem/index.ts";
import type {
  ElasticityOptions,
  ElasticitySystem,
  GridMesh,
  GridSystem,
  HeatConductionOptions,
  PerAxis,
  SolverOption,
  VectorField,
} from "../../library/fem/index.ts";
import { InvalidProblem } from "../../src/error.ts";
import { isLeft } from "../../src/fp.ts";
import { problems } from "../../topopt/index.ts";
import type { Mechanism, Problem } from "../../topopt/index.ts";
import { remembering } from "../../transforms/remember.ts";
import type { CustomProblem, NamedProblem, RunProblem } from "../problem-file/index.ts";
import { attempt, joined, unless, validation } from "./build-attempt.ts";
import type { Built } from "./build-attempt.ts";
import { eachLoadOf, heldLoads, outputOf, sumOfLoads } from "./build-loads.ts";
import { passiveOf } from "./build-regions.ts";
import { holdingOf } from "./build-supports.ts";

/** Solvers that files name. */
type RunSolver = Extract<SolverOption, string>;

/** A problem of any physics; with an output port where the file names one. */
export type AnyProblem = Problem<GridSystem> & { readonly output?: VectorField };

/** What systems are made of: directions that fit the physics, which the reader of files has seen to. */
interface SystemParts {
  readonly supports: unknown;
  readonly springs: unknown;
  readonly poisson?: number | undefined;
  readonly solver: SolverOption;
}

const systemOf = (physics: string, mesh: GridMesh, { poisson, ...parts }: SystemParts): GridSystem =>
  physics === "heat"
    ? heatConduction(mesh, parts as HeatConductionOptions)
    : elasticity(mesh, { ...parts, ...(poisson === undefined ? {} : { poisson }) } as ElasticityOptions);

/** A problem up to its system, which the solver belongs to; that of a problem of the library is there already. */
export interface ProblemParts {
  readonly rest: Omit<AnyProblem, "system">;
  readonly systemFor: (solver: SolverOption) => GridSystem;
}

const meshOf = ({ size, ...counts }: CustomProblem["mesh"]): Built<GridMesh> =>
  attempt(["problem", "mesh"], () =>
    gridMesh({ ...counts, ...(size === undefined ? {} : { size: size as unknown as PerAxis }) }),
  );

const customParts = (own: CustomProblem): Built<ProblemParts> => {
  const mesh = meshOf(own.mesh);
  if (isLeft(mesh)) return mesh;
  const parts = joined({
    holding: holdingOf(mesh.right, own),
    fields: eachLoadOf(mesh.right, own.loads),
    passive: passiveOf(mesh.right, own),
    output: outputOf(mesh.right, own),
  });
  if (isLeft(parts)) return parts;
  const { holding, fields, passive, output } = parts.right;
  const load = sumOfLoads(own.loads, fields) as VectorField;
  const { poisson, physics } = own;
  return unless(heldLoads(own, holding, fields, output), {
    rest: { mesh: mesh.right, load, ...passive, ...(output === undefined ? {} : { output }) },
    systemFor: (solver) => systemOf(physics, mesh.right, { ...holding, poisson, solver }),
  });
};

/** The part of a named problem that its library may refuse, though each number by itself is sound. */
const blamedKey: Partial<Readonly<Record<NamedProblem["name"], string>>> = { lBracket: "aspect", inverter: "nely" };

const madeOfName = ({ name, ...options }: NamedProblem): AnyProblem =>
  (problems[name] as unknown as (options: object) => Mechanism)(options) as unknown as AnyProblem;

const libraryParts = (own: Exclude<RunProblem, CustomProblem>): Built<ProblemParts> => {
  const key = "name" in own ? blamedKey[own.name] : "suite";
  const made = attempt(["problem", ...(key === undefined ? [] : [key])], () =>
    "suite" in own ? (problems.suite(own.suite) as unknown as AnyProblem) : madeOfName(own),
  );
  return validation.map(made, ({ system, ...rest }): ProblemParts => ({
    rest,
    systemFor: (solver) => {
      const { kind, supports, springs, poisson } = system as ElasticitySystem;
      return solver === "auto" ? system : systemOf(kind, rest.mesh, { supports, springs, poisson, solver });
    },
  }));
};

const keptParts = remembering<Built<ProblemParts>>();
const keptProblems = remembering<Built<AnyProblem>>();

/** The problem that a file describes up to its system, or what is wrong with the file. */
export const partsOf = (problem: RunProblem): Built<ProblemParts> =>
  keptParts(problem, "", () => ("mesh" in problem ? customParts(problem) : libraryParts(problem)));

/** The same with its system; what the system refuses is the solver's fault. */
export const builtProblem = (problem: RunProblem, solver: RunSolver): Built<AnyProblem> =>
  keptProblems(problem, solver, () => {
    const parts = partsOf(problem);
    if (isLeft(parts)) return parts;
    const { rest, systemFor } = parts.right;
    return validation.map(
      attempt(["solver"], () => systemFor(solver)),
      (system): AnyProblem => ({ ...rest, system }),
    );
  });

/**
 * The problem that a file describes.
 * @throws InvalidProblem for one that cannot be built: the checks of the file say where that is written
 */
export const buildProblem = (problem: RunProblem, solver: RunSolver): AnyProblem => {
  const built = builtProblem(problem, solver);
  if (isLeft(built))
    throw new InvalidProblem(
      "building the problem of a file",
      built.left.map(([path, message]) => `${path.join(".")}: ${message}`).join("; "),
      "Correct these places",
    );
  return built.right;
};
