/** From what a problem file says of mesh, supports and loads to a problem: each record becomes a call of the library's own. */
import { elasticity, fix, gridMesh, heatConduction, nodalLoad, spring, tractionLoad } from "../../library/fem/index.ts";
import type {
  ElasticityOptions,
  ElasticitySystem,
  ElementField,
  GridMesh,
  GridSystem,
  HeatConductionOptions,
  PerAxis,
  SolverOption,
  VectorField,
} from "../../library/fem/index.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { add, zerosLike } from "../../library/numpy/index.ts";
import { stack } from "../../library/numpy/joining.ts";
import { problems } from "../../topopt/index.ts";
import type { Mechanism, Problem } from "../../topopt/index.ts";
import type { CustomProblem, NamedProblem, RunLoad, RunProblem } from "../problem-file/index.ts";
import { elementsIn, nodesOf } from "./build-regions.ts";

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

const loadOf = (mesh: GridMesh, { at, force, spread }: RunLoad): NDArray => {
  const place = spread === "traction" ? tractionLoad : nodalLoad;
  return typeof force === "number"
    ? place(nodesOf(mesh, at), force)
    : place(nodesOf(mesh, at), force as unknown as PerAxis);
};

/** Loads summed case by case; one case has no axis of its own. */
const loadsOf = (mesh: GridMesh, loads: readonly RunLoad[]): NDArray => {
  const fields = loads.map((own) => [own.case, loadOf(mesh, own)] as const);
  const zero = zerosLike(fields[0]![1]);
  const cases = 1 + Math.max(...loads.map((own) => own.case));
  const sums = Array.from({ length: cases }, (_, k) =>
    fields.filter(([own]) => own === k).reduce<NDArray>((sum, [, field]) => add(sum, field), zero),
  );
  return cases === 1 ? sums[0]! : stack(sums);
};

const customProblem = (own: CustomProblem, solver: SolverOption): AnyProblem => {
  const { size, ...counts } = own.mesh;
  const mesh = gridMesh({ ...counts, ...(size === undefined ? {} : { size: size as unknown as PerAxis }) });
  const supports = own.supports.map(({ at, direction, value }) => fix(nodesOf(mesh, at), direction, value));
  const springs = own.springs.map(({ at, direction, stiffness }) => spring(nodesOf(mesh, at), direction, stiffness));
  const { output, poisson, physics } = own;
  return {
    mesh,
    system: systemOf(physics, mesh, { supports, springs, poisson, solver }),
    load: loadsOf(mesh, own.loads) as VectorField,
    ...(own.void.length === 0 ? {} : { mask: elementsIn(mesh, own.void).mul(-1).add(1) as ElementField }),
    ...(own.solid.length === 0 ? {} : { solid: elementsIn(mesh, own.solid) }),
    ...(output === undefined
      ? {}
      : { output: nodalLoad(nodesOf(mesh, output.at), output.direction as unknown as PerAxis) as VectorField }),
  };
};

/** The same problem on a system that has another solver. */
const withSolver = (problem: AnyProblem, solver: SolverOption): AnyProblem => {
  if (solver === "auto") return problem;
  const { mesh, system } = problem;
  const { kind, supports, springs, poisson } = system as ElasticitySystem;
  return { ...problem, system: systemOf(kind, mesh, { supports, springs, poisson, solver }) };
};

const namedProblem = ({ name, ...options }: NamedProblem): AnyProblem =>
  (problems[name] as unknown as (options: object) => Mechanism)(options) as unknown as AnyProblem;

/** The problem that a file describes. */
export const buildProblem = (problem: RunProblem, solver: SolverOption): AnyProblem => {
  if ("mesh" in problem) return customProblem(problem, solver);
  if ("suite" in problem) return withSolver(problems.suite(problem.suite) as unknown as AnyProblem, solver);
  return withSolver(namedProblem(problem), solver);
};
