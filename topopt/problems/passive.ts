/**
 * Elements that no design may change: void where the mask is 0, solid where `solid` is 1.
 */
import { InvalidProblem } from "../../src/error.ts";
import { elementField } from "../../library/fem/index.ts";
import type { ElementField, GridMesh, GridSystem } from "../../library/fem/index.ts";
import type { Problem } from "./problem.ts";

/** Checked passive elements, float64, absent where the problem has none. */
export interface Passive {
  readonly mask?: ElementField;
  readonly solid?: ElementField;
}

const flagNames = { mask: "mask", solid: "solid field" } as const;

const meanings = {
  mask: "A mask holds 1 where material may be and 0 where there is none",
  solid: "A solid field holds 1 where material is held at density 1 and 0 elsewhere",
} as const;

const requireFlags = (asked: string, mesh: GridMesh, name: keyof Passive, flags: ElementField): ElementField => {
  const field = elementField(mesh, flags).astype("float64") as ElementField;
  const values = field.toTypedArray();
  const wrong = values.findIndex((value) => value !== 0 && value !== 1);
  if (wrong >= 0)
    throw new InvalidProblem(asked, `the ${flagNames[name]} of element ${wrong} is ${values[wrong]}`, meanings[name]);
  return field;
};

/**
 * Mask and solid field of a problem, both of zeros and ones, nowhere void and solid at once; some element may hold material.
 * @param asked  function that needs them, for the message
 * @throws InvalidProblem for other values, a mask without a 1, or an element that is held both void and solid; ShapeMismatch
 */
export const requirePassive = <S extends GridSystem>(
  asked: string,
  { mesh, mask, solid }: Pick<Problem<S>, "mesh" | "mask" | "solid">,
): Passive => {
  const passive: Passive = {
    ...(mask === undefined ? {} : { mask: requireFlags(asked, mesh, "mask", mask) }),
    ...(solid === undefined ? {} : { solid: requireFlags(asked, mesh, "solid", solid) }),
  };
  if (passive.mask === undefined) return passive;
  const open = passive.mask.toTypedArray();
  if (open.every((flag) => flag === 0))
    throw new InvalidProblem(
      asked,
      "a mask of zeros alone",
      `${meanings.mask}: set it to 1 where there may be a design, or leave it out`,
    );
  if (passive.solid === undefined) return passive;
  const both = passive.solid.toTypedArray().findIndex((isSolid, element) => isSolid === 1 && open[element] === 0);
  if (both >= 0)
    throw new InvalidProblem(
      asked,
      `element ${both} is solid where the mask is 0`,
      "Hold an element void or solid, not both: set the mask to 1 there, or the solid field to 0",
    );
  return passive;
};
