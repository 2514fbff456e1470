/**
 * Optimality criteria update of plain fields: what optimality-update.ts computes, with its inputs checked first.
 */
import { InvalidOption, InvalidProblem, ShapeMismatch } from "../src/error.ts";
import type { NDArray } from "../src/array/ndarray.ts";
import { sameShape, showShape } from "../src/array/shape.ts";
import { showValue } from "../src/describe.ts";
import { requireOptions } from "../src/options.ts";
import type { ElementField } from "../library/fem/index.ts";
import { ones } from "../library/numpy/creation.ts";
import { asOperand, toDType } from "../library/numpy/operand.ts";
import { jit } from "../transforms/jit.ts";
import { updateDesign } from "./optimality-update.ts";

export interface OptimalityCriteria {
  /** Design variables, shape [nely, nelx]. */
  readonly design: ElementField;
  /** dc/dx, shape of `design`; positive entries count as zero. */
  readonly objectiveGradient: ElementField;
  /** Weights w of the volume w . x, all >= 0: the volume's gradient, shape of `design`. */
  readonly volumeGradient: ElementField;
  readonly volumeFraction: number;
  /** Largest change of a variable. */
  readonly move: number;
  /** Accepted |w . x - volumeFraction|. */
  readonly volumeTolerance: number;
  /** Upper bounds, shape of `design`; 1 without them. */
  readonly upper?: ElementField | undefined;
}

const optionNames = [
  "design",
  "objectiveGradient",
  "volumeGradient",
  "volumeFraction",
  "move",
  "volumeTolerance",
  "upper",
] as const;

export interface OptimalityStep {
  readonly design: ElementField;
  readonly lambda: number;
  readonly volume: number;
  /** Whether the volume meets its target; false where bounds, move limit or a zero gradient do not allow it. */
  readonly isVolumeReached: boolean;
  readonly bisections: number;
}

const asked = "optimalityCriteria";

const floatsOf = (what: string, field: ElementField): ElementField =>
  toDType(asOperand(`${asked}, ${what}`, field), "float64") as NDArray as ElementField;

/** A field that has the shape of the design. */
const requireLike = (design: ElementField, what: string, field: ElementField): ElementField => {
  const own = floatsOf(what, field);
  if (!sameShape(design.shape, own.shape))
    throw new ShapeMismatch(
      asked,
      `${what} has shape ${showShape(own.shape)}, the design ${showShape(design.shape)}`,
      "All fields of an update are element fields of one mesh",
    );
  return own;
};

const requireFinite = (objectiveGradient: ElementField): void => {
  const slopes = objectiveGradient.toTypedArray();
  const wrong = slopes.findIndex((slope) => !Number.isFinite(slope));
  if (wrong >= 0)
    throw new InvalidProblem(
      asked,
      `the gradient of element ${wrong} is ${slopes[wrong]}`,
      "The objective must have a finite gradient",
    );
};

const requireNumbers = (options: OptimalityCriteria): void => {
  for (const name of ["volumeFraction", "move", "volumeTolerance"] as const)
    if (typeof options[name] !== "number")
      throw new InvalidOption(asked, `${name} ${showValue(options[name])}`, "Give a number");
};

const update = jit(updateDesign);

/**
 * One update. The bisection halves [1e-9, 1e9] arithmetically, as the published program does; the bracket is widened
 * where the target lies outside, so the unit of the objective does not matter.
 * Where the bounds and the move limit do not allow the target, the closest reachable volume is taken and said
 * (isVolumeReached).
 * @throws InvalidProblem when a gradient is not finite, ShapeMismatch, NotAnArray, InvalidOption, UnknownOption
 * Compiled once per shape.
 * @example
 * const half = elementField(mesh, 0.5);
 * const slope = elementField(mesh, [[-4, -4, -1, -1], [-4, -4, -1, -1]]);
 * const volumeGradient = elementField(mesh, 1 / 8);
 * const step = optimalityCriteria({ design: half, objectiveGradient: slope, volumeGradient, volumeFraction: 0.5, move: 0.2, volumeTolerance: 1e-9 });
 * np.sign(step.design.sub(0.5)).at(0).get() // [1, 1, -1, -1]
 */
export const optimalityCriteria = (options: OptimalityCriteria): OptimalityStep => {
  requireOptions(asked, options, optionNames, true);
  requireNumbers(options);
  const { volumeFraction, move, volumeTolerance } = options;
  const design = floatsOf("design", options.design);
  const volumeGradient = requireLike(design, "volumeGradient", options.volumeGradient);
  const objectiveGradient = requireLike(design, "objectiveGradient", options.objectiveGradient);
  requireFinite(objectiveGradient);
  const upper = options.upper === undefined ? ones(design.shape) : requireLike(design, "upper", options.upper);
  const step = update({ design, objectiveGradient, volumeGradient, upper, volumeFraction, move, volumeTolerance });
  return {
    design: step.design as ElementField,
    lambda: step.lambda.item(),
    volume: step.volume.item(),
    isVolumeReached: step.isVolumeReached.item() === 1,
    bisections: step.bisections.item(),
  };
};
