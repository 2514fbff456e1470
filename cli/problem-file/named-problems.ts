/**
 * The library's problems as a file may ask for them: by name with sizes and options, or as a task of the suite.
 */
import { problems } from "../../topopt/problems/index.ts";
import type { SuiteTask } from "../../topopt/problems/index.ts";
import { number, refine, whole, word } from "./decoder.ts";
import type { Decoder } from "./decoder.ts";
import { record, required, variants, withDefault } from "./records.ts";
import type { CaseOf, RecordDecoder, VariantsDecoder } from "./records.ts";
import type { NamedProblem, SuiteProblem } from "./types.ts";

/** What the checks of other parts of a file need to know of a problem. */
export interface ProblemTraits {
  readonly physics: "elasticity" | "heat";
  /** Load cases. */
  readonly cases: number;
  /** Whether it says which displacement is its output. */
  readonly hasOutput: boolean;
  /** The fraction of material usually asked for. */
  readonly volumeFraction?: number;
}

const plain: ProblemTraits = { physics: "elasticity", cases: 1, hasOutput: false };

/** Of every problem of the library. */
export const traitsOfNamed: Readonly<Record<Exclude<keyof typeof problems, "suite">, ProblemTraits>> = {
  mbb: plain,
  tensile: plain,
  bridge: plain,
  michell: plain,
  cantilever3d: plain,
  multiLoad: { ...plain, cases: 2, volumeFraction: 0.4 },
  arch: { ...plain, volumeFraction: 0.2 },
  heatSink: { ...plain, physics: "heat", volumeFraction: 0.4 },
  lBracket: { ...plain, volumeFraction: 0.4 },
  inverter: { ...plain, hasOutput: true, volumeFraction: 0.3 },
};

export const elements: Decoder<number> = whole({ least: 1 });

type Named<K extends NamedProblem["name"]> = CaseOf<NamedProblem, "name", K>;

const columns = required(elements, "elements from left to right");
const rows = required(elements, "elements from top to bottom");
const plane = record<Named<"mbb">>({ nelx: columns, nely: rows });
/** The load sits on the node at half height. */
const halved = record<Named<"tensile">>({
  nelx: columns,
  nely: required(whole({ least: 2, multipleOf: 2 }), "elements from top to bottom, an even number"),
});
const stiffness = number({ least: 0 });

export const namedProblem: VariantsDecoder<NamedProblem> = variants<"name", NamedProblem>("name", {
  mbb: plane,
  tensile: halved,
  bridge: plane,
  michell: halved,
  cantilever3d: record<Named<"cantilever3d">>({
    nelx: columns,
    nely: rows,
    nelz: required(elements, "layers of elements from back to front"),
  }),
  lBracket: record<Named<"lBracket">>({
    nelx: columns,
    nely: rows,
    aspect: withDefault(
      number({ above: 0, below: 1 }),
      0.4,
      "width of the upright and height of the arm, of the box's",
    ),
  }),
  inverter: record<Named<"inverter">>({
    nelx: columns,
    nely: rows,
    inputStiffness: withDefault(stiffness, 0.1, "of the spring at the input port, newton per metre"),
    outputStiffness: withDefault(stiffness, 0.1, "of the spring at the output port, newton per metre"),
    inputForce: withDefault(
      refine(number(), "", (force) => (force === 0 ? "a force of 0 moves nothing: give another" : null)),
      1,
      "to the right, newton",
    ),
  }),
  heatSink: plane,
  multiLoad: plane,
  arch: plane,
});

const tasks: readonly SuiteTask[] = problems.suite("all");

export const suiteProblem: RecordDecoder<SuiteProblem> = record<SuiteProblem>({
  suite: required(
    word(
      tasks.map(({ name }) => name),
      'a task of the suite, as "mbb_beam_96x32_0.5"',
    ),
    "family, size and volume fraction of a task of Hoyer, Sohl-Dickstein & Greydanus 2019",
  ),
});

/** A task by its name, without building it. */
export const taskOf = ({ suite }: SuiteProblem): SuiteTask => tasks.find(({ name }) => name === suite)!;
