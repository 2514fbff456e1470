/**
 * The part "problem" of a file: one of the library's, a task of the suite, or a mesh with supports and loads.
 */
import type { Direction } from "../../library/fem/index.ts";
import { byKind, list, named, number, refine, whole, word } from "./decoder.ts";
import type { Decoder } from "./decoder.ts";
import { elements, namedProblem, suiteProblem, taskOf, traitsOfNamed } from "./named-problems.ts";
import type { ProblemTraits } from "./named-problems.ts";
import { byKey, optional, record, required, withDefault } from "./records.ts";
import { box, selector } from "./selectors.ts";
import type { CustomProblem, RunLoad, RunMesh, RunProblem, RunSpring, RunSupport } from "./types.ts";

const direction: Decoder<Direction | "temperature"> = word(["x", "y", "z", "all", "temperature"]);

const mesh = record<RunMesh>({
  nelx: required(elements, "elements from left to right"),
  nely: required(elements, "elements from top to bottom"),
  nelz: optional(elements, "layers of elements from back to front; a plane mesh without"),
  size: optional(list(number({ above: 0 }), 2, 3), "lengths [x, y] or [x, y, z] of the box; unit elements without"),
});

const vector = list(number(), 2, 3);

/** Load cases of one problem, at most. */
export const largestCases = 1000;

const support: Decoder<RunSupport> = refine(
  record<RunSupport>({
    at: required(selector, "held nodes"),
    direction: required(direction, 'what is held: a displacement, or the "temperature" of a conductor'),
    value: withDefault(number(), 0, "prescribed displacement or temperature"),
  }),
  "",
  ({ direction: held, value }) =>
    held === "all" && value !== 0 ? `value ${value} in all directions: hold x, y (and z) each on its own` : null,
);

const load: Decoder<RunLoad> = record<RunLoad>({
  at: required(selector, "loaded nodes"),
  force: required(
    byKind<readonly number[] | number>({ list: vector, number: number() }),
    "[x, y] or [x, y, z] in newton, y upwards; one number of watts for a conductor",
  ),
  spread: withDefault(
    word(["nodal", "traction"]),
    "nodal",
    '"nodal": this force on every node; "traction": this total, spread over the boundary',
  ),
  case: withDefault(whole({ least: 0, most: largestCases - 1 }), 0, "load case that it belongs to, counted from 0"),
});

const spring: Decoder<RunSpring> = record<RunSpring>({
  at: required(selector, "nodes with a spring to the ground"),
  direction: required(direction, "in which it acts"),
  stiffness: required(number({ least: 0 }), "of the spring at each node"),
});

const boxes = list(box, 0, 1000);

const custom = record<CustomProblem>({
  mesh: required(mesh, "grid of rectangles, or with nelz of bricks"),
  physics: withDefault(word(["elasticity", "heat"]), "elasticity", "plane stress or a solid; or conduction of heat"),
  supports: required(list(support, 1, 1000), "what is held"),
  loads: required(list(load, 1, 1000), "forces, or heat"),
  springs: withDefault(list(spring, 0, 1000), [], "springs to the ground, or heat that leaves"),
  void: withDefault(boxes, [], "where there is no material; an element belongs to a box that holds its centre"),
  solid: withDefault(boxes, [], "where material is held at density 1"),
  output: optional(
    record<NonNullable<CustomProblem["output"]>>({
      at: required(selector, "nodes of the output port"),
      direction: required(vector, "in which its displacement counts, [x, y] or [x, y, z]"),
    }),
    "the displacement that objective and constraints of kind displacement mean",
  ),
  poisson: optional(number({ above: -1, below: 0.5 }), "Poisson's ratio, 0.3 without; elasticity only"),
});

/** The problem of a file. */
export const problem: Decoder<RunProblem> = named("PROBLEM", () =>
  byKey<RunProblem>({ name: namedProblem, suite: suiteProblem, mesh: custom }),
);

/** What other parts of a file depend on. */
export interface ProblemFacts extends ProblemTraits {
  /** Elements along x, y and in space z. */
  readonly counts: readonly number[];
  /** Edge lengths of the box. */
  readonly size: readonly number[];
}

/** Facts of a problem, without building it. */
export const factsOf = (own: RunProblem): ProblemFacts => {
  if ("suite" in own) {
    const { nelx, nely, volumeFraction } = taskOf(own);
    const counts = [nelx, nely];
    return { physics: "elasticity", cases: 1, hasOutput: false, volumeFraction, counts, size: counts };
  }
  const { nelx, nely, nelz } = "name" in own ? { nelz: undefined, ...own } : { nelz: undefined, ...own.mesh };
  const counts = nelz === undefined ? [nelx, nely] : [nelx, nely, nelz];
  if ("name" in own) return { ...traitsOfNamed[own.name], counts, size: counts };
  return {
    physics: own.physics,
    cases: 1 + own.loads.reduce((last, each) => Math.max(last, each.case), 0),
    hasOutput: own.output !== undefined,
    counts,
    size: own.mesh.size ?? counts,
  };
};
