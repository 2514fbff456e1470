/** From what a problem file says of mesh, supports and loads to a problem: each record becomes a call of the library's own. */
import {
  corner,
  edge,
  elasticity,
  elementField,
  face,
  fix,
  gridMesh,
  heatConduction,
  minus,
  nearest,
  nodalLoad,
  region,
  spring,
  tractionLoad,
  union,
} from "../../library/fem/index.ts";
import type {
  Box,
  ElasticitySystem,
  ElementField,
  GridMesh,
  GridSystem,
  NodeSet,
  PerAxis,
  SolverOption,
  Spring,
  Support,
  VectorField,
} from "../../library/fem/index.ts";
import type { NDArray } from "../../src/array/ndarray.ts";
import { add, zerosLike } from "../../library/numpy/index.ts";
import { stack } from "../../library/numpy/joining.ts";
import { problems } from "../../topopt/index.ts";
import type { Mechanism, Problem } from "../../topopt/index.ts";
import type { CustomProblem, NamedProblem, RunLoad, RunProblem, Selector } from "../problem-file/index.ts";

/** A problem of any physics; with an output port where the file names one. */
export type AnyProblem = Problem<GridSystem> & { readonly output?: VectorField };

/** The node in the middle of a side. */
const middleOf = (mesh: GridMesh, name: Extract<Selector, { middle: unknown }>["middle"]): NodeSet => {
  const { size, dimensions } = mesh;
  const half = size.map((length) => length! / 2);
  const ends: Readonly<Record<string, readonly [axis: number, at: number]>> = {
    left: [0, 0],
    right: [0, size[0]],
    bottom: [1, 0],
    top: [1, size[1]],
    back: [2, 0],
    front: [2, size[2] ?? 0],
  };
  const [axis, at] = ends[name]!;
  const place = half.map((value, k) => (k === axis ? at : value));
  const [x, y, z = 0] = place as [number, number, number?];
  return nearest(mesh, dimensions === 3 ? { x, y, z } : { x, y });
};

/** Nodes that a selector names. */
const nodesOf = (mesh: GridMesh, selector: Selector): NodeSet => {
  if ("edge" in selector) return edge(mesh, selector.edge);
  if ("corner" in selector) return corner(mesh, selector.corner);
  if ("face" in selector) return face(mesh, selector.face);
  if ("middle" in selector) return middleOf(mesh, selector.middle);
  if ("region" in selector) return region(mesh, selector.region);
  if ("union" in selector)
    return selector.union.map((own) => nodesOf(mesh, own)).reduce((left, right) => union(left, right));
  if ("minus" in selector) return minus(nodesOf(mesh, selector.minus[0]), nodesOf(mesh, selector.minus[1]));
  const [x, y, z = 0] = selector.nearest as [number, number, number?];
  return nearest(mesh, mesh.dimensions === 3 ? { x, y, z } : { x, y });
};

/** 1 for elements whose centres lie in one of the boxes (fractions of the mesh), else 0. */
const elementsIn = (mesh: GridMesh, boxes: readonly Box[]): ElementField => {
  const { elementShape } = mesh;
  const shape = elementShape as readonly number[];
  const count = shape.reduce((product, extent) => product * extent, 1);
  const [nelx, nely] = [shape.at(-1)!, shape.at(-2)!];
  const isIn = (range: readonly [number, number] | undefined, at: number): boolean =>
    range === undefined || (at >= range[0] && at <= range[1]);
  const values = Array.from({ length: count }, (_, element) => {
    const [column, line] = [element % nelx, Math.floor(element / nelx)];
    const [row, layer] = [line % nely, Math.floor(line / nely)];
    const [x, y, z] = [
      (column + 0.5) / nelx,
      1 - (row + 0.5) / nely,
      (layer + 0.5) / (shape.length === 3 ? shape[0]! : 1),
    ];
    return boxes.some((box) => isIn(box.x, x) && isIn(box.y, y) && isIn(box.z, z)) ? 1 : 0;
  });
  return elementField(mesh, reshaped(values, shape));
};

/** Nested lists of a shape. */
const reshaped = (values: readonly number[], shape: readonly number[]): never => {
  if (shape.length === 1) return values as never;
  const inner = values.length / shape[0]!;
  return Array.from({ length: shape[0]! }, (_, k) =>
    reshaped(values.slice(k * inner, (k + 1) * inner), shape.slice(1)),
  ) as never;
};

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
  const { nelx, nely, nelz, size } = own.mesh;
  const mesh = gridMesh({ nelx, nely, nelz, ...(size === undefined ? {} : { size: size as unknown as PerAxis }) });
  const supports = own.supports.map(({ at, direction, value }) => fix(nodesOf(mesh, at), direction, value));
  const springs = own.springs.map(({ at, direction, stiffness }) => spring(nodesOf(mesh, at), direction, stiffness));
  const system =
    own.physics === "heat"
      ? heatConduction(mesh, {
          supports: supports as Support<"temperature">[],
          springs: springs as Spring<"temperature">[],
          solver,
        })
      : elasticity(mesh, {
          supports: supports as Support[],
          springs: springs as Spring[],
          solver,
          ...(own.poisson === undefined ? {} : { poisson: own.poisson }),
        });
  const load = loadsOf(mesh, own.loads) as never;
  const { output } = own;
  return {
    mesh,
    system,
    load,
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
  const { supports, springs } = system;
  const other =
    (system.kind as string) === "heat"
      ? heatConduction(mesh, {
          supports: supports as Support<"temperature">[],
          springs: springs as Spring<"temperature">[],
          solver,
        })
      : elasticity(mesh, {
          supports: supports as Support[],
          springs: springs as Spring[],
          poisson: (system as ElasticitySystem).poisson,
          solver,
        });
  return { ...problem, system: other };
};

const namedProblem = ({ name, ...options }: NamedProblem): AnyProblem =>
  (problems[name] as unknown as (options: object) => Mechanism)(options) as unknown as AnyProblem;

/** The problem that a file describes. */
export const buildProblem = (problem: RunProblem, solver: SolverOption): AnyProblem => {
  if ("mesh" in problem) return customProblem(problem, solver);
  if ("suite" in problem) return withSolver(problems.suite(problem.suite) as unknown as AnyProblem, solver);
  return withSolver(namedProblem(problem), solver);
};
