/**
 * What the filters of a mesh ask of their options and fields.
 */
import { NDArray, isConcrete } from "../src/array/ndarray.ts";
import { sameShape, showShape } from "../src/array/shape.ts";
import { showValue } from "../src/describe.ts";
import { InvalidOption, ShapeMismatch } from "../src/error.ts";
import type { ElementField, GridMesh } from "../library/fem/index.ts";
import { requireMesh } from "../library/fem/mesh.ts";
import { asOperand, toDType } from "../library/numpy/operand.ts";

/** Refuses what is no length. */
export const requireRadius = (asked: string, radius: number): void => {
  if (typeof radius !== "number" || !(radius >= 0 && radius < Infinity))
    throw new InvalidOption(asked, `radius ${showValue(radius)}`, "A radius is a length, 0 or more");
};

/** Refuses fields of another shape than the mesh's. */
export const requireField = (asked: string, mesh: GridMesh, field: NDArray): void => {
  requireMesh(asked, mesh);
  const { elementShape, dimensions } = mesh;
  const { shape } = asOperand(asked, field);
  if (!sameShape(shape, elementShape))
    throw new ShapeMismatch(
      asked,
      `a field of shape ${showShape(shape)}`,
      `This mesh needs ${showShape(elementShape)}: ${dimensions === 3 ? "layers, " : ""}rows from the top, then columns`,
    );
};

/** What a function of somebody else's gave: a field of the mesh, or refused. */
export const requireMade = (asked: string, mesh: GridMesh, made: NDArray): ElementField => {
  if (!(made instanceof NDArray)) throw new InvalidOption(asked, showValue(made), "It has to be an element field");
  requireField(asked, mesh, made);
  return made as ElementField;
};

/** Zeros and ones as float64; what is traced is taken as it is. */
export const requireFlags = (asked: string, name: string, flags: NDArray): ElementField => {
  asOperand(`${name} of ${asked}`, flags);
  const wrong = isConcrete(flags) ? flags.toTypedArray().find((flag) => flag !== 0 && flag !== 1) : undefined;
  if (wrong !== undefined)
    throw new InvalidOption(asked, `${name} holds ${wrong}`, "It holds 1 for elements that count and 0 for the others");
  return toDType(flags, "float64") as ElementField;
};
