/** Benchmark problems by name. */
import type { HeatSystem } from "../../library/fem/index.ts";
import { arch } from "./arch.ts";
import { heatSink } from "./heat-sink.ts";
import { inverter } from "./inverter.ts";
import type { InverterOptions } from "./inverter.ts";
import { lBracket } from "./l-bracket.ts";
import type { LBracketOptions } from "./l-bracket.ts";
import { multiLoad } from "./load-cases.ts";
import type { Mechanism, Problem, ProblemSize, SpaceProblemSize } from "./problem.ts";
import { bridge, cantilever3d, mbb, michell, tensile } from "./published.ts";
import { suite } from "./suite/suite.ts";
import type { Suite } from "./suite/suite.ts";

/**
 * Benchmark problems by name, in elements of unit size.
 *
 * mbb, tensile, bridge, michell: the four of Sanu, Bessa & Aragon 2026. cantilever3d: a block, after Liu & Tovar 2014.
 * arch: a structure under its own weight, which is its only load (Bruyneel & Duysinx 2005). Nothing at all is the lightest and
 * the stiffest then, so the volume has to be asked for from below: constraint(objectives.volume(), ">=", 0.2).
 * heatSink: a sheet heated evenly, cooled in the middle of one edge; its compliance is the mean temperature.
 * inverter: a push is turned round (Sigmund 1997); minimize the displacement of its output port, sum(output * u).
 * lBracket: an L whose inner corner concentrates stress, loaded over a solid patch (Duysinx & Bendsoe 1998).
 * multiLoad: a cantilever with two load cases (Sigmund 2001).
 * suite: the 116 tasks, 28 families of Hoyer, Sohl-Dickstein & Greydanus 2019, by the names of their code; "all" lists them,
 * "small" those of up to 4096 elements, 29 with at least one of every family. They are re-derived from the definitions, with
 * their peculiarities: decks of total load 1 + 1 / nelx, decks of two_level_bridge that are pushed sideways too, the pier of
 * thin_support_bridge on the right, loads of hoop, ramp and staircase shared out by anti-aliased curves.
 * @throws InvalidMesh for counts that are not whole numbers from 1; InvalidProblem for a load that has no node at half height,
 *   an L or inverter without room for its parts, and an unknown name of the suite; InvalidOption, UnknownOption
 * @example problems.mbb({ nelx: 96, nely: 64 }).load.shape // [65, 97, 2]
 * @example problems.cantilever3d({ nelx: 8, nely: 4, nelz: 2 }).load.shape // [3, 5, 9, 3]
 * @example problems.arch({ nelx: 8, nely: 4 }).weight // [0, -0.03125]
 * @example
 * const sink = problems.heatSink({ nelx: 8, nely: 8 });
 * np.sum(sink.load) // 1
 * compliance(sink, elementField(sink.mesh, 1)) // 1.0970...
 * @example
 * const push = problems.inverter({ nelx: 8, nely: 4 });
 * const u = feSolve(push.system, elementField(push.mesh, 0.3), push.load);
 * np.vdot(push.output, u).less(0) // false
 * @example problems.lBracket({ nelx: 10, nely: 5 }).mask.at(0).get() // [1, 1, 1, 1, 0, 0, 0, 0, 0, 0]
 * @example problems.multiLoad({ nelx: 3, nely: 2 }).load.shape // [2, 3, 4, 2]
 * @example problems.suite("mbb_beam_96x32_0.5").volumeFraction // 0.5
 * @example
 * problems.suite("all").length // 116
 * problems.suite("small").map((task) => task.name).slice(0, 2) // ["mbb_beam_96x32_0.5", "cantilever_beam_full_96x32_0.4"]
 * problems.suite("small")[2].build().load.shape // [49, 65, 2]
 * problems.suite("mbb_beam_96x32") // throws InvalidProblem
 */
export const problems: Readonly<
  Record<"mbb" | "tensile" | "bridge" | "michell" | "multiLoad" | "arch", (size: ProblemSize) => Problem> & {
    cantilever3d: (size: SpaceProblemSize) => Problem;
    heatSink: (size: ProblemSize) => Problem<HeatSystem>;
    inverter: (options: InverterOptions) => Mechanism;
    lBracket: (options: LBracketOptions) => Problem;
    suite: Suite;
  }
> = { mbb, tensile, bridge, michell, cantilever3d, arch, heatSink, inverter, lBracket, multiLoad, suite };
