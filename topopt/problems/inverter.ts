/**
 * A compliant mechanism that turns a push round.
 * Source: Sigmund 1997; sizes, springs and fraction as in Bendsoe & Sigmund 2003, chapter 5, the program for mechanisms: 40 x 20 elements.
 */
import { showValue } from "../../src/describe.ts";
import { InvalidOption, InvalidProblem } from "../../src/error.ts";
import { corner, edge, elasticity, fix, gridMesh, nodalLoad, spring } from "../../library/fem/index.ts";
import { requireOptions } from "../../src/options.ts";
import type { Mechanism, ProblemSize } from "./problem.ts";
import { crossings, range } from "./rows-and-columns.ts";

export interface InverterOptions extends ProblemSize {
  /** Stiffness of the spring that the input port works against, newton per metre. Default 0.1. */
  readonly inputStiffness?: number;
  /** Stiffness of the work piece at the output port. Default 0.1. */
  readonly outputStiffness?: number;
  /** Newton, to the right. Default 1. */
  readonly inputForce?: number;
}

/**
 * The lower half of a force inverter: pushed to the right at the upper left corner, read at the upper right one, symmetric
 * about the upper edge, held at the foot of the left edge (a twentieth of it, one element at least).
 */
export const inverter = (options: InverterOptions): Mechanism => {
  requireOptions(
    "problems.inverter",
    options,
    ["nelx", "nely", "inputStiffness", "outputStiffness", "inputForce"],
    true,
  );
  const { nelx, nely, inputStiffness = 0.1, outputStiffness = 0.1, inputForce = 1 } = options;
  if (!Number.isFinite(inputForce))
    throw new InvalidOption("problems.inverter", `inputForce ${showValue(inputForce)}`, "Give a finite number");
  const mesh = gridMesh({ nelx, nely });
  if (nely < 2)
    throw new InvalidProblem(
      "problems.inverter",
      "1 row of elements",
      "The input port and the foot of its edge need a row each: use 2 rows or more",
    );
  const held = Math.max(1, Math.round(nely / 20));
  const [input, output] = [corner(mesh, "topLeft"), corner(mesh, "topRight")];
  const system = elasticity(mesh, {
    supports: [fix(edge(mesh, "top"), "y"), fix(crossings(mesh, [0], range(nely - held, nely)), "all")],
    springs: [spring(input, "x", inputStiffness), spring(output, "x", outputStiffness)],
  });
  return {
    mesh,
    system,
    load: nodalLoad(input, [inputForce, 0]),
    output: nodalLoad(output, [1, 0]),
    volumeFraction: 0.3,
    name: "inverter",
  };
};
